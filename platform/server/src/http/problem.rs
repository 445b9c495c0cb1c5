//! Every error answer: RFC 9457 problem details with a stable `code`.
//! Unexpected errors are logged once with their chain; the client sees only the request id.

mod identity;
mod imports;

use axum::{http::{HeaderName, HeaderValue, StatusCode, header}, response::{IntoResponse, Response}};
use serde::Serialize;
use std::borrow::Cow;

/// One wrong field. `pointer` is a JSON Pointer (RFC 6901) into the body, or `query:name` / `path:name`.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    pub pointer: String,
    pub code: String,
    pub detail: String,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// A page that explains the code.
    pub r#type: String,
    pub title: String,
    pub status: u16,
    /// Stable; programs may rely on it.
    pub code: String,
    pub detail: String,
    pub request_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// An error on its way out.
#[derive(Debug)]
pub struct Problem {
    pub status: StatusCode,
    pub code: &'static str,
    pub detail: Cow<'static, str>,
    pub errors: Vec<FieldError>,
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, detail: detail.into(), errors: Vec::new(), headers: Vec::new() }
    }
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "there is nothing here for you")
    }
    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "no_session", "log in or send an API key as a bearer token").header(header::WWW_AUTHENTICATE, "Bearer")
    }
    pub fn conflict(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }
    /// 422 with one wrong field.
    pub fn field(pointer: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        Self::fields(vec![FieldError { pointer: pointer.into(), code: code.into(), detail: detail.into() }])
    }
    /// 422 with the wrong fields.
    pub fn fields(errors: Vec<FieldError>) -> Self {
        let detail = errors.iter().map(|e| format!("{}: {}", e.pointer, e.detail)).collect::<Vec<_>>().join("; ");
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail) }
    }
    pub fn too_many_requests(code: &'static str, retry_after_seconds: u64) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, code, format!("try again in {retry_after_seconds} s")).header(header::RETRY_AFTER, &retry_after_seconds.to_string())
    }
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }
    /// What nobody foresaw: logged here, once; the client gets a reference.
    pub fn internal(error: impl Into<anyhow::Error>) -> Self {
        let error: anyhow::Error = error.into();
        if is_database_away(&error) {
            tracing::warn!(error = format!("{error:#}"), request.id = current_request_id(), "the database did not answer");
            return Self::new(StatusCode::SERVICE_UNAVAILABLE, "database_away", "the database does not answer just now; nothing was changed, try again").header(header::RETRY_AFTER, "2");
        }
        tracing::error!(error = format!("{error:#}"), request.id = current_request_id(), "request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "something went wrong here; the request id leads us to it")
    }
}

/// The database is restarting, unreachable, out of room or its pool is used up: the client may try again.
fn is_database_away(error: &anyhow::Error) -> bool {
    error.chain().filter_map(|cause| cause.downcast_ref::<sqlx::Error>()).any(|cause| match cause {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed | sqlx::Error::BeginFailed | sqlx::Error::Protocol(_) => true,
        // Class 08 connection, 53 resources, 57 operator intervention (PostgreSQL, appendix A).
        sqlx::Error::Database(database) => database.code().is_some_and(|code| ["08", "53", "57"].iter().any(|class| code.starts_with(class))),
        _ => false,
    })
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = ProblemBody {
            r#type: format!("/docs/problems#{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            code: self.code.to_owned(),
            detail: self.detail.into_owned(),
            request_id: current_request_id(),
            errors: self.errors,
        };
        let mut response = (self.status, axum::Json(body)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response.headers_mut().extend(self.headers.into_iter().map(|(name, value)| (Some(name).expect("named"), value)));
        response
    }
}

impl From<tenants::Forbidden> for Problem {
    fn from(missing: tenants::Forbidden) -> Self {
        Self::new(StatusCode::FORBIDDEN, "missing_right", missing.to_string())
    }
}
impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        Self::internal(error)
    }
}
impl From<tenants::DirectoryError> for Problem {
    fn from(error: tenants::DirectoryError) -> Self {
        match error {
            tenants::DirectoryError::UnknownTenant => Self::not_found(),
            other => Self::internal(other),
        }
    }
}

tokio::task_local! {
    static REQUEST_ID: String;
}

/// The id of the request this task answers; empty outside of one.
pub fn current_request_id() -> String {
    REQUEST_ID.try_with(Clone::clone).unwrap_or_default()
}

/// Gives every request an id (the caller's, when it is short and plain) and echoes it.
pub async fn with_request_id(request: axum::extract::Request, next: axum::middleware::Next) -> Response {
    let name = HeaderName::from_static("x-request-id");
    let given = request.headers().get(&name).and_then(|v| v.to_str().ok());
    let plain = |id: &&str| (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    let id = given.filter(plain).map_or_else(|| uuid::Uuid::now_v7().simple().to_string(), str::to_owned);
    let mut response = REQUEST_ID.scope(id.clone(), next.run(request)).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(name, value);
    }
    response
}
