//! One object of KiotViet under two spellings: REST answers write `invoiceDetails`, webhooks `InvoiceDetails`.
//!
//! Times are the shop's own, without an offset and with seven digits: Asia/Ho_Chi_Minh, which is UTC+7 all year (SPEC §2.4).

use switchyard_sdk::{Decimal, Problem, loose::moment, read::Node};

const ZONE: &str = "+07:00";

#[derive(Clone)]
pub struct Told<'a>(pub Node<'a>);

impl<'a> Told<'a> {
    /// The spelling that is there; REST's where none is.
    fn key(&self, camel: &str) -> String {
        let mut letters = camel.chars();
        let pascal = letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>();
        if !self.0.has(camel) && self.0.has(&pascal) { pascal } else { camel.to_owned() }
    }

    pub fn has(&self, camel: &str) -> bool {
        self.0.has(&self.key(camel))
    }

    pub fn word(&self, camel: &str) -> Result<Option<String>, Problem> {
        self.0.word(&self.key(camel))
    }

    pub fn code(&self, camel: &str) -> Result<Option<String>, Problem> {
        self.0.code(&self.key(camel))
    }

    /// An amount or a quantity, without zeros that say nothing: webhooks write 300000.0.
    pub fn sum(&self, camel: &str) -> Result<Option<Decimal>, Problem> {
        Ok(self.0.sum(&self.key(camel))?.map(|amount| amount.normalize()))
    }

    /// A quantity or a percentage: KiotViet computes these in floating point and writes 0.30000000000000004.
    pub fn rough(&self, camel: &str) -> Result<Option<Decimal>, Problem> {
        let Some(text) = self.word(camel)? else { return Ok(None) };
        match text.parse::<Decimal>().or_else(|_| Decimal::from_scientific(&text)) {
            Ok(number) => Ok(Some(number.round_dp(6).normalize())),
            Err(_) => Err(self.0.problem(&self.key(camel), &format!("a number is wanted, {text:?} is told"))),
        }
    }

    pub fn amount(&self, camel: &str) -> Result<Decimal, Problem> {
        Ok(self.sum(camel)?.unwrap_or(Decimal::ZERO))
    }

    /// A positive number; 0 and -1 stand where there is none.
    pub fn id(&self, camel: &str) -> Result<Option<String>, Problem> {
        Ok(self.code(camel)?.filter(|id| id != "0" && !id.starts_with('-')))
    }

    /// A small number that is a code, e.g. a status: 3, "3" or 3.0.
    pub fn number(&self, camel: &str) -> Result<Option<i64>, Problem> {
        Ok(self.sum(camel).ok().flatten().and_then(|number| i64::try_from(number.mantissa()).ok().filter(|_| number.scale() == 0)))
    }

    pub fn flag(&self, camel: &str) -> Result<Option<bool>, Problem> {
        self.0.switch(&self.key(camel))
    }

    pub fn child(&self, camel: &str) -> Option<Told<'a>> {
        self.0.maybe(&self.key(camel)).map(Told)
    }

    /// The objects of a list; one object in its place is a list of one.
    pub fn list(&self, camel: &str) -> Result<Vec<Told<'a>>, Problem> {
        let key = self.key(camel);
        match self.0.maybe(&key) {
            Some(one) if one.members().next().is_some() => Ok(vec![Told(one)]),
            _ => Ok(self.0.listed(&key)?.into_iter().map(Told).collect()),
        }
    }

    /// A time, in UTC. What is no time, or lies before 1970 as an unset one does, is unknown.
    pub fn time(&self, camel: &str) -> Result<Option<String>, Problem> {
        Ok(self.word(camel)?.and_then(|text| utc(&text)))
    }

    pub fn missing(&self, camel: &str) -> Problem {
        self.0.missing(&self.key(camel))
    }
}

/// `2021-11-19T15:01:00.3270000` -> `2021-11-19T08:01:00.327Z`.
pub fn utc(text: &str) -> Option<String> {
    let text = text.trim();
    let clock = text.get(10..)?;
    if clock.is_empty() {
        return moment(&format!("{text}T00:00:00{ZONE}"));
    }
    if clock.contains(['Z', 'z', '+', '-']) { moment(text) } else { moment(&format!("{text}{ZONE}")) }
}

/// The same backwards, for questions: `2021-11-19T08:01:00Z` -> `2021-11-19T15:01:00`.
pub fn local(instant: &str) -> Option<String> {
    let seconds = switchyard_sdk::time::epoch_seconds(instant)?;
    switchyard_sdk::time::from_epoch_seconds(seconds + 7 * 3600).map(|text| text.trim_end_matches('Z').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use switchyard_sdk::json::Json;

    #[test]
    fn kiotviet_2_times_are_those_of_ho_chi_minh() {
        for (text, is) in [
            ("2021-11-19T15:01:00.3270000", Some("2021-11-19T08:01:00.327Z")),
            ("2026-03-01T08:21:36.0000000", Some("2026-03-01T01:21:36Z")),
            ("2026-03-01T03:00:00", Some("2026-02-28T20:00:00Z")),
            ("2026-03-01 03:00:00.1234567", Some("2026-02-28T20:00:00.123456700Z")),
            ("2026-03-01T08:21:36.0000000+07:00", Some("2026-03-01T01:21:36Z")),
            ("2026-03-01T01:21:36Z", Some("2026-03-01T01:21:36Z")),
            ("2026-03-01", Some("2026-02-28T17:00:00Z")),
            ("0001-01-01T00:00:00", None),
            ("soon", None),
        ] {
            assert_eq!(utc(text).as_deref(), is, "{text}");
        }
        assert_eq!(local("2026-02-28T20:00:00Z").as_deref(), Some("2026-03-01T03:00:00"));
    }

    #[test]
    fn two_spellings_and_many_types() {
        let json = Json::parse(r#"{"Id":57,"soldById":-1,"Status":"3","UsingCod":"true","Payments":{"Id":1},"invoiceDetails":[{"a":1}],"Code":null,"code":"HD1","Quantity":0.30000000000000004,"discountRatio":"16.666666666666668"}"#.as_bytes()).unwrap();
        let told = Told(Node::root(&json).unwrap());
        assert_eq!((told.id("id").unwrap().as_deref(), told.id("soldById").unwrap(), told.number("status").unwrap()), (Some("57"), None, Some(3)));
        assert_eq!((told.flag("usingCod").unwrap(), told.list("payments").unwrap().len(), told.list("invoiceDetails").unwrap().len()), (Some(true), 1, 1));
        assert_eq!(told.word("code").unwrap().as_deref(), Some("HD1"));
        assert_eq!((told.rough("quantity").unwrap(), told.rough("discountRatio").unwrap()), (Some(Decimal::new(3, 1)), Some(Decimal::new(16_666_667, 6))));
        assert!(told.rough("usingCod").is_err() && told.sum("quantity").is_err(), "money is never rounded");
        assert!(told.list("nothing").unwrap().is_empty() && told.child("nothing").is_none());
    }
}
