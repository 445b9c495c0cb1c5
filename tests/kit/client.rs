//! A caller over real HTTP: keeps its cookies as a browser would, sends what a browser would send.

use crate::canary::Canary;
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::Value;
use std::sync::{Arc, Mutex};

#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    pub base: String,
    cookies: Arc<Mutex<Vec<(String, String)>>>,
    bearer: Option<String>,
    canary: Canary,
}

/// A whole answer, read.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{}: not JSON ({e}): {}", self.status, self.text()))
    }
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
    /// The answer, when it has the status; otherwise the test ends with what came instead.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }
    /// A problem's code.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl Client {
    pub fn new(base: &str, canary: Canary) -> Self {
        crate::server::tls_provider();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().expect("a client");
        Self { http, base: base.to_owned(), cookies: Arc::default(), bearer: None, canary }
    }

    /// The same server, nobody logged in.
    pub fn stranger(&self) -> Self {
        Self { cookies: Arc::default(), bearer: None, canary: self.canary.stranger(), ..self.clone() }
    }

    /// The same server with an API key.
    pub fn with_key(&self, secret: &str) -> Self {
        Self { cookies: Arc::default(), bearer: Some(secret.to_owned()), ..self.clone() }
    }

    /// Belongs to this tenant's marker from now on: no answer may hold another's.
    pub fn belonging_to(mut self, canary: Canary) -> Self {
        self.canary = canary;
        self
    }

    pub fn canary(&self) -> &Canary {
        &self.canary
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().iter().find(|(n, _)| n == name).map(|(_, v)| v.clone())
    }

    pub fn cookies(&self) -> Vec<(String, String)> {
        self.cookies.lock().unwrap().clone()
    }

    pub fn set_cookie(&self, name: &str, value: &str) {
        let mut cookies = self.cookies.lock().unwrap();
        cookies.retain(|(n, _)| n != name);
        cookies.push((name.to_owned(), value.to_owned()));
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body)).await
    }
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(&body)).await
    }
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Posts `multipart/form-data` (RFC 7578): text fields, then one file in the field `file`.
    pub async fn upload(&self, path: &str, file_name: &str, bytes: &[u8], fields: &[(&str, &str)]) -> Answer {
        let boundary = format!("boundary-{}", uuid::Uuid::new_v4().simple());
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend_from_slice(format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").as_bytes());
        }
        body.extend_from_slice(format!("--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file_name}\"\r\nContent-Type: application/octet-stream\r\n\r\n").as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        self.send(self.request(Method::POST, path).header("content-type", format!("multipart/form-data; boundary={boundary}")).body(body)).await
    }

    /// A request with what this caller always sends; add to it, then [`Client::send`].
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let safe = matches!(method, Method::GET | Method::HEAD | Method::OPTIONS);
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(secret) = &self.bearer {
            request = request.bearer_auth(secret);
        }
        let cookies = self.cookies();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("; "));
        }
        if !safe {
            request = request.header("origin", &self.base).header("x-switchyard-csrf", "1");
        }
        request
    }

    /// A request without cookie, Origin or any other courtesy.
    pub fn bare(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    /// Sends, keeps the cookies, and looks for other tenants' canaries in everything that comes back.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.expect("the server answers");
        let status = response.status();
        let headers = response.headers().clone();
        for cookie in headers.get_all("set-cookie").iter().filter_map(|v| v.to_str().ok()) {
            let (name, rest) = cookie.split_once('=').expect("a cookie");
            let value = rest.split(';').next().unwrap_or_default();
            if value.is_empty() || cookie.to_ascii_lowercase().contains("max-age=0") {
                self.cookies.lock().unwrap().retain(|(n, _)| n != name);
            } else {
                self.set_cookie(name, value);
            }
        }
        let body = response.bytes().await.expect("a whole answer").to_vec();
        let head: String = headers.iter().map(|(n, v)| format!("{n}: {}\n", String::from_utf8_lossy(v.as_bytes()))).collect();
        self.canary.inspect(head.as_bytes());
        self.canary.inspect(&body);
        Answer { status, headers, body }
    }
}
