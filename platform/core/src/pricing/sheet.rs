//! Prices as people paste or upload them: CSV with a header, by comma, semicolon or tab.
//! Invariant SHEET-1: a sheet is taken whole or not at all; every row that is wrong is named with its field.

use super::price::Break;
use kernel::{Decimal, money::parse_decimal};
use std::collections::{BTreeMap, BTreeSet};

/// Prices of one version.
pub const PRICES_MAX: usize = 20_000;
/// Rows of a sheet that are told to be wrong.
pub const ERRORS_MAX: usize = 200;
pub const SKU_CHARS_MAX: usize = 100;
/// Of a price by the unit.
pub const PRICE_DECIMALS: u32 = 4;
const NAME_CHARS_MAX: usize = 200;

const COLUMNS: [(&str, &[&str]); 6] = [
    ("sku", &["sku", "mã", "mã hàng", "mã sản phẩm"]),
    ("price", &["price", "unit price", "unit_price", "giá", "đơn giá"]),
    ("min_quantity", &["min_quantity", "min quantity", "quantity", "from", "từ số lượng", "số lượng"]),
    ("floor", &["floor", "floor_price", "floor price", "giá sàn"]),
    ("cost", &["cost", "giá vốn"]),
    ("name", &["name", "tên", "tên hàng", "tên sản phẩm"]),
];

/// By SKU, each break once.
pub type Prices = BTreeMap<String, Vec<Break>>;

/// A row that is wrong. The header is row 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    pub row: usize,
    pub field: &'static str,
    pub wrong: String,
}

/// Reads a sheet (SHEET-1).
pub fn read(text: &str) -> Result<Prices, Vec<RowError>> {
    let header = text.trim_start_matches('\u{feff}').lines().next().unwrap_or_default();
    let mark = [b'\t', b';', b','].into_iter().max_by_key(|mark| header.bytes().filter(|b| b == mark).count()).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new().delimiter(mark).flexible(true).trim(csv::Trim::All).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let of_header = |wrong: String| vec![RowError { row: 1, field: "header", wrong }];
    let names: Vec<String> = reader.headers().map_err(|e| of_header(e.to_string()))?.iter().map(str::to_lowercase).collect();
    let place = |column: &str| COLUMNS.iter().find(|(name, _)| *name == column).and_then(|(_, known)| names.iter().position(|name| known.contains(&name.as_str())));
    let (Some(sku_at), Some(price_at)) = (place("sku"), place("price")) else {
        return Err(of_header("the columns sku and price are needed; min_quantity, floor, cost and name may be there".into()));
    };
    if let Some(unknown) = names.iter().find(|name| !COLUMNS.iter().any(|(_, known)| known.contains(&name.as_str()))) {
        return Err(of_header(format!("{:?} is none of sku, price, min_quantity, floor, cost, name", unknown.chars().take(40).collect::<String>())));
    }
    let (from_at, floor_at, cost_at, name_at) = (place("min_quantity"), place("floor"), place("cost"), place("name"));
    let (mut prices, mut errors, mut seen, mut count) = (Prices::new(), Vec::new(), BTreeSet::new(), 0);
    for (index, record) in reader.records().enumerate() {
        let row = index + 2;
        let mut wrong = |field: &'static str, wrong: String| errors.push(RowError { row, field, wrong });
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                wrong("row", error.to_string());
                continue;
            }
        };
        count += 1;
        if count > PRICES_MAX {
            wrong("row", format!("a version has at most {PRICES_MAX} prices"));
            break;
        }
        let cell = |at: Option<usize>| at.and_then(|at| record.get(at)).filter(|text| !text.is_empty());
        let sku = cell(Some(sku_at)).unwrap_or_default().to_owned();
        if sku.is_empty() || sku.chars().count() > SKU_CHARS_MAX || sku.chars().any(char::is_control) {
            wrong("sku", format!("1 to {SKU_CHARS_MAX} characters without control characters"));
        }
        let name = cell(name_at).map(str::to_owned);
        if name.as_ref().is_some_and(|n| n.chars().count() > NAME_CHARS_MAX || n.chars().any(char::is_control)) {
            wrong("name", format!("at most {NAME_CHARS_MAX} characters without control characters"));
        }
        let mut amount = |field: &'static str, text: Option<&str>| match text.map(parse_decimal) {
            Some(Ok(amount)) if amount >= Decimal::ZERO && amount.normalize().scale() <= PRICE_DECIMALS => Some(amount),
            Some(_) => {
                wrong(field, "an amount such as 125000 or 12.50, not below zero, with at most 4 decimals".into());
                None
            }
            None => None,
        };
        let told = cell(Some(price_at));
        let price = amount("price", Some(told.unwrap_or_default()));
        let (floor, cost) = (amount("floor", cell(floor_at)), amount("cost", cell(cost_at)));
        let min_quantity = cell(from_at).map_or(Ok(Decimal::ONE), parse_decimal).ok().filter(|q| *q > Decimal::ZERO && *q < Decimal::from(1_000_000_000_000_i64));
        if min_quantity.is_none() {
            wrong("min_quantity", "a quantity above zero such as 1 or 0.5".into());
        }
        if price.zip(floor).is_some_and(|(price, floor)| floor > price) {
            wrong("floor", "not above the price".into());
        }
        let (Some(price), Some(min_quantity)) = (price, min_quantity) else { continue };
        if !seen.insert((sku.clone(), min_quantity)) {
            wrong("sku", format!("{sku} from {} stands above already", min_quantity.normalize()));
            continue;
        }
        prices.entry(sku).or_default().push(Break { min_quantity, name, price, floor, cost });
    }
    if count == 0 {
        errors.push(RowError { row: 2, field: "row", wrong: "at least one price".into() });
    }
    errors.truncate(ERRORS_MAX);
    if errors.is_empty() { Ok(prices) } else { Err(errors) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> Vec<(usize, &'static str)> {
        read(text).err().unwrap_or_default().into_iter().map(|e| (e.row, e.field)).collect()
    }

    #[test]
    fn sheets_of_any_mark_are_read() {
        for text in ["sku,price,min_quantity,floor,cost\nA,100,,80,60\nA,90,10,80,60\n", "\u{feff}SKU;Price;From\nA;100;1\nA;90;10\n", "Mã hàng\tGiá\tTừ số lượng\r\nA\t100\t\r\nA\t90\t10\r\n"] {
            let prices = read(text).unwrap();
            assert_eq!(prices["A"].iter().map(|b| (b.min_quantity, b.price)).collect::<Vec<_>>(), [(1.into(), 100.into()), (10.into(), 90.into())], "{text}");
        }
    }

    #[test]
    fn sheet_1_every_wrong_row_is_named_and_nothing_is_taken() {
        for (text, expected) in [
            ("sku,amount\nA,1\n", vec![(1, "header")]),
            ("sku,price,colour\nA,1,red\n", vec![(1, "header")]),
            ("sku,price\n", vec![(2, "row")]),
            ("sku,price\nA,1\n,2\nB,x\nC,-1\nD,\n", vec![(3, "sku"), (4, "price"), (5, "price"), (6, "price")]),
            ("sku,price,floor,min_quantity\nA,10,11,1\nA,9,,0\nB,9,,2\nB,8,,2.0\n", vec![(2, "floor"), (3, "min_quantity"), (5, "sku")]),
            ("sku,price\nA,1e9\nB,\"1,000\"\n", vec![(2, "price"), (3, "price")]),
        ] {
            assert_eq!(wrong(text), expected, "{text}");
        }
    }
}
