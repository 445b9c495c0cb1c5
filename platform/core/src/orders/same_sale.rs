//! The same sale through two channels, as when a POS pulls the orders of a marketplace itself: linked, not doubled.
//! Invariant SAME-1: the same sale is counted once, whatever came first. Which order is the original follows from what the
//! orders say and from nothing else; every other order of the sale is a copy: kept and shown, with nothing posted, owed or
//! held for it.
//!
//! An order tells in its source what it is a copy of: `same_sale=shopee:2603010SCUQWWD`. It is a copy of an order of that
//! kind that has this id or number, of any account, or of its own account when the kind is its own, since the numbers of a
//! kind are unique in one shop only. Copies of copies are copies of the original. While the original is not there, the
//! copy is a sale like any other.
//!
//! Who tells of copies works alone within the tenant, others side by side; this is settled before any row is locked, and
//! the rows of all orders of a sale are locked in the order of their ids. So nobody waits crosswise.

use super::postings::Subject;
use super::source::{ChannelKind, Source};
use kernel::{ChannelAccountId, OrderId};
use std::collections::{BTreeMap, BTreeSet};
use tenants::TenantTx;
use uuid::Uuid;

/// Copies one order tells of at most.
const CLAIMS_MAX: usize = 10;
/// Copies of one order that are shown.
pub const COPIES_MAX: i64 = 100;

/// What an order says it is a copy of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub kind: ChannelKind,
    pub number: String,
}

/// The claims in a source such as `same_sale=shopee:2603010SCUQWWD; sale_channel=Shopee`, the first counts most.
pub fn claims(source: Option<&str>) -> Vec<Claim> {
    let parts = source.unwrap_or_default().split(';').filter_map(|part| part.trim().strip_prefix("same_sale="));
    let read = |part: &str| {
        let (kind, number) = part.split_once(':')?;
        Some(Claim { kind: kind.trim().parse().ok()?, number: Some(number.trim()).filter(|number| !number.is_empty())?.to_owned() })
    };
    parts.filter_map(read).take(CLAIMS_MAX).collect()
}

/// An order that may be a copy or an original.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub id: Uuid,
    pub source: Source,
    pub external_id: String,
    pub number: Option<String>,
    /// Described, and not taken back: an order of which nothing is known yet counts nothing, so it is no original.
    pub stands: bool,
    pub claims: Vec<Claim>,
    /// As it is stored.
    pub same_sale_as: Option<Uuid>,
    pub voided: bool,
}

impl Member {
    /// Independent of the order of arrival, as ids are not.
    fn key(&self) -> (ChannelAccountId, &str) {
        (self.source.account, &self.external_id)
    }
    fn is_meant(&self, claim: &Claim, by: &Member) -> bool {
        let named = self.external_id == claim.number || self.number.as_deref() == Some(claim.number.as_str());
        named && self.stands && self.source.kind == claim.kind && (claim.kind != by.source.kind || self.source.account == by.source.account) && self.key() != by.key()
    }
}

/// The original of every copy among the orders (SAME-1). Orders that name each other in a circle have the first of them as
/// their original.
pub(super) fn originals(members: &[Member]) -> BTreeMap<Uuid, Uuid> {
    let mut named: BTreeMap<(ChannelKind, &str), Vec<usize>> = BTreeMap::new();
    for (index, member) in members.iter().enumerate() {
        for name in BTreeSet::from([Some(member.external_id.as_str()), member.number.as_deref()]).into_iter().flatten() {
            named.entry((member.source.kind, name)).or_default().push(index);
        }
    }
    let named_by = |index: usize| {
        let by = &members[index];
        by.claims.iter().find_map(|claim| {
            let meant = named.get(&(claim.kind, claim.number.as_str())).into_iter().flatten().copied();
            meant.filter(|other| members[*other].is_meant(claim, by)).min_by_key(|other| members[*other].key())
        })
    };
    let next: Vec<Option<usize>> = (0..members.len()).map(named_by).collect();
    let mut originals = BTreeMap::new();
    for start in 0..members.len() {
        let (mut path, mut at) = (vec![start], start);
        while let Some(further) = next[at] {
            if let Some(begin) = path.iter().position(|seen| *seen == further) {
                at = path[begin..].iter().copied().min_by_key(|index| members[*index].key()).unwrap_or(further);
                break;
            }
            path.push(further);
            at = further;
        }
        if at != start {
            originals.insert(members[start].id, members[at].id);
        }
    }
    originals
}

