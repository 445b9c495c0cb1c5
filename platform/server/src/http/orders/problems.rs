//! What the errors of orders are to a caller.

use crate::http::problem::{FieldError, Problem};
use axum::http::StatusCode;
use switchyard_core::orders::{
    annotate::AnnotateError,
    authority::AuthorityError,
    detail::DetailError,
    holds::{HoldError, RejectError},
    intake::IntakeError,
    place::PlaceError,
    postings::PostingError,
    saved_views::SaveViewError,
    tills::TillError,
};

impl From<DetailError> for Problem {
    fn from(error: DetailError) -> Self {
        match error {
            DetailError::Unknown => Self::not_found(),
            other => Self::internal(other),
        }
    }
}

impl From<IntakeError> for Problem {
    fn from(error: IntakeError) -> Self {
        match error {
            IntakeError::Busy(_) => Self::conflict("busy", error.to_string()),
            IntakeError::BadExternalId(_) => Self::field("/external_id", "invalid_value", error.to_string()),
            IntakeError::TooManyLines { .. } | IntakeError::TooManyFacts(_) => Self::field("/lines", "too_many", error.to_string()),
            IntakeError::Posting(PostingError::Post(error)) => error.into(),
            IntakeError::BadCharacter { .. } => Self::field("", "invalid_value", error.to_string()),
            other => Self::internal(other),
        }
    }
}

impl From<PlaceError> for Problem {
    fn from(error: PlaceError) -> Self {
        match error {
            PlaceError::Fields(fields) => Self::fields(fields.into_iter().map(|w| FieldError { pointer: w.pointer, code: "invalid_value".into(), detail: format!("expected {}", w.expected) }).collect()),
            PlaceError::AlreadyPlaced(id) => Self::conflict("already_placed", format!("the account has an order with this external_id: {id}")),
            PlaceError::HasConnector(_) => Self::conflict("has_connector", error.to_string()),
            PlaceError::Intake(error) => error.into(),
        }
    }
}

impl From<TillError> for Problem {
    fn from(error: TillError) -> Self {
        let text = error.to_string();
        match error {
            TillError::Unknown | TillError::UnknownDrawer => Self::field("/account", "unknown", text),
            TillError::Expired(_) => Self::field("/account", "expired", text),
            TillError::OtherCurrency(_) => Self::field("/account", "currency_mixed", text),
            TillError::AboveBalance { .. } => Self::field("/amount", "above_balance", text),
            TillError::Database(error) => Self::internal(error),
        }
    }
}

impl From<RejectError> for Problem {
    fn from(error: RejectError) -> Self {
        match error {
            RejectError::Hold(error) => error.into(),
            RejectError::Money(error) => error.into(),
        }
    }
}

impl From<AnnotateError> for Problem {
    fn from(error: AnnotateError) -> Self {
        match error {
            AnnotateError::Unknown => Self::not_found(),
            AnnotateError::Stale(_) => Self::new(StatusCode::PRECONDITION_FAILED, "stale", error.to_string()),
            AnnotateError::Field { field, wrong } => Self::field(format!("/{field}"), "invalid_value", wrong),
            AnnotateError::Intake(error) => error.into(),
            other => Self::internal(other),
        }
    }
}

impl From<HoldError> for Problem {
    fn from(error: HoldError) -> Self {
        match error {
            HoldError::UnknownOrder | HoldError::UnknownHold => Self::not_found(),
            HoldError::StandsAlready => Self::conflict("stands_already", error.to_string()),
            HoldError::EndedAlready(_) => Self::conflict("ended_already", error.to_string()),
            HoldError::BadReason => Self::field("/reason", "invalid_value", "must have 1 to 500 characters"),
            HoldError::DecidedByLine => Self::conflict("decided_by_line", error.to_string()),
            HoldError::UnknownBlock(_) => Self::field("/blocks", "invalid_value", error.to_string()),
            HoldError::Authority(error) => error.into(),
            HoldError::Database(error) => Self::internal(error),
        }
    }
}

impl From<AuthorityError> for Problem {
    fn from(error: AuthorityError) -> Self {
        match error {
            AuthorityError::OwnRequest => Self::new(StatusCode::FORBIDDEN, "own_request", error.to_string()),
            AuthorityError::Beyond { .. } => Self::new(StatusCode::FORBIDDEN, "beyond_authority", error.to_string()),
            AuthorityError::SignedAlready => Self::conflict("approved_already", error.to_string()),
            AuthorityError::Field { field, wrong } => Self::field(format!("/{field}"), "invalid_value", wrong),
            AuthorityError::Database(error) => Self::internal(error),
        }
    }
}

impl From<SaveViewError> for Problem {
    fn from(error: SaveViewError) -> Self {
        match error {
            SaveViewError::BadName => Self::field("/name", "invalid_value", error.to_string()),
            SaveViewError::BadQuery => Self::field("/query", "invalid_value", error.to_string()),
            SaveViewError::BadColumns => Self::field("/columns", "invalid_value", error.to_string()),
            SaveViewError::NameTaken => Self::conflict("name_taken", error.to_string()),
            SaveViewError::TooMany => Self::conflict("too_many", error.to_string()),
            SaveViewError::Database(error) => Self::internal(error),
        }
    }
}
