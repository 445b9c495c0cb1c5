//! Drawers: where cash of a branch lies. The sub-account of a drawer is its id.

use super::account::{Account, Role};
use kernel::{Currency, DrawerId, Timestamp};
use tenants::rights::{ManageDrawers, WorkShifts};
use tenants::{Permit, TenantTx, audit};

pub const PER_TENANT_MAX: i64 = 1_000;
const NAME_CHARS_MAX: usize = 80;

#[derive(Clone, Debug, PartialEq)]
pub struct Drawer {
    pub id: DrawerId,
    pub name: String,
    pub branch: Option<String>,
    pub currency: String,
    pub created_at: Timestamp,
    /// The shift that is open in it.
    pub shift: Option<kernel::ShiftId>,
}

#[derive(Debug, thiserror::Error)]
pub enum DrawerError {
    #[error("the drawer is not known")]
    Unknown,
    #[error("{0}: 1 to {NAME_CHARS_MAX} characters without control characters")]
    Field(&'static str),
    #[error("another drawer has this name")]
    Taken,
    #[error("a tenant has at most {PER_TENANT_MAX} drawers")]
    TooMany,
    #[error(transparent)]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for DrawerError {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error().and_then(|e| e.constraint()) {
            Some("cash_drawers_name") => Self::Taken,
            _ => Self::Database(error),
        }
    }
}

pub fn account(drawer: DrawerId) -> Account {
    Account::new(Role::Cash, Some(&drawer.to_string()))
}

/// The drawer whose cash an account is.
pub fn of_account(account: &Account) -> Option<DrawerId> {
    account.sub().filter(|_| account.role == Role::Cash)?.parse().ok()
}

pub async fn create(tx: &mut TenantTx, _: Permit<ManageDrawers>, name: &str, branch: Option<&str>, currency: Currency) -> Result<DrawerId, DrawerError> {
    let plain = |text: &str| !text.is_empty() && text.chars().count() <= NAME_CHARS_MAX && !text.chars().any(char::is_control);
    let (name, branch) = (name.trim(), branch.map(str::trim).filter(|branch| !branch.is_empty()));
    if !plain(name) {
        return Err(DrawerError::Field("name"));
    }
    if branch.is_some_and(|branch| !plain(branch)) {
        return Err(DrawerError::Field("branch"));
    }
    let kept = sqlx::query_scalar!(r#"select count(*) as "n!" from tenant.cash_drawers where tenant_id = $1"#, tx.tenant()).fetch_one(tx.conn()).await?;
    if kept >= PER_TENANT_MAX {
        return Err(DrawerError::TooMany);
    }
    let (id, tenant, by, now) = (DrawerId::new(), tx.tenant(), tx.actor().who.to_string(), tx.now());
    sqlx::query!(
        "insert into tenant.cash_drawers (tenant_id, id, name, branch, currency, created_at, created_by) values ($1, $2, $3, $4, $5, $6, $7)",
        tenant,
        id.uuid(),
        name,
        branch,
        currency.code(),
        now,
        by,
    )
    .execute(tx.conn())
    .await?;
    audit::write(tx, "drawer.created", Some(&id), serde_json::json!({"name": name})).await?;
    Ok(id)
}

/// All drawers by name.
pub async fn list(tx: &mut TenantTx, _: Permit<WorkShifts>) -> Result<Vec<Drawer>, sqlx::Error> {
    sqlx::query_as!(
        Drawer,
        r#"select d.id as "id: DrawerId", d.name, d.branch, d.currency as "currency!", d.created_at, s.id as "shift?: kernel::ShiftId"
           from tenant.cash_drawers d left join tenant.cash_shifts s on s.tenant_id = $1 and s.drawer_id = d.id and s.closed_at is null
           where d.tenant_id = $1 order by d.name limit $2"#,
        tx.tenant(),
        PER_TENANT_MAX,
    )
    .fetch_all(tx.conn())
    .await
}
