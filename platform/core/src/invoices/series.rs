//! Series: the next number is taken under the lock of its row, which is held until the issuing transaction ends. So a number
//! is given back by a rollback, and documents of a series follow each other in time (INVOICE-1).

use kernel::Timestamp;
use tenants::TenantTx;

/// A number taken.
pub struct Taken {
    pub sequence: i64,
    /// Never before that of the number before.
    pub issued_at: Timestamp,
}

pub async fn take(tx: &mut TenantTx, series: &str, year: i32) -> Result<Taken, sqlx::Error> {
    let row = sqlx::query!(
        "insert into tenant.invoice_series as s (tenant_id, series, year, last, last_issued_at) values ($1, $2, $3, 1, $4)
         on conflict (tenant_id, series, year) do update set last = s.last + 1, last_issued_at = greatest(s.last_issued_at, excluded.last_issued_at)
         returning last, last_issued_at",
        tx.tenant(),
        series,
        year,
        tx.now(),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Taken { sequence: row.last, issued_at: row.last_issued_at })
}
