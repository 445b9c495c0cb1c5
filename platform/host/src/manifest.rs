//! What a plugin says it is and what it wants. Written by its maker, so every field is checked.
//! Invariant MANIFEST-1: nothing is granted that the manifest does not declare.

use crate::{account::Grants, hosts::{self, HostPattern}, text};
use jsonschema::PatternOptions;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use switchyard_core::orders::errands::Action;

const ENTRIES_MAX: usize = 32;
const VALUE_BYTES_MAX: usize = 4096;
const RULE_CONFIG_BYTES_MAX: usize = 64 << 10;
pub const KV_BYTES_MAX: u64 = 16 << 20;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub kind: PluginKind,
    /// `[a-z0-9-]`, the same through all versions.
    pub name: String,
    #[serde(default)]
    pub title: String,
    /// `1.2.3`
    pub version: String,
    /// The kind of channel account a connector serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    #[serde(default)]
    pub declares: Declares,
    /// What of our acts a connector carries to its channel: confirm, pack, ship, cancel, stock, invoice. Left out: it is
    /// asked for everything but invoices, and says itself what its channel does not have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushes: Option<Vec<String>>,
    /// JSON Schema of a rule's configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_schema: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PluginKind {
    ChannelConnector,
    CommissionRule,
    CreditPolicy,
}

