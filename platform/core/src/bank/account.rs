//! Accounts of the tenant at banks.

use kernel::{BankAccountId, Currency, Decimal, Timestamp};
use serde_json::json;
use tenants::rights::{PostFinance, ReadFinance};
use tenants::{Permit, TenantTx, audit};

/// Accounts a tenant may have.
pub const ACCOUNTS_MAX: i64 = 200;
pub const NAME_CHARS_MAX: usize = 80;
pub const NUMBER_CHARS_MAX: usize = 40;

/// An account with what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct BankAccount {
    pub id: BankAccountId,
    pub name: String,
    pub number: String,
    pub currency: String,
    pub created_at: Timestamp,
    pub statements: i64,
    /// Of the newest statement that says one.
    pub closing: Option<Decimal>,
    pub closing_on: Option<chrono::NaiveDate>,
    pub lines_open: i64,
    /// What the lines that are not matched come to.
    pub open: Decimal,
    /// What is matched, and so in the books.
    pub matched: Decimal,
}

#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("the account is not known")]
    Unknown,
    #[error("{0}: {1}")]
    Field(&'static str, &'static str),
    #[error("there is an account with this number and currency already")]
    Taken,
    #[error("the tenant has {ACCOUNTS_MAX} bank accounts, which is the most there may be")]
    TooMany,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The account's number as it is compared: letters and digits, in capitals.
pub fn plain_number(number: &str) -> String {
    number.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

pub async fn create(tx: &mut TenantTx, _: Permit<PostFinance>, name: &str, number: &str, currency: Currency) -> Result<BankAccountId, AccountError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        return Err(AccountError::Field("name", "1 to 80 characters without control characters"));
    }
    let number = plain_number(number);
    if number.is_empty() || number.chars().count() > NUMBER_CHARS_MAX {
        return Err(AccountError::Field("number", "the IBAN or account number: 1 to 40 letters and digits"));
    }
    let known = sqlx::query_scalar!(r#"select count(*) as "count!" from tenant.bank_accounts where tenant_id = $1"#, tx.tenant()).fetch_one(tx.conn()).await?;
    if known >= ACCOUNTS_MAX {
        return Err(AccountError::TooMany);
    }
    let (id, by, now) = (BankAccountId::new(), tx.actor().who.to_string(), tx.now());
    let made = sqlx::query!(
        "insert into tenant.bank_accounts (tenant_id, id, name, number, currency, created_at, created_by) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (tenant_id, number, currency) do nothing",
        tx.tenant(),
        id.uuid(),
        name,
        number,
        currency.code(),
        now,
        by,
    )
    .execute(tx.conn())
    .await?;
    if made.rows_affected() == 0 {
        return Err(AccountError::Taken);
    }
    audit::write(tx, "bank.account_created", Some(&id), json!({"name": name, "currency": currency.code()})).await?;
    Ok(id)
}

/// All accounts, or the one.
pub async fn list(tx: &mut TenantTx, _: Permit<ReadFinance>, id: Option<BankAccountId>) -> Result<Vec<BankAccount>, sqlx::Error> {
    sqlx::query_as!(
        BankAccount,
        r#"select a.id as "id: BankAccountId", a.name, a.number, a.currency, a.created_at, s.count as "statements!", c.closing as "closing?", c.to_day as "closing_on?",
             l.lines_open as "lines_open!", l.open as "open!", l.matched as "matched!"
           from tenant.bank_accounts a
           cross join lateral (select count(*) from tenant.bank_statements s where s.tenant_id = $1 and s.bank_account_id = a.id) s
           left join lateral (select s.closing, s.to_day from tenant.bank_statements s where s.tenant_id = $1 and s.bank_account_id = a.id and s.closing is not null
             order by s.to_day desc, s.imported_at desc limit 1) c on true
           cross join lateral (
             select count(*) filter (where m.id is null) as lines_open, coalesce(sum(l.amount) filter (where m.id is null), 0) as open, coalesce(sum(l.amount) filter (where m.id is not null), 0) as matched
             from tenant.bank_lines l left join tenant.bank_matches m on m.tenant_id = $1 and m.line_id = l.id and m.undone_at is null
             where l.tenant_id = $1 and l.bank_account_id = a.id) l
           where a.tenant_id = $1 and ($2::uuid is null or a.id = $2) order by a.name, a.id limit $3"#,
        tx.tenant(),
        id.map(BankAccountId::uuid),
        ACCOUNTS_MAX,
    )
    .fetch_all(tx.conn())
    .await
}

pub async fn get(tx: &mut TenantTx, permit: Permit<ReadFinance>, id: BankAccountId) -> Result<BankAccount, AccountError> {
    list(tx, permit, Some(id)).await?.pop().ok_or(AccountError::Unknown)
}
