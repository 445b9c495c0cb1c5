//! A file comes in: looked at, mapped, kept in pieces. Nothing of it is an order yet.

use super::Limits;
use super::guess::{self, Defaults};
use super::import::{self, Import, ImportError};
use super::mapping::{Mapping, MappingError};
use super::reader::{ReadError, Row, Rows};
use super::text::{self, Format, Look};
use super::workbook;
use crate::orders::Source;
use kernel::{ChannelAccountId, Currency, ImportId};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{Read, Seek, Write};
use tenants::rights::RunImports;
use tenants::{Permit, TenantTx};

/// One piece of a kept file.
const CHUNK_BYTES: usize = 1024 * 1024;

#[derive(Clone, Debug)]
pub struct NewImport {
    pub account: ChannelAccountId,
    pub file_name: String,
    /// Guessed from the header when absent.
    pub mapping: Option<Mapping>,
    /// Of the tenant: for times that name no zone when the mapping is guessed.
    pub time_zone: chrono_tz::Tz,
    /// For files without a currency column when the account has none of its own and the mapping is guessed.
    pub currency: Option<Currency>,
}

#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    #[error("channel_account_id: there is no such channel account")]
    UnknownAccount,
    #[error("channel_account_id: orders of a {0} account come from its connector; take an account of kind import, manual, web, app, chat, pos or api")]
    ConnectedAccount(String),
    #[error("channel_account_id: the account is {0}: it takes no orders")]
    ClosedAccount(String),
    #[error("there is no channel account {0:?}; there are {1}")]
    NoAccountNamed(String, String),
    #[error("several channel accounts are named {0:?}: give the id instead")]
    SeveralNamed(String),
    #[error("file: {0}")]
    Read(#[from] ReadError),
    #[error(transparent)]
    Mapping(#[from] MappingError),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// SHA-256 of a file from its beginning.
pub fn digest(file: &File) -> std::io::Result<[u8; 32]> {
    let mut file = file;
    file.rewind()?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().into()),
            read => hash.update(buffer.get(..read).unwrap_or_default()),
        }
    }
}

/// Keeps the file and its mapping as an import that can be dry-run and started.
pub async fn upload(tx: &mut TenantTx, _: Permit<RunImports>, new: NewImport, file: File, limits: Limits) -> Result<Import, UploadError> {
    let currency = account_currency(tx, new.account).await?;
    let defaults = Defaults { currency: currency.or(new.currency), time_zone: new.time_zone };
    let given = new.mapping;
    let looked = tokio::task::spawn_blocking(move || read_head(file, given, defaults, &limits));
    let Head { file, format, mapping, columns, digest } = looked.await.map_err(|error| ReadError::Io(std::io::Error::other(error)))??;
    let id = ImportId::new();
    let (tenant, now, started_by) = (tx.tenant(), tx.now(), tx.actor().who.to_string());
    let stored = serde_json::to_value(&mapping).map_err(|error| MappingError::Malformed(error.to_string()))?;
    sqlx::query!(
        "insert into tenant.imports (tenant_id, id, channel_account_id, file_name, file_digest, format, mapping, columns, state, started_by, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 'uploaded', $9, $10)",
        tenant,
        id.uuid(),
        new.account.uuid(),
        last_part(&new.file_name),
        &digest[..],
        format.word(),
        stored,
        &columns,
        started_by,
        now
    )
    .execute(tx.conn())
    .await?;
    keep(tx, id, file).await?;
    Ok(import::lock(tx, id).await?)
}

async fn account_currency(tx: &mut TenantTx, account: ChannelAccountId) -> Result<Option<Currency>, UploadError> {
    let tenant = tx.tenant();
    let found = sqlx::query!("select kind, state, installation_id, currency::text from tenant.channel_accounts where tenant_id = $1 and id = $2", tenant, account.uuid()).fetch_optional(tx.conn()).await?;
    let found = found.ok_or(UploadError::UnknownAccount)?;
    // Two sources would race for one order with revisions of different kinds.
    if found.installation_id.is_some() {
        return Err(UploadError::ConnectedAccount(found.kind));
    }
    if found.state != "active" {
        return Err(UploadError::ClosedAccount(found.state));
    }
    Ok(found.currency.and_then(|code| code.parse().ok()))
}

/// The account a person means: its id, or a name that only one account has.
pub async fn account_named(tx: &mut TenantTx, _: Permit<RunImports>, wanted: &str) -> Result<ChannelAccountId, UploadError> {
    if let Ok(id) = wanted.parse() {
        return Ok(id);
    }
    let tenant = tx.tenant();
    let all = sqlx::query!("select id, name from tenant.channel_accounts where tenant_id = $1 and state <> 'disconnected' order by name limit 1000", tenant).fetch_all(tx.conn()).await?;
    let mut named = all.iter().filter(|account| account.name == wanted);
    match (named.next(), named.next()) {
        (Some(account), None) => Ok(ChannelAccountId(account.id)),
        (Some(_), Some(_)) => Err(UploadError::SeveralNamed(wanted.to_owned())),
        (None, _) => Err(UploadError::NoAccountNamed(wanted.to_owned(), all.iter().map(|a| a.name.as_str()).collect::<Vec<_>>().join(", "))),
    }
}

