//! Expected credit loss: of each age a percentage will not come in; the allowance in the books is brought there (P14).
//! Invariant LOSS-1: after it is posted the allowance is what the ages of that moment ask for, currency by currency.

use super::{ReceivableError, ageing, wrong};
use crate::finance::{
    Line, Role,
    entry::{Entry, Head},
    post::{self, WhenClosed},
    settings,
};
use kernel::{Currency, Decimal, EntryId, Timestamp};
use serde_json::json;
use tenants::rights::{CloseFinance, PostFinance, ReadFinance};
use tenants::{Permit, TenantTx, audit};

/// Percent of each age that is not expected to come in.
#[derive(Clone, Debug, PartialEq)]
pub struct Rates {
    pub version: i32,
    pub percents: ageing::Buckets,
    pub set_at: Option<Timestamp>,
    pub set_by: Option<String>,
}

/// What is needed in one currency beside what the books hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Need {
    pub currency: String,
    pub needed: Decimal,
    pub held: Decimal,
}

/// The rates in force; nothing is expected to be lost before there are any.
pub async fn rates(tx: &mut TenantTx, _: Permit<ReadFinance>) -> Result<Rates, sqlx::Error> {
    let row = sqlx::query!(
        r#"select version, loss_percents as "loss_percents: Vec<Decimal>", set_at, set_by from tenant.receivable_settings where tenant_id = $1 order by version desc limit 1"#,
        tx.tenant(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(match row {
        None => Rates { version: 0, percents: ageing::Buckets::default(), set_at: None, set_by: None },
        Some(row) => Rates { version: row.version, percents: row.loss_percents.try_into().unwrap_or_default(), set_at: Some(row.set_at), set_by: Some(row.set_by) },
    })
}

pub async fn set_rates(tx: &mut TenantTx, _: Permit<CloseFinance>, read: Permit<ReadFinance>, seen: i32, percents: ageing::Buckets) -> Result<Rates, ReceivableError> {
    settings::open_books(tx).await?;
    let before = rates(tx, read).await?.version;
    if before != seen {
        return Err(ReceivableError::Stale(before.into()));
    }
    for (index, percent) in percents.iter().enumerate() {
        if *percent < Decimal::ZERO || *percent > Decimal::ONE_HUNDRED || percent.normalize().scale() > 4 {
            return wrong(&format!("/percents/{index}"), "a percentage from 0 to 100 with at most four decimals");
        }
    }
    let (tenant, now, by) = (tx.tenant(), tx.now(), tx.actor().who.to_string());
    let written = sqlx::query!(
        "insert into tenant.receivable_settings (tenant_id, version, loss_percents, set_at, set_by) values ($1, $2, $3, $4, $5) on conflict (tenant_id, version) do nothing",
        tenant,
        before + 1,
        &percents[..],
        now,
        by,
    )
    .execute(tx.conn())
    .await?;
    if written.rows_affected() == 0 {
        return Err(ReceivableError::Stale(i64::from(before) + 1));
    }
    audit::write(tx, "receivables.loss_rates_set", None, json!({"version": before + 1})).await?;
    Ok(rates(tx, read).await?)
}

/// What the ages of now ask for.
pub async fn needs(tx: &mut TenantTx, read: Permit<ReadFinance>) -> Result<Vec<Need>, sqlx::Error> {
    let percents = rates(tx, read).await?.percents;
    let rounding = settings::open_books(tx).await?.newest().rounding;
    let board = ageing::board(tx, read).await?;
    Ok(board
        .sums
        .into_iter()
        .map(|sum| {
            let decimals = sum.currency.parse::<Currency>().map_or(2, Currency::exponent);
            let exact: Decimal = sum.buckets.iter().zip(percents).map(|(amount, percent)| (*amount).max(Decimal::ZERO) * percent / Decimal::ONE_HUNDRED).sum();
            Need { needed: rounding.round(exact, decimals), held: sum.allowance, currency: sum.currency }
        })
        .collect())
}

/// Brings the allowance to what is needed (LOSS-1). Returns the entries posted; none when it is there already.
pub async fn post_needed(tx: &mut TenantTx, _: Permit<PostFinance>, read: Permit<ReadFinance>, memo: &str) -> Result<Vec<EntryId>, ReceivableError> {
    let memo = super::text("/memo", memo, 500)?;
    settings::open_books(tx).await?;
    let mut entries = Vec::new();
    for need in needs(tx, read).await? {
        let more = need.needed - need.held;
        let Ok(currency) = need.currency.parse::<Currency>() else { continue };
        if more.is_zero() {
            continue;
        }
        let id = EntryId::new();
        let head = Head { cause: format!("credit_loss/{id}"), kind: "credit_loss".into(), order: None, reverses: None, memo: Some(memo.clone()), occurred_at: tx.now(), not_before: None };
        entries.push(Entry::balanced(head, currency, [Line::debit(Role::BadDebt, more), Line::credit(Role::ArAllowance, more)])?);
    }
    post::post(tx, &entries, WhenClosed::Refuse).await?;
    if !entries.is_empty() {
        audit::write(tx, "receivables.loss_posted", None, json!({"entries": entries.len()})).await?;
    }
    Ok(entries.iter().map(Entry::id).collect())
}
