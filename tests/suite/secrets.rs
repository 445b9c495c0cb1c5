//! Secrets and hooks on a real database: sealed at rest, rotated, and found only where they belong.

use kernel::{ChannelAccountId, TenantId};
use kit::Server;
use secrecy::{ExposeSecret as _, SecretSlice};
use tenants::{
    Actor, RightSet, TenantTx,
    rights::ManageChannels,
    secrets::{self, Owner, SecretError},
};

const CANARY: &str = "shpss_canary_value";

fn secret(text: &str) -> SecretSlice<u8> {
    text.as_bytes().to_vec().into()
}

async fn begin(server: &Server, tenant: &str, at: chrono::DateTime<chrono::Utc>) -> TenantTx {
    let tenant: TenantId = tenant.parse().unwrap();
    server.app.directory.begin_at(&Actor::system(tenant, "test", RightSet::all()), at).await.unwrap()
}

async fn live(tx: &mut TenantTx, owner: Owner) -> Vec<(i32, String)> {
    let open = secrets::open_all_live(tx, owner).await.unwrap();
    open.iter().map(|s| (s.version, String::from_utf8(s.value.expose_secret().to_vec()).unwrap())).collect()
}

#[tokio::test]
async fn sec_3_old_versions_live_until_they_retire() {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    let owner = Owner::ChannelAccount(ChannelAccountId::new());
    let now = chrono::Utc::now();
    let mut tx = begin(&server, &merchant.id, now).await;
    secrets::put(&mut tx, owner, "partner_key", &secret("one"), None).await.unwrap();
    secrets::put(&mut tx, owner, "partner_key", &secret("two"), Some(chrono::TimeDelta::minutes(30))).await.unwrap();
    assert_eq!(live(&mut tx, owner).await, [(2, "two".into()), (1, "one".into())]);
    let info = secrets::list(&mut tx, owner).await.unwrap();
    assert_eq!((info.len(), info[0].name.as_str(), info[0].live_versions), (1, "partner_key", 2));
    tx.commit().await.unwrap();
    let mut later = begin(&server, &merchant.id, now + chrono::TimeDelta::minutes(31)).await;
    assert_eq!(live(&mut later, owner).await, [(2, "two".into())]);
    secrets::put(&mut later, owner, "partner_key", &secret("three"), None).await.unwrap();
    assert_eq!(live(&mut later, owner).await, [(3, "three".into())]);
    secrets::retire_all(&mut later, owner).await.unwrap();
    assert_eq!(live(&mut later, owner).await, []);
}

#[tokio::test]
async fn sec_1_a_row_moved_in_the_database_does_not_open() {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    let (a, b) = (ChannelAccountId::new(), ChannelAccountId::new());
    let mut tx = begin(&server, &merchant.id, chrono::Utc::now()).await;
    secrets::put(&mut tx, Owner::ChannelAccount(a), "token", &secret(CANARY), None).await.unwrap();
    tx.commit().await.unwrap();
    let mut owner = server.database.owner().await;
    let dump: Vec<Vec<u8>> = sqlx::query_scalar("select sealed from tenant.secrets").fetch_all(&mut owner).await.unwrap();
    assert!(dump.iter().all(|sealed| !sealed.windows(CANARY.len()).any(|part| part == CANARY.as_bytes())), "sealed at rest");
    sqlx::query("update tenant.secrets set owner_id = $1").bind(b.uuid()).execute(&mut owner).await.unwrap();
    let mut tx = begin(&server, &merchant.id, chrono::Utc::now()).await;
    let error = secrets::open_all_live(&mut tx, Owner::ChannelAccount(b)).await.unwrap_err();
    assert!(!format!("{error:?} {error}").contains("canary"), "SEC-2");
    assert_eq!(error.to_string(), "the sealed value does not belong here or was changed");
}

#[tokio::test]
async fn secrets_have_limits() {
    let server = Server::start().await;
    let merchant = server.merchant("shop").await;
    let owner = Owner::ChannelAccount(ChannelAccountId::new());
    let mut tx = begin(&server, &merchant.id, chrono::Utc::now()).await;
    for (name, value) in [("", "x"), ("Upper", "x"), ("a b", "x"), ("ok", "")] {
        assert!(secrets::put(&mut tx, owner, name, &secret(value), None).await.is_err(), "{name:?} {value:?}");
    }
    assert!(matches!(secrets::put(&mut tx, owner, "big", &secret(&"x".repeat(secrets::VALUE_BYTES_MAX + 1)), None).await, Err(SecretError::Value)));
    for _ in 0..secrets::LIVE_VERSIONS_MAX {
        secrets::put(&mut tx, owner, "kept", &secret("x"), Some(chrono::TimeDelta::hours(1))).await.unwrap();
    }
    assert!(matches!(secrets::put(&mut tx, owner, "kept", &secret("x"), Some(chrono::TimeDelta::hours(1))).await, Err(SecretError::TooManyVersions)));
    secrets::put(&mut tx, owner, "kept", &secret("x"), None).await.unwrap();
    for number in 1..secrets::NAMES_MAX {
        secrets::put(&mut tx, owner, &format!("name_{number}"), &secret("x"), None).await.unwrap();
    }
    assert!(matches!(secrets::put(&mut tx, owner, "one_more", &secret("x"), None).await, Err(SecretError::TooManyNames)));
}

#[tokio::test]
async fn hook_1_a_hook_leads_home_until_it_is_revoked() {
    let server = Server::start().await;
    let (a, b) = (server.merchant("a").await, server.merchant("b").await);
    let actor = |id: &str| Actor::system(id.parse().unwrap(), "test", RightSet::all());
    let (actor_a, actor_b) = (actor(&a.id), actor(&b.id));
    let permit = actor_a.may::<ManageChannels>().unwrap();
    let account = ChannelAccountId::new();
    let hooks = &server.app.identity.hooks;
    let hook = hooks.create(&actor_a, permit, account, "shopify").await.unwrap();
    let target = hooks.find(hook).await.unwrap().unwrap();
    assert_eq!((target.tenant.to_string(), target.account, target.connector.as_str()), (a.id.clone(), account, "shopify"));
    assert_eq!(hooks.find(kernel::HookId::new()).await.unwrap(), None);
    assert!(!hooks.revoke(&actor_b, permit, hook).await.unwrap(), "another tenant's hook is not found");
    assert!(hooks.revoke(&actor_a, permit, hook).await.unwrap());
    assert_eq!(hooks.find(hook).await.unwrap(), None);
    assert!(!hooks.revoke(&actor_a, permit, hook).await.unwrap());
}
