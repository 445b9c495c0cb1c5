//! UBL 2.1 of a document as EN 16931 wants it: Invoice 380, corrected invoice 384, CreditNote 381. Written element by element
//! in the order of the schema; the official rules judge it (tests/oracles/en16931.py).

use super::Kind;
use super::document::{Content, DocumentLine, Party, RateTotal};
use super::life::Locked;
use super::regime;
use kernel::{Currency, Decimal};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// Elements written one after another; writing into memory does not fail.
pub(super) struct Xml(Writer<Vec<u8>>);

impl Xml {
    pub(super) fn new() -> Self {
        let mut xml = Self(Writer::new_with_indent(Vec::new(), b' ', 2));
        xml.put(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        xml
    }
    fn put(&mut self, event: Event<'_>) {
        let written = self.0.write_event(event);
        debug_assert!(written.is_ok(), "memory takes every event");
    }
    pub(super) fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.put(Event::Start(BytesStart::new(name).with_attributes(attributes.iter().copied())));
    }
    pub(super) fn close(&mut self, name: &str) {
        self.put(Event::End(BytesEnd::new(name)));
    }
    pub(super) fn within(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.open(name, &[]);
        inside(self);
        self.close(name);
    }
    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.with(name, &[], text);
    }
    pub(super) fn with(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.open(name, attributes);
        self.put(Event::Text(BytesText::new(&plain(text))));
        self.close(name);
    }
    pub(super) fn maybe(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
            self.text(name, text);
        }
    }
    pub(super) fn done(self) -> String {
        String::from_utf8_lossy(&self.0.into_inner()).into_owned()
    }
}

/// XML 1.0 has no control characters but tab and line ends.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\t' | '\n')).filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}')).collect()
}

/// An amount with the decimals of its currency.
pub(super) fn amount(amount: Decimal, currency: &str) -> String {
    let exponent = currency.parse::<Currency>().map_or(2, Currency::exponent);
    let mut amount = amount.round_dp(exponent);
    amount.rescale(exponent);
    if amount.is_zero() { amount.abs().to_string() } else { amount.to_string() }
}

/// The document as XML.
pub(super) fn write(document: &Locked, content: &Content) -> String {
    let credit = document.kind == Kind::CreditNote;
    let root = if credit { "CreditNote" } else { "Invoice" };
    let currency = content.currency.as_str();
    let money = |xml: &mut Xml, name: &str, of: Decimal| xml.with(name, &[("currencyID", currency)], &amount(of, currency));
    let mut xml = Xml::new();
    xml.open(
        root,
        &[
            ("xmlns", &format!("urn:oasis:names:specification:ubl:schema:xsd:{root}-2")),
            ("xmlns:cac", "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"),
            ("xmlns:cbc", "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"),
        ],
    );
    xml.text("cbc:CustomizationID", "urn:cen.eu:en16931:2017");
    xml.text("cbc:ID", &document.number);
    xml.text("cbc:IssueDate", &document.issued_on.to_string());
    if credit {
        xml.text("cbc:CreditNoteTypeCode", "381");
    } else {
        xml.text("cbc:DueDate", &content.due_on.unwrap_or(document.issued_on).max(document.issued_on).to_string());
        xml.text("cbc:InvoiceTypeCode", if document.kind == Kind::Replacement { "384" } else { "380" });
    }
    xml.maybe("cbc:Note", content.reason.as_deref());
    xml.text("cbc:DocumentCurrencyCode", currency);
    if let Some(original) = &content.original {
        xml.within("cac:BillingReference", |xml| {
            xml.within("cac:InvoiceDocumentReference", |xml| {
                xml.text("cbc:ID", &original.number);
                xml.text("cbc:IssueDate", &original.issued_on.to_string());
            });
        });
    }
    let scope = content.rates.iter().all(|rate| rate.category != "O");
    xml.within("cac:AccountingSupplierParty", |xml| party(xml, &content.seller, scope));
    xml.within("cac:AccountingCustomerParty", |xml| party(xml, &content.buyer, scope));
    if let Some(day) = content.delivered_on {
        xml.within("cac:Delivery", |xml| {
            xml.text("cbc:ActualDeliveryDate", &day.to_string());
            let country = content.deliver_to.as_deref().filter(|country| country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase()));
            if let Some(country) = country {
                xml.within("cac:DeliveryLocation", |xml| {
                    xml.within("cac:Address", |xml| xml.within("cac:Country", |xml| xml.text("cbc:IdentificationCode", country)));
                });
            }
        });
    }
    xml.within("cac:PaymentTerms", |xml| xml.text("cbc:Note", &terms(document, content)));
    xml.within("cac:TaxTotal", |xml| {
        money(xml, "cbc:TaxAmount", content.tax);
        for of_rate in &content.rates {
            xml.within("cac:TaxSubtotal", |xml| {
                money(xml, "cbc:TaxableAmount", of_rate.base);
                money(xml, "cbc:TaxAmount", of_rate.tax);
                xml.within("cac:TaxCategory", |xml| category(xml, &of_rate.category, of_rate.rate, Some(of_rate)));
            });
        }
    });
    let paid: Decimal = content.payments.iter().map(|payment| payment.amount).sum();
    xml.within("cac:LegalMonetaryTotal", |xml| {
        money(xml, "cbc:LineExtensionAmount", content.base);
        money(xml, "cbc:TaxExclusiveAmount", content.base);
        money(xml, "cbc:TaxInclusiveAmount", content.total);
        if !paid.is_zero() {
            money(xml, "cbc:PrepaidAmount", paid);
        }
        money(xml, "cbc:PayableAmount", content.payable);
    });
    for (index, line) in content.lines.iter().enumerate() {
        let name = if credit { "cac:CreditNoteLine" } else { "cac:InvoiceLine" };
        xml.within(name, |xml| write_line(xml, index, line, credit, currency));
    }
    xml.close(root);
    xml.done()
}

