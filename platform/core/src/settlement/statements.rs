//! Statements as lists: what they come to, how much of it is explained, whether the bank has shown it; and their lines.

use crate::orders::settled::PAYOUT;
use kernel::{ChannelAccountId, Decimal, OrderId, Page, PageLimit, SettlementLineId, StatementId, Timestamp};
use tenants::rights::ReadFinance;
use tenants::{Permit, TenantTx};

#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub id: StatementId,
    pub shop: ChannelAccountId,
    pub shop_name: String,
    pub reference: String,
    pub currency: String,
    pub source: String,
    pub first_at: Timestamp,
    /// What it pays out.
    pub payout: Decimal,
    pub orders: i64,
    pub lines_open: i64,
    pub lines_disputed: i64,
    /// What nobody has explained yet.
    pub open: Decimal,
    pub paid: bool,
}

/// Statements, newest first; or the one.
pub async fn list(tx: &mut TenantTx, _: Permit<ReadFinance>, id: Option<StatementId>, shop: Option<ChannelAccountId>, before: Option<(Timestamp, StatementId)>, limit: PageLimit) -> Result<Page<Statement, (Timestamp, StatementId)>, sqlx::Error> {
    let (before_at, before_id) = before.map_or((None, None), |(at, id)| (Some(at), Some(id.uuid())));
    let rows = sqlx::query_as!(
        Statement,
        r#"select s.id as "id: StatementId", s.channel_account_id as "shop: ChannelAccountId", a.name as shop_name, s.reference, s.currency, s.source, s.first_at,
             p.amount + l.loose as "payout!", p.orders as "orders!", l.lines_open as "lines_open!", l.lines_disputed as "lines_disputed!", l.open as "open!", m.id is not null as "paid!"
           from tenant.settlement_statements s
           join tenant.channel_accounts a on a.tenant_id = $1 and a.id = s.channel_account_id
           left join tenant.bank_matches m on m.tenant_id = $1 and m.id = s.bank_match_id and m.undone_at is null
           cross join lateral (select coalesce(sum(t.amount) filter (where t.kind = $2), 0) as amount, count(distinct t.order_id) as orders from tenant.settled_lines t
             where t.tenant_id = $1 and t.channel_account_id = s.channel_account_id and t.statement = s.reference and t.currency = s.currency) p
           cross join lateral (select coalesce(sum(l.amount) filter (where l.order_id is null), 0) as loose, coalesce(sum(l.amount) filter (where l.state in ('open', 'disputed')), 0) as open,
               count(*) filter (where l.state = 'open') as lines_open, count(*) filter (where l.state = 'disputed') as lines_disputed
             from tenant.settlement_lines l where l.tenant_id = $1 and l.statement_id = s.id) l
           where s.tenant_id = $1 and ($3::uuid is null or s.id = $3) and ($4::uuid is null or s.channel_account_id = $4)
             and ($5::timestamptz is null or (s.first_at, s.id) < ($5, $6::uuid))
           order by s.first_at desc, s.id desc limit $7"#,
        tx.tenant(),
        PAYOUT,
        id.map(StatementId::uuid),
        shop.map(ChannelAccountId::uuid),
        before_at,
        before_id,
        limit.rows() + 1,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(Page::from_fetched(rows, limit, |row| (row.first_at, row.id)))
}

pub async fn get(tx: &mut TenantTx, permit: Permit<ReadFinance>, id: StatementId) -> Result<Option<Statement>, sqlx::Error> {
    Ok(list(tx, permit, Some(id), None, None, PageLimit::DEFAULT).await?.rows.pop())
}

/// A line of a file, or one a connector told.
#[derive(Clone, Debug, PartialEq)]
pub struct StatementLine {
    /// Of lines of files; these can be resolved.
    pub id: Option<SettlementLineId>,
    pub key: String,
    pub order: Option<OrderId>,
    pub order_number: Option<i64>,
    pub order_ref: Option<String>,
    pub kind: String,
    pub amount: Decimal,
    pub currency: String,
    pub text: Option<String>,
    /// `matched`, `told`, `open`, `disputed`, `booked`
    pub state: String,
    pub account: Option<String>,
    pub reason: Option<String>,
}

pub const STATES: &[&str] = &["matched", "told", "open", "disputed", "booked"];

/// Lines of a statement by their keys: those of its files, and what the connector told.
pub async fn lines(tx: &mut TenantTx, _: Permit<ReadFinance>, id: StatementId, state: Option<&str>, after: Option<String>, limit: PageLimit) -> Result<Page<StatementLine, String>, sqlx::Error> {
    let rows = sqlx::query_as!(
        StatementLine,
        r#"select t.id as "id?: SettlementLineId", t.key as "key!", t.order_id as "order?: OrderId", o.number as "order_number?", coalesce(t.order_ref, o.external_id) as "order_ref?", t.kind as "kind!", t.amount as "amount!",
             t.currency as "currency!", t.text as "text?", t.state as "state!", t.account as "account?", t.reason as "reason?"
           from (
             select l.id, 'a' || l.key as key, l.order_id, l.order_ref, l.kind, l.amount, l.currency, l.text, l.state, l.account, l.reason
             from tenant.settlement_lines l where l.tenant_id = $1 and l.statement_id = $2
             union all
             select null, 'b' || d.order_id || d.line_id, d.order_id, null, d.word, d.amount, d.currency, null, 'matched', d.kind, null
             from tenant.settlement_statements s join tenant.settled_lines d on d.tenant_id = $1 and d.channel_account_id = s.channel_account_id and d.statement = s.reference and d.currency = s.currency
             where s.tenant_id = $1 and s.id = $2 and not starts_with(d.word, 'statement_')
           ) t left join tenant.orders o on o.tenant_id = $1 and o.id = t.order_id
           where ($3::text is null or t.state = $3) and ($4::text is null or t.key collate "C" > $4)
           order by t.key collate "C" limit $5"#,
        tx.tenant(),
        id.uuid(),
        state,
        after,
        limit.rows() + 1,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(Page::from_fetched(rows, limit, |row| row.key.clone()))
}

/// Open bank lines that are of the statement's amount and currency: the nearest in time first, at most ten.
pub async fn candidates(tx: &mut TenantTx, _: Permit<ReadFinance>, statement: &Statement) -> Result<Vec<crate::bank::lines::BankLine>, sqlx::Error> {
    sqlx::query_as!(
        crate::bank::lines::BankLine,
        r#"select l.id as "id: kernel::BankLineId", l.bank_account_id as "account: kernel::BankAccountId", a.name as account_name, l.statement_id as "statement: kernel::BankStatementId", l.position, l.booked_on, l.amount, l.currency,
             l.reference, l.counterparty, l.text, null::uuid as "match_id?: kernel::BankMatchId", null::text as "how?", null::text as "why?", null::timestamptz as "matched_at?", null::text as "matched_by?"
           from tenant.bank_lines l join tenant.bank_accounts a on a.tenant_id = $1 and a.id = l.bank_account_id
           where l.tenant_id = $1 and l.currency = $2 and l.amount = $3
             and not exists (select from tenant.bank_matches m where m.tenant_id = $1 and m.line_id = l.id and m.undone_at is null)
           order by abs(l.booked_on - $4::timestamptz::date), l.id limit 10"#,
        tx.tenant(),
        statement.currency,
        statement.payout,
        statement.first_at,
    )
    .fetch_all(tx.conn())
    .await
}
