//! Who approves which price.

use crate::app::App;
use crate::http::{
    answers::{Guarded, Written},
    auth::Allowed,
    body::Json,
    companies::answer,
    orders::{read::seen_version, views::decimal},
    problem::{Problem, ProblemBody},
};
use axum::{
    extract::{Extension, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use chrono::{DateTime, Utc};
use kernel::{Decimal, RoleId, money::parse_decimal};
use serde::{Deserialize, Serialize};
use switchyard_core::pricing::matrix::{self, Matrix, RULES_MAX, Rule, Versioned};
use tenants::{
    Caller,
    rights::{ManagePrices, ReadPrices},
};
use utoipa::ToSchema;

/// A rule matches a line for which everything that is told holds; the first that matches says who signs.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PriceRule)]
pub struct RuleView {
    /// Percent below the list.
    discount_above: Option<String>,
    /// Percent of the price that is left after the cost.
    margin_below: Option<String>,
    /// Of the whole line, in the matrix' currency.
    amount_above: Option<String>,
    #[serde(default)]
    below_floor: bool,
    /// One or two roles, in the order in which they sign.
    #[schema(value_type = Vec<String>)]
    steps: Vec<RoleId>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PriceMatrix)]
pub struct MatrixView {
    /// 0: nobody wrote one; what is below its list is approved by one person with the right.
    version: i32,
    allowed_discount: String,
    margin_min: Option<String>,
    unlisted: bool,
    currency: String,
    answer_days: u16,
    freeze_days: u16,
    rules: Vec<RuleView>,
    made_by: Option<String>,
    made_at: Option<DateTime<Utc>>,
}

impl From<Versioned> for MatrixView {
    fn from(Versioned { version, matrix, made_by, made_at }: Versioned) -> Self {
        let rule = |r: Rule| RuleView { discount_above: r.discount_above.map(decimal), margin_below: r.margin_below.map(decimal), amount_above: r.amount_above.map(decimal), below_floor: r.below_floor, steps: r.steps };
        Self {
            version,
            allowed_discount: decimal(matrix.allowed_discount),
            margin_min: matrix.margin_min.map(decimal),
            unlisted: matrix.unlisted,
            currency: matrix.currency,
            answer_days: matrix.answer_days,
            freeze_days: matrix.freeze_days,
            rules: matrix.rules.into_iter().map(rule).collect(),
            made_by,
            made_at,
        }
    }
}

fn own_currency(caller: &Caller) -> String {
    caller.tenant().map(|t| t.currency.clone()).unwrap_or_default()
}

/// The matrix in force.
#[utoipa::path(get, path = "/price-matrix", tag = "prices", responses((status = 200, description = "the matrix", body = MatrixView, headers(("ETag" = String))), Guarded))]
pub async fn get(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadPrices>, Extension(caller): Extension<Caller>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let found = matrix::get(&mut tx, permit, &own_currency(&caller)).await?;
    Ok(answer(StatusCode::OK, found.version.into(), MatrixView::from(found)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPriceMatrix)]
pub struct MatrixForm {
    /// Percent as decimal text.
    allowed_discount: String,
    margin_min: Option<String>,
    #[serde(default)]
    unlisted: bool,
    /// Of the amounts in the rules; the tenant's own when left out.
    currency: Option<String>,
    answer_days: Option<u16>,
    freeze_days: Option<u16>,
    #[serde(default)]
    rules: Vec<RuleView>,
}

/// Writes the next version of the matrix. Requests keep the version they were judged by.
#[utoipa::path(put, path = "/price-matrix", tag = "prices", params(("If-Match" = String, Header, description = "the ETag seen")), request_body = MatrixForm,
    responses((status = 200, description = "the matrix", body = MatrixView, headers(("ETag" = String))), (status = 412, description = "the matrix was changed meanwhile", body = ProblemBody, content_type = "application/problem+json"),
              (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Written))]
pub async fn set(State(app): State<App>, Allowed { actor, permit }: Allowed<ManagePrices>, Extension(caller): Extension<Caller>, headers: HeaderMap, Json(form): Json<MatrixForm>) -> Result<Response, Problem> {
    let seen = i32::try_from(seen_version(&headers)?).unwrap_or(i32::MAX);
    let read = |pointer: String, text: &Option<String>| -> Result<Option<Decimal>, Problem> { text.as_deref().map(parse_decimal).transpose().map_err(|e| Problem::field(pointer, "invalid_value", e.to_string())) };
    let standard = Matrix::standard(&form.currency.unwrap_or_else(|| own_currency(&caller)));
    let mut rules = Vec::new();
    for (index, rule) in form.rules.into_iter().enumerate().take(RULES_MAX + 1) {
        let at = |field: &str| format!("/rules/{index}/{field}");
        rules.push(Rule {
            discount_above: read(at("discount_above"), &rule.discount_above)?,
            margin_below: read(at("margin_below"), &rule.margin_below)?,
            amount_above: read(at("amount_above"), &rule.amount_above)?,
            below_floor: rule.below_floor,
            steps: rule.steps,
        });
    }
    let wanted = Matrix {
        allowed_discount: read("/allowed_discount".into(), &Some(form.allowed_discount))?.unwrap_or_default(),
        margin_min: read("/margin_min".into(), &form.margin_min)?,
        unlisted: form.unlisted,
        answer_days: form.answer_days.unwrap_or(standard.answer_days),
        freeze_days: form.freeze_days.unwrap_or(standard.freeze_days),
        rules,
        ..standard
    };
    let mut tx = app.directory.begin(&actor).await?;
    let set = matrix::set(&mut tx, permit, seen, &wanted).await?;
    tx.commit().await?;
    Ok(answer(StatusCode::OK, set.version.into(), MatrixView::from(set)))
}
