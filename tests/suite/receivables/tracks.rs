//! Rules of a tenant over its three tracks.

use super::*;

#[tokio::test]
async fn track_rule_1_no_act_leads_into_what_a_rule_forbids() {
    let desk = Desk::open().await;
    let rule = json!({"payment": "unpaid", "delivery": "shipped", "reason": "goods leave when something is paid"});
    let made = desk.owner().post("/api/v1/track-rules", rule).await.expect(201).json();
    let order = desk.order(None, "500", json!({})).await;
    let refused = desk.act(&order, "shipments", json!({"state": "handed_over"}), 409).await;
    assert_eq!((refused["code"].as_str(), refused["detail"].as_str().unwrap().contains("goods leave when something is paid")), (Some("track_forbidden"), true));
    assert_eq!(desk.see(&order).await["delivery_track"], "unallocated", "nothing was written");
    let paid = desk.act(&order, "tenders", json!({"method": "bank", "amount": "100"}), 201).await;
    desk.act(&order, "shipments", json!({"state": "handed_over"}), 201).await;
    let void = format!("tenders/{}/void", paid["tender"]["id"].as_str().unwrap());
    assert_eq!(desk.act(&order, &void, json!({"reason": "typo"}), 409).await["code"], "track_forbidden", "the other way leads there as well");
    desk.owner().delete(&format!("/api/v1/track-rules/{}", id(&made))).await.expect(204);
    desk.act(&order, &void, json!({"reason": "typo"}), 200).await;
    desk.server.verify().await;
}

mod combinations {
    use kernel::{ChannelAccountId, Currency, Decimal, Money, Timestamp};
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use switchyard_core::orders::{
        ChannelKind, Source,
        fact::*,
        fold::OrderState,
        project::Projection,
        tracks::{DeliveryTrack, InvoiceTrack, PaymentTrack},
    };

    fn vnd(amount: i64) -> Money {
        Money::new(amount.into(), Currency::VND)
    }
    fn units(lines: &[(&str, i64)]) -> Vec<LineQuantity> {
        lines.iter().map(|(id, n)| LineQuantity { line_id: (*id).into(), quantity: Decimal::from(*n).try_into().unwrap() }).collect()
    }
    /// An order of 2 `a` and 3 `b`, 100 in all.
    fn described() -> OrderState {
        let line = |id: &str, quantity: i64| Line { id: id.into(), kind: LineKind::Product, sku: None, name: None, quantity: Decimal::from(quantity).try_into().unwrap(), unit_price: vnd(20), components: vec![], taxes: vec![], gift: false };
        let mut state = OrderState { first_at: Some(Timestamp::default()), ..OrderState::default() };
        state.description = Description { placed_at: Some(Timestamp::default()), currency: Some(Currency::VND), lines: Some(vec![line("a", 2), line("b", 3)]), ..Description::default() };
        state
    }
    fn tender(state: &mut OrderState, method: &str, tender: TenderState, amount: i64) {
        let id = format!("t{}", state.tenders.len());
        state.tenders.insert(id.clone(), Tender { id, method: method.into(), state: tender, amount: vnd(amount), holder: Holder::Tenant, reference: None, account: None, carrying: None, at: None });
    }
    fn refund(state: &mut OrderState, amount: i64) {
        state.refunds.insert("r".into(), Refund { id: "r".into(), state: RefundState::Executed, amount: Some(vnd(amount)), method: None, account: None, reason: None, lines: vec![], at: None });
    }

