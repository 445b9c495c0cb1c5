//! Writing a quote: its lines priced from the lists that count for the company, and what of them asks for approval.

use super::quote::{self, Quote, QuoteError, QuoteLine, State, Step};
use crate::orders::place::WrongField;
use crate::parties::companies;
use crate::parties::deposit::{DepositTerms, Share};
use crate::pricing::lists::{self, Buying};
use crate::pricing::matrix::{self, Asked, Judgement, Versioned};
use crate::pricing::price::{self, ListVersion};
use crate::pricing::requests::{self, RequestError, Subject, Wanted};
use crate::pricing::sheet::{PRICE_DECIMALS, SKU_CHARS_MAX};
use chrono::{Days, NaiveDate};
use kernel::{ChannelAccountId, CompanyId, Currency, Decimal, Quantity, QuoteId, money::parse_decimal};
use serde_json::json;
use std::collections::BTreeSet;
use tenants::rights::{ReadPrices, WriteQuotes};
use tenants::{Permit, TenantTx, audit};

pub const LINES_MAX: usize = 500;
const NOTE_CHARS_MAX: usize = 2_000;
const NAME_CHARS_MAX: usize = 200;
/// A quote stands so long at most.
const VALID_DAYS_MAX: u64 = 366;

/// A quote as told; decimals are text, as they came.
#[derive(Clone, Debug)]
pub struct NewQuote {
    pub company: CompanyId,
    pub account: ChannelAccountId,
    pub currency: Currency,
    pub valid_until: NaiveDate,
    pub note: Option<String>,
    pub deposit: Option<NewDeposit>,
    pub lines: Vec<NewLine>,
}

#[derive(Clone, Debug, Default)]
pub struct NewLine {
    pub line_id: Option<String>,
    pub sku: String,
    pub name: Option<String>,
    pub quantity: String,
    /// Left out: the list's.
    pub unit_price: Option<String>,
    pub reason: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct NewDeposit {
    pub percent: Option<String>,
    pub amount: Option<String>,
    pub due_on: Option<NaiveDate>,
}

/// A line with what the matrix says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    pub line: QuoteLine,
    pub judgement: Judgement,
}

/// Lines priced and judged, before anything is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    pub lines: Vec<Judged>,
    pub total: Decimal,
    pub matrix: Versioned,
}

#[derive(Default)]
struct Check(Vec<WrongField>);

impl Check {
    fn that(&mut self, holds: bool, pointer: &str, expected: &str) {
        if !holds {
            self.0.push(WrongField { pointer: pointer.to_owned(), expected: expected.to_owned() });
        }
    }
    fn text(&mut self, pointer: &str, text: Option<&str>, chars_max: usize) {
        let plain = text.is_none_or(|t| t.chars().count() <= chars_max && !t.chars().any(|c| c.is_control() && c != '\n'));
        self.that(plain, pointer, &format!("at most {chars_max} characters without control characters"));
    }
    fn done(self) -> Result<(), QuoteError> {
        if self.0.is_empty() { Ok(()) } else { Err(QuoteError::Fields(self.0)) }
    }
}

/// Prices lines for a company as of now. Nothing is written.
pub async fn offer(tx: &mut TenantTx, _: Permit<ReadPrices>, company: CompanyId, currency: Currency, new: &[NewLine], today: NaiveDate) -> Result<Offer, QuoteError> {
    let skus: Vec<String> = new.iter().map(|line| line.sku.trim().to_owned()).collect();
    let at = tx.now();
    let lists = lists::counting(tx, Buying { company, currency, day: today, at }, &skus).await?;
    let matrix = matrix::of_version(tx, None, currency.code()).await.map_err(RequestError::from)?;
    let mut check = Check::default();
    check.that((1..=LINES_MAX).contains(&new.len()), "/lines", &format!("1 to {LINES_MAX} lines"));
    let mut lines = Vec::new();
    for (index, line) in new.iter().take(LINES_MAX).enumerate() {
        if let Some(line) = priced(&mut check, index, line, &lists, currency, today) {
            let asked = Asked { sku: line.sku.clone(), quantity: line.quantity, price: line.unit_price, currency: currency.code().to_owned(), list: line.list.clone() };
            lines.push(Judged { judgement: matrix::judge(&matrix.matrix, &asked), line });
        }
    }
    let mut ids = BTreeSet::new();
    for (index, judged) in lines.iter().enumerate() {
        check.that(ids.insert(judged.line.line_id.as_str()), &format!("/lines/{index}/line_id"), "an id no other line has");
    }
    let total = lines.iter().try_fold(Decimal::ZERO, |sum, judged| sum.checked_add(judged.line.total)).filter(|total| *total < Decimal::from(100_000_000_000_000_i64));
    check.that(total.is_some(), "/lines", "lines whose sum the books hold");
    check.done()?;
    Ok(Offer { lines, total: total.unwrap_or_default().normalize(), matrix })
}

