//! Documents on paper: what a document says is laid on a sheet, and `switchyard-printer`, a program of its own, makes a PDF of it.
//! Invariant PRINT-1: printing takes no more than its seats and its time, whatever is asked; who finds no seat in time is told so,
//! and what takes too long is ended: when that is said, its process is gone and its seat is free.
//! Invariant PRINT-2: whatever the printer does, or when there is none, nothing but prints is lost.

pub mod amounts;
pub mod invoice;
pub mod quote;

use crate::http::problem::Problem;
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use paper::{Job, Limits, PaperError, Sheet};
use sha2::{Digest, Sha256};
use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    process::ExitStatus,
    sync::Arc,
    time::Duration,
};
use switchyard_host::{
    child::{Answer, ChildError, Program},
    text,
};
use tokio::{sync::Semaphore, time::Instant};

/// The program's name, beside ours.
const PROGRAM: &str = "switchyard-printer";
/// Sheets printed at the same time; each takes a processor.
const SEATS: usize = 2;
/// For a seat and the print together; shorter than a request may take.
const PRINT_SECONDS_MAX: u64 = 20;
const MESSAGE_BYTES_MAX: usize = 400;

#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    #[error("the document was not printed within {0} s")]
    TooSlow(u64),
    #[error("documents are printed by the program {PROGRAM}, which this server does not find")]
    NoPrinter,
    #[error("the program {PROGRAM} is of another release than this server")]
    OtherRelease,
    #[error(transparent)]
    Paper(#[from] PaperError),
    #[error("{0}")]
    Refused(String),
    #[error("the printer ended with {0}: {1}")]
    Ended(ExitStatus, String),
    #[error("the printer answered with what is no PDF of its size")]
    NoPdf,
    #[error("the printer cannot be run: {0}")]
    Run(std::io::Error),
}

impl From<PrintError> for Problem {
    fn from(error: PrintError) -> Self {
        let text = error.to_string();
        match error {
            PrintError::TooSlow(_) => Self::new(StatusCode::SERVICE_UNAVAILABLE, "too_slow", text).header(header::RETRY_AFTER, "10"),
            PrintError::NoPrinter | PrintError::OtherRelease => Self::new(StatusCode::SERVICE_UNAVAILABLE, "no_printer", text),
            PrintError::Refused(_) => Self::conflict("too_many", text),
            PrintError::Paper(paper) if paper.is_refusal() => Self::conflict("too_many", text),
            other => Self::internal(other),
        }
    }
}

/// Where the printer is: as the settings say, else beside this program. It may come and go while the server runs.
pub fn program(set: Option<&Path>) -> std::io::Result<PathBuf> {
    match set {
        Some(program) => std::path::absolute(program),
        None => Ok(std::env::current_exe()?.with_file_name(PROGRAM)),
    }
}

/// The presses of a server.
#[derive(Clone)]
pub struct Press {
    program: PathBuf,
    seats: Arc<Semaphore>,
    limits: Limits,
    wait: Duration,
}

impl Press {
    pub fn new(program: PathBuf) -> Self {
        Self { program, seats: Arc::new(Semaphore::new(SEATS)), limits: Limits::STANDARD, wait: Duration::from_secs(PRINT_SECONDS_MAX) }
    }

    /// On the same seats, within other limits.
    pub fn within(&self, limits: Limits, wait: Duration) -> Self {
        Self { limits, wait, ..self.clone() }
    }

    /// Seats at which nobody prints.
    pub fn free_seats(&self) -> usize {
        self.seats.available_permits()
    }

