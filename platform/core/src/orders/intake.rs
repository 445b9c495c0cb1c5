//! Facts arrive: orders are made or changed, many at once.
//! Invariant INT-1: facts told again change nothing, also when two servers are told at the same instant.
//! Invariant INT-2: an order is never half written: facts, columns, lines, holds and event share one statement; what is
//! posted for it shares their transaction.
//!
//! New orders take one statement. Orders that exist are locked in the order of their ids by the same statement; their
//! facts are then loaded, the new ones added, and the whole is folded and rewritten. Before that the orders of the sales
//! told of are locked, and afterwards linked (see `same_sale`).

use super::fact::Fact;
use super::facts::{self, FactsError};
use super::fold::{OrderState, StoredFact, digest, fold};
use super::holds::{self, Hold};
use super::lacking::{self, Unmapped};
use super::postings::{self, PostingError, Subject};
use super::project::Projection;
use super::reviews;
use super::same_sale::{self, Claim, Member, Watch};
use super::settled;
use super::source::{ChannelKind, Source};
use super::write::{self, Batch, Present};
use kernel::{ChannelAccountId, CompanyId, FactId, ImportId, OrderId, Timestamp};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use tenants::TenantTx;
use uuid::Uuid;

/// Facts one call takes at most.
pub const FACTS_MAX: usize = 10_000;
/// Lines of one order at most.
pub const LINES_MAX: usize = 5_000;
pub const EXTERNAL_ID_BYTES_MAX: usize = 255;

/// Facts about orders of one account, with who told them and why.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub source: Source,
    pub facts: Vec<Fact>,
    /// The inbox message (`inb_…`), command or import (`imp_…`) that told them.
    pub cause: String,
    pub actor: String,
}

