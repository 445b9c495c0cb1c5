//! From what a guest said to what the core accepts.
//!
//! Invariant OUTPUT-1: every amount, instant, code and id is parsed strictly; the first that is wrong refuses the whole
//! answer with `invalid.output` and the name of the field.
//! Invariant OUTPUT-2: counts and lengths are bounded; prose is cut, ids are never.

use crate::{
    answer::*,
    contract::{plugin_types::facts as from, wire},
    text,
};
use kernel::{Currency, Decimal, Money, Quantity, Timestamp, money::parse_decimal};
use serde::de::{DeserializeOwned, IntoDeserializer, value::Error as WordError};
use std::str::FromStr;
use switchyard_core::orders::{errands::Refusal, fact::*};

pub const FACTS_MAX: usize = 2_000;
pub const LINES_MAX: usize = 5_000;
pub const REFERENCES_MAX: usize = 500;
pub const DOCUMENTS_MAX: usize = 500;
pub const DOCUMENT_BYTES_MAX: usize = 4 << 20;
pub const REFUSALS_MAX: usize = 1_000;
const PARTS_OF_A_LINE_MAX: usize = 50;
const ID_BYTES_MAX: usize = 255;
const PROSE_BYTES_MAX: usize = 4096;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct InvalidOutput {
    pub field: String,
    pub problem: String,
}

pub(crate) type Checked<T> = Result<T, InvalidOutput>;

pub(crate) fn wrong<T>(field: &str, problem: impl ToString) -> Checked<T> {
    Err(InvalidOutput { field: field.to_owned(), problem: text::line(&problem.to_string(), 300) })
}
pub(crate) fn inside<T>(place: impl std::fmt::Display, checked: Checked<T>) -> Checked<T> {
    checked.map_err(|e| InvalidOutput { field: format!("{place}.{}", e.field), problem: e.problem })
}
pub(crate) fn at_most(field: &str, count: usize, limit: usize) -> Checked<()> {
    if count > limit { wrong(field, format!("{count} entries, at most {limit} are accepted")) } else { Ok(()) }
}
pub(crate) fn each<A, B>(field: &str, list: Vec<A>, limit: usize, check: impl Fn(A) -> Checked<B>) -> Checked<Vec<B>> {
    at_most(field, list.len(), limit)?;
    list.into_iter().enumerate().map(|(i, item)| inside(format_args!("{field}[{i}]"), check(item))).collect()
}

fn id(field: &str, id: String) -> Checked<String> {
    match id.len() {
        0 => wrong(field, "empty: expected an id"),
        n if n > ID_BYTES_MAX => wrong(field, format!("{n} bytes: an id has at most {ID_BYTES_MAX}")),
        _ if id.chars().any(char::is_control) => wrong(field, "an id has no control characters"),
        _ => Ok(id),
    }
}
fn id_maybe(field: &str, value: Option<String>) -> Checked<Option<String>> {
    value.map(|value| id(field, value)).transpose()
}
/// Words of the channel or of people: `None` stays unknown, empty text stays (it clears a field).
fn prose(value: Option<String>) -> Option<String> {
    value.map(|value| text::prose(&value, PROSE_BYTES_MAX))
}
/// One of the contract's codes; the core's names are the same words.
fn code<T: DeserializeOwned>(field: &str, word: &str) -> Checked<T> {
    T::deserialize(IntoDeserializer::<WordError>::into_deserializer(word)).or_else(|e| wrong(field, e))
}
fn decimal(field: &str, value: &str) -> Checked<Decimal> {
    parse_decimal(value).or_else(|e| wrong(field, e))
}
fn quantity(field: &str, value: &str) -> Checked<Quantity> {
    Quantity::from_str(value).or_else(|e| wrong(field, e))
}
fn currency(field: &str, value: &str) -> Checked<Currency> {
    Currency::from_str(value).or_else(|e| wrong(field, e))
}
fn money(field: &str, value: crate::contract::plugin_types::types::Money) -> Checked<Money> {
    inside(field, Ok(Money::new(inside(field, decimal("amount", &value.amount))?, inside(field, currency("currency", &value.currency))?)))
}
fn instant(field: &str, value: &str) -> Checked<Timestamp> {
    // RFC 3339 in UTC; a range that every database and calendar holds.
    match chrono::DateTime::parse_from_rfc3339(value) {
        Ok(at) if at.offset().local_minus_utc() == 0 && (1970..2200).contains(&chrono::Datelike::year(&at)) => Ok(at.to_utc()),
        _ => wrong(field, format!("{:?} is not an RFC 3339 instant in UTC such as 2026-11-23T17:15:00Z", text::line(value, 40))),
    }
}
fn instant_maybe(field: &str, value: Option<String>) -> Checked<Option<Timestamp>> {
    value.map(|value| instant(field, &value)).transpose()
}

