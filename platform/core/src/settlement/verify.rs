//! Compares the clearing accounts of shops with what stands behind them (SETTLE-4).

use tenants::TenantTx;

/// Shops whose clearing holds, beside their orders, something else than the lines without an order say; in words.
pub async fn differences(tx: &mut TenantTx) -> Result<Vec<String>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"with posted as (
             select l.account, e.currency, sum(l.amount) as amount from tenant.ledger_entries e, unnest(e.accounts, e.amounts) as l(account, amount)
             where e.tenant_id = $1 and e.order_id is null and starts_with(l.account, 'marketplace_clearing:') and (starts_with(e.cause, 'sln_') or starts_with(e.cause, 'bmt_'))
             group by l.account, e.currency
           ), asked as (
             select 'marketplace_clearing:cha_' || replace(s.channel_account_id::text, '-', '') as account, l.currency,
               sum(case when m.id is not null and (l.order_id is null or l.moved) then -l.amount else 0 end + case when l.moved or l.state = 'booked' then l.amount else 0 end) as amount
             from tenant.settlement_lines l
             join tenant.settlement_statements s on s.tenant_id = $1 and s.id = l.statement_id
             left join tenant.bank_matches m on m.tenant_id = $1 and m.id = s.bank_match_id and m.undone_at is null
             where l.tenant_id = $1 group by s.channel_account_id, l.currency
           )
           select coalesce(a.account, p.account) as "account!", coalesce(p.amount, 0) as "posted!", coalesce(a.amount, 0) as "asked!"
           from asked a full join posted p on p.account = a.account and p.currency = a.currency
           where coalesce(p.amount, 0) <> coalesce(a.amount, 0)"#,
        tx.tenant(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| format!("{} without orders: posted {}, computed {}", row.account, row.posted.normalize(), row.asked.normalize())).collect())
}
