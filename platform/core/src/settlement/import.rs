//! Taking a statement's file in: lines of known orders become facts of these orders and are posted with them (P11b, P11c);
//! the others wait for a person.
//! Invariant SETTLE-3: the same file twice changes nothing; what a connector told of an order is not told again by a file.

use super::file::{self, Columns, FileError, Line};
use crate::orders::fact::{Fact, SettlementLine, What};
use crate::orders::intake::{self, FACTS_MAX, IntakeError};
use crate::orders::settled::STATEMENT_CHARS_MAX;
use crate::orders::{ChannelKind, Source};
use kernel::{ChannelAccountId, Currency, Decimal, Money, OrderId, SettlementLineId, StatementId, Timestamp};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use tenants::rights::PostFinance;
use tenants::{Permit, TenantTx, audit};
use uuid::Uuid;

/// What became of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    pub statement: StatementId,
    pub lines_new: usize,
    pub lines_known: usize,
    pub lines_matched: usize,
    pub lines_open: usize,
    /// What the whole statement comes to.
    pub payout: Decimal,
}

#[derive(Clone, Debug)]
pub struct NewStatement {
    pub shop: ChannelAccountId,
    pub reference: String,
    pub currency: Currency,
    /// What the statement says is paid out; then its lines must come to it.
    pub payout: Option<Decimal>,
    pub at: Option<Timestamp>,
}

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("the shop is not known, or is no marketplace")]
    UnknownShop,
    #[error("reference: 1 to {STATEMENT_CHARS_MAX} characters without control characters")]
    BadReference,
    #[error("the lines come to {lines} and the payout is {payout}: the difference is {difference}")]
    Difference { lines: Decimal, payout: Decimal, difference: Decimal },
    #[error("the order {order} is in {theirs}, the statement in {ours}")]
    CurrencyMixed { order: String, theirs: String, ours: Currency },
    #[error("the statement was paid out: a bank line shows it, so it takes no more lines")]
    PaidAlready,
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Intake(#[from] IntakeError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// A marketplace's account.
pub async fn shop(tx: &mut TenantTx, id: ChannelAccountId) -> Result<Option<(Source, String)>, sqlx::Error> {
    let row = sqlx::query!("select kind, name from tenant.channel_accounts where tenant_id = $1 and id = $2", tx.tenant(), id.uuid()).fetch_optional(tx.conn()).await?;
    Ok(row.and_then(|row| Some((Source { account: id, kind: row.kind.parse::<ChannelKind>().ok().filter(|kind| kind.is_marketplace())? }, row.name))))
}

/// Takes a file in, whole or not at all.
pub async fn import(tx: &mut TenantTx, _: Permit<PostFinance>, new: &NewStatement, bytes: &[u8], columns: &Columns) -> Result<Imported, ImportError> {
    let (source, _) = shop(tx, new.shop).await?.ok_or(ImportError::UnknownShop)?;
    let reference = new.reference.trim();
    if reference.is_empty() || reference.chars().count() > STATEMENT_CHARS_MAX || reference.chars().any(char::is_control) {
        return Err(ImportError::BadReference);
    }
    let lines = file::read(bytes, new.currency, columns)?;
    let sum: Decimal = lines.iter().map(|line| line.amount).sum();
    if let Some(payout) = new.payout.filter(|payout| *payout != sum) {
        return Err(ImportError::Difference { lines: sum.normalize(), payout: payout.normalize(), difference: (payout - sum).normalize() });
    }
    let at = new.at.unwrap_or(tx.now());
    let statement = open(tx, new, reference, at).await?;
    let orders = orders_of(tx, new.shop, &lines).await?;
    let told = told_by_channel(tx, &orders.values().map(|order| order.id).collect::<Vec<_>>()).await?;
    if let Some((name, order)) = orders.iter().find(|(_, order)| order.described && order.currency != new.currency.code()) {
        return Err(ImportError::CurrencyMixed { order: name.clone(), theirs: order.currency.clone(), ours: new.currency });
    }
    let fresh = keep(tx, statement, new.currency, &lines, |line| {
        let order = line.order.as_ref().and_then(|name| orders.get(name)).map(|order| order.id);
        let state = match order {
            Some(id) if told.contains(&id) => "told",
            Some(_) => "matched",
            None => "open",
        };
        (order, state)
    })
    .await?;
    tell(tx, source, statement, &fresh.iter().filter(|(_, state)| state == "matched").filter_map(|(order, _)| *order).collect::<Vec<_>>()).await?;
    audit::write(tx, "settlement.statement_imported", Some(&statement), json!({"lines": fresh.len()})).await?;
    Ok(Imported {
        statement,
        lines_new: fresh.len(),
        lines_known: lines.len() - fresh.len(),
        lines_matched: fresh.iter().filter(|(_, state)| state != "open").count(),
        lines_open: fresh.iter().filter(|(_, state)| state == "open").count(),
        payout: sum.normalize(),
    })
}

/// The statement of that name, made when there is none; locked.
async fn open(tx: &mut TenantTx, new: &NewStatement, reference: &str, at: Timestamp) -> Result<StatementId, ImportError> {
    sqlx::query!(
        "insert into tenant.settlement_statements (tenant_id, id, channel_account_id, reference, currency, source, first_at) values ($1, $2, $3, $4, $5, 'file', $6)
         on conflict (tenant_id, channel_account_id, reference, currency) do nothing",
        tx.tenant(),
        StatementId::new().uuid(),
        new.shop.uuid(),
        reference,
        new.currency.code(),
        at,
    )
    .execute(tx.conn())
    .await?;
    let row = sqlx::query!(
        r#"select s.id as "id: StatementId" from tenant.settlement_statements s where s.tenant_id = $1 and s.channel_account_id = $2 and s.reference = $3 and s.currency = $4 for update"#,
        tx.tenant(),
        new.shop.uuid(),
        reference,
        new.currency.code(),
    )
    .fetch_one(tx.conn())
    .await?;
    if super::pay::is_paid(tx, row.id).await? {
        return Err(ImportError::PaidAlready);
    }
    Ok(row.id)
}

struct Known {
    id: Uuid,
    currency: String,
    described: bool,
}

/// The orders that the lines name, by the name the file has for them.
async fn orders_of(tx: &mut TenantTx, shop: ChannelAccountId, lines: &[Line]) -> Result<HashMap<String, Known>, sqlx::Error> {
    let mut names: Vec<String> = lines.iter().filter_map(|line| line.order.clone()).collect();
    names.sort_unstable();
    names.dedup();
    let rows = sqlx::query!(
        r#"select n.name as "name!", o.id as "id!", o.currency as "currency!", o.described as "described!" from unnest($3::text[]) as n(name)
           join lateral (
             (select o.id, o.currency, o.described from tenant.orders o where o.tenant_id = $1 and o.channel_account_id = $2 and o.external_id = n.name and o.described)
             union all
             (select o.id, o.currency, o.described from tenant.orders o where o.tenant_id = $1 and o.channel_account_id = $2 and o.external_number = n.name and o.described)
             limit 1
           ) o on true"#,
        tx.tenant(),
        shop.uuid(),
        &names,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.name, Known { id: row.id, currency: row.currency, described: row.described })).collect())
}

