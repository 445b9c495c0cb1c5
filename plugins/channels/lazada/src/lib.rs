//! Lazada Open Platform. Pushes are thin and per order line: they say that something changed, and the order is fetched.
//! Contract: shared/channels/SPEC.md §1 (signatures), §2 (traps), §5 (pushes, answers, statuses), §11 (tracks), §12 (who pays).
//!
//! Revision: `updated_at` (of a push `status_update_time`) in seconds times ten, plus how full the telling is: 0 a push, 1 an
//! order without its items or items alone or a reverse order, 2 an order with its items.
//! An order's id is unique only within its shop: a cart over two shops has one id for both. An account is one shop.
//! A listing, where stock is told, is `ITEM-SKU` by Lazada's own ids; a `shop_sku` such as `232611001_SGAMZ-356805001` is read too.
//!
//! Invariant LAZADA-1: a push is answered 200 without a body, also when there is nothing to do; whatever more is done later.
//! Invariant LAZADA-2: an item is one unit and one line; lines, vouchers by payer and shipping sum to price - voucher + shipping.
//! Invariant LAZADA-3: amounts of reverse orders are cents everywhere but in Vietnam.

mod api;
mod country;
mod errand;
mod fetch;
mod finance;
mod hook;
mod item;
mod lines;
mod naming;
mod order;
mod pack;
mod parcel;
mod person;
mod pull;
mod reverse;
mod stock;
mod tokens;

use country::Country;
use switchyard_sdk::{
    Connector, Delivery, Errand, Exchange, Fetched, Link, Origin, Pair, PluginError, Problem, Pulled, Pushed, Reception, Reference, Rejection, Window, answer,
    answer::Understood,
    config, header,
    json::Json,
    read::{Node, malformed},
    signed,
    signing::Encoding,
};

pub struct Lazada;

impl Connector for Lazada {
    fn receive(delivery: Delivery) -> Result<Reception, Rejection> {
        let told = match delivery.origin {
            Origin::Webhook => verify(&delivery).and_then(|()| webhook(&delivery.body)),
            Origin::Document => document(&delivery.body, &delivery.received_at, Country::of_shop()),
        };
        match told {
            Ok(understood) => Ok(understood.acknowledged(answer::empty(200))),
            Err(problem) => Err(answer::rejection(problem, answer::empty(200))),
        }
    }

    fn fetch(references: Vec<Reference>) -> Result<Fetched, PluginError> {
        fetch::fetch(&references)
    }

    fn pull(window: Window) -> Result<Pulled, PluginError> {
        pull::pull(&window)
    }

    fn push(errand: Errand) -> Result<Pushed, PluginError> {
        errand::push(&errand)
    }

    fn renewal() -> Result<Option<Exchange>, PluginError> {
        tokens::renewal().map(Some)
    }

    fn authorization(redirect: String, state: String) -> Result<Option<Link>, PluginError> {
        tokens::authorization(&redirect, &state).map(Some)
    }

    fn authorized(answer: Vec<Pair>) -> Result<Option<Exchange>, PluginError> {
        tokens::authorized(&answer).map(Some)
    }
}

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, reason = "the canonical ABI passes pointers; this code is generated")]
mod component {
    use super::Lazada;
    switchyard_sdk::bindings::export!(Lazada with_types_in switchyard_sdk::bindings);
}

/// Signed are the app key and the raw body, which need not be JSON. There is no time in it, so only what a push says tells a
/// replay; an old one changes nothing, since the newest revision wins.
fn verify(delivery: &Delivery) -> Result<(), Problem> {
    let signature = header(&delivery.headers, "authorization").ok_or_else(|| Problem::BadSignature("the header authorization is missing".into()))?;
    let app_key = config::get("app_key").filter(|key| !key.is_empty()).ok_or_else(|| Problem::InvalidConfig("app_key is not set".into()))?;
    match signed("app_secret", &[app_key.as_bytes(), &delivery.body], signature.trim(), Encoding::HexLower)? {
        true => Ok(()),
        false => Err(Problem::BadSignature("authorization does not match the app key and the body".into())),
    }
}

/// Translates a verified push.
pub fn webhook(body: &[u8]) -> Result<Understood, Problem> {
    let json = Json::parse(body).map_err(malformed)?;
    hook::understand(&Node::root(&json)?)
}

