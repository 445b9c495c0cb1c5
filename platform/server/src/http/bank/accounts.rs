//! Accounts at banks.

use super::views::{self, AccountView};
use crate::app::App;
use crate::http::{
    answers::{Conflicting, Guarded, Written},
    auth::Allowed,
    body::Json,
    problem::Problem,
};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use kernel::Currency;
use serde::{Deserialize, Serialize};
use switchyard_core::bank::account;
use tenants::rights::{PostFinance, ReadFinance};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct BankAccountList {
    data: Vec<AccountView>,
}

/// The tenant's bank accounts by name, with what is open of each.
#[utoipa::path(get, path = "/bank/accounts", tag = "bank", responses((status = 200, description = "at most 200 accounts", body = BankAccountList), Guarded))]
pub async fn list(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let accounts = account::list(&mut tx, permit, None).await?;
    Ok(axum::Json(BankAccountList { data: accounts.into_iter().map(views::account).collect() }).into_response())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewBankAccount)]
pub struct AccountForm {
    name: String,
    /// IBAN or domestic number; spaces and dashes are left out.
    number: String,
    currency: String,
}

/// Makes a bank account.
#[utoipa::path(post, path = "/bank/accounts", tag = "bank", request_body = AccountForm, responses((status = 201, description = "the account", body = AccountView), Guarded, Written, Conflicting))]
pub async fn create(State(app): State<App>, Allowed { actor, permit }: Allowed<PostFinance>, Json(form): Json<AccountForm>) -> Result<Response, Problem> {
    let currency: Currency = form.currency.parse().map_err(|_| Problem::field("/currency", "invalid_value", "must be an ISO 4217 code such as VND"))?;
    let read = actor.may::<ReadFinance>()?;
    let mut tx = app.directory.begin(&actor).await?;
    let id = account::create(&mut tx, permit, &form.name, &form.number, currency).await?;
    let made = account::get(&mut tx, read, id).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, axum::Json(views::account(made))).into_response())
}
