//! People and the tenants they may enter. A person is known by a verified e-mail address across tenants;
//! what they may do in a tenant is that tenant's own data (see `roles`).

use crate::fields::FieldError;
use kernel::{PersonId, TenantId};
use sqlx::PgConnection;
use std::str::FromStr;

/// The languages people are written to in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locale {
    En,
    Vi,
}

impl Locale {
    pub fn code(self) -> &'static str {
        match self {
            Locale::En => "en",
            Locale::Vi => "vi",
        }
    }
}

impl FromStr for Locale {
    type Err = FieldError;
    fn from_str(text: &str) -> Result<Self, FieldError> {
        match text {
            "en" => Ok(Locale::En),
            "vi" => Ok(Locale::Vi),
            _ => Err(FieldError::new("locale", "must be en or vi")),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: PersonId,
    pub name: String,
    pub email: String,
    pub email_verified: bool,
    pub locale: String,
}

/// A tenant as its people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    pub id: TenantId,
    pub slug: String,
    pub name: String,
    pub country: String,
    pub currency: String,
    pub time_zone: String,
    pub locale: String,
}

/// A tenant in a person's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantName {
    pub id: TenantId,
    pub slug: String,
    pub name: String,
}

/// The most tenants a person is shown; a person in more of them enters by invitation link or address.
const TENANTS_MAX: i64 = 200;

/// The tenants the person may enter, by name.
pub(crate) async fn tenants_of(conn: &mut PgConnection, person: PersonId) -> Result<Vec<TenantName>, sqlx::Error> {
    sqlx::query_as!(
        TenantName,
        r#"select t.id as "id: TenantId", t.slug, t.name from control.memberships m join control.tenants t on t.id = m.tenant_id
           where m.person_id = $1 and m.state = 'active' and t.state = 'active' order by t.name, t.id limit $2"#,
        person.uuid(),
        TENANTS_MAX,
    )
    .fetch_all(conn)
    .await
}
