//! An answer for people: everything that was told, a line for each field, and what the lines of an order come to.

use super::{Plugin, compare::known};
use serde_json::{Map, Value};
use switchyard_core::orders::{
    fact::{Fact, What},
    totals,
};
use switchyard_host::{
    answer::{Acknowledgement, Fetched, Reception},
    runs::Cost,
    text,
};

const LINE_BYTES_MAX: usize = 4_000;
const WIDTH: usize = 12;

/// Prints one line of which no part can do anything to a terminal.
pub fn line(name: &str, value: impl AsRef<str>) {
    println!("{name:WIDTH$}{}", text::line(value.as_ref(), LINE_BYTES_MAX));
}

pub fn plugin(plugin: &Plugin) {
    line("plugin", format!("{} {} ({})", plugin.manifest.name, plugin.manifest.version, plugin.digest));
}

pub fn reception(told: &Reception) {
    for (name, value) in [("message", &told.message_id), ("shop", &told.shop)] {
        if let Some(value) = value {
            line(name, value);
        }
    }
    facts(&told.facts);
    for reference in &told.fetch {
        line("fetch", format!("{} {}", reference.kind.word(), reference.id));
    }
    for event in &told.account {
        let kind = serde_json::to_value(event.kind).unwrap_or_default();
        line("account", format!("{}: {}", kind.as_str().unwrap_or_default(), event.detail));
    }
    if let Some(reason) = &told.ignored {
        line("ignored", reason);
    }
}

pub fn fetched(told: &Fetched) {
    facts(&told.facts);
    for document in &told.documents {
        line("document", format!("{} {}, {} bytes", document.kind, document.id, document.body.len()));
    }
}

pub fn facts(facts: &[Fact]) {
    line("facts", facts.len().to_string());
    for (fact, number) in facts.iter().zip(1..) {
        let value = known(serde_json::to_value(fact).unwrap_or_default());
        let kind = value["what"]["kind"].as_str().unwrap_or_default();
        println!();
        line(&format!("fact {number}"), format!("{kind} order {} revision {} at {}", fact.order, fact.revision, fact.occurred_at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)));
        for row in value["what"]["body"].as_object().map(rows).unwrap_or_default() {
            println!("  {}", text::line(&row, LINE_BYTES_MAX));
        }
        if let Some(sum) = sum(fact) {
            println!("  {sum}");
        }
    }
    if !facts.is_empty() {
        println!();
    }
}

/// What the core makes of an order's lines, beside what its channel says.
fn sum(fact: &Fact) -> Option<String> {
    let What::Described(told) = &fact.what else { return None };
    let lines = told.lines.as_ref()?;
    let total = lines.iter().try_fold(kernel::Decimal::ZERO, |sum, line| sum.checked_add(totals::of_line(line)?.total));
    let total = total.map_or_else(|| "more than the books hold".to_owned(), |total| total.normalize().to_string());
    let stated = told.stated_total.map_or_else(|| "nothing".to_owned(), |stated| stated.normalize().to_string());
    Some(format!("the lines come to {total}, the channel states {stated}"))
}

/// A row for each member; of a list of objects, a row for each.
pub fn rows(members: &Map<String, Value>) -> Vec<String> {
    let mut rows = Vec::new();
    for (key, value) in members {
        match value {
            Value::Array(items) if items.iter().any(Value::is_object) => {
                rows.extend(items.iter().zip(1..).map(|(item, number)| format!("{key} {number}: {}", inline(item))));
            }
            other => rows.push(format!("{key}: {}", inline(other))),
        }
    }
    rows
}

fn inline(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join("; ")),
        Value::Object(members) => match (members.len(), members.get("amount"), members.get("currency")) {
            (2, Some(amount), Some(currency)) => format!("{} {}", inline(amount), inline(currency)),
            _ => members.iter().map(|(key, value)| format!("{key} {}", inline(value))).collect::<Vec<_>>().join(", "),
        },
        other => other.to_string(),
    }
}

pub fn acknowledgement(told: &Acknowledgement) {
    let headers: String = told.headers.iter().map(|(name, value)| format!(", {name}: {value}")).collect();
    let body = match std::str::from_utf8(&told.body) {
        Ok("") => "no body".to_owned(),
        Ok(body) => format!("body {body}"),
        Err(_) => format!("body of {} bytes", told.body.len()),
    };
    line("answer", format!("{}{headers}, {body}", told.status));
}

pub fn cost(cost: Option<&Cost>, log: Option<&str>) {
    if let Some(cost) = cost {
        spent(cost.fuel, cost.peak_memory, cost.micros);
    }
    for message in log.into_iter().flat_map(str::lines) {
        line("log", message);
    }
}

pub fn spent(fuel: u64, peak_memory: usize, micros: u128) {
    line("cost", format!("fuel {fuel}, peak memory {} KiB, {}.{:03} ms", peak_memory.div_ceil(1024), micros / 1000, micros % 1000));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_field_has_a_row() {
        let body = json!({"number": "#1", "stated_total": "10.00", "lines": [{"id": "1", "unit_price": {"amount": "10.00", "currency": "USD"}, "components": [{"kind": "points", "amount": "1"}], "gift": false}], "tags": ["a", "b"], "note": ""});
        let expected = ["number: #1", "stated_total: 10.00", "lines 1: id 1, unit_price 10.00 USD, components [kind points, amount 1], gift false", "tags: [a; b]", "note: \"\""];
        assert_eq!(rows(body.as_object().unwrap()), expected);
    }
}
