//! Companies that buy on terms, within a credit limit.
//! Invariant COMPANY-1: a group has two levels: a company with members has no parent of its own.
//! Invariant COMPANY-2: a change names the version it saw; the loser of a race changes nothing.

use super::deposit::CompanyDeposit;
use super::terms::{DueFrom, Terms, TermsError};
use chrono::NaiveDate;
use kernel::{CompanyId, Currency, Decimal, Page, PageLimit, Timestamp};
use serde_json::json;
use tenants::rights::{ManageCompanies, ReadCompanies};
use tenants::{Permit, TenantTx, audit};
use uuid::Uuid;

pub const NAME_CHARS_MAX: usize = 200;
pub const NOTE_CHARS_MAX: usize = 2_000;
/// Companies of one tenant.
pub const PER_TENANT_MAX: i64 = 200_000;
/// Members one group shows at most.
pub const MEMBERS_SHOWN_MAX: i64 = 200;
pub const STATUSES: [&str; 3] = ["active", "blocked", "closed"];

#[derive(Clone, Debug, PartialEq)]
pub struct Company {
    pub id: CompanyId,
    pub name: String,
    pub tax_code: Option<String>,
    pub parent: Option<CompanyId>,
    pub parent_name: Option<String>,
    pub terms: Terms,
    pub due_from: DueFrom,
    /// `None`: no credit is given.
    pub credit_limit: Option<(Decimal, Currency)>,
    /// What its orders are asked for ahead.
    pub deposit: Option<CompanyDeposit>,
    pub status: String,
    pub since: NaiveDate,
    pub note: Option<String>,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What a company is to become: every field as it shall stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub name: String,
    pub tax_code: Option<String>,
    pub parent: Option<CompanyId>,
    pub terms: Terms,
    pub due_from: DueFrom,
    pub credit_limit: Option<(Decimal, Currency)>,
    pub deposit: Option<CompanyDeposit>,
    pub status: String,
    pub since: Option<NaiveDate>,
    pub note: Option<String>,
}

impl From<Company> for Draft {
    fn from(c: Company) -> Self {
        let Company { name, tax_code, parent, terms, due_from, credit_limit, deposit, status, since, note, .. } = c;
        Self { name, tax_code, parent, terms, due_from, credit_limit, deposit, status, since: Some(since), note }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum CompanyError {
    #[error("the company is not known")]
    Unknown,
    #[error("{field}: {wrong}")]
    Field { field: &'static str, wrong: String },
    #[error("the company was changed meanwhile: it is at version {0} now")]
    Stale(i64),
    #[error("another company has this tax code")]
    TaxCodeTaken,
    #[error("the parent belongs to a group itself: name that group's head")]
    ParentHasParent,
    #[error("the company has members and cannot become one")]
    HasMembers,
    #[error("a tenant has at most {PER_TENANT_MAX} companies")]
    TooMany,
    #[error("a stored company does not read back: {0}")]
    Unreadable(String),
    #[error(transparent)]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for CompanyError {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error().and_then(|e| e.constraint()) {
            Some("companies_tax_code") => Self::TaxCodeTaken,
            Some("companies_tenant_id_parent_id_fkey") => Self::Field { field: "parent_id", wrong: "there is no such company".into() },
            _ => Self::Database(error),
        }
    }
}

impl Draft {
    fn check(&mut self) -> Result<(), CompanyError> {
        let wrong = |field, wrong: &str| Err(CompanyError::Field { field, wrong: wrong.into() });
        let plain = |text: &str, max: usize| text.chars().count() <= max && !text.chars().any(|c| c.is_control() && c != '\n');
        self.name = self.name.trim().to_owned();
        for (field, text) in [("tax_code", &mut self.tax_code), ("note", &mut self.note)] {
            *text = text.take().map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
            if text.as_deref().is_some_and(|t| !plain(t, if field == "note" { NOTE_CHARS_MAX } else { 40 })) {
                return wrong(field, "at most 40 characters (a note 2,000) without control characters");
            }
        }
        if self.name.is_empty() || !plain(&self.name, NAME_CHARS_MAX) {
            return wrong("name", "1 to 200 characters without control characters");
        }
        if !STATUSES.contains(&self.status.as_str()) {
            return wrong("status", "expected active, blocked or closed");
        }
        if self.credit_limit.is_some_and(|(amount, _)| amount < Decimal::ZERO) {
            return wrong("credit_limit", "not below zero");
        }
        if self.deposit.is_some_and(|d| d.percent <= Decimal::ZERO || d.percent > Decimal::ONE_HUNDRED || d.percent.normalize().scale() > 4 || d.days.is_some_and(|days| !(0..=365).contains(&days))) {
            return wrong("deposit", "a percentage above 0 and up to 100, and 0 to 365 days");
        }
        if self.since.is_some_and(|day| !(1900..3000).contains(&chrono::Datelike::year(&day))) {
            return wrong("since", "a day between 1900 and 3000");
        }
        self.terms.check().map_err(|e: TermsError| CompanyError::Field { field: "terms", wrong: e.to_string() })
    }
}

pub async fn create(tx: &mut TenantTx, _: Permit<ManageCompanies>, mut draft: Draft) -> Result<Company, CompanyError> {
    draft.check()?;
    let kept = sqlx::query_scalar!(r#"select count(*) as "n!" from tenant.companies where tenant_id = $1"#, tx.tenant()).fetch_one(tx.conn()).await?;
    if kept >= PER_TENANT_MAX {
        return Err(CompanyError::TooMany);
    }
    let id = CompanyId::new();
    group_fits(tx, id, draft.parent).await?;
    let (amount, currency) = limit_columns(&draft);
    sqlx::query!(
        "insert into tenant.companies (tenant_id, id, name, tax_code, parent_id, terms, due_from, credit_limit, credit_currency, status, since, note, created_at, updated_at,
           deposit_percent, deposit_days)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14, $15)",
        tx.tenant(),
        id.uuid(),
        draft.name,
        draft.tax_code,
        draft.parent.map(CompanyId::uuid),
        json!(draft.terms),
        draft.due_from.word(),
        amount,
        currency,
        draft.status,
        draft.since.unwrap_or(tx.now().date_naive()),
        draft.note,
        tx.now(),
        draft.deposit.map(|d| d.percent),
        draft.deposit.and_then(|d| d.days),
    )
    .execute(tx.conn())
    .await?;
    audit::write(tx, "company.created", Some(&id), json!({"name": draft.name, "credit_limit": amount, "currency": currency})).await?;
    find(tx, id).await?.ok_or(CompanyError::Unknown)
}

