//! How the tenant's money is treated.

use crate::app::App;
use crate::http::{
    answers::{Guarded, Written},
    auth::Allowed,
    body::Json,
    orders::read::{etag, seen_version},
    problem::{Problem, ProblemBody},
};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use kernel::money::parse_decimal;
use serde::{Deserialize, Deserializer, Serialize};
use switchyard_core::finance::settings::{self, Change, Settings, SettingsError};
use tenants::rights::{CloseFinance, ReadFinance};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = FinanceSettings)]
pub struct SettingsView {
    version: i32,
    country: String,
    time_zone: String,
    /// `included`: prices that name no tax hold one at the default rate; `on_top`: they hold none.
    tax_treatment: String,
    /// Percent.
    default_tax_rate: Option<String>,
    /// `half_up`, `half_even`, `truncate`
    rounding: String,
    /// `line`, `document`
    rounding_scope: String,
    /// `tender`, `discount`
    points_as: String,
    points_carrying_ratio: String,
    /// `vn`, `generic`
    chart: String,
    set_at: DateTime<Utc>,
    set_by: String,
}

fn answer(settings: Settings) -> Response {
    let etag = etag(settings.version.into());
    let word = |yes: bool, one: &str, other: &str| if yes { one.to_owned() } else { other.to_owned() };
    let view = SettingsView {
        version: settings.version,
        country: settings.country,
        time_zone: settings.time_zone.name().to_owned(),
        tax_treatment: word(settings.tax_included, "included", "on_top"),
        default_tax_rate: settings.default_tax_rate.map(|rate| rate.normalize().to_string()),
        rounding: settings.rounding.word().to_owned(),
        rounding_scope: word(settings.round_document, "document", "line"),
        points_as: word(settings.points_discount, "discount", "tender"),
        points_carrying_ratio: settings.points_carrying_ratio.normalize().to_string(),
        chart: settings.chart.word().to_owned(),
        set_at: settings.set_at,
        set_by: settings.set_by,
    };
    let mut response = axum::Json(view).into_response();
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

/// How money is treated now.
#[utoipa::path(get, path = "/finance/settings", tag = "ledger", responses((status = 200, description = "the settings in force", body = SettingsView, headers(("ETag" = String))), Guarded))]
pub async fn get(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    Ok(answer(settings::get(&mut tx, permit).await?))
}

/// What to change; a field left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingsForm {
    country: Option<String>,
    time_zone: Option<String>,
    tax_treatment: Option<String>,
    /// Percent; null takes it away.
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = Option<String>)]
    default_tax_rate: Option<Option<String>>,
    rounding: Option<String>,
    rounding_scope: Option<String>,
    points_as: Option<String>,
    points_carrying_ratio: Option<String>,
    chart: Option<String>,
}

/// A field that is there, if only as null.
fn told<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(from).map(Some)
}

/// Changes how money is treated, for orders that arrive from now on.
#[utoipa::path(patch, path = "/finance/settings", tag = "ledger", params(("If-Match" = String, Header, description = "the ETag seen")), request_body = SettingsForm,
    responses((status = 200, description = "the settings in force", body = SettingsView, headers(("ETag" = String))), (status = 409, description = "they were changed too often", body = ProblemBody, content_type = "application/problem+json"),
              (status = 412, description = "they were changed meanwhile", body = ProblemBody, content_type = "application/problem+json"), (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Written))]
pub async fn change(State(app): State<App>, Allowed { actor, permit }: Allowed<CloseFinance>, headers: HeaderMap, Json(form): Json<SettingsForm>) -> Result<Response, Problem> {
    let seen = seen_version(&headers)?;
    let decimal = |pointer: &str, text: &str| parse_decimal(text).map_err(|error| Problem::field(pointer, "invalid_value", error.to_string()));
    let change = Change {
        country: form.country,
        time_zone: form.time_zone,
        tax_treatment: form.tax_treatment,
        default_tax_rate: form.default_tax_rate.map(|rate| rate.map(|text| decimal("/default_tax_rate", &text)).transpose()).transpose()?,
        rounding: form.rounding,
        rounding_scope: form.rounding_scope,
        points_as: form.points_as,
        points_carrying_ratio: form.points_carrying_ratio.map(|text| decimal("/points_carrying_ratio", &text)).transpose()?,
        chart: form.chart,
    };
    let mut tx = app.directory.begin(&actor).await?;
    let changed = settings::change(&mut tx, permit, i32::try_from(seen).unwrap_or(-1), change).await?;
    tx.commit().await?;
    Ok(answer(changed))
}

impl From<SettingsError> for Problem {
    fn from(error: SettingsError) -> Self {
        let text = error.to_string();
        match error {
            SettingsError::Field { field, expected } => Self::field(format!("/{field}"), "invalid_value", format!("must be {expected}")),
            SettingsError::Stale(_) => Self::new(StatusCode::PRECONDITION_FAILED, "stale", text),
            SettingsError::TooMany => Self::conflict("too_many", text),
            SettingsError::Database(error) => error.into(),
        }
    }
}
