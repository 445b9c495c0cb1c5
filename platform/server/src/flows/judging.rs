//! Orders before their judges: gather, ask the policies outside of any transaction, carry out if nothing changed meanwhile.
//! Invariant JUDGE-1: a policy that traps, runs too long or answers nonsense holds the order; it never lets it pass.
//! Invariant JUDGE-2: a verdict for circumstances that are gone is thrown away and asked for again.

use super::rounds::Rounds;
use crate::app::App;
use chrono::NaiveDate;
use chrono_tz::Tz;
use futures_util::{StreamExt, stream};
use kernel::{OrderId, TenantId};
use std::{collections::HashMap, time::Duration};
use switchyard_core::{
    credit::{
        backtests::{self, BacktestError, Past, Said},
        case::{self, Case, CaseError, Occasion, Outcome},
        decisions::{self, Answer, Asked, Decision},
        question::Verdict,
        rule,
    },
    orders::{
        holds::Released,
        reviews::{self, Claimed},
    },
};
use switchyard_host::{ComponentDigest, Host};
use tenants::{Actor, DirectoryError, RightSet};
use tokio_util::sync::CancellationToken;

/// Times a case is asked again since something changed meanwhile.
const TRIES_MAX: usize = 40;
/// How often all tenants are looked through for orders to judge again.
const ROUND_EVERY: Duration = Duration::from_secs(5);
const CLAIM_MAX: i64 = 50;
/// Past orders a policy is asked about at once.
const ASKED_AT_ONCE: usize = 8;

