//! Log-in through identity providers: the evil twin of a provider, and the npm `oidc-provider` as one nobody here wrote.

mod provider;
mod twin;

use kit::{Client, Server, server::Merchant};
use serde_json::{Value, json};
use twin::{Lie, Twin};

/// What a browser ended with: the place it was sent to, and whether a session came along.
#[derive(Debug)]
struct Ending {
    location: String,
    session: bool,
}

impl Ending {
    #[track_caller]
    fn refused(&self) -> &str {
        assert!(!self.session && self.location.starts_with("/log-in?error="), "{self:?}");
        &self.location
    }
    #[track_caller]
    fn accepted(&self) {
        assert!(self.session && self.location == "/orders", "{self:?}");
    }
}

fn draft(issuer: &str, client: &str) -> Value {
    json!({"name": "Twin", "issuer": issuer, "client_id": client, "client_secret": "twin-secret", "join_domains": ["example.com"], "groups_claim": "groups",
           "group_roles": {"money": "finance"}, "default_role": "sales"})
}

async fn connect(merchant: &Merchant, draft: Value) -> String {
    merchant.owner.post("/api/v1/oidc-connections", draft).await.expect(201).json()["id"].as_str().unwrap().to_owned()
}

/// Sends the browser out; answers where the provider would like it.
async fn depart(browser: &Client, connection: &str) -> String {
    browser.get(&format!("/api/v1/oidc/start?connection={connection}&return_to=/orders")).await.expect(302).header("location").unwrap().to_owned()
}

/// The browser comes back to an address of ours.
async fn arrive(browser: &Client, address: &str) -> Ending {
    let url: url::Url = address.parse().unwrap();
    let path = &url[url::Position::BeforePath..];
    let answer = browser.get(path).await.expect(302);
    let session = answer.headers.get_all("set-cookie").iter().any(|cookie| cookie.to_str().unwrap().starts_with("sy_session="));
    Ending { location: answer.header("location").unwrap().to_owned(), session }
}

/// A whole log-in with a new browser.
async fn log_in(server: &Server, merchant: &Merchant, twin: &Twin, connection: &str) -> (Client, Ending) {
    let browser = server.stranger().belonging_to(merchant.owner.canary().clone());
    let out = depart(&browser, connection).await;
    if out.starts_with("/log-in?") {
        return (browser, Ending { location: out, session: false });
    }
    let back = twin.visit(&out).await;
    let ending = arrive(&browser, &back).await;
    (browser, ending)
}

async fn scene() -> (Server, Merchant, Twin, String) {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    let twin = Twin::start().await;
    let connection = connect(&merchant, draft(&twin.issuer, "client-a")).await;
    (server, merchant, twin, connection)
}

#[tokio::test]
async fn an_honest_twin_logs_people_in_again_and_again() {
    let (server, merchant, twin, connection) = scene().await;
    let (browser, ending) = log_in(&server, &merchant, &twin, &connection).await;
    ending.accepted();
    let first = browser.get("/api/v1/session").await.expect(200).json();
    assert_eq!(first["person"]["email"], "an@example.com");
    assert_eq!(first["tenant"]["id"], json!(merchant.id));
    let rights: Vec<&str> = tenants::roles::BuiltIn::Sales.rights().iter().map(tenants::Right::word).collect();
    assert_eq!(first["rights"], json!(rights), "joined by domain with the default role");
    let (browser, ending) = log_in(&server, &merchant, &twin, &connection).await;
    ending.accepted();
    assert_eq!(browser.get("/api/v1/session").await.expect(200).json()["person"]["id"], first["person"]["id"]);
    let public = server.stranger().belonging_to(merchant.owner.canary().clone()).get(&format!("/api/v1/oidc/connections?tenant={}", merchant.slug)).await.expect(200).json();
    assert_eq!(public["data"], json!([{"id": connection, "name": "Twin"}]));
    let log = merchant.owner.get("/api/v1/audit-log").await.expect(200).json().to_string();
    for act in ["oidc_connection.created", "oidc.joined", "oidc.logged_in"] {
        assert!(log.contains(act), "{act}");
    }
    assert!(!log.contains("twin-secret") && !merchant.owner.get("/api/v1/oidc-connections").await.expect(200).text().contains("twin-secret"));
}

