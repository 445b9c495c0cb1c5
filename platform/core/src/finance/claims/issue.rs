//! Making claims: vouchers are sold, store credit is given, money comes on account. Each posts what it owes from then on (P7).

use super::{CODE_CHARS_MAX, HOLDER_CHARS_MAX, Kind, code_of};
use crate::finance::entry::{Entry, EntryError, Head, Line};
use crate::finance::post::{self, PostError, WhenClosed};
use crate::finance::{Account, Role, settings};
use chrono::NaiveDate;
use kernel::{ClaimId, CompanyId, Currency, Decimal, EntryId};
use serde_json::json;
use tenants::rights::{PostFinance, TenderOrders};
use tenants::{Permit, TenantTx, audit};

/// Claims of one kind that one company may have: one a currency.
const RANDOM_CODE_BYTES: usize = 8;

#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    #[error("the claim is not known")]
    Unknown,
    #[error("{field}: {expected}")]
    Field { field: &'static str, expected: String },
    #[error("there is one with this code already")]
    CodeTaken,
    #[error("nothing is left on it")]
    Empty,
    #[error("it pays until {0} and has not expired yet")]
    NotExpired(NaiveDate),
    #[error("it has no day on which it expires: give a reason to end it")]
    NeverExpires,
    #[error("there is no loyalty program yet")]
    NoProgram,
    #[error("points were earned with the order already")]
    EarnedAlready,
    #[error("no points were earned with the order")]
    NothingEarned,
    #[error("the program was changed meanwhile: it is at version {0} now")]
    Stale(i32),
    #[error(transparent)]
    Entry(#[from] EntryError),
    #[error(transparent)]
    Post(#[from] PostError),
    #[error(transparent)]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for ClaimError {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error().and_then(|e| e.constraint()) {
            Some("claims_code") => Self::CodeTaken,
            _ => Self::Database(error),
        }
    }
}

pub(super) fn wrong<T>(field: &'static str, expected: impl Into<String>) -> Result<T, ClaimError> {
    Err(ClaimError::Field { field, expected: expected.into() })
}

/// A voucher or store credit that is to be.
#[derive(Clone, Debug)]
pub struct NewClaim {
    pub code: Option<String>,
    pub holder: Option<String>,
    pub currency: Currency,
    pub amount: Decimal,
    pub expires_on: Option<NaiveDate>,
    /// Of a voucher: where the money for it came in.
    pub received_in: Option<Account>,
    pub reason: String,
}

fn checked(tx: &TenantTx, new: &NewClaim) -> Result<(String, Option<String>, String), ClaimError> {
    let code = match &new.code {
        Some(text) => code_of(text),
        None => hex::encode_upper(&uuid::Uuid::new_v4().as_bytes()[..RANDOM_CODE_BYTES]),
    };
    if code.is_empty() || code.chars().count() > CODE_CHARS_MAX || code.chars().any(char::is_control) || code.starts_with("CLM_") {
        return wrong("code", "1 to 64 characters, not beginning with clm_");
    }
    let holder = new.holder.as_deref().map(str::trim).filter(|holder| !holder.is_empty()).map(str::to_owned);
    if holder.as_ref().is_some_and(|holder| holder.chars().count() > HOLDER_CHARS_MAX || holder.chars().any(char::is_control)) {
        return wrong("holder", "at most 200 characters without control characters");
    }
    if new.amount <= Decimal::ZERO || new.amount.normalize().scale() > new.currency.exponent() {
        return wrong("amount", "a positive amount with the decimals of its currency");
    }
    if new.expires_on.is_some_and(|day| day < tx.now().date_naive() || chrono::Datelike::year(&day) > 2999) {
        return wrong("expires_on", "today or a later day");
    }
    Ok((code, holder, reason(&new.reason)?))
}

pub(super) fn reason(text: &str) -> Result<String, ClaimError> {
    let text = text.trim();
    let plain = !text.is_empty() && text.chars().count() <= 500 && !text.chars().any(char::is_control);
    if plain { Ok(text.to_owned()) } else { wrong("reason", "1 to 500 characters without control characters") }
}

/// Sells a voucher: the money is here, the goods are owed (P7).
pub async fn sell_voucher(tx: &mut TenantTx, _: Permit<TenderOrders>, new: &NewClaim) -> Result<ClaimId, ClaimError> {
    let (code, holder, reason) = checked(tx, new)?;
    let Some(received) = new.received_in.clone().filter(|account| matches!(account.role, Role::Cash | Role::Bank | Role::BankClearing | Role::ProcessorClearing)) else {
        return wrong("received_in", "where the money came in: cash:…, bank, bank_clearing or processor_clearing:…");
    };
    let id = insert(tx, Kind::Voucher, &code, holder, new).await?;
    post_issue(tx, id, Kind::Voucher, "voucher_sold", new.currency, new.amount, received, &reason).await?;
    audit::write(tx, "claim.voucher_sold", Some(&id), json!({"amount": new.amount, "currency": new.currency.code()})).await?;
    Ok(id)
}

