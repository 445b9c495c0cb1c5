//! Who may release which hold: by role, type of hold and the order's value; above a limit two people.
//! Invariant AUTH-1: whoever asked for what a hold stops never releases it; but the owner of a tenant of one person, where
//! nobody else could, with a reason that the audit log keeps.
//! Invariant AUTH-2: two signatures are of two people.
//! Invariant AUTH-3: a type with any limit is released within a limit only; without limits the right alone counts.

use super::holds::{Hold, JUDGED};
use kernel::{Currency, Decimal, OrderId, RoleId};
use serde_json::json;
use tenants::rights::{ManageRoles, ReadOrders};
use tenants::{Permit, TenantTx, Who, audit};

pub const LIMITS_MAX: usize = 200;
pub const HOLD_TYPES: [&str; 8] = ["credit", "risk", "price_approval", "deposit", "mapping", "duplicate", "manual", "plugin"];

/// Up to which order value a role may release holds of a type.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    pub role: RoleId,
    pub role_name: String,
    pub hold_type: String,
    pub currency: String,
    /// `None`: any amount.
    pub amount: Option<Decimal>,
    pub two_people_above: Option<Decimal>,
}

#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    #[error("nobody approves what they asked for themselves")]
    OwnRequest,
    #[error("the order's value of {value} {currency} is beyond what your roles may release of {hold_type} holds")]
    Beyond { value: Decimal, currency: String, hold_type: String },
    #[error("you have signed already: another person gives the second signature")]
    SignedAlready,
    #[error("{field}: {wrong}")]
    Field { field: String, wrong: String },
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// The hold ends.
    Ends,
    /// The first of two signatures.
    OneOfTwo,
}

/// How many signatures the value needs from someone with these roles; `None`: beyond their authority.
pub fn signatures(limits: &[Limit], roles: &[RoleId], hold_type: &str, value: Decimal, currency: &str) -> Option<u8> {
    if limits.iter().all(|l| l.hold_type != hold_type) {
        return Some(1);
    }
    let covers = |l: &&Limit| l.hold_type == hold_type && l.currency == currency && roles.contains(&l.role) && l.amount.is_none_or(|most| value <= most);
    limits.iter().filter(covers).map(|l| if l.two_people_above.is_some_and(|above| value > above) { 2 } else { 1 }).min()
}

/// The fewest signatures anybody's roles need.
pub fn signatures_needed(limits: &[Limit], hold_type: &str, value: Decimal, currency: &str) -> u8 {
    let everybody: Vec<RoleId> = limits.iter().map(|l| l.role).collect();
    signatures(limits, &everybody, hold_type, value, currency).unwrap_or(1)
}

/// Whether whoever acts asked for what this hold stops.
pub fn is_own_request(requested_by: Option<&str>, hold_type: &str, who: &str) -> bool {
    JUDGED.contains(&hold_type) && requested_by == Some(who)
}

