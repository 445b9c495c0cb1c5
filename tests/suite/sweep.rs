//! Sweep over every endpoint x (no session, missing right, other tenant). The list of endpoints is the OpenAPI document, which
//! is made with the routes: a new endpoint is swept without being named here, and fails until it answers right.

use kit::{Client, Server, server::Merchant};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Reviewed: answer without a session, since they are how one gets a session or a tenant, or how machines look in.
const PUBLIC: &[&str] = &[
    "GET /livez",
    "GET /readyz",
    "GET /healthz",
    "GET /version",
    "GET /metrics",
    "POST /hooks/{hook}",
    "GET /hooks/{hook}",
    "POST /api/v1/sign-up",
    "POST /api/v1/session",
    "POST /api/v1/mail-verification",
    "POST /api/v1/password-reset/request",
    "POST /api/v1/password-reset",
    "POST /api/v1/invitations/accept",
    "GET /api/v1/oidc/connections",
    "GET /api/v1/oidc/start",
    "GET /api/v1/oidc/callback",
];

/// Reviewed: need a session but no right, since they concern only the person who asks.
const OWN: &[&str] = &[
    "GET /api/v1/session",
    "DELETE /api/v1/session",
    "PATCH /api/v1/session",
    "GET /api/v1/sessions",
    "DELETE /api/v1/sessions/{id}",
    "POST /api/v1/session/tenant",
    "POST /api/v1/mail-verification/request",
    "PUT /api/v1/session/password",
    "GET /api/v1/rights",
    // Every member sees the company they are in; the session says the same.
    "GET /api/v1/tenant",
    // What comes back from a channel left with this very person; the rights of now are asked behind the state.
    "GET /connect/callback",
];

/// One operation of the document.
#[derive(Clone, Debug)]
struct Operation {
    method: Method,
    path: String,
}

impl Operation {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
    fn has_parameter(&self) -> bool {
        self.path.contains('{')
    }
    /// The path with its parameters filled from `ids` (by collection); `None` when one is not known.
    fn fill(&self, ids: &BTreeMap<&str, String>) -> Option<String> {
        let mut filled = Vec::new();
        let mut collection = "";
        for segment in self.path.split('/') {
            if segment.starts_with('{') {
                filled.push(ids.get(collection)?.clone());
            } else {
                collection = segment;
                filled.push(segment.to_owned());
            }
        }
        Some(filled.join("/"))
    }
}

async fn operations(client: &Client) -> Vec<Operation> {
    let document = client.get("/openapi.json").await.expect(200).json();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in item.as_object().expect("an item").keys().filter(|key| ["get", "post", "put", "patch", "delete"].contains(&key.as_str())) {
            all.push(Operation { method: method.to_uppercase().parse().expect("a method"), path: path.clone() });
        }
    }
    assert!(all.len() > 60, "the document was really read: {}", all.len());
    all
}

/// Sends the operation with a body that is valid where that decides the answer.
async fn send(client: &Client, operation: &Operation, path: &str, bodies: &BTreeMap<&str, Value>) -> kit::Answer {
    let mut request = client.request(operation.method.clone(), path).header("idempotency-key", uuid::Uuid::new_v4().to_string()).header("if-match", "\"1\"");
    if operation.method != Method::GET && operation.method != Method::DELETE {
        request = request.json(bodies.get(operation.name().as_str()).unwrap_or(&json!({})));
    }
    client.send(request).await
}

