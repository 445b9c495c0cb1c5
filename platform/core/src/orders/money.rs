//! What people do about the money and the packages of an order without a connector: take a payment, void it, give money
//! back, move a package on, note what others kept or paid out. Each becomes facts and takes the path of a channel's. A package
//! of an order with a connector is asked of its channel (see `remote`).
//! Invariant MON-1: each names the version it saw; the loser of a race gets a conflict and nothing is written.
//! Invariant MON-2: no more is given back than was paid and not given back yet.
//! Invariant MON-3: goods do not leave an order while a hold that blocks `ship` stands on it.

use super::errands::ErrandError;
use super::fact::*;
use super::facts::{self, FactsError};
use super::fold::{OrderState, fold};
use super::holds;
use super::intake::{self, IntakeError};
use super::place::WrongField;
use super::postings::payment::{Method, OF_FINANCE};
use super::project::Projection;
use super::remote;
use super::source::{ChannelKind, Source};
use super::tills::{self, TillError};
use super::track_rules;
use kernel::{ChannelAccountId, Decimal, ErrandId, Money, OrderId, Quantity, Timestamp, money::parse_decimal};
use std::collections::BTreeMap;
use tenants::rights::{EditOrders, PostFinance, TenderOrders};
use tenants::{Permit, TenantTx};

/// Tenders, refunds, packages or settlement lines one order may have.
pub const PARTS_MAX: usize = 500;
/// Lines one package, refund or settlement names.
pub const LINES_MAX: usize = 1_000;
const TEXT_CHARS_MAX: usize = 200;
const REASON_CHARS_MAX: usize = 500;

/// How people say that they were paid.
pub const METHODS: &[&str] = &["cash", "bank_transfer", "bank", "card", "wallet", "points", "paid_voucher", "store_credit", "deposit", "cod"];

