//! An order in the merchant's own terms: which products its lines are, and how many of each.

use crate::orders::detail::Order;
use crate::orders::fact::LineKind;
use crate::products::listings::{self, Part};
use kernel::{Decimal, ProductId};
use std::collections::{BTreeMap, BTreeSet};
use tenants::TenantTx;
use uuid::Uuid;

/// What a product line is.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedLine {
    pub line_id: String,
    pub listing: String,
    /// Of one of it; empty while it is not mapped.
    pub parts: Vec<Part>,
}

/// A product with how many of it the order is for.
#[derive(Clone, Debug, PartialEq)]
pub struct Needed {
    pub product: ProductId,
    pub sku: String,
    pub name: String,
    pub unit: String,
    pub quantity: Decimal,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resolved {
    pub lines: Vec<ResolvedLine>,
    /// By SKU. What is not mapped is not in it.
    pub products: Vec<Needed>,
}

pub async fn of(tx: &mut TenantTx, order: &Order) -> Result<Resolved, sqlx::Error> {
    let account = order.row.channel_account_id.uuid();
    let lines: Vec<_> = order.projection.lines.iter().map(|(line, _)| line).filter(|line| line.kind == LineKind::Product).collect();
    let listing = |line: &crate::orders::fact::Line| listings::listing_of(line.sku.as_deref(), line.name.as_deref());
    let asked: BTreeSet<(Uuid, String)> = lines.iter().map(|line| (account, listing(line))).collect();
    let known = listings::resolve(tx, &asked).await?;
    let mut resolved = Resolved::default();
    let mut needed: BTreeMap<String, Needed> = BTreeMap::new();
    for line in lines {
        let listing = listing(line);
        let parts = known.get(&(account, listing.clone())).cloned().unwrap_or_default();
        for part in &parts {
            let quantity = line.quantity.get().saturating_mul(part.quantity);
            let sum = needed.entry(part.sku.clone()).or_insert_with(|| Needed { product: part.product_id, sku: part.sku.clone(), name: part.name.clone(), unit: part.unit.clone(), quantity: Decimal::ZERO });
            sum.quantity = sum.quantity.saturating_add(quantity).normalize();
        }
        resolved.lines.push(ResolvedLine { line_id: line.id.clone(), listing, parts });
    }
    resolved.products = needed.into_values().collect();
    Ok(resolved)
}
