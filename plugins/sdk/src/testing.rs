//! For a connector's own tests, outside of any host: facts as lines a person can check, and conformance cases.
//!
//! A case is a folder `plugins/conformance/CHANNEL/CASE` with the raw `body`, the `delivery.json` around it, and what must come
//! of it in `expected.json`. The same cases run against the built component in the real host.

use crate::{
    Decimal, Problem,
    answer::Understood,
    facts::{Description, Fact, LineQuantity, What},
};
use serde_json::{Map, Value, json};
use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A file of `shared/channels`, which lies beside the project (or where SWITCHYARD_SHARED says). It is read in place.
pub fn shared(path: &str) -> Option<Vec<u8>> {
    let folder = std::env::var_os("SWITCHYARD_SHARED").map_or_else(|| project().join("../shared"), PathBuf::from);
    let file = fs::read(folder.join("channels").join(path)).ok();
    if file.is_none() {
        println!("skipped: shared/channels/{path} absent");
    }
    file
}

fn number(text: &str) -> Decimal {
    text.parse().unwrap_or_else(|_| panic!("{text} is no decimal"))
}

/// What the buyer pays by the lines: price times quantity, less components, plus taxes on top.
pub fn sum(told: &Description) -> Decimal {
    let mut sum = Decimal::ZERO;
    for line in told.lines.iter().flatten() {
        sum += number(&line.unit_price.amount) * number(&line.quantity);
        sum -= line.components.iter().map(|component| number(&component.amount)).sum::<Decimal>();
        sum += line.taxes.iter().filter(|tax| !tax.included).map(|tax| number(&tax.amount)).sum::<Decimal>();
    }
    sum.normalize()
}

/// Everything that was understood, one line each.
pub fn summary(understood: &Understood) -> String {
    let mut text = String::new();
    for fact in &understood.facts {
        let _ = writeln!(text, "{}@{} {}", fact.order, fact.revision, of(fact));
    }
    for reference in &understood.fetch {
        let _ = writeln!(text, "fetch {} {}", reference.kind, reference.id);
    }
    for event in &understood.account {
        let _ = writeln!(text, "account {}: {}", event.kind, event.detail);
    }
    if let Some(reason) = &understood.ignored {
        let _ = writeln!(text, "ignored: {reason}");
    }
    text
}

fn lines(lines: &[LineQuantity]) -> String {
    let all: Vec<String> = lines.iter().map(|line| format!("{}x{}", line.quantity, line.line_id)).collect();
    if all.is_empty() { "whole".into() } else { all.join(" ") }
}

fn of(fact: &Fact) -> String {
    let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".into());
    match &fact.what {
        What::Described(told) => {
            let mut text = format!("described {}", or(&told.status));
            for line in told.lines.iter().flatten() {
                let _ = write!(text, "\n  {} {}: {} x {} {}", line.kind, line.id, line.quantity, line.unit_price.amount, line.unit_price.currency);
                for component in &line.components {
                    let _ = write!(text, " -{} {}/{}", component.amount, component.kind, component.funded_by);
                    if let Some(code) = &component.code {
                        let _ = write!(text, " {code}");
                    }
                }
                for tax in &line.taxes {
                    let rate = tax.rate.as_ref().map_or(String::new(), |rate| format!(" {rate}%"));
                    let _ = write!(text, " {}{} {}{rate}", if tax.included { "incl " } else { "+" }, tax.amount, tax.name);
                }
                text.push_str(if line.gift { " gift" } else { "" });
            }
            if told.lines.is_some() {
                let _ = write!(text, "\n  = {}, told {}", sum(told), or(&told.stated_total));
            }
            text
        }
        What::Tendered(tender) => format!("tendered {} {} {} {} by {} with {}", tender.id, tender.state, tender.amount.amount, tender.amount.currency, tender.method, tender.holder),
        What::Shipped(shipment) => format!("shipped {} {} {} {} {}", shipment.id, shipment.state, or(&shipment.carrier), or(&shipment.tracking), lines(&shipment.lines)),
        What::Cancelled(told) => format!("cancelled {} {} by {} {}: {}", told.id, told.state, or(&told.by), lines(&told.lines), or(&told.reason)),
        What::Refunded(refund) => {
            let amount = refund.amount.as_ref().map_or("?".into(), |amount| format!("{} {}", amount.amount, amount.currency));
            format!("refunded {} {} {amount} {}", refund.id, refund.state, lines(&refund.lines))
        }
        What::Returned(told) => format!(
            "returned {} {} {}{}",
            told.id,
            told.state,
            if told.goods_back { "goods back " } else { "goods stay " },
            lines(&told.lines) + if told.exchange { " exchange" } else { "" }
        ),
        What::InvoiceRequested(wish) => format!("invoice {} number {} name {} tax {}", if wish.requested { "wanted" } else { "not wanted" }, or(&wish.number), or(&wish.name), or(&wish.tax_code)),
        What::Settled(line) => format!("settled {} {} {}", line.kind, line.amount.amount, line.amount.currency),
    }
}

