//! Money in: transactions go from pending (or authorization) to capture, void or refund. A pending transaction and the captures
//! that name it as their parent are one tender, known by the pending one's id.

use crate::lines::{amount, when};
use switchyard_sdk::{
    Decimal, Problem,
    facts::{Fact, LineQuantity, Refund, Telling, Tender, What, money},
    read::Node,
};

/// One transaction, as far as it counts.
struct Step {
    id: String,
    root: String,
    kind: String,
    amount: Decimal,
    at: Option<String>,
    gateway: Option<String>,
    /// Some gateways say "Thành công", most say nothing: only what says that it failed, or has not happened yet, did not happen.
    done: bool,
    on_delivery: bool,
    reference: Option<String>,
}

fn step(node: &Node<'_>) -> Result<Step, Problem> {
    let id = node.require_id("id")?;
    let status = node.word("status")?.unwrap_or_default().to_lowercase();
    Ok(Step {
        root: node.name_of("parent_id")?.unwrap_or_else(|| id.clone()),
        id,
        kind: node.word("kind")?.unwrap_or_default().to_ascii_lowercase(),
        // Refunds are written with either sign.
        amount: amount(node, "amount")?.unwrap_or_default().abs(),
        at: when(node, "created_at"),
        gateway: node.word("gateway")?,
        done: !["fail", "error", "pending", "thất bại"].iter().any(|word| status.contains(word)),
        on_delivery: node.switch("is_cod_gateway")?.unwrap_or(false),
        reference: node.code("external_transaction_id")?.or(node.code("haravan_transaction_id")?),
    })
}

fn steps(node: &Node<'_>) -> Result<Vec<Step>, Problem> {
    node.listed("transactions")?.iter().map(step).collect()
}

/// Whether a gateway is cash on delivery, by its code or its name.
pub fn on_delivery(gateway: Option<&str>, code: Option<&str>) -> bool {
    let is = |text: &str| {
        let text = text.to_lowercase();
        text == "cod" || text.contains("(cod)") || text.contains("khi giao hàng") || text.contains("khi nhận hàng") || text.contains("cash on delivery")
    };
    code.is_some_and(is) || gateway.is_some_and(is)
}

/// Our word for a gateway, and who has its money.
fn method(gateway: Option<&str>, code: Option<&str>) -> (String, &'static str) {
    let words = [code, gateway].map(|text| text.unwrap_or_default().to_lowercase());
    let has = |needles: &[&str]| words.iter().any(|word| needles.iter().any(|needle| word.contains(needle)));
    match () {
        _ if on_delivery(gateway, code) => ("cod".into(), "carrier"),
        _ if has(&["bankdeposit", "chuyển khoản", "bank_transfer"]) => ("bank_transfer".into(), "tenant"),
        _ if has(&["tiền mặt", "cash"]) => ("cash".into(), "tenant"),
        _ if has(&["gift card", "giftcard", "gift_card", "voucher"]) => ("gift_card".into(), "tenant"),
        _ => (code.or(gateway).unwrap_or("unknown").to_owned(), "processor"),
    }
}

