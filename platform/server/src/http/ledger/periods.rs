//! Closing and reopening the books.

use crate::app::App;
use crate::http::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{Json, Path},
    problem::Problem,
};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::PeriodId;
use serde::{Deserialize, Serialize};
use switchyard_core::finance::period::{self, Period, PeriodError};
use tenants::rights::{CloseFinance, ReadFinance};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = LedgerPeriod)]
pub struct PeriodView {
    id: String,
    /// The last day that is closed.
    #[schema(value_type = String, format = Date)]
    through: NaiveDate,
    closed_at: DateTime<Utc>,
    closed_by: String,
    reopened_at: Option<DateTime<Utc>>,
    reopened_by: Option<String>,
}

impl From<Period> for PeriodView {
    fn from(period: Period) -> Self {
        let Period { id, through, closed_at, closed_by, reopened_at, reopened_by } = period;
        Self { id: id.to_string(), through, closed_at, closed_by, reopened_at, reopened_by }
    }
}

#[derive(Serialize, ToSchema)]
pub struct PeriodList {
    #[schema(value_type = Option<String>, format = Date)]
    closed_through: Option<NaiveDate>,
    data: Vec<PeriodView>,
}

/// The closings, newest first.
#[utoipa::path(get, path = "/ledger/periods", tag = "ledger", responses((status = 200, description = "at most 500 closings", body = PeriodList), Guarded))]
pub async fn list(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let periods = period::list(&mut tx, permit).await?;
    let closed_through = periods.iter().filter(|period| period.reopened_at.is_none()).map(|period| period.through).max();
    Ok(axum::Json(PeriodList { closed_through, data: periods.into_iter().map(PeriodView::from).collect() }).into_response())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseForm {
    /// `2026-10-31`: the last day to close, in the tenant's zone.
    #[schema(value_type = String, format = Date)]
    through: NaiveDate,
}

/// Closes the books up to and with a day.
#[utoipa::path(post, path = "/ledger/periods", tag = "ledger", request_body = CloseForm, responses((status = 201, description = "the closing", body = PeriodView), Guarded, Written, Conflicting))]
pub async fn close(State(app): State<App>, Allowed { actor, permit }: Allowed<CloseFinance>, Json(CloseForm { through }): Json<CloseForm>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let period = period::close(&mut tx, permit, through).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, axum::Json(PeriodView::from(period))).into_response())
}

/// Takes the newest closing back.
#[utoipa::path(delete, path = "/ledger/periods/{id}", tag = "ledger", params(("id" = String, Path)), responses((status = 204, description = "reopened"), Guarded, Absent, Conflicting))]
pub async fn reopen(State(app): State<App>, Allowed { actor, permit }: Allowed<CloseFinance>, Path(id): Path<PeriodId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    period::reopen(&mut tx, permit, id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

impl From<PeriodError> for Problem {
    fn from(error: PeriodError) -> Self {
        let text = error.to_string();
        match error {
            PeriodError::Unknown => Self::not_found(),
            PeriodError::ClosedAlready(_) => Self::conflict("closed_already", text),
            PeriodError::DayNotOver => Self::field("/through", "invalid_value", "must be a day after 1970 that is over in the tenant's zone"),
            PeriodError::NotNewest(_) => Self::conflict("not_newest", text),
            PeriodError::ReopenedAlready => Self::conflict("reopened_already", text),
            PeriodError::Database(error) => error.into(),
        }
    }
}
