//! Documents on paper: sheets of texts and amounts, the template they are laid out by, and the job in which a sheet goes to the
//! program `switchyard-printer`. Light, so that whoever asks for a print need not be built with what prints.
//! Invariant PAPER-1: what a sheet says is text; nothing of it is read as markup, whatever it contains.
//! Invariant PAPER-2: the same sheet is the same PDF, byte for byte; no clock, no fonts but ours, no file, no network.
//! Invariant PAPER-3: what is too large is refused with its limit, and nothing is left out of what is printed.

mod job;
mod limits;
mod sheet;

pub use job::{EXIT_REFUSED, EXIT_UNREADABLE, JOB_BYTES_MAX, Job, JobError, edition};
pub use limits::{Limits, PaperError};
pub use sheet::{Attachment, Fact, Language, Line, Party, Rate, Sheet, Total};

/// By which every sheet is laid out. It lies here and not with the printer, because who has a PDF already is known without printing.
pub const TEMPLATE: &str = include_str!("../templates/sheet.typ");