/// failures.md, OIDC mix-up, state, nonce, replay; and the confusions of JWT.
#[tokio::test]
async fn oidc_3_every_lie_of_the_twin_is_refused() {
    let (server, merchant, twin, connection) = scene().await;
    let mut owner = server.database.owner().await;
    let mut by_accident = Vec::new();
    for (lie, expected) in Lie::ALL {
        twin.tell(lie);
        let (browser, ending) = log_in(&server, &merchant, &twin, &connection).await;
        let shown = ending.refused();
        assert!(!shown.contains("canary"), "{lie:?}: what the provider wrote stays in the log: {shown}");
        browser.get("/api/v1/session").await.expect(401);
        // Refused for the reason it should be, and not by some accident before it.
        let logged: Option<String> = sqlx::query_scalar("delete from control.audit_log where act = 'oidc.refused' returning detail ->> 'reason'").fetch_optional(&mut owner).await.unwrap();
        match logged {
            Some(reason) if reason.contains(expected) => {}
            Some(reason) => by_accident.push(format!("{lie:?}: {reason:?} does not say {expected:?}")),
            None => assert_eq!(lie, Lie::DiscoveryIssuerOther, "only a lie in discovery ends the log-in before it begins"),
        }
    }
    assert!(by_accident.is_empty(), "{by_accident:#?}");
    twin.tell_truth();
    log_in(&server, &merchant, &twin, &connection).await.1.accepted();
}

#[tokio::test]
async fn oidc_2_state_belongs_to_one_browser_and_is_used_once() {
    let (server, merchant, twin, connection) = scene().await;
    let browser = server.stranger().belonging_to(merchant.owner.canary().clone());
    let back = twin.visit(&depart(&browser, &connection).await).await;
    // Another browser, with the victim's link (log-in CSRF).
    arrive(&server.stranger(), &back).await.refused();
    let with = |name: &str, value: Option<&str>| {
        let mut url: url::Url = back.parse().unwrap();
        let pairs: Vec<(String, String)> = url.query_pairs().filter(|(n, _)| n != name).map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
        url.query_pairs_mut().clear().extend_pairs(pairs);
        if let Some(value) = value {
            url.query_pairs_mut().append_pair(name, value);
        }
        url.to_string()
    };
    // Wrong and missing state leave the real one alone; the foreign browser above used it up.
    for address in [with("state", None), with("state", Some("A")), with("state", Some(&"A".repeat(43))), back.clone()] {
        arrive(&browser, &address).await.refused();
    }
    // A code is good once: the same link again is refused, although the provider would have taken it.
    let back = twin.visit(&depart(&browser, &connection).await).await;
    let cookies = browser.cookies();
    arrive(&browser, &back).await.accepted();
    for (name, value) in cookies {
        browser.set_cookie(&name, &value);
    }
    arrive(&browser, &back).await.refused();
    // The provider's own refusal.
    let back = twin.visit(&depart(&browser, &connection).await).await;
    let mut url: url::Url = back.parse().unwrap();
    let state = url.query_pairs().find(|(n, _)| n == "state").unwrap().1.into_owned();
    url.query_pairs_mut().clear().append_pair("state", &state).append_pair("error", "access_denied").append_pair("iss", &twin.issuer);
    arrive(&browser, url.as_str()).await.refused();
    // Late.
    let back = twin.visit(&depart(&browser, &connection).await).await;
    sqlx::query("update control.oidc_logins set expires_at = now()").execute(&mut server.database.owner().await).await.unwrap();
    arrive(&browser, &back).await.refused();
}

