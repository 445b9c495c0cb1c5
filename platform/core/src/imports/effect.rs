//! What a fact would do to the order it is about: make it, change it (how), or nothing. The dry run shows it; the run
//! leaves out what does nothing, so that the same file imported twice adds no facts.

use super::import::Import;
use crate::orders::fact::{Fact, What};
use crate::orders::facts::{self, FactsError};
use crate::orders::fold::{self, OrderState, StoredFact};
use kernel::FactId;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use tenants::TenantTx;

/// Fields shown of one changed order.
const CHANGES_MAX: usize = 50;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// A path such as `status` or `lines.2.quantity`.
    pub field: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    New,
    Same,
    Changed(Vec<Change>),
}

/// The effect of each fact, in their sequence.
pub async fn effects(tx: &mut TenantTx, import: &Import, facts: &[Fact]) -> Result<Vec<Effect>, FactsError> {
    let tenant = tx.tenant();
    let ids: Vec<String> = facts.iter().map(|fact| fact.order.clone()).collect();
    let known = sqlx::query!("select id, external_id from tenant.orders where tenant_id = $1 and channel_account_id = $2 and external_id = any($3)", tenant, import.account.uuid(), &ids)
        .fetch_all(tx.conn())
        .await?;
    if known.is_empty() {
        return Ok(vec![Effect::New; facts.len()]);
    }
    let orders: Vec<uuid::Uuid> = known.iter().map(|row| row.id).collect();
    let mut stored = facts::load(tx, &orders).await?;
    let mut by_name: HashMap<String, Vec<StoredFact>> = known.into_iter().map(|row| (row.external_id, stored.remove(&kernel::OrderId(row.id)).unwrap_or_default())).collect();
    let (actor, cause, now) = (tx.actor().who.to_string(), import.cause(), tx.now());
    let mut effects = Vec::with_capacity(facts.len());
    for fact in facts {
        // Without facts that count the order was undone: it would come back as new.
        let Some(mut told) = by_name.remove(&fact.order).filter(|told| !told.is_empty()) else {
            effects.push(Effect::New);
            continue;
        };
        let before = fold::fold(&told);
        let id = FactId::new();
        let body = fact.what.body().map_err(|error| FactsError::Unreadable { fact: id, reason: error.to_string() })?;
        let digest = fold::digest(fact.what.kind(), fact.what.subject(), fact.revision, fact.occurred_at, &body, &cause);
        told.push(StoredFact { id, revision: fact.revision, digest, what: fact.what.clone(), actor: actor.clone(), cause: cause.clone(), occurred_at: fact.occurred_at, recorded_at: now });
        let after = fold::fold(&told);
        effects.push(if before == after { Effect::Same } else { Effect::Changed(changes(&before, &after)) });
    }
    Ok(effects)
}

fn changes(before: &OrderState, after: &OrderState) -> Vec<Change> {
    let (mut before, after) = (leaves(before), leaves(after));
    let mut found = Vec::new();
    for (field, value) in after {
        match before.remove(&field) {
            Some(known) if known == value => {}
            known => found.push(Change { field, before: known, after: Some(value) }),
        }
    }
    found.extend(before.into_iter().map(|(field, value)| Change { field, before: Some(value), after: None }));
    found.sort_by(|a, b| a.field.cmp(&b.field));
    found.truncate(CHANGES_MAX);
    found
}

/// Every value an import can tell of, by its path. Lines go by their id, amounts without their currency.
fn leaves(state: &OrderState) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let described = What::Described(state.description.clone());
    if let Ok(body) = described.body() {
        walk(&mut found, String::new(), &body);
    }
    found
}

fn walk(found: &mut BTreeMap<String, String>, path: String, value: &Value) {
    let under = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Null => {}
        Value::Object(fields) => fields.iter().filter(|(name, _)| *name != "currency" || path.is_empty()).for_each(|(name, value)| walk(found, under(name), value)),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let name = item.get("id").and_then(Value::as_str).map_or_else(|| (index + 1).to_string(), str::to_owned);
                walk(found, under(&name), item);
            }
        }
        Value::String(text) => {
            found.insert(path, number_or_text(text));
        }
        other => {
            found.insert(path, other.to_string());
        }
    }
}

/// 2.50 and 2.5 are one amount.
fn number_or_text(text: &str) -> String {
    kernel::money::parse_decimal(text).map_or_else(|_| text.to_owned(), |number| number.normalize().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::fact::{Description, Line, LineKind};
    use kernel::{Currency, Money};

    fn order(quantity: &str, status: Option<&str>) -> OrderState {
        let line = Line {
            id: "1".into(),
            kind: LineKind::Product,
            sku: None,
            name: None,
            quantity: quantity.parse().unwrap(),
            unit_price: Money::parse("2.50", Currency::GBP).unwrap(),
            components: vec![],
            taxes: vec![],
            gift: false,
        };
        let description = Description { lines: Some(vec![line]), status: status.map(str::to_owned), ..Description::default() };
        OrderState { description, ..OrderState::default() }
    }

    #[test]
    fn a_change_names_the_field_and_both_values() {
        let change = |field: &str, before: Option<&str>, after: Option<&str>| Change { field: field.into(), before: before.map(str::to_owned), after: after.map(str::to_owned) };
        assert_eq!(changes(&order("3", None), &order("4", Some("paid"))), [change("lines.1.quantity", Some("3"), Some("4")), change("status", None, Some("paid"))]);
        assert_eq!(changes(&order("3", Some("x")), &order("3.000", None)), [change("status", Some("x"), None)]);
    }
}
