//! What the errors of products and mappings are to a caller.

use crate::http::problem::{FieldError, Problem};
use axum::http::StatusCode;
use switchyard_core::products::{listings::MapError, product::ProductError, settings::SettingsError};

impl From<ProductError> for Problem {
    fn from(error: ProductError) -> Self {
        match error {
            ProductError::Unknown => Self::not_found(),
            ProductError::Field { field, wrong } => Self::field(format!("/{field}"), "invalid_value", format!("expected {wrong}")),
            ProductError::Stale(_) => Self::new(StatusCode::PRECONDITION_FAILED, "stale", error.to_string()),
            ProductError::SkuTaken => Self::conflict("sku_taken", error.to_string()),
            ProductError::BarcodeTaken => Self::conflict("barcode_taken", error.to_string()),
            ProductError::TooMany => Self::conflict("too_many", error.to_string()),
            ProductError::Database(error) => Self::internal(error),
        }
    }
}

impl From<MapError> for Problem {
    fn from(error: MapError) -> Self {
        match error {
            MapError::Fields(wrong) => Self::fields(wrong.into_iter().map(|(pointer, expected)| FieldError { pointer, code: "invalid_value".into(), detail: format!("expected {expected}") }).collect()),
            MapError::Stale { .. } => Self::conflict("mapped_already", error.to_string()),
            MapError::Database(error) => Self::internal(error),
        }
    }
}

impl From<SettingsError> for Problem {
    fn from(error: SettingsError) -> Self {
        match error {
            SettingsError::Stale(_) => Self::new(StatusCode::PRECONDITION_FAILED, "stale", error.to_string()),
            SettingsError::Database(error) => Self::internal(error),
        }
    }
}
