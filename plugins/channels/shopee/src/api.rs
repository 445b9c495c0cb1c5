//! Asking Shopee. Every call is signed over partner_id + path + timestamp + access_token + shop_id; common parameters stand
//! in the query (SPEC §1, §3). HTTP 200 may carry an error inside.

use crate::{order, returned, succeeded};
use switchyard_sdk::{
    Document, Fetched, PluginError, Problem, Pulled, Reference, Window,
    ask::{self, Content},
    config,
    errand::{self, Answer, No},
    http::{Auth, Hmac, Insertion, Method, Piece, Place, Response},
    json::Json,
    read::{Node, is_blank},
    signing::Encoding,
    time,
};

const REFERENCES_MAX: usize = 50;
/// `get_order_list` and `get_return_list` refuse longer windows.
const WINDOW_SECONDS_MAX: i64 = 15 * 24 * 3600;
/// `get_order_detail` takes no more, and a page of the list is described in one call.
const PAGE_MAX: u32 = 50;
/// Most fields come only when they are named.
const OPTIONAL_FIELDS: &str = "buyer_user_id,buyer_username,estimated_shipping_fee,recipient_address,actual_shipping_fee,goods_to_declare,note,item_list,\
pay_time,dropshipper,cancel_by,cancel_reason,buyer_cancel_reason,actual_shipping_fee_confirmed,buyer_cpf_id,fulfillment_flag,pickup_done_time,package_list,\
shipping_carrier,payment_method,total_amount,invoice_data";

/// Where the API is.
pub fn host() -> String {
    config::get("api_host").filter(|host| !host.is_empty()).unwrap_or_else(|| "partner.shopeemobile.com".into())
}

pub fn get(path: &str, pairs: &[(&str, String)]) -> Result<Vec<u8>, PluginError> {
    Ok(signed(Method::Get, path, pairs, None, &refusal)?.body)
}

fn post(path: &str, body: String) -> Result<Vec<u8>, PluginError> {
    Ok(signed(Method::Post, path, &[], Some(Content::json(body)), &refusal)?.body)
}

/// Asks for an act. What Shopee refuses is told apart from what did not reach it.
pub fn act(path: &str, content: Content) -> Result<Answer, PluginError> {
    errand::hear(no, sort, |refusal| signed(Method::Post, path, &[], Some(content), refusal))
}

fn signed(
    method: Method,
    path: &str,
    pairs: &[(&str, String)],
    content: Option<Content>,
    refusal: &dyn Fn(&[u8]) -> Option<PluginError>,
) -> Result<Response, PluginError> {
    let (partner, shop, at) = (ask::setting("partner_id")?, ask::setting("shop_id")?, ask::now_seconds().to_string());
    let (key, token) = (ask::secret("partner_key")?, ask::secret("access_token")?);
    let common = [("partner_id", partner.clone()), ("shop_id", shop.clone()), ("timestamp", at.clone())];
    let mut query = common.to_vec();
    query.extend_from_slice(pairs);
    let url = format!("https://{}{path}?{}", host(), ask::query(&query));
    let hmac = Hmac {
        key: &key,
        pieces: vec![Piece::Text(format!("{partner}{path}{at}")), Piece::Secret(&token), Piece::Text(shop)],
        encoding: Encoding::HexLower,
        place: Place::Query("sign".into()),
    };
    let insertion = Insertion { secret: &token, place: Place::Query("access_token".into()), prefix: String::new() };
    ask::send_content(method, url, content, Auth { insertions: vec![insertion], hmac: Some(hmac) }, refusal)
}

fn refusal(body: &[u8]) -> Option<PluginError> {
    match no(body) {
        Err(problem) => Some(problem),
        Ok(no) => no.map(|no| sort(&no)),
    }
}

/// The error inside an answer.
fn no(body: &[u8]) -> Result<Option<No>, PluginError> {
    let json = Json::parse(body).map_err(|problem| PluginError::Permanent(format!("shopee's answer is {problem}")))?;
    let text = |key: &str| match json.get(key) {
        Some(Json::Text(text)) if !is_blank(text) => Some(text.trim().chars().take(200).collect::<String>()),
        _ => None,
    };
    Ok(text("error").map(|error| No::new(error, text("message").unwrap_or_default())))
}

