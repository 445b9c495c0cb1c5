//! Letters to debtors: their levels, and the runs that send them.

use crate::app::App;
use crate::http::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{Json, Path},
    orders::views::{MoneyView, money},
    problem::Problem,
};
use crate::flows::letters;
use axum::{
    Extension,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{DunningLetterId, DunningRunId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use switchyard_core::receivables::{
    dunning::{self, Level},
    run::{self, Letter, Run},
};
use tenants::{
    Caller,
    rights::{CloseFinance, ManageReceivables, ReadFinance},
};
use utoipa::ToSchema;

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DunningLevel)]
struct LevelView {
    /// Overdue by so many days at least.
    days: i32,
    subject_en: String,
    /// May name {company}, {amount}, {days}, {items} and {seller}.
    text_en: String,
    subject_vi: String,
    text_vi: String,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DunningLevels)]
pub struct LevelList {
    levels: Vec<LevelView>,
}

fn shown(levels: Vec<Level>) -> axum::Json<LevelList> {
    let view = |level: Level| LevelView { days: level.days, subject_en: level.subject_en, text_en: level.text_en, subject_vi: level.subject_vi, text_vi: level.text_vi };
    axum::Json(LevelList { levels: levels.into_iter().map(view).collect() })
}

/// The levels of letters, the first first.
#[utoipa::path(get, path = "/receivables/dunning-levels", tag = "receivables", responses((status = 200, description = "at most five", body = LevelList), Guarded))]
pub async fn levels(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    Ok(shown(dunning::levels(&mut tx, permit).await?).into_response())
}

/// Replaces all levels.
#[utoipa::path(put, path = "/receivables/dunning-levels", tag = "receivables", request_body = LevelList, responses((status = 200, description = "the levels", body = LevelList), Guarded, Written))]
pub async fn set_levels(State(app): State<App>, Allowed { actor, permit }: Allowed<CloseFinance>, Json(form): Json<LevelList>) -> Result<Response, Problem> {
    let read = actor.may::<ReadFinance>()?;
    let wanted: Vec<Level> =
        form.levels.into_iter().map(|level| Level { level: 0, days: level.days, subject_en: level.subject_en, text_en: level.text_en, subject_vi: level.subject_vi, text_vi: level.text_vi }).collect();
    let mut tx = app.directory.begin(&actor).await?;
    let levels = dunning::set_levels(&mut tx, permit, read, &wanted).await?;
    tx.commit().await?;
    Ok(shown(levels).into_response())
}

#[derive(Serialize, ToSchema)]
#[schema(as = DunningRun)]
struct RunView {
    id: String,
    #[schema(value_type = String, format = Date)]
    as_of: NaiveDate,
    /// `proposed`, `sent`, `dropped`
    state: String,
    made_at: DateTime<Utc>,
    made_by: String,
    ended_at: Option<DateTime<Utc>>,
    letters: i64,
    failed: i64,
}

fn run_view(run: Run) -> RunView {
    RunView { id: run.id.to_string(), as_of: run.as_of, state: run.state, made_at: run.made_at, made_by: run.made_by, ended_at: run.ended_at, letters: run.letters, failed: run.failed }
}

#[derive(Serialize, ToSchema)]
pub struct RunList {
    data: Vec<RunView>,
}

/// The newest runs.
#[utoipa::path(get, path = "/receivables/dunning-runs", tag = "receivables", responses((status = 200, description = "at most 100 runs", body = RunList), Guarded))]
pub async fn runs(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    Ok(axum::Json(RunList { data: run::list(&mut tx, permit).await?.into_iter().map(run_view).collect() }).into_response())
}

