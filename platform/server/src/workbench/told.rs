//! An answer as data: in the form of `expected.json`, and as `plugin run --json` prints it.

use super::{Asking, Plugin, compare::known};
use base64::Engine as _;
use serde_json::{Value, json};
use switchyard_host::{
    CallFailure, Reception, Rejection,
    answer::{Acknowledgement, Fetched, Pulled},
    runs::Cost,
};

/// What came of one message.
pub struct Outcome {
    /// In the form of `expected.json`, without the acknowledgement.
    pub told: Value,
    pub acknowledgement: Option<Acknowledgement>,
    pub understood: bool,
}

pub fn of_message(answer: &Result<Result<Reception, Rejection>, CallFailure>) -> Outcome {
    match answer {
        Ok(Ok(reception)) => Outcome { told: known(of_reception(reception)), acknowledgement: Some(reception.acknowledgement.clone()), understood: true },
        Ok(Err(refused)) => Outcome {
            told: json!({"problem": refused.problem.word(), "text": refused.detail}),
            acknowledgement: Some(refused.acknowledgement.clone()),
            understood: false,
        },
        Err(failure) => Outcome { told: of_failure(failure), acknowledgement: None, understood: false },
    }
}

fn of_reception(told: &Reception) -> Value {
    let fetch: Vec<Value> = told.fetch.iter().map(|reference| json!({"kind": reference.kind.word(), "id": reference.id})).collect();
    let account: Vec<Value> = told.account.iter().map(|event| json!({"kind": event.kind, "detail": event.detail})).collect();
    json!({"message_id": told.message_id, "shop": told.shop, "facts": told.facts, "fetch": fetch, "account": account, "ignored": told.ignored})
}

pub fn of_failure(failure: &CallFailure) -> Value {
    json!({"failed": failure.code, "text": failure.message})
}

/// The body as text where it is text.
pub fn of_acknowledgement(told: &Acknowledgement) -> Value {
    let headers: serde_json::Map<String, Value> = told.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let mut value = json!({"status": told.status, "headers": headers});
    with_body(&mut value, &told.body);
    value
}

fn with_body(value: &mut Value, body: &[u8]) {
    match std::str::from_utf8(body) {
        Ok(text) => value["body"] = json!(text),
        Err(_) => value["body_base64"] = json!(base64::engine::general_purpose::STANDARD.encode(body)),
    }
}

pub fn of_fetched(told: &Fetched) -> Value {
    let document = |document: &switchyard_host::answer::Document| {
        let mut value = json!({"kind": document.kind, "id": document.id});
        with_body(&mut value, &document.body);
        value
    };
    json!({"facts": known(json!(told.facts)), "documents": told.documents.iter().map(document).collect::<Vec<_>>()})
}

pub fn of_pulled(told: &Pulled) -> Value {
    let mut value = of_fetched(&told.fetched);
    value["next_cursor"] = json!(told.next_cursor);
    value["until"] = json!(told.until);
    value
}

pub fn of_cost(cost: &Cost) -> Value {
    json!({"fuel": cost.fuel, "peak_memory_bytes": cost.peak_memory, "micros": u64::try_from(cost.micros).unwrap_or(u64::MAX)})
}

/// One document of everything there is to say about a call.
pub fn report<T>(plugin: &Plugin, outcome: &str, told: Value, asking: &Asking<T>) -> Value {
    let mut report = json!({"plugin": {"name": plugin.manifest.name, "version": plugin.manifest.version, "digest": plugin.digest.to_string()}, "outcome": outcome});
    if let (Some(report), Value::Object(told)) = (report.as_object_mut(), told) {
        report.extend(told);
        report.insert("cost".into(), asking.cost.as_ref().map_or(Value::Null, of_cost));
        report.insert("log".into(), json!(asking.log));
    }
    report
}
