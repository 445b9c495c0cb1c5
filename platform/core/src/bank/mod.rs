//! The bank: accounts, the statements it gives (CSV, MT940, CAMT.053), and what each of their lines was found to be.
//! Invariant BANK-1: a line is matched once or not at all, from however many connections; the parts of a match sum to its
//! line, and no part is more than what waits on its order.
//! Invariant BANK-2: a statement whose opening balance and lines do not make its closing balance is refused whole.
//! Invariant BANK-3: a line is kept once, however often and in whatever files it is told; no line is dropped.
//! Invariant BANK-4: what matches posted to `bank:{account}` is the sum of the lines that are matched.
//! Invariant BANK-5: only what one rule finds beyond doubt is matched by itself; everything else is suggested, with its reason.

pub mod account;
pub mod camt;
pub mod csv;
pub mod file;
pub mod import;
pub mod lines;
pub mod matching;
pub mod mt940;
pub mod suggest;
pub mod verify;
