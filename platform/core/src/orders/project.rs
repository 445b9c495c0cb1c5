//! What the tables say of an order: computed from its state, never edited.
//! Invariant PRJ-1: a projection depends on the state, the order's source and whether it is a copy alone, so `verify` can
//! compute it again.

use super::fact::*;
use super::fold::OrderState;
use super::source::Source;
use super::totals::{self, LineTotals, Totals};
use super::tracks::{self, DeliveryTrack, InvoiceTrack, Moved, PaymentTrack};
use super::confirm::{self, Due};
use super::{search, source};
use chrono::SubsecRound as _;
use kernel::{CompanyId, Currency, Decimal, Timestamp};

/// The code of "no currency" (ISO 4217), for orders of which nothing with money is known yet.
pub const NO_CURRENCY: &str = "XXX";

/// The columns of `tenant.orders` that follow from facts.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    pub external_number: Option<String>,
    pub channel_status: Option<String>,
    pub business: bool,
    pub company_id: Option<CompanyId>,
    /// When the order was confirmed, by a person or by the rule for consumers.
    pub confirmed_at: Option<Timestamp>,
    pub due_schedule: Option<Vec<Due>>,
    pub due_on: Option<chrono::NaiveDate>,
    pub placed_at: Timestamp,
    pub currency: Currency,
    pub described: bool,
    /// Of an order that counts instead of it (SAME-1).
    pub copy: bool,
    pub test: bool,
    pub buyer: Buyer,
    pub buyer_key: Option<String>,
    pub ship_to: Option<Address>,
    pub staff: Option<String>,
    pub branch: Option<String>,
    pub source_tag: Option<String>,
    pub source_evidence: Option<String>,
    pub payment_method: Option<String>,
    pub cash_on_delivery: bool,
    pub note: Option<String>,
    pub tags: Vec<String>,
    pub totals: Totals,
    pub tendered: Decimal,
    pub refunded: Decimal,
    pub outstanding: Decimal,
    pub payment: PaymentTrack,
    pub delivery: DeliveryTrack,
    pub invoice: InvoiceTrack,
    pub units: Decimal,
    pub search_text: String,
    pub lines: Vec<(Line, LineTotals)>,
    pub problems: Vec<MappingProblem>,
}

/// Something a channel told that our books cannot take as it is. Becomes a `mapping` hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MappingProblem {
    /// `order`, or `line:<external id>`
    pub scope: String,
    pub field: String,
    pub value: String,
    pub reason: String,
}

