//! A quote that was sent goes to its buyer by mail, on paper.

use super::read;
use crate::app::App;
use crate::http::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{Json, Path},
    invoices::PaperQuery,
    problem::{Problem, ProblemBody},
};
use axum::{
    extract::{Extension, State},
    http::StatusCode,
};
use kernel::QuoteId;
use paper::Language;
use serde::Deserialize;
use switchyard_core::quotes::{QuoteError, quote::State as QuoteState};
use tenants::{
    Caller, audit,
    mail::{Enclosure, MailError},
    rights::WriteQuotes,
};
use utoipa::ToSchema;

const TEXT_CHARS_MAX: usize = 2_000;
const ADDRESS_CHARS_MAX: usize = 200;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QuoteMail)]
pub struct MailForm {
    /// Whom it goes to.
    to: String,
    /// `en`, `vi`; the tenant's own when left out.
    language: Option<String>,
    /// Instead of the usual words.
    text: Option<String>,
}

/// Mails the quote as it was sent, with its PDF. Asked for twice, it goes twice.
#[utoipa::path(post, path = "/quotes/{id}/mail", tag = "prices", params(("id" = String, Path)), request_body = MailForm,
    responses((status = 204, description = "it is on its way"), (status = 503, description = "the mail server does not take it", body = ProblemBody, content_type = "application/problem+json"), Guarded, Written, Absent, Conflicting))]
pub async fn mail(State(app): State<App>, Allowed { actor, .. }: Allowed<WriteQuotes>, Extension(caller): Extension<Caller>, Path(id): Path<QuoteId>, Json(form): Json<MailForm>) -> Result<StatusCode, Problem> {
    let language = PaperQuery::named(form.language.as_deref()).ok_or_else(|| Problem::field("/language", "invalid_value", "must be en or vi"))?;
    if form.text.as_ref().is_some_and(|text| text.chars().count() > TEXT_CHARS_MAX || text.chars().any(|c| c.is_control() && c != '\n')) {
        return Err(Problem::field("/text", "invalid_value", format!("must have at most {TEXT_CHARS_MAX} characters and no control characters")));
    }
    let to = form.to.trim();
    if !(3..=ADDRESS_CHARS_MAX).contains(&to.chars().count()) || !to.contains('@') {
        return Err(wrong_address());
    }
    let (quote, sheet) = read::on_paper(&app, &actor, &caller, id, language).await?;
    if quote.state != QuoteState::Sent {
        return Err(QuoteError::State(quote.state).into());
    }
    let (language, seller) = (sheet.language, sheet.seller.name.clone());
    let subject = format!("{} {}", sheet.title, sheet.number);
    let until = crate::printing::amounts::day(quote.valid_until, language);
    let usual = match language {
        Language::En => format!("Dear {},\n\nplease find our quotation attached. Its prices hold until {until}.", quote.company_name),
        Language::Vi => format!("Kính gửi {},\n\nChúng tôi xin gửi báo giá đính kèm, có hiệu lực đến hết ngày {until}.", quote.company_name),
    };
    let text = form.text.filter(|text| !text.trim().is_empty()).unwrap_or(usual);
    let enclosure = Enclosure { name: format!("{}.pdf", read::file_name(&quote)), media_type: "application/pdf", bytes: app.press.print(sheet).await? };
    app.identity.mailer.write_with(to, &quote.company_name, &subject, &text, &seller, enclosure).await.map_err(|error| match error {
        MailError::To(_) => wrong_address(),
        other => Problem::mail_away(other),
    })?;
    let mut tx = app.directory.begin(&actor).await?;
    audit::write(&mut tx, "quote.mailed", Some(&id), serde_json::json!({"to": to})).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn wrong_address() -> Problem {
    Problem::field("/to", "invalid_value", "must be a mail address")
}
