//! A first mapping from the names in the header and the look of the first rows. A guess is shown, never hidden: the mapping
//! is stored with the import and the dry run tells what it would do.

use super::cells;
use super::mapping::{DecimalMark, Field, LineKindRule, Mapping, StatusRule, TextForm};
use super::reader::Row;
use crate::orders::fact::LineKind;
use kernel::Currency;
use std::collections::BTreeMap;

/// What the account and its tenant say when the file does not.
#[derive(Clone, Copy, Debug)]
pub struct Defaults {
    pub currency: Option<Currency>,
    pub time_zone: chrono_tz::Tz,
}

/// Rows looked at.
pub const SAMPLE_ROWS: usize = 1_000;

/// Names by field, best first, in lower case without anything that is not a letter or digit.
/// English, Vietnamese, and the exports of Shopify, KiotViet and the UCI "Online Retail" data.
const NAMES: &[(Field, &[&str])] = &[
    (Field::Order, &["orderid", "ordernumber", "orderno", "order", "orderref", "mãđơnhàng", "mãđơn", "mãhóađơn", "sốđơnhàng", "invoiceno", "invoicenumber", "invoice", "ordername"]),
    (Field::Line, &["lineno", "linenumber", "lineid", "line", "orderlineid", "sốdòng"]),
    (Field::LineKind, &["linekind", "linetype"]),
    (Field::Sku, &["sku", "lineitemsku", "stockcode", "productcode", "itemcode", "itemsku", "mãhàng", "mãsảnphẩm", "mãsp", "mãhànghóa"]),
    (Field::Name, &["productname", "lineitemname", "itemname", "product", "description", "tênsảnphẩm", "tênhàng", "tênhànghóa", "title"]),
    (Field::Quantity, &["quantity", "lineitemquantity", "qty", "units", "sốlượng", "sl"]),
    (Field::UnitPrice, &["unitprice", "lineitemprice", "price", "itemprice", "đơngiá", "giábán", "giá"]),
    (Field::Discount, &["linediscount", "lineitemdiscount", "discount", "giảmgiá", "chiếtkhấu"]),
    (Field::Tax, &["linetax", "taxamount", "vat", "thuế", "tiềnthuế"]),
    (Field::PlacedAt, &["placedat", "orderdate", "invoicedate", "createdat", "orderedat", "date", "ngàyđặthàng", "ngàyđặt", "ngàytạo", "thờigian", "thờigiantạo", "ngày"]),
    (Field::Currency, &["currency", "currencycode", "tiềntệ", "loạitiền"]),
    (Field::Status, &["status", "orderstatus", "trạngthái", "trạngtháiđơnhàng"]),
    (Field::StatedTotal, &["ordertotal", "grandtotal", "total", "tổngcộng", "tổngtiền", "kháchcầntrả"]),
    (Field::BuyerId, &["customerid", "buyerid", "customercode", "mãkháchhàng", "mãkh"]),
    (Field::BuyerName, &["customername", "buyername", "customer", "billingname", "tênkháchhàng", "kháchhàng", "ngườimua"]),
    (Field::BuyerPhone, &["phone", "customerphone", "buyerphone", "billingphone", "phonenumber", "sốđiệnthoại", "điệnthoại", "sđt"]),
    (Field::BuyerEmail, &["email", "customeremail", "buyeremail"]),
    (Field::Company, &["company", "companyname", "billingcompany", "côngty", "têncôngty"]),
    (Field::TaxCode, &["taxcode", "vatnumber", "taxid", "mãsốthuế", "mst"]),
    (Field::Recipient, &["recipient", "shippingname", "shiptoname", "ngườinhận", "tênngườinhận"]),
    (Field::AddressLine, &["address", "shippingaddress", "shippingaddress1", "shippingstreet", "địachỉ", "địachỉgiaohàng"]),
    (Field::District, &["district", "quậnhuyện", "quận", "huyện"]),
    (Field::City, &["city", "shippingcity", "thànhphố"]),
    (Field::Region, &["region", "state", "province", "shippingprovince", "tỉnh", "tỉnhthành", "tỉnhthànhphố"]),
    (Field::Postcode, &["postcode", "zip", "zipcode", "postalcode", "shippingzip", "mãbưuchính"]),
    (Field::Country, &["country", "shippingcountry", "countrycode", "quốcgia"]),
    (Field::PaymentMethod, &["paymentmethod", "payment", "phươngthứcthanhtoán", "thanhtoán"]),
    (Field::Staff, &["staff", "salesperson", "seller", "employee", "nhânviên", "ngườibán"]),
    (Field::Branch, &["branch", "store", "location", "chinhánh", "cửahàng"]),
    (Field::Source, &["source", "channel", "nguồn", "kênhbán"]),
    (Field::Note, &["note", "notes", "remark", "ghichú"]),
];