#[derive(Debug, thiserror::Error)]
pub enum MoneyError {
    #[error("the order is not known")]
    Unknown,
    #[error("the tender is not known")]
    UnknownTender,
    #[error("the order was changed meanwhile: it is at version {0} now")]
    Stale(i64),
    #[error("orders of a {0} account come through its connector; so does their money")]
    HasConnector(ChannelKind),
    #[error("the order is a copy of another order of the same sale: its money belongs there")]
    IsCopy,
    #[error("{}", .0.iter().map(|w| format!("{}: {}", w.pointer, w.expected)).collect::<Vec<_>>().join("; "))]
    Fields(Vec<WrongField>),
    #[error("the tender is {0}: only a captured one is voided")]
    NotCaptured(&'static str),
    #[error("{refunded} was given back, and without this tender only {paid} was paid: take the refund back first")]
    RefundedAlready { refunded: Money, paid: Money },
    #[error("{asked} is more than the {left} that was paid and not given back yet")]
    RefundAbovePaid { asked: Money, left: Money },
    #[error("a {kind} hold on {scope} blocks shipping: {reason}")]
    Held { kind: String, scope: String, reason: String },
    #[error("of the line {line} {ordered} were ordered, and {packed} would be in packages")]
    AboveOrdered { line: String, ordered: Quantity, packed: Decimal },
    #[error("the order was called off")]
    CalledOff,
    #[error("the order was not called off: its deposit is used up by its goods")]
    NotCalledOff,
    #[error("{asked} is more than the {left} that is left of the deposit")]
    ForfeitAboveLeft { asked: Money, left: Money },
    #[error("goods of the order have left: take them back with a return, or make it smaller by what is still here")]
    HasLeft,
    #[error("the return is {0}: it cannot become {1}")]
    ReturnEnded(&'static str, &'static str),
    #[error("of the line {line} {left} left the house, and {back} would have come back")]
    AboveLeft { line: String, left: Decimal, back: Decimal },
    #[error("of the line {line} {packed} are in packages: it cannot become {wanted}")]
    PackedAlready { line: String, packed: Decimal, wanted: Decimal },
    #[error("the books are closed until {until}, and what this order has there would change: reopen the period, or settle the difference with a return or a refund")]
    PeriodClosed { until: Timestamp },
    #[error(transparent)]
    Errand(ErrandError),
    #[error("the order has {PARTS_MAX} of these, which is the most it may have")]
    TooMany,
    #[error("a rule of this tenant forbids it: {payment} with {delivery} and {invoice}: {reason}")]
    Forbidden { payment: String, delivery: String, invoice: String, reason: String },
    #[error(transparent)]
    Till(#[from] TillError),
    #[error(transparent)]
    Intake(#[from] IntakeError),
    #[error(transparent)]
    Facts(#[from] FactsError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

#[derive(Clone, Debug, Default)]
pub struct NewTender {
    pub method: String,
    pub amount: Option<String>,
    /// Cash handed over; the rest of what is owed is change.
    pub given: Option<String>,
    pub reference: Option<String>,
    pub account: Option<String>,
    pub at: Option<Timestamp>,
}

#[derive(Clone, Debug, Default)]
pub struct NewRefund {
    pub amount: String,
    pub method: Option<String>,
    pub account: Option<String>,
    pub reason: String,
    pub lines: Vec<(String, String)>,
    pub at: Option<Timestamp>,
}

#[derive(Clone, Debug, Default)]
pub struct NewShipment {
    pub id: Option<String>,
    pub state: String,
    pub carrier: Option<String>,
    pub tracking: Option<String>,
    pub lines: Vec<(String, String)>,
    pub at: Option<Timestamp>,
}

#[derive(Clone, Debug, Default)]
pub struct NewSettlementLine {
    pub id: Option<String>,
    pub kind: String,
    pub amount: String,
    pub statement: Option<String>,
    pub at: Option<Timestamp>,
}

/// An order as it is, locked.
pub(super) struct Open {
    pub source: Source,
    pub external_id: String,
    pub state: OrderState,
    pub projection: Projection,
    /// When it arrived: the settings of then hold for it.
    pub created_at: Timestamp,
    /// Newer than every fact known.
    revision: u64,
}

impl Open {
    /// An order without a connector.
    pub async fn lock(tx: &mut TenantTx, id: OrderId, seen: i64) -> Result<Self, MoneyError> {
        let open = Self::lock_any(tx, id, seen).await?;
        if open.source.kind.is_direct() { Ok(open) } else { Err(MoneyError::HasConnector(open.source.kind)) }
    }

    /// An order of whatever channel.
    pub async fn lock_any(tx: &mut TenantTx, id: OrderId, seen: i64) -> Result<Self, MoneyError> {
        let row = sqlx::query!(
            r#"select channel_account_id, channel_kind, external_id, version, created_at, same_sale_as is not null as "copy!" from tenant.orders where tenant_id = $1 and id = $2 and voided_at is null for update"#,
            tx.tenant(),
            id.uuid(),
        )
        .fetch_optional(tx.conn())
        .await?
        .ok_or(MoneyError::Unknown)?;
        if row.version != seen {
            return Err(MoneyError::Stale(row.version));
        }
        let kind: ChannelKind = row.channel_kind.parse().unwrap_or(ChannelKind::Api);
        if row.copy {
            return Err(MoneyError::IsCopy);
        }
        let source = Source { account: ChannelAccountId(row.channel_account_id), kind };
        let facts = facts::load(tx, &[id.uuid()]).await?.remove(&id).unwrap_or_default();
        let newest = facts.iter().map(|fact| fact.revision).max().unwrap_or(0);
        let now = u64::try_from(tx.now().timestamp_micros()).unwrap_or(1);
        let state = fold(&facts);
        let projection = Projection::of(&state, source, &row.external_id);
        Ok(Self { source, external_id: row.external_id, state, projection, created_at: row.created_at, revision: now.max(newest.saturating_add(1)) })
    }

    pub async fn tell(self, tx: &mut TenantTx, whats: Vec<What>) -> Result<(), MoneyError> {
        let now = tx.now();
        let cause = format!("api:{}", tx.actor().who);
        let facts = whats.into_iter().map(|what| Fact { order: self.external_id.clone(), revision: self.revision, occurred_at: now, what }).collect();
        let before = (self.projection.payment, self.projection.delivery, self.projection.invoice);
        for applied in intake::apply(tx, self.source, facts, &cause).await? {
            track_rules::check(tx, applied.order_id, before).await?;
        }
        Ok(())
    }

    /// What is kept of the buyer's money.
    pub fn forfeited(&self) -> Decimal {
        self.state.forfeits.values().filter(|f| f.amount.currency == self.projection.currency).map(|f| f.amount.amount).sum()
    }

    pub fn money(&self, amount: Decimal) -> Money {
        Money::new(amount, self.projection.currency)
    }

    /// The next free id made of a number, beside ids that others chose.
    pub fn next_id<T>(known: &BTreeMap<String, T>, prefix: &str) -> Result<String, MoneyError> {
        if known.len() >= PARTS_MAX {
            return Err(MoneyError::TooMany);
        }
        (known.len() + 1..).map(|n| format!("{prefix}{n}")).find(|id| !known.contains_key(id)).ok_or(MoneyError::TooMany)
    }
}

/// Collects what is wrong while the parts are read.
#[derive(Default)]
pub(super) struct Check(Vec<WrongField>);

impl Check {
    pub fn wrong(&mut self, pointer: &str, expected: &str) {
        self.0.push(WrongField { pointer: pointer.to_owned(), expected: expected.to_owned() });
    }
    pub fn amount(&mut self, pointer: &str, text: &str) -> Decimal {
        match parse_decimal(text) {
            Ok(amount) if amount > Decimal::ZERO => amount,
            _ => {
                self.wrong(pointer, "a positive amount such as 1250000 or 12.50");
                Decimal::ONE
            }
        }
    }
    pub fn text(&mut self, pointer: &str, text: &Option<String>) {
        if text.as_ref().is_some_and(|t| t.chars().count() > TEXT_CHARS_MAX || t.chars().any(char::is_control)) {
            self.wrong(pointer, "at most 200 characters without control characters");
        }
    }
    pub fn reason(&mut self, reason: &str) -> String {
        let reason = reason.trim();
        if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX || reason.chars().any(char::is_control) {
            self.wrong("/reason", "1 to 500 characters without control characters");
        }
        reason.to_owned()
    }
    pub fn at(&mut self, pointer: &str, at: Option<Timestamp>, now: Timestamp) -> Timestamp {
        let at = at.unwrap_or(now);
        if at > now + chrono::TimeDelta::days(1) || at.timestamp() <= 0 {
            self.wrong(pointer, "an instant between 1970 and tomorrow");
        }
        at
    }
    /// Quantities of lines the order has.
    pub fn lines(&mut self, lines: &[(String, String)], state: &OrderState) -> Vec<LineQuantity> {
        if lines.len() > LINES_MAX {
            self.wrong("/lines", "at most 1000 lines");
        }
        let mut read = Vec::new();
        for (index, (line_id, quantity)) in lines.iter().take(LINES_MAX).enumerate() {
            if !state.lines().iter().any(|line| line.id == *line_id) {
                self.wrong(&format!("/lines/{index}/line_id"), "the external_id of a line of the order");
            }
            match quantity.parse::<Quantity>() {
                Ok(quantity) if quantity > Quantity::ZERO => read.push(LineQuantity { line_id: line_id.clone(), quantity }),
                _ => self.wrong(&format!("/lines/{index}/quantity"), "a positive quantity such as 2 or 0.5"),
            }
        }
        read
    }
    pub fn done(self) -> Result<(), MoneyError> {
        if self.0.is_empty() { Ok(()) } else { Err(MoneyError::Fields(self.0)) }
    }
}

/// Takes a payment. Returns the tender's id and the change the buyer gets.
pub async fn tender(tx: &mut TenantTx, _: Permit<TenderOrders>, id: OrderId, seen: i64, new: &NewTender) -> Result<(String, Money), MoneyError> {
    let open = Open::lock(tx, id, seen).await?;
    let mut check = Check::default();
    if !METHODS.contains(&new.method.as_str()) {
        check.wrong("/method", "cash, bank_transfer, bank, card, wallet, points, paid_voucher, store_credit, deposit or cod");
    }
    check.text("/reference", &new.reference);
    check.text("/account", &new.account);
    let at = check.at("/at", new.at, tx.now());
    let owed = open.projection.outstanding.max(Decimal::ZERO);
    let given = new.given.as_deref().map(|given| check.amount("/given", given));
    if given.is_some() && new.method != "cash" {
        check.wrong("/given", "nothing: only cash is handed over");
    }
    let amount = match (new.amount.as_deref(), given) {
        (Some(amount), _) => check.amount("/amount", amount),
        (None, Some(given)) if !owed.is_zero() => given.min(owed),
        (None, Some(_)) => {
            check.wrong("/given", "nothing: the order is paid");
            Decimal::ONE
        }
        (None, None) => {
            check.wrong("/amount", "a positive amount such as 1250000 or 12.50");
            Decimal::ONE
        }
    };
    if given.is_some_and(|given| given < amount) {
        check.wrong("/given", "at least the amount");
    }
    check.done()?;
    let change = open.money(given.map_or(Decimal::ZERO, |given| given - amount));
    let tender_id = Open::next_id(&open.state.tenders, "t")?;
    let holder = match new.method.as_str() {
        "card" | "wallet" => Holder::Processor,
        "cod" => Holder::Carrier,
        _ => Holder::Tenant,
    };
    let tender = Tender {
        id: tender_id.clone(),
        method: new.method.clone(),
        state: TenderState::Captured,
        amount: open.money(amount),
        holder,
        reference: new.reference.clone(),
        account: new.account.clone().filter(|account| !account.trim().is_empty()),
        carrying: None,
        at: Some(at),
    };
    let tender = tills::name(tx, tender).await?;
    open.tell(tx, vec![What::Tendered(tender)]).await?;
    Ok((tender_id, change))
}

/// Voids a captured payment: it was never made. What finance gave up is taken back in `receivables`, by its own right.
pub async fn void(tx: &mut TenantTx, _: Permit<PostFinance>, id: OrderId, seen: i64, tender_id: &str, reason: &str) -> Result<(), MoneyError> {
    undo(tx, id, seen, tender_id, reason, false).await
}

/// Undoes a tender; `of_finance`: one that no payment made.
pub(crate) async fn undo(tx: &mut TenantTx, id: OrderId, seen: i64, tender_id: &str, reason: &str, of_finance: bool) -> Result<(), MoneyError> {
    let open = Open::lock(tx, id, seen).await?;
    let known = open.state.tenders.get(tender_id).cloned().ok_or(MoneyError::UnknownTender)?;
    if OF_FINANCE.contains(&known.method.as_str()) != of_finance {
        return Err(MoneyError::UnknownTender);
    }
    let counts = !matches!(known.method.as_str(), "write_off" | "early_discount");
    let mut check = Check::default();
    let reason = check.reason(reason);
    check.done()?;
    match known.state {
        TenderState::Captured => {}
        TenderState::Pending => return Err(MoneyError::NotCaptured("pending")),
        TenderState::Authorized => return Err(MoneyError::NotCaptured("authorized")),
        TenderState::Failed => return Err(MoneyError::NotCaptured("failed")),
        TenderState::Voided => return Err(MoneyError::NotCaptured("voided")),
    }
    let (refunded, paid) = (open.projection.refunded + open.forfeited(), open.projection.tendered - if counts { known.amount.amount } else { Decimal::ZERO });
    if refunded > paid {
        return Err(MoneyError::RefundedAlready { refunded: open.money(refunded), paid: open.money(paid) });
    }
    let reference = Some(format!("voided: {reason}"));
    open.tell(tx, vec![What::Tendered(Tender { state: TenderState::Voided, reference, ..known })]).await
}

/// Settles what an order owes without money coming in: by what was received before, by a discount for paying early, by giving
/// it up. Each part is a tender of its own. Whoever calls holds the right for it.
pub(crate) async fn settle_open(tx: &mut TenantTx, id: OrderId, seen: i64, parts: &[(&'static str, Decimal, Option<String>, String)]) -> Result<Vec<String>, MoneyError> {
    let open = Open::lock(tx, id, seen).await?;
    let now = tx.now();
    let (mut ids, mut whats) = (Vec::new(), Vec::new());
    let mut known = open.state.tenders.clone();
    for (method, amount, account, reason) in parts {
        let tender_id = Open::next_id(&known, "t")?;
        let tender = Tender {
            id: tender_id.clone(),
            method: (*method).to_owned(),
            state: TenderState::Captured,
            amount: open.money(*amount),
            holder: Holder::Tenant,
            reference: Some(reason.clone()),
            account: account.clone(),
            carrying: None,
            at: Some(now),
        };
        known.insert(tender_id.clone(), tender.clone());
        whats.push(What::Tendered(tender));
        ids.push(tender_id);
    }
    open.tell(tx, whats).await?;
    Ok(ids)
}

/// Gives money back (MON-2). Returns the refund's id.
pub async fn refund(tx: &mut TenantTx, _: Permit<PostFinance>, id: OrderId, seen: i64, new: &NewRefund) -> Result<String, MoneyError> {
    let open = Open::lock(tx, id, seen).await?;
    let mut check = Check::default();
    let amount = check.amount("/amount", &new.amount);
    let reason = check.reason(&new.reason);
    if new.method.as_deref().is_some_and(|method| !METHODS.contains(&method) || Method::of(method) == Method::PaidVoucher) {
        check.wrong("/method", "cash, bank_transfer, bank, card, wallet, points, store_credit, deposit or cod; left out: as the buyer paid");
    }
    check.text("/account", &new.account);
    let at = check.at("/at", new.at, tx.now());
    let lines = check.lines(&new.lines, &open.state);
    check.done()?;
    let account = new.account.clone().filter(|account| !account.trim().is_empty());
    let account = match (new.method.as_deref(), account) {
        (Some("store_credit"), Some(named)) => Some(tills::credit(tx, &named, open.projection.currency).await?),
        (_, account) => account,
    };
    let left = (open.projection.tendered - open.projection.refunded - open.forfeited()).max(Decimal::ZERO);
    if amount > left {
        return Err(MoneyError::RefundAbovePaid { asked: open.money(amount), left: open.money(left) });
    }
    let refund_id = Open::next_id(&open.state.refunds, "r")?;
    let refund = Refund {
        id: refund_id.clone(),
        state: RefundState::Executed,
        amount: Some(open.money(amount)),
        method: new.method.clone(),
        account,
        reason: Some(reason),
        lines,
        at: Some(at),
    };
    open.tell(tx, vec![What::Refunded(refund)]).await?;
    Ok(refund_id)
}

/// Moves what an order owes its buyer to the company's account, in place of paying it out. Whoever calls holds the right and has
/// seen in the books that it is owed.
pub(crate) async fn refund_to_account(tx: &mut TenantTx, id: OrderId, seen: i64, amount: Decimal, account: &str, reason: &str) -> Result<String, MoneyError> {
    let open = Open::lock(tx, id, seen).await?;
    let credit_note = -open.projection.totals.due(open.projection.described).unwrap_or_default();
    let left = (open.projection.tendered - open.projection.refunded).max(Decimal::ZERO) + credit_note.max(Decimal::ZERO);
    if amount > left {
        return Err(MoneyError::RefundAbovePaid { asked: open.money(amount), left: open.money(left) });
    }
    let refund_id = Open::next_id(&open.state.refunds, "r")?;
    let refund = Refund {
        id: refund_id.clone(),
        state: RefundState::Executed,
        amount: Some(open.money(amount)),
        method: Some("on_account".into()),
        account: Some(account.to_owned()),
        reason: Some(reason.to_owned()),
        lines: Vec::new(),
        at: Some(tx.now()),
    };
    open.tell(tx, vec![What::Refunded(refund)]).await?;
    Ok(refund_id)
}

/// What became of an act: it is a fact, or the order's channel was asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    Done(String),
    Asked(ErrandId),
}

/// Makes a package, or moves one on (MON-3). Returns its id, or what its channel was asked.
pub async fn ship(tx: &mut TenantTx, _: Permit<EditOrders>, id: OrderId, seen: i64, new: &NewShipment) -> Result<Act, MoneyError> {
    let open = Open::lock_any(tx, id, seen).await?;
    if !open.source.kind.is_direct() {
        return Ok(Act::Asked(remote::ship(tx, id, &open, new).await?));
    }
    let mut check = Check::default();
    let state: ShipmentState = serde_json::from_value(serde_json::Value::String(new.state.clone())).unwrap_or_else(|_| {
        check.wrong("/state", "ready, handed_over, in_transit, delivered, failed, returning, returned, cancelled or lost");
        ShipmentState::Ready
    });
    for (pointer, text) in [("/id", &new.id), ("/carrier", &new.carrier), ("/tracking", &new.tracking)] {
        check.text(pointer, text);
    }
    let at = check.at("/at", new.at, tx.now());
    let mut lines = check.lines(&new.lines, &open.state);
    check.done()?;
    let known = new.id.as_ref().and_then(|id| open.state.shipments.get(id));
    if let Some(known) = known.filter(|_| new.lines.is_empty()) {
        lines.clone_from(&known.lines);
    }
    let leaves = state.has_left() && known.is_none_or(|known| !known.state.has_left());
    if leaves {
        let held = holds::of_orders(tx, &[id.uuid()]).await?;
        if let Some(hold) = held.into_iter().find(|hold| hold.state == "placed" && hold.blocks.iter().any(|block| block == "ship")) {
            return Err(MoneyError::Held { kind: hold.r#type, scope: hold.scope, reason: hold.reason });
        }
    }
    let shipment_id = match &new.id {
        Some(id) if !id.trim().is_empty() => id.clone(),
        _ => Open::next_id(&open.state.shipments, "s")?,
    };
    let others = open.state.shipments.values().filter(|s| s.id != shipment_id && !matches!(s.state, ShipmentState::Cancelled | ShipmentState::Returned));
    let mut packed: BTreeMap<&str, Decimal> = BTreeMap::new();
    if state != ShipmentState::Cancelled {
        for part in others.flat_map(|s| &s.lines).chain(&lines) {
            *packed.entry(&part.line_id).or_default() += part.quantity.get();
        }
    }
    for line in open.state.lines() {
        let packed = packed.get(line.id.as_str()).copied().unwrap_or_default();
        if packed > line.quantity.get().max(Decimal::ZERO) {
            return Err(MoneyError::AboveOrdered { line: line.id.clone(), ordered: line.quantity, packed });
        }
    }
    if known.is_none() && open.state.shipments.len() >= PARTS_MAX {
        return Err(MoneyError::TooMany);
    }
    let shipment = Shipment { id: shipment_id.clone(), state, carrier: new.carrier.clone(), tracking: new.tracking.clone(), lines, at: Some(at) };
    open.tell(tx, vec![What::Shipped(shipment)]).await?;
    Ok(Act::Done(shipment_id))
}

/// Notes what a carrier, processor or marketplace kept or paid out for the order.
pub async fn settle(tx: &mut TenantTx, _: Permit<PostFinance>, id: OrderId, seen: i64, new: &[NewSettlementLine]) -> Result<(), MoneyError> {
    let open = Open::lock(tx, id, seen).await?;
    let mut check = Check::default();
    if new.is_empty() || new.len() > LINES_MAX {
        check.wrong("/lines", "1 to 1000 lines");
    }
    if open.state.settlement.len() + new.len() > PARTS_MAX {
        return Err(MoneyError::TooMany);
    }
    let mut lines: Vec<SettlementLine> = Vec::new();
    for (index, line) in new.iter().take(LINES_MAX).enumerate() {
        let at_field = |field: &str| format!("/lines/{index}/{field}");
        let plain = !line.kind.is_empty() && line.kind.len() <= 60 && line.kind.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !plain {
            check.wrong(&at_field("kind"), "a word such as commission or payout, in lower case");
        }
        check.text(&at_field("id"), &line.id);
        check.text(&at_field("statement"), &line.statement);
        let amount = check.amount(&at_field("amount"), &line.amount);
        let at = check.at(&at_field("at"), line.at, tx.now());
        let line_id = line.id.clone().filter(|id| !id.trim().is_empty()).unwrap_or_else(|| format!("l{}", open.state.settlement.len() + index + 1));
        if open.state.settlement.contains_key(&line_id) || lines.iter().any(|known| known.id == line_id) {
            check.wrong(&at_field("id"), "an id no other settlement line of the order has");
        }
        lines.push(SettlementLine { id: line_id, kind: line.kind.clone(), amount: open.money(amount), statement: line.statement.clone(), at: Some(at) });
    }
    check.done()?;
    open.tell(tx, lines.into_iter().map(What::Settled).collect()).await
}
