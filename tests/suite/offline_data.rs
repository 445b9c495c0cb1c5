//! The checked queries' offline data (`.sqlx`) is what a freshly migrated database says of each query.
//! That none is missing is proved by compiling without a database, as `.ci/run` does.

use kit::Database;
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr};

#[tokio::test]
async fn offline_data_is_not_stale() {
    let folder = kit::project().join(".sqlx");
    let mut connection = Database::fresh().await.owner().await;
    let (mut checked, mut stale) = (0, Vec::new());
    for entry in std::fs::read_dir(folder).expect(".sqlx is part of the tree: cargo xtask prepare makes it") {
        let path = entry.unwrap().path();
        let kept: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let query = kept["query"].as_str().unwrap();
        let said = (&mut connection).describe(AssertSqlSafe(query.to_owned()).into_sql_str()).await;
        match said.map(|said| serde_json::to_value(said).unwrap()) {
            Ok(now) if without_nullability(&now) == without_nullability(&kept["describe"]) => checked += 1,
            Ok(_) => stale.push(format!("answers otherwise: {query}")),
            Err(error) => stale.push(format!("{error}: {query}")),
        }
    }
    assert!(stale.is_empty(), "{} stale, run cargo xtask prepare:\n{}", stale.len(), stale.join("\n"));
    assert!(checked > 0);
}

/// Whether a column of an outer join may be null is read off the plan, which changes with the server's statistics.
fn without_nullability(describe: &serde_json::Value) -> serde_json::Value {
    let mut describe = describe.clone();
    describe["nullable"] = serde_json::Value::Null;
    describe
}
