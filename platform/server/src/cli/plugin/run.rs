//! `switchyard plugin run COMPONENT receive|fetch|pull|assess`: one question to a plugin, and everything it answered.

use crate::workbench::{
    Asking, Plugin, URL, Workbench, cases,
    found::{self, Usage, read, read_from},
    granted::{self, Given, host_override, pair},
    headers, show, told,
};
use kernel::Timestamp;
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::{Path, PathBuf}};
use switchyard_core::{channels::inbox::BODY_BYTES_MAX, credit::{decisions::Asked, question::Question}};
use switchyard_host::{AccountContext, CallFailure, Delivery, Reference, ReferenceKind, Window, manifest::PluginKind};

const QUESTION_BYTES_MAX: usize = 1 << 20;
const SECRET_BYTES_MAX: usize = 64 << 10;

#[derive(clap::Args)]
pub struct Run {
    /// A .wasm file (a component or a core module), the folder of a plugin's crate, or the name of a bundled plugin.
    component: String,
    #[command(subcommand)]
    ask: Ask,
}

#[derive(clap::Subcommand)]
enum Ask {
    /// Hand a connector one message: the facts a server would apply, and how the channel is answered.
    Receive(Receive),
    /// Let a connector fetch what a message only named.
    Fetch(Fetch),
    /// Let a connector ask its channel what changed in a window of time.
    Pull(Pull),
    /// Ask a credit policy one question.
    Assess(Assess),
}

/// What a connector is given. Everything its manifest declares is granted.
#[derive(clap::Args)]
struct Giving {
    /// A secret the manifest declares; given twice, both values are live, as during a rotation.
    #[arg(long = "secret", value_name = "NAME=VALUE")]
    secrets: Vec<String>,
    /// The same from a file, so that it stands in no list of processes.
    #[arg(long = "secret-file", value_name = "NAME=FILE")]
    secret_files: Vec<String>,
    /// A setting the manifest declares.
    #[arg(long = "setting", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// The manifest, when it does not stand beside the component.
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// One JSON document instead of lines.
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
struct Receive {
    /// A header of the message; may be given often.
    #[arg(long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// The message's bytes as they are; `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    body: PathBuf,
    /// The address the channel called: some channels sign it.
    #[arg(long, default_value = URL)]
    url: String,
    #[arg(long, default_value = "POST")]
    method: String,
    /// webhook: its signature is checked. document: an answer of the channel's API; there is none.
    #[arg(long, default_value = "webhook")]
    origin: String,
    /// When the message came, RFC 3339; now unless it is given.
    #[arg(long, value_name = "TIME")]
    received_at: Option<String>,
    #[command(flatten)]
    giving: Giving,
}

#[derive(clap::Args)]
struct Calling {
    /// A server on this machine that answers for one of the plugin's hosts; may be given often.
    #[arg(long = "host-override", value_name = "HOST=http://127.0.0.1:PORT")]
    overrides: Vec<String>,
    #[command(flatten)]
    giving: Giving,
}

#[derive(clap::Args)]
struct Fetch {
    /// What to fetch: order, return, refund or settlement, and the channel's id of it; may be given often.
    #[arg(long = "reference", value_name = "KIND=ID", required = true)]
    references: Vec<String>,
    #[command(flatten)]
    calling: Calling,
}

#[derive(clap::Args)]
struct Pull {
    /// The beginning of the window, RFC 3339.
    #[arg(long, value_name = "TIME")]
    since: String,
    /// Its end; now unless it is given.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Where the last call stopped.
    #[arg(long)]
    cursor: Option<String>,
    #[arg(long, default_value_t = 50)]
    limit: u32,
    #[command(flatten)]
    calling: Calling,
}

#[derive(clap::Args)]
struct Assess {
    /// The question as JSON, or `{"question": ..., "config": ...}` as a conformance case has it; `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    question: PathBuf,
    /// The policy's configuration as JSON.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    #[arg(long)]
    json: bool,
}

pub async fn run(wish: Run) -> anyhow::Result<bool> {
    let what = &wish.component;
    match wish.ask {
        Ask::Receive(ask) => receive(what, ask).await,
        Ask::Fetch(ask) => {
            let asked = ask.references.iter().map(|text| reference(text)).collect::<Result<Vec<_>, _>>()?;
            let (mut bench, plugin, account) = connector(what, &ask.calling.giving, &ask.calling.overrides).await?;
            let asking = bench.fetch(&account, &asked).await;
            let told = asking.answer.as_ref().map(told::of_fetched);
            finish(&plugin, &ask.calling.giving, "fetched", told, &asking, show::fetched)
        }
        Ask::Pull(ask) => {
            let until = ask.until.as_deref().map_or_else(|| Ok(chrono::Utc::now()), |text| time("--until", text))?;
            let window = Window { since: time("--since", &ask.since)?, until, cursor: ask.cursor, limit: ask.limit };
            let (mut bench, plugin, account) = connector(what, &ask.calling.giving, &ask.calling.overrides).await?;
            let asking = bench.pull(&account, window).await;
            let told = asking.answer.as_ref().map(told::of_pulled);
            finish(&plugin, &ask.calling.giving, "pulled", told, &asking, |pulled| {
                show::fetched(&pulled.fetched);
                show::line("until", pulled.until.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true));
                if let Some(cursor) = &pulled.next_cursor {
                    show::line("cursor", cursor);
                }
            })
        }
        Ask::Assess(ask) => assess(what, ask).await,
    }
}

