//! The journal as beancount reads it: accounts opened, no tolerance.

use super::{Posted, label, name, title};
use crate::finance::{account::Account, chart::Chart};
use chrono::NaiveDate;
use std::collections::BTreeSet;
use std::io::{self, Write};

pub fn head(to: &mut (dyn Write + Send), chart: Chart, accounts: &BTreeSet<Account>, currencies: &BTreeSet<String>) -> io::Result<()> {
    writeln!(to, "; the ledger of Switchyard, chart {}", chart.word())?;
    writeln!(to, "option \"title\" \"Switchyard\"\noption \"tolerance_multiplier\" \"0\"")?;
    for currency in currencies {
        writeln!(to, "1900-01-01 commodity {currency}")?;
    }
    for account in accounts {
        writeln!(to, "1900-01-01 open {}\n  label: \"{}\"", name(account), label(chart, account))?;
    }
    Ok(())
}

pub fn entry(to: &mut (dyn Write + Send), entry: &Posted, day: NaiveDate) -> io::Result<()> {
    writeln!(to, "\n{day} * \"{}\"\n  entry: \"{}\"", title(entry), entry.id)?;
    for line in &entry.lines {
        writeln!(to, "  {}  {} {}", name(&line.account), line.amount.normalize(), entry.currency)?;
    }
    Ok(())
}
