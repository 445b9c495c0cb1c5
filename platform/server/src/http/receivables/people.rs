//! Whom to write to, and what they promised.

use crate::app::App;
use crate::http::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{Json, Path},
    once,
    orders::views::{MoneyView, money},
    problem::Problem,
};
use axum::{
    Extension,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{CompanyId, OrderId, PromiseId};
use serde::{Deserialize, Serialize};
use switchyard_core::receivables::{
    ageing,
    contacts::{self, Contact},
    promises::{self, NewPromise},
};
use tenants::{
    Caller,
    rights::{ManageReceivables, ReadFinance},
};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = DebtorContact)]
pub struct ContactView {
    email: Option<String>,
    language: String,
    silent: bool,
    note: Option<String>,
}

fn shown(contact: Contact) -> axum::Json<ContactView> {
    axum::Json(ContactView { email: contact.email, language: contact.language, silent: contact.silent, note: contact.note })
}

/// Whom to write to about what a company owes.
#[utoipa::path(get, path = "/receivables/companies/{id}/contact", tag = "receivables", params(("id" = String, Path)), responses((status = 200, description = "the contact", body = ContactView), Guarded, Absent))]
pub async fn contact(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>, Path(id): Path<CompanyId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    Ok(shown(contacts::get(&mut tx, permit, id).await?).into_response())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewDebtorContact)]
pub struct ContactForm {
    email: Option<String>,
    /// `en` or `vi`
    language: String,
    /// No letters: a dispute, an agreement.
    #[serde(default)]
    silent: bool,
    note: Option<String>,
}

/// Writes the contact as it shall stand.
#[utoipa::path(put, path = "/receivables/companies/{id}/contact", tag = "receivables", params(("id" = String, Path)), request_body = ContactForm, responses((status = 200, description = "the contact", body = ContactView), Guarded, Written, Absent))]
pub async fn set_contact(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageReceivables>, Path(id): Path<CompanyId>, Json(form): Json<ContactForm>) -> Result<Response, Problem> {
    let read = actor.may::<ReadFinance>()?;
    let mut tx = app.directory.begin(&actor).await?;
    let wanted = Contact { email: form.email, language: form.language, silent: form.silent, note: form.note, version: 0 };
    let contact = contacts::set(&mut tx, permit, read, id, wanted).await?;
    tx.commit().await?;
    Ok(shown(contact).into_response())
}

#[derive(Serialize, ToSchema)]
#[schema(as = PaymentPromise)]
pub struct PromiseView {
    id: String,
    order_id: Option<String>,
    amount: MoneyView,
    #[schema(value_type = String, format = Date)]
    promised_on: NaiveDate,
    note: String,
    /// `open`, `over`, `withdrawn`
    state: String,
    made_at: DateTime<Utc>,
    made_by: String,
}

#[derive(Serialize, ToSchema)]
pub struct PromiseList {
    data: Vec<PromiseView>,
}

async fn list(tx: &mut tenants::TenantTx, permit: tenants::Permit<ReadFinance>, id: CompanyId) -> Result<PromiseList, Problem> {
    let (today, _) = ageing::today(tx).await?;
    let data = promises::of_company(tx, permit, id).await?.into_iter().map(|promise| PromiseView {
        state: promise.state(today).to_owned(),
        id: promise.id.to_string(),
        order_id: promise.order.map(|id| id.to_string()),
        amount: money(promise.amount, &promise.currency),
        promised_on: promise.promised_on,
        note: promise.note,
        made_at: promise.made_at,
        made_by: promise.made_by,
    });
    Ok(PromiseList { data: data.collect() })
}

/// What a company promised to pay, newest first.
#[utoipa::path(get, path = "/receivables/companies/{id}/promises", tag = "receivables", params(("id" = String, Path)), responses((status = 200, description = "at most 200 promises", body = PromiseList), Guarded, Absent))]
pub async fn promises(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>, Path(id): Path<CompanyId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    Ok(axum::Json(list(&mut tx, permit, id).await?).into_response())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPaymentPromise)]
pub struct PromiseForm {
    /// Of whatever is owed when left out.
    order_id: Option<String>,
    amount: String,
    currency: Option<String>,
    #[schema(value_type = String, format = Date)]
    promised_on: NaiveDate,
    note: String,
}

/// Notes a promise; until its day nobody is written to about it.
#[utoipa::path(post, path = "/receivables/companies/{id}/promises", tag = "receivables", params(("id" = String, Path)), request_body = PromiseForm, responses((status = 201, description = "the company's promises", body = PromiseList), Guarded, Written, Absent))]
pub async fn promise(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageReceivables>, Extension(caller): Extension<Caller>, Path(id): Path<CompanyId>, Json(form): Json<PromiseForm>) -> Result<Response, Problem> {
    let read = actor.may::<ReadFinance>()?;
    let new = NewPromise {
        order: form.order_id.as_deref().map(|id| id.parse::<OrderId>().map_err(|_| Problem::field("/order_id", "invalid_value", "must be an order of the company"))).transpose()?,
        currency: once::currency(&caller, form.currency.as_deref())?,
        amount: once::amount("/amount", &form.amount)?,
        promised_on: form.promised_on,
        note: form.note,
    };
    let mut tx = app.directory.begin(&actor).await?;
    promises::note(&mut tx, permit, read, id, &new).await?;
    let all = list(&mut tx, read, id).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, axum::Json(all)).into_response())
}

/// Takes a promise back.
#[utoipa::path(delete, path = "/receivables/promises/{id}", tag = "receivables", params(("id" = String, Path)), responses((status = 204, description = "it counts no more"), Guarded, Absent, Conflicting))]
pub async fn withdraw(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageReceivables>, Path(id): Path<PromiseId>) -> Result<StatusCode, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    promises::withdraw(&mut tx, permit, id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
