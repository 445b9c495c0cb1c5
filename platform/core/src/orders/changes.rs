//! Order edits: a change set of lines, prices, discounts and the address, with what it does to the money shown before.
//! Invariant EDIT-1: a preview and the edit are the same act; the preview is taken back instead of committed.
//! Invariant EDIT-2: an edit changes nothing in a closed period: what is posted there stays, or the edit is refused.
//! Invariant EDIT-3: a line never becomes smaller than what is in packages.
//!
//! A line whose quantity changes keeps its discounts by the unit; a line whose price changes keeps its tax rates. What the
//! whole order is discounted by is shared among its products by largest remainder. A total the channel stated moves with
//! the lines, so a difference to them stays visible.

use super::fact::*;
use super::fold::OrderState;
use super::money::{Check, MoneyError, Open, PARTS_MAX};
use super::place::{self, NewComponent, NewLine, NewTax};
use super::postings::goods::taxed_price;
use super::totals::{self, LineTotals};
use crate::finance::{Account, Settings, locator, post, settings};
use kernel::{Currency, Decimal, Money, OrderId, Quantity, Timestamp, allocate};
use std::collections::BTreeMap;
use tenants::rights::EditOrders;
use tenants::{Permit, TenantTx};

/// What to change of one line; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct LineChange {
    /// The line's own id within its order.
    pub line_id: String,
    pub quantity: Option<String>,
    pub unit_price: Option<String>,
    /// Replaces the line's reductions.
    pub components: Option<Vec<NewComponent>>,
    /// Replaces the line's taxes; left out they follow the price at their rates.
    pub taxes: Option<Vec<NewTax>>,
}

#[derive(Clone, Debug, Default)]
pub struct ChangeSet {
    pub reason: String,
    pub lines: Vec<LineChange>,
    pub remove: Vec<String>,
    pub add: Vec<NewLine>,
    /// Over all products, shared by what the buyer pays for each.
    pub discount: Option<NewComponent>,
    pub ship_to: Option<Address>,
}

/// An order's money before or after.
#[derive(Clone, Debug, PartialEq)]
pub struct Sums {
    pub total: Decimal,
    pub tax: Decimal,
    pub discount: Decimal,
    pub outstanding: Decimal,
    pub payment: &'static str,
    pub delivery: &'static str,
    pub lines: Vec<(Line, LineTotals)>,
}

/// What a change set does.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    pub currency: Currency,
    pub before: Sums,
    pub after: Sums,
    /// What is posted for it, account by account, debit positive.
    pub postings: Vec<(Account, Decimal)>,
}

/// Changes an order, and tells what that did. To look only, let the transaction go (EDIT-1).
pub async fn change(tx: &mut TenantTx, _: Permit<EditOrders>, id: OrderId, seen: i64, set: &ChangeSet) -> Result<Effect, MoneyError> {
    let open = Open::lock(tx, id, seen).await?;
    if open.state.is_cancelled() {
        return Err(MoneyError::CalledOff);
    }
    let history = settings::open_books(tx).await?;
    let told = told(&open, set, &history.at(open.created_at))?;
    let (before, currency) = (sums(&open), open.projection.currency);
    let posted_before = by_account(tx, id, currency).await?;
    open.tell(tx, told).await?;
    if let Some(until) = touches_closed(tx, id).await? {
        return Err(MoneyError::PeriodClosed { until });
    }
    let mut postings = by_account(tx, id, currency).await?;
    for (account, amount) in posted_before {
        *postings.entry(account).or_default() -= amount;
    }
    postings.retain(|_, amount| !amount.is_zero());
    let version = sqlx::query_scalar!("select version from tenant.orders where tenant_id = $1 and id = $2", tx.tenant(), id.uuid()).fetch_one(tx.conn()).await?;
    let after = sums(&Open::lock(tx, id, version).await?);
    Ok(Effect { currency, before, after, postings: postings.into_iter().collect() })
}

async fn by_account(tx: &mut TenantTx, id: OrderId, currency: Currency) -> Result<BTreeMap<Account, Decimal>, sqlx::Error> {
    let all = locator::of_order(tx, id.uuid()).await?;
    Ok(all.into_iter().filter(|(_, code, _)| code == currency.code()).map(|(account, _, amount)| (account, amount)).collect())
}

/// Until when the books are closed, if this transaction reversed something that stands in there (EDIT-2).
async fn touches_closed(tx: &mut TenantTx, id: OrderId) -> Result<Option<Timestamp>, sqlx::Error> {
    let Some(until) = post::closed_until(tx).await? else { return Ok(None) };
    let touched = sqlx::query_scalar!(
        r#"select exists (select from tenant.ledger_entries n join tenant.ledger_entries o on o.tenant_id = n.tenant_id and o.id = n.reverses
             where n.tenant_id = $1 and n.order_id = $2 and n.recorded_at = $3 and o.booked_at < $4) as "touched!""#,
        tx.tenant(),
        id.uuid(),
        tx.now(),
        until,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(touched.then_some(until))
}