/// The plugin, loaded, and an account that holds what was given.
async fn connector(what: &str, giving: &Giving, overrides: &[String]) -> anyhow::Result<(Workbench, Plugin, AccountContext)> {
    let overrides = overrides.iter().map(|text| host_override(text)).collect::<Result<BTreeMap<_, _>, _>>()?;
    let mut given = Given::default();
    for text in &giving.settings {
        let (key, value) = pair("--setting", text)?;
        given.settings.insert(key.to_owned(), value.to_owned());
    }
    for text in &giving.secrets {
        let (name, value) = pair("--secret", text)?;
        given.secrets.entry(name.to_owned()).or_default().push(value.as_bytes().to_vec());
    }
    for text in &giving.secret_files {
        let (name, path) = pair("--secret-file", text)?;
        let value = read(Path::new(path), SECRET_BYTES_MAX)?;
        given.secrets.entry(name.to_owned()).or_default().push(value.trim_ascii_end().to_vec());
    }
    let found = found::find(what, giving.manifest.as_deref())?;
    found.component()?;
    let manifest = found.manifest()?;
    if manifest.kind != PluginKind::ChannelConnector {
        return Err(Usage(format!("{} is a {}: ask it with `assess`", manifest.name, manifest.kind.word())).into());
    }
    let bench = Workbench::open(overrides)?;
    let plugin = bench.load(&found).await?;
    let account = granted::account(&plugin, &given)?;
    Ok((bench, plugin, account))
}

async fn receive(what: &str, ask: Receive) -> anyhow::Result<bool> {
    let given = ask.headers.iter().map(|text| header(text)).collect::<Result<Vec<_>, _>>()?;
    let delivery = Delivery {
        origin: cases::origin(&ask.origin)?,
        method: cases::method(&ask.method)?,
        url: ask.url,
        headers: headers(&given)?,
        body: input(&ask.body, BODY_BYTES_MAX)?,
        received_at: ask.received_at.as_deref().map_or_else(|| Ok(chrono::Utc::now()), |text| time("--received-at", text))?,
    };
    let (mut bench, plugin, account) = connector(what, &ask.giving, &[]).await?;
    let asking = bench.receive(&account, delivery).await;
    let outcome = told::of_message(&asking.answer);
    let word = match &asking.answer {
        Ok(Ok(_)) => "understood",
        Ok(Err(_)) => "rejected",
        Err(_) => "failed",
    };
    if ask.giving.json {
        let mut told = outcome.told;
        told["acknowledgement"] = outcome.acknowledgement.as_ref().map_or(Value::Null, told::of_acknowledgement);
        println!("{}", serde_json::to_string_pretty(&told::report(&plugin, word, told, &asking))?);
        return Ok(outcome.understood);
    }
    show::plugin(&plugin);
    match &asking.answer {
        Ok(Ok(reception)) => {
            println!("{word}");
            show::reception(reception);
        }
        Ok(Err(refused)) => show::line(word, format!("{}: {}", refused.problem.word(), refused.detail)),
        Err(failure) => show::line(word, failure.to_string()),
    }
    if let Some(acknowledgement) = &outcome.acknowledgement {
        show::acknowledgement(acknowledgement);
    }
    show::cost(asking.cost.as_ref(), asking.log.as_deref());
    Ok(outcome.understood)
}

