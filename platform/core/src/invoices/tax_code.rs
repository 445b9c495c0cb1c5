//! Vietnamese tax codes: ten digits of which the last is a check digit; a branch adds `-` and three digits. A person's
//! number of twelve digits is taken as it is.

const WEIGHTS: [u32; 9] = [31, 29, 23, 19, 17, 13, 7, 5, 3];

/// Whether the code is one in Vietnam.
pub fn is_vietnamese(code: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    match code.split_once('-') {
        Some((head, branch)) => branch.len() == 3 && digits(branch) && has_check_digit(head),
        None if code.len() == 12 => digits(code),
        None => has_check_digit(code),
    }
}

fn has_check_digit(code: &str) -> bool {
    let digits: Vec<u32> = code.chars().filter_map(|c| c.to_digit(10)).collect();
    if code.len() != 10 || digits.len() != 10 {
        return false;
    }
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    10 - sum % 11 == digits[9]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits() {
        for good in ["0100109106", "0100109106-001", "0101243150", "001234567890"] {
            assert!(is_vietnamese(good), "{good}");
        }
        for bad in ["0100109107", "010010910", "01001091066", "0100109106-01", "0100109106-0x1", "DE123456789", "", "０１００１０９１０６"] {
            assert!(!is_vietnamese(bad), "{bad}");
        }
    }
}