/// Writes the company as it shall stand, under the version seen (COMPANY-2).
pub async fn change(tx: &mut TenantTx, _: Permit<ManageCompanies>, id: CompanyId, seen: i64, change: impl FnOnce(&mut Draft)) -> Result<Company, CompanyError> {
    sqlx::query_scalar!("select id from tenant.companies where tenant_id = $1 and id = $2 for update", tx.tenant(), id.uuid())
        .fetch_optional(tx.conn())
        .await?
        .ok_or(CompanyError::Unknown)?;
    let before = find(tx, id).await?.ok_or(CompanyError::Unknown)?;
    if before.version != seen {
        return Err(CompanyError::Stale(before.version));
    }
    let mut draft = Draft::from(before.clone());
    change(&mut draft);
    draft.check()?;
    if draft.parent != before.parent {
        group_fits(tx, id, draft.parent).await?;
    }
    let (amount, currency) = limit_columns(&draft);
    sqlx::query!(
        "update tenant.companies set name = $3, tax_code = $4, parent_id = $5, terms = $6, due_from = $7, credit_limit = $8, credit_currency = $9,
           status = $10, since = $11, note = $12, updated_at = $13, deposit_percent = $14, deposit_days = $15, version = version + 1
         where tenant_id = $1 and id = $2",
        tx.tenant(),
        id.uuid(),
        draft.name,
        draft.tax_code,
        draft.parent.map(CompanyId::uuid),
        json!(draft.terms),
        draft.due_from.word(),
        amount,
        currency,
        draft.status,
        draft.since.unwrap_or(before.since),
        draft.note,
        tx.now(),
        draft.deposit.map(|d| d.percent),
        draft.deposit.and_then(|d| d.days),
    )
    .execute(tx.conn())
    .await?;
    let was = limit_columns(&Draft::from(before.clone()));
    audit::write(tx, "company.changed", Some(&id), json!({"credit_limit": {"before": was.0, "after": amount}, "currency": {"before": was.1, "after": currency}, "status": {"before": before.status, "after": draft.status}})).await?;
    find(tx, id).await?.ok_or(CompanyError::Unknown)
}

fn limit_columns(draft: &Draft) -> (Option<Decimal>, Option<&'static str>) {
    draft.credit_limit.map(|(amount, currency)| (amount, currency.code())).unzip()
}

