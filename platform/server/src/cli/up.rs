//! `switchyard up`: an embedded database, the server, demo merchants, and simulated channels that sell.
//! Invariant UP-2: Ctrl-C at any moment leaves no process and a folder from which the next start succeeds.

use super::serve;
use crate::{app::App, config::Config, demo};
use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use postgres_cluster::{Cluster, Settings};
use simulator::{Faults, Pace, Simulation};
use sqlx::{Connection, Executor, PgConnection};
use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::{net::TcpListener, task::JoinHandle};

const DATABASE: &str = "switchyard";

#[derive(clap::Args)]
pub struct Wish {
    /// Address and port; SWITCHYARD_BIND when not given.
    #[arg(long)]
    bind: Option<SocketAddr>,
    /// Where the database and everything else is kept; SWITCHYARD_DATA_DIR when not given.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Only the server: no demo merchants, no simulated orders.
    #[arg(long)]
    no_demo: bool,
    /// How many orders the simulated shops take.
    #[arg(long, default_value_t = 12.0)]
    orders_per_minute: f64,
    /// How many orders of the past month the first start tells.
    #[arg(long, default_value_t = 400)]
    history: u32,
    /// Another number gives other buyers and orders.
    #[arg(long, default_value_t = 20_261_123)]
    seed: u64,
}

/// Prints what is done, with the seconds since the start.
struct Steps(Instant);

impl Steps {
    fn say(&self, text: &str) {
        println!("[{:5.1} s] {text}", self.0.elapsed().as_secs_f64());
    }
}

pub async fn up(wish: Wish, file: Option<&Path>) -> anyhow::Result<()> {
    let steps = Steps(Instant::now());
    if std::env::var_os("RUST_LOG").is_some() {
        serve::logs();
    }
    let (folder, mut values) = settings(&wish, file)?;
    fs::create_dir_all(&folder).with_context(|| format!("the folder {} could not be made", folder.display()))?;
    let key = master_key(&folder)?;
    values.insert("SWITCHYARD_MASTER_KEY".into(), hex::encode(key));
    let simulated = TcpListener::bind("127.0.0.1:0").await?;
    if !wish.no_demo {
        let address = simulated.local_addr()?;
        values.insert("SWITCHYARD_ENDPOINT_OVERRIDES".into(), demo::HOSTS.map(|host| format!("{host}={address}")).join(" "));
    }
    // Listening comes first: a port in use is known before anything is started.
    values.insert("DATABASE_URL".into(), "postgres://unused".into());
    let listener = serve::listen(&Config::from_values(values.clone())?).await?;
    let address = reachable(listener.local_addr()?);
    values.entry("PUBLIC_URL".into()).or_insert_with(|| format!("http://{address}"));

    steps.say("starting the database");
    let cluster = start_database(&folder).await?;
    let url = cluster.url(DATABASE);
    make_database(&cluster.url("postgres")).await?;
    steps.say(&format!("PostgreSQL {} runs from {}", cluster.major(), folder.display()));
    let keeper = Keeper::watch(cluster);
    values.insert("DATABASE_URL".into(), url);
    let config = Config::from_values(values)?;
    tenants::migrate(&config.databases()).await?;
    steps.say("the schema is up to date");
    let app = App::start(config).await?;
    let stop = serve::interrupted();
    let (stopping, stopped) = tokio::sync::watch::channel(false);
    let waiting = async move {
        stop.await;
        println!("\nstopping");
        let _ = stopping.send(true);
    };
    let public_url = app.config.public_url.clone();
    let server = tokio::spawn(serve::run(app, listener, waiting));
    steps.say(&format!("the server answers at {public_url}"));

    let mut halted = stopped.clone();
    let demo = async {
        if wish.no_demo {
            return anyhow::Ok(Vec::new());
        }
        play(&wish, &steps, &folder, key, &public_url, simulated).await
    };
    let players = tokio::select! {
        players = demo => players?,
        _ = halted.wait_for(|halted| *halted) => Vec::new(),
    };
    let ended = server.await.context("the server ended")?;
    for player in players {
        player.abort();
    }
    keeper.stop().await;
    println!("stopped; everything is kept in {}", folder.display());
    ended
}

/// The data folder and the settings of the environment and the file; what `up` decides itself is not in them yet.
fn settings(wish: &Wish, file: Option<&Path>) -> anyhow::Result<(PathBuf, BTreeMap<String, String>)> {
    let mut values = Config::values(file)?;
    if let Some(bind) = wish.bind {
        values.insert("SWITCHYARD_BIND".into(), bind.to_string());
    }
    let folder = wish.data.clone().or_else(|| values.get("SWITCHYARD_DATA_DIR").map(PathBuf::from)).unwrap_or_else(|| ".switchyard".into());
    let folder = std::path::absolute(&folder)?;
    values.insert("SWITCHYARD_DATA_DIR".into(), folder.display().to_string());
    Ok((folder, values))
}

