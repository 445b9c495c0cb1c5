//! Issuing tax invoices by hand, correcting and replacing them, noting what became of them.

use super::views::{self, DocumentView, PartyView};
use crate::app::App;
use crate::http::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{JSON_BODY_BYTES_MAX, Json, Path, body_bytes, parse_json},
    idempotency::{self, keyed},
    problem::Problem,
};
use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use kernel::{OrderId, TaxInvoiceId};
use serde::Deserialize;
use switchyard_core::invoices::{
    issue,
    life::{self, Event, Told},
    list, provider,
};
use tenants::{
    Actor, TenantTx,
    rights::{IssueInvoices, ReadFinance},
};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTaxInvoice)]
pub struct IssueForm {
    /// 1 to 500; what of them is sold and on no invoice yet becomes one document.
    order_ids: Vec<String>,
    /// Instead of who bought.
    buyer: Option<PartyView>,
}

async fn view(tx: &mut TenantTx, actor: &Actor, id: TaxInvoiceId) -> Result<DocumentView, Problem> {
    let document = list::get(tx, actor.may::<ReadFinance>()?, id).await?;
    Ok(views::document(actor, document))
}

/// Issues one invoice for what of the orders is sold and not invoiced yet.
#[utoipa::path(post, path = "/invoices", tag = "invoices", params(("Idempotency-Key" = Option<String>, Header, description = "the first answer is kept and replayed")), request_body = IssueForm,
    responses((status = 201, description = "the document", body = DocumentView), Guarded, Written, Conflicting))]
pub async fn issue(State(app): State<App>, Allowed { actor, permit }: Allowed<IssueInvoices>, request: Request) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let kind = headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().unwrap_or_default().trim() != "application/json" {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", "send the body as application/json"));
    }
    let bytes = body_bytes(request, &app, JSON_BODY_BYTES_MAX).await?;
    let key = keyed(&headers, &actor, "POST /invoices", &bytes)?;
    let form: IssueForm = parse_json(&bytes)?;
    let orders = form.order_ids.iter().enumerate().map(|(index, id)| id.parse().map_err(|_| Problem::field(format!("/order_ids/{index}"), "invalid_value", "must be the id of an order")));
    let orders: Vec<OrderId> = orders.collect::<Result<_, Problem>>()?;
    let mut tx = app.directory.begin(&actor).await?;
    let issued = async {
        let id = issue::invoice(&mut tx, permit, &orders, form.buyer.map(Into::into)).await?;
        serde_json::to_vec(&view(&mut tx, &actor, id).await?).map_err(Problem::internal)
    }
    .await;
    let Some(key) = key else {
        let body = issued?;
        tx.commit().await?;
        app.errands.ring(actor.tenant);
        return Ok(idempotency::answer(StatusCode::CREATED, "", body));
    };
    let problem = match issued {
        Ok(body) if key.keep(&mut tx, StatusCode::CREATED, "", &body).await? => {
            tx.commit().await?;
            app.errands.ring(actor.tenant);
            return Ok(idempotency::answer(StatusCode::CREATED, "", body));
        }
        Ok(_) => Problem::conflict("busy", "the same request is being answered; try again"),
        Err(problem) => problem,
    };
    drop(tx);
    key.replay(&app, &actor).await?.ok_or(problem)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = InvoiceCorrection)]
pub struct CorrectForm {
    reason: String,
}

/// Credits or adjusts an invoice, as its regime has it, by what came back of its orders and is on no document yet.
#[utoipa::path(post, path = "/invoices/{id}/correct", tag = "invoices", params(("id" = String, Path)), request_body = CorrectForm, responses((status = 201, description = "the document that corrects", body = DocumentView), Guarded, Written, Absent, Conflicting))]
pub async fn correct(State(app): State<App>, Allowed { actor, permit }: Allowed<IssueInvoices>, Path(id): Path<TaxInvoiceId>, Json(form): Json<CorrectForm>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let id = issue::correct(&mut tx, permit, id, &form.reason).await?;
    let view = view(&mut tx, &actor, id).await?;
    tx.commit().await?;
    app.errands.ring(actor.tenant);
    Ok((StatusCode::CREATED, axum::Json(view)).into_response())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = InvoiceReplacement)]
pub struct ReplaceForm {
    reason: String,
    /// The right buyer; who bought when left out.
    buyer: Option<PartyView>,
}

/// Replaces an invoice by one that says what the books say now, and names the buyer rightly.
#[utoipa::path(post, path = "/invoices/{id}/replace", tag = "invoices", params(("id" = String, Path)), request_body = ReplaceForm, responses((status = 201, description = "the document that replaces", body = DocumentView), Guarded, Written, Absent, Conflicting))]
pub async fn replace(State(app): State<App>, Allowed { actor, permit }: Allowed<IssueInvoices>, Path(id): Path<TaxInvoiceId>, Json(form): Json<ReplaceForm>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let id = issue::replace(&mut tx, permit, id, &form.reason, form.buyer.map(Into::into)).await?;
    let view = view(&mut tx, &actor, id).await?;
    tx.commit().await?;
    app.errands.ring(actor.tenant);
    app.invoicing.ring(actor.tenant);
    Ok((StatusCode::CREATED, axum::Json(view)).into_response())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = InvoiceProgress)]
pub struct StepForm {
    /// `send`, `accept`, `reject`
    step: String,
    /// Who carries it to the authority.
    provider: Option<String>,
    /// What they call it, such as the authority's code.
    reference: Option<String>,
    note: Option<String>,
}

/// Has the connected provider carry an issued document to the authority; what it answers moves the document on by itself.
#[utoipa::path(post, path = "/invoices/{id}/submit", tag = "invoices", params(("id" = String, Path)), responses((status = 202, description = "the document; `sending` says how far it is", body = DocumentView), Guarded, Absent, Conflicting))]
pub async fn submit(State(app): State<App>, Allowed { actor, permit }: Allowed<IssueInvoices>, Path(id): Path<TaxInvoiceId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    provider::submit(&mut tx, permit, id).await?;
    let view = view(&mut tx, &actor, id).await?;
    tx.commit().await?;
    app.errands.ring(actor.tenant);
    Ok((StatusCode::ACCEPTED, axum::Json(view)).into_response())
}

/// Notes that a document was handed over by hand, or what the authority answered. Nothing is sent from here.
#[utoipa::path(post, path = "/invoices/{id}/steps", tag = "invoices", params(("id" = String, Path)), request_body = StepForm, responses((status = 200, description = "the document", body = DocumentView), Guarded, Written, Absent, Conflicting))]
pub async fn step(State(app): State<App>, Allowed { actor, permit }: Allowed<IssueInvoices>, Path(id): Path<TaxInvoiceId>, Json(form): Json<StepForm>) -> Result<Response, Problem> {
    let event = [Event::Send, Event::Accept, Event::Reject].into_iter().find(|event| event.word() == form.step);
    let event = event.ok_or_else(|| Problem::field("/step", "invalid_value", "must be send, accept or reject"))?;
    let mut tx = app.directory.begin(&actor).await?;
    life::note(&mut tx, permit, id, event, &Told { provider: form.provider, reference: form.reference, note: form.note }).await?;
    let view = view(&mut tx, &actor, id).await?;
    tx.commit().await?;
    app.invoicing.ring(actor.tenant);
    Ok(axum::Json(view).into_response())
}
