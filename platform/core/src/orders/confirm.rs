//! Confirmation: the tenant binds itself to deliver, on terms that are written down then.
//! Invariant CONFIRM-1: a B2B order is confirmed by a fact only; the rule for consumers never confirms one.
//! Invariant CONFIRM-2: what the rule says is a function of the facts, so it can be computed again.
//!
//! The consumer's fast path: a marketplace order is confirmed when it is known, an order with cash on delivery too, any
//! other when it is paid in full.

use super::errands::{self, Action, ErrandError};
use super::fact::{Confirmation, DocumentKind, Fact, IssuedDocument, ShipmentState, What};
use super::fold::OrderState;
use super::intake::{self, IntakeError};
use super::project::Projection;
use super::source::{ChannelKind, Source};
use super::tracks::{DeliveryTrack, PaymentTrack};
use crate::parties::terms;
pub use crate::parties::terms::Due;
use chrono::{NaiveDate, SubsecRound as _};
use chrono_tz::Tz;
use kernel::{ChannelAccountId, Decimal, OrderId, Timestamp};
use tenants::TenantTx;

/// When the order was confirmed: by a fact, or for consumers by the rule (CONFIRM-1, CONFIRM-2).
pub(super) fn confirmed_at(state: &OrderState, of: &Projection, source: Source) -> Option<Timestamp> {
    match &state.confirmation {
        Some(confirmation) => Some(confirmation.at.trunc_subsecs(6)),
        None if of.business || !of.described || of.delivery == DeliveryTrack::Cancelled => None,
        None if source.kind.is_marketplace() || of.cash_on_delivery => Some(of.placed_at),
        None if matches!(of.payment, PaymentTrack::Paid | PaymentTrack::Overpaid | PaymentTrack::PartiallyRefunded | PaymentTrack::Refunded) => {
            let paid = state.tenders.values().filter_map(|t| t.at).max();
            Some(paid.map_or(of.placed_at, |at| at.max(of.placed_at)).trunc_subsecs(6))
        }
        None => None,
    }
}

/// What is due when; `None` without terms, or before the event they count from.
pub(super) fn due_schedule(state: &OrderState, of: &Projection) -> Option<Vec<Due>> {
    let confirmation = state.confirmation.as_ref()?;
    let terms = confirmation.terms.as_ref()?;
    let due = of.totals.due(of.described).filter(|due| *due > Decimal::ZERO)?;
    let zone: Tz = confirmation.time_zone.parse().unwrap_or(Tz::UTC);
    let event = event(state, of, confirmation)?.with_timezone(&zone).date_naive();
    Some(terms.schedule(event, due, of.currency.exponent()))
}

/// The discount for paying early, in percent, and its last day; `None` when the terms give none or their event has not come.
pub fn early_discount(state: &OrderState, of: &Projection) -> Option<(Decimal, NaiveDate)> {
    let confirmation = state.confirmation.as_ref()?;
    let zone: Tz = confirmation.time_zone.parse().unwrap_or(Tz::UTC);
    let event = event(state, of, confirmation)?.with_timezone(&zone).date_naive();
    confirmation.terms.as_ref()?.early(event)
}

/// The event the days are counted from. A package or an invoice without an instant counts from the confirmation.
fn event(state: &OrderState, of: &Projection, confirmation: &Confirmation) -> Option<Timestamp> {
    use crate::parties::terms::DueFrom;
    let packages = |arrived: bool| {
        let which = move |s: ShipmentState| match s {
            ShipmentState::Delivered => true,
            ShipmentState::HandedOver | ShipmentState::InTransit | ShipmentState::Failed | ShipmentState::Lost | ShipmentState::Returning | ShipmentState::Returned => !arrived,
            ShipmentState::Ready | ShipmentState::Cancelled => false,
        };
        state.shipments.values().filter(move |s| which(s.state)).map(|s| s.at.unwrap_or(confirmation.at)).min()
    };
    match confirmation.due_from {
        DueFrom::Order => Some(of.placed_at),
        DueFrom::Shipment => packages(false),
        DueFrom::Delivery => packages(true),
        // Ours, the first that bills: what corrects it later does not put the day off.
        DueFrom::Invoice if state.documents.values().any(bills) => state.documents.values().filter(|document| bills(document)).map(|document| document.issued_at).min(),
        // One that was made elsewhere has a number and no day: it is not made before the goods leave.
        DueFrom::Invoice => state.invoice.as_ref().and_then(|i| i.number.as_deref()).filter(|n| !n.is_empty()).map(|_| packages(false).unwrap_or(confirmation.at)),
    }
}

fn bills(document: &IssuedDocument) -> bool {
    document.kind == DocumentKind::Invoice
}

/// The day of the first instalment that what was paid does not cover.
pub(super) fn due_on(of: &Projection) -> Option<NaiveDate> {
    terms::next_due(of.due_schedule.as_ref()?, of.tendered - of.refunded).filter(|_| of.outstanding > Decimal::ZERO)
}

