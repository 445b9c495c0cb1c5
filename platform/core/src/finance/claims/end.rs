//! The end of claims: what nobody will use is income (P7, IFRS 15.B40-B46).

use super::issue::{ClaimError, reason};
use super::{Claim, Kind};
use crate::finance::entry::{Entry, Head, Line};
use crate::finance::post::{self, WhenClosed};
use crate::finance::{Role, settings};
use kernel::{ClaimId, EntryId};
use serde_json::json;
use tenants::rights::PostFinance;
use tenants::{Permit, TenantTx, audit};

/// Claims one round ends at most.
const AT_ONCE_MAX: i64 = 500;

/// Ends what is left on a claim: it has expired, or a person says why it ends before.
pub async fn end(tx: &mut TenantTx, _: Permit<PostFinance>, id: ClaimId, why: Option<&str>) -> Result<EntryId, ClaimError> {
    let why = why.map(reason).transpose()?;
    let kind = sqlx::query_scalar!("select kind from tenant.claims where tenant_id = $1 and id = $2", tx.tenant(), id.uuid()).fetch_optional(tx.conn()).await?;
    let kind = kind.as_deref().and_then(Kind::of_word).ok_or(ClaimError::Unknown)?;
    if kind == Kind::OnAccount {
        return super::issue::wrong("reason", "nothing: money on account is applied or given back, it does not expire");
    }
    let today = today(tx).await?;
    let claim = super::lock(tx, kind, &id.to_string()).await?.ok_or(ClaimError::Unknown)?;
    match (claim.expires_on, &why) {
        (_, Some(_)) => {}
        (Some(day), None) if day < today => {}
        (Some(day), None) => return Err(ClaimError::NotExpired(day)),
        (None, None) => return Err(ClaimError::NeverExpires),
    }
    let entry = post_end(tx, &claim, why.as_deref()).await?;
    audit::write(tx, "claim.ended", Some(&id), json!({"balance": claim.balance, "reason": why})).await?;
    Ok(entry)
}

async fn today(tx: &mut TenantTx) -> Result<chrono::NaiveDate, sqlx::Error> {
    let zone = settings::open_books(tx).await?.newest().time_zone;
    Ok(tx.now().with_timezone(&zone).date_naive())
}

async fn post_end(tx: &mut TenantTx, claim: &Claim, why: Option<&str>) -> Result<EntryId, ClaimError> {
    if claim.balance.is_zero() {
        return Err(ClaimError::Empty);
    }
    let id = EntryId::new();
    let head = Head {
        cause: format!("{}/expired/{id}", claim.id),
        kind: if claim.kind == Kind::Points { "claim_points_expired".into() } else { "claim_expired".to_owned() },
        order: None,
        reverses: None,
        memo: why.map(str::to_owned),
        occurred_at: tx.now(),
        not_before: None,
    };
    let entry = Entry::balanced(head, claim.currency, [Line::debit(claim.account(), claim.balance), Line::credit(Role::Breakage, claim.balance)])?;
    post::post_worth(tx, std::slice::from_ref(&entry), WhenClosed::FirstOpenDay, Some(-claim.face)).await?;
    Ok(entry.id())
}

/// Ends every claim whose last day is over. Returns how many.
pub async fn end_expired(tx: &mut TenantTx, _: Permit<PostFinance>) -> Result<usize, ClaimError> {
    let today = today(tx).await?;
    let due = sqlx::query!(
        r#"select id as "id: ClaimId", kind from tenant.claims where tenant_id = $1 and expires_on < $2 and balance > 0 and kind <> 'on_account' order by id limit $3"#,
        tx.tenant(),
        today,
        AT_ONCE_MAX,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut ended = 0;
    for row in due {
        let Some(kind) = Kind::of_word(&row.kind) else { continue };
        if let Some(claim) = super::lock(tx, kind, &row.id.to_string()).await?
            && !claim.balance.is_zero()
        {
            post_end(tx, &claim, None).await?;
            ended += 1;
        }
    }
    if ended > 0 {
        audit::write(tx, "claim.expired", None, json!({"claims": ended})).await?;
    }
    Ok(ended)
}
