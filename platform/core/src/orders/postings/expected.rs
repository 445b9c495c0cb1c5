//! The entries that an order's facts ask for: a pure function of its state, its projection and the tenant's settings.
//! Invariant POST-2: what the facts say is walked in the order it happened, so the same facts give the same entries.
//! Invariant POST-3: after a complete life every clearing, receivable and payable account of the order is zero.
//!
//! When a sale counts: goods over the counter and imported history at once (P1); what a marketplace holds when it leaves
//! (P11a); cash on delivery when it is delivered (P13); everything else when it leaves: what was paid before stands as the
//! buyer's deposit (P4) and pays for it, the rest is on credit (P5). Of goods that leave in parts each part counts by its
//! quantity, and the last takes the remainder. Goods that a carrier brought back were not sold. A deposit that is kept
//! after its order was called off is other income.

use super::goods::{self, Goods, Parts};
use super::payment::{self, Method};
use super::settlement::{self, Meaning};
use crate::finance::{Account, Line, Role, Settings};
use crate::orders::fact::*;
use crate::orders::fold::OrderState;
use crate::orders::project::{NO_CURRENCY, Projection};
use crate::orders::source::{ChannelKind, Source};
use kernel::{Currency, Decimal, Timestamp, allocate};
use std::collections::BTreeMap;

/// One entry an order asks for. The key names what it is for, within its order.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    pub key: String,
    pub kind: &'static str,
    pub occurred_at: Timestamp,
    pub currency: Currency,
    pub lines: Vec<Line>,
    /// What it sells or takes back, line by line; empty for entries that do neither.
    pub portions: Vec<Portion>,
}

/// What an entry moves of one line of the order.
#[derive(Clone, Debug, PartialEq)]
pub struct Portion {
    pub line_id: String,
    /// `None` when only money came back.
    pub quantity: Option<Decimal>,
    /// As sold: revenue negative. What came back has the same signs.
    pub parts: Parts,
}

/// Who owes what the order is sold for until it is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Regime {
    /// Over the counter, or history that was imported: sold at once.
    AtOnce,
    Marketplace,
    OnDelivery,
    General,
}

/// Channels whose operator takes the buyer's money and pays it out later.
fn is_marketplace(kind: ChannelKind) -> bool {
    matches!(kind, ChannelKind::Shopee | ChannelKind::Tiktok | ChannelKind::Lazada)
}

fn regime(state: &OrderState, projection: &Projection, source: Source) -> Regime {
    let counter = matches!(source.kind, ChannelKind::Pos | ChannelKind::Square | ChannelKind::Kiotviet) && projection.ship_to.is_none();
    match () {
        _ if counter || source.kind == ChannelKind::Import => Regime::AtOnce,
        _ if is_marketplace(source.kind) => Regime::Marketplace,
        _ if projection.cash_on_delivery || state.tenders.values().any(|t| t.holder == Holder::Carrier && t.state == TenderState::Pending) => Regime::OnDelivery,
        _ => Regime::General,
    }
}

/// Whether anything of the order can be in the books.
pub fn posts(state: &OrderState, projection: &Projection, source: Source) -> bool {
    let moments = &state.moments;
    let moved = !(moments.captured.is_empty() && moments.left.is_empty() && moments.refunded.is_empty() && moments.returned.is_empty() && state.settlement.is_empty());
    projection.described && !projection.copy && !projection.test && projection.currency.code() != NO_CURRENCY && (moved || regime(state, projection, source) == Regime::AtOnce)
}

/// All entries of the order as its facts are now. `debtor` is the sub-account of its receivable.
pub fn entries(state: &OrderState, projection: &Projection, source: Source, settings: &Settings, debtor: Option<&str>) -> Vec<Expected> {
    if !posts(state, projection, source) {
        return Vec::new();
    }
    let mut books = Books::open(state, projection, source, settings, debtor);
    for (at, _, _, event) in books.events() {
        books.walk(at, event);
    }
    books.entries
}

