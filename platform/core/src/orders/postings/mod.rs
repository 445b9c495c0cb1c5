//! What is posted for orders: the entries their facts ask for are compared with those that stand, and the difference is
//! posted. Runs in the transaction that changes the order, one statement for many orders.
//! Invariant POST-4: what is posted for an order is, cause by cause, what its facts ask for. An entry that is asked for no
//! more is reversed exactly; one that is asked for otherwise is reversed and posted anew as the next version. `switchyard
//! verify` computes it again.

pub mod expected;
pub mod goods;
pub mod payment;
pub mod settlement;
#[cfg(test)]
mod tests;

use super::fold::OrderState;
use super::invoicing;
use super::project::Projection;
use super::settled;
use super::source::Source;
use crate::finance::entry::{Entry, EntryError, Head, Line, net};
use crate::finance::post::{self, PostError, WhenClosed, read_lines};
use crate::finance::settings::{self, History, Settings};
use crate::finance::Account;
use crate::finance::claims::{issue::ClaimError, points};
use expected::Expected;
use kernel::{Currency, Decimal, EntryId, OrderId, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tenants::TenantTx;
use uuid::Uuid;

/// An order whose entries are to be as its facts ask.
pub(super) struct Subject {
    pub id: Uuid,
    pub source: Source,
    pub state: OrderState,
    pub projection: Projection,
    /// Made by this transaction: nothing is posted for it yet.
    pub fresh: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum PostingError {
    #[error("the entry {key} of the order {order}: {error}")]
    Entry { order: OrderId, key: String, error: EntryError },
    #[error(transparent)]
    Post(#[from] PostError),
    #[error(transparent)]
    Points(#[from] ClaimError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The sub-account of an order's receivable: the company it is for; a business buyer that is no company yet by its key;
/// consumers together.
pub fn debtor(projection: &Projection) -> Option<String> {
    projection.company_id.map(|company| company.to_string()).or_else(|| projection.buyer_key.clone().filter(|_| projection.business))
}

/// The entries an order asks for under the settings.
pub fn of_order(state: &OrderState, projection: &Projection, source: Source, settings: &Settings) -> Vec<Expected> {
    expected::entries(state, projection, source, settings, debtor(projection).as_deref())
}

/// What stands of one cause.
#[derive(Clone, Debug, Default)]
struct Standing {
    /// Versions posted so far.
    versions: u32,
    /// The version that is not reversed.
    live: Option<Live>,
    net: BTreeMap<(Account, String), Decimal>,
}

#[derive(Clone, Debug)]
struct Live {
    id: EntryId,
    version: u32,
    currency: String,
    occurred_at: Timestamp,
    lines: Vec<Line>,
}

/// What is posted for an order, by cause without its version; and when the order arrived.
#[derive(Clone, Debug, Default)]
pub(super) struct Books {
    created_at: Timestamp,
    by_key: BTreeMap<String, Standing>,
}

/// Cause of the first version of a key; the next are `#2` and so on, a reversal is `#n/reversed`.
fn cause(order: Uuid, key: &str, version: u32) -> String {
    let base = format!("{}/{key}", OrderId(order));
    if version == 1 { base } else { format!("{base}#{version}") }
}

/// Key, version and whether it is a reversal; `None` for causes of others.
fn read_cause(order: Uuid, cause: &str) -> Option<(&str, u32, bool)> {
    let rest = cause.strip_prefix(&OrderId(order).to_string())?.strip_prefix('/')?;
    let (key, tail) = rest.split_once('#').unwrap_or((rest, "1"));
    let (version, reversal) = tail.strip_suffix("/reversed").map_or((tail, false), |version| (version, true));
    Some((key, version.parse().ok()?, reversal))
}

impl Books {
    pub(super) fn created_at(&self) -> Timestamp {
        self.created_at
    }
    /// The entry that stands for a key, and its lines.
    pub(super) fn standing(&self, key: &str) -> Option<(EntryId, &[Line])> {
        self.by_key.get(key).and_then(|standing| standing.live.as_ref()).map(|live| (live.id, live.lines.as_slice()))
    }
}

/// What is posted for orders that exist.
pub(super) async fn load(tx: &mut TenantTx, orders: &[Uuid]) -> Result<HashMap<Uuid, Books>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select o.id as "order_id!", o.created_at as "created_at!", e.id as "id?", e.cause as "cause?", e.currency as "currency?", e.accounts as "accounts?", e.amounts as "amounts?: Vec<Decimal>",
             e.occurred_at as "occurred_at?"
           from tenant.orders o left join tenant.ledger_entries e on e.tenant_id = $1 and e.order_id = o.id
           where o.tenant_id = $1 and o.id = any($2)
           order by e.recorded_at, e.id"#,
        tx.tenant(),
        orders,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut books: HashMap<Uuid, Books> = HashMap::new();
    for row in rows {
        let of_order = books.entry(row.order_id).or_insert_with(|| Books { created_at: row.created_at, by_key: BTreeMap::new() });
        let (Some(id), Some(cause), Some(currency), Some(accounts), Some(amounts), Some(occurred_at)) = (row.id, row.cause, row.currency, row.accounts, row.amounts, row.occurred_at) else { continue };
        // Entries made by hand may name an order; they are not posted for its facts.
        let Some((key, version, reversal)) = read_cause(row.order_id, &cause) else { continue };
        let standing = of_order.by_key.entry(key.to_owned()).or_default();
        let lines = read_lines(&accounts, &amounts);
        for line in &lines {
            *standing.net.entry((line.account.clone(), currency.clone())).or_default() += line.amount;
        }
        standing.versions = standing.versions.max(version);
        if !reversal && standing.live.as_ref().is_none_or(|live| live.version < version) {
            standing.live = Some(Live { id: EntryId(id), version, currency, occurred_at, lines });
        }
    }
    for standing in books.values_mut().flat_map(|books| books.by_key.values_mut()) {
        standing.net.retain(|_, amount| !amount.is_zero());
        if standing.net.is_empty() {
            standing.live = None;
        }
    }
    Ok(books)
}

/// Makes the books of the orders what their facts ask for (POST-4). The orders are locked by this transaction.
pub(super) async fn reconcile(tx: &mut TenantTx, subjects: &[Subject]) -> Result<(), PostingError> {
    settled::keep(tx, subjects).await?;
    let concerned: Vec<&Subject> = subjects.iter().filter(|s| !s.fresh || expected::posts(&s.state, &s.projection, s.source)).collect();
    if concerned.is_empty() {
        return Ok(());
    }
    let history = settings::open_books(tx).await?;
    let standing: Vec<Uuid> = concerned.iter().filter(|s| !s.fresh).map(|s| s.id).collect();
    let mut books = if standing.is_empty() { HashMap::new() } else { load(tx, &standing).await? };
    let mut entries = Vec::new();
    for subject in concerned {
        let books = books.remove(&subject.id).unwrap_or_else(|| Books { created_at: tx.now(), by_key: BTreeMap::new() });
        let settings = history.at(books.created_at);
        let wanted = of_order(&subject.state, &subject.projection, subject.source, &settings);
        entries.extend(changes(subject.id, books, wanted, tx.now()).map_err(|(key, error)| PostingError::Entry { order: OrderId(subject.id), key, error })?);
    }
    if !entries.is_empty() {
        post::post(tx, &entries, WhenClosed::FirstOpenDay).await?;
        let moved: Vec<Uuid> = entries.iter().filter_map(|entry| entry.head().order).map(OrderId::uuid).collect::<BTreeSet<_>>().into_iter().collect();
        invoicing::ask(tx, &moved).await?;
        if entries.iter().any(|entry| matches!(entry.head().kind.as_str(), "return" | "allowance" | "reversal")) {
            points::follow_returns(tx, &moved).await?;
        }
    }
    Ok(())
}

/// The entries that lead from what stands to what is wanted.
fn changes(order: Uuid, mut books: Books, wanted: Vec<Expected>, now: Timestamp) -> Result<Vec<Entry>, (String, EntryError)> {
    let mut entries = Vec::new();
    for Expected { key, kind, occurred_at, currency, lines, .. } in wanted {
        let standing = books.by_key.remove(&key).unwrap_or_default();
        if !standing.net.is_empty() && is_net(&standing, currency, &lines) {
            continue;
        }
        if let Some(live) = &standing.live {
            entries.push(reversal(order, &key, live, now).map_err(|error| (key.clone(), error))?);
        }
        let version = standing.versions + 1;
        let head = Head {
            cause: cause(order, &key, version),
            kind: kind.to_owned(),
            order: Some(OrderId(order)),
            reverses: None,
            memo: None,
            occurred_at,
            not_before: (version > 1).then_some(now.max(occurred_at)),
        };
        entries.push(Entry::balanced(head, currency, lines).map_err(|error| (key, error))?);
    }
    for (key, standing) in books.by_key {
        if let Some(live) = &standing.live {
            entries.push(reversal(order, &key, live, now).map_err(|error| (key.clone(), error))?);
        }
    }
    Ok(entries)
}

fn is_net(standing: &Standing, currency: Currency, lines: &[Line]) -> bool {
    let wanted = net(lines);
    wanted.len() == standing.net.len() && wanted.into_iter().all(|(account, amount)| standing.net.get(&(account, currency.code().to_owned())) == Some(&amount))
}

fn reversal(order: Uuid, key: &str, live: &Live, now: Timestamp) -> Result<Entry, EntryError> {
    let head = Head {
        cause: format!("{}/{key}#{}/reversed", OrderId(order), live.version),
        kind: "reversal".into(),
        order: Some(OrderId(order)),
        reverses: Some(live.id),
        memo: None,
        occurred_at: live.occurred_at,
        not_before: Some(now.max(live.occurred_at)),
    };
    let currency = live.currency.parse().unwrap_or(Currency::USD);
    Entry::balanced(head, currency, live.lines.iter().map(|line| Line { account: line.account.clone(), amount: -line.amount }))
}

/// What is posted otherwise than the facts ask, as `(cause, posted, asked for)`.
pub(super) fn differences(books: &Books, history: &History, state: &OrderState, projection: &Projection, source: Source) -> Vec<(String, String, String)> {
    let wanted = of_order(state, projection, source, &history.at(books.created_at));
    let text = |net: &BTreeMap<(Account, String), Decimal>| net.iter().map(|((account, currency), amount)| format!("{account} {} {currency}", amount.normalize())).collect::<Vec<_>>().join(", ");
    let mut found = Vec::new();
    let mut left = books.by_key.clone();
    for expected in &wanted {
        let standing = left.remove(&expected.key).unwrap_or_default();
        if !is_net(&standing, expected.currency, &expected.lines) {
            let asked = net(&expected.lines).into_iter().map(|(account, amount)| ((account, expected.currency.code().to_owned()), amount)).collect();
            found.push((format!("ledger {}", expected.key), text(&standing.net), text(&asked)));
        }
    }
    for (key, standing) in left.into_iter().filter(|(_, standing)| !standing.net.is_empty()) {
        found.push((format!("ledger {key}"), text(&standing.net), String::new()));
    }
    found
}
