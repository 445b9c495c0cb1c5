//! Reverse orders: a cancellation, a return or a refund alone, line by line. Goods and money are two different things
//! (SPEC §11): a return says nothing of money before the money is granted, a refund nothing of goods.
//!
//! A line's cancellation and its return are told under the order item's own id, as the item itself tells them: a unit can be
//! cancelled or come back once. A refund has the id of the reverse line, since a unit can be refunded in parts.

use crate::{
    country::{self, Country},
    naming::{Fullness, telling, unit},
};
use switchyard_sdk::{
    Money, Problem,
    answer::Understood,
    facts::{Cancellation, Fact, GoodsReturn, Refund, Telling, What},
    read::Node,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Cancel,
    Return,
    RefundOnly,
}

impl Kind {
    /// By the record's own word, or else by how a push's status begins.
    pub fn of(request_type: Option<&str>, status: &str) -> Option<Kind> {
        match request_type.map(str::to_ascii_uppercase).as_deref() {
            Some("CANCEL") => return Some(Kind::Cancel),
            Some("RETURN" | "RTM" | "RTW" | "MIX-RETURN" | "MIX_RETURN") => return Some(Kind::Return),
            Some("ONLY_REFUND" | "REFUND_ONLY" | "REFUND") => return Some(Kind::RefundOnly),
            _ => {}
        }
        match status.split('_').next() {
            Some("CANCEL") => Some(Kind::Cancel),
            Some("RTM" | "RTW" | "RETURN") => Some(Kind::Return),
            Some("REFUND") => Some(Kind::RefundOnly),
            _ => None,
        }
    }
}

/// How far a reverse line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Requested,
    Approved,
    ShippingBack,
    Received,
    /// The refund is granted, not paid.
    Granted,
    Done,
    Rejected,
    Withdrawn,
}

/// Words of the API and keys of pushes [D]; the SELLER_, BUYER_, CS_ and AUTHORIZED ones from receivers of others [C].
pub fn step(word: &str) -> Option<Step> {
    Some(match word.trim().to_ascii_uppercase().as_str() {
        "REQUEST_INITIATE" | "CANCEL_INIT" | "RTM_INIT" | "RTW_INIT" | "REFUND_INIT" | "CS_APPROVING" => Step::Requested,
        "SELLER_AGREE_RETURN" => Step::Approved,
        "BUYER_RETURN_ITEM" | "RTM_SHIPPING_BACK" | "RTW_SHIPPING_BACK" => Step::ShippingBack,
        "RTM_RECEIVE_ITEM" | "RTW_RECEIVE_ITEM" => Step::Received,
        "AGREE_CANCEL_ORDER" | "SELLER_AGREE_REFUND" | "RTW_REFUND_PENDING" | "RTM_REFUND_PENDING" | "REFUND_PENDING" | "REFUND_AUTHORIZED" => Step::Granted,
        "CANCEL_SUCCESS" | "CANCEL_REFUND_ISSUED" | "REFUND_SUCCESS" | "REQUEST_COMPLETE" | "REQUEST_COMPLETED" => Step::Done,
        "REQUEST_REJECT" | "RTW_REJECT" | "RTM_REJECT" | "REFUND_REJECT" | "REFUND_REJECTED" | "REJECT_CANCEL_ORDER" | "SELLER_REJECT_RETURN" | "SELLER_REJECT_REFUND" => Step::Rejected,
        "REQUEST_CANCEL" | "RTM_CANCELED" | "RTW_CANCELED" | "REFUND_CANCELED" => Step::Withdrawn,
        _ => return None,
    })
}

impl Step {
    fn of_cancellation(self) -> &'static str {
        match self {
            Step::Granted | Step::Done => "accepted",
            Step::Rejected => "rejected",
            Step::Withdrawn => "withdrawn",
            _ => "requested",
        }
    }

    fn of_goods(self) -> &'static str {
        match self {
            Step::Requested => "requested",
            Step::Approved => "approved",
            Step::ShippingBack => "shipping_back",
            // The money is granted once the goods are there and inspected.
            Step::Received | Step::Granted | Step::Done => "received",
            Step::Rejected => "rejected",
            Step::Withdrawn => "withdrawn",
        }
    }

    fn of_money(self) -> &'static str {
        match self {
            Step::Requested => "requested",
            Step::Approved | Step::ShippingBack | Step::Received | Step::Granted => "approved",
            Step::Done => "executed",
            Step::Rejected => "rejected",
            Step::Withdrawn => "withdrawn",
        }
    }
}

