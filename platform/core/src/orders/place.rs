//! Orders told through the API: web shop, app, chat, point of sale, by hand. They become facts and take the same path as
//! a channel's.
//! Invariant PLC-1: an order is placed once; the same external id in one account is a conflict, not a second order.
//! Invariant PLC-2: every wrong field is named, with what would be right.

use super::annotate::{NOTE_CHARS_MAX, checked_tags};
use super::detail::Order;
use super::fact::*;
use super::fold::{OrderState, StoredFact, digest, fold};
use super::holds;
use super::intake::{self, Applied, Arrival, EXTERNAL_ID_BYTES_MAX, IntakeError};
use super::list::OrderRow;
use super::postings::payment::OF_FINANCE;
use super::project::Projection;
use super::same_sale::{self, Links};
use super::source::{ChannelKind, Source};
use super::tills;
use crate::parties::companies;
use kernel::{ChannelAccountId, Currency, Decimal, FactId, Money, Timestamp, money::parse_decimal};
use std::collections::HashMap;
use tenants::rights::CreateOrders;
use tenants::{Permit, TenantTx};

/// Lines of an order placed through the API.
pub const LINES_MAX: usize = 1_000;
pub const PARTS_MAX: usize = 50;
const TEXT_CHARS_MAX: usize = 300;

/// An order as told; decimals are text, as they came.
#[derive(Clone, Debug, Default)]
pub struct NewOrder {
    pub external_id: Option<String>,
    pub number: Option<String>,
    pub placed_at: Option<Timestamp>,
    pub currency: Option<String>,
    pub segment: Option<String>,
    /// The company that buys: makes the order B2B. The caller has seen that it exists.
    pub company: Option<kernel::CompanyId>,
    /// Whether taxes that do not say are inside the price.
    pub prices_include_tax: bool,
    pub buyer: Option<Buyer>,
    pub ship_to: Option<Address>,
    pub payment_method: Option<String>,
    pub cash_on_delivery: Option<bool>,
    pub staff: Option<String>,
    pub branch: Option<String>,
    pub note: Option<String>,
    pub source_tag: Option<String>,
    pub tags: Vec<String>,
    pub lines: Vec<NewLine>,
    pub tenders: Vec<NewTender>,
    pub stated_total: Option<String>,
    pub test: bool,
}

#[derive(Clone, Debug, Default)]
pub struct NewLine {
    pub id: Option<String>,
    pub kind: Option<String>,
    pub sku: Option<String>,
    pub name: Option<String>,
    pub quantity: String,
    pub unit_price: String,
    pub components: Vec<NewComponent>,
    pub taxes: Vec<NewTax>,
    pub gift: bool,
}

#[derive(Clone, Debug, Default)]
pub struct NewComponent {
    pub kind: String,
    pub funded_by: String,
    pub amount: String,
    pub code: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct NewTax {
    pub name: String,
    pub rate: Option<String>,
    pub amount: String,
    pub included: Option<bool>,
}

#[derive(Clone, Debug, Default)]
pub struct NewTender {
    pub id: Option<String>,
    pub method: String,
    pub state: Option<String>,
    pub amount: String,
    pub holder: Option<String>,
    pub reference: Option<String>,
    pub account: Option<String>,
    pub at: Option<Timestamp>,
}

/// A wrong field: a JSON Pointer into the order, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongField {
    pub pointer: String,
    pub expected: String,
}

#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    #[error("{}", .0.iter().map(|w| format!("{}: {}", w.pointer, w.expected)).collect::<Vec<_>>().join("; "))]
    Fields(Vec<WrongField>),
    #[error("an order with this external_id exists in the account already: {0}")]
    AlreadyPlaced(kernel::OrderId),
    #[error("orders of a {0} account come through its connector")]
    HasConnector(ChannelKind),
    #[error(transparent)]
    Intake(#[from] IntakeError),
}

/// An order that was checked and is to be placed in the account of that name.
#[derive(Clone, Debug)]
pub struct Placing {
    pub source: Source,
    pub account_name: String,
    /// Who places it.
    pub actor: String,
    /// As [`facts_of`] made them; all of one order.
    pub facts: Vec<Fact>,
}

