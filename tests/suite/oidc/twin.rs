//! The evil twin of an identity provider: honest until it is told to lie. It signs with Ed25519 keys made for the test,
//! insists on PKCE S256 and the client's secret, and takes a code once.

use axum::{
    Form, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD}};
use hmac::{Hmac, KeyInit as _, Mac as _};
use openidconnect::{
    JsonWebKeyId, PrivateSigningKey as _,
    core::{CoreEdDsaPrivateSigningKey, CoreJwsSigningAlgorithm},
};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    NonceMissing,
    NonceOther,
    IssuerOther,
    IssuerMissing,
    AudienceOther,
    AudienceAdded,
    AudienceMissing,
    PartyOther,
    Expired,
    IssuedInFuture,
    IssuedLongAgo,
    AlgorithmNone,
    AlgorithmHmacWithPublicKey,
    AlgorithmHmacWithClientSecret,
    KeyUnknown,
    KeyOther,
    KeyEmbedded,
    KeyByAddress,
    SignatureCut,
    PayloadChanged,
    CriticalHeader,
    NotAToken,
    NoToken,
    AccessTokenOther,
    UserInfoOther,
    DiscoveryIssuerOther,
}

impl Lie {
    /// Each with what the log must say of it.
    pub const ALL: [(Lie, &'static str); 26] = [
        (Self::NonceMissing, "nonce"),
        (Self::NonceOther, "nonce"),
        (Self::IssuerOther, "issuer"),
        (Self::IssuerMissing, "code was not accepted"),
        (Self::AudienceOther, "audience"),
        (Self::AudienceAdded, "not a trusted audience"),
        (Self::AudienceMissing, "Invalid audiences"),
        (Self::PartyOther, "another party"),
        (Self::Expired, "expired"),
        (Self::IssuedInFuture, "issued -"),
        (Self::IssuedLongAgo, "issued 86"),
        (Self::AlgorithmNone, "No signature found"),
        (Self::AlgorithmHmacWithPublicKey, "Disallowed signature algorithm"),
        (Self::AlgorithmHmacWithClientSecret, "Disallowed signature algorithm"),
        (Self::KeyUnknown, "No matching key"),
        (Self::KeyOther, "Crypto error"),
        (Self::KeyEmbedded, "Crypto error"),
        (Self::KeyByAddress, "Crypto error"),
        (Self::SignatureCut, "Crypto error"),
        (Self::PayloadChanged, "Crypto error"),
        (Self::CriticalHeader, "critical"),
        (Self::NotAToken, "code was not accepted"),
        (Self::NoToken, "no ID token"),
        (Self::AccessTokenOther, "access token does not belong"),
        (Self::UserInfoOther, "who it is"),
        (Self::DiscoveryIssuerOther, ""),
    ];
}

struct Grant {
    client: String,
    nonce: String,
    challenge: String,
    redirect: String,
}

struct Mind {
    lie: Option<Lie>,
    subject: String,
    email: String,
    email_verified: bool,
    groups: Value,
    grants: HashMap<String, Grant>,
}

pub struct Twin {
    pub issuer: String,
    inner: Arc<Inner>,
}

struct Inner {
    issuer: String,
    key: CoreEdDsaPrivateSigningKey,
    stranger: CoreEdDsaPrivateSigningKey,
    mind: Mutex<Mind>,
}

type Asked = State<Arc<Inner>>;

impl Twin {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let mind = Mind { lie: None, subject: "an".into(), email: "an@example.com".into(), email_verified: true, groups: json!([]), grants: HashMap::new() };
        let inner = Arc::new(Inner { issuer: issuer.clone(), key: signing_key("known"), stranger: signing_key("known"), mind: Mutex::new(mind) });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/me", get(user_info))
            .with_state(inner.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { issuer, inner }
    }
    pub fn tell(&self, lie: Lie) {
        self.inner.mind.lock().unwrap().lie = Some(lie);
    }
    pub fn tell_truth(&self) {
        self.inner.mind.lock().unwrap().lie = None;
    }
    /// Who logs in from now on.
    pub fn people(&self, email: &str, verified: bool, groups: Value) {
        let mut mind = self.inner.mind.lock().unwrap();
        (mind.email, mind.email_verified, mind.groups) = (email.into(), verified, groups);
    }
    pub fn subject(&self, subject: &str) {
        self.inner.mind.lock().unwrap().subject = subject.into();
    }
    /// A browser follows the address; answers where it is sent.
    pub async fn visit(&self, address: &str) -> String {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        let answer = client.get(address).send().await.unwrap();
        assert_eq!(answer.status(), 302, "{}", answer.text().await.unwrap());
        answer.headers()[header::LOCATION].to_str().unwrap().to_owned()
    }
}

/// A new Ed25519 key: PKCS#8 (RFC 8410) is a fixed head and 32 random bytes.
fn signing_key(id: &str) -> CoreEdDsaPrivateSigningKey {
    let mut der = hex::decode("302e020100300506032b657004220420").unwrap();
    der.extend_from_slice(&rand::random::<[u8; 32]>());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der));
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(JsonWebKeyId::new(id.into()))).unwrap()
}

