//! A sale in Shopee's words: pushes, order detail, returns, escrow. SPEC.md sections 1, 3 and 12.
//! Pushes are thin: they name the order and its status; the rest is fetched.

pub(crate) mod answers;

use crate::sale::Sale;
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde_json::{Value, json};

/// The status word the shop would show now.
pub fn status(sale: &Sale) -> &'static str {
    let past = &sale.past;
    if past.cancelled.is_some() {
        "CANCELLED"
    } else if past.cancel_asked.is_some() {
        "IN_CANCEL"
    } else if past.return_asked.is_some() && past.return_accepted.is_none() {
        "TO_RETURN"
    } else if past.completed.is_some() || past.return_accepted.is_some() {
        "COMPLETED"
    } else if past.delivered.is_some() {
        "TO_CONFIRM_RECEIVE"
    } else if past.shipped.is_some() {
        "SHIPPED"
    } else if past.packed.is_some() {
        "PROCESSED"
    } else if past.paid.is_some() || sale.cash_on_delivery {
        "READY_TO_SHIP"
    } else {
        "UNPAID"
    }
}

/// Push code 3, as seen on live shops.
pub fn push(sale: &Sale, shop_id: u64, message: u64) -> Value {
    json!({
        "msg_id": format!("{message:032x}"),
        "data": {"completed_scenario": "", "items": [], "ordersn": sale.id, "status": status(sale), "update_time": sale.updated_at.timestamp()},
        "shop_id": shop_id,
        "code": 3,
        "timestamp": sale.updated_at.timestamp(),
    })
}

pub fn order(sale: &Sale) -> Value {
    let past = &sale.past;
    let items: Vec<Value> = sale
        .lines
        .iter()
        .map(|line| {
            json!({
                "item_id": line.id / 10, "item_name": line.goods.name, "item_sku": "", "model_id": line.id, "model_name": line.goods.variant,
                "model_sku": line.goods.sku, "model_quantity_purchased": line.quantity, "model_original_price": number(line.price),
                "model_discounted_price": number(line.paid_unit()), "order_item_id": line.id / 10, "promotion_group_id": 0, "promotion_id": 0,
                "promotion_type": "", "add_on_deal": false, "add_on_deal_id": 0, "main_item": false, "wholesale": false, "weight": 0.3,
                "is_b2c_owned_item": false, "is_prescription_item": false, "product_location_id": ["VN10XX2UZ"],
            })
        })
        .collect();
    let packages = if past.packed.is_some() || past.cancelled.is_none() {
        json!([{
            "package_number": format!("OFG{}", sale.package), "logistics_status": logistics(sale), "shipping_carrier": sale.carrier,
            "item_list": sale.lines.iter().map(|line| json!({"item_id": line.id / 10, "model_id": line.id, "model_quantity": line.quantity,
                "order_item_id": line.id / 10, "promotion_group_id": 0})).collect::<Vec<_>>(),
        }])
    } else {
        json!([])
    };
    json!({
        "order_sn": sale.id, "region": "VN", "currency": sale.currency, "cod": sale.cash_on_delivery, "order_status": status(sale),
        "total_amount": number(sale.total()), "estimated_shipping_fee": number(sale.shipping_paid()), "payment_method": sale.payment,
        "create_time": sale.placed_at.timestamp(), "update_time": sale.updated_at.timestamp(),
        "pay_time": past.paid.map_or(0, |at| at.timestamp()), "ship_by_date": sale.placed_at.timestamp() + 172_800, "days_to_ship": 2,
        "pickup_done_time": past.shipped.map_or(0, |at| at.timestamp()),
        "buyer_user_id": sale.buyer.id, "buyer_username": format!("{}{}", ascii(&sale.buyer.last), sale.buyer.id % 1000),
        "message_to_seller": "", "note": "", "split_up": false, "goods_to_declare": false, "fulfillment_flag": "fulfilled_by_local_seller",
        "cancel_by": match past.cancelled { Some(_) if past.by_seller => "seller", Some(_) => "buyer", None => "" },
        "cancel_reason": match past.cancelled { Some(_) if past.by_seller => "Out of stock", Some(_) => "Need to change delivery address", None => "" }, "buyer_cancel_reason": "",
        "recipient_address": {
            "name": sale.buyer.masked_name(), "phone": sale.buyer.masked_phone(), "town": "", "district": sale.buyer.district, "city": sale.buyer.city,
            "state": sale.buyer.region, "region": "VN", "zipcode": "", "full_address": format!("{}******", sale.buyer.street.chars().next().unwrap_or('*')),
        },
        "shipping_carrier": sale.carrier, "item_list": items, "package_list": packages, "reverse_shipping_fee": 0,
        "actual_shipping_fee_confirmed": past.delivered.is_some(), "invoice_data": null,
    })
}

fn logistics(sale: &Sale) -> &'static str {
    let past = &sale.past;
    if past.cancelled.is_some() {
        "LOGISTICS_REQUEST_CANCELED"
    } else if past.delivered.is_some() {
        "LOGISTICS_DELIVERY_DONE"
    } else if past.shipped.is_some() {
        "LOGISTICS_PICKUP_DONE"
    } else if past.packed.is_some() {
        "LOGISTICS_REQUEST_CREATED"
    } else {
        "LOGISTICS_READY"
    }
}

pub fn return_sn(sale: &Sale) -> String {
    format!("R{}", sale.id)
}

