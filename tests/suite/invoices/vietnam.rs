//! The Vietnamese structure: golden files, arithmetic by rate in whole đồng, words, tax codes.

use super::{Office, goods, id, reduced};
use serde_json::{Value, json};

/// The document without what differs from run to run: the day, and the two digits of its year.
async fn golden(office: &Office, name: &str, document: &Value) {
    let day = document["issued_on"].as_str().unwrap();
    let xml = office.xml(document).await.replace(day, "2026-07-01").replace(&format!("<KHHDon>C{}", &day[2..4]), "<KHHDon>C26").replace(&format!("<KHHDCLQuan>C{}", &day[2..4]), "<KHHDCLQuan>C26");
    let path = kit::project().join("tests/suite/invoices/golden").join(name);
    if std::env::var_os("SWITCHYARD_TEST_WRITE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &xml).unwrap();
    }
    assert_eq!(xml, std::fs::read_to_string(&path).unwrap_or_default(), "{name}: SWITCHYARD_TEST_WRITE=1 writes it anew");
}

/// All texts of an element.
fn texts<'a>(xml: &'a str, element: &str) -> Vec<&'a str> {
    xml.split(&format!("<{element}>")).skip(1).map(|rest| rest.split("</").next().unwrap()).collect()
}
fn sum(xml: &str, element: &str) -> i64 {
    texts(xml, element).iter().map(|text| text.parse::<i64>().unwrap_or_else(|_| panic!("{element} {text} is no whole number"))).sum()
}

/// Sums by rate are the totals, to the đồng.
fn check_sums(xml: &str) {
    let (lines, rest) = xml.split_once("</DSHHDVu>").unwrap();
    let lines = &lines[lines.find("<DSHHDVu>").unwrap()..];
    let rates = rest.split("</THTTLTSuat>").next().unwrap();
    assert_eq!(sum(lines, "ThTien"), sum(rest, "TgTCThue"));
    assert_eq!(sum(rates, "ThTien"), sum(rest, "TgTCThue"));
    assert_eq!(sum(rates, "TThue"), sum(rest, "TgTThue"));
    assert_eq!(sum(rest, "TgTCThue") + sum(rest, "TgTThue"), sum(rest, "TgTTTBSo"));
}

#[tokio::test]
async fn an_invoice_its_adjustment_and_its_replacement_are_the_golden_files() {
    let office = Office::vietnamese().await;
    let lines = json!([
        reduced(goods("a", "2", "550000", "10", "85000"), &[("marketing_discount", "110000"), ("promo_voucher", "55000")]),
        goods("b", "3", "108000", "8", "24000"),
        {"id": "c", "sku": "SKU-c", "name": "Sách giáo khoa", "quantity": "1", "unit_price": "90000"},
    ]);
    let buyer = json!({"buyer": {"company": "Công ty CP Biển Đông", "tax_code": "0101243150"}, "tenders": [{"method": "cash", "amount": "400000"}]});
    let order = office.sale(lines, buyer).await;
    let invoice = office.issued(&[&order]).await;
    assert!(invoice["number"].as_str().unwrap().ends_with("TAA-1"), "{}", invoice["number"]);
    check_sums(&office.xml(&invoice).await);
    golden(&office, "invoice.xml", &invoice).await;
    office.returned(&order, &[("b", "1")]).await;
    let adjustment = office.act(&invoice, "correct", json!({"reason": "Trả lại một sản phẩm"})).await.expect(201).json();
    assert_eq!((adjustment["kind"].as_str(), office.track(&order).await.as_str()), (Some("adjustment"), "adjusted"));
    check_sums(&office.xml(&adjustment).await);
    golden(&office, "adjustment.xml", &adjustment).await;
    let replacement = office.act(&invoice, "replace", json!({"reason": "Sai tên người mua", "buyer": {"name": "Công ty CP Biển Tây", "tax_code": "0100109106-001", "address": "2 Lê Lợi", "city": "Huế"}})).await.expect(201).json();
    check_sums(&office.xml(&replacement).await);
    golden(&office, "replacement.xml", &replacement).await;
    // One series for all of them.
    let numbers: Vec<String> = office.documents("").await.iter().map(|row| row.rsplit('-').next().unwrap().to_owned()).collect();
    assert_eq!(numbers, ["3 issued", "2 issued", "1 replaced"]);
    office.server.verify().await;
}

#[tokio::test]
async fn a_tax_code_with_a_wrong_check_digit_is_refused_and_consumers_have_none() {
    let office = Office::vietnamese().await;
    let line = || json!([goods("a", "1", "110000", "10", "10000")]);
    let wrong = office.sale(line(), json!({"buyer": {"company": "Sai", "tax_code": "0101243151"}})).await;
    assert_eq!(office.issue(&[&wrong]).await.expect(422).json()["errors"][0]["pointer"], "/buyer/tax_code");
    let named = office.owner().post("/api/v1/invoices", json!({"order_ids": [wrong], "buyer": {"name": "Đúng", "tax_code": "0101243150"}})).await.expect(201).json();
    assert_eq!(named["buyer"]["tax_code"], "0101243150");
    let consumer = office.issued(&[&office.sale(line(), json!({})).await]).await;
    let xml = office.xml(&consumer).await;
    assert!(xml.contains("<Ten>Khách lẻ không lấy hóa đơn</Ten>") && texts(&xml, "MST").len() == 1, "{xml}");
    assert_eq!(texts(&xml, "TgTTTBChu"), ["Một trăm mười nghìn đồng"]);
    assert_ne!(id(&named), id(&consumer));
    // What a channel masks is not printed.
    let masked = office.order(&office.desk, line(), json!({"buyer": {"name": "N***", "masked": true}, "ship_to": {"line": "1***", "city": "H***", "country": "VN"}})).await;
    office.ship(&masked, json!([])).await;
    let buyer = office.issued(&[&masked]).await["buyer"].clone();
    assert_eq!((buyer["name"].as_str(), &buyer["address"], &buyer["city"], buyer["country"].as_str()), (Some("Khách lẻ không lấy hóa đơn"), &Value::Null, &Value::Null, Some("VN")));
    office.server.verify().await;
}
