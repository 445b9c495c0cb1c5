//! Rights by casbin: role-based with domains, one enforcer per tenant, built from the tenant's own rows.
//! Invariant POL-1: an enforcer knows one tenant's policy and no other's.
//! Invariant POL-2: what was decided under an older policy version is never used again.
//! A change commits in the tenant's database and then raises the version in control; should the server die between the
//! two, the decision of before lives on for [`STALE_MAX`] at most.

use crate::{
    Actor, Directory, DirectoryError, Right, RightSet,
    roles::{self, RoleRow},
};
use async_trait::async_trait;
use casbin::{Adapter, CoreApi as _, DefaultModel, Enforcer, Filter, Model, error::AdapterError};
use kernel::{PersonId, TenantId};
use moka::future::Cache;
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

/// The cheap comparisons first: casbin walks every policy row, and only those that name the right reach the role graph.
const MODEL: &str = "
[request_definition]
r = sub, dom, obj, act
[policy_definition]
p = sub, dom, obj, act
[role_definition]
g = _, _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.act == p.act && r.obj == p.obj && r.dom == p.dom && g(r.sub, p.sub, r.dom)
";

/// How long a decision may outlive a change whose version was never raised because the server died.
pub const STALE_MAX: Duration = Duration::from_secs(60);
/// Enforcers and decisions kept.
const ENFORCERS_MAX: u64 = 500;
const DECISIONS_MAX: u64 = 50_000;

#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error("the tenant's policy could not be evaluated: {0}")]
    Casbin(#[from] casbin::Error),
}

/// Enforcers and what they decided. Cheap to clone.
#[derive(Clone)]
pub struct Policies {
    directory: Directory,
    enforcers: Cache<(TenantId, i64), Arc<Enforcer>>,
    decisions: Cache<(TenantId, i64, PersonId), Arc<RightSet>>,
}

impl Policies {
    pub fn new(directory: Directory) -> Self {
        Self {
            directory,
            enforcers: Cache::builder().max_capacity(ENFORCERS_MAX).time_to_live(STALE_MAX).build(),
            decisions: Cache::builder().max_capacity(DECISIONS_MAX).time_to_live(STALE_MAX).build(),
        }
    }

    /// What the person may do in the tenant under its policy of that version.
    pub(crate) async fn rights(&self, tenant: TenantId, version: i64, person: PersonId) -> Result<Arc<RightSet>, PolicyError> {
        let key = (tenant, version, person);
        if let Some(rights) = self.decisions.get(&key).await {
            return Ok(rights);
        }
        let enforcer = self.enforcer(tenant, version).await?;
        let rights = Arc::new(decide(&enforcer, tenant, person)?);
        self.decisions.insert(key, rights.clone()).await;
        Ok(rights)
    }

    /// The person's rights under the policy as it is now.
    pub(crate) async fn rights_now(&self, tenant: TenantId, person: PersonId) -> Result<Arc<RightSet>, PolicyError> {
        let version = sqlx::query_scalar!("select policy_version from control.tenants where id = $1", tenant.uuid())
            .fetch_optional(self.directory.control())
            .await?
            .ok_or(DirectoryError::UnknownTenant)?;
        self.rights(tenant, version, person).await
    }

    /// Raises the version: every server drops what it decided before. Call after the change is committed.
    pub(crate) async fn changed(&self, tenant: TenantId) -> Result<(), sqlx::Error> {
        sqlx::query!("update control.tenants set policy_version = policy_version + 1 where id = $1", tenant.uuid())
            .execute(self.directory.control())
            .await?;
        Ok(())
    }

    async fn enforcer(&self, tenant: TenantId, version: i64) -> Result<Arc<Enforcer>, PolicyError> {
        if let Some(enforcer) = self.enforcers.get(&(tenant, version)).await {
            return Ok(enforcer);
        }
        let adapter = TenantPolicy::load(&self.directory, tenant).await?;
        let model = DefaultModel::from_str(MODEL).await?;
        let enforcer = Arc::new(Enforcer::new(model, adapter).await?);
        self.enforcers.insert((tenant, version), enforcer.clone()).await;
        Ok(enforcer)
    }
}

fn decide(enforcer: &Enforcer, tenant: TenantId, person: PersonId) -> Result<RightSet, PolicyError> {
    let (subject, domain) = (person.to_string(), tenant.to_string());
    let mut rights = Vec::new();
    for &right in Right::ALL {
        if enforcer.enforce((subject.as_str(), domain.as_str(), right.object(), right.action()))? {
            rights.push(right);
        }
    }
    Ok(rights.into_iter().collect())
}

/// One tenant's roles and assignments, read once. Changes go through the `roles` room and never through casbin.
struct TenantPolicy {
    tenant: TenantId,
    roles: Vec<RoleRow>,
    assignments: Vec<(Uuid, Uuid)>,
}

