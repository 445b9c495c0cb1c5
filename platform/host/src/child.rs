//! Programs of ours that run in processes of their own, because what they are given may make them crash, swell or never end:
//! the compiler of plugins, the printer. Such a program gets its input on stdin, answers on stdout and says on stderr what is
//! wrong; its environment is empty but for how it may use the machine. What it may use, it bounds itself (`confine`).
//! Invariant CHILD-1: whatever the program does, asking it ends in time, and when it has ended no process is left.

use std::{
    path::Path,
    process::{ExitStatus, Stdio},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, Command},
    time::Instant,
};

const MESSAGE_BYTES_MAX: u64 = 4096;
/// Few threads and arenas: each reserves address space.
const ENVIRONMENT: [(&str, &str); 2] = [("RAYON_NUM_THREADS", "2"), ("MALLOC_ARENA_MAX", "2")];

pub struct Program<'a> {
    pub path: &'a Path,
    pub arguments: &'a [&'a str],
    pub answer_bytes_max: u64,
}

#[derive(Debug)]
pub struct Answer {
    pub status: ExitStatus,
    pub bytes: Vec<u8>,
    /// What it said on stderr, cut.
    pub message: String,
}

#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    #[error("it took too long and was ended")]
    TooSlow,
    #[error("it answered with more than it may and was ended")]
    TooMuch,
    #[error("it cannot be run: {0}")]
    Run(#[from] std::io::Error),
}

impl Program<'_> {
    /// Runs it to its end, at most until then. Who stops waiting ends it as well.
    pub async fn ask(&self, input: &[u8], until: Instant) -> Result<Answer, ChildError> {
        let mut child = Command::new(self.path)
            .args(self.arguments)
            .env_clear()
            .envs(ENVIRONMENT)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let told = tokio::time::timeout_at(until, talk(&mut child, input, self.answer_bytes_max)).await.unwrap_or(Err(ChildError::TooSlow));
        if told.is_err() {
            // Waits until it is gone. An error says that it is already.
            let _ = child.kill().await;
        }
        told
    }
}

async fn talk(child: &mut Child, input: &[u8], answer_bytes_max: u64) -> Result<Answer, ChildError> {
    let (Some(mut stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take()) else {
        return Err(ChildError::Run(std::io::Error::other("the pipes are missing")));
    };
    let (mut bytes, mut message) = (Vec::new(), Vec::new());
    let feed = async move {
        // It may refuse before it has read everything: a broken pipe is its answer, not our failure.
        let _ = stdin.write_all(input).await;
        Ok::<(), ChildError>(())
    };
    let hear = async {
        let heard = stdout.take(answer_bytes_max.saturating_add(1)).read_to_end(&mut bytes).await?;
        if heard as u64 > answer_bytes_max { Err(ChildError::TooMuch) } else { Ok(()) }
    };
    let listen = async {
        stderr.take(MESSAGE_BYTES_MAX).read_to_end(&mut message).await?;
        Ok::<(), ChildError>(())
    };
    tokio::try_join!(feed, hear, listen)?;
    let status = child.wait().await?;
    Ok(Answer { status, bytes, message: String::from_utf8_lossy(&message).into_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    async fn sh(script: &str, input: &[u8], answer_bytes_max: u64, patience: Duration) -> Result<Answer, ChildError> {
        Program { path: Path::new("/bin/sh"), arguments: &["-c", script], answer_bytes_max }.ask(input, Instant::now() + patience).await
    }

    const PATIENCE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn child_1_what_it_says_arrives_whole_while_it_is_still_told() {
        // More than any pipe holds, in both directions at once.
        let input = vec![b'x'; 4 << 20];
        let answer = sh("cat; echo odd >&2; exit 3", &input, 4 << 20, PATIENCE).await.unwrap();
        assert!(answer.bytes == input && answer.message == "odd\n" && answer.status.code() == Some(3), "{} {:?} {}", answer.bytes.len(), answer.message, answer.status);
        // It does not listen.
        assert!(sh("exit 0", &input, 0, PATIENCE).await.unwrap().status.success());
        // It does not stop complaining.
        assert_eq!(sh("yes >&2", b"", 0, PATIENCE).await.unwrap().message.len() as u64, MESSAGE_BYTES_MAX);
    }

    #[tokio::test]
    async fn child_1_nothing_of_our_environment_reaches_it() {
        let answer = sh("exec /usr/bin/env", b"", 1 << 16, PATIENCE).await.unwrap();
        let told = String::from_utf8(answer.bytes).unwrap();
        let mut names: Vec<&str> = told.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).filter(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(name)).collect();
        names.sort_unstable();
        assert_eq!(names, ["MALLOC_ARENA_MAX", "RAYON_NUM_THREADS"]);
    }

    #[tokio::test]
    async fn child_1_a_program_that_is_not_there_is_said_so() {
        let missing = Program { path: Path::new("/nowhere/printer"), arguments: &[], answer_bytes_max: 0 };
        assert!(matches!(missing.ask(b"", Instant::now() + PATIENCE).await, Err(ChildError::Run(error)) if error.kind() == std::io::ErrorKind::NotFound));
    }

    /// Whether a process has the word among its arguments.
    #[cfg(target_os = "linux")]
    fn runs(word: &str) -> bool {
        std::fs::read_dir("/proc").unwrap().flatten().any(|process| {
            let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
            line.split(|byte| *byte == 0).any(|argument| argument == word.as_bytes())
        })
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn child_1_what_takes_too_long_or_says_too_much_is_gone() {
        let slow = format!("{}", 1_000_000 + std::process::id());
        let sleep = Program { path: Path::new("/bin/sleep"), arguments: &[&slow], answer_bytes_max: 0 };
        assert!(matches!(sleep.ask(b"", Instant::now() + Duration::from_millis(200)).await, Err(ChildError::TooSlow)));
        assert!(!runs(&slow), "it still sleeps");
        let wordy = format!("word{}", std::process::id());
        let yes = Program { path: Path::new("/usr/bin/yes"), arguments: &[&wordy], answer_bytes_max: 1_000 };
        assert!(matches!(yes.ask(b"", Instant::now() + PATIENCE).await, Err(ChildError::TooMuch)));
        assert!(!runs(&wordy), "it still talks");
        // Nobody waits any more: it is ended, a moment later.
        let left = format!("{}", 2_000_000_000 + u64::from(std::process::id()));
        let sleep = Program { path: Path::new("/bin/sleep"), arguments: &[&left], answer_bytes_max: 0 };
        assert!(tokio::time::timeout(Duration::from_millis(200), sleep.ask(b"", Instant::now() + PATIENCE)).await.is_err());
        let until = Instant::now() + PATIENCE;
        while runs(&left) {
            assert!(Instant::now() < until, "it still sleeps");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
