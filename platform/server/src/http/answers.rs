//! The problems an operation may answer with, said once for the OpenAPI document.
//! `Guarded` for every call under `/api/v1`; `Written` adds what a body may suffer; `Absent` and `Conflicting` where they apply.

use super::problem::ProblemBody;
use utoipa::IntoResponses;

/// Calls that take no body.
#[derive(IntoResponses)]
#[allow(dead_code)] // it describes; it is never made
pub enum Guarded {
    #[response(status = 401, description = "nobody is logged in, or the key is wrong", content_type = "application/problem+json")]
    NoSession(#[to_schema] ProblemBody),
    #[response(status = 403, description = "the right is missing, no tenant is entered, or `csrf`", content_type = "application/problem+json")]
    Forbidden(#[to_schema] ProblemBody),
    #[response(status = 422, description = "a parameter or field is wrong: see `errors`", content_type = "application/problem+json")]
    Invalid(#[to_schema] ProblemBody),
    #[response(status = 429, description = "too many requests: see `Retry-After`", content_type = "application/problem+json")]
    TooMany(#[to_schema] ProblemBody),
    #[response(status = 503, description = "the database is away: nothing was changed", content_type = "application/problem+json")]
    Away(#[to_schema] ProblemBody),
}

/// What reading a body may answer.
#[derive(IntoResponses)]
#[allow(dead_code)]
pub enum Written {
    #[response(status = 400, description = "the body is broken", content_type = "application/problem+json")]
    Broken(#[to_schema] ProblemBody),
    #[response(status = 413, description = "the body is too large", content_type = "application/problem+json")]
    TooLarge(#[to_schema] ProblemBody),
    #[response(status = 415, description = "the body is of another kind", content_type = "application/problem+json")]
    OtherKind(#[to_schema] ProblemBody),
}

#[derive(IntoResponses)]
#[allow(dead_code)]
pub enum Absent {
    #[response(status = 404, description = "it does not exist, or is another tenant's", content_type = "application/problem+json")]
    Absent(#[to_schema] ProblemBody),
}

#[derive(IntoResponses)]
#[allow(dead_code)]
pub enum Conflicting {
    #[response(status = 409, description = "the state does not allow it: see `code`", content_type = "application/problem+json")]
    Conflicting(#[to_schema] ProblemBody),
}
