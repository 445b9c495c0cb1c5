//! The npm `oidc-provider` as the tenant's identity provider: its pages are walked as a browser would.

use super::{arrive, connect, depart};
use kit::Server;
use serde_json::json;
use std::{process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

/// The provider with one client; ends with the value.
struct Oracle {
    issuer: String,
    _child: Child,
    /// Kept open: the provider writes warnings, and ends when nobody would read them.
    _output: Lines<BufReader<ChildStdout>>,
}

impl Oracle {
    /// `None`, with a line that says so, when node or the packages are not there (`npm ci` in tests/oidc installs them).
    async fn start(redirect: &str) -> Option<Self> {
        let folder = kit::project().join("tests/oidc");
        if !folder.join("node_modules/oidc-provider").exists() {
            eprintln!("skipped: tests/oidc/node_modules absent, run `npm ci` there");
            return None;
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut child = Command::new("node")
            .arg(folder.join("provider.mjs"))
            .args([port.to_string().as_str(), redirect])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("node runs");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = tokio::time::timeout(Duration::from_secs(30), async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if line == "ready" {
                    return true;
                }
            }
            false
        });
        assert!(ready.await.expect("the provider is ready in time"), "the provider did not start");
        Some(Self { issuer: format!("http://127.0.0.1:{port}"), _child: child, _output: lines })
    }

    /// Walks the provider's pages from the address it was sent to until it sends the browser back to us.
    async fn walk(&self, address: &str, login: &str, redirect: &str) -> String {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        let mut cookies: Vec<(String, String)> = Vec::new();
        let mut request = client.get(address);
        for _ in 0..12 {
            let header = cookies.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("; ");
            let answer = request.header("cookie", header).send().await.unwrap();
            for cookie in answer.headers().get_all("set-cookie") {
                let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
                cookies.retain(|(known, _)| known != name);
                cookies.push((name.to_owned(), rest.split(';').next().unwrap().to_owned()));
            }
            if let Some(location) = answer.headers().get("location") {
                let next = url::Url::parse(&self.issuer).unwrap().join(location.to_str().unwrap()).unwrap().to_string();
                if next.starts_with(redirect) {
                    return next;
                }
                request = client.get(next);
                continue;
            }
            // A page with a form: who it is, then that the client may know it.
            let page = answer.text().await.unwrap();
            let action = page.split("action=\"").nth(1).unwrap_or_else(|| panic!("no form in {page}")).split('"').next().unwrap().to_owned();
            let action = url::Url::parse(&self.issuer).unwrap().join(&action).unwrap();
            let prompt = if page.contains("value=\"login\"") { "login" } else { "consent" };
            let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs([("prompt", prompt), ("login", login), ("password", "any")]).finish();
            request = client.post(action).header("content-type", "application/x-www-form-urlencoded").body(form);
        }
        panic!("the provider never sent the browser back");
    }
}

#[tokio::test]
async fn the_npm_oidc_provider_logs_a_person_in() {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    let redirect = format!("{}/api/v1/oidc/callback", server.url);
    let Some(oracle) = Oracle::start(&redirect).await else { return };
    let draft = json!({"name": "Oracle", "issuer": oracle.issuer, "client_id": "switchyard", "client_secret": "oracle-secret", "join_domains": ["example.com"]});
    let connection = connect(&merchant, draft).await;
    let mut people = Vec::new();
    for login in ["an", "binh", "an"] {
        let browser = server.stranger().belonging_to(merchant.owner.canary().clone());
        let back = oracle.walk(&depart(&browser, &connection).await, login, &redirect).await;
        assert!(back.contains("iss="), "RFC 9207: {back}");
        arrive(&browser, &back).await.accepted();
        let session = browser.get("/api/v1/session").await.expect(200).json();
        assert_eq!(session["person"]["email"], format!("{login}@example.com"), "from the user-info endpoint");
        assert_eq!(session["person"]["name"], format!("Person {login}"));
        people.push(session["person"]["id"].clone());
        arrive(&browser, &back).await.refused();
    }
    assert!(people[0] == people[2] && people[0] != people[1]);
    // A wrong client secret is the provider's to refuse.
    merchant.owner.patch(&format!("/api/v1/oidc-connections/{connection}"), json!({"client_secret": "wrong"})).await.expect(200);
    let browser = server.stranger().belonging_to(merchant.owner.canary().clone());
    let back = oracle.walk(&depart(&browser, &connection).await, "an", &redirect).await;
    arrive(&browser, &back).await.refused();
}
