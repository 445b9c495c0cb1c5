//! Time and holds: whose work a hold is by its age, and how long it stands when nobody decides. Both are the tenant's data.
//! Invariant HOLD-6: a hold goes up the steps of its type, never down, and names the role whose work it is.
//! Invariant HOLD-7: a hold whose time is over ends with its order called off, or lets it go, as its type says; an order that
//! cannot be called off any more stays held.

use super::authority::{AuthorityError, HOLD_TYPES};
use super::holds;
use super::money::MoneyError;
use super::returns;
use kernel::{HoldId, OrderId, RoleId};
use serde_json::json;
use tenants::rights::{ManageRoles, ReadOrders};
use tenants::{Permit, TenantTx, audit};
use uuid::Uuid;

pub const MINUTES_MAX: i32 = 525_600;
pub const STEPS_MAX: usize = 4;
/// Holds one round ends at most.
const AT_ONCE_MAX: i64 = 100;

/// From which age on holds of a type are the work of a role.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub hold_type: String,
    pub step: i16,
    pub role: RoleId,
    pub role_name: String,
    pub after_minutes: i32,
}

/// How long holds of a type stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Expiry {
    pub hold_type: String,
    pub after_minutes: i32,
    pub calls_off: bool,
}

pub async fn list(tx: &mut TenantTx, _: Permit<ReadOrders>) -> Result<(Vec<Step>, Vec<Expiry>), sqlx::Error> {
    let steps = sqlx::query_as!(
        Step,
        r#"select s.hold_type, s.step, s.role_id as "role: RoleId", r.name as role_name, s.after_minutes
           from tenant.hold_steps s join tenant.roles r on r.tenant_id = $1 and r.id = s.role_id where s.tenant_id = $1 order by s.hold_type, s.step"#,
        tx.tenant(),
    )
    .fetch_all(tx.conn())
    .await?;
    let expiries = sqlx::query_as!(Expiry, "select hold_type, after_minutes, calls_off from tenant.hold_expiries where tenant_id = $1 order by hold_type", tx.tenant()).fetch_all(tx.conn()).await?;
    Ok((steps, expiries))
}

