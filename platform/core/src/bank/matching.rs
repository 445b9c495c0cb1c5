//! Saying what a bank line is: money of orders that was under way, or something booked to an account; and taking it back.
//! Invariant BANK-1: a line is matched once (`bank_matches_once`), its parts sum to it, and no part is more than what waits.
//! Invariant BANK-4: each part is posted as `bank:{account}` against where the money stood, for its order.

use crate::finance::{
    Account, Line, Role,
    entry::{Entry, EntryError, Head, MEMO_CHARS_MAX},
    open_items,
    post::{self, PostError, WhenClosed},
    settings,
};
use chrono::TimeZone as _;
use kernel::{BankAccountId, BankLineId, BankMatchId, Currency, Decimal, EntryId, OrderId, Timestamp};
use serde_json::json;
use std::collections::BTreeMap;
use tenants::rights::PostFinance;
use tenants::{Permit, TenantTx, audit};

/// Parts and bookings of one match at most.
pub const PARTS_MAX: usize = 1_000;
pub const REASON_CHARS_MAX: usize = 500;

/// What a match takes of an order; all that waits when no amount is said.
#[derive(Clone, Debug)]
pub struct Part {
    pub order: OrderId,
    pub account: Account,
    pub amount: Option<Decimal>,
}

/// What a match books to an account: a fee, interest, rent.
#[derive(Clone, Debug)]
pub struct Booking {
    pub account: Account,
    /// To us is positive, as the line's.
    pub amount: Decimal,
    pub order: Option<OrderId>,
}

#[derive(Clone, Debug, Default)]
pub struct Wish {
    pub parts: Vec<Part>,
    pub bookings: Vec<Booking>,
    /// A line of a closed period is booked on the first open day.
    pub book_later: bool,
    /// The payout of a statement: what belongs to none of its orders is the shop's.
    pub of_statement: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Rule,
    Hand,
}

