//! Taking an import back: what it told no longer counts. Orders it made leave the list, orders it changed are again what
//! the other facts say. Nothing is deleted; the same file can be imported anew.
//! Invariant IMPORT-6: after an undo every order is what it would be had the import never run.

use super::import::{self, Import, ImportError, ImportState};
use super::run::RunError;
use crate::orders::{facts, intake};
use kernel::{ImportId, OrderId};
use tenants::rights::RunImports;
use tenants::{Actor, Directory, Permit, TenantTx, audit};

/// Orders taken back in one transaction.
const BATCH_ORDERS: i64 = 500;

/// Decides that the import is to be undone; whoever calls this then calls `undo`.
pub async fn begin(tx: &mut TenantTx, _: Permit<RunImports>, id: ImportId) -> Result<Import, ImportError> {
    let import = import::lock(tx, id).await?;
    if !import.state.can_undo() {
        return Err(ImportError::WrongState { state: import.state, wanted: "undone" });
    }
    import::set_state(tx, id, ImportState::Undoing, None).await?;
    audit::write(tx, "import.undone", Some(&id), serde_json::json!({"orders": import.orders_new + import.orders_changed})).await?;
    Ok(Import { state: ImportState::Undoing, finished_at: None, ..import })
}

/// Takes back group after group of orders, each in one transaction; killed, it goes on when called again.
/// `progress` is given the number of orders taken back so far.
pub async fn undo(directory: &Directory, actor: &Actor, id: ImportId, mut progress: impl FnMut(u64)) -> Result<Import, RunError> {
    actor.may::<RunImports>()?;
    let mut after = OrderId(uuid::Uuid::nil());
    let mut taken_back = 0;
    loop {
        let mut tx = directory.begin(actor).await?;
        let import = import::lock(&mut tx, id).await?;
        if import.state != ImportState::Undoing {
            return Err(ImportError::WrongState { state: import.state, wanted: "undone" }.into());
        }
        let orders = facts::void(&mut tx, id, after, BATCH_ORDERS).await?;
        let Some(last) = orders.iter().max() else {
            import::set_state(&mut tx, id, ImportState::Undone, None).await?;
            let undone = import::lock(&mut tx, id).await?;
            tx.commit().await?;
            return Ok(undone);
        };
        after = *last;
        intake::refold(&mut tx, &orders).await?;
        tx.commit().await?;
        taken_back += orders.len() as u64;
        progress(taken_back);
    }
}
