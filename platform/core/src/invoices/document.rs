//! What a document says, made of the portions of ledger entries: lines with their allowances, totals per rate, payments.
//! Invariant DOC-1: lines sum to rates, rates sum to totals, in the currency's minor unit; what rounding took is kept per rate,
//! so that base and tax with it are the ledger's to the last digit.
//!
//! The tenant's own reductions are allowances and lower the base; points, paid vouchers and what others give are payments.

use super::regime::{self, Regime};
use super::settings::InvoiceSettings;
use super::tax_code;
use super::words;
use crate::finance::Role;
use crate::orders::fact::{Line as OrderLine, LineKind, Tax};
use crate::orders::postings::{expected::Portion, goods::Parts};
use crate::orders::sold::{SoldEntry, SoldOrder};
use chrono::NaiveDate;
use kernel::{Currency, Decimal};
use rust_decimal::RoundingStrategy;
use serde::{Deserialize, Serialize};

/// Decimals of a rate that is worked out from amounts, as 5.5 % has.
const RATE_DECIMALS_MAX: u32 = 1;
/// Lines of one document.
pub const LINES_MAX: usize = 1_000;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    pub name: String,
    pub tax_code: Option<String>,
    pub address: Option<String>,
    pub city: Option<String>,
    pub postcode: Option<String>,
    pub country: Option<String>,
    pub email: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Allowance {
    /// `marketing_discount`, `promo_voucher`, `price_override`, `shipping_discount`, `points`
    pub kind: String,
    pub amount: Decimal,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DocumentLine {
    /// The order's number, where a document covers several.
    pub order: Option<i64>,
    pub line_id: String,
    pub name: String,
    pub sku: Option<String>,
    pub quantity: Decimal,
    /// Net of tax, before allowances.
    pub gross: Decimal,
    pub allowances: Vec<Allowance>,
    pub base: Decimal,
    pub tax: Decimal,
    /// Percent.
    pub rate: Decimal,
    pub category: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RateTotal {
    pub category: String,
    pub rate: Decimal,
    pub base: Decimal,
    pub tax: Decimal,
    /// The ledger's amounts less these.
    pub base_rounding: Decimal,
    pub tax_rounding: Decimal,
    pub reason_code: Option<String>,
    pub reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Payment {
    /// `paid` (tenders of every kind), `points`, `paid_voucher`, `others`
    pub kind: String,
    pub amount: Decimal,
}

/// The document another corrects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Original {
    pub id: String,
    pub number: String,
    pub series: String,
    pub year: i32,
    pub sequence: i64,
    pub issued_on: NaiveDate,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Content {
    pub seller: Party,
    pub buyer: Party,
    pub currency: String,
    pub lines: Vec<DocumentLine>,
    pub rates: Vec<RateTotal>,
    pub base: Decimal,
    pub tax: Decimal,
    pub total: Decimal,
    pub payments: Vec<Payment>,
    pub payable: Decimal,
    pub delivered_on: Option<NaiveDate>,
    pub deliver_to: Option<String>,
    pub due_on: Option<NaiveDate>,
    pub orders: Vec<i64>,
    pub original: Option<Original>,
    pub reason: Option<String>,
}

#[derive(Debug, thiserror::Error, PartialEq)]
pub enum DocumentError {
    #[error("{field}: {expected}")]
    Buyer { field: &'static str, expected: &'static str },
    #[error("the tax {tax} is not {rate} % of {base}: correct the taxes of the order's lines first")]
    TaxNotOfRate { rate: Decimal, base: Decimal, tax: Decimal },
    #[error("the taxes of order {number} name no rate, and {tax} on {base} is none: no document is made of a rate that was guessed")]
    UnknownRate { number: i64, base: Decimal, tax: Decimal },
    #[error("the document would have {0} lines: at most {LINES_MAX}; issue fewer orders together")]
    TooManyLines(usize),
    #[error("{0} has more decimals than documents of this regime may have")]
    CurrencyDecimals(Currency),
    #[error("what is outside the scope of tax cannot stand beside what is taxed: issue them apart")]
    MixedScope,
}

/// What of an order a document covers.
pub struct Part<'a> {
    pub order: &'a SoldOrder,
    pub entries: Vec<&'a SoldEntry>,
    /// Paid by money and not shown on an earlier document; less is taken when the part comes to less.
    pub money: Decimal,
}

/// Exact amounts of one entry in a document; positive as sold.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Amounts {
    pub base: Decimal,
    pub tax: Decimal,
    pub points: Decimal,
}

/// The exact amounts of the portions of an entry, by percent.
pub fn exact(order: &SoldOrder, entry: &SoldEntry) -> Vec<(Decimal, Amounts)> {
    let mut sums: Vec<(Decimal, Amounts)> = Vec::new();
    for Read { rate: percent, told, .. } in entry.portions.iter().map(|portion| read(order, portion)) {
        match sums.iter_mut().find(|(rate, _)| *rate == percent) {
            Some((_, sum)) => {
                sum.base += told.base;
                sum.tax += told.tax;
                sum.points += told.points;
            }
            None => sums.push((percent, Amounts { base: told.base, tax: told.tax, points: told.points })),
        }
    }
    sums
}

/// Amounts by account as a document tells them, positive as sold.
#[derive(Default)]
struct Told {
    base: Decimal,
    tax: Decimal,
    points: Decimal,
    allowances: Vec<(&'static str, Decimal)>,
    payments: Vec<(&'static str, Decimal)>,
}

fn told(parts: &Parts, points_discount: bool) -> Told {
    let (mut net, mut told) = (Decimal::ZERO, Told::default());
    for (account, amount) in parts {
        match account.role {
            Role::Sales | Role::SalesReturns => net -= *amount,
            Role::VatOut => told.tax -= *amount,
            Role::ContraMarketing => told.allowances.push(("marketing_discount", *amount)),
            Role::ContraVoucher => told.allowances.push(("promo_voucher", *amount)),
            Role::ContraPriceOverride => told.allowances.push(("price_override", *amount)),
            Role::ContraShipping => told.allowances.push(("shipping_discount", *amount)),
            Role::Loyalty | Role::ContraPointsDiff => told.points += *amount,
            Role::VoucherPaid => told.payments.push(("paid_voucher", *amount)),
            Role::Suspense => {}
            _ => told.payments.push(("others", *amount)),
        }
    }
    if points_discount {
        told.allowances.push(("points", told.points));
    } else {
        told.payments.push(("points", told.points));
        told.points = Decimal::ZERO;
    }
    told.allowances.retain(|(_, amount)| !amount.is_zero());
    told.payments.retain(|(_, amount)| !amount.is_zero());
    told.base = net - told.allowances.iter().map(|(_, amount)| *amount).sum::<Decimal>();
    told
}

/// A portion with its line and the rate of that.
struct Read<'a> {
    line: Option<&'a OrderLine>,
    rate: Decimal,
    /// Told, or as round as rates are.
    is_known: bool,
    told: Told,
}

fn read<'a>(order: &'a SoldOrder, portion: &Portion) -> Read<'a> {
    let line = order.projection.lines.iter().map(|(line, _)| line).find(|line| line.id == portion.line_id);
    // Of the whole line: a part may be too small to show its rate.
    let whole = told(order.lines.get(&portion.line_id).unwrap_or(&portion.parts), order.settings.points_discount);
    let rate = line.map_or(Decimal::ZERO, |line| rate(order, line, whole.base, whole.tax));
    let is_known = rate.scale() <= RATE_DECIMALS_MAX || line.is_none_or(|line| line.taxes.is_empty() || line.taxes.iter().all(|tax| tax.rate.is_some()));
    Read { line, rate, is_known, told: told(&portion.parts, order.settings.points_discount) }
}

