//! Credit policies and their decisions over HTTP.

use super::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{Json, Path, Query},
    orders::{
        read::{etag, seen_version},
        views::{MoneyView, money},
    },
    page::{self, List, Scope},
    problem::{Problem, ProblemBody},
};
use crate::{app::App, flows::judging};
use axum::{
    extract::{OriginalUri, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use kernel::{BacktestId, CompanyId, Decimal, DecisionId, OrderId, PluginId, PolicyId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use switchyard_core::{
    credit::{
        backtests::{self, Backtest, BacktestError, Wish},
        decisions::{self, Filter, Row},
        policies::{self, Change, Component, Policy, PolicyError},
    },
    orders::reviews,
};
use switchyard_host::manifest::{Manifest, PluginKind};
use tenants::{
    Actor, plugins,
    rights::{ConfigureCredit, ReadOrders},
};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, edit))
        .routes(routes!(backtest))
        .routes(routes!(backtests_of))
        .routes(routes!(activate))
        .routes(routes!(decisions_list))
        .routes(routes!(decision))
        .routes(routes!(replay))
}

#[derive(Serialize, utoipa::ToSchema)]
struct PolicyPlugin {
    #[schema(value_type = Option<String>)]
    id: Option<PluginId>,
    name: String,
    version: String,
    /// SHA-256 of the component; null: the product's own rule.
    digest: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CreditPolicyVersion)]
struct VersionView {
    version: i32,
    plugin: PolicyPlugin,
    config: Value,
    /// `draft`, `scheduled`, `active`, `superseded`
    state: &'static str,
    active_from: Option<DateTime<Utc>>,
    created_by: String,
    created_at: DateTime<Utc>,
    activated_by: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CreditPolicy)]
struct PolicyView {
    #[schema(value_type = String)]
    id: PolicyId,
    name: String,
    segment: String,
    enabled: bool,
    /// For `If-Match`.
    version: i64,
    /// Newest first.
    versions: Vec<VersionView>,
    /// JSON Schema of the newest version's configuration.
    config_schema: Option<Value>,
}

async fn view(app: &App, actor: &Actor, policy: Policy) -> Result<PolicyView, Problem> {
    let now = Utc::now();
    let newest = policy.versions.first().map(|v| v.plugin);
    let row = match newest {
        Some(plugin) => plugins::find(&app.directory, actor, plugin).await?,
        None => None,
    };
    let config_schema = row.and_then(|row| serde_json::from_value::<Manifest>(row.manifest).ok()).and_then(|m| m.config_schema);
    let versions = policy
        .versions
        .iter()
        .map(|v| VersionView {
            version: v.version,
            plugin: PolicyPlugin { id: Some(v.plugin), name: v.plugin_name.clone(), version: v.plugin_version.clone(), digest: Some(hex::encode(&v.digest)) },
            config: v.config.clone(),
            state: policy.state_of(v, now),
            active_from: v.active_from,
            created_by: v.created_by.clone(),
            created_at: v.created_at,
            activated_by: v.activated_by.clone(),
        })
        .collect();
    Ok(PolicyView { id: policy.id, versions, name: policy.name, segment: policy.segment, enabled: policy.enabled, version: policy.version, config_schema })
}

fn answer(status: StatusCode, view: PolicyView) -> Response {
    let etag = etag(view.version);
    let mut response = (status, axum::Json(view)).into_response();
    if let Ok(value) = HeaderValue::from_str(&etag) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}

/// The policy's component, and its configuration held against the component's own schema.
async fn content(app: &App, actor: &Actor, plugin: PluginId, config: &Value) -> Result<Component, Problem> {
    let row = plugins::find(&app.directory, actor, plugin).await?.ok_or_else(|| Problem::field("/plugin_id", "unknown", "there is no such plugin"))?;
    if row.kind != PluginKind::CreditPolicy.word() {
        return Err(Problem::field("/plugin_id", "invalid_value", format!("{} is a {}, not a credit-policy", row.name, row.kind)));
    }
    let manifest: Manifest = serde_json::from_value(row.manifest).map_err(Problem::internal)?;
    manifest.check_rule_config(config).map_err(|e| Problem::field(format!("/config{}", e.field), "invalid_value", e.problem))?;
    Ok(Component { plugin: row.id, name: row.name, version: row.version, digest: row.digest })
}

