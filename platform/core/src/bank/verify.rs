//! Compares what the bank's lines were matched to with the books.

use super::matching::confirmed;
use kernel::{BankAccountId, BankLineId};
use tenants::TenantTx;

/// Differences one look tells.
const DIFFERENCES_MAX: i64 = 1_000;

/// Matches whose parts are not their line (BANK-1), and accounts for which matches posted something else (BANK-4), in words.
pub async fn differences(tx: &mut TenantTx) -> Result<Vec<String>, sqlx::Error> {
    let parts = sqlx::query!(
        r#"select l.id as "id: BankLineId", l.amount, coalesce(sum(p.amount), 0) as "parts!"
           from tenant.bank_matches m
           join tenant.bank_lines l on l.tenant_id = $1 and l.id = m.line_id
           left join tenant.bank_match_parts p on p.tenant_id = $1 and p.match_id = m.id
           where m.tenant_id = $1 and m.undone_at is null
           group by l.id, l.amount having coalesce(sum(p.amount), 0) <> l.amount limit $2"#,
        tx.tenant(),
        DIFFERENCES_MAX,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut found: Vec<String> = parts.into_iter().map(|row| format!("bank line {}: its parts come to {}, computed {}", row.id, row.parts.normalize(), row.amount.normalize())).collect();
    let accounts = sqlx::query!(
        r#"select a.id as "id: BankAccountId", coalesce(sum(l.amount) filter (where m.id is not null), 0) as "matched!"
           from tenant.bank_accounts a
           left join tenant.bank_lines l on l.tenant_id = $1 and l.bank_account_id = a.id
           left join tenant.bank_matches m on m.tenant_id = $1 and m.line_id = l.id and m.undone_at is null
           where a.tenant_id = $1 group by a.id"#,
        tx.tenant(),
    )
    .fetch_all(tx.conn())
    .await?;
    for account in accounts {
        let name = confirmed(account.id).to_string();
        let booked = sqlx::query_scalar!(
            r#"select coalesce(sum(l.amount), 0) as "sum!" from tenant.ledger_entries e, unnest(e.accounts, e.amounts) as l(account, amount)
               where e.tenant_id = $1 and starts_with(e.cause, 'bmt_') and l.account = $2"#,
            tx.tenant(),
            name,
        )
        .fetch_one(tx.conn())
        .await?;
        if booked != account.matched {
            found.push(format!("{name}: matches posted {}, computed {}", booked.normalize(), account.matched.normalize()));
        }
    }
    Ok(found)
}
