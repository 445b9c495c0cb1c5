//! Periods: the books are closed up to and with a day, and the newest closing can be taken back.
//! Invariant LEDGER-5: closings only move forward, and only the newest is reopened, so there is one boundary.

use super::{post, settings};
use chrono::{Days, NaiveDate, TimeZone as _};
use chrono_tz::Tz;
use kernel::{PeriodId, Timestamp};
use serde_json::json;
use tenants::rights::{CloseFinance, ReadFinance};
use tenants::{Permit, TenantTx, audit};

/// Closings one list shows.
pub const PERIODS_MAX: i64 = 500;

#[derive(Clone, Debug, PartialEq)]
pub struct Period {
    pub id: PeriodId,
    pub through: NaiveDate,
    pub closed_at: Timestamp,
    pub closed_by: String,
    pub reopened_at: Option<Timestamp>,
    pub reopened_by: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum PeriodError {
    #[error("the period is not known")]
    Unknown,
    #[error("the books are closed through {0} already")]
    ClosedAlready(NaiveDate),
    #[error("through: the day must be over and after the year 1970")]
    DayNotOver,
    #[error("only the newest closing is reopened; that is the one through {0}")]
    NotNewest(NaiveDate),
    #[error("the period was reopened already")]
    ReopenedAlready,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The instant a day ends in a zone: the first of the next day.
pub fn end_of(day: NaiveDate, zone: Tz) -> Option<Timestamp> {
    let midnight = day.checked_add_days(Days::new(1))?.and_hms_opt(0, 0, 0)?;
    // Where midnight is skipped by a clock change, the day begins with the first instant after it.
    let begin = zone.from_local_datetime(&midnight).earliest().or_else(|| zone.from_local_datetime(&(midnight + chrono::TimeDelta::hours(1))).earliest())?;
    Some(begin.to_utc())
}

pub async fn list(tx: &mut TenantTx, _: Permit<ReadFinance>) -> Result<Vec<Period>, sqlx::Error> {
    sqlx::query_as!(
        Period,
        r#"select id as "id: PeriodId", through, closed_at, closed_by, reopened_at, reopened_by from tenant.ledger_periods
           where tenant_id = $1 order by closed_at desc, id desc limit $2"#,
        tx.tenant(),
        PERIODS_MAX,
    )
    .fetch_all(tx.conn())
    .await
}

async fn newest(tx: &mut TenantTx) -> Result<Option<(PeriodId, NaiveDate)>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select id as "id: PeriodId", through from tenant.ledger_periods where tenant_id = $1 and reopened_at is null order by through desc limit 1"#,
        tx.tenant(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| (row.id, row.through)))
}

/// Waits for whoever is posting, and keeps others from it until the transaction ends.
async fn lock(tx: &mut TenantTx) -> Result<(), sqlx::Error> {
    let key = settings::period_lock(tx);
    let tenant = tx.tenant();
    sqlx::query_scalar!(r#"select true as "locked!" from (select pg_advisory_xact_lock($1)) as alone where $2::uuid is not null"#, key, tenant).fetch_one(tx.conn()).await?;
    Ok(())
}

/// Closes the books through the day, in the tenant's zone.
pub async fn close(tx: &mut TenantTx, _: Permit<CloseFinance>, through: NaiveDate) -> Result<Period, PeriodError> {
    lock(tx).await?;
    let zone = settings::open_books(tx).await?.newest().time_zone;
    let until = end_of(through, zone).filter(|until| *until <= tx.now() && until.timestamp() > 0).ok_or(PeriodError::DayNotOver)?;
    if let Some((_, closed)) = newest(tx).await?
        && (closed >= through || post::closed_until(tx).await?.is_some_and(|already| already >= until))
    {
        return Err(PeriodError::ClosedAlready(closed));
    }
    let period = Period { id: PeriodId::new(), through, closed_at: tx.now(), closed_by: tx.actor().who.to_string(), reopened_at: None, reopened_by: None };
    sqlx::query!(
        "insert into tenant.ledger_periods (tenant_id, id, through, closed_until, closed_at, closed_by) values ($1, $2, $3, $4, $5, $6)",
        tx.tenant(),
        period.id.uuid(),
        through,
        until,
        period.closed_at,
        period.closed_by,
    )
    .execute(tx.conn())
    .await?;
    audit::write(tx, "finance.period_closed", Some(&period.id), json!({"through": through})).await?;
    Ok(period)
}

/// Takes the newest closing back (LEDGER-5).
pub async fn reopen(tx: &mut TenantTx, _: Permit<CloseFinance>, id: PeriodId) -> Result<(), PeriodError> {
    lock(tx).await?;
    let reopened = sqlx::query_scalar!(r#"select reopened_at is not null as "reopened!" from tenant.ledger_periods where tenant_id = $1 and id = $2"#, tx.tenant(), id.uuid())
        .fetch_optional(tx.conn())
        .await?
        .ok_or(PeriodError::Unknown)?;
    if reopened {
        return Err(PeriodError::ReopenedAlready);
    }
    if let Some((newest, through)) = newest(tx).await?
        && newest != id
    {
        return Err(PeriodError::NotNewest(through));
    }
    let (by, now) = (tx.actor().who.to_string(), tx.now());
    sqlx::query!("update tenant.ledger_periods set reopened_at = $3, reopened_by = $4 where tenant_id = $1 and id = $2 and reopened_at is null", tx.tenant(), id.uuid(), now, by)
        .execute(tx.conn())
        .await?;
    audit::write(tx, "finance.period_reopened", Some(&id), json!({})).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_where_the_next_begins() {
        let end = |day: &str, zone: &str| end_of(day.parse().unwrap(), zone.parse().unwrap()).unwrap().to_rfc3339();
        assert_eq!(end("2026-10-31", "Asia/Ho_Chi_Minh"), "2026-10-31T17:00:00+00:00");
        assert_eq!(end("2026-10-31", "UTC"), "2026-11-01T00:00:00+00:00");
        // Chile skips midnight when summer begins.
        assert_eq!(end("2026-09-05", "America/Santiago"), "2026-09-06T04:00:00+00:00");
    }
}
