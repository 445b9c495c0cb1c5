//! Conformance cases: what a plugin is asked and what must come of it, the same for its maker and for this project.
//!
//! A folder of cases holds one folder for each. Of a connector: the raw `body`, the `delivery.json` around it, `expected.json`;
//! `account.json` beside the cases says for whom all of them are told, and how their webhooks are signed. Of a credit
//! policy: `question.json` and `expected.json`.
//! Invariant CASE-1: a webhook is signed by what `account.json` says of its channel, never by the plugin's own code.
//! Invariant CASE-2: a policy is asked twice, and answers alike at the same fuel.

use super::{
    Plugin, URL, Workbench,
    compare::{self, known},
    found::{Usage, read},
    granted::{self, Given},
    headers, told,
};
use base64::Engine as _;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};
use switchyard_core::{channels::inbox::BODY_BYTES_MAX, credit::decisions::Asked};
use switchyard_host::{AccountContext, Delivery, Origin, answer::{Acknowledgement, Method}, manifest::PluginKind};

const FILE_BYTES_MAX: usize = 8 << 20;

/// For whom all cases of a folder are told. A case's own settings, secrets and headers go over these.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Usual {
    settings: BTreeMap<String, String>,
    secrets: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
    signature: Option<Recipe>,
}

/// How a channel signs its webhooks, in its documentation's words.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recipe {
    header: String,
    /// The secret's name.
    secret: String,
    /// What is signed, one after the other: text with `{url}`, `{body}`, `{setting:KEY}`, `{header:NAME}` filled in.
    parts: Vec<String>,
    #[serde(default)]
    digest: Digesting,
    encoding: Encoding,
    /// Before the digest in the header, such as `sha256=`.
    #[serde(default)]
    prefix: String,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Digesting {
    #[default]
    HmacSha256,
    /// SHA-256 over the parts and then the secret.
    Sha256WithSecret,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Encoding {
    HexLower,
    HexUpper,
    Base64,
}

/// `delivery.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    origin: String,
    #[serde(default = "post")]
    method: String,
    #[serde(default = "usual_url")]
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    received_at: kernel::Timestamp,
    #[serde(default)]
    settings: BTreeMap<String, String>,
    #[serde(default)]
    secrets: BTreeMap<String, String>,
}

fn post() -> String {
    "POST".into()
}
fn usual_url() -> String {
    URL.into()
}

pub fn origin(word: &str) -> Result<Origin, Usage> {
    match word {
        "webhook" => Ok(Origin::Webhook),
        "document" => Ok(Origin::Document),
        other => Err(Usage(format!("a message is a webhook or a document, not {other:?}"))),
    }
}

pub fn method(word: &str) -> Result<Method, Usage> {
    let known = [Method::Post, Method::Get].into_iter().find(|method| method.word().eq_ignore_ascii_case(word));
    known.ok_or_else(|| Usage(format!("a channel calls with POST or GET, not with {word:?}")))
}

/// What came of one case: no differences, it is as expected.
pub struct Judged {
    pub name: String,
    pub differences: Vec<String>,
    /// `expected.json` was written.
    pub written: bool,
}

/// The cases of a folder, in the order of their names.
pub fn of(folder: &Path) -> Result<Vec<PathBuf>, Usage> {
    let entries = std::fs::read_dir(folder).map_err(|_| Usage(format!("{} is no folder of cases", folder.display())))?;
    let mut cases: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    cases.sort();
    if cases.is_empty() { Err(Usage(format!("{} holds no cases: a case is a folder", folder.display()))) } else { Ok(cases) }
}

