//! The load: clients over plain sockets with connections kept open, as thin as they can be, since they share the cores.

use anyhow::{Context, bail};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What one round gave.
#[derive(Debug, Default)]
pub struct Round {
    pub per_second: f64,
    /// Of every request, sorted.
    latencies: Vec<Duration>,
}

impl Round {
    pub fn of(mut latencies: Vec<Duration>, took: Duration) -> Self {
        latencies.sort();
        Self { per_second: latencies.len() as f64 / took.as_secs_f64(), latencies }
    }
    /// Milliseconds under which `percent` of the requests stayed.
    pub fn percentile(&self, percent: usize) -> f64 {
        let at = (self.latencies.len() * percent / 100).min(self.latencies.len().saturating_sub(1));
        self.latencies.get(at).map_or(f64::NAN, |latency| latency.as_secs_f64() * 1_000.0)
    }
}

/// One connection to the server.
pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// A whole answer.
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Client {
    pub async fn connect(address: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(64 * 1024) })
    }

    /// Sends a request made by [`request`] and reads its answer, which tells its length.
    pub async fn send(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head_end = loop {
            if let Some(at) = find(&self.buffer, b"\r\n\r\n") {
                break at + 4;
            }
            self.fill().await?;
        };
        let head = std::str::from_utf8(self.buffer.get(..head_end).unwrap_or_default())?.to_ascii_lowercase();
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).context("no status")?;
        let Some(length) = head.lines().find_map(|line| line.strip_prefix("content-length:")).and_then(|text| text.trim().parse::<usize>().ok()) else {
            bail!("the answer does not tell its length: {head}");
        };
        while self.buffer.len() < head_end + length {
            self.fill().await?;
        }
        Ok(Answer { status, body: self.buffer.get(head_end..head_end + length).unwrap_or_default().to_vec() })
    }

    async fn fill(&mut self) -> anyhow::Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// A request as bytes.
pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: bench\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// `clients` at once, each on its own connection, sending what `next` makes of (client, turn) until `for_seconds` are over.
/// An answer other than `expected` ends the run.
pub async fn drive(address: &str, clients: usize, for_seconds: f64, expected: u16, next: impl Fn(usize, usize) -> Vec<u8>) -> anyhow::Result<Round> {
    let begun = Instant::now();
    let one = |client: usize| {
        let next = &next;
        async move {
            let mut connection = Client::connect(address).await?;
            let mut latencies = Vec::new();
            let mut turn = 0;
            while begun.elapsed().as_secs_f64() < for_seconds {
                let request = next(client, turn);
                let sent = Instant::now();
                let answer = connection.send(&request).await?;
                latencies.push(sent.elapsed());
                if answer.status != expected {
                    bail!("answered {}: {}", answer.status, String::from_utf8_lossy(&answer.body));
                }
                turn += 1;
            }
            Ok(latencies)
        }
    };
    let all = futures_util::future::try_join_all((0..clients).map(one)).await?;
    Ok(Round::of(all.into_iter().flatten().collect(), begun.elapsed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_sorted_list() {
        let round = Round::of((1..=200).rev().map(Duration::from_millis).collect(), Duration::from_secs(2));
        assert_eq!((round.per_second, round.percentile(50), round.percentile(99)), (100.0, 101.0, 199.0));
    }

    #[tokio::test]
    async fn an_answer_is_read_by_its_length() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut read = [0; 1000];
            let _ = socket.read(&mut read).await.unwrap();
            socket.write_all(b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhe").await.unwrap();
            socket.write_all(b"llo").await.unwrap();
        });
        let answer = Client::connect(&address).await.unwrap().send(&request("GET", "/", &[("a", "b")], b"")).await.unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (201, b"hello".as_slice()));
    }
}
