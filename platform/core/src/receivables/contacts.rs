//! Whom to write to about what a company owes, in which language, or not at all (a dispute).

use super::{ReceivableError, text};
use kernel::CompanyId;
use serde_json::json;
use tenants::rights::{ManageReceivables, ReadFinance};
use tenants::{Permit, TenantTx, audit};

#[derive(Clone, Debug, PartialEq)]
pub struct Contact {
    pub email: Option<String>,
    pub language: String,
    pub silent: bool,
    pub note: Option<String>,
    pub version: i64,
}

impl Default for Contact {
    fn default() -> Self {
        Self { email: None, language: "vi".into(), silent: false, note: None, version: 0 }
    }
}

pub async fn get(tx: &mut TenantTx, _: Permit<ReadFinance>, company: CompanyId) -> Result<Contact, ReceivableError> {
    sqlx::query_scalar!("select id from tenant.companies where tenant_id = $1 and id = $2", tx.tenant(), company.uuid()).fetch_optional(tx.conn()).await?.ok_or(ReceivableError::UnknownCompany)?;
    let contact = sqlx::query_as!(Contact, "select email, language, silent, note, version from tenant.debtor_contacts where tenant_id = $1 and company_id = $2", tx.tenant(), company.uuid())
        .fetch_optional(tx.conn())
        .await?;
    Ok(contact.unwrap_or_default())
}

/// Writes the contact as it shall stand.
pub async fn set(tx: &mut TenantTx, _: Permit<ManageReceivables>, read: Permit<ReadFinance>, company: CompanyId, wanted: Contact) -> Result<Contact, ReceivableError> {
    get(tx, read, company).await?;
    let email = wanted.email.as_deref().map(str::trim).filter(|email| !email.is_empty());
    let sound = |email: &str| email.len() <= 254 && !email.chars().any(|c| c.is_control() || c.is_whitespace()) && email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'));
    if email.is_some_and(|email| !sound(email)) {
        return super::wrong("/email", "an e-mail address");
    }
    if !["en", "vi"].contains(&wanted.language.as_str()) {
        return super::wrong("/language", "en or vi");
    }
    let note = wanted.note.as_deref().map(str::trim).filter(|note| !note.is_empty()).map(|note| text("/note", note, 500)).transpose()?;
    let (tenant, now, by) = (tx.tenant(), tx.now(), tx.actor().who.to_string());
    sqlx::query!(
        "insert into tenant.debtor_contacts as c (tenant_id, company_id, email, language, silent, note, changed_at, changed_by) values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (tenant_id, company_id) do update set email = excluded.email, language = excluded.language, silent = excluded.silent, note = excluded.note, version = c.version + 1,
           changed_at = excluded.changed_at, changed_by = excluded.changed_by",
        tenant,
        company.uuid(),
        email,
        wanted.language,
        wanted.silent,
        note,
        now,
        by,
    )
    .execute(tx.conn())
    .await?;
    audit::write(tx, "receivables.contact_set", Some(&company), json!({"silent": wanted.silent})).await?;
    get(tx, read, company).await
}
