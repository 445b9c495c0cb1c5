//! What the errors of tax invoices are to a caller.

use crate::http::problem::Problem;
use axum::http::StatusCode;
use switchyard_core::{
    invoices::{document::DocumentError, issue::IssueError, settings::SettingsError},
    orders::sold::SoldError,
};

impl From<IssueError> for Problem {
    fn from(error: IssueError) -> Self {
        let text = error.to_string();
        match error {
            IssueError::UnknownDocument => Self::not_found(),
            IssueError::UnknownOrder => Self::field("/order_ids", "unknown", "there is no such order"),
            IssueError::OrderCount => Self::field("/order_ids", "invalid_value", text),
            IssueError::NoProvider => Self::conflict("no_provider", text),
            IssueError::Asked => Self::conflict("asked_already", text),
            IssueError::TooLarge(_) => Self::conflict("too_many", text),
            IssueError::NotConfigured => Self::conflict("not_configured", text),
            IssueError::NothingToInvoice => Self::conflict("nothing_to_invoice", text),
            IssueError::NothingToCorrect => Self::conflict("nothing_to_correct", text),
            IssueError::MixedCurrencies => Self::conflict("mixed_currencies", text),
            IssueError::MixedBuyers => Self::conflict("mixed_buyers", text),
            IssueError::Field { field, expected } => Self::field(format!("/{field}"), "invalid_value", format!("must be {expected}")),
            IssueError::NotNow { .. } => Self::conflict("not_now", text),
            IssueError::NotAnInvoice(_) => Self::conflict("not_an_invoice", text),
            IssueError::OtherRegime { .. } => Self::conflict("other_regime", text),
            IssueError::LedgerDiffers { .. } => Self::conflict("ledger_differs", text),
            IssueError::Document(error) => error.into(),
            IssueError::Sold(SoldError::Database(error)) | IssueError::Database(error) => error.into(),
            IssueError::Track(error) => error.into(),
            IssueError::Intake(error) => error.into(),
            other @ (IssueError::Unreadable(_) | IssueError::Sold(_) | IssueError::Write(_)) => Self::internal(other),
        }
    }
}

impl From<DocumentError> for Problem {
    fn from(error: DocumentError) -> Self {
        let text = error.to_string();
        match error {
            DocumentError::Buyer { field, expected } => Self::field(format!("/{field}"), "invalid_value", format!("must be {expected}")),
            DocumentError::TaxNotOfRate { .. } => Self::conflict("tax_not_of_rate", text),
            DocumentError::UnknownRate { .. } => Self::conflict("unknown_rate", text),
            DocumentError::TooManyLines(_) => Self::conflict("too_many", text),
            DocumentError::CurrencyDecimals(_) => Self::conflict("currency_decimals", text),
            DocumentError::MixedScope => Self::conflict("mixed_scope", text),
        }
    }
}

impl From<SettingsError> for Problem {
    fn from(error: SettingsError) -> Self {
        let text = error.to_string();
        match error {
            SettingsError::Field { field, expected } => Self::field(format!("/{field}"), "invalid_value", format!("must be {expected}")),
            SettingsError::Stale(_) => Self::new(StatusCode::PRECONDITION_FAILED, "stale", text),
            SettingsError::TooMany => Self::conflict("too_many", text),
            SettingsError::Database(error) => error.into(),
        }
    }
}