/// The percent a line is taxed at: as its taxes name it, else as it comes out, else the tenant's default.
fn rate(order: &SoldOrder, line: &OrderLine, base: Decimal, tax: Decimal) -> Decimal {
    let told = line.taxes.iter().map(|tax: &Tax| tax.rate).sum::<Option<Decimal>>();
    let unit = Decimal::new(1, order.projection.currency.exponent());
    let rate = match told {
        _ if line.taxes.is_empty() && tax.is_zero() => Decimal::ZERO,
        _ if line.taxes.is_empty() => order.settings.default_tax_rate.unwrap_or_default(),
        // Told, though nothing was charged: not taxed, unless that is what rounding leaves.
        Some(rate) if !tax.is_zero() || (base * rate / Decimal::ONE_HUNDRED).abs() <= unit => rate,
        _ if tax.is_zero() || base.is_zero() => Decimal::ZERO,
        _ => {
            let percent = tax * Decimal::ONE_HUNDRED / base;
            // The roundest number that the amounts allow.
            let near = |decimals| percent.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
            (0..3).map(near).find(|rate| (base * *rate / Decimal::ONE_HUNDRED - tax).abs() <= unit).unwrap_or_else(|| near(4))
        }
    };
    rate.normalize()
}

/// Who buys: what was asked for the invoice, else the company, else who bought.
pub fn buyer(order: &SoldOrder, company: Option<(&str, Option<&str>)>, settings: &InvoiceSettings) -> Party {
    let text = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let asked = order.state.invoice.as_ref();
    let told = &order.projection.buyer;
    // Channels that mask who bought mask the address too.
    let ship_to = order.projection.ship_to.as_ref();
    let place = ship_to.filter(|_| !told.masked);
    let name = asked.and_then(|a| text(&a.name)).or(company.map(|(name, _)| name.to_owned())).or_else(|| text(&told.company)).or_else(|| if told.masked { None } else { text(&told.name) });
    let code = asked.and_then(|a| text(&a.tax_code)).or(company.and_then(|(_, code)| code.map(str::to_owned))).or_else(|| text(&told.tax_code));
    let country = ship_to.and_then(|to| text(&to.country)).filter(|c| c.len() == 2 && c.bytes().all(|b| b.is_ascii_alphabetic())).map(|c| c.to_ascii_uppercase());
    Party {
        name: name.unwrap_or_else(|| settings.consumer_name.clone()),
        tax_code: code.map(|code| code.replace(' ', "")),
        address: asked.and_then(|a| text(&a.address)).or_else(|| place.and_then(|to| text(&to.line))),
        city: place.and_then(|to| text(&to.city)),
        postcode: place.and_then(|to| text(&to.postcode)),
        country: Some(country.unwrap_or_else(|| settings.country.clone())),
        email: asked.and_then(|a| text(&a.email)),
    }
}

