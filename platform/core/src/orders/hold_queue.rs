//! The queue of holds: what waits for a decision, whose it is, how long and over how much.
//! Invariant QUEUE-1: amounts of different currencies are never compared: by value means currency by currency.

use super::hold_clock;
use super::holds::{self, Approval, HoldError};
use kernel::{CompanyId, Decimal, HoldId, OrderId, Page, PageLimit, PersonId, RoleId, Timestamp};
use serde_json::Value;
use sqlx::{FromRow, Postgres, QueryBuilder, types::Json};
use tenants::rights::{HoldOrders, ReadOrders};
use tenants::{Permit, TenantTx};
use uuid::Uuid;

pub const ESCALATION_MAX: i16 = 3;

#[derive(Clone, Debug, FromRow)]
pub struct Item {
    pub id: HoldId,
    pub r#type: String,
    pub scope: String,
    pub blocks: Vec<String>,
    pub state: String,
    pub reason: String,
    pub evidence: Value,
    pub placed_by: String,
    pub placed_at: Timestamp,
    pub ended_by: Option<String>,
    pub ended_at: Option<Timestamp>,
    pub end_reason: Option<String>,
    pub owner: Option<PersonId>,
    pub escalation: i16,
    /// Whose work it is while nobody owns it.
    pub role_id: Option<RoleId>,
    pub role_name: Option<String>,
    pub requested_by: Option<String>,
    pub confirms: bool,
    pub approvals: Json<Vec<Approval>>,
    pub order_id: OrderId,
    pub number: i64,
    pub order_placed_at: Timestamp,
    pub buyer: Option<String>,
    pub segment: String,
    pub value: Decimal,
    pub currency: String,
    pub company_id: Option<CompanyId>,
    pub company_name: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub types: Vec<String>,
    pub owner: Option<OwnerFilter>,
    pub company: Option<CompanyId>,
    pub currency: Option<String>,
}

#[derive(Clone, Copy, Debug)]
pub enum OwnerFilter {
    Nobody,
    Person(PersonId),
    /// Owned by me, or by nobody and the work of a role I have.
    Mine(PersonId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Sort {
    #[default]
    HighestFirst,
    LowestFirst,
    OldestFirst,
    NewestFirst,
}

/// Where a page begins: after this row.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct After {
    pub currency: String,
    pub value: Decimal,
    pub placed_at: Timestamp,
    pub id: HoldId,
}

const SELECT: &str = "select h.id, h.type, h.scope, h.blocks, h.state, h.reason, h.evidence, h.placed_by, h.placed_at, h.ended_by, h.ended_at, h.end_reason,
    h.owner, h.escalation, h.role_id, (select r.name from tenant.roles r where r.tenant_id = h.tenant_id and r.id = h.role_id) as role_name, h.requested_by, h.confirms,
    coalesce((select jsonb_agg(jsonb_build_object('by', a.approved_by, 'at', a.approved_at, 'reason', a.reason) order by a.approved_at)
      from tenant.hold_approvals a where a.tenant_id = h.tenant_id and a.hold_id = h.id), '[]') as approvals,
    o.id as order_id, o.number, o.placed_at as order_placed_at, coalesce(o.company, o.buyer_name) as buyer, o.segment, coalesce(o.stated_total, o.total) as value, o.currency,
    c.id as company_id, c.name as company_name
  from tenant.holds h join tenant.orders o on o.tenant_id = h.tenant_id and o.id = h.order_id
  left join tenant.companies c on c.tenant_id = o.tenant_id and c.id = o.company_id
  where o.voided_at is null and h.tenant_id = ";

/// One page of the holds that stand.
pub async fn page(tx: &mut TenantTx, _: Permit<ReadOrders>, filter: &Filter, sort: Sort, after: Option<After>, limit: PageLimit) -> Result<Page<Item, After>, sqlx::Error> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push_bind(tx.tenant()).push(" and h.state = 'placed'");
    if !filter.types.is_empty() {
        query.push(" and h.type = any(").push_bind(filter.types.clone()).push(")");
    }
    match filter.owner {
        None => {}
        Some(OwnerFilter::Nobody) => {
            query.push(" and h.owner is null");
        }
        Some(OwnerFilter::Person(person)) => {
            query.push(" and h.owner = ").push_bind(person.uuid());
        }
        Some(OwnerFilter::Mine(person)) => {
            let roles = hold_clock::own_roles(tx).await?;
            query.push(" and (h.owner = ").push_bind(person.uuid()).push(" or h.owner is null and h.role_id = any(").push_bind(roles).push("))");
        }
    }
    if let Some(company) = filter.company {
        query.push(" and o.company_id = ").push_bind(company.uuid());
    }
    if let Some(currency) = &filter.currency {
        query.push(" and o.currency = ").push_bind(currency.clone());
    }
    if let Some(After { currency, value, placed_at, id }) = after {
        match sort {
            Sort::HighestFirst | Sort::LowestFirst => {
                query.push(" and (o.currency > ").push_bind(currency.clone()).push(" or o.currency = ").push_bind(currency);
                query.push(if sort == Sort::HighestFirst { " and (coalesce(o.stated_total, o.total), h.id) < (" } else { " and (coalesce(o.stated_total, o.total), h.id) > (" });
                query.push_bind(value).push(", ").push_bind(id.uuid()).push("))");
            }
            Sort::OldestFirst | Sort::NewestFirst => {
                query.push(if sort == Sort::OldestFirst { " and (h.placed_at, h.id) > (" } else { " and (h.placed_at, h.id) < (" });
                query.push_bind(placed_at).push(", ").push_bind(id.uuid()).push(")");
            }
        }
    }
    query.push(match sort {
        Sort::HighestFirst => " order by o.currency, coalesce(o.stated_total, o.total) desc, h.id desc limit ",
        Sort::LowestFirst => " order by o.currency, coalesce(o.stated_total, o.total), h.id limit ",
        Sort::OldestFirst => " order by h.placed_at, h.id limit ",
        Sort::NewestFirst => " order by h.placed_at desc, h.id desc limit ",
    });
    query.push_bind(limit.rows() + 1);
    let rows: Vec<Item> = query.build_query_as().fetch_all(tx.conn()).await?;
    Ok(Page::from_fetched(rows, limit, |row| After { currency: row.currency.clone(), value: row.value, placed_at: row.placed_at, id: row.id }))
}