pub fn return_detail(sale: &Sale) -> Value {
    let past = &sale.past;
    let asked = past.return_asked.unwrap_or(sale.updated_at);
    let state = match (past.return_accepted, past.refunded) {
        (_, Some(_)) => "COMPLETED",
        (Some(_), None) => "ACCEPTED",
        _ => "REQUESTED",
    };
    json!({
        "return_sn": return_sn(sale), "order_sn": sale.id, "reason": "WRONG_ITEM", "text_reason": "Giao sai màu", "status": state,
        "refund_amount": number(refund(sale)), "amount_before_discount": number(sale.goods_paid()), "currency": sale.currency,
        "create_time": asked.timestamp(), "update_time": past.refunded.or(past.return_accepted).unwrap_or(asked).timestamp(),
        "due_date": asked.timestamp() + 172_800, "tracking_number": format!("RN{}", sale.tracking), "needs_logistics": !sale.keeps_goods(),
        "return_solution": i32::from(sale.keeps_goods()), "return_refund_type": "RRBOC", "return_refund_request_type": 0,
        "logistics_status": if past.return_accepted.is_some() { "LOGISTICS_DELIVERY_DONE" } else { "LOGISTICS_REQUEST_CREATED" },
        "user": {"username": format!("{}{}", ascii(&sale.buyer.last), sale.buyer.id % 1000), "email": "****@example.vn", "portrait": ""},
        "item": sale.lines.iter().map(|line| json!({
            "item_id": line.id / 10, "model_id": line.id, "name": line.goods.name, "images": [], "amount": line.quantity,
            "item_price": number(line.paid_unit()), "is_add_on_deal": false, "is_main_item": false, "add_on_deal_id": 0, "item_sku": "",
            "variation_sku": line.goods.sku, "refund_amount": number(line.paid_unit() * Decimal::from(line.quantity)),
        })).collect::<Vec<_>>(),
    })
}

/// What the buyer gets back: the goods without shipping, less the vouchers they came with.
pub fn refund(sale: &Sale) -> Decimal {
    sale.total() - sale.shipping_paid()
}

/// What the platform pays out, by the formula of SPEC.md section 3 "Net receivable".
pub fn escrow(sale: &Sale) -> Value {
    let commission = (sale.goods_list() * Decimal::new(4, 2)).round();
    let service = (sale.goods_list() * Decimal::new(3, 2)).round();
    let transaction = (sale.total() * Decimal::new(25, 3)).round();
    let withheld_vat = (sale.goods_list() * Decimal::new(1, 2)).round();
    let withheld_pit = (sale.goods_list() * Decimal::new(5, 3)).round();
    let returned = if sale.past.refunded.is_some() { -refund(sale) } else { Decimal::ZERO };
    // The list price less the seller's own markdown is the cost of goods sold; the platform pays its own reductions.
    let sold = sale.goods_list() - sale.seller_discount();
    let amount = sold + returned - sale.voucher_seller + sale.shipping_paid() - sale.shipping + sale.shipping_platform_discount
        - commission - service - transaction - withheld_vat - withheld_pit;
    json!({
        "order_sn": sale.id, "buyer_user_name": format!("{}{}", ascii(&sale.buyer.last), sale.buyer.id % 1000),
        "return_order_sn_list": if sale.past.return_accepted.is_some() { vec![return_sn(sale)] } else { vec![] },
        "order_income": {
            "escrow_amount": number(amount), "escrow_amount_after_adjustment": number(amount), "buyer_total_amount": number(sale.total()),
            "original_price": number(sale.goods_list()), "order_original_price": number(sale.goods_list()),
            "order_selling_price": number(sold), "order_discounted_price": number(sale.goods_paid()),
            "seller_discount": number(sale.seller_discount()), "order_seller_discount": number(sale.seller_discount()),
            "original_shopee_discount": number(sale.platform_discount()), "shopee_discount": number(sale.platform_discount()),
            "voucher_from_seller": number(sale.voucher_seller), "voucher_from_shopee": number(sale.voucher_platform), "coins": number(sale.coins),
            "buyer_paid_shipping_fee": number(sale.shipping_paid()), "actual_shipping_fee": number(sale.shipping),
            "shopee_shipping_rebate": number(sale.shipping_platform_discount), "shipping_fee_discount_from_3pl": 0, "seller_shipping_discount": 0,
            "estimated_shipping_fee": number(sale.shipping), "commission_fee": number(commission), "service_fee": number(service),
            "seller_transaction_fee": number(transaction), "withholding_vat_tax": number(withheld_vat), "withholding_pit_tax": number(withheld_pit),
            "seller_return_refund": number(returned), "cost_of_goods_sold": number(sold), "original_cost_of_goods_sold": number(sold),
            "reverse_shipping_fee": 0, "seller_coin_cash_back": 0, "escrow_tax": 0, "buyer_payment_method": sale.payment, "instalment_plan": "",
            "items": sale.lines.iter().map(|line| {
                let all = Decimal::from(line.quantity);
                json!({
                    "item_id": line.id / 10, "model_id": line.id, "item_name": line.goods.name, "model_name": line.goods.variant, "item_sku": "",
                    "model_sku": line.goods.sku, "quantity_purchased": line.quantity, "original_price": number(line.price * all),
                    "selling_price": number((line.price - line.seller_discount) * all), "discounted_price": number(line.paid_unit() * all),
                    "seller_discount": number(line.seller_discount * all), "shopee_discount": number(line.platform_discount * all),
                    "discount_from_coin": 0, "discount_from_voucher_shopee": 0, "discount_from_voucher_seller": 0, "activity_type": "", "activity_id": 0,
                })
            }).collect::<Vec<_>>(),
        },
    })
}

/// Shopee writes amounts as JSON numbers. Dong have no fraction, so no float is needed.
fn number(amount: Decimal) -> Value {
    amount.normalize().to_i64().filter(|whole| Decimal::from(*whole) == amount).map_or_else(|| json!(amount.to_f64()), |whole| json!(whole))
}

fn ascii(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_lowercase()
}
