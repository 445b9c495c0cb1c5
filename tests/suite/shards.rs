//! Tenants on separate PostgreSQL servers behind the shard directory: each shard holds only its own tenants, the control
//! database holds no tenant's rows, and nothing in the product's answers shows which shard a tenant is on.

use kit::Server;
use postgres_cluster::{Cluster, Settings};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

async fn tenants_with_roles(url: &str) -> Vec<String> {
    let mut db = PgConnection::connect(url).await.expect("the shard answers");
    let mut found: Vec<String> = sqlx::query_scalar("select distinct tenant_id::text from tenant.roles").fetch_all(&mut db).await.expect("roles");
    found.sort();
    found
}

#[tokio::test]
async fn tenants_spread_over_two_clusters_and_never_mix() {
    let folder = tempfile::tempdir().unwrap();
    // Servers under the same user, but strangers to each other: own data, own roles, own sockets.
    let clusters: Vec<Cluster> = ["north", "south"].iter().map(|name| Cluster::start(Settings::throwaway(folder.path().join(name))).expect("a PostgreSQL")).collect();
    let mut urls = Vec::new();
    for cluster in &clusters {
        let mut db = PgConnection::connect(&cluster.url("postgres")).await.unwrap();
        sqlx::query(AssertSqlSafe("create database shard")).execute(&mut db).await.unwrap();
        urls.push(cluster.url("shard"));
    }
    let server = Server::start_with(&[("SWITCHYARD_SHARDS", &format!("north={} south={}", urls[0], urls[1]))]).await;

    let mut merchants = Vec::new();
    for name in ["one", "two", "three", "four"] {
        merchants.push(server.merchant(name).await);
    }
    let (north, south) = (tenants_with_roles(&urls[0]).await, tenants_with_roles(&urls[1]).await);
    assert_eq!((north.len(), south.len()), (2, 2), "new tenants go where fewest are");
    assert!(north.iter().all(|tenant| !south.contains(tenant)));
    assert_eq!(tenants_with_roles(&server.database.url).await, [""; 0], "the control server holds no tenant's rows");
    for merchant in &merchants {
        let people = merchant.owner.get("/api/v1/people").await.expect(200).json();
        assert_eq!(people["data"].as_array().map(Vec::len), Some(1));
        assert_eq!(people["data"][0]["email"], merchant.email.as_str());
    }
    for cluster in clusters {
        cluster.stop();
    }
}
