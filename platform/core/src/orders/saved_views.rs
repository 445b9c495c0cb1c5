//! Saved views of the order list: a name for a query and a choice of columns, one's own or shared with the tenant.

use kernel::{PersonId, SavedViewId, Timestamp};
use tenants::rights::ReadOrders;
use tenants::{Permit, TenantTx};

/// Views one person may keep.
pub const VIEWS_MAX: i64 = 100;
pub const COLUMNS_MAX: usize = 60;

#[derive(Clone, Debug)]
pub struct SavedView {
    pub id: SavedViewId,
    pub owner: PersonId,
    pub name: String,
    pub shared: bool,
    pub query: String,
    pub columns: Vec<String>,
    pub created_at: Timestamp,
}

#[derive(Debug, thiserror::Error)]
pub enum SaveViewError {
    #[error("name: 1 to 60 characters, no control characters")]
    BadName,
    #[error("query: at most 4000 characters, no control characters")]
    BadQuery,
    #[error("columns: at most {COLUMNS_MAX} names of at most 60 characters")]
    BadColumns,
    #[error("a view of that name exists already")]
    NameTaken,
    #[error("a person may keep {VIEWS_MAX} views")]
    TooMany,
    #[error(transparent)]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for SaveViewError {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error().and_then(|e| e.constraint()) {
            Some("saved_views_tenant_id_owner_name_key") => Self::NameTaken,
            _ => Self::Database(error),
        }
    }
}

/// The person's own views and those shared in the tenant, by name.
pub async fn list(tx: &mut TenantTx, _: Permit<ReadOrders>, person: PersonId) -> Result<Vec<SavedView>, sqlx::Error> {
    sqlx::query_as!(
        SavedView,
        r#"select id as "id: SavedViewId", owner as "owner: PersonId", name, shared, query, columns, created_at from tenant.saved_views
           where tenant_id = $1 and (owner = $2 or shared) order by name, id limit 1000"#,
        tx.tenant(),
        person.uuid(),
    )
    .fetch_all(tx.conn())
    .await
}

pub async fn save(tx: &mut TenantTx, _: Permit<ReadOrders>, person: PersonId, name: &str, shared: bool, query: &str, columns: &[String]) -> Result<SavedView, SaveViewError> {
    let name = name.trim();
    let plain = |text: &str, max: usize| text.chars().count() <= max && !text.chars().any(char::is_control);
    if name.is_empty() || !plain(name, 60) {
        return Err(SaveViewError::BadName);
    }
    if !plain(query, 4000) {
        return Err(SaveViewError::BadQuery);
    }
    if columns.len() > COLUMNS_MAX || !columns.iter().all(|c| plain(c, 60)) {
        return Err(SaveViewError::BadColumns);
    }
    let kept = sqlx::query_scalar!(r#"select count(*) as "count!" from tenant.saved_views where tenant_id = $1 and owner = $2"#, tx.tenant(), person.uuid()).fetch_one(tx.conn()).await?;
    if kept >= VIEWS_MAX {
        return Err(SaveViewError::TooMany);
    }
    let view = SavedView { id: SavedViewId::new(), owner: person, name: name.to_owned(), shared, query: query.to_owned(), columns: columns.to_vec(), created_at: tx.now() };
    sqlx::query!(
        "insert into tenant.saved_views (tenant_id, id, owner, name, shared, query, columns, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        tx.tenant(),
        view.id.uuid(),
        person.uuid(),
        view.name,
        shared,
        view.query,
        columns,
        view.created_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(view)
}

/// Removes one's own view. False when the person has no such view.
pub async fn remove(tx: &mut TenantTx, _: Permit<ReadOrders>, person: PersonId, id: SavedViewId) -> Result<bool, sqlx::Error> {
    let removed = sqlx::query!("delete from tenant.saved_views where tenant_id = $1 and owner = $2 and id = $3", tx.tenant(), person.uuid(), id.uuid()).execute(tx.conn()).await?;
    Ok(removed.rows_affected() == 1)
}
