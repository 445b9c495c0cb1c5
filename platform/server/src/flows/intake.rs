//! The grouped commit: what arrives for one tenant while a transaction of that tenant commits goes into the next one together.
//! Invariant GRP-1: a message is acknowledged only after the transaction with its row and its effect committed.
//! Invariant GRP-2: a message that cannot be applied never takes others of its group with it: the group is tried again one by
//! one, and what fails alone goes to quarantine with its reason.

use super::groups::{Groups, Refused};
use super::rounds::Bell;
use crate::app::App;
use kernel::{ChannelAccountId, InboxId, OrderId, TenantId};
use std::{collections::HashMap, sync::Arc};
use switchyard_core::{
    channels::{connect, fetches::{self, FetchRef}, inbox::{self, Message, Verdict}},
    orders::{self, Arrival, Source, fact::Fact, intake::IntakeError},
};
use tenants::{Actor, RightSet, Who};

/// Messages one transaction takes at most.
const GROUP_MAX: usize = 64;
/// Facts one transaction takes at most; a single message may have more and then goes alone.
const GROUP_FACTS_MAX: usize = 2_000;
const TRIES: usize = 4;

/// A message with everything that is to be done about it.
#[derive(Clone, Debug)]
pub struct Submission {
    pub message: Message,
    pub source: Source,
    pub facts: Vec<Fact>,
    pub fetch: Vec<FetchRef>,
    /// The channel withdrew its authorization, with its words.
    pub revoked: Option<String>,
    /// Nobody verified who sent it: kept only while there is room (BOX-3).
    pub unverified: bool,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// `None`: it was counted and not kept.
    pub inbox: Option<InboxId>,
    /// applied, ignored, quarantined, duplicate
    pub state: &'static str,
    pub reason_code: Option<&'static str>,
    pub reason: Option<String>,
    pub orders: Vec<OrderId>,
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum SubmitError {
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Nothing was written; the sender may try again.
    #[error("the message could not be written: {0}")]
    Failed(Arc<anyhow::Error>),
}

#[derive(Clone, Default)]
pub struct Intake {
    groups: Groups<Submission, Result<Outcome, SubmitError>>,
    /// Tenants with something to fetch.
    pub(super) hungry: Bell,
}

impl Intake {
    /// Writes a message with its effect and says what became of it (GRP-1).
    pub async fn submit(&self, app: &App, tenant: TenantId, submission: Submission) -> Result<Outcome, SubmitError> {
        let (intake, app) = (self.clone(), app.clone());
        let commit = move |group| {
            let (intake, app) = (intake.clone(), app.clone());
            async move { intake.commit(&app, tenant, group).await }
        };
        self.groups.submit(tenant, submission, fits, commit).await?
    }

    /// Writes a group; one result per submission, in order (GRP-2).
    async fn commit(&self, app: &App, tenant: TenantId, group: Vec<Submission>) -> Vec<Result<Outcome, SubmitError>> {
        let mut outcomes = Vec::with_capacity(group.len());
        match with_retries(app, tenant, &group).await {
            Ok(written) => outcomes.extend(written.into_iter().map(Ok)),
            Err(error) if group.len() == 1 => outcomes.push(self.alone(app, tenant, &group[0], error).await),
            Err(_) => {
                for submission in &group {
                    outcomes.push(match with_retries(app, tenant, std::slice::from_ref(submission)).await {
                        Ok(mut written) => written.pop().ok_or_else(|| SubmitError::Failed(Arc::new(anyhow::anyhow!("nothing was written")))),
                        Err(error) => self.alone(app, tenant, submission, error).await,
                    });
                }
            }
        }
        if group.iter().any(|submission| !submission.fetch.is_empty()) {
            self.hungry.ring(tenant);
        }
        outcomes
    }

