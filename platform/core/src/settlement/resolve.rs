//! A person says what a line without an order is: an order's after all, a fee of its own, or something to dispute.
//! Invariant SETTLE-4: what is said moves the clearing account by exactly the line, once.

use super::import::{self, ImportError};
use super::pay::{self, clearing};
use crate::finance::{
    Account, Line, Role,
    entry::{Entry, EntryError, Head},
    open_items,
    post::{self, PostError, WhenClosed},
    settings,
};
use crate::orders::{ChannelKind, Source};
use kernel::{ChannelAccountId, Currency, Decimal, OrderId, SettlementLineId, StatementId};
use serde_json::json;
use tenants::rights::PostFinance;
use tenants::{Permit, TenantTx, audit};

pub const REASON_CHARS_MAX: usize = 500;

#[derive(Clone, Debug, PartialEq)]
pub enum Resolution {
    /// It is the order's.
    Match(OrderId),
    /// It is a cost, or an income, of its own.
    Book(Account),
    /// It stays open, and is being asked about.
    Dispute,
}

#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    #[error("the line is not known")]
    Unknown,
    #[error("the line is {0} already")]
    Settled(String),
    #[error("reason: 1 to {REASON_CHARS_MAX} characters without control characters")]
    BadReason,
    #[error("order_id: must be an order of the same shop that is described")]
    UnknownOrder,
    #[error("order_id: the order is in {theirs}, the line in {ours}")]
    CurrencyMixed { theirs: String, ours: String },
    #[error("account: an account on which no money waits, such as mkt_adjustment or mkt_other_fee")]
    BadAccount,
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Entry(#[from] EntryError),
    #[error(transparent)]
    Post(#[from] PostError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

struct Open {
    statement: StatementId,
    shop: ChannelAccountId,
    kind: String,
    amount: Decimal,
    currency: String,
    state: String,
}

pub async fn resolve(tx: &mut TenantTx, _: Permit<PostFinance>, id: SettlementLineId, resolution: &Resolution, reason: &str) -> Result<(), ResolveError> {
    let line = sqlx::query_as!(
        Open,
        r#"select l.statement_id as "statement: StatementId", s.channel_account_id as "shop: ChannelAccountId", a.kind, l.amount, l.currency, l.state from tenant.settlement_lines l
           join tenant.settlement_statements s on s.tenant_id = $1 and s.id = l.statement_id
           join tenant.channel_accounts a on a.tenant_id = $1 and a.id = s.channel_account_id
           where l.tenant_id = $1 and l.id = $2 for update of l, s"#,
        tx.tenant(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?
    .ok_or(ResolveError::Unknown)?;
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX || reason.chars().any(char::is_control) {
        return Err(ResolveError::BadReason);
    }
    if !matches!(line.state.as_str(), "open" | "disputed") {
        return Err(ResolveError::Settled(line.state));
    }
    settings::open_books(tx).await?;
    let (state, order, account) = match resolution {
        Resolution::Dispute => ("disputed", None, None),
        Resolution::Match(order) => ("matched", Some(order.uuid()), None),
        Resolution::Book(account) => ("booked", None, Some(account.to_string())),
    };
    if let Resolution::Match(order) = resolution {
        check_order(tx, &line, *order).await?;
    }
    let (by, now) = (tx.actor().who.to_string(), tx.now());
    sqlx::query!(
        "update tenant.settlement_lines set state = $3, order_id = $4, account = $5, reason = $6, decided_at = $7, decided_by = $8 where tenant_id = $1 and id = $2",
        tx.tenant(),
        id.uuid(),
        state,
        order,
        account,
        reason,
        now,
        by,
    )
    .execute(tx.conn())
    .await?;
    match resolution {
        Resolution::Dispute => {}
        Resolution::Match(order) => {
            let source = Source { account: line.shop, kind: line.kind.parse().unwrap_or(ChannelKind::Api) };
            import::tell(tx, source, line.statement, &[order.uuid()]).await?;
            if pay::is_paid(tx, line.statement).await? {
                move_to_order(tx, &line, id, *order, reason).await?;
            }
        }
        Resolution::Book(account) => {
            if matches!(account.role, Role::Bank | Role::BankClearing | Role::ProcessorClearing | Role::MarketplaceClearing | Role::CodCarrier | Role::Cash) {
                return Err(ResolveError::BadAccount);
            }
            let lines = vec![Line::debit(clearing(line.shop), line.amount), Line::credit(account.clone(), line.amount)];
            post_entries(tx, vec![(format!("{id}/booked"), None, lines)], &line, reason).await?;
        }
    }
    audit::write(tx, "settlement.line_resolved", Some(&id), json!({"state": state})).await?;
    Ok(())
}

async fn check_order(tx: &mut TenantTx, line: &Open, order: OrderId) -> Result<(), ResolveError> {
    let known = sqlx::query!("select currency from tenant.orders where tenant_id = $1 and id = $2 and channel_account_id = $3 and described", tx.tenant(), order.uuid(), line.shop.uuid())
        .fetch_optional(tx.conn())
        .await?
        .ok_or(ResolveError::UnknownOrder)?;
    if known.currency == line.currency { Ok(()) } else { Err(ResolveError::CurrencyMixed { theirs: known.currency, ours: line.currency.clone() }) }
}

/// The bank line that showed the payout held this line as nobody's; now it is the order's.
async fn move_to_order(tx: &mut TenantTx, line: &Open, id: SettlementLineId, order: OrderId, reason: &str) -> Result<(), ResolveError> {
    open_items::of_orders(tx, &[order]).await?;
    sqlx::query!("update tenant.settlement_lines set moved = true where tenant_id = $1 and id = $2", tx.tenant(), id.uuid()).execute(tx.conn()).await?;
    let between = Account::new(Role::Suspense, Some("statement"));
    let of_order = vec![Line::credit(Role::Bank, line.amount), Line::debit(between.clone(), line.amount)];
    let of_nobody = vec![Line::debit(clearing(line.shop), line.amount), Line::credit(between, line.amount)];
    post_entries(tx, vec![(format!("{id}/order"), Some(order), of_order), (format!("{id}/shop"), None, of_nobody)], line, reason).await
}

async fn post_entries(tx: &mut TenantTx, wanted: Vec<(String, Option<OrderId>, Vec<Line>)>, line: &Open, reason: &str) -> Result<(), ResolveError> {
    let currency: Currency = line.currency.parse().unwrap_or(Currency::USD);
    let now = tx.now();
    let entry = |(cause, order, lines): (String, Option<OrderId>, Vec<Line>)| {
        let head = Head { cause, kind: "settlement".into(), order, reverses: None, memo: Some(reason.to_owned()), occurred_at: now, not_before: None };
        Entry::balanced(head, currency, lines)
    };
    let entries = wanted.into_iter().map(entry).collect::<Result<Vec<_>, _>>()?;
    post::post(tx, &entries, WhenClosed::Refuse).await?;
    Ok(())
}
