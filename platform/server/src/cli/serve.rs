//! `switchyard serve`: migrate, listen, answer; on Ctrl-C or SIGTERM finish what runs and leave.

use crate::{app::App, config::Config, flows, http};
use anyhow::Context;
use std::{future::Future, time::Duration};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Serves until interrupted. The database must exist.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    logs();
    let listener = listen(&config).await?;
    tenants::migrate(&config.databases()).await?;
    let app = App::start(config).await?;
    let warming = app.clone();
    tokio::spawn(async move {
        if let Err(error) = warming.host.warm().await {
            tracing::warn!(error = %error, "a bundled connector could not be made ready; its first message will wait for it");
        }
    });
    tracing::info!(url = app.config.public_url, "ready at {}", app.config.public_url);
    run(app, listener, interrupted()).await
}

/// Binds; a port in use is one clear sentence.
pub async fn listen(config: &Config) -> anyhow::Result<TcpListener> {
    TcpListener::bind(config.bind).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => anyhow::anyhow!("{} is in use: stop what listens there or set SWITCHYARD_BIND to another address", config.bind),
        _ => anyhow::Error::new(error).context(format!("cannot listen on {}", config.bind)),
    })
}

/// Answers requests until `stop` resolves, then lets running ones end (10 s at most).
pub async fn run(app: App, listener: TcpListener, stop: impl Future<Output = ()> + Send + 'static) -> anyhow::Result<()> {
    http::system::recorder();
    let stopping = CancellationToken::new();
    let token = stopping.clone();
    tokio::spawn(async move {
        stop.await;
        token.cancel();
    });
    let fetching = tokio::spawn(flows::fetch::run(app.clone(), stopping.clone()));
    let polling = tokio::spawn(flows::poll::run(app.clone(), stopping.clone()));
    let filling = tokio::spawn(flows::backfill::run(app.clone(), stopping.clone()));
    let carrying = tokio::spawn(flows::errands::run(app.clone(), stopping.clone()));
    let renewing = tokio::spawn(flows::tokens::run(app.clone(), stopping.clone()));
    tokio::spawn(flows::imports::take_up(app.clone()));
    let judging = tokio::spawn(flows::judging::run(app.clone(), stopping.clone()));
    let invoicing = tokio::spawn(flows::invoicing::run(app.clone(), stopping.clone()));
    let holding = tokio::spawn(flows::holding::run(app.clone(), stopping.clone()));
    let mapping = tokio::spawn(flows::mapping::run(app.clone(), stopping.clone()));
    let router = http::router(app).into_make_service_with_connect_info::<std::net::SocketAddr>();
    let server = axum::serve(listener, router).with_graceful_shutdown(stopping.clone().cancelled_owned());
    let mut server = tokio::spawn(server.into_future());
    tokio::select! {
        outcome = &mut server => outcome.context("the server ended")??,
        () = stopping.cancelled() => {
            // Open live lists would hold the shutdown forever.
            if tokio::time::timeout(Duration::from_secs(10), &mut server).await.is_err() {
                server.abort();
            }
        }
    }
    stopping.cancel();
    // A fetch, a poll, a backfill, an errand or a renewal under way is a lease: whoever starts next takes it over.
    fetching.abort();
    polling.abort();
    filling.abort();
    carrying.abort();
    renewing.abort();
    judging.abort();
    invoicing.abort();
    holding.abort();
    mapping.abort();
    Ok(())
}

/// Resolves at Ctrl-C or SIGTERM.
pub async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// Logs to standard error; RUST_LOG filters. JSON when standard error is not a terminal.
pub fn logs() {
    use std::io::IsTerminal;
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second call (tests start several servers in a process) keeps the first subscriber.
    let _ = if std::io::stderr().is_terminal() { builder.try_init() } else { builder.json().try_init() };
}