impl Inner {
    fn lies(&self, lie: Lie) -> bool {
        self.mind.lock().unwrap().lie == Some(lie)
    }
}

async fn discovery(State(twin): Asked) -> axum::Json<Value> {
    let issuer = &twin.issuer;
    let said = if twin.lies(Lie::DiscoveryIssuerOther) { "https://other.example.com" } else { issuer };
    axum::Json(json!({
        "issuer": said, "authorization_endpoint": format!("{issuer}/authorize"), "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys"),
        "userinfo_endpoint": format!("{issuer}/me"), "response_types_supported": ["code"], "subject_types_supported": ["public"],
        // It offers the dangerous ones too: the allow-list is ours.
        "id_token_signing_alg_values_supported": ["EdDSA", "RS256", "HS256", "none"], "authorization_response_iss_parameter_supported": true,
    }))
}

async fn keys(State(twin): Asked) -> axum::Json<Value> {
    axum::Json(json!({"keys": [twin.key.as_verification_key()]}))
}

async fn authorize(State(twin): Asked, Query(query): Query<HashMap<String, String>>) -> Response {
    let get = |name: &str| query.get(name).cloned().unwrap_or_default();
    if get("response_type") != "code" || get("code_challenge_method") != "S256" || get("nonce").is_empty() || get("state").is_empty() || !get("scope").contains("openid") {
        return (StatusCode::BAD_REQUEST, format!("not a request of code with PKCE S256, nonce and state: {query:?}")).into_response();
    }
    let code = hex::encode(rand::random::<[u8; 16]>());
    let grant = Grant { client: get("client_id"), nonce: get("nonce"), challenge: get("code_challenge"), redirect: get("redirect_uri") };
    let mut back = url::Url::parse(&grant.redirect).unwrap();
    back.query_pairs_mut().append_pair("code", &code).append_pair("state", &get("state")).append_pair("iss", &twin.issuer);
    twin.mind.lock().unwrap().grants.insert(code, grant);
    (StatusCode::FOUND, [(header::LOCATION, back.to_string())]).into_response()
}

async fn token(State(twin): Asked, headers: HeaderMap, Form(form): Form<HashMap<String, String>>) -> Response {
    let invalid = |why: &str| (StatusCode::BAD_REQUEST, axum::Json(json!({"error": "invalid_grant", "error_description": why}))).into_response();
    let get = |name: &str| form.get(name).cloned().unwrap_or_default();
    let Some(grant) = twin.mind.lock().unwrap().grants.remove(&get("code")) else { return invalid("the code is not known, or was used") };
    let expected = format!("Basic {}", STANDARD.encode(format!("{}:twin-secret", grant.client)));
    if headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()) != Some(expected.as_str()) {
        return invalid("canary of the twin: another client");
    }
    if URL_SAFE_NO_PAD.encode(Sha256::digest(get("code_verifier"))) != grant.challenge || get("redirect_uri") != grant.redirect {
        return invalid("PKCE or redirect_uri");
    }
    let access = hex::encode(rand::random::<[u8; 16]>());
    let mut answer = json!({"access_token": access, "token_type": "Bearer", "expires_in": 60});
    if !twin.lies(Lie::NoToken) {
        answer["id_token"] = json!(id_token(&twin, &grant, &access));
    }
    axum::Json(answer).into_response()
}

