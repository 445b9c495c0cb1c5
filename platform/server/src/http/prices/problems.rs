//! What the errors of prices are to a caller.

use crate::http::problem::{FieldError, Problem};
use axum::http::StatusCode;
use switchyard_core::pricing::{lists::ListError, matrix::MatrixError, requests::RequestError, sheet::RowError};

impl From<ListError> for Problem {
    fn from(error: ListError) -> Self {
        match error {
            ListError::Unknown => Self::not_found(),
            ListError::Field { field, wrong } => Self::field(format!("/{field}"), "invalid_value", format!("expected {wrong}")),
            ListError::Stale(_) => Self::new(StatusCode::PRECONDITION_FAILED, "stale", error.to_string()),
            ListError::NameTaken => Self::conflict("name_taken", error.to_string()),
            ListError::TooMany => Self::conflict("too_many", error.to_string()),
            ListError::Database(error) => Self::internal(error),
        }
    }
}

impl From<MatrixError> for Problem {
    fn from(error: MatrixError) -> Self {
        match error {
            MatrixError::Field { field, wrong } => Self::field(format!("/{field}"), "invalid_value", format!("expected {wrong}")),
            MatrixError::Stale(_) => Self::new(StatusCode::PRECONDITION_FAILED, "stale", error.to_string()),
            other => Self::internal(other),
        }
    }
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Unknown => Self::not_found(),
            RequestError::Field { field, wrong } => Self::field(format!("/{field}"), "invalid_value", format!("expected {wrong}")),
            RequestError::OwnRequest => Self::new(StatusCode::FORBIDDEN, "own_request", error.to_string()),
            RequestError::NotYourStep(_) => Self::new(StatusCode::FORBIDDEN, "beyond_authority", error.to_string()),
            RequestError::SignedAlready => Self::conflict("approved_already", error.to_string()),
            RequestError::EndedAlready(_) => Self::conflict("ended_already", error.to_string()),
            RequestError::Stale(_) => Self::new(StatusCode::PRECONDITION_FAILED, "stale", error.to_string()),
            RequestError::NoPerson => Self::field("/person_id", "unknown", error.to_string()),
            RequestError::Matrix(error) => error.into(),
            RequestError::Unreadable(_) => Self::internal(error),
            RequestError::Database(error) => Self::internal(error),
        }
    }
}

/// Rows of a sheet that are wrong; the header is row 1.
pub fn rows(errors: Vec<RowError>) -> Problem {
    Problem::fields(errors.into_iter().map(|e| FieldError { pointer: format!("/csv/{}/{}", e.row, e.field), code: "invalid_value".into(), detail: format!("row {}: {}", e.row, e.wrong) }).collect())
}
