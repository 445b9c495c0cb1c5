//! Text as people search for it: lower case, without accents, so that `nguyen` finds `Nguyễn` and `dong` finds `Đồng`.

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
}
