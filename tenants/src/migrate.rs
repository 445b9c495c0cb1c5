//! Brings both schemas up to date. Forward only; each file runs once, and the list of what ran lives beside the schema.

use crate::{Databases, DirectoryError};
use sqlx::{Connection, PgConnection, migrate::{MigrateError, Migrator}};

static CONTROL: Migrator = sqlx::migrate!("../migrations/control");
static TENANT: Migrator = sqlx::migrate!("../migrations/tenant");

#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    #[error("cannot reach the {place} database: {source}")]
    Unreachable { place: String, source: sqlx::Error },
    /// The database was migrated by a newer release.
    #[error("the {place} database is newer than this release (it knows migration {version}); start the newer release")]
    Newer { place: String, version: i64 },
    #[error("migration of the {place} database failed: {source}")]
    Failed { place: String, source: MigrateError },
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

/// Migrates the control database and every shard. Safe to run from several servers at once: each database is locked meanwhile.
/// Connects as whom the URL names; that role must own the schemas.
pub async fn migrate(databases: &Databases) -> Result<(), MigrationError> {
    run("control", &databases.control, &CONTROL, "control").await?;
    for (name, url) in &databases.shards {
        run(&format!("shard {name}"), url, &TENANT, "tenant").await?;
    }
    Ok(())
}

async fn run(place: &str, url: &str, migrator: &Migrator, schema: &'static str) -> Result<(), MigrationError> {
    let unreachable = |source| MigrationError::Unreachable { place: place.to_owned(), source };
    let mut connection = PgConnection::connect(url).await.map_err(unreachable)?;
    let mut migrator = Migrator { migrations: migrator.migrations.clone(), ..Migrator::DEFAULT };
    migrator.dangerous_set_table_name(format!("{schema}.migrations"));
    migrator.create_schema(schema);
    let outcome = migrator.run(&mut connection).await;
    connection.close().await.map_err(unreachable)?;
    outcome.map_err(|source| match source {
        MigrateError::VersionMissing(version) => MigrationError::Newer { place: place.to_owned(), version },
        source => MigrationError::Failed { place: place.to_owned(), source },
    })
}
