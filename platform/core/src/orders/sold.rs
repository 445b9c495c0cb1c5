//! What of an order is in the books as sold, taken back or lowered, entry by entry and line by line: what tax documents are
//! made of.
//! Invariant SOLD-1: the portions of an entry come to the entry: revenue, reductions by kind and tax are the same amounts.

use super::facts::{self, FactsError};
use super::fold::{OrderState, fold};
use super::postings::{self, expected::Portion, goods::{self, Parts}};
use super::project::Projection;
use super::source::{ChannelKind, Source};
use crate::finance::{Line, Role, Settings, settings};
use kernel::{ChannelAccountId, Currency, EntryId, OrderId, Timestamp};
use std::collections::HashMap;
use tenants::TenantTx;
use uuid::Uuid;

/// An order with the entries that sell or take back something of it.
#[derive(Clone, Debug)]
pub struct SoldOrder {
    pub id: OrderId,
    pub number: i64,
    pub external_id: String,
    pub source: Source,
    pub state: OrderState,
    pub projection: Projection,
    /// How money is treated for this order.
    pub settings: Settings,
    pub entries: Vec<SoldEntry>,
    /// What each line moves when all of it is sold, by its id.
    pub lines: HashMap<String, Parts>,
}

/// One entry that stands.
#[derive(Clone, Debug)]
pub struct SoldEntry {
    pub id: EntryId,
    /// `sale/s1`, `return/r1`, `allowance/r2`: what it is for, whatever its version.
    pub key: String,
    pub kind: &'static str,
    pub occurred_at: Timestamp,
    pub currency: Currency,
    pub portions: Vec<Portion>,
    /// As posted.
    pub lines: Vec<Line>,
}

impl SoldEntry {
    pub fn is_sale(&self) -> bool {
        self.kind == "sale"
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SoldError {
    #[error(transparent)]
    Facts(#[from] FactsError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The orders, by id; those that are not there are left out. With `lock` nobody changes them until the transaction ends.
pub async fn load(tx: &mut TenantTx, ids: &[Uuid], lock: bool) -> Result<Vec<SoldOrder>, SoldError> {
    if lock {
        sqlx::query!("select id from tenant.orders where tenant_id = $1 and id = any($2) order by id for update", tx.tenant(), ids).fetch_all(tx.conn()).await?;
    }
    let rows = sqlx::query!(
        r#"select id, number, channel_account_id, channel_kind, external_id, same_sale_as is not null as "copy!" from tenant.orders where tenant_id = $1 and id = any($2) and voided_at is null order by id"#,
        tx.tenant(),
        ids,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut known = facts::load(tx, ids).await?;
    let history = settings::open_books(tx).await?;
    let mut books = postings::load(tx, ids).await?;
    let mut orders = Vec::with_capacity(rows.len());
    for row in rows {
        let kind: ChannelKind = row.channel_kind.parse().unwrap_or(ChannelKind::Api);
        let source = Source { account: ChannelAccountId(row.channel_account_id), kind };
        let state = fold(&known.remove(&OrderId(row.id)).unwrap_or_default());
        let projection = Projection::of(&state, source, &row.external_id).as_copy(row.copy);
        let books = books.remove(&row.id).unwrap_or_default();
        let settings = history.at(books.created_at());
        let mut entries = Vec::new();
        for expected in postings::of_order(&state, &projection, source, &settings) {
            let Some((id, lines)) = books.standing(&expected.key).filter(|_| !expected.portions.is_empty()) else { continue };
            let lines = lines.to_vec();
            let postings::expected::Expected { key, kind, occurred_at, currency, portions, .. } = expected;
            entries.push(SoldEntry { id, key, kind, occurred_at, currency, portions, lines });
        }
        // Who funds what others give does not matter here.
        let lines = goods::of_order(&projection, &settings, &|_| Role::PartnerReceivable.into()).into_iter().map(|goods| (goods.line_id, goods.parts)).collect();
        orders.push(SoldOrder { id: OrderId(row.id), number: row.number, external_id: row.external_id, source, state, projection, settings, entries, lines });
    }
    Ok(orders)
}
