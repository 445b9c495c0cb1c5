//! The wholesaler's credit: companies with terms and limits, a policy in force, orders confirmed by the sales desk's own key,
//! some of them held. By the interface alone (DEMO-1); what is there already is left alone (DEMO-2).

use super::caller::Caller;
use anyhow::Context;
use serde_json::{Value, json};

struct Company {
    name: &'static str,
    tax_code: &'static str,
    parent: Option<&'static str>,
    limit: Option<&'static str>,
    terms: fn() -> Value,
}

const COMPANIES: [Company; 4] = [
    Company { name: "Hòa Phát Trading", tax_code: "0101234565", parent: None, limit: Some("80000000"), terms: || json!({"kind": "net", "days": 30}) },
    Company { name: "Phương Nam Retail Group", tax_code: "0309876547", parent: None, limit: Some("150000000"), terms: || json!({"kind": "end_of_month", "days": 15}) },
    Company {
        name: "Phương Nam Cần Thơ",
        tax_code: "0309876547-001",
        parent: Some("0309876547"),
        limit: Some("120000000"),
        terms: || json!({"kind": "instalments", "parts": [{"percent": "30", "days": 0}, {"percent": "70", "days": 60}]}),
    },
    Company { name: "Bình Minh Foods", tax_code: "1801234562", parent: None, limit: None, terms: || json!({"kind": "net", "days": 0}) },
];

/// Tax code of the company, units and price of one; two of a group fit alone and not together.
const ORDERS: [(&str, &str, &str); 6] = [
    ("0101234565", "120", "450000"),
    ("0101234565", "60", "620000"),
    ("0309876547", "200", "480000"),
    ("0309876547-001", "150", "520000"),
    ("1801234562", "40", "390000"),
    ("0101234565", "10", "900000"),
];

const POLICY: &str = "Limit and terms";

pub async fn prepare(url: &str, caller: &Caller, account: &str) -> anyhow::Result<()> {
    let companies = companies(caller).await?;
    policy(caller).await?;
    let mut desk: Option<Caller> = None;
    for (index, (tax_code, quantity, unit_price)) in ORDERS.iter().enumerate() {
        let external_id = format!("CREDIT-{}", index + 1);
        let found = caller.get(&format!("/api/v1/orders?text={external_id}&limit=5")).await?;
        let found = found["data"].as_array().into_iter().flatten().find(|order| order["external_id"] == external_id.as_str()).cloned();
        if found.as_ref().is_some_and(|order| order["confirmed_at"].is_string() || order["holds"] != json!([])) {
            continue;
        }
        let desk = match &mut desk {
            Some(desk) => desk,
            none => none.insert(sales_desk(url, caller).await?),
        };
        let order = match found {
            Some(order) => order,
            None => {
                let company = companies.iter().find(|c| c["tax_code"] == *tax_code).context("a demo company is missing")?;
                let body = json!({
                    "channel_account_id": account, "external_id": external_id, "company_id": company["id"], "staff": "Lê Minh Khôi",
                    "buyer": {"name": company["name"], "company": company["name"], "tax_code": tax_code},
                    "lines": [{"sku": "RICE-ST25-25KG", "name": "Gạo ST25, bao 25 kg", "quantity": quantity, "unit_price": unit_price}],
                });
                desk.post("/api/v1/orders", body).await?
            }
        };
        let (id, version) = (order["id"].as_str().context("an order without id")?, order["version"].as_i64().context("an order without version")?);
        desk.post_seen(&format!("/api/v1/orders/{id}/confirm"), version).await.with_context(|| external_id.clone())?;
    }
    Ok(())
}

async fn companies(caller: &Caller) -> anyhow::Result<Vec<Value>> {
    let known = caller.get("/api/v1/companies?limit=200").await?;
    let mut made: Vec<Value> = Vec::new();
    for company in &COMPANIES {
        let found = known["data"].as_array().into_iter().flatten().find(|one| one["tax_code"] == company.tax_code).cloned();
        let one = match found {
            Some(found) => found,
            None => {
                let parent = company.parent.and_then(|code| made.iter().find(|c| c["tax_code"] == code)).map(|c| c["id"].clone());
                let limit = company.limit.map(|amount| json!({"amount": amount, "currency": "VND"}));
                let body = json!({"name": company.name, "tax_code": company.tax_code, "parent_id": parent, "terms": (company.terms)(), "due_from": "shipment", "credit_limit": limit, "since": "2024-03-01"});
                caller.post("/api/v1/companies", body).await?
            }
        };
        made.push(one);
    }
    Ok(made)
}

async fn policy(caller: &Caller) -> anyhow::Result<()> {
    let known = caller.get("/api/v1/credit-policies").await?;
    let policy = match known["data"].as_array().into_iter().flatten().find(|p| p["name"] == POLICY) {
        Some(policy) => policy.clone(),
        None => {
            let plugins = caller.get("/api/v1/plugins").await?;
            let plugin = plugins["data"].as_array().into_iter().flatten().find(|p| p["name"] == "limit-terms" && p["bundled"] == true).context("the bundled policy is missing")?;
            let config = json!({"tolerance_percent": "5", "grace_days": 7, "approvers": [{"up_to": "50000000", "name": "finance"}, {"name": "the owner"}]});
            caller.post("/api/v1/credit-policies", json!({"name": POLICY, "plugin_id": plugin["id"], "segment": "b2b", "config": config})).await?
        }
    };
    if policy["versions"][0]["state"] == "draft" {
        let id = policy["id"].as_str().context("a policy without id")?;
        caller.post(&format!("/api/v1/credit-policies/{id}/activate"), json!({"version": policy["versions"][0]["version"]})).await?;
    }
    Ok(())
}

/// The desk confirms under a key of its own, so that the owner may release what it asked for.
async fn sales_desk(url: &str, caller: &Caller) -> anyhow::Result<Caller> {
    let made = caller.post("/api/v1/api-keys", json!({"name": "Sales desk", "scopes": ["orders:create", "orders:read", "orders:confirm"]})).await?;
    Caller::with_key(url, made["secret"].as_str().context("the server showed no secret of the new API key")?)
}
