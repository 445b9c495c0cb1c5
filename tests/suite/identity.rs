//! Sign-up, log-in, sessions, mail links and invitations, over real HTTP.

use chrono::TimeDelta;
use kit::{Answer, Client, Server, server::Merchant};
use serde_json::{Value, json};
use sqlx::Row;
use std::{path::PathBuf, time::Duration};

pub const COOKIE: &str = "sy_session";

pub fn sign_up_form(slug: &str, email: &str) -> Value {
    json!({"tenant_name": slug, "slug": slug, "country": "VN", "currency": "VND", "time_zone": "Asia/Ho_Chi_Minh", "locale": "vi",
           "name": "Nguyễn Văn An", "email": email, "password": "correct horse battery"})
}

/// The mails written so far that hold the text, as `(path, decoded text)`.
fn mails(server: &Server, to: &str) -> Vec<String> {
    let folder: PathBuf = server.data_dir.path().join("mail");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).map(|entries| entries.filter_map(|e| Some(e.ok()?.path())).collect()).unwrap_or_default();
    files.sort_by_key(|file| std::fs::metadata(file).and_then(|m| m.modified()).unwrap());
    let texts = files.iter().filter(|file| file.extension().is_some_and(|e| e == "eml")).map(|file| plain(&std::fs::read_to_string(file).unwrap()));
    texts.filter(|text| text.contains(to)).collect()
}

/// Undoes quoted-printable soft breaks and base64 bodies, as far as a link needs it.
fn plain(mail: &str) -> String {
    let (head, body) = mail.split_once("\r\n\r\n").expect("a mail has a head");
    let body = if head.to_lowercase().contains("base64") {
        use base64::Engine as _;
        let packed: String = body.split_whitespace().collect();
        String::from_utf8(base64::engine::general_purpose::STANDARD.decode(packed).expect("base64")).expect("text")
    } else {
        body.replace("=\r\n", "").replace("=3D", "=")
    };
    format!("{head}\n\n{body}")
}

