//! Listings of an order's lines that are not mapped to products: what it lacks before it may go on, while its tenant asks.
//! Invariant MAP-1: while a tenant asks for mapping, an order made from then on whose line's listing is not mapped stands on
//! hold `mapping` and is seen in the queue; it is never dropped.
//!
//! Whether the tenant asks is told by statements that are made anyway, so tenants that do not ask pay nothing; for those that
//! do, one statement looks at all listings of all orders told of. A copy lacks nothing (SAME-1).

use super::fact::LineKind;
use super::project::{MappingProblem, Projection};
use super::same_sale;
use crate::products::listings;
use std::collections::{BTreeSet, HashSet};
use tenants::TenantTx;
use uuid::Uuid;

/// The field a problem names when a line's listing is not mapped.
pub const FIELD: &str = "listing";

/// Listings, by account, that are not mapped.
pub(super) type Unmapped = HashSet<(Uuid, String)>;

/// Of the products in orders, by their accounts, the listings that are not mapped.
pub(super) async fn among(tx: &mut TenantTx, orders: &[(Uuid, &Projection)]) -> Result<Unmapped, sqlx::Error> {
    let mut asked = BTreeSet::new();
    for (account, projection) in orders.iter().filter(|(_, projection)| !projection.copy) {
        asked.extend(products(projection).map(|(_, listing)| (*account, listing)));
    }
    listings::unmapped(tx, &asked).await
}

/// A product line's own id, and its listing.
fn products(projection: &Projection) -> impl Iterator<Item = (&str, String)> {
    projection.lines.iter().filter(|(line, _)| line.kind == LineKind::Product).map(|(line, _)| (line.id.as_str(), listings::listing_of(line.sku.as_deref(), line.name.as_deref())))
}

/// Adds what the order lacks to its problems.
pub(super) fn note(projection: &mut Projection, account: Uuid, unmapped: &Unmapped) {
    if projection.copy || unmapped.is_empty() {
        return;
    }
    let lacking: Vec<MappingProblem> = products(projection)
        .filter(|(_, listing)| unmapped.contains(&(account, listing.clone())))
        .map(|(line, listing)| MappingProblem { scope: format!("line:{line}"), field: FIELD.to_owned(), value: listing, reason: "the listing is not mapped to a product".to_owned() })
        .collect();
    projection.problems.extend(lacking);
    projection.problems.sort();
    projection.problems.dedup();
}

/// Waits for the orders that are being taken in and lets none in until the transaction ends, so that who turns the asking on
/// does it between two of them.
pub async fn pause(tx: &mut TenantTx) -> Result<(), sqlx::Error> {
    same_sale::watch(tx, true).await.map(|_| ())
}

/// Which of the orders are asked for their mapping.
pub(super) async fn asked(tx: &mut TenantTx, orders: &[Uuid]) -> Result<HashSet<Uuid>, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        "select o.id from tenant.mapping_settings s join tenant.orders o on o.tenant_id = $1 and o.id = any($2) and o.created_at >= s.required_since where s.tenant_id = $1",
        tx.tenant(),
        orders,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().collect())
}
