//! The printer as a program: what goes in, what comes out, what it gives up.
//! Invariant PRINTER-1: it prints within its bounds or not at all.

use paper::{Attachment, EXIT_REFUSED, EXIT_UNREADABLE, Job, Limits, Sheet};
use serde_json::json;
use std::{
    io::Write,
    process::{Child, Command, Output, Stdio},
};

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

fn start() -> Child {
    Command::new(env!("CARGO_BIN_EXE_switchyard-printer")).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the printer starts")
}

fn tell(job: &[u8]) -> Output {
    let mut child = start();
    let mut stdin = child.stdin.take().expect("its input");
    // A printer that refuses early closes its end.
    let _ = stdin.write_all(job);
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

#[test]
fn paper_2_two_processes_print_the_same() {
    let mut sheet = sheet(40);
    let data = "<HDon>\n1C26TAA-7</HDon>\n";
    sheet.attachment = Some(Attachment { name: "1C26TAA-7.xml".to_owned(), media_type: "application/xml".to_owned(), description: "data".to_owned(), bytes: data.into() });
    let job = Job::new(sheet, Limits::STANDARD).write().expect("a job");
    let [first, second] = [tell(&job), tell(&job)];
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    assert!(first.stdout.starts_with(b"%PDF-1.7") && first.stdout == second.stdout);
}

#[test]
fn printer_1_what_is_not_printed_is_a_sentence_and_an_exit_code() {
    let job = |sheet, limits| Job::new(sheet, limits).write().expect("a job");
    let too_long = tell(&job(sheet(100), Limits { pages_max: 2, ..Limits::STANDARD }));
    assert_eq!(too_long.status.code(), Some(EXIT_REFUSED.into()));
    assert_eq!(String::from_utf8_lossy(&too_long.stderr), "the document has 3 pages: at most 2 are printed\n");
    for unknown in [&b"{}\n"[..], b"", b"{\"edition\":1}\n"] {
        let told = tell(unknown);
        assert_eq!((told.status.code(), told.stdout.len()), (Some(EXIT_UNREADABLE.into()), 0));
        assert!(!told.stderr.is_empty());
    }
    // A colour that is none: a fault of ours, which is neither.
    let mut faulty = sheet(1);
    faulty.colour = "green".to_owned();
    let told = tell(&job(faulty, Limits::STANDARD));
    assert_eq!((told.status.code(), told.stdout.len()), (Some(1), 0));
    assert!(String::from_utf8_lossy(&told.stderr).contains("cannot be printed"));
}

#[cfg(target_os = "linux")]
#[test]
fn printer_1_memory_time_and_files_are_given_up_before_a_job_is_read() {
    let mut child = start();
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    let bounds = loop {
        let bounds = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).expect("its limits");
        let of = |name: &str| bounds.lines().find_map(|line| line.strip_prefix(name)).and_then(|rest| rest.split_whitespace().next().map(str::to_owned));
        // The last of them that is set.
        if of("Max open files").as_deref() == Some("3") {
            break ["Max cpu time", "Max address space", "Max file size", "Max core file size"].map(of);
        }
        assert!(std::time::Instant::now() < until, "{bounds}");
        std::thread::sleep(std::time::Duration::from_millis(5));
    };
    assert_eq!(bounds.map(|bound| bound.expect("a bound")), ["60".to_owned(), (2_u64 << 30).to_string(), "0".to_owned(), "0".to_owned()]);
    child.kill().expect("it is killed");
    child.wait().expect("it ended");
}
