//! A provider of electronic invoices in the Vietnamese style: it takes the XML of a document, signs it in the seller's name,
//! and hands it to the tax authority, which gives a code or refuses. Contract: docs/einvoice-provider.md.
//!
//! Invariant EINV-1: a document is submitted under the errand's id; submitted again, the provider says where it stands.
//! Invariant EINV-2: only the authority's own no is a refusal; what never reached it is an error of the errand.

use switchyard_sdk::{
    Action, Connector, Delivery, Errand, Exchange, Fetched, InvoiceCopy, Link, Pair, PluginError, Problem, Pulled, Pushed, Reception, Reference, Rejection, Window, answer,
    ask::{self, Content},
    errand::{self, No},
    http::{Auth, Insertion, Method, Place},
    json::Json,
    read::{Node, malformed},
};

pub struct VnEinvoice;

impl Connector for VnEinvoice {
    /// Providers of this kind send nothing: they are asked.
    fn receive(_: Delivery) -> Result<Reception, Rejection> {
        Err(answer::rejection(Problem::Unsupported("a provider of invoices sends no messages".into()), answer::empty(404)))
    }

    fn fetch(_: Vec<Reference>) -> Result<Fetched, PluginError> {
        Ok(Fetched { facts: Vec::new(), documents: Vec::new() })
    }

    fn pull(window: Window) -> Result<Pulled, PluginError> {
        Ok(Pulled { fetched: Fetched { facts: Vec::new(), documents: Vec::new() }, next_cursor: None, until: window.until })
    }

    fn push(errand: Errand) -> Result<Pushed, PluginError> {
        match &errand.action {
            Action::Invoice(copy) => submit(&errand.id, copy),
            _ => Err(PluginError::Unsupported("a provider of invoices carries invoices".into())),
        }
    }

    fn renewal() -> Result<Option<Exchange>, PluginError> {
        Ok(None)
    }

    fn authorization(_: String, _: String) -> Result<Option<Link>, PluginError> {
        Ok(None)
    }

    fn authorized(_: Vec<Pair>) -> Result<Option<Exchange>, PluginError> {
        Ok(None)
    }
}

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, reason = "the canonical ABI passes pointers; this code is generated")]
mod component {
    use super::VnEinvoice;
    switchyard_sdk::bindings::export!(VnEinvoice with_types_in switchyard_sdk::bindings);
}

fn submit(id: &str, copy: &InvoiceCopy) -> Result<Pushed, PluginError> {
    let key = ask::secret("api_key")?;
    let auth = Auth { insertions: vec![Insertion { secret: &key, place: Place::Header("authorization".into()), prefix: "Bearer ".into() }], hmac: None };
    // EINV-1: put twice, it is there once.
    let url = format!("https://{}/v1/documents/{}", ask::setting("api_host")?, ask::escaped(id));
    let content = Content { media_type: copy.media_type.clone(), bytes: copy.body.clone() };
    let response = ask::send_content(Method::Put, url, Some(content), auth, refusal)?;
    told(&copy.number, &response.body)
}

/// What the provider says of a document: it has it, the authority's code, or the authority's no.
pub fn told(number: &str, body: &[u8]) -> Result<Pushed, PluginError> {
    let json = Json::parse(body).map_err(malformed).map_err(ask::unreadable)?;
    read(number, &json).map_err(ask::unreadable)
}

fn read(number: &str, json: &Json) -> Result<Pushed, Problem> {
    let root = Node::root(json)?;
    match root.short("state")?.as_deref() {
        Some("processing") => Ok(errand::done(None)),
        Some("accepted") => {
            let code = root.short("authority_code")?.ok_or_else(|| malformed("an accepted document has no authority_code"))?;
            Ok(errand::done(Some(code)))
        }
        Some("rejected") => {
            let reason = root.child("reason")?;
            let word = |name: &str| reason.as_ref().map_or(Ok(None), |reason| reason.short(name));
            Ok(errand::refused(number, No::new(word("code")?.unwrap_or_default(), word("text")?.unwrap_or_else(|| "the authority gave no reason".into()))))
        }
        other => Err(malformed(format!("the state {:?} is none of processing, accepted and rejected", other.unwrap_or_default()))),
    }
}

/// The provider's own error, before anything reached the authority.
fn refusal(body: &[u8]) -> Option<PluginError> {
    let json = Json::parse(body).ok()?;
    let root = Node::root(&json).ok()?;
    let error = root.child("error").ok()??;
    let word = |name: &str| error.short(name).ok().flatten().unwrap_or_default();
    Some(PluginError::Permanent(format!("{}: {}", word("code"), word("text"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn einv_1_where_a_document_stands_is_read_off_the_answer() {
        let told = |body: &str| told("1C26TAA-7", body.as_bytes());
        let taken = told(r#"{"id": "D1", "state": "processing"}"#).unwrap();
        assert!(taken.reference.is_none() && taken.refusals.is_empty());
        assert_eq!(told(r#"{"id": "D1", "state": "accepted", "authority_code": "00AB"}"#).unwrap().reference.as_deref(), Some("00AB"));
        let no = told(r#"{"id": "D1", "state": "rejected", "reason": {"code": "MST_CLOSED", "text": "mã số thuế đã đóng"}}"#).unwrap().refusals.remove(0);
        assert_eq!((no.subject.as_str(), no.code.as_str(), no.detail.as_str()), ("1C26TAA-7", "MST_CLOSED", "mã số thuế đã đóng"));
        for wrong in [r#"{"state": "accepted"}"#, r#"{"state": "lost"}"#, "{}", "<html>"] {
            assert!(matches!(told(wrong), Err(PluginError::Permanent(_))), "{wrong}");
        }
    }

    #[test]
    fn einv_2_the_providers_own_error_is_no_refusal() {
        assert!(matches!(refusal(br#"{"error": {"code": "XML", "text": "no HDon"}}"#), Some(PluginError::Permanent(text)) if text == "XML: no HDon"));
        assert!(refusal(b"<html>").is_none() && refusal(b"{}").is_none());
    }
}
