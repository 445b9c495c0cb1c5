//! A marketplace's statement as CSV: a row for each amount (order, kind, amount), or a row for each order with a column for
//! each kind. To us is positive, a fee is negative.

use crate::bank::{csv::mark_of, file::tidy};
use crate::imports::{
    Limits, cells,
    guess::plain,
    reader::{ReadError, Row, Rows},
    text,
};
use kernel::{Currency, Decimal};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, HashMap};

pub const FILE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Amounts of one file at most.
pub const LINES_MAX: usize = 50_000;

/// What a line is. Others keep their own word and stand in suspense under it.
pub const KINDS: &[&str] = &["sale", "commission", "payment_fee", "service_fee", "affiliate_commission", "shipping_fee", "withholding_tax", "cod_fee", "adjustment"];

/// Which column says what, by its name in the header; what is left out is guessed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Columns {
    pub order: Option<String>,
    pub kind: Option<String>,
    pub amount: Option<String>,
    pub id: Option<String>,
    pub text: Option<String>,
    /// Column -> kind, when each kind has a column of its own.
    pub amounts: BTreeMap<String, String>,
    /// The file's word -> kind.
    pub kinds: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    #[error("the file is empty")]
    Empty,
    #[error("the file is larger than {} MiB: split it", FILE_BYTES_MAX / (1024 * 1024))]
    TooLarge,
    #[error("the file has more than {LINES_MAX} amounts: split it")]
    TooManyLines,
    #[error("line {line}, {field}: {expected}")]
    Wrong { line: u64, field: String, expected: String },
}

fn wrong<T>(line: u64, field: impl Into<String>, expected: impl Into<String>) -> Result<T, FileError> {
    Err(FileError::Wrong { line, field: field.into(), expected: expected.into() })
}

/// One amount of a statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub key: String,
    pub order: Option<String>,
    pub kind: String,
    pub amount: Decimal,
    pub text: Option<String>,
}

const ORDER: &[&str] = &["orderid", "ordersn", "ordernumber", "orderno", "order", "relatedorderid", "mãđơnhàng", "mãđơn", "orderadjustmentid"];
const KIND: &[&str] = &["kind", "type", "transactiontype", "feetype", "feename", "loại", "loạiphí", "loạigiaodịch"];
const AMOUNT: &[&str] = &["amount", "total", "value", "sốtiền"];
const ID: &[&str] = &["lineid", "transactionid", "id", "mãgiaodịch"];
const TEXT: &[&str] = &["description", "text", "note", "details", "diễngiải", "môtả", "ghichú"];

/// Words of marketplaces' own exports, as the header or the kind column has them.
const WORDS: &[(&str, &[&str])] = &[
    ("sale", &["sale", "sales", "revenue", "totalrevenue", "subtotal", "originalproductprice", "netsales", "grosssales", "doanhthu", "tổngdoanhthu", "giágốc", "itempricecredit"]),
    ("commission", &["commission", "commissionfee", "platformcommission", "platformcommissionfee", "referralfee", "phícốđịnh", "phíhoahồng", "hoahồng", "phíhoahồngnềntảng"]),
    ("payment_fee", &["paymentfee", "transactionfee", "sellertransactionfee", "phíthanhtoán", "phígiaodịch"]),
    ("service_fee", &["servicefee", "sfpservicefee", "phídịchvụ", "campaignfee"]),
    ("affiliate_commission", &["affiliatecommission", "amscommissionfee", "affiliate", "phítiếpthịliênkết", "hoahồngtiếpthịliênkết"]),
    ("shipping_fee", &["shippingfee", "actualshippingfee", "shippingcosts", "shipping", "phívậnchuyển", "phívậnchuyểnthựctế"]),
    ("withholding_tax", &["withholdingtax", "taxwithheld", "withholdingvat", "withholdingpit", "thuế", "thuếkhấutrừ", "thuếgtgt", "thuếtncn"]),
    ("cod_fee", &["codfee", "phícod", "phíthuhộ"]),
    ("adjustment", &["adjustment", "adjustmentamount", "compensation", "điềuchỉnh", "bồithường"]),
];