/// One hold, standing or ended.
pub async fn find(tx: &mut TenantTx, _: Permit<ReadOrders>, id: HoldId) -> Result<Option<Item>, sqlx::Error> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push_bind(tx.tenant()).push(" and h.id = ").push_bind(id.uuid());
    query.build_query_as().fetch_optional(tx.conn()).await
}

/// Holds by their ids.
pub async fn by_ids(tx: &mut TenantTx, _: Permit<ReadOrders>, ids: &[Uuid]) -> Result<Vec<Item>, sqlx::Error> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push_bind(tx.tenant()).push(" and h.id = any(").push_bind(ids.to_vec()).push(")");
    query.build_query_as().fetch_all(tx.conn()).await
}

/// The holds of one order that stand.
pub async fn of_order(tx: &mut TenantTx, order: OrderId) -> Result<Vec<Item>, sqlx::Error> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push_bind(tx.tenant()).push(" and h.state = 'placed' and h.order_id = ").push_bind(order.uuid()).push(" order by h.placed_at, h.id");
    query.build_query_as().fetch_all(tx.conn()).await
}

/// The order a hold stands on.
pub async fn order_of(tx: &mut TenantTx, id: HoldId) -> Result<Option<OrderId>, sqlx::Error> {
    sqlx::query_scalar!(r#"select order_id as "order: OrderId" from tenant.holds where tenant_id = $1 and id = $2"#, tx.tenant(), id.uuid()).fetch_optional(tx.conn()).await
}

#[derive(Debug, thiserror::Error)]
pub enum AssignError {
    #[error("there is no such person here")]
    NoPerson,
    #[error("escalation is 0 to {ESCALATION_MAX}")]
    Escalation,
    #[error(transparent)]
    Hold(#[from] HoldError),
}

/// Says whose the hold is; every item has one owner at most.
pub async fn assign(tx: &mut TenantTx, _: Permit<HoldOrders>, id: HoldId, owner: Option<PersonId>, escalation: Option<i16>) -> Result<(), AssignError> {
    if escalation.is_some_and(|level| !(0..=ESCALATION_MAX).contains(&level)) {
        return Err(AssignError::Escalation);
    }
    let order = order_of(tx, id).await.map_err(HoldError::from)?.ok_or(HoldError::UnknownHold)?;
    holds::lock(tx, order).await?;
    if let Some(person) = owner {
        let here = sqlx::query_scalar!(r#"select exists(select from tenant.role_assignments where tenant_id = $1 and person_id = $2) as "here!""#, tx.tenant(), person.uuid())
            .fetch_one(tx.conn())
            .await
            .map_err(HoldError::from)?;
        if !here {
            return Err(AssignError::NoPerson);
        }
    }
    let changed = sqlx::query!(
        "update tenant.holds set owner = $3, escalation = coalesce($4, escalation) where tenant_id = $1 and id = $2 and state = 'placed'",
        tx.tenant(),
        id.uuid(),
        owner.map(PersonId::uuid) as Option<Uuid>,
        escalation,
    )
    .execute(tx.conn())
    .await
    .map_err(HoldError::from)?;
    if changed.rows_affected() == 0 {
        let state = sqlx::query_scalar!("select state from tenant.holds where tenant_id = $1 and id = $2", tx.tenant(), id.uuid()).fetch_one(tx.conn()).await.map_err(HoldError::from)?;
        return Err(HoldError::EndedAlready(state).into());
    }
    holds::touch(tx, order).await.map_err(HoldError::from)?;
    Ok(())
}