/// What helps.
fn sort(no: &No) -> PluginError {
    if no.has(&["error_sign"]) {
        PluginError::InvalidConfig(format!("partner_id or partner_key is wrong: {}", no.words()))
    } else if no.has(&["timestamp"]) {
        // Our clock or Shopee's is off: what was asked waits until it is put right, and nobody has to connect anything again.
        PluginError::Retryable(format!("the clock of this server is more than 5 minutes off: {}", no.words()))
    } else if no.has(&["try later", "try again later", "try again after", "system_busy", "please wait until"])
        || no.has(&["error_server", "error_inner", "error_busy", "rate_limit", "too_many", "error_network", "error_timeout", "error_connection"])
    {
        PluginError::Retryable(no.words())
    } else if no.has(&["error_auth", "access_token", "acceess_token", "error_permission", "no_permission"]) 
        && !no.has(&["stock", "location_id", "edit item", "holiday mode", "model level"])
    {
        // The misspelling is Shopee's own. `update_stock` says error_auth too where an item is not to its liking.
        PluginError::Unauthorized(no.words())
    } else {
        PluginError::Permanent(no.words())
    }
}

pub fn fetch(references: &[Reference]) -> Result<Fetched, PluginError> {
    if references.len() > REFERENCES_MAX {
        return Err(PluginError::InvalidInput(format!("at most {REFERENCES_MAX} references a call are wanted")));
    }
    let mut fetched = Fetched { facts: Vec::new(), documents: Vec::new() };
    let mut orders = Vec::new();
    for reference in references {
        match reference.kind.as_str() {
            "order" => orders.push(reference.id.clone()),
            "return" => {
                let body = get("/api/v2/returns/get_return_detail", &[("return_sn", reference.id.clone())])?;
                take(&mut fetched, &reference.kind, &reference.id, body)?;
            }
            "settlement" => {
                let body = get("/api/v2/payment/get_escrow_detail", &[("order_sn", reference.id.clone())])?;
                take(&mut fetched, &reference.kind, &reference.id, body)?;
            }
            other => return Err(PluginError::Unsupported(format!("Shopee has no {other} to fetch"))),
        }
    }
    orders_in_full(&orders, &mut fetched)?;
    Ok(fetched)
}

/// The answer of `get_order_detail`.
pub fn detail(orders: &[String]) -> Result<Vec<u8>, PluginError> {
    let names = orders.join(",");
    get(
        "/api/v2/order/get_order_detail",
        &[("order_sn_list", names), ("request_order_status_pending", "true".into()), ("response_optional_fields", OPTIONAL_FIELDS.into())],
    )
}

/// The details of orders, each with its escrow once there is one: without it neither vouchers nor shipping are known. Two calls
/// however many orders there are.
pub fn orders_in_full(orders: &[String], fetched: &mut Fetched) -> Result<(), PluginError> {
    if orders.is_empty() {
        return Ok(());
    }
    let body = detail(orders)?;
    let json = Json::parse(&body).map_err(PluginError::Permanent)?;
    let answer = Node::root(&json).and_then(|root| root.require_child("response")).map_err(ask::unreadable)?;
    let details = answer.children("order_list").map_err(ask::unreadable)?.unwrap_or_default();
    let settled = settled(&details).map_err(ask::unreadable)?;
    let escrows = if settled.is_empty() { None } else { escrows(&settled)? };
    let known = escrows.as_deref().map(Json::parse).transpose().map_err(PluginError::Permanent)?;
    for order in &details {
        let escrow = known.as_ref().map_or(Ok(None), |known| escrow_in(known, order));
        let facts = escrow.and_then(|escrow| order::facts(order, escrow.as_ref()));
        fetched.facts.extend(facts.map_err(ask::unreadable)?);
    }
    fetched.documents.push(Document { kind: "order".into(), id: orders[0].clone(), body });
    fetched.documents.extend(escrows.map(|body| Document { kind: "settlement".into(), id: settled[0].clone(), body }));
    Ok(())
}