/// Writes the confirmation as a fact. The caller holds the order locked and has decided.
pub async fn give(tx: &mut TenantTx, id: OrderId, confirmation: Confirmation) -> Result<(), IntakeError> {
    let order = sqlx::query!(
        r#"select o.channel_account_id, o.channel_kind, o.external_id,
             (select max(f.revision) from tenant.order_facts f where f.tenant_id = $1 and f.order_id = o.id and f.kind = 'confirmed') as newest
           from tenant.orders o where o.tenant_id = $1 and o.id = $2"#,
        tx.tenant(),
        id.uuid(),
    )
    .fetch_one(tx.conn())
    .await?;
    let newest: u64 = order.newest.and_then(|revision| revision.try_into().ok()).unwrap_or(0);
    let fact = Fact { order: order.external_id.clone(), revision: newest + 1, occurred_at: tx.now(), what: What::Confirmed(confirmation) };
    let kind: ChannelKind = order.channel_kind.parse().unwrap_or(ChannelKind::Api);
    let cause = format!("confirm:{}", tx.actor().who);
    let account = ChannelAccountId(order.channel_account_id);
    let external_id = order.external_id;
    intake::apply(tx, Source { account, kind }, vec![fact], &cause).await?;
    // Its channel learns of it, where its connector carries that.
    if kind.is_direct() {
        return Ok(());
    }
    match errands::ask(tx, account, id, &external_id, &Action::Confirm).await {
        Ok(_) | Err(ErrandError::NotCarried(_) | ErrandError::AskedAlready(..) | ErrandError::Unknown | ErrandError::Ended(..) | ErrandError::BadReason) => Ok(()),
        Err(ErrandError::Json(error)) => Err(error.into()),
        Err(ErrandError::Database(error)) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fact::*;
    use super::*;
    use crate::parties::terms::{DueFrom, Terms};
    use kernel::{Currency, Money};
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_timestamp(1_700_000_000 + second, 0).unwrap()
    }
    fn order(business: Option<bool>, cod: bool, captured: i64, cancelled: bool) -> OrderState {
        let vnd = |amount: i64| Money::new(amount.into(), Currency::VND);
        let line = Line { id: "1".into(), kind: LineKind::Product, sku: None, name: None, quantity: Decimal::ONE.try_into().unwrap(), unit_price: vnd(100), components: vec![], taxes: vec![], gift: false };
        let mut state = OrderState { first_at: Some(at(0)), ..OrderState::default() };
        state.description = Description { placed_at: Some(at(0)), currency: Some(Currency::VND), lines: Some(vec![line]), business, cash_on_delivery: Some(cod), ..Description::default() };
        if captured > 0 {
            state.tenders.insert("t".into(), Tender { id: "t".into(), method: "bank".into(), state: TenderState::Captured, amount: vnd(captured), holder: Holder::Tenant, reference: None, account: None, carrying: None, at: Some(at(60)) });
        }
        if cancelled {
            state.cancellations.insert("c".into(), Cancellation { id: "c".into(), state: CancellationState::Accepted, reason: None, by: None, lines: vec![], at: None });
        }
        state
    }
    fn project(state: &OrderState, kind: ChannelKind) -> Projection {
        Projection::of(state, Source { account: ChannelAccountId::new(), kind }, "x")
    }

    #[test]
    fn confirm_2_the_consumers_fast_path() {
        use ChannelKind::*;
        for (state, kind, confirmed) in [
            (order(None, false, 0, false), Web, None),
            (order(None, false, 60, false), Web, None),
            (order(None, false, 100, false), Web, Some(at(60))),
            (order(None, true, 0, false), Web, Some(at(0))),
            (order(None, true, 0, true), Web, None),
            (order(None, false, 0, false), Shopee, Some(at(0))),
            (order(Some(true), true, 100, false), Web, None),
        ] {
            assert_eq!(project(&state, kind).confirmed_at, confirmed, "{kind} {state:?}");
        }
    }

    proptest! {
        #[test]
        fn confirm_1_no_rule_confirms_a_b2b_order(cod: bool, captured in 0..300i64, kind in 0..ChannelKind::ALL.len(), by_company: bool) {
            let mut state = order(Some(!by_company), cod, captured, false);
            if by_company {
                state.annotation.company_id = Some(Some(kernel::CompanyId::new()));
            }
            let projection = project(&state, ChannelKind::ALL[kind]);
            prop_assert!(projection.business);
            prop_assert_eq!(projection.confirmed_at, None);
        }
    }

    #[test]
    fn what_is_owed_falls_due_from_the_event_of_the_terms() {
        let mut state = order(Some(true), false, 30, false);
        let confirmed = |due_from| Some(Confirmation { at: at(0), terms: Some(Terms::Net { days: 30 }), due_from, time_zone: "Asia/Ho_Chi_Minh".into() });
        state.confirmation = confirmed(DueFrom::Shipment);
        assert_eq!(project(&state, ChannelKind::Manual).due_on, None, "nothing has left");
        state.confirmation = confirmed(DueFrom::Order);
        // 2023-11-14T22:13:20Z is the 15th in Ho Chi Minh City.
        assert_eq!(project(&state, ChannelKind::Manual).due_on.unwrap().to_string(), "2023-12-15");
        state.confirmation = confirmed(DueFrom::Shipment);
        state.shipments.insert("s".into(), Shipment { id: "s".into(), state: ShipmentState::InTransit, carrier: None, tracking: None, lines: vec![], at: Some(at(86_400)) });
        let shipped = project(&state, ChannelKind::Manual);
        assert_eq!(shipped.due_on.unwrap().to_string(), "2023-12-16");
        assert_eq!(shipped.due_schedule.unwrap().iter().map(|d| d.amount).sum::<Decimal>(), 100.into());
        state.tenders.insert("u".into(), Tender { amount: Money::new(70.into(), Currency::VND), id: "u".into(), ..state.tenders["t"].clone() });
        assert_eq!(project(&state, ChannelKind::Manual).due_on, None, "all is paid");
    }
}
