//! Guests on the network: what they may not reach, and what may not reach them.

use crate::hostile_guest::{Module, account, config};
use axum::{Router, body::Body, http::{HeaderMap, StatusCode}, response::{IntoResponse, Redirect, Response}, routing::get};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, atomic::{AtomicUsize, Ordering}},
    time::{Duration, Instant},
};
use switchyard_host::{AccountContext, CallFailure, Grants, Host, HostConfig, Reference, ReferenceKind, SecretBytes, answer::Fetched, http::{HttpSettings, Rate}};
use tokio::net::TcpListener;

/// `fetch` calls the URL that stands in its first reference, with the secret `token` as a bearer when it has one, and signed
/// into the query (`sign` = HMAC of "/path" and the token) when the setting `sign` is there. The answer comes back as a document, its status as the id; a failure
/// as `permanent` with its name.
fn caller() -> Module {
    Module {
        imports: r#"
          (import "switchyard:host/http@0.1.0" "send" (func $send (param i32 i32)))
          (import "switchyard:host/config@0.1.0" "open-secret" (func $open (param i32 i32 i32)))
          (import "switchyard:host/config@0.1.0" "get" (func $get (param i32 i32 i32)))"#,
        extra: r#"
          (data (i32.const 16) "tokenauthorizationBearer answer/pathsign")
          (data (i32.const 128) "not-allowed     blocked-address too-many        timeout         too-large       tls             transport       ")"#
            .into(),
        fetch: r#"
          (local $digits i32)
          ;; request at 2048: GET, url, wait of 1500 ms
          (memory.fill (i32.const 2048) (i32.const 0) (i32.const 256))
          (i32.store (i32.const 2052) (i32.load offset=8 (local.get 0)))
          (i32.store (i32.const 2056) (i32.load offset=12 (local.get 0)))
          (i32.store (i32.const 2060) (i32.const 4)) (i32.store (i32.const 2068) (i32.const 4))
          (i32.store (i32.const 2088) (i32.const 1500))
          (i32.store (i32.const 2092) (i32.const 4)) 
          (call $open (i32.const 16) (i32.const 5) (i32.const 2400))
          (if (i32.load8_u (i32.const 2400)) (then
            (i32.store (i32.const 2092) (i32.const 2500)) (i32.store (i32.const 2096) (i32.const 1))
            (i32.store (i32.const 2500) (i32.load (i32.const 2404)))
            (i32.store8 (i32.const 2504) (i32.const 0)) (i32.store (i32.const 2508) (i32.const 21)) (i32.store (i32.const 2512) (i32.const 13))
            (i32.store (i32.const 2516) (i32.const 34)) (i32.store (i32.const 2520) (i32.const 7))
            (call $get (i32.const 52) (i32.const 4) (i32.const 2420))
            (if (i32.load8_u (i32.const 2420)) (then
              (i32.store8 (i32.const 2100) (i32.const 1))
              (i32.store (i32.const 2104) (i32.load (i32.const 2404)))
              (i32.store (i32.const 2108) (i32.const 2540)) (i32.store (i32.const 2112) (i32.const 2))
              (i32.store8 (i32.const 2540) (i32.const 0)) (i32.store (i32.const 2544) (i32.const 47)) (i32.store (i32.const 2548) (i32.const 5))
              (i32.store8 (i32.const 2552) (i32.const 1)) (i32.store (i32.const 2556) (i32.load (i32.const 2404)))
              (i32.store8 (i32.const 2120) (i32.const 1)) (i32.store (i32.const 2124) (i32.const 52)) (i32.store (i32.const 2128) (i32.const 4))))))
          (call $send (i32.const 2048) (i32.const 2300))
          (memory.fill (i32.const 1024) (i32.const 0) (i32.const 128))
          (if (i32.load8_u (i32.const 2300)) (then
            (i32.store8 (i32.const 1024) (i32.const 1)) (i32.store8 (i32.const 1028) (i32.const 4))
            (i32.store (i32.const 1032) (i32.add (i32.const 128) (i32.mul (i32.const 16) (i32.load8_u (i32.const 2304))))) (i32.store (i32.const 1036) (i32.const 16))
            (return (i32.const 1024))))
          (local.set $digits (i32.load16_u (i32.const 2304)))
          (i32.store8 (i32.const 2600) (i32.add (i32.const 48) (i32.div_u (local.get $digits) (i32.const 100))))
          (i32.store8 (i32.const 2601) (i32.add (i32.const 48) (i32.rem_u (i32.div_u (local.get $digits) (i32.const 10)) (i32.const 10))))
          (i32.store8 (i32.const 2602) (i32.add (i32.const 48) (i32.rem_u (local.get $digits) (i32.const 10))))
          (i32.store (i32.const 2620) (i32.const 41)) (i32.store (i32.const 2624) (i32.const 6))
          (i32.store (i32.const 2628) (i32.const 2600)) (i32.store (i32.const 2632) (i32.const 3))
          (i32.store (i32.const 2636) (i32.load (i32.const 2316))) (i32.store (i32.const 2640) (i32.load (i32.const 2320)))
          (i32.store (i32.const 1028) (i32.const 4))
          (i32.store (i32.const 1036) (i32.const 2620)) (i32.store (i32.const 1040) (i32.const 1))
          (i32.const 1024)"#
            .into(),
        ..Module::default()
    }
}

