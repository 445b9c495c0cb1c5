//! The command line. Every failure is one clear sentence on standard error and exit code 1; wrong usage is 2.

pub mod export;
pub mod import;
pub mod plugin;
pub mod serve;
pub mod up;
pub mod verify;

use crate::config::{Config, SETTINGS};
use clap::{Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};

#[derive(Parser)]
#[command(name = "switchyard", version, about = "Multi-tenant order control tower")]
struct Arguments {
    /// Settings by their environment names, as TOML; the environment wins.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Embedded database, demo merchants and live orders: everything, with nothing to configure.
    Up(up::Wish),
    /// Migrate, then answer HTTP until interrupted.
    Serve,
    /// Bring the databases up to date and exit.
    Migrate,
    /// Recompute what is stored and compare; exit code 1 when anything differs.
    Verify {
        /// One tenant only, by its slug.
        #[arg(long)]
        tenant: Option<String>,
        #[arg(long)]
        json: bool,
    },
    /// Import from files.
    #[command(subcommand)]
    Import(Import),
    /// Write data for other programs.
    #[command(subcommand)]
    Export(Export),
    /// Make, check, test and ask plugins.
    #[command(subcommand)]
    Plugin(plugin::Plugin),
    /// Print the settings, secrets redacted.
    Config,
    /// Print the OpenAPI document.
    Openapi,
}

#[derive(Subcommand)]
enum Import {
    /// Orders from CSV or XLSX: one row a line. Run again after an interruption, it goes on where it was.
    Orders(import::Orders),
}

#[derive(Subcommand)]
enum Export {
    /// The ledger of one tenant as a journal of hledger or beancount.
    Ledger(export::Ledger),
}

/// Runs what the arguments say.
pub fn main() -> ExitCode {
    // Hidden: the server starts itself under this name to compile a plugin with few rights.
    if std::env::args().nth(1).as_deref() == Some(switchyard_host::compile::SUBCOMMAND) {
        switchyard_host::compile::compile_child_main();
    }
    // One provider of TLS for the whole process; there is no other, so a second installation has nothing to change.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let arguments = Arguments::parse();
    if !matches!(arguments.command, Command::Up(_) | Command::Serve) {
        end_quietly_when_nobody_reads();
    }
    match run(arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("switchyard: {error:#}");
            plugin::code(&error)
        }
    }
}

/// A reader that has seen enough, as `head` has, ends the command without a word, as it ends other programs.
fn end_quietly_when_nobody_reads() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if panic.payload_as_str().is_some_and(|said| said.starts_with("failed printing to stdout")) {
            std::process::exit(0);
        }
        usual(panic);
    }));
}

/// Whether it went well: a plugin that rejects what it was given, or differs from its cases, is no error.
fn run(arguments: Arguments) -> anyhow::Result<bool> {
    match arguments.command {
        Command::Plugin(asked) => return plugin::main(asked, arguments.config.as_deref()),
        Command::Openapi => {
            println!("{}", crate::http::openapi().to_pretty_json()?);
            Ok(())
        }
        Command::Config => {
            print_settings();
            Ok(())
        }
        Command::Up(wish) => runtime()?.block_on(up::up(wish, arguments.config.as_deref())),
        Command::Serve => runtime()?.block_on(serve::serve(Config::load(arguments.config.as_deref())?)),
        Command::Import(Import::Orders(wish)) => runtime()?.block_on(async {
            let config = Config::load(arguments.config.as_deref())?;
            import::orders(&tenants::Directory::connect(&config.databases()).await?, wish).await
        }),
        Command::Export(Export::Ledger(wish)) => runtime()?.block_on(async {
            let config = Config::load(arguments.config.as_deref())?;
            export::ledger(&tenants::Directory::connect(&config.databases()).await?, wish).await
        }),
        Command::Migrate => runtime()?.block_on(async {
            let config = Config::load(arguments.config.as_deref())?;
            tenants::migrate(&config.databases()).await?;
            println!("the databases are up to date");
            Ok(())
        }),
        Command::Verify { tenant, json } => runtime()?.block_on(async {
            let config = Config::load(arguments.config.as_deref())?;
            verify::run(&tenants::Directory::connect(&config.databases()).await?, tenant.as_deref(), json).await
        }),
    }?;
    Ok(true)
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// Names, meanings, defaults and what is set; a URL loses its password, a key is only said to be set.
fn print_settings() {
    for (name, meaning, default) in SETTINGS {
        let value = match std::env::var(name) {
            Ok(value) if name.contains("KEY") || name.contains("TOKEN") => format!("[set, {} characters]", value.len()),
            Ok(value) => redact(&value),
            Err(_) => default.map_or_else(|| "(not set)".to_owned(), |d| format!("{d} (default)")),
        };
        println!("{name:32} {value}\n{:32}   {meaning}", "");
    }
}

/// Takes the passwords out of URLs, also out of lists such as `name=url name=url`.
fn redact(value: &str) -> String {
    let redact_one = |word: &str| {
        let (prefix, address) = word.split_once('=').filter(|(_, rest)| rest.contains("://")).map_or((String::new(), word), |(name, rest)| (format!("{name}="), rest));
        match url::Url::parse(address) {
            Ok(mut url) if url.password().is_some() => {
                let _ = url.set_password(Some("redacted"));
                format!("{prefix}{url}")
            }
            _ => word.to_owned(),
        }
    };
    value.split(' ').map(redact_one).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn passwords_are_redacted() {
        assert_eq!(super::redact("postgres://u:secret@h/d"), "postgres://u:redacted@h/d");
        assert_eq!(super::redact("a=postgres://u:s1@h/d b=postgres://u:s2@h/d"), "a=postgres://u:redacted@h/d b=postgres://u:redacted@h/d");
    }
}
