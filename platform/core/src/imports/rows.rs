//! From a row to a line of an order, and from the rows of one order to the fact that describes it.
//! Pure. Every refusal names the row, the column and what would be right.

use super::cells;
use super::mapping::{Field, Layout, Mapping};
use super::reader::{CellFault, Row};
use crate::orders::fact::{Address, Buyer, Component, ComponentKind, Description, Fact, Funder, Line, LineKind, Tax, What};
use crate::orders::intake::EXTERNAL_ID_BYTES_MAX;
use kernel::{Currency, Decimal, Money, Quantity, Timestamp};
use std::collections::{BTreeMap, HashMap, HashSet};

/// One thing wrong with one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    pub row: u64,
    pub field: &'static str,
    pub message: String,
    /// The row as it was, as a line of CSV.
    pub text: String,
}

/// What is odd but right, counted by code.
pub type Remarks = BTreeMap<String, i64>;

/// An order as its rows make it.
#[derive(Debug)]
pub struct Assembled {
    pub external_id: String,
    pub rows: u64,
    /// The errors of a broken order: at least one for each of its rows, since none of them is imported.
    pub fact: Result<Fact, Vec<RowError>>,
    pub remarks: Remarks,
}

/// A mapping made ready for one file.
#[derive(Clone, Debug)]
pub struct Reading {
    pub mapping: Mapping,
    pub layout: Layout,
    pub lines_max: usize,
    pub cell_bytes_max: usize,
    columns: Vec<String>,
    kinds: HashMap<String, LineKind>,
    /// Of every fact of this import: a later import is newer.
    revision: u64,
    /// When an order without a time is said to have happened.
    told_at: Timestamp,
}

impl Reading {
    pub fn new(mapping: Mapping, layout: Layout, columns: Vec<String>, told_at: Timestamp, limits: &super::Limits) -> Self {
        let mut kinds = HashMap::new();
        for rule in &mapping.line_kinds {
            kinds.entry(rule.sku.clone()).or_insert(rule.kind);
        }
        let revision = u64::try_from(told_at.timestamp_micros()).unwrap_or_default();
        Self { mapping, layout, lines_max: limits.lines_per_order, cell_bytes_max: limits.cell_bytes, columns, kinds, revision, told_at }
    }