/// Counts connections and answers nothing.
struct Sink {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

async fn sink() -> Sink {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, connections) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let counted = connections.clone();
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    Sink { address, connections }
}

/// Every name leads to these addresses; questions are counted.
struct Names {
    answer: Vec<SocketAddr>,
    asked: AtomicUsize,
}
impl Resolve for Names {
    fn resolve(&self, _: Name) -> Resolving {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answer.clone();
        Box::pin(async move { Ok(Box::new(answer.into_iter()) as Addrs) })
    }
}

struct Network {
    host: Host,
    account: AccountContext,
    _cache: tempfile::TempDir,
}

async fn network(http: HttpSettings, granted: &[&str]) -> Network {
    let cache = tempfile::tempdir().unwrap();
    let host = Host::start(HostConfig { http, ..config(cache.path()) }).unwrap();
    let mut account = account(host.load_connector(&caller().component()).await.expect("the caller loads"));
    account.grants = Arc::new(Grants { hosts: granted.iter().map(|h| (*h).to_owned()).collect(), secrets: vec!["token".into()], ..Grants::default() });
    account.secrets = Arc::new([("token".to_owned(), vec![SecretBytes::new(b"s3cret".to_vec())])].into());
    Network { host, account, _cache: cache }
}

impl Network {
    async fn call(&self, url: &str) -> Result<Fetched, CallFailure> {
        self.host.fetch(&self.account, &[Reference { kind: ReferenceKind::Order, id: url.to_owned() }]).await
    }
    async fn failure(&self, url: &str) -> String {
        let failure = self.call(url).await.expect_err(url);
        assert_eq!(failure.code, "plugin.permanent", "{url}: {failure}");
        failure.message
    }
    /// Status and body.
    async fn answer(&self, url: &str) -> (String, String) {
        let document = self.call(url).await.unwrap_or_else(|e| panic!("{url}: {e}")).documents.remove(0);
        (document.id, String::from_utf8(document.body).unwrap())
    }
}