/// One reverse line, as a push or a record tells it.
pub struct Told<'a> {
    pub telling: &'a Telling,
    pub item: String,
    pub line: String,
    pub kind: Kind,
    pub step: Step,
    pub reason: Option<String>,
    pub goods_back: bool,
    /// None: nothing is said of money. Some(None): of money, but not how much.
    pub refund: Option<Option<Money>>,
}

impl Told<'_> {
    pub fn facts(self) -> Vec<Fact> {
        let Told { telling, item, line, kind, step, reason, goods_back, refund } = self;
        let (lines, at) = (vec![unit(&item)], Some(telling.occurred_at.clone()));
        let mut facts = Vec::new();
        match kind {
            Kind::Cancel => {
                let told = Cancellation { id: item, state: step.of_cancellation().into(), reason: reason.clone(), by: None, lines: lines.clone(), at: at.clone() };
                facts.push(telling.fact(What::Cancelled(told)));
            }
            Kind::Return => facts.push(telling.fact(What::Returned(GoodsReturn {
                id: item,
                state: if goods_back || step != Step::Done { step.of_goods() } else { "closed" }.into(),
                reason: reason.clone(),
                goods_back,
                exchange: false,
                refund: refund.clone().flatten(),
                lines: lines.clone(),
                at: at.clone(),
            }))),
            Kind::RefundOnly => {}
        }
        if let Some(amount) = refund {
            facts.push(telling.fact(What::Refunded(Refund { id: line, state: step.of_money().into(), amount, reason, lines, at })));
        }
        facts
    }
}

/// One element of `getreverseordersforseller`, or the answer of `return/detail/list`, which names its lines otherwise.
pub fn record(record: &Node<'_>, country: Option<Country>, received_at: &str) -> Result<Understood, Problem> {
    let mut understood = Understood::default();
    let Some(order) = record.name_of("trade_order_id")? else {
        understood.ignored = Some("the reverse order names no order".into());
        return Ok(understood);
    };
    let request_type = record.word("request_type")?;
    let mut lines = record.listed("reverse_order_lines")?;
    lines.extend(record.listed("reverseOrderLineDTOList")?);
    for line in &lines {
        let status = line.word("reverse_status")?.unwrap_or_default();
        let (Some(item), Some(id)) = (line.name_of("trade_order_line_id")?, line.name_of("reverse_order_line_id")?) else { continue };
        let (Some(kind), Some(step)) = (Kind::of(request_type.as_deref(), &status), step(&status)) else {
            understood.ignored = Some(format!("the reverse status {status:?} is not known"));
            continue;
        };
        let at = match line.moment("return_order_line_gmt_modified")? {
            Some(at) => Some(at),
            None => line.moment("return_order_line_gmt_create")?,
        };
        let telling = telling(order.clone(), &at.unwrap_or_else(|| received_at.to_owned()), Fullness::Part);
        let reason = line.word("reason_text")?.or(line.word("reason_code")?);
        let goods_back = line.word("whqc_decision")?.as_deref() != Some("not_returned");
        let refund = refund(line, country)?.map(Some);
        understood.facts.extend(Told { telling: &telling, item, line: id, kind, step, reason, goods_back, refund }.facts());
    }
    if understood.facts.is_empty() {
        understood.ignored.get_or_insert_with(|| "the reverse order names no item".into());
    } else {
        understood.ignored = None;
    }
    Ok(understood)
}

fn refund(line: &Node<'_>, country: Option<Country>) -> Result<Option<Money>, Problem> {
    let amount = line.sum_or_zero("refund_amount")?;
    if amount.is_zero() || line.switch("is_need_refund")? == Some(false) {
        return Ok(None);
    }
    let country = country.ok_or_else(|| country::wanted("a reverse order names neither its currency nor whether it counts in cents"))?;
    Ok(Some(country.of_cents(amount)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_key_is_known() {
        let keys = "REQUEST_INITIATE REQUEST_REJECT REQUEST_CANCEL CANCEL_SUCCESS CANCEL_INIT CANCEL_REFUND_ISSUED RTM_INIT RTM_CANCELED RTM_SHIPPING_BACK \
                    RTM_RECEIVE_ITEM RTW_INIT RTW_CANCELED RTW_SHIPPING_BACK RTW_REJECT RTW_REFUND_PENDING REFUND_INIT REFUND_PENDING REFUND_SUCCESS REFUND_REJECTED";
        assert!(keys.split_whitespace().all(|key| step(key).is_some()));
        assert_eq!((step("MOON"), Kind::of(None, "RTM_INIT"), Kind::of(Some("ONLY_REFUND"), "REQUEST_INITIATE"), Kind::of(None, "REQUEST_INITIATE")), (None, Some(Kind::Return), Some(Kind::RefundOnly), None));
    }
}
