//! Rows into orders, wherever in the file the rows of an order stand: a first pass finds each order's last row, the second
//! gives an order out when that row is read. What is held meanwhile has a limit.
//! Invariant IMPORT-3: orders come in the sequence of their last rows, so a file gives the same sequence every time.

use super::Limits;
use super::reader::{ReadError, Row, Rows};
use std::collections::HashMap;
use std::io::Read;

/// What the first pass found.
#[derive(Debug, Default)]
pub struct Plan {
    /// Order id -> number of its last row.
    last_rows: HashMap<Box<str>, u64>,
    pub rows_total: u64,
    pub orders_total: u64,
}

impl Plan {
    pub fn scan(rows: &mut Rows<impl Read>, order_column: usize) -> Result<Self, ReadError> {
        let mut plan = Self::default();
        while let Some(row) = rows.next_row()? {
            plan.rows_total += 1;
            let order = row.cell(order_column);
            match plan.last_rows.get_mut(order) {
                Some(last) => *last = row.number,
                None if order.is_empty() || order_is_broken(&row, order_column) => {}
                None => {
                    plan.last_rows.insert(order.into(), row.number);
                }
            }
        }
        plan.orders_total = plan.last_rows.len() as u64;
        Ok(plan)
    }
}

/// The order id itself could not be read: the row belongs to no order.
fn order_is_broken(row: &Row, order_column: usize) -> bool {
    row.fault.is_some_and(|(at, _)| at == order_column)
}

#[derive(Debug, PartialEq, Eq)]
pub enum Group {
    Order { external_id: String, rows: Vec<Row> },
    /// A row that names no order.
    Stray(Row),
}

impl Group {
    pub fn rows(&self) -> u64 {
        match self {
            Group::Order { rows, .. } => rows.len() as u64,
            Group::Stray(_) => 1,
        }
    }
}

pub struct Grouping<R: Read> {
    rows: Rows<R>,
    plan: Plan,
    order_column: usize,
    open: HashMap<String, Vec<Row>>,
    open_bytes: usize,
    open_bytes_max: usize,
}

impl<R: Read> Grouping<R> {
    pub fn new(rows: Rows<R>, plan: Plan, order_column: usize, limits: &Limits) -> Self {
        Self { rows, plan, order_column, open: HashMap::new(), open_bytes: 0, open_bytes_max: limits.open_bytes }
    }

    pub fn next_group(&mut self) -> Result<Option<Group>, ReadError> {
        while let Some(row) = self.rows.next_row()? {
            let order = row.cell(self.order_column);
            if order.is_empty() || order_is_broken(&row, self.order_column) {
                return Ok(Some(Group::Stray(row)));
            }
            let is_last = self.plan.last_rows.get(order).is_none_or(|last| row.number >= *last);
            self.open_bytes += row.weight();
            if is_last {
                let external_id = order.to_owned();
                let mut rows = self.open.remove(order).unwrap_or_default();
                rows.push(row);
                self.plan.last_rows.remove(external_id.as_str());
                self.open_bytes -= rows.iter().map(Row::weight).sum::<usize>();
                return Ok(Some(Group::Order { external_id, rows }));
            }
            if self.open_bytes > self.open_bytes_max {
                return Err(ReadError::OrdersTooFarApart);
            }
            match self.open.get_mut(order) {
                Some(rows) => rows.push(row),
                None => {
                    self.open.insert(order.to_owned(), vec![row]);
                }
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imports::mapping::TextForm;

    fn groups(file: &str, limits: &Limits) -> Result<Vec<String>, ReadError> {
        let open = || Rows::open(file.as_bytes(), TextForm::default(), *limits);
        let plan = Plan::scan(&mut open()?, 0)?;
        let mut grouping = Grouping::new(open()?, plan, 0, limits);
        let mut found = Vec::new();
        while let Some(group) = grouping.next_group()? {
            found.push(match group {
                Group::Order { external_id, rows } => format!("{external_id}:{}", rows.iter().map(|row| row.number.to_string()).collect::<Vec<_>>().join("+")),
                Group::Stray(row) => format!("stray {}", row.number),
            });
        }
        Ok(found)
    }

    #[test]
    fn import_3_orders_come_by_their_last_row() {
        let file = "id,x\n1,a\n2,a\n1,b\n,c\n3,a\n2,b\n1,c\n";
        let expected = ["stray 5", "3:6", "2:3+7", "1:2+4+8"];
        assert_eq!(groups(file, &Limits::default()).unwrap(), expected);
        assert_eq!(groups(file, &Limits::default()).unwrap(), expected);
    }

    #[test]
    fn import_4_rows_held_open_have_a_limit() {
        let apart: String = (0..2_000).chain(0..2_000).map(|order| format!("{order},x\n")).collect();
        let together: String = (0..4_000).map(|row| format!("{},x\n", row / 2)).collect();
        let limits = Limits { open_bytes: 100_000, ..Limits::default() };
        assert!(matches!(groups(&format!("id,x\n{apart}"), &limits), Err(ReadError::OrdersTooFarApart)));
        assert_eq!(groups(&format!("id,x\n{together}"), &limits).unwrap().len(), 2_000);
    }
}
