//! KiotViet, a till of Vietnam. Webhooks carry orders and invoices whole, in PascalCase; REST answers have them in camelCase.
//! Contract: shared/channels/SPEC.md §1 (signature), §2 (times, the same sale twice), §9 (KiotViet), §11 (tracks), §12.
//!
//! Revision: `modifiedDate` (or else the date it was made) in milliseconds times ten, plus how far along the status is and
//! whether payments are named: of two tellings of one moment the fuller wins.
//! Invariant KIOTVIET-1: every answer is 2xx or 5xx. KiotViet stops calling for ever after a 400, 401, 403, 404 or 405, so a wrong
//! signature is answered 200, and rejected by us all the same (SPEC §9).
//! Invariant KIOTVIET-2: times without an offset are those of Asia/Ho_Chi_Minh.
//! Invariant KIOTVIET-3: lines, discounts, surcharges and taxes on top sum to `total` whenever the sale's own fields do.

mod api;
mod connect;
mod errand;
mod lines;
mod marketplace;
mod returned;
mod sale;
mod told;

use sale::Kind;
use switchyard_sdk::{
    Connector, Delivery, Errand, Exchange, Fetched, Link, Origin, Pair, PluginError, Problem, Pulled, Pushed, Reception, Reference, Rejection, Window, answer,
    answer::Understood,
    config, header,
    json::Json,
    read::{Node, malformed},
    signed,
    signing::Encoding,
};
use told::Told;

pub struct KiotViet;

/// What the shop counts in: KiotViet names no currency.
fn currency() -> String {
    config::get("currency").filter(|currency| !currency.is_empty()).unwrap_or_else(|| "VND".into())
}

impl Connector for KiotViet {
    fn receive(delivery: Delivery) -> Result<Reception, Rejection> {
        let told = match delivery.origin {
            Origin::Webhook => verify(&delivery).and_then(|()| webhook(&delivery.body, &currency())),
            Origin::Document => document(&delivery.body, &currency()),
        };
        match told {
            Ok(understood) => Ok(understood.acknowledged(answer::empty(200))),
            Err(problem) => Err(rejection(problem)),
        }
    }

    fn fetch(references: Vec<Reference>) -> Result<Fetched, PluginError> {
        api::fetch(&references)
    }

    fn pull(window: Window) -> Result<Pulled, PluginError> {
        api::pull(&window)
    }

    fn push(errand: Errand) -> Result<Pushed, PluginError> {
        errand::push(&errand)
    }

    fn renewal() -> Result<Option<Exchange>, PluginError> {
        connect::renewal()
    }

    /// Connected by typing in the keys of the shop's settings.
    fn authorization(_: String, _: String) -> Result<Option<Link>, PluginError> {
        Ok(None)
    }

    fn authorized(_: Vec<Pair>) -> Result<Option<Exchange>, PluginError> {
        Ok(None)
    }
}

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, reason = "the canonical ABI passes pointers; this code is generated")]
mod component {
    use super::KiotViet;
    switchyard_sdk::bindings::export!(KiotViet with_types_in switchyard_sdk::bindings);
}

/// KIOTVIET-1: the usual answers, but never one that silences the feed.
fn rejection(problem: Problem) -> Rejection {
    match problem {
        Problem::BadSignature(_) => Rejection { problem, acknowledgement: answer::empty(200) },
        other => answer::rejection(other, answer::empty(200)),
    }
}

/// HMAC-SHA256 over the raw body. Whether KiotViet writes hex or Base64 is not stated: the signature's own form says it. The key
/// is taken as the text that was sent at subscription; a shop whose KiotViet uses the decoded secret sets that one beside it [U].
fn verify(delivery: &Delivery) -> Result<(), Problem> {
    let told = header(&delivery.headers, "x-hub-signature").ok_or_else(|| Problem::BadSignature("the header x-hub-signature is missing".into()))?;
    let (signature, encoding) = signature(told);
    match signed("webhook_secret", &[&delivery.body], &signature, encoding)? {
        true => Ok(()),
        false => Err(Problem::BadSignature("x-hub-signature does not match the body".into())),
    }
}

