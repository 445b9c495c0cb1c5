//! What the settlement facts of orders mean to the books, line by line, and the statements they name.
//! Invariant SETTLE-2: a settled line is what the facts of its order say; `switchyard verify` reads them again.

use super::postings::settlement::{Meaning, meaning};
use super::postings::Subject;
use super::fold::OrderState;
use super::project::Projection;
use super::source::Source;
use kernel::{ChannelAccountId, Decimal, StatementId, Timestamp};
use std::collections::BTreeMap;
use tenants::TenantTx;
use uuid::Uuid;

/// One line as it is kept. To us is positive.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    pub line: String,
    pub statement: String,
    pub word: String,
    pub kind: String,
    pub amount: Decimal,
    pub currency: String,
    pub at: Timestamp,
}

/// What a line that counts is called when it is no fee.
pub const PAYOUT: &str = "payout";
pub const SAID: &str = "said";
/// The longest name of a statement.
pub const STATEMENT_CHARS_MAX: usize = 100;

/// The lines of an order by its facts.
pub fn of_order(state: &OrderState, projection: &Projection, source: Source) -> Vec<Settled> {
    let closed = projection.channel_status.as_deref() == Some("COMPLETED");
    let siblings = |see: &mut dyn FnMut(&super::fact::SettlementLine)| state.settlement.values().for_each(|line| see(line));
    let read = |line: &super::fact::SettlementLine| {
        let at = state.moments.settled.get(&line.id).copied().or(line.at).unwrap_or(projection.placed_at);
        // The database keeps microseconds.
        let at = Timestamp::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at);
        let (kind, amount) = match meaning(line, source.kind, &siblings, closed) {
            Meaning::Kept(account, amount) => (account.to_string(), -amount),
            Meaning::PaidOut(amount) => (PAYOUT.to_owned(), amount),
            Meaning::Said => (SAID.to_owned(), line.amount.amount),
        };
        let statement = line.statement.as_deref().map(str::trim).filter(|name| !name.is_empty()).map_or_else(|| at.format("%Y-%m").to_string(), str::to_owned);
        Settled {
            line: line.id.clone(),
            statement: statement.chars().take(STATEMENT_CHARS_MAX).collect(),
            word: line.kind.clone(),
            kind,
            amount: amount.normalize(),
            currency: line.amount.currency.code().to_owned(),
            at,
        }
    };
    state.settlement.values().filter(|line| !projection.copy && fits(line.amount.amount)).map(read).collect()
}

/// What no book holds is left out, as in the entries.
fn fits(amount: Decimal) -> bool {
    amount.abs() < Decimal::from(100_000_000_000_000_i64) && amount.normalize().scale() <= 6
}

/// Writes the lines of the orders anew, and the statements nobody named before.
pub(super) async fn keep(tx: &mut TenantTx, subjects: &[Subject]) -> Result<(), sqlx::Error> {
    let concerned: Vec<(&Subject, Vec<Settled>)> = subjects.iter().filter(|subject| !subject.state.settlement.is_empty()).map(|subject| (subject, of_order(&subject.state, &subject.projection, subject.source))).collect();
    if concerned.is_empty() {
        return Ok(());
    }
    let standing: Vec<Uuid> = concerned.iter().filter(|(subject, _)| !subject.fresh).map(|(subject, _)| subject.id).collect();
    if !standing.is_empty() {
        forget(tx, &standing).await?;
    }
    let mut columns = Columns::default();
    let mut statements: BTreeMap<(ChannelAccountId, &str, &str), Timestamp> = BTreeMap::new();
    for (subject, lines) in &concerned {
        for line in lines {
            columns.push(subject, line);
            let first = statements.entry((subject.source.account, &line.statement, &line.currency)).or_insert(line.at);
            *first = line.at.min(*first);
        }
    }
    sqlx::query!(
        "insert into tenant.settled_lines (tenant_id, order_id, line_id, channel_account_id, statement, word, kind, amount, currency, settled_at)
         select $1, l.order_id, l.line_id, l.account, l.statement, l.word, l.kind, l.amount, l.currency, l.at
         from unnest($2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::numeric[], $9::text[], $10::timestamptz[])
           as l(order_id, line_id, account, statement, word, kind, amount, currency, at)",
        tx.tenant(),
        &columns.order,
        &columns.line,
        &columns.account,
        &columns.statement,
        &columns.word,
        &columns.kind,
        &columns.amount,
        &columns.currency,
        &columns.at,
    )
    .execute(tx.conn())
    .await?;
    let ids: Vec<Uuid> = statements.iter().map(|_| StatementId::new().uuid()).collect();
    let accounts: Vec<Uuid> = statements.keys().map(|(account, ..)| account.uuid()).collect();
    let names: Vec<String> = statements.keys().map(|(_, name, _)| (*name).to_owned()).collect();
    let currencies: Vec<String> = statements.keys().map(|(.., currency)| (*currency).to_owned()).collect();
    let firsts: Vec<Timestamp> = statements.into_values().collect();
    sqlx::query!(
        "insert into tenant.settlement_statements (tenant_id, id, channel_account_id, reference, currency, source, first_at)
         select $1, s.id, s.account, s.name, s.currency, 'channel', s.first_at from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[]) as s(id, account, name, currency, first_at)
         on conflict (tenant_id, channel_account_id, reference, currency) do nothing",
        tx.tenant(),
        &ids,
        &accounts,
        &names,
        &currencies,
        &firsts,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The lines of orders whose facts were taken back.
pub(super) async fn forget(tx: &mut TenantTx, orders: &[Uuid]) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from tenant.settled_lines where tenant_id = $1 and order_id = any($2)", tx.tenant(), orders).execute(tx.conn()).await?;
    Ok(())
}

/// What is kept of orders, for `verify`.
pub(super) async fn load(tx: &mut TenantTx, orders: &[Uuid]) -> Result<BTreeMap<Uuid, Vec<Settled>>, sqlx::Error> {
    let rows = sqlx::query!(
        "select order_id, line_id, statement, word, kind, amount, currency, settled_at from tenant.settled_lines where tenant_id = $1 and order_id = any($2) order by order_id, line_id collate \"C\"",
        tx.tenant(),
        orders,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut kept: BTreeMap<Uuid, Vec<Settled>> = BTreeMap::new();
    for row in rows {
        let line = Settled { line: row.line_id, statement: row.statement, word: row.word, kind: row.kind, amount: row.amount.normalize(), currency: row.currency, at: row.settled_at };
        kept.entry(row.order_id).or_default().push(line);
    }
    Ok(kept)
}

#[derive(Default)]
struct Columns {
    order: Vec<Uuid>,
    line: Vec<String>,
    account: Vec<Uuid>,
    statement: Vec<String>,
    word: Vec<String>,
    kind: Vec<String>,
    amount: Vec<Decimal>,
    currency: Vec<String>,
    at: Vec<Timestamp>,
}

impl Columns {
    fn push(&mut self, subject: &Subject, line: &Settled) {
        self.order.push(subject.id);
        self.line.push(line.line.clone());
        self.account.push(subject.source.account.uuid());
        self.statement.push(line.statement.clone());
        self.word.push(line.word.clone());
        self.kind.push(line.kind.clone());
        self.amount.push(line.amount);
        self.currency.push(line.currency.clone());
        self.at.push(line.at);
    }
}
