//! The audit log: every security-relevant act, with who did it and when. Append-only by privilege.
//! Acts of a tenant are in the tenant's own log; acts that belong to no tenant (failed log-ins, resets) are in control.
//! Invariant AUD-1: the row is written in the transaction of the act. Details carry ids and names of settings, never secrets.

use crate::{Permit, TenantTx, Who, rights::ReadAudit};
use kernel::{AuditId, Page, PageLimit, Timestamp};
use serde_json::Value;
use sqlx::PgConnection;
use std::fmt::Display;

/// Writes to the tenant's log. `act` is a past-tense word such as `role.created`; `subject` the id it was done to.
pub async fn write(tx: &mut TenantTx, act: &'static str, subject: Option<&(dyn Display + Sync)>, detail: Value) -> Result<(), sqlx::Error> {
    let (tenant, actor, now) = (tx.tenant(), tx.actor().who.to_string(), tx.now());
    sqlx::query!(
        "insert into tenant.audit_log (tenant_id, id, at, actor, act, subject, detail) values ($1, $2, $3, $4, $5, $6, $7)",
        tenant,
        AuditId::new().uuid(),
        now,
        actor,
        act,
        subject.map(|s| s.to_string()),
        detail,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes to the log of acts that belong to no tenant.
pub(crate) async fn write_control(
    conn: &mut PgConnection,
    at: Timestamp,
    actor: Who,
    act: &'static str,
    subject: Option<&(dyn Display + Sync)>,
    detail: Value,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into control.audit_log (id, at, actor, act, subject, detail) values ($1, $2, $3, $4, $5, $6)",
        AuditId::new().uuid(),
        at,
        actor.to_string(),
        act,
        subject.map(|s| s.to_string()),
        detail,
    )
    .execute(conn)
    .await?;
    Ok(())
}

#[derive(Clone, Debug)]
pub struct AuditRow {
    pub id: AuditId,
    pub at: Timestamp,
    pub actor: String,
    pub act: String,
    pub subject: Option<String>,
    pub detail: Value,
}

/// Newest first, after the row the last page ended with.
pub async fn list(tx: &mut TenantTx, _: Permit<ReadAudit>, limit: PageLimit, after: Option<(Timestamp, AuditId)>) -> Result<Page<AuditRow, (Timestamp, AuditId)>, sqlx::Error> {
    let tenant = tx.tenant();
    let (at, id) = after.unzip();
    let rows = sqlx::query_as!(
        AuditRow,
        r#"select id as "id: AuditId", at, actor, act, subject, detail from tenant.audit_log
           where tenant_id = $1 and ($2::timestamptz is null or (at, id) < ($2, $3)) order by at desc, id desc limit $4"#,
        tenant,
        at,
        id.map(AuditId::uuid),
        limit.rows() + 1,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(Page::from_fetched(rows, limit, |row| (row.at, row.id)))
}