pub fn fact(told: from::Fact) -> Checked<Fact> {
    let revision = &told.revision;
    if revision.is_empty() || revision.len() > 20 || !revision.bytes().all(|b| b.is_ascii_digit()) {
        return wrong("revision", format!("{:?}: expected 1 to 20 digits", text::line(revision, 40)));
    }
    Ok(Fact {
        order: id("order", told.order)?,
        revision: revision.parse().or_else(|_| wrong("revision", "larger than 18446744073709551615"))?,
        occurred_at: instant("occurred-at", &told.occurred_at)?,
        what: match told.what {
            from::What::Described(d) => What::Described(inside("described", description(d))?),
            from::What::Tendered(t) => What::Tendered(inside("tendered", tender(t))?),
            from::What::Shipped(s) => What::Shipped(inside("shipped", shipment(s))?),
            from::What::Cancelled(c) => What::Cancelled(inside("cancelled", cancellation(c))?),
            from::What::Refunded(r) => What::Refunded(inside("refunded", refund(r))?),
            from::What::Returned(r) => What::Returned(inside("returned", goods_return(r))?),
            from::What::InvoiceRequested(r) => What::InvoiceRequested(inside("invoice-requested", invoice_request(r))?),
            from::What::Settled(s) => What::Settled(inside("settled", settlement_line(s))?),
        },
    })
}

/// The currency, unless it is unknown or not the one expected: that is noted.
fn readable(field: String, code: &str, expected: Option<Currency>, unmapped: &mut Vec<Unmapped>) -> Option<Currency> {
    let found = Currency::from_str(code).ok().filter(|found| expected.is_none_or(|expected| *found == expected));
    if found.is_none() {
        unmapped.push(Unmapped { field, value: text::line(code, 40) });
    }
    found
}

/// What cannot be mapped makes a visible order with a hold, not a refusal: the merchant must see the sale.
fn description(told: from::Description) -> Checked<Description> {
    let says_currency = told.currency.is_some() || told.lines.is_some();
    let mut unmapped = Vec::new();
    let stated = told.currency.as_deref().and_then(|code| readable("currency".into(), code, None, &mut unmapped));
    // An order has one currency; a channel that shows two leaves the choice to its connector.
    let mut common = stated;
    let one_currency = told.lines.iter().flatten().enumerate().all(|(index, line)| {
        let found = readable(format!("line {} currency", index + 1), &line.unit_price.currency, common, &mut unmapped);
        common = common.or(found);
        found.is_some()
    });
    let lines = told.lines.filter(|_| one_currency).map(|lines| each("lines", lines, LINES_MAX, line)).transpose()?;
    Ok(Description {
        number: id_maybe("number", told.number)?,
        placed_at: instant_maybe("placed-at", told.placed_at)?,
        currency: stated,
        status: prose(told.status),
        lines,
        stated_total: told.stated_total.map(|t| decimal("stated-total", &t)).transpose()?,
        buyer: told.buyer.map(buyer),
        ship_to: told.ship_to.map(address),
        payment_method: prose(told.payment_method),
        cash_on_delivery: told.cash_on_delivery,
        business: told.business,
        staff: prose(told.staff),
        branch: prose(told.branch),
        note: prose(told.note),
        test: told.test,
        source: prose(told.source),
        reason: None,
        unmapped: says_currency.then_some(unmapped),
    })
}

