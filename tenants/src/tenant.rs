//! The tenant's own data: its name, time zone and language.

use crate::{
    Actor, DirectoryError, Identity, Permit, audit,
    fields::{self, FieldError},
    person::{Locale, Tenant},
    rights::ManageTenant,
};
use kernel::{TenantId, Timestamp};
use serde_json::json;

#[derive(Debug, thiserror::Error)]
pub enum EditTenantError {
    #[error(transparent)]
    Field(#[from] FieldError),
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// What changes; `None` stays.
#[derive(Clone, Debug, Default)]
pub struct TenantEdit {
    pub name: Option<String>,
    pub time_zone: Option<String>,
    pub locale: Option<String>,
}

pub async fn edit(identity: &Identity, actor: &Actor, _: Permit<ManageTenant>, edit: TenantEdit, now: Timestamp) -> Result<Tenant, EditTenantError> {
    let name = edit.name.as_deref().map(|name| fields::name("name", name, 120)).transpose()?;
    let time_zone = edit.time_zone.as_deref().map(fields::time_zone).transpose()?;
    let locale = edit.locale.as_deref().map(str::parse::<Locale>).transpose()?.map(Locale::code);
    let mut tx = identity.directory.begin_at(actor, now).await?;
    audit::write(&mut tx, "tenant.changed", Some(&actor.tenant), json!({"name": &name, "time_zone": &time_zone, "locale": locale})).await?;
    tx.commit().await?;
    let tenant = sqlx::query_as!(
        Tenant,
        r#"update control.tenants set name = coalesce($2, name), time_zone = coalesce($3, time_zone), locale = coalesce($4, locale) where id = $1
           returning id as "id: TenantId", slug, name, country::text as "country!", currency::text as "currency!", time_zone, locale"#,
        actor.tenant.uuid(),
        name,
        time_zone,
        locale
    )
    .fetch_one(identity.directory.control())
    .await?;
    identity.authenticator.forget_all();
    Ok(tenant)
}
