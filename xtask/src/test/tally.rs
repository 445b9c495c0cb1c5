//! Counting what different test runners report.

use crate::shell;
use anyhow::Result;
use std::process::Command;

#[derive(Debug, Default)]
pub struct Tally {
    pub passed: u64,
    pub failed: u64,
    /// The names of the parts that had a failure.
    pub broken: Vec<String>,
}

impl Tally {
    /// Runs a test runner and adds what it counts. A runner that fails and counted no failure is one failure.
    pub fn watch(&mut self, command: &mut Command) -> Result<()> {
        let before = self.failed;
        let mut counted = (0, 0);
        let succeeded = shell::watch(command, |line| {
            if let Some((passed, failed)) = counts(line) {
                counted = (counted.0 + passed, counted.1 + failed);
            }
        })?;
        self.passed += counted.0;
        self.failed += counted.1;
        self.failed += u64::from(!succeeded && self.failed == before);
        Ok(())
    }
}

/// Passed and failed of one summary line: nextest's, libtest's, vitest's, or our own closing line.
fn counts(line: &str) -> Option<(u64, u64)> {
    // Set in: what a failed test of nextest's said itself. It is in the summary already.
    let quoted = line.starts_with("    test result:");
    let line = line.trim();
    // node --test counts on lines of their own.
    for (word, is_failure) in [("pass", false), ("fail", true)] {
        let count = ["\u{2139}", "#"].iter().find_map(|mark| line.strip_prefix(mark)?.trim().strip_prefix(word)?.trim().parse().ok());
        if let Some(count) = count {
            return Some(if is_failure { (0, count) } else { (count, 0) });
        }
    }
    let summary = line.contains("tests run:")
        || line.contains("test run:")
        || (line.starts_with("test result:") && !quoted)
        || (line.starts_with("Tests ") && line.contains("passed"))
        || (line.starts_with("Tests ") && line.contains("failed"))
        || (line.starts_with(|c: char| c.is_ascii_digit()) && line.contains(" passed, ") && line.ends_with(" failed"));
    if !summary {
        return None;
    }
    let before = |word: &str| {
        let (head, _) = line.split_once(word)?;
        head.trim_end().rsplit(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    Some((before("passed").unwrap_or(0), before("failed").unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_of_every_runner_are_read() {
        assert_eq!(counts("     Summary [   8.019s] 9/19 tests run: 8 passed, 1 failed, 2 skipped"), Some((8, 1)));
        assert_eq!(counts("     Summary [   1.000s] 1 test run: 1 passed, 3 skipped"), Some((1, 0)));
        assert_eq!(counts("     Summary [   1.0s] 5 tests run: 5 passed (2 slow), 0 skipped"), Some((5, 0)));
        assert_eq!(counts("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured"), Some((3, 2)));
        assert_eq!(counts("    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured"), None);
        assert_eq!(counts("      Tests  1 failed | 11 passed (12)"), Some((11, 1)));
        assert_eq!(counts("      Tests  12 passed (12)"), Some((12, 0)));
        assert_eq!(counts("31 passed, 0 failed"), Some((31, 0)));
        assert_eq!((counts("\u{2139} pass 9"), counts("# fail 2"), counts("\u{2139} skipped 1")), (Some((9, 0)), Some((0, 2)), None));
        assert_eq!(counts("the order passed, nothing failed"), None);
    }

    #[test]
    fn a_runner_that_dies_is_a_failure() {
        let mut tally = Tally::default();
        tally.watch(&mut shell::command("sh", &["-c", "exit 3"])).unwrap();
        tally.watch(&mut shell::command("sh", &["-c", "echo '4 passed, 0 failed'"])).unwrap();
        tally.watch(&mut shell::command("sh", &["-c", "echo '1 passed, 2 failed'; exit 1"])).unwrap();
        assert_eq!((tally.passed, tally.failed), (5, 3));
    }
}
