//! Printing as the server does it: the real printer, its seats, its time, and a server that has none. What a PDF says is
//! looked at in `invoices/paper.rs`.

use crate::invoices::{Office, goods, id};
use paper::{Limits, Sheet};
use serde_json::json;
use std::{path::Path, time::Duration};
use switchyard_server::{
    http::problem::Problem,
    printing::{Press, PrintError},
};

/// Longer than any print of these takes.
const PATIENCE: Duration = Duration::from_secs(120);
/// Shorter than a thousand lines take.
#[cfg(target_os = "linux")]
const IMPATIENCE: Duration = Duration::from_millis(400);

fn sheet(lines: usize) -> Sheet {
    let line = |n: usize| json!({"name": format!("Áo dài {n}"), "quantity": "1", "price": "1.000", "reductions": [], "amount": "1.000", "rate": "8%"});
    let party = |name: &str| json!({"label": "Seller", "name": name, "lines": []});
    serde_json::from_value(json!({
        "language": "vi", "title": "Hóa đơn", "number": "1C26TAA-7", "day": [2026, 7, 1], "colour": "#1f5f8b", "references": [], "facts": [],
        "seller": party("Công ty TNHH Sông Hồng"), "buyer": party("Khách lẻ"), "columns": ["#", "a", "b", "c", "d", "e"],
        "lines": (0..lines).map(line).collect::<Vec<_>>(), "rate_columns": ["r", "b", "t"], "rates": [],
        "totals": [{"label": "Tổng", "value": "1.080", "strong": true}], "notes": [], "footer": [], "page": "Trang",
    }))
    .expect("a sheet")
}

/// The printer under a name of its own, by which its processes are found.
struct Named {
    folder: tempfile::TempDir,
}

impl Named {
    fn new() -> Self {
        let named = Self { folder: tempfile::tempdir().expect("a folder") };
        named.put();
        named
    }
    fn put(&self) {
        std::os::unix::fs::symlink(kit::server::printer(), self.path()).expect("a link to the printer");
    }
    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("printer")
    }
    #[cfg(target_os = "linux")]
    fn runs(&self) -> bool {
        use std::os::unix::ffi::OsStrExt;
        let path = self.path();
        std::fs::read_dir("/proc").expect("processes").flatten().any(|process| {
            let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
            line.split(|byte| *byte == 0).next() == Some(path.as_os_str().as_bytes())
        })
    }
    #[cfg(target_os = "linux")]
    async fn until(&self, it_runs: bool) {
        let end = tokio::time::Instant::now() + PATIENCE;
        while self.runs() != it_runs {
            assert!(tokio::time::Instant::now() < end, "runs: {}", !it_runs);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn print_1_a_print_beyond_its_time_is_ended_and_its_seat_is_free() {
    let printer = Named::new();
    let press = Press::new(printer.path());
    let seats = press.free_seats();
    let hurried = press.within(Limits::STANDARD, IMPATIENCE);
    let asked = tokio::spawn(async move { hurried.print(sheet(1_000)).await });
    printer.until(true).await;
    assert_eq!(press.free_seats(), seats - 1);
    let told = asked.await.expect("it answers");
    assert!(matches!(told, Err(PrintError::TooSlow(_))), "{:?}", told.map(|pdf| pdf.len()));
    assert!(!printer.runs(), "the process is gone when that is said");
    assert_eq!(press.free_seats(), seats);
    let patient = press.within(Limits::STANDARD, PATIENCE);
    for pdf in [patient.print(sheet(1)).await, patient.print(sheet(2)).await, patient.print(sheet(3)).await] {
        assert!(pdf.expect("it is printed").starts_with(b"%PDF"));
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn print_1_who_leaves_takes_the_print_along() {
    let printer = Named::new();
    let press = Press::new(printer.path()).within(Limits::STANDARD, PATIENCE);
    let seats = press.free_seats();
    let asking = press.clone();
    let asked = tokio::spawn(async move { asking.print(sheet(1_000)).await });
    printer.until(true).await;
    asked.abort();
    printer.until(false).await;
    assert!(asked.await.is_err_and(|error| error.is_cancelled()), "it was ended before it was done");
    assert_eq!(press.free_seats(), seats);
}

#[tokio::test]
async fn print_1_what_turns_out_too_large_is_a_problem_with_its_limit() {
    let press = Press::new(kit::server::printer()).within(Limits { pages_max: 1, ..Limits::STANDARD }, PATIENCE);
    let problem = Problem::from(press.print(sheet(100)).await.expect_err("it has more than a page"));
    assert_eq!((problem.status.as_u16(), problem.code), (409, "too_many"));
    assert!(problem.detail.contains("3 pages: at most 1"), "{}", problem.detail);
}

#[tokio::test]
async fn print_2_a_server_without_a_printer_says_so_and_does_everything_else() {
    let printer = Named::new();
    std::fs::remove_file(printer.path()).expect("the link");
    let path = printer.path().display().to_string();
    let office = Office::open("DE", "EUR", &[("SWITCHYARD_PRINTER", &path)]).await;
    let order = office.sale(json!([goods("a", "1", "119", "19", "19.00")]), json!({})).await;
    let invoice = office.issued(&[&order]).await;
    let pdf = format!("/api/v1/invoices/{}/pdf", id(&invoice));
    let told = office.owner().get(&pdf).await.expect(503);
    assert_eq!(told.code(), "no_printer");
    let detail = told.json()["detail"].as_str().expect("a sentence").to_owned();
    assert!(detail.contains("switchyard-printer") && !detail.contains(&path), "{detail}");
    assert!(office.xml(&invoice).await.contains("119"));
    // It comes while the server runs.
    printer.put();
    assert!(Path::new(&path).exists());
    assert!(office.owner().get(&pdf).await.expect(200).body.starts_with(b"%PDF"));
}