enum Event<'a> {
    Tendered(&'a Tender),
    /// `None`: everything at once.
    Left(Option<&'a Shipment>),
    Returned(&'a GoodsReturn),
    Refunded(&'a Refund),
    Forfeited(&'a Forfeit),
    Settled(&'a SettlementLine),
}

/// Amounts of one line that were sold, and that came back.
#[derive(Clone, Default)]
struct Progress {
    quantity: Decimal,
    sold: Parts,
    sold_due: Decimal,
    back_quantity: Decimal,
    back: Parts,
    back_due: Decimal,
}

struct Books<'a> {
    state: &'a OrderState,
    projection: &'a Projection,
    source: Source,
    settings: &'a Settings,
    regime: Regime,
    /// Who owes for what is sold.
    open_account: Account,
    goods: Vec<Goods>,
    progress: Vec<Progress>,
    /// Tax in each unit of what is due, for points that count as a discount.
    tax_share: Decimal,
    /// Stated total less the lines', once all is sold.
    difference_taken: bool,
    /// Owed to us in `open_account`.
    open: Decimal,
    deposits: Decimal,
    payable: Decimal,
    /// What was paid, by tender: accounts and amounts, and whether it is money.
    paid: Vec<(bool, Vec<(Account, Decimal)>, Decimal)>,
    /// What was given back to each account of money.
    given_back: BTreeMap<Account, Decimal>,
    /// Of claims such as points, what returns gave back so far, by tender.
    claims_back: BTreeMap<usize, Vec<(Account, Decimal)>>,
    /// Of the entry that is noted next.
    portions: Vec<Portion>,
    entries: Vec<Expected>,
}

impl<'a> Books<'a> {
    fn open(state: &'a OrderState, projection: &'a Projection, source: Source, settings: &'a Settings, debtor: Option<&str>) -> Self {
        let regime = regime(state, projection, source);
        let carrier = state.shipments.values().find_map(|s| s.carrier.as_deref().filter(|carrier| !carrier.is_empty()));
        let told = state.tenders.values().find(|t| t.holder == Holder::Carrier).and_then(|t| t.account.as_deref());
        let open_account = match regime {
            Regime::Marketplace => payment::marketplace(source),
            Regime::OnDelivery => Account::new(Role::CodCarrier, told.or(carrier)),
            Regime::AtOnce | Regime::General => Account::new(Role::Ar, Some(debtor.unwrap_or("none"))),
        };
        let funder = |funder: Funder| match funder {
            Funder::Marketplace if regime == Regime::Marketplace => open_account.clone(),
            Funder::Marketplace => Account::new(Role::PartnerReceivable, Some("marketplace")),
            Funder::Supplier => Account::new(Role::PartnerReceivable, Some("supplier")),
            Funder::Affiliate => Account::new(Role::PartnerReceivable, Some("affiliate")),
            Funder::Tenant => Role::Suspense.into(),
        };
        let goods = goods::of_order(projection, settings, &funder);
        let due: Decimal = goods.iter().map(|goods| goods.due).sum();
        let tax: Decimal = -goods.iter().filter_map(|goods| goods.parts.get(&Role::VatOut.into())).sum::<Decimal>();
        let progress = vec![Progress::default(); goods.len()];
        Self {
            state,
            projection,
            source,
            settings,
            regime,
            open_account,
            goods,
            progress,
            tax_share: tax.checked_div(due).unwrap_or_default(),
            difference_taken: false,
            open: Decimal::ZERO,
            deposits: Decimal::ZERO,
            payable: Decimal::ZERO,
            paid: Vec::new(),
            given_back: BTreeMap::new(),
            claims_back: BTreeMap::new(),
            portions: Vec::new(),
            entries: Vec::new(),
        }
    }

    /// What happened, in its order (POST-2). Payments come before the goods they pay for.
    fn events(&self) -> Vec<(Timestamp, u8, &'a str, Event<'a>)> {
        let state = self.state;
        let placed = self.projection.placed_at;
        let at = |moments: &BTreeMap<String, Timestamp>, id: &str| moments.get(id).copied().unwrap_or(placed);
        let mut events: Vec<(Timestamp, u8, &'a str, Event<'a>)> = Vec::new();
        for tender in state.tenders.values().filter(|t| t.state == TenderState::Captured && t.amount.currency == self.projection.currency) {
            // What a carrier collects at the door comes after the delivery that it is owed for.
            let rank = if tender.holder == Holder::Carrier { 2 } else { 0 };
            events.push((at(&state.moments.captured, &tender.id), rank, &tender.id, Event::Tendered(tender)));
        }
        match self.regime {
            Regime::AtOnce if !state.is_cancelled() => {
                let left = state.shipments.keys().filter_map(|id| state.moments.left.get(id)).min().copied();
                events.push((left.unwrap_or(placed), 1, "all", Event::Left(None)));
            }
            Regime::AtOnce => {}
            _ => {
                // Payment on delivery counts when it is delivered, also where a marketplace collects it.
                let on_delivery = self.regime == Regime::OnDelivery || (self.regime == Regime::Marketplace && self.projection.cash_on_delivery);
                let moments = if on_delivery { &state.moments.delivered } else { &state.moments.left };
                for (id, shipment) in state.shipments.iter().filter(|(_, s)| s.state != ShipmentState::Returned && s.state.has_left()) {
                    if let Some(at) = moments.get(id) {
                        events.push((*at, 1, id, Event::Left(Some(shipment))));
                    }
                }
            }
        }
        for back in state.returns.values().filter(|r| r.state.is_settled()) {
            events.push((at(&state.moments.returned, &back.id), 3, &back.id, Event::Returned(back)));
        }
        for refund in state.refunds.values().filter(|r| r.state == RefundState::Executed && r.amount.is_some_and(|m| m.currency == self.projection.currency)) {
            events.push((at(&state.moments.refunded, &refund.id), 4, &refund.id, Event::Refunded(refund)));
        }
        for forfeit in state.forfeits.values().filter(|f| f.amount.currency == self.projection.currency) {
            events.push((at(&state.moments.forfeited, &forfeit.id), 4, &forfeit.id, Event::Forfeited(forfeit)));
        }
        for line in state.settlement.values() {
            events.push((at(&state.moments.settled, &line.id), 5, &line.id, Event::Settled(line)));
        }
        events.sort_by(|a, b| (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2)));
        events
    }

    fn walk(&mut self, at: Timestamp, event: Event<'_>) {
        match event {
            Event::Tendered(tender) => self.tendered(at, tender),
            Event::Left(shipment) => self.left(at, shipment),
            Event::Returned(back) => self.returned(at, back),
            Event::Refunded(refund) => self.refunded(at, refund),
            Event::Forfeited(forfeit) => self.forfeited(at, forfeit),
            Event::Settled(line) => self.settled(at, line),
        }
    }

    /// Notes an entry, when it moves anything. Debits and credits of one account stay apart only where `lines` keeps them so.
    fn note(&mut self, kind: &'static str, id: &str, at: Timestamp, currency: Currency, lines: Vec<Line>) {
        let lines: Vec<Line> = lines.into_iter().filter(|line| !line.amount.is_zero()).collect();
        let mut portions = if matches!(kind, "sale" | "return" | "allowance") { std::mem::take(&mut self.portions) } else { Vec::new() };
        portions.retain(|portion| portion.parts.values().any(|amount| !amount.is_zero()));
        // What no book holds is left out here as it is left out of the totals, where a mapping hold shows it.
        let books = Decimal::from(100_000_000_000_000_i64);
        let fits = lines.iter().all(|line| line.amount.abs() < books && line.amount.normalize().scale() <= 6);
        if fits && !crate::finance::entry::net(&lines).is_empty() {
            self.entries.push(Expected { key: format!("{kind}/{}", escape(id)), kind, occurred_at: at, currency, lines, portions });
        }
    }
    fn currency(&self) -> Currency {
        self.projection.currency
    }
    fn decimals(&self) -> u32 {
        self.currency().exponent()
    }

    fn tendered(&mut self, at: Timestamp, tender: &Tender) {
        if tender.holder == Holder::Marketplace && self.regime == Regime::Marketplace {
            // Theirs until the goods leave; then the sale itself says what they owe (P11a).
            return;
        }
        let amount = tender.amount.amount;
        let debits = match tender.holder {
            // The carrier that delivers, unless the tender names another.
            Holder::Carrier if self.regime == Regime::OnDelivery && tender.account.as_deref().is_none_or(str::is_empty) => vec![(self.open_account.clone(), amount)],
            _ => payment::debits(tender, amount, self.source, self.settings, self.currency(), self.tax_share),
        };
        let money = tender.holder != Holder::Tenant || Method::of(&tender.method).is_money();
        let mut lines: Vec<Line> = debits.iter().map(|(account, amount)| Line::debit(account.clone(), *amount)).collect();
        self.paid.push((money, debits, amount));
        let pays = amount.min(self.open).max(Decimal::ZERO);
        self.open -= pays;
        self.deposits += amount - pays;
        lines.push(Line::credit(self.open_account.clone(), pays));
        lines.push(Line::credit(Role::CustomerDeposits, amount - pays));
        // What the carrier collected is what the carrier owes already.
        let lines = if lines[0].account == self.open_account { merged(lines) } else { lines };
        self.note("tender", &tender.id, at, tender.amount.currency, lines);
    }

    /// Takes the next part of each line: what is sold by now, less what was sold before.
    fn sell(&mut self, shipment: Option<&Shipment>) -> (Parts, Decimal) {
        let named: BTreeMap<&str, Decimal> = shipment.map(|s| &s.lines[..]).unwrap_or_default().iter().fold(BTreeMap::new(), |mut sum, part| {
            *sum.entry(part.line_id.as_str()).or_default() += part.quantity.get();
            sum
        });
        let (mut parts, mut due) = (Parts::new(), Decimal::ZERO);
        let decimals = self.decimals();
        for (goods, progress) in self.goods.iter().zip(&mut self.progress) {
            let whole = named.is_empty() || !goods.product || goods.quantity <= Decimal::ZERO;
            let more = if whole { goods.quantity } else { named.get(goods.line_id.as_str()).copied().unwrap_or_default() };
            let until = if whole { goods.quantity } else { (progress.quantity + more).min(goods.quantity) };
            let (sold, sold_due) = portion(goods, until, self.settings, decimals);
            add_difference(&mut parts, &sold, &progress.sold);
            let mut own = Parts::new();
            add_difference(&mut own, &sold, &progress.sold);
            self.portions.push(Portion { line_id: goods.line_id.clone(), quantity: Some(until - progress.quantity), parts: own });
            due += sold_due - progress.sold_due;
            (progress.quantity, progress.sold, progress.sold_due) = (until, sold, sold_due);
        }
        let all_sold = self.goods.iter().zip(&self.progress).all(|(goods, progress)| goods.quantity == progress.quantity);
        if all_sold && !self.difference_taken && self.regime != Regime::Marketplace {
            self.difference_taken = true;
            let total: Decimal = self.goods.iter().map(|goods| goods.due).sum();
            let difference = self.projection.totals.stated.map_or(Decimal::ZERO, |stated| stated - total);
            *parts.entry(Account::new(Role::Suspense, Some("stated_total"))).or_default() -= difference;
            due += difference;
        }
        (parts, due)
    }

    fn left(&mut self, at: Timestamp, shipment: Option<&Shipment>) {
        let (mut parts, due) = self.sell(shipment);
        let id = shipment.map_or("all", |s| s.id.as_str()).to_owned();
        let mut lines: Vec<Line> = Vec::new();
        let paid_before: Decimal = self.entries.iter().filter(|e| e.kind == "tender").flat_map(|e| &e.lines).filter(|line| line.account.role == Role::CustomerDeposits).map(|line| -line.amount).sum();
        if self.regime == Regime::AtOnce && paid_before == self.deposits {
            // P1: what was paid at the counter is debited where it is. These payments need no entries of their own, unless
            // something of them was given back before.
            let paid_now: Vec<Expected> = self.entries.extract_if(.., |entry| entry.kind == "tender").collect();
            for line in paid_now.into_iter().flat_map(|entry| entry.lines).filter(|line| line.account.role != Role::CustomerDeposits) {
                lines.push(line);
            }
            let paid = self.deposits;
            self.open = (due - paid).max(Decimal::ZERO);
            self.deposits = (paid - due).max(Decimal::ZERO);
            lines.push(Line::debit(self.open_account.clone(), self.open));
            lines.push(Line::credit(Role::CustomerDeposits, self.deposits));
            lines = merged(lines);
        } else if self.regime == Regime::Marketplace {
            // What buyers paid and what the marketplace adds of its own: one claim (P11a).
            let claim = due + parts.remove(&self.open_account).unwrap_or_default();
            self.open += claim;
            lines.push(Line::debit(self.open_account.clone(), claim));
        } else if due < Decimal::ZERO {
            lines.push(Line::credit(Role::CustomerDeposits, -due));
            self.deposits -= due;
        } else {
            let from_deposits = self.deposits.min(due).max(Decimal::ZERO);
            self.deposits -= from_deposits;
            self.open += due - from_deposits;
            lines.push(Line::debit(Role::CustomerDeposits, from_deposits));
            if from_deposits < due {
                // P5: the whole claim, and what was paid before taken off it.
                lines.push(Line::debit(self.open_account.clone(), due));
                lines.push(Line::credit(self.open_account.clone(), from_deposits));
            }
        }
        lines.extend(parts.into_iter().map(|(account, amount)| Line::debit(account, amount)));
        self.note("sale", &id, at, self.currency(), lines);
    }

    /// Sold and not come back, in what buyers paid.
    fn still_sold(&self) -> Decimal {
        self.progress.iter().map(|p| p.sold_due - p.back_due).sum()
    }

    /// Takes `value` of what is sold back, line by line in proportion; all of it takes the remainders.
    fn take_back_value(&mut self, value: Decimal) -> Parts {
        let (left, decimals) = (self.still_sold(), self.decimals());
        let mut parts = Parts::new();
        if value <= Decimal::ZERO {
            return parts;
        }
        for (goods, progress) in self.goods.iter().zip(&mut self.progress) {
            let mut own = Parts::new();
            for (account, sold) in &progress.sold {
                let back = progress.back.entry(account.clone()).or_default();
                let more = self.settings.rounding.share(*sold - *back, value, left, decimals);
                *back += more;
                own.insert(account.clone(), more);
                *parts.entry(account.clone()).or_default() += more;
            }
            self.portions.push(Portion { line_id: goods.line_id.clone(), quantity: None, parts: own });
            progress.back_due = -progress.back.values().sum::<Decimal>();
        }
        // Each account was rounded by itself: revenue takes what that leaves, so that exactly `value` comes back.
        let off = -parts.values().sum::<Decimal>() - value;
        if let Some((index, progress)) = self.progress.iter_mut().enumerate().find(|(_, p)| p.sold.contains_key(&Role::Sales.into())).filter(|_| !off.is_zero()) {
            let line = self.goods[index].line_id.as_str();
            if let Some(portion) = self.portions.iter_mut().find(|portion| portion.line_id == line) {
                *portion.parts.entry(Role::Sales.into()).or_default() += off;
            }
            *progress.back.entry(Role::Sales.into()).or_default() += off;
            *parts.entry(Role::Sales.into()).or_default() += off;
            progress.back_due -= off;
        }
        parts
    }

    /// Takes quantities back; no lines named is everything.
    fn take_back_lines(&mut self, named: &[LineQuantity]) -> Parts {
        let decimals = self.decimals();
        let mut parts = Parts::new();
        for (goods, progress) in self.goods.iter().zip(&mut self.progress) {
            let more: Decimal = named.iter().filter(|part| part.line_id == goods.line_id).map(|part| part.quantity.get()).sum();
            if !named.is_empty() && more.is_zero() {
                continue;
            }
            let until = if named.is_empty() { progress.quantity } else { (progress.back_quantity + more).min(progress.quantity.max(Decimal::ZERO)) };
            let (target, _) = if until == progress.quantity { (progress.sold.clone(), progress.sold_due) } else { portion(goods, until, self.settings, decimals) };
            let mut own = Parts::new();
            for (account, amount) in target {
                let back = progress.back.entry(account.clone()).or_default();
                own.insert(account.clone(), amount - *back);
                *parts.entry(account).or_default() += amount - *back;
                *back = amount;
            }
            self.portions.push(Portion { line_id: goods.line_id.clone(), quantity: Some(until - progress.back_quantity), parts: own });
            (progress.back_quantity, progress.back_due) = (until, -progress.back.values().sum::<Decimal>());
        }
        parts
    }

    /// The reversal of sold parts: sales stand as returns, everything else on its own account. Returns what the buyer gets.
    fn reversal(parts: Parts) -> (Vec<Line>, Decimal) {
        let value: Decimal = -parts.values().sum::<Decimal>();
        let lines = parts.into_iter().map(|(account, amount)| {
            let account = if account.role == Role::Sales { Role::SalesReturns.into() } else { account };
            Line::credit(account, amount)
        });
        (lines.collect(), value)
    }

    fn returned(&mut self, at: Timestamp, back: &GoodsReturn) {
        let promised = back.refund.filter(|m| m.currency == self.currency() && m.amount > Decimal::ZERO).map(|m| m.amount);
        let (before, sold): (Decimal, Decimal) = (self.progress.iter().map(|p| p.back_due).sum(), self.progress.iter().map(|p| p.sold_due).sum());
        let parts = match promised {
            // So much that the money in it is what was promised.
            Some(money) => {
                let (claims, all) = self.paid.iter().fold((Decimal::ZERO, Decimal::ZERO), |(claims, all), (is_money, _, amount)| (if *is_money { claims } else { claims + *amount }, all + *amount));
                let value = if claims.is_zero() || claims >= all { money } else { self.settings.rounding.share(money, all, all - claims, self.decimals()) };
                self.take_back_value(value.min(self.still_sold()))
            }
            None => self.take_back_lines(&back.lines),
        };
        let (mut lines, value) = Self::reversal(parts);
        if value <= Decimal::ZERO {
            // A credit note that is taken back: the buyer is owed so much less.
            self.deposits += value;
            lines.push(Line::credit(Role::CustomerDeposits, value));
            return self.note("return", &back.id, at, self.currency(), lines);
        }
        // Claims such as points come back as what they were, by the share of the sale that came back.
        let mut owed = value;
        let all_paid: Decimal = self.paid.iter().map(|(.., amount)| *amount).sum();
        for index in 0..self.paid.len() {
            let (is_money, debits, _) = self.paid[index].clone();
            if is_money {
                continue;
            }
            let given = self.claims_back.entry(index).or_insert_with(|| debits.iter().map(|(account, _)| (account.clone(), Decimal::ZERO)).collect());
            let mut of_tender = Decimal::ZERO;
            let of = sold.max(all_paid);
            for ((account, whole), (_, given)) in debits.into_iter().zip(given) {
                let until = self.settings.rounding.share(whole, before + value, of, self.projection.currency.exponent());
                let more = until - *given;
                *given = until;
                of_tender += more;
                lines.push(Line::credit(account, more));
            }
            owed -= of_tender;
        }
        // What the buyer had not paid is owed no more.
        let unpaid = if self.regime == Regime::Marketplace { Decimal::ZERO } else { owed.min(self.open).max(Decimal::ZERO) };
        self.open -= unpaid;
        lines.push(Line::credit(self.open_account.clone(), unpaid));
        lines.push(Line::credit(Role::RefundPayable, owed - unpaid));
        self.payable += owed - unpaid;
        self.note("return", &back.id, at, self.currency(), lines);
    }

    fn refunded(&mut self, at: Timestamp, refund: &Refund) {
        let mut amount = refund.amount.map(|m| m.amount).unwrap_or_default();
        let from_payable = amount.min(self.payable).max(Decimal::ZERO);
        let from_deposits = if self.regime == Regime::Marketplace { Decimal::ZERO } else { (amount - from_payable).min(self.deposits).max(Decimal::ZERO) };
        // Given back though nothing came back: the price is lowered by it.
        let allowance = (amount - from_payable - from_deposits).min(self.still_sold()).max(Decimal::ZERO);
        if allowance > Decimal::ZERO {
            let parts = self.take_back_value(allowance);
            let (mut lines, value) = Self::reversal(parts);
            lines.push(Line::credit(Role::RefundPayable, value));
            self.note("allowance", &refund.id, at, self.currency(), lines);
        }
        let mut unexplained = amount - from_payable - from_deposits - allowance;
        if self.regime == Regime::Marketplace {
            // The marketplace gave back what it never owed us.
            amount -= unexplained;
            unexplained = Decimal::ZERO;
        }
        self.payable -= from_payable;
        self.deposits -= from_deposits;
        let mut lines = vec![
            Line::debit(Role::RefundPayable, from_payable + allowance),
            Line::debit(Role::CustomerDeposits, from_deposits),
            Line::debit(Account::new(Role::Suspense, Some("refund")), unexplained),
        ];
        for (account, amount) in self.pay_back(refund, amount) {
            *self.given_back.entry(account.clone()).or_default() += amount;
            lines.push(Line::credit(account, amount));
        }
        self.note("refund", &refund.id, at, self.currency(), lines);
    }

    /// Kept of what the buyer paid ahead: no more than stands there.
    fn forfeited(&mut self, at: Timestamp, forfeit: &Forfeit) {
        let amount = forfeit.amount.amount.min(self.deposits).max(Decimal::ZERO);
        self.deposits -= amount;
        self.note("forfeit", &forfeit.id, at, self.currency(), vec![Line::debit(Role::CustomerDeposits, amount), Line::credit(Role::Breakage, amount)]);
    }

    /// Which accounts a refund leaves: as it says, else as the buyer paid, in proportion to what is left there (P8b).
    fn pay_back(&self, refund: &Refund, amount: Decimal) -> Vec<(Account, Decimal)> {
        if let Some(method) = refund.method.as_deref().filter(|method| !method.is_empty()) {
            return match Method::of(method) {
                Method::Points => payment::points(amount, refund.account.as_deref(), None, self.settings, self.currency(), self.tax_share),
                _ => vec![(payment::refunded_from(method, refund.account.as_deref()), amount)],
            };
        }
        if self.regime == Regime::Marketplace {
            return vec![(self.open_account.clone(), amount)];
        }
        let mut left: BTreeMap<Account, Decimal> = BTreeMap::new();
        for (account, paid) in self.paid.iter().filter(|(money, ..)| *money).flat_map(|(_, debits, _)| debits) {
            *left.entry(payment::back_from(account)).or_default() += *paid;
        }
        left.iter_mut().for_each(|(account, left)| *left = (*left - self.given_back.get(account).copied().unwrap_or_default()).max(Decimal::ZERO));
        left.retain(|_, left| !left.is_zero());
        if left.is_empty() {
            return vec![(Role::BankClearing.into(), amount)];
        }
        let weights: Vec<Decimal> = left.values().copied().collect();
        left.into_keys().zip(allocate(amount, &weights, self.decimals())).collect()
    }

    fn settled(&mut self, at: Timestamp, line: &SettlementLine) {
        let closed = self.projection.channel_status.as_deref().is_some_and(|status| status == "COMPLETED");
        let siblings = |see: &mut dyn FnMut(&SettlementLine)| self.state.settlement.values().for_each(|line| see(line));
        let held = match self.regime {
            Regime::Marketplace | Regime::OnDelivery => self.open_account.clone(),
            Regime::AtOnce | Regime::General => {
                let processor = self.paid.iter().flat_map(|(_, debits, _)| debits).find(|(account, _)| account.role == Role::ProcessorClearing);
                processor.map_or(Role::BankClearing.into(), |(account, _)| account.clone())
            }
        };
        let (account, amount) = match settlement::meaning(line, self.source.kind, &siblings, closed) {
            Meaning::Said => return,
            Meaning::Kept(account, amount) => (account, amount),
            Meaning::PaidOut(amount) => (Role::Bank.into(), amount),
        };
        if self.regime == Regime::OnDelivery && line.amount.currency == self.currency() {
            self.open -= amount;
        }
        self.note("settlement", &line.id, at, line.amount.currency, vec![Line::debit(account, amount), Line::credit(held, amount)]);
    }
}

/// The parts of a line up to a quantity of it; all of it is exact.
fn portion(goods: &Goods, quantity: Decimal, settings: &Settings, decimals: u32) -> (Parts, Decimal) {
    let parts: Parts = goods.parts.iter().map(|(account, amount)| (account.clone(), settings.rounding.share(*amount, quantity, goods.quantity, decimals))).collect();
    let due = -parts.values().sum::<Decimal>();
    (parts, due)
}

fn add_difference(sum: &mut Parts, now: &Parts, before: &Parts) {
    for (account, amount) in now {
        *sum.entry(account.clone()).or_default() += *amount - before.get(account).copied().unwrap_or_default();
    }
}

/// One line an account, in the order they first stand.
fn merged(lines: Vec<Line>) -> Vec<Line> {
    let mut merged: Vec<Line> = Vec::new();
    for line in lines {
        match merged.iter_mut().find(|known| known.account == line.account) {
            Some(known) => known.amount += line.amount,
            None => merged.push(line),
        }
    }
    merged
}

/// Ids of others inside a cause: what separates its parts is written as its code.
pub fn escape(id: &str) -> String {
    let mut text = String::with_capacity(id.len());
    for c in id.chars() {
        match c {
            '%' | '/' | '#' => text.push_str(&format!("%{:02x}", u32::from(c))),
            c if c.is_control() => text.push_str(&format!("%{:02x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text
}