/// Replaces all steps and expiries.
pub async fn set(tx: &mut TenantTx, _: Permit<ManageRoles>, steps: &[Step], expiries: &[Expiry]) -> Result<(), AuthorityError> {
    let wrong = |field: String, wrong: &str| Err(AuthorityError::Field { field, wrong: wrong.into() });
    if steps.len() > HOLD_TYPES.len() * STEPS_MAX {
        return wrong("steps".into(), "at most four steps a type");
    }
    if expiries.len() > HOLD_TYPES.len() {
        return wrong("expiries".into(), "one a type");
    }
    let roles = sqlx::query_scalar!(r#"select id as "id: RoleId" from tenant.roles where tenant_id = $1"#, tx.tenant()).fetch_all(tx.conn()).await?;
    for (index, step) in steps.iter().enumerate() {
        let at = |field: &str| format!("steps/{index}/{field}");
        let before = steps.iter().take(index).filter(|other| other.hold_type == step.hold_type).collect::<Vec<_>>();
        match step {
            _ if !HOLD_TYPES.contains(&step.hold_type.as_str()) => return wrong(at("hold_type"), "expected credit, risk, price_approval, deposit, mapping, duplicate, manual or plugin"),
            _ if !roles.contains(&step.role) => return wrong(at("role_id"), "there is no such role"),
            _ if !(0..=MINUTES_MAX).contains(&step.after_minutes) || before.iter().any(|other| other.after_minutes >= step.after_minutes) => return wrong(at("after_minutes"), "0 to 525600, and later than the step before"),
            _ if before.len() >= STEPS_MAX => return wrong(at("hold_type"), "at most four steps a type"),
            _ => {}
        }
    }
    for (index, expiry) in expiries.iter().enumerate() {
        let at = |field: &str| format!("expiries/{index}/{field}");
        match expiry {
            _ if !HOLD_TYPES.contains(&expiry.hold_type.as_str()) => return wrong(at("hold_type"), "expected credit, risk, price_approval, deposit, mapping, duplicate, manual or plugin"),
            _ if expiries.iter().take(index).any(|other| other.hold_type == expiry.hold_type) => return wrong(at("hold_type"), "one a type"),
            _ if !(1..=MINUTES_MAX).contains(&expiry.after_minutes) => return wrong(at("after_minutes"), "1 to 525600"),
            _ => {}
        }
    }
    sqlx::query!("delete from tenant.hold_steps where tenant_id = $1", tx.tenant()).execute(tx.conn()).await?;
    sqlx::query!("delete from tenant.hold_expiries where tenant_id = $1", tx.tenant()).execute(tx.conn()).await?;
    for (index, step) in steps.iter().enumerate() {
        let number = steps.iter().take(index).filter(|other| other.hold_type == step.hold_type).count();
        sqlx::query!(
            "insert into tenant.hold_steps (tenant_id, hold_type, step, role_id, after_minutes) values ($1, $2, $3, $4, $5)",
            tx.tenant(),
            step.hold_type,
            i16::try_from(number).unwrap_or(0),
            step.role.uuid(),
            step.after_minutes,
        )
        .execute(tx.conn())
        .await?;
    }
    for expiry in expiries {
        sqlx::query!("insert into tenant.hold_expiries (tenant_id, hold_type, after_minutes, calls_off) values ($1, $2, $3, $4)", tx.tenant(), expiry.hold_type, expiry.after_minutes, expiry.calls_off)
            .execute(tx.conn())
            .await?;
    }
    audit::write(tx, "hold_times.set", None, json!({"steps": steps.len(), "expiries": expiries.len()})).await?;
    Ok(())
}

/// Hands holds on to the role their age asks for (HOLD-6). A person who has that role keeps what is theirs. Returns how many.
pub async fn escalate(tx: &mut TenantTx) -> Result<u64, sqlx::Error> {
    let handed = sqlx::query!(
        "with due as (
           select distinct on (h.id) h.id, s.step, s.role_id from tenant.holds h join tenant.hold_steps s on s.tenant_id = $1 and s.hold_type = h.type
           where h.tenant_id = $1 and h.state = 'placed' and h.placed_at + make_interval(mins => s.after_minutes) <= $2 order by h.id, s.step desc
         )
         update tenant.holds h set escalation = greatest(h.escalation, d.step), role_id = d.role_id, escalated_at = $2,
           owner = case when exists (select from tenant.role_assignments a where a.tenant_id = $1 and a.person_id = h.owner and a.role_id = d.role_id) then h.owner end
         from due d where h.tenant_id = $1 and h.id = d.id and (h.role_id is null or h.role_id <> d.role_id and d.step > h.escalation)",
        tx.tenant(),
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    Ok(handed.rows_affected())
}

/// Holds whose time is over: each with its order and whether that is called off.
pub async fn due(tx: &mut TenantTx) -> Result<Vec<(HoldId, OrderId, bool)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select h.id as "id: HoldId", h.order_id as "order: OrderId", e.calls_off from tenant.holds h join tenant.hold_expiries e on e.tenant_id = $1 and e.hold_type = h.type
           where h.tenant_id = $1 and h.state = 'placed' and h.placed_at + make_interval(mins => e.after_minutes) <= $2 and coalesce(h.evidence->>'stays', '') = ''
           order by h.placed_at, h.id limit $3"#,
        tx.tenant(),
        tx.now(),
        AT_ONCE_MAX,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.order, row.calls_off)).collect())
}

/// Ends a hold whose time is over (HOLD-7). False: somebody decided meanwhile, or the order cannot be called off.
pub async fn expire(tx: &mut TenantTx, hold: HoldId, order: OrderId, calls_off: bool) -> Result<bool, MoneyError> {
    let Some(version) = sqlx::query_scalar!("select version from tenant.orders where tenant_id = $1 and id = $2 for update", tx.tenant(), order.uuid()).fetch_optional(tx.conn()).await? else { return Ok(false) };
    let ended = sqlx::query!(
        "update tenant.holds set state = 'expired', ended_by = $3, ended_at = $4, end_reason = 'nobody decided in time' where tenant_id = $1 and id = $2 and state = 'placed'",
        tx.tenant(),
        hold.uuid(),
        tx.actor().who.to_string(),
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    if ended.rows_affected() == 0 {
        return Ok(false);
    }
    if calls_off {
        returns::call_off_held(tx, order, version, "a hold ran out of time").await?;
    }
    holds::touch(tx, order).await?;
    Ok(true)
}

/// A hold that cannot expire since its order cannot be called off: it stays until somebody decides.
pub async fn keep(tx: &mut TenantTx, hold: HoldId, why: &str) -> Result<(), sqlx::Error> {
    let note = why.chars().take(200).collect::<String>();
    sqlx::query!("update tenant.holds set evidence = evidence || jsonb_build_object('stays', $3::text) where tenant_id = $1 and id = $2 and state = 'placed'", tx.tenant(), hold.uuid(), note)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The roles of whoever acts, for "my" holds.
pub async fn own_roles(tx: &mut TenantTx) -> Result<Vec<Uuid>, sqlx::Error> {
    Ok(super::authority::own_roles(tx).await?.into_iter().map(RoleId::uuid).collect())
}
