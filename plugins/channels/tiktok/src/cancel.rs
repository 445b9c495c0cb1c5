//! Cancelling an order, or units of it where the market allows (`return_refund/202309/cancellations`). Where the buyer asked
//! already, the request is approved, with TikTok Shop's own idempotency key: the errand's id. Members and paths are those of the
//! API's pages [D]; that the key is a query parameter of `approve` is seen in public code [C].

use crate::{
    api,
    errand::{Look, after, units, wanted},
};
use switchyard_sdk::{
    PluginError, Pushed, WishedCancellation, ask,
    errand::{self, Answer},
    http::Method,
    json::Json,
    read::Node,
    write::{object, text, texts, with},
};

const CANCELLATIONS: &str = "/return_refund/202309/cancellations";

pub fn push(errand: &str, order: &str, wish: &WishedCancellation) -> Result<Pushed, PluginError> {
    let look = Look::at(order)?;
    let seen = look.order()?;
    let all = units(&seen).map_err(ask::unreadable)?;
    let meant = wanted(&all, &wish.lines)?;
    if meant.iter().all(|unit| unit.is_cancelled()) {
        return look.done(None);
    }
    let asked_by_buyer = seen.flag("is_buyer_request_cancel").map_err(ask::unreadable)?.unwrap_or(false);
    let pending = if asked_by_buyer { pending(&asked(order)?)? } else { None };
    let answer = match &pending {
        Some(request) => api::act(&format!("{CANCELLATIONS}/{}/approve", ask::escaped(request)), &[("idempotency_key", errand.to_owned())], Some("{}".into()))?,
        None => {
            let unpaid = seen.text("status").map_err(ask::unreadable)?.as_deref() == Some("UNPAID");
            let open: Vec<String> = meant.iter().filter(|unit| !unit.is_cancelled()).map(|unit| unit.id.clone()).collect();
            let some = all.iter().filter(|unit| !unit.is_cancelled()).count() > open.len();
            api::act(CANCELLATIONS, &[], Some(request(order, reason(wish, unpaid)?, some.then_some(open.as_slice())).to_string()))?
        }
    };
    match answer {
        Answer::Yes(body) => Ok(after(order, errand::done(pending.or(cancellation_of(&body)?)))),
        Answer::No { no, .. } => Ok(errand::refused(order, no)),
    }
}

fn asked(order: &str) -> Result<Vec<u8>, PluginError> {
    api::call(Method::Post, &format!("{CANCELLATIONS}/search"), &[("page_size", "50".into())], Some(api::listed("order_ids", &[order.to_owned()])))
}

/// The buyer's request that waits for an answer.
fn pending(body: &[u8]) -> Result<Option<String>, PluginError> {
    let json = Json::parse(body).map_err(PluginError::Permanent)?;
    let read = || {
        for record in Node::root(&json)?.child("data")?.map_or(Ok(None), |data| data.children("cancellations"))?.unwrap_or_default() {
            if record.text("cancel_status")?.as_deref() == Some("CANCELLATION_REQUEST_PENDING") {
                return record.id("cancel_id");
            }
        }
        Ok(None)
    };
    read().map_err(ask::unreadable)
}

fn request(order: &str, reason: &str, units: Option<&[String]>) -> Json {
    with(object([("order_id", text(order)), ("cancel_reason", text(reason))]), "order_line_item_ids", units.map(texts))
}

/// TikTok Shop's reasons of a seller, by whether the order is paid; the list differs by market and is not published in one
/// place [C], so a reason in TikTok's own words (in `detail`) is taken as it is.
fn reason(wish: &WishedCancellation, unpaid: bool) -> Result<&str, PluginError> {
    if let Some(own) = wish.detail.as_deref().filter(|own| own.contains("_cancel") && own.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')) {
        return Ok(own);
    }
    Ok(match (wish.reason.as_str(), unpaid) {
        ("out_of_stock", false) => "seller_cancel_reason_out_of_stock",
        ("out_of_stock", true) => "seller_cancel_unpaid_reason_out_of_stock",
        ("price", false) => "seller_cancel_reason_wrong_price",
        ("price", true) => "seller_cancel_unpaid_reason_wrong_price",
        ("buyer_asked", false) => "seller_cancel_paid_reason_buyer_requested_cancellation",
        ("buyer_asked", true) => "seller_cancel_unpaid_reason_buyer_requested_cancellation",
        ("address", false) => "seller_cancel_paid_reason_address_not_deliver",
        (other, _) => return Err(PluginError::Unsupported(format!("TikTok Shop has no reason for {other}; its own, e.g. seller_cancel_reason_out_of_stock, may stand in the detail"))),
    })
}

fn cancellation_of(body: &[u8]) -> Result<Option<String>, PluginError> {
    let json = Json::parse(body).map_err(PluginError::Permanent)?;
    let read = || Node::root(&json)?.child("data")?.map_or(Ok(None), |data| data.id("cancel_id"));
    read().map_err(ask::unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_tiktoks() {
        let of = |reason: &str, detail: Option<&str>, unpaid| {
            let wish = WishedCancellation { reason: reason.into(), detail: detail.map(str::to_owned), lines: vec![] };
            super::reason(&wish, unpaid).map(str::to_owned)
        };
        assert_eq!(of("out_of_stock", Some("ran out, cancel_ed"), false).unwrap(), "seller_cancel_reason_out_of_stock");
        assert_eq!(of("price", None, true).unwrap(), "seller_cancel_unpaid_reason_wrong_price");
        assert_eq!(of("other", Some("seller_cancel_reason_out_of_stock_uk"), false).unwrap(), "seller_cancel_reason_out_of_stock_uk");
        assert!(matches!(of("other", Some("we closed"), false), Err(PluginError::Unsupported(_))));
    }

    #[test]
    fn requests_and_answers() {
        assert_eq!(request("5", "r", None).to_string(), r#"{"order_id":"5","cancel_reason":"r"}"#);
        assert_eq!(request("5", "r", Some(&["a".into(), "b".into()])).to_string(), r#"{"order_id":"5","cancel_reason":"r","order_line_item_ids":["a","b"]}"#);
        let two = br#"{"code":0,"data":{"cancellations":[{"cancel_id":"1","cancel_status":"CANCELLATION_REQUEST_CANCEL"},{"cancel_id":"2","cancel_status":"CANCELLATION_REQUEST_PENDING"}]}}"#;
        assert_eq!(pending(two).unwrap().as_deref(), Some("2"));
        assert_eq!(pending(br#"{"code":0,"data":{}}"#).unwrap(), None);
        assert_eq!(cancellation_of(br#"{"code":0,"data":{"cancel_id":"4035319218955782461","cancel_status":"CANCELLATION_REQUEST_SUCCESS"}}"#).unwrap().as_deref(), Some("4035319218955782461"));
    }
}
