//! Printing a sheet, within limits.

use crate::world::{self, Desk};
use paper::{Limits, PaperError, Sheet};
use typst::diag::{SourceDiagnostic, Warned};
use typst::foundations::Smart;
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

/// A longer run without a place to break would leave its column.
const RUN_CHARS_MAX: usize = 24;
/// Where a long run may break; it is not seen.
const BREAK: char = '\u{200b}';
/// Stands for what the fonts have no glyph of.
const UNKNOWN: char = '\u{fffd}';

/// The sheet as PDF/A-3b.
pub fn print(sheet: &Sheet, limits: &Limits) -> Result<Vec<u8>, PaperError> {
    limits.admit(sheet)?;
    let attached = sheet.attachment.as_ref().map(|attachment| attachment.bytes.clone()).unwrap_or_default();
    let mut texts = serde_json::to_value(sheet).map_err(|error| PaperError::Template(error.to_string()))?;
    clean(&mut texts);
    let texts = texts.to_string().into_bytes();
    if texts.len() > limits.text_bytes_max {
        return Err(PaperError::Text(texts.len(), limits.text_bytes_max));
    }
    press(&Desk::new(texts, attached), &sheet.number, limits)
}

fn press(desk: &Desk, ident: &str, limits: &Limits) -> Result<Vec<u8>, PaperError> {
    let Warned { output, warnings } = typst::compile::<PagedDocument>(desk);
    let document = output.map_err(|errors| said(&errors))?;
    if !warnings.is_empty() {
        return Err(said(&warnings));
    }
    if document.pages().len() > limits.pages_max {
        return Err(PaperError::Pages(document.pages().len(), limits.pages_max));
    }
    let standards = PdfStandards::new(&[PdfStandard::A_3b]).map_err(|error| PaperError::Template(error.message().to_string()))?;
    let options = PdfOptions { ident: Smart::Custom(ident.to_owned()), creator: Smart::Custom(Some("Switchyard".to_owned())), standards, ..PdfOptions::default() };
    let pdf = typst_pdf::pdf(&document, &options).map_err(|errors| said(&errors))?;
    if pdf.len() > limits.pdf_bytes_max {
        return Err(PaperError::Bytes(pdf.len(), limits.pdf_bytes_max));
    }
    Ok(pdf)
}

fn said(of: &[SourceDiagnostic]) -> PaperError {
    PaperError::Template(of.iter().map(|one| one.message.as_str()).collect::<Vec<_>>().join("; "))
}

/// Makes every printed text one that the fonts can show: PDF/A allows no missing glyph. What is attached keeps its name.
fn clean(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => *text = readable(text),
        serde_json::Value::Array(values) => values.iter_mut().for_each(clean),
        serde_json::Value::Object(fields) => fields.iter_mut().filter(|(name, _)| *name != "attachment").for_each(|(_, value)| clean(value)),
        _ => {}
    }
}

