//! One conversation with an identity provider: where to send the browser, and what the code is worth.
//! The keys are read anew for every log-in, so a provider may change them at any time.

use super::{
    Outside,
    connection::Live,
    log_in::{LogInError, LogInError::Refused},
};
use kernel::Timestamp;
use openidconnect::{
    AdditionalClaims, AdditionalProviderMetadata, AuthType, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    IdTokenFields, IssuerUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, ProviderMetadata, RedirectUrl, Scope, StandardErrorResponse, StandardTokenResponse,
    TokenResponse as _, UserInfoClaims,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim, CoreGrantType, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm, CoreResponseMode, CoreResponseType, CoreRevocableToken, CoreRevocationErrorResponse,
        CoreSubjectIdentifierType, CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeMap, error::Error};
use url::Url;

/// Signatures that count, whatever a token's header asks for. Neither `none` nor a shared secret is among them.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 4] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// How far the provider's clock may be ahead of ours, and how old a fresh token may be.
const CLOCK_AHEAD_SECONDS_MAX: i64 = 60;
const TOKEN_AGE_SECONDS_MAX: i64 = 600;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct MoreMetadata {
    /// RFC 9207: the provider names itself on the way back.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}
impl AdditionalProviderMetadata for MoreMetadata {}

/// Claims beyond the standard ones, for the groups.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct MoreClaims {
    #[serde(flatten)]
    all: BTreeMap<String, Value>,
}
impl AdditionalClaims for MoreClaims {}

type Metadata = ProviderMetadata<
    MoreMetadata, CoreAuthDisplay, CoreClientAuthMethod, CoreClaimName, CoreClaimType, CoreGrantType, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJsonWebKey, CoreResponseMode,
    CoreResponseType, CoreSubjectIdentifierType,
>;
type Tokens = StandardTokenResponse<IdTokenFields<MoreClaims, EmptyExtraTokenFields, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>, CoreTokenType>;
type ProviderClient = Client<
    MoreClaims, CoreAuthDisplay, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJsonWebKey, CoreAuthPrompt, StandardErrorResponse<CoreErrorResponseType>, Tokens,
    CoreTokenIntrospectionResponse, CoreRevocableToken, CoreRevocationErrorResponse, EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet,
>;

/// A provider that was asked who it is.
pub(super) struct Provider<'a> {
    outside: &'a Outside,
    connection: &'a Live,
    client: ProviderClient,
    algorithms: Vec<CoreJwsSigningAlgorithm>,
    pub(super) names_itself: bool,
}

/// Where the browser goes, and what must come back.
pub(super) struct Departure {
    pub url: Url,
    pub nonce: Nonce,
    pub verifier: PkceCodeVerifier,
}

/// What the provider says about a person.
pub(super) struct Told {
    pub subject: String,
    pub email: Option<String>,
    pub email_verified: bool,
    pub name: Option<String>,
    pub groups: Vec<String>,
}

impl<'a> Provider<'a> {
    pub(super) async fn meet(outside: &'a Outside, connection: &'a Live, callback: &Url) -> Result<Self, LogInError> {
        let away = |error: &dyn Error| LogInError::ProviderAway(chain(error));
        let issuer = IssuerUrl::new(connection.issuer.clone()).map_err(|e| away(&e))?;
        // Also the stored one: it may be from a time when loopback was allowed.
        outside.check(issuer.url()).map_err(|e| away(&e))?;
        let metadata = Metadata::discover_async(issuer, outside).await.map_err(|e| away(&e))?;
        outside.check(metadata.authorization_endpoint().url()).map_err(|e| away(&e))?;
        let names_itself = metadata.additional_metadata().authorization_response_iss_parameter_supported;
        let stated = metadata.id_token_signing_alg_values_supported();
        let algorithms: Vec<_> = ALGORITHMS.into_iter().filter(|algorithm| stated.contains(algorithm)).collect();
        // Basic is the default (OpenID Connect Core, section 9).
        let by_post = metadata
            .token_endpoint_auth_methods_supported()
            .is_some_and(|methods| !methods.contains(&CoreClientAuthMethod::ClientSecretBasic) && methods.contains(&CoreClientAuthMethod::ClientSecretPost));
        let secret = connection.client_secret.as_ref().map(|secret| ClientSecret::new(secret.expose_secret().to_owned()));
        let client = ProviderClient::from_provider_metadata(metadata, ClientId::new(connection.client_id.clone()), secret)
            .set_redirect_uri(RedirectUrl::from_url(callback.clone()))
            .set_auth_type(if by_post { AuthType::RequestBody } else { AuthType::BasicAuth });
        Ok(Self { outside, connection, client, algorithms, names_itself })
    }

