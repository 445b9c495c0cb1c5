//! The three tracks, each a pure function of facts. None reads another.
//! Invariant TRK-1: a track is computed from facts of its own concern: money moved, goods moved, documents asked for.
//!
//! State words are those of the capability list (C15), with `cod_pending` and `voided` from SPEC.md §11. A cancellation of
//! goods never implies a refund, and a refund never implies that goods came back.

use super::fact::*;
use super::fold::OrderState;
use kernel::Decimal;
use std::collections::BTreeMap;

macro_rules! track {
    ($(#[$meta:meta])* $name:ident { $($state:ident = $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($state,)* }
        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$state,)*];
            pub fn word(self) -> &'static str { match self { $($name::$state => $word,)* } }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.word()) }
        }
    };
}

track!(PaymentTrack {
    Unpaid = "unpaid",
    DepositPaid = "deposit_paid",
    CodPending = "cod_pending",
    Authorized = "authorized",
    PartiallyPaid = "partially_paid",
    Paid = "paid",
    Overpaid = "overpaid",
    PartiallyRefunded = "partially_refunded",
    Refunded = "refunded",
    Voided = "voided",
    WrittenOff = "written_off",
});

track!(DeliveryTrack {
    Unallocated = "unallocated",
    Packed = "packed",
    PartiallyShipped = "partially_shipped",
    Shipped = "shipped",
    PartiallyDelivered = "partially_delivered",
    Delivered = "delivered",
    Failed = "failed",
    Returning = "returning",
    PartiallyReturned = "partially_returned",
    Returned = "returned",
    Cancelled = "cancelled",
});

track!(InvoiceTrack {
    NotRequired = "not_required",
    Queued = "queued",
    Issued = "issued",
    Sent = "sent",
    Accepted = "accepted",
    Rejected = "rejected",
    Adjusted = "adjusted",
    Replaced = "replaced",
    Credited = "credited",
});

/// What moved, in the order's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// What the buyer owes in all; unknown until described.
    pub due: Option<Decimal>,
    pub captured: Decimal,
    pub authorized: Decimal,
    pub refunded: Decimal,
    /// Given for paying early: so much less is due.
    pub discounted: Decimal,
    /// Given up: it will not come.
    pub written_off: Decimal,
    /// Kept of a deposit though the order was called off: owed to the buyer no more.
    pub forfeited: Decimal,
    /// Every captured tender is a deposit.
    pub deposit_only: bool,
    pub cash_on_delivery: bool,
    /// The demand for payment was withdrawn: the order was called off, or its channel voided every payment.
    pub withdrawn: bool,
}

/// Payment track, from what is due and what moved.
pub fn payment(moved: Moved) -> PaymentTrack {
    use std::cmp::Ordering::*;
    let Moved { captured, authorized, refunded, .. } = moved;
    let due = moved.due.map(|due| due - moved.discounted);
    if refunded > Decimal::ZERO {
        // What stays after giving back an overpayment alone is still a paid order.
        let kept = captured - refunded;
        let all = if captured.is_zero() { due.is_none_or(|due| refunded >= due.abs()) } else { kept <= Decimal::ZERO };
        return match due {
            _ if all => PaymentTrack::Refunded,
            Some(due) if due >= Decimal::ZERO && kept == due => PaymentTrack::Paid,
            Some(due) if due >= Decimal::ZERO && kept > due => PaymentTrack::Overpaid,
            _ => PaymentTrack::PartiallyRefunded,
        };
    }
    if moved.written_off > Decimal::ZERO && due.is_some_and(|due| captured + moved.written_off >= due) {
        return PaymentTrack::WrittenOff;
    }
    if captured.is_zero() {
        return match due {
            _ if moved.withdrawn => PaymentTrack::Voided,
            Some(due) if due.is_zero() => PaymentTrack::Paid,
            _ if authorized > Decimal::ZERO => PaymentTrack::Authorized,
            _ if moved.cash_on_delivery => PaymentTrack::CodPending,
            _ => PaymentTrack::Unpaid,
        };
    }
    match due.map(|due| captured.cmp(&due)) {
        None => PaymentTrack::PartiallyPaid,
        Some(Less) if moved.deposit_only => PaymentTrack::DepositPaid,
        Some(Less) => PaymentTrack::PartiallyPaid,
        Some(Equal) => PaymentTrack::Paid,
        Some(Greater) => PaymentTrack::Overpaid,
    }
}

