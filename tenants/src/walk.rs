//! Walking all tenants, for the product's own chores (verification, polls). Never for a request.

use crate::{Actor, Directory, Right, RightSet};
use kernel::TenantId;

/// A tenant as chores see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walked {
    pub id: TenantId,
    pub slug: String,
}

/// The next active tenants after `after`, by id.
pub async fn tenants_after(directory: &Directory, after: Option<TenantId>, limit: i64) -> Result<Vec<Walked>, sqlx::Error> {
    sqlx::query_as!(
        Walked,
        r#"select id as "id: TenantId", slug from control.tenants where state = 'active' and ($1::uuid is null or id > $1) order by id limit $2"#,
        after.map(TenantId::uuid),
        limit,
    )
    .fetch_all(directory.control())
    .await
}

/// The active tenant with this slug.
pub async fn tenant_by_slug(directory: &Directory, slug: &str) -> Result<Option<Walked>, sqlx::Error> {
    sqlx::query_as!(Walked, r#"select id as "id: TenantId", slug from control.tenants where state = 'active' and slug = $1"#, slug)
        .fetch_optional(directory.control())
        .await
}

impl Actor {
    /// A chore of the product that only reads orders.
    pub fn reader(tenant: TenantId, part: &'static str) -> Self {
        Self::system(tenant, part, [Right::ReadOrders].into_iter().collect::<RightSet>())
    }
}
