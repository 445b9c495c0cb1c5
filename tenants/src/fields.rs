//! Shapes of what people type in: e-mail addresses, names, slugs, places. Each check names its field and what would be right.

use kernel::Currency;
use secrecy::SecretString;
use std::str::FromStr;

/// A field that is wrong, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {message}")]
pub struct FieldError {
    pub field: &'static str,
    pub message: String,
}

impl FieldError {
    pub fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self { field, message: message.into() }
    }
}

/// A lower-case address of at most 254 ASCII characters (RFC 5321 section 4.5.3.1).
pub(crate) fn email(field: &'static str, text: &str) -> Result<String, FieldError> {
    let address = text.trim().to_ascii_lowercase();
    let well_formed = address.len() <= 254 && address.is_ascii() && lettre::Address::from_str(&address).is_ok();
    // A domain without a dot is a machine of one network; nobody outside can be mailed there.
    let public = address.rsplit_once('@').is_some_and(|(_, domain)| domain.contains('.') || domain == "localhost");
    if well_formed && public { Ok(address) } else { Err(FieldError::new(field, "must be an e-mail address such as name@example.com")) }
}

/// The part after the @.
pub(crate) fn domain(email: &str) -> &str {
    email.rsplit_once('@').map_or("", |(_, domain)| domain)
}

/// 1 to `length_max` characters after trimming, without control characters.
pub(crate) fn name(field: &'static str, text: &str, length_max: usize) -> Result<String, FieldError> {
    let name = text.trim();
    let length = name.chars().count();
    if length == 0 || length > length_max || name.chars().any(char::is_control) {
        return Err(FieldError::new(field, format!("must have 1 to {length_max} characters and no control characters")));
    }
    Ok(name.to_owned())
}

pub(crate) fn slug(text: &str) -> Result<String, FieldError> {
    let wrong = || FieldError::new("slug", "must have 2 to 40 of a-z, 0-9 and single dashes inside");
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let right = (2..=40).contains(&text.len())
        && text.bytes().all(plain)
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--");
    if right { Ok(text.to_owned()) } else { Err(wrong()) }
}

/// A slug made from a name: unaccented as far as Vietnamese goes, dashes between words.
pub(crate) fn slug_from(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.to_lowercase().chars().map(unaccented) {
        if letter.is_ascii_lowercase() || letter.is_ascii_digit() {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() == 30 {
            break;
        }
    }
    let slug = slug.trim_matches('-');
    if slug.len() >= 2 { slug.to_owned() } else { format!("shop-{slug}").trim_end_matches('-').to_owned() }
}

fn unaccented(letter: char) -> char {
    match letter {
        'à' | 'á' | 'ả' | 'ã' | 'ạ' | 'ă' | 'ằ' | 'ắ' | 'ẳ' | 'ẵ' | 'ặ' | 'â' | 'ầ' | 'ấ' | 'ẩ' | 'ẫ' | 'ậ' | 'ä' => 'a',
        'è' | 'é' | 'ẻ' | 'ẽ' | 'ẹ' | 'ê' | 'ề' | 'ế' | 'ể' | 'ễ' | 'ệ' | 'ë' => 'e',
        'ì' | 'í' | 'ỉ' | 'ĩ' | 'ị' | 'ï' => 'i',
        'ò' | 'ó' | 'ỏ' | 'õ' | 'ọ' | 'ô' | 'ồ' | 'ố' | 'ổ' | 'ỗ' | 'ộ' | 'ơ' | 'ờ' | 'ớ' | 'ở' | 'ỡ' | 'ợ' | 'ö' => 'o',
        'ù' | 'ú' | 'ủ' | 'ũ' | 'ụ' | 'ư' | 'ừ' | 'ứ' | 'ử' | 'ữ' | 'ự' | 'ü' => 'u',
        'ỳ' | 'ý' | 'ỷ' | 'ỹ' | 'ỵ' => 'y',
        'đ' => 'd',
        other => other,
    }
}

/// ISO 3166-1 alpha-2, as far as its shape goes.
pub(crate) fn country(text: &str) -> Result<String, FieldError> {
    if text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase()) { Ok(text.to_owned()) } else { Err(FieldError::new("country", "must be two capital letters such as VN")) }
}

pub(crate) fn currency(text: &str) -> Result<Currency, FieldError> {
    text.parse().map_err(|_| FieldError::new("currency", "must be an ISO 4217 code such as VND"))
}

pub(crate) fn time_zone(text: &str) -> Result<String, FieldError> {
    chrono_tz::Tz::from_str(text).map(|zone| zone.name().to_owned()).map_err(|_| FieldError::new("time_zone", "must be an IANA name such as Asia/Ho_Chi_Minh"))
}

pub(crate) fn password(text: &SecretString) -> Result<(), FieldError> {
    crate::password::Passwords::check_rule(text).map_err(|_| FieldError::new("password", "must have 10 to 128 characters"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, right) in [(" An.Nguyen@Shop.VN ", Some("an.nguyen@shop.vn")), ("a@localhost", Some("a@localhost")), ("a@b", None), ("a b@c.d", None), ("@c.d", None), ("a@", None), ("ân@c.d", None), ("a@b.c\r\nBcc: x@y.z", None)] {
            assert_eq!(email("email", text).ok().as_deref(), right, "{text:?}");
        }
        assert!(email("email", &format!("{}@example.com", "a".repeat(250))).is_err());
    }

    #[test]
    fn slugs() {
        for (text, right) in [("ab", true), ("a-b", true), ("a", false), ("-ab", false), ("ab-", false), ("a--b", false), ("Ab", false), ("a_b", false)] {
            assert_eq!(slug(text).is_ok(), right, "{text}");
        }
        assert!(slug(&"a".repeat(40)).is_ok() && slug(&"a".repeat(41)).is_err());
        for (text, made) in [("Nhà Sách Phương Đông", "nha-sach-phuong-dong"), ("Ü", "shop-u"), ("東京", "shop"), ("A & B!", "a-b")] {
            assert_eq!(slug_from(text), made);
            assert!(slug(made).is_ok(), "{made}");
        }
    }

    #[test]
    fn places() {
        assert!(time_zone("Asia/Ho_Chi_Minh").is_ok() && time_zone("Mars/Base").is_err());
        assert!(currency("VND").is_ok() && currency("vnd").is_err() && currency("XQQ").is_err());
        assert!(country("VN").is_ok() && country("vn").is_err() && country("VNM").is_err());
        assert!(name("name", "  ", 120).is_err() && name("name", "a\u{0}b", 120).is_err() && name("name", &"đ".repeat(120), 120).is_ok());
    }
}