/// Gives store credit as a kindness: it lowers the revenue. What returns give comes through refunds.
pub async fn give_credit(tx: &mut TenantTx, _: Permit<PostFinance>, new: &NewClaim) -> Result<ClaimId, ClaimError> {
    let (code, holder, reason) = checked(tx, new)?;
    let id = insert(tx, Kind::StoreCredit, &code, holder, new).await?;
    post_issue(tx, id, Kind::StoreCredit, "credit_given", new.currency, new.amount, Role::ContraVoucher.into(), &reason).await?;
    audit::write(tx, "claim.credit_given", Some(&id), json!({"amount": new.amount, "currency": new.currency.code(), "reason": reason})).await?;
    Ok(id)
}

/// An empty store credit, for a refund to go to.
pub async fn open_credit(tx: &mut TenantTx, code: Option<&str>, currency: Currency) -> Result<ClaimId, ClaimError> {
    let new = NewClaim { code: code.map(str::to_owned), holder: None, currency, amount: Decimal::ONE, expires_on: None, received_in: None, reason: "refund".into() };
    let (code, holder, _) = checked(tx, &new)?;
    insert(tx, Kind::StoreCredit, &code, holder, &new).await
}

async fn insert(tx: &mut TenantTx, kind: Kind, code: &str, holder: Option<String>, new: &NewClaim) -> Result<ClaimId, ClaimError> {
    let id = ClaimId::new();
    let (tenant, by, now) = (tx.tenant(), tx.actor().who.to_string(), tx.now());
    sqlx::query!(
        "insert into tenant.claims (tenant_id, id, kind, code, holder, currency, expires_on, created_at, created_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        tenant,
        id.uuid(),
        kind.word(),
        code,
        holder,
        new.currency.code(),
        new.expires_on,
        now,
        by,
    )
    .execute(tx.conn())
    .await?;
    Ok(id)
}

#[allow(clippy::too_many_arguments, reason = "the parts of one entry")]
async fn post_issue(tx: &mut TenantTx, id: ClaimId, kind: Kind, word: &str, currency: Currency, amount: Decimal, from: Account, memo: &str) -> Result<EntryId, ClaimError> {
    settings::open_books(tx).await?;
    let head = Head {
        cause: format!("{id}/{word}/{}", EntryId::new()),
        kind: word.to_owned(),
        order: None,
        reverses: None,
        memo: Some(memo.to_owned()),
        occurred_at: tx.now(),
        not_before: None,
    };
    let entry = Entry::balanced(head, currency, [Line::debit(from, amount), Line::credit(kind.account(id), amount)])?;
    post::post(tx, std::slice::from_ref(&entry), WhenClosed::Refuse).await?;
    Ok(entry.id())
}

/// The claim that holds a company's money of one currency until it is applied; made when there is none.
pub async fn on_account(tx: &mut TenantTx, company: CompanyId, currency: Currency) -> Result<ClaimId, ClaimError> {
    let code = format!("{company}/{}", currency.code());
    let (tenant, by, now) = (tx.tenant(), tx.actor().who.to_string(), tx.now());
    sqlx::query!(
        "insert into tenant.claims (tenant_id, id, kind, code, company_id, currency, created_at, created_by) values ($1, $2, 'on_account', $3, $4, $5, $6, $7)
         on conflict (tenant_id, kind, code) do nothing",
        tenant,
        ClaimId::new().uuid(),
        code,
        company.uuid(),
        currency.code(),
        now,
        by,
    )
    .execute(tx.conn())
    .await?;
    let id = sqlx::query_scalar!(r#"select id as "id: ClaimId" from tenant.claims where tenant_id = $1 and kind = 'on_account' and code = $2"#, tx.tenant(), code).fetch_one(tx.conn()).await?;
    Ok(id)
}

/// Money of a company that is for no order yet.
pub async fn receive(tx: &mut TenantTx, _: Permit<PostFinance>, company: CompanyId, currency: Currency, amount: Decimal, received_in: Account, memo: &str) -> Result<(ClaimId, EntryId), ClaimError> {
    let memo = reason(memo)?;
    if amount <= Decimal::ZERO || amount.normalize().scale() > currency.exponent() {
        return wrong("amount", "a positive amount with the decimals of its currency");
    }
    if !matches!(received_in.role, Role::Cash | Role::Bank | Role::BankClearing | Role::ProcessorClearing) {
        return wrong("received_in", "where the money came in: cash:…, bank, bank_clearing or processor_clearing:…");
    }
    let id = on_account(tx, company, currency).await?;
    let entry = post_issue(tx, id, Kind::OnAccount, "received_on_account", currency, amount, received_in, &memo).await?;
    audit::write(tx, "receivables.received", Some(&company), json!({"amount": amount, "currency": currency.code()})).await?;
    Ok((id, entry))
}