#[derive(Serialize, utoipa::ToSchema)]
struct PolicyList {
    data: Vec<PolicyView>,
}

/// All policies by name; a tenant has at most 20.
#[utoipa::path(get, path = "/credit-policies", tag = "credit", responses((status = 200, description = "all policies", body = PolicyList), Guarded))]
async fn list(State(app): State<App>, Allowed { actor, permit }: Allowed<ConfigureCredit>) -> Result<axum::Json<PolicyList>, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let found = policies::list(&mut tx, permit).await?;
    drop(tx);
    let mut data = Vec::with_capacity(found.len());
    for policy in found {
        data.push(view(&app, &actor, policy).await?);
    }
    Ok(axum::Json(PolicyList { data }))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCreditPolicy)]
struct NewPolicy {
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    /// A plugin of the kind credit-policy.
    #[schema(value_type = String)]
    plugin_id: PluginId,
    /// `b2b`, `b2c` or `all`: which orders it is asked about
    segment: String,
    #[serde(default)]
    #[schema(value_type = Object)]
    config: serde_json::Map<String, Value>,
}

/// A new policy with its first draft.
#[utoipa::path(post, path = "/credit-policies", tag = "credit", request_body = NewPolicy, responses((status = 201, description = "the policy", body = PolicyView, headers(("ETag" = String))), Guarded, Written, Conflicting))]
async fn create(State(app): State<App>, Allowed { actor, permit }: Allowed<ConfigureCredit>, Json(new): Json<NewPolicy>) -> Result<Response, Problem> {
    let config = Value::Object(new.config);
    let component = content(&app, &actor, new.plugin_id, &config).await?;
    let mut tx = app.directory.begin(&actor).await?;
    let policy = policies::create(&mut tx, permit, &new.name, &new.segment, &component, &config).await?;
    tx.commit().await?;
    Ok(answer(StatusCode::CREATED, view(&app, &actor, policy).await?))
}

/// One policy with all its versions.
#[utoipa::path(get, path = "/credit-policies/{id}", tag = "credit", params(("id" = String, Path)), responses((status = 200, description = "the policy", body = PolicyView, headers(("ETag" = String))), Guarded, Absent))]
async fn get(State(app): State<App>, Allowed { actor, .. }: Allowed<ConfigureCredit>, Path(id): Path<PolicyId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let policy = policies::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    drop(tx);
    Ok(answer(StatusCode::OK, view(&app, &actor, policy).await?))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreditPolicyEdit)]
struct PolicyEdit {
    name: Option<String>,
    enabled: Option<bool>,
    #[schema(value_type = Option<String>)]
    plugin_id: Option<PluginId>,
    #[schema(value_type = Option<Object>)]
    config: Option<serde_json::Map<String, Value>>,
}

/// Changes a policy under the version the person saw; a plugin or configuration changes the draft, or begins the next.
#[utoipa::path(patch, path = "/credit-policies/{id}", tag = "credit", params(("id" = String, Path), ("If-Match" = String, Header, description = "the ETag seen")), request_body = PolicyEdit,
    responses((status = 200, description = "the policy", body = PolicyView, headers(("ETag" = String))), (status = 412, description = "the policy was changed meanwhile", body = ProblemBody, content_type = "application/problem+json"),
              (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Written, Absent, Conflicting))]
async fn edit(State(app): State<App>, Allowed { actor, permit }: Allowed<ConfigureCredit>, headers: HeaderMap, Path(id): Path<PolicyId>, Json(edit): Json<PolicyEdit>) -> Result<Response, Problem> {
    let seen = seen_version(&headers)?;
    let mut tx = app.directory.begin(&actor).await?;
    let before = policies::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    drop(tx);
    let newest = before.versions.first().ok_or_else(Problem::not_found)?;
    let content = match (edit.plugin_id, edit.config) {
        (None, None) => None,
        (plugin, config) => {
            let config = config.map_or_else(|| newest.config.clone(), Value::Object);
            Some((content(&app, &actor, plugin.unwrap_or(newest.plugin), &config).await?, config))
        }
    };
    let mut tx = app.directory.begin(&actor).await?;
    let policy = policies::change(&mut tx, permit, id, seen, Change { name: edit.name, enabled: edit.enabled, content }).await?;
    if edit.enabled.is_some() {
        reviews::ask_all(&mut tx, "a policy was switched").await?;
    }
    tx.commit().await?;
    app.judging.ring(actor.tenant);
    Ok(answer(StatusCode::OK, view(&app, &actor, policy).await?))
}

