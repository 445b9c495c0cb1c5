//! Tax invoices of the demo: the retailer issues one for each sale by itself, the wholesaler by hand for what it shipped. By
//! the interface alone (DEMO-1); what is there already is left alone (DEMO-2).

use super::caller::Caller;
use anyhow::Context;
use reqwest::Method;
use serde_json::{Value, json};
use simulator::Assortment;

/// Who issues, and when.
pub async fn prepare(caller: &Caller, assortment: Assortment) -> anyhow::Result<()> {
    match assortment {
        Assortment::Retail => {
            tax(caller).await?;
            let retailer = json!({
                "legal_name": "Công ty TNHH Lụa Sài Gòn", "tax_id": "0312345673", "address": "12 Nguyễn Huệ, Quận 1", "city": "TP. Hồ Chí Minh", "country": "VN",
                "regime": "vn-2026-07", "series": "CMLS", "issue_on": "ship", "correct_returns": true,
            });
            settings(caller, retailer).await
        }
        Assortment::Wholesale => {
            tax(caller).await?;
            let wholesaler = json!({
                "legal_name": "Mekong Wholesale JSC", "tax_id": "1801234562", "address": "88 Đường 30 Tháng 4", "city": "Cần Thơ", "country": "VN",
                "regime": "vn-2026-07", "series": "CTMK", "issue_on": "manual",
            });
            settings(caller, wholesaler).await
        }
        Assortment::Brand => Ok(()),
    }
}

/// Prices hold 8 % where nothing else is said: for orders that come afterwards.
async fn tax(caller: &Caller) -> anyhow::Result<()> {
    let seen = caller.get("/api/v1/finance/settings").await?;
    if seen["default_tax_rate"].is_string() {
        return Ok(());
    }
    let version = seen["version"].as_i64().context("finance settings without a version")?;
    caller.change(Method::PATCH, "/api/v1/finance/settings", version, json!({"default_tax_rate": "8"})).await?;
    Ok(())
}

async fn settings(caller: &Caller, wanted: Value) -> anyhow::Result<()> {
    if caller.get("/api/v1/invoice-settings").await?["version"] == 0 {
        caller.change(Method::PUT, "/api/v1/invoice-settings", 0, wanted).await?;
    }
    Ok(())
}

/// The first confirmed order leaves and is invoiced.
pub async fn shipped(caller: &Caller) -> anyhow::Result<()> {
    let confirmed = caller.get("/api/v1/orders?segment=b2b&confirmed=true&sort=placed_at&limit=1").await?;
    let Some(order) = confirmed["data"].get(0) else { return Ok(()) };
    let (id, version) = (order["id"].as_str().context("an order without id")?, order["version"].as_i64().context("an order without version")?);
    if order["delivery_track"] == "unallocated" {
        caller.change(Method::POST, &format!("/api/v1/orders/{id}/shipments"), version, json!({"state": "handed_over", "carrier": "Mekong Express"})).await?;
    }
    if order["invoice_track"] == "not_required" {
        caller.post("/api/v1/invoices", json!({"order_ids": [id]})).await?;
    }
    Ok(())
}
