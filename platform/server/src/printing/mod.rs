//! Documents on paper: what a document says is laid on a sheet, a few presses print it beside the requests.
//! Invariant PRINT-1: printing takes no more than its seats and its time, whatever is asked; who finds no seat in time is told so.

pub mod amounts;
pub mod invoice;
pub mod quote;

use crate::http::problem::Problem;
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use paper::{Limits, PaperError, Sheet};
use sha2::{Digest, Sha256};
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// Sheets printed at the same time; each takes a processor.
const SEATS: usize = 2;
/// For a seat and the print together; shorter than a request may take.
const PRINT_SECONDS_MAX: u64 = 20;

#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    #[error("the document was not printed within {0} s")]
    TooSlow(u64),
    #[error(transparent)]
    Paper(#[from] PaperError),
    #[error("the press stopped")]
    Stopped(#[from] tokio::task::JoinError),
}

impl From<PrintError> for Problem {
    fn from(error: PrintError) -> Self {
        let text = error.to_string();
        match error {
            PrintError::TooSlow(_) => Self::new(StatusCode::SERVICE_UNAVAILABLE, "too_slow", text).header(header::RETRY_AFTER, "10"),
            PrintError::Paper(PaperError::Lines(..) | PaperError::Text(..) | PaperError::Attachment(..) | PaperError::Pages(..) | PaperError::Bytes(..)) => Self::conflict("too_many", text),
            other @ (PrintError::Paper(PaperError::Template(_)) | PrintError::Stopped(_)) => Self::internal(other),
        }
    }
}

/// The presses of a server.
#[derive(Clone)]
pub struct Press {
    seats: Arc<Semaphore>,
    limits: Limits,
    wait: Duration,
}

impl Default for Press {
    fn default() -> Self {
        Self::new(SEATS, Limits::default(), Duration::from_secs(PRINT_SECONDS_MAX))
    }
}

impl Press {
    pub fn new(seats: usize, limits: Limits, wait: Duration) -> Self {
        Self { seats: Arc::new(Semaphore::new(seats)), limits, wait }
    }

    /// A print that takes too long keeps its seat until it ends, so that others do not pile up behind it.
    pub async fn print(&self, sheet: Sheet) -> Result<Vec<u8>, PrintError> {
        let (seats, limits) = (self.seats.clone(), self.limits);
        let printed = async move {
            // The seats are never closed.
            let seat = seats.acquire_owned().await.ok();
            tokio::task::spawn_blocking(move || {
                let _seat = seat;
                paper::print(&sheet, &limits)
            })
            .await
        };
        match tokio::time::timeout(self.wait, printed).await {
            Ok(printed) => Ok(printed??),
            Err(_) => Err(PrintError::TooSlow(self.wait.as_secs())),
        }
    }

    /// The sheet as an answer; who has it already is told so, and nothing is printed.
    pub async fn answer(&self, headers: &HeaderMap, sheet: Sheet, name: &str) -> Result<Response, Problem> {
        let etag = etag(&sheet)?;
        let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_known = known.split(',').any(|one| one.trim().trim_start_matches("W/") == etag);
        let mut response = if is_known { StatusCode::NOT_MODIFIED.into_response() } else { self.print(sheet).await?.into_response() };
        let headers = response.headers_mut();
        if !is_known {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
            if let Ok(name) = HeaderValue::from_str(&format!("inline; filename=\"{name}.pdf\"")) {
                headers.insert(header::CONTENT_DISPOSITION, name);
            }
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        if let Ok(etag) = HeaderValue::from_str(&etag) {
            headers.insert(header::ETAG, etag);
        }
        Ok(response)
    }
}

/// Of all that the PDF is made from: the sheet, what is attached, and the template.
fn etag(sheet: &Sheet) -> Result<String, Problem> {
    let texts = serde_json::to_vec(sheet).map_err(Problem::internal)?;
    let mut digest = Sha256::new().chain_update(paper::EDITION).chain_update(texts);
    if let Some(attachment) = &sheet.attachment {
        digest.update(&attachment.bytes);
    }
    Ok(format!("\"{}\"", hex::encode(&digest.finalize()[..16])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn print_1_a_print_that_waits_too_long_is_given_up_and_no_seat_is_lost() {
        let press = Press::new(1, Limits::default(), Duration::from_millis(50));
        let taken = press.seats.clone().acquire_owned().await.unwrap();
        assert!(matches!(press.print(invoice::tests::sheet()).await, Err(PrintError::TooSlow(_))));
        drop(taken);
        let patient = Press { wait: Duration::from_secs(120), ..press.clone() };
        assert!(patient.print(invoice::tests::sheet()).await.unwrap().starts_with(b"%PDF"));
        assert_eq!(press.seats.available_permits(), 1);
    }

    #[tokio::test]
    async fn print_1_what_is_too_large_is_a_problem_with_its_limit() {
        let press = Press::new(1, Limits { lines_max: 0, ..Limits::default() }, Duration::from_secs(60));
        let problem = Problem::from(press.print(invoice::tests::sheet()).await.unwrap_err());
        assert_eq!((problem.status, problem.code), (StatusCode::CONFLICT, "too_many"));
    }
}