pub fn seller(settings: &InvoiceSettings) -> Party {
    Party {
        name: settings.legal_name.clone(),
        tax_code: Some(settings.tax_id.clone()),
        address: Some(settings.address.clone()),
        city: Some(settings.city.clone()),
        postcode: settings.postcode.clone(),
        country: Some(settings.country.clone()),
        email: None,
    }
}

/// Category, reason code and reason of a rate.
fn category(rate: Decimal, buyer: &Party, settings: &InvoiceSettings) -> Result<(String, Option<String>, Option<String>), DocumentError> {
    if settings.regime == Regime::Vn202607 {
        return Ok((settings.regime.rate_code(rate, &settings.zero_rate), None, None));
    }
    if !rate.is_zero() {
        return Ok(("S".into(), None, None));
    }
    let vat = buyer.tax_code.as_deref().and_then(regime::vat_country);
    let own = regime::vat_country(&settings.tax_id);
    let word = match settings.zero_rate.as_str() {
        "auto" if vat.is_some() && vat != own => "K",
        "auto" if buyer.country.as_deref().is_some_and(|country| !regime::is_in_union(country)) => "G",
        "auto" => "Z",
        word => word,
    };
    let told = settings.exemption_reason.clone();
    let with = |code: &str, reason: &str| (Some(code.to_owned()), Some(told.clone().unwrap_or_else(|| reason.to_owned())));
    let (code, reason) = match word {
        "AE" | "K" if vat.is_none() => return Err(DocumentError::Buyer { field: "buyer/tax_code", expected: "the buyer's VAT id such as FR12345678901: nothing is reverse-charged or supplied within the union without one" }),
        "E" => (None, told),
        "AE" => with("VATEX-EU-AE", "Reverse charge"),
        "K" => with("VATEX-EU-IC", "Intra-community supply"),
        "G" => with("VATEX-EU-G", "Export outside the EU"),
        "O" => with("VATEX-EU-O", "Not subject to VAT"),
        _ => (None, None),
    };
    Ok((word.to_owned(), code, reason))
}

