//! Two JSON values, told apart for a person: where they differ, what was expected there and what was told.

use serde_json::Value;

/// Differences beyond these are counted only.
const SHOWN_MAX: usize = 20;
const VALUE_CHARACTERS_MAX: usize = 160;

/// Drops what is null or an empty list: in an expected file absent is the same.
pub fn known(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, value)| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()));
            Value::Object(kept.map(|(key, value)| (key, known(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(known).collect()),
        other => other,
    }
}

/// One line for each place where the two differ.
pub fn differences(expected: &Value, told: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk("", Some(expected), Some(told), &mut found);
    let more = found.len().saturating_sub(SHOWN_MAX);
    if more > 0 {
        found.truncate(SHOWN_MAX);
        found.push(format!("and {more} more"));
    }
    found
}

fn walk(path: &str, expected: Option<&Value>, told: Option<&Value>, found: &mut Vec<String>) {
    match (expected, told) {
        (Some(Value::Object(left)), Some(Value::Object(right))) => {
            let keys: Vec<&String> = left.keys().chain(right.keys().filter(|key| !left.contains_key(*key))).collect();
            for key in keys {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                walk(&path, left.get(key), right.get(key), found);
            }
        }
        (Some(Value::Array(left)), Some(Value::Array(right))) => {
            for index in 0..left.len().max(right.len()) {
                walk(&format!("{path}[{index}]"), left.get(index), right.get(index), found);
            }
        }
        (Some(expected), Some(told)) if expected == told => {}
        (Some(expected), Some(told)) => found.push(format!("{path}: expected {}, told {}", short(expected), short(told))),
        (Some(expected), None) => found.push(format!("{path}: expected {}, told nothing", short(expected))),
        (None, Some(told)) => found.push(format!("{path}: not expected, told {}", short(told))),
        (None, None) => {}
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= VALUE_CHARACTERS_MAX { text } else { text.chars().take(VALUE_CHARACTERS_MAX).chain("…".chars()).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_difference_is_one_line() {
        let expected = json!({"shop": "7", "facts": [{"what": {"body": {"lines": [{"quantity": "2"}]}}}, {"order": "2"}], "ignored": "x"});
        let told = json!({"facts": [{"what": {"body": {"lines": [{"quantity": "3", "gift": true}]}}}], "ignored": "x", "message_id": "m"});
        assert_eq!(
            differences(&expected, &told),
            [
                r#"shop: expected "7", told nothing"#,
                r#"facts[0].what.body.lines[0].quantity: expected "2", told "3""#,
                "facts[0].what.body.lines[0].gift: not expected, told true",
                r#"facts[1]: expected {"order":"2"}, told nothing"#,
                r#"message_id: not expected, told "m""#,
            ]
        );
        assert!(differences(&told, &told).is_empty());
        let (many, none): (Vec<u32>, Vec<u32>) = ((0..50).collect(), Vec::new());
        let told = differences(&json!(many), &json!(none));
        assert_eq!((told.len(), told.last().map(String::as_str)), (21, Some("and 30 more")));
    }

    #[test]
    fn absent_is_as_null_and_as_an_empty_list() {
        assert_eq!(known(json!({"a": null, "b": [], "c": [{"d": null, "e": false}]})), json!({"c": [{"e": false}]}));
    }
}