/// What orders that arrive have to be looked at for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Watch {
    /// Somebody in the tenant tells of copies.
    pub copies: bool,
    /// The tenant asks for the mapping of listings (MAP-1).
    pub mapping: bool,
}

/// What the tenant's orders are to be looked at for. Who tells of copies works alone from here on, until the transaction ends.
pub(super) async fn watch(tx: &mut TenantTx, tells: bool) -> Result<Watch, sqlx::Error> {
    let (high, low) = tx.tenant().as_u64_pair();
    let key = (high ^ low ^ 0x7361_6d65_7361_6c65).cast_signed();
    if tells {
        sqlx::query("select pg_advisory_xact_lock($1)").bind(key).execute(tx.conn()).await?;
    }
    sqlx::query_as!(
        Watch,
        r#"select $3 or w.copies as "copies!", w.mapping as "mapping!" from tenant.intake_watch($1, $2) w"#,
        tx.tenant(),
        key,
        tells,
    )
    .fetch_one(tx.conn())
    .await
}

/// The orders with these keys and names, and all that are tied to them, locked in the order of their ids.
pub(super) async fn lock(tx: &mut TenantTx, keys: &[(ChannelAccountId, &str)], names: &[(ChannelKind, &str)], claims: &[Claim]) -> Result<Vec<Member>, sqlx::Error> {
    let (accounts, ids): (Vec<Uuid>, Vec<String>) = keys.iter().map(|(account, id)| (account.uuid(), (*id).to_owned())).unzip();
    let (kinds, numbers): (Vec<String>, Vec<String>) = names.iter().map(|(kind, number)| (kind.word().to_owned(), (*number).to_owned())).unzip();
    let (claimed_kinds, claimed): (Vec<String>, Vec<String>) = claims.iter().map(|claim| (claim.kind.word().to_owned(), claim.number.clone())).unzip();
    let found = sqlx::query_scalar!(
        r#"select o.id from tenant.orders o where o.tenant_id = $1 and (o.channel_account_id, o.external_id) in (select * from unnest($2::uuid[], $3::text[]))
           union select s.order_id from unnest($4::text[], $5::text[]) as told(kind, number) join tenant.same_sales s on s.tenant_id = $1 and s.kind = told.kind and s.number = told.number
           union select n.id from unnest($6::text[], $7::text[]) as claim(kind, number) cross join lateral tenant.orders_named($1, claim.kind, claim.number) n"#,
        tx.tenant(),
        &accounts,
        &ids,
        &kinds,
        &numbers,
        &claimed_kinds,
        &claimed,
    )
    .fetch_all(tx.conn())
    .await?;
    let found: Vec<Uuid> = found.into_iter().flatten().collect();
    lock_family(tx, &found).await?;
    family(tx, &found).await
}

