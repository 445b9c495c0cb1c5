//! One order with everything known of it, and the story of how it came to be.

use super::errands::{self, Carries};
use super::facts::{self, FactsError};
use super::fact::What;
use super::fold::{OrderState, fold};
use super::holds::{self, Hold};
use super::list::{self, OrderRow};
use super::project::Projection;
use super::same_sale::{self, Links};
use super::source::{ChannelKind, Source};
use kernel::{OrderId, Timestamp};
use tenants::rights::ReadOrders;
use tenants::{Permit, TenantTx};
use uuid::Uuid;

/// Entries of a timeline at most; an order with more shows the newest.
pub const TIMELINE_MAX: usize = 2_000;

#[derive(Clone, Debug)]
pub struct Order {
    pub row: OrderRow,
    /// What the facts say: tenders, shipments and so on.
    pub state: OrderState,
    /// What follows from them: lines, totals.
    pub projection: Projection,
    pub holds: Vec<Hold>,
    /// Other orders of the same sale.
    pub links: Links,
    /// How far its channel has done what it was asked: `waiting`, `failed`, `synced`.
    pub synced: Option<&'static str>,
    /// What of our acts its connector carries.
    pub carries: Carries,
}

#[derive(Debug, thiserror::Error)]
pub enum DetailError {
    #[error("the order is not known")]
    Unknown,
    #[error("the order's channel kind {0:?} is not known")]
    UnknownKind(String),
    #[error(transparent)]
    Facts(#[from] FactsError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The whole order.
pub async fn get(tx: &mut TenantTx, _: Permit<ReadOrders>, id: OrderId) -> Result<Order, DetailError> {
    let row = list::row(tx, id).await?.ok_or(DetailError::Unknown)?;
    let kind: ChannelKind = row.channel_kind.parse().map_err(|_| DetailError::UnknownKind(row.channel_kind.clone()))?;
    let facts = facts::load(tx, &[id.uuid()]).await?.remove(&id).unwrap_or_default();
    let state = fold(&facts);
    let projection = Projection::of(&state, Source { account: row.channel_account_id, kind }, &row.external_id).as_copy(row.same_sale_as.is_some());
    let holds = holds::of_orders(tx, &[id.uuid()]).await?;
    let links = same_sale::links(tx, id).await?;
    let synced = errands::synced(tx, id).await?;
    let carries = if kind.is_direct() { Carries::default() } else { errands::carried(tx, row.channel_account_id).await? };
    Ok(Order { row, state, projection, holds, links, synced, carries })
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    pub id: Uuid,
    pub at: Timestamp,
    pub recorded_at: Timestamp,
    /// A fact's kind, or `held`, `hold_released`.
    pub kind: &'static str,
    pub actor: String,
    pub cause: String,
    pub summary: String,
    pub body: serde_json::Value,
}

/// Everything that happened to an order, newest first.
pub async fn timeline(tx: &mut TenantTx, _: Permit<ReadOrders>, id: OrderId) -> Result<Vec<Moment>, DetailError> {
    list::row(tx, id).await?.ok_or(DetailError::Unknown)?;
    let facts = facts::load(tx, &[id.uuid()]).await?.remove(&id).unwrap_or_default();
    let mut moments: Vec<Moment> = facts
        .into_iter()
        .map(|fact| Moment {
            id: fact.id.uuid(),
            at: fact.occurred_at,
            recorded_at: fact.recorded_at,
            kind: fact.what.kind(),
            actor: fact.actor,
            cause: fact.cause,
            summary: summary(&fact.what),
            body: fact.what.body().unwrap_or_default(),
        })
        .collect();
    for hold in holds::of_orders(tx, &[id.uuid()]).await? {
        let body = serde_json::json!({"hold_id": hold.id, "type": hold.r#type, "scope": hold.scope, "evidence": hold.evidence});
        moments.push(Moment {
            id: hold.id.uuid(),
            at: hold.placed_at,
            recorded_at: hold.placed_at,
            kind: "held",
            actor: hold.placed_by,
            cause: hold.id.to_string(),
            summary: format!("held ({}): {}", hold.r#type, hold.reason),
            body: body.clone(),
        });
        if let (Some(at), Some(by)) = (hold.ended_at, hold.ended_by) {
            let reason = hold.end_reason.unwrap_or_default();
            moments.push(Moment { id: hold.id.uuid(), at, recorded_at: at, kind: "hold_released", actor: by, cause: hold.id.to_string(), summary: format!("released ({}): {reason}", hold.r#type), body });
        }
    }
    moments.sort_by(|a, b| (b.at, b.recorded_at, b.id, b.kind).cmp(&(a.at, a.recorded_at, a.id, a.kind)));
    moments.truncate(TIMELINE_MAX);
    Ok(moments)
}

/// A fact in one line of plain words.
fn summary(what: &What) -> String {
    fn word<T: serde::Serialize>(value: &T) -> String {
        serde_json::to_value(value).ok().and_then(|v| v.as_str().map(|s| s.replace('_', " "))).unwrap_or_default()
    }
    fn and(text: &Option<String>) -> String {
        text.as_deref().filter(|t| !t.is_empty()).map(|t| format!(", {t}")).unwrap_or_default()
    }
    match what {
        What::Described(d) => {
            let lines = d.lines.as_ref().map(|lines| format!("{} lines", lines.len()));
            let status = d.status.as_ref().map(|s| format!("status {s}"));
            let parts: Vec<String> = [status, lines].into_iter().flatten().collect();
            if let Some(reason) = &d.reason {
                return format!("changed: {reason}");
            }
            if parts.is_empty() { "described".into() } else { format!("described: {}", parts.join(", ")) }
        }
        What::Tendered(t) => format!("{} {} by {}{}", word(&t.state), t.amount, t.method, and(&t.reference)),
        What::Shipped(s) => format!("package {} {}{}{}", s.id, word(&s.state), and(&s.carrier), and(&s.tracking)),
        What::Cancelled(c) => format!("cancellation {}{}", word(&c.state), and(&c.reason)),
        What::Refunded(r) => format!("refund {}{}{}", word(&r.state), r.amount.map(|m| format!(" of {m}")).unwrap_or_default(), and(&r.reason)),
        What::Returned(r) => format!("return {}{}", word(&r.state), and(&r.reason)),
        What::InvoiceRequested(i) => match &i.number {
            Some(number) if !number.is_empty() => format!("invoice {number}"),
            _ if i.requested => "invoice asked for".into(),
            _ => "no invoice asked for".into(),
        },
        What::Invoiced(d) => format!("{} {} {}", d.kind.word().replace('_', " "), d.number, d.state.word()),
        What::Settled(s) => format!("{} {}{}", s.kind.replace('_', " "), s.amount, and(&s.statement)),
        What::Forfeited(f) => format!("{} of the deposit kept{}", f.amount, and(&f.reason)),
        What::Confirmed(c) => match &c.terms {
            Some(terms) => format!("confirmed, payment counted from the {}: {}", c.due_from.word(), terms.shown()),
            None => "confirmed".into(),
        },
        What::Annotated(a) => {
            let named = [("tags", a.tags.is_some()), ("note", a.note.is_some()), ("staff", a.staff.is_some()), ("source", a.source_tag.is_some()), ("company", a.company_id.is_some())];
            format!("edited: {}", named.iter().filter(|(_, set)| *set).map(|(name, _)| *name).collect::<Vec<_>>().join(", "))
        }
    }
}
