//! Shops with what their marketplaces hold, and the orders of a shop with what was settled of each.

use super::rates::{self, Rate};
use crate::finance::rounding::Rounding;
use crate::orders::settled::{PAYOUT, SAID};
use kernel::{ChannelAccountId, Currency, Decimal, OrderId, Page, PageLimit, Timestamp};
use std::collections::BTreeMap;
use tenants::rights::ReadFinance;
use tenants::{Permit, TenantTx};
use uuid::Uuid;

/// Shops and currencies a list shows.
pub const SHOPS_MAX: i64 = 500;

/// What a marketplace holds of a shop, in one currency.
#[derive(Clone, Debug, PartialEq)]
pub struct Shop {
    pub id: ChannelAccountId,
    pub name: String,
    pub kind: String,
    pub currency: Option<String>,
    /// The balance of the clearing account.
    pub clearing: Decimal,
    /// Of it, what waits on orders, and how many these are.
    pub orders: Decimal,
    pub orders_open: i64,
    /// Lines that nobody has explained yet.
    pub lines_open: i64,
    pub lines: Decimal,
    pub statements: i64,
}

pub async fn list(tx: &mut TenantTx, _: Permit<ReadFinance>) -> Result<Vec<Shop>, sqlx::Error> {
    sqlx::query_as!(
        Shop,
        r#"with shops as (
             select a.id, a.name, a.kind, 'marketplace_clearing:cha_' || replace(a.id::text, '-', '') as account from tenant.channel_accounts a
             where a.tenant_id = $1 and a.kind in ('shopee', 'tiktok', 'lazada')
           ), items as (
             select s.id, i.currency, sum(i.amount) as amount, count(*) as orders from shops s
             join tenant.open_items i on i.tenant_id = $1 and i.account = s.account group by s.id, i.currency
           ), loose as (
             select s.id, e.currency, sum(l.amount) as amount
             from tenant.ledger_entries e, unnest(e.accounts, e.amounts) as l(account, amount), shops s
             where e.tenant_id = $1 and e.order_id is null and l.account = s.account group by s.id, e.currency
           ), waiting as (
             select t.channel_account_id as id, l.currency, sum(l.amount) as amount, count(*) as lines from tenant.settlement_lines l
             join tenant.settlement_statements t on t.tenant_id = $1 and t.id = l.statement_id
             where l.tenant_id = $1 and l.state in ('open', 'disputed') group by 1, 2
           ), told as (
             select channel_account_id as id, currency, count(*) as statements from tenant.settlement_statements where tenant_id = $1 group by 1, 2
           ), keys as (
             select id, currency from items union select id, currency from loose union select id, currency from waiting union select id, currency from told
           )
           select s.id as "id!: ChannelAccountId", s.name as "name!", s.kind as "kind!", k.currency as "currency?", coalesce(i.amount, 0) + coalesce(o.amount, 0) as "clearing!",
             coalesce(i.amount, 0) as "orders!", coalesce(i.orders, 0) as "orders_open!", coalesce(w.lines, 0) as "lines_open!", coalesce(w.amount, 0) as "lines!", coalesce(t.statements, 0) as "statements!"
           from shops s left join keys k on k.id = s.id
           left join items i on i.id = s.id and i.currency = k.currency
           left join loose o on o.id = s.id and o.currency = k.currency
           left join waiting w on w.id = s.id and w.currency = k.currency
           left join told t on t.id = s.id and t.currency = k.currency
           order by s.name, s.id, k.currency limit $2"#,
        tx.tenant(),
        SHOPS_MAX,
    )
    .fetch_all(tx.conn())
    .await
}

/// How an order stands with its marketplace.
pub const STATES: &[&str] = &["not_yet_released", "matched", "short_paid", "over_paid", "unknown_order"];