/// Whether the character only changes how others are shown, or turns their direction so that amounts read otherwise.
fn is_invisible(character: char) -> bool {
    character.is_control() || matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

fn readable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut run = 0;
    for character in text.chars() {
        if matches!(character, '\n' | '\r' | '\t') {
            shown.push(' ');
            run = 0;
            continue;
        }
        if is_invisible(character) {
            continue;
        }
        run = if character.is_whitespace() { 0 } else { run + 1 };
        if run > RUN_CHARS_MAX {
            shown.push(BREAK);
            run = 1;
        }
        shown.push(if world::shows(character) { character } else { UNKNOWN });
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use paper::{Attachment, Fact, Language, Line, Party, Rate, Total};

    fn sheet(lines: usize) -> Sheet {
        let text = str::to_owned;
        let party = |name: &str| Party { label: text("Seller"), name: text(name), lines: vec![text("1 Trần Hưng Đạo, Hà Nội")] };
        Sheet {
            language: Language::Vi,
            title: text("Hóa đơn giá trị gia tăng"),
            number: text("1C26TAA-7"),
            day: (2026, 7, 1),
            colour: text("#1f5f8b"),
            references: vec![],
            facts: vec![Fact { label: text("Ngày lập"), value: text("01/07/2026") }],
            seller: party("Công ty TNHH Sông Hồng"),
            buyer: party("Khách lẻ"),
            columns: ["#", "a", "b", "c", "d", "e"].map(text),
            lines: (0..lines).map(|n| Line { name: format!("Áo dài {n}"), detail: None, quantity: text("1"), price: text("1.000"), reductions: vec![], amount: text("1.000"), rate: text("8%") }).collect(),
            rate_columns: ["r", "b", "t"].map(text),
            rates: vec![Rate { rate: text("8%"), base: text("1.000"), tax: text("80") }],
            totals: vec![Total { label: text("Tổng"), value: text("1.080"), strong: true }],
            words: None,
            notes: vec![],
            footer: vec![],
            page: text("Trang"),
            attachment: None,
        }
    }

    #[test]
    fn paper_1_markup_in_a_text_is_text() {
        let mut hostile = sheet(1);
        hostile.lines[0].name = "#read(\"/etc/passwd\") $x$ *b* [c] `d` <e> @f \\ // /* #{ while true {} } #import \"@preview/x:1.0.0\"".to_owned();
        hostile.footer = vec!["#panic(\"no\")".to_owned()];
        hostile.title = "]#eval(\"1/0\")[".to_owned();
        // Evaluated, each of them would be an error or would not end.
        assert!(print(&hostile, &Limits::default()).is_ok());
    }

    #[test]
    fn paper_1_only_the_sheet_and_its_attachment_are_there_to_read() {
        let desk = Desk::new(b"{}".to_vec(), Vec::new());
        use typst::World;
        for name in ["etc/passwd", "sheet.typ", "other.typ"] {
            let path = typst::syntax::VirtualPath::new(name).unwrap();
            assert!(desk.file(typst::syntax::RootedPath::new(typst::syntax::VirtualRoot::Project, path).intern()).is_err(), "{name}");
        }
        assert!(desk.today(None).is_none());
    }

    #[test]
    fn paper_2_the_same_sheet_is_the_same_pdf() {
        let mut with = sheet(40);
        with.attachment = Some(Attachment { name: "1C26TAA-7.xml".to_owned(), media_type: "application/xml".to_owned(), description: "data".to_owned(), bytes: b"<HDon/>".to_vec() });
        let first = print(&with, &Limits::default()).unwrap();
        // Made anew, not remembered.
        typst::comemo::evict(0);
        assert_eq!(first, print(&with, &Limits::default()).unwrap());
        assert!(first.starts_with(b"%PDF-1.7"));
        let mut other = with.clone();
        other.totals[0].value = "1.081".to_owned();
        assert_ne!(first, print(&other, &Limits::default()).unwrap());
    }

    #[test]
    fn paper_3_every_limit_has_its_name() {
        let limits = Limits::default();
        let failed = |sheet: &Sheet, limits: Limits| print(sheet, &limits).unwrap_err();
        assert_eq!(failed(&sheet(3), Limits { lines_max: 2, ..limits }), PaperError::Lines(3, 2));
        assert!(matches!(failed(&sheet(3), Limits { text_bytes_max: 100, ..limits }), PaperError::Text(_, 100)));
        assert_eq!(failed(&sheet(100), Limits { pages_max: 2, ..limits }), PaperError::Pages(3, 2));
        assert!(matches!(failed(&sheet(3), Limits { pdf_bytes_max: 1_000, ..limits }), PaperError::Bytes(_, 1_000)));
        let mut with = sheet(1);
        with.attachment = Some(Attachment { name: "a.xml".to_owned(), media_type: "application/xml".to_owned(), description: String::new(), bytes: vec![b' '; 11] });
        assert_eq!(failed(&with, Limits { attachment_bytes_max: 10, ..limits }), PaperError::Attachment(11, 10));
    }

    #[test]
    fn paper_3_what_no_font_has_is_marked_and_long_runs_break() {
        assert_eq!(readable("Đặng Thị Hồng Nhung"), "Đặng Thị Hồng Nhung");
        assert_eq!(readable("Goods \u{1f4a1} 商店"), "Goods \u{fffd} \u{fffd}\u{fffd}");
        assert_eq!(readable("1\u{202e}00\u{200d}\u{0}\nx"), "100 x");
        let long = readable(&"x".repeat(50));
        assert_eq!((long.chars().filter(|c| *c == BREAK).count(), long.replace(BREAK, "").len()), (2, 50));
        let mut odd = sheet(1);
        odd.buyer.name = "\u{1f4a1} 商店 ไทย العربية \u{301}\u{0}".to_owned();
        assert!(print(&odd, &Limits::default()).is_ok(), "a PDF/A with a missing glyph would be refused");
    }
}
