//! EN 16931: every kind of document we write passes the schemas of UBL 2.1 and the official rules, and a planted error is
//! caught. The judge is `tests/oracles/en16931.py` in the environment that SWITCHYARD_PYTHON names; without it the test says
//! it is skipped.

use super::{Office, goods, id, reduced};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

fn judge() -> Option<PathBuf> {
    let python = std::env::var_os("SWITCHYARD_PYTHON").map(|folder| PathBuf::from(folder).join("bin/python"))?;
    let ready = Command::new(&python).args(["-c", "import facturx, saxonche, lxml"]).output().is_ok_and(|output| output.status.success());
    ready.then_some(python)
}

/// What the judge says of each file: what failed, by file.
fn judged(python: &Path, files: &[PathBuf]) -> Vec<(String, Vec<String>)> {
    let output = Command::new(python).arg(kit::project().join("tests/oracles/en16931.py")).args(files).output().expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let mut said = Vec::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        assert!(line["fired"].as_u64().unwrap() > 10, "the rules were really tried: {line}");
        let failed = ["schema", "rules"].iter().flat_map(|what| line[what].as_array().unwrap()).map(|one| one.as_str().unwrap().to_owned()).collect();
        said.push((line["file"].as_str().unwrap().to_owned(), failed));
    }
    assert_eq!(said.len(), files.len(), "{text}");
    said
}

