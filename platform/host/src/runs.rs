//! What plugins were asked and what it cost: a record of calls that a person can read.
//!
//! Calls do not wait for it: records go through a bounded queue to one writer, which writes those of a tenant together.
//! Invariant RUN-1: a failure is recorded, up to [`FAILURES_PER_MINUTE`] an installation; of successes the first of each
//! function and then one a minute.
//! Invariant RUN-2: a full queue drops records and counts them; it never holds up a call.
//! Where there is no database, on a maker's machine, whoever asked may watch them instead.

use crate::{account::ComponentDigest, failure::CallFailure, guest::Function};
use kernel::{InstallationId, Page, PageLimit, RunId, TenantId, Timestamp};
use moka::sync::Cache;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, atomic::{AtomicU64, Ordering}},
    time::{Duration, Instant},
};
use tenants::{Actor, Directory, DirectoryError, RightSet, TenantTx};
use tokio::sync::{mpsc, watch};

pub const FAILURES_PER_MINUTE: u32 = 60;
const SAMPLE: Duration = Duration::from_secs(60);
const QUEUE: usize = 4096;
const BATCH: usize = 256;

#[derive(Clone, Copy, Debug)]
pub struct Cost {
    pub fuel: u64,
    pub peak_memory: usize,
    pub micros: u128,
}

/// One call.
#[derive(Clone, Debug)]
pub struct Run {
    pub tenant: TenantId,
    pub installation: InstallationId,
    pub digest: ComponentDigest,
    pub config_version: i32,
    pub function: Function,
    pub input: [u8; 32],
    pub failure: Option<CallFailure>,
    pub cost: Cost,
    pub log: Option<String>,
    pub at: Timestamp,
}

/// How much of an installation was recorded lately.
struct Recorded {
    successes: BTreeMap<Function, Instant>,
    minute: Instant,
    failures: u32,
}

pub struct Runs {
    queue: Option<mpsc::Sender<Run>>,
    recorded: Cache<InstallationId, Arc<Mutex<Recorded>>>,
    dropped: Arc<AtomicU64>,
    last: watch::Sender<Option<Run>>,
}

impl Runs {
    /// Without a database records go nowhere.
    pub fn start(directory: Option<Directory>, runtime: &tokio::runtime::Handle) -> Self {
        let queue = directory.map(|directory| {
            let (sender, receiver) = mpsc::channel(QUEUE);
            runtime.spawn(write_all(directory, receiver));
            sender
        });
        Self { queue, recorded: Cache::builder().max_capacity(50_000).time_to_idle(Duration::from_secs(600)).build(), dropped: Arc::default(), last: watch::Sender::new(None) }
    }

    /// The last call, for whoever watches.
    pub fn watch(&self) -> watch::Receiver<Option<Run>> {
        self.last.subscribe()
    }

    pub fn record(&self, run: Run) {
        let outcome = run.failure.as_ref().map_or("ok", |f| f.code);
        tracing::debug!(plugin.installation = %run.installation, outcome, fuel = run.cost.fuel, micros = run.cost.micros as u64, "plugin {}", run.function.word());
        if self.last.receiver_count() > 0 {
            self.last.send_replace(Some(run.clone()));
        }
        let Some(queue) = &self.queue else { return };
        if self.wanted(&run, Instant::now()) && queue.try_send(run).is_err() {
            let dropped = self.dropped.fetch_add(1, Ordering::Relaxed) + 1;
            if dropped.is_power_of_two() {
                tracing::warn!(dropped, "records of plugin calls are dropped: the database does not keep up");
            }
        }
    }

    fn wanted(&self, run: &Run, now: Instant) -> bool {
        let fresh = || Arc::new(Mutex::new(Recorded { successes: BTreeMap::new(), minute: now, failures: 0 }));
        let recorded = self.recorded.get_with(run.installation, fresh);
        let mut recorded = recorded.lock().unwrap_or_else(PoisonError::into_inner);
        if run.failure.is_some() {
            if now.duration_since(recorded.minute) >= SAMPLE {
                (recorded.minute, recorded.failures) = (now, 0);
            }
            recorded.failures += 1;
            return recorded.failures <= FAILURES_PER_MINUTE;
        }
        let due = recorded.successes.get(&run.function).is_none_or(|last| now.duration_since(*last) >= SAMPLE);
        if due {
            recorded.successes.insert(run.function, now);
        }
        due
    }
}