/// May the actor release the hold, and does that end it? The order is locked.
pub(super) async fn rule(tx: &mut TenantTx, order: OrderId, hold: &Hold) -> Result<Ruling, AuthorityError> {
    let who = tx.actor().who.to_string();
    if is_own_request(hold.requested_by.as_deref(), &hold.r#type, &who) && !is_alone(tx).await? {
        return Err(AuthorityError::OwnRequest);
    }
    let limits = limits(tx).await?;
    let roles = own_roles(tx).await?;
    let row = sqlx::query!(r#"select coalesce(stated_total, total) as "value!", currency from tenant.orders where tenant_id = $1 and id = $2"#, tx.tenant(), order.uuid())
        .fetch_one(tx.conn())
        .await?;
    match signatures(&limits, &roles, &hold.r#type, row.value, &row.currency) {
        None => Err(AuthorityError::Beyond { value: row.value.normalize(), currency: row.currency, hold_type: hold.r#type.clone() }),
        Some(2) if hold.approvals.iter().any(|a| a.by == who) => Err(AuthorityError::SignedAlready),
        Some(2) if hold.approvals.is_empty() => Ok(Ruling::OneOfTwo),
        Some(_) => Ok(Ruling::Ends),
    }
}

/// Whether whoever acts owns the tenant and is the only person in it.
pub async fn is_alone(tx: &mut TenantTx) -> Result<bool, sqlx::Error> {
    let Who::Person(person) = tx.actor().who else { return Ok(false) };
    sqlx::query_scalar!(
        r#"select count(distinct a.person_id) = 1 and bool_or(a.person_id = $2 and r.built_in and r.name = 'owner') as "alone!"
           from tenant.role_assignments a join tenant.roles r on r.tenant_id = $1 and r.id = a.role_id where a.tenant_id = $1"#,
        tx.tenant(),
        person.uuid(),
    )
    .fetch_one(tx.conn())
    .await
}

/// The actor's roles; a key or a job has none.
pub async fn own_roles(tx: &mut TenantTx) -> Result<Vec<RoleId>, sqlx::Error> {
    let Who::Person(person) = tx.actor().who else { return Ok(Vec::new()) };
    sqlx::query_scalar!(r#"select role_id as "role: RoleId" from tenant.role_assignments where tenant_id = $1 and person_id = $2"#, tx.tenant(), person.uuid())
        .fetch_all(tx.conn())
        .await
}

/// All limits of the tenant.
pub async fn limits(tx: &mut TenantTx) -> Result<Vec<Limit>, sqlx::Error> {
    sqlx::query_as!(
        Limit,
        r#"select l.role_id as "role: RoleId", r.name as role_name, l.hold_type, l.currency as "currency!", l.amount, l.two_people_above
           from tenant.approval_limits l join tenant.roles r on r.tenant_id = l.tenant_id and r.id = l.role_id
           where l.tenant_id = $1 order by l.hold_type, l.currency, l.amount nulls last, r.name"#,
        tx.tenant(),
    )
    .fetch_all(tx.conn())
    .await
}

pub async fn list(tx: &mut TenantTx, _: Permit<ReadOrders>) -> Result<Vec<Limit>, sqlx::Error> {
    limits(tx).await
}

/// Replaces all limits.
pub async fn set(tx: &mut TenantTx, _: Permit<ManageRoles>, wanted: &[Limit]) -> Result<Vec<Limit>, AuthorityError> {
    let wrong = |index: usize, field: &str, wrong: &str| Err(AuthorityError::Field { field: format!("limits/{index}/{field}"), wrong: wrong.into() });
    if wanted.len() > LIMITS_MAX {
        return Err(AuthorityError::Field { field: "limits".into(), wrong: format!("at most {LIMITS_MAX}") });
    }
    let known = sqlx::query_scalar!(r#"select id as "id: RoleId" from tenant.roles where tenant_id = $1"#, tx.tenant()).fetch_all(tx.conn()).await?;
    for (index, limit) in wanted.iter().enumerate() {
        if !known.contains(&limit.role) {
            return wrong(index, "role_id", "there is no such role");
        }
        if !HOLD_TYPES.contains(&limit.hold_type.as_str()) {
            return wrong(index, "hold_type", "expected credit, risk, price_approval, deposit, mapping, duplicate, manual or plugin");
        }
        if limit.currency.parse::<Currency>().is_err() {
            return wrong(index, "amount", "in a currency such as VND");
        }
        if limit.amount.is_some_and(|a| a < Decimal::ZERO) || limit.two_people_above.is_some_and(|a| a < Decimal::ZERO) {
            return wrong(index, "amount", "not below zero");
        }
        if wanted.iter().take(index).any(|other| (other.role, &other.hold_type, &other.currency) == (limit.role, &limit.hold_type, &limit.currency)) {
            return wrong(index, "role_id", "one limit for a role, a type and a currency");
        }
    }
    sqlx::query!("delete from tenant.approval_limits where tenant_id = $1", tx.tenant()).execute(tx.conn()).await?;
    for limit in wanted {
        sqlx::query!(
            "insert into tenant.approval_limits (tenant_id, role_id, hold_type, currency, amount, two_people_above) values ($1, $2, $3, $4, $5, $6)",
            tx.tenant(),
            limit.role.uuid(),
            limit.hold_type,
            limit.currency,
            limit.amount,
            limit.two_people_above,
        )
        .execute(tx.conn())
        .await?;
    }
    let told: Vec<_> = wanted.iter().map(|l| json!({"role": l.role, "type": l.hold_type, "currency": l.currency, "amount": l.amount, "two_people_above": l.two_people_above})).collect();
    audit::write(tx, "approval_limits.set", None, json!({"limits": told})).await?;
    Ok(limits(tx).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(role: RoleId, amount: Option<i64>, two: Option<i64>) -> Limit {
        Limit { role, role_name: String::new(), hold_type: "credit".into(), currency: "VND".into(), amount: amount.map(Decimal::from), two_people_above: two.map(Decimal::from) }
    }

    #[test]
    fn auth_3_the_policy_on_one_page() {
        let (clerk, chief) = (RoleId::new(), RoleId::new());
        let limits = [limit(clerk, Some(100), None), limit(chief, None, Some(1_000))];
        let needs = |roles: &[RoleId], kind: &str, value: i64, currency: &str| signatures(&limits, roles, kind, value.into(), currency);
        assert_eq!(needs(&[clerk], "credit", 100, "VND"), Some(1));
        assert_eq!(needs(&[clerk], "credit", 101, "VND"), None);
        assert_eq!(needs(&[chief], "credit", 101, "VND"), Some(1));
        assert_eq!(needs(&[chief], "credit", 1_001, "VND"), Some(2));
        assert_eq!(needs(&[clerk, chief], "credit", 1_001, "VND"), Some(2));
        assert_eq!(needs(&[chief], "credit", 1, "USD"), None, "another currency has no limit");
        assert_eq!(needs(&[], "credit", 1, "VND"), None);
        assert_eq!(needs(&[], "manual", 1_000_000, "VND"), Some(1), "a type without limits");
        assert_eq!(signatures_needed(&limits, "credit", 5_000.into(), "VND"), 2);
    }
}