fn signature(told: &str) -> (String, Encoding) {
    let told = told.trim();
    let bare = told.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("sha256=")).map_or(told, |_| &told[7..]);
    if bare.len() == 64 && bare.bytes().all(|byte| byte.is_ascii_hexdigit()) { (bare.to_ascii_lowercase(), Encoding::HexLower) } else { (bare.to_owned(), Encoding::Base64) }
}

/// Translates a verified webhook: {Id, Attempt, Notifications: [{Action, Data: […]}]}.
pub fn webhook(body: &[u8], currency: &str) -> Result<Understood, Problem> {
    let json = Json::parse(body).map_err(malformed)?;
    notified(&Told(Node::root(&json)?), currency)
}

fn notified(hook: &Told<'_>, currency: &str) -> Result<Understood, Problem> {
    let mut understood = Understood::default();
    let mut others: Vec<String> = Vec::new();
    for notification in hook.list("notifications")? {
        let action = notification.word("action")?.unwrap_or_default();
        // Real actions may end in the shop's number, e.g. `order.update.500111` [U].
        let kind = match action.split('.').next().unwrap_or_default() {
            _ if action.contains(".delete") => None,
            "order" => Some(Kind::Order),
            "invoice" => Some(Kind::Invoice),
            _ => None,
        };
        let Some(kind) = kind else {
            others.push(action);
            continue;
        };
        for item in notification.list("data")? {
            understood.facts.extend(sale::facts(&item, kind, currency)?);
            // A webhook about an order names no payments, only their sum: how it was paid is asked for.
            if !item.has("payments") && !item.amount("totalPayment")?.is_zero() {
                understood.fetch("order", sale::key(kind, &item)?);
            }
        }
    }
    understood.message_id = hook.code("id")?;
    if understood.facts.is_empty() {
        others.retain(|action| !action.is_empty());
        let what = if others.is_empty() { "the message".to_owned() } else { others.join(", ") };
        understood.ignored = Some(format!("{what} is not about orders"));
    }
    Ok(understood)
}

/// Translates an answer of the API: a page `{total, pageSize, data}` or one object; or a webhook's body that was kept.
pub fn document(body: &[u8], currency: &str) -> Result<Understood, Problem> {
    let json = Json::parse(body).map_err(malformed)?;
    let root = Told(Node::root(&json)?);
    if let Some(status) = root.child("responseStatus").filter(|status| status.word("errorCode").ok().flatten().is_some()) {
        return Err(malformed(format!("kiotviet answered with the error {}: {}", status.word("errorCode")?.unwrap_or_default(), status.word("message")?.unwrap_or_default())));
    }
    if root.has("notifications") {
        return notified(&root, currency);
    }
    if !root.has("data") {
        return one(&root, currency)?.ok_or_else(|| Problem::Unsupported("this is no order, invoice or return of KiotViet".into()));
    }
    let mut understood = Understood::default();
    let mut strange = 0;
    for item in root.list("data")? {
        match one(&item, currency)? {
            Some(told) => {
                understood.ignored = told.ignored.clone().or(understood.ignored);
                understood.absorb(told);
            }
            None => strange += 1,
        }
    }
    if strange > 0 {
        return Err(Problem::Unsupported("these are no orders, invoices or returns of KiotViet".into()));
    }
    if !understood.facts.is_empty() {
        understood.ignored = None;
    } else if understood.ignored.is_none() {
        understood.ignored = Some("the answer names no order".into());
    }
    Ok(understood)
}

/// None: it is something else.
fn one(item: &Told<'_>, currency: &str) -> Result<Option<Understood>, Problem> {
    let has = |keys: &[&str]| keys.iter().any(|key| item.has(key));
    let prefix: String = item.code("code")?.unwrap_or_default().chars().take(2).collect();
    let kind = if has(&["returnDetails", "returnDate", "returnTotal"]) || prefix == "TH" {
        return returned::understand(item, currency).map(Some);
    } else if has(&["invoiceDetails", "invoiceDelivery", "invoiceOrderSurcharges", "orderCode"]) || prefix == "HD" {
        Kind::Invoice
    } else if has(&["orderDetails", "orderDelivery"]) || prefix == "DH" {
        Kind::Order
    } else {
        return Ok(None);
    };
    Ok(Some(Understood { facts: sale::facts(item, kind, currency)?, ..Understood::default() }))
}

#[cfg(test)]
mod tests;