/// COMPANY-1. Heads are locked, so two changes at once cannot make a third level.
async fn group_fits(tx: &mut TenantTx, id: CompanyId, parent: Option<CompanyId>) -> Result<(), CompanyError> {
    let Some(parent) = parent else { return Ok(()) };
    if parent == id {
        return Err(CompanyError::Field { field: "parent_id", wrong: "a company is not its own parent".into() });
    }
    let head = sqlx::query!("select parent_id from tenant.companies where tenant_id = $1 and id = $2 for update", tx.tenant(), parent.uuid())
        .fetch_optional(tx.conn())
        .await?
        .ok_or(CompanyError::Field { field: "parent_id", wrong: "there is no such company".into() })?;
    if head.parent_id.is_some() {
        return Err(CompanyError::ParentHasParent);
    }
    let members = sqlx::query_scalar!(r#"select exists(select from tenant.companies where tenant_id = $1 and parent_id = $2) as "any!""#, tx.tenant(), id.uuid()).fetch_one(tx.conn()).await?;
    if members { Err(CompanyError::HasMembers) } else { Ok(()) }
}

struct Row {
    id: Uuid,
    name: String,
    tax_code: Option<String>,
    parent_id: Option<Uuid>,
    parent_name: Option<String>,
    terms: serde_json::Value,
    due_from: String,
    credit_limit: Option<Decimal>,
    credit_currency: Option<String>,
    deposit_percent: Option<Decimal>,
    deposit_days: Option<i32>,
    status: String,
    since: NaiveDate,
    note: Option<String>,
    version: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl TryFrom<Row> for Company {
    type Error = CompanyError;
    fn try_from(row: Row) -> Result<Self, CompanyError> {
        let unreadable = |what: String| CompanyError::Unreadable(what);
        let currency = row.credit_currency.as_deref().map(|code| code.parse::<Currency>().map_err(|e| unreadable(e.to_string()))).transpose()?;
        Ok(Company {
            id: CompanyId(row.id),
            name: row.name,
            tax_code: row.tax_code,
            parent: row.parent_id.map(CompanyId),
            parent_name: row.parent_name,
            terms: serde_json::from_value(row.terms).map_err(|e| unreadable(e.to_string()))?,
            due_from: DueFrom::from_word(&row.due_from).ok_or_else(|| unreadable(row.due_from.clone()))?,
            credit_limit: row.credit_limit.zip(currency),
            deposit: row.deposit_percent.map(|percent| CompanyDeposit { percent: percent.normalize(), days: row.deposit_days }),
            status: row.status,
            since: row.since,
            note: row.note,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// One company, `None` when the tenant has no such company.
pub async fn find(tx: &mut TenantTx, id: CompanyId) -> Result<Option<Company>, CompanyError> {
    let row = sqlx::query_as!(
        Row,
        r#"select c.id, c.name, c.tax_code, c.parent_id, p.name as "parent_name?", c.terms, c.due_from, c.credit_limit, c.credit_currency, c.deposit_percent, c.deposit_days, c.status, c.since, c.note,
             c.version, c.created_at, c.updated_at
           from tenant.companies c left join tenant.companies p on p.tenant_id = c.tenant_id and p.id = c.parent_id
           where c.tenant_id = $1 and c.id = $2"#,
        tx.tenant(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(Company::try_from).transpose()
}

#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// A part of the name or tax code.
    pub text: Option<String>,
    pub status: Option<String>,
    pub parent: Option<CompanyId>,
}

/// One page by name.
pub async fn page(tx: &mut TenantTx, _: Permit<ReadCompanies>, filter: &Filter, after: Option<(String, CompanyId)>, limit: PageLimit) -> Result<Page<Company, (String, CompanyId)>, CompanyError> {
    let (name, id) = after.unzip();
    let rows = sqlx::query_as!(
        Row,
        r#"select c.id, c.name, c.tax_code, c.parent_id, p.name as "parent_name?", c.terms, c.due_from, c.credit_limit, c.credit_currency, c.deposit_percent, c.deposit_days, c.status, c.since, c.note,
             c.version, c.created_at, c.updated_at
           from tenant.companies c left join tenant.companies p on p.tenant_id = c.tenant_id and p.id = c.parent_id
           where c.tenant_id = $1 and ($2::text is null or strpos(lower(c.name), lower($2)) > 0 or strpos(coalesce(c.tax_code, ''), $2) > 0)
             and ($3::text is null or c.status = $3) and ($4::uuid is null or c.parent_id = $4)
             and ($5::text is null or (c.name, c.id) > ($5, $6::uuid))
           order by c.name, c.id limit $7"#,
        tx.tenant(),
        filter.text,
        filter.status,
        filter.parent.map(CompanyId::uuid),
        name,
        id.map(CompanyId::uuid),
        limit.rows() + 1,
    )
    .fetch_all(tx.conn())
    .await?;
    let companies = rows.into_iter().map(Company::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::from_fetched(companies, limit, |c| (c.name.clone(), c.id)))
}

/// The company's status, `None` when the tenant has no such company.
pub async fn status(tx: &mut TenantTx, id: CompanyId) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!("select status from tenant.companies where tenant_id = $1 and id = $2", tx.tenant(), id.uuid()).fetch_optional(tx.conn()).await
}

/// What a company's orders are asked for ahead.
pub async fn deposit(tx: &mut TenantTx, id: CompanyId) -> Result<Option<CompanyDeposit>, sqlx::Error> {
    let row = sqlx::query!("select deposit_percent, deposit_days from tenant.companies where tenant_id = $1 and id = $2", tx.tenant(), id.uuid()).fetch_optional(tx.conn()).await?;
    Ok(row.and_then(|row| row.deposit_percent.map(|percent| CompanyDeposit { percent: percent.normalize(), days: row.deposit_days })))
}

/// The members of a group, by name.
pub async fn members(tx: &mut TenantTx, head: CompanyId) -> Result<Vec<(CompanyId, String)>, sqlx::Error> {
    let rows = sqlx::query!("select id, name from tenant.companies where tenant_id = $1 and parent_id = $2 order by name, id limit $3", tx.tenant(), head.uuid(), MEMBERS_SHOWN_MAX)
        .fetch_all(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|row| (CompanyId(row.id), row.name)).collect())
}