/// Makes the content (DOC-1). `aggregated`: lines of the same goods are one.
pub fn content(settings: &InvoiceSettings, parts: &[Part<'_>], buyer: Party, currency: Currency, aggregated: bool) -> Result<(Content, Vec<Decimal>), DocumentError> {
    let decimals = currency.exponent();
    if decimals > settings.regime.rules().decimals_max {
        return Err(DocumentError::CurrencyDecimals(currency));
    }
    if settings.regime == Regime::Vn202607 && settings.country == "VN" && buyer.country.as_deref() == Some("VN") && buyer.tax_code.as_deref().is_some_and(|code| !tax_code::is_vietnamese(code)) {
        return Err(DocumentError::Buyer { field: "buyer/tax_code", expected: "a Vietnamese tax code with its check digit, or none" });
    }
    let round = |amount: Decimal| amount.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
    let (mut lines, mut rates, mut payments): (Vec<DocumentLine>, Vec<RateTotal>, Vec<Payment>) = Default::default();
    let mut pay = |kind: &str, amount: Decimal| match payments.iter_mut().find(|p| p.kind == kind) {
        Some(known) => known.amount += amount,
        None => payments.push(Payment { kind: kind.to_owned(), amount }),
    };
    let mut prepaid = Vec::with_capacity(parts.len());
    for part in parts {
        let mut left = Decimal::ZERO;
        for (entry, portion) in part.entries.iter().flat_map(|entry| entry.portions.iter().map(move |portion| (entry, portion))) {
            let read = read(part.order, portion);
            if !read.is_known {
                return Err(DocumentError::UnknownRate { number: part.order.number, base: read.told.base.normalize(), tax: read.told.tax.normalize() });
            }
            let (word, reason_code, reason) = category(read.rate, &buyer, settings)?;
            let (base, tax) = (round(read.told.base), round(read.told.tax));
            let allowances: Vec<Allowance> = read.told.allowances.iter().map(|(kind, amount)| Allowance { kind: (*kind).to_owned(), amount: round(*amount) }).collect();
            left += base + tax;
            for (kind, amount) in &read.told.payments {
                pay(kind, round(*amount));
                left -= round(*amount);
            }
            let index = rates.iter().position(|r| r.category == word && r.rate == read.rate).unwrap_or_else(|| {
                rates.push(RateTotal { category: word.clone(), rate: read.rate, base: Decimal::ZERO, tax: Decimal::ZERO, base_rounding: Decimal::ZERO, tax_rounding: Decimal::ZERO, reason_code, reason });
                rates.len() - 1
            });
            let of_rate = &mut rates[index];
            of_rate.base += base;
            of_rate.tax += tax;
            of_rate.base_rounding += read.told.base - base;
            of_rate.tax_rounding += read.told.tax - tax;
            let name = read.line.and_then(|line| line.name.clone().or(line.sku.clone())).filter(|name| !name.trim().is_empty()).unwrap_or_else(|| words::line(settings.regime, read.line.map_or(LineKind::Product, |line| line.kind)).to_owned());
            let quantity = portion.quantity.filter(|quantity| !quantity.is_zero()).unwrap_or(if base.is_sign_negative() { -Decimal::ONE } else { Decimal::ONE });
            let line = DocumentLine {
                order: (parts.len() > 1 && !aggregated).then_some(part.order.number),
                line_id: portion.line_id.clone(),
                name: if entry.kind == "sale" || portion.quantity.is_some() { name } else { format!("{name} ({})", words::price_lowered(settings.regime)) },
                sku: read.line.and_then(|line| line.sku.clone()),
                quantity: quantity.normalize(),
                gross: base + allowances.iter().map(|a| a.amount).sum::<Decimal>(),
                allowances,
                base,
                tax,
                rate: read.rate,
                category: word,
            };
            match lines.iter_mut().find(|known| aggregated && known.name == line.name && known.sku == line.sku && known.rate == line.rate && known.category == line.category && known.quantity.is_sign_negative() == line.quantity.is_sign_negative()) {
                Some(known) => join(known, line),
                None => lines.push(line),
            }
        }
        let money = part.money.min(left).max(Decimal::ZERO);
        pay("paid", round(money));
        prepaid.push(round(money));
    }
    if lines.len() > LINES_MAX {
        return Err(DocumentError::TooManyLines(lines.len()));
    }
    if rates.len() > 1 && rates.iter().any(|r| r.category == "O") {
        return Err(DocumentError::MixedScope);
    }
    rates.sort_by(|a, b| (b.rate, &a.category).cmp(&(a.rate, &b.category)));
    let unit = Decimal::new(1, decimals);
    for of_rate in &rates {
        // Each line was rounded for itself: half a unit a line, and what others rounded in the taxes they told.
        let count = lines.iter().filter(|line| line.rate == of_rate.rate).count();
        let slack = unit * Decimal::from(count.max(1));
        let slack = if decimals == 2 { slack.min(Decimal::new(99, 2)) } else { slack };
        if (of_rate.base * of_rate.rate / Decimal::ONE_HUNDRED - of_rate.tax).abs() > slack {
            return Err(DocumentError::TaxNotOfRate { rate: of_rate.rate, base: of_rate.base, tax: of_rate.tax });
        }
    }
    payments.retain(|payment| !payment.amount.is_zero());
    let (base, tax): (Decimal, Decimal) = (rates.iter().map(|r| r.base).sum(), rates.iter().map(|r| r.tax).sum());
    let payable = base + tax - payments.iter().map(|p| p.amount).sum::<Decimal>();
    let first = parts.first().map(|part| part.order);
    let zone = first.map(|order| order.settings.time_zone).unwrap_or(chrono_tz::Tz::UTC);
    let delivered_on = parts.iter().flat_map(|part| &part.entries).map(|entry| entry.occurred_at.with_timezone(&zone).date_naive()).max();
    let content = Content {
        seller: seller(settings),
        deliver_to: first.and_then(|order| order.projection.ship_to.as_ref()).and_then(|to| to.country.clone()).or_else(|| buyer.country.clone()),
        buyer,
        currency: currency.code().to_owned(),
        lines,
        rates,
        base,
        tax,
        total: base + tax,
        payments,
        payable,
        delivered_on,
        due_on: first.filter(|_| parts.len() == 1).and_then(|order| order.projection.due_on),
        orders: parts.iter().map(|part| part.order.number).collect(),
        original: None,
        reason: None,
    };
    Ok((content, prepaid))
}

fn join(known: &mut DocumentLine, line: DocumentLine) {
    known.quantity += line.quantity;
    known.gross += line.gross;
    known.base += line.base;
    known.tax += line.tax;
    for allowance in line.allowances {
        match known.allowances.iter_mut().find(|a| a.kind == allowance.kind) {
            Some(same) => same.amount += allowance.amount,
            None => known.allowances.push(allowance),
        }
    }
}
