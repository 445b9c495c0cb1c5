//! The fetch worker: brings what notifications only named.
//! Invariant FETCH-1: a claim is a lease; a worker that dies loses nothing, another takes over after it.
//! Invariant FETCH-2: what was fetched is kept as evidence in the transaction of its facts.

use super::{accounts::Ready, rounds::Rounds, tokens};
use crate::app::App;
use kernel::{ChannelAccountId, InboxId, TenantId};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::Duration,
};
use switchyard_core::{
    channels::{
        account, connect,
        fetches::{self, Claimed},
        inbox::{self, Message, Verdict},
        reach,
        windows::Brought,
    },
    orders::{self, Arrival},
};
use switchyard_host::{CallFailure, Reference, ReferenceKind, answer::Fetched};
use tenants::{Actor, RightSet, TenantTx, Who};
use tokio_util::sync::CancellationToken;

/// Fetches claimed at once for one tenant; a connector takes at most 50 references a call.
const CLAIM_MAX: i64 = 50;
/// How often all tenants are looked through, for what other servers left behind and what waits for its next try.
const ROUND_EVERY: Duration = Duration::from_secs(5);
/// Tenants attended to at once: a channel of one that hangs does not hold up the others.
const TENANTS_AT_ONCE: usize = 4;

/// Works until told to stop.
pub async fn run(app: App, stop: CancellationToken) {
    let work = |app: App, tenant| async move { feed(&app, tenant).await };
    Rounds::new(ROUND_EVERY).attend(&app, &app.intake.hungry, TENANTS_AT_ONCE, &stop, "fetching for", work).await;
}

/// Fetches what is due for one tenant. Returns how many things it tried.
pub async fn feed(app: &App, tenant: TenantId) -> anyhow::Result<usize> {
    let actor = Actor::system(tenant, "fetch", RightSet::default());
    let mut tried = 0;
    loop {
        let mut tx = app.directory.begin(&actor).await?;
        let claimed = fetches::claim(&mut tx, CLAIM_MAX).await?;
        tx.commit().await?;
        if claimed.is_empty() {
            return Ok(tried);
        }
        tried += claimed.len();
        let mut by_account: BTreeMap<ChannelAccountId, Vec<Claimed>> = BTreeMap::new();
        for claim in claimed {
            by_account.entry(claim.what.account).or_default().push(claim);
        }
        for (id, claimed) in by_account {
            // The trouble of one account is its own: its claims come back when their lease ends.
            if let Err(error) = fetch(app, &actor, id, claimed).await {
                tracing::warn!(channel.account = %id, error = format!("{error:#}"), "fetching for {id} failed");
            }
        }
    }
}

async fn fetch(app: &App, actor: &Actor, id: ChannelAccountId, claimed: Vec<Claimed>) -> anyhow::Result<()> {
    let Some(ready) = app.accounts.of_tenant(app, actor.tenant, id).await? else { return Ok(()) };
    if ready.context.is_none() {
        return put_back(app, actor, &ready, &claimed, &CallFailure::new("host.unavailable", "the account has no active connector")).await;
    }
    let (known, strange): (Vec<Claimed>, Vec<Claimed>) = claimed.into_iter().partition(|c| ReferenceKind::from_word(&c.what.kind).is_some());
    if !strange.is_empty() {
        put_back(app, actor, &ready, &strange, &CallFailure::new("plugin.unsupported", "a reference of an unknown kind")).await?;
    }
    let references: Vec<Reference> = known.iter().filter_map(|c| Some(Reference { kind: ReferenceKind::from_word(&c.what.kind)?, id: c.what.reference.clone() })).collect();
    let (ready, told) = ask(app, actor, ready, &references).await?;
    let Some(context) = &ready.context else { return Ok(()) };
    match told {
        Ok(fetched) => match apply(app, actor, &ready, &known, fetched).await {
            Ok(()) => answered(app, actor, ready.account.id).await,
            Err(error) => put_back(app, actor, &ready, &known, &CallFailure::new("host.failed", format!("{error:#}"))).await,
        },
        // One thing may be what the others fail for: each is asked for alone.
        Err(failure) if known.len() > 1 && !failure.is_passing() && failure.code != "plugin.unauthorized" => {
            for claim in known {
                let one: Vec<Reference> = references.iter().filter(|r| r.id == claim.what.reference && r.kind.word() == claim.what.kind).cloned().collect();
                let claim = std::slice::from_ref(&claim);
                match app.host.fetch(context, &one).await {
                    Ok(fetched) => match apply(app, actor, &ready, claim, fetched).await {
                        Ok(()) => {}
                        Err(error) => put_back(app, actor, &ready, claim, &CallFailure::new("host.failed", format!("{error:#}"))).await?,
                    },
                    Err(failure) => put_back(app, actor, &ready, claim, &failure).await?,
                }
            }
            Ok(())
        }
        Err(failure) => put_back(app, actor, &ready, &known, &failure).await,
    }
}