#[tokio::test]
async fn the_answer_must_name_the_issuer_that_was_asked() {
    let (server, merchant, twin, connection) = scene().await;
    for iss in [None, Some("https://other.example.com"), Some("")] {
        let browser = server.stranger().belonging_to(merchant.owner.canary().clone());
        let mut back: url::Url = twin.visit(&depart(&browser, &connection).await).await.parse().unwrap();
        let pairs: Vec<(String, String)> = back.query_pairs().filter(|(n, _)| n != "iss").map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
        back.query_pairs_mut().clear().extend_pairs(pairs);
        if let Some(iss) = iss {
            back.query_pairs_mut().append_pair("iss", iss);
        }
        arrive(&browser, back.as_str()).await.refused();
    }
}

#[tokio::test]
async fn a_token_or_code_of_tenant_a_opens_nothing_at_tenant_b() {
    let (server, a, twin, connection_a) = scene().await;
    let b = server.merchant("other").await;
    let connection_b = connect(&b, draft(&twin.issuer, "client-b")).await;
    // A's code, handed in with B's state.
    let browser = server.stranger().belonging_to(b.owner.canary().clone());
    let back_a = twin.visit(&depart(&server.stranger(), &connection_a).await).await;
    let mut back_b: url::Url = twin.visit(&depart(&browser, &connection_b).await).await.parse().unwrap();
    let code_a = url::Url::parse(&back_a).unwrap().query_pairs().find(|(n, _)| n == "code").unwrap().1.into_owned();
    let pairs: Vec<(String, String)> = back_b.query_pairs().filter(|(n, _)| n != "code").map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
    back_b.query_pairs_mut().clear().extend_pairs(pairs).append_pair("code", &code_a);
    arrive(&browser, back_b.as_str()).await.refused();
    // The same person in both: two memberships, and each session good for its own tenant only (OIDC-4).
    let (in_a, ending) = log_in(&server, &a, &twin, &connection_a).await;
    ending.accepted();
    let refused = log_in(&server, &b, &twin, &connection_b).await.1;
    assert!(refused.refused().contains("account"), "B's provider does not take over the account made in A: {refused:?}");
    assert_eq!(in_a.post("/api/v1/session/tenant", json!({"tenant_id": b.id})).await.expect(403).code(), "confined_session");
}

#[tokio::test]
async fn oidc_1_an_email_alone_takes_over_no_account() {
    let (server, merchant, twin, connection) = scene().await;
    // The victim owns another tenant; the twin's people claim the victim's address.
    let victim = server.merchant("victim").await;
    twin.people(&victim.email, true, json!([]));
    let claim = async || log_in(&server, &merchant, &twin, &connection).await.1;
    assert!(claim().await.refused().contains("account"), "the victim never verified the address here");
    sqlx::query("update control.people set email_verified_at = now() where email = $1").bind(&victim.email).execute(&mut server.database.owner().await).await.unwrap();
    merchant.owner.patch(&format!("/api/v1/oidc-connections/{connection}"), json!({"join_domains": ["other.example"]})).await.expect(200);
    twin.people(&victim.email, true, json!(["money"]));
    assert!(claim().await.refused().contains("account"), "not in a join domain");
    merchant.owner.patch(&format!("/api/v1/oidc-connections/{connection}"), json!({"join_domains": ["example.com"]})).await.expect(200);
    twin.people(&victim.email, false, json!([]));
    assert!(claim().await.refused().contains("confirm"), "not verified there");
    // All three agree: linked, and still good for this tenant only.
    twin.people(&victim.email, true, json!([]));
    let browser = kit::Client::new(&server.url, kit::Canary::default());
    let back = twin.visit(&depart(&browser, &connection).await).await;
    arrive(&browser, &back).await.accepted();
    let session = browser.get("/api/v1/session").await.expect(200).json();
    assert_eq!(session["tenants"].as_array().unwrap().len(), 1, "the victim's own tenant is not even named");
    assert_eq!(browser.post("/api/v1/session/tenant", json!({"tenant_id": victim.id})).await.expect(403).code(), "confined_session");
    // Another subject with the same address is somebody else.
    twin.subject("somebody-else");
    assert!(claim().await.refused().contains("account"));
}

