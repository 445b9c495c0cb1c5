//! The rows that were not imported, as CSV: put right and uploaded again they become the missing orders.
//! Invariant IMPORT-5: no cell of it is a formula for the spreadsheet it is opened with.

use super::import::Import;
use kernel::ImportId;
use tenants::rights::ReadImports;
use tenants::{Permit, TenantTx};

/// Rows of one page.
const PAGE_ROWS: i64 = 1_000;

/// The header row: the file's own columns, then where and what is wrong.
pub fn header(import: &Import) -> Vec<u8> {
    let own = import.columns.iter().map(|name| guarded(name));
    line(own.chain(["error_row", "error_field", "error"].map(str::to_owned)))
}

/// The failed rows after `after`, and the number of the last one of them when more may follow.
pub async fn page(tx: &mut TenantTx, _: Permit<ReadImports>, import: &Import, after: u64) -> Result<(Vec<u8>, Option<u64>), sqlx::Error> {
    let tenant = tx.tenant();
    let id: ImportId = import.id;
    let found = sqlx::query!(
        r#"select row_number, string_agg(field, ', ' order by field) as "fields!", string_agg(message, '; ' order by field) as "messages!", min(row) as "row!"
           from tenant.import_errors where tenant_id = $1 and import_id = $2 and row_number > $3
           group by row_number order by row_number limit $4"#,
        tenant,
        id.uuid(),
        i64::try_from(after).unwrap_or(i64::MAX),
        PAGE_ROWS
    )
    .fetch_all(tx.conn())
    .await?;
    let mut text = Vec::new();
    for error in &found {
        text.extend(failed_row(import.columns.len(), error.row_number, &error.fields, &error.messages, &error.row));
    }
    let more = if found.len() as i64 == PAGE_ROWS { found.last().and_then(|last| u64::try_from(last.row_number).ok()) } else { None };
    Ok((text, more))
}

fn failed_row(columns: usize, number: i64, fields: &str, messages: &str, row: &str) -> Vec<u8> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(row.as_bytes());
    let cells = reader.records().next().and_then(Result::ok).unwrap_or_default();
    let width = columns.max(cells.len());
    let own = (0..width).map(|at| guarded(cells.get(at).unwrap_or_default()));
    line(own.chain([number.to_string(), guarded(fields), guarded(messages)]))
}

fn line(cells: impl Iterator<Item = String>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(cells);
    writer.into_inner().unwrap_or_default()
}

/// A cell that a spreadsheet would run begins with an apostrophe instead. Plain numbers stay numbers.
/// Source: OWASP, "CSV Injection": = + - @, tab, carriage return, line feed and their full-width forms.
pub fn guarded(cell: &str) -> String {
    let runs = cell.trim_start_matches(' ').starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠', '|', '%']);
    let number = cell.strip_prefix('-').is_some_and(|digits| digits.starts_with(|c: char| c.is_ascii_digit()) && digits.chars().all(|c| c.is_ascii_digit() || c == '.' || c == ','));
    if runs && !number { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn import_5_no_cell_is_a_formula() {
        for cell in ["=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\tx", "\r=1", "\n=1", " =1", "＝1", "|x", "%x", "--1"] {
            assert_eq!(guarded(cell), format!("'{cell}"), "{cell:?}");
        }
        for cell in ["-3", "-12.50", "-1.250,5", "plain", "", "a=b", "2010-12-01"] {
            assert_eq!(guarded(cell), cell);
        }
    }

    #[test]
    fn a_failed_row_keeps_its_cells_and_gains_the_reason() {
        let text = failed_row(3, 7, "quantity", "column \"qty\": is empty", "536365,\"=HYPERLINK(\"\"x\"\")\",-1");
        assert_eq!(String::from_utf8(text).unwrap(), "536365,\"'=HYPERLINK(\"\"x\"\")\",-1,7,quantity,\"column \"\"qty\"\": is empty\"\n");
        let short = failed_row(3, 8, "row", "x", "1");
        assert_eq!(String::from_utf8(short).unwrap(), "1,,,8,row,x\n");
    }
}