/// The account as orders name where they come from.
pub(super) async fn source(tx: &mut TenantTx, account: ChannelAccountId) -> Result<Source, UploadError> {
    let tenant = tx.tenant();
    let kind = sqlx::query_scalar!("select kind from tenant.channel_accounts where tenant_id = $1 and id = $2", tenant, account.uuid()).fetch_optional(tx.conn()).await?.ok_or(UploadError::UnknownAccount)?;
    Ok(Source { account, kind: kind.parse().map_err(|_| UploadError::UnknownAccount)? })
}

struct Head {
    file: File,
    format: Format,
    mapping: Mapping,
    columns: Vec<String>,
    digest: [u8; 32],
}

fn read_head(mut file: File, given: Option<Mapping>, defaults: Defaults, limits: &Limits) -> Result<Head, UploadError> {
    file.rewind().map_err(ReadError::Io)?;
    let look = text::look(&file, limits)?;
    let digest = digest(&file).map_err(ReadError::Io)?;
    let sheet = given.as_ref().and_then(|mapping| mapping.sheet.clone());
    // What a mapping says of delimiter and encoding counts for a CSV file; a workbook's text form is our own.
    let text = given.as_ref().filter(|_| look.format == Format::Csv).map_or(look.text, |mapping| mapping.text);
    let table = as_csv(&file, look, sheet.as_deref(), limits)?;
    let mut rows = Rows::open(table, text, *limits)?;
    let columns = rows.header().to_vec();
    let mapping = match given {
        Some(mapping) => Mapping { text, ..mapping },
        None => {
            let mut sample: Vec<Row> = Vec::new();
            while sample.len() < guess::SAMPLE_ROWS
                && let Some(row) = rows.next_row()?
            {
                sample.push(row);
            }
            guess::guess(&columns, &sample, text, defaults)
        }
    };
    mapping.layout(&columns)?;
    Ok(Head { file, format: look.format, mapping, columns, digest })
}

/// The file as CSV at its beginning: itself, or what its sheet spools to.
fn as_csv(file: &File, look: Look, sheet: Option<&str>, limits: &Limits) -> Result<File, ReadError> {
    let mut csv = match look.format {
        Format::Csv => file.try_clone()?,
        Format::Xlsx => {
            let mut spool = tempfile::tempfile()?;
            workbook::to_csv(file, sheet, limits, &mut spool)?;
            spool
        }
    };
    csv.rewind()?;
    Ok(csv)
}

async fn keep(tx: &mut TenantTx, id: ImportId, mut file: File) -> Result<(), UploadError> {
    let tenant = tx.tenant();
    file.rewind().map_err(ReadError::Io)?;
    for position in 0.. {
        let mut chunk = Vec::with_capacity(CHUNK_BYTES);
        (&file).take(CHUNK_BYTES as u64).read_to_end(&mut chunk).map_err(ReadError::Io)?;
        if chunk.is_empty() {
            break;
        }
        sqlx::query!("insert into tenant.import_chunks (tenant_id, import_id, position, bytes) values ($1, $2, $3, $4)", tenant, id.uuid(), position, chunk).execute(tx.conn()).await?;
    }
    Ok(())
}

/// The kept file of an import as CSV in a temporary file of this server.
pub(super) async fn fetch(tx: &mut TenantTx, import: &Import, limits: Limits) -> Result<File, UploadError> {
    let tenant = tx.tenant();
    let mut file = tempfile::tempfile().map_err(ReadError::Io)?;
    for position in 0.. {
        let chunk = sqlx::query_scalar!("select bytes from tenant.import_chunks where tenant_id = $1 and import_id = $2 and position = $3", tenant, import.id.uuid(), position).fetch_optional(tx.conn()).await?;
        match chunk {
            Some(bytes) => file.write_all(&bytes).map_err(ReadError::Io)?,
            None => break,
        }
    }
    let format = if import.format == Format::Xlsx.word() { Format::Xlsx } else { Format::Csv };
    let (look, sheet) = (Look { format, text: import.mapping.text }, import.mapping.sheet.clone());
    let spooled = tokio::task::spawn_blocking(move || as_csv(&file, look, sheet.as_deref(), &limits));
    Ok(spooled.await.map_err(|error| ReadError::Io(std::io::Error::other(error)))??)
}

/// A browser may send a path; the name is its last part.
fn last_part(path: &str) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let name: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
    if name.is_empty() { "orders".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_is_the_last_part_of_a_path() {
        for (path, name) in [("orders.csv", "orders.csv"), ("C:\\Users\\a\\đơn.xlsx", "đơn.xlsx"), ("/tmp/../x\0.csv", "x.csv"), ("a/", "orders")] {
            assert_eq!(last_part(path), name);
        }
    }
}
