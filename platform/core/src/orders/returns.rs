//! What people do about goods that are not wanted: an order is called off while all of it is here, goods that left come back.
//! Invariant RET-1: no more comes back than left and has not come back yet.
//! Invariant RET-2: calling off moves no money; what was paid stays the buyer's until it is refunded.

use super::errands::CancelReason;
use super::fact::*;
use super::fold::OrderState;
use super::money::{Act, Check, MoneyError, Open, PARTS_MAX};
use super::remote;
use kernel::{Decimal, OrderId, Quantity, Timestamp};
use std::collections::BTreeMap;
use tenants::rights::EditOrders;
use tenants::{Permit, TenantTx};

#[derive(Clone, Debug, Default)]
pub struct NewReturn {
    /// A return that exists is moved on.
    pub id: Option<String>,
    pub state: String,
    pub reason: Option<String>,
    /// Empty: everything that left and has not come back.
    pub lines: Vec<(String, String)>,
    pub at: Option<Timestamp>,
}

/// Calls the whole order off (RET-2). Packages that have not left are undone. Returns the cancellation's id, or what its
/// channel was asked, which is told the kind of reason too.
pub async fn call_off(tx: &mut TenantTx, _: Permit<EditOrders>, id: OrderId, seen: i64, reason: &str, code: CancelReason, at: Option<Timestamp>) -> Result<Act, MoneyError> {
    called_off(tx, id, seen, reason, code, at).await
}

/// The same for an order whose hold was rejected or ran out of time: whoever decided that decided this.
pub(super) async fn call_off_held(tx: &mut TenantTx, id: OrderId, seen: i64, reason: &str) -> Result<Act, MoneyError> {
    called_off(tx, id, seen, reason, CancelReason::default(), None).await
}

async fn called_off(tx: &mut TenantTx, id: OrderId, seen: i64, reason: &str, code: CancelReason, at: Option<Timestamp>) -> Result<Act, MoneyError> {
    let open = Open::lock_any(tx, id, seen).await?;
    if !open.source.kind.is_direct() {
        return Ok(Act::Asked(remote::call_off(tx, id, &open, reason, code).await?));
    }
    let mut check = Check::default();
    let reason = check.reason(reason);
    let at = check.at("/at", at, tx.now());
    check.done()?;
    if open.state.is_cancelled() {
        return Err(MoneyError::CalledOff);
    }
    if open.state.shipments.values().any(|s| s.state.has_left() && s.state != ShipmentState::Returned) {
        return Err(MoneyError::HasLeft);
    }
    let cancellation = Open::next_id(&open.state.cancellations, "c")?;
    let by = tx.actor().who.to_string();
    let packages = open.state.shipments.values().filter(|s| s.state == ShipmentState::Ready);
    let mut whats: Vec<What> = packages.map(|s| What::Shipped(Shipment { state: ShipmentState::Cancelled, at: Some(at), ..s.clone() })).collect();
    whats.push(What::Cancelled(Cancellation { id: cancellation.clone(), state: CancellationState::Accepted, reason: Some(reason), by: Some(by), lines: Vec::new(), at: Some(at) }));
    open.tell(tx, whats).await?;
    Ok(Act::Done(cancellation))
}