/// The orders of which a connector told its settlement.
async fn told_by_channel(tx: &mut TenantTx, orders: &[Uuid]) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!("select distinct order_id from tenant.settled_lines where tenant_id = $1 and order_id = any($2) and not starts_with(word, 'statement_')", tx.tenant(), orders).fetch_all(tx.conn()).await
}

/// Keeps the lines nobody told before; returns the orders and states of these.
async fn keep(tx: &mut TenantTx, statement: StatementId, currency: Currency, lines: &[Line], judge: impl Fn(&Line) -> (Option<Uuid>, &'static str)) -> Result<Vec<(Option<Uuid>, String)>, sqlx::Error> {
    let ids: Vec<Uuid> = lines.iter().map(|_| SettlementLineId::new().uuid()).collect();
    let keys: Vec<String> = lines.iter().map(|line| line.key.clone()).collect();
    let refs: Vec<Option<String>> = lines.iter().map(|line| line.order.clone()).collect();
    let kinds: Vec<String> = lines.iter().map(|line| line.kind.clone()).collect();
    let amounts: Vec<Decimal> = lines.iter().map(|line| line.amount).collect();
    let texts: Vec<Option<String>> = lines.iter().map(|line| line.text.clone()).collect();
    let (orders, states): (Vec<Option<Uuid>>, Vec<String>) = lines.iter().map(|line| judge(line)).map(|(order, state)| (order, state.to_owned())).unzip();
    let rows = sqlx::query!(
        "insert into tenant.settlement_lines (tenant_id, id, statement_id, key, order_ref, kind, amount, currency, text, order_id, state)
         select $1, l.id, $2, l.key, l.order_ref, l.kind, l.amount, $3, l.text, l.order_id, l.state
         from unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::numeric[], $9::text[], $10::uuid[], $11::text[]) as l(id, key, order_ref, kind, amount, text, order_id, state)
         on conflict (tenant_id, statement_id, key) do nothing returning order_id, state",
        tx.tenant(),
        statement.uuid(),
        currency.code(),
        &ids,
        &keys,
        &refs as &[Option<String>],
        &kinds,
        &amounts,
        &texts as &[Option<String>],
        &orders as &[Option<Uuid>],
        &states,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.order_id, row.state)).collect())
}