    /// Facts of money that lead there, and whose word they are.
    fn pay(state: &mut OrderState, track: PaymentTrack) -> ChannelKind {
        use PaymentTrack::*;
        let captured = TenderState::Captured;
        match track {
            Unpaid => {}
            DepositPaid => tender(state, "deposit", captured, 30),
            CodPending => state.description.cash_on_delivery = Some(true),
            Authorized => tender(state, "card", TenderState::Authorized, 100),
            PartiallyPaid => tender(state, "cash", captured, 60),
            Paid => tender(state, "cash", captured, 100),
            Overpaid => tender(state, "cash", captured, 120),
            PartiallyRefunded => {
                tender(state, "cash", captured, 100);
                refund(state, 30);
            }
            Refunded => {
                tender(state, "cash", captured, 100);
                refund(state, 100);
            }
            Voided => {
                tender(state, "card", TenderState::Voided, 100);
                return ChannelKind::Shopify;
            }
            WrittenOff => tender(state, "write_off", captured, 100),
        }
        ChannelKind::Manual
    }
    fn deliver(state: &mut OrderState, track: DeliveryTrack) {
        use DeliveryTrack::*;
        let all: &[(&str, i64)] = &[("a", 2), ("b", 3)];
        let mut package = |shipment: ShipmentState, lines: &[(&str, i64)]| {
            state.shipments.insert("s".into(), Shipment { id: "s".into(), state: shipment, carrier: None, tracking: None, lines: units(lines), at: None });
        };
        match track {
            Unallocated | Cancelled => {}
            Packed => package(ShipmentState::Ready, all),
            PartiallyShipped => package(ShipmentState::InTransit, &[("a", 2)]),
            Shipped => package(ShipmentState::InTransit, all),
            PartiallyDelivered => package(ShipmentState::Delivered, &[("a", 2)]),
            Delivered | PartiallyReturned => package(ShipmentState::Delivered, all),
            Failed => package(ShipmentState::Failed, all),
            Returning => package(ShipmentState::Returning, all),
            Returned => package(ShipmentState::Returned, all),
        }
        if track == Cancelled {
            // Line by line: nobody said that the demand for payment is withdrawn.
            state.cancellations.insert("c".into(), Cancellation { id: "c".into(), state: CancellationState::Accepted, reason: None, by: None, lines: units(all), at: None });
        }
        if track == PartiallyReturned {
            state.returns.insert("b".into(), GoodsReturn { id: "b".into(), state: ReturnState::Received, reason: None, goods_back: true, exchange: false, refund: None, lines: units(&[("a", 1)]), at: None });
        }
    }
    fn bill(state: &mut OrderState, track: InvoiceTrack) {
        use DocumentKind as K;
        use DocumentState as S;
        let document = |id: &str, kind, state, of: Option<&str>| IssuedDocument { id: id.into(), number: id.into(), kind, state, of: of.map(str::to_owned), issued_at: Timestamp::default() };
        let documents = match track {
            InvoiceTrack::NotRequired => vec![],
            InvoiceTrack::Queued => {
                state.invoice = Some(InvoiceRequest { requested: true, number: None, name: None, tax_code: None, email: None, address: None });
                vec![]
            }
            InvoiceTrack::Issued => vec![document("a", K::Invoice, S::Issued, None)],
            InvoiceTrack::Sent => vec![document("a", K::Invoice, S::Sent, None)],
            InvoiceTrack::Accepted => vec![document("a", K::Invoice, S::Accepted, None)],
            InvoiceTrack::Rejected => vec![document("a", K::Invoice, S::Rejected, None)],
            InvoiceTrack::Adjusted => vec![document("a", K::Invoice, S::Accepted, None), document("b", K::Adjustment, S::Issued, Some("a"))],
            InvoiceTrack::Replaced => vec![document("a", K::Invoice, S::Rejected, None), document("b", K::Replacement, S::Issued, Some("a"))],
            InvoiceTrack::Credited => vec![document("a", K::Invoice, S::Accepted, None), document("b", K::CreditNote, S::Issued, Some("a"))],
        };
        state.documents = documents.into_iter().map(|d| (d.id.clone(), d)).collect();
    }
    fn stands(payment: PaymentTrack, delivery: DeliveryTrack, invoice: InvoiceTrack) -> (PaymentTrack, DeliveryTrack, InvoiceTrack) {
        let mut state = described();
        let kind = pay(&mut state, payment);
        deliver(&mut state, delivery);
        bill(&mut state, invoice);
        let projection = Projection::of(&state, Source { account: ChannelAccountId::new(), kind }, "x");
        (projection.payment, projection.delivery, projection.invoice)
    }