/// Locks orders with all that are tied to them.
pub(super) async fn lock_family(tx: &mut TenantTx, orders: &[Uuid]) -> Result<(), sqlx::Error> {
    if orders.is_empty() {
        return Ok(());
    }
    sqlx::query!(r#"select id from tenant.orders where tenant_id = $1 and id in (select f.id from tenant.same_sale_family($1, $2) f) order by id for update"#, tx.tenant(), orders)
        .fetch_all(tx.conn())
        .await?;
    Ok(())
}

/// The orders with all that are tied to them, as they are now.
pub(super) async fn family(tx: &mut TenantTx, orders: &[Uuid]) -> Result<Vec<Member>, sqlx::Error> {
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query_as!(
        Row,
        r#"select o.id, o.channel_account_id, o.channel_kind, o.external_id, o.external_number, o.described, o.voided_at is not null as "voided!", o.same_sale_as,
             coalesce((select array_agg(s.kind || ':' || s.number order by s.position) from tenant.same_sales s where s.tenant_id = $1 and s.order_id = o.id), '{}') as "claims!"
           from tenant.orders o where o.tenant_id = $1 and o.id in (select f.id from tenant.same_sale_family($1, $2) f) order by o.id"#,
        tx.tenant(),
        orders,
    )
    .fetch_all(tx.conn())
    .await?;
    let member = |row: Row| Member {
        id: row.id,
        source: Source { account: ChannelAccountId(row.channel_account_id), kind: row.channel_kind.parse().unwrap_or(ChannelKind::Api) },
        external_id: row.external_id,
        number: row.external_number,
        stands: row.described && !row.voided,
        claims: row.claims.iter().flat_map(|claim| claims(Some(&format!("same_sale={claim}")))).collect(),
        same_sale_as: row.same_sale_as,
        voided: row.voided,
    };
    Ok(rows.into_iter().map(member).collect())
}

struct Row {
    id: Uuid,
    channel_account_id: Uuid,
    channel_kind: String,
    external_id: String,
    external_number: Option<String>,
    described: bool,
    voided: bool,
    same_sale_as: Option<Uuid>,
    claims: Vec<String>,
}

/// Keeps what the orders say they are copies of.
pub(super) async fn keep_claims(tx: &mut TenantTx, subjects: &[Subject]) -> Result<(), sqlx::Error> {
    let standing: Vec<Uuid> = subjects.iter().filter(|subject| !subject.fresh).map(|subject| subject.id).collect();
    if !standing.is_empty() {
        sqlx::query!("delete from tenant.same_sales where tenant_id = $1 and order_id = any($2)", tx.tenant(), &standing).execute(tx.conn()).await?;
    }
    let (mut orders, mut positions, mut kinds, mut numbers) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for subject in subjects {
        for (position, claim) in (1..).zip(claims(subject.state.description.source.as_deref())) {
            orders.push(subject.id);
            positions.push(position);
            kinds.push(claim.kind.word().to_owned());
            numbers.push(claim.number);
        }
    }
    if !orders.is_empty() {
        sqlx::query!(
            "insert into tenant.same_sales (tenant_id, order_id, position, kind, number)
             select $1, s.order_id, s.position, s.kind, s.number from unnest($2::uuid[], $3::int4[], $4::text[], $5::text[]) as s(order_id, position, kind, number)",
            tx.tenant(),
            &orders,
            &positions as &[i32],
            &kinds,
            &numbers,
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

/// Writes which order each is a copy of. The orders are locked.
pub(super) async fn relink(tx: &mut TenantTx, links: &[(Uuid, Option<Uuid>)]) -> Result<(), sqlx::Error> {
    let (orders, originals): (Vec<Uuid>, Vec<Option<Uuid>>) = links.iter().copied().unzip();
    sqlx::query!(
        "update tenant.orders o set same_sale_as = l.original, updated_at = $4 from unnest($2::uuid[], $3::uuid[]) as l(order_id, original) where o.tenant_id = $1 and o.id = l.order_id",
        tx.tenant(),
        &orders,
        &originals as &[Option<Uuid>],
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Another order of the same sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    pub id: OrderId,
    pub number: i64,
    pub kind: String,
    /// As its channel calls it.
    pub external_number: String,
}

/// Which order an order is a copy of, and which are copies of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    pub same_sale_as: Option<Linked>,
    /// At most [`COPIES_MAX`], the oldest first.
    pub copies: Vec<Linked>,
}

pub async fn links(tx: &mut TenantTx, order: OrderId) -> Result<Links, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select o.id as "id: OrderId", o.number, o.channel_kind, coalesce(o.external_number, o.external_id) as "external_number!"
           from tenant.orders o where o.tenant_id = $1 and (o.same_sale_as = $2 or o.id = (select c.same_sale_as from tenant.orders c where c.tenant_id = $1 and c.id = $2))
           order by o.number limit $3"#,
        tx.tenant(),
        order.uuid(),
        COPIES_MAX,
    )
    .fetch_all(tx.conn())
    .await?;
    let original = sqlx::query_scalar!(r#"select same_sale_as as "id: OrderId" from tenant.orders where tenant_id = $1 and id = $2"#, tx.tenant(), order.uuid()).fetch_optional(tx.conn()).await?.flatten();
    let linked = rows.into_iter().map(|row| Linked { id: row.id, number: row.number, kind: row.channel_kind, external_number: row.external_number });
    let (same, copies): (Vec<Linked>, Vec<Linked>) = linked.partition(|row| Some(row.id) == original);
    Ok(Links { same_sale_as: same.into_iter().next(), copies: copies.into_iter().collect() })
}
