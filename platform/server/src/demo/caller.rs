//! A small client of the product's own interface, with a session as a browser has it.

use anyhow::{Context, bail};
use serde_json::Value;
use std::sync::Mutex;

pub struct Caller {
    http: reqwest::Client,
    url: String,
    cookie: Mutex<String>,
    /// Software of the merchant has a key in place of a session.
    key: Option<String>,
}

impl Caller {
    pub fn new(url: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { http, url: url.to_owned(), cookie: Mutex::new(String::new()), key: None })
    }

    /// The merchant's own software.
    pub fn with_key(url: &str, key: &str) -> anyhow::Result<Self> {
        Ok(Self { key: Some(key.to_owned()), ..Self::new(url)? })
    }

    /// A change of the version seen, without a body.
    pub async fn post_seen(&self, path: &str, version: i64) -> anyhow::Result<Value> {
        let (status, body) = self.send(self.http.post(format!("{}{path}", self.url)).header("if-match", format!("\"{version}\""))).await?;
        expect(path, status, body)
    }

    /// A change of what was seen, by PUT or PATCH.
    pub async fn change(&self, method: reqwest::Method, path: &str, version: i64, body: Value) -> anyhow::Result<Value> {
        let (status, body) = self.send(self.http.request(method, format!("{}{path}", self.url)).header("if-match", format!("\"{version}\"")).json(&body)).await?;
        expect(path, status, body)
    }

    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let (status, body) = self.send(self.http.get(format!("{}{path}", self.url))).await?;
        expect(path, status, body)
    }

    pub async fn post(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        let (status, body) = self.send(self.http.post(format!("{}{path}", self.url)).json(&body)).await?;
        expect(path, status, body)
    }

    /// A file as a form of one part.
    pub async fn upload(&self, path: &str, file_name: &str, bytes: &[u8]) -> anyhow::Result<Value> {
        let boundary = format!("switchyard-{}", uuid::Uuid::new_v4().simple());
        let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file_name}\"\r\nContent-Type: application/octet-stream\r\n\r\n");
        let body = [head.as_bytes(), bytes, format!("\r\n--{boundary}--\r\n").as_bytes()].concat();
        let request = self.http.post(format!("{}{path}", self.url)).header("content-type", format!("multipart/form-data; boundary={boundary}")).body(body);
        let (status, body) = self.send(request).await?;
        expect(path, status, body)
    }

    /// Nothing when the answer is 401.
    pub async fn try_post(&self, path: &str, body: Value) -> anyhow::Result<Option<Value>> {
        match self.send(self.http.post(format!("{}{path}", self.url)).json(&body)).await? {
            (401, _) => Ok(None),
            (status, body) => expect(path, status, body).map(Some),
        }
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> anyhow::Result<(u16, Value)> {
        let cookie = self.cookie.lock().map(|cookie| cookie.clone()).unwrap_or_default();
        let request = match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request.header("origin", &self.url).header("x-switchyard-csrf", "1").header("cookie", cookie),
        };
        let answer = request.send().await.context("the server did not answer")?;
        let set: Vec<&str> = answer.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()?.split(';').next()).collect();
        if let (Some(session), Ok(mut cookie)) = (set.iter().find(|pair| pair.contains("sy_session=")), self.cookie.lock()) {
            *cookie = (*session).to_owned();
        }
        let status = answer.status().as_u16();
        Ok((status, serde_json::from_slice(&answer.bytes().await?).unwrap_or(Value::Null)))
    }
}

fn expect(path: &str, status: u16, body: Value) -> anyhow::Result<Value> {
    if !(200..300).contains(&status) {
        let field = body["errors"][0]["detail"].as_str().unwrap_or_default();
        bail!("{path} answered {status}: {} {field}", body["detail"].as_str().or(body["title"].as_str()).unwrap_or("no reason given"));
    }
    Ok(body)
}