/// The tenders of an order, and the refunds that stand among its transactions and in none of its refunds.
pub fn facts(order: &Node<'_>, telling: &Telling, currency: &str, cancelled: bool) -> Result<Vec<Fact>, Problem> {
    let all = steps(order)?;
    let mut inside = Vec::new();
    for refund in order.listed("refunds")? {
        inside.extend(steps(&refund)?.into_iter().map(|step| step.id));
    }
    let (gateway, code) = (order.word("gateway")?, order.word("gateway_code")?);
    let mut facts = Vec::new();
    let mut told: Vec<&str> = Vec::new();
    for first in all.iter().filter(|step| step.kind != "refund") {
        if told.contains(&first.root.as_str()) {
            continue;
        }
        told.push(&first.root);
        let own: Vec<&Step> = all.iter().filter(|step| step.root == first.root && step.kind != "refund").collect();
        let of = |kinds: &[&str]| own.iter().filter(|step| step.done && kinds.contains(&step.kind.as_str())).map(|step| step.amount).sum::<Decimal>();
        let captured = of(&["capture", "sale"]);
        let asked = own.iter().filter(|step| !matches!(step.kind.as_str(), "void" | "capture" | "sale")).map(|step| step.amount).sum::<Decimal>();
        let (state, value) = match () {
            _ if captured > Decimal::ZERO => ("captured", captured),
            _ if own.iter().all(|step| !step.done) && own.iter().any(|step| matches!(step.kind.as_str(), "capture" | "sale")) => ("failed", own.iter().map(|step| step.amount).max().unwrap_or_default()),
            _ if cancelled || own.iter().any(|step| step.done && step.kind == "void") => ("voided", asked),
            _ if own.iter().any(|step| step.done && step.kind.starts_with("authoriz")) => ("authorized", asked),
            _ => ("pending", asked),
        };
        if value.is_zero() {
            continue;
        }
        let named = own.iter().find_map(|step| step.gateway.as_deref()).or(gateway.as_deref());
        // The order's own code names the gateway where the transaction's is the same.
        let code = code.as_deref().filter(|_| named == gateway.as_deref());
        let (method, holder) = if own.iter().any(|step| step.on_delivery) { ("cod".into(), "carrier") } else { method(named, code) };
        let at = own.iter().filter(|step| state != "captured" || matches!(step.kind.as_str(), "capture" | "sale")).find_map(|step| step.at.clone());
        let reference = own.iter().find_map(|step| step.reference.clone());
        facts.push(telling.fact(What::Tendered(Tender { id: first.root.clone(), method, state: state.into(), amount: money(value, currency), holder: holder.into(), reference, at })));
    }
    if facts.is_empty() {
        facts.extend(by_word(order, telling, currency, gateway.as_deref(), code.as_deref())?);
    }
    for refund in all.iter().filter(|step| step.kind == "refund" && !inside.contains(&step.id)) {
        facts.extend(refunded(refund, telling, currency, None, Vec::new()));
    }
    Ok(facts)
}

/// An order that names no transaction of its own is taken by its word.
fn by_word(order: &Node<'_>, telling: &Telling, currency: &str, gateway: Option<&str>, code: Option<&str>) -> Result<Option<Fact>, Problem> {
    if order.has("transactions") && !order.listed("transactions")?.is_empty() {
        return Ok(None);
    }
    let total = amount(order, "total_price")?.unwrap_or_default();
    let word = order.word("financial_status")?.unwrap_or_default().to_ascii_lowercase().replace('_', "");
    let state = match word.as_str() {
        "paid" | "partiallyrefunded" | "refunded" => "captured",
        "authorized" => "authorized",
        "voided" => "voided",
        "pending" if on_delivery(gateway, code) => "pending",
        _ => return Ok(None),
    };
    if total.is_zero() {
        return Ok(None);
    }
    let (method, holder) = method(gateway, code);
    Ok(Some(telling.fact(What::Tendered(Tender { id: "payment".into(), method, state: state.into(), amount: money(total, currency), holder: holder.into(), reference: None, at: None }))))
}

/// Each transaction of a refund is one refund: it stands among the order's transactions and inside the refund alike, and has one
/// id in both.
pub fn of_refund(refund: &Node<'_>, telling: &Telling, currency: Option<&str>, lines: &[LineQuantity]) -> Result<Vec<Fact>, Problem> {
    let mut facts = Vec::new();
    for node in refund.listed("transactions")? {
        let step = step(&node)?;
        if step.kind != "refund" {
            continue;
        }
        let currency = node.code("currency")?.or(currency.map(str::to_owned)).ok_or_else(|| node.missing("currency"))?;
        facts.extend(refunded(&step, telling, &currency, refund.word("note")?, lines.to_vec()));
    }
    Ok(facts)
}

fn refunded(step: &Step, telling: &Telling, currency: &str, reason: Option<String>, lines: Vec<LineQuantity>) -> Option<Fact> {
    if step.amount.is_zero() {
        return None;
    }
    let state = if step.done { "executed" } else { "approved" };
    let told = Refund { id: step.id.clone(), state: state.into(), amount: Some(money(step.amount, currency)), reason, lines, at: step.at.clone() };
    Some(telling.fact(What::Refunded(told)))
}
