//! What people ask of an order whose channel has the say: it is packed, sent or called off there, and what became of it
//! comes back as the channel's own facts.
//! Invariant REMOTE-1: nothing is written as having happened before the channel says so.

use super::errands::{self, Action, CancelReason, ErrandError, Parcel, WishedCancellation};
use super::fact::{LineQuantity, ShipmentState};
use super::holds;
use super::money::{Check, MoneyError, NewShipment, Open};
use kernel::{Decimal, ErrandId, OrderId};
use std::collections::BTreeMap;
use tenants::TenantTx;

impl From<ErrandError> for MoneyError {
    fn from(error: ErrandError) -> Self {
        match error {
            ErrandError::Database(error) => Self::Database(error),
            other => Self::Errand(other),
        }
    }
}

/// Asks the channel to pack an order or to note that it left (MON-3 holds here too).
pub(super) async fn ship(tx: &mut TenantTx, id: OrderId, open: &Open, new: &NewShipment) -> Result<ErrandId, MoneyError> {
    let mut check = Check::default();
    let leaves = match new.state.as_str() {
        "ready" => false,
        "handed_over" | "in_transit" => true,
        _ => {
            check.wrong("/state", "ready or handed_over: the rest is the channel's to tell");
            false
        }
    };
    if new.id.is_some() {
        check.wrong("/id", "nothing: packages of this order are the channel's");
    }
    check.text("/carrier", &new.carrier);
    check.text("/tracking", &new.tracking);
    let lines = check.lines(&new.lines, &open.state);
    check.done()?;
    not_called_off(open)?;
    within_ordered(open, &lines)?;
    if leaves {
        let held = holds::of_orders(tx, &[id.uuid()]).await?;
        if let Some(hold) = held.into_iter().find(|hold| hold.state == "placed" && hold.blocks.iter().any(|block| block == "ship")) {
            return Err(MoneyError::Held { kind: hold.r#type, scope: hold.scope, reason: hold.reason });
        }
    }
    let parcel = Parcel { carrier: told(&new.carrier), tracking: told(&new.tracking), lines };
    let action = if leaves { Action::Ship(parcel) } else { Action::Pack(parcel) };
    Ok(errands::ask(tx, open.source.account, id, &open.external_id, &action).await?)
}

/// Asks the channel to call the order off.
pub(super) async fn call_off(tx: &mut TenantTx, id: OrderId, open: &Open, reason: &str, code: CancelReason) -> Result<ErrandId, MoneyError> {
    let mut check = Check::default();
    let detail = check.reason(reason);
    check.done()?;
    not_called_off(open)?;
    if open.state.shipments.values().any(|s| s.state.has_left() && s.state != ShipmentState::Returned) {
        return Err(MoneyError::HasLeft);
    }
    let wish = WishedCancellation { reason: code, detail: Some(detail), lines: Vec::new() };
    Ok(errands::ask(tx, open.source.account, id, &open.external_id, &Action::Cancel(wish)).await?)
}

fn not_called_off(open: &Open) -> Result<(), MoneyError> {
    if open.state.is_cancelled() { Err(MoneyError::CalledOff) } else { Ok(()) }
}

fn within_ordered(open: &Open, lines: &[LineQuantity]) -> Result<(), MoneyError> {
    let mut packed: BTreeMap<&str, Decimal> = BTreeMap::new();
    lines.iter().for_each(|part| *packed.entry(&part.line_id).or_default() += part.quantity.get());
    for line in open.state.lines() {
        let packed = packed.get(line.id.as_str()).copied().unwrap_or_default();
        if packed > line.quantity.get().max(Decimal::ZERO) {
            return Err(MoneyError::AboveOrdered { line: line.id.clone(), ordered: line.quantity, packed });
        }
    }
    Ok(())
}

fn told(text: &Option<String>) -> Option<String> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}