/// Places checked orders and returns them whole, in their order. On an error nothing may be committed.
pub async fn place_all(tx: &mut TenantTx, _: Permit<CreateOrders>, placings: &[Placing]) -> Result<Vec<Order>, PlaceError> {
    let cause = |placing: &Placing| format!("api:{}", placing.actor);
    let mut arrivals = Vec::with_capacity(placings.len());
    for placing in placings {
        if !placing.source.kind.is_direct() {
            return Err(PlaceError::HasConnector(placing.source.kind));
        }
        let company = placing.facts.iter().find_map(|fact| match &fact.what {
            What::Annotated(annotation) => annotation.company_id.flatten(),
            _ => None,
        });
        if let Some(company) = company
            && companies::status(tx, company).await.map_err(IntakeError::Database)?.is_none_or(|status| status == "closed")
        {
            return Err(PlaceError::Fields(vec![WrongField { pointer: "/company_id".into(), expected: "the id of a company that is not closed".into() }]));
        }
        let facts = tills::named(tx, placing.facts.clone()).await?;
        arrivals.push(Arrival { source: placing.source, facts, cause: cause(placing), actor: placing.actor.clone() });
    }
    let named: Vec<Vec<Fact>> = arrivals.iter().map(|arrival| arrival.facts.clone()).collect();
    let applied: HashMap<(ChannelAccountId, String), Applied> = intake::apply_all(tx, arrivals).await?.into_iter().map(|a| ((a.account, a.external_id.clone()), a)).collect();
    let mut orders = Vec::with_capacity(placings.len());
    for (placing, facts) in placings.iter().zip(named) {
        let Some(applied) = placing.facts.first().and_then(|fact| applied.get(&(placing.source.account, fact.order.clone()))) else {
            return Err(PlaceError::Fields(vec![WrongField { pointer: "/lines".into(), expected: "at least one line".into() }]));
        };
        if !applied.created {
            return Err(PlaceError::AlreadyPlaced(applied.order_id));
        }
        let state = state_of(&facts, &cause(placing), tx.now()).map_err(IntakeError::Json)?;
        let projection = Projection::of(&state, placing.source, &applied.external_id).as_copy(applied.same_sale_as.is_some());
        // A fresh order has no other holds than those for what could not be mapped.
        let holds = if !applied.held { Vec::new() } else { holds::of_orders(tx, &[applied.order_id.uuid()]).await.map_err(IntakeError::Database)? };
        let row = OrderRow::fresh(applied, placing.source, &placing.account_name, &projection, &holds, tx.now());
        let links = if applied.linked { same_sale::links(tx, applied.order_id).await.map_err(IntakeError::Database)? } else { Links::default() };
        orders.push(Order { row, state, projection, holds, links, synced: None, carries: Default::default() });
    }
    Ok(orders)
}

/// Checks and places one order.
pub async fn place(tx: &mut TenantTx, permit: Permit<CreateOrders>, source: Source, account_name: &str, order: &NewOrder, default_currency: Currency) -> Result<Order, PlaceError> {
    let facts = facts_of(order, source, default_currency, tx.now()).map_err(PlaceError::Fields)?;
    let placing = Placing { source, account_name: account_name.to_owned(), actor: tx.actor().who.to_string(), facts };
    let nothing = || PlaceError::Fields(vec![WrongField { pointer: "/lines".into(), expected: "at least one line".into() }]);
    place_all(tx, permit, &[placing]).await?.pop().ok_or_else(nothing)
}

/// What the facts say, before they are stored.
fn state_of(facts: &[Fact], cause: &str, now: Timestamp) -> Result<OrderState, serde_json::Error> {
    let stored = facts.iter().map(|fact| {
        let body = fact.what.body()?;
        let digest = digest(fact.what.kind(), fact.what.subject(), fact.revision, fact.occurred_at, &body, cause);
        let occurred_at = Timestamp::from_timestamp_micros(fact.occurred_at.timestamp_micros()).unwrap_or(now);
        Ok(StoredFact { id: FactId::new(), revision: fact.revision, digest, what: fact.what.clone(), actor: String::new(), cause: cause.to_owned(), occurred_at, recorded_at: now })
    });
    Ok(fold(&stored.collect::<Result<Vec<_>, serde_json::Error>>()?))
}

