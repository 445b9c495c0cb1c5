//! Cases of our own, and what is signed.

use super::*;
use switchyard_sdk::testing::conformance;

#[test]
fn zalo_1_cases() {
    let cases = conformance("zalo", |delivery, body| document(body, delivery["settings"]["currency"].as_str()));
    assert!(cases >= 8, "{cases} cases");
}

#[test]
fn zalo_2_the_time_is_signed_as_it_is_written() {
    let of = |body: &[u8]| Json::parse(body).ok().and_then(|event| stamp(&event).map(str::to_owned));
    assert_eq!(of(br#"{"timestamp":"154390853474"}"#).as_deref(), Some("154390853474"));
    assert_eq!(of(br#"{"timestamp":154390853474}"#).as_deref(), Some("154390853474"));
    for body in [&b"{}"[..], b"", br#"{"timestamp":null}"#, br#"{"timestamp":"1","timestamp":"2"}"#] {
        assert_eq!(of(body), None);
    }
}
