//! The loyalty program: what a point is worth, what is spent for one, how many will be redeemed. Every change is a new version;
//! points keep the worth their member's account was made with.

use super::issue::{ClaimError, wrong};
use crate::finance::settings;
use kernel::{Currency, Decimal, Timestamp};
use serde_json::json;
use tenants::rights::{CloseFinance, ReadFinance};
use tenants::{Permit, TenantTx, audit};

pub const VALID_DAYS_MAX: i32 = 3_660;

#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    pub version: i32,
    pub currency: Currency,
    /// What one point pays.
    pub point_value: Decimal,
    /// Spent for one point, net of tax.
    pub spend_per_point: Decimal,
    /// Of a hundred points, how many will be redeemed.
    pub redeemed_percent: Decimal,
    pub valid_days: Option<i32>,
    pub set_at: Timestamp,
    pub set_by: String,
}

impl Program {
    /// The points a sale of so much earns, and what these are worth by themselves (IFRS 15.B40).
    pub fn earned(&self, net: Decimal) -> (Decimal, Decimal) {
        let points = (net / self.spend_per_point).floor().max(Decimal::ZERO);
        let face = points * self.point_value;
        (face, face * self.redeemed_percent / Decimal::ONE_HUNDRED)
    }
}

/// The program in force; `None` before there is one.
pub async fn newest(tx: &mut TenantTx) -> Result<Option<Program>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select version, currency as "currency!", point_value, spend_per_point, redeemed_percent, valid_days, set_at, set_by from tenant.loyalty_programs
           where tenant_id = $1 order by version desc limit 1"#,
        tx.tenant(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Program {
        version: row.version,
        currency: row.currency.parse().unwrap_or(Currency::USD),
        point_value: row.point_value.normalize(),
        spend_per_point: row.spend_per_point.normalize(),
        redeemed_percent: row.redeemed_percent.normalize(),
        valid_days: row.valid_days,
        set_at: row.set_at,
        set_by: row.set_by,
    }))
}

pub async fn get(tx: &mut TenantTx, _: Permit<ReadFinance>) -> Result<Option<Program>, sqlx::Error> {
    newest(tx).await
}

/// Makes a new version under the version seen; 0 before there is one.
pub async fn set(tx: &mut TenantTx, _: Permit<CloseFinance>, seen: i32, wanted: Program) -> Result<Program, ClaimError> {
    settings::open_books(tx).await?;
    let before = newest(tx).await?.map_or(0, |program| program.version);
    if before != seen {
        return Err(ClaimError::Stale(before));
    }
    let decimals = wanted.currency.exponent();
    if wanted.point_value <= Decimal::ZERO || wanted.point_value.normalize().scale() > decimals {
        return wrong("point_value", "a positive amount with the decimals of its currency");
    }
    if wanted.spend_per_point <= Decimal::ZERO || wanted.spend_per_point.normalize().scale() > decimals {
        return wrong("spend_per_point", "a positive amount with the decimals of its currency");
    }
    if wanted.redeemed_percent <= Decimal::ZERO || wanted.redeemed_percent > Decimal::ONE_HUNDRED || wanted.redeemed_percent.normalize().scale() > 4 {
        return wrong("redeemed_percent", "a percentage above 0, at most 100");
    }
    if wanted.valid_days.is_some_and(|days| !(1..=VALID_DAYS_MAX).contains(&days)) {
        return wrong("valid_days", format!("1 to {VALID_DAYS_MAX}"));
    }
    let program = Program { version: before + 1, set_at: tx.now(), set_by: tx.actor().who.to_string(), ..wanted };
    let written = sqlx::query!(
        "insert into tenant.loyalty_programs (tenant_id, version, currency, point_value, spend_per_point, redeemed_percent, valid_days, set_at, set_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (tenant_id, version) do nothing",
        tx.tenant(),
        program.version,
        program.currency.code(),
        program.point_value,
        program.spend_per_point,
        program.redeemed_percent,
        program.valid_days,
        program.set_at,
        program.set_by,
    )
    .execute(tx.conn())
    .await?;
    if written.rows_affected() == 0 {
        return Err(ClaimError::Stale(program.version));
    }
    audit::write(tx, "claim.program_set", None, json!({"version": program.version})).await?;
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p2_850_000_earn_points_that_stand_alone_for_17_000() {
        let program = Program {
            version: 1,
            currency: Currency::VND,
            point_value: 20.into(),
            spend_per_point: 850.into(),
            redeemed_percent: 85.into(),
            valid_days: None,
            set_at: Timestamp::default(),
            set_by: String::new(),
        };
        assert_eq!(program.earned(850_000.into()), (20_000.into(), 17_000.into()));
        assert_eq!(program.earned(849.into()), (0.into(), 0.into()));
    }
}
