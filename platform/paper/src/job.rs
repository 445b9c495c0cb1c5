//! One print as it goes to the printer's standard input: a line of JSON, and behind it, as they are, the bytes of the attachment.
//! The PDF comes back on standard output; what is said instead is a sentence on standard error and the exit code.

use crate::{
    TEMPLATE,
    limits::{Limits, PaperError},
    sheet::Sheet,
};
use serde::{Deserialize, Serialize};

/// The exit code of a printer that refuses a document, because it is too large.
pub const EXIT_REFUSED: u8 = 3;
/// The exit code of a printer that does not understand its job, because it is of another release.
pub const EXIT_UNREADABLE: u8 = 4;

/// Texts grow and shrink a little while they are made readable; what is more than twice too large cannot shrink enough by it.
const RAW_OF_TEXT: usize = 2;
/// No job within the standard limits is larger.
pub const JOB_BYTES_MAX: usize = RAW_OF_TEXT * Limits::STANDARD.text_bytes_max + Limits::STANDARD.attachment_bytes_max;

/// The same for a server and a printer that lay sheets out by the same template: FNV-1a of it.
pub const fn edition() -> u64 {
    let (template, mut hash, mut at) = (TEMPLATE.as_bytes(), 0xcbf2_9ce4_8422_2325_u64, 0);
    while at < template.len() {
        hash = (hash ^ template[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    edition: u64,
    pub limits: Limits,
    pub sheet: Sheet,
}

#[derive(Debug, thiserror::Error)]
pub enum JobError {
    #[error("the job is larger than {JOB_BYTES_MAX} bytes")]
    TooLarge,
    #[error("the job does not begin with a line of JSON: {0}")]
    Unreadable(String),
    #[error("the job is for a printer with another template")]
    OtherEdition,
}

impl Job {
    pub fn new(sheet: Sheet, limits: Limits) -> Self {
        Self { edition: edition(), limits, sheet }
    }

    /// As the printer reads it; a sheet that no printer would print is refused already here.
    pub fn write(&self) -> Result<Vec<u8>, PaperError> {
        self.limits.admit(&self.sheet)?;
        let mut job = serde_json::to_vec(self).map_err(|error| PaperError::Template(error.to_string()))?;
        if job.len() >= RAW_OF_TEXT * Limits::STANDARD.text_bytes_max {
            return Err(PaperError::Text(job.len(), self.limits.text_bytes_max));
        }
        // JSON on one line has no line break inside.
        job.push(b'\n');
        if let Some(attachment) = &self.sheet.attachment {
            job.extend_from_slice(&attachment.bytes);
        }
        Ok(job)
    }

    pub fn read(job: &[u8]) -> Result<Self, JobError> {
        if job.len() > JOB_BYTES_MAX {
            return Err(JobError::TooLarge);
        }
        let end = job.iter().position(|byte| *byte == b'\n').ok_or_else(|| JobError::Unreadable("there is no line".to_owned()))?;
        let (line, attached) = (&job[..end], &job[end + 1..]);
        // Another edition may have other fields: which one it is comes first.
        #[derive(Deserialize)]
        struct Head {
            edition: u64,
        }
        let unreadable = |error: serde_json::Error| JobError::Unreadable(error.to_string());
        let head: Head = serde_json::from_slice(line).map_err(unreadable)?;
        if head.edition != edition() {
            return Err(JobError::OtherEdition);
        }
        let mut read: Self = serde_json::from_slice(line).map_err(unreadable)?;
        match &mut read.sheet.attachment {
            Some(attachment) => attachment.bytes = attached.to_vec(),
            None if !attached.is_empty() => return Err(JobError::Unreadable("bytes follow it that are nobody's".to_owned())),
            None => {}
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::{Attachment, Language, Party};

    fn sheet(attached: Option<&[u8]>) -> Sheet {
        let party = || Party { label: "Bên bán".to_owned(), name: "Sông\nHồng".to_owned(), lines: vec![] };
        Sheet {
            language: Language::Vi,
            title: String::new(),
            number: "7".to_owned(),
            day: (2026, 7, 1),
            colour: "#1f5f8b".to_owned(),
            references: vec![],
            facts: vec![],
            seller: party(),
            buyer: party(),
            columns: Default::default(),
            lines: vec![],
            rate_columns: Default::default(),
            rates: vec![],
            totals: vec![],
            words: None,
            notes: vec![],
            footer: vec![],
            page: String::new(),
            attachment: attached.map(|bytes| Attachment { name: "a.xml".to_owned(), media_type: "application/xml".to_owned(), description: String::new(), bytes: bytes.to_vec() }),
        }
    }

    #[test]
    fn paper_3_nothing_of_a_job_is_lost_on_its_way() {
        for attached in [None, Some(&b""[..]), Some(&b"<a>\n\0\xff\n</a>\n"[..])] {
            let sent = Job::new(sheet(attached), Limits::STANDARD);
            let got = Job::read(&sent.write().unwrap()).unwrap();
            assert_eq!(got.sheet, sent.sheet);
            assert_eq!(got.limits.pages_max, Limits::STANDARD.pages_max);
        }
    }

    #[test]
    fn paper_3_what_no_printer_would_print_is_not_sent() {
        let limits = Limits { attachment_bytes_max: 2, ..Limits::STANDARD };
        assert_eq!(Job::new(sheet(Some(b"abc")), limits).write().unwrap_err(), PaperError::Attachment(3, 2));
        let mut wordy = sheet(None);
        wordy.notes.push("\u{200b}".repeat(JOB_BYTES_MAX / 3));
        assert!(matches!(Job::new(wordy, Limits::STANDARD).write(), Err(PaperError::Text(..))));
        let largest = vec![b' '; Limits::STANDARD.attachment_bytes_max];
        assert!(Job::read(&Job::new(sheet(Some(&largest)), Limits::STANDARD).write().unwrap()).is_ok());
    }

    #[test]
    fn a_job_of_another_release_is_not_guessed_at() {
        assert!(matches!(Job::read(b"{}"), Err(JobError::Unreadable(_))));
        assert!(matches!(Job::read(b"{}\n"), Err(JobError::Unreadable(_))));
        assert!(matches!(Job::read(b"{\"edition\":1,\"paper\":\"a4\"}\n"), Err(JobError::OtherEdition)));
        assert!(matches!(Job::read(&vec![b' '; JOB_BYTES_MAX + 1]), Err(JobError::TooLarge)));
        let stray = [Job::new(sheet(None), Limits::STANDARD).write().unwrap(), b"x".to_vec()].concat();
        assert!(matches!(Job::read(&stray), Err(JobError::Unreadable(_))));
    }
}
