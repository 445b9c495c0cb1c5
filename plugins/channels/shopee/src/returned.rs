//! Returns: goods on their way back, and the money for them, which are two different things (SPEC §11).

use crate::naming::{Fullness, line_id, telling};
use switchyard_sdk::{
    Problem,
    facts::{Fact, GoodsReturn, LineQuantity, Refund, What, money},
    read::Node,
};

/// The answer of `get_return_detail`, or one element of `get_return_list`.
pub fn facts(item: &Node<'_>) -> Result<Vec<Fact>, Problem> {
    let id = item.require_id("return_sn")?;
    let telling = telling(item.require_id("order_sn")?, item.require_seconds("update_time")?, Fullness::Detail);
    let status = item.require_text("status")?;
    let logistics = item.text("reverse_logistic_status")?.or(item.text("logistics_status")?);
    // 0: return and refund; 1: refund only, the buyer keeps the goods.
    let goods_back = match item.whole("return_solution")? {
        Some(solution) => solution == 0,
        None => item.flag("needs_logistics")?.unwrap_or(false),
    };
    let (goods, payback) = states(&status, goods_back, logistics.as_deref())
        .ok_or_else(|| Problem::Unsupported(format!("the return status {status:?} is not known")))?;
    let currency = item.currency("currency")?;
    let amount = item.decimal("refund_amount")?.zip(currency).map(|(amount, currency)| money(amount, &currency));
    let mut reason = item.text("text_reason")?;
    if let Some(code) = item.text("reason")? {
        reason = Some(reason.map_or(code.clone(), |text| format!("{code}: {text}")));
    }
    let mut lines = Vec::new();
    for goods in item.children("item")?.unwrap_or_default() {
        lines.push(LineQuantity { line_id: line_id(&goods)?, quantity: goods.require_quantity("amount")?.to_string() });
    }
    let at = Some(telling.occurred_at.clone());
    let goods_return = GoodsReturn {
        id: id.clone(),
        state: goods.into(),
        reason: reason.clone(),
        goods_back,
        exchange: false,
        refund: amount.clone(),
        lines: lines.clone(),
        at: at.clone(),
    };
    let refund = Refund { id, state: payback.into(), amount, reason, lines, at };
    Ok(vec![telling.fact(What::Returned(goods_return)), telling.fact(What::Refunded(refund))])
}

/// State of the goods and of the money. ACCEPTED means that the refund is granted and paid by Shopee (SPEC §11).
fn states(status: &str, goods_back: bool, logistics: Option<&str>) -> Option<(&'static str, &'static str)> {
    let travel = match logistics {
        Some("LOGISTICS_DELIVERY_DONE") if goods_back => "received",
        Some("LOGISTICS_PICKUP_DONE") if goods_back => "shipping_back",
        _ => "approved",
    };
    Some(match status {
        "REQUESTED" | "JUDGING" | "SELLER_DISPUTE" => ("requested", "requested"),
        "PROCESSING" => (travel, "approved"),
        "ACCEPTED" => (travel, "executed"),
        "COMPLETED" => (if goods_back { "received" } else { "closed" }, "executed"),
        "CANCELLED" => ("withdrawn", "withdrawn"),
        "CLOSED" => ("rejected", "rejected"),
        _ => return None,
    })
}