/// Made once; losing it means losing every sealed secret.
fn master_key(folder: &Path) -> anyhow::Result<[u8; 32]> {
    let file = folder.join("master.key");
    if let Ok(text) = fs::read_to_string(&file) {
        let mut key = [0; 32];
        hex::decode_to_slice(text.trim(), &mut key).with_context(|| format!("{} should hold 64 hex digits", file.display()))?;
        return Ok(key);
    }
    let key: [u8; 32] = rand::random();
    demo::write_private(&file, hex::encode(key).as_bytes())?;
    Ok(key)
}

/// An address a browser on this machine can open.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() { SocketAddr::from(([127, 0, 0, 1], address.port())) } else { address }
}

async fn start_database(folder: &Path) -> anyhow::Result<Cluster> {
    let mut settings = Settings::durable(folder.join("database"));
    settings.npm_roots = vec![folder.join("npm"), PathBuf::from("admin-ui")];
    Ok(tokio::task::spawn_blocking(move || Cluster::start(settings)).await??)
}

async fn make_database(url: &str) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    let there = sqlx::query_scalar!(r#"select exists (select from pg_database where datname = 'switchyard') as "there!""#).fetch_one(&mut connection).await?;
    if !there {
        connection.execute("create database switchyard").await?;
    }
    Ok(connection.close().await?)
}

/// Holds the cluster, and starts it again when it ends by itself.
struct Keeper {
    cluster: Arc<Mutex<Option<Cluster>>>,
    watch: JoinHandle<()>,
}

impl Keeper {
    fn watch(cluster: Cluster) -> Self {
        let cluster = Arc::new(Mutex::new(Some(cluster)));
        let held = cluster.clone();
        let watch = tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(500)).await;
                let held = held.clone();
                let restarted = tokio::task::spawn_blocking(move || {
                    let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
                    match held.as_mut() {
                        Some(cluster) if !cluster.is_running() => Some(cluster.restart()),
                        _ => None,
                    }
                });
                match restarted.await {
                    Ok(Some(Ok(()))) => eprintln!("the database had ended and was started again"),
                    Ok(Some(Err(error))) => eprintln!("the database ended and does not start: {error}"),
                    _ => {}
                }
            }
        });
        Self { cluster, watch }
    }

    async fn stop(self) {
        self.watch.abort();
        let _ = tokio::task::spawn_blocking(move || drop(self.cluster.lock().unwrap_or_else(PoisonError::into_inner).take())).await;
    }
}

/// Merchants, shops, orders. Returns what goes on in the background.
async fn play(wish: &Wish, steps: &Steps, folder: &Path, key: [u8; 32], url: &str, simulated: TcpListener) -> anyhow::Result<Vec<JoinHandle<()>>> {
    let mut notebook = demo::Notebook::open(folder, key)?;
    let shops = demo::prepare(url, &mut notebook, |merchant| steps.say(&format!("{} is ready ({})", merchant.name, merchant.what))).await?;
    // Every start invents other orders; their numbers go on from a higher one.
    let seed = wish.seed.wrapping_add(notebook.starts());
    let simulation = Simulation::new(seed, shops, Faults::ORDINARY)?;
    simulation.world().count_from(notebook.starts() * 10_000);
    let serving = tokio::spawn({
        let simulation = simulation.clone();
        async move {
            if let Err(error) = simulation.serve(simulated).await {
                tracing::error!(%error, "the simulated channels stopped answering");
            }
        }
    });
    let history = if notebook.starts() == 1 { wish.history } else { 0 };
    let pace = Pace { orders_per_minute: wish.orders_per_minute, haste: 1.0 / 1500.0 };
    let selling = tokio::spawn(async move {
        if history > 0 {
            tell_history(&simulation, history, seed).await;
        }
        simulation.run(pace, seed).await;
    });
    println!("\n  open       {url}\n  password   {}   (for every log-in)\n", demo::PASSWORD);
    for merchant in &demo::MERCHANTS {
        println!("  log in as  {:32} {}: {}", merchant.email, merchant.name, merchant.what);
    }
    println!("\n  API        {url}/docs\n  mails      {}\n  stop       Ctrl-C\n", folder.join("mail").display());
    Ok(vec![serving, selling])
}

async fn tell_history(simulation: &Arc<Simulation>, orders: u32, seed: u64) {
    let messages = simulation.history(orders, 30, seed, chrono::Utc::now());
    let bar = ProgressBar::new(messages.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("  orders of the past month {bar:32} {pos}/{len} messages, {eta} left") {
        bar.set_style(style);
    }
    let told = bar.clone();
    simulation.send_all(messages, move || told.inc(1)).await;
    bar.finish_and_clear();
    let counts = simulation.counts();
    println!("  {orders} orders of the past month told in {} messages; new ones arrive now", counts.acknowledged);
}
