//! Order edits: a change set, looked at first and carried out then.

use super::create::{AddressForm, ComponentForm, LineForm, TaxForm};
use super::money::{Write, finish, order_of, view, write};
use super::views::{self, MoneyView, OrderView};
use crate::app::App;
use crate::http::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::Path,
    ledger::views::{OrderBalanceView, order_balance},
    problem::{Problem, ProblemBody},
};
use axum::{
    Json,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use kernel::{Currency, Decimal, OrderId};
use serde::{Deserialize, Serialize};
use switchyard_core::{
    finance::settings,
    orders::{
        changes::{self, ChangeSet, Effect, LineChange, Sums},
        fact::{Address, Line},
        place::NewLine,
        totals::LineTotals,
    },
};
use tenants::{
    Actor, TenantTx,
    rights::{EditOrders, ReadFinance},
};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LineChange)]
struct LineChangeForm {
    /// `external_id` of the line.
    line_id: String,
    /// Decimal text. Discounts and taxes follow, unless they are told.
    quantity: Option<String>,
    /// Decimal text: list price of one unit.
    unit_price: Option<String>,
    /// Replaces the line's discounts.
    components: Option<Vec<ComponentForm>>,
    /// Replaces the line's taxes.
    taxes: Option<Vec<TaxForm>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChangeSet)]
pub struct ChangeForm {
    reason: String,
    #[serde(default)]
    lines: Vec<LineChangeForm>,
    /// `external_id` of lines to take out.
    #[serde(default)]
    remove: Vec<String>,
    #[serde(default)]
    add: Vec<LineForm>,
    /// Off the whole order: shared among its products by largest remainder.
    discount: Option<ComponentForm>,
    ship_to: Option<AddressForm>,
}

impl From<ChangeForm> for ChangeSet {
    fn from(form: ChangeForm) -> Self {
        Self {
            reason: form.reason,
            lines: form
                .lines
                .into_iter()
                .map(|LineChangeForm { line_id, quantity, unit_price, components, taxes }| LineChange {
                    line_id,
                    quantity,
                    unit_price,
                    components: components.map(|all| all.into_iter().map(Into::into).collect()),
                    taxes: taxes.map(|all| all.into_iter().map(Into::into).collect()),
                })
                .collect(),
            remove: form.remove,
            add: form.add.into_iter().map(NewLine::from).collect(),
            discount: form.discount.map(Into::into),
            ship_to: form.ship_to.map(Address::from),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = LineSums)]
struct LineView {
    line_id: String,
    name: Option<String>,
    quantity: String,
    unit_price: MoneyView,
    total: MoneyView,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OrderSums)]
struct SumsView {
    /// What the buyer owes in all.
    total: MoneyView,
    tax: MoneyView,
    discount: MoneyView,
    outstanding: MoneyView,
    payment_track: &'static str,
    delivery_track: &'static str,
    lines: Vec<LineView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ChangeEffect)]
pub struct EffectView {
    before: SumsView,
    after: SumsView,
    /// After less before, of `total`.
    difference: MoneyView,
    /// What is posted for it, debit positive; empty without `finance:read`.
    postings: Vec<OrderBalanceView>,
}

#[derive(Serialize, ToSchema)]
pub struct ChangeAnswer {
    order: OrderView,
    effect: EffectView,
}

fn sums(of: Sums, currency: Currency) -> SumsView {
    let money = |amount: Decimal| views::money(amount, currency.code());
    let line = |(line, part): (Line, LineTotals)| LineView { line_id: line.id, name: line.name.or(line.sku), quantity: line.quantity.to_string(), unit_price: views::money(line.unit_price.amount, line.unit_price.currency.code()), total: money(part.total) };
    SumsView {
        total: money(of.total),
        tax: money(of.tax),
        discount: money(of.discount),
        outstanding: money(of.outstanding),
        payment_track: of.payment,
        delivery_track: of.delivery,
        lines: of.lines.into_iter().map(line).collect(),
    }
}

async fn effect_view(tx: &mut TenantTx, actor: &Actor, effect: Effect) -> Result<EffectView, Problem> {
    let code = effect.currency.code();
    let postings = match actor.may::<ReadFinance>() {
        Ok(permit) => {
            let chart = settings::get(tx, permit).await?.chart;
            effect.postings.iter().map(|(account, amount)| order_balance(account, code, *amount, chart)).collect()
        }
        Err(_) => Vec::new(),
    };
    let difference = views::money(effect.after.total - effect.before.total, code);
    Ok(EffectView { before: sums(effect.before, effect.currency), after: sums(effect.after, effect.currency), difference, postings })
}

/// What a change set would do to the order's money. Nothing is changed.
#[utoipa::path(post, path = "/orders/{id}/changes/preview", tag = "orders", params(("id" = String, Path), ("If-Match" = String, Header, description = "the order's ETag")), request_body = ChangeForm,
    responses((status = 200, description = "the money before and after", body = EffectView), (status = 412, description = "the order was changed meanwhile", body = ProblemBody, content_type = "application/problem+json"),
              (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Written, Absent, Conflicting))]
pub async fn preview(State(app): State<App>, Allowed { actor, permit }: Allowed<EditOrders>, Path(id): Path<OrderId>, request: Request) -> Result<Response, Problem> {
    let Write { form, seen, .. } = write::<ChangeForm>(request, &app, &actor, &format!("POST /orders/{id}/changes/preview")).await?;
    let mut tx = app.directory.begin(&actor).await?;
    let effect = changes::change(&mut tx, permit, id, seen, &form.into()).await?;
    let view = effect_view(&mut tx, &actor, effect).await?;
    // EDIT-1: the same act, let go.
    drop(tx);
    Ok((StatusCode::OK, Json(view)).into_response())
}

/// Changes lines, prices, discounts or the address of an order, at any time before its period is closed.
#[utoipa::path(post, path = "/orders/{id}/changes", tag = "orders", params(("id" = String, Path), ("If-Match" = String, Header, description = "the order's ETag"), ("Idempotency-Key" = Option<String>, Header)), request_body = ChangeForm,
    responses((status = 200, description = "the order, and what the change did", body = ChangeAnswer, headers(("ETag" = String))), (status = 412, description = "the order was changed meanwhile", body = ProblemBody, content_type = "application/problem+json"),
              (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Written, Absent, Conflicting))]
pub async fn change(State(app): State<App>, Allowed { actor, permit }: Allowed<EditOrders>, Path(id): Path<OrderId>, request: Request) -> Result<Response, Problem> {
    let Write { form, seen, key } = write::<ChangeForm>(request, &app, &actor, &format!("POST /orders/{id}/changes")).await?;
    let mut tx = app.directory.begin(&actor).await?;
    let done = async {
        let effect = changes::change(&mut tx, permit, id, seen, &form.into()).await?;
        let effect = effect_view(&mut tx, &actor, effect).await?;
        let order = order_of(&mut tx, &actor, id).await?;
        Ok((order.row.version, ChangeAnswer { effect, order: view(&actor, order) }))
    }
    .await;
    finish(&app, &actor, tx, key, StatusCode::OK, done).await
}
