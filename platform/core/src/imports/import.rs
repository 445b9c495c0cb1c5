//! One import: the file, its mapping, how far it is. What the tables say, and the small verbs that read or stop one.

use kernel::{ChannelAccountId, ImportId, Page, PageLimit, Timestamp};
use tenants::rights::{ReadImports, RunImports};
use tenants::{Permit, TenantTx, audit};

use super::mapping::Mapping;
use super::rows::Remarks;

/// Imports of one tenant that may run at once.
pub const RUNNING_MAX: i64 = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportState {
    /// The file is here and nothing of it is imported.
    Uploaded,
    Running,
    Done,
    /// Stopped by the file itself; `message` says why. What was imported until then stays until it is undone.
    Failed,
    Cancelled,
    Undoing,
    Undone,
}

impl ImportState {
    const ALL: [ImportState; 7] = [Self::Uploaded, Self::Running, Self::Done, Self::Failed, Self::Cancelled, Self::Undoing, Self::Undone];

    pub fn word(self) -> &'static str {
        match self {
            Self::Uploaded => "uploaded",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
        }
    }
    pub fn is_unfinished(self) -> bool {
        matches!(self, Self::Running | Self::Undoing)
    }
    /// Whether `start` makes it go, from the beginning or from where it stopped.
    pub fn can_run(self) -> bool {
        matches!(self, Self::Uploaded | Self::Running | Self::Failed | Self::Cancelled)
    }
    pub fn can_undo(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled | Self::Undoing)
    }
}

