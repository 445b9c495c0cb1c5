//! The tenant's people and invitations.

use super::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::{Allowed, Visiting},
    body::{Json, Path, Query},
    page::{self, List, PageQuery, Scope},
    problem::Problem,
    session::{SessionView, at_the_door, entered},
};
use crate::app::App;
use axum::{
    Extension,
    extract::{OriginalUri, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use kernel::{InvitationId, PersonId, RoleId};
use serde::{Deserialize, Serialize};
use tenants::{
    Caller,
    invitations::{self, Acceptance, Invitation},
    people::{self, Member},
    rights::{ManagePeople, ReadPeople},
    roles,
};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(remove))
        .routes(routes!(assign))
        .routes(routes!(list_invitations, invite))
        .routes(routes!(revoke_invitation))
        .routes(routes!(accept))
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = RoleName)]
struct RoleNameView {
    #[schema(value_type = String)]
    id: RoleId,
    name: String,
}

fn role_names(roles: Vec<(RoleId, String)>) -> Vec<RoleNameView> {
    roles.into_iter().map(|(id, name)| RoleNameView { id, name }).collect()
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Member)]
struct MemberView {
    #[schema(value_type = String)]
    id: PersonId,
    name: String,
    email: String,
    email_verified: bool,
    roles: Vec<RoleNameView>,
    joined_at: DateTime<Utc>,
}

impl From<Member> for MemberView {
    fn from(member: Member) -> Self {
        let Member { person, roles, joined_at } = member;
        Self { id: person.id, name: person.name, email: person.email, email_verified: person.email_verified, roles: role_names(roles), joined_at }
    }
}

/// The tenant's people, in the order they joined.
#[utoipa::path(get, path = "/people", tag = "people", params(PageQuery), responses((status = 200, body = List<MemberView>), Guarded))]
async fn list(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadPeople>, OriginalUri(uri): OriginalUri, Query(query): Query<PageQuery>) -> Result<Response, Problem> {
    let scope = Scope { list: "people", tenant: actor.tenant };
    let after = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let page = people::list(&app.identity, &actor, permit, query.limit()?, after).await?;
    page::answer(&app, scope, &uri, page.rows.into_iter().map(MemberView::from).collect(), page.next)
}

/// Takes a person out of the tenant. The last owner stays: 409 `last_owner`.
#[utoipa::path(delete, path = "/people/{id}", tag = "people", params(("id" = String, Path)), responses((status = 204, description = "removed"), Guarded, Absent, Conflicting))]
async fn remove(State(app): State<App>, Allowed { actor, permit }: Allowed<ManagePeople>, Visiting(visit): Visiting, Path(id): Path<PersonId>) -> Result<StatusCode, Problem> {
    people::remove(&app.identity, &actor, permit, id, visit.at).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Assignment {
    #[schema(value_type = Vec<String>)]
    role_ids: Vec<RoleId>,
}

/// Gives a person exactly these roles.
#[utoipa::path(put, path = "/people/{id}/roles", tag = "people", params(("id" = String, Path)), request_body = Assignment, responses((status = 200, body = MemberView), Guarded, Written, Absent, Conflicting))]
async fn assign(
    State(app): State<App>,
    Allowed { actor, permit }: Allowed<ManagePeople>,
    Allowed { permit: may_read, .. }: Allowed<ReadPeople>,
    Visiting(visit): Visiting,
    Path(id): Path<PersonId>,
    Json(form): Json<Assignment>,
) -> Result<axum::Json<MemberView>, Problem> {
    roles::assign(&app.identity, &actor, permit, id, &form.role_ids, visit.at).await?;
    let member = people::get(&app.identity, &actor, may_read, id).await?.ok_or_else(Problem::not_found)?;
    Ok(axum::Json(member.into()))
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Invitation)]
struct InvitationView {
    #[schema(value_type = String)]
    id: InvitationId,
    email: String,
    roles: Vec<RoleNameView>,
    invited_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    /// open, accepted, revoked or expired
    state: &'static str,
}

impl From<Invitation> for InvitationView {
    fn from(invitation: Invitation) -> Self {
        let Invitation { id, email, roles, invited_at, expires_at, state } = invitation;
        Self { id, email, roles: role_names(roles), invited_at, expires_at, state: state.word() }
    }
}

/// Invitations, newest first.
#[utoipa::path(get, path = "/invitations", tag = "people", params(PageQuery), responses((status = 200, body = List<InvitationView>), Guarded))]
async fn list_invitations(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadPeople>, Visiting(visit): Visiting, OriginalUri(uri): OriginalUri, Query(query): Query<PageQuery>) -> Result<Response, Problem> {
    let scope = Scope { list: "invitations", tenant: actor.tenant };
    let after = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let page = invitations::list(&app.identity, &actor, permit, visit.at, query.limit()?, after).await?;
    page::answer(&app, scope, &uri, page.rows.into_iter().map(InvitationView::from).collect(), page.next)
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewInvitation {
    email: String,
    #[schema(value_type = Vec<String>)]
    role_ids: Vec<RoleId>,
}

/// Invites somebody by mail.
#[utoipa::path(post, path = "/invitations", tag = "people", request_body = NewInvitation, responses((status = 201, body = InvitationView), Guarded, Written, Absent, Conflicting))]
async fn invite(State(app): State<App>, Allowed { actor, permit }: Allowed<ManagePeople>, Visiting(visit): Visiting, Json(form): Json<NewInvitation>) -> Result<Response, Problem> {
    let invitation = invitations::invite(&app.identity, &actor, permit, &form.email, &form.role_ids, visit.at).await?;
    Ok((StatusCode::CREATED, axum::Json(InvitationView::from(invitation))).into_response())
}

/// Makes an open invitation void.
#[utoipa::path(delete, path = "/invitations/{id}", tag = "people", params(("id" = String, Path)), responses((status = 204, description = "revoked"), Guarded, Absent))]
async fn revoke_invitation(State(app): State<App>, Allowed { actor, permit }: Allowed<ManagePeople>, Visiting(visit): Visiting, Path(id): Path<InvitationId>) -> Result<StatusCode, Problem> {
    if invitations::revoke(&app.identity, &actor, permit, id, visit.at).await? { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found()) }
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AcceptanceForm {
    token: String,
    /// For a new account.
    name: Option<String>,
    /// For a new account, or to prove the one this address has when not logged in.
    password: Option<String>,
}

/// Accepts an invitation with the mailed link and enters the tenant.
#[utoipa::path(post, path = "/invitations/accept", tag = "people", request_body = AcceptanceForm, responses((status = 200, body = SessionView), Guarded, Written, Conflicting))]
async fn accept(State(app): State<App>, caller: Option<Extension<Caller>>, Visiting(visit): Visiting, Json(form): Json<AcceptanceForm>) -> Result<Response, Problem> {
    at_the_door(&app, &visit)?;
    let caller = caller.map(|Extension(caller)| caller);
    let password = form.password.map(Into::into);
    let session = caller.as_ref().and_then(Caller::session).map(|session| &**session);
    let acceptance = Acceptance { token: &form.token, name: form.name.as_deref(), password: password.as_ref(), session };
    let token = invitations::accept(&app.identity, acceptance, &visit).await?;
    entered(&app, &token, &visit, StatusCode::OK).await
}