impl Projection {
    pub fn of(state: &OrderState, source: Source, external_id: &str) -> Projection {
        let told = &state.description;
        let mut problems = Vec::new();
        let currency = currency_of(state);
        let mut problem = |scope: &str, field: &str, value: String, reason: &str| {
            problems.push(MappingProblem { scope: scope.to_owned(), field: field.to_owned(), value, reason: reason.to_owned() });
        };
        for Unmapped { field, value } in told.unmapped.iter().flatten() {
            problem("order", field, value.clone(), "the channel's value is not one we know");
        }
        if let Some(word) = told.status.as_deref().filter(|word| !word.is_empty() && !source.kind.knows_status(word)) {
            problem("order", "status", word.to_owned(), "the channel's status word is not one we know");
        }
        let lines: Vec<(Line, LineTotals)> = state
            .lines()
            .iter()
            .map(|line| {
                let scope = format!("line:{}", line.id);
                let part = if line.unit_price.currency != currency {
                    problem(&scope, "currency", line.unit_price.currency.to_string(), "the line is in another currency than its order and is left out of the totals");
                    LineTotals::default()
                } else {
                    totals::of_line(line).unwrap_or_else(|| {
                        problem(&scope, "amount", format!("{} x {}", line.quantity, line.unit_price), "the amount is beyond what the books hold and is left out of the totals");
                        LineTotals::default()
                    })
                };
                (line.clone(), part)
            })
            .collect();
        let counted = lines.iter().filter(|(line, part)| line.unit_price.currency == currency && (*part != LineTotals::default())).map(|(line, part)| (line, *part));
        let totals = totals::of_order(counted, state.is_described(), currency, told.stated_total).unwrap_or_else(|| {
            problem("order", "total", String::new(), "the sum of the lines is beyond what the books hold");
            Totals { stated: told.stated_total, ..Totals::default() }
        });
        let moved = moved(state, source, currency, &totals, &mut problem);
        let text = |value: &Option<String>| value.clone().filter(|text| !text.is_empty());
        let own = |own: &Option<String>, told: &Option<String>| text(if own.is_some() { own } else { told });
        let buyer = told.buyer.as_ref().map_or_else(Buyer::default, |b| Buyer {
            id: text(&b.id),
            name: text(&b.name),
            phone: text(&b.phone),
            email: text(&b.email),
            company: text(&b.company),
            tax_code: text(&b.tax_code),
            masked: b.masked,
        });
        let company_id = state.annotation.company_id.flatten();
        let mut projection = Projection {
            external_number: text(&told.number),
            channel_status: text(&told.status),
            business: company_id.is_some() || told.business.unwrap_or(buyer.company.is_some() && buyer.tax_code.is_some()),
            company_id,
            confirmed_at: None,
            due_schedule: None,
            due_on: None,
            // The database keeps microseconds; what is answered is what is kept.
            placed_at: told.placed_at.or(state.first_at).unwrap_or_default().trunc_subsecs(6),
            currency,
            described: state.is_described(),
            copy: false,
            test: told.test.unwrap_or(false),
            buyer_key: buyer_key(&buyer, source),
            ship_to: told.ship_to.clone(),
            staff: own(&state.annotation.staff, &told.staff),
            branch: text(&told.branch),
            source_tag: text(&state.annotation.source_tag),
            source_evidence: own(&state.annotation.source_evidence, &told.source),
            payment_method: text(&told.payment_method).or_else(|| state.tenders.values().find(|t| !t.method.is_empty()).map(|t| t.method.clone())),
            cash_on_delivery: told.cash_on_delivery.unwrap_or(false),
            note: own(&state.annotation.note, &told.note),
            tags: state.annotation.tags.clone().unwrap_or_default(),
            tendered: moved.captured,
            refunded: moved.refunded,
            outstanding: tracks::outstanding(moved),
            payment: tracks::payment(moved),
            delivery: tracks::delivery(state),
            invoice: tracks::invoice(state.invoice.as_ref(), &state.documents),
            units: lines.iter().filter(|(line, _)| line.kind == LineKind::Product).map(|(line, _)| line.quantity.get()).sum(),
            search_text: String::new(),
            totals,
            buyer,
            lines,
            problems,
        };
        projection.search_text = projection.searchable(state, external_id);
        projection.confirmed_at = confirm::confirmed_at(state, &projection, source);
        projection.due_schedule = confirm::due_schedule(state, &projection);
        projection.due_on = confirm::due_on(&projection);
        projection.problems.sort();
        projection.problems.dedup();
        projection
    }

    /// The same while another order counts for the sale (SAME-1): nothing of it is owed, and nothing has to be mapped.
    pub fn as_copy(self, copy: bool) -> Projection {
        if copy { Projection { copy, outstanding: Decimal::ZERO, due_on: None, due_schedule: None, problems: Vec::new(), ..self } } else { self }
    }

    fn searchable(&self, state: &OrderState, external_id: &str) -> String {
        let phone = self.buyer.phone.as_deref().map(|phone| phone.chars().filter(char::is_ascii_digit).collect::<String>());
        let pieces = [Some(external_id), self.external_number.as_deref(), phone.as_deref(), self.buyer.name.as_deref(), self.buyer.company.as_deref(), self.buyer.email.as_deref()];
        let shipped = state.shipments.values().filter_map(|s| s.tracking.as_deref());
        let recipient = self.ship_to.as_ref().and_then(|a| a.recipient.as_deref());
        let lines = self.lines.iter().flat_map(|(line, _)| [line.sku.as_deref(), line.name.as_deref()]);
        search::text_of(pieces.into_iter().chain([recipient]).flatten().chain(shipped).chain(lines.flatten()))
    }
}

