//! Documents on paper: a sheet of texts and amounts becomes a PDF, by typst and a template of ours.
//! Invariant PAPER-1: what a sheet says is text; nothing of it is read as markup, whatever it contains.
//! Invariant PAPER-2: the same sheet is the same PDF, byte for byte; no clock, no fonts but ours, no file, no network.
//! Invariant PAPER-3: what is too large is refused with its limit, and nothing is left out of what is printed.
//!
//! The result is PDF/A-3b: fonts and colours are inside, and the document as data may be attached.

mod press;
mod sheet;
mod world;

pub use press::{Limits, PaperError, print};
pub use sheet::{Attachment, Fact, Language, Line, Party, Rate, Sheet, Total};

/// Changes with the template, and so with what the same sheet looks like.
pub const EDITION: &str = world::TEMPLATE;