async fn write_all(directory: Directory, mut queue: mpsc::Receiver<Run>) {
    let mut batch = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        let mut by_tenant: BTreeMap<TenantId, Vec<Run>> = BTreeMap::new();
        batch.drain(..).for_each(|run| by_tenant.entry(run.tenant).or_default().push(run));
        for (tenant, runs) in by_tenant {
            if let Err(error) = write(&directory, tenant, &runs).await {
                tracing::warn!(tenant.id = %tenant, "{} records of plugin calls are lost: {error}", runs.len());
            }
        }
    }
}

async fn write(directory: &Directory, tenant: TenantId, runs: &[Run]) -> Result<(), DirectoryError> {
    let mut tx = directory.begin(&Actor::system(tenant, "plugins", RightSet::default())).await?;
    let column = |value: fn(&Run) -> String| runs.iter().map(value).collect::<Vec<_>>();
    let whole = |value: u128| i64::try_from(value).unwrap_or(i64::MAX);
    sqlx::query!(
        r#"insert into tenant.plugin_runs (tenant_id, id, installation_id, at, function, digest, config_version, outcome, message, input_digest, fuel, peak_memory, micros, log)
           select $1, id, installation, at, function, digest, config_version, outcome, nullif(message, ''), input, fuel, peak_memory, micros, nullif(log, '')
           from unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::text[], $6::bytea[], $7::integer[], $8::text[], $9::text[], $10::bytea[], $11::bigint[], $12::bigint[], $13::bigint[], $14::text[])
             as run (id, installation, at, function, digest, config_version, outcome, message, input, fuel, peak_memory, micros, log)
           where exists (select from tenant.plugin_installations i where i.tenant_id = $1 and i.id = run.installation)"#,
        tenant.uuid(),
        &runs.iter().map(|_| RunId::new().uuid()).collect::<Vec<_>>(),
        &runs.iter().map(|r| r.installation.uuid()).collect::<Vec<_>>(),
        &runs.iter().map(|r| r.at).collect::<Vec<_>>(),
        &column(|r| r.function.word().to_owned()),
        &runs.iter().map(|r| r.digest.0.to_vec()).collect::<Vec<_>>(),
        &runs.iter().map(|r| r.config_version).collect::<Vec<_>>(),
        &column(|r| r.failure.as_ref().map_or("ok", |f| f.code).to_owned()),
        &column(|r| r.failure.as_ref().map(|f| f.message.clone()).unwrap_or_default()),
        &runs.iter().map(|r| r.input.to_vec()).collect::<Vec<_>>(),
        &runs.iter().map(|r| whole(r.cost.fuel.into())).collect::<Vec<_>>(),
        &runs.iter().map(|r| whole(r.cost.peak_memory as u128)).collect::<Vec<_>>(),
        &runs.iter().map(|r| whole(r.cost.micros)).collect::<Vec<_>>(),
        &column(|r| r.log.clone().unwrap_or_default()),
    )
    .execute(tx.conn())
    .await?;
    Ok(tx.commit().await?)
}

/// A record as it is shown.
#[derive(Clone, Debug)]
pub struct RunRow {
    pub id: RunId,
    pub at: Timestamp,
    pub function: String,
    pub outcome: String,
    pub message: Option<String>,
    pub fuel: i64,
    pub peak_memory: i64,
    pub micros: i64,
    pub digest: Vec<u8>,
    pub config_version: i32,
    pub log: Option<String>,
}

/// Newest first.
pub async fn list(tx: &mut TenantTx, installation: InstallationId, limit: PageLimit, after: Option<(Timestamp, RunId)>) -> Result<Page<RunRow, (Timestamp, RunId)>, sqlx::Error> {
    let (tenant, (at, id)) = (tx.tenant(), after.unzip());
    let rows = sqlx::query_as!(
        RunRow,
        r#"select id as "id: RunId", at, function, outcome, message, fuel, peak_memory, micros, digest, config_version, log from tenant.plugin_runs
           where tenant_id = $1 and installation_id = $2 and ($3::timestamptz is null or (at, id) < ($3, $4)) order by at desc, id desc limit $5"#,
        tenant,
        installation.uuid(),
        at,
        id.map(RunId::uuid),
        limit.rows() + 1,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(Page::from_fetched(rows, limit, |row| (row.at, row.id)))
}
