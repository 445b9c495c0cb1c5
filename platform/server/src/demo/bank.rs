//! The wholesaler's bank: orders paid by transfer, and a statement that shows some of them as they were told, one less than
//! told, one without a word, and a fee. By the interface alone (DEMO-1); what is there already is left alone (DEMO-2).

use super::caller::Caller;
use anyhow::Context;
use serde_json::json;

const NUMBER: &str = "0071001234567";

/// Reference of the transfer, buyer, units and price of one.
const TRANSFERS: [(&str, &str, &str, i64, i64); 5] = [
    ("MK-2401", "Hòa Phát Trading", "RICE-ST25-25KG", 12, 450_000),
    ("MK-2402", "Bình Minh Foods", "RICE-ST25-25KG", 20, 390_000),
    ("MK-2403", "Chợ Lớn Mart", "FISH-SAUCE-1L", 60, 85_000),
    ("MK-2404", "An Giang Co-op", "FISH-SAUCE-1L", 48, 85_000),
    ("MK-2405", "Tiệm Bà Tư", "RICE-ST25-25KG", 2, 450_000),
];

pub async fn prepare(caller: &Caller, channel_account: &str) -> anyhow::Result<()> {
    let known = caller.get("/api/v1/bank/accounts").await?;
    let account = match known["data"].as_array().into_iter().flatten().find(|one| one["number"] == NUMBER) {
        Some(found) => found.clone(),
        None => caller.post("/api/v1/bank/accounts", json!({"name": "Vietcombank", "number": NUMBER, "currency": "VND"})).await?,
    };
    if account["statements"] != json!(0) {
        return Ok(());
    }
    for (reference, buyer, sku, quantity, price) in TRANSFERS {
        let found = caller.get(&format!("/api/v1/orders?text={reference}&limit=5")).await?;
        if found["data"].as_array().into_iter().flatten().any(|order| order["external_id"] == reference) {
            continue;
        }
        let body = json!({
            "channel_account_id": channel_account, "external_id": reference, "staff": "Lê Minh Khôi", "buyer": {"name": buyer},
            "lines": [{"sku": sku, "quantity": quantity.to_string(), "unit_price": price.to_string()}],
            "tenders": [{"method": "bank_transfer", "amount": (quantity * price).to_string(), "reference": reference}],
        });
        caller.post("/api/v1/orders", body).await.with_context(|| reference.to_owned())?;
    }
    let id = account["id"].as_str().context("a bank account without id")?;
    caller.upload(&format!("/api/v1/bank/accounts/{id}/statements"), "vietcombank.csv", statement().as_bytes()).await?;
    Ok(())
}

/// The statement of today, as the bank's own CSV with its running balance.
fn statement() -> String {
    let today = chrono::Utc::now().format("%d/%m/%Y");
    let paid = |index: usize| TRANSFERS.get(index).map_or(0, |(.., quantity, price)| quantity * price);
    let rows = [
        (paid(0), "HOA PHAT TRADING", "MK-2401 thanh toan tien gao"),
        (paid(1), "BINH MINH FOODS", "CK MK-2402"),
        (paid(2) - 100_000, "CHO LON MART", "MK-2403 tru khuyen mai"),
        (paid(3), "AN GIANG COOP", "thanh toan don hang"),
        (-22_000, "", "phi quan ly tai khoan thang 11"),
    ];
    let mut balance = 184_250_000_i64;
    let mut file = "Ngày giao dịch;Ghi nợ;Ghi có;Số dư;Đối tác;Diễn giải\n".to_owned();
    for (amount, who, text) in rows {
        balance += amount;
        let (debit, credit) = if amount < 0 { ((-amount).to_string(), String::new()) } else { (String::new(), amount.to_string()) };
        file.push_str(&format!("{today};{debit};{credit};{balance};{who};{text}\n"));
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statement_names_what_was_told_and_what_was_not() {
        let file = statement();
        assert_eq!(file.lines().count(), 6);
        assert!(file.contains("MK-2401") && !file.contains("MK-2404") && !file.contains("MK-2405"));
    }
}
