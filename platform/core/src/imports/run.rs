//! The import itself: group after group of orders, each in one transaction with its errors and the progress (IMPORT-1).
//! It can be killed anywhere and run again anywhere; two that run at once do nothing twice.

use super::Limits;
use super::batch::{self, Batch, Told};
use super::effect::{self, Effect};
use super::import::{self, Import, ImportError, ImportState};
use super::reader::ReadError;
use super::rows::RowError;
use super::upload::{self, UploadError};
use crate::orders::facts::FactsError;
use crate::orders::{Source, intake};
use kernel::ImportId;
use tenants::rights::{Forbidden, RunImports};
use tenants::{Actor, Directory, DirectoryError, TenantTx};

/// Why an import stopped before its end. After a database error it goes on when it is run again.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Upload(#[from] UploadError),
    #[error("more than {0} rows are broken: look at the error list and correct the mapping")]
    TooManyErrors(u64),
    #[error("another server goes on with this import")]
    Overtaken,
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    #[error(transparent)]
    Facts(#[from] FactsError),
    #[error(transparent)]
    Intake(#[from] intake::IntakeError),
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl RunError {
    /// The file will never do, however often it is tried.
    fn is_of_the_file(&self) -> bool {
        match self {
            RunError::Read(error) | RunError::Upload(UploadError::Read(error)) => !matches!(error, ReadError::Io(_)),
            RunError::TooManyErrors(_) | RunError::Upload(UploadError::Mapping(_)) => true,
            _ => false,
        }
    }
}

/// Runs an import that was started, from wherever it is to its end, to its cancellation or to what stops it.
/// `progress` is called after every group.
pub async fn run(directory: &Directory, actor: &Actor, id: ImportId, limits: Limits, mut progress: impl FnMut(&Import)) -> Result<Import, RunError> {
    actor.may::<RunImports>()?;
    let ended = drive(directory, actor, id, limits, &mut progress).await;
    let Err(error) = ended else { return ended };
    if error.is_of_the_file() {
        let mut tx = directory.begin(actor).await?;
        let import = import::lock(&mut tx, id).await?;
        if import.state == ImportState::Running {
            import::set_state(&mut tx, id, ImportState::Failed, Some(&error.to_string())).await?;
            tx.commit().await?;
        }
    }
    Err(error)
}

async fn drive(directory: &Directory, actor: &Actor, id: ImportId, limits: Limits, progress: &mut impl FnMut(&Import)) -> Result<Import, RunError> {
    let mut tx = directory.begin(actor).await?;
    let mut import = import::lock(&mut tx, id).await?;
    if import.state != ImportState::Running {
        return Err(ImportError::WrongState { state: import.state, wanted: "run" }.into());
    }
    too_many_errors(&import, &limits)?;
    let source = upload::source(&mut tx, import.account).await?;
    let csv = upload::fetch(&mut tx, &import, limits).await?;
    tx.commit().await?;
    let mut told = batch::read(&import, csv, u64::try_from(import.rows_done).unwrap_or_default(), limits)?;
    while let Some(told) = told.recv().await {
        match told {
            Told::Broken(error) => return Err(error.into()),
            Told::Rows(rows) => {
                let mut tx = directory.begin(actor).await?;
                let (tenant, rows) = (tx.tenant(), i64::try_from(rows).unwrap_or(i64::MAX));
                sqlx::query!("update tenant.imports set rows_total = $3 where tenant_id = $1 and id = $2", tenant, id.uuid(), rows).execute(tx.conn()).await?;
                tx.commit().await?;
                import.rows_total = Some(rows);
                progress(&import);
            }
            Told::Batch(batch) => {
                let mut tx = directory.begin(actor).await?;
                let now_at = import::lock(&mut tx, id).await?;
                if now_at.state != ImportState::Running {
                    return Ok(now_at);
                }
                if now_at.rows_done != import.rows_done {
                    return Err(RunError::Overtaken);
                }
                import = write(&mut tx, now_at, source, batch).await?;
                tx.commit().await?;
                progress(&import);
                too_many_errors(&import, &limits)?;
            }
        }
    }
    let mut tx = directory.begin(actor).await?;
    let now_at = import::lock(&mut tx, id).await?;
    if now_at.state != ImportState::Running {
        return Ok(now_at);
    }
    if now_at.rows_done != import.rows_done {
        return Err(RunError::Overtaken);
    }
    import::set_state(&mut tx, id, ImportState::Done, None).await?;
    let done = import::lock(&mut tx, id).await?;
    tx.commit().await?;
    progress(&done);
    Ok(done)
}

fn too_many_errors(import: &Import, limits: &Limits) -> Result<(), RunError> {
    match u64::try_from(import.rows_failed) {
        Ok(failed) if failed > limits.errors => Err(RunError::TooManyErrors(limits.errors)),
        _ => Ok(()),
    }
}

/// One group: facts, errors and progress, to be committed together (IMPORT-1).
async fn write(tx: &mut TenantTx, mut import: Import, source: Source, batch: Batch) -> Result<Import, RunError> {
    let effects = effect::effects(tx, &import, &batch.facts).await?;
    let orders = batch.facts.len() as i64;
    let telling: Vec<_> = batch.facts.into_iter().zip(effects).filter(|(_, effect)| *effect != Effect::Same).map(|(fact, _)| fact).collect();
    let applied = intake::apply(tx, source, telling, &import.cause()).await?;
    keep_errors(tx, import.id, &batch.errors).await?;
    import.rows_done += i64::try_from(batch.rows).unwrap_or_default();
    import.rows_failed += i64::try_from(batch.rows_failed).unwrap_or_default();
    import.orders_done += orders;
    import.orders_new += applied.iter().filter(|applied| applied.created).count() as i64;
    import.orders_changed += applied.iter().filter(|applied| applied.changed && !applied.created).count() as i64;
    for (code, count) in batch.remarks {
        *import.remarks.entry(code).or_default() += count;
    }
    let remarks = serde_json::to_value(&import.remarks).map_err(|error| ImportError::Corrupt(error.to_string()))?;
    let tenant = tx.tenant();
    sqlx::query!(
        "update tenant.imports set rows_done = $3, rows_failed = $4, orders_done = $5, orders_new = $6, orders_changed = $7, remarks = $8
         where tenant_id = $1 and id = $2",
        tenant,
        import.id.uuid(),
        import.rows_done,
        import.rows_failed,
        import.orders_done,
        import.orders_new,
        import.orders_changed,
        remarks
    )
    .execute(tx.conn())
    .await?;
    Ok(import)
}

async fn keep_errors(tx: &mut TenantTx, id: ImportId, errors: &[RowError]) -> Result<(), sqlx::Error> {
    if errors.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant();
    let rows: Vec<i64> = errors.iter().map(|error| i64::try_from(error.row).unwrap_or(i64::MAX)).collect();
    let fields: Vec<String> = errors.iter().map(|error| error.field.to_owned()).collect();
    let messages: Vec<String> = errors.iter().map(|error| error.message.replace('\0', "\u{fffd}")).collect();
    let texts: Vec<String> = errors.iter().map(|error| error.text.clone()).collect();
    // Two faults of one field in one row are told as the first of them.
    sqlx::query!(
        "insert into tenant.import_errors (tenant_id, import_id, row_number, field, message, row)
         select $1, $2, e.* from unnest($3::bigint[], $4::text[], $5::text[], $6::text[]) as e
         on conflict do nothing",
        tenant,
        id.uuid(),
        &rows,
        &fields,
        &messages,
        &texts
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