    /// The row's text in the field's column, unless empty or unmapped.
    fn cell<'r>(&self, row: &'r Row, field: Field) -> Option<&'r str> {
        self.layout.of(field).map(|at| row.cell(at)).filter(|text| !text.is_empty())
    }

    fn error(&self, row: &Row, field: Field, message: impl std::fmt::Display) -> RowError {
        let column = self.mapping.columns.get(&field).map(|column| format!("column {column:?}: ")).unwrap_or_default();
        RowError { row: row.number, field: field.word(), message: format!("{column}{message}"), text: text_of(row) }
    }

    /// A row that belongs to no order.
    pub fn stray(&self, row: &Row) -> Vec<RowError> {
        match self.fault(row) {
            Some(error) => vec![error],
            None => vec![self.error(row, Field::Order, "is empty: every row names its order")],
        }
    }

    fn fault(&self, row: &Row) -> Option<RowError> {
        let (at, fault) = row.fault?;
        let column = self.columns.get(at).cloned().unwrap_or_else(|| format!("number {}", at + 1));
        let message = match fault {
            CellFault::TooLong => format!("column {column:?}: the cell is longer than {} KiB", self.cell_bytes_max / 1024),
            CellFault::NotText => format!("column {column:?}: the cell is not UTF-8: save the file as \"CSV UTF-8\""),
            CellFault::Nul => format!("column {column:?}: the cell contains a NUL character: remove it"),
        };
        Some(RowError { row: row.number, field: "row", message, text: text_of(row) })
    }

    /// The order of these rows, all of one order id, in the order of the file.
    pub fn assemble(&self, external_id: String, rows: &[Row]) -> Assembled {
        let mut errors = Vec::new();
        let mut lines = Vec::with_capacity(rows.len());
        let mut head = Head::default();
        let mut line_ids = HashSet::new();
        for (index, row) in rows.iter().enumerate() {
            let before = errors.len();
            errors.extend(self.fault(row));
            if row.cells.len() > self.layout.columns {
                errors.push(RowError { row: row.number, field: "row", message: format!("the row has {} cells and the header {}", row.cells.len(), self.layout.columns), text: text_of(row) });
            }
            if errors.len() == before {
                self.read_head(row, &mut head, &mut errors);
                if let Some(line) = self.line(row, index, &head, &mut errors) {
                    if !line_ids.insert(line.id.clone()) {
                        errors.push(self.error(row, Field::Line, format!("{:?} is the id of another line of the order too", cells::shown(&line.id))));
                    }
                    lines.push(line);
                }
            }
        }
        if let (Some(first), true) = (rows.first(), rows.len() > self.lines_max) {
            errors.push(self.error(first, Field::Order, format!("{} has {} lines: at most {}", cells::shown(&external_id), rows.len(), self.lines_max)));
        }
        if let Some(first) = rows.first().filter(|_| external_id.len() > EXTERNAL_ID_BYTES_MAX || external_id.chars().any(char::is_control)) {
            errors.push(self.error(first, Field::Order, format!("{:?} is not an order id: at most {EXTERNAL_ID_BYTES_MAX} bytes and no control characters", cells::shown(&external_id))));
        }
        if !errors.is_empty() {
            return Assembled { external_id, rows: rows.len() as u64, fact: Err(held_back(rows, errors)), remarks: Remarks::new() };
        }
        let mut remarks = self.repeats(rows);
        for (code, odd) in [("several_times", head.several_times), ("several_values", head.several_values)] {
            if odd {
                remarks.insert(code.to_owned(), 1);
            }
        }
        let fact = self.fact(&external_id, head, lines);
        Assembled { external_id, rows: rows.len() as u64, fact: Ok(fact), remarks }
    }

    /// What the row says about its order: the first row that says something is heard.
    fn read_head(&self, row: &Row, head: &mut Head, errors: &mut Vec<RowError>) {
        for &(field, at) in &self.layout.header_fields {
            let text = row.cell(at);
            if text.is_empty() {
                continue;
            }
            let wrong = match field {
                Field::PlacedAt => cells::instant(text, &self.mapping.date_formats, self.mapping.time_zone).map(|at| head.at(at)),
                Field::Currency => head.currency_is(text),
                Field::StatedTotal => cells::decimal(text, self.mapping.decimal_mark).map(|total| match head.stated_total {
                    Some(known) => head.several_values |= known != total,
                    None => head.stated_total = Some(total),
                }),
                _ => {
                    head.hear(field, text);
                    Ok(())
                }
            };
            errors.extend(wrong.err().map(|message| self.error(row, field, message)));
        }
    }

    /// The line the row is, unless something in it is wrong.
    fn line(&self, row: &Row, index: usize, head: &Head, errors: &mut Vec<RowError>) -> Option<Line> {
        let before = errors.len();
        let mut number = |field: Field, needed: bool| match self.cell(row, field) {
            Some(text) => cells::decimal(text, self.mapping.decimal_mark).map_err(|message| errors.push(self.error(row, field, message))).ok(),
            None if needed => {
                errors.push(self.error(row, field, "is empty: expected a number"));
                None
            }
            None => None,
        };
        let quantity = number(Field::Quantity, true);
        let unit_price = number(Field::UnitPrice, true);
        let discount = number(Field::Discount, false);
        let tax = number(Field::Tax, false);
        let quantity = quantity.and_then(|quantity| match Quantity::try_from(quantity) {
            Ok(quantity) if quantity == Quantity::ZERO => Err("is 0: a line needs a quantity above or, when goods come back, below 0".to_owned()),
            Ok(quantity) => Ok(quantity),
            Err(error) => Err(error.to_string()),
        }.map_err(|message| errors.push(self.error(row, Field::Quantity, message))).ok());
        let sku = self.cell(row, Field::Sku);
        let kind = match (self.cell(row, Field::LineKind), sku.and_then(|sku| self.kinds.get(sku))) {
            (Some(word), _) => line_kind(word).map_err(|message| errors.push(self.error(row, Field::LineKind, message))).ok(),
            (None, known) => Some(known.copied().unwrap_or(LineKind::Product)),
        };
        let currency = head.currency.or(self.mapping.currency);
        if currency.is_none() && errors.len() == before {
            errors.push(self.error(row, Field::Currency, "is empty: expected a code such as VND"));
        }
        let (quantity, unit_price, kind, currency) = (quantity?, unit_price?, kind?, currency?);
        if errors.len() > before {
            return None;
        }
        if quantity.get().checked_mul(unit_price).is_none_or(|gross| gross.abs() >= GROSS_MAX) {
            errors.push(self.error(row, Field::UnitPrice, "times the quantity is out of range: at most 14 digits before the point"));
            return None;
        }
        let components = discount.filter(|amount| !amount.is_zero()).map(|amount| Component { kind: ComponentKind::MarketingDiscount, funded_by: Funder::Tenant, amount, code: None });
        let taxes = tax.filter(|amount| !amount.is_zero()).map(|amount| Tax { name: "tax".to_owned(), rate: None, amount, included: self.mapping.prices_include_tax });
        Some(Line {
            id: self.cell(row, Field::Line).map_or_else(|| (index + 1).to_string(), str::to_owned),
            kind,
            sku: sku.map(str::to_owned),
            name: self.cell(row, Field::Name).map(str::to_owned),
            quantity,
            unit_price: Money::new(unit_price, currency),
            components: components.into_iter().collect(),
            taxes: taxes.into_iter().collect(),
            gift: false,
        })
    }

    fn fact(&self, external_id: &str, mut head: Head, lines: Vec<Line>) -> Fact {
        use Field::*;
        let mut take = |field: Field| head.values.remove(&field);
        let buyer = Buyer { id: take(BuyerId), name: take(BuyerName), phone: take(BuyerPhone), email: take(BuyerEmail), company: take(Company), tax_code: take(TaxCode), masked: false };
        let ship_to = Address {
            recipient: take(Recipient),
            phone: None,
            line: take(AddressLine),
            district: take(District),
            city: take(City),
            region: take(Region),
            postcode: take(Postcode),
            country: take(Country),
        };
        let rule = || self.mapping.statuses.iter().find(|rule| external_id.starts_with(&rule.order_prefix)).map(|rule| rule.status.clone());
        let description = Description {
            number: Some(take(Number).unwrap_or_else(|| external_id.to_owned())),
            placed_at: head.placed_at,
            currency: head.currency.or(self.mapping.currency),
            status: take(Status).or_else(rule),
            lines: Some(lines),
            stated_total: head.stated_total,
            business: (buyer.company.is_some() || buyer.tax_code.is_some()).then_some(true),
            buyer: (buyer != Buyer::default()).then_some(buyer),
            ship_to: (ship_to != Address::default()).then_some(ship_to),
            payment_method: take(PaymentMethod),
            cash_on_delivery: None,
            staff: take(Staff),
            branch: take(Branch),
            note: take(Note),
            test: None,
            source: take(Source),
            ..Description::default()
        };
        Fact { order: external_id.to_owned(), revision: self.revision, occurred_at: head.placed_at.unwrap_or(self.told_at), what: What::Described(description) }
    }

    /// Rows that say exactly the same twice are two lines: a till prints such receipts. They are only counted.
    fn repeats(&self, rows: &[Row]) -> Remarks {
        let line = self.layout.of(Field::Line);
        let mut seen: HashMap<Vec<&str>, i64> = HashMap::with_capacity(rows.len());
        for row in rows {
            let said = row.cells.iter().enumerate().filter(|(at, _)| Some(*at) != line).map(|(_, text)| text).collect();
            *seen.entry(said).or_default() += 1;
        }
        let surplus = rows.len() - seen.len();
        let groups = seen.values().filter(|times| **times > 1).count();
        let counts = [("repeated_rows", surplus), ("repeated_row_groups", groups)];
        counts.into_iter().filter(|(_, count)| *count > 0).map(|(code, count)| (code.to_owned(), i64::try_from(count).unwrap_or(i64::MAX))).collect()
    }
}

