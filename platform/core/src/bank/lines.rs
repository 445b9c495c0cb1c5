//! Bank lines as lists and one by one: what they say, what they were matched to, what they may be.

use super::suggest::{self, Suggestion};
use chrono::NaiveDate;
use kernel::{BankAccountId, BankLineId, BankMatchId, BankStatementId, Decimal, OrderId, Page, PageLimit, Timestamp};
use tenants::rights::ReadFinance;
use tenants::{Permit, TenantTx};

/// What to list; `None` does not filter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub id: Option<BankLineId>,
    pub account: Option<BankAccountId>,
    pub statement: Option<BankStatementId>,
    /// Matched, or not.
    pub matched: Option<bool>,
    /// In reference, counterparty or text.
    pub text: Option<String>,
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct BankLine {
    pub id: BankLineId,
    pub account: BankAccountId,
    pub account_name: String,
    pub statement: BankStatementId,
    pub position: i32,
    pub booked_on: NaiveDate,
    pub amount: Decimal,
    pub currency: String,
    pub reference: Option<String>,
    pub counterparty: Option<String>,
    pub text: Option<String>,
    pub match_id: Option<BankMatchId>,
    pub how: Option<String>,
    pub why: Option<String>,
    pub matched_at: Option<Timestamp>,
    pub matched_by: Option<String>,
}

/// A part of the match that stands.
#[derive(Clone, Debug, PartialEq)]
pub struct MatchedPart {
    pub order: Option<OrderId>,
    pub order_number: Option<i64>,
    pub account: String,
    pub amount: Decimal,
}

/// The longest text that is searched for.
pub const TEXT_CHARS_MAX: usize = 100;

/// Lines, newest first.
pub async fn list(tx: &mut TenantTx, _: Permit<ReadFinance>, filter: &Filter, before: Option<(NaiveDate, BankLineId)>, limit: PageLimit) -> Result<Page<BankLine, (NaiveDate, BankLineId)>, sqlx::Error> {
    let (before_day, before_id) = before.map_or((None, None), |(day, id)| (Some(day), Some(id.uuid())));
    let pattern = filter.text.as_ref().map(|text| format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")));
    let rows = sqlx::query_as!(
        BankLine,
        r#"select l.id as "id: BankLineId", l.bank_account_id as "account: BankAccountId", a.name as account_name, l.statement_id as "statement: BankStatementId", l.position, l.booked_on, l.amount, l.currency,
             l.reference, l.counterparty, l.text, m.id as "match_id?: BankMatchId", m.how as "how?", m.why as "why?", m.matched_at as "matched_at?", m.matched_by as "matched_by?"
           from tenant.bank_lines l
           join tenant.bank_accounts a on a.tenant_id = $1 and a.id = l.bank_account_id
           left join tenant.bank_matches m on m.tenant_id = $1 and m.line_id = l.id and m.undone_at is null
           where l.tenant_id = $1
             and ($2::uuid is null or l.id = $2)
             and ($3::uuid is null or l.bank_account_id = $3)
             and ($4::uuid is null or l.statement_id = $4)
             and ($5::boolean is null or (m.id is not null) = $5)
             and ($6::text is null or concat_ws(' ', l.reference, l.counterparty, l.text) ilike $6)
             and ($7::date is null or l.booked_on >= $7)
             and ($8::date is null or l.booked_on <= $8)
             and ($9::date is null or (l.booked_on, l.id) < ($9, $10::uuid))
           order by l.booked_on desc, l.id desc limit $11"#,
        tx.tenant(),
        filter.id.map(BankLineId::uuid),
        filter.account.map(BankAccountId::uuid),
        filter.statement.map(BankStatementId::uuid),
        filter.matched,
        pattern,
        filter.from,
        filter.to,
        before_day,
        before_id,
        limit.rows() + 1,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(Page::from_fetched(rows, limit, |row| (row.booked_on, row.id)))
}

/// One line with the parts of its match, or with what it may be.
pub async fn get(tx: &mut TenantTx, permit: Permit<ReadFinance>, id: BankLineId) -> Result<Option<(BankLine, Vec<MatchedPart>, Vec<Suggestion>)>, sqlx::Error> {
    let filter = Filter { id: Some(id), ..Filter::default() };
    let Some(line) = list(tx, permit, &filter, None, PageLimit::DEFAULT).await?.rows.pop() else { return Ok(None) };
    let Some(matched) = line.match_id else {
        let questions = suggest::lines(tx, &[id]).await?;
        let index = suggest::Index::new(suggest::waiting(tx, &line.currency).await?);
        let suggestions = questions.first().map(|question| index.suggest(question)).unwrap_or_default();
        return Ok(Some((line, Vec::new(), suggestions)));
    };
    let parts = sqlx::query_as!(
        MatchedPart,
        r#"select p.order_id as "order?: OrderId", o.number as "order_number?", p.account, p.amount from tenant.bank_match_parts p
           left join tenant.orders o on o.tenant_id = $1 and o.id = p.order_id
           where p.tenant_id = $1 and p.match_id = $2 order by p.position"#,
        tx.tenant(),
        matched.uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(Some((line, parts, Vec::new())))
}