#[derive(Debug, thiserror::Error)]
pub enum JudgeError {
    #[error("the circumstances change faster than they are judged; try again")]
    Busy,
    #[error(transparent)]
    Case(#[from] CaseError),
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The tenant's calendar.
pub async fn zone(app: &App, tenant: TenantId) -> Result<Tz, DirectoryError> {
    Ok(app.directory.time_zone(tenant).await?.parse().unwrap_or(Tz::UTC))
}

/// Judges an order and carries the verdict out. `None`: a review found nothing to decide.
pub async fn judge(app: &App, actor: &Actor, order: OrderId, occasion: Occasion) -> Result<Option<Outcome>, JudgeError> {
    let zone = zone(app, actor.tenant).await?;
    for _ in 0..TRIES_MAX {
        let mut tx = app.directory.begin(actor).await?;
        let case = case::open(&mut tx, order, occasion, zone).await?;
        drop(tx);
        if matches!(occasion, Occasion::Review) && !case.open {
            return Ok(None);
        }
        let answers = answers(app, actor.tenant, &case).await?;
        let mut tx = app.directory.begin(actor).await?;
        if let Some(outcome) = case::settle(&mut tx, &case, occasion, &answers, zone).await? {
            tx.commit().await?;
            if outcome.confirmed {
                // What is confirmed counts against the others of its group.
                app.judging.ring(actor.tenant);
            }
            return Ok(Some(outcome));
        }
    }
    Err(JudgeError::Busy)
}

/// What stands above every policy, else every policy in force, else the product's own rule.
async fn answers(app: &App, tenant: TenantId, case: &Case) -> Result<Vec<Answer>, CaseError> {
    if case.first.is_some() || case.policies.is_empty() {
        return Ok(vec![Answer::own(&case.question, case.first.clone())?]);
    }
    let mut answers = Vec::with_capacity(case.policies.len());
    for policy in &case.policies {
        answers.push(app.host.assess(tenant, policy, &case.question).await?);
    }
    Ok(answers)
}

/// A decision asked again.
#[derive(Clone, Debug)]
pub struct Replayed {
    pub identical: bool,
    pub output: Option<String>,
    pub fuel: i64,
}

/// Asks the very component of then what was asked then, and compares to the byte.
pub async fn replay(host: &Host, tenant: TenantId, decision: &Decision) -> anyhow::Result<Replayed> {
    let asked: Asked = serde_json::from_str(&decision.input)?;
    let (output, fuel, code) = match &decision.row.digest {
        None => (Some(decisions::own_again(&asked)?), 0, None),
        Some(digest) => {
            let digest = <[u8; 32]>::try_from(digest.as_slice())?;
            let again = host.ask_policy(tenant, ComponentDigest(digest), &asked).await;
            let output = again.verdict.as_ref().ok().map(serde_json::to_string).transpose()?;
            (output, i64::try_from(again.fuel)?, again.verdict.err().map(|failure| failure.code.to_owned()))
        }
    };
    Ok(Replayed { identical: output == decision.output && fuel == decision.row.fuel && code == decision.row.code, output, fuel })
}

/// Does a step of a back-test of the tenant, when one runs. True: there is more to do.
async fn try_past(app: &App, tenant: TenantId) -> Result<bool, JudgeError> {
    let actor = Actor::system(tenant, "credit", RightSet::default());
    let mut tx = app.directory.begin(&actor).await?;
    let Some(claimed) = backtests::claim(&mut tx).await? else { return Ok(false) };
    tx.commit().await?;
    let zone = zone(app, tenant).await?;
    let mut tx = app.directory.begin(&actor).await?;
    let past = match backtests::next(&mut tx, &claimed, zone).await {
        Ok(past) => past,
        Err(BacktestError::Database(error)) => return Err(error.into()),
        Err(error) => {
            drop(tx);
            let mut tx = app.directory.begin(&actor).await?;
            backtests::fail(&mut tx, claimed.id, &error.to_string()).await?;
            tx.commit().await?;
            return Ok(true);
        }
    };
    drop(tx);
    let step: Vec<(Past, Said)> = stream::iter(past).map(|past| said_of(app, tenant, &claimed, past)).buffered(ASKED_AT_ONCE).collect().await;
    let mut tx = app.directory.begin(&actor).await?;
    backtests::advance(&mut tx, &claimed, &step).await?;
    tx.commit().await?;
    Ok(true)
}

/// What the policy says about a past order.
async fn said_of(app: &App, tenant: TenantId, claimed: &backtests::Claimed, past: Past) -> (Past, Said) {
    let codes = |verdict: &Verdict| verdict.reasons().iter().map(|r| r.code.clone()).collect::<Vec<_>>();
    if let Some(verdict) = rule::first(&past.question) {
        let codes = codes(&verdict);
        return (past, Said::Held(codes));
    }
    let asked = Asked { question: past.question, config: claimed.config.clone() };
    let verdict = match <[u8; 32]>::try_from(claimed.digest.as_slice()) {
        Ok(digest) => app.host.ask_policy(tenant, ComponentDigest(digest), &asked).await.verdict.map_err(|failure| failure.code.to_owned()),
        Err(_) => Err("host.failed".to_owned()),
    };
    let said = match verdict {
        Ok(Verdict::Approve) => Said::Free,
        Ok(Verdict::Deposit(deposit)) if asked.question.order.paid >= deposit.amount => Said::Free,
        Ok(verdict) => Said::Held(codes(&verdict)),
        Err(code) => Said::Failed(code),
    };
    (Past { question: asked.question, ..past }, said)
}

/// After a release: the order is judged again at once, and confirmed when nothing else stands against it.
pub async fn after_release(app: &App, actor: &Actor, order: OrderId, released: Released) {
    if !(released.ended && released.confirms) {
        return;
    }
    let judge_actor = Actor::system(actor.tenant, "credit", RightSet::default());
    if let Err(error) = judge(app, &judge_actor, order, Occasion::Review).await {
        tracing::warn!(tenant.id = %actor.tenant, order.id = %order, "a released order could not be judged at once and waits: {error}");
        let asked = async {
            let mut tx = app.directory.begin(&judge_actor).await?;
            reviews::ask(&mut tx, &[order.uuid()], "released").await?;
            Ok::<_, DirectoryError>(tx.commit().await?)
        };
        if let Err(error) = asked.await {
            tracing::error!(tenant.id = %actor.tenant, order.id = %order, "a released order is not judged again: {error}");
        }
    }
}

/// Judges again what is due, until told to stop.
pub async fn run(app: App, stop: CancellationToken) {
    let mut rounds = Rounds::new(ROUND_EVERY);
    let mut days: HashMap<TenantId, NaiveDate> = HashMap::new();
    while let Some(waiting) = rounds.tenants(&app, &app.judging, &stop).await {
        for tenant in waiting {
            if stop.is_cancelled() {
                return;
            }
            if let Err(error) = daily(&app, tenant, &mut days).await {
                tracing::debug!(tenant.id = %tenant, "the daily look at what is due failed: {error}");
            }
            if let Err(error) = work(&app, tenant).await {
                tracing::warn!(tenant.id = %tenant, "judging orders of tenant {tenant} again failed: {error}");
            }
            match try_past(&app, tenant).await {
                Ok(false) => {}
                // Step by step, so that reviews do not wait for a long back-test.
                Ok(true) => app.judging.ring(tenant),
                Err(error) => tracing::warn!(tenant.id = %tenant, "a back-test waits for another try: {error}"),
            }
        }
    }
}

/// Once a day: what fell due over night is looked at.
async fn daily(app: &App, tenant: TenantId, days: &mut HashMap<TenantId, NaiveDate>) -> Result<(), JudgeError> {
    let now = chrono::Utc::now();
    // Zones differ by a day at most: within one UTC day and hour the answer is the same.
    if days.get(&tenant).is_some_and(|day| *day == now.date_naive()) {
        return Ok(());
    }
    let today = now.with_timezone(&zone(app, tenant).await?).date_naive();
    let mut tx = app.directory.begin(&Actor::system(tenant, "credit", RightSet::default())).await?;
    reviews::ask_overdue(&mut tx, today).await?;
    reviews::ask_deposits(&mut tx, today).await?;
    tx.commit().await?;
    days.insert(tenant, now.date_naive());
    Ok(())
}

/// Judges what is due of one tenant. Returns how many orders.
pub async fn work(app: &App, tenant: TenantId) -> Result<usize, JudgeError> {
    let actor = Actor::system(tenant, "credit", RightSet::default());
    let mut judged = 0;
    loop {
        let mut tx = app.directory.begin(&actor).await?;
        let claimed = reviews::claim(&mut tx, CLAIM_MAX).await?;
        tx.commit().await?;
        if claimed.is_empty() {
            return Ok(judged);
        }
        judged += claimed.len();
        for claim in claimed {
            review(app, &actor, claim).await?;
        }
    }
}

async fn review(app: &App, actor: &Actor, claim: Claimed) -> Result<(), JudgeError> {
    let outcome = judge(app, actor, claim.order, Occasion::Review).await;
    let mut tx = app.directory.begin(actor).await?;
    match outcome {
        // An order that is gone has nothing to be judged.
        Ok(_) | Err(JudgeError::Case(CaseError::Unknown)) => reviews::done(&mut tx, claim).await?,
        Err(error) => {
            tracing::debug!(order.id = %claim.order, "a review waits for another try: {error}");
            reviews::failed(&mut tx, claim, &error.to_string()).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}
