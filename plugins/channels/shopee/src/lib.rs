//! Shopee Open Platform v2. Pushes are thin: they say that something changed, and the order is fetched.
//! Contract: shared/channels/SPEC.md §1 (signatures), §3 (pushes, answers, promotion fields), §11 (tracks), §12 (who pays).
//!
//! Revision: `update_time` in seconds times ten, plus how full the telling is: 0 a push, 1 an order's detail, 2 the detail
//! together with its escrow, which alone knows vouchers, coins and shipping. So of two tellings of one moment the fuller wins.
//! Answers without any time of their own (escrow, invoice data) count from the moment they were received.
//!
//! Invariant SHOPEE-1: a push is answered with an empty body; anything else counts as a failure with Shopee.
//! Invariant SHOPEE-2: lines say what the answer says. What an order's detail cannot explain (a platform's promotion, the
//! shipping fee) is left to the difference with `total_amount`; the escrow of the order explains it.
//! Invariant SHOPEE-3: before an act is asked for, the order is looked at; what is done already is not asked for again.

mod api;
mod auth;
mod errand;
mod escrow;
mod handover;
mod invoice;
mod naming;
mod order;
mod parcel;
mod push;
mod returned;
mod stock;

use switchyard_sdk::{
    Connector, Delivery, Errand, Exchange, Fetched, Link, Origin, Pair, PluginError, Problem, Pulled, Pushed, Reception, Reference, Rejection, Window, answer, answer::Understood, config, header,
    json::Json,
    read::{Node, is_blank, malformed},
    signed,
    signing::Encoding,
};

pub struct Shopee;

impl Connector for Shopee {
    fn receive(delivery: Delivery) -> Result<Reception, Rejection> {
        let told = match delivery.origin {
            Origin::Webhook => verify(&delivery).and_then(|()| webhook(&delivery.body)),
            Origin::Document => document(&delivery.body, &delivery.received_at, config::get("currency").as_deref()),
        };
        match told {
            Ok(understood) => Ok(understood.acknowledged(answer::empty(200))),
            Err(problem) => Err(answer::rejection(problem, answer::empty(200))),
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
        Ok(Some(auth::Asker::known()?.renew()))
    }

    fn authorization(redirect: String, state: String) -> Result<Option<Link>, PluginError> {
        Ok(Some(auth::Asker::known()?.link(&redirect, &state)))
    }

    fn authorized(answer: Vec<Pair>) -> Result<Option<Exchange>, PluginError> {
        auth::Asker::known()?.trade(&answer).map(Some)
    }
}

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, reason = "the canonical ABI passes pointers; this code is generated")]
mod component {
    use super::Shopee;
    switchyard_sdk::bindings::export!(Shopee with_types_in switchyard_sdk::bindings);
}

/// Signed are the callback URL, a bar and the raw body. Which form of the URL is not stated, so it can be set (SPEC §3).
/// No window for replays is published, and a push may be sent again hours later; an old one changes nothing, since the
/// newest revision wins.
fn verify(delivery: &Delivery) -> Result<(), Problem> {
    let signature = header(&delivery.headers, "authorization").ok_or_else(|| Problem::BadSignature("the header authorization is missing".into()))?;
    let url = config::get("push_url").filter(|url| !url.is_empty()).unwrap_or_else(|| delivery.url.clone());
    match signed("partner_key", &[url.as_bytes(), b"|", &delivery.body], signature.trim(), Encoding::HexLower)? {
        true => Ok(()),
        false => Err(Problem::BadSignature("authorization does not match the push URL and the body".into())),
    }
}

/// Translates a verified push.
pub fn webhook(body: &[u8]) -> Result<Understood, Problem> {
    let json = Json::parse(body).map_err(malformed)?;
    push::understand(&Node::root(&json)?)
}

/// Translates an answer of the API. `currency` is the shop's, for answers that name none.
pub fn document(body: &[u8], received_at: &str, currency: Option<&str>) -> Result<Understood, Problem> {
    let json = Json::parse(body).map_err(malformed)?;
    let root = Node::root(&json)?;
    succeeded(&root)?;
    // Escrows of a batch come as a list of their own.
    if let Some(Json::List(_)) = json.get("response") {
        return each(&root, "response", |item| escrow_of(&item.child("escrow_detail")?.unwrap_or(item), received_at, currency));
    }
    let answer = root.child("response")?.unwrap_or_else(|| root.clone());
    if answer.has("order_list") {
        each(&answer, "order_list", |listed| order_of(&listed))
    } else if answer.has("push_message_list") {
        push::lost(&answer)
    } else if answer.has("package_list") && !answer.has("order_status") {
        each(&answer, "package_list", |package| Ok(told(parcel::facts(&package)?)))
    } else if answer.has("invoice_info_list") {
        each(&answer, "invoice_info_list", |asked| Ok(told(order::invoice_request(&asked, received_at)?)))
    } else if answer.has("return") {
        each(&answer, "return", |item| Ok(told(returned::facts(&item)?)))
    } else if answer.has("return_sn") {
        Ok(told(returned::facts(&answer)?))
    } else if answer.has("order_income") {
        escrow_of(&answer, received_at, currency)
    } else if answer.has("order_sn") {
        order_of(&answer)
    } else if answer.has("code") && answer.has("data") {
        push::understand(&answer)
    } else {
        Err(Problem::Unsupported("this is no order, package, return, escrow or push of Shopee".into()))
    }
}

/// Success is in the body: `error` is empty. Some answers write "-" for empty (SPEC §2.10).
fn succeeded(root: &Node<'_>) -> Result<(), Problem> {
    match root.text("error")? {
        Some(error) if !is_blank(&error) => {
            Err(malformed(format!("shopee answered with the error {error}: {}", root.text("message")?.unwrap_or_default())))
        }
        _ => Ok(()),
    }
}

fn each<'a>(node: &Node<'a>, key: &str, read: impl Fn(Node<'a>) -> Result<Understood, Problem>) -> Result<Understood, Problem> {
    let mut understood = Understood::default();
    for item in node.children(key)?.unwrap_or_default() {
        understood.absorb(read(item)?);
    }
    if understood.facts.is_empty() && understood.fetch.is_empty() && understood.account.is_empty() {
        understood.ignored = Some(format!("{key} is empty"));
    }
    Ok(understood)
}

/// An order with its detail, or only its number as `get_order_list` has it: then it is fetched.
fn order_of(order: &Node<'_>) -> Result<Understood, Problem> {
    if order.has("update_time") {
        return Ok(told(order::facts(order, None)?));
    }
    let mut understood = Understood::default();
    understood.fetch("order", order.require_id("order_sn")?);
    Ok(understood)
}

fn escrow_of(escrow: &Node<'_>, received_at: &str, currency: Option<&str>) -> Result<Understood, Problem> {
    let currency = currency
        .filter(|currency| !currency.is_empty())
        .ok_or_else(|| Problem::InvalidConfig("currency: the escrow of an order names none, so the shop's is wanted, e.g. VND".into()))?;
    Ok(told(escrow::facts(escrow, received_at, currency)?))
}

fn told(facts: Vec<switchyard_sdk::facts::Fact>) -> Understood {
    Understood { facts, ..Understood::default() }
}

#[cfg(test)]
mod tests;