fn id_token(twin: &Inner, grant: &Grant, access: &str) -> String {
    let mind = twin.mind.lock().unwrap();
    let now = chrono::Utc::now().timestamp();
    // SHA-512 is the hash of Ed25519 tokens.
    let hash = |text: &str| URL_SAFE_NO_PAD.encode(&sha2::Sha512::digest(text)[..32]);
    let mut claims: Map<String, Value> = json!({
        "iss": twin.issuer, "sub": mind.subject, "aud": grant.client, "exp": now + 300, "iat": now, "nonce": grant.nonce, "at_hash": hash(access),
    })
    .as_object()
    .cloned()
    .unwrap();
    if mind.lie != Some(Lie::UserInfoOther) {
        claims.extend(json!({"email": mind.email, "email_verified": mind.email_verified, "name": "An", "groups": mind.groups}).as_object().cloned().unwrap());
    }
    let mut head = json!({"alg": "EdDSA", "typ": "JWT", "kid": "known"});
    match mind.lie {
        Some(Lie::NonceMissing) => drop(claims.remove("nonce")),
        Some(Lie::NonceOther) => drop(claims.insert("nonce".into(), json!("another"))),
        Some(Lie::IssuerOther) => drop(claims.insert("iss".into(), json!("https://other.example.com"))),
        Some(Lie::IssuerMissing) => drop(claims.remove("iss")),
        Some(Lie::AudienceOther) => drop(claims.insert("aud".into(), json!("client-of-another-tenant"))),
        Some(Lie::AudienceAdded) => drop(claims.insert("aud".into(), json!([grant.client, "another"]))),
        Some(Lie::AudienceMissing) => drop(claims.remove("aud")),
        Some(Lie::PartyOther) => drop(claims.insert("azp".into(), json!("another"))),
        Some(Lie::Expired) => drop(claims.insert("exp".into(), json!(now - 1))),
        Some(Lie::IssuedInFuture) => drop(claims.insert("iat".into(), json!(now + 3_600))),
        Some(Lie::IssuedLongAgo) => drop(claims.insert("iat".into(), json!(now - 86_400))),
        Some(Lie::AccessTokenOther) => drop(claims.insert("at_hash".into(), json!(hash("another")))),
        Some(Lie::KeyUnknown) => head["kid"] = json!("unknown"),
        Some(Lie::KeyEmbedded) => head["jwk"] = json!(twin.stranger.as_verification_key()),
        Some(Lie::KeyByAddress) => (head["jku"], head["x5u"]) = (json!(format!("{}/keys", twin.issuer)), json!(format!("{}/keys", twin.issuer))),
        Some(Lie::CriticalHeader) => head["crit"] = json!(["exp"]),
        Some(Lie::AlgorithmNone) => head["alg"] = json!("none"),
        Some(Lie::AlgorithmHmacWithPublicKey | Lie::AlgorithmHmacWithClientSecret) => head["alg"] = json!("HS256"),
        _ => {}
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&head), part(&Value::Object(claims.clone())));
    let with = |key: &CoreEdDsaPrivateSigningKey| key.sign(&CoreJwsSigningAlgorithm::EdDsa, signed.as_bytes()).unwrap();
    let hmac = |key: &[u8]| Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(signed.as_bytes()).finalize().into_bytes().to_vec();
    let signature = match mind.lie {
        Some(Lie::NotAToken) => return "canary.not.atoken".into(),
        Some(Lie::AlgorithmNone) => return format!("{signed}."),
        Some(Lie::AlgorithmHmacWithPublicKey) => {
            let public = serde_json::to_value(twin.key.as_verification_key()).unwrap();
            hmac(&URL_SAFE_NO_PAD.decode(public["x"].as_str().unwrap()).unwrap())
        }
        Some(Lie::AlgorithmHmacWithClientSecret) => hmac(b"twin-secret"),
        // A key of one's own, under the known id, in the header, or at an address the header names.
        Some(Lie::KeyOther | Lie::KeyEmbedded | Lie::KeyByAddress) => with(&twin.stranger),
        Some(Lie::SignatureCut) => with(&twin.key)[..63].to_vec(),
        Some(Lie::PayloadChanged) => {
            claims.insert("sub".into(), json!("somebody-else"));
            return format!("{}.{}.{}", part(&head), part(&Value::Object(claims)), URL_SAFE_NO_PAD.encode(with(&twin.key)));
        }
        _ => with(&twin.key),
    };
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

async fn user_info(State(twin): Asked) -> axum::Json<Value> {
    let mind = twin.mind.lock().unwrap();
    let subject = if mind.lie == Some(Lie::UserInfoOther) { "somebody-else" } else { mind.subject.as_str() };
    axum::Json(json!({"sub": subject, "email": mind.email, "email_verified": mind.email_verified, "name": "An", "groups": mind.groups}))
}
