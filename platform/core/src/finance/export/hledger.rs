//! The journal as hledger reads it: accounts and commodities declared, every amount explicit.

use super::{Posted, label, name, title};
use crate::finance::{account::Account, chart::Chart};
use chrono::NaiveDate;
use std::collections::BTreeSet;
use std::io::{self, Write};

pub fn head(to: &mut (dyn Write + Send), chart: Chart, accounts: &BTreeSet<Account>, currencies: &BTreeSet<String>) -> io::Result<()> {
    writeln!(to, "; the ledger of Switchyard, chart {}", chart.word())?;
    for currency in currencies {
        // Six decimals: amounts are shown as they are booked.
        writeln!(to, "commodity 1000.000000 {currency}")?;
    }
    for account in accounts {
        writeln!(to, "account {}  ; {}", name(account), label(chart, account))?;
    }
    Ok(())
}

pub fn entry(to: &mut (dyn Write + Send), entry: &Posted, day: NaiveDate) -> io::Result<()> {
    writeln!(to, "\n{day} * ({}) {}", entry.id, title(entry))?;
    for line in &entry.lines {
        writeln!(to, "    {}  {} {}", name(&line.account), line.amount.normalize(), entry.currency)?;
    }
    Ok(())
}