/// Tells orders what a statement's matched lines say of them: each line, and the payout they come to.
pub(super) async fn tell(tx: &mut TenantTx, source: Source, statement: StatementId, orders: &[Uuid]) -> Result<(), ImportError> {
    if orders.is_empty() {
        return Ok(());
    }
    let rows = sqlx::query!(
        r#"select l.order_id as "order_id!", o.external_id, l.key, l.kind, l.amount, l.currency, s.reference, s.first_at from tenant.settlement_lines l
           join tenant.orders o on o.tenant_id = $1 and o.id = l.order_id
           join tenant.settlement_statements s on s.tenant_id = $1 and s.id = l.statement_id
           where l.tenant_id = $1 and l.statement_id = $2 and l.order_id = any($3) and l.state = 'matched' order by l.order_id, l.key"#,
        tx.tenant(),
        statement.uuid(),
        orders,
    )
    .fetch_all(tx.conn())
    .await?;
    let now = tx.now();
    // Newer than whatever was told of the same lines before.
    let revision = u64::try_from(now.timestamp_micros()).unwrap_or(1);
    let mut facts: Vec<Fact> = Vec::new();
    let mut payouts: BTreeMap<OrderId, (String, Money, String, Timestamp)> = BTreeMap::new();
    for row in rows {
        let currency: Currency = row.currency.parse().unwrap_or(Currency::USD);
        // A sale is told as it is, a fee as what was kept.
        let amount = if row.kind == "sale" { row.amount } else { -row.amount };
        let line = |id: String, kind: String, amount: Decimal| SettlementLine { id, kind, amount: Money::new(amount, currency), statement: Some(row.reference.clone()), at: Some(row.first_at) };
        let what = What::Settled(line(format!("{statement}:{}", row.key), format!("statement_{}", row.kind), amount));
        facts.push(Fact { order: row.external_id.clone(), revision, occurred_at: row.first_at, what });
        let payout = payouts.entry(OrderId(row.order_id)).or_insert_with(|| (row.external_id.clone(), Money::new(Decimal::ZERO, currency), row.reference.clone(), row.first_at));
        payout.1.amount += row.amount;
    }
    for (order, amount, reference, at) in payouts.into_values() {
        let line = SettlementLine { id: format!("{statement}:payout"), kind: "statement_payout".into(), amount, statement: Some(reference), at: Some(at) };
        facts.push(Fact { order, revision, occurred_at: at, what: What::Settled(line) });
    }
    let cause = statement.to_string();
    let mut facts = facts.into_iter().peekable();
    while facts.peek().is_some() {
        let batch: Vec<Fact> = facts.by_ref().take(FACTS_MAX).collect();
        intake::apply(tx, source, batch, &cause).await?;
    }
    Ok(())
}
