//! A person's change of an order's own data: tags, note, staff, source tag. A fact like any other.
//! Invariant ANN-1: a change names the version it saw; the loser of a race gets a conflict and changes nothing.

use super::fact::{Annotation, Fact, What};
use super::facts::FactsError;
use super::intake::{self, IntakeError};
use super::source::{ChannelKind, Source};
use kernel::{ChannelAccountId, OrderId};
use tenants::rights::EditOrders;
use tenants::{Permit, TenantTx};

pub const TAGS_MAX: usize = 20;
pub const TAG_CHARS_MAX: usize = 40;
pub const NOTE_CHARS_MAX: usize = 4_000;

#[derive(Debug, thiserror::Error)]
pub enum AnnotateError {
    #[error("the order is not known")]
    Unknown,
    #[error("the order was changed meanwhile: it is at version {0} now")]
    Stale(i64),
    #[error("{field}: {wrong}")]
    Field { field: &'static str, wrong: String },
    #[error(transparent)]
    Intake(#[from] IntakeError),
    #[error(transparent)]
    Facts(#[from] FactsError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Checks tags: trimmed, short, no repetition, order kept.
pub fn checked_tags(tags: &[String]) -> Result<Vec<String>, String> {
    let mut checked: Vec<String> = Vec::new();
    for tag in tags {
        let tag = tag.trim();
        if tag.is_empty() || tag.chars().count() > TAG_CHARS_MAX || tag.chars().any(char::is_control) {
            return Err(format!("a tag has 1 to {TAG_CHARS_MAX} characters and no control characters"));
        }
        if !checked.iter().any(|known| known == tag) {
            checked.push(tag.to_owned());
        }
    }
    if checked.len() > TAGS_MAX { Err(format!("at most {TAGS_MAX} tags")) } else { Ok(checked) }
}

fn checked_text(field: &'static str, text: &Option<String>, chars_max: usize) -> Result<(), AnnotateError> {
    match text {
        Some(text) if text.chars().count() > chars_max => Err(AnnotateError::Field { field, wrong: format!("at most {chars_max} characters") }),
        Some(text) if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) => Err(AnnotateError::Field { field, wrong: "no control characters".into() }),
        _ => Ok(()),
    }
}

/// Edits the order's own data under the version the person saw.
pub async fn annotate(tx: &mut TenantTx, _: Permit<EditOrders>, id: OrderId, seen_version: i64, mut change: Annotation) -> Result<(), AnnotateError> {
    checked_text("note", &change.note, NOTE_CHARS_MAX)?;
    checked_text("staff", &change.staff, 120)?;
    checked_text("source_tag", &change.source_tag, 60)?;
    checked_text("reason", &change.source_evidence, 500)?;
    if let Some(tags) = &change.tags {
        change.tags = Some(checked_tags(tags).map_err(|wrong| AnnotateError::Field { field: "tags", wrong })?);
    }
    if let Some(Some(company)) = change.company_id
        && crate::parties::companies::status(tx, company).await?.is_none_or(|status| status == "closed")
    {
        return Err(AnnotateError::Field { field: "company_id", wrong: "there is no such company, or it is closed".into() });
    }
    let order = sqlx::query!(
        r#"select o.channel_account_id, o.channel_kind, o.external_id, o.version,
             (select max(f.revision) from tenant.order_facts f where f.tenant_id = $1 and f.order_id = o.id and f.kind = 'annotated') as newest
           from tenant.orders o where o.tenant_id = $1 and o.id = $2 and o.voided_at is null for update of o"#,
        tx.tenant(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?
    .ok_or(AnnotateError::Unknown)?;
    if order.version != seen_version {
        return Err(AnnotateError::Stale(order.version));
    }
    let newest: u64 = order.newest.and_then(|revision| revision.try_into().ok()).unwrap_or(0);
    let fact = Fact { order: order.external_id, revision: newest + 1, occurred_at: tx.now(), what: What::Annotated(change) };
    let kind: ChannelKind = order.channel_kind.parse().unwrap_or(ChannelKind::Api);
    let source = Source { account: ChannelAccountId(order.channel_account_id), kind };
    let cause = format!("edit:{}", tx.actor().who);
    intake::apply(tx, source, vec![fact], &cause).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_trimmed_unique_and_few() {
        let tags = |words: &[&str]| checked_tags(&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>());
        assert_eq!(tags(&[" gift ", "gift", "VIP"]).unwrap(), ["gift", "VIP"]);
        assert!(tags(&[""]).is_err() && tags(&["a\u{1f}b"]).is_err());
        assert!(checked_tags(&(0..=TAGS_MAX).map(|i| i.to_string()).collect::<Vec<_>>()).is_err());
    }
}
