//! `meta_data`: what plugins of the shop write beside an order or a line. A value may be a text, a number, a list or an object.

use switchyard_sdk::{
    Problem,
    json::Json,
    read::Node,
};

/// The value under the first of these keys that is there.
pub fn value<'a>(node: &Node<'a>, keys: &[&str]) -> Result<Option<&'a Json>, Problem> {
    let all = node.listed("meta_data")?;
    for key in keys {
        for one in &all {
            if one.word("key")?.as_deref() == Some(key) {
                let found = one.members().find(|(name, _)| *name == "value").map(|(_, value)| value);
                if found.is_some_and(|value| !matches!(value, Json::Null)) {
                    return Ok(found);
                }
            }
        }
    }
    Ok(None)
}

/// The same as a text.
pub fn text(node: &Node<'_>, keys: &[&str]) -> Result<Option<String>, Problem> {
    Ok(match value(node, keys)? {
        Some(Json::Text(text) | Json::Number(text)) => Some(text.trim().chars().take(500).collect::<String>()).filter(|text| !text.is_empty()),
        Some(Json::Flag(flag)) => Some(flag.to_string()),
        _ => None,
    })
}

pub fn is_yes(node: &Node<'_>, keys: &[&str]) -> Result<bool, Problem> {
    Ok(text(node, keys)?.is_some_and(|text| matches!(text.to_ascii_lowercase().as_str(), "yes" | "true" | "1" | "on")))
}

/// Names in WordPress are HTML texts: `&ndash;` is a dash.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find(';').filter(|end| *end <= 8);
        match end.and_then(|end| Some((end, letter(&rest[1..end])?))) {
            Some((end, letter)) => {
                plain.push(letter);
                rest = &rest[end + 1..];
            }
            None => {
                plain.push('&');
                rest = &rest[1..];
            }
        }
    }
    plain + rest
}

fn letter(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "nbsp" => ' ',
        "ndash" => '–',
        "mdash" => '—',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = number.strip_prefix(['x', 'X']).map_or_else(|| number.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok())?;
            char::from_u32(code).filter(|letter| !letter.is_control())?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_html() {
        for (html, is) in [("Idea &ndash; M", "Idea – M"), ("A &amp; B", "A & B"), ("&#8217;t &#x2019;", "’t ’"), ("R&D; 5 & 6 &; &#0;", "R&D; 5 & 6 &; &#0;"), ("&amp;lt;", "&lt;"), ("&", "&"), ("ở &ởởở;", "ở &ởởở;")] {
            assert_eq!(plain(html), is, "{html}");
        }
    }

    #[test]
    fn values_are_of_any_type() {
        let json = Json::parse(br#"{"meta_data":[{"id":1,"key":"a","value":null},{"id":2,"key":"a","value":" x "},{"id":3,"key":"n","value":7},{"id":4,"key":"l","value":[1]},{"id":5,"key":"y","value":"Yes"}]}"#).unwrap();
        let node = Node::root(&json).unwrap();
        assert_eq!(text(&node, &["z", "a"]).unwrap().as_deref(), Some("x"));
        assert_eq!((text(&node, &["n"]).unwrap().as_deref(), text(&node, &["l"]).unwrap()), (Some("7"), None));
        assert!(is_yes(&node, &["y"]).unwrap() && !is_yes(&node, &["n"]).unwrap() && value(&node, &["l"]).unwrap().is_some());
    }
}
