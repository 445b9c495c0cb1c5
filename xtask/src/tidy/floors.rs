//! Who may import whom: `kernel <- tenants <- core <- host <- server`, and the rooms inside core.

use super::Files;

/// Crate folder, its package word in manifests, and what it may depend on.
const CRATES: [(&str, &[&str]); 10] = [
    ("platform/kernel", &[]),
    ("platform/postgres", &[]),
    ("platform/simulator", &[]),
    ("platform/confine", &[]),
    ("platform/paper", &[]),
    ("platform/printer", &["confine", "paper"]),
    ("tenants", &["kernel"]),
    ("platform/core", &["kernel", "tenants"]),
    ("platform/host", &["confine", "kernel", "tenants", "switchyard_core"]),
    ("platform/server", &["kernel", "tenants", "switchyard_core", "switchyard_host", "postgres_cluster", "simulator", "paper"]),
];
const OURS: [&str; 10] = ["kernel", "postgres_cluster", "tenants", "switchyard_core", "switchyard_host", "simulator", "confine", "paper", "switchyard_printer", "switchyard_server"];

/// A room may import rooms of lower rank only.
const ROOMS: [(&str, u8); 22] = [
    ("events", 0), ("parties", 1), ("stock", 2), ("tracks", 2), ("pricing", 2), ("products", 2), ("finance", 2), ("attribution", 3),
    ("orders", 4), ("credit", 5), ("returns", 5), ("channels", 5), ("invoices", 5), ("quotes", 5), ("mapping", 5), ("customers", 5), ("receivables", 6), ("imports", 6), ("bank", 7), ("settlement", 8),
    ("analytics", 9), ("verify", 10),
];

pub fn crates(files: &Files) -> Vec<String> {
    let mut remarks = Vec::new();
    for (folder, allowed) in CRATES {
        let manifest = format!("{folder}/Cargo.toml");
        for (path, text) in files.of(&manifest, "Cargo.toml") {
            for word in OURS {
                let used = text.lines().any(|line| line.strip_prefix(word).is_some_and(|rest| rest.starts_with(['.', ' ', '='])));
                if used && !allowed.contains(&word) {
                    remarks.push(format!("{path} depends on {word}"));
                }
            }
        }
    }
    remarks
}

pub fn rooms(files: &Files) -> Vec<String> {
    let mut remarks = Vec::new();
    for (path, text) in files.of("platform/core/src/", ".rs") {
        let Some((room, _)) = path["platform/core/src/".len()..].split_once('/') else { continue };
        let Some((_, rank)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            remarks.push(format!("{path}: the room {room} has no rank in xtask/src/tidy/floors.rs"));
            continue;
        };
        for (line, number) in text.lines().zip(1..) {
            for (other, its_rank) in ROOMS {
                let imports = line.contains(&format!("crate::{other}::")) || line.contains(&format!("crate::{other};"));
                if other != room && its_rank >= *rank && imports && !line.trim_start().starts_with("//") {
                    remarks.push(format!("{path}:{number} imports {other}"));
                }
            }
        }
    }
    remarks
}

pub fn owners(files: &Files) -> Vec<String> {
    // What must stay in one crate, and the folders that may say it.
    let words: [(&str, &[&str]); 5] = [
        ("PgPool", &["tenants/", "platform/server/src/jobs", "tests/", "bench/", "xtask/"]),
        ("wasmtime::", &["platform/host/", "tests/", "bench/", "xtask/"]),
        ("axum::", &["platform/server/", "platform/simulator/", "tests/", "bench/", "xtask/"]),
        ("typst::", &["platform/printer/", "xtask/"]),
        ("postgres_cluster::", &["platform/postgres/", "platform/server/", "tests/", "bench/", "xtask/"]),
    ];
    let mut remarks = Vec::new();
    for (path, text) in files.of("", ".rs") {
        for (word, places) in words {
            if places.iter().any(|place| path.starts_with(place)) {
                continue;
            }
            if let Some((_, number)) = text.lines().zip(1..).find(|(line, _)| line.contains(word) && !line.trim_start().starts_with("//")) {
                remarks.push(format!("{path}:{number} uses {word}"));
            }
        }
    }
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_upwards_is_seen() {
        let files = Files::made(&[
            ("platform/core/Cargo.toml", "[dependencies]\nkernel.workspace = true\nswitchyard_host.workspace = true\n"),
            ("platform/core/src/orders/list.rs", "use crate::events::append;\nuse crate::channels::account;\n"),
            ("platform/core/src/cellar/mod.rs", ""),
            ("platform/core/src/orders/place.rs", "use sqlx::PgPool;\n"),
        ]);
        assert_eq!(crates(&files), ["platform/core/Cargo.toml depends on switchyard_host"]);
        assert_eq!(rooms(&files).len(), 2, "{:?}", rooms(&files));
        assert_eq!(owners(&files), ["platform/core/src/orders/place.rs:1 uses PgPool"]);
    }
}
