//! What an import would do, without doing it.

use super::Limits;
use super::batch::{self, Told};
use super::effect::{self, Change, Effect};
use super::import::{self, ImportError};
use super::rows::{Remarks, RowError};
use super::run::RunError;
use super::upload;
use kernel::ImportId;
use tenants::rights::ReadImports;
use tenants::{Actor, Directory};

/// Changed orders and errors shown.
const SAMPLE_MAX: usize = 20;
const ERRORS_MAX: usize = 100;

#[derive(Debug, Default)]
pub struct DryRun {
    pub rows_total: u64,
    pub orders_new: u64,
    pub orders_changed: u64,
    pub orders_same: u64,
    pub rows_failed: u64,
    pub remarks: Remarks,
    pub sample: Vec<ChangedOrder>,
    pub errors: Vec<RowError>,
}

#[derive(Debug)]
pub struct ChangedOrder {
    pub external_id: String,
    pub change: Vec<Change>,
}

/// Reads the whole file and compares each order with what is known of it. Writes nothing.
pub async fn dry_run(directory: &Directory, actor: &Actor, id: ImportId, limits: Limits) -> Result<DryRun, RunError> {
    let permit = actor.may::<ReadImports>()?;
    let mut tx = directory.begin(actor).await?;
    let import = import::get(&mut tx, permit, id).await?;
    if !import.state.can_run() {
        return Err(ImportError::WrongState { state: import.state, wanted: "dry-run" }.into());
    }
    let csv = upload::fetch(&mut tx, &import, limits).await?;
    tx.commit().await?;
    let mut told = batch::read(&import, csv, 0, limits)?;
    let mut found = DryRun::default();
    while let Some(told) = told.recv().await {
        match told {
            Told::Broken(error) => return Err(error.into()),
            Told::Rows(rows) => found.rows_total = rows,
            Told::Batch(batch) => {
                // A transaction a batch: none stays open while a large file is read.
                let mut tx = directory.begin(actor).await?;
                let effects = effect::effects(&mut tx, &import, &batch.facts).await?;
                tx.commit().await?;
                for (fact, effect) in batch.facts.into_iter().zip(effects) {
                    match effect {
                        Effect::New => found.orders_new += 1,
                        Effect::Same => found.orders_same += 1,
                        Effect::Changed(change) => {
                            found.orders_changed += 1;
                            if found.sample.len() < SAMPLE_MAX {
                                found.sample.push(ChangedOrder { external_id: fact.order, change });
                            }
                        }
                    }
                }
                found.rows_failed += batch.rows_failed;
                for (code, count) in batch.remarks {
                    *found.remarks.entry(code).or_default() += count;
                }
                let room = ERRORS_MAX - found.errors.len();
                found.errors.extend(batch.errors.into_iter().take(room));
            }
        }
    }
    Ok(found)
}
