//! What the errors of the bank are to a caller.

use crate::http::problem::Problem;
use axum::http::StatusCode;
use switchyard_core::bank::{account::AccountError, file::FileError, import::ImportError, matching::MatchError};

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        let text = error.to_string();
        match error {
            AccountError::Unknown => Self::not_found(),
            AccountError::Field(field, expected) => Self::field(format!("/{field}"), "invalid_value", format!("must be {expected}")),
            AccountError::Taken => Self::conflict("number_taken", text),
            AccountError::TooMany => Self::conflict("too_many_accounts", text),
            AccountError::Database(error) => error.into(),
        }
    }
}

impl From<FileError> for Problem {
    fn from(error: FileError) -> Self {
        let text = error.to_string();
        match error {
            FileError::TooLarge => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", text),
            FileError::Unbalanced { .. } => Self::field("/file", "unbalanced_statement", text),
            FileError::Empty | FileError::TooManyLines | FileError::TooManyStatements | FileError::Wrong { .. } => Self::field("/file", "invalid_value", text),
        }
    }
}

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Self {
        let text = error.to_string();
        match error {
            ImportError::UnknownAccount => Self::not_found(),
            ImportError::File(error) => error.into(),
            ImportError::OtherAccount { .. } => Self::field("/file", "other_account", text),
            ImportError::OtherCurrency { .. } => Self::field("/file", "currency_mixed", text),
            ImportError::Match(error) => error.into(),
            ImportError::Database(error) => error.into(),
        }
    }
}

impl From<MatchError> for Problem {
    fn from(error: MatchError) -> Self {
        let text = error.to_string();
        match error {
            MatchError::UnknownLine => Self::not_found(),
            MatchError::MatchedAlready => Self::conflict("matched_already", text),
            MatchError::NotMatched => Self::conflict("not_matched", text),
            MatchError::PartCount => Self::field("/parts", "invalid_value", text),
            MatchError::Field { pointer, expected } => Self::field(pointer, "invalid_value", format!("must be {expected}")),
            MatchError::NothingWaits { pointer, .. } => Self::field(format!("{pointer}/account"), "nothing_waits", text),
            MatchError::CurrencyMixed { pointer, .. } => Self::field(format!("{pointer}/account"), "currency_mixed", text),
            MatchError::AboveOpen { pointer, .. } => Self::field(format!("{pointer}/amount"), "above_open", text),
            MatchError::Difference { .. } => Self::field("/parts", "difference", text),
            MatchError::PeriodClosed { .. } => Self::conflict("period_closed", text),
            MatchError::Refused(_) => Self::conflict("refused", text),
            MatchError::Entry(error) => error.into(),
            MatchError::Database(error) => error.into(),
        }
    }
}