/// Translates an answer of the API: in its envelope, its `data` or `result` alone, a list of it or one object.
pub fn document(body: &[u8], received_at: &str, country: Option<Country>) -> Result<Understood, Problem> {
    let json = match Json::parse(body).map_err(malformed)? {
        // A list alone, as some people hand it in.
        list @ Json::List(_) => Json::Object(vec![("data".into(), list)]),
        other => other,
    };
    let root = Node::root(&json)?;
    succeeded(&root)?;
    if root.has("message_type") && root.has("data") {
        return hook::understand(&root);
    }
    let reading = Reading { received_at, country };
    if let Some(Json::List(_)) = json.get("data") {
        return reading.list(&root.listed("data")?);
    }
    let answer = root.maybe("data").or_else(|| root.maybe("result")).unwrap_or_else(|| root.clone());
    if answer.has("orders") {
        let orders = answer.listed("orders")?;
        return reading.each("orders", &orders, |order| reading.order(order));
    }
    if answer.has("items") {
        let items = answer.listed("items")?;
        return reading.each("items", &items, |record| reverse::record(record, country, received_at));
    }
    reading.one(&answer)
}

/// Success is in the body: `code` is "0" (SPEC §2.10).
fn succeeded(root: &Node<'_>) -> Result<(), Problem> {
    match root.word("code")? {
        Some(code) if code != "0" && !root.has("message_type") => Err(malformed(format!("lazada answered with the error {code}: {}", root.word("message")?.unwrap_or_default()))),
        _ => Ok(()),
    }
}

struct Reading<'a> {
    received_at: &'a str,
    country: Option<Country>,
}

impl Reading<'_> {
    fn each(&self, name: &str, nodes: &[Node<'_>], read: impl Fn(&Node<'_>) -> Result<Understood, Problem>) -> Result<Understood, Problem> {
        let (mut understood, mut ignored) = (Understood::default(), None);
        for node in nodes {
            let mut told = read(node)?;
            ignored = ignored.or(told.ignored.take());
            understood.absorb(told);
        }
        if understood.facts.is_empty() && understood.fetch.is_empty() && understood.account.is_empty() {
            understood.ignored = Some(ignored.unwrap_or_else(|| format!("{name} is empty")));
        }
        Ok(understood)
    }

    /// A list under `data`: items of an order, orders with their items, transactions or statements.
    fn list(&self, nodes: &[Node<'_>]) -> Result<Understood, Problem> {
        let Some(first) = nodes.first() else { return Ok(Understood::ignored("data is empty")) };
        if !first.has("order_item_id") {
            return self.each("data", nodes, |node| self.one(node));
        }
        let mut understood = Understood::default();
        let mut orders: Vec<String> = Vec::new();
        for item in nodes {
            let order = item.require_id("order_id")?;
            if !orders.contains(&order) {
                orders.push(order);
            }
        }
        for id in orders {
            let items: Vec<Node<'_>> = nodes.iter().filter(|item| item.name_of("order_id").is_ok_and(|order| order.as_ref() == Some(&id))).cloned().collect();
            understood.facts.extend(order::facts(&order::Order { id, order: None, items: Some(&items), country: self.country, received_at: self.received_at })?);
        }
        Ok(understood)
    }

    fn one(&self, node: &Node<'_>) -> Result<Understood, Problem> {
        if node.has("reverse_order_lines") || node.has("reverseOrderLineDTOList") {
            reverse::record(node, self.country, self.received_at)
        } else if finance::is_row(node) {
            finance::row(node, self.country, self.received_at)
        } else if node.has("statement_number") {
            finance::payout(node)
        } else if node.has("order_item_id") {
            self.list(std::slice::from_ref(node))
        } else if node.has("order_id") || node.has("order_number") {
            self.order(node)
        } else if node.has("message_type") {
            hook::understand(node)
        } else {
            Err(Problem::Unsupported("this is no order, item, reverse order, transaction or push of Lazada".into()))
        }
    }

    /// An order: with its items it is whole; without them they are fetched.
    fn order(&self, node: &Node<'_>) -> Result<Understood, Problem> {
        let id = node.name_of("order_id")?.or(node.name_of("order_number")?).ok_or_else(|| node.missing("order_id"))?;
        let items = node.listed("order_items")?;
        // `orders/items/get` has an id and items only.
        let order = (node.has("price") || node.has("statuses") || node.has("created_at")).then_some(node);
        let mut understood = Understood::default();
        if order.is_none() && items.is_empty() {
            understood.fetch("order", id);
            return Ok(understood);
        }
        if items.is_empty() {
            understood.fetch("order", id.clone());
        }
        let items = (!items.is_empty()).then_some(items.as_slice());
        understood.facts = order::facts(&order::Order { id, order, items, country: self.country, received_at: self.received_at })?;
        Ok(understood)
    }
}

#[cfg(test)]
mod tests;
