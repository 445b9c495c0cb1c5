//! Lines of statements: finding them, saying what one without an order is.

use super::views::{self, LineView};
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
    http::StatusCode,
    response::{IntoResponse, Response},
};
use kernel::{SettlementLineId, StatementId};
use serde::Deserialize;
use switchyard_core::settlement::{
    resolve::{self, Resolution},
    statements,
};
use tenants::rights::{PostFinance, ReadFinance};
use utoipa::{IntoParams, ToSchema};

#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct LineQuery {
    /// `matched`, `told`, `open`, `disputed` or `booked`
    state: Option<String>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    cursor: Option<String>,
}

/// The lines of a statement: those of its files, and what the connector told.
#[utoipa::path(get, path = "/settlement/statements/{id}/lines", tag = "settlement", params(("id" = String, Path), LineQuery), responses((status = 200, description = "one page", body = List<LineView>), Guarded, Absent))]
pub async fn list(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>, Path(id): Path<StatementId>, OriginalUri(uri): OriginalUri, Query(query): Query<LineQuery>) -> Result<Response, Problem> {
    let limit = page::limit(query.limit)?;
    if query.state.as_deref().is_some_and(|state| !statements::STATES.contains(&state)) {
        return Err(Problem::field("query:state", "invalid_value", format!("must be one of {}", statements::STATES.join(", "))));
    }
    let scope = Scope { list: "settlement-lines", tenant: actor.tenant };
    let after: Option<String> = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let may_post = actor.may::<PostFinance>().is_ok();
    let mut tx = app.directory.begin(&actor).await?;
    statements::get(&mut tx, permit, id).await?.ok_or_else(Problem::not_found)?;
    let found = statements::lines(&mut tx, permit, id, query.state.as_deref(), after, limit).await?;
    page::answer(&app, scope, &uri, found.rows.into_iter().map(|line| views::line(line, may_post)).collect(), found.next)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SettlementResolution)]
pub struct ResolveForm {
    /// `match`, `book`, `dispute`
    action: String,
    /// `match`: the order it belongs to.
    order_id: Option<String>,
    /// `book`: such as `mkt_adjustment` or `mkt_other_fee`.
    account: Option<String>,
    reason: String,
}

impl ResolveForm {
    fn resolution(&self) -> Result<Resolution, Problem> {
        let wrong = |pointer: &str, detail: String| Problem::field(pointer, "invalid_value", detail);
        match self.action.as_str() {
            "match" => self.order_id.as_deref().and_then(|id| id.parse().ok()).map(Resolution::Match).ok_or_else(|| wrong("/order_id", "must be the id of an order".into())),
            "book" => self.account.as_deref().unwrap_or_default().parse().map(Resolution::Book).map_err(|error: switchyard_core::finance::account::UnknownAccount| wrong("/account", error.to_string())),
            "dispute" => Ok(Resolution::Dispute),
            _ => Err(wrong("/action", "must be match, book or dispute".into())),
        }
    }
}

/// Says what a line without an order is.
#[utoipa::path(post, path = "/settlement/statement-lines/{id}/resolve", tag = "settlement", params(("id" = String, Path)), request_body = ResolveForm, responses((status = 204, description = "resolved"), Guarded, Written, Absent, Conflicting))]
pub async fn resolve(State(app): State<App>, Allowed { actor, permit }: Allowed<PostFinance>, Path(id): Path<SettlementLineId>, Json(form): Json<ResolveForm>) -> Result<Response, Problem> {
    let resolution = form.resolution()?;
    let mut tx = app.directory.begin(&actor).await?;
    resolve::resolve(&mut tx, permit, id, &resolution, &form.reason).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
