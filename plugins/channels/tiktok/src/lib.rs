//! TikTok Shop. Webhooks are thin: they say that something changed, and the order is fetched.
//! Contract: shared/channels/SPEC.md §1 (signature), §4 (webhooks, answers, statuses), §11 (tracks), §12 (who pays).
//!
//! Revision: `update_time` (of a webhook `data.update_time`, or else `timestamp`) in seconds times ten, plus 1 for an answer
//! of the API: of two tellings of one second the fuller wins.
//! Lines are per unit and stay so: each has its own id, and cancellations and returns name these ids. The API's word
//! CANCELLED is used where a webhook says CANCEL.
//!
//! Invariant TIKTOK-1: a webhook is answered 200 with a small JSON body, also when there is nothing to do.
//! Invariant TIKTOK-2: lines, discounts, shipping and fees sum to `total_amount`; tax is on top only where the sum says so.
//! Invariant TIKTOK-3: before an act is asked for, the order is looked at; what is done already is not asked for again.

mod aftersales;
mod api;
mod auth;
mod cancel;
mod errand;
mod hook;
mod invoice;
mod naming;
mod order;
mod settlement;
mod stock;

use switchyard_sdk::{
    Acknowledgement, Connector, Delivery, Errand, Exchange, Fetched, Link, Origin, Pair, PluginError, Problem, Pulled, Pushed, Reception, Reference, Rejection,
    Window, answer,
    answer::Understood,
    ask, config,
    facts::Fact,
    header,
    json::Json,
    read::{Node, malformed},
    signed,
    signing::Encoding,
};

pub struct TikTok;

impl Connector for TikTok {
    fn receive(delivery: Delivery) -> Result<Reception, Rejection> {
        let told = match delivery.origin {
            Origin::Webhook => verify(&delivery).and_then(|()| webhook(&delivery.body)),
            Origin::Document => document(&delivery.body),
        };
        match told {
            Ok(understood) => Ok(understood.acknowledged(accepted())),
            Err(problem) => Err(answer::rejection(problem, accepted())),
        }
    }

    fn fetch(references: Vec<Reference>) -> Result<Fetched, PluginError> {
        api::fetch(&references)
    }

    fn pull(window: Window) -> Result<Pulled, PluginError> {
        api::pull(&window)
    }

    fn push(errand: Errand) -> Result<Pushed, PluginError> {
        errand::push(errand)
    }

    fn renewal() -> Result<Option<Exchange>, PluginError> {
        Ok(Some(auth::renew(&ask::setting("app_key")?)))
    }

    fn authorization(_: String, state: String) -> Result<Option<Link>, PluginError> {
        let service = config::get("service_id").filter(|service| !service.is_empty());
        Ok(Some(auth::link(&ask::setting("app_key")?, service.as_deref(), &state)))
    }

    fn authorized(answer: Vec<Pair>) -> Result<Option<Exchange>, PluginError> {
        auth::trade(&ask::setting("app_key")?, &answer).map(Some)
    }
}

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, reason = "the canonical ABI passes pointers; this code is generated")]
mod component {
    use super::TikTok;
    switchyard_sdk::bindings::export!(TikTok with_types_in switchyard_sdk::bindings);
}

fn accepted() -> Acknowledgement {
    answer::json(200, r#"{"code":0,"message":"success"}"#)
}

/// Signed are the app key and the raw body. There is no time in it, so only the notification's id tells a replay.
fn verify(delivery: &Delivery) -> Result<(), Problem> {
    let signature = header(&delivery.headers, "authorization").ok_or_else(|| Problem::BadSignature("the header authorization is missing".into()))?;
    let app_key = config::get("app_key").filter(|key| !key.is_empty()).ok_or_else(|| Problem::InvalidConfig("app_key is not set".into()))?;
    match signed("app_secret", &[app_key.as_bytes(), &delivery.body], signature.trim(), Encoding::HexLower)? {
        true => Ok(()),
        false => Err(Problem::BadSignature("authorization does not match the app key and the body".into())),
    }
}

/// Translates a verified webhook.
pub fn webhook(body: &[u8]) -> Result<Understood, Problem> {
    let json = Json::parse(body).map_err(malformed)?;
    hook::understand(&Node::root(&json)?)
}

/// Translates an answer of the API: in its envelope, its `data` alone, or one object of it.
pub fn document(body: &[u8]) -> Result<Understood, Problem> {
    let json = Json::parse(body).map_err(malformed)?;
    let root = Node::root(&json)?;
    // HTTP 200 is not success: the envelope's code is (SPEC §2.10).
    if let Some(code) = root.whole("code")?.filter(|code| *code != 0) {
        return Err(malformed(format!("tiktok answered with the error {code}: {}", root.text("message")?.unwrap_or_default())));
    }
    if root.has("type") && root.has("data") {
        return hook::understand(&root);
    }
    let data = root.child("data")?.unwrap_or_else(|| root.clone());
    for (list, read) in LISTS {
        if let Some(items) = data.children(list)? {
            let mut understood = Understood::default();
            for item in &items {
                understood.absorb(read(item)?);
            }
            if understood.facts.is_empty() && understood.fetch.is_empty() {
                understood.ignored = Some(format!("{list} names no order"));
            }
            return Ok(understood);
        }
    }
    if data.has("cancel_id") {
        aftersales::cancellation(&data).map(told)
    } else if data.has("return_id") {
        aftersales::goods_return(&data).map(told)
    } else if data.has("line_items") && data.has("status") {
        order::facts(&data).map(told)
    } else if data.has("statement_time") {
        settlement::statement(&data)
    } else if data.has("settlement_amount") && data.has("bank_account") {
        settlement::payout(&data)
    } else {
        Err(Problem::Unsupported("this is no order, cancellation, return or statement of TikTok Shop".into()))
    }
}

type Reader = fn(&Node<'_>) -> Result<Understood, Problem>;

/// The lists that answers of the API carry, and who reads their items.
const LISTS: [(&str, Reader); 6] = [
    ("orders", |item| order::facts(item).map(told)),
    ("cancellations", |item| aftersales::cancellation(item).map(told)),
    ("return_orders", |item| aftersales::goods_return(item).map(told)),
    ("statements", settlement::statement),
    ("statement_transactions", |item| settlement::transaction(item, None).map(told)),
    ("payments", settlement::payout),
];

fn told(facts: Vec<Fact>) -> Understood {
    Understood { facts, ..Understood::default() }
}

#[cfg(test)]
mod tests;
