//! A provider of electronic invoices and the tax authority behind it, as docs/einvoice-provider.md has them.
//! Invariant SIM-EINV-1: a document is submitted once under an id, whatever is put again.
//!
//! The authority answers after the document was asked for a number of times; it refuses buyers whose tax code is closed.

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::put,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

/// A document the provider has.
#[derive(Clone, Debug)]
pub struct Submitted {
    pub xml: String,
    /// Puts of it, the first included.
    pub puts: u64,
}

/// The provider; its answers follow from what it was told and asked.
pub struct Provider {
    api_key: String,
    /// Tax codes the authority accepts no invoice for.
    closed: Vec<String>,
    /// Puts after which the authority has answered; 1: at once.
    answers_at: u64,
    down: AtomicBool,
    refused_while_down: AtomicU64,
    documents: Mutex<BTreeMap<String, Submitted>>,
}

impl Provider {
    pub fn new(api_key: &str, closed: &[&str], answers_at: u64) -> Arc<Self> {
        Arc::new(Self {
            api_key: api_key.to_owned(),
            closed: closed.iter().map(|code| (*code).to_owned()).collect(),
            answers_at,
            down: AtomicBool::new(false),
            refused_while_down: AtomicU64::new(0),
            documents: Mutex::default(),
        })
    }
    /// While it is down every call is answered 503.
    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }
    pub fn refused_while_down(&self) -> u64 {
        self.refused_while_down.load(Ordering::SeqCst)
    }
    /// By id.
    pub fn documents(&self) -> BTreeMap<String, Submitted> {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new().route("/v1/documents/{id}", put(submit)).with_state(self.clone())
    }
}

async fn submit(State(provider): State<Arc<Provider>>, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    if provider.down.load(Ordering::SeqCst) {
        provider.refused_while_down.fetch_add(1, Ordering::SeqCst);
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    if said("authorization") != format!("Bearer {}", provider.api_key) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let refuse = |status: StatusCode, code: &str, text: &str| (status, axum::Json(json!({"error": {"code": code, "text": text}}))).into_response();
    let xml = String::from_utf8_lossy(&body).into_owned();
    if said("content-type") != "application/xml" || !xml.contains("<HDon>") {
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, "XML_INVALID", "the body is no HDon");
    }
    let mut documents = provider.documents.lock().unwrap_or_else(PoisonError::into_inner);
    let document = documents.entry(id.clone()).or_insert_with(|| Submitted { xml: xml.clone(), puts: 0 });
    if document.xml != xml {
        return refuse(StatusCode::CONFLICT, "ID_USED", "another document has this id");
    }
    document.puts += 1;
    if document.puts < provider.answers_at {
        return (StatusCode::ACCEPTED, axum::Json(json!({"id": id, "state": "processing"}))).into_response();
    }
    let buyer = xml.split_once("<NMua>").map_or("", |(_, rest)| rest.split("</NMua>").next().unwrap_or_default());
    let code = buyer.split_once("<MST>").map_or("", |(_, rest)| rest.split("</MST>").next().unwrap_or_default());
    let answer = if provider.closed.iter().any(|closed| closed == code) {
        json!({"id": id, "state": "rejected", "reason": {"code": "MST_CLOSED", "text": "Mã số thuế người mua đã ngừng hoạt động"}})
    } else {
        let digest: String = Sha256::digest(xml.as_bytes()).iter().take(16).map(|byte| format!("{byte:02X}")).collect();
        json!({"id": id, "state": "accepted", "authority_code": format!("00{digest}")})
    };
    (StatusCode::OK, axum::Json(answer)).into_response()
}