fn sums(open: &Open) -> Sums {
    let of = &open.projection;
    let sum = &of.totals.sum;
    Sums {
        total: of.totals.due(true).unwrap_or_default(),
        tax: sum.tax_included + sum.tax_on_top,
        discount: sum.discount_tenant + sum.discount_others,
        outstanding: of.outstanding,
        payment: of.payment.word(),
        delivery: of.delivery.word(),
        lines: of.lines.clone(),
    }
}

/// The facts a change set tells of an order.
fn told(open: &Open, set: &ChangeSet, settings: &Settings) -> Result<Vec<What>, MoneyError> {
    let (state, currency) = (&open.state, open.projection.currency);
    let mut desk = Check::default();
    let reason = desk.reason(&set.reason);
    if set.lines.is_empty() && set.remove.is_empty() && set.add.is_empty() && set.discount.is_none() && set.ship_to.is_none() {
        desk.wrong("/lines", "something to change: lines, remove, add, discount or ship_to");
    }
    desk.done()?;
    let mut check = place::Check::default();
    let mut lines = state.lines().to_vec();
    for (index, id) in set.remove.iter().enumerate() {
        let known = lines.iter().position(|line| line.id == *id);
        check.that(known.is_some(), &format!("/remove/{index}"), "the external_id of a line of the order, named once");
        known.map(|at| lines.remove(at));
    }
    for (index, change) in set.lines.iter().enumerate() {
        let base = format!("/lines/{index}");
        let twice = set.lines.iter().take(index).any(|other| other.line_id == change.line_id);
        match lines.iter_mut().find(|line| line.id == change.line_id && !twice) {
            Some(line) => changed(&mut check, &base, line, change, settings, currency),
            None => check.wrong(&format!("{base}/line_id"), "the external_id of a line of the order, named once"),
        }
    }
    for (index, line) in set.add.iter().enumerate().take(place::LINES_MAX) {
        let base = format!("/add/{index}");
        let line = check.line(&base, next_number(&lines), line, currency, settings.tax_included);
        check.that(lines.iter().all(|known| known.id != line.id), &format!("{base}/id"), "an id no other line has");
        lines.push(line);
    }
    if let Some(discount) = &set.discount {
        let component = check.component("/discount", discount);
        check.that(component.amount > Decimal::ZERO, "/discount/amount", "a positive amount such as 50000");
        share(&mut lines, &component, settings, currency);
    }
    if let Some(address) = &set.ship_to {
        check.address(address);
    }
    check.that(!lines.is_empty() && lines.len() <= place::LINES_MAX, "/remove", &format!("an order of 1 to {} lines; call the whole order off instead", place::LINES_MAX));
    let [old, new] = [state.lines(), &lines].map(|lines| lines.iter().map(totals::of_line).try_fold(Decimal::ZERO, |sum, part| sum.checked_add(part?.total)));
    let books = Decimal::from(100_000_000_000_000_i64);
    let (Some(old), Some(new)) = (old, new.filter(|new| new.abs() < books)) else {
        check.wrong("/lines", "amounts below 100000000000000");
        return Err(MoneyError::Fields(check.wrong));
    };
    check.that(new >= Decimal::ZERO || old < Decimal::ZERO, if set.discount.is_some() { "/discount/amount" } else { "/lines" }, &format!("a total that is not negative; it would be {}", Money::new(new, currency)));
    if !check.wrong.is_empty() {
        return Err(MoneyError::Fields(check.wrong));
    }
    let mut whats = packages(state, &lines)?;
    whats.push(What::Described(Description {
        stated_total: state.description.stated_total.map(|stated| stated + new - old),
        lines: Some(lines),
        ship_to: set.ship_to.clone(),
        reason: Some(reason),
        ..Description::default()
    }));
    Ok(whats)
}

fn next_number(lines: &[Line]) -> usize {
    (lines.len() + 1..).find(|n| lines.iter().all(|line| line.id != n.to_string())).unwrap_or(usize::MAX)
}