/// The facts an order tells (PLC-2).
pub fn facts_of(order: &NewOrder, source: Source, default_currency: Currency, now: Timestamp) -> Result<Vec<Fact>, Vec<WrongField>> {
    let mut check = Check::default();
    let currency = match &order.currency {
        None => default_currency,
        Some(code) => code.parse().unwrap_or_else(|_| {
            check.wrong("/currency", "an ISO 4217 code such as VND or USD");
            default_currency
        }),
    };
    if order.company.is_some() && order.segment.as_deref() == Some("b2c") {
        check.wrong("/segment", "b2b, since a company buys");
    }
    let business = match order.segment.as_deref() {
        None => None,
        Some("b2b") => Some(true),
        Some("b2c") => Some(false),
        Some(_) => {
            check.wrong("/segment", "b2b or b2c");
            None
        }
    };
    if let Some(id) = &order.external_id {
        let plain = !id.is_empty() && id.len() <= EXTERNAL_ID_BYTES_MAX && !id.chars().any(char::is_control);
        check.that(plain, "/external_id", &format!("1 to {EXTERNAL_ID_BYTES_MAX} bytes without control characters"));
    }
    if let Some(at) = order.placed_at {
        let sane = at <= now + chrono::Duration::days(1) && at.timestamp() > 0;
        check.that(sane, "/placed_at", "an instant between 1970 and tomorrow");
    }
    for (pointer, text) in [
        ("/number", &order.number),
        ("/payment_method", &order.payment_method),
        ("/staff", &order.staff),
        ("/branch", &order.branch),
        ("/source_tag", &order.source_tag),
    ] {
        check.text(pointer, text, TEXT_CHARS_MAX);
    }
    check.text("/note", &order.note, NOTE_CHARS_MAX);
    check.people(order);
    let tags = checked_tags(&order.tags).unwrap_or_else(|wrong| {
        check.wrong("/tags", &wrong);
        Vec::new()
    });
    check.that(!order.lines.is_empty() && order.lines.len() <= LINES_MAX, "/lines", &format!("1 to {LINES_MAX} lines"));
    let lines: Vec<Line> = order.lines.iter().take(LINES_MAX).enumerate().map(|(index, line)| check.line(&format!("/lines/{index}"), index + 1, line, currency, order.prices_include_tax)).collect();
    for (index, line) in lines.iter().enumerate() {
        check.that(lines.iter().take(index).all(|other| other.id != line.id), &format!("/lines/{index}/id"), "an id no other line has");
    }
    check.that(order.tenders.len() <= PARTS_MAX, "/tenders", &format!("at most {PARTS_MAX} tenders"));
    let tenders: Vec<Tender> = order.tenders.iter().take(PARTS_MAX).enumerate().map(|(index, tender)| check.tender(index, tender, currency, now)).collect();
    for (index, tender) in tenders.iter().enumerate() {
        check.that(tenders.iter().take(index).all(|other| other.id != tender.id), &format!("/tenders/{index}/id"), "an id no other tender has");
    }
    let stated_total = order.stated_total.as_ref().map(|text| check.decimal("/stated_total", text));
    if !check.wrong.is_empty() {
        return Err(check.wrong);
    }
    let external_id = order.external_id.clone().unwrap_or_else(|| kernel::OrderId::new().uuid().simple().to_string());
    let revision = u64::try_from(now.timestamp_micros()).unwrap_or(1);
    let fact = |what| Fact { order: external_id.clone(), revision, occurred_at: now, what };
    let mut facts = vec![fact(What::Described(Description {
        number: order.number.clone(),
        placed_at: Some(order.placed_at.unwrap_or(now)),
        currency: Some(currency),
        lines: Some(lines),
        stated_total,
        buyer: order.buyer.clone(),
        ship_to: order.ship_to.clone(),
        payment_method: order.payment_method.clone(),
        cash_on_delivery: order.cash_on_delivery,
        business,
        staff: order.staff.clone(),
        branch: order.branch.clone(),
        note: order.note.clone(),
        test: order.test.then_some(true),
        ..Description::default()
    }))];
    facts.extend(tenders.into_iter().map(|tender| fact(What::Tendered(tender))));
    if !tags.is_empty() || order.source_tag.is_some() || order.company.is_some() {
        let tags = (!tags.is_empty()).then_some(tags);
        facts.push(Fact { revision: 1, ..fact(What::Annotated(Annotation { tags, source_tag: order.source_tag.clone(), company_id: order.company.map(Some), ..Annotation::default() })) });
    }
    // A sale over the counter hands the goods over at once (SPEC.md §11: counter sale = delivered).
    if source.kind == ChannelKind::Pos && order.ship_to.is_none() {
        facts.push(fact(What::Shipped(Shipment { id: "counter".into(), state: ShipmentState::Delivered, carrier: None, tracking: None, lines: Vec::new(), at: Some(now) })));
    }
    Ok(facts)
}

/// Collects what is wrong while the parts are read.
#[derive(Default)]
pub(super) struct Check {
    pub wrong: Vec<WrongField>,
}

