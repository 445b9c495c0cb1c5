//! hledger, ledger and beancount read our journals: they accept every entry, and their balances are ours to the last digit
//! (EXPORT-1). A program that is not installed is said to be skipped.

use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use switchyard_core::finance::{
    balance,
    export::{self, Format, Span},
};
use tenants::{Actor, Directory, rights::ReadFinance};

/// A program on PATH, or in the Python environment that SWITCHYARD_PYTHON names.
fn program(name: &str) -> Option<PathBuf> {
    let python = std::env::var_os("SWITCHYARD_PYTHON").map(|folder| PathBuf::from(folder).join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).chain(python).map(|folder| folder.join(name)).find(|path| path.is_file());
    if found.is_none() {
        eprintln!("skipped: {name} is not installed");
    }
    found
}

fn run(program: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(program).args(arguments).env("LC_ALL", "C.UTF-8").output().expect("it runs");
    (output.status.success(), format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
}

/// Writes the tenant's ledger in both forms and asks the programs. Returns the number of entries.
pub async fn agree(directory: &Directory, actor: &Actor) -> u64 {
    let permit = actor.may::<ReadFinance>().expect("the right");
    let mut tx = directory.begin(actor).await.expect("a transaction");
    let ours: BTreeMap<(String, String), Decimal> = balance::trial(&mut tx, permit, None, far())
        .await
        .expect("balances")
        .into_iter()
        .filter(|row| !row.balance().is_zero())
        .map(|row| ((export::name(&row.account), row.currency.clone()), row.balance()))
        .collect();
    let folder = tempfile::tempdir().expect("a folder");
    let mut entries = 0;
    for format in [Format::Hledger, Format::Beancount] {
        let path = folder.path().join(format!("out.{}", format.extension()));
        let mut file = std::io::BufWriter::new(std::fs::File::create(&path).expect("a file"));
        entries = export::write(&mut tx, permit, format, Span::default(), None, &mut file, |_| {}).await.expect("the journal");
        drop(file);
        let path = path.to_str().expect("a plain path");
        match format {
            Format::Hledger => {
                hledger(path, &ours);
                ledger(path, &ours);
            }
            Format::Beancount => beancount(path),
        }
    }
    entries
}

fn far() -> kernel::Timestamp {
    "2999-01-01T00:00:00Z".parse().expect("an instant")
}

fn hledger(path: &str, ours: &BTreeMap<(String, String), Decimal>) {
    let Some(program) = program("hledger") else { return };
    let (accepted, said) = run(&program, &["-f", path, "check"]);
    assert!(accepted, "hledger check: {said}");
    let (read, csv) = run(&program, &["-f", path, "bal", "-O", "csv", "--layout=bare"]);
    assert!(read, "hledger bal: {csv}");
    let mut theirs = BTreeMap::new();
    for record in csv::Reader::from_reader(csv.as_bytes()).records().map(Result::unwrap).filter(|r| !["total", "Total:"].contains(&&r[0]) && &r[1] != "") {
        theirs.insert((record[0].to_owned(), record[1].to_owned()), record[2].replace(',', "").parse::<Decimal>().expect("a number").normalize());
    }
    theirs.retain(|_, amount| !amount.is_zero());
    assert_eq!(&theirs, ours, "hledger's balances");
}

fn ledger(path: &str, ours: &BTreeMap<(String, String), Decimal>) {
    let Some(program) = program("ledger") else { return };
    let (read, text) = run(&program, &["-f", path, "bal", "--flat", "--no-total", "--format", "%(account)|%(quantity(scrub(display_total)))|%(commodity(scrub(display_total)))\n"]);
    assert!(read, "ledger bal: {text}");
    // Several currencies in one account come as lines without a name; the scenarios that have them are left to hledger.
    if ours.keys().map(|(_, currency)| currency).collect::<std::collections::BTreeSet<_>>().len() > 1 {
        return;
    }
    let mut theirs = BTreeMap::new();
    for line in text.lines().filter(|line| line.contains('|')) {
        let cells: Vec<&str> = line.trim().split('|').collect();
        theirs.insert((cells[0].to_owned(), cells[2].to_owned()), cells[1].parse::<Decimal>().expect("a number").normalize());
    }
    theirs.retain(|_, amount| !amount.is_zero());
    assert_eq!(&theirs, ours, "ledger's balances");
}

fn beancount(path: &str) {
    let Some(program) = program("bean-check") else { return };
    let (accepted, said) = run(&program, &[path]);
    assert!(accepted, "bean-check: {said}");
}

/// What the programs refuse, so that their silence means something: one unit changed.
#[test]
fn export_1_the_programs_refuse_what_does_not_balance() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let entry = |sum: &str| format!("\n2026-01-01 * \"x\"\n  Assets:Cash:0main  100 VND\n  Income:Sales  {sum} VND\n");
    let head = "option \"tolerance_multiplier\" \"0\"\n1900-01-01 open Assets:Cash:0main\n1900-01-01 open Income:Sales\n";
    if let Some(program) = program("hledger") {
        assert!(run(&program, &["-f", &write("good.journal", &entry("-100")), "check"]).0);
        assert!(!run(&program, &["-f", &write("bad.journal", &entry("-101")), "check"]).0);
    }
    if let Some(program) = program("ledger") {
        assert!(!run(&program, &["-f", &write("bad.ledger", &entry("-101")), "bal"]).0);
    }
    if let Some(program) = program("bean-check") {
        assert!(run(&program, &[&write("good.beancount", &format!("{head}{}", entry("-100")))]).0);
        assert!(!run(&program, &[&write("bad.beancount", &format!("{head}{}", entry("-101")))]).0);
    }
}