fn line(told: from::Line) -> Checked<Line> {
    Ok(Line {
        id: id("id", told.id)?,
        kind: code("kind", &told.kind)?,
        sku: id_maybe("sku", told.sku.filter(|sku| !sku.is_empty()))?,
        name: prose(told.name),
        quantity: quantity("quantity", &told.quantity)?,
        unit_price: money("unit-price", told.unit_price)?,
        components: each("components", told.components, PARTS_OF_A_LINE_MAX, component)?,
        taxes: each("taxes", told.taxes, PARTS_OF_A_LINE_MAX, tax)?,
        gift: told.gift,
    })
}

fn component(told: from::Component) -> Checked<Component> {
    Ok(Component {
        kind: code("kind", &told.kind)?,
        funded_by: code("funded-by", &told.funded_by)?,
        amount: decimal("amount", &told.amount)?,
        code: prose(told.code),
    })
}

fn tax(told: from::Tax) -> Checked<Tax> {
    Ok(Tax {
        name: text::line(&told.name, ID_BYTES_MAX),
        rate: told.rate.map(|rate| decimal("rate", &rate)).transpose()?,
        amount: decimal("amount", &told.amount)?,
        included: told.included,
    })
}

fn buyer(told: from::Buyer) -> Buyer {
    Buyer {
        id: prose(told.id),
        name: prose(told.name),
        phone: prose(told.phone),
        email: prose(told.email),
        company: prose(told.company),
        tax_code: prose(told.tax_code),
        masked: told.masked,
    }
}

fn address(told: from::Address) -> Address {
    Address {
        recipient: prose(told.recipient),
        phone: prose(told.phone),
        line: prose(told.line),
        district: prose(told.district),
        city: prose(told.city),
        region: prose(told.region),
        postcode: prose(told.postcode),
        country: prose(told.country),
    }
}

fn quantities(told: Vec<from::LineQuantity>) -> Checked<Vec<LineQuantity>> {
    each("lines", told, LINES_MAX, |q| Ok(LineQuantity { line_id: id("line-id", q.line_id)?, quantity: quantity("quantity", &q.quantity)? }))
}

fn tender(told: from::Tender) -> Checked<Tender> {
    Ok(Tender {
        id: id("id", told.id)?,
        method: text::line(&told.method, ID_BYTES_MAX),
        state: code("state", &told.state)?,
        amount: money("amount", told.amount)?,
        holder: code("holder", &told.holder)?,
        reference: prose(told.reference),
        account: None,
        carrying: None,
        at: instant_maybe("at", told.at)?,
    })
}

fn shipment(told: from::Shipment) -> Checked<Shipment> {
    Ok(Shipment {
        id: id("id", told.id)?,
        state: code("state", &told.state)?,
        carrier: prose(told.carrier),
        tracking: prose(told.tracking),
        lines: quantities(told.lines)?,
        at: instant_maybe("at", told.at)?,
    })
}

fn cancellation(told: from::Cancellation) -> Checked<Cancellation> {
    Ok(Cancellation {
        id: id("id", told.id)?,
        state: code("state", &told.state)?,
        reason: prose(told.reason),
        by: prose(told.by),
        lines: quantities(told.lines)?,
        at: instant_maybe("at", told.at)?,
    })
}

fn refund(told: from::Refund) -> Checked<Refund> {
    Ok(Refund {
        id: id("id", told.id)?,
        state: code("state", &told.state)?,
        amount: told.amount.map(|m| money("amount", m)).transpose()?,
        method: None,
        account: None,
        reason: prose(told.reason),
        lines: quantities(told.lines)?,
        at: instant_maybe("at", told.at)?,
    })
}

fn goods_return(told: from::GoodsReturn) -> Checked<GoodsReturn> {
    Ok(GoodsReturn {
        id: id("id", told.id)?,
        state: code("state", &told.state)?,
        reason: prose(told.reason),
        goods_back: told.goods_back,
        exchange: told.exchange,
        refund: told.refund.map(|m| money("refund", m)).transpose()?,
        lines: quantities(told.lines)?,
        at: instant_maybe("at", told.at)?,
    })
}

