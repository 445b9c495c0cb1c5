//! What operators ask: is it alive, is it ready, which version, how does it do.

use super::problem::Problem;
use crate::app::App;
use axum::{Json, extract::{MatchedPath, Request, State}, http::{HeaderMap, StatusCode, header}, middleware::Next, response::{IntoResponse, Response}};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde::Serialize;
use std::{sync::OnceLock, time::Instant};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(livez)).routes(routes!(readyz)).routes(routes!(healthz)).routes(routes!(version)).routes(routes!(metrics))
}

/// The process runs.
#[utoipa::path(get, path = "/livez", tag = "system", responses((status = 200, description = "alive", body = str)))]
async fn livez() -> &'static str {
    "ok\n"
}

/// The databases answer.
#[utoipa::path(get, path = "/readyz", tag = "system", responses((status = 200, description = "ready", body = str), (status = 503, description = "a database does not answer", body = super::problem::ProblemBody, content_type = "application/problem+json")))]
async fn readyz(State(app): State<App>) -> Result<&'static str, Problem> {
    app.directory.ready().await.map_err(|_| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", "a database does not answer").header(header::RETRY_AFTER, "2"))?;
    Ok("ok\n")
}

/// The same as /readyz.
#[utoipa::path(get, path = "/healthz", tag = "system", responses((status = 200, description = "ready", body = str), (status = 503, description = "a database does not answer", body = super::problem::ProblemBody, content_type = "application/problem+json")))]
async fn healthz(state: State<App>) -> Result<&'static str, Problem> {
    readyz(state).await
}

#[derive(Serialize, utoipa::ToSchema)]
struct Version {
    name: &'static str,
    version: &'static str,
}

/// Which release this is.
#[utoipa::path(get, path = "/version", tag = "system", responses((status = 200, description = "name and version", body = Version)))]
async fn version() -> Json<Version> {
    Json(Version { name: "switchyard", version: env!("CARGO_PKG_VERSION") })
}

/// Prometheus text. With SWITCHYARD_METRICS_TOKEN set it must be sent as a bearer token.
#[utoipa::path(get, path = "/metrics", tag = "system", responses((status = 200, description = "metrics", body = str), (status = 401, description = "token missing or wrong", body = super::problem::ProblemBody, content_type = "application/problem+json")))]
async fn metrics(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    if let Some(token) = &app.config.metrics_token {
        let given = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer ")).unwrap_or_default();
        if !bool::from(subtle::ConstantTimeEq::ct_eq(given.as_bytes(), token.as_bytes())) {
            return Err(Problem::unauthorized());
        }
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], recorder().render()).into_response())
}

/// The process-wide recorder, installed on first use.
pub fn recorder() -> &'static PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER.get_or_init(|| {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        // A second recorder can only come from a test that set its own; ours still renders.
        let _ = metrics::set_global_recorder(recorder);
        handle
    })
}

/// Counts and times requests by route pattern, never by tenant.
pub async fn measure(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| "other".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().as_str().to_owned();
    let start = Instant::now();
    let response = next.run(request).await;
    let labels = [("route", route), ("method", method), ("status", response.status().as_u16().to_string())];
    metrics::counter!("http_requests_total", &labels).increment(1);
    metrics::histogram!("http_request_seconds", &labels[..2]).record(start.elapsed());
    response
}
