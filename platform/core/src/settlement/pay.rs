//! A statement's payout seen in the bank: one line, matched to every order the statement pays, and to what belongs to none.
//! Invariant SETTLE-5: the payout of a statement is one bank line.

use crate::bank::matching::{self, Booking, How, MatchError, Part, Wish};
use crate::finance::{Account, Role};
use crate::orders::settled::PAYOUT;
use kernel::{BankLineId, ChannelAccountId, Decimal, OrderId, StatementId};
use tenants::rights::PostFinance;
use tenants::{Permit, TenantTx};

#[derive(Debug, thiserror::Error)]
pub enum PayError {
    #[error("the statement is not known")]
    Unknown,
    #[error("the payout of the statement was seen in the bank already")]
    PaidAlready,
    #[error(transparent)]
    Match(#[from] MatchError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Whether a match that stands shows the payout.
pub async fn is_paid(tx: &mut TenantTx, id: StatementId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from tenant.settlement_statements s join tenant.bank_matches m on m.tenant_id = $1 and m.id = s.bank_match_id and m.undone_at is null where s.tenant_id = $1 and s.id = $2) as "paid!""#,
        tx.tenant(),
        id.uuid(),
    )
    .fetch_one(tx.conn())
    .await
}

/// The clearing account of a shop.
pub fn clearing(shop: ChannelAccountId) -> Account {
    Account::new(Role::MarketplaceClearing, Some(&shop.to_string()))
}

/// What a statement pays out: by order, and of lines without one.
pub async fn payouts(tx: &mut TenantTx, id: StatementId) -> Result<Option<(ChannelAccountId, Vec<(OrderId, Decimal)>, Decimal)>, sqlx::Error> {
    let Some(statement) = sqlx::query!(
        r#"select channel_account_id as "shop: ChannelAccountId", reference, currency from tenant.settlement_statements where tenant_id = $1 and id = $2 for update"#,
        tx.tenant(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?
    else {
        return Ok(None);
    };
    let paid = sqlx::query!(
        r#"select order_id as "order_id!", sum(amount) as "amount!" from (
             select order_id, amount from tenant.settled_lines where tenant_id = $1 and channel_account_id = $2 and statement = $3 and currency = $4 and kind = $5
             union all select order_id, -amount from tenant.settlement_lines where tenant_id = $1 and statement_id = $6 and moved
           ) as p group by order_id having sum(amount) <> 0 order by order_id"#,
        tx.tenant(),
        statement.shop.uuid(),
        statement.reference,
        statement.currency,
        PAYOUT,
        id.uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    let loose = sqlx::query_scalar!(r#"select coalesce(sum(amount), 0) as "sum!" from tenant.settlement_lines where tenant_id = $1 and statement_id = $2 and (order_id is null or moved)"#, tx.tenant(), id.uuid())
        .fetch_one(tx.conn())
        .await?;
    Ok(Some((statement.shop, paid.into_iter().map(|row| (OrderId(row.order_id), row.amount.normalize())).collect(), loose.normalize())))
}

/// Says that a bank line is the payout of the statement (SETTLE-5).
pub async fn pay(tx: &mut TenantTx, permit: Permit<PostFinance>, id: StatementId, line: BankLineId, why: &str, book_later: bool) -> Result<(), PayError> {
    let (shop, paid, loose) = payouts(tx, id).await?.ok_or(PayError::Unknown)?;
    if is_paid(tx, id).await? {
        return Err(PayError::PaidAlready);
    }
    let parts = paid.into_iter().map(|(order, amount)| Part { order, account: Role::Bank.into(), amount: Some(amount) }).collect();
    let bookings = if loose.is_zero() { vec![] } else { vec![Booking { account: clearing(shop), amount: loose, order: None }] };
    let wish = Wish { parts, bookings, book_later, of_statement: true };
    let matched = matching::match_line(tx, permit, line, &wish, How::Hand, why).await?;
    sqlx::query!("update tenant.settlement_statements set bank_match_id = $3 where tenant_id = $1 and id = $2", tx.tenant(), id.uuid(), matched.uuid()).execute(tx.conn()).await?;
    Ok(())
}