/// `numeric(20, 6)`: 14 digits before the point.
const GROSS_MAX: Decimal = Decimal::from_parts(276_447_232, 23_283, 0, false, 0);

/// What the rows of an order say about the whole of it.
#[derive(Default)]
struct Head {
    placed_at: Option<Timestamp>,
    several_times: bool,
    several_values: bool,
    currency: Option<Currency>,
    stated_total: Option<Decimal>,
    values: BTreeMap<Field, String>,
}

impl Head {
    /// An order was placed when its first line was.
    fn at(&mut self, at: Timestamp) {
        self.several_times |= self.placed_at.is_some_and(|known| known != at);
        self.placed_at = Some(self.placed_at.map_or(at, |known| known.min(at)));
    }
    fn currency_is(&mut self, code: &str) -> Result<(), String> {
        let currency: Currency = code.parse().map_err(|error: kernel::MoneyError| error.to_string())?;
        match self.currency {
            Some(known) if known != currency => Err(format!("is {currency}, and {known} in an earlier row of the order: an order has one currency")),
            _ => {
                self.currency = Some(currency);
                Ok(())
            }
        }
    }
    fn hear(&mut self, field: Field, text: &str) {
        match self.values.get(&field) {
            Some(known) => self.several_values |= known != text,
            None => {
                self.values.insert(field, text.to_owned());
            }
        }
    }
}