    /// A message that failed alone: when the fault is its own it goes to quarantine, else its sender may come again.
    async fn alone(&self, app: &App, tenant: TenantId, submission: &Submission, error: WriteError) -> Result<Outcome, SubmitError> {
        let reason = match error {
            WriteError::Message(reason) => reason,
            WriteError::Away(error) => return Err(SubmitError::Failed(Arc::new(error))),
        };
        let held = Submission {
            message: Message { verdict: Verdict::Quarantined { code: "not_applicable", reason }, ..submission.message.clone() },
            facts: Vec::new(),
            fetch: Vec::new(),
            revoked: None,
            ..submission.clone()
        };
        match with_retries(app, tenant, &[held]).await {
            Ok(mut written) => written.pop().ok_or_else(|| SubmitError::Failed(Arc::new(anyhow::anyhow!("nothing was written")))),
            Err(WriteError::Away(error)) => Err(SubmitError::Failed(Arc::new(error))),
            Err(WriteError::Message(reason)) => Err(SubmitError::Failed(Arc::new(anyhow::anyhow!(reason)))),
        }
    }
}

/// Messages share a transaction when each has another key, and the whole stays small.
fn fits(group: &[Submission], next: &Submission) -> bool {
    let facts = || group.iter().map(|s| s.facts.len()).sum::<usize>();
    let other = |s: &Submission| s.message.account != next.message.account || s.message.key != next.message.key;
    group.len() < GROUP_MAX && facts() + next.facts.len() <= GROUP_FACTS_MAX && group.iter().all(other)
}

enum WriteError {
    /// The message itself cannot be applied.
    Message(String),
    /// The database was away or busy.
    Away(anyhow::Error),
}

async fn with_retries(app: &App, tenant: TenantId, group: &[Submission]) -> Result<Vec<Outcome>, WriteError> {
    for attempt in 1.. {
        match write(app, tenant, group).await {
            Err(WriteError::Away(error)) if attempt < TRIES && is_conflict(&error) => {
                tokio::time::sleep(std::time::Duration::from_millis(5 << attempt)).await;
            }
            other => return other,
        }
    }
    unreachable!("the loop ends with an answer")
}

/// Deadlock and serialization failures: the same work succeeds a moment later.
fn is_conflict(error: &anyhow::Error) -> bool {
    let codes = error.chain().filter_map(|cause| cause.downcast_ref::<sqlx::Error>()).filter_map(|e| e.as_database_error()?.code().map(|c| c.into_owned()));
    let mut codes = codes;
    codes.any(|code| matches!(code.as_str(), "40P01" | "40001" | "55P03")) || error.chain().any(|cause| matches!(cause.downcast_ref::<IntakeError>(), Some(IntakeError::Busy(_))))
}

/// Errors of the message's own data: class 22 (data exception) and 23 (integrity), and the limits of intake.
fn classify(error: IntakeError) -> WriteError {
    let of_data = |e: &sqlx::Error| e.as_database_error().and_then(|d| d.code()).is_some_and(|code| code.starts_with("22") || code.starts_with("23"));
    match &error {
        IntakeError::TooManyFacts(_) | IntakeError::TooManyLines { .. } | IntakeError::BadExternalId(_) | IntakeError::BadCharacter { .. } | IntakeError::Json(_) => WriteError::Message(error.to_string()),
        IntakeError::Database(database) if of_data(database) => WriteError::Message("a value is outside of what the books hold".into()),
        _ => WriteError::Away(error.into()),
    }
}

async fn write(app: &App, tenant: TenantId, group: &[Submission]) -> Result<Vec<Outcome>, WriteError> {
    let away = |error: sqlx::Error| WriteError::Away(error.into());
    let actor = Actor::system(tenant, "intake", RightSet::default());
    let mut tx = app.directory.begin_often(&actor).await.map_err(|e| WriteError::Away(e.into()))?;
    let mut room: HashMap<ChannelAccountId, i64> = HashMap::new();
    let mut crowded: Vec<bool> = Vec::with_capacity(group.len());
    for submission in group {
        let account = submission.message.account;
        if submission.unverified {
            if !room.contains_key(&account) {
                room.insert(account, inbox::forged_room(&mut tx, account).await.map_err(away)?);
            }
            let left = room.entry(account).or_insert(0);
            *left -= 1;
            crowded.push(*left < 0);
        } else {
            crowded.push(false);
        }
    }
    let messages: Vec<Message> = group.iter().zip(&crowded).filter(|(_, crowded)| !**crowded).map(|(s, _)| s.message.clone()).collect();
    let kept = if messages.is_empty() { Vec::new() } else { inbox::keep(&mut tx, &messages).await.map_err(away)? };
    let kept: HashMap<(ChannelAccountId, &str), &inbox::Kept> = kept.iter().map(|k| ((k.account, k.key.as_str()), k)).collect();
    let mut arrivals = Vec::new();
    let mut fetch = Vec::new();
    let mut outcomes = Vec::with_capacity(group.len());
    for (submission, crowded) in group.iter().zip(crowded) {
        let Submission { message, source, facts, revoked, .. } = submission;
        let (reason_code, reason) = match &message.verdict {
            Verdict::Applied => (None, None),
            Verdict::Ignored { reason } => (None, Some(reason.clone())),
            Verdict::Quarantined { code, reason } => (Some(*code), Some(reason.clone())),
        };
        if crowded {
            inbox::count_rejected(&mut tx, message.account, 1, reason.as_deref().unwrap_or_default()).await.map_err(away)?;
            outcomes.push(Outcome { inbox: None, state: "quarantined", reason_code, reason, orders: Vec::new() });
            continue;
        }
        let Some(row) = kept.get(&(message.account, message.key.as_str())) else {
            return Err(WriteError::Away(anyhow::anyhow!("a message was not kept")));
        };
        let understood = matches!(message.verdict, Verdict::Applied | Verdict::Ignored { .. });
        let effective = understood && row.has_effect();
        if effective && !row.fresh {
            inbox::settle(&mut tx, row.id, message.verdict.state()).await.map_err(away)?;
        }
        if effective {
            if !facts.is_empty() {
                arrivals.push(Arrival { source: *source, facts: facts.clone(), cause: row.id.to_string(), actor: Who::Channel(source.account).to_string() });
            }
            fetch.extend(submission.fetch.iter().cloned());
            if let Some(reason) = revoked {
                connect::pause_by_channel(&mut tx, source.account, reason).await.map_err(away)?;
            }
        }
        let state = if row.fresh || effective { message.verdict.state() } else { "duplicate" };
        outcomes.push(Outcome { inbox: Some(row.id), state, reason_code, reason, orders: Vec::new() });
    }
    let applied = orders::apply_all(&mut tx, arrivals).await.map_err(classify)?;
    fetches::ask(&mut tx, &fetch).await.map_err(away)?;
    tx.commit().await.map_err(away)?;
    for (submission, outcome) in group.iter().zip(&mut outcomes).filter(|(_, outcome)| outcome.state == "applied") {
        let mine = |order: &&orders::Applied| order.account == submission.source.account && submission.facts.iter().any(|fact| fact.order == order.external_id);
        outcome.orders = applied.iter().filter(mine).map(|order| order.order_id).collect();
    }
    Ok(outcomes)
}