/// The orders that can have an escrow: before it is paid there is none, and a cancelled order keeps none.
fn settled(details: &[Node<'_>]) -> Result<Vec<String>, Problem> {
    let mut settled = Vec::new();
    for order in details {
        if !matches!(order.require_text("order_status")?.as_str(), "UNPAID" | "PENDING" | "CANCELLED" | "IN_CANCEL") {
            settled.push(order.require_id("order_sn")?);
        }
    }
    Ok(settled)
}

/// None where Shopee has no escrow of these orders, or the app may not see it: the details alone are told then.
fn escrows(orders: &[String]) -> Result<Option<Vec<u8>>, PluginError> {
    let names: Vec<String> = orders.iter().map(|id| format!("\"{}\"", id.replace(|c: char| !c.is_ascii_alphanumeric(), ""))).collect();
    let body = format!("{{\"order_sn_list\":[{}]}}", names.join(","));
    match post("/api/v2/payment/get_escrow_detail_batch", body) {
        Ok(body) => Ok(Some(body)),
        Err(PluginError::Permanent(_) | PluginError::Unauthorized(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

/// The escrow of an order in the answer of the batch: a list of `{"escrow_detail": {…}}`.
fn escrow_in<'a>(batch: &'a Json, order: &Node<'_>) -> Result<Option<Node<'a>>, Problem> {
    let id = order.require_id("order_sn")?;
    for item in Node::root(batch)?.children("response")?.unwrap_or_default() {
        let escrow = item.child("escrow_detail")?.unwrap_or(item);
        if escrow.id("order_sn")?.as_ref() == Some(&id) {
            return Ok(Some(escrow));
        }
    }
    Ok(None)
}

/// Orders that changed in the window, then returns; the cursor says which and where: `orders:…`, `returns:…`.
pub fn pull(window: &Window) -> Result<Pulled, PluginError> {
    let (from, to) = clipped(window)?;
    let until = time::from_epoch_seconds(to).unwrap_or_else(|| window.until.clone());
    let size = window.limit.clamp(1, PAGE_MAX);
    let mut fetched = Fetched { facts: Vec::new(), documents: Vec::new() };
    let next_cursor = match window.cursor.as_deref().and_then(|cursor| cursor.split_once(':')) {
        Some(("returns", page)) => returns(from, to, size, page, &mut fetched)?,
        Some(("orders", cursor)) => orders(from, to, size, cursor, &mut fetched)?,
        None if window.cursor.is_none() => orders(from, to, size, "", &mut fetched)?,
        _ => return Err(PluginError::InvalidInput("the cursor is not one of this connector's".into())),
    };
    Ok(Pulled { fetched, next_cursor, until })
}

/// Seconds from and to, at most 15 days apart.
fn clipped(window: &Window) -> Result<(i64, i64), PluginError> {
    let seconds = |text: &str| time::epoch_seconds(text).ok_or_else(|| PluginError::InvalidInput(format!("{text:?} is no time")));
    let (from, to) = (seconds(&window.since)?, seconds(&window.until)?);
    if from >= to {
        return Err(PluginError::InvalidInput("a window that ends after it begins is wanted".into()));
    }
    Ok((from, to.min(from + WINDOW_SECONDS_MAX)))
}

fn orders(from: i64, to: i64, size: u32, cursor: &str, fetched: &mut Fetched) -> Result<Option<String>, PluginError> {
    let pairs = [
        ("time_range_field", "update_time".to_owned()),
        ("time_from", from.to_string()),
        ("time_to", to.to_string()),
        ("page_size", size.to_string()),
        ("cursor", cursor.to_owned()),
        ("request_order_status_pending", "true".into()),
    ];
    let body = get("/api/v2/order/get_order_list", &pairs)?;
    let json = Json::parse(&body).map_err(PluginError::Permanent)?;
    let answer = Node::root(&json).and_then(|root| root.require_child("response")).map_err(ask::unreadable)?;
    let mut names = Vec::new();
    for order in answer.children("order_list").map_err(ask::unreadable)?.unwrap_or_default() {
        names.push(order.require_id("order_sn").map_err(ask::unreadable)?);
    }
    orders_in_full(&names, fetched)?;
    let more = answer.flag("more").map_err(ask::unreadable)?.unwrap_or(false);
    let next = answer.text("next_cursor").map_err(ask::unreadable)?;
    Ok(Some(next.filter(|_| more).map_or_else(|| "returns:0".into(), |next| format!("orders:{next}"))))
}

fn returns(from: i64, to: i64, size: u32, page: &str, fetched: &mut Fetched) -> Result<Option<String>, PluginError> {
    let number: u32 = page.parse().map_err(|_| PluginError::InvalidInput(format!("{page:?} is no page")))?;
    let pairs = [
        ("page_no", number.to_string()),
        ("page_size", size.to_string()),
        ("update_time_from", from.to_string()),
        ("update_time_to", to.to_string()),
    ];
    let body = get("/api/v2/returns/get_return_list", &pairs)?;
    let json = Json::parse(&body).map_err(PluginError::Permanent)?;
    let answer = Node::root(&json).and_then(|root| root.require_child("response")).map_err(ask::unreadable)?;
    for item in answer.children("return").map_err(ask::unreadable)?.unwrap_or_default() {
        fetched.facts.extend(returned::facts(&item).map_err(ask::unreadable)?);
    }
    let more = answer.flag("more").map_err(ask::unreadable)?.unwrap_or(false);
    fetched.documents.push(Document { kind: "return".into(), id: page.to_owned(), body });
    Ok(more.then(|| format!("returns:{}", number + 1)))
}

fn take(fetched: &mut Fetched, kind: &str, id: &str, body: Vec<u8>) -> Result<(), PluginError> {
    let json = Json::parse(&body).map_err(PluginError::Permanent)?;
    Node::root(&json).and_then(|root| succeeded(&root)).map_err(ask::unreadable)?;
    let currency = config::get("currency");
    let now = time::from_epoch_seconds(ask::now_seconds()).unwrap_or_default();
    fetched.facts.extend(crate::document(&body, &now, currency.as_deref()).map_err(ask::unreadable)?.facts);
    fetched.documents.push(Document { kind: kind.to_owned(), id: id.to_owned(), body });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_inside_an_answer_are_sorted() {
        assert!(refusal(br#"{"error":"","message":"","response":{}}"#).is_none());
        assert!(refusal(br#"{"error":"-","message":"-"}"#).is_none());
        assert!(matches!(refusal(br#"{"error":"error_auth","message":"Invalid access_token."}"#), Some(PluginError::Unauthorized(_))));
        assert!(matches!(refusal(br#"{"error":"invalid_acceess_token","message":""}"#), Some(PluginError::Unauthorized(_))));
        assert!(matches!(refusal(br#"{"error":"error_sign","message":"Wrong sign."}"#), Some(PluginError::InvalidConfig(_))));
        assert!(matches!(refusal(br#"{"error":"error_server","message":"Something wrong. Please try later."}"#), Some(PluginError::Retryable(_))));
        assert!(matches!(refusal(br#"{"error":"error_param","message":"Wrong order_sn"}"#), Some(PluginError::Permanent(text)) if text == "error_param: Wrong order_sn"));
        assert!(matches!(refusal(br#"{"error":"error_param","message":"Timestamp is expired."}"#), Some(PluginError::Retryable(_))));
        // Shopee's own codes are loose: what the text asks for counts before the code.
        let waits = br#"{"error":"logistics.error_param","message":"The order is being allocated, please wait until the allocate is completed."}"#;
        assert!(matches!(refusal(waits), Some(PluginError::Retryable(_))));
        assert!(matches!(refusal(br#"{"error":"error_auth","message":"System error, please try again later."}"#), Some(PluginError::Retryable(_))));
        let reserved = br#"{"error":"error_auth","message":"Total stock must be more than reserved stock."}"#;
        assert!(matches!(refusal(reserved), Some(PluginError::Permanent(_))));
        assert!(matches!(refusal(b"<html>"), Some(PluginError::Permanent(_))));
    }

    #[test]
    fn escrows_of_a_batch_find_their_order() {
        let batch = Json::parse(br#"{"error":"","response":[{"escrow_detail":{"order_sn":"A1"}},{"escrow_detail":{"order_sn":"B2"}}]}"#).unwrap();
        let order = Json::parse(br#"{"order_sn":"B2","order_status":"SHIPPED"}"#).unwrap();
        let unpaid = Json::parse(br#"{"order_sn":"C3","order_status":"UNPAID"}"#).unwrap();
        let (order, unpaid) = (Node::root(&order).unwrap(), Node::root(&unpaid).unwrap());
        assert_eq!(escrow_in(&batch, &order).unwrap().unwrap().require_id("order_sn").unwrap(), "B2");
        assert!(escrow_in(&batch, &unpaid).unwrap().is_none());
        assert_eq!(settled(&[order, unpaid]).unwrap(), ["B2"]);
    }

    #[test]
    fn a_window_is_at_most_fifteen_days() {
        let window = |until: &str| Window { since: "2026-11-01T00:00:00Z".into(), until: until.into(), cursor: None, limit: 50 };
        let days = |until: &str| clipped(&window(until)).map(|(from, to)| (to - from) / 86_400);
        assert_eq!(days("2026-11-03T00:00:00Z").unwrap(), 2);
        assert_eq!(days("2027-01-01T00:00:00Z").unwrap(), 15);
        assert!(days("2026-11-01T00:00:00Z").is_err() && days("soon").is_err());
    }
}