fn changed(check: &mut place::Check, base: &str, line: &mut Line, change: &LineChange, settings: &Settings, currency: Currency) {
    let old_price = totals::of_line(line).map(|part| taxed_price(line, &part, settings));
    if let Some(text) = &change.quantity {
        match text.parse::<Quantity>() {
            Ok(quantity) if quantity != Quantity::ZERO => {
                for component in &mut line.components {
                    component.amount = settings.rounding.share(component.amount, quantity.get(), line.quantity.get(), currency.exponent());
                }
                line.quantity = quantity;
            }
            _ => check.wrong(&format!("{base}/quantity"), "a quantity other than zero, such as 2 or 0.5; to take the line out, name it in remove"),
        }
    }
    if let Some(text) = &change.unit_price {
        let price = check.decimal(&format!("{base}/unit_price"), text);
        check.that(price >= Decimal::ZERO, &format!("{base}/unit_price"), "a price of at least zero");
        line.unit_price = Money::new(price, line.unit_price.currency);
    }
    if let Some(components) = &change.components {
        line.components = check.components(base, components);
    }
    match &change.taxes {
        Some(taxes) => line.taxes = check.taxes(base, taxes, settings.tax_included),
        None => retax(line, old_price, settings, currency),
    }
}

/// The taxes of a line at its new price: by their rates, else in proportion to what the price was.
fn retax(line: &mut Line, old_price: Option<Decimal>, settings: &Settings, currency: Currency) {
    let (Some(old), Some(part)) = (old_price, totals::of_line(line)) else { return };
    let price = taxed_price(line, &part, settings);
    if price == old {
        return;
    }
    let decimals = currency.exponent();
    let hundred = Decimal::ONE_HUNDRED;
    let inside: Decimal = line.taxes.iter().filter(|tax| tax.included).filter_map(|tax| tax.rate).sum();
    let net = price * hundred / (hundred + inside);
    for tax in &mut line.taxes {
        tax.amount = match tax.rate {
            Some(rate) if tax.included => settings.rounding.share(price, rate, hundred + inside, decimals),
            Some(rate) => settings.rounding.round(net * rate / hundred, decimals),
            None => settings.rounding.share(tax.amount, price, old, decimals),
        };
    }
}

/// Shares a discount of the whole order among its products, by what the buyer pays for each.
fn share(lines: &mut [Line], discount: &Component, settings: &Settings, currency: Currency) {
    let weight = |line: &Line| totals::of_line(line).filter(|_| line.kind == LineKind::Product).map(|part| part.total.max(Decimal::ZERO)).unwrap_or_default();
    let weights: Vec<Decimal> = lines.iter().map(weight).collect();
    for (line, amount) in lines.iter_mut().zip(allocate(discount.amount, &weights, currency.exponent())) {
        if amount.is_zero() {
            continue;
        }
        let old_price = totals::of_line(line).map(|part| taxed_price(line, &part, settings));
        line.components.push(Component { amount, ..discount.clone() });
        retax(line, old_price, settings, currency);
    }
}

