//! Roles: named sets of rights. Eight are built in, others are the tenant's own.
//! Invariant ROLE-1: built-in roles are never changed or removed.
//! Invariant ROLE-2: nobody gives or takes rights they lack themselves, through a role or an assignment.
//! Invariant ROLE-3: a tenant always has an owner.

use crate::{
    Actor, DirectoryError, Identity, Permit, Right, RightSet, TenantTx, audit,
    fields::{self, FieldError},
    rights::{ManagePeople, ManageRoles, ReadPeople, UnknownRight},
};
use kernel::{PersonId, RoleId, Timestamp};
use serde_json::json;
use std::collections::BTreeSet;
use uuid::Uuid;

/// The roles of a tenant, built-in ones included.
pub const PER_TENANT_MAX: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuiltIn {
    Owner,
    Admin,
    Finance,
    Sales,
    Warehouse,
    Support,
    Viewer,
    Partner,
}

impl BuiltIn {
    pub const ALL: [BuiltIn; 8] = [Self::Owner, Self::Admin, Self::Finance, Self::Sales, Self::Warehouse, Self::Support, Self::Viewer, Self::Partner];

    pub fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Finance => "finance",
            Self::Sales => "sales",
            Self::Warehouse => "warehouse",
            Self::Support => "support",
            Self::Viewer => "viewer",
            Self::Partner => "partner",
        }
    }

    /// The owner alone manages the tenant itself and its identity provider, since whoever does can become anybody in it.
    /// By ROLE-2 an admin can therefore neither make nor unmake an owner. A partner sees the portal only.
    pub fn rights(self) -> RightSet {
        use Right::*;
        let rights: &[Right] = match self {
            Self::Owner => Right::ALL,
            Self::Admin => return Right::ALL.iter().copied().filter(|right| *right != ManageTenant).collect(),
            Self::Finance => &[ReadOrders, HoldOrders, ReleaseOrders, ExportOrders, ConfirmOrders, TenderOrders, ReadFinance, PostFinance, IssueInvoices, ManageReceivables, WriteOffReceivables, WorkShifts, ManageDrawers, CloseFinance, ReadCompanies, ManageCompanies, ConfigureCredit, ReadPrices, ManagePrices, SeeMargins, ApprovePrices, ReadProducts, ReadCustomers, ReadChannels, ReadQuarantine, ReadImports, ReadPlugins, ReadPeople, ReadAudit],
            Self::Sales => &[ReadOrders, CreateOrders, EditOrders, HoldOrders, ConfirmOrders, TenderOrders, WorkShifts, ReadPrices, WriteQuotes, ReadProducts, ManageProducts, ReadCustomers, MergeCustomers, ReadCompanies, ReadChannels, ReadQuarantine, ReadImports, RunImports, ReadPeople],
            Self::Warehouse => &[ReadOrders, EditOrders, HoldOrders, ReadProducts, ManageProducts, ReadChannels],
            Self::Support => &[ReadOrders, EditOrders, HoldOrders, ReadProducts, ReadCustomers, MergeCustomers, ReadChannels, ReadQuarantine, SettleQuarantine, ReadCompanies, ReadPeople],
            Self::Viewer => &[ReadOrders, ReadPrices, ReadProducts, ReadCustomers, ReadCompanies, ReadChannels, ReadQuarantine, ReadImports, ReadPlugins, ReadPeople],
            Self::Partner => &[],
        };
        rights.iter().copied().collect()
    }

    fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// A role as stored.
#[derive(Clone, Debug)]
pub struct RoleRow {
    pub id: RoleId,
    pub name: String,
    pub built_in: bool,
    pub permissions: Vec<String>,
}