/// Tried in this sequence; of those that fit every sampled row the first is taken, so day before month when both fit.
const DATE_FORMATS: &[&str] = &[
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M:%S %z",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%d-%m-%Y %H:%M:%S",
    "%d-%m-%Y %H:%M",
    "%d-%m-%Y",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%H:%M:%S %d/%m/%Y",
    "%H:%M %d/%m/%Y",
];

pub fn guess(header: &[String], sample: &[Row], text: TextForm, defaults: Defaults) -> Mapping {
    let plain: Vec<String> = header.iter().map(|name| plain(name)).collect();
    let mut columns: BTreeMap<Field, String> = BTreeMap::new();
    for (field, names) in NAMES {
        let taken = |column: &String| columns.values().any(|c| c == column);
        let once = |name: &&str| plain.iter().filter(|p| p == name).count() == 1;
        let found = names.iter().filter(|name| once(name)).find_map(|name| plain.iter().position(|p| p == name)).and_then(|at| header.get(at)).filter(|column| !taken(column));
        if let Some(column) = found {
            columns.insert(*field, column.clone());
        }
    }
    // Shopify's export names the order's number "Name".
    if plain.iter().any(|p| p == "lineitemname")
        && let Some(at) = plain.iter().position(|p| p == "name")
        && let Some(column) = header.get(at)
    {
        columns.insert(Field::Order, column.clone());
    }
    let values = |field: Field| {
        let at = columns.get(&field).and_then(|column| header.iter().position(|name| name == column));
        sample.iter().filter_map(move |row| Some(row.cell(at?))).filter(|text| !text.is_empty())
    };
    let numbers: Vec<&str> = [Field::UnitPrice, Field::Quantity, Field::Discount, Field::Tax].into_iter().flat_map(values).collect();
    let online_retail = plain.iter().any(|p| p == "invoiceno") && plain.iter().any(|p| p == "stockcode");
    let date_format = date_format(&values(Field::PlacedAt).collect::<Vec<_>>());
    Mapping {
        currency: defaults.currency,
        time_zone: defaults.time_zone,
        date_formats: date_format.map(str::to_owned).into_iter().collect(),
        decimal_mark: decimal_mark(&numbers),
        prices_include_tax: false,
        line_kinds: if online_retail { online_retail_kinds() } else { Vec::new() },
        statuses: if online_retail { online_retail_statuses() } else { Vec::new() },
        text,
        sheet: None,
        columns,
    }
}

pub(crate) fn plain(name: &str) -> String {
    name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

pub(crate) fn date_format(sample: &[&str]) -> Option<&'static str> {
    let local: Vec<&str> = sample.iter().copied().filter(|text| chrono::DateTime::parse_from_rfc3339(text).is_err()).collect();
    if local.is_empty() {
        return None;
    }
    // The format of most rows: a broken row must not take the format from the others.
    let fits = |format: &&str| local.iter().filter(|text| cells::local_time(text, format).is_some()).count();
    let best = DATE_FORMATS.iter().map(fits).max().filter(|fits| *fits > 0)?;
    DATE_FORMATS.iter().copied().find(|format| fits(format) == best)
}

/// The mark with which more of the numbers can be read.
pub(crate) fn decimal_mark(sample: &[&str]) -> DecimalMark {
    let readable = |mark: DecimalMark| sample.iter().filter(|text| cells::decimal(text, mark).is_ok()).count();
    if readable(DecimalMark::Comma) > readable(DecimalMark::Point) { DecimalMark::Comma } else { DecimalMark::Point }
}

/// The codes of the UCI data that are no goods: postage and carriage, the bank's and the marketplace's fees, and what a
/// bookkeeper entered (discount, manual, charity, bad debt, samples). Gift vouchers are sold like goods.
/// Source: shared/datasets/README.md, "non-product codes".
fn online_retail_kinds() -> Vec<LineKindRule> {
    let rules: [(LineKind, &[&str]); 3] =
        [(LineKind::Shipping, &["POST", "DOT", "C2"]), (LineKind::Fee, &["BANK CHARGES", "AMAZONFEE"]), (LineKind::Adjustment, &["D", "M", "m", "B", "CRUK", "S"])];
    rules.into_iter().flat_map(|(kind, skus)| skus.iter().map(move |sku| LineKindRule { sku: (*sku).to_owned(), kind })).collect()
}

