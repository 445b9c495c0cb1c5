//! The bank as the interface shows it.

use crate::http::orders::views::{MoneyView, money};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use switchyard_core::bank::{
    account::BankAccount,
    import::{Imported, Kept},
    lines::{BankLine, MatchedPart},
    suggest::Suggestion,
};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = BankAccount)]
pub struct AccountView {
    id: String,
    name: String,
    number: String,
    currency: String,
    created_at: DateTime<Utc>,
    statements: i64,
    /// What the newest statement closes with.
    closing: Option<MoneyView>,
    #[schema(value_type = Option<String>, format = Date)]
    closing_on: Option<NaiveDate>,
    lines_open: i64,
    /// What the lines that are not matched come to.
    open: MoneyView,
    /// What is matched.
    matched: MoneyView,
}

pub fn account(account: BankAccount) -> AccountView {
    let currency = account.currency;
    AccountView {
        id: account.id.to_string(),
        name: account.name,
        number: account.number,
        created_at: account.created_at,
        statements: account.statements,
        closing: account.closing.map(|closing| money(closing, &currency)),
        closing_on: account.closing_on,
        lines_open: account.lines_open,
        open: money(account.open, &currency),
        matched: money(account.matched, &currency),
        currency,
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = BankStatement)]
pub struct StatementView {
    id: String,
    bank_account_id: String,
    /// `csv`, `mt940`, `camt053`
    format: String,
    reference: String,
    file_name: String,
    #[schema(value_type = String, format = Date)]
    from_day: NaiveDate,
    #[schema(value_type = String, format = Date)]
    to_day: NaiveDate,
    /// Null when the file says none: then nothing proves that no line is missing.
    opening: Option<MoneyView>,
    closing: Option<MoneyView>,
    lines: i32,
    lines_open: i64,
    imported_at: DateTime<Utc>,
    imported_by: String,
}

pub fn statement(kept: Kept) -> StatementView {
    StatementView {
        id: kept.id.to_string(),
        bank_account_id: kept.account.to_string(),
        format: kept.format,
        reference: kept.reference,
        file_name: kept.file_name,
        from_day: kept.from_day,
        to_day: kept.to_day,
        opening: kept.opening.map(|amount| money(amount, &kept.currency)),
        closing: kept.closing.map(|amount| money(amount, &kept.currency)),
        lines: kept.line_count,
        lines_open: kept.lines_open,
        imported_at: kept.imported_at,
        imported_by: kept.imported_by,
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = BankImport)]
pub struct ImportView {
    statement_ids: Vec<String>,
    /// The whole file was taken in before: nothing changed.
    repeated: bool,
    lines_new: usize,
    /// Told by another file already.
    lines_known: usize,
    /// Matched by the rule at once.
    lines_matched: usize,
}

pub fn imported(imported: &Imported) -> ImportView {
    ImportView {
        statement_ids: imported.statements.iter().map(ToString::to_string).collect(),
        repeated: imported.repeated,
        lines_new: imported.lines_new,
        lines_known: imported.lines_known,
        lines_matched: imported.lines_matched,
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = BankLine)]
pub struct LineView {
    id: String,
    bank_account_id: String,
    bank_account: String,
    statement_id: String,
    /// Where it stands in its file.
    position: i32,
    #[schema(value_type = String, format = Date)]
    booked_on: NaiveDate,
    /// To us is positive.
    amount: MoneyView,
    reference: Option<String>,
    counterparty: Option<String>,
    text: Option<String>,
    /// `open`, `matched`
    state: &'static str,
    /// What may be done with it now: `match`, `unmatch`.
    actions: Vec<&'static str>,
    /// `rule`, `hand`
    how: Option<String>,
    why: Option<String>,
    matched_at: Option<DateTime<Utc>>,
    matched_by: Option<String>,
}

pub fn line(line: BankLine, may_post: bool) -> LineView {
    let matched = line.match_id.is_some();
    LineView {
        id: line.id.to_string(),
        bank_account_id: line.account.to_string(),
        bank_account: line.account_name,
        statement_id: line.statement.to_string(),
        position: line.position,
        booked_on: line.booked_on,
        amount: money(line.amount, &line.currency),
        reference: line.reference,
        counterparty: line.counterparty,
        text: line.text,
        state: if matched { "matched" } else { "open" },
        actions: if !may_post { vec![] } else if matched { vec!["unmatch"] } else { vec!["match"] },
        how: line.how,
        why: line.why,
        matched_at: line.matched_at,
        matched_by: line.matched_by,
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = BankMatchPart)]
pub struct PartView {
    order_id: Option<String>,
    order_number: Option<i64>,
    account: String,
    amount: MoneyView,
}

#[derive(Serialize, ToSchema)]
#[schema(as = BankSuggestion)]
pub struct SuggestionView {
    order_id: String,
    order_number: i64,
    /// Where the order's money waits.
    account: String,
    /// What waits there.
    open: MoneyView,
    /// What of it the line can be.
    amount: MoneyView,
    /// The rule would match it by itself.
    certain: bool,
    why: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = BankLineDetail)]
pub struct LineDetailView {
    #[serde(flatten)]
    line: LineView,
    /// Of the match that stands.
    parts: Vec<PartView>,
    /// At most 10, best first; of an open line.
    suggestions: Vec<SuggestionView>,
}

pub fn detail(of: BankLine, parts: Vec<MatchedPart>, suggestions: Vec<Suggestion>, may_post: bool) -> LineDetailView {
    let currency = of.currency.clone();
    LineDetailView {
        line: line(of, may_post),
        parts: parts
            .into_iter()
            .map(|part| PartView { order_id: part.order.map(|order| order.to_string()), order_number: part.order_number, account: part.account, amount: money(part.amount, &currency) })
            .collect(),
        suggestions: suggestions
            .into_iter()
            .map(|found| SuggestionView {
                order_id: found.order.to_string(),
                order_number: found.number,
                account: found.account.to_string(),
                open: money(found.open, &currency),
                amount: money(found.amount, &currency),
                certain: found.certain,
                why: found.why,
            })
            .collect(),
    }
}