fn priced(check: &mut Check, index: usize, new: &NewLine, lists: &[ListVersion], currency: Currency, today: NaiveDate) -> Option<QuoteLine> {
    let at = |field: &str| format!("/lines/{index}/{field}");
    let before = check.0.len();
    let sku = new.sku.trim();
    check.that(!sku.is_empty() && sku.chars().count() <= SKU_CHARS_MAX && !sku.chars().any(char::is_control), &at("sku"), &format!("1 to {SKU_CHARS_MAX} characters without control characters"));
    check.text(&at("name"), new.name.as_deref(), NAME_CHARS_MAX);
    check.text(&at("reason"), new.reason.as_deref(), requests::REASON_CHARS_MAX);
    check.text(&at("line_id"), new.line_id.as_deref(), 60);
    let quantity = new.quantity.parse::<Quantity>().ok().map(Quantity::get).filter(|q| *q > Decimal::ZERO);
    check.that(quantity.is_some(), &at("quantity"), "a positive quantity such as 2 or 0.5");
    let told = match new.unit_price.as_deref().map(parse_decimal) {
        None => None,
        Some(Ok(price)) if price >= Decimal::ZERO && price.normalize().scale() <= PRICE_DECIMALS => Some(price.normalize()),
        Some(_) => {
            check.that(false, &at("unit_price"), "an amount such as 1250000 or 12.50, not below zero, with at most 4 decimals");
            return None;
        }
    };
    let quantity = quantity?;
    let list = price::price(lists, sku, quantity, today);
    check.that(told.is_some() || list.is_some(), &at("unit_price"), "a price, since no list has this SKU in this quantity");
    if check.0.len() > before {
        return None;
    }
    let unit_price = told.or(list.as_ref().map(|l| l.price))?;
    let (tax_included, tax_rate) = list.as_ref().map_or((true, None), |l| (l.tax_included, l.tax_rate));
    let Some(net) = quantity.checked_mul(unit_price).filter(|net| *net < Decimal::from(10_000_000_000_000_i64)) else {
        check.that(false, &at("unit_price"), "an amount the books hold");
        return None;
    };
    let on_top = tax_rate.filter(|_| !tax_included).map_or(Decimal::ZERO, |rate| price::tax_of(net, rate, false, currency));
    let filled = |text: &Option<String>| text.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    Some(QuoteLine {
        line_id: filled(&new.line_id).unwrap_or_else(|| (index + 1).to_string()),
        sku: sku.to_owned(),
        name: filled(&new.name).or_else(|| list.as_ref().and_then(|l| l.name.clone())),
        quantity,
        unit_price,
        tax_included,
        tax_rate,
        list,
        total: (net + on_top).round_dp(6).normalize(),
        reason: filled(&new.reason),
    })
}

