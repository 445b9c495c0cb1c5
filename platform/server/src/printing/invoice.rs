//! Tax invoices and what corrects them, on paper. The XML is inside; it is the document, the paper is a view of it.

use super::amounts::{amount, day, money, number};
use chrono::Datelike;
use kernel::{Currency, Decimal};
use paper::{Attachment, Fact, Language, Line, Party, Rate, Sheet, Total};
use switchyard_core::invoices::{
    Kind, Regime,
    document::{self, DocumentLine, RateTotal},
    life::State,
    list::Document,
    settings::PAPER_COLOUR,
    words,
};

/// Numbers of orders that are written out.
const ORDERS_SHOWN: usize = 6;

/// How a tenant's paper looks.
#[derive(Clone, Debug, Default)]
pub struct Look {
    pub colour: Option<String>,
    pub footer: Option<String>,
}

impl Look {
    pub fn colour(&self) -> String {
        self.colour.clone().unwrap_or_else(|| PAPER_COLOUR.to_owned())
    }
    pub fn footer(&self) -> Vec<String> {
        self.footer.iter().flat_map(|footer| footer.lines()).map(str::to_owned).collect()
    }
}

/// The language of a regime's documents.
pub fn language(regime: &str) -> Language {
    if regime == Regime::Vn202607.word() { Language::Vi } else { Language::En }
}

/// English or Vietnamese.
struct Say(Language);

impl Say {
    fn say(&self, english: &str, vietnamese: &str) -> String {
        match self.0 {
            Language::En => english.to_owned(),
            Language::Vi => vietnamese.to_owned(),
        }
    }
    fn title(&self, kind: Kind) -> String {
        match kind {
            Kind::Invoice => self.say("Tax invoice", "Hóa đơn giá trị gia tăng"),
            Kind::Adjustment => self.say("Adjustment invoice", "Hóa đơn điều chỉnh"),
            Kind::Replacement => self.say("Replacement invoice", "Hóa đơn thay thế"),
            Kind::CreditNote => self.say("Credit note", "Chứng từ ghi giảm"),
        }
    }
    fn correction(&self, kind: Kind) -> String {
        match kind {
            Kind::Invoice => String::new(),
            Kind::Adjustment => self.say("Adjusts invoice", "Điều chỉnh cho hóa đơn"),
            Kind::Replacement => self.say("Replaces invoice", "Thay thế hóa đơn"),
            Kind::CreditNote => self.say("Credits invoice", "Ghi giảm hóa đơn"),
        }
    }
    fn reduction(&self, kind: &str) -> String {
        match kind {
            "marketing_discount" => self.say("Discount", "Giảm giá"),
            "promo_voucher" => self.say("Voucher", "Voucher"),
            "price_override" => self.say("Price lowered", "Hạ giá bán"),
            "shipping_discount" => self.say("Shipping discount", "Giảm phí giao"),
            "points" => self.say("Points", "Điểm thưởng"),
            other => other.replace('_', " "),
        }
    }
    fn payment(&self, kind: &str) -> String {
        match kind {
            "paid" => self.say("Paid", "Đã thanh toán"),
            "points" => self.say("Paid by points", "Trả bằng điểm"),
            "paid_voucher" => self.say("Paid by voucher", "Trả bằng voucher"),
            "others" => self.say("Paid by others", "Bên khác chi trả"),
            other => other.replace('_', " "),
        }
    }
}

/// `19 %`, `8%`, `K 0 %`
fn rate(category: &str, rate: Decimal, language: Language) -> String {
    match category {
        _ if category.contains('%') || category.starts_with("KCT") || category.starts_with("KKKNT") => category.to_owned(),
        "S" => format!("{} %", number(rate.normalize(), language)),
        _ => format!("{category} {} %", number(rate.normalize(), language)),
    }
}