/// Asks the connector; with newer tokens when the channel refuses those known here.
async fn ask(app: &App, actor: &Actor, mut ready: Arc<Ready>, references: &[Reference]) -> anyhow::Result<(Arc<Ready>, Result<Fetched, CallFailure>)> {
    for newer in 0.. {
        let Some(context) = &ready.context else { break };
        let mut told = app.host.fetch(context, references).await;
        match tokens::newer_if_refused(app, actor.tenant, &ready, &mut told, newer).await? {
            Some(renewed) => ready = renewed,
            None => return Ok((ready, told)),
        }
    }
    Ok((ready, Err(CallFailure::new("host.unavailable", "the account has no active connector"))))
}

/// Keeps the documents, applies the facts, ends the fetches: one transaction (FETCH-2).
async fn apply(app: &App, actor: &Actor, ready: &Ready, claimed: &[Claimed], fetched: Fetched) -> anyhow::Result<()> {
    let mut tx = app.directory.begin(actor).await?;
    keep_and_apply(&mut tx, ready, &fetched).await?;
    for claim in claimed {
        fetches::done(&mut tx, claim).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The channel answers (LANE-2). In a transaction of its own, which waits for nothing that others hold.
pub(super) async fn answered(app: &App, actor: &Actor, account: ChannelAccountId) -> anyhow::Result<()> {
    let mut tx = app.directory.begin(actor).await?;
    reach::answered(&mut tx, account).await?;
    tx.commit().await?;
    Ok(())
}

/// The channel did not answer, if that is what failed.
pub(super) async fn silent(app: &App, actor: &Actor, account: ChannelAccountId, failure: &CallFailure) -> anyhow::Result<()> {
    if !failure.is_silence() {
        return Ok(());
    }
    let mut tx = app.directory.begin(actor).await?;
    reach::silent(&mut tx, account, &failure.to_string()).await?;
    tx.commit().await?;
    Ok(())
}

/// Keeps what a channel answered as evidence and applies its facts.
pub(super) async fn keep_and_apply(tx: &mut TenantTx, ready: &Ready, fetched: &Fetched) -> anyhow::Result<Brought> {
    let received_at = tx.now();
    let mut documents: BTreeMap<String, Message> = BTreeMap::new();
    for document in &fetched.documents {
        let digest = hex::encode(Sha256::digest(&document.body));
        let key = format!("fetched:{}:{}:{digest}", document.kind, document.id);
        documents.insert(
            key.clone(),
            Message {
                id: InboxId::new(),
                account: ready.account.id,
                origin: "fetched",
                key,
                received_at,
                headers: serde_json::json!([["content-type", "application/json"]]),
                body_bytes: i64::try_from(document.body.len()).unwrap_or(i64::MAX),
                body: document.body.clone(),
                verdict: Verdict::Applied,
            },
        );
    }
    let messages: Vec<Message> = documents.into_values().collect();
    let kept = if messages.is_empty() { Vec::new() } else { inbox::keep(tx, &messages).await? };
    // Which document told of an order: the one that names it, else the first.
    let told_by = |order: &str| kept.iter().find(|k| k.key.split(':').nth(2) == Some(order)).or(kept.first()).map_or_else(|| "fetch".to_owned(), |k| k.id.to_string());
    let mut by_cause: BTreeMap<String, Vec<orders::fact::Fact>> = BTreeMap::new();
    for fact in &fetched.facts {
        by_cause.entry(told_by(&fact.order)).or_default().push(fact.clone());
    }
    let teller = Who::Channel(ready.account.id).to_string();
    let arrivals = by_cause.into_iter().map(|(cause, facts)| Arrival { source: ready.account.source(), facts, cause, actor: teller.clone() }).collect();
    let applied = orders::apply_all(tx, arrivals).await?;
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    Ok(Brought { orders: count(applied.len()), orders_new: count(applied.iter().filter(|order| order.created).count()), facts: count(fetched.facts.len()) })
}

/// The fetches wait for another try; the account's health says why. The account is written before its fetches and apart from
/// them: messages that arrive write both in this order, and the other way round the two would wait for one another.
async fn put_back(app: &App, actor: &Actor, ready: &Ready, claimed: &[Claimed], failure: &CallFailure) -> anyhow::Result<()> {
    silent(app, actor, ready.account.id, failure).await?;
    let tx = app.directory.begin(actor).await?;
    note(app, actor, tx, ready.account.id, failure, true).await?;
    let mut tx = app.directory.begin(actor).await?;
    for claim in claimed {
        fetches::failed(&mut tx, claim, &failure.to_string(), None).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Commits with what a failed call says of its account: what the channel took back pauses it, else its health tells, when the
/// failure `blames` the account.
pub(super) async fn note(app: &App, actor: &Actor, mut tx: TenantTx, account: ChannelAccountId, failure: &CallFailure, blames: bool) -> anyhow::Result<()> {
    let refused = failure.code == "plugin.unauthorized";
    if refused {
        connect::pause_by_channel(&mut tx, account, &format!("the channel refuses our authorization: {}", failure.message)).await?;
    } else if blames {
        account::note_error(&mut tx, account, &failure.to_string()).await?;
    }
    tx.commit().await?;
    if refused {
        app.accounts.forget(actor.tenant, account).await;
    }
    Ok(())
}
