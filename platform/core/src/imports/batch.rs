//! A file as groups of facts ready to be written: read, grouped and assembled on a thread of its own, a few groups ahead
//! of the database and never more.

use super::Limits;
use super::group::{Group, Grouping, Plan};
use super::import::Import;
use super::mapping::Field;
use super::reader::{ReadError, Rows};
use super::rows::{Reading, Remarks, RowError};
use super::upload::UploadError;
use crate::orders::fact::Fact;
use std::fs::File;
use std::io::Seek;
use tokio::sync::mpsc;

/// Orders written in one transaction.
pub const BATCH_ORDERS: usize = 500;
/// Rows after which a batch is full whatever its orders.
const BATCH_ROWS: u64 = 10_000;
/// Batches read ahead.
const AHEAD: usize = 2;

#[derive(Debug, Default)]
pub struct Batch {
    pub facts: Vec<Fact>,
    pub errors: Vec<RowError>,
    pub remarks: Remarks,
    /// Rows of the file this batch deals with, imported or not.
    pub rows: u64,
    pub rows_failed: u64,
}

impl Batch {
    fn is_full(&self) -> bool {
        self.facts.len() >= BATCH_ORDERS || self.rows >= BATCH_ROWS
    }
    fn take(&mut self, group: Group, reading: &Reading) {
        let rows = group.rows();
        self.rows += rows;
        let errors = match group {
            Group::Stray(row) => reading.stray(&row),
            Group::Order { external_id, rows } => {
                let assembled = reading.assemble(external_id, &rows);
                for (code, count) in assembled.remarks {
                    *self.remarks.entry(code).or_default() += count;
                }
                match assembled.fact {
                    Ok(fact) => {
                        self.facts.push(fact);
                        return;
                    }
                    Err(errors) => errors,
                }
            }
        };
        self.rows_failed += rows;
        self.errors.extend(errors);
    }
}

/// What the reading thread tells.
#[derive(Debug)]
pub enum Told {
    /// The file was read through once: so many rows.
    Rows(u64),
    Batch(Batch),
    Broken(ReadError),
}

/// The batches of the file after the first `skip` rows dealt with, in a sequence that is the same every time (IMPORT-3).
pub fn read(import: &Import, csv: File, skip: u64, limits: Limits) -> Result<mpsc::Receiver<Told>, UploadError> {
    let layout = import.mapping.layout(&import.columns)?;
    let order_column = layout.of(Field::Order).unwrap_or_default();
    let reading = Reading::new(import.mapping.clone(), layout, import.columns.clone(), import.created_at, &limits);
    let (tell, told) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        if let Err(error) = tell_all(&reading, csv, order_column, skip, &limits, &tell) {
            // Nobody listens any more when the import was cancelled.
            let _ = tell.blocking_send(Told::Broken(error));
        }
    });
    Ok(told)
}

fn tell_all(reading: &Reading, mut csv: File, order_column: usize, skip: u64, limits: &Limits, tell: &mpsc::Sender<Told>) -> Result<(), ReadError> {
    let form = reading.mapping.text;
    let open = |csv: &mut File| -> Result<Rows<std::io::BufReader<File>>, ReadError> {
        csv.rewind()?;
        Rows::open(std::io::BufReader::with_capacity(256 * 1024, csv.try_clone()?), form, *limits)
    };
    let plan = Plan::scan(&mut open(&mut csv)?, order_column)?;
    if tell.blocking_send(Told::Rows(plan.rows_total)).is_err() {
        return Ok(());
    }
    let mut grouping = Grouping::new(open(&mut csv)?, plan, order_column, limits);
    let mut seen = 0;
    let mut batch = Batch::default();
    while let Some(group) = grouping.next_group()? {
        seen += group.rows();
        if seen <= skip {
            continue;
        }
        batch.take(group, reading);
        if batch.is_full() && tell.blocking_send(Told::Batch(std::mem::take(&mut batch))).is_err() {
            return Ok(());
        }
    }
    if batch.rows > 0 {
        let _ = tell.blocking_send(Told::Batch(batch));
    }
    Ok(())
}
