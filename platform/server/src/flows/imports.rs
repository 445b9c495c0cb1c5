//! Imports in the background of the server: started by a request, taken up again after a restart.
//! Invariant IMPORT-7: an import or an undo that was begun ends, whichever server stops meanwhile.

use crate::app::App;
use kernel::ImportId;
use std::collections::HashSet;
use std::sync::{LazyLock, Mutex};
use std::time::Duration;
use switchyard_core::imports::import::{self, ImportState};
use switchyard_core::imports::run::RunError;
use switchyard_core::imports::{Limits, run, undo};
use tenants::{Actor, Right, RightSet, walk};
use tokio::sync::Semaphore;

/// Imports one server works at; the others wait in their state.
const AT_ONCE_MAX: usize = 2;
/// How often the server looks for imports that another one left behind.
const LOOK_EVERY: Duration = Duration::from_secs(300);
/// Tries after an error of the database, each after a longer pause.
const TRIES_MAX: u32 = 5;

static ROOM: Semaphore = Semaphore::const_new(AT_ONCE_MAX);
/// What this server works at or has waiting.
static MINE: LazyLock<Mutex<HashSet<ImportId>>> = LazyLock::new(Mutex::default);

/// Goes on with the import, or its undo, behind the request.
pub fn work(app: &App, actor: &Actor, id: ImportId, state: ImportState) {
    if !MINE.lock().is_ok_and(|mut mine| mine.insert(id)) {
        return;
    }
    let (app, actor) = (app.clone(), chore(actor));
    tokio::spawn(async move {
        // The semaphore is never closed.
        let _room = ROOM.acquire().await;
        for tried in 1..=TRIES_MAX {
            let ended = match state {
                ImportState::Undoing => undo::undo(&app.directory, &actor, id, |_| {}).await,
                _ => run::run(&app.directory, &actor, id, Limits::default(), |_| {}).await,
            };
            match ended {
                Ok(import) => tracing::info!(import.id = %id, import.state = import.state.word(), "import {id} is {}", import.state.word()),
                Err(RunError::Database(_) | RunError::Directory(_) | RunError::Intake(_)) if tried < TRIES_MAX => {
                    tokio::time::sleep(Duration::from_secs(1 << tried)).await;
                    continue;
                }
                Err(error) => tracing::warn!(import.id = %id, error = %error, "import {id} stopped: {error}"),
            }
            break;
        }
        if let Ok(mut mine) = MINE.lock() {
            mine.remove(&id);
        }
    });
}

/// Looks for imports begun by a server that is no more, at once and from time to time. Two servers that take up the same
/// one do nothing twice: the later one notices and leaves it.
pub async fn take_up(app: App) {
    loop {
        if let Err(error) = take_up_once(&app).await {
            tracing::warn!(error = %error, "could not look for unfinished imports: {error:#}");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn take_up_once(app: &App) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let tenants = walk::tenants_after(&app.directory, after, 100).await?;
        for tenant in &tenants {
            let actor = Actor::system(tenant.id, "import", rights());
            let mut tx = app.directory.begin(&actor).await?;
            let unfinished = import::unfinished(&mut tx, actor.may()?).await?;
            tx.commit().await?;
            for (id, state) in unfinished {
                work(app, &actor, id, state);
            }
        }
        match tenants.last() {
            Some(last) if tenants.len() == 100 => after = Some(last.id),
            _ => return Ok(()),
        }
    }
}

/// Whoever asked for it stays its actor; the rights are those of the chore, since the person may log out meanwhile.
fn chore(actor: &Actor) -> Actor {
    Actor { rights: std::sync::Arc::new(rights()), ..actor.clone() }
}

fn rights() -> RightSet {
    [Right::ReadImports, Right::RunImports].into_iter().collect()
}
