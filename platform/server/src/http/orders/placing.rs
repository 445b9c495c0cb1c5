//! Orders placed through the API: those that come for one tenant at the same time share a transaction.
//! Invariant PLG-1: an order is answered only after the transaction with it, and with its answer under its key, committed.
//! Invariant PLG-2: an order that cannot be placed never takes others of its group with it: the group is tried again one by one.

use super::{read, views};
use crate::{
    app::App,
    flows::groups::{Groups, Refused},
    http::{
        idempotency::{self, Keeping, Keyed},
        problem::Problem,
    },
};
use axum::{http::StatusCode, response::Response};
use switchyard_core::orders::place::{self, Placing as NewPlacing};
use tenants::{Actor, Permit, RightSet, rights::CreateOrders};

/// Orders one transaction places at most.
const GROUP_MAX: usize = 64;
/// Lines one transaction writes at most; a single order may have more and then goes alone.
const GROUP_FACTS_MAX: usize = 1_000;

/// An order to place, by whom, and the key of the request.
#[derive(Clone)]
pub struct Job {
    pub actor: Actor,
    pub permit: Permit<CreateOrders>,
    pub order: NewPlacing,
    pub key: Option<Keyed>,
}

/// `None`: the key is taken, nothing was done.
type Placed = Result<Option<Response>, Problem>;

#[derive(Clone, Default)]
pub struct Placing {
    groups: Groups<Job, Placed>,
}

impl Placing {
    /// Places an order with what else comes for its tenant.
    pub async fn submit(&self, app: &App, job: Job) -> Placed {
        let app = app.clone();
        let tenant = job.actor.tenant;
        let commit = move |group| {
            let app = app.clone();
            async move { commit(&app, group).await }
        };
        match self.groups.submit(tenant, job, fits, commit).await {
            Ok(placed) => placed,
            Err(Refused::Full) => Err(Problem::too_many_requests("busy", 2)),
            Err(refused @ Refused::Stopping) => Err(Problem::internal(refused)),
        }
    }
}

/// Orders share a transaction when each is another order under another key, and the whole stays small.
fn fits(group: &[Job], next: &Job) -> bool {
    let facts = || group.iter().map(|job| job.order.facts.len()).sum::<usize>();
    fn order(job: &Job) -> Option<&str> {
        job.order.facts.first().map(|fact| fact.order.as_str())
    }
    let other_order = |job: &Job| job.order.source.account != next.order.source.account || order(job) != order(next);
    let same_key = |job: &Job| job.key.as_ref().zip(next.key.as_ref()).is_some_and(|(a, b)| a.is_same_key(b));
    group.len() < GROUP_MAX && facts() + next.order.facts.len() <= GROUP_FACTS_MAX && group.iter().all(|job| other_order(job) && !same_key(job))
}

async fn commit(app: &App, group: Vec<Job>) -> Vec<Placed> {
    if group.len() > 1
        && let Ok(Some(placed)) = together(app, &group).await
    {
        return placed.into_iter().map(|response| Ok(Some(response))).collect();
    }
    let mut placed = Vec::with_capacity(group.len());
    for job in group {
        placed.push(together(app, std::slice::from_ref(&job)).await.map(|answers| answers.and_then(|mut answers| answers.pop())));
    }
    placed
}

/// Places orders and keeps their answers, in one transaction (PLG-1). `None`: a key is taken, nothing was done.
async fn together(app: &App, jobs: &[Job]) -> Result<Option<Vec<Response>>, Problem> {
    let Some(first) = jobs.first() else { return Ok(Some(Vec::new())) };
    // Each fact names who placed its order; the transaction of several is the product's own.
    let actor = if jobs.len() == 1 { first.actor.clone() } else { Actor::system(first.actor.tenant, "orders", RightSet::default()) };
    let mut tx = app.directory.begin_often(&actor).await?;
    let orders: Vec<NewPlacing> = jobs.iter().map(|job| job.order.clone()).collect();
    let placed = place::place_all(&mut tx, first.permit, &orders).await?;
    let mut answers = Vec::with_capacity(jobs.len());
    for (job, order) in jobs.iter().zip(placed) {
        let etag = read::etag(order.row.version);
        let actions = read::actions(&job.actor, &order);
        answers.push((etag, serde_json::to_vec(&views::order(order, actions)).map_err(Problem::internal)?));
    }
    let keeping: Vec<Keeping<'_>> =
        jobs.iter().zip(&answers).filter_map(|(job, (etag, body))| Some(Keeping { key: job.key.as_ref()?, status: StatusCode::CREATED, etag, body })).collect();
    if !idempotency::keep_all(&mut tx, &keeping).await? {
        return Ok(None);
    }
    tx.commit().await?;
    Ok(Some(answers.into_iter().map(|(etag, body)| idempotency::answer(StatusCode::CREATED, &etag, body)).collect()))
}
