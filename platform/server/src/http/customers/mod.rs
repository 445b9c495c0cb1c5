//! Customers over HTTP: who bought on whichever channel, and who of them are one.

mod views;

use crate::app::App;
use crate::http::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{Json, Path, Query},
    page::{self, List, Scope},
    problem::Problem,
};
use axum::{
    extract::{OriginalUri, State},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use kernel::{CustomerId, OrderId};
use serde::Deserialize;
use switchyard_core::customers::{
    links::{self, LinkError},
    list,
};
use tenants::rights::{MergeCustomers, ReadCustomers};
use tenants::{Actor, Permit, TenantTx};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use views::{CustomerView, DetailView};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(page)).routes(routes!(get)).routes(routes!(merge)).routes(routes!(split))
}

impl From<LinkError> for Problem {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Unknown => Self::not_found(),
            LinkError::UnknownOther => Self::field("/customer_id", "unknown", error.to_string()),
            LinkError::OneAlready => Self::conflict("one_already", error.to_string()),
            LinkError::NotMerged => Self::conflict("not_merged", error.to_string()),
            LinkError::TooMany => Self::conflict("too_many", error.to_string()),
            LinkError::BadReason => Self::field("/reason", "invalid_value", error.to_string()),
            LinkError::Database(error) => Self::internal(error),
        }
    }
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct CustomerQuery {
    /// A part of a name, telephone number, e-mail address, or of what was bought.
    text: Option<String>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    cursor: Option<String>,
}

/// Customers, who bought last first.
#[utoipa::path(get, path = "/customers", tag = "customers", params(CustomerQuery), responses((status = 200, description = "one page", body = List<CustomerView>), Guarded))]
async fn page(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadCustomers>, OriginalUri(uri): OriginalUri, Query(query): Query<CustomerQuery>) -> Result<Response, Problem> {
    let limit = page::limit(query.limit)?;
    if query.text.as_deref().is_some_and(|text| text.chars().count() > 100 || text.contains('\0')) {
        return Err(Problem::field("query:text", "invalid_value", "at most 100 characters"));
    }
    let scope = Scope { list: "customers", tenant: actor.tenant };
    let after: Option<(DateTime<Utc>, OrderId)> = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let mut tx = app.directory.begin(&actor).await?;
    let found = list::page(&mut tx, permit, query.text.as_deref(), after, limit).await?;
    page::answer(&app, scope, &uri, found.rows.into_iter().map(CustomerView::from).collect(), found.next)
}

async fn shown(tx: &mut TenantTx, actor: &Actor, permit: Permit<ReadCustomers>, id: CustomerId) -> Result<Response, Problem> {
    let customer = list::find(tx, permit, id).await?.ok_or_else(Problem::not_found)?;
    let identities = list::known_by(tx, permit, id).await?;
    let accounts = list::by_account(tx, permit, id).await?;
    let merges = actor.may::<MergeCustomers>().is_ok();
    Ok(axum::Json(DetailView::of(customer, identities, accounts, merges)).into_response())
}

/// One customer, by any of their identities.
#[utoipa::path(get, path = "/customers/{id}", tag = "customers", params(("id" = String, Path)), responses((status = 200, description = "the customer", body = DetailView), Guarded, Absent))]
async fn get(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadCustomers>, Path(id): Path<CustomerId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    shown(&mut tx, &actor, permit, id).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CustomerMerge)]
struct MergeForm {
    /// Who becomes one with this customer.
    #[schema(value_type = String)]
    customer_id: CustomerId,
    reason: String,
}

/// Says that another customer is this one.
#[utoipa::path(post, path = "/customers/{id}/merge", tag = "customers", params(("id" = String, Path)), request_body = MergeForm, responses((status = 200, description = "the customer", body = DetailView), Guarded, Written, Absent, Conflicting))]
async fn merge(State(app): State<App>, Allowed { actor, permit }: Allowed<MergeCustomers>, Path(id): Path<CustomerId>, Json(form): Json<MergeForm>) -> Result<Response, Problem> {
    let read = actor.may::<ReadCustomers>()?;
    let mut tx = app.directory.begin(&actor).await?;
    let customer = links::merge(&mut tx, permit, id, form.customer_id, &form.reason).await?;
    let answer = shown(&mut tx, &actor, read, customer).await?;
    tx.commit().await?;
    Ok(answer)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CustomerSplit)]
struct SplitForm {
    /// Which of the identities is a customer of its own.
    #[schema(value_type = String)]
    identity_id: CustomerId,
    reason: String,
}

/// Takes an identity out of a customer.
#[utoipa::path(post, path = "/customers/{id}/split", tag = "customers", params(("id" = String, Path)), request_body = SplitForm, responses((status = 200, description = "the customer without it", body = DetailView), Guarded, Written, Absent, Conflicting))]
async fn split(State(app): State<App>, Allowed { actor, permit }: Allowed<MergeCustomers>, Path(id): Path<CustomerId>, Json(form): Json<SplitForm>) -> Result<Response, Problem> {
    let read = actor.may::<ReadCustomers>()?;
    let mut tx = app.directory.begin(&actor).await?;
    let customer = links::split(&mut tx, permit, id, form.identity_id, &form.reason).await?;
    let answer = shown(&mut tx, &actor, read, customer).await?;
    tx.commit().await?;
    Ok(answer)
}
