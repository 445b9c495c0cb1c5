//! Rules about single files: their length and names, what they must not name, routes without a description.

use super::Files;

const LINES_MAX: usize = 600;
/// A longer file says in its first lines why: `// long: reason`.
const REASON: &str = "// long: ";

pub fn shape(files: &Files) -> Vec<String> {
    let mut remarks = Vec::new();
    for (path, text) in files.of("", ".rs").chain(files.of("", ".ts")).chain(files.of("", ".tsx")) {
        let lines = text.lines().count();
        if lines > LINES_MAX && !text.lines().take(20).any(|line| line.starts_with(REASON)) {
            remarks.push(format!("{path} has {lines} lines and no line that begins with {REASON:?}"));
        }
        let name = path.rsplit('/').next().unwrap_or(path).split('.').next().unwrap_or_default();
        if ["util", "utils", "helper", "helpers", "service", "services", "misc", "manager"].contains(&name) {
            remarks.push(format!("{path} leads nowhere: name it after what it holds"));
        }
        if path.ends_with(".rs") && !text.trim_start().starts_with("//!") && !text.trim_start().starts_with("#!") {
            remarks.push(format!("{path} has no head comment"));
        }
    }
    remarks
}

/// Folders of one machine and addresses of one registry mirror have no place in the project.
pub fn places(files: &Files) -> Vec<String> {
    let folders = ["work", "home", "Users"].map(|folder| format!("/{folder}/"));
    let mirrors = ["registry.npmmirror", "npm.pkg.", "artifactory", "nexus-repository", "resolved\": \"http"].map(str::to_owned);
    let words: Vec<String> = folders.into_iter().chain(mirrors).collect();
    let mut remarks = Vec::new();
    for (path, text) in files.of("", "") {
        if path == "xtask/src/tidy/source.rs" {
            continue;
        }
        for (line, number) in text.lines().zip(1..) {
            if let Some(word) = words.iter().find(|word| line.contains(word.as_str())) {
                remarks.push(format!("{path}:{number} names {word}"));
            }
        }
    }
    remarks
}

pub fn unfinished(files: &Files) -> Vec<String> {
    let mut remarks = Vec::new();
    for (path, text) in files.of("", ".rs").chain(files.of("", ".ts")).chain(files.of("", ".tsx")) {
        if path == "xtask/src/tidy/source.rs" {
            continue;
        }
        for (line, number) in text.lines().zip(1..) {
            if ["TODO", "FIXME", "XXX:", "#[ignore]", "todo!(", "unimplemented!(", "test.skip(", "it.only("].iter().any(|word| line.contains(word)) {
                remarks.push(format!("{path}:{number} {}", line.trim()));
            }
        }
    }
    remarks
}

/// A handler is registered through `routes!`, which takes its description along; a bare `.route(` would have none.
/// What lies outside the API (hooks, pages, probes) says so beside it.
pub fn routes(files: &Files) -> Vec<String> {
    let mut remarks = Vec::new();
    for (path, text) in files.of("platform/server/src/http/", ".rs") {
        let lines: Vec<&str> = text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let bare = line.contains(".route(\"/api") || line.contains(".route(\"/api/v1");
            let said = index > 0 && lines[index - 1].contains("// outside the description:");
            if bare && !said {
                remarks.push(format!("{path}:{} {}", index + 1, line.trim()));
            }
        }
    }
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_files_are_seen() {
        let long = "//! x\n".to_owned() + &"\n".repeat(LINES_MAX);
        let excused = "//! x\n// long: one table of 900 currencies\n".to_owned() + &"\n".repeat(LINES_MAX);
        let files = Files::made(&[
            ("a/long.rs", &long),
            ("a/table.rs", &excused),
            ("a/utils.rs", "//! x\n"),
            ("a/mute.rs", "fn x() {}\n"),
            ("a/paths.md", "see /home/me/notes\n"),
            ("a/later.rs", "//! x\n// TODO\n"),
            ("platform/server/src/http/x.rs", "//! x\n.route(\"/api/v1/secret\", get(x))\n"),
        ]);
        assert_eq!(shape(&files).len(), 3, "{:?}", shape(&files));
        assert_eq!(places(&files).len(), 1);
        assert_eq!(unfinished(&files).len(), 1);
        assert_eq!(routes(&files).len(), 1);
    }
}