async fn checked(tx: &mut TenantTx, new: &NewQuote, offer: &Offer, may_lower: bool, today: NaiveDate) -> Result<Option<DepositTerms>, QuoteError> {
    let mut check = Check::default();
    check.that(companies::status(tx, new.company).await?.is_some_and(|status| status != "closed"), "/company_id", "the id of a company that is not closed");
    let account = sqlx::query_scalar!("select kind from tenant.channel_accounts where tenant_id = $1 and id = $2", tx.tenant(), new.account.uuid()).fetch_optional(tx.conn()).await?;
    let direct = account.and_then(|kind| kind.parse::<crate::orders::ChannelKind>().ok()).is_some_and(|kind| kind.is_direct());
    check.that(direct, "/channel_account_id", "the id of an account without a connector, such as a sales desk");
    check.that(new.valid_until >= today && new.valid_until <= today + Days::new(VALID_DAYS_MAX), "/valid_until", "a day between today and a year from now");
    check.text("/note", new.note.as_deref(), NOTE_CHARS_MAX);
    let deposit = new.deposit.as_ref().and_then(|deposit| terms(&mut check, deposit, offer.total, today));
    if let Some(company) = companies::deposit(tx, new.company).await?.filter(|_| !may_lower) {
        let currency = new.currency;
        let least = company.of_order_on(today);
        let enough = deposit.is_none_or(|d| d.asked(offer.total, currency) >= least.asked(offer.total, currency) && (least.due_on.is_some() || d.due_on.is_none()));
        check.that(enough, "/deposit", &format!("no less than the company's {} percent{}", company.percent, if company.days.is_none() { ", before the order is confirmed" } else { "" }));
    }
    check.done()?;
    Ok(deposit)
}

fn terms(check: &mut Check, new: &NewDeposit, total: Decimal, today: NaiveDate) -> Option<DepositTerms> {
    let read = |text: &Option<String>| text.as_deref().map(parse_decimal);
    let share = match (read(&new.percent), read(&new.amount)) {
        (Some(Ok(percent)), None) if percent > Decimal::ZERO && percent <= Decimal::ONE_HUNDRED && percent.normalize().scale() <= 4 => Some(Share::Percent(percent)),
        (None, Some(Ok(amount))) if amount > Decimal::ZERO && amount <= total => Some(Share::Amount(amount)),
        (Some(_), None) => {
            check.that(false, "/deposit/percent", "a percentage above 0 and up to 100");
            None
        }
        (None, Some(_)) => {
            check.that(false, "/deposit/amount", "an amount above zero and up to the total");
            None
        }
        _ => {
            check.that(false, "/deposit", "a percent or an amount");
            None
        }
    };
    check.that(new.due_on.is_none_or(|day| day >= today && day <= today + Days::new(VALID_DAYS_MAX)), "/deposit/due_on", "a day between today and a year from now");
    share.map(|share| DepositTerms { share, due_on: new.due_on })
}

