//! Everything that waits for somebody's decision in one list: prices to approve and holds to release, oldest first.
//! Invariant INBOX-1: every item has an age and at most one owner; what is mine is what I own, and what nobody owns that I may decide.

use crate::orders::hold_queue::{self, Item};
use crate::pricing::requests::{self, Request, RequestError};
use chrono::NaiveDate;
use kernel::{HoldId, OrderId, Page, PageLimit, PersonId, PriceRequestId, QuoteId, RoleId, Timestamp};
use tenants::rights::{ApprovePrices, ReadOrders, ReadPrices, ReleaseOrders};
use tenants::{Permit, TenantTx};
use uuid::Uuid;

#[derive(Clone, Debug)]
pub enum Waiting {
    Price(Box<Request>),
    Hold(Box<Item>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Of everybody.
    All,
    /// Owned by the actor, or by nobody and within what the actor may decide.
    Mine,
    Nobody,
    Person(PersonId),
}

#[derive(Clone, Debug)]
pub struct Filter {
    pub whose: Whose,
    pub prices: bool,
    pub holds: bool,
    pub quote: Option<QuoteId>,
    pub order: Option<OrderId>,
}

/// Where a page begins: after this item.
pub type After = (Timestamp, Uuid);

struct Row {
    id: Uuid,
    price: bool,
    at: Timestamp,
}

/// One page of what waits.
pub async fn page(tx: &mut TenantTx, prices: Permit<ReadPrices>, orders: Permit<ReadOrders>, filter: &Filter, after: Option<After>, limit: PageLimit, today: NaiveDate) -> Result<Page<Waiting, After>, RequestError> {
    let roles: Vec<Uuid> = requests::acting_roles(tx, today).await?.into_iter().map(RoleId::uuid).collect();
    let who = tx.actor().who.to_string();
    let (approves, releases) = (tx.actor().may::<ApprovePrices>().is_ok(), tx.actor().may::<ReleaseOrders>().is_ok());
    let owner = match filter.whose {
        Whose::Person(person) => Some(person.uuid()),
        Whose::Mine => match tx.actor().who {
            tenants::Who::Person(me) => Some(me.uuid()),
            _ => None,
        },
        Whose::All | Whose::Nobody => None,
    };
    let whose = match filter.whose {
        Whose::All => "all",
        Whose::Mine => "mine",
        Whose::Nobody => "nobody",
        Whose::Person(_) => "person",
    };
    let (after_at, after_id) = after.unzip();
    let rows = sqlx::query_as!(
        Row,
        r#"select w.id as "id!", w.price as "price!", w.at as "at!" from (
             select r.id, true as price, r.requested_at as at from tenant.price_requests r
             where r.tenant_id = $1 and $2 and r.state = 'asked' and r.expires_at > $3 and ($4::uuid is null or r.quote_id = $4)
               and ($5::uuid is null or r.order_id = $5 or r.quote_id in (select q.id from tenant.quotes q where q.tenant_id = $1 and q.order_id = $5))
               and case $6::text when 'all' then true when 'nobody' then r.owner is null when 'person' then r.owner = $7
                   else r.owner = $7 or r.owner is null and $8 and r.requested_by <> $9 and (r.next_role is null or r.next_role = any($10)) end
             union all
             select h.id, false, h.placed_at from tenant.holds h join tenant.orders o on o.tenant_id = $1 and o.id = h.order_id
             where h.tenant_id = $1 and $11 and h.state = 'placed' and o.voided_at is null and $4::uuid is null and ($5::uuid is null or h.order_id = $5)
               -- what its lines wait for stands above, line by line
               and not (h.type = 'price_approval' and h.evidence->'codes' = '["price_not_approved"]')
               and case $6::text when 'all' then true when 'nobody' then h.owner is null when 'person' then h.owner = $7
                   else h.owner = $7 or h.owner is null and $12 and coalesce(h.requested_by, '') <> $9 end
           ) w
           where $13::timestamptz is null or (w.at, w.id) > ($13, $14::uuid)
           order by w.at, w.id limit $15"#,
        tx.tenant(),
        filter.prices,
        tx.now(),
        filter.quote.map(QuoteId::uuid),
        filter.order.map(OrderId::uuid),
        whose,
        owner,
        approves,
        who,
        &roles,
        filter.holds,
        releases,
        after_at,
        after_id,
        limit.rows() + 1,
    )
    .fetch_all(tx.conn())
    .await?;
    let Page { rows, next } = Page::from_fetched(rows, limit, |row| (row.at, row.id));
    let of = |price: bool| rows.iter().filter(|row| row.price == price).map(|row| row.id).collect::<Vec<_>>();
    let mut requests = requests::by_ids(tx, prices, &of(true)).await?;
    let mut holds = hold_queue::by_ids(tx, orders, &of(false)).await?;
    let waiting = rows.iter().filter_map(|row| {
        if row.price {
            let at = requests.iter().position(|r| r.id == PriceRequestId(row.id))?;
            Some(Waiting::Price(Box::new(requests.swap_remove(at))))
        } else {
            let at = holds.iter().position(|h| h.id == HoldId(row.id))?;
            Some(Waiting::Hold(Box::new(holds.swap_remove(at))))
        }
    });
    Ok(Page { rows: waiting.collect(), next })
}
