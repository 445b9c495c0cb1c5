//! What each column of a file means, and what the file does not say: written by a person as JSON or guessed from the
//! header (see `guess`), kept with the import, and the only thing beside the file that decides what an import does.
//! Invariant IMPORT-3: the same file and the same mapping give the same orders in the same sequence.

use crate::orders::fact::LineKind;
use kernel::Currency;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a column can tell. Rows of one `order` are its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Groups rows into orders; the order's id on its channel.
    Order,
    /// The line's own id inside its order; its position when absent.
    Line,
    LineKind,
    Sku,
    Name,
    Quantity,
    UnitPrice,
    /// What the tenant takes off the line, as a positive amount.
    Discount,
    /// Tax of the line.
    Tax,
    PlacedAt,
    Currency,
    Number,
    Status,
    StatedTotal,
    BuyerId,
    BuyerName,
    BuyerPhone,
    BuyerEmail,
    Company,
    TaxCode,
    Recipient,
    AddressLine,
    District,
    City,
    Region,
    Postcode,
    Country,
    PaymentMethod,
    Staff,
    Branch,
    Source,
    Note,
}

impl Field {
    /// The word in JSON and in messages.
    pub fn word(self) -> &'static str {
        use Field::*;
        match self {
            Order => "order",
            Line => "line",
            LineKind => "line_kind",
            Sku => "sku",
            Name => "name",
            Quantity => "quantity",
            UnitPrice => "unit_price",
            Discount => "discount",
            Tax => "tax",
            PlacedAt => "placed_at",
            Currency => "currency",
            Number => "number",
            Status => "status",
            StatedTotal => "stated_total",
            BuyerId => "buyer_id",
            BuyerName => "buyer_name",
            BuyerPhone => "buyer_phone",
            BuyerEmail => "buyer_email",
            Company => "company",
            TaxCode => "tax_code",
            Recipient => "recipient",
            AddressLine => "address_line",
            District => "district",
            City => "city",
            Region => "region",
            Postcode => "postcode",
            Country => "country",
            PaymentMethod => "payment_method",
            Staff => "staff",
            Branch => "branch",
            Source => "source",
            Note => "note",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Field -> the column's name in the header row.
    pub columns: BTreeMap<Field, String>,
    /// The currency of rows without one of their own.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// The zone of times that name none, e.g. `Asia/Ho_Chi_Minh`.
    #[serde(default = "utc", with = "zone")]
    pub time_zone: chrono_tz::Tz,
    /// Tried in turn; chrono's letters, e.g. `%d/%m/%Y %H:%M`. RFC 3339 is always understood.
    #[serde(default)]
    pub date_formats: Vec<String>,
    #[serde(default)]
    pub decimal_mark: DecimalMark,
    /// The `tax` column is inside the price already.
    #[serde(default)]
    pub prices_include_tax: bool,
    /// What a line is, by its SKU: the first rule that fits. No rule: a product.
    #[serde(default)]
    pub line_kinds: Vec<LineKindRule>,
    /// The status of an order, by how its id begins, when no column gives one: `C` -> `credit_note`.
    #[serde(default)]
    pub statuses: Vec<StatusRule>,
    #[serde(default)]
    pub text: TextForm,
    /// The worksheet of a workbook; the first when absent.
    #[serde(default)]
    pub sheet: Option<String>,
}

fn utc() -> chrono_tz::Tz {
    chrono_tz::UTC
}

/// A zone is its name in the IANA database.
mod zone {
    pub fn serialize<S: serde::Serializer>(zone: &chrono_tz::Tz, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(zone.name())
    }
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<chrono_tz::Tz, D::Error> {
        let name = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(from)?;
        name.parse().map_err(|_| serde::de::Error::custom(format!("unknown time zone {name:?}: expected a name such as Asia/Ho_Chi_Minh")))
    }
}

/// `12.50` or `12,50`; the other one may group thousands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecimalMark {
    #[default]
    Point,
    Comma,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineKindRule {
    pub sku: String,
    pub kind: LineKind,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusRule {
    pub order_prefix: String,
    pub status: String,
}

/// How the bytes of a CSV file are text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextForm {
    pub encoding: Encoding,
    pub delimiter: char,
}

impl Default for TextForm {
    fn default() -> Self {
        Self { encoding: Encoding::Utf8, delimiter: ',' }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    #[serde(rename = "utf-8")]
    Utf8,
    /// What Excel writes in Western Europe; taken when the file is not UTF-8.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    #[error("the mapping is not as expected: {0}")]
    Malformed(String),
    #[error("mapping.columns.{0} is missing: name the column that holds it; the file has {1}")]
    Missing(&'static str, String),
    #[error("mapping.columns.{field} names the column {column:?}, which the file does not have; it has {has}")]
    NoSuchColumn { field: &'static str, column: String, has: String },
    #[error("two columns are named {0:?}: a mapped column needs a name of its own")]
    SameName(String),
    #[error("no currency: map a currency column or set mapping.currency, e.g. \"VND\"")]
    NoCurrency,
    #[error("mapping.date_formats: {0:?} is not a date format: expected chrono's letters such as %d/%m/%Y %H:%M")]
    BadDateFormat(String),
    #[error("mapping.{field} has {count} entries: at most {max}")]
    TooMany { field: &'static str, count: usize, max: usize },
    #[error("mapping.text.delimiter is {0:?}: expected , ; | or a tab")]
    BadDelimiter(char),
}

/// Where each field sits in a row.
#[derive(Clone, Debug)]
pub struct Layout {
    positions: BTreeMap<Field, usize>,
    /// Positions that hold what an order as a whole says.
    pub header_fields: Vec<(Field, usize)>,
    pub columns: usize,
}

impl Layout {
    pub fn of(&self, field: Field) -> Option<usize> {
        self.positions.get(&field).copied()
    }
}

const RULES_MAX: usize = 1_000;
const DATE_FORMATS_MAX: usize = 20;

impl Mapping {
    pub fn parse(json: &serde_json::Value) -> Result<Self, MappingError> {
        serde_json::from_value(json.clone()).map_err(|e| MappingError::Malformed(e.to_string()))
    }

    /// Checks the mapping against a file's header row and finds every column in it.
    pub fn layout(&self, header: &[String]) -> Result<Layout, MappingError> {
        self.check()?;
        let mut positions = BTreeMap::new();
        for (&field, column) in &self.columns {
            let mut found = header.iter().enumerate().filter(|(_, name)| *name == column).map(|(at, _)| at);
            let Some(at) = found.next() else {
                return Err(MappingError::NoSuchColumn { field: field.word(), column: column.clone(), has: listed(header) });
            };
            if found.next().is_some() {
                return Err(MappingError::SameName(column.clone()));
            }
            positions.insert(field, at);
        }
        for field in [Field::Order, Field::Quantity, Field::UnitPrice] {
            if !positions.contains_key(&field) {
                return Err(MappingError::Missing(field.word(), listed(header)));
            }
        }
        if self.currency.is_none() && !positions.contains_key(&Field::Currency) {
            return Err(MappingError::NoCurrency);
        }
        let of_line: BTreeSet<Field> =
            [Field::Order, Field::Line, Field::LineKind, Field::Sku, Field::Name, Field::Quantity, Field::UnitPrice, Field::Discount, Field::Tax].into();
        let header_fields = positions.iter().filter(|(field, _)| !of_line.contains(field)).map(|(&field, &at)| (field, at)).collect();
        Ok(Layout { positions, header_fields, columns: header.len() })
    }

    fn check(&self) -> Result<(), MappingError> {
        let counts = [("line_kinds", self.line_kinds.len(), RULES_MAX), ("statuses", self.statuses.len(), RULES_MAX), ("date_formats", self.date_formats.len(), DATE_FORMATS_MAX)];
        if let Some((field, count, max)) = counts.into_iter().find(|(_, count, max)| count > max) {
            return Err(MappingError::TooMany { field, count, max });
        }
        for format in &self.date_formats {
            if chrono::format::StrftimeItems::new(format).any(|item| matches!(item, chrono::format::Item::Error)) || !format.contains('%') {
                return Err(MappingError::BadDateFormat(format.clone()));
            }
        }
        if !super::reader::DELIMITERS.contains(&self.text.delimiter) {
            return Err(MappingError::BadDelimiter(self.text.delimiter));
        }
        Ok(())
    }
}

/// The header for a message: the first few names.
fn listed(header: &[String]) -> String {
    let names: Vec<String> = header.iter().take(30).map(|name| format!("{:?}", name.chars().take(40).collect::<String>())).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(names: &[&str]) -> Vec<String> {
        names.iter().map(|n| (*n).to_owned()).collect()
    }

    #[test]
    fn a_mapping_says_what_is_wrong_with_it() {
        let parse = |json: serde_json::Value| Mapping::parse(&json);
        let good = parse(serde_json::json!({"columns": {"order": "Mã đơn", "quantity": "SL", "unit_price": "Giá"}, "currency": "VND", "time_zone": "Asia/Ho_Chi_Minh"})).unwrap();
        assert!(good.layout(&header(&["Mã đơn", "SL", "Giá"])).is_ok());
        assert_eq!(good.layout(&header(&["Mã đơn", "SL"])).unwrap_err().to_string(), r#"mapping.columns.unit_price names the column "Giá", which the file does not have; it has "Mã đơn", "SL""#);
        assert_eq!(good.layout(&header(&["Mã đơn", "SL", "Giá", "SL"])).unwrap_err(), MappingError::SameName("SL".into()));
        let without = |field: Field| {
            let mut mapping = good.clone();
            mapping.columns.remove(&field);
            mapping.layout(&header(&["Mã đơn", "SL", "Giá"])).unwrap_err()
        };
        assert!(matches!(without(Field::Order), MappingError::Missing("order", _)));
        assert!(matches!(without(Field::Quantity), MappingError::Missing("quantity", _)));
        assert_eq!(Mapping { currency: None, ..good.clone() }.layout(&header(&["Mã đơn", "SL", "Giá"])).unwrap_err(), MappingError::NoCurrency);
        for format in ["%Q", "no percent"] {
            let mapping = Mapping { date_formats: vec![format.into()], ..good.clone() };
            assert_eq!(mapping.layout(&header(&["Mã đơn", "SL", "Giá"])).unwrap_err(), MappingError::BadDateFormat(format.into()));
        }
        let rules = vec![LineKindRule { sku: "POST".into(), kind: LineKind::Shipping }; RULES_MAX + 1];
        assert!(matches!(Mapping { line_kinds: rules, ..good.clone() }.layout(&header(&["Mã đơn", "SL", "Giá"])), Err(MappingError::TooMany { .. })));
        for bad in [serde_json::json!({"columns": {"oder": "x"}}), serde_json::json!({"columns": {}, "currency": "XYZW"}), serde_json::json!({"columns": {}, "time_zone": "Mars"}), serde_json::json!({"columns": {}, "colour": 1})] {
            assert!(matches!(parse(bad), Err(MappingError::Malformed(_))));
        }
    }

    #[test]
    fn the_word_of_a_field_is_its_json() {
        let json = serde_json::to_value(Field::UnitPrice).unwrap();
        assert_eq!(json, Field::UnitPrice.word());
        for (word, field) in [("order", Field::Order), ("tax_code", Field::TaxCode), ("address_line", Field::AddressLine), ("line_kind", Field::LineKind)] {
            assert_eq!(serde_json::from_value::<Field>(word.into()).unwrap().word(), word);
            assert_eq!(field.word(), word);
        }
    }
}