/// A fact as the core stores it: `{"order", "revision", "occurred_at", "what": {"kind", "body"}}`, unknown fields left out.
pub fn plain(fact: &Fact) -> Value {
    let told = serde_json::to_value(&fact.what).expect("facts are texts, lists and flags");
    let Value::Object(told) = told else { panic!("a fact is one kind of thing") };
    let (variant, body) = told.into_iter().next().expect("a fact is one kind of thing");
    let mut kind = String::new();
    for (index, letter) in variant.chars().enumerate() {
        if letter.is_uppercase() && index > 0 {
            kind.push('_');
        }
        kind.extend(letter.to_lowercase());
    }
    let revision: u64 = fact.revision.parse().expect("a revision is digits");
    json!({"order": fact.order, "revision": revision, "occurred_at": fact.occurred_at, "what": {"kind": kind, "body": known(body)}})
}

/// Drops what is null or an empty list.
pub fn known(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, value)| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()));
            Value::Object(kept.map(|(key, value)| (key, known(value))).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(known).collect()),
        other => other,
    }
}

/// What a case tells, in the form of `expected.json`.
fn outcome(told: Result<Understood, Problem>) -> Value {
    match told {
        Ok(told) => known(json!({
            "message_id": told.message_id, "shop": told.shop,
            "facts": told.facts.iter().map(plain).collect::<Vec<_>>(),
            "fetch": serde_json::to_value(&told.fetch).expect("texts"), "account": serde_json::to_value(&told.account).expect("texts"),
            "ignored": told.ignored,
        })),
        Err(problem) => {
            let (kind, text) = match problem {
                Problem::BadSignature(text) => ("bad_signature", text),
                Problem::Malformed(text) => ("malformed", text),
                Problem::Unsupported(text) => ("unsupported", text),
                Problem::InvalidConfig(text) => ("invalid_config", text),
            };
            json!({"problem": kind, "text": text})
        }
    }
}

/// Runs every case of a channel of this project, see [`cases`].
pub fn conformance(channel: &str, translate: impl Fn(&Value, &[u8]) -> Result<Understood, Problem>) -> usize {
    cases(project().join("plugins/conformance").join(channel), translate)
}

/// Runs every case in a folder; `translate` is given `delivery.json` and the body. CONFORMANCE_WRITE=1 writes what is told
/// instead of comparing it, for a person to read before it is committed. Returns how many cases there were.
/// Signatures and acknowledgements are of the host: `switchyard plugin test` looks at them too.
pub fn cases(folder: impl AsRef<Path>, translate: impl Fn(&Value, &[u8]) -> Result<Understood, Problem>) -> usize {
    let mut cases: Vec<PathBuf> = fs::read_dir(folder).expect("a folder of cases").map(|entry| entry.expect("a case").path()).filter(|path| path.is_dir()).collect();
    cases.sort();
    for case in &cases {
        let read = |name: &str| fs::read(case.join(name)).unwrap_or_else(|error| panic!("{}: {error}", case.join(name).display()));
        let delivery: Value = serde_json::from_slice(&read("delivery.json")).expect("delivery.json");
        let told = outcome(translate(&delivery, &read("body")));
        if std::env::var_os("CONFORMANCE_WRITE").is_some() {
            let text = serde_json::to_string_pretty(&told).expect("a value");
            fs::write(case.join("expected.json"), format!("{text}\n")).expect("expected.json is written");
            continue;
        }
        let mut expected: Value = serde_json::from_slice(&read("expected.json")).expect("expected.json");
        if let Some(members) = expected.as_object_mut() {
            members.remove("acknowledgement");
        }
        assert_eq!(told, expected, "case {}", case.display());
    }
    cases.len()
}