#[tokio::test]
async fn hostile_18_addresses_inside() {
    let sink = sink().await;
    let port = sink.address.port();
    let names = Arc::new(Names { answer: vec![sink.address], asked: AtomicUsize::new(0) });
    // What could never be granted stands among the grants: the URL is checked again.
    let granted = ["api.example.com", "127.0.0.1", "localhost", "metadata.google.internal", "[::1]", "169.254.169.254", "*.com", "0x7f.1"];
    let network = network(HttpSettings { resolver: Some(names.clone()), rate: Rate { burst: 1000, per_second: 1000 }, ..HttpSettings::default() }, &granted).await;
    for url in [
        "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://[::ffff:7f00:1]/", "https://0x7f.1/", "https://0x7f000001/", "https://2130706433/", "https://0177.0.0.1/", "https://127.1/",
        "https://169.254.169.254/latest/meta-data/", "https://100.64.0.1/", "https://[64:ff9b::7f00:1]/", "https://[fd00:ec2::254]/", "https://10.0.0.1/", "https://192.168.0.1/", "https://0.0.0.0/",
        "https://localhost/", "https://localhost./", "https://metadata.google.internal/", "https://metadata/", "https://api.example.com@127.0.0.1/", "https://user@api.example.com/", "https://:@api.example.com/",
        "http://api.example.com/", "ftp://api.example.com/", "file:///etc/passwd", "https:api.example.com/", "https:/api.example.com/", "//api.example.com/", "HTTPS://api.example.com/",
        "https://api.example.com:8443/", "https://api.example.com:22/", "https://api。example。com:80/", "https://１２７.0.0.1/", "https://①②⑦.0.0.1/", "https://api.example.com\\@127.0.0.1/", "https://evil.example.net/",
        "https://api.example.com.evil.net/", "https://a.b.com/", "https://[::1", "https://", "", "https://api.example.com /", "https://api.example.com\t/", "https://%31%32%37.0.0.1/", "https://127.0.0.1%2f@api.example.com/",
        &format!("https://127.0.0.1:{port}/"), &format!("https://localhost:{port}/"),
    ] {
        assert_eq!(network.failure(url).await, "not-allowed", "{url}");
    }
    assert_eq!(names.asked.load(Ordering::SeqCst), 0, "nothing was even looked up");
    // Granted names, written oddly, that lead inside.
    for (asked, url) in ["https://api.example.com/", "https://api.example.com./", "https://API.EXAMPLE.COM/", "https://api。example。com/"].into_iter().enumerate() {
        assert_eq!(network.failure(url).await, "blocked-address", "{url}");
        assert_eq!(names.asked.load(Ordering::SeqCst), asked + 1, "one question for each request");
    }
    assert_eq!(sink.connections.load(Ordering::SeqCst), 0, "no packet was sent");
}

