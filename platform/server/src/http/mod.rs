//! HTTP: one file a room. Handlers admit, begin, call, render; rules live below.
//! Invariant HTTP-1: every route under `/api/v1` is in the OpenAPI document (routes and documents are made together).

pub mod answers;
pub mod approvals;
pub mod auth;
pub mod backfills;
pub mod bank;
pub mod body;
pub mod channels;
pub mod claims;
pub mod companies;
pub mod connect;
pub mod credit;
pub mod customers;
pub mod docs;
pub mod hold_times;
pub mod errands;
pub mod holds;
pub mod hooks;
pub mod idempotency;
pub mod imports;
pub mod invoices;
pub mod keys;
pub mod ledger;
pub mod oidc;
pub mod once;
pub mod orders;
pub mod page;
pub mod people;
pub mod plugins;
pub mod prices;
pub mod products;
pub mod problem;
pub mod quarantine;
pub mod receivables;
pub mod quotes;
pub mod roles;
pub mod saved_views;
pub mod session;
pub mod settlement;
pub mod shifts;
pub mod system;
pub mod tenant;

use crate::{app::App, assets};
use axum::{Router, extract::Request, http::{HeaderName, HeaderValue, StatusCode, header}, middleware::{self, Next}, response::{IntoResponse, Response}};
use problem::Problem;
use std::{any::Any, time::Duration};
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;

/// How long a request may take before it is given up with 503.
pub const REQUEST_SECONDS_MAX: u64 = 30;
/// The same for a request that carries or reads a whole file.
pub const FILE_SECONDS_MAX: u64 = 600;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "Switchyard", description = "Multi-tenant order control tower: every order of every channel in one list.", license(name = "Apache-2.0", identifier = "Apache-2.0")),
    components(schemas(problem::ProblemBody)),
    modifiers(&Security)
)]
struct Document;

struct Security;

impl utoipa::Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("api_key", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("__Host-sy_session"))));
    }
}

/// The rooms under `/api/v1`.
fn api() -> OpenApiRouter<App> {
    // One a line, so that two rooms added at once do not collide.
    OpenApiRouter::new()
        .merge(session::routes())
        .merge(oidc::routes())
        .merge(tenant::routes())
        .merge(people::routes())
        .merge(roles::routes())
        .merge(keys::routes())
        .merge(orders::routes())
        .merge(saved_views::routes())
        .merge(channels::routes())
        .merge(connect::routes())
        .merge(errands::routes())
        .merge(backfills::routes())
        .merge(quarantine::routes())
        .merge(plugins::routes())
        .merge(imports::routes())
        .merge(companies::routes())
        .merge(holds::routes())
        .merge(ledger::routes())
        .merge(credit::routes())
        .merge(invoices::routes())
        .merge(bank::routes())
        .merge(settlement::routes())
        .merge(receivables::routes())
        .merge(claims::routes())
        .merge(shifts::routes())
        .merge(hold_times::routes())
        .merge(prices::routes())
        .merge(quotes::routes())
        .merge(approvals::routes())
        .merge(products::routes())
        .merge(customers::routes())
}

/// Every route with its document.
fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Document::openapi()).merge(system::routes()).merge(hooks::routes()).merge(connect::callback_routes()).nest("/api/v1", api())
}

/// The OpenAPI document of this build.
pub fn openapi() -> utoipa::openapi::OpenApi {
    routes().to_openapi()
}

/// The whole server as one service.
pub fn router(app: App) -> Router {
    let (api, _) = api().split_for_parts();
    let document = openapi();
    // The door stands before the API alone: pages, hooks and health have none.
    let api = api
        .fallback(|| async { Problem::not_found() })
        .layer(middleware::from_fn_with_state(app.clone(), auth::admit));
    let (router, _) = OpenApiRouter::new().merge(system::routes()).merge(hooks::routes()).split_for_parts();
    // People come back from a channel in their browser, through the same door.
    let (callback, _) = connect::callback_routes().split_for_parts();
    let callback = callback.layer(middleware::from_fn_with_state(app.clone(), auth::admit));
    let router = router.merge(callback).nest("/api/v1", api);
    let policy = HeaderValue::from_static(
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    );
    router
        .merge(docs::routes(document))
        .fallback(fallback)
        .method_not_allowed_fallback(|| async { Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this address does not take that method") })
        .with_state(app)
        .layer(middleware::from_fn(within_time))
        .layer(tower_http::catch_panic::CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(move |request: Request, next: Next| {
            let policy = policy.clone();
            async move {
                let mut response = next.run(request).await;
                let headers = response.headers_mut();
                headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
                headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
                headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
                headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
                headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
                headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
                response
            }
        }))
        .layer(middleware::from_fn(system::measure))
        .layer(middleware::from_fn(problem::with_request_id))
}

/// What no route takes: a page of the admin UI, or nothing.
async fn fallback(request: Request) -> Response {
    let path = request.uri().path();
    if path.starts_with("/api/") || path.starts_with("/hooks/") || path.starts_with("/connect/") {
        return Problem::not_found().into_response();
    }
    assets::serve(&request)
}

async fn within_time(request: Request, next: Next) -> Response {
    // A live list stays open; its own heartbeat ends it.
    if request.headers().get(header::ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"text/event-stream")) {
        return next.run(request).await;
    }
    // Files of imports are large: they come as slowly as the line is, and their dry run reads them whole.
    let path = request.uri().path();
    let seconds = if path == "/api/v1/imports" || path.ends_with("/dry-run") { FILE_SECONDS_MAX } else { REQUEST_SECONDS_MAX };
    match tokio::time::timeout(Duration::from_secs(seconds), next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_slow", format!("no answer within {seconds} s")).header(header::RETRY_AFTER, "5").into_response(),
    }
}

fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned()).or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    Problem::internal(anyhow::anyhow!("panic: {text}")).into_response()
}