/// The order's currency: as told, else that of its lines, else that of its money, else none.
fn currency_of(state: &OrderState) -> Currency {
    let lines = state.lines().iter().map(|l| l.unit_price.currency);
    let tenders = state.tenders.values().map(|t| t.amount.currency);
    let refunds = state.refunds.values().filter_map(|r| r.amount.map(|m| m.currency));
    // An order that only a statement tells of has the statement's currency.
    let settled = state.settlement.values().map(|l| l.amount.currency);
    let told = state.description.currency.into_iter().chain(lines).chain(tenders).chain(refunds).chain(settled).next();
    told.unwrap_or_else(no_currency)
}

fn no_currency() -> Currency {
    NO_CURRENCY.parse().unwrap_or(Currency::USD)
}

fn moved(state: &OrderState, source: Source, currency: Currency, totals: &Totals, problem: &mut impl FnMut(&str, &str, String, &str)) -> Moved {
    let mut moved = Moved {
        due: totals.due(state.is_described()),
        cash_on_delivery: state.description.cash_on_delivery.unwrap_or(false),
        deposit_only: true,
        ..Moved::default()
    };
    let books = Decimal::from(100_000_000_000_000_i64);
    let mut add = |sum: &mut Decimal, amount: kernel::Money, scope: String| {
        let fits = sum.checked_add(amount.amount).filter(|sum| sum.abs() < books);
        match fits {
            _ if amount.currency != currency => problem(&scope, "currency", amount.currency.to_string(), "the money is in another currency than its order and is left out"),
            None => problem(&scope, "amount", amount.to_string(), "the amount is beyond what the books hold and is left out"),
            Some(fits) => *sum = fits,
        }
    };
    for tender in state.tenders.values() {
        match tender.state {
            // Receivables given up are no money.
            TenderState::Captured if source.kind.is_direct() && tender.method == "write_off" => add(&mut moved.written_off, tender.amount, format!("tender:{}", tender.id)),
            TenderState::Captured if source.kind.is_direct() && tender.method == "early_discount" => add(&mut moved.discounted, tender.amount, format!("tender:{}", tender.id)),
            TenderState::Captured => {
                add(&mut moved.captured, tender.amount, format!("tender:{}", tender.id));
                moved.deposit_only &= tender.method == "deposit";
            }
            TenderState::Authorized => add(&mut moved.authorized, tender.amount, format!("tender:{}", tender.id)),
            TenderState::Pending | TenderState::Failed | TenderState::Voided => {}
        }
    }
    for refund in state.refunds.values().filter(|r| r.state == RefundState::Executed) {
        if let Some(amount) = refund.amount {
            add(&mut moved.refunded, amount, format!("refund:{}", refund.id));
        }
    }
    for forfeit in state.forfeits.values() {
        add(&mut moved.forfeited, forfeit.amount, format!("forfeit:{}", forfeit.id));
    }
    // A channel that voids every payment asks for none any more. A payment voided at our own desk was a mistake of typing:
    // the buyer owes as before.
    let all_voided = !state.tenders.is_empty() && state.tenders.values().all(|t| t.state == TenderState::Voided);
    moved.withdrawn = state.is_cancelled() || all_voided && !source.kind.is_direct();
    moved.deposit_only &= !moved.captured.is_zero();
    moved
}

/// Under which key orders of one buyer meet: never by a masked name or phone (the channel hides the person).
fn buyer_key(buyer: &Buyer, source: source::Source) -> Option<String> {
    if let Some(id) = &buyer.id {
        return Some(format!("{}:{id}", source.kind));
    }
    if buyer.masked {
        return None;
    }
    let phone: String = buyer.phone.iter().flat_map(|p| p.chars()).filter(char::is_ascii_digit).collect();
    match &buyer.email {
        _ if phone.len() >= 8 => Some(format!("phone:{phone}")),
        Some(email) if email.contains('@') => Some(format!("email:{}", email.to_lowercase())),
        _ => None,
    }
}
