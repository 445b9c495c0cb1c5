//! One product: made, changed, found.
//! Invariant PRODUCT-1: a SKU is one product's for good: it is never changed, and no other product gets it.
//! Invariant PRODUCT-2: a change names the version of the product it saw; the loser of a race changes nothing.

use super::settings;
use kernel::{Page, PageLimit, ProductId, Timestamp, search::folded};
use serde_json::json;
use tenants::rights::{ManageProducts, ReadProducts};
use tenants::{Permit, TenantTx, audit};

pub const SKU_CHARS_MAX: usize = 100;
pub const NAME_CHARS_MAX: usize = 300;
pub const UNIT_CHARS_MAX: usize = 30;
pub const BARCODE_CHARS_MAX: usize = 50;
pub const PER_TENANT_MAX: i64 = 200_000;

#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    pub id: ProductId,
    pub sku: String,
    pub name: String,
    pub unit: String,
    pub barcode: Option<String>,
    pub active: bool,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What may be said of a product beside its SKU.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub name: String,
    pub unit: String,
    pub barcode: Option<String>,
    pub active: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum ProductError {
    #[error("the product is not known")]
    Unknown,
    #[error("{field}: {wrong}")]
    Field { field: &'static str, wrong: String },
    #[error("the product was changed meanwhile: it is at version {0} now")]
    Stale(i64),
    #[error("there is a product with this SKU already")]
    SkuTaken,
    #[error("there is a product with this barcode already")]
    BarcodeTaken,
    #[error("a tenant has at most {PER_TENANT_MAX} products")]
    TooMany,
    #[error(transparent)]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for ProductError {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error().and_then(|e| e.constraint()) {
            Some("products_sku") => Self::SkuTaken,
            Some("products_barcode") => Self::BarcodeTaken,
            _ => Self::Database(error),
        }
    }
}

/// Text of 1 to `chars_max` characters without control characters, trimmed.
fn plain(field: &'static str, text: &str, chars_max: usize) -> Result<String, ProductError> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= chars_max && !text.chars().any(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err(ProductError::Field { field, wrong: format!("1 to {chars_max} characters without control characters") }) }
}

impl Draft {
    fn checked(self) -> Result<Self, ProductError> {
        let barcode = self.barcode.filter(|code| !code.trim().is_empty());
        Ok(Self {
            name: plain("name", &self.name, NAME_CHARS_MAX)?,
            unit: plain("unit", &self.unit, UNIT_CHARS_MAX)?,
            barcode: barcode.as_deref().map(|code| plain("barcode", code, BARCODE_CHARS_MAX)).transpose()?,
            active: self.active,
        })
    }
    fn searchable(&self, sku: &str) -> String {
        [Some(sku), Some(self.name.as_str()), self.barcode.as_deref()].into_iter().flatten().map(folded).collect::<Vec<_>>().join("\n")
    }
}

/// Makes a product. Orders that wait for a listing with its SKU are looked at again.
pub async fn create(tx: &mut TenantTx, _: Permit<ManageProducts>, sku: &str, draft: Draft) -> Result<Product, ProductError> {
    let (sku, draft) = (plain("sku", sku, SKU_CHARS_MAX)?, draft.checked()?);
    let kept = sqlx::query_scalar!(r#"select count(*) as "n!" from tenant.products where tenant_id = $1"#, tx.tenant()).fetch_one(tx.conn()).await?;
    if kept >= PER_TENANT_MAX {
        return Err(ProductError::TooMany);
    }
    let id = ProductId::new();
    sqlx::query!(
        "insert into tenant.products (tenant_id, id, sku, name, unit, barcode, active, search_text, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
        tx.tenant(),
        id.uuid(),
        sku,
        draft.name,
        draft.unit,
        draft.barcode,
        draft.active,
        draft.searchable(&sku),
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    settings::settle_soon(tx).await?;
    audit::write(tx, "product.created", Some(&id), json!({"sku": sku, "name": draft.name, "unit": draft.unit})).await?;
    find(tx, id).await?.ok_or(ProductError::Unknown)
}

/// Changes everything but the SKU (PRODUCT-1). A product that is not active is mapped to nothing new; what is mapped stays.
pub async fn change(tx: &mut TenantTx, _: Permit<ManageProducts>, id: ProductId, seen: i64, change: impl FnOnce(&mut Draft)) -> Result<Product, ProductError> {
    sqlx::query_scalar!("select id from tenant.products where tenant_id = $1 and id = $2 for update", tx.tenant(), id.uuid()).fetch_optional(tx.conn()).await?.ok_or(ProductError::Unknown)?;
    let before = find(tx, id).await?.ok_or(ProductError::Unknown)?;
    if before.version != seen {
        return Err(ProductError::Stale(before.version));
    }
    let mut draft = Draft { name: before.name.clone(), unit: before.unit.clone(), barcode: before.barcode.clone(), active: before.active };
    change(&mut draft);
    let draft = draft.checked()?;
    sqlx::query!(
        "update tenant.products set name = $3, unit = $4, barcode = $5, active = $6, search_text = $7, updated_at = $8, version = version + 1 where tenant_id = $1 and id = $2",
        tx.tenant(),
        id.uuid(),
        draft.name,
        draft.unit,
        draft.barcode,
        draft.active,
        draft.searchable(&before.sku),
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    let said = json!({
        "sku": before.sku,
        "before": {"name": before.name, "unit": before.unit, "barcode": before.barcode, "active": before.active},
        "after": {"name": draft.name, "unit": draft.unit, "barcode": draft.barcode, "active": draft.active},
    });
    audit::write(tx, "product.changed", Some(&id), said).await?;
    find(tx, id).await?.ok_or(ProductError::Unknown)
}

pub async fn find(tx: &mut TenantTx, id: ProductId) -> Result<Option<Product>, sqlx::Error> {
    sqlx::query_as!(
        Product,
        r#"select id as "id: ProductId", sku, name, unit, barcode, active, version, created_at, updated_at from tenant.products where tenant_id = $1 and id = $2"#,
        tx.tenant(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await
}

/// One page by SKU. `text` is a part of the SKU, name or barcode.
pub async fn page(tx: &mut TenantTx, _: Permit<ReadProducts>, text: Option<&str>, active: Option<bool>, after: Option<String>, limit: PageLimit) -> Result<Page<Product, String>, sqlx::Error> {
    let text = text.map(folded).filter(|text| !text.is_empty());
    let rows = sqlx::query_as!(
        Product,
        r#"select id as "id: ProductId", sku, name, unit, barcode, active, version, created_at, updated_at from tenant.products
           where tenant_id = $1 and ($2::text is null or strpos(search_text, $2) > 0) and ($3::boolean is null or active = $3) and ($4::text is null or sku > $4)
           order by sku limit $5"#,
        tx.tenant(),
        text,
        active,
        after,
        limit.rows() + 1,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(Page::from_fetched(rows, limit, |product| product.sku.clone()))
}