#[derive(Serialize, utoipa::ToSchema)]
struct BacktestSum {
    currency: String,
    newly_held: MoneyView,
    newly_freed: MoneyView,
}

#[derive(Serialize, utoipa::ToSchema)]
struct BacktestOrder {
    order_id: String,
    number: i64,
    /// `free` or `held`
    before: String,
    /// `free`, `held` or `failed`
    after: String,
    value: MoneyView,
    reasons: Vec<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Backtest)]
struct BacktestView {
    #[schema(value_type = String)]
    id: BacktestId,
    #[schema(value_type = String)]
    policy_id: PolicyId,
    version: i32,
    /// `running`, `done`, `failed`
    state: String,
    orders_total: i64,
    orders_done: i64,
    newly_held: i64,
    newly_freed: i64,
    same: i64,
    failed: i64,
    money: Vec<BacktestSum>,
    /// The first 100 that change.
    sample: Vec<BacktestOrder>,
    message: Option<String>,
    started_by: String,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
}

impl From<Backtest> for BacktestView {
    fn from(b: Backtest) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let sum = |value: &Value, currency: &str| money(value.as_str().and_then(|t| t.parse::<Decimal>().ok()).unwrap_or_default(), currency);
        Self {
            money: b.money.as_object().into_iter().flatten().map(|(currency, sums)| BacktestSum { newly_held: sum(&sums["newly_held"], currency), newly_freed: sum(&sums["newly_freed"], currency), currency: currency.clone() }).collect(),
            sample: b
                .sample
                .as_array()
                .into_iter()
                .flatten()
                .map(|o| BacktestOrder {
                    order_id: text(&o["order_id"]),
                    number: o["number"].as_i64().unwrap_or_default(),
                    before: text(&o["before"]),
                    after: text(&o["after"]),
                    value: sum(&o["amount"], o["currency"].as_str().unwrap_or_default()),
                    reasons: o["reasons"].as_array().into_iter().flatten().map(text).collect(),
                })
                .collect(),
            id: b.id,
            policy_id: b.policy,
            version: b.version,
            state: b.state,
            orders_total: b.orders_total,
            orders_done: b.orders_done,
            newly_held: b.newly_held,
            newly_freed: b.newly_freed,
            same: b.same,
            failed: b.failed,
            message: b.message,
            started_by: b.started_by,
            created_at: b.created_at,
            finished_at: b.finished_at,
        }
    }
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct BacktestForm {
    /// The newest when left out.
    version: Option<i32>,
    placed_from: Option<DateTime<Utc>>,
    placed_to: Option<DateTime<Utc>>,
    /// The newest so many orders.
    #[schema(minimum = 1, maximum = 10000, default = 10000)]
    orders_max: Option<i64>,
}

/// Tries a version on past orders, in the background.
#[utoipa::path(post, path = "/credit-policies/{id}/backtest", tag = "credit", params(("id" = String, Path)), request_body = BacktestForm, responses((status = 202, description = "it runs", body = BacktestView), Guarded, Written, Absent, Conflicting))]
async fn backtest(State(app): State<App>, Allowed { actor, permit }: Allowed<ConfigureCredit>, Path(id): Path<PolicyId>, Json(form): Json<BacktestForm>) -> Result<Response, Problem> {
    let most = form.orders_max.unwrap_or(backtests::ORDERS_MAX);
    if !(1..=backtests::ORDERS_MAX).contains(&most) {
        return Err(Problem::field("/orders_max", "invalid_value", format!("must be 1 to {}", backtests::ORDERS_MAX)));
    }
    for (name, at) in [("placed_from", form.placed_from), ("placed_to", form.placed_to)] {
        if at.is_some_and(|at| !(1900..3000).contains(&chrono::Datelike::year(&at))) {
            return Err(Problem::field(format!("/{name}"), "invalid_value", "must be an instant between 1900 and 3000"));
        }
    }
    let mut tx = app.directory.begin(&actor).await?;
    policies::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let wish = Wish { version: form.version, placed_from: form.placed_from, placed_to: form.placed_to, orders_max: most };
    let started = backtests::start(&mut tx, permit, id, wish).await?;
    tx.commit().await?;
    app.judging.ring(actor.tenant);
    Ok((StatusCode::ACCEPTED, axum::Json(BacktestView::from(started))).into_response())
}

