//! Which product a listing is likely to be. A suggestion maps nothing: a person does.

use super::queue::Unmapped;
use kernel::{ProductId, search::folded};
use std::collections::{BTreeSet, HashMap};
use tenants::TenantTx;

/// Products whose names are compared; a bigger catalogue is compared by SKU and barcode whole, by name in part.
const COMPARED_MAX: i64 = 5_000;
/// Words two names have in common, in percent of the words of both.
const ALIKE_MIN: usize = 60;

/// Why a product is suggested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The same SKU, written otherwise.
    Sku,
    Barcode,
    /// A similar name.
    Name,
}

impl Why {
    pub fn word(self) -> &'static str {
        match self {
            Self::Sku => "sku",
            Self::Barcode => "barcode",
            Self::Name => "name",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    pub product: ProductId,
    pub sku: String,
    pub name: String,
    pub unit: String,
    pub why: Why,
}

struct Candidate {
    id: ProductId,
    sku: String,
    name: String,
    unit: String,
    barcode: Option<String>,
}

/// Letters and digits alone, so that `TS-01`, `ts 01` and `TS01` are one.
fn bare(text: &str) -> String {
    folded(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

fn words(text: &str) -> BTreeSet<String> {
    folded(text).split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Twice the words in common, in percent of the words of both.
fn likeness(a: &BTreeSet<String>, b: &BTreeSet<String>) -> usize {
    (200 * a.intersection(b).count()).checked_div(a.len() + b.len()).unwrap_or_default()
}

/// Adds the likeliest product to each listing.
pub(super) async fn suggest(tx: &mut TenantTx, rows: &mut [Unmapped]) -> Result<(), sqlx::Error> {
    let skus: Vec<String> = rows.iter().filter_map(|row| row.listing.strip_prefix("sku:")).map(str::to_owned).collect();
    let bares: Vec<String> = skus.iter().map(|sku| bare(sku)).collect();
    let products = sqlx::query_as!(
        Candidate,
        r#"select p.id as "id: ProductId", p.sku, p.name, p.unit, p.barcode from tenant.products p
           where p.tenant_id = $1 and p.active and (p.barcode = any($2) or regexp_replace(lower(p.sku), '[^[:alnum:]]', '', 'g') = any($3)
             or p.id in (select r.id from tenant.products r where r.tenant_id = $1 and r.active order by r.updated_at desc limit $4))
           order by p.sku"#,
        tx.tenant(),
        &skus,
        &bares,
        COMPARED_MAX,
    )
    .fetch_all(tx.conn())
    .await?;
    let by_sku: HashMap<String, &Candidate> = products.iter().rev().map(|p| (bare(&p.sku), p)).collect();
    let by_barcode: HashMap<&str, &Candidate> = products.iter().filter_map(|p| Some((p.barcode.as_deref()?, p))).collect();
    let names: Vec<(BTreeSet<String>, &Candidate)> = products.iter().map(|p| (words(&p.name), p)).collect();
    for row in rows {
        let sku = row.listing.strip_prefix("sku:");
        let named = || {
            let asked = words(row.name.as_deref()?);
            let alike = names.iter().map(|(words, product)| (likeness(words, &asked), *product)).filter(|(likeness, _)| *likeness >= ALIKE_MIN);
            alike.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, product)| (product, Why::Name))
        };
        let found = sku.and_then(|sku| by_sku.get(&bare(sku)).map(|p| (*p, Why::Sku)).or_else(|| by_barcode.get(sku).map(|p| (*p, Why::Barcode)))).or_else(named);
        row.suggestion = found.map(|(p, why)| Suggestion { product: p.id, sku: p.sku.clone(), name: p.name.clone(), unit: p.unit.clone(), why });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_alike_whatever_their_accents_and_order() {
        let alike = |a: &str, b: &str| likeness(&words(a), &words(b)) >= ALIKE_MIN;
        assert!(alike("Áo thun lụa trắng", "ao thun LUA, trang (M)"));
        assert!(alike("Silk scarf red", "Red silk scarf"));
        assert!(!alike("Silk scarf red", "Cotton towel red"));
        assert!(!alike("", "Red"));
        assert_eq!(bare("TS-01 / b"), "ts01b");
    }
}
