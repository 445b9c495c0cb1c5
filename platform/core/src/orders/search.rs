//! What of an order people search for.

pub use kernel::search::folded;

/// At most this much of an order is searchable.
pub const SEARCH_TEXT_BYTES_MAX: usize = 1_500;

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
    fn search_text_has_a_limit() {
        let long = "x".repeat(400);
        let pieces: Vec<String> = (0..10).map(|i| format!("{i}{long}")).collect();
        let text = text_of(pieces.iter().map(String::as_str));
        assert!(text.len() <= SEARCH_TEXT_BYTES_MAX && text.contains("0xxx") && !text.contains("9xxx"));
    }
}
