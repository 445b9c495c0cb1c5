//! Taking a bank's file in: its statements, the lines that are new, and what the one rule matches of them.
//! Invariant BANK-3: the same file twice changes nothing; a line that another file told already is not kept again.
//! Invariant BANK-6: no line is of a day that has not come: it would be in the list of what waits, and not in the books of today.

use super::account::plain_number;
use super::csv::Columns;
use super::file::{self, FileError, Statement};
use super::matching::{self, How, MatchError, Wish};
use super::suggest;
use chrono::NaiveDate;
use kernel::{BankAccountId, BankLineId, BankStatementId, Currency, Decimal, Page, PageLimit, Timestamp};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tenants::rights::{PostFinance, ReadFinance};
use tenants::{Permit, TenantTx, audit};
use uuid::Uuid;

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub statements: Vec<BankStatementId>,
    /// The whole file was taken in before.
    pub repeated: bool,
    pub lines_new: usize,
    /// Told by another file already.
    pub lines_known: usize,
    pub lines_matched: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("the account is not known")]
    UnknownAccount,
    #[error(transparent)]
    File(#[from] FileError),
    #[error("the file is of the account {said}, not of {ours}")]
    OtherAccount { said: String, ours: String },
    #[error("the file is in {said}, the account in {ours}")]
    OtherCurrency { said: Currency, ours: String },
    #[error(transparent)]
    Match(#[from] MatchError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// One statement as it was taken in.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub id: BankStatementId,
    pub account: BankAccountId,
    pub format: String,
    pub reference: String,
    pub file_name: String,
    pub from_day: NaiveDate,
    pub to_day: NaiveDate,
    pub opening: Option<Decimal>,
    pub closing: Option<Decimal>,
    pub currency: String,
    pub line_count: i32,
    pub lines_open: i64,
    pub imported_at: Timestamp,
    pub imported_by: String,
}

/// Takes a file in, whole or not at all.
pub async fn import(tx: &mut TenantTx, permit: Permit<PostFinance>, account: BankAccountId, file_name: &str, bytes: &[u8], columns: &Columns) -> Result<Imported, ImportError> {
    let ours = sqlx::query!("select number, currency from tenant.bank_accounts where tenant_id = $1 and id = $2 for update", tx.tenant(), account.uuid())
        .fetch_optional(tx.conn())
        .await?
        .ok_or(ImportError::UnknownAccount)?;
    let currency: Currency = ours.currency.parse().unwrap_or(Currency::USD);
    let (format, statements) = file::read(bytes, currency, columns)?;
    for statement in &statements {
        if let Some(said) = statement.currency.filter(|said| *said != currency) {
            return Err(ImportError::OtherCurrency { said, ours: ours.currency });
        }
        // BANK-6. Somewhere on Earth it is tomorrow already.
        let today = (tx.now() + chrono::Duration::hours(14)).date_naive();
        if let Some(line) = statement.lines.iter().find(|line| line.booked_on > today) {
            return file::wrong(line.line, "date", format!("a day that has come; {} is in the future", line.booked_on)).map_err(ImportError::File);
        }
        // A file may name the bank before the number, or the branch after it.
        let fits = |said: &str| said.contains(&ours.number) || ours.number.contains(said);
        if let Some(said) = statement.account.as_deref().map(plain_number).filter(|said| !said.is_empty() && !fits(said)) {
            return Err(ImportError::OtherAccount { said, ours: ours.number });
        }
    }
    let digests: Vec<Vec<u8>> = (0..statements.len()).map(|index| Sha256::new().chain_update(bytes).chain_update(index.to_be_bytes()).finalize().to_vec()).collect();
    let known = sqlx::query_scalar!(
        r#"select id as "id: BankStatementId" from tenant.bank_statements where tenant_id = $1 and bank_account_id = $2 and digest = any($3)"#,
        tx.tenant(),
        account.uuid(),
        &digests,
    )
    .fetch_all(tx.conn())
    .await?;
    let lines: usize = statements.iter().map(|statement| statement.lines.len()).sum();
    if !known.is_empty() {
        return Ok(Imported { statements: known, repeated: true, lines_known: lines, ..Imported::default() });
    }
    let keys = file::keys(&statements);
    let mut imported = Imported::default();
    let mut fresh: Vec<BankLineId> = Vec::new();
    for ((statement, digest), keys) in statements.iter().zip(&digests).zip(&keys) {
        let id = keep_statement(tx, account, format, file_name, digest, statement).await?;
        let kept = keep_lines(tx, account, id, currency, statement, keys).await?;
        imported.lines_known += statement.lines.len() - kept.len();
        imported.statements.push(id);
        fresh.extend(kept);
    }
    imported.lines_new = fresh.len();
    imported.lines_matched = match_certain(tx, permit, currency, &fresh).await?;
    audit::write(tx, "bank.statement_imported", Some(&account), json!({"statements": imported.statements.len(), "lines": imported.lines_new})).await?;
    Ok(imported)
}

async fn keep_statement(tx: &mut TenantTx, account: BankAccountId, format: file::Format, file_name: &str, digest: &[u8], statement: &Statement) -> Result<BankStatementId, sqlx::Error> {
    let (id, by, now) = (BankStatementId::new(), tx.actor().who.to_string(), tx.now());
    let file_name: String = file::tidy(file_name).unwrap_or_default().chars().take(200).collect();
    sqlx::query!(
        "insert into tenant.bank_statements (tenant_id, id, bank_account_id, format, reference, file_name, digest, from_day, to_day, opening, closing, line_count, imported_at, imported_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        tx.tenant(),
        id.uuid(),
        account.uuid(),
        format.word(),
        statement.reference,
        file_name,
        digest,
        statement.from,
        statement.to,
        statement.opening,
        statement.closing,
        i32::try_from(statement.lines.len()).unwrap_or(i32::MAX),
        now,
        by,
    )
    .execute(tx.conn())
    .await?;
    Ok(id)
}

/// Returns the lines nobody told before.
async fn keep_lines(tx: &mut TenantTx, account: BankAccountId, statement: BankStatementId, currency: Currency, told: &Statement, keys: &[String]) -> Result<Vec<BankLineId>, sqlx::Error> {
    let lines = &told.lines;
    let ids: Vec<Uuid> = lines.iter().map(|_| BankLineId::new().uuid()).collect();
    let positions: Vec<i32> = lines.iter().map(|line| i32::try_from(line.line).unwrap_or(i32::MAX)).collect();
    let days: Vec<NaiveDate> = lines.iter().map(|line| line.booked_on).collect();
    let amounts: Vec<Decimal> = lines.iter().map(|line| line.amount).collect();
    let column = |of: fn(&file::Line) -> &Option<String>| lines.iter().map(|line| of(line).clone()).collect::<Vec<_>>();
    let reference: Vec<Option<String>> = lines.iter().map(|line| line.reference.clone().or_else(|| line.id.clone())).collect();
    let kept = sqlx::query_scalar!(
        r#"insert into tenant.bank_lines (tenant_id, id, bank_account_id, statement_id, position, key, booked_on, amount, currency, reference, counterparty, text)
           select $1, l.id, $2, $3, l.position, l.key, l.booked_on, l.amount, $4, l.reference, l.counterparty, l.text
           from unnest($5::uuid[], $6::integer[], $7::text[], $8::date[], $9::numeric[], $10::text[], $11::text[], $12::text[])
             as l(id, position, key, booked_on, amount, reference, counterparty, text)
           on conflict (tenant_id, bank_account_id, key) do nothing
           returning id as "id: BankLineId""#,
        tx.tenant(),
        account.uuid(),
        statement.uuid(),
        currency.code(),
        &ids,
        &positions,
        keys,
        &days,
        &amounts,
        &reference as &[Option<String>],
        &column(|line| &line.counterparty) as &[Option<String>],
        &column(|line| &line.text) as &[Option<String>],
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(kept)
}

/// Matches the lines that the rule is certain of (BANK-5). A line of a closed period waits for a person.
async fn match_certain(tx: &mut TenantTx, permit: Permit<PostFinance>, currency: Currency, lines: &[BankLineId]) -> Result<usize, ImportError> {
    if lines.is_empty() {
        return Ok(0);
    }
    let questions = suggest::lines(tx, lines).await?;
    let index = suggest::Index::new(suggest::waiting(tx, currency.code()).await?);
    let mut matched = 0;
    for (line, found) in index.certain(&questions) {
        let wish = Wish { parts: vec![matching::Part { order: found.order, account: found.account.clone(), amount: Some(found.amount) }], ..Wish::default() };
        match matching::match_line(tx, permit, line, &wish, How::Rule, &found.why).await {
            Ok(_) => matched += 1,
            Err(MatchError::PeriodClosed { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(matched)
}

/// The statements taken in, newest first.
pub async fn statements(tx: &mut TenantTx, _: Permit<ReadFinance>, account: Option<BankAccountId>, before: Option<BankStatementId>, limit: PageLimit) -> Result<Page<Kept, BankStatementId>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Kept,
        r#"select s.id as "id: BankStatementId", s.bank_account_id as "account: BankAccountId", s.format, s.reference, s.file_name, s.from_day, s.to_day, s.opening, s.closing, a.currency,
             s.line_count, (select count(*) from tenant.bank_lines l left join tenant.bank_matches m on m.tenant_id = $1 and m.line_id = l.id and m.undone_at is null
               where l.tenant_id = $1 and l.statement_id = s.id and m.id is null) as "lines_open!", s.imported_at, s.imported_by
           from tenant.bank_statements s join tenant.bank_accounts a on a.tenant_id = $1 and a.id = s.bank_account_id
           where s.tenant_id = $1 and ($2::uuid is null or s.bank_account_id = $2) and ($3::uuid is null or s.id < $3)
           order by s.id desc limit $4"#,
        tx.tenant(),
        account.map(BankAccountId::uuid),
        before.map(BankStatementId::uuid),
        limit.rows() + 1,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(Page::from_fetched(rows, limit, |row| row.id))
}