/// Ids that belong to nobody, for calls that must be refused before anything is looked up.
fn anybodys() -> BTreeMap<&'static str, String> {
    let hex = uuid::Uuid::now_v7().simple();
    [
        ("orders", format!("ord_{hex}")),
        ("holds", format!("hld_{hex}")),
        ("errands", format!("ern_{hex}")),
        ("backfills", format!("bfl_{hex}")),
        ("companies", format!("com_{hex}")),
        ("credit-policies", format!("pol_{hex}")),
        ("decisions", format!("dec_{hex}")),
        ("channel-accounts", format!("cha_{hex}")),
        ("secrets", "signing_key".into()),
        ("installations", format!("ins_{hex}")),
        ("plugins", format!("plg_{hex}")),
        ("people", format!("per_{hex}")),
        ("roles", format!("rol_{hex}")),
        ("invitations", format!("inv_{hex}")),
        ("api-keys", format!("key_{hex}")),
        ("oidc-connections", format!("oidc_{hex}")),
        ("quarantine", format!("inb_{hex}")),
        ("imports", format!("imp_{hex}")),
        ("saved-views", format!("viw_{hex}")),
        ("sessions", uuid::Uuid::now_v7().to_string()),
        ("hooks", format!("hook_{hex}")),
        ("tenders", "t1".into()),
        ("entries", format!("ent_{hex}")),
        ("invoices", format!("tiv_{hex}")),
        ("periods", format!("prd_{hex}")),
        ("accounts", format!("bac_{hex}")),
        ("lines", format!("bln_{hex}")),
        ("shops", format!("cha_{hex}")),
        ("statements", format!("stm_{hex}")),
        ("statement-lines", format!("sln_{hex}")),
        ("promises", format!("prm_{hex}")),
        ("dunning-runs", format!("dun_{hex}")),
        ("applications", "t1".into()),
        ("write-offs", "t1".into()),
        ("claims", format!("clm_{hex}")),
        ("shifts", format!("shf_{hex}")),
        ("track-rules", format!("trl_{hex}")),
        ("price-lists", format!("prl_{hex}")),
        ("quotes", format!("quo_{hex}")),
        ("approvals", format!("prq_{hex}")),
        ("products", format!("pdt_{hex}")),
        ("customers", format!("cus_{hex}")),
    ]
    .into()
}