/// `C` begins a credit note, `A` an adjustment for a bad debt: documents of their own, with signed lines.
fn online_retail_statuses() -> Vec<StatusRule> {
    [("C", "credit_note"), ("A", "bad_debt")].map(|(prefix, status)| StatusRule { order_prefix: prefix.to_owned(), status: status.to_owned() }).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(header: &[&str], rows: &[&[&str]]) -> Mapping {
        let header: Vec<String> = header.iter().map(|n| (*n).to_owned()).collect();
        let sample: Vec<Row> = rows.iter().map(|cells| Row { number: 2, cells: (*cells).into(), fault: None }).collect();
        guess(&header, &sample, TextForm::default(), Defaults { currency: Some(Currency::VND), time_zone: chrono_tz::Asia::Ho_Chi_Minh })
    }
    fn columns(mapping: &Mapping) -> String {
        mapping.columns.iter().map(|(field, column)| format!("{}={column}", field.word())).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn online_retail_is_known_in_both_spellings() {
        let ours = guessed(&["line_no", "invoice_no", "stock_code", "description", "quantity", "invoice_date", "unit_price", "customer_id", "country"], &[&["1", "536365", "85123A", "X", "6", "2010-12-01T08:26:00", "2.550", "17850", "United Kingdom"]]);
        assert_eq!(columns(&ours), "order=invoice_no line=line_no sku=stock_code name=description quantity=quantity unit_price=unit_price placed_at=invoice_date buyer_id=customer_id country=country");
        assert_eq!((ours.date_formats, ours.decimal_mark), (vec!["%Y-%m-%dT%H:%M:%S".to_owned()], DecimalMark::Point));
        assert_eq!(ours.statuses.len(), 2);
        let original = guessed(&["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"], &[&["536365", "85123A", "X", "6", "12/1/2010 8:26", "2.55", "17850", "UK"], &["536366", "85123A", "X", "6", "12/31/2010 8:26", "2.55", "17850", "UK"]]);
        assert_eq!(original.date_formats, ["%m/%d/%Y %H:%M"]);
        assert!(original.line_kinds.iter().any(|rule| rule.sku == "DOT" && rule.kind == LineKind::Shipping));
    }

    #[test]
    fn vietnamese_and_shopify_headers_are_known() {
        let kiot = guessed(&["Mã đơn hàng", "Mã hàng", "Tên hàng", "Số lượng", "Đơn giá", "Ngày tạo", "Tên khách hàng", "Điện thoại", "Chi nhánh"], &[&["HD1", "SP1", "Áo", "1,5", "1.250.000", "03/04/2026 10:15", "Nguyễn", "09", "Q1"]]);
        assert_eq!(columns(&kiot), "order=Mã đơn hàng sku=Mã hàng name=Tên hàng quantity=Số lượng unit_price=Đơn giá placed_at=Ngày tạo buyer_name=Tên khách hàng buyer_phone=Điện thoại branch=Chi nhánh");
        assert_eq!((kiot.decimal_mark, kiot.date_formats), (DecimalMark::Comma, vec!["%d/%m/%Y %H:%M".to_owned()]));
        let shopify = guessed(&["Name", "Email", "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem sku", "Currency", "Shipping Country"], &[&["#1001", "a@b.c", "2026-01-02 10:00:00 +0700", "1", "Mug", "12.50", "M-1", "USD", "VN"]]);
        assert_eq!(columns(&shopify), "order=Name sku=Lineitem sku name=Lineitem name quantity=Lineitem quantity unit_price=Lineitem price placed_at=Created at currency=Currency buyer_email=Email country=Shipping Country");
        assert_eq!(shopify.date_formats, ["%Y-%m-%d %H:%M:%S %z"]);
    }

    #[test]
    fn an_unknown_header_maps_nothing() {
        let mapping = guessed(&["foo", "bar"], &[]);
        assert!(mapping.columns.is_empty());
        assert!(mapping.layout(&["foo".into(), "bar".into()]).is_err());
    }
}