/// Runs every case through the host; `say` hears of each when it is judged. `write` writes what was told as what is expected.
pub async fn run(bench: &mut Workbench, plugin: &Plugin, folder: &Path, write: bool, mut say: impl FnMut(&Judged)) -> Result<Vec<Judged>, Usage> {
    let usual = match folder.join("account.json") {
        path if path.is_file() => parsed(&path)?,
        _ => Usual::default(),
    };
    let mut judged = Vec::new();
    for case in of(folder)? {
        let (mut told, mut differences) = match plugin.manifest.kind {
            PluginKind::ChannelConnector => message(bench, plugin, &usual, &case).await?,
            _ => question(bench, plugin, &case).await?,
        };
        let path = case.join("expected.json");
        let expected: Option<Value> = if path.is_file() { Some(parsed(&path)?) } else { None };
        // The acknowledgement is part of a case where the case says so.
        if !expected.as_ref().is_some_and(|expected| expected.get("acknowledgement").is_some())
            && let Some(members) = told.as_object_mut()
        {
            let acknowledgement = members.remove("acknowledgement");
            differences.extend(unwelcome(members, acknowledgement.as_ref()));
        }
        let written = write && expected.as_ref() != Some(&told);
        if written {
            let text = serde_json::to_string_pretty(&told).unwrap_or_default();
            std::fs::write(&path, format!("{text}\n")).map_err(|error| Usage(format!("{} cannot be written: {error}", path.display())))?;
        } else if let Some(expected) = expected {
            let places = if plugin.manifest.kind == PluginKind::ChannelConnector { compare::differences(&known(expected), &told) } else { compare::differences(&expected, &told) };
            differences.extend(places);
        } else {
            differences.push("there is no expected.json yet: --write writes what was told, for you to read".into());
        }
        let name = case.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let case = Judged { name, differences, written };
        say(&case);
        judged.push(case);
    }
    Ok(judged)
}

/// What is authentic is acknowledged with 2xx, also when it cannot be read: sending it again would not mend it.
fn unwelcome(told: &serde_json::Map<String, Value>, acknowledgement: Option<&Value>) -> Option<String> {
    let problem = told.get("problem").and_then(Value::as_str);
    let status = acknowledgement?["status"].as_u64()?;
    let ours = matches!(problem, Some("bad_signature" | "invalid_config"));
    (ours == (200..300).contains(&status)).then(|| {
        let wanted = if ours { "not 2xx" } else { "2xx" };
        format!("acknowledgement.status: expected {wanted}, told {status}; a case that wants it so has \"acknowledgement\" in its expected.json")
    })
}

fn parsed<T: DeserializeOwned>(path: &Path) -> Result<T, Usage> {
    serde_json::from_slice(&read(path, FILE_BYTES_MAX)?).map_err(|error| Usage(format!("{}: {error}", path.display())))
}

async fn message(bench: &mut Workbench, plugin: &Plugin, usual: &Usual, case: &Path) -> Result<(Value, Vec<String>), Usage> {
    let message: Message = parsed(&case.join("delivery.json"))?;
    let body = read(&case.join("body"), BODY_BYTES_MAX)?;
    let over = |under: &BTreeMap<String, String>, own: BTreeMap<String, String>| -> BTreeMap<String, String> { under.clone().into_iter().chain(own).collect() };
    let (settings, secrets) = (over(&usual.settings, message.settings), over(&usual.secrets, message.secrets));
    let mut headers: Vec<(String, String)> = over(&usual.headers, message.headers).into_iter().collect();
    if let Some(recipe) = &usual.signature
        && message.origin == "webhook"
        && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(&recipe.header))
    {
        let secret = secrets.get(&recipe.secret).ok_or_else(|| Usage(format!("{}: account.json has no secret {:?} to sign with", case.display(), recipe.secret)))?;
        let signature = recipe.sign(secret, &message.url, &body, &settings, &headers)?;
        headers.push((recipe.header.clone(), signature));
    }
    let given = Given { settings, secrets: secrets.into_iter().map(|(name, value)| (name, vec![value.into_bytes()])).collect() };
    let account: AccountContext = granted::account(plugin, &given).map_err(|usage| Usage(format!("{}: {usage}", case.display())))?;
    let delivery = Delivery { origin: origin(&message.origin)?, method: method(&message.method)?, url: message.url, headers: self::headers(&headers)?, body, received_at: message.received_at };
    let outcome = told::of_message(&bench.receive(&account, delivery).await.answer);
    let mut told = outcome.told;
    if let Some(Acknowledgement { status, headers, body }) = outcome.acknowledgement {
        let headers: BTreeMap<String, String> = headers.into_iter().collect();
        let mut told_back = json!({"status": status, "body": String::from_utf8_lossy(&body)});
        if !headers.is_empty() {
            told_back["headers"] = json!(headers);
        }
        told["acknowledgement"] = told_back;
    }
    Ok((told, Vec::new()))
}

