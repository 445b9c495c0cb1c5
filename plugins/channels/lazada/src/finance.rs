//! Rows of `finance/transaction/details/get`: what Lazada credits and charges for each item, under the names it gives them.
//!
//! A row's amount is signed: positive to the seller. Where tax withheld is inside the amount (`WHT_included_in_amount`), the
//! fee is told without it and the tax beside it, so that the two sum to the row: -0.62 with 0.01 inside is a fee of -0.63 of
//! which the seller keeps 0.01 back for the tax office. Where it is not inside it moves nothing here and is told as said.
//! A row that is paid is told as `payout` too: the sum of an order's payouts is what reached the bank.

use crate::country::{self, Country};
use switchyard_sdk::{
    Decimal, Problem,
    answer::Understood,
    facts::{SettlementLine, Telling, What, money},
    loose::moment,
    read::Node,
    time,
};

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

pub fn is_row(node: &Node<'_>) -> bool {
    node.has("transaction_number") || (node.has("fee_name") && node.has("amount"))
}

pub fn row(row: &Node<'_>, country: Option<Country>, received_at: &str) -> Result<Understood, Problem> {
    let Some(order) = row.name_of("order_no")? else {
        return Ok(Understood::ignored("a transaction names no order"));
    };
    let country = country.ok_or_else(|| country::wanted("a transaction names no currency"))?;
    let kind = match row.code("fee_name")? {
        Some(name) => name,
        None => row.code("transaction_type")?.or(row.code("fee_type")?).ok_or_else(|| row.missing("fee_name"))?,
    };
    let day = match row.word("transaction_date")? {
        Some(text) => day(&text).ok_or_else(|| row.problem("transaction_date", &format!("a day such as 17 May 2016 is wanted, {text:?} is told")))?,
        None => received_at.to_owned(),
    };
    let amount = row.sum("amount")?.ok_or_else(|| row.missing("amount"))?;
    let item = row.name_of("orderItem_no")?.or(row.name_of("reference")?).unwrap_or_default();
    let number = row.code("transaction_number")?.unwrap_or_else(|| day.clone());
    let statement = row.code("statement")?;
    let telling = Telling { order, revision: time::epoch_seconds(&day).unwrap_or_default().saturating_mul(10) + 1, occurred_at: day };
    let mut understood = Understood::default();
    let mut tell = |suffix: &str, kind: &str, amount: Decimal| {
        if !amount.is_zero() {
            let id = cut(format!("{number}:{item}:{suffix}"));
            let line = SettlementLine { id, kind: kind.to_owned(), amount: money(amount, country.currency), statement: statement.clone(), at: Some(telling.occurred_at.clone()) };
            understood.facts.push(telling.fact(What::Settled(line)));
        }
    };
    let withheld = row.sum_or_zero("WHT_amount")?;
    if row.switch("WHT_included_in_amount")? == Some(true) {
        tell(&kind, &kind, amount - withheld);
        tell(&format!("{kind}:WHT"), "WHT_amount", withheld);
    } else {
        tell(&kind, &kind, amount);
        tell(&format!("{kind}:WHT"), "WHT_not_in_amount", withheld);
    }
    tell(&format!("{kind}:VAT"), "VAT_in_amount", row.sum_or_zero("VAT_in_amount")?);
    if paid(row)? {
        tell(&format!("{kind}:payout"), "payout", amount);
    }
    if understood.facts.is_empty() {
        understood.ignored = Some("a transaction of nothing".into());
    }
    Ok(understood)
}

/// The documentation says Yes or No, its own example `Not paid`.
fn paid(row: &Node<'_>) -> Result<bool, Problem> {
    Ok(row.switch("paid_status")? == Some(true) || row.word("paid_status")?.is_some_and(|word| word.eq_ignore_ascii_case("paid")))
}

/// A statement as a whole names no order; its rows do.
pub fn payout(statement: &Node<'_>) -> Result<Understood, Problem> {
    Ok(Understood::ignored(format!("the statement {} names no order; its transactions do", statement.code("statement_number")?.unwrap_or_default())))
}

/// `17 May 2016`, or a day or time in any other form.
fn day(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split([' ', '-', '/']).filter(|part| !part.is_empty()).collect();
    if let [day, month, year] = parts.as_slice()
        && let Some(month) = MONTHS.iter().position(|name| month.to_ascii_lowercase().starts_with(name))
    {
        return moment(&format!("{year}-{:02}-{day:0>2}", month + 1));
    }
    moment(text)
}

fn cut(mut id: String) -> String {
    const ID_BYTES_MAX: usize = 250;
    let mut end = id.len().min(ID_BYTES_MAX);
    while !id.is_char_boundary(end) {
        end -= 1;
    }
    id.truncate(end);
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_in_two_ways() {
        for text in ["17 May 2016", "17-May-2016", "2016-05-17", "2016-05-17 00:00:00", "17 may 2016"] {
            assert_eq!(day(text).as_deref(), Some("2016-05-17T00:00:00Z"), "{text}");
        }
        assert_eq!((day("1 Jan 2026").as_deref(), day("soon"), day("40 May 2016")), (Some("2026-01-01T00:00:00Z"), None, None));
    }
}
