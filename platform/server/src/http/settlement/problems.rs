//! What the errors of settlement are to a caller.

use crate::http::problem::Problem;
use axum::http::StatusCode;
use switchyard_core::settlement::{file::FileError, import::ImportError, pay::PayError, rates::RateError, resolve::ResolveError};

impl From<FileError> for Problem {
    fn from(error: FileError) -> Self {
        let text = error.to_string();
        match error {
            FileError::TooLarge => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", text),
            FileError::Empty | FileError::TooManyLines | FileError::Wrong { .. } => Self::field("/file", "invalid_value", text),
        }
    }
}

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Self {
        let text = error.to_string();
        match error {
            ImportError::UnknownShop => Self::not_found(),
            ImportError::BadReference => Self::field("/reference", "invalid_value", text),
            ImportError::Difference { .. } => Self::field("/payout", "difference", text),
            ImportError::CurrencyMixed { .. } => Self::field("/currency", "currency_mixed", text),
            ImportError::PaidAlready => Self::conflict("paid_already", text),
            ImportError::File(error) => error.into(),
            ImportError::Intake(error) => Self::internal(error),
            ImportError::Database(error) => error.into(),
        }
    }
}

impl From<PayError> for Problem {
    fn from(error: PayError) -> Self {
        let text = error.to_string();
        match error {
            PayError::Unknown => Self::not_found(),
            PayError::PaidAlready => Self::conflict("paid_already", text),
            PayError::Match(error) => error.into(),
            PayError::Database(error) => error.into(),
        }
    }
}

impl From<RateError> for Problem {
    fn from(error: RateError) -> Self {
        match error {
            RateError::Field(index, expected) => Self::field(format!("/rates/{index}"), "invalid_value", expected),
            RateError::Database(error) => error.into(),
        }
    }
}

impl From<ResolveError> for Problem {
    fn from(error: ResolveError) -> Self {
        let text = error.to_string();
        match error {
            ResolveError::Unknown => Self::not_found(),
            ResolveError::Settled(_) => Self::conflict("resolved_already", text),
            ResolveError::BadReason => Self::field("/reason", "invalid_value", text),
            ResolveError::UnknownOrder => Self::field("/order_id", "unknown", text),
            ResolveError::CurrencyMixed { .. } => Self::field("/order_id", "currency_mixed", text),
            ResolveError::BadAccount => Self::field("/account", "invalid_value", text),
            ResolveError::Import(error) => error.into(),
            ResolveError::Entry(error) => error.into(),
            ResolveError::Post(error) => error.into(),
            ResolveError::Database(error) => error.into(),
        }
    }
}