/// Documents of every kind, by what they show.
async fn scenarios(office: &Office) -> Vec<(&'static str, Value)> {
    let plain = || json!([goods("a", "2", "59.50", "19", "19.00")]);
    let untaxed = || json!([{"id": "a", "sku": "A", "name": "Goods & <more> \u{1f4a1}", "quantity": "3", "unit_price": "33.35"}]);
    let french = || json!({"buyer": {"company": "Lumière SARL", "tax_code": "FR12345678901"}, "ship_to": {"line": "1 Rue X", "city": "Lyon", "postcode": "69001", "country": "FR"}});
    let mut made: Vec<(&'static str, Value)> = Vec::new();
    let first = office.sale(plain(), json!({})).await;
    made.push(("plain", office.issued(&[&first]).await));
    let discounts = json!([reduced(goods("a", "2", "59.50", "19", "14.25"), &[("marketing_discount", "17.85"), ("promo_voucher", "11.90")]), reduced(goods("b", "1", "23.80", "19", "1.90"), &[("price_override", "11.90")])]);
    made.push(("discounts and a voucher that reduces", office.issued(&[&office.sale(discounts, json!({})).await]).await));
    let shipping = json!({"id": "s", "kind": "shipping", "name": "Shipping", "quantity": "1", "unit_price": "5.95", "taxes": [{"name": "VAT", "rate": "19", "amount": "0.48", "included": true}], "components": [{"kind": "shipping_discount", "funded_by": "tenant", "amount": "2.95"}]});
    made.push(("several rates and shipping", office.issued(&[&office.sale(json!([goods("a", "1", "119", "19", "19.00"), goods("b", "3", "1.07", "7", "0.21"), shipping]), json!({})).await]).await));
    let paid = json!({"tenders": [{"method": "cash", "amount": "19.00"}, {"method": "paid_voucher", "amount": "50.00"}, {"method": "points", "amount": "10.00"}, {"method": "store_credit", "amount": "20.00"}]});
    made.push(("paid before, in part by voucher, points and store credit", office.issued(&[&office.sale(plain(), paid).await]).await));
    let whole = json!({"tenders": [{"method": "card", "amount": "119.00"}]});
    made.push(("paid in full", office.issued(&[&office.sale(plain(), whole).await]).await));
    let awkward = json!([goods("a", "3", "3.33", "19", "1.60"), goods("b", "7", "0.99", "19", "1.11"), goods("c", "0.333", "10.00", "7", "0.22")]);
    made.push(("awkward roundings", office.issued(&[&office.sale(awkward, json!({})).await]).await));
    let on_top = json!([{"id": "a", "name": "Net price", "quantity": "2", "unit_price": "100", "taxes": [{"name": "VAT", "rate": "19", "amount": "38.00", "included": false}]}]);
    made.push(("tax on top", office.issued(&[&office.sale(on_top, json!({})).await]).await));
    let negative = json!([goods("a", "2", "59.50", "19", "19.00"), goods("old", "-1", "11.90", "19", "-1.90")]);
    made.push(("something taken in", office.issued(&[&office.sale(negative, json!({})).await]).await));
    made.push(("zero rate at home", office.issued(&[&office.sale(untaxed(), json!({})).await]).await));
    made.push(("zero beside taxed", office.issued(&[&office.sale(json!([goods("a", "1", "119", "19", "19.00"), {"id": "z", "name": "Stamp", "quantity": "1", "unit_price": "0.95"}]), json!({})).await]).await));
    let shipped = async |more: Value| {
        let order = office.order(&office.desk, untaxed(), more).await;
        office.ship(&order, json!([])).await;
        order
    };
    made.push(("within the union", office.issued(&[&shipped(french()).await]).await));
    made.push(("export", office.issued(&[&shipped(json!({"buyer": {"name": "Jane"}, "ship_to": {"line": "5th Ave 1", "city": "New York", "postcode": "10001", "country": "US"}})).await]).await));
    for (word, more) in [("AE", french()), ("E", json!({})), ("O", json!({}))] {
        office.set(json!({"zero_rate": word, "exemption_reason": if word == "E" { json!("Exempt under section 4 of the act") } else { Value::Null }})).await.expect(200);
        let what = match word {
            "AE" => "reverse charge",
            "E" => "exempt",
            _ => "outside the scope of tax",
        };
        made.push((what, office.issued(&[&shipped(more).await]).await));
    }
    office.set(json!({})).await.expect(200);
    let mut several = Vec::new();
    for name in ["Anna", "Ben", "Cem"] {
        several.push(office.sale(json!([goods("a", "1", "11.90", "19", "1.90"), goods(name, "1", "5.00", "19", "0.80")]), json!({"buyer": {"name": name}})).await);
    }
    made.push(("a day's consumers", office.issued(&several.iter().map(String::as_str).collect::<Vec<_>>()).await));
    let company = id(&office.owner().post("/api/v1/companies", json!({"name": "Kontor & Söhne", "tax_code": "DE811907980", "terms": {"kind": "net", "days": 30}})).await.expect(201).json());
    let mut on_credit = Vec::new();
    for _ in 0..2 {
        let order = office.order(&office.desk, plain(), json!({"company_id": company})).await;
        office.ship(&order, json!([])).await;
        on_credit.push(order);
    }
    made.push(("two orders of a company", office.issued(&on_credit.iter().map(String::as_str).collect::<Vec<_>>()).await));
    // Corrections of the first one.
    office.returned(&first, &[("a", "1")]).await;
    made.push(("credit note of a return", office.act(&made[0].1, "correct", json!({"reason": "one came back"})).await.expect(201).json()));
    let lowered = office.sale(plain(), json!({"tenders": [{"method": "cash", "amount": "119.00"}]})).await;
    let its = office.issued(&[&lowered]).await;
    office.given_back(&lowered, "10.01").await;
    made.push(("credit note of a price lowered", office.act(&its, "correct", json!({"reason": "scratched"})).await.expect(201).json()));
    made.push(("corrected invoice", office.act(&its, "replace", json!({"reason": "name", "buyer": {"name": "Right GmbH", "tax_code": "DE811907980", "city": "Kiel", "country": "DE"}})).await.expect(201).json()));
    made
}

#[tokio::test]
async fn invoice_rules_every_kind_of_document_passes_the_official_rules_and_a_planted_error_does_not() {
    let office = Office::european().await;
    let made = scenarios(&office).await;
    office.server.verify().await;
    let Some(python) = judge() else {
        eprintln!("skipped: factur-x and saxonche are not installed (SWITCHYARD_PYTHON)");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (index, (_, document)) in made.iter().enumerate() {
        let path = folder.path().join(format!("{index:02}.xml"));
        std::fs::write(&path, office.xml(document).await).unwrap();
        files.push(path);
    }
    let failed: Vec<String> = judged(&python, &files).into_iter().zip(&made).filter(|((_, failed), _)| !failed.is_empty()).map(|((_, failed), (what, _))| format!("{what}: {}", failed.join("; "))).collect();
    assert_eq!(failed, [""; 0], "{} documents were judged", files.len());
    eprintln!("{} documents pass EN 16931", files.len());
    // Their silence means something.
    let good = office.xml(&made[0].1).await;
    let planted = [
        ("total", good.replace(">119.00</cbc:PayableAmount>", ">120.00</cbc:PayableAmount>"), "BR-CO-16"),
        ("tax", good.replace(">19.00</cbc:TaxAmount>", ">18.00</cbc:TaxAmount>"), "BR-CO-15"),
        ("line", good.replace(">100.00</cbc:LineExtensionAmount>\n    <cac:Item>", ">99.00</cbc:LineExtensionAmount>\n    <cac:Item>"), "BR-CO-10"),
        ("element", good.replace("cbc:IssueDate", "cbc:IssuedDate"), "IssuedDate"),
    ];
    let mut files = Vec::new();
    for (name, xml, _) in &planted {
        assert_ne!(*xml, good, "{name} was planted");
        let path = folder.path().join(format!("{name}.xml"));
        std::fs::write(&path, xml).unwrap();
        files.push(path);
    }
    for ((file, failed), (_, _, rule)) in judged(&python, &files).into_iter().zip(&planted) {
        assert!(failed.iter().any(|failed| failed.contains(rule)), "{file}: {failed:?}");
    }
}
