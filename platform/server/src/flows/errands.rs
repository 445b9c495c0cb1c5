//! Carrying errands to channels: what was asked of an order's channel goes out, and what the channel says comes in.
//! Invariant ERRAND-4: what a channel told with its answer is applied in the transaction that ends the errand; a carrier that
//! dies between sending and writing sends the same errand again, under the same id.
//! Tax documents go to their providers on the same lanes (`sending`).

use super::{accounts::Ready, fetch, rounds::Rounds, sending, tokens};
use crate::app::App;
use kernel::TenantId;
use std::{sync::Arc, time::Duration};
use switchyard_core::channels::{
    connect,
    lanes::{self, Carried, Lane, LaneError, Outcome},
    reach,
};
use switchyard_host::{CallFailure, Errand, Pushed};
use tenants::{Actor, RightSet};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// Lanes of one tenant carried in one go.
const CLAIM_MAX: i64 = 20;
/// Lanes of one tenant under way at once: a channel that hangs holds up its own errands alone.
const LANES_AT_ONCE: usize = 4;
/// Errands of one account before others have their turn.
const ERRANDS_A_TURN: usize = 100;
/// How often the end of an errand is tried to be written.
const WRITES_MAX: u32 = 5;
/// How often all tenants are looked through, for what other servers left behind and what waits for its next try.
const ROUND_EVERY: Duration = Duration::from_secs(5);
/// Tenants attended to at once: a slow channel of one does not hold up the others.
const TENANTS_AT_ONCE: usize = 8;

/// Works until told to stop.
pub async fn run(app: App, stop: CancellationToken) {
    let work = |app: App, tenant| async move { work(&app, tenant).await };
    Rounds::new(ROUND_EVERY).attend(&app, &app.errands, TENANTS_AT_ONCE, &stop, "carrying the errands of", work).await;
}

/// Carries what is due of one tenant. Returns how many errands went out.
pub async fn work(app: &App, tenant: TenantId) -> anyhow::Result<usize> {
    let actor = Actor::system(tenant, "errands", RightSet::default());
    let mut tx = app.directory.begin(&actor).await?;
    let lanes = lanes::claim(&mut tx, CLAIM_MAX).await?;
    tx.commit().await?;
    let (mut sent, mut under_way) = (0, JoinSet::new());
    for lane in lanes {
        while under_way.len() >= LANES_AT_ONCE {
            sent += carried(under_way.join_next().await)?;
        }
        let (app, actor) = (app.clone(), actor.clone());
        under_way.spawn(async move { to_the_end(&app, &actor, lane).await });
    }
    while !under_way.is_empty() {
        sent += carried(under_way.join_next().await)?;
    }
    Ok(sent)
}

fn carried(ended: Option<Result<anyhow::Result<usize>, JoinError>>) -> anyhow::Result<usize> {
    ended.map_or(Ok(0), |ended| ended?)
}

/// Carries along a lane and lets go of it.
async fn to_the_end(app: &App, actor: &Actor, lane: Lane) -> anyhow::Result<usize> {
    let carried = along(app, actor, lane).await.unwrap_or_else(|error| {
        tracing::warn!(channel.account = %lane.account, error = format!("{error:#}"), "the errands of {} wait for another carrier", lane.account);
        0
    });
    let mut tx = app.directory.begin(actor).await?;
    lanes::release(&mut tx, lane).await?;
    tx.commit().await?;
    Ok(carried)
}

/// One account's errands, one after the other, until there is none or its channel does not answer.
async fn along(app: &App, actor: &Actor, lane: Lane) -> anyhow::Result<usize> {
    for sent in 0..ERRANDS_A_TURN {
        let mut tx = app.directory.begin(actor).await?;
        let errand = match lanes::next(&mut tx, lane).await {
            Ok(errand) => errand,
            Err(LaneError::Lost) => return Ok(sent),
            Err(other) => return Err(other.into()),
        };
        // Also without an errand: those that were overtaken have ended (LANE-5).
        tx.commit().await?;
        let Some(errand) = errand else { return Ok(sent) };
        match carry(app, actor, lane, errand).await? {
            Went::On => {}
            // One bad answer of many, or a channel that is down: another errand finds out, if nobody else does (LANE-2).
            Went::Silent if may_try_again(app, actor, lane).await? => {}
            Went::Silent | Went::Over => return Ok(sent + 1),
        }
    }
    // The rest has its turn after the others.
    app.errands.ring(actor.tenant);
    Ok(ERRANDS_A_TURN)
}

/// How a lane goes on after an errand.
enum Went {
    On,
    /// The channel does not answer.
    Silent,
    /// The account cannot be asked, or the lane is another's.
    Over,
}

async fn may_try_again(app: &App, actor: &Actor, lane: Lane) -> anyhow::Result<bool> {
    let mut tx = app.directory.begin(actor).await?;
    let probes = reach::probe(&mut tx, &[lane.account]).await?;
    tx.commit().await?;
    Ok(!probes.is_empty())
}