/// A word as a kind: known ones by their meaning, others as they are.
fn kind_of(word: &str, told: &BTreeMap<String, String>) -> String {
    if let Some(kind) = told.get(word) {
        return kind.clone();
    }
    let bare = plain(word);
    if let Some((kind, _)) = WORDS.iter().find(|(kind, words)| plain(kind) == bare || words.contains(&bare.as_str())) {
        return (*kind).to_owned();
    }
    let own: String = word.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    let own = own.trim_matches('_').chars().take(40).collect::<String>();
    if own.is_empty() { "unknown".to_owned() } else { own }
}

fn limits() -> Limits {
    Limits { file_bytes: FILE_BYTES_MAX as u64, rows: LINES_MAX as u64, columns: 100, ..Limits::default() }
}

fn unreadable(error: ReadError) -> FileError {
    match error {
        ReadError::Empty => FileError::Empty,
        ReadError::TooManyRows(_) => FileError::TooManyLines,
        other => FileError::Wrong { line: 1, field: "file".into(), expected: other.to_string() },
    }
}

struct Layout {
    order: Option<usize>,
    id: Option<usize>,
    text: Option<usize>,
    /// Where an amount stands, and its kind; `None`: the kind column says it.
    amounts: Vec<(usize, Option<String>)>,
    kind: Option<usize>,
}

impl Layout {
    fn of(header: &[String], columns: &Columns) -> Result<Self, FileError> {
        let names: Vec<String> = header.iter().map(|name| plain(name)).collect();
        let place = |field: &str, told: &Option<String>, known: &[&str]| match told {
            Some(name) => header.iter().position(|column| column == name).map_or_else(|| wrong(1, field, format!("the header has no column {:?}", cells::shown(name))), |at| Ok(Some(at))),
            None => Ok(known.iter().find_map(|name| names.iter().position(|column| column == name))),
        };
        let (order, id, text) = (place("order", &columns.order, ORDER)?, place("id", &columns.id, ID)?, place("text", &columns.text, TEXT)?);
        let (kind, amount) = (place("kind", &columns.kind, KIND)?, place("amount", &columns.amount, AMOUNT)?);
        let mut amounts: Vec<(usize, Option<String>)> = Vec::new();
        for (name, kind) in &columns.amounts {
            let at = place("amounts", &Some(name.clone()), &[])?;
            amounts.extend(at.map(|at| (at, Some(kind_of(kind, &BTreeMap::new())))));
        }
        if let (true, Some(amount), Some(_)) = (amounts.is_empty(), amount, kind) {
            amounts.push((amount, None));
        }
        if amounts.is_empty() {
            let wide = names.iter().enumerate().filter(|(at, _)| Some(*at) != order);
            amounts.extend(wide.filter_map(|(at, name)| WORDS.iter().find(|(_, words)| words.contains(&name.as_str())).map(|(kind, _)| (at, Some((*kind).to_owned())))));
        }
        if amounts.is_empty() {
            return wrong(1, "amount", "no column of the header is known as an amount with its kind: name them");
        }
        if order.is_none() {
            return wrong(1, "order", "no column of the header is known as the order: name it");
        }
        Ok(Self { order, id, text, amounts, kind })
    }
}