#[derive(Serialize, utoipa::ToSchema)]
struct BacktestList {
    data: Vec<BacktestView>,
}

/// The newest 20 back-tests of a policy, with their progress.
#[utoipa::path(get, path = "/credit-policies/{id}/backtests", tag = "credit", params(("id" = String, Path)), responses((status = 200, description = "newest first", body = BacktestList), Guarded, Absent))]
async fn backtests_of(State(app): State<App>, Allowed { actor, .. }: Allowed<ConfigureCredit>, Path(id): Path<PolicyId>) -> Result<axum::Json<BacktestList>, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    policies::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    Ok(axum::Json(BacktestList { data: backtests::list(&mut tx, id).await?.into_iter().map(BacktestView::from).collect() }))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Activation {
    version: i32,
    /// Now, when left out.
    at: Option<DateTime<Utc>>,
}

/// Puts a version in force at an instant. Held and open orders are judged again within seconds.
#[utoipa::path(post, path = "/credit-policies/{id}/activate", tag = "credit", params(("id" = String, Path)), request_body = Activation, responses((status = 200, description = "the policy", body = PolicyView, headers(("ETag" = String))), Guarded, Written, Absent, Conflicting))]
async fn activate(State(app): State<App>, Allowed { actor, permit }: Allowed<ConfigureCredit>, Path(id): Path<PolicyId>, Json(Activation { version, at }): Json<Activation>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let policy = policies::activate(&mut tx, permit, id, version, at).await?;
    if at.is_none_or(|at| at <= tx.now()) {
        reviews::ask_all(&mut tx, "a policy was activated").await?;
    }
    tx.commit().await?;
    app.judging.ring(actor.tenant);
    Ok(answer(StatusCode::OK, view(&app, &actor, policy).await?))
}

#[derive(Serialize, utoipa::ToSchema)]
struct DecisionOrder {
    #[schema(value_type = String)]
    id: OrderId,
    number: i64,
}

#[derive(Serialize, utoipa::ToSchema)]
struct DecisionPolicy {
    #[schema(value_type = String)]
    id: PolicyId,
    name: String,
    version: i32,
}

#[derive(Serialize, utoipa::ToSchema)]
struct DecisionRow {
    #[schema(value_type = String)]
    id: DecisionId,
    at: DateTime<Utc>,
    order: DecisionOrder,
    #[schema(value_type = Option<String>)]
    company_id: Option<CompanyId>,
    /// Null: the product's own rule.
    policy: Option<DecisionPolicy>,
    plugin: PolicyPlugin,
    /// `approve`, `hold`, `deposit`, `failed`
    outcome: String,
    code: Option<String>,
    message: Option<String>,
    /// `confirm` or `review`
    cause: String,
    fuel: i64,
    micros: i64,
}

#[derive(Serialize, utoipa::ToSchema)]
struct DecisionView {
    #[serde(flatten)]
    row: DecisionRow,
    /// What was asked.
    input: Value,
    config: Value,
    /// What was answered.
    output: Option<Value>,
    peak_memory_bytes: i64,
    asked_by: String,
}