/// Makes a draft. `may_lower`: who writes it may ask for less of a deposit than the company's terms do.
pub async fn create(tx: &mut TenantTx, _: Permit<WriteQuotes>, read: Permit<ReadPrices>, new: &NewQuote, may_lower: bool, today: NaiveDate) -> Result<QuoteId, QuoteError> {
    let offer = offer(tx, read, new.company, new.currency, &new.lines, today).await?;
    let deposit = checked(tx, new, &offer, may_lower, today).await?;
    let number = sqlx::query_scalar!(
        "insert into tenant.counters as c (tenant_id, series, last_value) values ($1, 'quotes', 1) on conflict (tenant_id, series) do update set last_value = c.last_value + 1 returning last_value",
        tx.tenant(),
    )
    .fetch_one(tx.conn())
    .await?;
    let id = QuoteId::new();
    sqlx::query!(
        "insert into tenant.quotes (tenant_id, id, number, company_id, channel_account_id, currency, state, valid_until, note, deposit_percent, deposit_amount, deposit_due_on, total, made_by, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, 'draft', $7, $8, $9, $10, $11, $12, $13, $14, $14)",
        tx.tenant(),
        id.uuid(),
        number,
        new.company.uuid(),
        new.account.uuid(),
        new.currency.code(),
        new.valid_until,
        new.note,
        columns(deposit).0,
        columns(deposit).1,
        deposit.and_then(|d| d.due_on),
        offer.total,
        tx.actor().who.to_string(),
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    write_lines(tx, id, &offer.lines).await?;
    audit::write(tx, "quote.created", Some(&id), json!({"number": number})).await?;
    Ok(id)
}

/// Writes a quote anew, under the version seen: it becomes a draft, priced as of now. Open price requests of lines that
/// changed are withdrawn.
pub async fn edit(tx: &mut TenantTx, _: Permit<WriteQuotes>, read: Permit<ReadPrices>, id: QuoteId, seen: i64, new: &NewQuote, may_lower: bool, today: NaiveDate) -> Result<(), QuoteError> {
    let quote = step(tx, id, seen, Step::Edit, today).await?;
    if quote.company != new.company || quote.currency != new.currency.code() {
        let pointer = if quote.company == new.company { "/currency" } else { "/company_id" };
        return Err(QuoteError::Fields(vec![WrongField { pointer: pointer.into(), expected: "as it was: another company or currency is another quote".into() }]));
    }
    let offer = offer(tx, read, new.company, new.currency, &new.lines, today).await?;
    let deposit = checked(tx, new, &offer, may_lower, today).await?;
    sqlx::query!(
        "update tenant.quotes set state = 'draft', channel_account_id = $3, valid_until = $4, note = $5, deposit_percent = $6, deposit_amount = $7, deposit_due_on = $8, total = $9, updated_at = $10,
           sent_at = null, version = version + 1
         where tenant_id = $1 and id = $2",
        tx.tenant(),
        id.uuid(),
        new.account.uuid(),
        new.valid_until,
        new.note,
        columns(deposit).0,
        columns(deposit).1,
        deposit.and_then(|d| d.due_on),
        offer.total,
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!("delete from tenant.quote_lines where tenant_id = $1 and quote_id = $2", tx.tenant(), id.uuid()).execute(tx.conn()).await?;
    write_lines(tx, id, &offer.lines).await?;
    let stays = |r: &requests::Request| offer.lines.iter().any(|j| j.line.line_id == r.line_id && j.line.sku == r.sku && j.line.quantity == r.quantity && j.line.unit_price == r.asked_price);
    if requests::of_subject(tx, Subject::Quote(id)).await?.iter().any(|r| r.state == "asked" && !stays(r)) {
        ask_for(tx, &quote, false, today).await?;
    }
    Ok(())
}

fn columns(deposit: Option<DepositTerms>) -> (Option<Decimal>, Option<Decimal>) {
    match deposit.map(|d| d.share) {
        None => (None, None),
        Some(Share::Percent(percent)) => (Some(percent), None),
        Some(Share::Amount(amount)) => (None, Some(amount)),
    }
}

async fn write_lines(tx: &mut TenantTx, id: QuoteId, lines: &[Judged]) -> Result<(), sqlx::Error> {
    for (position, Judged { line, .. }) in (1..).zip(lines) {
        let list = line.list.as_ref();
        sqlx::query!(
            "insert into tenant.quote_lines (tenant_id, quote_id, position, line_id, sku, name, quantity, unit_price, tax_included, tax_rate, list_id, list_version, min_quantity, list_price, floor_price, cost, total, reason)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
            tx.tenant(),
            id.uuid(),
            position,
            line.line_id,
            line.sku,
            line.name,
            line.quantity,
            line.unit_price,
            line.tax_included,
            line.tax_rate,
            list.map(|l| l.list.uuid()),
            list.map(|l| l.version),
            list.map(|l| l.min_quantity),
            list.map(|l| l.price),
            list.and_then(|l| l.floor),
            list.and_then(|l| l.cost),
            line.total,
            line.reason,
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

/// The lines as they are kept, each with what the matrix of now says and whether an approval covers it on `day`.
pub async fn judged(tx: &mut TenantTx, quote: &Quote, day: NaiveDate) -> Result<(Versioned, Vec<(Judged, bool)>), QuoteError> {
    let matrix = matrix::of_version(tx, None, &quote.currency).await.map_err(RequestError::from)?;
    let all = requests::of_subject(tx, Subject::Quote(quote.id)).await?;
    let lines = quote::lines(tx, quote.id).await?;
    let judged = lines.into_iter().map(|line| {
        let asked = Asked { sku: line.sku.clone(), quantity: line.quantity, price: line.unit_price, currency: quote.currency.clone(), list: line.list.clone() };
        let approved = all.iter().any(|r| requests::covers(r, &line.line_id, &asked, day));
        (Judged { judgement: matrix::judge(&matrix.matrix, &asked), line }, approved)
    });
    let judged = judged.collect();
    Ok((matrix, judged))
}

/// Asks for the prices of a quote that need it and have no approval. `new`: also for those nobody asked for yet.
async fn ask_for(tx: &mut TenantTx, quote: &Quote, new: bool, day: NaiveDate) -> Result<(), QuoteError> {
    let (matrix, lines) = judged(tx, quote, day).await?;
    let open: BTreeSet<String> = requests::of_subject(tx, Subject::Quote(quote.id)).await?.into_iter().filter(|r| r.state == "asked").map(|r| r.line_id).collect();
    let wanted: Vec<Wanted> = lines
        .into_iter()
        .filter(|(judged, approved)| judged.judgement.asks() && !approved && (new || open.contains(&judged.line.line_id)))
        .map(|(Judged { line, judgement }, _)| Wanted {
            reason: line.reason.unwrap_or_else(|| format!("the quote {} asks {} {}", quote.number, line.unit_price, quote.currency)),
            asked: Asked { sku: line.sku, quantity: line.quantity, price: line.unit_price, currency: quote.currency.clone(), list: line.list },
            line_id: line.line_id,
            name: line.name,
            judgement,
        })
        .collect();
    let who = tx.actor().who.to_string();
    requests::ask(tx, Subject::Quote(quote.id), quote.company, &matrix, &wanted, &who).await?;
    Ok(())
}

/// Takes a step from the state the quote is in, under the version seen.
pub(super) async fn step(tx: &mut TenantTx, id: QuoteId, seen: i64, step: Step, today: NaiveDate) -> Result<Quote, QuoteError> {
    let quote = quote::lock(tx, id, today).await?;
    if quote.version != seen {
        return Err(QuoteError::Stale(quote.version));
    }
    if quote.state.after(step).is_none() { Err(QuoteError::State(quote.state)) } else { Ok(quote) }
}

/// Asks for the approval of its prices before it is sent.
pub async fn ask_prices(tx: &mut TenantTx, _: Permit<WriteQuotes>, id: QuoteId, seen: i64, today: NaiveDate) -> Result<(), QuoteError> {
    let quote = quote::lock(tx, id, today).await?;
    if quote.version != seen {
        return Err(QuoteError::Stale(quote.version));
    }
    if !matches!(quote.state, State::Draft | State::Sent) {
        return Err(QuoteError::State(quote.state));
    }
    ask_for(tx, &quote, true, today).await
}

/// Offers it to the company. Prices that need approval are asked for now; the order they become is not confirmed before.
pub async fn send(tx: &mut TenantTx, _: Permit<WriteQuotes>, id: QuoteId, seen: i64, today: NaiveDate) -> Result<(), QuoteError> {
    let quote = step(tx, id, seen, Step::Send, today).await?;
    ask_for(tx, &quote, true, today).await?;
    sqlx::query!("update tenant.quotes set state = 'sent', sent_at = $3, updated_at = $3, version = version + 1 where tenant_id = $1 and id = $2", tx.tenant(), id.uuid(), tx.now())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The company does not want it.
pub async fn decline(tx: &mut TenantTx, _: Permit<WriteQuotes>, id: QuoteId, seen: i64, reason: &str, today: NaiveDate) -> Result<(), QuoteError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > requests::REASON_CHARS_MAX || reason.chars().any(char::is_control) {
        return Err(QuoteError::Fields(vec![WrongField { pointer: "/reason".into(), expected: "1 to 500 characters without control characters".into() }]));
    }
    step(tx, id, seen, Step::Decline, today).await?;
    requests::withdraw(tx, Subject::Quote(id)).await?;
    sqlx::query!(
        "update tenant.quotes set state = 'declined', reason = $3, ended_at = $4, ended_by = $5, updated_at = $4, version = version + 1 where tenant_id = $1 and id = $2",
        tx.tenant(),
        id.uuid(),
        reason,
        tx.now(),
        tx.actor().who.to_string(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
