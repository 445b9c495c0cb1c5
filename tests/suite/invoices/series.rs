//! Numbers without gaps under concurrency, documents that never change, and the sum of documents against the ledger.

use super::{Office, goods, id, reduced};
use kernel::Decimal;
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use switchyard_core::invoices::issue;
use tenants::{Actor, RightSet};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invoice_1_no_gap_and_no_double_from_32_connections_some_of_which_roll_back() {
    let office = Office::open("DE", "EUR", &[("SWITCHYARD_CONNECTIONS", "40")]).await;
    let mut orders = Vec::new();
    for _ in 0..32 {
        orders.push(office.sale(json!([goods("a", "1", "11.90", "19", "1.90")]), json!({})).await);
    }
    let barrier = Arc::new(tokio::sync::Barrier::new(32));
    let tenant: kernel::TenantId = office.merchant.id.parse().unwrap();
    let tasks: Vec<_> = orders
        .into_iter()
        .enumerate()
        .map(|(index, order)| {
            let (directory, barrier) = (office.server.app.directory.clone(), barrier.clone());
            tokio::spawn(async move {
                let actor = Actor::system(tenant, "test", RightSet::all());
                let mut tx = directory.begin(&actor).await.unwrap();
                barrier.wait().await;
                issue::invoice(&mut tx, actor.may().unwrap(), &[order.parse().unwrap()], None).await.unwrap();
                // A third changes its mind after the number was taken.
                if index % 3 == 0 {
                    drop(tx);
                } else {
                    tx.commit().await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let mut tx = office.begin().await;
    let tenant = tx.tenant();
    let numbers: Vec<i64> = sqlx::query_scalar("select sequence from tenant.tax_invoices where tenant_id = $1 order by issued_at, sequence").bind(tenant).fetch_all(tx.conn()).await.unwrap();
    assert_eq!(numbers, (1..=21).collect::<Vec<i64>>(), "and in the order of their issue");
    drop(tx);
    office.server.verify().await;
}

#[tokio::test]
async fn invoice_2_nothing_issued_is_changed_or_deleted() {
    let office = Office::european().await;
    let order = office.sale(json!([goods("a", "2", "59.50", "19", "19.00")]), json!({})).await;
    let invoice = office.issued(&[&order]).await;
    let xml = office.xml(&invoice).await;
    for statement in [
        "update tenant.tax_invoices set total = 0 where tenant_id = $1",
        "update tenant.tax_invoices set number = 'x' where tenant_id = $1",
        "update tenant.tax_invoices set xml = 'x' where tenant_id = $1",
        "delete from tenant.tax_invoices where tenant_id = $1",
        "update tenant.tax_invoice_covers set base = 0 where tenant_id = $1",
        "delete from tenant.tax_invoice_covers where tenant_id = $1",
        "delete from tenant.tax_invoice_events where tenant_id = $1",
        "delete from tenant.invoice_series where tenant_id = $1",
        "update tenant.invoice_settings set legal_name = 'x' where tenant_id = $1",
    ] {
        let mut tx = office.begin().await;
        let tenant = tx.tenant();
        let error = sqlx::query(statement).bind(tenant).execute(tx.conn()).await.unwrap_err().to_string();
        assert!(error.contains("permission denied"), "{statement}: {error}");
    }
    office.step(&invoice, "send").await.expect(200);
    office.step(&invoice, "reject").await.expect(200);
    office.act(&invoice, "replace", json!({"reason": "wrong name", "buyer": {"name": "Right GmbH"}})).await.expect(201);
    assert_eq!(office.xml(&invoice).await, xml, "what corrects it is another document");
    office.server.verify().await;
}

/// What stands in the books of the orders by role, credit positive.
async fn revenue(office: &Office, order: &str) -> (Decimal, Decimal) {
    let ledger = office.owner().get(&format!("/api/v1/orders/{order}/ledger")).await.expect(200).json();
    let sum = |roles: &[&str]| -> Decimal {
        let rows = ledger["balances"].as_array().unwrap().iter().filter(|row| roles.contains(&row["role"].as_str().unwrap()));
        -rows.map(|row| row["balance"]["amount"].as_str().unwrap().parse::<Decimal>().unwrap()).sum::<Decimal>()
    };
    (sum(&["sales", "sales_returns", "contra_marketing", "contra_voucher", "contra_price_override", "contra_shipping"]), sum(&["vat_out"]))
}

fn amount(of: &Value) -> Decimal {
    of["amount"].as_str().unwrap().parse().unwrap()
}

/// Random lives of orders at three rates, shipped in parts, returned in parts, lowered; everything issued and corrected.
#[tokio::test]
async fn invoice_3_bases_less_corrections_are_the_revenue_of_the_ledger_rate_by_rate() {
    let seed = kit::seed("invoice_3_bases_less_corrections_are_the_revenue_of_the_ledger_rate_by_rate");
    let mut random = StdRng::seed_from_u64(seed);
    let office = Office::vietnamese().await;
    let mut expected: BTreeMap<String, (Decimal, Decimal)> = BTreeMap::new();
    for _ in 0..if kit::long() { 120 } else { 24 } {
        // One rate an order, so that the ledger of the order is the ledger of the rate.
        let rate = ["5", "8", "10"][random.random_range(0..3)];
        let line = |random: &mut StdRng, id: &str| {
            let (quantity, price): (i64, i64) = (random.random_range(2..6), random.random_range(1_000..900_000));
            let off = if random.random_bool(0.5) { random.random_range(1..price) } else { 0 };
            let net = Decimal::from(quantity * price - off);
            let percent: Decimal = rate.parse().unwrap();
            let tax = (net * percent / (percent + Decimal::ONE_HUNDRED)).round();
            let kinds = ["marketing_discount", "promo_voucher", "price_override"];
            let line = goods(id, &quantity.to_string(), &price.to_string(), rate, &tax.to_string());
            let line = if off > 0 { reduced(line, &[(kinds[random.random_range(0..3)], &off.to_string())]) } else { line };
            (line, quantity)
        };
        let ((a, of_a), (b, of_b)) = (line(&mut random, "a"), line(&mut random, "b"));
        let order = office.order(&office.desk, json!([a, b]), json!({})).await;
        // In one piece, or in two that are invoiced apart.
        let mut invoice = Value::Null;
        if random.random_bool(0.5) {
            office.ship(&order, json!([{"line_id": "a", "quantity": "1"}])).await;
            invoice = office.issued(&[&order]).await;
            office.ship(&order, json!([{"line_id": "a", "quantity": (of_a - 1).to_string()}, {"line_id": "b", "quantity": of_b.to_string()}])).await;
        } else {
            office.ship(&order, json!([])).await;
        }
        let whole = office.issue(&[&order]).await;
        if whole.status == 201 {
            invoice = whole.json();
        }
        if random.random_bool(0.5) {
            office.returned(&order, &[("a", "1")]).await;
            office.act(&invoice, "correct", json!({"reason": "came back"})).await.expect(201);
        }
        if random.random_bool(0.3) {
            office.given_back(&order, &random.random_range(1..1_000).to_string()).await;
            // Money given back for what was not paid lowers nothing by itself: there may be nothing to correct.
            office.act(&invoice, "correct", json!({"reason": "price lowered"})).await;
        }
        let (base, tax) = revenue(&office, &order).await;
        let sum = expected.entry(format!("{rate}%")).or_default();
        *sum = (sum.0 + base, sum.1 + tax);
    }
    let mut told: BTreeMap<String, (Decimal, Decimal)> = BTreeMap::new();
    let mut path = "/api/v1/invoices?limit=7".to_owned();
    loop {
        let page = office.owner().get(&path).await.expect(200).json();
        for row in page["data"].as_array().unwrap() {
            let sign = if ["adjustment", "credit_note"].contains(&row["kind"].as_str().unwrap()) { -Decimal::ONE } else { Decimal::ONE };
            for rate in office.see(row).await["rates"].as_array().unwrap() {
                let sum = told.entry(rate["category"].as_str().unwrap().to_owned()).or_default();
                *sum = (sum.0 + sign * amount(&rate["base"]), sum.1 + sign * amount(&rate["tax"]));
            }
        }
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/invoices?limit=7&cursor={cursor}");
    }
    assert_eq!(told, expected, "seed {seed}");
    office.server.verify().await;
}

/// `verify` sees a gap, a changed XML and a cover that is not the ledger's.
#[tokio::test]
async fn invoice_3_verify_finds_what_was_changed_behind_its_back() {
    let office = Office::european().await;
    for _ in 0..3 {
        let order = office.sale(json!([goods("a", "1", "11.90", "19", "1.90")]), json!({})).await;
        office.issued(&[&order]).await;
    }
    let findings = async |statement: &'static str| {
        sqlx::query(statement).execute(&mut office.server.database.owner().await).await.unwrap();
        switchyard_server::cli::verify::verify_all(&office.server.app.directory, None, &indicatif::ProgressBar::hidden()).await.unwrap().findings
    };
    assert_eq!(findings("select 1").await, [""; 0]);
    let found = findings("update tenant.tax_invoices set xml = replace(xml, '11.90', '11.91') where sequence = 1").await;
    assert!(found.len() == 1 && found[0].contains("-000001 xml"), "{found:?}");
    let found = findings("update tenant.tax_invoice_covers c set base = c.base + 1 from tenant.tax_invoices d where d.id = c.document_id and d.sequence = 2").await;
    assert!(found.iter().any(|f| f.contains("-000002 covered at 19 %")) && found.iter().any(|f| f.contains("-000002 entry ent_")), "{found:?}");
    let found = findings("update tenant.invoice_series set last = 4").await;
    assert!(found.iter().any(|f| f.contains("INV") && f.contains("stored last 4, computed 3 documents, the newest 3")), "{found:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invoice_4_a_sale_is_invoiced_once_however_often_it_is_asked_for() {
    let office = Office::european().await;
    let order = office.sale(json!([goods("a", "1", "11.90", "19", "1.90")]), json!({})).await;
    let tries: Vec<_> = (0..16)
        .map(|_| {
            let (client, order) = (office.owner().clone(), order.clone());
            tokio::spawn(async move { client.post("/api/v1/invoices", json!({"order_ids": [order]})).await })
        })
        .collect();
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    for one in tries {
        let answer = one.await.unwrap();
        assert!(answer.status == 201 || answer.code() == "nothing_to_invoice", "{}", answer.text());
        *statuses.entry(answer.status.as_u16()).or_default() += 1;
    }
    assert_eq!(statuses, [(201, 1), (409, 15)].into());
    // One key, one document, also when the answer was lost.
    let second = office.sale(json!([goods("a", "1", "11.90", "19", "1.90")]), json!({})).await;
    let keyed = async || office.owner().send(office.owner().request(reqwest::Method::POST, "/api/v1/invoices").header("idempotency-key", "i-1").json(&json!({"order_ids": [second]}))).await;
    let (first, again) = (keyed().await.expect(201), keyed().await.expect(201));
    assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &first.body));
    assert_eq!(id(&first.json()), id(&again.json()));
    let year = chrono::Datelike::year(&chrono::Utc::now().with_timezone(&chrono_tz::Asia::Ho_Chi_Minh));
    assert_eq!(office.documents("").await, [format!("invoice INV-{year}-000002 issued"), format!("invoice INV-{year}-000001 issued")]);
    office.server.verify().await;
}
