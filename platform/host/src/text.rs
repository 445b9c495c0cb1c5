//! Text that comes from a guest or a channel, made safe to show in a log, a terminal and a page.
//! Invariant TEXT-1: no control character leaves this module, so no escape sequence reaches a terminal.

/// One line: control characters become spaces, at most `bytes_max` bytes, cut at a character.
pub fn line(text: &str, bytes_max: usize) -> String {
    clean(text, bytes_max, |_| false).trim().to_owned()
}

/// Prose: the same, but line breaks and tabs stay.
pub fn prose(text: &str, bytes_max: usize) -> String {
    clean(text, bytes_max, |c| c == '\n' || c == '\t')
}

/// Marks that turn the direction of writing around: they make one text look like another.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn clean(text: &str, bytes_max: usize, keep: impl Fn(char) -> bool) -> String {
    const MORE: char = '…';
    let mut clean = String::with_capacity(text.len().min(bytes_max));
    for c in text.chars().filter(|c| !is_direction_mark(*c)) {
        let c = if c.is_control() && !keep(c) { ' ' } else { c };
        if clean.len() + c.len_utf8() > bytes_max {
            while clean.len() + MORE.len_utf8() > bytes_max && clean.pop().is_some() {}
            clean.push(MORE);
            break;
        }
        clean.push(c);
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_1_no_control_character_survives() {
        assert_eq!(line("\u{1b}[31mred\u{1b}[0m\r\n\0x\u{9b}", 100), "[31mred [0m   x");
        assert_eq!(prose("a\r\n\tb\u{7}", 100), "a \n\tb ");
        assert_eq!(line("evil\u{202e}gpj.exe", 100), "evilgpj.exe");
    }

    #[test]
    fn text_is_cut_at_a_character() {
        assert_eq!(line("đơn hàng", 9), "đơn …");
        assert_eq!(line("short", 5), "short");
        assert!(line(&"ờ".repeat(5000), 4096).len() <= 4096);
    }
}
