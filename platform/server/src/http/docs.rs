//! `/openapi.json` and pages for people: the operations, and what each error code means.

use crate::app::App;
use axum::{Router, http::header, response::{Html, IntoResponse}, routing::get};
use serde_json::Value;
use std::{fmt::Write, sync::Arc};

/// Codes that any operation may answer with; those of one operation are in its description.
pub const PROBLEMS: &[(&str, &str)] = &[
    ("no_session", "Log in, or send an API key as `Authorization: Bearer sy_live_…`."),
    ("csrf", "With a session cookie an unsafe method needs the `Origin` of this server and the header `X-Switchyard-Csrf: 1`."),
    ("missing_right", "The role lacks the right that is named."),
    ("not_found", "It does not exist, or it belongs to another tenant."),
    ("invalid", "Each wrong field is in `errors` with its JSON Pointer and what would be right."),
    ("invalid_value", "One field has the wrong form."),
    ("broken_json", "The body is not JSON."),
    ("not_json", "Send `Content-Type: application/json`."),
    ("too_large", "The body is larger than this operation takes."),
    ("unreadable_body", "The body broke off."),
    ("method_not_allowed", "See the `Allow` header."),
    ("stale_version", "Someone changed it meanwhile: read it again, then repeat the change with the new `ETag`."),
    ("idempotency_mismatch", "The key was used with another body."),
    ("idempotency_in_flight", "The first request with this key is still running."),
    ("no_tenant", "The session has entered no tenant yet: `POST /api/v1/session/tenant`."),
    ("wrong_credentials", "The e-mail address or the password is wrong."),
    ("locked_out", "Too many tries to log in: wait as long as `Retry-After` says."),
    ("confined_session", "The session came through a tenant's identity provider and is good for that tenant only."),
    ("email_taken", "The address has an account with another password: log in, or reset the password."),
    ("slug_taken", "Another tenant has this short name."),
    ("invalid_link", "The mailed link was used, has expired, or was replaced by a newer one."),
    ("too_many_mails", "Enough mails were sent in the last hour."),
    ("mail_away", "The mail server does not answer; what else was asked for is done."),
    ("beyond_own_rights", "Nobody gives or takes rights they lack themselves."),
    ("unknown_right", "See `GET /api/v1/rights` for the words."),
    ("built_in_role", "Built-in roles cannot be changed: make a role of your own."),
    ("role_in_use", "Give the people who have the role another first."),
    ("name_taken", "There is one of this name already."),
    ("last_owner", "A tenant always has an owner: make another person owner first."),
    ("too_many_roles", "The tenant has as many roles as it may have."),
    ("too_many_keys", "The tenant has as many API keys as it may have: revoke one."),
    ("too_many_invitations", "The tenant has as many open invitations as it may have: revoke some."),
    ("already_member", "The address belongs to a member."),
    ("prove_account", "The address has an account: log in with it, or send its password."),
    ("outdated_invitation", "Who invited you may not give these roles any more."),
    ("too_many_connections", "The tenant has as many identity providers as it may have: remove one."),
    ("not_a_person", "Only a person with a session does this, not an API key."),
    ("rate_limited", "Wait as long as `Retry-After` says."),
    ("database_away", "Nothing was changed; try again."),
    ("too_slow", "Nothing was answered in time; a write may or may not have happened: repeat it with its `Idempotency-Key`."),
    ("no_printer", "Documents are printed by a program of its own, which this server does not find or which is of another release; everything else works."),
    ("internal", "An error of ours. The request id leads us to it."),
];

pub fn routes(document: utoipa::openapi::OpenApi) -> Router<App> {
    let json: Arc<str> = document.to_pretty_json().expect("the document is plain data").into();
    let page: Arc<str> = operations_page(&serde_json::from_str(&json).expect("just written")).into();
    let problems: Arc<str> = problems_page().into();
    Router::new()
        .route("/openapi.json", get(async move || ([(header::CONTENT_TYPE, "application/json")], json.to_string()).into_response()))
        .route("/docs", get(async move || Html(page.to_string())))
        .route("/docs/problems", get(async move || Html(problems.to_string())))
}

const HEAD: &str = "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'><title>Switchyard API</title>\
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2430;background:#fff}code{background:#f1f4f8;padding:.1em .3em;border-radius:4px}\
h2{margin-top:2.5rem;text-transform:capitalize}article{border-top:1px solid #dde3ea;padding:.6rem 0}b.m{display:inline-block;min-width:4.5rem}\
@media(prefers-color-scheme:dark){body{color:#dfe5ec;background:#14181d}code{background:#232a33}article{border-color:#2c3540}a{color:#8ab4ff}}</style>";

fn problems_page() -> String {
    let mut page = format!("{HEAD}<h1>Error codes</h1><p>Every error is <code>application/problem+json</code> (RFC 9457).</p>");
    for (code, meaning) in PROBLEMS {
        let _ = write!(page, "<article id='{code}'><code>{code}</code> {}</article>", escape(meaning));
    }
    page
}

fn operations_page(document: &Value) -> String {
    let mut page = format!("{HEAD}<h1>Switchyard API</h1><p>The whole contract is <a href='/openapi.json'>openapi.json</a> (OpenAPI 3.1); <a href='/docs/problems'>error codes</a>.</p>");
    let mut rows: Vec<(String, String, String, String)> = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let text = |key: &str| operation[key].as_str().unwrap_or_default().to_owned();
            rows.push((operation["tags"][0].as_str().unwrap_or("other").to_owned(), path.clone(), method.to_uppercase(), format!("{} {}", text("summary"), text("description"))));
        }
    }
    rows.sort();
    let mut tag = String::new();
    for (of, path, method, text) in rows {
        if of != tag {
            let _ = write!(page, "<h2>{}</h2>", escape(&of));
            tag = of;
        }
        let _ = write!(page, "<article><b class=m>{method}</b><code>{}</code> {}</article>", escape(&path), escape(&text));
    }
    page
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|field| references(field, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn api_2_every_reference_of_the_document_resolves() {
        let document = serde_json::to_value(crate::http::openapi()).unwrap();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 100, "the document names its schemas: {}", found.len());
        let lost: Vec<&str> = found.into_iter().filter(|name| document.pointer(name.trim_start_matches('#')).is_none()).collect();
        assert_eq!(lost, [""; 0]);
    }
}
