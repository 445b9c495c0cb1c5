//! Levels of letters to debtors: from how many days overdue, with which words. The tenant's data, in both languages.

use super::{ReceivableError, text, wrong};
use serde_json::json;
use tenants::rights::{CloseFinance, ReadFinance};
use tenants::{Permit, TenantTx, audit};

pub const LEVELS_MAX: usize = 5;
/// What a text may name; each is replaced in the letter.
pub const NAMES: [&str; 5] = ["{company}", "{amount}", "{days}", "{items}", "{seller}"];

#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    pub level: i16,
    /// Overdue by so many days at least.
    pub days: i32,
    pub subject_en: String,
    pub text_en: String,
    pub subject_vi: String,
    pub text_vi: String,
}

impl Level {
    /// Subject and text in a language.
    pub fn words(&self, language: &str) -> (&str, &str) {
        if language == "en" { (&self.subject_en, &self.text_en) } else { (&self.subject_vi, &self.text_vi) }
    }
}

pub async fn levels(tx: &mut TenantTx, _: Permit<ReadFinance>) -> Result<Vec<Level>, sqlx::Error> {
    sqlx::query_as!(Level, "select level, days, subject_en, text_en, subject_vi, text_vi from tenant.dunning_levels where tenant_id = $1 order by level", tx.tenant()).fetch_all(tx.conn()).await
}

/// Replaces all levels; they are numbered in the order given.
pub async fn set_levels(tx: &mut TenantTx, _: Permit<CloseFinance>, read: Permit<ReadFinance>, wanted: &[Level]) -> Result<Vec<Level>, ReceivableError> {
    if wanted.len() > LEVELS_MAX {
        return wrong("/levels", format!("at most {LEVELS_MAX} levels"));
    }
    let mut checked = Vec::with_capacity(wanted.len());
    for (index, level) in wanted.iter().enumerate() {
        let at = |field: &str| format!("/levels/{index}/{field}");
        if !(1..=730).contains(&level.days) || wanted.iter().take(index).any(|before| before.days >= level.days) {
            return wrong(&at("days"), "1 to 730, and more than the level before");
        }
        checked.push(Level {
            level: i16::try_from(index + 1).unwrap_or(1),
            days: level.days,
            subject_en: text(&at("subject_en"), &level.subject_en, 200)?,
            text_en: text(&at("text_en"), &level.text_en, 4_000)?,
            subject_vi: text(&at("subject_vi"), &level.subject_vi, 200)?,
            text_vi: text(&at("text_vi"), &level.text_vi, 4_000)?,
        });
    }
    sqlx::query!("delete from tenant.dunning_levels where tenant_id = $1", tx.tenant()).execute(tx.conn()).await?;
    for level in &checked {
        sqlx::query!(
            "insert into tenant.dunning_levels (tenant_id, level, days, subject_en, text_en, subject_vi, text_vi) values ($1, $2, $3, $4, $5, $6, $7)",
            tx.tenant(),
            level.level,
            level.days,
            level.subject_en,
            level.text_en,
            level.subject_vi,
            level.text_vi,
        )
        .execute(tx.conn())
        .await?;
    }
    audit::write(tx, "receivables.dunning_levels_set", None, json!({"levels": checked.len()})).await?;
    Ok(levels(tx, read).await?)
}

/// A text with its names replaced.
pub fn filled(text: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_says_what_is_owed() {
        let text = filled("{company}: {amount} since {days} days", &[("{company}", "Minh An"), ("{amount}", "15,400,000 VND"), ("{days}", "31")]);
        assert_eq!(text, "Minh An: 15,400,000 VND since 31 days");
    }
}
