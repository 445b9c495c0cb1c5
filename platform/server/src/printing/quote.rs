//! Quotes on paper, in the tenant's look.

use super::amounts::{amount, day, money, number};
use super::invoice::{Look, ymd};
use chrono::NaiveDate;
use kernel::Decimal;
use paper::{Fact, Language, Line, Party, Sheet, Total};
use switchyard_core::{
    invoices::settings::InvoiceSettings,
    parties::deposit::Share,
    quotes::{
        Quote,
        quote::{QuoteLine, State},
    },
};

/// Who offers: as invoices name the seller, else the tenant's name.
pub fn seller(settings: Option<&InvoiceSettings>, tenant: &str, language: Language) -> Party {
    let label = match language {
        Language::En => "From",
        Language::Vi => "Bên báo giá",
    };
    match settings {
        Some(settings) => super::invoice::party(label.to_owned(), tax_label(language), &switchyard_core::invoices::document::seller(settings)),
        None => Party { label: label.to_owned(), name: tenant.to_owned(), lines: Vec::new() },
    }
}

fn tax_label(language: Language) -> &'static str {
    match language {
        Language::En => "Tax code",
        Language::Vi => "MST",
    }
}

/// The quote as it is printed; `on` is its day, `tax_code` the buyer's.
pub fn sheet(quote: &Quote, lines: &[QuoteLine], seller: Party, tax_code: Option<&str>, on: NaiveDate, look: &Look, language: Language) -> Sheet {
    let say = |english: &str, vietnamese: &str| match language {
        Language::En => english.to_owned(),
        Language::Vi => vietnamese.to_owned(),
    };
    let currency = quote.currency.as_str();
    let fact = |label: String, value: String| Fact { label, value };
    let mut references = Vec::new();
    match quote.state {
        State::Draft => references.push(say("Draft, not binding", "Bản nháp, chưa có hiệu lực")),
        State::Declined => references.push(say("Declined", "Đã từ chối")),
        State::Expired => references.push(say("Expired", "Đã hết hiệu lực")),
        State::Sent | State::Accepted => {}
    }
    let line = |line: &QuoteLine| {
        let rate = match (line.tax_rate, line.tax_included) {
            (None, _) => String::new(),
            (Some(rate), true) => format!("{} % {}", number(rate.normalize(), language), say("incl.", "đã gồm")),
            (Some(rate), false) => format!("{} %", number(rate.normalize(), language)),
        };
        Line {
            name: line.name.clone().filter(|name| !name.trim().is_empty()).unwrap_or_else(|| line.sku.clone()),
            detail: line.name.is_some().then(|| line.sku.clone()),
            quantity: number(line.quantity.normalize(), language),
            price: amount(line.unit_price, currency, language),
            reductions: Vec::new(),
            amount: amount(line.total, currency, language),
            rate,
        }
    };
    let mut totals = vec![Total { label: say("Total", "Tổng cộng"), value: money(quote.total, currency, language), strong: true }];
    if let Some(terms) = &quote.deposit {
        let share = match terms.share {
            Share::Percent(percent) => format!("{} %", number(percent.normalize(), language)),
            Share::Amount(amount) => money(amount, currency, language),
        };
        let due = terms.due_on.map(|due| format!(" {} {}", say("by", "trước"), day(due, language))).unwrap_or_default();
        totals.push(Total { label: say("Deposit", "Đặt cọc"), value: format!("{share}{due}"), strong: false });
    }
    let on_top = lines.iter().any(|line| line.tax_rate.is_some_and(|rate| rate > Decimal::ZERO) && !line.tax_included);
    let mut notes: Vec<String> = quote.note.iter().cloned().collect();
    if on_top {
        notes.push(say("Amounts of lines are with the tax that comes on top of their unit price.", "Thành tiền đã gồm thuế cộng thêm vào đơn giá."));
    }
    Sheet {
        language,
        title: say("Quotation", "Báo giá"),
        number: format!("{} {}", say("No.", "Số"), quote.number),
        day: ymd(on),
        colour: look.colour(),
        references,
        facts: vec![
            fact(say("Date", "Ngày"), day(on, language)),
            fact(say("Valid until", "Hiệu lực đến"), day(quote.valid_until, language)),
            fact(say("Currency", "Tiền tệ"), currency.to_owned()),
        ],
        seller,
        buyer: Party { label: say("To", "Kính gửi"), name: quote.company_name.clone(), lines: tax_code.map(|code| format!("{} {code}", tax_label(language))).into_iter().collect() },
        columns: ["#".to_owned(), say("Item", "Hàng hóa, dịch vụ"), say("Quantity", "Số lượng"), say("Unit price", "Đơn giá"), say("Tax rate", "Thuế suất"), say("Amount", "Thành tiền")],
        lines: lines.iter().map(line).collect(),
        rate_columns: [String::new(), String::new(), String::new()],
        rates: Vec::new(),
        totals,
        words: None,
        notes,
        footer: look.footer(),
        page: say("Page", "Trang"),
        attachment: None,
    }
}