impl TenantPolicy {
    async fn load(directory: &Directory, tenant: TenantId) -> Result<Self, PolicyError> {
        let mut tx = directory.begin(&Actor::system(tenant, "policy", RightSet::default())).await?;
        let roles = roles::rows(&mut tx).await?;
        let id = tx.tenant();
        let assignments = sqlx::query!("select person_id, role_id from tenant.role_assignments where tenant_id = $1", id).fetch_all(tx.conn()).await?;
        Ok(Self { tenant, roles, assignments: assignments.into_iter().map(|row| (row.person_id, row.role_id)).collect() })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("policy is written through roles and role assignments, one at a time")]
struct ReadOnly;

fn read_only<T>() -> casbin::Result<T> {
    Err(AdapterError(Box::new(ReadOnly)).into())
}

#[async_trait]
impl Adapter for TenantPolicy {
    async fn load_policy(&mut self, model: &mut dyn Model) -> casbin::Result<()> {
        let domain = self.tenant.to_string();
        for role in &self.roles {
            for right in role.rights().iter() {
                model.add_policy("p", "p", vec![role.id.to_string(), domain.clone(), right.object().into(), right.action().into()]);
            }
        }
        for (person, role) in &self.assignments {
            model.add_policy("g", "g", vec![PersonId(*person).to_string(), kernel::RoleId(*role).to_string(), domain.clone()]);
        }
        Ok(())
    }
    async fn load_filtered_policy<'a>(&mut self, _: &mut dyn Model, _: Filter<'a>) -> casbin::Result<()> {
        read_only()
    }
    async fn save_policy(&mut self, _: &mut dyn Model) -> casbin::Result<()> {
        read_only()
    }
    async fn clear_policy(&mut self) -> casbin::Result<()> {
        read_only()
    }
    fn is_filtered(&self) -> bool {
        false
    }
    async fn add_policy(&mut self, _: &str, _: &str, _: Vec<String>) -> casbin::Result<bool> {
        read_only()
    }
    async fn add_policies(&mut self, _: &str, _: &str, _: Vec<Vec<String>>) -> casbin::Result<bool> {
        read_only()
    }
    async fn remove_policy(&mut self, _: &str, _: &str, _: Vec<String>) -> casbin::Result<bool> {
        read_only()
    }
    async fn remove_policies(&mut self, _: &str, _: &str, _: Vec<Vec<String>>) -> casbin::Result<bool> {
        read_only()
    }
    async fn remove_filtered_policy(&mut self, _: &str, _: &str, _: usize, _: Vec<String>) -> casbin::Result<bool> {
        read_only()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roles::BuiltIn;
    use kernel::RoleId;

    fn policy(tenant: TenantId, assignments: &[(PersonId, BuiltIn)]) -> TenantPolicy {
        let ids: Vec<(BuiltIn, RoleId)> = BuiltIn::ALL.iter().map(|role| (*role, RoleId::new())).collect();
        let id_of = |wanted: BuiltIn| ids.iter().find(|(role, _)| *role == wanted).unwrap().1;
        TenantPolicy {
            tenant,
            roles: ids.iter().map(|(role, id)| RoleRow { id: *id, name: role.name().into(), built_in: true, permissions: vec![] }).collect(),
            assignments: assignments.iter().map(|(person, role)| (person.uuid(), id_of(*role).uuid())).collect(),
        }
    }
    async fn enforcer(policy: TenantPolicy) -> Enforcer {
        Enforcer::new(DefaultModel::from_str(MODEL).await.unwrap(), policy).await.unwrap()
    }

    #[tokio::test]
    async fn each_built_in_role_gives_exactly_its_rights() {
        let tenant = TenantId::new();
        let people: Vec<(PersonId, BuiltIn)> = BuiltIn::ALL.iter().map(|role| (PersonId::new(), *role)).collect();
        let enforcer = enforcer(policy(tenant, &people)).await;
        for (person, role) in people {
            assert_eq!(decide(&enforcer, tenant, person).unwrap(), role.rights(), "{}", role.name());
        }
        assert_eq!(decide(&enforcer, tenant, PersonId::new()).unwrap(), RightSet::default(), "a stranger has none");
    }

    #[tokio::test]
    async fn two_roles_add_up() {
        let (tenant, person) = (TenantId::new(), PersonId::new());
        let enforcer = enforcer(policy(tenant, &[(person, BuiltIn::Warehouse), (person, BuiltIn::Finance)])).await;
        let both: RightSet = BuiltIn::Warehouse.rights().iter().chain(BuiltIn::Finance.rights().iter()).collect();
        assert_eq!(decide(&enforcer, tenant, person).unwrap(), both);
    }

    #[tokio::test]
    async fn pol_1_another_tenants_domain_gives_nothing() {
        let (tenant, person) = (TenantId::new(), PersonId::new());
        let enforcer = enforcer(policy(tenant, &[(person, BuiltIn::Owner)])).await;
        assert_eq!(decide(&enforcer, TenantId::new(), person).unwrap(), RightSet::default());
    }

    #[tokio::test]
    async fn policy_is_never_written_through_casbin() {
        let mut policy = policy(TenantId::new(), &[]);
        assert!(policy.clear_policy().await.is_err());
        let mut model = DefaultModel::from_str(MODEL).await.unwrap();
        assert!(policy.save_policy(&mut model).await.is_err());
        assert!(policy.add_policy("p", "p", vec![]).await.is_err());
        assert!(policy.remove_filtered_policy("p", "p", 0, vec![]).await.is_err());
    }
}
