//! Roles, keys and who may do what, over real HTTP.

use crate::identity::{COOKIE, member, role_ids};
use kit::{Client, Server};
use serde_json::{Value, json};
use std::time::Duration;

async fn person_id(client: &Client) -> String {
    client.get("/api/v1/session").await.expect(200).json()["person"]["id"].as_str().unwrap().to_owned()
}

fn acts(log: &Value) -> Vec<&str> {
    log["data"].as_array().unwrap().iter().map(|row| row["act"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn each_built_in_role_is_refused_what_it_lacks() {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    let calls: [(&str, &str, Value, &str); 6] = [
        ("POST", "/api/v1/roles", json!({"name": "x", "rights": []}), "roles:manage"),
        ("GET", "/api/v1/people", Value::Null, "people:read"),
        ("POST", "/api/v1/invitations", json!({"email": "x@example.com", "role_ids": []}), "people:manage"),
        ("GET", "/api/v1/api-keys", Value::Null, "keys:manage"),
        ("PATCH", "/api/v1/tenant", json!({}), "tenant:manage"),
        ("GET", "/api/v1/audit-log", Value::Null, "audit:read"),
    ];
    for role in tenants::roles::BuiltIn::ALL.into_iter().filter(|role| role.name() != "owner") {
        let client = member(&server, &merchant, &format!("{}@example.com", role.name()), &[role.name()]).await;
        let held: Vec<&str> = role.rights().iter().map(tenants::Right::word).collect();
        assert_eq!(client.get("/api/v1/session").await.expect(200).json()["rights"], json!(held), "{}", role.name());
        for (method, path, body, right) in &calls {
            let request = client.request(method.parse().unwrap(), path);
            let answer = client.send(if body.is_null() { request } else { request.json(body) }).await;
            let refused = answer.status.as_u16() == 403 && answer.code() == "missing_right";
            assert_eq!(refused, !held.contains(right), "{} {method} {path}: {}", role.name(), answer.status);
        }
    }
}

#[tokio::test]
async fn role_1_built_in_roles_are_never_changed() {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    for id in role_ids(&merchant.owner, &["owner", "viewer", "partner"]).await {
        assert_eq!(merchant.owner.patch(&format!("/api/v1/roles/{id}"), json!({"rights": ["orders:read"]})).await.expect(409).code(), "built_in_role");
        assert_eq!(merchant.owner.delete(&format!("/api/v1/roles/{id}")).await.expect(409).code(), "built_in_role");
    }
}

#[tokio::test]
async fn a_custom_role_gives_its_rights_at_once_and_takes_them_at_once() {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    let role = merchant.owner.post("/api/v1/roles", json!({"name": "Kế toán", "rights": ["orders:read", "audit:read"]})).await.expect(201).json();
    let id = role["id"].as_str().unwrap().to_owned();
    let client = member(&server, &merchant, "staff@example.com", &["Kế toán"]).await;
    client.get("/api/v1/audit-log").await.expect(200);
    assert_eq!(merchant.owner.delete(&format!("/api/v1/roles/{id}")).await.expect(409).code(), "role_in_use");
    let changed = merchant.owner.patch(&format!("/api/v1/roles/{id}"), json!({"rights": ["orders:read"]})).await.expect(200).json();
    assert_eq!(changed["people"], 1);
    client.get("/api/v1/audit-log").await.expect(403);
    assert_eq!(merchant.owner.post("/api/v1/roles", json!({"name": "Kế toán", "rights": []})).await.expect(409).code(), "name_taken");
    merchant.owner.post("/api/v1/roles", json!({"name": "x", "rights": ["orders:fly"]})).await.expect(422);
    let unused = merchant.owner.post("/api/v1/roles", json!({"name": "unused", "rights": []})).await.expect(201).json();
    merchant.owner.delete(&format!("/api/v1/roles/{}", unused["id"].as_str().unwrap())).await.expect(204);
    let log = merchant.owner.get("/api/v1/audit-log").await.expect(200).json();
    for act in ["role.created", "role.changed", "role.removed", "person.invited", "invitation.accepted"] {
        assert!(acts(&log).contains(&act), "{act} in {:?}", acts(&log));
    }
}

#[tokio::test]
async fn role_2_nobody_gives_or_takes_rights_they_lack() {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    let admin = member(&server, &merchant, "admin@example.com", &["admin"]).await;
    let own = person_id(&admin).await;
    let boss = person_id(&merchant.owner).await;
    let owner_role = role_ids(&merchant.owner, &["owner"]).await;
    let viewer = role_ids(&merchant.owner, &["viewer"]).await;
    for (path, body) in [(format!("/api/v1/people/{own}/roles"), json!({"role_ids": owner_role})), (format!("/api/v1/people/{boss}/roles"), json!({"role_ids": viewer}))] {
        assert_eq!(admin.put(&path, body).await.expect(403).code(), "beyond_own_rights");
    }
    assert_eq!(admin.delete(&format!("/api/v1/people/{boss}")).await.expect(403).code(), "beyond_own_rights");
    assert_eq!(admin.post("/api/v1/roles", json!({"name": "more", "rights": ["tenant:manage"]})).await.expect(403).code(), "beyond_own_rights");
    assert_eq!(admin.post("/api/v1/api-keys", json!({"name": "more", "scopes": ["tenant:manage"]})).await.expect(403).code(), "beyond_own_rights");
}

#[tokio::test]
async fn role_3_the_last_owner_stays() {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    let boss = person_id(&merchant.owner).await;
    let viewer = role_ids(&merchant.owner, &["viewer"]).await;
    assert_eq!(merchant.owner.put(&format!("/api/v1/people/{boss}/roles"), json!({"role_ids": viewer})).await.expect(409).code(), "last_owner");
    assert_eq!(merchant.owner.put(&format!("/api/v1/people/{boss}/roles"), json!({"role_ids": []})).await.expect(409).code(), "last_owner");
    assert_eq!(merchant.owner.delete(&format!("/api/v1/people/{boss}")).await.expect(409).code(), "last_owner");
    let second = member(&server, &merchant, "second@example.com", &["owner"]).await;
    let other = person_id(&second).await;
    // Both owners step down at once: one of them must stay.
    let (one, two) = (format!("/api/v1/people/{boss}/roles"), format!("/api/v1/people/{other}/roles"));
    let (a, b) = tokio::join!(merchant.owner.put(&one, json!({"role_ids": viewer})), second.put(&two, json!({"role_ids": viewer})));
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}

#[tokio::test]
async fn peo_1_a_removed_person_and_their_keys_are_out_within_five_seconds() {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    let admin = member(&server, &merchant, "admin@example.com", &["admin"]).await;
    let key = admin.post("/api/v1/api-keys", json!({"name": "till", "scopes": ["people:read"]})).await.expect(201).json();
    let till = server.stranger().belonging_to(merchant.owner.canary().clone()).with_key(key["secret"].as_str().unwrap());
    till.get("/api/v1/people").await.expect(200);
    let id = person_id(&admin).await;
    merchant.owner.delete(&format!("/api/v1/people/{id}")).await.expect(204);
    admin.get("/api/v1/people").await.expect(403);
    till.get("/api/v1/people").await.expect(401);
    let people = merchant.owner.get("/api/v1/people").await.expect(200).json();
    assert_eq!(people["data"].as_array().unwrap().len(), 1);
    // Invited again, they come back with the new roles only.
    let viewer = role_ids(&merchant.owner, &["viewer"]).await;
    merchant.owner.post("/api/v1/invitations", json!({"email": "admin@example.com", "role_ids": viewer})).await.expect(201);
}

#[tokio::test]
async fn auth_1_what_another_server_revoked_stops_within_five_seconds() {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    let key = merchant.owner.post("/api/v1/api-keys", json!({"name": "till", "scopes": ["people:read"]})).await.expect(201).json();
    let till = server.stranger().belonging_to(merchant.owner.canary().clone()).with_key(key["secret"].as_str().unwrap());
    let viewer = member(&server, &merchant, "viewer@example.com", &["viewer"]).await;
    till.get("/api/v1/people").await.expect(200);
    viewer.get("/api/v1/people").await.expect(200);
    // Another server's writes: this one's caches hear nothing of them.
    let mut owner = server.database.owner().await;
    sqlx::query("update control.api_keys set revoked_at = now()").execute(&mut owner).await.unwrap();
    sqlx::query("delete from tenant.role_assignments a using tenant.roles r where r.id = a.role_id and r.name = 'viewer'").execute(&mut owner).await.unwrap();
    sqlx::query("update control.tenants set policy_version = policy_version + 1").execute(&mut owner).await.unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    till.get("/api/v1/people").await.expect(401);
    viewer.get("/api/v1/people").await.expect(403);
}

#[tokio::test]
async fn keys_do_what_their_scopes_say_and_no_more_than_their_maker_may() {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    let admin = member(&server, &merchant, "admin@example.com", &["admin"]).await;
    let made = admin.post("/api/v1/api-keys", json!({"name": "till", "scopes": ["people:read", "audit:read"]})).await.expect(201).json();
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with(&format!("sy_live_{}_", made["prefix"].as_str().unwrap())));
    let till = server.stranger().belonging_to(merchant.owner.canary().clone()).with_key(secret);
    till.get("/api/v1/people").await.expect(200);
    till.get("/api/v1/audit-log").await.expect(200);
    assert_eq!(till.get("/api/v1/api-keys").await.expect(403).code(), "missing_right");
    till.get("/api/v1/session").await.expect(401);
    // KEY-2 by time: the maker loses a right, and so does the key.
    let id = person_id(&admin).await;
    let viewer = role_ids(&merchant.owner, &["viewer"]).await;
    merchant.owner.put(&format!("/api/v1/people/{id}/roles"), json!({"role_ids": viewer})).await.expect(200);
    till.get("/api/v1/people").await.expect(200);
    till.get("/api/v1/audit-log").await.expect(403);
    let list = merchant.owner.get("/api/v1/api-keys").await.expect(200).json();
    assert!(list["data"][0].get("secret").is_none() && !list.to_string().contains(secret.rsplit_once('_').unwrap().1));
    merchant.owner.delete(&format!("/api/v1/api-keys/{}", made["id"].as_str().unwrap())).await.expect(204);
    till.get("/api/v1/people").await.expect(401);
}

#[tokio::test]
async fn wrong_expired_and_cut_keys_open_nothing() {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    let soon = chrono::Utc::now() + chrono::TimeDelta::seconds(2);
    let made = merchant.owner.post("/api/v1/api-keys", json!({"name": "short", "scopes": ["people:read"], "expires_at": soon})).await.expect(201).json();
    let secret = made["secret"].as_str().unwrap().to_owned();
    let key = |text: &str| server.stranger().belonging_to(merchant.owner.canary().clone()).with_key(text);
    key(&secret).get("/api/v1/people").await.expect(200);
    for wrong in [&secret[..secret.len() - 1], &format!("{secret}0"), &secret.replace("sy_live_", "sy_test_"), "sy_live_", "", "x"] {
        key(wrong).get("/api/v1/people").await.expect(401);
    }
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    key(&secret).get("/api/v1/people").await.expect(401);
    merchant.owner.post("/api/v1/api-keys", json!({"name": "late", "scopes": ["people:read"], "expires_at": "2020-01-01T00:00:00Z"})).await.expect(422);
    merchant.owner.post("/api/v1/api-keys", json!({"name": "none", "scopes": []})).await.expect(422);
}

#[tokio::test]
async fn another_tenants_people_roles_keys_and_invitations_are_not_found() {
    let server = Server::start().await;
    let (a, b) = (server.merchant("a").await, server.merchant("b").await);
    let viewer = role_ids(&b.owner, &["viewer"]).await;
    let role = b.owner.post("/api/v1/roles", json!({"name": "own", "rights": []})).await.expect(201).json()["id"].as_str().unwrap().to_owned();
    let key = b.owner.post("/api/v1/api-keys", json!({"name": "own", "scopes": ["orders:read"]})).await.expect(201).json()["id"].as_str().unwrap().to_owned();
    let invitation = b.owner.post("/api/v1/invitations", json!({"email": "x@example.com", "role_ids": viewer})).await.expect(201).json()["id"].as_str().unwrap().to_owned();
    let person = person_id(&b.owner).await;
    a.owner.patch(&format!("/api/v1/roles/{role}"), json!({"name": "mine"})).await.expect(404);
    a.owner.delete(&format!("/api/v1/roles/{role}")).await.expect(404);
    a.owner.delete(&format!("/api/v1/api-keys/{key}")).await.expect(404);
    a.owner.delete(&format!("/api/v1/invitations/{invitation}")).await.expect(404);
    a.owner.delete(&format!("/api/v1/people/{person}")).await.expect(404);
    a.owner.put(&format!("/api/v1/people/{person}/roles"), json!({"role_ids": []})).await.expect(404);
    let own = person_id(&a.owner).await;
    a.owner.put(&format!("/api/v1/people/{own}/roles"), json!({"role_ids": viewer})).await.expect(404);
    a.owner.post("/api/v1/invitations", json!({"email": "y@example.com", "role_ids": viewer})).await.expect(404);
    for list in ["people", "roles", "api-keys", "invitations", "audit-log"] {
        a.owner.get(&format!("/api/v1/{list}")).await.expect(200);
    }
    // B is untouched.
    assert_eq!(b.owner.get("/api/v1/api-keys").await.expect(200).json()["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn page_1_lists_are_paged_and_a_cursor_is_of_one_list_and_tenant() {
    let server = Server::start().await;
    let (a, b) = (server.merchant("a").await, server.merchant("b").await);
    for number in 0..5 {
        a.owner.post("/api/v1/api-keys", json!({"name": format!("key {number}"), "scopes": ["orders:read"]})).await.expect(201);
    }
    let mut names = Vec::new();
    let mut path = "/api/v1/api-keys?limit=2".to_owned();
    let first = a.owner.get(&path).await.expect(200);
    let cursor = first.json()["next_cursor"].as_str().unwrap().to_owned();
    assert!(first.header("link").unwrap().ends_with("; rel=\"next\""));
    loop {
        let page = a.owner.get(&path).await.expect(200).json();
        names.extend(page["data"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/api-keys?limit=2&cursor={next}");
    }
    assert_eq!(names, ["key 4", "key 3", "key 2", "key 1", "key 0"]);
    b.owner.get(&format!("/api/v1/api-keys?cursor={cursor}")).await.expect(422);
    a.owner.get(&format!("/api/v1/invitations?cursor={cursor}")).await.expect(422);
    a.owner.get(&format!("/api/v1/api-keys?cursor={}x", &cursor[..cursor.len() - 1])).await.expect(422);
    for limit in ["0", "201", "-1", "x"] {
        a.owner.get(&format!("/api/v1/api-keys?limit={limit}")).await.expect(422);
    }
}

#[tokio::test]
async fn the_tenant_is_edited_by_its_owner_and_says_so_in_the_log() {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    let name = format!("New name {}", merchant.owner.canary().marker());
    let edited = merchant.owner.patch("/api/v1/tenant", json!({"name": name, "time_zone": "Europe/London"})).await.expect(200).json();
    assert_eq!((edited["name"].as_str(), edited["time_zone"].as_str(), edited["locale"].as_str()), (Some(name.as_str()), Some("Europe/London"), Some("en")));
    assert_eq!(merchant.owner.get("/api/v1/tenant").await.expect(200).json(), edited);
    for wrong in [json!({"name": ""}), json!({"time_zone": "Mars"}), json!({"locale": "xx"}), json!({"currency": "USD"}), json!({"slug": "x"})] {
        merchant.owner.patch("/api/v1/tenant", wrong).await.expect(422);
    }
    let log = merchant.owner.get("/api/v1/audit-log").await.expect(200).json();
    assert_eq!(acts(&log)[0], "tenant.changed");
}

#[tokio::test]
async fn everything_asks_who_is_calling() {
    let server = Server::start().await;
    let stranger = server.stranger();
    for path in ["session", "tenant", "audit-log", "people", "invitations", "roles", "rights", "api-keys"] {
        assert_eq!(stranger.get(&format!("/api/v1/{path}")).await.expect(401).code(), "no_session", "{path}");
    }
    let forged = server.stranger();
    forged.set_cookie(COOKIE, "A".repeat(43).as_str());
    forged.get("/api/v1/session").await.expect(401);
}

#[tokio::test]
async fn roles_keys_and_invitations_have_ceilings() {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    let mut owner = server.database.owner().await;
    sqlx::query("insert into tenant.roles (tenant_id, id, name, built_in, permissions) select t.id, gen_random_uuid(), 'role ' || n, false, '{}' from control.tenants t, generate_series(9, 100) n")
        .execute(&mut owner)
        .await
        .unwrap();
    assert_eq!(merchant.owner.post("/api/v1/roles", json!({"name": "one more", "rights": []})).await.expect(409).code(), "too_many_roles");
    sqlx::query(
        "insert into control.api_keys (id, tenant_id, prefix, secret_hash, name, scopes, created_by)
         select gen_random_uuid(), t.id, 'prefix' || n, '', 'key', '{}', p.id from control.tenants t, control.people p, generate_series(1, 100) n",
    )
    .execute(&mut owner)
    .await
    .unwrap();
    assert_eq!(merchant.owner.post("/api/v1/api-keys", json!({"name": "one more", "scopes": ["orders:read"]})).await.expect(409).code(), "too_many_keys");
    sqlx::query(
        "insert into control.invitations (id, tenant_id, token_hash, email, role_ids, invited_by, expires_at)
         select gen_random_uuid(), t.id, sha256(n::text::bytea), n || '@example.com', '{}', p.id, now() + interval '1 day' from control.tenants t, control.people p, generate_series(1, 200) n",
    )
    .execute(&mut owner)
    .await
    .unwrap();
    let viewer = role_ids(&merchant.owner, &["viewer"]).await;
    assert_eq!(merchant.owner.post("/api/v1/invitations", json!({"email": "x@example.com", "role_ids": viewer})).await.expect(409).code(), "too_many_invitations");
}