fn terms(document: &Locked, content: &Content) -> String {
    match content.due_on.filter(|day| *day > document.issued_on) {
        Some(day) => format!("Due on {day}"),
        None => "Due on receipt".to_owned(),
    }
}

/// BG-4 and BG-7. `scope`: false where nothing is in the scope of tax, and no VAT id may be named.
fn party(xml: &mut Xml, party: &Party, scope: bool) {
    let code = party.tax_code.as_deref();
    let vat = code.filter(|code| scope && regime::vat_country(code).is_some());
    xml.within("cac:Party", |xml| {
        xml.within("cac:PostalAddress", |xml| {
            xml.maybe("cbc:StreetName", party.address.as_deref());
            xml.maybe("cbc:CityName", party.city.as_deref());
            xml.maybe("cbc:PostalZone", party.postcode.as_deref());
            if let Some(country) = &party.country {
                xml.within("cac:Country", |xml| xml.text("cbc:IdentificationCode", country));
            }
        });
        if let Some(vat) = vat {
            xml.within("cac:PartyTaxScheme", |xml| {
                xml.text("cbc:CompanyID", vat);
                xml.within("cac:TaxScheme", |xml| xml.text("cbc:ID", "VAT"));
            });
        }
        xml.within("cac:PartyLegalEntity", |xml| {
            xml.text("cbc:RegistrationName", &party.name);
            if vat.is_none() {
                xml.maybe("cbc:CompanyID", code);
            }
        });
        if let Some(email) = &party.email {
            xml.within("cac:Contact", |xml| xml.text("cbc:ElectronicMail", email));
        }
    });
}

fn category(xml: &mut Xml, word: &str, rate: Decimal, total: Option<&RateTotal>) {
    xml.text("cbc:ID", word);
    if word != "O" {
        xml.text("cbc:Percent", &rate.normalize().to_string());
    }
    if let Some(total) = total {
        xml.maybe("cbc:TaxExemptionReasonCode", total.reason_code.as_deref());
        xml.maybe("cbc:TaxExemptionReason", total.reason.as_deref());
    }
    xml.within("cac:TaxScheme", |xml| xml.text("cbc:ID", "VAT"));
}

fn write_line(xml: &mut Xml, index: usize, line: &DocumentLine, credit: bool, currency: &str) {
    xml.text("cbc:ID", &(index + 1).to_string());
    xml.maybe("cbc:Note", line.order.map(|order| format!("Order {order}")).as_deref());
    // A price is never below zero: the quantity carries the sign.
    let quantity = if line.gross.is_sign_negative() != line.quantity.is_sign_negative() { -line.quantity } else { line.quantity };
    xml.with(if credit { "cbc:CreditedQuantity" } else { "cbc:InvoicedQuantity" }, &[("unitCode", "C62")], &quantity.to_string());
    xml.with("cbc:LineExtensionAmount", &[("currencyID", currency)], &amount(line.base, currency));
    for allowance in &line.allowances {
        let charge = allowance.amount.is_sign_negative();
        xml.within("cac:AllowanceCharge", |xml| {
            xml.text("cbc:ChargeIndicator", if charge { "true" } else { "false" });
            xml.text("cbc:AllowanceChargeReason", &allowance.kind.replace('_', " "));
            xml.with("cbc:Amount", &[("currencyID", currency)], &amount(allowance.amount.abs(), currency));
        });
    }
    xml.within("cac:Item", |xml| {
        xml.text("cbc:Name", &line.name);
        if let Some(sku) = line.sku.as_deref().filter(|sku| !sku.trim().is_empty()) {
            xml.within("cac:SellersItemIdentification", |xml| xml.text("cbc:ID", sku));
        }
        xml.within("cac:ClassifiedTaxCategory", |xml| category(xml, &line.category, line.rate, None));
    });
    xml.within("cac:Price", |xml| {
        // The price of one where that is exact, else of the whole quantity.
        let (gross, count) = (line.gross.abs(), quantity.abs());
        match gross.checked_div(count).filter(|price| price.normalize().scale() <= 6 && *price * count == gross) {
            Some(price) => xml.with("cbc:PriceAmount", &[("currencyID", currency)], &amount_of_price(price)),
            None => {
                xml.with("cbc:PriceAmount", &[("currencyID", currency)], &amount_of_price(gross));
                xml.with("cbc:BaseQuantity", &[("unitCode", "C62")], &count.to_string());
            }
        }
    });
}

fn amount_of_price(price: Decimal) -> String {
    price.normalize().to_string()
}
