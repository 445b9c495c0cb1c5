//! Which kind of file this is, in which encoding, with which delimiter: found by looking at its bytes once, streaming.

use super::Limits;
use super::mapping::{Encoding, TextForm};
use super::reader::{DELIMITERS, ReadError};
use std::io::Read;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    Xlsx,
}

impl Format {
    pub fn word(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Xlsx => "xlsx",
        }
    }
}

/// What a look at a whole file tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub format: Format,
    pub text: TextForm,
}

/// Reads the file to its end: only then is it known to be UTF-8.
pub fn look(mut file: impl Read, limits: &Limits) -> Result<Look, ReadError> {
    let mut buffer = vec![0; 64 * 1024];
    let mut utf8 = Utf8Check::default();
    let mut look: Option<Look> = None;
    let mut read_in_all = 0u64;
    loop {
        let read = fill(&mut file, &mut buffer)?;
        let bytes = buffer.get(..read).unwrap_or_default();
        read_in_all += read as u64;
        if read_in_all > limits.file_bytes {
            return Err(ReadError::FileTooLarge(limits.file_bytes / (1024 * 1024)));
        }
        if look.is_none() {
            look = Some(Look { format: format(bytes)?, text: TextForm { encoding: Encoding::Utf8, delimiter: delimiter(bytes) } });
        }
        utf8.take(bytes);
        if read < buffer.len() {
            break;
        }
    }
    let mut look = look.ok_or(ReadError::Empty)?;
    if look.format == Format::Csv && !utf8.is_utf8() {
        look.text.encoding = Encoding::Windows1252;
    }
    Ok(look)
}

fn fill(file: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest)? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

fn format(head: &[u8]) -> Result<Format, ReadError> {
    match head {
        [] => Err(ReadError::Empty),
        [b'P', b'K', 3, 4, ..] => Ok(Format::Xlsx),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Err(ReadError::Utf16),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Err(ReadError::NotAFile("the mark of an old Excel (.xls) or a protected file: save it as .xlsx")),
        [b'%', b'P', b'D', b'F', ..] => Err(ReadError::NotAFile("the mark of a PDF")),
        [0x1f, 0x8b, ..] => Err(ReadError::NotAFile("the mark of gzip: unpack it")),
        [0xfd, b'7', b'z', b'X', b'Z', ..] => Err(ReadError::NotAFile("the mark of xz: unpack it")),
        _ => Ok(Format::Csv),
    }
}

/// The candidate that occurs most in the header row, outside quotation marks.
fn delimiter(head: &[u8]) -> char {
    let mut counts = [0usize; DELIMITERS.len()];
    let mut quoted = false;
    for &byte in head {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if quoted => {}
            _ => {
                for (count, delimiter) in counts.iter_mut().zip(DELIMITERS) {
                    *count += usize::from(char::from(byte) == delimiter);
                }
            }
        }
    }
    // Of equals the first: the comma is the usual one.
    let (at, _) = counts.iter().enumerate().fold((0, 0), |best, (at, &count)| if count > best.1 { (at, count) } else { best });
    DELIMITERS.get(at).copied().unwrap_or(',')
}

/// UTF-8 across the borders of buffers.
#[derive(Default)]
struct Utf8Check {
    broken: bool,
    /// The beginning of a character whose end is in the next buffer.
    open: Vec<u8>,
}

impl Utf8Check {
    fn take(&mut self, bytes: &[u8]) {
        if self.broken {
            return;
        }
        let mut joined = std::mem::take(&mut self.open);
        let text: &[u8] = if joined.is_empty() {
            bytes
        } else {
            joined.extend_from_slice(bytes);
            &joined
        };
        if let Err(error) = std::str::from_utf8(text) {
            match error.error_len() {
                Some(_) => self.broken = true,
                None => self.open = text.get(error.valid_up_to()..).unwrap_or_default().to_vec(),
            }
        }
    }
    fn is_utf8(&self) -> bool {
        !self.broken && self.open.is_empty()
    }
}

/// Windows code page 1252 as WHATWG defines it: every byte is a character.
/// Source: https://encoding.spec.whatwg.org/index-windows-1252.txt
pub fn from_windows_1252(bytes: &[u8]) -> String {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    bytes.iter().map(|&byte| byte.checked_sub(0x80).and_then(|high| HIGH.get(usize::from(high))).copied().unwrap_or(char::from(byte))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8]) -> Result<Look, ReadError> {
        look(bytes, &Limits::default())
    }

    #[test]
    fn encodings_and_delimiters_are_found() {
        let text = |bytes: &[u8]| check(bytes).unwrap().text;
        assert_eq!(text("a,b\nđơn,1\n".as_bytes()), TextForm { encoding: Encoding::Utf8, delimiter: ',' });
        assert_eq!(text(b"a;b,c;d\ncaf\xe9;1\n"), TextForm { encoding: Encoding::Windows1252, delimiter: ';' });
        assert_eq!(text(b"\"a,b,c\"\td\n").delimiter, '\t');
        assert_eq!(text(b"one column\n").delimiter, ',');
        // A character of two bytes across the border of the buffers, and one that is cut off at the end.
        let across = [b"x".repeat(64 * 1024 - 1).as_slice(), "é".as_bytes(), b"\n"].concat();
        assert_eq!(text(&across).encoding, Encoding::Utf8);
        assert_eq!(text(b"a,b\n1,\xc3").encoding, Encoding::Windows1252);
    }

    #[test]
    fn what_is_no_table_is_refused_by_name() {
        assert!(matches!(check(b""), Err(ReadError::Empty)));
        assert!(matches!(check(b"\xff\xfea\0"), Err(ReadError::Utf16)));
        assert!(check(b"\xd0\xcf\x11\xe0\xa1").unwrap_err().to_string().contains("old Excel"));
        assert!(check(b"%PDF-1.7").unwrap_err().to_string().contains("PDF"));
        assert_eq!(check(b"PK\x03\x04").unwrap().format, Format::Xlsx);
    }

    #[test]
    fn a_file_beyond_the_limit_is_refused() {
        let limits = Limits { file_bytes: 1024 * 1024, ..Limits::default() };
        let error = look(std::io::repeat(b'x'), &limits).unwrap_err();
        assert_eq!(error.to_string(), "the file is larger than 1 MiB: split it");
    }
}