#[derive(Serialize, ToSchema)]
#[schema(as = DunningLetter)]
struct LetterView {
    id: String,
    company_id: String,
    company: String,
    level: i16,
    amount: MoneyView,
    oldest_days: i32,
    /// `[{order_id, number, amount, due_on, days}]`
    #[schema(value_type = Vec<Object>)]
    items: Value,
    email: Option<String>,
    language: String,
    /// `proposed`, `sent`, `recorded` (nobody to write to), `failed`, `dropped`
    state: String,
    problem: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct RunDetail {
    #[serde(flatten)]
    run: RunView,
    letters_list: Vec<LetterView>,
}

fn detail((run, letters): (Run, Vec<Letter>)) -> axum::Json<RunDetail> {
    let letter = |letter: Letter| LetterView {
        id: letter.id.to_string(),
        company_id: letter.company.to_string(),
        company: letter.company_name,
        level: letter.level,
        amount: money(letter.amount, &letter.currency),
        oldest_days: letter.oldest_days,
        items: letter.items,
        email: letter.email,
        language: letter.language,
        state: letter.state,
        problem: letter.problem,
    };
    axum::Json(RunDetail { run: run_view(run), letters_list: letters.into_iter().map(letter).collect() })
}

/// One run with its letters.
#[utoipa::path(get, path = "/receivables/dunning-runs/{id}", tag = "receivables", params(("id" = String, Path)), responses((status = 200, description = "the run", body = RunDetail), Guarded, Absent))]
pub async fn run(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>, Path(id): Path<DunningRunId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    Ok(detail(run::get(&mut tx, permit, id).await?).into_response())
}

/// Proposes letters for what is overdue and was not asked for at its level yet.
#[utoipa::path(post, path = "/receivables/dunning-runs", tag = "receivables", responses((status = 201, description = "the proposal", body = RunDetail), Guarded, Conflicting))]
pub async fn propose(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageReceivables>) -> Result<Response, Problem> {
    let read = actor.may::<ReadFinance>()?;
    let mut tx = app.directory.begin(&actor).await?;
    let id = run::propose(&mut tx, permit, read).await?;
    let made = run::get(&mut tx, read, id).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, detail(made)).into_response())
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = SendDunning)]
pub struct SendForm {
    /// Letters that are not sent.
    without: Vec<String>,
}

/// Sends the letters of a proposal; what has no address is recorded.
#[utoipa::path(post, path = "/receivables/dunning-runs/{id}/send", tag = "receivables", params(("id" = String, Path)), request_body = SendForm, responses((status = 200, description = "the run", body = RunDetail), Guarded, Written, Absent, Conflicting))]
pub async fn send(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageReceivables>, Extension(caller): Extension<Caller>, Path(id): Path<DunningRunId>, Json(form): Json<SendForm>) -> Result<Response, Problem> {
    let read = actor.may::<ReadFinance>()?;
    let without = form.without.iter().enumerate().map(|(index, id)| id.parse::<DunningLetterId>().map_err(|_| Problem::field(format!("/without/{index}"), "invalid_value", "must be the id of a letter"))).collect::<Result<Vec<_>, _>>()?;
    let mut tx = app.directory.begin(&actor).await?;
    run::end(&mut tx, permit, id, true, &without).await?;
    tx.commit().await?;
    let seller = caller.tenant().map(|tenant| tenant.name.clone()).unwrap_or_default();
    letters::send(&app, &actor, permit, read, id, &seller).await?;
    let mut tx = app.directory.begin(&actor).await?;
    Ok(detail(run::get(&mut tx, read, id).await?).into_response())
}

/// Drops a proposal; nobody is written to.
#[utoipa::path(post, path = "/receivables/dunning-runs/{id}/drop", tag = "receivables", params(("id" = String, Path)), responses((status = 200, description = "the run", body = RunDetail), Guarded, Absent, Conflicting))]
pub async fn drop_run(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageReceivables>, Path(id): Path<DunningRunId>) -> Result<Response, Problem> {
    let read = actor.may::<ReadFinance>()?;
    let mut tx = app.directory.begin(&actor).await?;
    run::end(&mut tx, permit, id, false, &[]).await?;
    let ended = run::get(&mut tx, read, id).await?;
    tx.commit().await?;
    Ok(detail(ended).into_response())
}
