//! Text as people search for it: lower case, without accents, so that `nguyen` finds `Nguyễn` and `dong` finds `Đồng`.

/// At most this much of an order is searchable.
pub const SEARCH_TEXT_BYTES_MAX: usize = 1_500;

/// Letters with marks of the languages our channels sell in, by the letter people type for them.
const FOLDED: &[(&str, char)] = &[
    ("àáâãäåāăąạảấầẩẫậắằẳẵặǎ", 'a'),
    ("çćĉċč", 'c'),
    ("đďð", 'd'),
    ("èéêëēĕėęěẹẻẽếềểễệ", 'e'),
    ("ĝğġģ", 'g'),
    ("ĥħ", 'h'),
    ("ìíîïĩīĭįıịỉ", 'i'),
    ("ĵ", 'j'),
    ("ķ", 'k'),
    ("ĺļľŀł", 'l'),
    ("ñńņňŋ", 'n'),
    ("òóôõöøōŏőơọỏốồổỗộớờởỡợ", 'o'),
    ("ŕŗř", 'r'),
    ("śŝşšș", 's'),
    ("ţťŧț", 't'),
    ("ùúûüũūŭůűųưụủứừửữự", 'u'),
    ("ŵ", 'w'),
    ("ýÿŷỳỵỷỹ", 'y'),
    ("źżž", 'z'),
];

/// Lower-case, unaccented, combining marks removed, white space made single.
pub fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        match letter {
            '\u{0300}'..='\u{036f}' => {}
            'ß' => out.push_str("ss"),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            c if c.is_ascii() && !c.is_ascii_whitespace() && !c.is_ascii_control() => out.push(c),
            c if c.is_whitespace() || c.is_control() => {
                if !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c => out.push(FOLDED.iter().find(|(marked, _)| marked.contains(c)).map_or(c, |(_, plain)| *plain)),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Joins what can be searched for, each piece once, cut at [`SEARCH_TEXT_BYTES_MAX`].
pub fn text_of<'a>(pieces: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for piece in pieces {
        let piece = folded(piece);
        if piece.is_empty() || text.contains(&piece) {
            continue;
        }
        if text.len() + piece.len() + 1 > SEARCH_TEXT_BYTES_MAX {
            break;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&piece);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_do_not_hide_anyone() {
        assert_eq!(folded("  NGUYỄN  Thị Ánh\tĐồng "), "nguyen thi anh dong");
        // The same word typed with combining marks.
        assert_eq!(folded("Nguye\u{0302}\u{0303}n"), "nguyen");
        assert_eq!(folded("Straße Łódź Ærø"), "strasse lodz aero");
        assert_eq!(folded("寿司"), "寿司");
    }

    #[test]
    fn search_text_has_a_limit() {
        let long = "x".repeat(400);
        let pieces: Vec<String> = (0..10).map(|i| format!("{i}{long}")).collect();
        let text = text_of(pieces.iter().map(String::as_str));
        assert!(text.len() <= SEARCH_TEXT_BYTES_MAX && text.contains("0xxx") && !text.contains("9xxx"));
    }
}
