//! The twelve row-security traps, each reproduced against the product's own roles and schema.

use kit::Database;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use uuid::Uuid;

/// Two tenants, each with one role row named after it.
struct Two {
    owner: PgConnection,
    app: PgConnection,
    a: Uuid,
    b: Uuid,
    database: Database,
}

async fn two() -> Two {
    let database = Database::fresh().await;
    let mut owner = database.owner().await;
    let mut app = database.owner().await;
    app.execute("set role switchyard_app").await.unwrap();
    let (a, b) = (Uuid::now_v7(), Uuid::now_v7());
    for tenant in [a, b] {
        sqlx::query("insert into tenant.roles (tenant_id, id, name, built_in, permissions) values ($1, $2, 'same name', false, '{}')")
            .bind(tenant)
            .bind(Uuid::now_v7())
            .execute(&mut owner)
            .await
            .expect("a superuser is above row security");
    }
    Two { owner, app, a, b, database }
}

async fn enter(app: &mut PgConnection, tenant: Uuid) {
    app.execute(AssertSqlSafe(format!("begin; set local app.tenant = '{tenant}'"))).await.unwrap();
}

async fn roles(app: &mut PgConnection) -> i64 {
    sqlx::query_scalar("select count(*) from tenant.roles").fetch_one(app).await.unwrap()
}

#[tokio::test]
async fn trap_1_the_owner_of_a_table_is_not_above_its_policy() {
    let mut two = two().await;
    two.owner.execute("create role trap_owner nosuperuser nobypassrls").await.ok();
    two.owner.execute("grant usage on schema tenant to trap_owner; alter table tenant.saved_views owner to trap_owner; set role trap_owner").await.unwrap();
    let seen: i64 = sqlx::query_scalar("select count(*) from tenant.saved_views").fetch_one(&mut two.owner).await.unwrap();
    assert_eq!(seen, 0);
    let insert = sqlx::query("insert into tenant.saved_views (tenant_id, id, owner, name, shared, query, columns) values ($1, $1, $1, 'x', false, '', '{}')").bind(two.a).execute(&mut two.owner).await;
    assert!(insert.unwrap_err().to_string().contains("row-level security"));
}

#[tokio::test]
async fn trap_2_views_see_with_the_eyes_of_the_caller() {
    let mut two = two().await;
    two.owner.execute("create view tenant.trap_view with (security_invoker = true) as select * from tenant.roles; grant select on tenant.trap_view to switchyard_app").await.unwrap();
    enter(&mut two.app, two.a).await;
    let seen: i64 = sqlx::query_scalar("select count(*) from tenant.trap_view").fetch_one(&mut two.app).await.unwrap();
    assert_eq!(seen, 1);
}

#[tokio::test]
async fn trap_3_another_tenants_unique_value_is_no_conflict() {
    let mut two = two().await;
    enter(&mut two.app, two.b).await;
    let again = sqlx::query("insert into tenant.counters (tenant_id, series, last_value) values ($1, 'order', 1) on conflict (tenant_id, series) do nothing").bind(two.b).execute(&mut two.app).await.unwrap();
    assert_eq!(again.rows_affected(), 1);
    two.app.execute("commit").await.unwrap();
    enter(&mut two.app, two.a).await;
    let other = sqlx::query("insert into tenant.counters (tenant_id, series, last_value) values ($1, 'order', 1) on conflict (tenant_id, series) do nothing").bind(two.a).execute(&mut two.app).await.unwrap();
    assert_eq!(other.rows_affected(), 1, "the same series in another tenant neither conflicts nor is lost");
}

#[tokio::test]
async fn trap_4_a_foreign_key_never_reaches_another_tenants_row() {
    let mut two = two().await;
    let role_of_b: Uuid = sqlx::query_scalar("select id from tenant.roles where tenant_id = $1").bind(two.b).fetch_one(&mut two.owner).await.unwrap();
    enter(&mut two.app, two.a).await;
    let stolen = sqlx::query("insert into tenant.role_assignments (tenant_id, person_id, role_id) values ($1, $1, $2)").bind(two.a).bind(role_of_b).execute(&mut two.app).await.unwrap_err();
    two.app.execute("rollback").await.unwrap();
    enter(&mut two.app, two.a).await;
    let missing = sqlx::query("insert into tenant.role_assignments (tenant_id, person_id, role_id) values ($1, $1, $2)").bind(two.a).bind(Uuid::now_v7()).execute(&mut two.app).await.unwrap_err();
    let code = |e: &sqlx::Error| e.as_database_error().and_then(|d| d.code().map(|c| c.into_owned()));
    assert_eq!(code(&stolen), code(&missing), "an existing and a missing row of another tenant look alike");
    assert_eq!(code(&stolen).as_deref(), Some("23503"));
}