    pub(super) fn depart(&self, state: &str) -> Departure {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let state = state.to_owned();
        let (url, _, nonce) = self
            .client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || CsrfToken::new(state), Nonce::new_random)
            .add_scope(Scope::new("email".into()))
            .add_scope(Scope::new("profile".into()))
            .set_pkce_challenge(challenge)
            .url();
        Departure { url, nonce, verifier }
    }

    /// Exchanges the code, verifies the token (OIDC-3) and asks for what the token leaves out.
    pub(super) async fn learn(&self, code: String, nonce: &Nonce, verifier: PkceCodeVerifier, now: Timestamp) -> Result<Told, LogInError> {
        let away = |error: &dyn Error| LogInError::ProviderAway(chain(error));
        let tokens = self
            .client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|e| away(&e))?
            .set_pkce_verifier(verifier)
            .request_async(self.outside)
            .await
            .map_err(|error| Refused(format!("the code was not accepted: {}", chain(&error))))?;
        let id_token = tokens.id_token().ok_or_else(|| Refused("no ID token came with the code".into()))?;
        let within = move |issued: Timestamp| {
            let age = (now - issued).num_seconds();
            if (-CLOCK_AHEAD_SECONDS_MAX..=TOKEN_AGE_SECONDS_MAX).contains(&age) { Ok(()) } else { Err(format!("issued {age} s ago")) }
        };
        let verification = self.client.id_token_verifier().set_allowed_algs(self.algorithms.clone()).set_time_fn(move || now).set_issue_time_verifier_fn(within);
        let claims = id_token.claims(&verification, nonce).map_err(|error| Refused(format!("the ID token was not accepted: {}", chain(&error))))?;
        // The library leaves the authorised party to us (OpenID Connect Core, section 3.1.3.7, steps 4 and 5).
        if claims.authorized_party().is_some_and(|party| party.as_str() != self.connection.client_id) {
            return Err(Refused("the ID token was made for another party".into()));
        }
        if let Some(expected) = claims.access_token_hash() {
            let algorithm = id_token.signing_alg().map_err(|e| Refused(e.to_string()))?;
            let key = id_token.signing_key(&verification).map_err(|e| Refused(e.to_string()))?;
            let actual = openidconnect::AccessTokenHash::from_token(tokens.access_token(), algorithm, key).map_err(|e| Refused(e.to_string()))?;
            if actual != *expected {
                return Err(Refused("the access token does not belong to the ID token".into()));
            }
        }
        let mut told = Told {
            subject: claims.subject().to_string(),
            email: claims.email().map(|email| email.to_string()),
            email_verified: claims.email_verified() == Some(true),
            name: claims.name().and_then(|name| name.get(None)).map(|name| name.to_string()),
            groups: self.groups(&claims.additional_claims().all),
        };
        let wants_groups = self.connection.groups_claim.is_some() && told.groups.is_empty();
        if told.email.is_none() || told.name.is_none() || wants_groups {
            self.ask_user_info(&tokens, claims.subject().clone(), &mut told).await?;
        }
        Ok(told)
    }

    /// Many providers put e-mail and groups only here. The library refuses an answer about another subject.
    async fn ask_user_info(&self, tokens: &Tokens, subject: openidconnect::SubjectIdentifier, told: &mut Told) -> Result<(), LogInError> {
        let Ok(request) = self.client.user_info(tokens.access_token().clone(), Some(subject)) else { return Ok(()) };
        let info: UserInfoClaims<MoreClaims, CoreGenderClaim> = request.request_async(self.outside).await.map_err(|error| Refused(format!("the provider did not say who it is: {}", chain(&error))))?;
        if told.email.is_none() {
            told.email = info.email().map(|email| email.to_string());
            told.email_verified = info.email_verified() == Some(true);
        }
        if told.name.is_none() {
            told.name = info.name().and_then(|name| name.get(None)).map(|name| name.to_string());
        }
        if told.groups.is_empty() {
            told.groups = self.groups(&info.additional_claims().all);
        }
        Ok(())
    }

    fn groups(&self, claims: &BTreeMap<String, Value>) -> Vec<String> {
        match self.connection.groups_claim.as_ref().and_then(|name| claims.get(name)) {
            Some(Value::Array(groups)) => groups.iter().filter_map(|group| group.as_str().map(str::to_owned)).collect(),
            Some(Value::String(group)) => vec![group.clone()],
            _ => Vec::new(),
        }
    }
}

/// An error with what caused it; the library says little in the outermost one.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