/// The token of the newest mail to the address; waits for one, since reset mails are sent after the answer.
pub async fn mailed_token(server: &Server, to: &str, page: &str) -> String {
    for _ in 0..100 {
        let links: Vec<String> = mails(server, to).iter().filter_map(|mail| Some(mail.split_once(&format!("{page}#token="))?.1.split_whitespace().next()?.to_owned())).collect();
        if let Some(token) = links.last() {
            return token.clone();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no mail to {to} with a link to {page}");
}

/// A member with the named built-in roles, invited and logged in.
pub async fn member(server: &Server, merchant: &Merchant, email: &str, roles: &[&str]) -> Client {
    let ids = role_ids(&merchant.owner, roles).await;
    merchant.owner.post("/api/v1/invitations", json!({"email": email, "role_ids": ids})).await.expect(201);
    let token = mailed_token(server, email, "accept-invitation").await;
    let client = server.stranger().belonging_to(merchant.owner.canary().clone());
    client.post("/api/v1/invitations/accept", json!({"token": token, "name": "Member", "password": "correct horse battery"})).await.expect(200);
    client
}

pub async fn role_ids(client: &Client, names: &[&str]) -> Vec<String> {
    let roles = client.get("/api/v1/roles").await.expect(200).json();
    let id = |name: &&str| roles["data"].as_array().unwrap().iter().find(|role| role["name"] == **name).unwrap_or_else(|| panic!("role {name}"))["id"].as_str().unwrap().to_owned();
    names.iter().map(id).collect()
}

async fn log_in(client: &Client, email: &str, password: &str) -> Answer {
    client.post("/api/v1/session", json!({"email": email, "password": password})).await
}

#[tokio::test]
async fn sign_up_makes_a_tenant_an_owner_and_the_default_roles() {
    let server = Server::start().await;
    let client = server.stranger();
    let answer = client.post("/api/v1/sign-up", sign_up_form("nha-sach", "An@Example.com")).await.expect(201);
    let cookie = answer.header("set-cookie").unwrap().to_owned();
    for part in ["sy_session=", "; Path=/", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    let session = answer.json();
    assert_eq!(session["person"]["email"], "an@example.com");
    assert_eq!(session["person"]["email_verified"], false);
    assert_eq!(session["tenant"]["slug"], "nha-sach");
    assert_eq!(session["tenants"].as_array().unwrap().len(), 1);
    assert_eq!(session["rights"].as_array().unwrap().len(), tenants::Right::ALL.len(), "an owner has every right");
    let roles = client.get("/api/v1/roles").await.expect(200).json();
    let names: Vec<&str> = roles["data"].as_array().unwrap().iter().map(|role| role["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 8);
    for name in ["owner", "admin", "finance", "sales", "warehouse", "support", "viewer", "partner"] {
        assert!(names.contains(&name), "{name}");
    }
    let people = client.get("/api/v1/people").await.expect(200).json();
    assert_eq!(people["data"][0]["roles"][0]["name"], "owner");
    let log = client.get("/api/v1/audit-log").await.expect(200).json();
    assert_eq!(log["data"][0]["act"], "tenant.signed_up");
    assert_eq!(log["data"][0]["actor"], session["person"]["id"]);
}

#[tokio::test]
async fn sign_up_names_every_wrong_field_and_takes_no_unknown_one() {
    let server = Server::start().await;
    let client = server.stranger();
    let wrong = json!({"tenant_name": " ", "slug": "-x-", "country": "Vietnam", "currency": "XQQ", "time_zone": "Saigon", "locale": "fr", "name": "", "email": "nobody", "password": "short"});
    let problem = client.post("/api/v1/sign-up", wrong).await.expect(422).json();
    let pointers: Vec<&str> = problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    for field in ["tenant_name", "slug", "country", "currency", "time_zone", "locale", "name", "email", "password"] {
        assert!(pointers.contains(&format!("/{field}").as_str()), "{field} in {pointers:?}");
    }
    for unknown in ["tenant_id", "role", "state", "email_verified", "policy_version"] {
        let mut form = sign_up_form("shop", "a@example.com");
        form[unknown] = json!("x");
        client.post("/api/v1/sign-up", form).await.expect(422);
    }
}

#[tokio::test]
async fn a_slug_is_taken_once_and_one_is_made_when_none_is_given() {
    let server = Server::start().await;
    server.stranger().post("/api/v1/sign-up", sign_up_form("shop", "a@example.com")).await.expect(201);
    let second = server.stranger().post("/api/v1/sign-up", sign_up_form("shop", "b@example.com")).await.expect(409);
    assert_eq!(second.code(), "slug_taken");
    let mut form = sign_up_form("shop", "b@example.com");
    form.as_object_mut().unwrap().remove("slug");
    let made = server.stranger().post("/api/v1/sign-up", form).await.expect(201).json();
    assert!(made["tenant"]["slug"].as_str().unwrap().starts_with("shop-"), "{made}");
}

#[tokio::test]
async fn an_address_signs_up_again_only_with_its_own_password() {
    let server = Server::start().await;
    server.stranger().post("/api/v1/sign-up", sign_up_form("first", "a@example.com")).await.expect(201);
    let mut other = sign_up_form("second", "a@example.com");
    other["password"] = json!("another password");
    assert_eq!(server.stranger().post("/api/v1/sign-up", other).await.expect(409).code(), "email_taken");
    let client = server.stranger();
    let both = client.post("/api/v1/sign-up", sign_up_form("second", "a@example.com")).await.expect(201).json();
    assert_eq!(both["tenants"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn sign_1_a_sign_up_cut_off_is_invisible_and_a_repeat_finishes_it() {
    let server = Server::start().await;
    let mut owner = server.database.owner().await;
    // The shard's write fails: the tenant stays `opening` in control.
    sqlx::query("revoke insert on tenant.roles from switchyard_app").execute(&mut owner).await.unwrap();
    server.stranger().post("/api/v1/sign-up", sign_up_form("shop", "a@example.com")).await.expect(500);
    let client = server.stranger();
    let session = log_in(&client, "a@example.com", "correct horse battery").await.expect(200).json();
    assert_eq!((session["tenant"].is_null(), session["tenants"].as_array().unwrap().len()), (true, 0), "nobody can enter it: {session}");
    sqlx::query("grant insert on tenant.roles to switchyard_app").execute(&mut owner).await.unwrap();
    let done = server.stranger().post("/api/v1/sign-up", sign_up_form("shop", "a@example.com")).await.expect(201).json();
    assert_eq!(done["tenants"].as_array().unwrap().len(), 1);
    let states: Vec<String> = sqlx::query_scalar("select state from control.tenants").fetch_all(&mut owner).await.unwrap();
    assert_eq!(states, ["active"], "the repeat finished the first instead of making a second");
}

#[tokio::test]
async fn ses_1_the_cookie_from_before_is_dead_after_log_in_and_after_entering_a_tenant() {
    let server = Server::start().await;
    let first = server.stranger();
    first.post("/api/v1/sign-up", sign_up_form("one", "a@example.com")).await.expect(201);
    first.post("/api/v1/sign-up", sign_up_form("two", "a@example.com")).await.expect(201);
    let client = server.stranger();
    client.set_cookie(COOKIE, "planted-by-an-attacker");
    let session = log_in(&client, "a@example.com", "correct horse battery").await.expect(200).json();
    let logged_in = client.cookie(COOKIE).unwrap();
    assert_ne!(logged_in, "planted-by-an-attacker");
    assert!(session["tenant"].is_null(), "of two tenants the person chooses");
    assert_eq!(client.get("/api/v1/people").await.expect(403).code(), "no_tenant");
    let tenant = session["tenants"][1]["id"].clone();
    client.post("/api/v1/session/tenant", json!({"tenant_id": tenant})).await.expect(200);
    let entered = client.cookie(COOKIE).unwrap();
    assert_ne!(entered, logged_in);
    let old = server.stranger();
    old.set_cookie(COOKIE, &logged_in);
    old.get("/api/v1/session").await.expect(401);
    client.get("/api/v1/people").await.expect(200);
    client.delete("/api/v1/session").await.expect(204);
    assert_eq!(client.cookie(COOKIE), None);
    old.set_cookie(COOKIE, &entered);
    old.get("/api/v1/session").await.expect(401);
}

#[tokio::test]
async fn another_tenant_is_not_found() {
    let server = Server::start().await;
    let (a, b) = (server.merchant("a").await, server.merchant("b").await);
    let theirs = a.owner.post("/api/v1/session/tenant", json!({"tenant_id": b.id})).await.expect(404);
    let nobodys = a.owner.post("/api/v1/session/tenant", json!({"tenant_id": kernel::TenantId::new()})).await.expect(404);
    assert_eq!((theirs.code(), theirs.json()["detail"].clone()), (nobodys.code(), nobodys.json()["detail"].clone()));
}

#[tokio::test]
async fn ses_2_a_session_ends_after_30_days_and_after_14_idle_ones() {
    for (column, age) in [("expires_at", TimeDelta::days(30)), ("last_seen_at", TimeDelta::days(14))] {
        let server = Server::start().await;
        let merchant = server.merchant("shop").await;
        let mut owner = server.database.owner().await;
        sqlx::query(sqlx::AssertSqlSafe(format!("update control.sessions set {column} = {column} - $1"))).bind(age).execute(&mut owner).await.unwrap();
        // Remembered for at most three seconds.
        tokio::time::sleep(Duration::from_millis(3_200)).await;
        merchant.owner.get("/api/v1/session").await.expect(401);
    }
}

#[tokio::test]
async fn tok_1_no_token_secret_or_password_is_in_the_database() {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    let key = merchant.owner.post("/api/v1/api-keys", json!({"name": "till", "scopes": ["orders:read"]})).await.expect(201).json();
    let mailed = mailed_token(&server, &merchant.email, "verify-mail").await;
    let cookie = merchant.owner.cookie(COOKIE).unwrap();
    let secret = key["secret"].as_str().unwrap().rsplit_once('_').unwrap().1;
    let mut owner = server.database.owner().await;
    let tables: Vec<(String, String)> = sqlx::query_as("select schemaname::text, tablename::text from pg_tables where schemaname in ('control', 'tenant')").fetch_all(&mut owner).await.unwrap();
    assert!(tables.len() > 20);
    for (schema, table) in tables {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!("select t::text as row from {schema}.{table} t"))).fetch_all(&mut owner).await.unwrap();
        for row in rows {
            let text: String = row.get("row");
            for hidden in [cookie.as_str(), mailed.as_str(), secret, merchant.password.as_str()] {
                let as_bytes = hex::encode(hidden);
                assert!(!text.contains(hidden) && !text.contains(&as_bytes), "{schema}.{table}: {text}");
            }
        }
    }
}

#[tokio::test]
async fn csrf_every_unsafe_call_with_a_cookie_needs_origin_and_header() {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    let cookie = format!("{COOKIE}={}", merchant.owner.cookie(COOKIE).unwrap());
    let calls = [("DELETE", "/api/v1/session"), ("POST", "/api/v1/session/tenant"), ("PATCH", "/api/v1/tenant"), ("POST", "/api/v1/roles"), ("POST", "/api/v1/api-keys"), ("POST", "/api/v1/invitations"), ("POST", "/api/v1/mail-verification/request")];
    for (method, path) in calls {
        let request = || merchant.owner.bare(method.parse().unwrap(), path).header("cookie", &cookie).json(&json!({}));
        for (what, request) in [
            ("nothing", request()),
            ("only the header", request().header("x-switchyard-csrf", "1")),
            ("only the origin", request().header("origin", &server.url)),
            ("a foreign origin", request().header("origin", "https://evil.test").header("x-switchyard-csrf", "1")),
            ("a null origin", request().header("origin", "null").header("x-switchyard-csrf", "1")),
        ] {
            let answer = merchant.owner.send(request).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "csrf"), "{method} {path} with {what}");
        }
    }
    merchant.owner.get("/api/v1/session").await.expect(200);
}

#[tokio::test]
async fn login_1_wrong_password_and_unknown_address_are_one_answer() {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    let wrong = log_in(&server.stranger(), &merchant.email, "wrong wrong wrong").await.expect(401);
    let unknown = log_in(&server.stranger(), "nobody@example.com", "wrong wrong wrong").await.expect(401);
    let broken = log_in(&server.stranger(), "no address", "wrong wrong wrong").await.expect(401);
    let parts = |answer: &Answer| (answer.code(), answer.json()["detail"].clone());
    assert_eq!(parts(&wrong), parts(&unknown));
    assert_eq!(parts(&wrong), parts(&broken));
    assert_eq!(wrong.header("set-cookie"), None);
}

#[tokio::test]
async fn lock_1_of_a_thousand_tries_at_most_ten_are_evaluated() {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    let stranger = server.stranger();
    let mut tries = tokio::task::JoinSet::new();
    for number in 0..1_000 {
        let (client, email) = (stranger.stranger(), merchant.email.clone());
        tries.spawn(async move {
            let answer = log_in(&client, &email, &format!("guess number {number}")).await;
            assert!([401, 429].contains(&answer.status.as_u16()), "{} {}", answer.status, answer.text());
        });
        // Some at the same instant, so that the count must be taken before the password is looked at.
        if tries.len() >= 50 {
            tries.join_next().await.unwrap().unwrap();
        }
    }
    while let Some(done) = tries.join_next().await {
        done.unwrap();
    }
    let mut owner = server.database.owner().await;
    let evaluated: i64 = sqlx::query_scalar("select count(*) from control.audit_log where act = 'log_in.failed'").fetch_one(&mut owner).await.unwrap();
    assert!((1..=10).contains(&evaluated), "{evaluated} evaluated");
    let answer = log_in(&server.stranger(), &merchant.email, &merchant.password).await.expect(429);
    assert_eq!(answer.code(), "locked_out");
    assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() > 0);
}

#[tokio::test]
async fn lock_2_the_lock_grows_from_the_tenth_failure_and_a_success_ends_it() {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    let mut owner = server.database.owner().await;
    // Time passes: the window and the lock of the last attempt are over.
    let later = "update control.login_attempts set window_start = window_start - interval '61 seconds', locked_until = locked_until - interval '2 hours', last_attempt_at = last_attempt_at - interval '61 seconds'";
    let mut waits = Vec::new();
    for number in 1..=13 {
        log_in(&server.stranger(), &merchant.email, "wrong wrong wrong").await.expect(401);
        let wait: Option<f64> = sqlx::query_scalar("select extract(epoch from locked_until - last_attempt_at)::float8 from control.login_attempts where subject like 'account:%'").fetch_one(&mut owner).await.unwrap();
        waits.push(wait.map(|seconds| seconds.round()));
        assert_eq!(waits.last().unwrap().is_some(), number >= 10, "after {number}: {waits:?}");
        sqlx::query(later).execute(&mut owner).await.unwrap();
    }
    assert_eq!(waits[9..], [Some(60.0), Some(120.0), Some(240.0), Some(480.0)]);
    log_in(&merchant.owner.stranger().belonging_to(merchant.owner.canary().clone()), &merchant.email, &merchant.password).await.expect(200);
    let left: i64 = sqlx::query_scalar("select count(*) from control.login_attempts where subject like 'account:%'").fetch_one(&mut owner).await.unwrap();
    assert_eq!(left, 0, "a success clears the account's count");
}

#[tokio::test]
async fn link_1_a_verification_link_works_once() {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    let first = mailed_token(&server, &merchant.email, "verify-mail").await;
    merchant.owner.post("/api/v1/mail-verification/request", json!({})).await.expect(202);
    let second = mailed_token(&server, &merchant.email, "verify-mail").await;
    assert_ne!(first, second);
    let stranger = server.stranger();
    assert_eq!(stranger.post("/api/v1/mail-verification", json!({"token": first})).await.expect(422).code(), "invalid", "a newer link makes the older void");
    stranger.post("/api/v1/mail-verification", json!({"token": second})).await.expect(204);
    stranger.post("/api/v1/mail-verification", json!({"token": second})).await.expect(422);
    let session = merchant.owner.get("/api/v1/session").await.expect(200).json();
    assert_eq!(session["person"]["email_verified"], true);
}

#[tokio::test]
async fn a_person_gets_at_most_five_mails_an_hour() {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    for _ in 1..tenants::mail_link::PER_HOUR_MAX {
        merchant.owner.post("/api/v1/mail-verification/request", json!({})).await.expect(202);
    }
    assert_eq!(merchant.owner.post("/api/v1/mail-verification/request", json!({})).await.expect(429).code(), "too_many_mails");
}

#[tokio::test]
async fn link_3_a_reset_sets_the_password_and_ends_every_session() {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    let stranger = server.stranger().belonging_to(merchant.owner.canary().clone());
    let known = stranger.post("/api/v1/password-reset/request", json!({"email": merchant.email})).await.expect(202);
    let unknown = stranger.post("/api/v1/password-reset/request", json!({"email": "nobody@example.com"})).await.expect(202);
    assert_eq!(known.body, unknown.body, "LINK-2: nobody learns who has an account");
    let token = mailed_token(&server, &merchant.email, "reset-password").await;
    stranger.post("/api/v1/password-reset", json!({"token": token, "password": "short"})).await.expect(422);
    stranger.post("/api/v1/password-reset", json!({"token": token, "password": "a brand new one"})).await.expect(204);
    stranger.post("/api/v1/password-reset", json!({"token": token, "password": "and another one"})).await.expect(422);
    merchant.owner.get("/api/v1/session").await.expect(401);
    log_in(&stranger, &merchant.email, &merchant.password).await.expect(401);
    log_in(&stranger, &merchant.email, "a brand new one").await.expect(200);
}

#[tokio::test]
async fn inv_1_an_invitation_makes_a_member_once() {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    let ids = role_ids(&merchant.owner, &["finance"]).await;
    let made = merchant.owner.post("/api/v1/invitations", json!({"email": "Binh@example.com", "role_ids": ids})).await.expect(201).json();
    assert_eq!((made["state"].as_str(), made["email"].as_str()), (Some("open"), Some("binh@example.com")));
    let token = mailed_token(&server, "binh@example.com", "accept-invitation").await;
    let client = server.stranger().belonging_to(merchant.owner.canary().clone());
    client.post("/api/v1/invitations/accept", json!({"token": token})).await.expect(422);
    let session = client.post("/api/v1/invitations/accept", json!({"token": token, "name": "Bình", "password": "correct horse battery"})).await.expect(200).json();
    assert_eq!(session["person"]["email_verified"], true, "the link came by mail");
    assert!(session["rights"].as_array().unwrap().contains(&json!("orders:release")) && !session["rights"].as_array().unwrap().contains(&json!("people:manage")));
    server.stranger().post("/api/v1/invitations/accept", json!({"token": token, "name": "Eve", "password": "correct horse battery"})).await.expect(422);
    let list = merchant.owner.get("/api/v1/invitations").await.expect(200).json();
    assert_eq!(list["data"][0]["state"], "accepted");
    assert_eq!(merchant.owner.post("/api/v1/invitations", json!({"email": "binh@example.com", "role_ids": ids})).await.expect(409).code(), "already_member");
}

#[tokio::test]
async fn inv_3_the_link_alone_opens_no_existing_account() {
    let server = Server::start().await;
    let (a, b) = (server.merchant("a").await, server.merchant("b").await);
    let ids = role_ids(&a.owner, &["viewer"]).await;
    a.owner.post("/api/v1/invitations", json!({"email": b.email, "role_ids": ids})).await.expect(201);
    let token = mailed_token(&server, &b.email, "accept-invitation").await;
    let thief = server.stranger();
    assert_eq!(thief.post("/api/v1/invitations/accept", json!({"token": token, "name": "Eve", "password": "guessed password"})).await.expect(409).code(), "prove_account");
    assert_eq!(thief.post("/api/v1/invitations/accept", json!({"token": token, "name": "Eve"})).await.expect(409).code(), "prove_account");
    // Two tenants of one person: from here on the person's own answers hold both markers, so the check is by hand.
    let person = Client::new(&server.url, kit::Canary::default());
    person.set_cookie(COOKIE, &b.owner.cookie(COOKIE).unwrap());
    let session = person.post("/api/v1/invitations/accept", json!({"token": token})).await.expect(200).json();
    assert_eq!((session["tenant"]["id"].as_str(), session["tenants"].as_array().unwrap().len()), (Some(a.id.as_str()), 2));
    b.owner.get("/api/v1/session").await.expect(401);
}

#[tokio::test]
async fn inv_2_an_invitation_gives_no_more_than_its_author_may_give_by_then() {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    let admin = member(&server, &merchant, "admin@example.com", &["admin"]).await;
    let owner_role = role_ids(&merchant.owner, &["owner"]).await;
    assert_eq!(admin.post("/api/v1/invitations", json!({"email": "x@example.com", "role_ids": owner_role})).await.expect(403).code(), "beyond_own_rights");
    let admin_role = role_ids(&merchant.owner, &["admin"]).await;
    admin.post("/api/v1/invitations", json!({"email": "x@example.com", "role_ids": admin_role})).await.expect(201);
    let token = mailed_token(&server, "x@example.com", "accept-invitation").await;
    let person = admin.get("/api/v1/session").await.expect(200).json()["person"]["id"].as_str().unwrap().to_owned();
    let viewer = role_ids(&merchant.owner, &["viewer"]).await;
    merchant.owner.put(&format!("/api/v1/people/{person}/roles"), json!({"role_ids": viewer})).await.expect(200);
    let answer = server.stranger().post("/api/v1/invitations/accept", json!({"token": token, "name": "X", "password": "correct horse battery"})).await.expect(409);
    assert_eq!(answer.code(), "outdated_invitation");
}

#[tokio::test]
async fn an_invitation_is_void_when_revoked_expired_or_replaced() {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    let ids = role_ids(&merchant.owner, &["viewer"]).await;
    let accept = async |token: &str| server.stranger().post("/api/v1/invitations/accept", json!({"token": token, "name": "X", "password": "correct horse battery"})).await;
    let invite = async |email: &str| merchant.owner.post("/api/v1/invitations", json!({"email": email, "role_ids": ids})).await.expect(201).json()["id"].as_str().unwrap().to_owned();
    let id = invite("revoked@example.com").await;
    let token = mailed_token(&server, "revoked@example.com", "accept-invitation").await;
    merchant.owner.delete(&format!("/api/v1/invitations/{id}")).await.expect(204);
    merchant.owner.delete(&format!("/api/v1/invitations/{id}")).await.expect(404);
    accept(&token).await.expect(422);
    invite("replaced@example.com").await;
    let first = mailed_token(&server, "replaced@example.com", "accept-invitation").await;
    invite("replaced@example.com").await;
    accept(&first).await.expect(422);
    invite("late@example.com").await;
    let late = mailed_token(&server, "late@example.com", "accept-invitation").await;
    sqlx::query("update control.invitations set expires_at = now() where email = 'late@example.com'").execute(&mut server.database.owner().await).await.unwrap();
    accept(&late).await.expect(422);
}

#[tokio::test]
async fn a_person_has_at_most_fifty_sessions_and_ends_them_one_by_one() {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    let mut owner = server.database.owner().await;
    sqlx::query(
        "insert into control.sessions (token_hash, id, person_id, last_seen_at, expires_at)
         select sha256(n::text::bytea), gen_random_uuid(), p.id, now() - n * interval '1 minute', now() + interval '1 day' from generate_series(1, 60) n, control.people p",
    )
    .execute(&mut owner)
    .await
    .unwrap();
    let client = server.stranger().belonging_to(merchant.owner.canary().clone());
    log_in(&client, &merchant.email, &merchant.password).await.expect(200);
    let left: i64 = sqlx::query_scalar("select count(*) from control.sessions").fetch_one(&mut owner).await.unwrap();
    assert_eq!(left, tenants::sessions::PER_PERSON_MAX, "the oldest ended");
    client.get("/api/v1/session").await.expect(200);
}

#[tokio::test]
async fn the_costly_calls_at_the_door_are_counted_per_address() {
    let server = Server::start().await;
    let stranger = server.stranger();
    let mut statuses = Vec::new();
    for _ in 0..70 {
        statuses.push(stranger.post("/api/v1/password-reset/request", json!({"email": "nobody@example.com"})).await.status.as_u16());
    }
    let limited = statuses.iter().filter(|status| **status == 429).count();
    assert!((1..=10).contains(&limited) && statuses[..60].iter().all(|status| *status == 202), "{statuses:?}");
}
