//! Customers that a person says are one, and taking that back (CUST-3).
//! Invariant CUST-4: a customer others were merged into is merged into nobody, so every identity leads to its customer in one step.

use super::list::identities;
use kernel::CustomerId;
use serde_json::json;
use tenants::rights::MergeCustomers;
use tenants::{Permit, TenantTx, audit};
use uuid::Uuid;

pub const REASON_CHARS_MAX: usize = 500;
/// Identities of one customer.
pub const IDENTITIES_MAX: usize = 50;

#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error("the customer is not known")]
    Unknown,
    #[error("the other customer is not known")]
    UnknownOther,
    #[error("they are one customer already")]
    OneAlready,
    #[error("this is no identity of the customer, or their only one")]
    NotMerged,
    #[error("a customer has at most {IDENTITIES_MAX} identities")]
    TooMany,
    #[error("reason is empty or longer than {REASON_CHARS_MAX} characters")]
    BadReason,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Merges another customer into this one. Returns the customer they are now.
pub async fn merge(tx: &mut TenantTx, _: Permit<MergeCustomers>, customer: CustomerId, other: CustomerId, reason: &str) -> Result<CustomerId, LinkError> {
    let reason = checked(reason)?;
    alone(tx).await?;
    let (ours, theirs) = (known(tx, customer).await?.ok_or(LinkError::Unknown)?, known(tx, other).await?.ok_or(LinkError::UnknownOther)?);
    let (Some(root), Some(merged)) = (ours.first().copied(), theirs.first().copied()) else { return Err(LinkError::Unknown) };
    if root == merged {
        return Err(LinkError::OneAlready);
    }
    if ours.len() + theirs.len() > IDENTITIES_MAX {
        return Err(LinkError::TooMany);
    }
    sqlx::query!("update tenant.customer_links set customer = $3 where tenant_id = $1 and customer = $2", tx.tenant(), merged, root).execute(tx.conn()).await?;
    sqlx::query!(
        "insert into tenant.customer_links (tenant_id, identity, customer, reason, linked_by, linked_at) values ($1, $2, $3, $4, $5, $6)",
        tx.tenant(),
        merged,
        root,
        reason,
        tx.actor().who.to_string(),
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    audit::write(tx, "customer.merged", Some(&CustomerId(root)), json!({"other": CustomerId(merged), "reason": reason})).await?;
    Ok(CustomerId(root))
}

/// Takes one identity out of a customer: it is a customer of its own again. Returns the customer without it.
pub async fn split(tx: &mut TenantTx, _: Permit<MergeCustomers>, customer: CustomerId, identity: CustomerId, reason: &str) -> Result<CustomerId, LinkError> {
    let reason = checked(reason)?;
    alone(tx).await?;
    let all = known(tx, customer).await?.ok_or(LinkError::Unknown)?;
    let (Some(root), Some(next)) = (all.first().copied(), all.get(1).copied()) else { return Err(LinkError::NotMerged) };
    if !all.contains(&identity.uuid()) {
        return Err(LinkError::NotMerged);
    }
    let stays = if identity.uuid() == root {
        // The others stay together under the next of them.
        sqlx::query!("delete from tenant.customer_links where tenant_id = $1 and identity = $2", tx.tenant(), next).execute(tx.conn()).await?;
        sqlx::query!("update tenant.customer_links set customer = $3 where tenant_id = $1 and customer = $2", tx.tenant(), root, next).execute(tx.conn()).await?;
        next
    } else {
        sqlx::query!("delete from tenant.customer_links where tenant_id = $1 and identity = $2", tx.tenant(), identity.uuid()).execute(tx.conn()).await?;
        root
    };
    audit::write(tx, "customer.split", Some(&CustomerId(stays)), json!({"identity": identity, "reason": reason})).await?;
    Ok(CustomerId(stays))
}

fn checked(reason: &str) -> Result<&str, LinkError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX || reason.contains('\0') { Err(LinkError::BadReason) } else { Ok(reason) }
}

/// Who merges or splits works alone within the tenant, so that no two make a circle (CUST-4).
async fn alone(tx: &mut TenantTx) -> Result<(), sqlx::Error> {
    let (high, low) = tx.tenant().as_u64_pair();
    sqlx::query("select pg_advisory_xact_lock($1)").bind((high ^ low ^ 0x6375_7374_6f6d_6572).cast_signed()).execute(tx.conn()).await?;
    Ok(())
}

/// The identities of a customer, when any order is theirs.
async fn known(tx: &mut TenantTx, customer: CustomerId) -> Result<Option<Vec<Uuid>>, sqlx::Error> {
    let all = identities(tx, customer).await?;
    let any = sqlx::query_scalar!(r#"select exists(select from tenant.orders where tenant_id = $1 and customer = any($2)) as "any!""#, tx.tenant(), &all).fetch_one(tx.conn()).await?;
    Ok(any.then_some(all))
}