/// Takes goods back, or moves a return on (RET-1). Returns its id.
pub async fn take_back(tx: &mut TenantTx, _: Permit<EditOrders>, id: OrderId, seen: i64, new: &NewReturn) -> Result<String, MoneyError> {
    let open = Open::lock(tx, id, seen).await?;
    let mut check = Check::default();
    let state: ReturnState = serde_json::from_value(serde_json::Value::String(new.state.clone())).unwrap_or_else(|_| {
        check.wrong("/state", "requested, approved, shipping_back, received, closed, rejected or withdrawn");
        ReturnState::Requested
    });
    let known = new.id.as_ref().and_then(|id| open.state.returns.get(id));
    check.text("/id", &new.id);
    let reason = match &new.reason {
        Some(reason) => Some(check.reason(reason)),
        None if known.is_none() => Some(check.reason("")),
        None => None,
    };
    let at = check.at("/at", new.at, tx.now());
    let mut lines = check.lines(&new.lines, &open.state);
    if known.is_some_and(|known| known.state.is_settled()) && !lines.is_empty() {
        check.wrong("/lines", "nothing: the goods are back already");
    }
    check.done()?;
    if let Some(known) = known
        && !follows(known.state, state)
    {
        return Err(MoneyError::ReturnEnded(word(known.state), word(state)));
    }
    let return_id = match &new.id {
        Some(id) if !id.trim().is_empty() => id.clone(),
        _ => Open::next_id(&open.state.returns, "b")?,
    };
    if known.is_none() && open.state.returns.len() >= PARTS_MAX {
        return Err(MoneyError::TooMany);
    }
    let left = still_out(&open.state, &return_id);
    if lines.is_empty() {
        lines = match known {
            Some(known) => known.lines.clone(),
            None => left.iter().filter_map(|(id, left)| Some(LineQuantity { line_id: (*id).to_owned(), quantity: Quantity::try_from(*left).ok().filter(|left| *left > Quantity::ZERO)? })).collect(),
        };
        if lines.is_empty() && known.is_none() {
            return Err(MoneyError::Fields(vec![super::place::WrongField { pointer: "/lines".into(), expected: "goods that have left; nothing of this order is out".into() }]));
        }
    }
    let mut back: BTreeMap<&str, Decimal> = BTreeMap::new();
    lines.iter().for_each(|part| *back.entry(&part.line_id).or_default() += part.quantity.get());
    if !matches!(state, ReturnState::Rejected | ReturnState::Withdrawn) {
        for (line, back) in back {
            let left = left.get(line).copied().unwrap_or_default();
            if back > left {
                return Err(MoneyError::AboveLeft { line: line.to_owned(), left, back });
            }
        }
    }
    let told = GoodsReturn { id: return_id.clone(), state, reason, goods_back: true, exchange: false, refund: None, lines, at: Some(at) };
    open.tell(tx, vec![What::Returned(told)]).await?;
    Ok(return_id)
}

/// By line: what left and neither came back nor is promised to in another return.
fn still_out<'a>(state: &'a OrderState, except: &str) -> BTreeMap<&'a str, Decimal> {
    let products = || state.lines().iter().filter(|line| line.kind == LineKind::Product && line.quantity > Quantity::ZERO);
    let mut out: BTreeMap<&str, Decimal> = BTreeMap::new();
    let mut count = |lines: &'a [LineQuantity], sign: Decimal| match lines {
        [] => products().for_each(|line| *out.entry(&line.id).or_default() += sign * line.quantity.get()),
        some => some.iter().for_each(|part| *out.entry(&part.line_id).or_default() += sign * part.quantity.get()),
    };
    for package in state.shipments.values().filter(|s| s.state.has_left() && !matches!(s.state, ShipmentState::Returned | ShipmentState::Lost)) {
        count(&package.lines, Decimal::ONE);
    }
    for back in state.returns.values().filter(|r| r.id != except && r.goods_back && !matches!(r.state, ReturnState::Rejected | ReturnState::Withdrawn)) {
        count(&back.lines, Decimal::NEGATIVE_ONE);
    }
    for line in products() {
        out.entry(&line.id).and_modify(|left| *left = (*left).clamp(Decimal::ZERO, line.quantity.get()));
    }
    out
}

fn word(state: ReturnState) -> &'static str {
    match state {
        ReturnState::Requested => "requested",
        ReturnState::Approved => "approved",
        ReturnState::ShippingBack => "shipping_back",
        ReturnState::Received => "received",
        ReturnState::Closed => "closed",
        ReturnState::Rejected => "rejected",
        ReturnState::Withdrawn => "withdrawn",
    }
}

/// A return goes forward, and goods that are back stay back.
fn follows(from: ReturnState, to: ReturnState) -> bool {
    let step = |state: ReturnState| match state {
        ReturnState::Requested => 0,
        ReturnState::Approved => 1,
        ReturnState::ShippingBack => 2,
        ReturnState::Received => 3,
        ReturnState::Closed => 4,
        ReturnState::Rejected | ReturnState::Withdrawn => 5,
    };
    match from {
        ReturnState::Rejected | ReturnState::Withdrawn => false,
        ReturnState::Received | ReturnState::Closed => to == ReturnState::Closed,
        _ => step(to) >= step(from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_return_goes_forward_and_what_is_back_stays_back() {
        use ReturnState::*;
        let all = [Requested, Approved, ShippingBack, Received, Closed, Rejected, Withdrawn];
        let to = |from| all.into_iter().filter(|to| follows(from, *to)).map(word).collect::<Vec<_>>().join(" ");
        assert_eq!(to(Requested), "requested approved shipping_back received closed rejected withdrawn");
        assert_eq!(to(ShippingBack), "shipping_back received closed rejected withdrawn");
        assert_eq!((to(Received), to(Closed), to(Rejected), to(Withdrawn)), ("closed".into(), "closed".into(), String::new(), String::new()));
    }
}
