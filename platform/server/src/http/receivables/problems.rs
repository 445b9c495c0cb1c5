//! What the errors of receivables and claims are to a caller.

use crate::http::problem::{FieldError, Problem};
use axum::http::StatusCode;
use switchyard_core::{finance::claims::issue::ClaimError, receivables::ReceivableError};

impl From<ReceivableError> for Problem {
    fn from(error: ReceivableError) -> Self {
        let text = error.to_string();
        match error {
            ReceivableError::UnknownCompany | ReceivableError::Unknown => Self::not_found(),
            ReceivableError::Field { pointer, expected } => Self::field(pointer, "invalid_value", format!("must be {expected}")),
            ReceivableError::Above { pointer, .. } => {
                Self { errors: vec![FieldError { pointer, code: "above_open".into(), detail: text.clone() }], ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "above_open", text) }
            }
            ReceivableError::NoDiscount(_) => Self::conflict("no_discount", text),
            ReceivableError::Stale(_) => Self::new(StatusCode::PRECONDITION_FAILED, "stale", text),
            ReceivableError::RunOpen => Self::conflict("run_open", text),
            ReceivableError::RunEnded(_) => Self::conflict("ended_already", text),
            ReceivableError::NothingDue => Self::conflict("nothing_due", text),
            ReceivableError::Unreadable(_) => Self::internal(error),
            ReceivableError::Claim(error) => error.into(),
            ReceivableError::Money(error) => error.into(),
            ReceivableError::Post(error) => error.into(),
            ReceivableError::Entry(error) => error.into(),
            ReceivableError::Database(error) => error.into(),
        }
    }
}

impl From<ClaimError> for Problem {
    fn from(error: ClaimError) -> Self {
        let text = error.to_string();
        match error {
            ClaimError::Unknown => Self::not_found(),
            ClaimError::Field { field, expected } => Self::field(format!("/{field}"), "invalid_value", format!("must be {expected}")),
            ClaimError::CodeTaken => Self::conflict("code_taken", text),
            ClaimError::Empty => Self::conflict("empty", text),
            ClaimError::NotExpired(_) | ClaimError::NeverExpires => Self::conflict("not_expired", text),
            ClaimError::NoProgram => Self::conflict("no_program", text),
            ClaimError::EarnedAlready => Self::conflict("earned_already", text),
            ClaimError::NothingEarned => Self::conflict("nothing_earned", text),
            ClaimError::Stale(_) => Self::new(StatusCode::PRECONDITION_FAILED, "stale", text),
            ClaimError::Entry(error) => error.into(),
            ClaimError::Post(error) => error.into(),
            ClaimError::Database(error) => error.into(),
        }
    }
}
