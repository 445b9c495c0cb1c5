//! Sweep over every table: the catalogue itself proves tenant isolation. A new table that is not covered fails here.

use kit::Database;
use sqlx::{PgConnection, Row};

/// Tables of the schema `tenant` that are no tenant's.
const NOT_OF_A_TENANT: &[&str] = &["migrations"];
/// Reviewed SECURITY DEFINER functions.
const DEFINER_FUNCTIONS: &[&str] = &[];

/// Runs the query and returns its first column; each row is a violation.
async fn violations(db: &mut PgConnection, query: &'static str) -> Vec<String> {
    let rows = sqlx::query(query).bind(NOT_OF_A_TENANT).fetch_all(db).await.expect("the catalogue answers");
    rows.iter().map(|row| row.get::<String, _>(0)).collect()
}

#[tokio::test]
async fn every_tenant_table_forces_row_security_with_the_one_policy() {
    let database = Database::fresh().await;
    let db = &mut database.owner().await;
    let tables = violations(db, "select relname::text from pg_class where relnamespace = 'tenant'::regnamespace and relkind in ('r', 'p') and relname <> all ($1)").await;
    assert!(tables.len() >= 20, "the catalogue was really read: {tables:?}");

    let unforced = violations(
        db,
        "select relname::text from pg_class c where relnamespace = 'tenant'::regnamespace and relkind in ('r', 'p') and relname <> all ($1)
         and not (relrowsecurity and relforcerowsecurity)",
    )
    .await;
    assert_eq!(unforced, [""; 0], "row security must be enabled and forced");

    let other_policy = violations(
        db,
        "select c.relname::text from pg_class c left join pg_policy p on p.polrelid = c.oid
         where c.relnamespace = 'tenant'::regnamespace and c.relkind in ('r', 'p') and c.relname <> all ($1)
         group by c.relname
         having count(p.oid) <> 1 or bool_or(p.polcmd <> '*' or not p.polpermissive)
             or bool_or(pg_get_expr(p.polqual, p.polrelid) <> '(tenant_id = (NULLIF(current_setting(''app.tenant''::text, true), ''''::text))::uuid)')
             or bool_or(pg_get_expr(p.polwithcheck, p.polrelid) is distinct from pg_get_expr(p.polqual, p.polrelid))",
    )
    .await;
    assert_eq!(other_policy, [""; 0], "one policy, the same for USING and WITH CHECK, without a subquery");
}

#[tokio::test]
async fn every_key_begins_with_the_tenant() {
    let database = Database::fresh().await;
    let db = &mut database.owner().await;
    let unique = violations(
        db,
        "select format('%s.%s', c.relname, i.indexrelid::regclass)
         from pg_index i join pg_class c on c.oid = i.indrelid
         where c.relnamespace = 'tenant'::regnamespace and c.relname <> all ($1) and (i.indisunique or i.indisexclusion)
         and (select attname from pg_attribute a where a.attrelid = c.oid and a.attnum = i.indkey[0]) is distinct from 'tenant_id'",
    )
    .await;
    assert_eq!(unique, [""; 0], "primary keys, unique keys and conflict targets start with tenant_id");

    let foreign = violations(
        db,
        "select format('%s.%s', c.relname, k.conname) from pg_constraint k join pg_class c on c.oid = k.conrelid
         where c.relnamespace = 'tenant'::regnamespace and k.contype = 'f' and c.relname <> all ($1)
         and not exists (select from unnest(k.conkey, k.confkey) as pair(here, there)
            join pg_attribute h on h.attrelid = k.conrelid and h.attnum = pair.here
            join pg_attribute t on t.attrelid = k.confrelid and t.attnum = pair.there
            where h.attname = 'tenant_id' and t.attname = 'tenant_id')",
    )
    .await;
    assert_eq!(foreign, [""; 0], "foreign keys carry tenant_id, or they would be an oracle for other tenants' rows");

    let no_primary = violations(
        db,
        "select relname::text from pg_class c where relnamespace = 'tenant'::regnamespace and relkind in ('r', 'p') and relname <> all ($1)
         and not exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary)",
    )
    .await;
    assert_eq!(no_primary, [""; 0]);
}

#[tokio::test]
async fn nothing_goes_around_row_security() {
    let database = Database::fresh().await;
    let db = &mut database.owner().await;
    for (what, query) in [
        ("views without security_invoker", "select relname::text from pg_class where relnamespace in ('tenant'::regnamespace, 'control'::regnamespace) and relkind = 'v' and relname <> all ($1) and not coalesce(reloptions @> array['security_invoker=true'], false)"),
        ("materialized views the app may read", "select relname::text from pg_class where relkind = 'm' and relname <> all ($1) and has_table_privilege('switchyard_app', oid, 'select')"),
        ("partitions granted to the app", "select relname::text from pg_class where relispartition and relname <> all ($1) and has_table_privilege('switchyard_app', oid, 'select')"),
        ("tables the app may truncate, or hang triggers and references on", "select relname::text from pg_class where relnamespace in ('tenant'::regnamespace, 'control'::regnamespace) and relkind in ('r', 'p') and relname <> all ($1) and (has_table_privilege('switchyard_app', oid, 'truncate, trigger, references') or has_table_privilege('switchyard_control', oid, 'truncate, trigger, references'))"),
        ("tables of the other schema a role may touch", "select relname::text from pg_class where relkind in ('r', 'p') and relname <> all ($1) and ((relnamespace = 'control'::regnamespace and has_table_privilege('switchyard_app', oid, 'select, insert, update, delete')) or (relnamespace = 'tenant'::regnamespace and has_table_privilege('switchyard_control', oid, 'select, insert, update, delete')))"),
        ("triggers", "select tgname::text from pg_trigger t join pg_class c on c.oid = t.tgrelid where not tgisinternal and c.relname <> all ($1) and c.relnamespace in ('tenant'::regnamespace, 'control'::regnamespace)"),
        ("sequences", "select relname::text from pg_class where relkind = 'S' and relname <> all ($1) and relnamespace in ('tenant'::regnamespace, 'control'::regnamespace)"),
        ("roles with too much power", "select rolname::text from pg_roles where rolname in ('switchyard_app', 'switchyard_control') and rolname <> all ($1) and (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolcanlogin)"),
        ("objects owned by the roles", "select relname::text from pg_class where relname <> all ($1) and relowner in (select oid from pg_roles where rolname in ('switchyard_app', 'switchyard_control'))"),
        ("roles the roles belong to", "select r.rolname::text from pg_auth_members m join pg_roles r on r.oid = m.roleid join pg_roles u on u.oid = m.member where u.rolname in ('switchyard_app', 'switchyard_control') and r.rolname <> all ($1)"),
    ] {
        assert_eq!(violations(db, query).await, [""; 0], "{what}");
    }
    let definers: Vec<String> = sqlx::query_scalar("select proname::text from pg_proc where prosecdef and pronamespace in ('tenant'::regnamespace, 'control'::regnamespace, 'public'::regnamespace) and proname <> all ($1)")
        .bind(DEFINER_FUNCTIONS)
        .fetch_all(db)
        .await
        .unwrap();
    assert_eq!(definers, [""; 0], "SECURITY DEFINER functions are a reviewed list");
}

#[tokio::test]
async fn append_only_tables_are_append_only_by_privilege() {
    let database = Database::fresh().await;
    let db = &mut database.owner().await;
    let writable: Vec<String> = sqlx::query_scalar(
        "select relname::text from pg_class where relnamespace = 'tenant'::regnamespace and relname = any ($1)
         and (has_table_privilege('switchyard_app', oid, 'update') or has_table_privilege('switchyard_app', oid, 'delete'))",
    )
    .bind(["order_facts", "audit_log", "plugin_configs", "plugin_runs", "ledger_entries", "finance_settings", "invoice_settings", "tax_invoice_covers", "tax_invoice_events", "price_list_versions", "price_list_prices", "price_matrices", "order_prices", "price_decisions"].as_slice())
    .fetch_all(db)
    .await
    .unwrap();
    assert_eq!(writable, [""; 0]);
}

/// No table of a tenant is without its tenant: the column is there, first, typed and never null.
#[tokio::test]
async fn every_tenant_table_has_the_column_first() {
    let database = Database::fresh().await;
    let db = &mut database.owner().await;
    let odd = violations(
        db,
        "select relname::text from pg_class c where relnamespace = 'tenant'::regnamespace and relkind in ('r', 'p') and relname <> all ($1)
         and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attnum = 1 and a.attname = 'tenant_id' and a.attnotnull and a.atttypid = 'uuid'::regtype)",
    )
    .await;
    assert_eq!(odd, [""; 0]);
}