fn finish<T>(plugin: &Plugin, giving: &Giving, word: &str, told: Result<Value, &CallFailure>, asking: &Asking<Result<T, CallFailure>>, show: impl FnOnce(&T)) -> anyhow::Result<bool> {
    let outcome = if told.is_ok() { word } else { "failed" };
    if giving.json {
        let told = told.unwrap_or_else(told::of_failure);
        println!("{}", serde_json::to_string_pretty(&told::report(plugin, outcome, told, asking))?);
        return Ok(asking.answer.is_ok());
    }
    show::plugin(plugin);
    match &asking.answer {
        Ok(answer) => {
            println!("{outcome}");
            show(answer);
        }
        Err(failure) => show::line(outcome, failure.to_string()),
    }
    show::cost(asking.cost.as_ref(), asking.log.as_deref());
    Ok(asking.answer.is_ok())
}

async fn assess(what: &str, ask: Assess) -> anyhow::Result<bool> {
    let found = found::find(what, ask.manifest.as_deref())?;
    found.component()?;
    let manifest = found.manifest()?;
    if manifest.kind != PluginKind::CreditPolicy {
        return Err(Usage(format!("{} is a {}: ask it with `receive`, `fetch` or `pull`", manifest.name, manifest.kind.word())).into());
    }
    let configuration = ask.config.as_deref().map(|path| json_of::<Value>(path)).transpose()?;
    let question: Value = json_of(&ask.question)?;
    let (question, config) = match question.get("question") {
        Some(inner) => (inner.clone(), question.get("config").cloned()),
        None => (question, None),
    };
    let question: Question = serde_json::from_value(question).map_err(|error| Usage(format!("{} is no question: {error}", ask.question.display())))?;
    let config = configuration.or(config).unwrap_or_else(|| json!({}));
    manifest.check_rule_config(&config).map_err(|error| Usage(format!("the configuration does not fit the policy's schema: {error}")))?;
    let bench = Workbench::open(BTreeMap::new())?;
    let plugin = bench.load(&found).await?;
    let assessed = bench.assess(&plugin, &Asked { question, config }).await;
    let told = match &assessed.verdict {
        Ok(verdict) => serde_json::to_value(verdict)?,
        Err(failure) => told::of_failure(failure),
    };
    let cost = switchyard_host::runs::Cost { fuel: assessed.fuel, peak_memory: assessed.peak_memory, micros: assessed.micros };
    if ask.json {
        let asking = Asking { answer: (), cost: Some(cost), log: None };
        let outcome = if assessed.verdict.is_ok() { "assessed" } else { "failed" };
        println!("{}", serde_json::to_string_pretty(&told::report(&plugin, outcome, told, &asking))?);
        return Ok(assessed.verdict.is_ok());
    }
    show::plugin(&plugin);
    match &assessed.verdict {
        Ok(_) => show::rows(told.as_object().unwrap_or(&serde_json::Map::new())).iter().for_each(|row| println!("{}", switchyard_host::text::line(row, 2_000))),
        Err(failure) => show::line("failed", failure.to_string()),
    }
    show::cost(Some(&cost), None);
    Ok(assessed.verdict.is_ok())
}

fn json_of<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Usage> {
    serde_json::from_slice(&input(path, QUESTION_BYTES_MAX)?).map_err(|error| Usage(format!("{} is not JSON: {error}", path.display())))
}

/// Bytes of a file, or of standard input.
fn input(path: &Path, bytes_max: usize) -> Result<Vec<u8>, Usage> {
    if path.as_os_str() == "-" { read_from(std::io::stdin().lock(), "standard input", bytes_max) } else { read(path, bytes_max) }
}

fn header(text: &str) -> Result<(String, String), Usage> {
    let parted = text.split_once(':').filter(|(name, _)| !name.trim().is_empty());
    let (name, value) = parted.ok_or_else(|| Usage(format!("--header: 'Name: value' is wanted, {:?} has no colon behind a name", switchyard_host::text::line(text, 80))))?;
    Ok((name.to_owned(), value.to_owned()))
}

fn reference(text: &str) -> Result<Reference, Usage> {
    let (kind, id) = pair("--reference", text)?;
    let kind = ReferenceKind::from_word(kind).ok_or_else(|| Usage(format!("--reference: order, return, refund or settlement is wanted, {kind:?} is told")))?;
    Ok(Reference { kind, id: id.to_owned() })
}

fn time(option: &str, text: &str) -> Result<Timestamp, Usage> {
    text.parse().map_err(|_| Usage(format!("{option}: a time such as 2026-11-23T10:00:00Z is wanted, {:?} is told", switchyard_host::text::line(text, 60))))
}
