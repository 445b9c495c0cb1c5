//! Reading requests: JSON bodies, queries and paths whose errors name the field and what would be right.

use super::problem::Problem;
use axum::{body::Bytes, extract::{FromRequest, FromRequestParts, Request}, http::{StatusCode, header, request::Parts}};
use serde::de::DeserializeOwned;

/// The most an ordinary JSON body may weigh.
pub const JSON_BODY_BYTES_MAX: usize = 1 << 20;

/// A JSON body. Unknown fields are refused by the types themselves (`deny_unknown_fields`).
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let json = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).is_some_and(|kind| {
            let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
        });
        if !json {
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", "send the body as application/json"));
        }
        let bytes = body_bytes(request, state, JSON_BODY_BYTES_MAX).await?;
        Ok(Self(parse_json(&bytes)?))
    }
}

/// The body as bytes; 413 beyond `max`.
pub async fn body_bytes<S: Send + Sync>(request: Request, _state: &S, max: usize) -> Result<Bytes, Problem> {
    axum::body::to_bytes(request.into_body(), max).await.map_err(|error| {
        let too_large = std::error::Error::source(&error).is_some_and(|source| source.is::<http_body_util::LengthLimitError>());
        if too_large {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", format!("the body may be {max} bytes at most"))
        } else {
            Problem::new(StatusCode::BAD_REQUEST, "unreadable_body", "the body broke off")
        }
    })
}

/// Parses JSON; a wrong value is 422 with its JSON Pointer, broken JSON is 400.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let inner = error.inner();
        match inner.classify() {
            serde_json::error::Category::Data => {
                let pointer = pointer(error.path());
                let detail = inner.to_string();
                let detail = detail.rsplit_once(" at line ").map_or(detail.as_str(), |(text, _)| text);
                Problem::field(pointer, "invalid_value", detail)
            }
            _ => Problem::new(StatusCode::BAD_REQUEST, "broken_json", inner.to_string()),
        }
    })?;
    reader.end().map_err(|e| Problem::new(StatusCode::BAD_REQUEST, "broken_json", e.to_string()))?;
    Ok(value)
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => format!("/{variant}"),
            Segment::Unknown => "/?".to_owned(),
        })
        .collect()
}

/// Query parameters; a wrong or unknown one is 422 and named.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let reader = serde_html_form::Deserializer::new(url::form_urlencoded::parse(query.as_bytes()));
        serde_path_to_error::deserialize(reader)
            .map(Self)
            .map_err(|error| Problem::field(format!("query:{}", error.path()), "invalid_value", error.inner().to_string()))
    }
}

/// A path parameter. What does not even look like an id is as absent as an unknown one: 404.
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        axum::extract::Path::from_request_parts(parts, state).await.map(|axum::extract::Path(value)| Self(value)).map_err(|_| Problem::not_found())
    }
}