/// The other rows of a broken order wait with it: an order without some of its lines would be a wrong order.
fn held_back(rows: &[Row], mut errors: Vec<RowError>) -> Vec<RowError> {
    let broken: HashSet<u64> = errors.iter().map(|error| error.row).collect();
    let first = errors.iter().map(|error| error.row).min().unwrap_or_default();
    let waiting = rows.iter().filter(|row| !broken.contains(&row.number));
    errors.extend(waiting.map(|row| RowError { row: row.number, field: "order", message: format!("waits for row {first} of the same order to be put right"), text: text_of(row) }));
    errors.sort_by_key(|error| error.row);
    errors
}

fn line_kind(word: &str) -> Result<LineKind, String> {
    match word.to_lowercase().as_str() {
        "product" => Ok(LineKind::Product),
        "shipping" => Ok(LineKind::Shipping),
        "fee" => Ok(LineKind::Fee),
        "adjustment" => Ok(LineKind::Adjustment),
        _ => Err(format!("{:?} is not a kind of line: expected product, shipping, fee or adjustment", cells::shown(word))),
    }
}

/// The row as a line of CSV, fit for the database: no NUL.
pub fn text_of(row: &Row) -> String {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(&row.cells);
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).trim_end_matches('\n').replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imports::Limits;
    use crate::imports::mapping::{LineKindRule, StatusRule};

    fn assembled(cells: &[[&str; 6]]) -> Assembled {
        let columns: Vec<String> = ["id", "sku", "qty", "price", "when", "cur"].map(str::to_owned).into();
        let mapping = Mapping {
            columns: [(Field::Order, "id"), (Field::Sku, "sku"), (Field::Quantity, "qty"), (Field::UnitPrice, "price"), (Field::PlacedAt, "when"), (Field::Currency, "cur")].map(|(f, c)| (f, c.to_owned())).into(),
            line_kinds: vec![LineKindRule { sku: "POST".into(), kind: LineKind::Shipping }],
            statuses: vec![StatusRule { order_prefix: "C".into(), status: "credit_note".into() }],
            date_formats: vec!["%Y-%m-%d".into()],
            ..serde_json::from_value(serde_json::json!({"columns": {}})).unwrap()
        };
        let layout = mapping.layout(&columns).unwrap();
        let reading = Reading::new(mapping, layout, columns, Timestamp::UNIX_EPOCH, &Limits { lines_per_order: 3, ..Limits::default() });
        let rows: Vec<Row> = cells.iter().enumerate().map(|(at, cells)| Row { number: at as u64 + 2, cells: cells[..].into(), fault: None }).collect();
        reading.assemble(cells[0][0].to_owned(), &rows)
    }
    fn lines(assembled: &Assembled) -> (Vec<Line>, Description) {
        match &assembled.fact.as_ref().unwrap().what {
            What::Described(description) => (description.lines.clone().unwrap(), description.clone()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn rows_of_an_order_are_its_lines() {
        let order = assembled(&[["C7", "A", "-2", "2.550", "2010-12-02", "GBP"], ["C7", "POST", "1", "18", "2010-12-01", ""], ["C7", "POST", "1", "18", "2010-12-01", ""]]);
        let (lines, description) = lines(&order);
        assert_eq!(lines.iter().map(|l| (l.id.as_str(), l.kind, l.quantity.to_string(), l.unit_price.amount.to_string())).collect::<Vec<_>>(), [
            ("1", LineKind::Product, "-2".into(), "2.550".into()),
            ("2", LineKind::Shipping, "1".into(), "18".into()),
            ("3", LineKind::Shipping, "1".into(), "18".into())
        ]);
        assert_eq!(description.status.as_deref(), Some("credit_note"));
        assert_eq!(description.placed_at.unwrap().to_rfc3339(), "2010-12-01T00:00:00+00:00");
        assert_eq!(order.remarks, Remarks::from([("repeated_row_groups".into(), 1), ("repeated_rows".into(), 1), ("several_times".into(), 1)]));
    }

    #[test]
    fn import_2_a_broken_row_holds_back_its_order_whole() {
        let order = assembled(&[["7", "A", "1", "2", "2010-12-01", "GBP"], ["7", "=B", "0", "x", "01/12/2010", "ZZZ"], ["7", "C", "", "2", "", "USD"]]);
        let errors = order.fact.unwrap_err();
        let found: Vec<String> = errors.iter().map(|e| format!("{} {} {}", e.row, e.field, e.message)).collect();
        assert_eq!(found, [
            r#"2 order waits for row 3 of the same order to be put right"#,
            r#"3 placed_at column "when": "01/12/2010" is not a time: expected %Y-%m-%d"#,
            r#"3 currency column "cur": unknown currency "ZZZ": expected an ISO 4217 code such as VND or USD"#,
            r#"3 unit_price column "price": "x" is not a number: expected digits such as 1250.50"#,
            r#"3 quantity column "qty": is 0: a line needs a quantity above or, when goods come back, below 0"#,
            r#"4 currency column "cur": is USD, and GBP in an earlier row of the order: an order has one currency"#,
            r#"4 quantity column "qty": is empty: expected a number"#,
        ]);
        assert_eq!(errors[1].text, "7,=B,0,x,01/12/2010,ZZZ");
    }

    #[test]
    fn an_order_has_a_limit_of_lines_and_a_line_of_amount() {
        let row = ["7", "A", "1", "2", "2010-12-01", "GBP"];
        assert!(assembled(&[row; 3]).fact.is_ok());
        assert!(assembled(&[row; 4]).fact.unwrap_err()[0].message.contains("7 has 4 lines: at most 3"));
        let long = "7".repeat(EXTERNAL_ID_BYTES_MAX + 1);
        assert!(assembled(&[[&long, "A", "1", "2", "2010-12-01", "GBP"]]).fact.unwrap_err()[0].message.contains("is not an order id"));
        let huge = assembled(&[["7", "A", "10", "99999999999999", "2010-12-01", "GBP"]]);
        assert!(huge.fact.unwrap_err()[0].message.contains("times the quantity is out of range"));
        assert_eq!(GROSS_MAX, Decimal::from(100_000_000_000_000_i64));
    }
}