/// Sends one errand and writes what became of it.
async fn carry(app: &App, actor: &Actor, lane: Lane, errand: Carried) -> anyhow::Result<Went> {
    let Some(ready) = app.accounts.of_tenant(app, actor.tenant, lane.account).await? else { return Ok(Went::Over) };
    let action = match sending::action(app, actor, &errand).await? {
        sending::Asked::Action(action) => action,
        sending::Asked::Nothing(outcome) => {
            let written = write(app, actor, lane, &ready, &errand, None, &outcome).await?;
            return Ok(if written { Went::On } else { Went::Over });
        }
    };
    let asked = Errand { id: errand.id.to_string(), order: errand.external_id.clone(), action };
    let (ready, told) = push(app, actor, ready, &asked).await?;
    match told {
        Err(failure) if failure.code == "plugin.unauthorized" => refused(app, actor, lane, &errand, &failure).await.map(|()| Went::Over),
        Err(failure) if matches!(failure.code, "host.busy" | "host.unavailable" | "suspended") => {
            // Nothing was asked: a busy server or a connector that cannot run says nothing about the shop.
            let mut tx = app.directory.begin(actor).await?;
            let put = lanes::put_back(&mut tx, lane, &errand, failure.code, &failure.message).await;
            kept(put, tx).await.map(|_| Went::Over)
        }
        told => {
            let outcome = sending::outcome(&errand, &told).unwrap_or_else(|| outcome_of(&told));
            let silent = matches!(outcome, Outcome::Later { channel: true, .. });
            let told = told.as_ref().ok();
            for attempt in 1.. {
                match write(app, actor, lane, &ready, &errand, told, &outcome).await {
                    Ok(false) => return Ok(Went::Over),
                    Ok(true) => return Ok(if silent { Went::Silent } else { Went::On }),
                    // The channel has done it: that is worth another try before it is asked again.
                    Err(error) if attempt < WRITES_MAX => tracing::debug!(error = format!("{error:#}"), "the end of an errand is written again"),
                    Err(error) => return Err(error),
                }
                tokio::time::sleep(Duration::from_millis(50 << attempt)).await;
            }
            Ok(Went::Over)
        }
    }
}

/// The end of an errand with what its channel told, in one transaction (ERRAND-4). False: another carrier has taken over.
async fn write(app: &App, actor: &Actor, lane: Lane, ready: &Ready, errand: &Carried, told: Option<&Pushed>, outcome: &Outcome) -> anyhow::Result<bool> {
    let mut tx = app.directory.begin(actor).await?;
    match told {
        Some(pushed) if sending::is_of(errand) => sending::answered(&mut tx, ready, errand, pushed).await?,
        Some(pushed) => {
            fetch::keep_and_apply(&mut tx, ready, &pushed.told).await?;
        }
        None => {}
    }
    let settled = lanes::settle(&mut tx, lane, errand, outcome).await;
    kept(settled, tx).await
}

/// Commits, unless another carrier has taken over: then nothing of this was written.
async fn kept(done: Result<(), LaneError>, tx: tenants::TenantTx) -> anyhow::Result<bool> {
    match done {
        Ok(()) => {
            tx.commit().await?;
            Ok(true)
        }
        Err(LaneError::Lost) => Ok(false),
        Err(other) => Err(other.into()),
    }
}

/// Asks the connector; with newer tokens when the channel refuses those known here.
async fn push(app: &App, actor: &Actor, mut ready: Arc<Ready>, errand: &Errand) -> anyhow::Result<(Arc<Ready>, Result<Pushed, CallFailure>)> {
    for newer in 0.. {
        let Some(context) = &ready.context else { break };
        let mut told = app.host.push(context, errand).await;
        match tokens::newer_if_refused(app, actor.tenant, &ready, &mut told, newer).await? {
            Some(renewed) => ready = renewed,
            None => return Ok((ready, told)),
        }
    }
    Ok((ready, Err(CallFailure::new("host.unavailable", "the account has no active connector"))))
}

/// The channel does not know us any more: the errand waits until a person has connected the account again.
async fn refused(app: &App, actor: &Actor, lane: Lane, errand: &Carried, failure: &CallFailure) -> anyhow::Result<()> {
    let mut tx = app.directory.begin(actor).await?;
    let put = lanes::put_back(&mut tx, lane, errand, failure.code, &failure.message).await;
    if put.is_ok() {
        connect::pause_by_channel(&mut tx, lane.account, &format!("the channel refuses our authorization: {}", failure.message)).await?;
    }
    kept(put, tx).await?;
    app.accounts.forget(actor.tenant, lane.account).await;
    Ok(())
}

fn outcome_of(told: &Result<Pushed, CallFailure>) -> Outcome {
    match told {
        Ok(pushed) => Outcome::Done { reference: pushed.reference.clone(), refusals: pushed.refusals.clone() },
        Err(failure) => {
            let (code, error) = (failure.code.to_owned(), failure.message.clone());
            match failure.code {
                "plugin.unsupported" => Outcome::Unsupported { error },
                "plugin.permanent" | "plugin.invalid_input" | "plugin.invalid_config" => Outcome::Refused { code, error },
                // The connector misbehaves on this one; the channel itself may be well.
                other => Outcome::Later { channel: failure.is_passing(), error, code: other.to_owned() },
            }
        }
    }
}