impl PluginKind {
    pub fn word(self) -> &'static str {
        match self {
            PluginKind::ChannelConnector => "channel-connector",
            PluginKind::CommissionRule => "commission-rule",
            PluginKind::CreditPolicy => "credit-policy",
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Declares {
    pub hosts: Vec<String>,
    pub secrets: Vec<DeclaredSecret>,
    pub config: Vec<DeclaredSetting>,
    pub kv_bytes: u64,
    /// Classes of personal data it handles, such as `customer.phone`: shown before it is granted.
    pub data: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredSecret {
    pub name: String,
    pub title: String,
    #[serde(default)]
    pub required: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredSetting {
    pub key: String,
    pub title: String,
    #[serde(default)]
    pub required: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct ManifestError {
    /// A path such as `declares.hosts[2]`.
    pub field: String,
    pub problem: String,
}

fn wrong<T>(field: impl Into<String>, problem: impl Into<String>) -> Result<T, ManifestError> {
    Err(ManifestError { field: field.into(), problem: problem.into() })
}

fn is_word(text: &str, extra: &[char], bytes_max: usize) -> bool {
    (1..=bytes_max).contains(&text.len()) && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || extra.contains(&c))
}

/// A schema that points nowhere else, with patterns that cannot run away.
fn validator(schema: &Value) -> Result<jsonschema::Validator, ManifestError> {
    fn refers(schema: &Value) -> bool {
        match schema {
            Value::Object(fields) => fields.iter().any(|(key, value)| key == "$ref" || key == "$dynamicRef" || refers(value)),
            Value::Array(items) => items.iter().any(refers),
            _ => false,
        }
    }
    if !schema.is_object() || refers(schema) {
        return wrong("config_schema", "a JSON Schema object without $ref");
    }
    let options = jsonschema::draft202012::options().with_pattern_options(PatternOptions::regex().size_limit(1 << 20));
    options.build(schema).or_else(|e| wrong("config_schema", text::line(&e.to_string(), 300)))
}

impl Manifest {
    pub fn parse(json: &[u8]) -> Result<Self, ManifestError> {
        if json.len() > 64 << 10 {
            return wrong("manifest", "larger than 64 KiB");
        }
        let mut manifest: Self = serde_json::from_slice(json).or_else(|e| wrong("manifest", text::line(&e.to_string(), 300)))?;
        manifest.title = text::line(&manifest.title, 120);
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), ManifestError> {
        if !is_word(&self.name, &['-'], 60) {
            return wrong("name", "expected 1 to 60 of a-z, 0-9 and '-'");
        }
        let parts: Vec<&str> = self.version.split('.').collect();
        if parts.len() != 3 || !parts.iter().all(|p| (1..=6).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit())) {
            return wrong("version", "expected three numbers such as 1.2.3");
        }
        if self.channel.as_deref().is_some_and(|channel| !is_word(channel, &['_'], 30)) {
            return wrong("channel", "expected 1 to 30 of a-z, 0-9 and '_'");
        }
        match (self.kind, &self.config_schema) {
            (PluginKind::ChannelConnector, Some(_)) => return wrong("config_schema", "a connector declares its settings in declares.config"),
            (PluginKind::ChannelConnector, None) => {}
            (_, _) if self.declares != Declares::default() || self.channel.is_some() || self.pushes.is_some() => return wrong("declares", "a rule reaches nothing and declares nothing"),
            (_, Some(schema)) => drop(validator(schema)?),
            (_, None) => {}
        }
        if let Some(strange) = self.pushes.iter().flatten().find(|word| !Action::KINDS.contains(&word.as_str())) {
            return wrong("pushes", format!("{:?}: expected {}", text::line(strange, 40), Action::KINDS.join(", ")));
        }
        let Declares { hosts: named, secrets, config, kv_bytes, data } = &self.declares;
        for (field, count) in [("hosts", named.len()), ("secrets", secrets.len()), ("config", config.len()), ("data", data.len())] {
            if count > ENTRIES_MAX {
                return wrong(format!("declares.{field}"), format!("{count} entries, at most {ENTRIES_MAX} are accepted"));
            }
        }
        for (i, host) in named.iter().enumerate() {
            match hosts::setting_of(host) {
                Some(key) if config.iter().any(|setting| setting.key == key) => {}
                Some(_) => return wrong(format!("declares.hosts[{i}]"), "expected the key of a declared setting between the braces"),
                None => drop(HostPattern::parse(host).or_else(|e| wrong(format!("declares.hosts[{i}]"), e.to_string()))?),
            }
        }
        for (i, secret) in secrets.iter().enumerate() {
            if !is_word(&secret.name, &['_', '-', '.'], 60) || secret.title.len() > 200 {
                return wrong(format!("declares.secrets[{i}]"), "a name has 1 to 60 of a-z, 0-9, '_', '-', '.', a title at most 200 bytes");
            }
        }
        for (i, setting) in config.iter().enumerate() {
            if !is_word(&setting.key, &['_', '-', '.'], 60) || setting.title.len() > 200 {
                return wrong(format!("declares.config[{i}]"), "a key has 1 to 60 of a-z, 0-9, '_', '-', '.', a title at most 200 bytes");
            }
        }
        for (i, class) in data.iter().enumerate() {
            if !is_word(class, &['_', '.'], 60) {
                return wrong(format!("declares.data[{i}]"), "expected 1 to 60 of a-z, 0-9, '_' and '.'");
            }
        }
        if *kv_bytes > KV_BYTES_MAX {
            return wrong("declares.kv_bytes", format!("at most {KV_BYTES_MAX}"));
        }
        Ok(())
    }

    /// Everything it declares.
    pub fn all_grants(&self) -> Grants {
        Grants {
            hosts: self.declares.hosts.clone(),
            secrets: self.declares.secrets.iter().map(|s| s.name.clone()).collect(),
            kv: self.declares.kv_bytes > 0,
            kv_bytes: self.declares.kv_bytes,
            pushes: self.pushes.clone(),
        }
    }

    /// MANIFEST-1: asked for and declared; anything else is an error that names it.
    pub fn effective(&self, asked: &Grants) -> Result<Grants, ManifestError> {
        let declared = self.all_grants();
        if let Some(host) = asked.hosts.iter().find(|host| !declared.hosts.contains(host)) {
            return wrong("grants.hosts", format!("the plugin does not ask for {:?}", text::line(host, 100)));
        }
        if let Some(secret) = asked.secrets.iter().find(|secret| !declared.secrets.contains(secret)) {
            return wrong("grants.secrets", format!("the plugin does not ask for {:?}", text::line(secret, 100)));
        }
        if asked.kv && !declared.kv {
            return wrong("grants.kv", "the plugin does not ask for a key-value store");
        }
        Ok(Grants { kv_bytes: if asked.kv { declared.kv_bytes } else { 0 }, pushes: declared.pushes, ..asked.clone() })
    }

    /// A rule's configuration against its own schema; the field is a JSON Pointer into it.
    pub fn check_rule_config(&self, config: &Value) -> Result<(), ManifestError> {
        if config.to_string().len() > RULE_CONFIG_BYTES_MAX {
            return wrong("", format!("at most {RULE_CONFIG_BYTES_MAX} bytes"));
        }
        let Some(schema) = &self.config_schema else { return Ok(()) };
        match validator(schema)?.iter_errors(config).next() {
            Some(error) => wrong(error.instance_path().to_string(), text::line(&error.to_string(), 300)),
            None => Ok(()),
        }
    }

    pub fn check_config(&self, config: &BTreeMap<String, String>) -> Result<(), ManifestError> {
        for (key, value) in config {
            if !self.declares.config.iter().any(|setting| setting.key == *key) {
                return wrong(format!("config.{}", text::line(key, 60)), "not a setting of this plugin");
            }
            if value.len() > VALUE_BYTES_MAX {
                return wrong(format!("config.{key}"), format!("at most {VALUE_BYTES_MAX} bytes"));
            }
        }
        Ok(())
    }
}
