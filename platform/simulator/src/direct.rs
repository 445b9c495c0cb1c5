//! Orders that reach the product through its own interface: till, web shop, app, chat, wholesale desk.
//! The body is NewOrder of docs/api.md.

use crate::sale::{Sale, text};
use chrono::SecondsFormat;
use rand::{Rng, rngs::StdRng};
use rust_decimal::Decimal;
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Desk {
    Till,
    Web,
    App,
    Chat,
    Wholesale,
}

const STAFF: [&str; 6] = ["Hoài An", "Minh Châu", "Quốc Bảo", "Thu Hà", "Đức Huy", "Khánh Linh"];
const BRANCHES: [&str; 3] = ["Cửa hàng Nguyễn Huệ", "Cửa hàng Cầu Giấy", "Cửa hàng Hải Châu"];
const COMPANIES: [&str; 8] = [
    "Công ty TNHH Thực phẩm Hương Quê", "Chuỗi cà phê Mộc Miên", "Nhà hàng Sen Vàng", "Siêu thị mini Phúc An", "Khách sạn Biển Xanh",
    "Công ty CP Bếp Việt", "Đại lý Thanh Tùng", "Quán trà Tịnh",
];

/// The order as a shop's own software would send it.
pub fn order(rng: &mut StdRng, sale: &Sale, desk: Desk, channel_account_id: &str) -> Value {
    let money = |amount: Decimal| text(amount, &sale.currency);
    let mut lines: Vec<Value> = sale
        .lines
        .iter()
        .map(|line| {
            let quantity = Decimal::from(line.quantity);
            let mut components = Vec::new();
            if !line.seller_discount.is_zero() {
                components.push(json!({"kind": "marketing_discount", "funded_by": "tenant", "amount": money(line.seller_discount * quantity)}));
            }
            json!({"id": line.id.to_string(), "kind": "product", "sku": line.goods.sku, "name": format!("{} ({})", line.goods.name, line.goods.variant),
                "quantity": line.quantity.to_string(), "unit_price": money(line.price), "components": components})
        })
        .collect();
    if !sale.voucher_seller.is_zero() {
        let voucher = json!({"kind": "promo_voucher", "funded_by": "tenant", "amount": money(sale.voucher_seller), "code": format!("XINCHAO{}", sale.buyer.id % 90 + 10)});
        if let Some(components) = lines[0]["components"].as_array_mut() {
            components.push(voucher);
        }
    }
    let shipped = matches!(desk, Desk::Web | Desk::App | Desk::Chat);
    if shipped && !sale.shipping.is_zero() {
        lines.push(json!({"id": "shipping", "kind": "shipping", "name": "Shipping", "quantity": "1", "unit_price": money(sale.shipping)}));
    }
    let total = sale.goods_paid() - sale.voucher_seller + if shipped { sale.shipping } else { Decimal::ZERO };
    let mut buyer = json!({"name": sale.buyer.name(), "phone": sale.buyer.phone});
    if matches!(desk, Desk::Web | Desk::App) {
        buyer["email"] = json!(sale.buyer.email);
    }
    let mut order = json!({
        "channel_account_id": channel_account_id, "external_id": sale.id, "number": sale.id, "currency": sale.currency,
        "placed_at": sale.placed_at.to_rfc3339_opts(SecondsFormat::Secs, true), "prices_include_tax": sale.tax_included,
        "payment_method": sale.payment, "cash_on_delivery": shipped && sale.cash_on_delivery, "lines": lines, "stated_total": money(total),
    });
    if let Some(source) = sale.source {
        order["source_tag"] = json!(source);
    }
    let captured = |id: &str, method: &str, amount: Decimal, holder: &str| json!({"id": id, "method": method, "state": "captured", "amount": money(amount), "holder": holder});
    match desk {
        Desk::Till => {
            order["staff"] = json!(STAFF[rng.random_range(0..STAFF.len())]);
            order["branch"] = json!(BRANCHES[rng.random_range(0..BRANCHES.len())]);
            // A tenth of the buyers at the till pay in two ways.
            order["tenders"] = if rng.random_bool(0.1) {
                let cash = (total / Decimal::from(2000)).round() * Decimal::from(1000);
                json!([captured("1", "cash", cash, "tenant"), captured("2", "card", total - cash, "processor")])
            } else {
                json!([captured("1", &sale.payment.to_lowercase(), total, if sale.payment == "Cash" { "tenant" } else { "processor" })])
            };
        }
        Desk::Wholesale => {
            buyer = json!({"name": sale.buyer.name(), "phone": sale.buyer.phone, "company": COMPANIES[rng.random_range(0..COMPANIES.len())],
                "tax_code": tax_code(sale.buyer.id)});
            order["segment"] = json!("b2b");
            order["staff"] = json!(STAFF[rng.random_range(0..STAFF.len())]);
            order["tags"] = json!([if rng.random_bool(0.3) { "priority" } else { "standing-order" }]);
            if rng.random_bool(0.35) {
                order["tenders"] = json!([captured("1", "bank_transfer", total, "tenant")]);
            }
        }
        Desk::Web | Desk::App | Desk::Chat => {
            order["ship_to"] = json!({"recipient": sale.buyer.name(), "phone": sale.buyer.phone, "line": sale.buyer.street, "district": sale.buyer.district,
                "city": sale.buyer.city, "region": sale.buyer.region, "postcode": sale.buyer.postcode, "country": sale.buyer.country});
            if desk == Desk::Chat {
                order["staff"] = json!(STAFF[rng.random_range(0..STAFF.len())]);
                order["note"] = json!("Khách đặt qua tin nhắn");
            }
            if !sale.cash_on_delivery && rng.random_bool(0.9) {
                order["tenders"] = json!([captured("1", &sale.payment.to_lowercase(), total, "processor")]);
            }
        }
    }
    order["buyer"] = buyer;
    order
}

/// A Vietnamese tax code of the buyer's own, with its check digit.
fn tax_code(id: u64) -> String {
    const WEIGHTS: [u64; 9] = [31, 29, 23, 19, 17, 13, 7, 5, 3];
    let numbered = (0..100).find_map(|next| {
        let head = format!("03{:07}", (id + next) % 10_000_000);
        let sum: u64 = head.bytes().zip(WEIGHTS).map(|(digit, weight)| u64::from(digit - b'0') * weight).sum();
        // A check of ten is no digit: that number is never given.
        Some(10 - sum % 11).filter(|check| *check < 10).map(|check| format!("{head}{check}"))
    });
    numbered.unwrap_or_else(|| "0300000000".to_owned())
}