impl From<Row> for DecisionRow {
    fn from(row: Row) -> Self {
        let policy = row.policy_id.zip(row.policy_name).zip(row.policy_version);
        Self {
            id: row.id,
            at: row.at,
            order: DecisionOrder { id: row.order_id, number: row.number },
            company_id: row.company_id,
            policy: policy.map(|((id, name), version)| DecisionPolicy { id, name, version }),
            plugin: PolicyPlugin { id: None, name: row.plugin_name, version: row.plugin_version, digest: row.digest.map(hex::encode) },
            outcome: row.outcome,
            code: row.code,
            message: row.message,
            cause: row.cause,
            fuel: row.fuel,
            micros: row.micros,
        }
    }
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct DecisionQuery {
    order: Option<String>,
    company: Option<String>,
    policy: Option<String>,
    /// `approve`, `hold`, `deposit`, `failed`
    outcome: Option<String>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    cursor: Option<String>,
}

/// What policies decided, newest first.
#[utoipa::path(get, path = "/decisions", tag = "credit", params(DecisionQuery), responses((status = 200, description = "one page", body = List<DecisionRow>), Guarded))]
async fn decisions_list(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadOrders>, OriginalUri(uri): OriginalUri, Query(query): Query<DecisionQuery>) -> Result<Response, Problem> {
    fn id<T: std::str::FromStr>(name: &str, text: &Option<String>) -> Result<Option<T>, Problem> {
        text.as_deref().map(|t| t.parse().map_err(|_| Problem::field(format!("query:{name}"), "invalid_value", "must be an id"))).transpose()
    }
    if query.outcome.as_deref().is_some_and(|o| !["approve", "hold", "deposit", "failed"].contains(&o)) {
        return Err(Problem::field("query:outcome", "invalid_value", "must be approve, hold, deposit or failed"));
    }
    let filter = Filter { order: id("order", &query.order)?, company: id("company", &query.company)?, policy: id("policy", &query.policy)?, outcome: query.outcome };
    let limit = page::limit(query.limit)?;
    let scope = Scope { list: "decisions", tenant: actor.tenant };
    let after: Option<(DateTime<Utc>, DecisionId)> = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let mut tx = app.directory.begin(&actor).await?;
    let found = decisions::page(&mut tx, permit, &filter, after, limit).await?;
    page::answer(&app, scope, &uri, found.rows.into_iter().map(DecisionRow::from).collect(), found.next)
}

/// One decision with what was asked and answered.
#[utoipa::path(get, path = "/decisions/{id}", tag = "credit", params(("id" = String, Path)), responses((status = 200, description = "the decision", body = DecisionView), Guarded, Absent))]
async fn decision(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadOrders>, Path(id): Path<DecisionId>) -> Result<axum::Json<DecisionView>, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let found = decisions::find(&mut tx, permit, id).await?.ok_or_else(Problem::not_found)?;
    let mut asked: Value = serde_json::from_str(&found.input).map_err(Problem::internal)?;
    Ok(axum::Json(DecisionView {
        input: asked["question"].take(),
        config: asked["config"].take(),
        output: found.output.as_deref().map(serde_json::from_str).transpose().map_err(Problem::internal)?,
        peak_memory_bytes: found.row.peak_memory,
        asked_by: found.row.asked_by.clone(),
        row: found.row.into(),
    }))
}

#[derive(Serialize, utoipa::ToSchema)]
struct ReplayView {
    /// Answer and fuel are the same, to the byte.
    identical: bool,
    output: Option<String>,
    recorded_output: Option<String>,
    fuel: i64,
    recorded_fuel: i64,
}

/// Asks again what was asked then, of the very component of then, and compares.
#[utoipa::path(post, path = "/decisions/{id}/replay", tag = "credit", params(("id" = String, Path)), responses((status = 200, description = "the comparison", body = ReplayView), Guarded, Absent))]
async fn replay(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadOrders>, Path(id): Path<DecisionId>) -> Result<axum::Json<ReplayView>, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let found = decisions::find(&mut tx, permit, id).await?.ok_or_else(Problem::not_found)?;
    drop(tx);
    let again = judging::replay(&app.host, actor.tenant, &found).await.map_err(Problem::internal)?;
    Ok(axum::Json(ReplayView { identical: again.identical, output: again.output, recorded_output: found.output, fuel: again.fuel, recorded_fuel: found.row.fuel }))
}

impl From<PolicyError> for Problem {
    fn from(error: PolicyError) -> Self {
        match error {
            PolicyError::Unknown | PolicyError::UnknownVersion => Self::not_found(),
            PolicyError::Field { field, wrong } => Self::field(format!("/{field}"), "invalid_value", wrong),
            PolicyError::NameTaken => Self::conflict("name_taken", error.to_string()),
            PolicyError::TooMany => Self::conflict("too_many", error.to_string()),
            PolicyError::Stale(_) => Self::new(StatusCode::PRECONDITION_FAILED, "stale", error.to_string()),
            PolicyError::ActivatedAlready => Self::conflict("activated_already", error.to_string()),
            PolicyError::Database(error) => Self::internal(error),
        }
    }
}

impl From<BacktestError> for Problem {
    fn from(error: BacktestError) -> Self {
        match error {
            BacktestError::UnknownVersion => Self::field("/version", "unknown", error.to_string()),
            BacktestError::Running => Self::conflict("running", error.to_string()),
            BacktestError::Case(error) => error.into(),
            BacktestError::Database(error) => Self::internal(error),
        }
    }
}