#[tokio::test]
async fn trap_5_without_a_tenant_there_is_nothing_before_and_after() {
    let mut two = two().await;
    assert_eq!(roles(&mut two.app).await, 0, "never set");
    enter(&mut two.app, two.a).await;
    assert_eq!(roles(&mut two.app).await, 1);
    two.app.execute("commit").await.unwrap();
    assert_eq!(roles(&mut two.app).await, 0, "after commit the setting is empty text, and that is no tenant");
    two.app.execute("set local app.tenant = 'x'").await.unwrap();
    assert_eq!(roles(&mut two.app).await, 0, "SET LOCAL outside a transaction does nothing");
}

#[tokio::test]
async fn trap_5_pooled_connections_carry_no_tenant_between_transactions() {
    let two = two().await;
    let mut databases = tenants::Databases::single(&two.database.url);
    databases.connections_max = 1;
    let directory = tenants::Directory::connect(&databases).await.unwrap();
    let tenant = kernel::TenantId(two.a);
    sqlx::query("insert into control.tenants (id, slug, name, shard, country, currency, time_zone, locale) values ($1, 'two-a', 'A', 'main', 'VN', 'VND', 'UTC', 'en')")
        .bind(two.a)
        .execute(&mut two.database.owner().await)
        .await
        .unwrap();
    let actor = tenants::Actor::system(tenant, "test", tenants::RightSet::default());
    for commit in [true, false] {
        let mut tx = directory.begin(&actor).await.unwrap();
        assert_eq!(roles(tx.conn()).await, 1);
        if commit {
            tx.commit().await.unwrap();
        }
    }
    let mut tx = directory.begin(&actor).await.unwrap();
    tx.conn().execute("commit").await.unwrap();
    assert_eq!(roles(tx.conn()).await, 0);
}

/// Trap 6 is a rule about code: SQL is never built from text outside the one audited place.
#[test]
fn trap_6_sql_is_built_in_one_place_only() {
    let mut found = Vec::new();
    let mut folders = vec![kit::project().join("platform"), kit::project().join("tenants")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|e| e == "rs") && std::fs::read_to_string(&entry).unwrap().contains("AssertSqlSafe(") {
                found.push(entry.file_name().unwrap().to_string_lossy().into_owned());
            }
        }
    }
    assert_eq!(found, ["transaction.rs"], "SET LOCAL of a Uuid is the only SQL made from a value");
}

#[tokio::test]
async fn trap_7_copy_into_a_tenant_table_is_refused() {
    let mut two = two().await;
    enter(&mut two.app, two.a).await;
    let refused = two.app.copy_in_raw("copy tenant.counters from stdin").await;
    assert!(refused.is_err());
}

#[tokio::test]
async fn trap_9_truncate_is_never_granted() {
    let mut two = two().await;
    enter(&mut two.app, two.a).await;
    let refused = two.app.execute("truncate tenant.roles cascade").await.unwrap_err();
    assert!(refused.to_string().contains("permission denied"), "{refused}");
}

#[tokio::test]
async fn trap_10_a_leaky_function_and_statistics_show_own_rows_only() {
    let mut two = two().await;
    two.owner.execute("create function public.trap_leak(n text) returns boolean language plpgsql cost 0.0001 as $$ begin perform set_config('trap.seen', coalesce(current_setting('trap.seen', true), '') || n || ';', false); return true; end $$").await.unwrap();
    two.owner.execute("update tenant.roles set name = 'of ' || tenant_id; analyze tenant.roles").await.unwrap();
    enter(&mut two.app, two.a).await;
    sqlx::query("select name from tenant.roles where public.trap_leak(name)").fetch_all(&mut two.app).await.unwrap();
    let seen: String = sqlx::query_scalar("select coalesce(current_setting('trap.seen', true), '')").fetch_one(&mut two.app).await.unwrap();
    assert!(seen.contains(&two.a.to_string()) && !seen.contains(&two.b.to_string()), "{seen}");
    let statistics: i64 = sqlx::query_scalar("select count(*) from pg_stats where schemaname = 'tenant' and tablename = 'roles'").fetch_one(&mut two.app).await.unwrap();
    assert_eq!(statistics, 0);
}

#[tokio::test]
async fn trap_11_switching_row_security_off_is_an_error_not_a_bypass() {
    let mut two = two().await;
    enter(&mut two.app, two.a).await;
    two.app.execute("set local row_security = off").await.unwrap();
    let refused = sqlx::query("select * from tenant.roles").fetch_all(&mut two.app).await.unwrap_err();
    assert!(refused.to_string().contains("row-level security"), "{refused}");
}

/// Traps 8 (partitions) and 12 (sequences) are kept by the catalogue sweep: there is none of either.
#[tokio::test]
async fn traps_8_and_12_there_are_no_partitions_and_no_sequences() {
    let two = two().await;
    let mut db = PgConnection::connect(&two.database.url).await.unwrap();
    let count: i64 = sqlx::query_scalar("select count(*) from pg_class where relnamespace in ('tenant'::regnamespace, 'control'::regnamespace) and (relkind = 'S' or relispartition)").fetch_one(&mut db).await.unwrap();
    assert_eq!(count, 0);
}