#[tokio::test]
async fn who_joins_is_for_domains_and_groups_to_say() {
    let (server, merchant, twin, connection) = scene().await;
    twin.people("binh@elsewhere.test", true, json!([]));
    twin.subject("binh");
    log_in(&server, &merchant, &twin, &connection).await.1.refused();
    twin.people("binh@elsewhere.test", true, json!(["money", "unknown"]));
    let (browser, ending) = log_in(&server, &merchant, &twin, &connection).await;
    ending.accepted();
    let session = browser.get("/api/v1/session").await.expect(200).json();
    assert!(session["rights"].as_array().unwrap().contains(&json!("orders:release")), "the group is finance here: {session}");
    assert_eq!(session["person"]["email_verified"], false, "a tenant's provider speaks for its tenant only");
    // Taken out of the tenant, the provider does not bring them back.
    let id = session["person"]["id"].as_str().unwrap();
    merchant.owner.delete(&format!("/api/v1/people/{id}")).await.expect(204);
    browser.get("/api/v1/session").await.expect(401);
    assert!(log_in(&server, &merchant, &twin, &connection).await.1.refused().contains("member"));
}

#[tokio::test]
async fn connections_are_checked_when_they_are_made() {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    for (field, value) in [
        ("issuer", json!("http://id.example.com")),
        ("issuer", json!("https://10.0.0.1")),
        ("issuer", json!("https://169.254.169.254/latest")),
        ("issuer", json!("https://id.example.com/?x=1")),
        ("issuer", json!("nonsense")),
        ("join_domains", json!(["not a domain"])),
        ("default_role", json!("no such role")),
        ("group_roles", json!({"g": "no such role"})),
        ("client_id", json!("")),
        ("tenant_id", json!("x")),
    ] {
        let mut wrong = draft("https://id.example.com", "client");
        wrong[field] = value.clone();
        merchant.owner.post("/api/v1/oidc-connections", wrong).await.expect(422);
    }
    for number in 0..tenants::oidc::connection::PER_TENANT_MAX {
        connect(&merchant, draft("https://id.example.com", &format!("client-{number}"))).await;
    }
    assert_eq!(merchant.owner.post("/api/v1/oidc-connections", draft("https://id.example.com", "more")).await.expect(409).code(), "too_many_connections");
    let other = server.merchant("other").await;
    let list = merchant.owner.get("/api/v1/oidc-connections").await.expect(200).json();
    let id = list["data"][0]["id"].as_str().unwrap();
    other.owner.patch(&format!("/api/v1/oidc-connections/{id}"), json!({"enabled": false})).await.expect(404);
    other.owner.delete(&format!("/api/v1/oidc-connections/{id}")).await.expect(404);
    // A plain-http issuer that came into the database some other way is not spoken to.
    sqlx::query("update control.oidc_connections set issuer = 'http://id.example.com'").execute(&mut server.database.owner().await).await.unwrap();
    let browser = server.stranger();
    assert!(depart(&browser, id).await.starts_with("/log-in?error="));
    merchant.owner.patch(&format!("/api/v1/oidc-connections/{id}"), json!({"issuer": "https://id.example.com", "enabled": false})).await.expect(200);
    browser.get(&format!("/api/v1/oidc/start?connection={id}")).await.expect(404);
    browser.get(&format!("/api/v1/oidc/start?connection={id}&return_to=//evil.test")).await.expect(422);
    merchant.owner.delete(&format!("/api/v1/oidc-connections/{id}")).await.expect(204);
}