#[derive(Clone, Debug)]
pub struct Import {
    pub id: ImportId,
    pub account: ChannelAccountId,
    pub file_name: String,
    pub format: String,
    pub mapping: Mapping,
    pub columns: Vec<String>,
    pub state: ImportState,
    /// Known once the file was read through.
    pub rows_total: Option<i64>,
    pub rows_done: i64,
    pub orders_done: i64,
    pub orders_new: i64,
    pub orders_changed: i64,
    pub rows_failed: i64,
    pub remarks: Remarks,
    pub message: Option<String>,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

impl Import {
    /// The word that stands as cause beside every fact of the import.
    pub fn cause(&self) -> String {
        self.id.to_string()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("the import is not found")]
    NotFound,
    #[error("the import is {}: it cannot be {wanted}", .state.word())]
    WrongState { state: ImportState, wanted: &'static str },
    #[error("{RUNNING_MAX} imports are running already: wait for one to end or cancel one")]
    TooManyRunning,
    #[error("the stored import is not readable: {0}")]
    Corrupt(String),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

struct Stored {
    id: uuid::Uuid,
    channel_account_id: uuid::Uuid,
    file_name: String,
    format: String,
    mapping: serde_json::Value,
    columns: Vec<String>,
    state: String,
    rows_total: Option<i64>,
    rows_done: i64,
    orders_done: i64,
    orders_new: i64,
    orders_changed: i64,
    rows_failed: i64,
    remarks: serde_json::Value,
    message: Option<String>,
    created_at: Timestamp,
    finished_at: Option<Timestamp>,
}

impl Stored {
    fn read(self) -> Result<Import, ImportError> {
        let corrupt = |error: &dyn std::fmt::Display| ImportError::Corrupt(error.to_string());
        Ok(Import {
            id: ImportId(self.id),
            account: ChannelAccountId(self.channel_account_id),
            file_name: self.file_name,
            format: self.format,
            mapping: Mapping::parse(&self.mapping).map_err(|error| corrupt(&error))?,
            columns: self.columns,
            state: ImportState::ALL.into_iter().find(|state| state.word() == self.state).ok_or_else(|| corrupt(&self.state))?,
            rows_total: self.rows_total,
            rows_done: self.rows_done,
            orders_done: self.orders_done,
            orders_new: self.orders_new,
            orders_changed: self.orders_changed,
            rows_failed: self.rows_failed,
            remarks: serde_json::from_value(self.remarks).map_err(|error| corrupt(&error))?,
            message: self.message,
            created_at: self.created_at,
            finished_at: self.finished_at,
        })
    }
}

pub async fn get(tx: &mut TenantTx, _: Permit<ReadImports>, id: ImportId) -> Result<Import, ImportError> {
    let tenant = tx.tenant();
    let stored = sqlx::query_as!(
        Stored,
        "select id, channel_account_id, file_name, format, mapping, columns, state, rows_total, rows_done, orders_done, orders_new,
                orders_changed, rows_failed, remarks, message, created_at, finished_at
         from tenant.imports where tenant_id = $1 and id = $2",
        tenant,
        id.uuid()
    )
    .fetch_optional(tx.conn())
    .await?;
    stored.ok_or(ImportError::NotFound)?.read()
}

/// The import, so that nobody else changes it until the transaction ends.
pub(super) async fn lock(tx: &mut TenantTx, id: ImportId) -> Result<Import, ImportError> {
    let tenant = tx.tenant();
    let stored = sqlx::query_as!(
        Stored,
        "select id, channel_account_id, file_name, format, mapping, columns, state, rows_total, rows_done, orders_done, orders_new,
                orders_changed, rows_failed, remarks, message, created_at, finished_at
         from tenant.imports where tenant_id = $1 and id = $2 for update",
        tenant,
        id.uuid()
    )
    .fetch_optional(tx.conn())
    .await?;
    stored.ok_or(ImportError::NotFound)?.read()
}

/// Newest first.
pub async fn list(tx: &mut TenantTx, _: Permit<ReadImports>, limit: PageLimit, after: Option<ImportId>) -> Result<Page<Import, ImportId>, ImportError> {
    let tenant = tx.tenant();
    let stored = sqlx::query_as!(
        Stored,
        "select id, channel_account_id, file_name, format, mapping, columns, state, rows_total, rows_done, orders_done, orders_new,
                orders_changed, rows_failed, remarks, message, created_at, finished_at
         from tenant.imports where tenant_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3",
        tenant,
        after.map(ImportId::uuid),
        limit.rows() + 1
    )
    .fetch_all(tx.conn())
    .await?;
    let imports = stored.into_iter().map(Stored::read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::from_fetched(imports, limit, |import| import.id))
}

/// An import of the same file into the same account that is not undone: the command line goes on with it.
pub async fn of_file(tx: &mut TenantTx, _: Permit<ReadImports>, account: ChannelAccountId, digest: &[u8]) -> Result<Option<ImportId>, ImportError> {
    let tenant = tx.tenant();
    let id = sqlx::query_scalar!(
        "select id from tenant.imports where tenant_id = $1 and channel_account_id = $2 and file_digest = $3 and state not in ('undoing', 'undone')
         order by id desc limit 1",
        tenant,
        account.uuid(),
        digest
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(id.map(ImportId))
}

/// Imports of the tenant that were running or being undone when their server stopped.
pub async fn unfinished(tx: &mut TenantTx, _: Permit<ReadImports>) -> Result<Vec<(ImportId, ImportState)>, ImportError> {
    let tenant = tx.tenant();
    let found = sqlx::query!("select id, state from tenant.imports where tenant_id = $1 and state in ('running', 'undoing') order by id limit 100", tenant).fetch_all(tx.conn()).await?;
    Ok(found.into_iter().map(|row| (ImportId(row.id), if row.state == "running" { ImportState::Running } else { ImportState::Undoing })).collect())
}

/// Stops an import after the group of orders it is at. `start` goes on with it, `undo` takes back what it did.
pub async fn cancel(tx: &mut TenantTx, _: Permit<RunImports>, id: ImportId) -> Result<Import, ImportError> {
    let import = lock(tx, id).await?;
    if !matches!(import.state, ImportState::Uploaded | ImportState::Running) {
        return Err(ImportError::WrongState { state: import.state, wanted: "cancelled" });
    }
    set_state(tx, id, ImportState::Cancelled, None).await?;
    audit::write(tx, "import.cancelled", Some(&id), serde_json::json!({})).await?;
    Ok(Import { state: ImportState::Cancelled, ..import })
}

/// Makes a stopped or fresh import one that runs; whoever calls this then calls `run`.
pub async fn start(tx: &mut TenantTx, _: Permit<RunImports>, id: ImportId) -> Result<Import, ImportError> {
    let import = lock(tx, id).await?;
    if !import.state.can_run() {
        return Err(ImportError::WrongState { state: import.state, wanted: "started" });
    }
    let tenant = tx.tenant();
    let others = sqlx::query_scalar!(r#"select count(*) as "count!" from tenant.imports where tenant_id = $1 and state = 'running' and id <> $2"#, tenant, id.uuid()).fetch_one(tx.conn()).await?;
    if others >= RUNNING_MAX {
        return Err(ImportError::TooManyRunning);
    }
    set_state(tx, id, ImportState::Running, None).await?;
    audit::write(tx, "import.started", Some(&id), serde_json::json!({"file_name": import.file_name})).await?;
    Ok(Import { state: ImportState::Running, message: None, ..import })
}

pub(super) async fn set_state(tx: &mut TenantTx, id: ImportId, state: ImportState, message: Option<&str>) -> Result<(), ImportError> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let finished = !matches!(state, ImportState::Uploaded | ImportState::Running | ImportState::Undoing);
    sqlx::query!(
        "update tenant.imports set state = $3, message = $4, finished_at = case when $5 then $6::timestamptz end where tenant_id = $1 and id = $2",
        tenant,
        id.uuid(),
        state.word(),
        message,
        finished,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
