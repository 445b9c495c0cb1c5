//! What the errors of imports are to a caller.

use super::Problem;
use axum::http::StatusCode;
use switchyard_core::imports::{import::ImportError, reader::ReadError, run::RunError, upload::UploadError};

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Self {
        let text = error.to_string();
        match error {
            ImportError::NotFound => Self::not_found(),
            ImportError::WrongState { .. } => Self::conflict("wrong_state", text),
            ImportError::TooManyRunning => Self::conflict("too_many_running", text),
            ImportError::Corrupt(_) => Self::internal(error),
            ImportError::Database(error) => error.into(),
        }
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::FileTooLarge(_) => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", error.to_string()),
            ReadError::Io(_) => Self::internal(error),
            other => Self::field("/file", "invalid_value", other.to_string()),
        }
    }
}

impl From<UploadError> for Problem {
    fn from(error: UploadError) -> Self {
        let text = error.to_string();
        match error {
            UploadError::UnknownAccount | UploadError::NoAccountNamed(..) | UploadError::SeveralNamed(_) | UploadError::ConnectedAccount(_) | UploadError::ClosedAccount(_) => Self::field("/channel_account_id", "invalid_value", text.trim_start_matches("channel_account_id: ").to_owned()),
            UploadError::Read(error) => error.into(),
            UploadError::Mapping(_) => Self::field("/mapping", "invalid_value", text),
            UploadError::Import(error) => error.into(),
            UploadError::Database(error) => error.into(),
        }
    }
}

impl From<RunError> for Problem {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Import(error) => error.into(),
            RunError::Read(error) => error.into(),
            RunError::Upload(error) => error.into(),
            RunError::Forbidden(error) => error.into(),
            RunError::Directory(error) => error.into(),
            RunError::Database(error) => error.into(),
            other => Self::internal(other),
        }
    }
}
