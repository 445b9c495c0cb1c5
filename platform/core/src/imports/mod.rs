//! Imports: orders from a file of rows (CSV or XLSX), one row a line of an order.
//! Invariant IMPORT-1: facts of a group of orders, their row errors and the progress counters are written in one
//! transaction, so an import killed at any instant goes on exactly where it was.
//! Invariant IMPORT-2: a broken row holds back its own order, whole, and no other; every row that did not become part of
//! an order is in the error list with its reason.
//! Invariant IMPORT-3: the same file and the same mapping give the same orders in the same sequence.
//! Invariant IMPORT-4: memory does not grow with the file: one group of orders and the rows of orders not yet complete.

pub mod batch;
pub mod cells;
pub mod dry_run;
pub mod effect;
pub mod errors_csv;
pub mod group;
pub mod guess;
pub mod import;
pub mod mapping;
pub mod reader;
pub mod rows;
pub mod run;
pub mod text;
pub mod undo;
pub mod upload;
pub mod workbook;

/// How much a file may be. Tests give smaller ones.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub file_bytes: u64,
    /// What a workbook may unpack to.
    pub unpacked_bytes: u64,
    pub shared_strings_bytes: u64,
    pub rows: u64,
    pub columns: usize,
    pub cell_bytes: usize,
    pub row_bytes: u64,
    pub lines_per_order: usize,
    /// Rows held while the last row of their order is still to come.
    pub open_bytes: usize,
    /// Rows in error after which an import stops: the mapping is wrong then.
    pub errors: u64,
}

const MEBIBYTE: u64 = 1024 * 1024;

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 200 * MEBIBYTE,
            unpacked_bytes: 1024 * MEBIBYTE,
            shared_strings_bytes: 64 * MEBIBYTE,
            rows: 2_000_000,
            columns: 200,
            cell_bytes: 32 * 1024,
            row_bytes: MEBIBYTE,
            lines_per_order: crate::orders::intake::LINES_MAX,
            open_bytes: 64 * 1024 * 1024,
            errors: 100_000,
        }
    }
}