/// What the buyer still owes; negative when we owe the buyer. Giving back an overpayment leaves the debt as it is; giving
/// back more lowers what is owed with it.
pub fn outstanding(moved: Moved) -> Decimal {
    let due = moved.due.unwrap_or_default() - moved.discounted - moved.written_off;
    if moved.withdrawn && moved.captured.is_zero() {
        return Decimal::ZERO;
    }
    if due < Decimal::ZERO {
        return due - moved.captured + moved.refunded;
    }
    let excess = (moved.captured - due).max(Decimal::ZERO);
    let open = due - moved.captured + (moved.refunded + moved.forfeited).min(excess);
    // Of what was called off nothing is asked for any more, also when a part was paid.
    if moved.withdrawn { open.min(Decimal::ZERO) } else { open }
}

/// Delivery track, from the quantities ordered, the packages and the goods that came back.
pub fn delivery(state: &OrderState) -> DeliveryTrack {
    let goods = Goods::of(state);
    let Goods { wanted, left, arrived, failed, coming_back, back, packed, called_off } = goods;
    let zero = Decimal::ZERO;
    if called_off && left == zero {
        return DeliveryTrack::Cancelled;
    }
    match () {
        _ if back > zero && back >= wanted.min(left) => DeliveryTrack::Returned,
        _ if coming_back > zero => DeliveryTrack::Returning,
        _ if back > zero => DeliveryTrack::PartiallyReturned,
        _ if failed > zero && arrived == zero => DeliveryTrack::Failed,
        _ if arrived > zero && arrived >= wanted => DeliveryTrack::Delivered,
        _ if arrived > zero => DeliveryTrack::PartiallyDelivered,
        _ if left > zero && left >= wanted => DeliveryTrack::Shipped,
        _ if left > zero => DeliveryTrack::PartiallyShipped,
        _ if packed > zero => DeliveryTrack::Packed,
        _ => DeliveryTrack::Unallocated,
    }
}

/// Invoice track, from what was asked for and the documents that exist. A document that was replaced counts no more. What
/// needs a person comes first (rejected), then what corrected the sale; of several invoices the one furthest behind counts.
pub fn invoice(request: Option<&InvoiceRequest>, documents: &BTreeMap<String, IssuedDocument>) -> InvoiceTrack {
    let replaced = |id: &str| documents.values().any(|d| d.kind == DocumentKind::Replacement && d.of.as_deref() == Some(id));
    let live: Vec<&IssuedDocument> = documents.values().filter(|d| !replaced(&d.id)).collect();
    let any = |kind: DocumentKind| live.iter().any(|d| d.kind == kind);
    match live.iter().map(|d| d.state).min() {
        _ if live.iter().any(|d| d.state == DocumentState::Rejected) => InvoiceTrack::Rejected,
        _ if any(DocumentKind::CreditNote) => InvoiceTrack::Credited,
        _ if any(DocumentKind::Adjustment) => InvoiceTrack::Adjusted,
        _ if any(DocumentKind::Replacement) => InvoiceTrack::Replaced,
        Some(DocumentState::Issued) => InvoiceTrack::Issued,
        Some(DocumentState::Sent) => InvoiceTrack::Sent,
        Some(DocumentState::Accepted) => InvoiceTrack::Accepted,
        Some(DocumentState::Rejected) | None => match request {
            Some(r) if r.number.as_deref().is_some_and(|n| !n.is_empty()) => InvoiceTrack::Issued,
            Some(r) if r.requested => InvoiceTrack::Queued,
            _ => InvoiceTrack::NotRequired,
        },
    }
}

/// How much is where. In units when every package names its lines; else each package is one equal part of the whole.
#[derive(Clone, Copy, Debug, Default)]
struct Goods {
    wanted: Decimal,
    packed: Decimal,
    left: Decimal,
    arrived: Decimal,
    failed: Decimal,
    coming_back: Decimal,
    back: Decimal,
    /// Everything ordered was cancelled.
    called_off: bool,
}

