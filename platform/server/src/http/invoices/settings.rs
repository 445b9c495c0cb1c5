//! How a tenant issues tax invoices.

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
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use switchyard_core::invoices::{
    Regime,
    settings::{self, Draft, InvoiceSettings},
};
use tenants::rights::{CloseFinance, ReadFinance};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = InvoiceSettings)]
struct SettingsView {
    legal_name: String,
    tax_id: String,
    address: String,
    city: String,
    postcode: Option<String>,
    country: String,
    regime: String,
    series: String,
    credit_series: String,
    issue_on: String,
    /// What was sold before is issued by hand; null while everything is.
    automatic_since: Option<DateTime<Utc>>,
    correct_returns: bool,
    zero_rate: String,
    exemption_reason: Option<String>,
    consumer_name: String,
    /// Of documents on paper.
    paper_colour: Option<String>,
    paper_footer: Option<String>,
    /// The account of the provider that gets each document as soon as it is issued; null: it is handed over by hand.
    provider_account_id: Option<String>,
    set_at: DateTime<Utc>,
    set_by: String,
}

/// What a regime knows.
#[derive(Serialize, ToSchema)]
#[schema(as = TaxRegime)]
struct RegimeView {
    word: &'static str,
    kinds: Vec<&'static str>,
    /// What lowers an invoice after goods came back.
    correction: &'static str,
    /// How what bears no tax may be called; the first is the usual one.
    zero_rates: &'static [&'static str],
    /// Corrections are numbered in the series of invoices.
    one_series: bool,
    series_expected: &'static str,
    /// What a number looks like.
    example: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = InvoiceSettingsState)]
pub struct StateView {
    /// 0 until somebody filled them in.
    version: i32,
    settings: Option<SettingsView>,
    regimes: Vec<RegimeView>,
}

fn answer(settings: Option<InvoiceSettings>) -> Response {
    let version = settings.as_ref().map_or(0, |settings| settings.version);
    let settings = settings.map(|settings| SettingsView {
        legal_name: settings.legal_name,
        tax_id: settings.tax_id,
        address: settings.address,
        city: settings.city,
        postcode: settings.postcode,
        country: settings.country,
        regime: settings.regime.word().to_owned(),
        series: settings.series,
        credit_series: settings.credit_series,
        issue_on: settings.issue_on.word().to_owned(),
        automatic_since: settings.automatic_since,
        correct_returns: settings.correct_returns,
        zero_rate: settings.zero_rate,
        exemption_reason: settings.exemption_reason,
        consumer_name: settings.consumer_name,
        paper_colour: settings.paper_colour,
        paper_footer: settings.paper_footer,
        provider_account_id: settings.provider_account.map(|account| account.to_string()),
        set_at: settings.set_at,
        set_by: settings.set_by,
    });
    let regimes = Regime::ALL.into_iter().map(|regime| {
        let rules = regime.rules();
        RegimeView {
            word: rules.word,
            kinds: rules.kinds.iter().map(|kind| kind.word()).collect(),
            correction: rules.correction.word(),
            zero_rates: rules.zero_rates,
            one_series: rules.one_series,
            series_expected: regime.series_expected(),
            example: regime.number(rules.series_example, 2026, 7),
        }
    });
    let mut response = axum::Json(StateView { version, settings, regimes: regimes.collect() }).into_response();
    if let Ok(etag) = HeaderValue::from_str(&etag(version.into())) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

/// How tax invoices are issued, and what the regimes know.
#[utoipa::path(get, path = "/invoice-settings", tag = "invoices", responses((status = 200, description = "the settings in force", body = StateView, headers(("ETag" = String))), Guarded))]
pub async fn get(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadFinance>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    Ok(answer(settings::get(&mut tx, permit).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewInvoiceSettings)]
pub struct SettingsForm {
    legal_name: String,
    /// A VAT id with its country, or a Vietnamese tax code.
    tax_id: String,
    address: String,
    city: String,
    postcode: Option<String>,
    /// ISO 3166-1, two letters.
    country: String,
    /// `eu-en16931`, `vn-2026-07`
    regime: String,
    /// What numbers begin with.
    series: String,
    /// The same for credit notes, where the regime numbers them apart.
    credit_series: Option<String>,
    /// `manual`, `ship`, `pay`, `day_end`
    issue_on: String,
    /// What came back is corrected without being asked.
    #[serde(default)]
    correct_returns: bool,
    /// How what bears no tax is called; the regime's usual word when left out.
    zero_rate: Option<String>,
    exemption_reason: Option<String>,
    /// The buyer of consumers who gave no name.
    consumer_name: Option<String>,
    /// Of documents on paper, such as `#1f5f5b`; dark enough for white letters.
    paper_colour: Option<String>,
    /// Lines at the foot of every page of paper, such as the bank and the telephone.
    paper_footer: Option<String>,
    /// A connected account of the kind `einvoice`: it gets each document as soon as it is issued.
    provider_account_id: Option<String>,
}

/// Changes how tax invoices are issued, from now on; documents that exist keep what they say.
#[utoipa::path(put, path = "/invoice-settings", tag = "invoices", params(("If-Match" = String, Header, description = "the ETag seen; `\"0\"` when there were none")), request_body = SettingsForm,
    responses((status = 200, description = "the settings in force", body = StateView, headers(("ETag" = String))), (status = 409, description = "they were changed too often", body = ProblemBody, content_type = "application/problem+json"),
              (status = 412, description = "they were changed meanwhile", body = ProblemBody, content_type = "application/problem+json"), (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Written))]
pub async fn put(State(app): State<App>, Allowed { actor, permit }: Allowed<CloseFinance>, headers: HeaderMap, Json(form): Json<SettingsForm>) -> Result<Response, Problem> {
    let seen = seen_version(&headers)?;
    let draft = Draft {
        legal_name: form.legal_name,
        tax_id: form.tax_id,
        address: form.address,
        city: form.city,
        postcode: form.postcode,
        country: form.country,
        regime: form.regime,
        series: form.series,
        credit_series: form.credit_series,
        issue_on: form.issue_on,
        correct_returns: form.correct_returns,
        zero_rate: form.zero_rate,
        exemption_reason: form.exemption_reason,
        consumer_name: form.consumer_name,
        paper_colour: form.paper_colour,
        paper_footer: form.paper_footer,
        provider_account: form.provider_account_id.map(|id| id.parse().map_err(|_| Problem::field("/provider_account_id", "invalid_value", "must be the id of a channel account"))).transpose()?,
    };
    let mut tx = app.directory.begin(&actor).await?;
    let changed = settings::put(&mut tx, permit, i32::try_from(seen).unwrap_or(-1), &draft).await?;
    tx.commit().await?;
    Ok(answer(Some(changed)))
}
