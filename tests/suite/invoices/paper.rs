//! Tax invoices on paper: a reader nobody here wrote finds in the PDF what the document says, and the XML inside. The reader
//! is `tests/oracles/paper.py` in the environment that SWITCHYARD_PYTHON names; without it those parts say they are skipped.

use super::{Office, goods, id, reduced};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;

fn reader() -> Option<PathBuf> {
    let python = std::env::var_os("SWITCHYARD_PYTHON").map(|folder| PathBuf::from(folder).join("bin/python"))?;
    let ready = Command::new(&python).args(["-c", "import pypdf"]).output().is_ok_and(|output| output.status.success());
    if !ready {
        eprintln!("skipped: pypdf is not installed (SWITCHYARD_PYTHON)");
    }
    ready.then_some(python)
}

/// What the reader finds in PDFs.
pub fn read(pdfs: &[&[u8]]) -> Option<Vec<Value>> {
    let python = reader()?;
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (index, pdf) in pdfs.iter().enumerate() {
        let path = folder.path().join(format!("{index}.pdf"));
        std::fs::write(&path, pdf).unwrap();
        // Debian's qpdf looks at the structure, where it is installed.
        if let Ok(output) = Command::new("qpdf").arg("--check").arg(&path).output() {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        }
        files.push(path);
    }
    let output = Command::new(python).arg(kit::project().join("tests/oracles/paper.py")).args(&files).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read: Vec<Value> = String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read.len(), pdfs.len());
    for one in &read {
        assert_eq!((one["is_pdf_a_3b"].as_bool(), one["fonts_outside"].as_array().map(Vec::len)), (Some(true), Some(0)), "{one}");
    }
    Some(read)
}

