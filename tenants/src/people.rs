//! The people of a tenant: who may enter, with which roles, and taking that away.
//! Invariant PEO-1: a removed person keeps no role, and every session and key of theirs is dead in this tenant (AUTH-1).

use crate::{
    Actor, DirectoryError, Identity, Permit,
    audit,
    person::Person,
    rights::{ManagePeople, ReadPeople},
    roles::{self, RoleError},
};
use kernel::{Page, PageLimit, PersonId, RoleId, Timestamp};
use serde_json::json;
use uuid::Uuid;

/// A member with the names of their roles.
#[derive(Clone, Debug)]
pub struct Member {
    pub person: Person,
    pub roles: Vec<(RoleId, String)>,
    pub joined_at: Timestamp,
}

/// Where a page of people ended.
pub type MemberKey = (Timestamp, PersonId);

/// In the order they joined.
pub async fn list(identity: &Identity, actor: &Actor, _: Permit<ReadPeople>, limit: PageLimit, after: Option<MemberKey>) -> Result<Page<Member, MemberKey>, DirectoryError> {
    let (at, id) = after.unzip();
    let rows = sqlx::query!(
        r#"select p.id as "id: PersonId", p.name, p.email, p.email_verified_at is not null as "email_verified!", p.locale, m.created_at
           from control.memberships m join control.people p on p.id = m.person_id
           where m.tenant_id = $1 and m.state = 'active' and ($2::timestamptz is null or (m.created_at, m.person_id) > ($2, $3))
           order by m.created_at, m.person_id limit $4"#,
        actor.tenant.uuid(),
        at,
        id.map(PersonId::uuid),
        limit.rows() + 1,
    )
    .fetch_all(identity.directory.control())
    .await?;
    let people: Vec<Uuid> = rows.iter().map(|row| row.id.uuid()).collect();
    let mut tx = identity.directory.begin(actor).await?;
    let tenant = tx.tenant();
    let assigned = sqlx::query!(
        r#"select a.person_id as "person: PersonId", r.id as "role: RoleId", r.name from tenant.role_assignments a
           join tenant.roles r on r.tenant_id = a.tenant_id and r.id = a.role_id
           where a.tenant_id = $1 and a.person_id = any($2) order by r.built_in desc, r.id"#,
        tenant,
        &people
    )
    .fetch_all(tx.conn())
    .await?;
    let members = rows.into_iter().map(|row| Member {
        roles: assigned.iter().filter(|a| a.person == row.id).map(|a| (a.role, a.name.clone())).collect(),
        person: Person { id: row.id, name: row.name, email: row.email, email_verified: row.email_verified, locale: row.locale },
        joined_at: row.created_at,
    });
    Ok(Page::from_fetched(members.collect(), limit, |member: &Member| (member.joined_at, member.person.id)))
}

/// One member.
pub async fn get(identity: &Identity, actor: &Actor, permit: Permit<ReadPeople>, id: PersonId) -> Result<Option<Member>, DirectoryError> {
    // The key just before this member: their own instant with the id below theirs.
    let joined = sqlx::query_scalar!("select created_at from control.memberships where tenant_id = $1 and person_id = $2 and state = 'active'", actor.tenant.uuid(), id.uuid())
        .fetch_optional(identity.directory.control())
        .await?;
    let Some(joined) = joined else { return Ok(None) };
    let before = PersonId(Uuid::from_u128(id.uuid().as_u128().saturating_sub(1)));
    let page = list(identity, actor, permit, PageLimit::DEFAULT, Some((joined, before))).await?;
    Ok(page.rows.into_iter().find(|member| member.person.id == id))
}

/// Takes a person out of the tenant. The roles go first: a crash in between leaves a member who may do nothing.
pub async fn remove(identity: &Identity, actor: &Actor, _: Permit<ManagePeople>, person: PersonId, now: Timestamp) -> Result<(), RoleError> {
    let control = identity.directory.control();
    let member = sqlx::query_scalar!(
        r#"select exists (select from control.memberships where tenant_id = $1 and person_id = $2 and state = 'active') as "member!""#,
        actor.tenant.uuid(),
        person.uuid()
    )
    .fetch_one(control)
    .await?;
    if !member {
        return Err(RoleError::NoPerson);
    }
    let mut tx = identity.directory.begin_at(actor, now).await?;
    roles::replace(&mut tx, actor, person, &[]).await?;
    audit::write(&mut tx, "person.removed", Some(&person), json!({})).await?;
    tx.commit().await?;
    let mut tx = control.begin().await?;
    sqlx::query!("update control.memberships set state = 'removed' where tenant_id = $1 and person_id = $2", actor.tenant.uuid(), person.uuid()).execute(&mut *tx).await?;
    // A session that came through this tenant's provider has nowhere else to go.
    sqlx::query!("delete from control.sessions where tenant_id = $1 and person_id = $2 and confined", actor.tenant.uuid(), person.uuid()).execute(&mut *tx).await?;
    sqlx::query!("update control.sessions set tenant_id = null where tenant_id = $1 and person_id = $2", actor.tenant.uuid(), person.uuid()).execute(&mut *tx).await?;
    sqlx::query!("update control.invitations set revoked_at = $3 where tenant_id = $1 and invited_by = $2 and accepted_at is null and revoked_at is null", actor.tenant.uuid(), person.uuid(), now)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    identity.policies.changed(actor.tenant).await?;
    identity.authenticator.forget_all();
    Ok(())
}