#[tokio::test]
async fn receive_reaches_no_network() {
    let sink = sink().await;
    let mut module = caller();
    module.receive = format!("(local $r i32) {} (call $answer (select (i32.const 200) (i32.const 500) (i32.load8_u (i32.const 2300))))", r#"
          (memory.fill (i32.const 2048) (i32.const 0) (i32.const 256))
          (i32.store (i32.const 2052) (i32.const 240)) (i32.store (i32.const 2056) (i32.const 24))
          (i32.store (i32.const 2060) (i32.const 4)) (i32.store (i32.const 2068) (i32.const 4)) (i32.store (i32.const 2092) (i32.const 4))
          (call $send (i32.const 2048) (i32.const 2300))"#);
    module.extra.push_str(r#"(data (i32.const 240) "https://api.example.com/")"#);
    let http = HttpSettings { endpoint_overrides: [("api.example.com".to_owned(), sink.address)].into(), ..HttpSettings::default() };
    let mut network = network(http, &["api.example.com"]).await;
    network.account.digest = network.host.load_connector(&module.component()).await.unwrap();
    let answer = network.host.receive(&network.account, crate::hostile_guest::delivery(b"{}")).await.unwrap().unwrap();
    assert_eq!(answer.acknowledgement.status, 200, "the guest was told no");
    assert_eq!(sink.connections.load(Ordering::SeqCst), 0);
}

type Seen = Arc<Mutex<Vec<(String, Option<String>)>>>;

/// The channel's side: remembers path with query, and the bearer.
async fn channel(seen: Seen) -> SocketAddr {
    let remember = move |headers: &HeaderMap, path: &str| {
        let bearer = headers.get("authorization").map(|v| v.to_str().unwrap().to_owned());
        assert_eq!(headers.get("host").unwrap(), "api.example.com");
        assert_eq!(headers.get("accept-encoding").unwrap(), "identity");
        seen.lock().unwrap().push((path.to_owned(), bearer));
    };
    let router = Router::new()
        .route("/ok", get(async move |headers: HeaderMap, uri: axum::http::Uri| { remember(&headers, &uri.to_string()); "fine" }))
        .route("/inside", get(async || Redirect::temporary("https://127.0.0.1/admin")))
        .route("/elsewhere", get(async || Redirect::permanent("https://evil.example.net/")))
        .route("/endless", get(async || Body::from_stream(futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>("x".repeat(65_536))))))
        .route("/packed", get(async || ([("content-encoding", "gzip")], vec![0x1f, 0x8b])))
        .route("/stalled", get(async || -> StatusCode { std::future::pending().await }))
        .route("/dribble", get(async || Body::from_stream(futures_util::stream::unfold((), async |()| { tokio::time::sleep(Duration::from_millis(200)).await; Some((Ok::<_, std::io::Error>("x"), ())) }))))
        .route("/headers", get(async || -> Response { let mut r = ().into_response(); for i in 0..90 { r.headers_mut().insert(axum::http::HeaderName::from_bytes(format!("x-{i}").as_bytes()).unwrap(), "y".repeat(1000).parse().unwrap()); } r }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[tokio::test]
async fn hostile_20_redirects_are_the_guests_to_follow_and_checked_anew() {
    let seen = Seen::default();
    let overrides = [("api.example.com".to_owned(), channel(seen.clone()).await)].into();
    let network = network(HttpSettings { endpoint_overrides: overrides, ..HttpSettings::default() }, &["api.example.com"]).await;
    assert_eq!(network.answer("https://api.example.com/ok?a=1").await, ("200".into(), "fine".into()));
    for path in ["inside", "elsewhere"] {
        let (status, _) = network.answer(&format!("https://api.example.com/{path}")).await;
        assert!(status.starts_with('3'), "the redirect is given to the guest: {status}");
    }
    // It follows; the host checks again, and the secret stays.
    for target in ["https://127.0.0.1/admin", "https://evil.example.net/"] {
        assert_eq!(network.failure(target).await, "not-allowed");
    }
    assert_eq!(*seen.lock().unwrap(), [("/ok?a=1".to_owned(), Some("Bearer s3cret".to_owned()))]);
}

#[tokio::test]
async fn hostile_21_answers_that_do_not_end() {
    let overrides = [("api.example.com".to_owned(), channel(Seen::default()).await)].into();
    let network = network(HttpSettings { endpoint_overrides: overrides, ..HttpSettings::default() }, &["api.example.com"]).await;
    for (path, name) in [("endless", "too-large"), ("packed", "transport"), ("headers", "transport"), ("stalled", "timeout"), ("dribble", "timeout")] {
        let started = Instant::now();
        assert_eq!(network.failure(&format!("https://api.example.com/{path}")).await, name, "{path}");
        assert!(started.elapsed() < Duration::from_secs(4), "{path}: {:?}", started.elapsed());
    }
    assert_eq!(network.answer("https://api.example.com/ok").await.0, "200", "the guest works afterwards");
}

#[tokio::test]
async fn a_secret_signs_without_being_seen() {
    use hmac::{Hmac, KeyInit, Mac};
    let seen = Seen::default();
    let overrides = [("api.example.com".to_owned(), channel(seen.clone()).await)].into();
    let mut network = network(HttpSettings { endpoint_overrides: overrides, ..HttpSettings::default() }, &["api.example.com"]).await;
    network.account.settings = Arc::new([("sign".to_owned(), "yes".to_owned())].into());
    assert_eq!(network.answer("https://api.example.com/ok?a=1").await.0, "200");
    let expected = Hmac::<sha2::Sha256>::new_from_slice(b"s3cret").unwrap().chain_update(b"/path").chain_update(b"s3cret").finalize().into_bytes();
    assert_eq!(seen.lock().unwrap()[0].0, format!("/ok?a=1&sign={}", hex::encode(expected)));
}

#[tokio::test]
async fn http_4_calls_beyond_the_ration_are_refused() {
    let overrides = [("api.example.com".to_owned(), channel(Seen::default()).await)].into();
    let network = network(HttpSettings { endpoint_overrides: overrides, rate: Rate { burst: 3, per_second: 1 }, ..HttpSettings::default() }, &["api.example.com"]).await;
    let mut answers = Vec::new();
    for _ in 0..5 {
        answers.push(network.call("https://api.example.com/ok").await.map(|_| ()).map_err(|e| e.message));
    }
    assert!(answers[..3].iter().all(Result::is_ok) && answers.contains(&Err("too-many".to_owned())), "{answers:?}");
}

#[tokio::test]
async fn overrides_lead_to_loopback_only() {
    let overrides = [("api.example.com".to_owned(), "8.8.8.8:80".parse().unwrap())].into();
    let names = Arc::new(Names { answer: vec!["10.0.0.1:443".parse().unwrap()], asked: AtomicUsize::new(0) });
    let network = network(HttpSettings { endpoint_overrides: overrides, resolver: Some(names), ..HttpSettings::default() }, &["api.example.com"]).await;
    assert_eq!(network.failure("https://api.example.com/ok").await, "blocked-address", "the override is ignored, the name is looked up");
}
