//! Combinations of the three tracks that a tenant forbids. The tracks themselves know nothing of each other (TRK-1); what a
//! channel, a carrier or an authority tells is never refused, it has happened.
//! Invariant TRACK-RULE-1: no act of a person leads an order into a combination that a rule forbids.

use super::money::MoneyError;
use super::tracks::{DeliveryTrack, InvoiceTrack, PaymentTrack};
use kernel::{OrderId, Timestamp, TrackRuleId};
use serde_json::json;
use tenants::rights::{ManageRoles, ReadOrders};
use tenants::{Permit, TenantTx, audit};

pub const RULES_MAX: i64 = 100;
pub const REASON_CHARS_MAX: usize = 300;

#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub id: TrackRuleId,
    pub payment: Option<String>,
    pub delivery: Option<String>,
    pub invoice: Option<String>,
    pub reason: String,
    pub made_at: Timestamp,
    pub made_by: String,
}

#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    #[error("the rule is not known")]
    Unknown,
    #[error("{field}: {expected}")]
    Field { field: &'static str, expected: String },
    #[error("a tenant has at most {RULES_MAX} rules")]
    TooMany,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

pub async fn list(tx: &mut TenantTx, _: Permit<ReadOrders>) -> Result<Vec<Rule>, sqlx::Error> {
    sqlx::query_as!(
        Rule,
        r#"select id as "id: TrackRuleId", payment, delivery, invoice, reason, made_at, made_by from tenant.track_rules where tenant_id = $1 order by made_at, id limit $2"#,
        tx.tenant(),
        RULES_MAX,
    )
    .fetch_all(tx.conn())
    .await
}

fn known<'a, T: Copy + 'static>(field: &'static str, word: Option<&'a str>, all: &'static [T], text: fn(T) -> &'static str) -> Result<Option<&'a str>, RuleError> {
    match word {
        None => Ok(None),
        Some(word) if all.iter().any(|state| text(*state) == word) => Ok(Some(word)),
        Some(_) => Err(RuleError::Field { field, expected: all.iter().map(|state| text(*state)).collect::<Vec<_>>().join(", ") }),
    }
}

/// Forbids a combination from now on; orders that stand in it stay.
pub async fn add(tx: &mut TenantTx, _: Permit<ManageRoles>, payment: Option<&str>, delivery: Option<&str>, invoice: Option<&str>, reason: &str) -> Result<Rule, RuleError> {
    let payment = known("payment", payment, PaymentTrack::ALL, PaymentTrack::word)?;
    let delivery = known("delivery", delivery, DeliveryTrack::ALL, DeliveryTrack::word)?;
    let invoice = known("invoice", invoice, InvoiceTrack::ALL, InvoiceTrack::word)?;
    if [payment, delivery, invoice].iter().flatten().count() < 2 {
        return Err(RuleError::Field { field: "delivery", expected: "the states of at least two tracks".into() });
    }
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX || reason.chars().any(char::is_control) {
        return Err(RuleError::Field { field: "reason", expected: format!("1 to {REASON_CHARS_MAX} characters without control characters") });
    }
    let kept = sqlx::query_scalar!(r#"select count(*) as "n!" from tenant.track_rules where tenant_id = $1"#, tx.tenant()).fetch_one(tx.conn()).await?;
    if kept >= RULES_MAX {
        return Err(RuleError::TooMany);
    }
    let text = |word: Option<&str>| word.map(str::to_owned);
    let rule = Rule { id: TrackRuleId::new(), payment: text(payment), delivery: text(delivery), invoice: text(invoice), reason: reason.to_owned(), made_at: tx.now(), made_by: tx.actor().who.to_string() };
    sqlx::query!(
        "insert into tenant.track_rules (tenant_id, id, payment, delivery, invoice, reason, made_at, made_by) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        tx.tenant(),
        rule.id.uuid(),
        rule.payment,
        rule.delivery,
        rule.invoice,
        rule.reason,
        rule.made_at,
        rule.made_by,
    )
    .execute(tx.conn())
    .await?;
    audit::write(tx, "track_rule.added", Some(&rule.id), json!({"payment": payment, "delivery": delivery, "invoice": invoice})).await?;
    Ok(rule)
}

pub async fn remove(tx: &mut TenantTx, _: Permit<ManageRoles>, id: TrackRuleId) -> Result<(), RuleError> {
    let gone = sqlx::query!("delete from tenant.track_rules where tenant_id = $1 and id = $2", tx.tenant(), id.uuid()).execute(tx.conn()).await?;
    if gone.rows_affected() == 0 {
        return Err(RuleError::Unknown);
    }
    audit::write(tx, "track_rule.removed", Some(&id), json!({})).await?;
    Ok(())
}

/// Refuses the act that led there (TRACK-RULE-1). The order is written and not committed; `before` is where it stood.
pub async fn check(tx: &mut TenantTx, order: OrderId, before: (PaymentTrack, DeliveryTrack, InvoiceTrack)) -> Result<(), MoneyError> {
    let broken = sqlx::query!(
        r#"select o.payment_track, o.delivery_track, o.invoice_track, r.reason from tenant.orders o join tenant.track_rules r on r.tenant_id = $1
           where o.tenant_id = $1 and o.id = $2
             and coalesce(r.payment = o.payment_track, true) and coalesce(r.delivery = o.delivery_track, true) and coalesce(r.invoice = o.invoice_track, true)
             and not (coalesce(r.payment = $3, true) and coalesce(r.delivery = $4, true) and coalesce(r.invoice = $5, true))
           order by r.made_at, r.id limit 1"#,
        tx.tenant(),
        order.uuid(),
        before.0.word(),
        before.1.word(),
        before.2.word(),
    )
    .fetch_optional(tx.conn())
    .await?;
    match broken {
        None => Ok(()),
        Some(row) => Err(MoneyError::Forbidden { payment: row.payment_track, delivery: row.delivery_track, invoice: row.invoice_track, reason: row.reason }),
    }
}