impl RoleRow {
    /// Built-in rights come from the code, so that they grow with it. A stored word that is no right any more gives nothing.
    pub fn rights(&self) -> RightSet {
        match BuiltIn::of(&self.name).filter(|_| self.built_in) {
            Some(role) => role.rights(),
            None => self.permissions.iter().filter_map(|word| word.parse().ok()).collect(),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    #[error("there is no such role")]
    NotFound,
    #[error("there is no such person here")]
    NoPerson,
    #[error(transparent)]
    Field(#[from] FieldError),
    #[error("rights: {0}")]
    Right(#[from] UnknownRight),
    #[error("built-in roles cannot be changed: make a role of your own")]
    BuiltIn,
    #[error("there is a role of this name already")]
    NameTaken,
    #[error("{0} people still have this role: give them another first")]
    InUse(i64),
    #[error("a tenant has at most {PER_TENANT_MAX} roles")]
    TooMany,
    #[error("you lack the right {0} yourself")]
    Beyond(Right),
    #[error("the tenant would have no owner: make another person owner first")]
    LastOwner,
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Every role of the tenant, built-in ones first.
pub(crate) async fn rows(tx: &mut TenantTx) -> Result<Vec<RoleRow>, sqlx::Error> {
    let tenant = tx.tenant();
    sqlx::query_as!(
        RoleRow,
        r#"select id as "id: RoleId", name, built_in, permissions from tenant.roles where tenant_id = $1 order by built_in desc, id limit $2"#,
        tenant,
        PER_TENANT_MAX as i64
    )
    .fetch_all(tx.conn())
    .await
}

/// A role with the number of people who have it.
#[derive(Clone, Debug)]
pub struct Role {
    pub row: RoleRow,
    pub people: i64,
}

pub async fn list(tx: &mut TenantTx, _: Permit<ReadPeople>) -> Result<Vec<Role>, sqlx::Error> {
    let tenant = tx.tenant();
    let counts = sqlx::query!(r#"select role_id as "role: RoleId", count(*) as "people!" from tenant.role_assignments where tenant_id = $1 group by role_id"#, tenant)
        .fetch_all(tx.conn())
        .await?;
    let people = |id: RoleId| counts.iter().find(|count| count.role == id).map_or(0, |count| count.people);
    Ok(rows(tx).await?.into_iter().map(|row| Role { people: people(row.id), row }).collect())
}

/// Writes the built-in roles and makes a person owner. May run again: a sign-up that was cut off is finished so.
pub(crate) async fn found(tx: &mut TenantTx, owner: PersonId) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant();
    let (ids, names): (Vec<Uuid>, Vec<String>) = BuiltIn::ALL.iter().map(|role| (RoleId::new().uuid(), role.name().to_owned())).unzip();
    sqlx::query!(
        "insert into tenant.roles (tenant_id, id, name, built_in, permissions) select $1, id, name, true, '{}' from unnest($2::uuid[], $3::text[]) as r (id, name)
         on conflict (tenant_id, name) do nothing",
        tenant,
        &ids,
        &names,
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "insert into tenant.role_assignments (tenant_id, person_id, role_id) select $1, $2, id from tenant.roles where tenant_id = $1 and built_in and name = 'owner'
         on conflict do nothing",
        tenant,
        owner.uuid(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn create(identity: &Identity, actor: &Actor, _: Permit<ManageRoles>, name: &str, words: &[String], now: Timestamp) -> Result<Role, RoleError> {
    let name = fields::name("name", name, 60)?;
    let permissions = within(actor, words)?;
    let mut tx = identity.directory.begin_at(actor, now).await?;
    let tenant = tx.tenant();
    if rows(&mut tx).await?.len() >= PER_TENANT_MAX {
        return Err(RoleError::TooMany);
    }
    let id = RoleId::new();
    let made = sqlx::query!(
        "insert into tenant.roles (tenant_id, id, name, built_in, permissions, created_at) values ($1, $2, $3, false, $4, $5) on conflict (tenant_id, name) do nothing",
        tenant,
        id.uuid(),
        name,
        &permissions,
        now,
    )
    .execute(tx.conn())
    .await?;
    if made.rows_affected() == 0 {
        return Err(RoleError::NameTaken);
    }
    audit::write(&mut tx, "role.created", Some(&id), json!({"name": &name, "rights": &permissions})).await?;
    commit(identity, tx).await?;
    Ok(Role { row: RoleRow { id, name, built_in: false, permissions }, people: 0 })
}

pub async fn edit(identity: &Identity, actor: &Actor, _: Permit<ManageRoles>, id: RoleId, name: Option<&str>, words: Option<&[String]>, now: Timestamp) -> Result<Role, RoleError> {
    let mut tx = identity.directory.begin_at(actor, now).await?;
    let mut role = lock(&mut tx, id).await?;
    if role.built_in {
        return Err(RoleError::BuiltIn);
    }
    if let Some(name) = name {
        role.name = fields::name("name", name, 60)?;
    }
    if let Some(words) = words {
        // Taking a right from a role takes it from people: that needs the right as much as giving it does.
        let (before, after) = (role.rights(), rights_of(words)?);
        holds_difference(actor, &before, &after)?;
        role.permissions = after.iter().map(|right| right.word().to_owned()).collect();
    }
    let tenant = tx.tenant();
    let same_name = sqlx::query_scalar!(r#"select exists (select from tenant.roles where tenant_id = $1 and name = $2 and id <> $3) as "taken!""#, tenant, role.name, id.uuid())
        .fetch_one(tx.conn())
        .await?;
    if same_name {
        return Err(RoleError::NameTaken);
    }
    sqlx::query!("update tenant.roles set name = $3, permissions = $4 where tenant_id = $1 and id = $2", tenant, id.uuid(), role.name, &role.permissions)
        .execute(tx.conn())
        .await?;
    let people = assigned(&mut tx, id).await?;
    audit::write(&mut tx, "role.changed", Some(&id), json!({"name": &role.name, "rights": &role.permissions})).await?;
    commit(identity, tx).await?;
    Ok(Role { row: role, people })
}

pub async fn remove(identity: &Identity, actor: &Actor, _: Permit<ManageRoles>, id: RoleId, now: Timestamp) -> Result<(), RoleError> {
    let mut tx = identity.directory.begin_at(actor, now).await?;
    let role = lock(&mut tx, id).await?;
    if role.built_in {
        return Err(RoleError::BuiltIn);
    }
    let people = assigned(&mut tx, id).await?;
    if people > 0 {
        return Err(RoleError::InUse(people));
    }
    let tenant = tx.tenant();
    sqlx::query!("delete from tenant.roles where tenant_id = $1 and id = $2", tenant, id.uuid()).execute(tx.conn()).await?;
    audit::write(&mut tx, "role.removed", Some(&id), json!({"name": &role.name})).await?;
    commit(identity, tx).await
}

/// Gives a member exactly these roles.
pub async fn assign(identity: &Identity, actor: &Actor, _: Permit<ManagePeople>, person: PersonId, roles: &[RoleId], now: Timestamp) -> Result<(), RoleError> {
    let member = sqlx::query_scalar!(
        r#"select exists (select from control.memberships where tenant_id = $1 and person_id = $2 and state = 'active') as "member!""#,
        actor.tenant.uuid(),
        person.uuid()
    )
    .fetch_one(identity.directory.control())
    .await?;
    if !member {
        return Err(RoleError::NoPerson);
    }
    let mut tx = identity.directory.begin_at(actor, now).await?;
    replace(&mut tx, actor, person, roles).await?;
    commit(identity, tx).await
}

/// Replaces the roles of a person inside a transaction; the caller commits and raises the policy version.
pub(crate) async fn replace(tx: &mut TenantTx, actor: &Actor, person: PersonId, roles: &[RoleId]) -> Result<(), RoleError> {
    let tenant = tx.tenant();
    // The owner role's row is the lock: two changes at once cannot each leave the other's owner as the last.
    sqlx::query!("select id from tenant.roles where tenant_id = $1 and built_in and name = 'owner' for update", tenant).fetch_one(tx.conn()).await?;
    let all = rows(tx).await?;
    let wanted: BTreeSet<RoleId> = roles.iter().copied().collect();
    if wanted.iter().any(|id| all.iter().all(|role| role.id != *id)) {
        return Err(RoleError::NotFound);
    }
    let current: BTreeSet<RoleId> =
        sqlx::query_scalar!(r#"select role_id as "id: RoleId" from tenant.role_assignments where tenant_id = $1 and person_id = $2"#, tenant, person.uuid())
            .fetch_all(tx.conn())
            .await?
            .into_iter()
            .collect();
    for role in all.iter().filter(|role| wanted.contains(&role.id) != current.contains(&role.id)) {
        holds(actor, &role.rights())?;
    }
    sqlx::query!("delete from tenant.role_assignments where tenant_id = $1 and person_id = $2", tenant, person.uuid()).execute(tx.conn()).await?;
    let ids: Vec<Uuid> = wanted.iter().map(|id| id.uuid()).collect();
    sqlx::query!("insert into tenant.role_assignments (tenant_id, person_id, role_id) select $1, $2, unnest($3::uuid[])", tenant, person.uuid(), &ids)
        .execute(tx.conn())
        .await?;
    let owned = sqlx::query_scalar!(
        r#"select exists (select from tenant.role_assignments a join tenant.roles r on r.tenant_id = a.tenant_id and r.id = a.role_id
             where a.tenant_id = $1 and r.built_in and r.name = 'owner') as "owned!""#,
        tenant
    )
    .fetch_one(tx.conn())
    .await?;
    if !owned {
        return Err(RoleError::LastOwner);
    }
    let names: Vec<&str> = all.iter().filter(|role| wanted.contains(&role.id)).map(|role| role.name.as_str()).collect();
    audit::write(tx, "roles.assigned", Some(&person), json!({"roles": names})).await?;
    Ok(())
}

/// The roles exist, and the actor may give them (ROLE-2).
pub(crate) async fn may_give(tx: &mut TenantTx, actor: &Actor, roles: &[RoleId]) -> Result<Vec<RoleRow>, RoleError> {
    let all = rows(tx).await?;
    let mut given = Vec::with_capacity(roles.len());
    for id in roles {
        let role = all.iter().find(|role| role.id == *id).ok_or(RoleError::NotFound)?;
        holds(actor, &role.rights())?;
        given.push(role.clone());
    }
    Ok(given)
}

async fn lock(tx: &mut TenantTx, id: RoleId) -> Result<RoleRow, RoleError> {
    let tenant = tx.tenant();
    sqlx::query_as!(RoleRow, r#"select id as "id: RoleId", name, built_in, permissions from tenant.roles where tenant_id = $1 and id = $2 for update"#, tenant, id.uuid())
        .fetch_optional(tx.conn())
        .await?
        .ok_or(RoleError::NotFound)
}

async fn assigned(tx: &mut TenantTx, id: RoleId) -> Result<i64, sqlx::Error> {
    let tenant = tx.tenant();
    sqlx::query_scalar!(r#"select count(*) as "people!" from tenant.role_assignments where tenant_id = $1 and role_id = $2"#, tenant, id.uuid()).fetch_one(tx.conn()).await
}

async fn commit(identity: &Identity, tx: TenantTx) -> Result<(), RoleError> {
    let tenant = tx.tenant_id();
    tx.commit().await?;
    identity.policies.changed(tenant).await?;
    identity.authenticator.forget_all();
    Ok(())
}

fn rights_of(words: &[String]) -> Result<RightSet, UnknownRight> {
    words.iter().map(|word| word.parse()).collect()
}

fn within(actor: &Actor, words: &[String]) -> Result<Vec<String>, RoleError> {
    let rights = rights_of(words)?;
    holds(actor, &rights)?;
    Ok(rights.iter().map(|right| right.word().to_owned()).collect())
}

fn holds(actor: &Actor, rights: &RightSet) -> Result<(), RoleError> {
    rights.iter().find(|right| !actor.rights.contains(*right)).map_or(Ok(()), |right| Err(RoleError::Beyond(right)))
}

fn holds_difference(actor: &Actor, before: &RightSet, after: &RightSet) -> Result<(), RoleError> {
    holds(actor, &before.iter().filter(|right| !after.contains(*right)).chain(after.iter().filter(|right| !before.contains(*right))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_owner_manages_the_tenant() {
        for role in BuiltIn::ALL {
            assert_eq!(role.rights().contains(Right::ManageTenant), role == BuiltIn::Owner, "{}", role.name());
        }
        assert_eq!(BuiltIn::Owner.rights(), RightSet::all());
        assert_eq!(BuiltIn::Partner.rights(), RightSet::default());
    }

    #[test]
    fn role_2_giving_and_taking_need_the_right_alike() {
        let actor = Actor::system(kernel::TenantId::new(), "test", BuiltIn::Admin.rights());
        let (some, more): (RightSet, RightSet) = ([Right::ReadOrders].into_iter().collect(), [Right::ReadOrders, Right::ManageTenant].into_iter().collect());
        assert!(holds_difference(&actor, &some, &more).is_err() && holds_difference(&actor, &more, &some).is_err());
        assert!(holds_difference(&actor, &more, &more).is_ok() && holds_difference(&actor, &some, &RightSet::default()).is_ok());
    }

    #[test]
    fn role_1_a_custom_role_named_like_a_built_in_one_gets_only_its_own_words() {
        let row = RoleRow { id: RoleId::new(), name: "owner".into(), built_in: false, permissions: vec!["orders:read".into(), "gone:right".into()] };
        assert_eq!(row.rights(), [Right::ReadOrders].into_iter().collect());
    }
}