impl Check {
    pub fn wrong(&mut self, pointer: &str, expected: &str) {
        self.wrong.push(WrongField { pointer: pointer.to_owned(), expected: expected.to_owned() });
    }
    pub fn that(&mut self, holds: bool, pointer: &str, expected: &str) {
        if !holds {
            self.wrong(pointer, expected);
        }
    }
    pub fn text(&mut self, pointer: &str, text: &Option<String>, chars_max: usize) {
        let plain = text.as_ref().is_none_or(|t| t.chars().count() <= chars_max && !t.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')));
        self.that(plain, pointer, &format!("at most {chars_max} characters without control characters"));
    }
    pub fn decimal(&mut self, pointer: &str, text: &str) -> Decimal {
        parse_decimal(text).unwrap_or_else(|error| {
            self.wrong(pointer, &error.to_string());
            Decimal::ZERO
        })
    }
    /// A word of a fixed vocabulary, by the names the facts use.
    fn word<T: serde::de::DeserializeOwned>(&mut self, pointer: &str, word: &str, fallback: T, expected: &str) -> T {
        serde_json::from_value(serde_json::Value::String(word.to_owned())).unwrap_or_else(|_| {
            self.wrong(pointer, expected);
            fallback
        })
    }
    fn people(&mut self, order: &NewOrder) {
        if let Some(b) = &order.buyer {
            for (name, text) in [("id", &b.id), ("name", &b.name), ("phone", &b.phone), ("email", &b.email), ("company", &b.company), ("tax_code", &b.tax_code)] {
                self.text(&format!("/buyer/{name}"), text, TEXT_CHARS_MAX);
            }
        }
        if let Some(address) = &order.ship_to {
            self.address(address);
        }
    }
    pub fn address(&mut self, a: &Address) {
        let fields = [("recipient", &a.recipient), ("phone", &a.phone), ("line", &a.line), ("district", &a.district), ("city", &a.city), ("region", &a.region), ("postcode", &a.postcode), ("country", &a.country)];
        for (name, text) in fields {
            self.text(&format!("/ship_to/{name}"), text, TEXT_CHARS_MAX);
        }
    }
    /// The reductions of the line at `base`.
    pub fn components(&mut self, base: &str, components: &[NewComponent]) -> Vec<Component> {
        self.that(components.len() <= PARTS_MAX, &format!("{base}/components"), &format!("at most {PARTS_MAX} components"));
        components.iter().take(PARTS_MAX).enumerate().map(|(part, component)| self.component(&format!("{base}/components/{part}"), component)).collect()
    }
    pub fn component(&mut self, base: &str, component: &NewComponent) -> Component {
        self.text(&format!("{base}/code"), &component.code, TEXT_CHARS_MAX);
        Component {
            kind: self.word(&format!("{base}/kind"), &component.kind, ComponentKind::MarketingDiscount, "marketing_discount, promo_voucher, paid_voucher, points, price_override or shipping_discount"),
            funded_by: self.word(&format!("{base}/funded_by"), &component.funded_by, Funder::Tenant, "tenant, marketplace, supplier or affiliate"),
            amount: self.decimal(&format!("{base}/amount"), &component.amount),
            code: component.code.clone(),
        }
    }
    /// The taxes of the line at `base`.
    pub fn taxes(&mut self, base: &str, taxes: &[NewTax], prices_include_tax: bool) -> Vec<Tax> {
        self.that(taxes.len() <= PARTS_MAX, &format!("{base}/taxes"), &format!("at most {PARTS_MAX} taxes"));
        let read = taxes.iter().take(PARTS_MAX).enumerate().map(|(part, tax)| {
            let at = |field: &str| format!("{base}/taxes/{part}/{field}");
            self.text(&at("name"), &Some(tax.name.clone()), TEXT_CHARS_MAX);
            let rate = tax.rate.as_ref().map(|rate| self.decimal(&at("rate"), rate));
            Tax { name: tax.name.clone(), rate, amount: self.decimal(&at("amount"), &tax.amount), included: tax.included.unwrap_or(prices_include_tax) }
        });
        read.collect()
    }
    /// One line; `base` is its JSON Pointer, `position` what it is called without an id.
    pub fn line(&mut self, base: &str, position: usize, line: &NewLine, currency: Currency, prices_include_tax: bool) -> Line {
        let at = |field: &str| format!("{base}/{field}");
        for (field, text) in [("id", &line.id), ("sku", &line.sku), ("name", &line.name)] {
            self.text(&at(field), text, TEXT_CHARS_MAX);
        }
        let quantity = line.quantity.parse().unwrap_or_else(|_| {
            self.wrong(&at("quantity"), "a number with at most 12 digits before the point and 6 after it, such as 2 or 0.5");
            kernel::Quantity::ZERO
        });
        self.that(line.quantity.parse::<kernel::Quantity>().is_err() || quantity != kernel::Quantity::ZERO, &at("quantity"), "a quantity other than zero");
        let components = self.components(base, &line.components);
        let taxes = self.taxes(base, &line.taxes, prices_include_tax);
        Line {
            id: line.id.clone().filter(|id| !id.is_empty()).unwrap_or_else(|| position.to_string()),
            kind: line.kind.as_deref().map_or(LineKind::Product, |kind| self.word(&at("kind"), kind, LineKind::Product, "product, shipping, fee or adjustment")),
            sku: line.sku.clone(),
            name: line.name.clone(),
            quantity,
            unit_price: Money::new(self.decimal(&at("unit_price"), &line.unit_price), currency),
            components,
            taxes,
            gift: line.gift,
        }
    }
    fn tender(&mut self, index: usize, tender: &NewTender, currency: Currency, now: Timestamp) -> Tender {
        let at = |field: &str| format!("/tenders/{index}/{field}");
        let free = !tender.method.is_empty() && !OF_FINANCE.contains(&tender.method.trim().to_lowercase().as_str());
        self.that(free, &at("method"), "the way of payment, such as cash or bank_transfer");
        for (field, text) in [("id", &tender.id), ("method", &Some(tender.method.clone())), ("reference", &tender.reference), ("account", &tender.account)] {
            self.text(&at(field), text, TEXT_CHARS_MAX);
        }
        Tender {
            id: tender.id.clone().filter(|id| !id.is_empty()).unwrap_or_else(|| (index + 1).to_string()),
            method: tender.method.clone(),
            state: tender.state.as_deref().map_or(TenderState::Captured, |state| self.word(&at("state"), state, TenderState::Captured, "pending, authorized, captured, failed or voided")),
            amount: Money::new(self.decimal(&at("amount"), &tender.amount), currency),
            holder: tender.holder.as_deref().map_or(Holder::Tenant, |holder| self.word(&at("holder"), holder, Holder::Tenant, "tenant, marketplace, carrier or processor")),
            reference: tender.reference.clone(),
            account: tender.account.clone(),
            carrying: None,
            at: Some(tender.at.unwrap_or(now)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::ChannelAccountId;

    fn source(kind: ChannelKind) -> Source {
        Source { account: ChannelAccountId::new(), kind }
    }
    fn order() -> NewOrder {
        NewOrder { lines: vec![NewLine { quantity: "2".into(), unit_price: "125000".into(), ..NewLine::default() }], ..NewOrder::default() }
    }
    fn wrong(order: &NewOrder) -> Vec<String> {
        facts_of(order, source(ChannelKind::Web), Currency::VND, chrono::DateTime::UNIX_EPOCH + chrono::Duration::days(20_000)).err().unwrap_or_default().into_iter().map(|w| w.pointer).collect()
    }

    #[test]
    fn plc_2_every_wrong_field_is_named() {
        assert!(wrong(&order()).is_empty());
        let mut bad = order();
        bad.currency = Some("VNDD".into());
        bad.segment = Some("retail".into());
        bad.note = Some("a\0b".into());
        bad.lines[0].quantity = "1e3".into();
        bad.lines[0].unit_price = "999999999999999999999".into();
        bad.lines[0].components = vec![NewComponent { kind: "gift".into(), funded_by: "me".into(), amount: "x".into(), code: None }];
        bad.tenders = vec![NewTender { state: Some("paid".into()), amount: "".into(), ..NewTender::default() }];
        let expected = [
            "/currency", "/segment", "/note", "/lines/0/quantity", "/lines/0/components/0/kind", "/lines/0/components/0/funded_by", "/lines/0/components/0/amount",
            "/lines/0/unit_price", "/tenders/0/method", "/tenders/0/state", "/tenders/0/amount",
        ];
        let mut named = wrong(&bad);
        named.sort();
        let mut expected: Vec<String> = expected.map(str::to_owned).to_vec();
        expected.sort();
        assert_eq!(named, expected);
    }

    #[test]
    fn zero_quantities_and_repeated_ids_are_refused_negative_ones_are_not() {
        let mut bad = order();
        bad.lines[0].quantity = "0".into();
        assert_eq!(wrong(&bad), ["/lines/0/quantity"]);
        bad.lines[0].quantity = "-1".into();
        assert!(wrong(&bad).is_empty());
        bad.lines.push(NewLine { id: Some("1".into()), ..bad.lines[0].clone() });
        assert_eq!(wrong(&bad), ["/lines/1/id"]);
    }

    #[test]
    fn a_counter_sale_is_delivered() {
        let facts = facts_of(&order(), source(ChannelKind::Pos), Currency::VND, Timestamp::default()).unwrap();
        assert!(facts.iter().any(|f| matches!(&f.what, What::Shipped(s) if s.state == ShipmentState::Delivered)));
    }
}
