//! What one print may come to, and why one is refused.

use crate::sheet::Sheet;
use serde::{Deserialize, Serialize};

/// What one print may come to.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Limits {
    pub lines_max: usize,
    /// Of the texts of a sheet, without the attachment.
    pub text_bytes_max: usize,
    pub attachment_bytes_max: usize,
    pub pages_max: usize,
    pub pdf_bytes_max: usize,
}

impl Limits {
    pub const STANDARD: Self = Self { lines_max: 1_000, text_bytes_max: 2 << 20, attachment_bytes_max: 8 << 20, pages_max: 200, pdf_bytes_max: 24 << 20 };

    /// Refuses what is known to be too large before anything of it is laid out.
    pub fn admit(&self, sheet: &Sheet) -> Result<(), PaperError> {
        if sheet.lines.len() > self.lines_max {
            return Err(PaperError::Lines(sheet.lines.len(), self.lines_max));
        }
        let attached = sheet.attachment.as_ref().map_or(0, |attachment| attachment.bytes.len());
        if attached > self.attachment_bytes_max {
            return Err(PaperError::Attachment(attached, self.attachment_bytes_max));
        }
        Ok(())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::STANDARD
    }
}

#[derive(Debug, thiserror::Error, PartialEq)]
pub enum PaperError {
    #[error("the document has {0} lines: at most {1} are printed")]
    Lines(usize, usize),
    #[error("the texts of the document are {0} bytes: at most {1} are printed")]
    Text(usize, usize),
    #[error("the attachment is {0} bytes: at most {1} are attached")]
    Attachment(usize, usize),
    #[error("the document has {0} pages: at most {1} are printed")]
    Pages(usize, usize),
    #[error("the PDF is {0} bytes: it may be {1}")]
    Bytes(usize, usize),
    #[error("the document cannot be printed: {0}")]
    Template(String),
}

impl PaperError {
    /// The document is too large, which whoever made it can change; anything else is a fault of ours.
    pub fn is_refusal(&self) -> bool {
        !matches!(self, Self::Template(_))
    }
}