fn invoice_request(told: from::InvoiceRequest) -> Checked<InvoiceRequest> {
    Ok(InvoiceRequest {
        requested: told.requested,
        number: prose(told.number),
        name: prose(told.name),
        tax_code: prose(told.tax_code),
        email: prose(told.email),
        address: prose(told.address),
    })
}

fn settlement_line(told: from::SettlementLine) -> Checked<SettlementLine> {
    Ok(SettlementLine {
        id: id("id", told.id)?,
        kind: id("kind", told.kind)?,
        amount: money("amount", told.amount)?,
        statement: prose(told.statement),
        at: instant_maybe("at", told.at)?,
    })
}

fn facts(mut told: Vec<from::Fact>) -> Checked<Vec<Fact>> {
    let noted = crate::strange_money::set_aside(&mut told);
    let mut facts = each("facts", told, FACTS_MAX, fact)?;
    for (order, note) in noted {
        let described = facts.iter_mut().filter(|fact| fact.order == order).find_map(|fact| match &mut fact.what {
            What::Described(description) => Some(description),
            _ => None,
        });
        if let Some(description) = described {
            description.unmapped.get_or_insert_default().push(note);
        }
    }
    Ok(facts)
}

pub fn reception(told: wire::Reception) -> Checked<Reception> {
    Ok(Reception {
        message_id: id_maybe("message-id", told.message_id)?,
        shop: id_maybe("shop", told.shop)?,
        facts: facts(told.facts)?,
        fetch: each("fetch", told.fetch, REFERENCES_MAX, |r| Ok(Reference { kind: code("kind", &r.kind)?, id: id("id", r.id)? }))?,
        account: each("account", told.account, 20, |e| {
            Ok(AccountEvent { kind: code("kind", &e.kind)?, detail: text::line(&e.detail, 500) })
        })?,
        ignored: told.ignored.map(|reason| text::line(&reason, 500)),
        acknowledgement: inside("acknowledgement", crate::acknowledge::check(told.acknowledgement))?,
    })
}

pub fn rejection(told: wire::Rejection) -> Checked<Rejection> {
    let (problem, detail) = match told.problem {
        wire::Problem::BadSignature(detail) => (Problem::BadSignature, detail),
        wire::Problem::Malformed(detail) => (Problem::Malformed, detail),
        wire::Problem::Unsupported(detail) => (Problem::Unsupported, detail),
        wire::Problem::InvalidConfig(detail) => (Problem::InvalidConfig, detail),
    };
    let acknowledgement = inside("acknowledgement", crate::acknowledge::check(told.acknowledgement))?;
    Ok(Rejection { problem, detail: text::line(&detail, 500), acknowledgement })
}

pub fn fetched(told: wire::Fetched) -> Checked<Fetched> {
    let documents = each("documents", told.documents, DOCUMENTS_MAX, |d| {
        at_most("body", d.body.len(), DOCUMENT_BYTES_MAX)?;
        Ok(Document { kind: id("kind", d.kind)?, id: id("id", d.id)?, body: d.body })
    })?;
    Ok(Fetched { facts: facts(told.facts)?, documents })
}

pub fn pushed(told: wire::Pushed) -> Checked<Pushed> {
    Ok(Pushed {
        reference: id_maybe("reference", told.reference)?,
        told: fetched(wire::Fetched { facts: told.facts, documents: told.documents })?,
        refusals: each("refusals", told.refusals, REFUSALS_MAX, |r| {
            Ok(Refusal { subject: id("subject", r.subject)?, code: id("code", r.code)?, detail: text::line(&r.detail, 500) })
        })?,
    })
}

pub fn pulled(told: wire::Pulled) -> Checked<Pulled> {
    Ok(Pulled {
        fetched: inside("fetched", fetched(told.fetched))?,
        next_cursor: told.next_cursor.map(|cursor| at_most("next-cursor", cursor.len(), PROSE_BYTES_MAX).map(|()| cursor)).transpose()?,
        until: instant("until", &told.until)?,
    })
}

#[cfg(test)]
mod tests;