/// The amounts of a statement, each with its key.
pub fn read(bytes: &[u8], currency: Currency, columns: &Columns) -> Result<Vec<Line>, FileError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(FileError::TooLarge);
    }
    let look = text::look(bytes, &limits()).map_err(unreadable)?;
    if look.format != text::Format::Csv {
        return wrong(1, "file", "a workbook is not read here: save it as CSV");
    }
    let mut file = Rows::open(bytes, look.text, limits()).map_err(unreadable)?;
    let layout = Layout::of(file.header(), columns)?;
    let mut rows: Vec<Row> = Vec::new();
    while let Some(row) = file.next_row().map_err(unreadable)? {
        if let Some((at, fault)) = row.fault {
            return wrong(row.number, file.header().get(at).cloned().unwrap_or_default(), format!("cannot be read: {fault:?}"));
        }
        rows.push(row);
    }
    let samples: Vec<&str> = rows.iter().flat_map(|row| layout.amounts.iter().map(|(at, _)| row.cell(*at))).filter(|text| !text.is_empty()).take(2_000).collect();
    let mark = mark_of(&samples, currency);
    let cell = |row: &Row, at: Option<usize>| at.and_then(|at| tidy(row.cell(at)));
    let books = Decimal::from(100_000_000_000_000_i64);
    let mut said: HashMap<String, u32> = HashMap::new();
    let mut lines = Vec::new();
    for row in &rows {
        for (at, kind) in &layout.amounts {
            let told = row.cell(*at);
            if told.is_empty() {
                continue;
            }
            let field = file.header().get(*at).cloned().unwrap_or_default();
            let amount = cells::decimal(told, mark).or_else(|expected| wrong(row.number, field.clone(), expected))?;
            if amount.abs() >= books || amount.normalize().scale() > currency.exponent() {
                return wrong(row.number, field, format!("{amount} is no amount of {currency}"));
            }
            if amount.is_zero() {
                continue;
            }
            let kind = kind.clone().unwrap_or_else(|| kind_of(layout.kind.map_or("", |at| row.cell(at)), &columns.kinds));
            let (order, id, text) = (cell(row, layout.order), cell(row, layout.id), cell(row, layout.text));
            let base = match &id {
                Some(id) => format!("{id}\0{kind}"),
                None => format!("{}\0{kind}\0{}\0{}", order.as_deref().unwrap_or_default(), amount.normalize(), text.as_deref().unwrap_or_default()),
            };
            let count = said.entry(base.clone()).or_insert(0);
            *count += 1;
            let digest = Sha256::new().chain_update(base).chain_update(count.to_be_bytes()).finalize();
            lines.push(Line { key: hex::encode(digest.get(..16).unwrap_or_default()), order, kind, amount, text });
        }
    }
    match lines.len() {
        0 => Err(FileError::Empty),
        count if count > LINES_MAX => Err(FileError::TooManyLines),
        _ => Ok(lines),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let lines = read(text.as_bytes(), Currency::VND, &Columns::default());
        lines.map_or_else(|error| vec![error.to_string()], |lines| lines.iter().map(|l| format!("{} {} {}", l.order.as_deref().unwrap_or("-"), l.kind, l.amount)).collect())
    }

    #[test]
    fn a_row_for_each_amount_and_a_row_for_each_order_are_read() {
        assert_eq!(told("Order ID,Type,Amount\nA,Commission Fee,-7600\nA,moon toll,-5\n,Adjustment,-100\n"), ["A commission -7600", "A moon_toll -5", "- adjustment -100"]);
        assert_eq!(told("Mã đơn hàng;Doanh thu;Phí cố định;Phí thanh toán;Ghi chú\nA;190.000;-7.600;-3.800;x\n"), ["A sale 190000", "A commission -7600", "A payment_fee -3800"]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_and_field() {
        assert_eq!(told("Order ID,Type,Amount\nA,Commission,x\n")[0], r#"line 2, Amount: "x" is not a number: expected digits such as 1250.50"#);
        assert!(told("Order ID,Type,Amount\nA,Commission,1.5\n")[0].starts_with("line 2, Amount: 1.5 is no amount of VND"));
        assert!(told("Order ID,x\n")[0].starts_with("line 1, amount"));
        assert!(told("Type,Amount\nsale,5\n")[0].starts_with("line 1, order"));
        assert_eq!(told(""), ["the file is empty"]);
        let many = format!("Order ID,Type,Amount\n{}", "A,sale,1\n".repeat(LINES_MAX + 1));
        assert_eq!(told(&many), [FileError::TooManyLines.to_string()]);
        assert_eq!(read(&vec![b'a'; FILE_BYTES_MAX + 1], Currency::VND, &Columns::default()), Err(FileError::TooLarge));
    }

    #[test]
    fn settle_3_equal_rows_are_two_and_the_same_row_keeps_its_key() {
        let keys = |text: &str| read(text.as_bytes(), Currency::VND, &Columns::default()).unwrap().into_iter().map(|l| l.key).collect::<Vec<_>>();
        let once = keys("Order ID,Type,Amount\nA,sale,5\nA,sale,5\n");
        assert_ne!(once[0], once[1]);
        assert_eq!(once, keys("Type,Order ID,Amount\nsale,A,5\nsale,A,5\n"));
    }
}
