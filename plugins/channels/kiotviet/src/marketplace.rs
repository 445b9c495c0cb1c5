//! Orders of marketplaces that KiotViet pulled in: `DHSPE_2603010SCUQWWD` is the order 2603010SCUQWWD of Shopee, and
//! `HDSPE_…` its invoice. The same sale comes through the marketplace's own connector too (SPEC §2.8).

/// Shortest number a marketplace gives an order.
const NUMBER_CHARS_MIN: usize = 6;

/// The channel, and its number of the order. Letters after DH, HD or TH are KiotViet's for a marketplace; SPE is observed, the
/// others are [U].
pub fn embedded(code: &str) -> Option<(String, &str)> {
    let (prefix, rest) = code.trim().split_once('_')?;
    let letters = ["DH", "HD", "TH"].iter().find_map(|kind| prefix.strip_prefix(kind))?;
    // An amended document ends in ".01".
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
    let number = &rest[..end];
    if letters.len() < 2 || letters.len() > 6 || !letters.bytes().all(|byte| byte.is_ascii_uppercase()) || number.len() < NUMBER_CHARS_MIN {
        return None;
    }
    let channel = match letters {
        "SPE" => "shopee".to_owned(),
        "LZD" | "LAZ" => "lazada".to_owned(),
        "TTS" | "TTK" | "TIK" => "tiktok".to_owned(),
        "TIKI" => "tiki".to_owned(),
        other => other.to_ascii_lowercase(),
    };
    Some((channel, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_marketplaces_are_inside_the_code() {
        for (code, is) in [
            ("DHSPE_2603010SCUQWWD", Some(("shopee", "2603010SCUQWWD"))),
            ("HDSPE_2603010SCUQWWD.01", Some(("shopee", "2603010SCUQWWD"))),
            ("HDTTS_576653688135258178", Some(("tiktok", "576653688135258178"))),
            ("DHLZD_300000000000001", Some(("lazada", "300000000000001"))),
            ("DHXYZ_1234567", Some(("xyz", "1234567"))),
            ("HD005432.01", None),
            ("DH000123", None),
            ("DH_123456", None),
            ("KHSPE_1234567", None),
            ("DHSPE_12", None),
        ] {
            assert_eq!(embedded(code).as_ref().map(|(channel, number)| (channel.as_str(), *number)), is, "{code}");
        }
    }
}