#[tokio::test]
async fn every_endpoint_without_a_session_is_401() {
    let server = Server::start().await;
    let stranger = server.stranger();
    let mut wrong = Vec::new();
    for operation in operations(&stranger).await.iter().filter(|o| !PUBLIC.contains(&o.name().as_str())) {
        let path = operation.fill(&anybodys()).unwrap_or_else(|| panic!("no id for {}: add its collection to the sweep", operation.name()));
        for credential in ["", "wrong cookie", "wrong key"] {
            let client = stranger.stranger();
            let client = match credential {
                "wrong cookie" => {
                    client.set_cookie("sy_session", &"A".repeat(43));
                    client
                }
                "wrong key" => client.with_key("sy_live_abcdefgh_00000000000000000000000000000000"),
                _ => client,
            };
            let answer = send(&client, operation, &path, &BTreeMap::new()).await;
            if answer.status != 401 {
                wrong.push(format!("{} with {credential:?}: {} {}", operation.name(), answer.status, answer.text()));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[tokio::test]
async fn every_endpoint_without_its_right_is_403() {
    let server = Server::start().await;
    let merchant = server.merchant("rights").await;
    let powerless = powerless(&merchant).await;
    let mut wrong = Vec::new();
    for operation in operations(&powerless).await.iter().filter(|o| !PUBLIC.contains(&o.name().as_str()) && !OWN.contains(&o.name().as_str())) {
        let path = operation.fill(&anybodys()).expect("known collections");
        let answer = send(&powerless, operation, &path, &BTreeMap::new()).await;
        if answer.status != 403 || answer.code() != "missing_right" {
            wrong.push(format!("{}: {} {}", operation.name(), answer.status, answer.text()));
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[tokio::test]
async fn every_unsafe_endpoint_with_a_cookie_needs_origin_and_header() {
    let server = Server::start().await;
    let merchant = server.merchant("csrf").await;
    let cookie = merchant.owner.cookies().iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("; ");
    let mut wrong = Vec::new();
    for operation in operations(&merchant.owner).await.iter().filter(|o| o.method != Method::GET && o.path.starts_with("/api/")) {
        let path = operation.fill(&anybodys()).expect("known collections");
        for (origin, header) in [(None, true), (Some("https://evil.example"), true), (Some(server.url.as_str()), false), (Some("null"), true)] {
            let mut request = merchant.owner.bare(operation.method.clone(), &path).header("cookie", &cookie).json(&json!({}));
            if let Some(origin) = origin {
                request = request.header("origin", origin);
            }
            if header {
                request = request.header("x-switchyard-csrf", "1");
            }
            let answer = merchant.owner.send(request).await;
            if answer.status != 403 || answer.code() != "csrf" {
                wrong.push(format!("{} {origin:?} {header}: {} {}", operation.name(), answer.status, answer.text()));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[tokio::test]
async fn every_endpoint_hides_other_tenants_rows() {
    let server = Server::start().await;
    let (a, b) = (server.merchant("alpha").await, server.merchant("beta").await);
    let ids = belongings(&a).await;
    let bodies = bodies(&b).await;
    let mut wrong = Vec::new();
    for operation in operations(&b.owner).await.iter().filter(|o| o.path.starts_with("/api/") && !PUBLIC.contains(&o.name().as_str())) {
        if !operation.has_parameter() {
            // Lists and summaries: the client itself looks for A's canary in whatever comes back.
            if operation.method == Method::GET && !operation.path.ends_with("/events") {
                let answer = send(&b.owner, operation, &operation.path, &bodies).await;
                if answer.status.is_server_error() {
                    wrong.push(format!("{}: {}", operation.name(), answer.text()));
                }
            }
            continue;
        }
        let path = operation.fill(&ids).unwrap_or_else(|| panic!("A owns nothing for {}: add it to `belongings`", operation.name()));
        let answer = send(&b.owner, operation, &path, &bodies).await;
        if answer.status != 404 {
            wrong.push(format!("{}: {} {}", operation.name(), answer.status, answer.text()));
        }
    }
    assert_eq!(wrong, [""; 0]);
    // And the owner still has everything: nothing was changed by the attempts.
    for (collection, id) in ids.iter().filter(|(c, _)| ["orders", "channel-accounts", "installations", "quarantine", "imports"].contains(c)) {
        a.owner.get(&format!("/api/v1/{collection}/{id}")).await.expect(200);
    }
}

/// A key of the merchant whose scopes are empty of meaning: it belongs to the tenant and may do nothing.
async fn powerless(merchant: &Merchant) -> Client {
    let role = merchant.owner.post("/api/v1/roles", json!({"name": "nothing", "rights": []})).await.expect(201).json();
    let invited = format!("nobody-{}@example.com", merchant.slug);
    merchant.owner.post("/api/v1/invitations", json!({"email": invited, "role_ids": [role["id"]]})).await.expect(201);
    let token = kit::server::mail_token(&merchant.data_dir, &invited, "invitation");
    let person = merchant.owner.stranger().belonging_to(merchant.owner.canary().clone());
    person.post("/api/v1/invitations/accept", json!({"token": token, "name": "Nobody", "password": "correct horse battery"})).await.expect(200);
    person
}

/// One of everything that belongs to the merchant, made through the API.
async fn belongings(merchant: &Merchant) -> BTreeMap<&'static str, String> {
    let owner = &merchant.owner;
    let id = |value: &Value| value["id"].as_str().unwrap_or_else(|| panic!("no id in {value}")).to_owned();
    let marker = owner.canary().marker().to_owned();
    let account = owner.post("/api/v1/channel-accounts", json!({"kind": "web", "name": format!("Web {marker}"), "currency": "VND"})).await.expect(201).json();
    let shop = owner
        .post(
            "/api/v1/channel-accounts",
            json!({"kind": "shopify", "name": format!("Shop {marker}"), "shop": "sweep.myshopify.com", "currency": "USD", "settings": {"shop": "sweep.myshopify.com"}, "secrets": {"client_secret": "hush", "access_token": "token"}}),
        )
        .await
        .expect(201)
        .json();
    let company = owner.post("/api/v1/companies", json!({"name": format!("Company {marker}"), "tax_code": marker, "credit_limit": {"amount": "1000", "currency": "VND"}})).await.expect(201).json();
    let plugins = owner.get("/api/v1/plugins").await.expect(200).json();
    let limit_terms = plugins["data"].as_array().expect("plugins").iter().find(|p| p["name"] == "limit-terms").expect("the bundled policy")["id"].clone();
    let policy = owner.post("/api/v1/credit-policies", json!({"name": format!("Policy {marker}"), "plugin_id": limit_terms, "segment": "b2b"})).await.expect(201).json();
    let bought = json!({"channel_account_id": account["id"], "company_id": company["id"], "lines": [{"sku": format!("SKU-{marker}"), "quantity": "1", "unit_price": "5"}]});
    let bought = owner.post("/api/v1/orders", bought).await.expect(201).json();
    let confirmed = owner.send(owner.request(Method::POST, &format!("/api/v1/orders/{}/confirm", id(&bought))).header("if-match", "\"1\"")).await.expect(200).json();
    let decision = confirmed["decision_ids"][0].as_str().expect("a decision").to_owned();
    let order = owner.send(owner.request(Method::POST, "/api/v1/orders").header("idempotency-key", "sweep").json(&new_order(&account["id"], &marker))).await.expect(201).json();
    let hold = owner.post(&format!("/api/v1/orders/{}/holds", id(&order)), json!({"type": "manual", "reason": format!("look {marker}")})).await.expect(201).json();
    let hold = hold["hold_list"][0]["id"].as_str().or(hold["id"].as_str()).expect("a hold").to_owned();
    owner.send(owner.request(Method::POST, &format!("/api/v1/channel-accounts/{}/documents", id(&shop))).header("content-type", "application/json").body(format!("not json {marker}"))).await;
    let quarantined = owner.get("/api/v1/quarantine").await.expect(200).json()["data"][0].clone();
    let role = owner.post("/api/v1/roles", json!({"name": format!("role {marker}"), "rights": ["orders:read"]})).await.expect(201).json();
    let invitation = owner.post("/api/v1/invitations", json!({"email": format!("{marker}@example.com"), "role_ids": [role["id"]]})).await.expect(201).json();
    let key = owner.post("/api/v1/api-keys", json!({"name": format!("key {marker}"), "scopes": ["orders:read"]})).await.expect(201).json();
    let connection = owner
        .post(
            "/api/v1/oidc-connections",
            json!({"name": format!("idp {marker}"), "issuer": "https://id.example.com", "client_id": "x", "client_secret": "y", "join_domains": [], "group_roles": {}, "enabled": true}),
        )
        .await
        .expect(201)
        .json();
    let view = owner.post("/api/v1/saved-views", json!({"name": format!("view {marker}"), "shared": true, "query": "payment=paid", "columns": ["number"]})).await.expect(201).json();
    let file = format!("order,sku,quantity,unit price\n{marker},A,1,5\n");
    let import = owner.upload("/api/v1/imports", "orders.csv", file.as_bytes(), &[("channel_account_id", &id(&account))]).await.expect(201).json();
    let entry = owner.post("/api/v1/ledger/entries", json!({"kind": "cost_of_sale", "memo": format!("memo {marker}"), "amount": "5"})).await.expect(201).json();
    let settings = json!({"legal_name": format!("Seller {marker}"), "tax_id": "0100109106", "address": "1 Trần Hưng Đạo", "city": "Hà Nội", "country": "VN", "regime": "vn-2026-07", "series": "CTAA", "issue_on": "manual"});
    owner.send(owner.request(Method::PUT, "/api/v1/invoice-settings").header("if-match", "\"0\"").json(&settings)).await.expect(200);
    let counter = owner.post("/api/v1/channel-accounts", json!({"kind": "pos", "name": format!("Counter {marker}"), "currency": "VND"})).await.expect(201).json();
    let sold = owner.post("/api/v1/orders", json!({"channel_account_id": counter["id"], "lines": [{"quantity": "1", "unit_price": "5"}]})).await.expect(201).json();
    let invoice = owner.post("/api/v1/invoices", json!({"order_ids": [sold["id"]]})).await.expect(201).json();
    let period = owner.post("/api/v1/ledger/periods", json!({"through": "2020-01-31"})).await.expect(201).json();
    let bank = owner.post("/api/v1/bank/accounts", json!({"name": format!("Bank {marker}"), "number": marker, "currency": "VND"})).await.expect(201).json();
    let told = format!("date,amount,text\n2026-11-20,5,{marker}\n");
    owner.upload(&format!("/api/v1/bank/accounts/{}/statements", id(&bank)), &format!("{marker}.csv"), told.as_bytes(), &[]).await.expect(201);
    let bank_lines = owner.get("/api/v1/bank/lines").await.expect(200).json();
    let market = json!({"kind": "shopee", "name": format!("Market {marker}"), "shop": "77", "currency": "VND", "settings": {"partner_id": "1", "shop_id": "77", "currency": "VND"}, "secrets": {"partner_key": "hush", "access_token": "token"}});
    let market = owner.post("/api/v1/channel-accounts", market).await.expect(201).json();
    let told = format!("Order ID,Type,Amount,Description\nnobody,Adjustment,5,{marker}\n");
    let statement = owner.upload(&format!("/api/v1/settlement/shops/{}/statements", id(&market)), "s.csv", told.as_bytes(), &[("reference", &marker)]).await.expect(201).json();
    let statement = statement["statement_id"].as_str().expect("a statement").to_owned();
    let statement_lines = owner.get(&format!("/api/v1/settlement/statements/{statement}/lines")).await.expect(200).json();
    let promise = json!({"amount": "5", "currency": "VND", "promised_on": (chrono::Utc::now() + chrono::TimeDelta::days(2)).date_naive(), "note": format!("promise {marker}")});
    let promises = owner.post(&format!("/api/v1/receivables/companies/{}/promises", id(&company)), promise).await.expect(201).json();
    let level = json!({"days": 1, "subject_en": marker, "text_en": marker, "subject_vi": marker, "text_vi": marker});
    owner.put("/api/v1/receivables/dunning-levels", json!({"levels": [level]})).await.expect(200);
    let late = owner.post("/api/v1/companies", json!({"name": format!("Late {marker}")})).await.expect(201).json();
    let owed = json!({"channel_account_id": account["id"], "company_id": late["id"], "lines": [{"sku": format!("SKU-{marker}"), "quantity": "1", "unit_price": "5"}]});
    let owed = owner.post("/api/v1/orders", owed).await.expect(201).json();
    let left = json!({"state": "handed_over", "at": chrono::Utc::now() - chrono::Duration::days(30)});
    owner.send(owner.request(Method::POST, &format!("/api/v1/orders/{}/shipments", id(&owed))).header("if-match", "\"1\"").json(&left)).await.expect(201);
    let run = owner.post("/api/v1/receivables/dunning-runs", json!({})).await.expect(201).json();
    let voucher = owner.post("/api/v1/claims/vouchers", json!({"code": marker, "amount": "5", "currency": "VND", "received_in": "bank", "reason": marker})).await.expect(201).json();
    let drawer = owner.post("/api/v1/drawers", json!({"name": format!("Drawer {marker}"), "currency": "VND"})).await.expect(201).json();
    let shift = owner.post("/api/v1/shifts", json!({"drawer_id": drawer["id"], "float": "5"})).await.expect(201).json();
    let rule = owner.post("/api/v1/track-rules", json!({"payment": "written_off", "delivery": "failed", "reason": format!("rule {marker}")})).await.expect(201).json();
    let sheet = json!({"csv": format!("sku,price,name\nSKU-{marker},5,Name {marker}\n")});
    let prices = owner.post("/api/v1/price-lists", json!({"name": format!("List {marker}"), "currency": "VND", "prices": sheet})).await.expect(201).json();
    let offered = json!({"company_id": company["id"], "channel_account_id": account["id"], "valid_until": (chrono::Utc::now() + chrono::TimeDelta::days(9)).date_naive(), "lines": [{"sku": format!("SKU-{marker}"), "quantity": "1", "unit_price": "1"}]});
    let quote = owner.post("/api/v1/quotes", offered).await.expect(201).json();
    owner.send(owner.request(Method::POST, &format!("/api/v1/quotes/{}/send", id(&quote))).header("if-match", "\"1\"").json(&json!({}))).await.expect(200);
    let approvals = owner.get("/api/v1/approvals?owner=all&kind=price").await.expect(200).json();
    let levels = json!({"levels": [{"listing": marker, "available": "1"}]});
    let errand = owner.post(&format!("/api/v1/channel-accounts/{}/stock-levels", id(&shop)), levels).await.expect(202).json();
    let past = json!({"from": chrono::Utc::now() - chrono::TimeDelta::days(2), "until": chrono::Utc::now() - chrono::TimeDelta::days(1)});
    let backfill = owner.post(&format!("/api/v1/channel-accounts/{}/backfills", id(&shop)), past).await.expect(202).json();
    let product = owner.post("/api/v1/products", json!({"sku": format!("P-{marker}"), "name": format!("Product {marker}"), "unit": "piece"})).await.expect(201).json();
    let listing = json!({"channel_account_id": account["id"], "listing": format!("sku:SKU-{marker}"), "parts": [{"sku": format!("P-{marker}")}]});
    owner.post("/api/v1/listings/map", json!({"mappings": [listing]})).await.expect(200);
    let resolved = owner.get(&format!("/api/v1/orders/{}/resolved", id(&order))).await.expect(200).json();
    let people = owner.get("/api/v1/people").await.expect(200).json();
    let installations = owner.get("/api/v1/installations").await.expect(200).json();
    [
        ("channel-accounts", id(&shop)),
        ("secrets", "client_secret".to_owned()),
        ("orders", id(&order)),
        ("holds", hold),
        ("errands", id(&errand["data"][0])),
        ("backfills", id(&backfill)),
        ("companies", id(&company)),
        ("credit-policies", id(&policy)),
        ("decisions", decision),
        ("quarantine", id(&quarantined)),
        ("roles", id(&role)),
        ("invitations", id(&invitation)),
        ("api-keys", id(&key)),
        ("oidc-connections", id(&connection)),
        ("saved-views", id(&view)),
        ("imports", id(&import)),
        ("tenders", "1".to_owned()),
        ("entries", id(&entry)),
        ("invoices", id(&invoice)),
        ("periods", id(&period)),
        ("accounts", id(&bank)),
        ("lines", id(&bank_lines["data"][0])),
        ("shops", id(&market)),
        ("statements", statement),
        ("statement-lines", id(&statement_lines["data"][0])),
        ("promises", id(&promises["data"][0])),
        ("dunning-runs", id(&run)),
        ("applications", "t1".to_owned()),
        ("write-offs", "t1".to_owned()),
        ("claims", id(&voucher)),
        ("shifts", id(&shift)),
        ("track-rules", id(&rule)),
        ("price-lists", id(&prices)),
        ("quotes", id(&quote)),
        ("approvals", id(&approvals["data"][0])),
        ("products", id(&product)),
        ("customers", resolved["customer_id"].as_str().expect("a customer").to_owned()),
        ("people", id(&people["data"][0])),
        ("installations", id(&installations["data"][0])),
        ("sessions", merchant.session["id"].as_str().map_or_else(|| uuid::Uuid::now_v7().to_string(), str::to_owned)),
        ("plugins", format!("plg_{}", uuid::Uuid::now_v7().simple())),
    ]
    .into()
}

fn new_order(account: &Value, marker: &str) -> Value {
    json!({
        "channel_account_id": account, "external_id": format!("W-{marker}"), "currency": "VND", "buyer": {"name": format!("Buyer {marker}"), "phone": "+84901234567"},
        "note": format!("note {marker}"), "lines": [{"sku": format!("SKU-{marker}"), "name": format!("Áo {marker}"), "quantity": "1", "unit_price": "100000"}],
    })
}

/// Bodies good enough that the id decides the answer.
async fn bodies(other: &Merchant) -> BTreeMap<&'static str, Value> {
    let roles = other.owner.get("/api/v1/roles").await.expect(200).json();
    let role = roles["data"][0]["id"].clone();
    [
        ("PATCH /api/v1/roles/{id}", json!({"name": "x", "rights": []})),
        ("PUT /api/v1/people/{id}/roles", json!({"role_ids": [role]})),
        ("PATCH /api/v1/oidc-connections/{id}", json!({"name": "x"})),
        ("PATCH /api/v1/channel-accounts/{id}", json!({"name": "x"})),
        ("PUT /api/v1/channel-accounts/{id}/secrets/{name}", json!({"value": "stolen"})),
        ("PUT /api/v1/installations/{id}/grants", json!({"hosts": [], "secrets": [], "kv": false})),
        ("PUT /api/v1/installations/{id}/config", json!({})),
        ("POST /api/v1/installations/{id}/suspend", json!({"reason": "x"})),
        ("PATCH /api/v1/orders/{id}", json!({"note": "x"})),
        ("POST /api/v1/orders/{id}/holds", json!({"type": "manual", "reason": "x"})),
        ("POST /api/v1/orders/{id}/holds/{hold}/release", json!({"reason": "x"})),
        ("POST /api/v1/credit-policies/{id}/activate", json!({"version": 1})),
        ("POST /api/v1/holds/{id}/release", json!({"reason": "x"})),
        ("POST /api/v1/holds/{id}/assign", json!({"owner_id": null})),
        ("POST /api/v1/quarantine/{id}/discard", json!({"reason": "x"})),
        ("POST /api/v1/orders/{id}/tenders", json!({"method": "cash", "amount": "1"})),
        ("POST /api/v1/orders/{id}/tenders/{tender}/void", json!({"reason": "x"})),
        ("POST /api/v1/orders/{id}/refunds", json!({"amount": "1", "reason": "x"})),
        ("POST /api/v1/orders/{id}/shipments", json!({"state": "ready"})),
        ("POST /api/v1/orders/{id}/changes", json!({"reason": "x", "remove": ["1"]})),
        ("POST /api/v1/orders/{id}/changes/preview", json!({"reason": "x", "remove": ["1"]})),
        ("POST /api/v1/orders/{id}/cancellations", json!({"reason": "x"})),
        ("POST /api/v1/orders/{id}/returns", json!({"state": "requested", "reason": "x"})),
        ("POST /api/v1/orders/{id}/settlements", json!({"lines": [{"kind": "payout", "amount": "1"}]})),
        ("POST /api/v1/ledger/entries/{id}/reverse", json!({"memo": "x"})),
        ("POST /api/v1/invoices/{id}/correct", json!({"reason": "x"})),
        ("POST /api/v1/invoices/{id}/replace", json!({"reason": "x"})),
        ("POST /api/v1/invoices/{id}/steps", json!({"step": "send"})),
        ("POST /api/v1/quotes/{id}/mail", json!({"to": "buyer@example.com"})),
        ("POST /api/v1/bank/lines/{id}/match", json!({"why": "x", "bookings": [{"account": "suspense", "amount": "5"}]})),
        ("PUT /api/v1/settlement/shops/{id}/rates", json!({"rates": []})),
        ("POST /api/v1/settlement/statements/{id}/pay", json!({"bank_line_id": "x", "why": "x"})),
        ("POST /api/v1/settlement/statement-lines/{id}/resolve", json!({"action": "dispute", "reason": "x"})),
        ("POST /api/v1/bank/lines/{id}/unmatch", json!({"reason": "x"})),
        ("POST /api/v1/holds/{id}/reject", json!({"reason": "x", "order": "stay"})),
        ("PUT /api/v1/receivables/companies/{id}/contact", json!({"language": "en"})),
        ("POST /api/v1/receivables/companies/{id}/promises", json!({"amount": "5", "currency": "VND", "promised_on": (chrono::Utc::now() + chrono::TimeDelta::days(2)).date_naive(), "note": "x"})),
        ("POST /api/v1/receivables/companies/{id}/receipts", json!({"amount": "5", "currency": "VND", "received_in": "bank", "reference": "x"})),
        ("POST /api/v1/receivables/companies/{id}/applications", json!({"currency": "VND", "orders": [{"order_id": format!("ord_{}", uuid::Uuid::now_v7().simple())}]})),
        ("POST /api/v1/receivables/orders/{id}/applications/{tender}/take-back", json!({"reason": "x"})),
        ("POST /api/v1/receivables/orders/{id}/write-offs/{tender}/take-back", json!({"reason": "x"})),
        ("POST /api/v1/receivables/orders/{id}/offset", json!({"reason": "x"})),
        ("POST /api/v1/receivables/orders/{id}/write-off", json!({"reason": "x"})),
        ("POST /api/v1/shifts/{id}/payments", json!({"direction": "in", "amount": "5", "account": "cash:safe", "reason": "x"})),
        ("POST /api/v1/shifts/{id}/close", json!({"counted": "5"})),
        ("POST /api/v1/claims/{id}/end", json!({"reason": "x"})),
        ("POST /api/v1/claims/{id}/earn", json!({"order_id": format!("ord_{}", uuid::Uuid::now_v7().simple())})),
        ("PUT /api/v1/quotes/{id}", json!({"company_id": format!("com_{}", uuid::Uuid::now_v7().simple()), "channel_account_id": format!("cha_{}", uuid::Uuid::now_v7().simple()), "valid_until": "2099-01-01", "lines": [{"sku": "A", "quantity": "1"}]})),
        ("POST /api/v1/quotes/{id}/decline", json!({"reason": "x"})),
        ("POST /api/v1/approvals/{id}/decide", json!({"decision": "approve"})),
        ("POST /api/v1/approvals/{id}/assign", json!({"person_id": null})),
        ("PUT /api/v1/orders/{id}/deposit", json!({"percent": "10"})),
        ("POST /api/v1/orders/{id}/deposit/forfeit", json!({"amount": "1", "reason": "x"})),
        ("POST /api/v1/errands/{id}/drop", json!({"reason": "x"})),
        ("PATCH /api/v1/products/{id}", json!({"name": "x"})),
        ("POST /api/v1/customers/{id}/merge", json!({"customer_id": format!("cus_{}", uuid::Uuid::now_v7().simple()), "reason": "x"})),
        ("POST /api/v1/customers/{id}/split", json!({"identity_id": format!("cus_{}", uuid::Uuid::now_v7().simple()), "reason": "x"})),
        ("POST /api/v1/channel-accounts/{id}/backfills", json!({"from": chrono::Utc::now() - chrono::TimeDelta::days(2), "until": chrono::Utc::now() - chrono::TimeDelta::days(1)})),
        ("POST /api/v1/channel-accounts/{id}/stock-levels", json!({"levels": [{"listing": "x", "available": "1"}]})),
    ]
    .into()
}