    /// The sheet as a PDF. Who stops waiting ends the print.
    pub async fn print(&self, sheet: Sheet) -> Result<Vec<u8>, PrintError> {
        let until = Instant::now() + self.wait;
        let job = Job::new(sheet, self.limits).write()?;
        let too_slow = || PrintError::TooSlow(self.wait.as_secs());
        // The seats are never closed.
        let _seat = tokio::time::timeout_at(until, self.seats.acquire()).await.map_err(|_| too_slow())?;
        let printer = Program { path: &self.program, arguments: &[], answer_bytes_max: self.limits.pdf_bytes_max as u64 };
        match printer.ask(&job, until).await {
            Ok(answer) => pdf(answer),
            Err(ChildError::TooSlow) => Err(too_slow()),
            Err(ChildError::TooMuch) => Err(PrintError::NoPdf),
            Err(ChildError::Run(error)) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) => {
                tracing::warn!(program = %self.program.display(), "no document is printed: {error}");
                Err(PrintError::NoPrinter)
            }
            Err(ChildError::Run(error)) => Err(PrintError::Run(error)),
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

/// What came of a printer that ended by itself.
fn pdf(answer: Answer) -> Result<Vec<u8>, PrintError> {
    let message = text::line(&answer.message, MESSAGE_BYTES_MAX);
    match answer.status.code() {
        Some(0) if answer.bytes.starts_with(b"%PDF-") => Ok(answer.bytes),
        Some(0) => Err(PrintError::NoPdf),
        Some(code) if code == i32::from(paper::EXIT_REFUSED) => Err(PrintError::Refused(message)),
        Some(code) if code == i32::from(paper::EXIT_UNREADABLE) => {
            tracing::warn!("the printer is of another release: {message}");
            Err(PrintError::OtherRelease)
        }
        _ => Err(PrintError::Ended(answer.status, message)),
    }
}

/// Of all that the PDF is made from: the sheet, what is attached, and the template.
fn etag(sheet: &Sheet) -> Result<String, Problem> {
    let texts = serde_json::to_vec(sheet).map_err(Problem::internal)?;
    let mut digest = Sha256::new().chain_update(paper::TEMPLATE).chain_update(texts);
    if let Some(attachment) = &sheet.attachment {
        digest.update(&attachment.bytes);
    }
    Ok(format!("\"{}\"", hex::encode(&digest.finalize()[..16])))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With a program of the system where the printer should be: what it says is not what a printer says.
    async fn printed_by(program: &str) -> Problem {
        let press = Press::new(program.into());
        let error = press.print(invoice::tests::sheet()).await.unwrap_err();
        assert_eq!(press.free_seats(), SEATS, "{error}");
        error.into()
    }

    #[tokio::test]
    async fn print_1_who_waits_too_long_for_a_seat_is_told_so_and_no_seat_is_lost() {
        let press = Press::new("/bin/cat".into()).within(Limits::STANDARD, Duration::from_millis(50));
        let taken = press.seats.clone().acquire_many_owned(SEATS as u32).await.unwrap();
        let problem = Problem::from(press.print(invoice::tests::sheet()).await.unwrap_err());
        assert_eq!((problem.status, problem.code), (StatusCode::SERVICE_UNAVAILABLE, "too_slow"));
        drop(taken);
        assert_eq!(press.free_seats(), SEATS);
    }

    #[tokio::test]
    async fn print_1_what_is_too_large_is_a_problem_with_its_limit() {
        let press = Press::new("/nowhere/printer".into()).within(Limits { lines_max: 0, ..Limits::STANDARD }, Duration::from_secs(60));
        let problem = Problem::from(press.print(invoice::tests::sheet()).await.unwrap_err());
        assert_eq!((problem.status, problem.code), (StatusCode::CONFLICT, "too_many"));
    }

    #[tokio::test]
    async fn print_2_a_printer_that_is_not_there_is_named() {
        let problem = printed_by("/nowhere/printer").await;
        assert_eq!((problem.status, problem.code), (StatusCode::SERVICE_UNAVAILABLE, "no_printer"));
        assert!(problem.detail.contains(PROGRAM) && !problem.detail.contains("nowhere"), "{}", problem.detail);
        // A folder cannot be run either.
        assert_eq!(printed_by("/").await.code, "no_printer");
    }

    #[tokio::test]
    async fn print_2_what_is_no_pdf_is_nobodys_document() {
        // Says what it was told; says nothing and fails; says nothing and succeeds; does not stop.
        for program in ["/bin/cat", "/bin/false", "/bin/true", "/usr/bin/yes"] {
            let problem = printed_by(program).await;
            assert_eq!((problem.status, problem.code), (StatusCode::INTERNAL_SERVER_ERROR, "internal"), "{program}");
        }
    }

    #[test]
    fn print_2_how_a_printer_ended_is_told_apart() {
        use std::os::unix::process::ExitStatusExt;
        // The system's word for an exit code, or a signal.
        let told = |raw: i32| Problem::from(pdf(Answer { status: ExitStatus::from_raw(raw), bytes: b"%PDF-1.7 half".to_vec(), message: "3 pages\n".to_owned() }).unwrap_err());
        let refused = told(i32::from(paper::EXIT_REFUSED) << 8);
        assert_eq!((refused.code, &*refused.detail), ("too_many", "3 pages"));
        assert_eq!(told(i32::from(paper::EXIT_UNREADABLE) << 8).code, "no_printer");
        for other in [1 << 8, 101 << 8, libc::SIGKILL, libc::SIGSEGV] {
            assert_eq!(told(other).code, "internal");
        }
    }

    #[test]
    fn the_printer_lies_beside_this_program_unless_the_settings_say_otherwise() {
        let beside = program(None).unwrap();
        assert_eq!((beside.file_name().unwrap().to_str(), beside.parent()), (Some(PROGRAM), std::env::current_exe().unwrap().parent()));
        assert_eq!(program(Some(Path::new("/opt/printer"))).unwrap(), Path::new("/opt/printer"));
        assert!(program(Some(Path::new("printer"))).unwrap().is_absolute());
    }
}