/// What was kept of one kind, and what should have been.
#[derive(Clone, Debug, PartialEq)]
pub struct Fee {
    pub kind: String,
    /// Kept is positive.
    pub actual: Decimal,
    /// By the shop's rates; `None`: there is none for the kind.
    pub expected: Option<Decimal>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ShopOrder {
    pub id: OrderId,
    pub number: i64,
    pub external_id: String,
    pub placed_at: Timestamp,
    pub currency: String,
    pub state: String,
    /// What the marketplace owed for it: what waits, was paid out and was kept.
    pub claim: Decimal,
    pub paid: Decimal,
    pub open: Decimal,
    pub fees: Vec<Fee>,
}

/// Orders of a shop that have anything to do with settlement, newest first.
pub async fn orders(
    tx: &mut TenantTx,
    permit: Permit<ReadFinance>,
    shop: ChannelAccountId,
    state: Option<&str>,
    before: Option<(Timestamp, OrderId)>,
    limit: PageLimit,
) -> Result<Page<ShopOrder, (Timestamp, OrderId)>, sqlx::Error> {
    let (before_at, before_id) = before.map_or((None, None), |(at, id)| (Some(at), Some(id.uuid())));
    let rows = sqlx::query!(
        r#"select t.id as "id!", t.number as "number!", t.external_id as "external_id!", t.placed_at as "placed_at!", t.currency as "currency!", t.state as "state!", t.paid as "paid!", t.open as "open!" from (
             select o.id, o.number, o.external_id, o.placed_at, o.currency, s.paid, coalesce(i.amount, 0) as open,
               case when s.lines > 0 and not o.described then 'unknown_order' when s.payouts = 0 then 'not_yet_released' when i.amount is null then 'matched' when i.amount > 0 then 'short_paid' else 'over_paid' end as state
             from tenant.orders o
             left join tenant.open_items i on i.tenant_id = $1 and i.order_id = o.id and i.account = $3 and i.currency = o.currency
             cross join lateral (select count(*) as lines, count(*) filter (where l.kind = $4) as payouts, coalesce(sum(l.amount) filter (where l.kind = $4), 0) as paid
               from tenant.settled_lines l where l.tenant_id = $1 and l.order_id = o.id and l.currency = o.currency) s
             where o.tenant_id = $1 and o.channel_account_id = $2 and (i.amount is not null or s.lines > 0)
           ) t
           where ($5::text is null or t.state = $5) and ($6::timestamptz is null or (t.placed_at, t.id) < ($6, $7::uuid))
           order by t.placed_at desc, t.id desc limit $8"#,
        tx.tenant(),
        shop.uuid(),
        super::pay::clearing(shop).to_string(),
        PAYOUT,
        state,
        before_at,
        before_id,
        limit.rows() + 1,
    )
    .fetch_all(tx.conn())
    .await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut kept = kept(tx, &ids).await?;
    let rates = rates::list(tx, permit, shop).await?;
    let orders = rows.into_iter().map(|row| {
        let kept = kept.remove(&row.id).unwrap_or_default();
        let sum: Decimal = kept.values().copied().sum();
        let (paid, open) = (row.paid.normalize(), row.open.normalize());
        let claim = open + paid + sum;
        let exponent = row.currency.parse::<Currency>().map_or(0, Currency::exponent);
        ShopOrder { id: OrderId(row.id), number: row.number, external_id: row.external_id, placed_at: row.placed_at, currency: row.currency, state: row.state, claim: claim.normalize(), paid, open, fees: compare(kept, &rates, claim, exponent) }
    });
    Ok(Page::from_fetched(orders.collect(), limit, |order| (order.placed_at, order.id)))
}

/// What was kept of orders, by kind.
async fn kept(tx: &mut TenantTx, orders: &[Uuid]) -> Result<BTreeMap<Uuid, BTreeMap<String, Decimal>>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select l.order_id, l.kind, -sum(l.amount) as "kept!" from tenant.settled_lines l join tenant.orders o on o.tenant_id = $1 and o.id = l.order_id and o.currency = l.currency
           where l.tenant_id = $1 and l.order_id = any($2) and l.kind <> $3 and l.kind <> $4 group by l.order_id, l.kind"#,
        tx.tenant(),
        orders,
        PAYOUT,
        SAID,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut kept: BTreeMap<Uuid, BTreeMap<String, Decimal>> = BTreeMap::new();
    for row in rows {
        kept.entry(row.order_id).or_default().insert(row.kind, row.kept.normalize());
    }
    Ok(kept)
}

fn compare(mut kept: BTreeMap<String, Decimal>, rates: &[Rate], claim: Decimal, exponent: u32) -> Vec<Fee> {
    for rate in rates {
        kept.entry(rate.kind.clone()).or_default();
    }
    let expected = |kind: &str| rates.iter().find(|rate| rate.kind == kind).map(|rate| Rounding::HalfUp.round(claim * rate.percent / Decimal::ONE_HUNDRED, exponent).normalize());
    kept.into_iter().map(|(kind, actual)| Fee { expected: expected(&kind), actual, kind }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fees_are_compared_with_the_rates() {
        let kept = [("mkt_commission".to_owned(), Decimal::from(7_600)), ("withholding_tax".to_owned(), Decimal::from(2_850))].into();
        let rates = [Rate { kind: "mkt_commission".into(), percent: 4.into() }, Rate { kind: "mkt_payment_fee".into(), percent: 2.into() }];
        let told: Vec<String> = compare(kept, &rates, 190_000.into(), 0).iter().map(|fee| format!("{} {} {:?}", fee.kind, fee.actual, fee.expected.map(|e| e.to_string()))).collect();
        assert_eq!(told, [r#"mkt_commission 7600 Some("7600")"#, r#"mkt_payment_fee 0 Some("3800")"#, "withholding_tax 2850 None"]);
    }
}