/// Sees that the packages still hold what the lines name (EDIT-3). A package of the whole order keeps what it was of.
fn packages(state: &OrderState, lines: &[Line]) -> Result<Vec<What>, MoneyError> {
    let old: BTreeMap<&str, &Line> = state.lines().iter().filter(|line| line.kind == LineKind::Product).map(|line| (line.id.as_str(), line)).collect();
    let new: BTreeMap<&str, Decimal> = lines.iter().map(|line| (line.id.as_str(), line.quantity.get())).collect();
    let same_goods = old.len() == lines.iter().filter(|line| line.kind == LineKind::Product).count() && old.iter().all(|(id, line)| new.get(id) == Some(&line.quantity.get()));
    let live = state.shipments.values().filter(|s| !matches!(s.state, ShipmentState::Cancelled | ShipmentState::Returned));
    if same_goods {
        return Ok(Vec::new());
    }
    let mut packed: BTreeMap<&str, Decimal> = BTreeMap::new();
    let mut whats = Vec::new();
    for package in live {
        match (package.lines.is_empty(), package.state) {
            // Not closed yet: it goes with what the order is then.
            (true, ShipmentState::Ready) => {}
            (true, _) => {
                let whole = old.values().filter(|line| line.quantity > Quantity::ZERO);
                let of: Vec<LineQuantity> = whole.map(|line| LineQuantity { line_id: line.id.clone(), quantity: line.quantity }).collect();
                old.iter().for_each(|(id, line)| *packed.entry(id).or_default() += line.quantity.get().max(Decimal::ZERO));
                whats.push(What::Shipped(Shipment { lines: of, ..package.clone() }));
            }
            (false, _) => package.lines.iter().for_each(|part| *packed.entry(&part.line_id).or_default() += part.quantity.get()),
        }
    }
    for (id, packed) in packed {
        let wanted = new.get(id).copied().unwrap_or_default();
        if wanted < packed {
            return Err(MoneyError::PackedAlready { line: id.to_owned(), packed, wanted });
        }
    }
    if whats.len() > PARTS_MAX { Err(MoneyError::TooMany) } else { Ok(whats) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vnd(amount: i64) -> Money {
        Money::new(amount.into(), Currency::VND)
    }
    fn line(id: &str, quantity: i64, price: i64, discount: i64, tax: Option<(i64, bool)>) -> Line {
        let components = if discount == 0 { vec![] } else { vec![Component { kind: ComponentKind::MarketingDiscount, funded_by: Funder::Tenant, amount: discount.into(), code: None }] };
        let mut line = Line { id: id.into(), kind: LineKind::Product, sku: None, name: None, quantity: Decimal::from(quantity).try_into().unwrap(), unit_price: vnd(price), components, taxes: vec![], gift: false };
        if let Some((rate, included)) = tax {
            line.taxes = vec![Tax { name: "VAT".into(), rate: Some(rate.into()), amount: Decimal::ZERO, included }];
            retax(&mut line, Some(Decimal::NEGATIVE_ONE), &Settings::default(), Currency::VND);
        }
        line
    }
    fn after(mut line: Line, change: LineChange) -> (Decimal, Decimal, Decimal) {
        let mut check = place::Check::default();
        changed(&mut check, "/lines/0", &mut line, &change, &Settings::default(), Currency::VND);
        assert_eq!(check.wrong, []);
        (totals::of_line(&line).unwrap().total, line.components.first().map(|c| c.amount).unwrap_or_default(), line.taxes.first().map(|t| t.amount).unwrap_or_default())
    }

    #[test]
    fn discounts_follow_the_quantity_and_taxes_the_price() {
        let of = |change: LineChange| after(line("a", 3, 110_000, 33_000, Some((10, true))), change);
        let d = Decimal::from;
        assert_eq!(of(LineChange { quantity: Some("2".into()), ..LineChange::default() }), (d(198_000), d(22_000), d(18_000)));
        assert_eq!(of(LineChange { unit_price: Some("55000".into()), ..LineChange::default() }), (d(132_000), d(33_000), d(12_000)));
        assert_eq!(of(LineChange { components: Some(vec![]), ..LineChange::default() }), (d(330_000), d(0), d(30_000)));
        let on_top = after(line("a", 2, 100_000, 0, Some((8, false))), LineChange { quantity: Some("5".into()), ..LineChange::default() });
        assert_eq!(on_top, (d(540_000), d(0), d(40_000)));
    }

    #[test]
    fn a_discount_of_the_order_is_shared_to_the_last_unit() {
        let mut lines = vec![line("a", 1, 100, 0, None), line("b", 1, 100, 0, None), line("c", 1, 100, 0, None)];
        lines[2].kind = LineKind::Shipping;
        share(&mut lines, &Component { kind: ComponentKind::PriceOverride, funded_by: Funder::Tenant, amount: 51.into(), code: None }, &Settings::default(), Currency::VND);
        let got: Vec<Decimal> = lines.iter().map(|line| line.components.iter().map(|c| c.amount).sum()).collect();
        assert_eq!(got, [Decimal::from(26), 25.into(), 0.into()]);
    }

    #[test]
    fn edit_3_a_line_never_becomes_smaller_than_what_is_packed() {
        let mut state = OrderState::default();
        state.description.lines = Some(vec![line("a", 3, 100, 0, None), line("b", 1, 100, 0, None)]);
        let package = |state: ShipmentState, lines: Vec<LineQuantity>| Shipment { id: "s".into(), state, carrier: None, tracking: None, lines, at: None };
        let two = LineQuantity { line_id: "a".into(), quantity: Decimal::TWO.try_into().unwrap() };
        state.shipments.insert("s".into(), package(ShipmentState::InTransit, vec![two]));
        assert!(matches!(packages(&state, &[line("a", 1, 100, 0, None)]), Err(MoneyError::PackedAlready { line, packed, wanted }) if line == "a" && packed == Decimal::TWO && wanted == Decimal::ONE));
        assert!(packages(&state, &[line("a", 2, 100, 0, None)]).unwrap().is_empty());
        // All of it left in one package: the goods that come to the order are not in it.
        state.shipments.insert("s".into(), package(ShipmentState::HandedOver, vec![]));
        assert!(packages(&state, &[line("a", 3, 100, 0, None)]).is_err());
        assert!(packages(&state, state.lines()).unwrap().is_empty());
        let more = packages(&state, &[line("a", 3, 100, 0, None), line("b", 1, 100, 0, None), line("c", 1, 100, 0, None)]).unwrap();
        assert!(matches!(&more[..], [What::Shipped(s)] if s.lines.len() == 2));
    }
}