impl How {
    fn word(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Hand => "hand",
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum MatchError {
    #[error("the bank line is not known")]
    UnknownLine,
    #[error("the bank line is matched already: take that match back first")]
    MatchedAlready,
    #[error("the bank line is not matched")]
    NotMatched,
    #[error("a match has 1 to {PARTS_MAX} parts and bookings")]
    PartCount,
    #[error("{pointer}: {expected}")]
    Field { pointer: String, expected: String },
    #[error("{pointer}: nothing of the order waits on {account} in {currency}")]
    NothingWaits { pointer: String, account: Account, currency: String },
    #[error("{pointer}: the order's money on {account} is in {theirs}, the bank line in {currency}")]
    CurrencyMixed { pointer: String, account: Account, theirs: String, currency: String },
    #[error("{pointer}: {asked} is more than the {open} that waits there")]
    AboveOpen { pointer: String, asked: Decimal, open: Decimal },
    #[error("the parts come to {parts} and the line to {line}: {difference} is not explained; add a part or book it to an account")]
    Difference { line: Decimal, parts: Decimal, difference: Decimal },
    #[error("the books are closed until {until}: the line of {at} can be booked on the first open day instead (book_later)")]
    PeriodClosed { at: Timestamp, until: Timestamp },
    /// A claim that does not cover it, a drawer without a shift.
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Entry(#[from] EntryError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<PostError> for MatchError {
    fn from(error: PostError) -> Self {
        match error {
            PostError::PeriodClosed { at, until } => Self::PeriodClosed { at, until },
            PostError::Entry(error) => Self::Entry(error),
            PostError::Database(error) => Self::Database(error),
            other => Self::Refused(other.to_string()),
        }
    }
}

/// The account of what a bank has confirmed.
pub fn confirmed(account: BankAccountId) -> Account {
    Account::new(Role::Bank, Some(&account.to_string()))
}

/// Accounts on which money waits for somebody are emptied by parts, not booked to.
fn may_be_booked_to(account: &Account) -> bool {
    !matches!(account.role, Role::Bank | Role::BankClearing | Role::ProcessorClearing | Role::MarketplaceClearing | Role::CodCarrier | Role::Cash)
}

/// Matches a line (BANK-1) and posts it.
pub async fn match_line(tx: &mut TenantTx, _: Permit<PostFinance>, id: BankLineId, wish: &Wish, how: How, why: &str) -> Result<BankMatchId, MatchError> {
    let line = sqlx::query!(
        r#"select l.amount, l.currency, l.booked_on, l.bank_account_id as "account: BankAccountId" from tenant.bank_lines l where l.tenant_id = $1 and l.id = $2"#,
        tx.tenant(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?
    .ok_or(MatchError::UnknownLine)?;
    if !(1..=PARTS_MAX).contains(&(wish.parts.len() + wish.bookings.len())) {
        return Err(MatchError::PartCount);
    }
    let why = text("/why", why, REASON_CHARS_MAX)?;
    let zone = settings::open_books(tx).await?.newest().time_zone;
    // The bank says a day; its middle is that day wherever one looks from.
    let noon = line.booked_on.and_hms_opt(12, 0, 0).and_then(|noon| zone.from_local_datetime(&noon).earliest()).map_or(tx.now(), |noon| noon.to_utc());
    if let Some(until) = post::closed_until(tx).await?.filter(|until| noon < *until && !wish.book_later) {
        return Err(MatchError::PeriodClosed { at: noon, until });
    }
    let (match_id, by, now) = (BankMatchId::new(), tx.actor().who.to_string(), tx.now());
    let first = sqlx::query!(
        "insert into tenant.bank_matches (tenant_id, id, line_id, how, why, matched_at, matched_by) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (tenant_id, line_id) where undone_at is null do nothing",
        tx.tenant(),
        match_id.uuid(),
        id.uuid(),
        how.word(),
        why,
        now,
        by,
    )
    .execute(tx.conn())
    .await?;
    if first.rows_affected() == 0 {
        return Err(MatchError::MatchedAlready);
    }
    let taken = take(tx, wish, &line.currency).await?;
    let sum: Decimal = taken.iter().map(|(_, _, amount)| *amount).sum();
    if sum != line.amount {
        return Err(MatchError::Difference { line: line.amount.normalize(), parts: sum.normalize(), difference: (line.amount - sum).normalize() });
    }
    keep_parts(tx, match_id, &taken).await?;
    let currency: Currency = line.currency.parse().unwrap_or(Currency::USD);
    let bank = confirmed(line.account);
    let entries = taken.iter().enumerate().map(|(position, (order, account, amount))| {
        let head = Head {
            cause: format!("{match_id}/{position}"),
            kind: "bank_match".into(),
            order: *order,
            reverses: None,
            memo: Some(why.chars().take(MEMO_CHARS_MAX).collect()),
            occurred_at: noon,
            not_before: None,
        };
        Entry::balanced(head, currency, [Line::debit(bank.clone(), *amount), Line::credit(account.clone(), *amount)])
    });
    let entries = entries.collect::<Result<Vec<_>, _>>()?;
    post::post(tx, &entries, WhenClosed::FirstOpenDay).await?;
    audit::write(tx, "bank.line_matched", Some(&id), json!({"how": how.word(), "parts": taken.len()})).await?;
    Ok(match_id)
}

/// The parts with their amounts, checked against what waits. Locks the orders.
async fn take(tx: &mut TenantTx, wish: &Wish, currency: &str) -> Result<Vec<(Option<OrderId>, Account, Decimal)>, MatchError> {
    let orders: Vec<OrderId> = wish.parts.iter().map(|part| part.order).chain(wish.bookings.iter().filter_map(|booking| booking.order)).collect();
    let items = open_items::of_orders(tx, &orders).await?;
    let mut left: BTreeMap<(OrderId, &Account), Decimal> = items.iter().filter(|item| item.currency == currency).map(|item| ((item.order, &item.account), item.amount)).collect();
    let mut taken = Vec::with_capacity(wish.parts.len() + wish.bookings.len());
    for (index, part) in wish.parts.iter().enumerate() {
        let pointer = format!("/parts/{index}");
        // A later statement may have taken back some of what this one paid: together they are what waits.
        if let (true, Some(amount)) = (wish.of_statement, part.amount) {
            taken.push((Some(part.order), part.account.clone(), amount));
            continue;
        }
        let Some(open) = left.get_mut(&(part.order, &part.account)).filter(|open| !open.is_zero()) else {
            let other = items.iter().find(|item| item.order == part.order && item.account == part.account && item.currency != currency);
            return Err(match other {
                Some(item) => MatchError::CurrencyMixed { pointer, account: part.account.clone(), theirs: item.currency.clone(), currency: currency.to_owned() },
                None => MatchError::NothingWaits { pointer, account: part.account.clone(), currency: currency.to_owned() },
            });
        };
        let asked = part.amount.unwrap_or(*open);
        if asked.is_zero() || asked.is_sign_negative() != open.is_sign_negative() || asked.abs() > open.abs() {
            return Err(MatchError::AboveOpen { pointer, asked: asked.normalize(), open: open.normalize() });
        }
        *open -= asked;
        taken.push((Some(part.order), part.account.clone(), asked));
    }
    for (index, booking) in wish.bookings.iter().enumerate() {
        let wrong = |field: &str, expected: &str| MatchError::Field { pointer: format!("/bookings/{index}/{field}"), expected: expected.to_owned() };
        let shops = wish.of_statement && booking.account.role == Role::MarketplaceClearing;
        if !shops && !may_be_booked_to(&booking.account) {
            return Err(wrong("account", "an account on which no money waits, such as cod_fee, mkt_other_fee or suspense:rent"));
        }
        let decimals = currency.parse::<Currency>().map_or(0, Currency::exponent);
        if booking.amount.is_zero() || booking.amount.normalize().scale() > decimals {
            return Err(wrong("amount", "an amount other than zero in the line's currency; what the bank took is negative"));
        }
        if let Some(order) = booking.order {
            let known = sqlx::query_scalar!("select id from tenant.orders where tenant_id = $1 and id = $2", tx.tenant(), order.uuid()).fetch_optional(tx.conn()).await?;
            known.ok_or_else(|| wrong("order_id", "the id of an order"))?;
        }
        taken.push((booking.order, booking.account.clone(), booking.amount));
    }
    Ok(taken)
}

async fn keep_parts(tx: &mut TenantTx, id: BankMatchId, taken: &[(Option<OrderId>, Account, Decimal)]) -> Result<(), sqlx::Error> {
    let positions: Vec<i32> = (0..).take(taken.len()).collect();
    let orders: Vec<Option<uuid::Uuid>> = taken.iter().map(|(order, ..)| order.map(OrderId::uuid)).collect();
    let accounts: Vec<String> = taken.iter().map(|(_, account, _)| account.to_string()).collect();
    let amounts: Vec<Decimal> = taken.iter().map(|(.., amount)| *amount).collect();
    sqlx::query!(
        "insert into tenant.bank_match_parts (tenant_id, match_id, position, order_id, account, amount)
         select $1, $2, p.position, p.order_id, p.account, p.amount from unnest($3::integer[], $4::uuid[], $5::text[], $6::numeric[]) as p(position, order_id, account, amount)",
        tx.tenant(),
        id.uuid(),
        &positions,
        &orders as &[Option<uuid::Uuid>],
        &accounts,
        &amounts,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

fn text(pointer: &str, text: &str, chars_max: usize) -> Result<String, MatchError> {
    let text = text.trim();
    let plain = !text.is_empty() && text.chars().count() <= chars_max && !text.chars().any(char::is_control);
    if plain { Ok(text.to_owned()) } else { Err(MatchError::Field { pointer: pointer.to_owned(), expected: format!("1 to {chars_max} characters without control characters") }) }
}

/// Takes a match back: every entry by its exact reversal, today. The line is open again.
pub async fn unmatch(tx: &mut TenantTx, _: Permit<PostFinance>, id: BankLineId, reason: &str) -> Result<(), MatchError> {
    sqlx::query_scalar!("select id from tenant.bank_lines where tenant_id = $1 and id = $2", tx.tenant(), id.uuid()).fetch_optional(tx.conn()).await?.ok_or(MatchError::UnknownLine)?;
    let reason = text("/reason", reason, REASON_CHARS_MAX)?;
    settings::open_books(tx).await?;
    let (by, now) = (tx.actor().who.to_string(), tx.now());
    let undone = sqlx::query_scalar!(
        r#"update tenant.bank_matches set undone_at = $3, undone_by = $4, undone_reason = $5 where tenant_id = $1 and line_id = $2 and undone_at is null returning id as "id: BankMatchId""#,
        tx.tenant(),
        id.uuid(),
        now,
        by,
        reason,
    )
    .fetch_optional(tx.conn())
    .await?
    .ok_or(MatchError::NotMatched)?;
    let causes: Vec<String> = (0..PARTS_MAX).map(|position| format!("{undone}/{position}")).collect();
    let posted = sqlx::query!(
        r#"select id as "id: EntryId", cause, order_id, currency, accounts, amounts as "amounts: Vec<Decimal>" from tenant.ledger_entries where tenant_id = $1 and cause = any($2) order by cause"#,
        tx.tenant(),
        &causes,
    )
    .fetch_all(tx.conn())
    .await?;
    let orders: Vec<OrderId> = posted.iter().filter_map(|entry| entry.order_id.map(OrderId)).collect();
    open_items::of_orders(tx, &orders).await?;
    let mut reversals = Vec::with_capacity(posted.len());
    for entry in posted {
        let head = Head {
            cause: format!("{}#reversed", entry.cause),
            kind: "reversal".into(),
            order: entry.order_id.map(OrderId),
            reverses: Some(entry.id),
            memo: Some(reason.clone()),
            occurred_at: now,
            not_before: None,
        };
        let lines = post::read_lines(&entry.accounts, &entry.amounts).into_iter().map(|line| Line { account: line.account, amount: -line.amount });
        reversals.push(Entry::balanced(head, entry.currency.parse().unwrap_or(Currency::USD), lines)?);
    }
    post::post(tx, &reversals, WhenClosed::FirstOpenDay).await?;
    audit::write(tx, "bank.line_unmatched", Some(&id), json!({"match": undone.to_string()})).await?;
    Ok(())
}