    #[test]
    fn trk_2_every_combination_of_the_three_tracks_is_reached_by_facts() {
        let mut reached = BTreeSet::new();
        for payment in PaymentTrack::ALL {
            for delivery in DeliveryTrack::ALL {
                for invoice in InvoiceTrack::ALL {
                    assert_eq!(stands(*payment, *delivery, *invoice), (*payment, *delivery, *invoice));
                    reached.insert((payment.word(), delivery.word(), invoice.word()));
                }
            }
        }
        assert_eq!(reached.len(), PaymentTrack::ALL.len() * DeliveryTrack::ALL.len() * InvoiceTrack::ALL.len());
    }

    #[test]
    fn trk_3_the_states_of_the_three_tracks_and_the_facts_they_are_read_off() {
        let mut table = String::new();
        let facts = |of: &dyn Fn(&mut OrderState)| {
            let mut state = described();
            of(&mut state);
            let tenders = state.tenders.values().map(|t| format!("{} {} {}", t.method, serde_json::to_value(t.state).unwrap().as_str().unwrap(), t.amount.amount));
            let refunds = state.refunds.values().map(|r| format!("refunded {}", r.amount.unwrap().amount));
            let packages = state.shipments.values().map(|s| format!("package {} of {}", serde_json::to_value(s.state).unwrap().as_str().unwrap(), s.lines.iter().map(|l| l.quantity.get()).sum::<Decimal>()));
            let returns = state.returns.values().map(|r| format!("back {}", r.lines.iter().map(|l| l.quantity.get()).sum::<Decimal>()));
            let cancelled = state.cancellations.values().map(|_| "called off line by line".to_owned());
            let documents = state.documents.values().map(|d| format!("{} {}", serde_json::to_value(d.kind).unwrap().as_str().unwrap(), serde_json::to_value(d.state).unwrap().as_str().unwrap()));
            let asked = state.invoice.iter().map(|_| "invoice asked for".to_owned());
            let cod = state.description.cash_on_delivery.iter().map(|_| "cash on delivery".to_owned());
            let all: Vec<String> = tenders.chain(refunds).chain(packages).chain(returns).chain(cancelled).chain(documents).chain(asked).chain(cod).collect();
            if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
        };
        for track in PaymentTrack::ALL {
            table.push_str(&format!("payment  {:<20} {}\n", track.word(), facts(&|state| {
                pay(state, *track);
            })));
        }
        for track in DeliveryTrack::ALL {
            table.push_str(&format!("delivery {:<20} {}\n", track.word(), facts(&|state| deliver(state, *track))));
        }
        for track in InvoiceTrack::ALL {
            table.push_str(&format!("invoice  {:<20} {}\n", track.word(), facts(&|state| bill(state, *track))));
        }
        insta::assert_snapshot!("track_states", table);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        /// TRK-1: whatever happens to money, goods and documents, each track hears of its own only.
        #[test]
        fn trk_1_no_track_reads_another(p in 0..PaymentTrack::ALL.len(), d in 0..DeliveryTrack::ALL.len(), i in 0..InvoiceTrack::ALL.len(), q in 0..PaymentTrack::ALL.len(), e in 0..DeliveryTrack::ALL.len(), j in 0..InvoiceTrack::ALL.len()) {
            let (one, other) = (stands(PaymentTrack::ALL[p], DeliveryTrack::ALL[d], InvoiceTrack::ALL[i]), stands(PaymentTrack::ALL[q], DeliveryTrack::ALL[e], InvoiceTrack::ALL[j]));
            prop_assert_eq!(stands(PaymentTrack::ALL[p], DeliveryTrack::ALL[e], InvoiceTrack::ALL[j]).0, one.0);
            prop_assert_eq!(stands(PaymentTrack::ALL[q], DeliveryTrack::ALL[d], InvoiceTrack::ALL[j]).1, one.1);
            prop_assert_eq!(stands(PaymentTrack::ALL[p], DeliveryTrack::ALL[e], InvoiceTrack::ALL[i]).2, one.2);
            prop_assert_eq!(stands(PaymentTrack::ALL[q], DeliveryTrack::ALL[e], InvoiceTrack::ALL[i]).1, other.1);
        }
    }
}