async fn question(bench: &Workbench, plugin: &Plugin, case: &Path) -> Result<(Value, Vec<String>), Usage> {
    let asked: Asked = parsed(&case.join("question.json"))?;
    let (first, again) = (bench.assess(plugin, &asked).await, bench.assess(plugin, &asked).await);
    let told = |assessed: &switchyard_host::policy::Assessed| match &assessed.verdict {
        Ok(verdict) => json!(verdict),
        Err(failure) => json!({"failed": failure.code, "message": failure.message}),
    };
    let mut differences = Vec::new();
    if told(&first) != told(&again) || (first.fuel, first.peak_memory) != (again.fuel, again.peak_memory) {
        differences.push(format!("asked again it differs: fuel {} and {}, memory {} and {}", first.fuel, again.fuel, first.peak_memory, again.peak_memory));
    }
    Ok((told(&first), differences))
}

impl Recipe {
    fn sign(&self, secret: &str, url: &str, body: &[u8], settings: &BTreeMap<String, String>, headers: &[(String, String)]) -> Result<String, Usage> {
        let mut signed = Vec::new();
        for part in &self.parts {
            fill(part, url, body, settings, headers, &mut signed)?;
        }
        let digest: Vec<u8> = match self.digest {
            Digesting::HmacSha256 => {
                let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|error| Usage(error.to_string()))?;
                mac.update(&signed);
                mac.finalize().into_bytes().to_vec()
            }
            Digesting::Sha256WithSecret => Sha256::new().chain_update(&signed).chain_update(secret).finalize().to_vec(),
        };
        let text = match self.encoding {
            Encoding::HexLower => hex::encode(digest),
            Encoding::HexUpper => hex::encode_upper(digest),
            Encoding::Base64 => base64::engine::general_purpose::STANDARD.encode(digest),
        };
        Ok(format!("{}{text}", self.prefix))
    }
}

/// Fills the names in braces in; what is not known by name is an error, not text.
fn fill(part: &str, url: &str, body: &[u8], settings: &BTreeMap<String, String>, headers: &[(String, String)], into: &mut Vec<u8>) -> Result<(), Usage> {
    let mut rest = part;
    while let Some((before, after)) = rest.split_once('{') {
        into.extend(before.as_bytes());
        let (name, after) = after.split_once('}').ok_or_else(|| Usage(format!("account.json: signature: {part:?} opens a brace and does not close it")))?;
        let header = |wanted: &str| headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.as_bytes());
        let value = match name.split_once(':') {
            None if name == "url" => Some(url.as_bytes()),
            None if name == "body" => Some(body),
            Some(("setting", key)) => settings.get(key).map(String::as_bytes),
            Some(("header", wanted)) => header(wanted),
            _ => None,
        };
        into.extend(value.ok_or_else(|| Usage(format!("account.json: signature: nothing is known as {{{name}}}")))?);
        rest = after;
    }
    into.extend(rest.as_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(parts: &[&str], digest: &str, encoding: &str, prefix: &str) -> Recipe {
        serde_json::from_value(json!({"header": "X-Signature", "secret": "key", "parts": parts, "digest": digest, "encoding": encoding, "prefix": prefix})).unwrap()
    }

    /// The first two: RFC 4231, test case 2.
    #[test]
    fn case_1_webhooks_are_signed_by_recipe() {
        let (settings, headers) = (BTreeMap::from([("app".to_owned(), "what ".to_owned())]), vec![("X-Word".to_owned(), "do ".to_owned())]);
        let signed = |recipe: Recipe| recipe.sign("Jefe", "ya ", b"want for nothing?", &settings, &headers).unwrap();
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(signed(recipe(&["{setting:app}{header:x-word}", "{url}", "{body}"], "hmac-sha256", "hex-lower", "sha256=")), format!("sha256={expected}"));
        assert_eq!(signed(recipe(&["what do ya ", "{body}"], "hmac-sha256", "hex-upper", "")), expected.to_uppercase());
        assert_eq!(signed(recipe(&["a"], "sha256-with-secret", "hex-lower", "")), hex::encode(Sha256::digest("aJefe")));
        for bad in ["{body", "{secret}", "{setting:none}", "{header:none}"] {
            assert!(recipe(&[bad], "hmac-sha256", "base64", "").sign("k", "", b"", &settings, &headers).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_authentic_is_acknowledged() {
        let told = |problem: Value, status: u16| unwelcome(json!({"problem": problem}).as_object().unwrap(), Some(&json!({"status": status})));
        assert!(told(Value::Null, 200).is_none() && told(json!("malformed"), 204).is_none() && told(json!("bad_signature"), 401).is_none());
        assert!(told(Value::Null, 500).is_some() && told(json!("malformed"), 400).is_some() && told(json!("bad_signature"), 200).is_some());
    }
}
