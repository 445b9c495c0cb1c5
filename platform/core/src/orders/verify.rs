//! Recomputes orders from their facts and compares them with what the tables say.
//! Invariant VER-1: on books that were only written by this code there is no finding.

use super::columns::{LineColumns, OrderColumns};
use super::facts::{self, FactsError};
use super::fold::fold;
use super::holds;
use super::postings;
use super::same_sale;
use super::settled;
use super::project::Projection;
use super::source::{ChannelKind, Source};
use crate::finance::settings;
use kernel::{ChannelAccountId, OrderId};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tenants::TenantTx;
use uuid::Uuid;

/// Orders one step looks at.
pub const STEP: i64 = 500;

/// A stored value that is not what the facts say.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub order: OrderId,
    pub number: i64,
    pub field: String,
    pub stored: String,
    pub computed: String,
}

/// What one step found, and where the next begins.
#[derive(Clone, Debug, Default)]
pub struct Step {
    pub orders: usize,
    pub findings: Vec<Finding>,
    /// The last order looked at; `None` when all were.
    pub last: Option<OrderId>,
}

#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error(transparent)]
    Facts(#[from] FactsError),
    #[error("an order cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Compares the next [`STEP`] orders after `after`, by id.
pub async fn step(tx: &mut TenantTx, after: Option<OrderId>) -> Result<Step, VerifyError> {
    let rows = sqlx::query!(
        r#"select o.id, o.number, o.channel_account_id, o.channel_kind, o.external_id, o.voided_at is not null as "voided!", o.hold_types, o.same_sale_as,
             -- numbers as text, so that none passes through a float
             (select jsonb_object_agg(key, case jsonb_typeof(value) when 'number' then to_jsonb(value #>> '{}') else value end) from jsonb_each(to_jsonb(o))) as "stored!",
             coalesce((select jsonb_agg((select jsonb_object_agg(key, case jsonb_typeof(value) when 'number' then to_jsonb(value #>> '{}') else value end) from jsonb_each(to_jsonb(l))) order by l.position)
               from tenant.order_lines l where l.tenant_id = $1 and l.order_id = o.id), '[]') as "lines!"
           from tenant.orders o where o.tenant_id = $1 and ($2::uuid is null or o.id > $2) order by o.id limit $3"#,
        tx.tenant(),
        after.map(OrderId::uuid) as Option<Uuid>,
        STEP,
    )
    .fetch_all(tx.conn())
    .await?;
    let ids: Vec<Uuid> = rows.iter().map(|r| r.id).collect();
    let mut facts = facts::load(tx, &ids).await?;
    let held = holds::of_orders(tx, &ids).await?;
    let history = settings::open_books(tx).await?;
    let books = postings::load(tx, &ids).await?;
    let mut settled_lines = settled::load(tx, &ids).await?;
    let sales = same_sale::family(tx, &ids).await?;
    let originals = same_sale::originals(&sales);
    let mut step = Step { orders: rows.len(), last: if rows.len() < usize::try_from(STEP).unwrap_or(usize::MAX) { None } else { rows.last().map(|r| OrderId(r.id)) }, ..Step::default() };
    for row in rows {
        let facts = facts.remove(&OrderId(row.id)).unwrap_or_default();
        let mut find = |field: String, stored: String, computed: String| step.findings.push(Finding { order: OrderId(row.id), number: row.number, field, stored, computed });
        if row.voided != facts.is_empty() {
            find("voided".into(), row.voided.to_string(), facts.is_empty().to_string());
        }
        let standing: BTreeSet<&str> = held.iter().filter(|h| h.order == OrderId(row.id) && h.state == "placed").map(|h| h.r#type.as_str()).collect();
        if !standing.iter().copied().eq(row.hold_types.iter().map(String::as_str)) {
            find("hold_types".into(), format!("{:?}", row.hold_types), format!("{standing:?}"));
        }
        for fact in &facts {
            let body = fact.what.body()?;
            let digest = super::fold::digest(fact.what.kind(), fact.what.subject(), fact.revision, fact.occurred_at, &body, &fact.cause);
            if digest != fact.digest {
                find(format!("fact {}", fact.id), hex::encode(fact.digest), hex::encode(digest));
            }
        }
        let Ok(kind) = row.channel_kind.parse::<ChannelKind>() else {
            find("channel_kind".into(), row.channel_kind, "a known kind".into());
            continue;
        };
        let source = Source { account: ChannelAccountId(row.channel_account_id), kind };
        let state = fold(&facts);
        let projection = Projection::of(&state, source, &row.external_id).as_copy(originals.contains_key(&row.id));
        let same_sale_as = originals.get(&row.id).copied();
        if row.same_sale_as != same_sale_as {
            find("same_sale_as".into(), format!("{:?}", row.same_sale_as.map(OrderId)), format!("{:?}", same_sale_as.map(OrderId)));
        }
        let (kept, told) = (sales.iter().find(|member| member.id == row.id).map(|member| member.claims.as_slice()).unwrap_or_default(), same_sale::claims(state.description.source.as_deref()));
        if kept != told.as_slice() {
            find("same_sales".into(), format!("{kept:?}"), format!("{told:?}"));
        }
        let (kept, told) = (settled_lines.remove(&row.id).unwrap_or_default(), settled::of_order(&state, &projection, source));
        if kept != told {
            find("settled lines".into(), format!("{kept:?}"), format!("{told:?}"));
        }
        for (field, stored, computed) in books.get(&row.id).map(|books| postings::differences(books, &history, &state, &projection, source)).unwrap_or_default() {
            find(field, stored, computed);
        }
        for (field, stored, computed) in differences(&row.stored, &row.lines, row.id, source, &row.external_id, &projection)? {
            find(field, stored, computed);
        }
    }
    Ok(step)
}

/// Every column that follows from facts, as text: stored beside computed.
fn differences(stored: &Value, lines: &Value, id: Uuid, source: Source, external_id: &str, projection: &Projection) -> Result<Vec<(String, String, String)>, serde_json::Error> {
    let mut columns = OrderColumns::default();
    columns.push(id, source, external_id, projection, &[], None, false)?;
    let mut expected = LineColumns::default();
    expected.push_all(id, projection)?;
    let o = &columns;
    let computed = json!({
        "external_number": o.external_number[0], "channel_status": o.channel_status[0], "segment": o.segment[0], "currency": o.currency[0],
        "described": o.described[0], "test": o.test[0], "buyer_key": o.buyer_key[0], "buyer_name": o.buyer_name[0], "buyer_phone": o.buyer_phone[0],
        "buyer_email": o.buyer_email[0], "buyer_masked": o.buyer_masked[0], "company": o.company[0], "ship_to": o.ship_to[0], "staff": o.staff[0],
        "branch": o.branch[0], "source_tag": o.source_tag[0], "source_evidence": o.source_evidence[0], "payment_method": o.payment_method[0],
        "cash_on_delivery": o.cash_on_delivery[0], "note": o.note[0], "tags": projection.tags, "gross": o.gross[0], "discount_tenant": o.discount_tenant[0],
        "discount_others": o.discount_others[0], "tax_on_top": o.tax_on_top[0], "tax_included": o.tax_included[0], "total": o.total[0],
        "stated_total": o.stated_total[0], "tendered": o.tendered[0], "refunded": o.refunded[0], "outstanding": o.outstanding[0],
        "payment_track": o.payment[0], "delivery_track": o.delivery[0], "invoice_track": o.invoice[0], "line_count": o.line_count[0],
        "units": o.units[0], "search_text": o.search_text[0], "company_id": o.company_id[0], "due_on": o.due_on[0], "due_schedule": o.due_schedule[0],
    });
    let mut found = Vec::new();
    let mut compare = |prefix: &str, stored: &Value, computed: &Value| {
        for (field, computed) in computed.as_object().into_iter().flatten() {
            let stored = &stored[field];
            if plain(stored) != plain(computed) {
                found.push((format!("{prefix}{field}"), plain(stored), plain(computed)));
            }
        }
    };
    compare("", stored, &computed);
    let instant = |field: &str| stored[field].as_str().and_then(|at| chrono::DateTime::parse_from_rfc3339(at).ok()).map(|at| at.timestamp_micros());
    if instant("placed_at") != Some(o.placed_at[0].timestamp_micros()) {
        compare("", stored, &json!({"placed_at": o.placed_at[0].to_rfc3339()}));
    }
    if instant("confirmed_at") != o.confirmed_at[0].map(|at| at.timestamp_micros()) {
        compare("", stored, &json!({"confirmed_at": o.confirmed_at[0].map(|at| at.to_rfc3339())}));
    }
    let l = &expected;
    for index in 0..l.position.len() {
        let computed = json!({
            "position": l.position[index], "external_id": l.external_id[index], "kind": l.kind[index], "sku": l.sku[index], "name": l.name[index],
            "quantity": l.quantity[index], "unit_price": l.unit_price[index], "gross": l.gross[index],
            "components": l.components[index].clone().unwrap_or(json!([])), "taxes": l.taxes[index].clone().unwrap_or(json!([])),
            "discount_tenant": l.discount_tenant[index], "discount_others": l.discount_others[index], "tax_on_top": l.tax_on_top[index],
            "tax_included": l.tax_included[index], "total": l.total[index], "gift": l.gift[index],
        });
        compare(&format!("line {} ", index + 1), &lines[index], &computed);
    }
    let stored_lines = lines.as_array().map_or(0, Vec::len);
    if stored_lines != l.position.len() {
        found.push(("lines".into(), stored_lines.to_string(), l.position.len().to_string()));
    }
    Ok(found)
}

/// A value as comparable text: a number and the text of a number are the same, whatever its trailing zeros.
fn plain(value: &Value) -> String {
    let number = |text: &str| kernel::money::parse_decimal(text).ok().map(|d| d.normalize().to_string());
    match value {
        Value::String(text) => number(text).unwrap_or_else(|| text.clone()),
        Value::Number(n) => number(&n.to_string()).unwrap_or_else(|| n.to_string()),
        Value::Array(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(",")),
        Value::Object(fields) => {
            let mut parts: Vec<String> = fields.iter().map(|(key, value)| format!("{key}:{}", plain(value))).collect();
            parts.sort();
            format!("{{{}}}", parts.join(","))
        }
        Value::Null | Value::Bool(_) => value.to_string(),
    }
}
