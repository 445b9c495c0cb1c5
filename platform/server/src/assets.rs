//! The admin UI, built into the program. Hashed assets are cached for good; every other address is the application's page.

use axum::{body::Body, extract::Request, http::{Method, StatusCode, header}, response::{Html, IntoResponse, Response}};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../admin-ui/dist"]
#[allow_missing = true]
struct AdminUi;

const NOT_BUILT: &str = "<!doctype html><meta charset=utf-8><title>Switchyard</title><p>The server runs, but the admin UI was not built into it. Install Node.js 20 or newer and run <code>cargo xtask up</code> again. The API is at <a href='/docs'>/docs</a>.";

/// A file of the admin UI, or its page for any other path.
pub fn serve(request: &Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    if let Some(file) = AdminUi::get(path).filter(|_| !path.is_empty()) {
        let kind = mime_guess::from_path(path).first_or_octet_stream();
        let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
        return ([(header::CONTENT_TYPE, kind.as_ref()), (header::CACHE_CONTROL, cache)], Body::from(file.data)).into_response();
    }
    if path.starts_with("assets/") {
        return StatusCode::NOT_FOUND.into_response();
    }
    match AdminUi::get("index.html") {
        Some(page) => ([(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")], Body::from(page.data)).into_response(),
        None => Html(NOT_BUILT).into_response(),
    }
}