pub fn text(read: &Value) -> String {
    read["pages"].as_array().unwrap().iter().map(|page| page.as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

impl Office {
    async fn pdf(&self, document: &Value, query: &str) -> Vec<u8> {
        let answer = self.owner().get(&format!("/api/v1/invoices/{}/pdf{query}", id(document))).await.expect(200);
        assert_eq!(answer.header("content-type"), Some("application/pdf"));
        answer.body
    }
}

/// An amount as the paper writes it, beside [`switchyard_server::printing::amounts`].
fn written(amount: &Value, sign: &str, thousands: &str, point: &str) -> String {
    let text = amount["amount"].as_str().unwrap();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: Vec<char> = whole.chars().collect();
    let groups: Vec<String> = digits.rchunks(3).rev().map(|group| group.iter().collect()).collect();
    let fraction = if fraction.is_empty() { String::new() } else { format!("{point}{fraction}") };
    format!("{sign}{}{fraction}", groups.join(thousands))
}

#[tokio::test]
async fn paper_1_the_amounts_in_a_pdf_are_the_documents_and_the_xml_is_inside() {
    let office = Office::vietnamese().await;
    let lines = json!([reduced(goods("a", "3", "550000", "10", "135000"), &[("marketing_discount", "165000")]), goods("b", "3", "108000", "8", "24000"), {"id": "c", "sku": "SKU-c", "name": "Sách giáo khoa lụa", "quantity": "1", "unit_price": "90000"}]);
    let order = office.sale(lines, json!({"buyer": {"company": "Công ty CP Biển Đông", "tax_code": "0101243150"}, "tenders": [{"method": "cash", "amount": "400000"}]})).await;
    let invoice = office.issued(&[&order]).await;
    office.returned(&order, &[("b", "1")]).await;
    let adjustment = office.act(&invoice, "correct", json!({"reason": "Trả lại một sản phẩm"})).await.expect(201).json();
    let (vi, en, lowered) = (office.pdf(&invoice, "").await, office.pdf(&invoice, "?language=en").await, office.pdf(&adjustment, "").await);
    let replacement = office.act(&invoice, "replace", json!({"reason": "Sai tên người mua", "buyer": {"name": "Công ty CP Biển Tây"}})).await.expect(201).json();
    let (new, old) = (office.pdf(&replacement, "").await, office.pdf(&invoice, "").await);
    let Some(read) = read(&[&vi, &en, &lowered, &new, &old]) else { return };
    let number = |of: &Value| of["number"].as_str().unwrap().to_owned();
    for (read, document, sign, thousands, point, title) in [
        (&read[0], &invoice, "", ".", ",", "Hóa đơn giá trị gia tăng"),
        (&read[1], &invoice, "", ",", ".", "Tax invoice"),
        (&read[2], &adjustment, "\u{2212}", ".", ",", "Hóa đơn điều chỉnh"),
        (&read[3], &replacement, "", ".", ",", "Hóa đơn thay thế"),
    ] {
        let text = text(read);
        for wanted in [title.to_owned(), number(document), document["seller"]["name"].as_str().unwrap().to_owned(), document["buyer"]["name"].as_str().unwrap().to_owned()] {
            assert!(text.contains(&wanted), "{wanted} is not in\n{text}");
        }
        let amounts = ["base", "tax", "total"].map(|field| document[field].clone());
        let lines = document["lines"].as_array().unwrap().iter().map(|line| line["base"].clone());
        let rates = document["rates"].as_array().unwrap().iter().flat_map(|rate| [rate["base"].clone(), rate["tax"].clone()]);
        for amount in amounts.into_iter().chain(lines).chain(rates).filter(|amount| amount["amount"] != "0") {
            let wanted = written(&amount, sign, thousands, point);
            assert!(text.split_whitespace().any(|word| word == wanted), "{wanted} is not in\n{text}");
        }
        let attached = read["attached"].as_object().unwrap();
        assert_eq!(attached[&format!("{}.xml", number(document))].as_str().unwrap(), office.xml(document).await);
    }
    assert!(text(&read[0]).contains("Bằng chữ: Một triệu"), "{}", text(&read[0]));
    assert!(text(&read[2]).contains(&format!("Điều chỉnh cho hóa đơn {}", number(&invoice))) && text(&read[2]).contains("Trả lại một sản phẩm"));
    // Who prints what was replaced sees that it was.
    assert!(!text(&read[0]).contains("Đã bị thay thế") && text(&read[4]).contains(&format!("Đã bị thay thế bởi {}", number(&replacement))));
    office.server.verify().await;
}

#[tokio::test]
async fn paper_1_texts_of_buyers_are_printed_and_never_run() {
    let office = Office::european().await;
    let hostile = ["#read(\"/etc/passwd\")", "$ sum_1^2 $ *b* _e_ [c] `d`", "<e> @f // /* #{ while true {} }", "#import \"@preview/x:1.0.0\": *"];
    let lines: Vec<Value> = hostile.iter().enumerate().map(|(index, name)| json!({"id": format!("l{index}"), "name": name, "sku": format!("S{index}"), "quantity": "1", "unit_price": "11.90", "taxes": [{"name": "VAT", "rate": "19", "amount": "1.90", "included": true}]})).collect();
    let order = office.sale(json!(lines), json!({"buyer": {"name": "]#panic(\"x\")[ \u{1f4a1} 商店"}})).await;
    let invoice = office.issued(&[&order]).await;
    let pdf = office.pdf(&invoice, "").await;
    let Some(read) = read(&[&pdf]) else { return };
    // A long run may break anywhere; what it says is whole.
    let text = text(&read[0]).replace(['\u{200b}', '\n', ' '], "");
    for name in hostile.into_iter().chain(["]#panic(\"x\")["]) {
        assert!(text.contains(&name.replace(' ', "")), "{name} is not in\n{text}");
    }
    assert!(!text.contains("root:") && text.contains("47.60EUR"), "{text}");
}

#[tokio::test]
async fn paper_2_a_pdf_is_the_same_each_time_and_who_has_it_is_told_so() {
    let office = Office::european().await;
    let order = office.sale(json!([goods("a", "1", "119", "19", "19.00")]), json!({})).await;
    let invoice = office.issued(&[&order]).await;
    let path = format!("/api/v1/invoices/{}/pdf", id(&invoice));
    let first = office.owner().get(&path).await.expect(200);
    let again = office.owner().get(&path).await.expect(200);
    assert!(first.body == again.body && first.header("etag") == again.header("etag"));
    let etag = first.header("etag").unwrap().to_owned();
    let known = office.owner().send(office.owner().request(Method::GET, &path).header("if-none-match", etag.as_str())).await.expect(304);
    assert!(known.body.is_empty() && known.header("etag") == Some(etag.as_str()));
    // The look is the tenant's: another colour and footer are another PDF of the same document.
    office.set(json!({"paper_colour": "#7a1020", "paper_footer": "Nordbank DE02 1203\nTelefon 040 1234"})).await.expect(200);
    let other = office.owner().send(office.owner().request(Method::GET, &path).header("if-none-match", etag.as_str())).await.expect(200);
    assert_ne!(other.header("etag"), Some(etag.as_str()));
    if let Some(read) = read(&[&other.body]) {
        assert!(text(&read[0]).contains("Nordbank DE02 1203") && text(&read[0]).contains("Telefon 040 1234"), "{}", text(&read[0]));
    }
    for (field, value) in [("paper_colour", "white"), ("paper_colour", "#ffffff"), ("paper_footer", "1\n2\n3\n4\n5\n6\n7")] {
        assert_eq!(office.set(json!({field: value})).await.expect(422).json()["errors"][0]["pointer"], format!("/{field}"));
    }
    assert_eq!(office.owner().get(&format!("{path}?language=fr")).await.expect(422).json()["errors"][0]["pointer"], "query:language");
}

#[tokio::test]
async fn paper_3_a_document_of_many_lines_repeats_its_head_on_every_page() {
    let office = Office::european().await;
    let lines: Vec<Value> = (1..=120).map(|n| goods(&format!("line{n}"), "1", "1.19", "19", "0.19")).collect();
    let order = office.sale(json!(lines), json!({})).await;
    let invoice = office.issued(&[&order]).await;
    let pdf = office.pdf(&invoice, "").await;
    let Some(read) = read(&[&pdf]) else { return };
    let pages = read[0]["pages"].as_array().unwrap();
    assert!(pages.len() > 3, "{} pages", pages.len());
    let with_lines: Vec<&str> = pages.iter().map(|page| page.as_str().unwrap()).filter(|page| page.contains("Goods line")).collect();
    assert!(with_lines.iter().all(|page| page.contains("Unit price") && page.contains("Tax rate")));
    assert_eq!(pages.iter().map(|page| page.as_str().unwrap().matches("SKU-line").count()).sum::<usize>(), 120);
    assert!(pages.last().unwrap().as_str().unwrap().contains("142.80 EUR"));
    assert!(pages.iter().enumerate().all(|(index, page)| page.as_str().unwrap().contains(&format!("Page {} / {}", index + 1, pages.len()))));
}