impl Goods {
    fn of(state: &OrderState) -> Goods {
        let products: BTreeMap<&str, Decimal> = state.lines().iter().filter(|l| l.kind == LineKind::Product).map(|l| (l.id.as_str(), l.quantity.get())).collect();
        let live: Vec<&Shipment> = state.shipments.values().filter(|s| s.state != ShipmentState::Cancelled).collect();
        let by_units = state.is_described() && live.iter().all(|s| !s.lines.is_empty());
        let units = |lines: &[LineQuantity]| lines.iter().map(|l| l.quantity.get()).sum::<Decimal>();
        let ordered: Decimal = products.values().filter(|q| **q > Decimal::ZERO).sum();
        let cancelled = if state.is_cancelled() {
            ordered
        } else {
            state.cancellations.values().filter(|c| c.state == CancellationState::Accepted).map(|c| units(&c.lines)).sum()
        };
        let called_off = state.is_cancelled() || ordered > Decimal::ZERO && cancelled >= ordered;
        let wanted = if by_units { (ordered - cancelled).max(Decimal::ZERO) } else { Decimal::from(live.len().max(1)) };
        let mut goods = Goods { wanted, called_off, ..Goods::default() };
        let whole = if by_units { ordered } else { Decimal::from(live.len().max(1)) };
        for shipment in &live {
            let amount = if by_units { units(&shipment.lines) } else { Decimal::ONE };
            let places: &mut [&mut Decimal] = match shipment.state {
                ShipmentState::Ready | ShipmentState::Cancelled => &mut [&mut goods.packed],
                ShipmentState::HandedOver | ShipmentState::InTransit => &mut [&mut goods.left],
                ShipmentState::Delivered => &mut [&mut goods.left, &mut goods.arrived],
                ShipmentState::Failed | ShipmentState::Lost => &mut [&mut goods.left, &mut goods.failed],
                ShipmentState::Returning => &mut [&mut goods.left, &mut goods.coming_back],
                ShipmentState::Returned => &mut [&mut goods.left, &mut goods.back],
            };
            places.iter_mut().for_each(|place| **place += amount);
        }
        for sent_back in state.returns.values().filter(|r| r.goods_back) {
            let amount = match (sent_back.lines.is_empty(), by_units) {
                (true, _) => whole,
                (false, true) => units(&sent_back.lines),
                (false, false) if ordered.is_zero() => whole,
                // The packages name no lines: the share of the units stands for the share of the packages.
                (false, false) => whole * units(&sent_back.lines) / ordered,
            };
            match sent_back.state {
                ReturnState::ShippingBack => goods.coming_back += amount,
                ReturnState::Received | ReturnState::Closed => goods.back += amount,
                ReturnState::Requested | ReturnState::Approved | ReturnState::Rejected | ReturnState::Withdrawn => {}
            }
        }
        goods
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{Currency, Money};

    fn money(due: Option<i64>, captured: i64, authorized: i64, refunded: i64) -> Moved {
        Moved { due: due.map(Decimal::from), captured: captured.into(), authorized: authorized.into(), refunded: refunded.into(), ..Moved::default() }
    }

    /// The whole policy of the payment track on one page: (what moved) -> state, outstanding.
    #[test]
    fn trk_1_payment_table() {
        use PaymentTrack::*;
        let cod = |m: Moved| Moved { cash_on_delivery: true, ..m };
        let withdrawn = |m: Moved| Moved { withdrawn: true, ..m };
        let deposit = |m: Moved| Moved { deposit_only: true, ..m };
        let table = [
            (money(None, 0, 0, 0), Unpaid, 0),
            (money(Some(100), 0, 0, 0), Unpaid, 100),
            (money(Some(0), 0, 0, 0), Paid, 0),
            (cod(money(Some(100), 0, 0, 0)), CodPending, 100),
            (cod(money(Some(100), 100, 0, 0)), Paid, 0),
            (money(Some(100), 0, 100, 0), Authorized, 100),
            (money(None, 50, 0, 0), PartiallyPaid, -50),
            (money(Some(100), 60, 0, 0), PartiallyPaid, 40),
            (deposit(money(Some(100), 30, 0, 0)), DepositPaid, 70),
            (deposit(money(Some(100), 100, 0, 0)), Paid, 0),
            (money(Some(100), 100, 0, 0), Paid, 0),
            (money(Some(100), 120, 0, 0), Overpaid, -20),
            (money(Some(100), 120, 0, 20), Paid, 0),
            (money(Some(100), 120, 0, 10), Overpaid, -10),
            (money(Some(100), 100, 0, 30), PartiallyRefunded, 0),
            (money(Some(100), 60, 0, 60), Refunded, 40),
            (money(Some(100), 100, 0, 100), Refunded, 0),
            (withdrawn(money(Some(100), 0, 0, 0)), Voided, 0),
            (withdrawn(money(Some(100), 100, 0, 0)), Paid, 0),
            (withdrawn(money(Some(100), 30, 0, 0)), PartiallyPaid, 0),
            (withdrawn(money(Some(100), 100, 0, 100)), Refunded, 0),
            (Moved { discounted: 2.into(), ..money(Some(100), 98, 0, 0) }, Paid, 0),
            (Moved { discounted: 2.into(), ..money(Some(100), 50, 0, 0) }, PartiallyPaid, 48),
            (Moved { written_off: 40.into(), ..money(Some(100), 60, 0, 0) }, WrittenOff, 0),
            (Moved { written_off: 100.into(), ..money(Some(100), 0, 0, 0) }, WrittenOff, 0),
            (Moved { written_off: 30.into(), ..money(Some(100), 60, 0, 0) }, PartiallyPaid, 10),
            // A credit note: we owe the buyer until it is given back.
            (money(Some(-50), 0, 0, 0), Unpaid, -50),
            (money(Some(-50), 0, 0, 20), PartiallyRefunded, -30),
            (money(Some(-50), 0, 0, 50), Refunded, 0),
        ];
        for (moved, track, owed) in table {
            assert_eq!((payment(moved), outstanding(moved)), (track, Decimal::from(owed)), "{moved:?}");
        }
        let reached: std::collections::HashSet<_> = table.iter().map(|row| row.1).collect();
        assert_eq!(reached.len(), PaymentTrack::ALL.len(), "every state is reachable");
    }

    fn line(id: &str, quantity: i64) -> Line {
        let price = Money::new(Decimal::ONE, Currency::VND);
        Line { id: id.into(), kind: LineKind::Product, sku: None, name: None, quantity: Decimal::from(quantity).try_into().unwrap(), unit_price: price, components: vec![], taxes: vec![], gift: false }
    }
    fn units(lines: &[(&str, i64)]) -> Vec<LineQuantity> {
        lines.iter().map(|(id, n)| LineQuantity { line_id: (*id).into(), quantity: Decimal::from(*n).try_into().unwrap() }).collect()
    }
    /// An order of 2 `a` and 3 `b`, with packages, cancellations and returns.
    fn order(packages: &[(ShipmentState, &[(&str, i64)])], cancelled: Option<&[(&str, i64)]>, back: Option<(ReturnState, &[(&str, i64)])>) -> OrderState {
        let mut state = OrderState::default();
        state.description.lines = Some(vec![line("a", 2), line("b", 3)]);
        for (index, (shipment, lines)) in packages.iter().enumerate() {
            state.shipments.insert(index.to_string(), Shipment { id: index.to_string(), state: *shipment, carrier: None, tracking: None, lines: units(lines), at: None });
        }
        if let Some(lines) = cancelled {
            state.cancellations.insert("c".into(), Cancellation { id: "c".into(), state: CancellationState::Accepted, reason: None, by: None, lines: units(lines), at: None });
        }
        if let Some((returned, lines)) = back {
            state.returns.insert("r".into(), GoodsReturn { id: "r".into(), state: returned, reason: None, goods_back: true, exchange: false, refund: None, lines: units(lines), at: None });
        }
        state
    }

    #[test]
    fn trk_1_delivery_table() {
        use DeliveryTrack::*;
        use ShipmentState as S;
        let all: &[(&str, i64)] = &[("a", 2), ("b", 3)];
        let (a, b): (&[(&str, i64)], &[(&str, i64)]) = (&[("a", 2)], &[("b", 3)]);
        let table = [
            ("nothing yet", order(&[], None, None), Unallocated),
            ("one package, whole order", order(&[(S::Ready, &[])], None, None), Packed),
            ("half has left", order(&[(S::InTransit, a)], None, None), PartiallyShipped),
            ("all has left", order(&[(S::InTransit, a), (S::HandedOver, b)], None, None), Shipped),
            ("one of two whole packages", order(&[(S::InTransit, &[]), (S::Ready, &[])], None, None), PartiallyShipped),
            ("half arrived", order(&[(S::Delivered, a), (S::InTransit, b)], None, None), PartiallyDelivered),
            ("all arrived", order(&[(S::Delivered, all)], None, None), Delivered),
            ("the rest was cancelled", order(&[(S::Delivered, a)], Some(b), None), Delivered),
            ("not accepted at the door", order(&[(S::Failed, &[])], None, None), Failed),
            ("lost", order(&[(S::Lost, all)], None, None), Failed),
            ("carrier brings it back", order(&[(S::Returning, &[])], None, None), Returning),
            ("carrier brought it back", order(&[(S::Returned, &[])], None, None), Returned),
            ("buyer sends some back", order(&[(S::Delivered, all)], None, Some((ReturnState::ShippingBack, a))), Returning),
            ("some is back", order(&[(S::Delivered, all)], None, Some((ReturnState::Received, a))), PartiallyReturned),
            ("all is back", order(&[(S::Delivered, &[])], None, Some((ReturnState::Closed, &[]))), Returned),
            ("asked, not sent", order(&[(S::Delivered, all)], None, Some((ReturnState::Requested, a))), Delivered),
            ("called off", order(&[], Some(&[]), None), Cancelled),
            ("called off with a package ready", order(&[(S::Ready, &[])], Some(&[]), None), Cancelled),
            ("every line called off", order(&[], Some(all), None), Cancelled),
            ("called off on its way", order(&[(S::InTransit, &[])], Some(&[]), None), Shipped),
            ("package withdrawn", order(&[(S::Cancelled, &[])], None, None), Unallocated),
        ];
        for (name, state, track) in &table {
            assert_eq!(delivery(state), *track, "{name}");
        }
        let reached: std::collections::HashSet<_> = table.iter().map(|row| row.2).collect();
        assert_eq!(reached.len(), DeliveryTrack::ALL.len(), "every state is reachable");
    }

    fn document(id: &str, kind: DocumentKind, state: DocumentState, of: Option<&str>) -> IssuedDocument {
        IssuedDocument { id: id.into(), number: id.into(), kind, state, of: of.map(str::to_owned), issued_at: kernel::Timestamp::default() }
    }

    #[test]
    fn trk_1_invoice_table() {
        use DocumentKind as K;
        use DocumentState as S;
        let request = |requested, number: Option<&str>| InvoiceRequest { requested, number: number.map(str::to_owned), name: None, tax_code: None, email: None, address: None };
        let (asked, elsewhere) = (request(true, Some("")), request(false, Some("1C26TAA-7")));
        let first = |state| document("a", K::Invoice, state, None);
        let table = [
            (None, vec![], InvoiceTrack::NotRequired),
            (Some(request(false, None)), vec![], InvoiceTrack::NotRequired),
            (Some(asked.clone()), vec![], InvoiceTrack::Queued),
            (Some(elsewhere), vec![], InvoiceTrack::Issued),
            (Some(asked), vec![first(S::Issued)], InvoiceTrack::Issued),
            (None, vec![first(S::Sent)], InvoiceTrack::Sent),
            (None, vec![first(S::Accepted)], InvoiceTrack::Accepted),
            (None, vec![first(S::Accepted), document("b", K::Invoice, S::Issued, None)], InvoiceTrack::Issued),
            (None, vec![first(S::Rejected)], InvoiceTrack::Rejected),
            (None, vec![first(S::Rejected), document("b", K::Replacement, S::Issued, Some("a"))], InvoiceTrack::Replaced),
            (None, vec![first(S::Rejected), document("b", K::Replacement, S::Rejected, Some("a"))], InvoiceTrack::Rejected),
            (None, vec![first(S::Accepted), document("b", K::Adjustment, S::Issued, Some("a"))], InvoiceTrack::Adjusted),
            (None, vec![first(S::Accepted), document("b", K::CreditNote, S::Sent, Some("a"))], InvoiceTrack::Credited),
            (None, vec![first(S::Accepted), document("b", K::CreditNote, S::Rejected, Some("a"))], InvoiceTrack::Rejected),
        ];
        for (request, documents, track) in &table {
            let documents = documents.iter().map(|d| (d.id.clone(), d.clone())).collect();
            assert_eq!(invoice(request.as_ref(), &documents), *track, "{documents:?}");
        }
        let reached: std::collections::HashSet<_> = table.iter().map(|row| row.2).collect();
        assert_eq!(reached.len(), InvoiceTrack::ALL.len(), "every state is reachable");
    }
}