pub(super) fn party(label: String, tax_label: &str, of: &document::Party) -> Party {
    let place = [of.postcode.as_deref(), of.city.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let address = [of.address.as_deref(), Some(place.as_str()), of.country.as_deref()].into_iter().flatten().filter(|text| !text.trim().is_empty()).collect::<Vec<_>>().join(", ");
    let code = of.tax_code.as_deref().map(|code| format!("{tax_label} {code}"));
    Party { label, name: of.name.clone(), lines: [Some(address), code, of.email.clone()].into_iter().flatten().filter(|line| !line.is_empty()).collect() }
}

/// The document as it is printed; `xml` is attached.
pub fn sheet(of: &Document, xml: String, look: &Look, language: Language) -> Sheet {
    let Document { row, content, .. } = of;
    let (words_of, currency) = (Say(language), content.currency.as_str());
    let say = |english: &str, vietnamese: &str| words_of.say(english, vietnamese);
    let kind = Kind::ALL.into_iter().find(|kind| kind.word() == row.kind).unwrap_or(Kind::Invoice);
    // As the Vietnamese XML has it: what lowers is below zero.
    let sign = if kind == Kind::Adjustment { -Decimal::ONE } else { Decimal::ONE };
    let plain = |of: Decimal| amount(sign * of, currency, language);
    let full = |of: Decimal| money(sign * of, currency, language);
    let tax_label = say("Tax code", "MST");
    let fact = |label: String, value: String| Fact { label, value };

    let mut references = Vec::new();
    if let Some(original) = &content.original {
        references.push(format!("{} {} {} {}", words_of.correction(kind), original.number, say("of", "ngày"), day(original.issued_on, language)));
    }
    if row.state == State::Replaced.word() {
        let by = of.corrections.iter().find(|row| row.kind == Kind::Replacement.word()).map(|row| row.number.as_str()).unwrap_or_default();
        references.push(format!("{} {by}", say("Replaced by", "Đã bị thay thế bởi")));
    }

    let mut facts = vec![fact(say("Issued", "Ngày lập"), day(row.issued_on, language))];
    if let Some(delivered) = content.delivered_on {
        facts.push(fact(say("Delivered", "Ngày giao"), day(delivered, language)));
    }
    if let Some(due) = content.due_on {
        facts.push(fact(say("Due", "Hạn thanh toán"), day(due, language)));
    }
    let accepted = of.steps.iter().rev().find(|step| step.state == State::Accepted.word()).and_then(|step| step.reference.clone());
    if let Some(code) = accepted {
        facts.push(fact(say("Authority's code", "Mã của CQT"), code));
    }
    let orders: Vec<String> = content.orders.iter().take(ORDERS_SHOWN).map(i64::to_string).collect();
    let more = content.orders.len().saturating_sub(ORDERS_SHOWN);
    let more = if more > 0 { format!(" +{more}") } else { String::new() };
    facts.push(fact(say("Orders", "Đơn hàng"), format!("{}{more}", orders.join(", "))));
    facts.push(fact(say("Currency", "Tiền tệ"), currency.to_owned()));

    let line = |line: &DocumentLine| {
        let order = line.order.map(|order| format!("{} {order}", say("Order", "Đơn")));
        let detail: Vec<String> = [line.sku.clone(), order].into_iter().flatten().filter(|text| !text.trim().is_empty()).collect();
        let price = line.gross.checked_div(line.quantity).unwrap_or(line.gross).abs().round_dp(6);
        Line {
            name: line.name.clone(),
            detail: (!detail.is_empty()).then(|| detail.join(" · ")),
            quantity: number((sign * line.quantity).normalize(), language),
            price: amount(price, currency, language),
            reductions: line.allowances.iter().map(|allowance| fact(words_of.reduction(&allowance.kind), plain(-allowance.amount))).collect(),
            amount: plain(line.base),
            rate: rate(&line.category, line.rate, language),
        }
    };
    let of_rate = |of: &RateTotal| Rate { rate: rate(&of.category, of.rate, language), base: plain(of.base), tax: plain(of.tax) };
    let total = |label: String, value: String, strong: bool| Total { label, value, strong };

    let mut totals = vec![
        total(say("Before tax", "Cộng tiền hàng chưa thuế"), plain(content.base), false),
        total(say("Tax", "Tiền thuế"), plain(content.tax), false),
        total(say("Total", "Tổng cộng thanh toán"), full(content.total), true),
    ];
    totals.extend(content.payments.iter().map(|payment| total(words_of.payment(&payment.kind), plain(-payment.amount), false)));
    if !content.payments.is_empty() {
        totals.push(total(say("To pay", "Còn phải trả"), full(content.payable), true));
    }

    let mut notes: Vec<String> = content.reason.iter().map(|reason| format!("{} {reason}", say("Reason:", "Lý do:"))).collect();
    for reason in content.rates.iter().filter_map(|rate| rate.reason.as_ref()) {
        if !notes.contains(reason) {
            notes.push(reason.clone());
        }
    }
    notes.push(say("This is a view of the electronic document, whose data (XML) is attached to this file.", "Bản thể hiện của hóa đơn điện tử; dữ liệu XML của hóa đơn được đính kèm trong tệp này."));

    let in_words = content.currency.parse::<Currency>().ok().map(|currency| match language {
        Language::En => words::english(sign * content.total, currency),
        Language::Vi => words::amount(sign * content.total, currency),
    });
    Sheet {
        language,
        title: words_of.title(kind),
        number: row.number.clone(),
        day: ymd(row.issued_on),
        colour: look.colour(),
        references,
        facts,
        seller: party(say("Seller", "Bên bán"), &tax_label, &content.seller),
        buyer: party(say("Buyer", "Bên mua"), &tax_label, &content.buyer),
        columns: ["#".to_owned(), say("Item", "Hàng hóa, dịch vụ"), say("Quantity", "Số lượng"), say("Unit price", "Đơn giá"), say("Tax rate", "Thuế suất"), say("Amount", "Thành tiền")],
        lines: content.lines.iter().map(line).collect(),
        rate_columns: [say("Tax rate", "Thuế suất"), say("Before tax", "Chưa thuế"), say("Tax", "Tiền thuế")],
        rates: content.rates.iter().map(of_rate).collect(),
        totals,
        words: in_words.map(|value| fact(say("In words:", "Bằng chữ:"), value)),
        notes,
        footer: look.footer(),
        page: say("Page", "Trang"),
        attachment: Some(Attachment { name: format!("{}.xml", row.number), media_type: "application/xml".to_owned(), description: say("The document as data", "Dữ liệu hóa đơn"), bytes: xml.into_bytes() }),
    }
}

pub(super) fn ymd(day: chrono::NaiveDate) -> (i32, u8, u8) {
    (day.year(), u8::try_from(day.month()).unwrap_or(1), u8::try_from(day.day()).unwrap_or(1))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use chrono::NaiveDate;
    use switchyard_core::invoices::document::{Allowance, Content, Original, Payment};
    use kernel::{TaxInvoiceId, Timestamp};
    use switchyard_core::invoices::list::Row;

    fn document(kind: Kind) -> Document {
        let day = NaiveDate::from_ymd_opt(2026, 7, 1).unwrap();
        let at = |text: &str| text.parse::<Decimal>().unwrap();
        let party = |name: &str| document::Party { name: name.into(), tax_code: Some("0100109106".into()), city: Some("Huế".into()), country: Some("VN".into()), ..document::Party::default() };
        let content = Content {
            seller: party("Công ty TNHH Sông Hồng"),
            buyer: party("Biển Đông"),
            currency: "VND".into(),
            lines: vec![DocumentLine { order: None, line_id: "a".into(), name: "Áo dài".into(), sku: Some("AO-1".into()), quantity: at("3"), gross: at("1000000"), allowances: vec![Allowance { kind: "marketing_discount".into(), amount: at("150000") }], base: at("850000"), tax: at("85000"), rate: at("10"), category: "10%".into() }],
            rates: vec![RateTotal { category: "10%".into(), rate: at("10"), base: at("850000"), tax: at("85000"), base_rounding: at("0"), tax_rounding: at("0"), reason_code: None, reason: None }],
            base: at("850000"),
            tax: at("85000"),
            total: at("935000"),
            payments: vec![Payment { kind: "paid".into(), amount: at("400000") }],
            payable: at("535000"),
            delivered_on: Some(day),
            deliver_to: None,
            due_on: None,
            orders: (1..=8).collect(),
            original: (kind != Kind::Invoice).then(|| Original { id: String::new(), number: "1C26TAA-1".into(), series: "CTAA".into(), year: 2026, sequence: 1, issued_on: day }),
            reason: None,
        };
        let row = Row { id: TaxInvoiceId::new(), kind: kind.word().into(), regime: "vn-2026-07".into(), number: "1C26TAA-2".into(), of: None, reason: None, issued_at: Timestamp::default(), issued_on: day, issued_by: String::new(), buyer_name: String::new(), buyer_tax_code: None, currency: "VND".into(), base: content.base, tax: content.tax, total: content.total, order_count: 8, state: "issued".into(), state_at: Timestamp::default() };
        Document { row, content, steps: Vec::new(), orders: Vec::new(), corrections: Vec::new(), sending: None, has_provider: false }
    }

    pub fn sheet() -> Sheet {
        super::sheet(&document(Kind::Invoice), "<HDon/>".into(), &Look::default(), Language::Vi)
    }

    #[test]
    fn a_document_is_said_in_its_language() {
        let vi = sheet();
        assert_eq!((vi.title.as_str(), vi.lines[0].price.as_str(), vi.lines[0].reductions[0].value.as_str(), vi.lines[0].amount.as_str()), ("Hóa đơn giá trị gia tăng", "333.333,333333", "\u{2212}150.000", "850.000"));
        assert_eq!(vi.totals.iter().map(|total| total.value.as_str()).collect::<Vec<_>>(), ["850.000", "85.000", "935.000 ₫", "\u{2212}400.000", "535.000 ₫"]);
        assert_eq!(vi.words.unwrap().value, "Chín trăm ba mươi lăm nghìn đồng");
        assert_eq!(vi.facts[2].value, "1, 2, 3, 4, 5, 6 +2");
        let en = super::sheet(&document(Kind::Invoice), String::new(), &Look::default(), Language::En);
        assert_eq!((en.title.as_str(), en.totals[2].value.as_str()), ("Tax invoice", "935,000 VND"));
        assert_eq!(en.words.unwrap().value, "Nine hundred thirty-five thousand VND");
    }

    #[test]
    fn an_adjustment_that_lowers_is_below_zero_and_names_what_it_adjusts() {
        let lowered = super::sheet(&document(Kind::Adjustment), String::new(), &Look::default(), Language::Vi);
        assert_eq!((lowered.totals[2].value.as_str(), lowered.lines[0].quantity.as_str(), lowered.rates[0].base.as_str()), ("\u{2212}935.000 ₫", "\u{2212}3", "\u{2212}850.000"));
        assert_eq!(lowered.references, ["Điều chỉnh cho hóa đơn 1C26TAA-1 ngày 01/07/2026"]);
        assert_eq!(lowered.words.unwrap().value, "Âm chín trăm ba mươi lăm nghìn đồng");
    }

    #[test]
    fn rates_are_named_as_their_regime_names_them() {
        let say = |category: &str, percent: &str| rate(category, percent.parse().unwrap(), Language::Vi);
        assert_eq!([say("S", "5.5"), say("K", "0"), say("8%", "8"), say("KCT", "0"), say("KHAC:7.00%", "7")], ["5,5 %", "K 0 %", "8%", "KCT", "KHAC:7.00%"]);
    }
}
