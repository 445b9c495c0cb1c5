//! The UCI "Online Retail" data, whole: every number of its truth files again from our tables, to the last decimal.

use super::Shop;
use kernel::Decimal;
use rust_decimal::prelude::FromStr;
use sqlx::{PgConnection, Row};
use std::collections::BTreeMap;
use std::io::Read;
use std::time::Instant;
use switchyard_core::imports::import::{Import, ImportState};

pub fn unpacked(path: &std::path::Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    xz2::read::XzDecoder::new(std::fs::File::open(path).unwrap()).read_to_end(&mut bytes).unwrap();
    bytes
}

async fn number(owner: &mut PgConnection, sql: &'static str) -> Decimal {
    sqlx::query_scalar::<_, Decimal>(sql).fetch_one(owner).await.unwrap()
}

fn decimal(text: &str) -> Decimal {
    Decimal::from_str(text).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn online_retail_is_reproduced_to_the_last_decimal() {
    let (Some(data), Some(invoices), Some(months)) =
        (kit::shared("datasets/online_retail.csv.xz"), kit::shared("datasets/online_retail_truth_invoice.csv.xz"), kit::shared("datasets/online_retail_truth_month_country.csv"))
    else {
        return;
    };
    let shop = Shop::open().await;
    let begun = Instant::now();
    let import = shop.upload(&unpacked(&data), None).await.unwrap();
    let import = shop.run(import.id).await.unwrap();
    // How fast it is, `bench` measures: here other tests share the machine.
    eprintln!("online retail: {} rows in {} s", import.rows_done, begun.elapsed().as_secs());
    let mut owner = shop.owner().await;
    counts(&import);
    every_invoice(&mut owner, &unpacked(&invoices)).await;
    every_month_and_country(&mut owner, &std::fs::read(months).unwrap()).await;
    counted_facts(&mut owner).await;
    books(&shop).await;
    undone(&shop, &import).await;
    assert_eq!(claims(&shop).await, Decimal::ZERO, "what the import posted is reversed with it");
}

/// Every invoice stands in the ledger, and three programs that nobody here wrote agree with its balances.
async fn books(shop: &Shop) {
    assert_eq!(claims(shop).await, decimal("9747747.934"));
    let begun = Instant::now();
    let entries = crate::ledger::oracles::agree(&shop.directory, &shop.actor).await;
    eprintln!("online retail: {entries} entries read by the oracles in {} s", begun.elapsed().as_secs());
    let mut owner = shop.owner().await;
    assert_eq!(Decimal::from(entries), number(&mut owner, "select count(*)::numeric from tenant.orders where total <> 0").await);
}

/// What buyers owe, less what we owe them for credit notes.
async fn claims(shop: &Shop) -> Decimal {
    let mut owner = shop.owner().await;
    number(&mut owner, "select coalesce(sum(amount), 0) from tenant.ledger_entries e, unnest(e.accounts, e.amounts) as l(account, amount) where split_part(account, ':', 1) in ('ar', 'customer_deposits')").await
}

/// What the import itself tells (README of the data: lines, invoices, several minutes, surplus duplicates).
fn counts(import: &Import) {
    assert_eq!((import.state, import.rows_total, import.rows_done, import.rows_failed), (ImportState::Done, Some(541_909), 541_909, 0));
    assert_eq!((import.orders_done, import.orders_new, import.orders_changed), (25_900, 25_900, 0));
    let expected: BTreeMap<String, i64> = [("several_times".into(), 43), ("repeated_rows".into(), 5_268), ("repeated_row_groups".into(), 4_879)].into();
    assert_eq!(import.remarks, expected);
}

async fn every_invoice(owner: &mut PgConnection, truth: &[u8]) {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let rows = sqlx::query(
        "select o.external_id, to_char(o.placed_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS') as placed_at, coalesce(o.buyer_key, '') as buyer,
                o.ship_to->>'country' as country, o.total, count(*) as lines, sum(l.quantity) as units, sum(l.total) as line_total
         from tenant.orders o join tenant.order_lines l on l.tenant_id = o.tenant_id and l.order_id = o.id
         where o.voided_at is null and o.currency = 'GBP' group by o.tenant_id, o.id",
    )
    .fetch_all(owner)
    .await
    .unwrap();
    for row in rows {
        let (total, of_lines): (Decimal, Decimal) = (row.get("total"), row.get("line_total"));
        assert_eq!(total, of_lines, "the order's total is the sum of its lines");
        let buyer = row.get::<String, _>("buyer");
        let cells = vec![
            row.get::<String, _>("placed_at"),
            buyer.strip_prefix("import:").unwrap_or(&buyer).to_owned(),
            row.get::<String, _>("country"),
            row.get::<i64, _>("lines").to_string(),
            row.get::<Decimal, _>("units").normalize().to_string(),
            total.normalize().to_string(),
        ];
        found.insert(row.get("external_id"), cells);
    }
    let mut reader = csv::Reader::from_reader(truth);
    assert_eq!(reader.headers().unwrap(), &csv::StringRecord::from(vec!["invoice_no", "invoice_date", "customer_id", "country", "lines", "units", "total"]));
    let mut expected = BTreeMap::new();
    for record in reader.records().map(Result::unwrap) {
        let mut cells: Vec<String> = record.iter().skip(1).map(str::to_owned).collect();
        cells[5] = decimal(&cells[5]).normalize().to_string();
        expected.insert(record[0].to_owned(), cells);
    }
    assert_eq!(found.len(), expected.len());
    for (invoice, cells) in &expected {
        assert_eq!(found.get(invoice), Some(cells), "invoice {invoice}");
    }
}

async fn every_month_and_country(owner: &mut PgConnection, truth: &[u8]) {
    let rows = sqlx::query(
        "select to_char(o.placed_at at time zone 'UTC', 'YYYY-MM') as month, o.ship_to->>'country' as country, count(distinct o.id) as invoices, count(*) as lines,
                sum(l.quantity) as units, sum(l.total) as net
         from tenant.orders o join tenant.order_lines l on l.tenant_id = o.tenant_id and l.order_id = o.id group by 1, 2",
    )
    .fetch_all(owner)
    .await
    .unwrap();
    let found: BTreeMap<(String, String), (i64, i64, Decimal, Decimal)> =
        rows.iter().map(|row| ((row.get("month"), row.get("country")), (row.get("invoices"), row.get("lines"), row.get("units"), row.get("net")))).collect();
    let mut reader = csv::Reader::from_reader(truth);
    let expected: BTreeMap<(String, String), (i64, i64, Decimal, Decimal)> = reader
        .records()
        .map(Result::unwrap)
        .map(|r| ((r[0].to_owned(), r[1].to_owned()), (r[2].parse().unwrap(), r[3].parse().unwrap(), decimal(&r[4]), decimal(&r[5]))))
        .collect();
    assert_eq!(found.len(), expected.len());
    for (key, cells) in &expected {
        assert_eq!(found.get(key), Some(cells), "{key:?}");
    }
}

/// "Counted facts" of shared/datasets/README.md, one by one.
async fn counted_facts(owner: &mut PgConnection) {
    let facts: &[(&'static str, &str)] = &[
        ("select count(*)::numeric from tenant.order_lines", "541909"),
        ("select count(*)::numeric from tenant.orders", "25900"),
        ("select count(distinct buyer_key)::numeric from tenant.orders", "4372"),
        ("select count(distinct sku)::numeric from tenant.order_lines", "4070"),
        ("select count(distinct ship_to->>'country')::numeric from tenant.orders", "38"),
        ("select sum(quantity * unit_price) from tenant.order_lines", "9747747.934"),
        ("select sum(total) from tenant.orders", "9747747.934"),
        ("select sum(line_count)::numeric from tenant.orders where external_id ~ '^[0-9]'", "532618"),
        ("select count(*)::numeric from tenant.orders where external_id ~ '^[0-9]'", "22061"),
        ("select sum(total) from tenant.orders where external_id ~ '^[0-9]'", "10655622.484"),
        ("select sum(line_count)::numeric from tenant.orders where channel_status = 'credit_note'", "9288"),
        ("select count(*)::numeric from tenant.orders where channel_status = 'credit_note'", "3836"),
        ("select sum(total) from tenant.orders where channel_status = 'credit_note'", "-896812.490"),
        ("select count(*)::numeric from tenant.orders where channel_status = 'credit_note' and external_id !~ '^C'", "0"),
        ("select sum(line_count)::numeric from tenant.orders where channel_status = 'bad_debt'", "3"),
        ("select sum(total) from tenant.orders where channel_status = 'bad_debt'", "-11062.060"),
        ("select count(*)::numeric from tenant.order_lines l join tenant.orders o on o.id = l.order_id where l.quantity < 0 and o.external_id !~ '^C'", "1336"),
        ("select count(distinct o.id)::numeric from tenant.order_lines l join tenant.orders o on o.id = l.order_id where l.quantity < 0 and o.external_id !~ '^C'", "1336"),
        ("select count(*)::numeric from tenant.order_lines where unit_price = 0", "2515"),
        ("select count(*)::numeric from tenant.order_lines where unit_price < 0", "2"),
        ("select sum(line_count)::numeric from tenant.orders where buyer_key is null", "135080"),
        ("select count(*)::numeric from tenant.order_lines where name is null", "1454"),
        ("select count(*)::numeric from (select from tenant.order_lines group by order_id, sku having count(*) > 1) pairs", "9694"),
        ("select max(line_count)::numeric from tenant.orders", "1114"),
        ("select sum(quantity)::numeric from tenant.order_lines l join tenant.orders o on o.id = l.order_id where o.external_id in ('581483', 'C581484')", "0"),
        ("select units from tenant.orders where external_id = '581483'", "80995"),
        ("select count(*)::numeric from tenant.order_lines where sku in ('POST', 'DOT') and kind = 'shipping'", "1966"),
        ("select sum(total) from tenant.order_lines where sku = 'AMAZONFEE' and kind = 'fee'", "-221520.50"),
        ("select count(*)::numeric from tenant.order_lines where sku in ('M', 'm') and kind = 'adjustment'", "572"),
        ("select count(*)::numeric from tenant.order_lines where sku in ('D', 'S', 'CRUK', 'B') and kind = 'adjustment'", "159"),
        ("select count(*)::numeric from tenant.order_lines where sku like 'gift\\_0001\\_%' and kind = 'product'", "34"),
        ("select count(*)::numeric from tenant.orders where placed_at >= '2011-10-06Z' and placed_at < '2011-10-07Z'", "218"),
        ("select sum(line_count)::numeric from tenant.orders where placed_at >= '2011-10-06Z' and placed_at < '2011-10-07Z'", "3189"),
        ("select count(*)::numeric from tenant.orders where ship_to->>'country' = 'United Kingdom'", "23494"),
        ("select count(*)::numeric from tenant.orders where ship_to->>'country' = 'Germany'", "603"),
        ("select count(*)::numeric from tenant.orders where ship_to->>'country' = 'France'", "461"),
        ("select count(*)::numeric from tenant.orders where ship_to->>'country' = 'EIRE'", "360"),
        (
            "select count(*)::numeric from tenant.order_lines l join tenant.orders o on o.id = l.order_id where o.channel_status = 'credit_note' and exists
               (select from tenant.order_lines s join tenant.orders b on b.id = s.order_id where b.buyer_key = o.buyer_key and s.sku = l.sku and s.quantity > 0
                and b.channel_status is null and s.external_id::bigint < l.external_id::bigint)",
            "7599",
        ),
    ];
    for (sql, expected) in facts {
        assert_eq!(number(owner, sql).await, decimal(expected), "{sql}");
    }
}

async fn undone(shop: &Shop, import: &Import) {
    let begun = Instant::now();
    assert_eq!(shop.undo(import.id).await.state, ImportState::Undone);
    eprintln!("online retail: undone in {} s", begun.elapsed().as_secs());
    let mut owner = shop.owner().await;
    assert_eq!(number(&mut owner, "select count(*)::numeric from tenant.orders where voided_at is null").await, Decimal::ZERO);
    assert_eq!(number(&mut owner, "select count(*)::numeric from tenant.order_facts").await, Decimal::from(25_900));
}