/// What became of one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    pub order_id: OrderId,
    pub number: i64,
    pub account: ChannelAccountId,
    pub external_id: String,
    pub created: bool,
    /// The state of the order is another than before.
    pub changed: bool,
    /// The order that counts instead of it (SAME-1).
    pub same_sale_as: Option<OrderId>,
    /// A copy, or an original that has copies.
    pub linked: bool,
    /// New, and held for what could not be mapped.
    pub held: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    #[error("{0} facts at once: at most {FACTS_MAX}")]
    TooManyFacts(usize),
    #[error("the order {order:?} has {lines} lines: at most {LINES_MAX}")]
    TooManyLines { order: String, lines: usize },
    #[error("the order's id is empty, longer than {EXTERNAL_ID_BYTES_MAX} bytes or holds a control character: {0:?}")]
    BadExternalId(String),
    #[error("a fact of the order {order:?} holds a character that cannot be kept (U+0000)")]
    BadCharacter { order: String },
    #[error("the order {0:?} could not be locked: it is being made by another transaction")]
    Busy(String),
    #[error(transparent)]
    Facts(#[from] FactsError),
    #[error(transparent)]
    Posting(#[from] PostingError),
    #[error("a fact cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Applies facts of one account, told by the transaction's actor.
pub async fn apply(tx: &mut TenantTx, source: Source, facts: Vec<Fact>, cause: &str) -> Result<Vec<Applied>, IntakeError> {
    let actor = tx.actor().who.to_string();
    apply_all(tx, vec![Arrival { source, facts, cause: cause.to_owned(), actor }]).await
}

/// Applies the facts of many arrivals; one result per order, by account and external id.
pub async fn apply_all(tx: &mut TenantTx, arrivals: Vec<Arrival>) -> Result<Vec<Applied>, IntakeError> {
    let told = gather(arrivals, tx.now())?;
    if told.is_empty() {
        return Ok(Vec::new());
    }
    let (family, watch) = family_of(tx, &told).await?;
    let copies = family.as_deref().map(|family| copies_among(&told, family)).unwrap_or_default();
    let mut batch = Batch::default();
    let mut held = HashSet::new();
    let mut subjects: HashMap<Uuid, Subject> = HashMap::with_capacity(told.len());
    let mut fresh: Vec<(OrderState, Projection)> = Vec::with_capacity(told.len());
    for ((account, external_id), order) in &told {
        let state = fold(&order.facts);
        let projection = Projection::of(&state, Source { account: *account, kind: order.kind }, external_id).as_copy(copies.contains(&order.id));
        fresh.push((state, projection));
    }
    let mut unmapped = Unmapped::new();
    if watch.mapping {
        let lacks: Vec<(Uuid, &Projection)> = told.keys().zip(&fresh).map(|((account, _), (_, projection))| (account.uuid(), projection)).collect();
        unmapped = lacking::among(tx, &lacks).await?;
    }
    for (((account, external_id), order), (state, mut projection)) in told.iter().zip(fresh) {
        let source = Source { account: *account, kind: order.kind };
        lacking::note(&mut projection, account.uuid(), &unmapped);
        let mapping = holds::reconcile(&projection.problems, &[]);
        if !mapping.standing.is_empty() {
            held.insert(order.id);
        }
        let import = order.facts.first().and_then(|f| f.cause.parse::<ImportId>().ok()).map(ImportId::uuid);
        batch.orders.push(order.id, source, external_id, &projection, &mapping.standing, import, false)?;
        batch.lines.push_all(order.id, &projection)?;
        // A marketplace has judged its buyers itself.
        if projection.described && !projection.business && !projection.test && !order.kind.is_marketplace() && projection.outstanding > kernel::Decimal::ZERO {
            batch.judged.push(order.id);
        }
        for (fact, body) in order.facts.iter().zip(&order.bodies) {
            batch.facts.push(order.id, fact, body.clone());
        }
        for (scope, reason, evidence) in mapping.place {
            batch.holds.push(order.id, scope, reason, evidence);
        }
        subjects.insert(order.id, Subject { id: order.id, source, state, projection, fresh: true });
    }
    let mut present = write::create_missing(tx, &batch).await?;
    if present.len() < told.len() {
        present.extend(lock_made_meanwhile(tx, &told, &present).await?);
    }
    let mut applied = Vec::with_capacity(present.len());
    let mut standing: Vec<Standing> = Vec::new();
    for order in present {
        let key = (ChannelAccountId(order.account), order.external_id);
        if !order.created {
            standing.push(Standing { id: order.id, key: key.clone(), copy: order.same_sale_as.is_some(), asked: order.asked });
        }
        let held = order.created && held.contains(&order.id);
        applied.push(Applied { held, order_id: OrderId(order.id), number: order.number, account: key.0, external_id: key.1, created: order.created, changed: order.created, same_sale_as: order.same_sale_as.map(OrderId), linked: false });
    }
    let mut concerned: Vec<Subject> = applied.iter().filter(|a| a.created).filter_map(|a| subjects.remove(&a.order_id.uuid())).collect();
    if !standing.is_empty() {
        let (changed, rewritten) = merge(tx, &standing, &told).await?;
        applied.iter_mut().filter(|a| changed.contains(&a.order_id.uuid())).for_each(|a| a.changed = true);
        concerned.extend(rewritten);
    }
    if let Some(family) = family {
        let originals = link(tx, &mut concerned, &family, watch).await?;
        for order in &mut applied {
            order.same_sale_as = originals.get(&order.order_id.uuid()).copied().map(OrderId);
            order.linked = order.same_sale_as.is_some() || originals.values().any(|original| *original == order.order_id.uuid());
        }
    }
    postings::reconcile(tx, &concerned).await?;
    Ok(applied)
}

/// Computes orders again from the facts that count, as after an undone import. Orders without any facts left are voided.
pub async fn refold(tx: &mut TenantTx, orders: &[OrderId]) -> Result<(), IntakeError> {
    let ids: Vec<Uuid> = orders.iter().map(|o| o.uuid()).collect();
    let watch = same_sale::watch(tx, true).await?;
    same_sale::lock_family(tx, &ids).await?;
    let family = same_sale::family(tx, &ids).await?;
    let rows = sqlx::query!(
        "select id, channel_account_id, channel_kind, external_id, same_sale_as from tenant.orders where tenant_id = $1 and id = any($2) order by id for update",
        tx.tenant(),
        &ids,
    )
    .fetch_all(tx.conn())
    .await?;
    let known = facts::load(tx, &ids).await?;
    let mut rewrites = Vec::with_capacity(rows.len());
    for row in rows {
        let kind: ChannelKind = row.channel_kind.parse().unwrap_or(ChannelKind::Api);
        let source = Source { account: ChannelAccountId(row.channel_account_id), kind };
        let facts = known.get(&OrderId(row.id)).map(Vec::as_slice).unwrap_or_default();
        rewrites.push(Rewrite::of(row.id, source, &row.external_id, fold(facts), facts.is_empty(), row.same_sale_as.is_some()));
    }
    let asked = if watch.mapping { lacking::asked(tx, &ids).await? } else { HashSet::new() };
    let mut subjects = rewrite(tx, Batch::default(), rewrites, &asked).await?;
    settled::forget(tx, &ids).await?;
    link(tx, &mut subjects, &family, watch).await?;
    postings::reconcile(tx, &subjects).await?;
    Ok(())
}

/// The facts told of one order, and the id it gets if it is new.
struct Told {
    id: Uuid,
    kind: ChannelKind,
    facts: Vec<StoredFact>,
    bodies: Vec<Value>,
}

/// An order that exists and is locked.
struct Standing {
    id: Uuid,
    key: (ChannelAccountId, String),
    copy: bool,
    asked: bool,
}

type ByOrder = BTreeMap<(ChannelAccountId, String), Told>;

fn gather(arrivals: Vec<Arrival>, now: Timestamp) -> Result<ByOrder, IntakeError> {
    let count: usize = arrivals.iter().map(|a| a.facts.len()).sum();
    if count > FACTS_MAX {
        return Err(IntakeError::TooManyFacts(count));
    }
    let mut told = ByOrder::new();
    for Arrival { source, facts, cause, actor } in arrivals {
        for fact in facts {
            let Fact { order, revision, occurred_at, what } = fact;
            if order.is_empty() || order.len() > EXTERNAL_ID_BYTES_MAX || order.chars().any(char::is_control) {
                return Err(IntakeError::BadExternalId(order.chars().take(64).collect()));
            }
            if let super::fact::What::Described(description) = &what {
                let lines = description.lines.as_ref().map_or(0, Vec::len);
                if lines > LINES_MAX {
                    return Err(IntakeError::TooManyLines { order, lines });
                }
            }
            let body = what.body()?;
            if holds_nul(&body) {
                return Err(IntakeError::BadCharacter { order });
            }
            let digest = digest(what.kind(), what.subject(), revision, occurred_at, &body, &cause);
            let of_order = told.entry((source.account, order)).or_insert_with(|| Told { id: Uuid::now_v7(), kind: source.kind, facts: Vec::new(), bodies: Vec::new() });
            if of_order.facts.iter().all(|known| known.digest != digest) {
                // The database keeps microseconds; what is folded is what is kept.
                let occurred_at = Timestamp::from_timestamp_micros(occurred_at.timestamp_micros()).unwrap_or(now);
                of_order.facts.push(StoredFact { id: FactId::new(), revision, digest, what, actor: actor.clone(), cause: cause.clone(), occurred_at, recorded_at: now });
                of_order.bodies.push(body);
            }
        }
    }
    Ok(told)
}

/// PostgreSQL keeps no U+0000 in texts or JSON.
fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(fields) => fields.values().any(holds_nul),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

async fn lock_made_meanwhile(tx: &mut TenantTx, told: &ByOrder, present: &[Present]) -> Result<Vec<Present>, IntakeError> {
    let seen: HashSet<(Uuid, &str)> = present.iter().map(|p| (p.account, p.external_id.as_str())).collect();
    let missing: Vec<(Uuid, &str)> = told.keys().map(|(account, id)| (account.uuid(), id.as_str())).filter(|key| !seen.contains(key)).collect();
    let (accounts, ids): (Vec<Uuid>, Vec<String>) = missing.iter().map(|(account, id)| (*account, (*id).to_owned())).unzip();
    let found = sqlx::query_as!(
        Present,
        r#"select o.id, o.channel_account_id as account, o.external_id, o.number, false as "created!", o.same_sale_as,
             coalesce(o.created_at >= (select s.required_since from tenant.mapping_settings s where s.tenant_id = $1), false) as "asked!" from tenant.orders o
           where o.tenant_id = $1 and (o.channel_account_id, o.external_id) in (select * from unnest($2::uuid[], $3::text[]))
           order by o.id for update"#,
        tx.tenant(),
        &accounts,
        &ids,
    )
    .fetch_all(tx.conn())
    .await?;
    match missing.iter().find(|(account, id)| !found.iter().any(|f| f.account == *account && f.external_id == *id)) {
        Some((_, id)) => Err(IntakeError::Busy((*id).to_owned())),
        None => Ok(found),
    }
}

/// Locks the orders of the sales that are told of. `None`: nobody tells of copies, or nothing that links orders is told.
/// With it what else the orders are to be looked at for; where nothing describes an order, it has no lines to map.
async fn family_of(tx: &mut TenantTx, told: &ByOrder) -> Result<(Option<Vec<Member>>, Watch), IntakeError> {
    let mut names: Vec<(ChannelKind, &str)> = Vec::new();
    let mut claims: Vec<Claim> = Vec::new();
    for ((_, external_id), order) in told {
        for fact in &order.facts {
            // A change that a person makes (it has a reason) names no channel's order, and its order is locked already.
            if let super::fact::What::Described(description) = &fact.what && description.reason.is_none() {
                names.extend([Some(external_id.as_str()), description.number.as_deref()].into_iter().flatten().map(|name| (order.kind, name)));
                claims.extend(same_sale::claims(description.source.as_deref()));
            }
        }
    }
    if names.is_empty() {
        return Ok((None, Watch::default()));
    }
    let watch = same_sale::watch(tx, !claims.is_empty()).await?;
    if !watch.copies {
        return Ok((None, watch));
    }
    let keys: Vec<(ChannelAccountId, &str)> = told.keys().map(|(account, external_id)| (*account, external_id.as_str())).collect();
    Ok((Some(same_sale::lock(tx, &keys, &names, &claims).await?), watch))
}

/// Which of the orders told of are copies, as far as they are new.
fn copies_among(told: &ByOrder, family: &[Member]) -> HashSet<Uuid> {
    let known: HashSet<(ChannelAccountId, &str)> = family.iter().map(|member| (member.source.account, member.external_id.as_str())).collect();
    let fresh = told.iter().filter(|((account, external_id), _)| !known.contains(&(*account, external_id.as_str())));
    let fresh = fresh.map(|((account, external_id), order)| {
        let state = fold(&order.facts);
        let source = Source { account: *account, kind: order.kind };
        let claims = same_sale::claims(state.description.source.as_deref());
        Member { id: order.id, source, external_id: external_id.clone(), number: state.description.number.clone(), stands: state.is_described(), claims, same_sale_as: None, voided: false }
    });
    let members: Vec<Member> = family.iter().cloned().chain(fresh).collect();
    same_sale::originals(&members).into_keys().collect()
}

/// Links the orders of the sales that were told of, and writes those anew that became copies or are none any more (SAME-1).
/// Returns the original of every copy.
async fn link(tx: &mut TenantTx, subjects: &mut Vec<Subject>, family: &[Member], watch: Watch) -> Result<BTreeMap<Uuid, Uuid>, IntakeError> {
    same_sale::keep_claims(tx, subjects).await?;
    let ids: BTreeSet<Uuid> = family.iter().map(|member| member.id).chain(subjects.iter().map(|subject| subject.id)).collect();
    let members = same_sale::family(tx, &ids.into_iter().collect::<Vec<_>>()).await?;
    let originals = same_sale::originals(&members);
    let links: Vec<(Uuid, Option<Uuid>)> = members.iter().map(|member| (member, originals.get(&member.id).copied())).filter(|(member, original)| member.same_sale_as != *original).map(|(member, original)| (member.id, original)).collect();
    if !links.is_empty() {
        same_sale::relink(tx, &links).await?;
    }
    let at: HashMap<Uuid, usize> = subjects.iter().enumerate().map(|(at, subject)| (subject.id, at)).collect();
    let was_copy = |member: &Member| at.get(&member.id).map_or(member.same_sale_as.is_some(), |at| subjects[*at].projection.copy);
    let turned: Vec<&Member> = members.iter().filter(|member| was_copy(member) != originals.contains_key(&member.id)).collect();
    if turned.is_empty() {
        return Ok(originals);
    }
    let ids: Vec<Uuid> = turned.iter().map(|member| member.id).collect();
    let known = facts::load(tx, &ids).await?;
    let mut rewrites = Vec::with_capacity(turned.len());
    for member in &turned {
        let state = fold(known.get(&OrderId(member.id)).map(Vec::as_slice).unwrap_or_default());
        rewrites.push(Rewrite::of(member.id, member.source, &member.external_id, state, member.voided, originals.contains_key(&member.id)));
    }
    let asked = if watch.mapping { lacking::asked(tx, &ids).await? } else { HashSet::new() };
    for subject in rewrite(tx, Batch::default(), rewrites, &asked).await? {
        match at.get(&subject.id) {
            Some(at) => subjects[*at].projection = subject.projection,
            None => subjects.push(subject),
        }
    }
    let (copies, own): (Vec<Uuid>, Vec<Uuid>) = ids.into_iter().partition(|id| originals.contains_key(id));
    for copy in copies {
        holds::judge(tx, OrderId(copy), &[]).await?;
    }
    reviews::ask(tx, &own, "no copy any more").await?;
    Ok(originals)
}

/// Adds what was told to orders that exist and are locked. Returns those whose state changed, and all that were rewritten.
async fn merge(tx: &mut TenantTx, standing: &[Standing], told: &ByOrder) -> Result<(HashSet<Uuid>, Vec<Subject>), IntakeError> {
    let ids: Vec<Uuid> = standing.iter().map(|order| order.id).collect();
    let mut known = facts::load(tx, &ids).await?;
    let mut batch = Batch::default();
    let mut changed = HashSet::new();
    let mut news = Vec::new();
    let mut asked = HashSet::new();
    for Standing { id, key, copy, asked: is_asked } in standing {
        let Some(told) = told.get(key) else { continue };
        let mut facts = known.remove(&OrderId(*id)).unwrap_or_default();
        let before = fold(&facts);
        let was_void = facts.is_empty();
        let digests: HashSet<[u8; 32]> = facts.iter().map(|f| f.digest).collect();
        let mut any = false;
        for (fact, body) in told.facts.iter().zip(&told.bodies).filter(|(fact, _)| !digests.contains(&fact.digest)) {
            batch.facts.push(*id, fact, body.clone());
            facts.push(fact.clone());
            any = true;
        }
        if any {
            let state = fold(&facts);
            if was_void || state != before {
                changed.insert(*id);
            }
            news.push(Rewrite::of(*id, Source { account: key.0, kind: told.kind }, &key.1, state, false, *copy));
            if *is_asked {
                asked.insert(*id);
            }
        }
    }
    if news.is_empty() {
        return Ok((changed, Vec::new()));
    }
    let rewritten = rewrite(tx, batch, news, &asked).await?;
    let mut companies: BTreeMap<CompanyId, Vec<Uuid>> = BTreeMap::new();
    for subject in &rewritten {
        if let Some(company) = subject.projection.company_id {
            companies.entry(company).or_default().push(subject.id);
        }
    }
    // What one order of a company owes or pays decides about the others.
    if !companies.is_empty() {
        let orders: Vec<Uuid> = companies.values().flatten().copied().collect();
        let companies: Vec<Uuid> = companies.keys().map(|company| company.uuid()).collect();
        reviews::ask_groups(tx, &orders, &companies, "changed").await?;
    }
    Ok((changed, rewritten))
}

/// A locked order whose state is another than before.
struct Rewrite {
    subject: Subject,
    external_id: String,
    voided: bool,
}

impl Rewrite {
    fn of(id: Uuid, source: Source, external_id: &str, state: OrderState, voided: bool, copy: bool) -> Self {
        let projection = Projection::of(&state, source, external_id).as_copy(copy);
        Self { subject: Subject { id, source, state, projection, fresh: false }, external_id: external_id.to_owned(), voided }
    }
}

/// Writes orders anew, with the facts the batch adds, and settles their mapping holds. `asked`: which of them lack what is not mapped.
async fn rewrite(tx: &mut TenantTx, mut batch: Batch, orders: Vec<Rewrite>, asked: &HashSet<Uuid>) -> Result<Vec<Subject>, IntakeError> {
    let ids: Vec<Uuid> = orders.iter().map(|order| order.subject.id).collect();
    let held = holds_by_order(tx, &ids).await?;
    let lacks: Vec<(Uuid, &Projection)> = orders.iter().map(|order| &order.subject).filter(|subject| asked.contains(&subject.id)).map(|subject| (subject.source.account.uuid(), &subject.projection)).collect();
    let unmapped = lacking::among(tx, &lacks).await?;
    let mut written = Vec::with_capacity(orders.len());
    for Rewrite { mut subject, external_id, voided } in orders {
        if asked.contains(&subject.id) {
            lacking::note(&mut subject.projection, subject.source.account.uuid(), &unmapped);
        }
        let holds: Vec<&Hold> = held.get(&subject.id).into_iter().flatten().collect();
        let mapping = holds::reconcile(&subject.projection.problems, &holds);
        batch.orders.push(subject.id, subject.source, &external_id, &subject.projection, &mapping.standing, None, voided)?;
        batch.lines.push_all(subject.id, &subject.projection)?;
        batch.ended.extend(mapping.end.iter().map(|hold| hold.uuid()));
        for (scope, reason, evidence) in mapping.place {
            batch.holds.push(subject.id, scope, reason, evidence);
        }
        written.push(subject);
    }
    write::rewrite(tx, &batch).await?;
    Ok(written)
}

async fn holds_by_order(tx: &mut TenantTx, orders: &[Uuid]) -> Result<HashMap<Uuid, Vec<Hold>>, sqlx::Error> {
    let mut held: HashMap<Uuid, Vec<Hold>> = HashMap::new();
    for hold in holds::of_orders(tx, orders).await? {
        held.entry(hold.order.uuid()).or_default().push(hold);
    }
    Ok(held)
}
