//! The prices of a company's order beside its lists: what lies below what is allowed and nobody approved.
//! Invariant PRICE-3: an order keeps the lists of the day it arrived, and what its quote was priced by; later versions do not count.
//! Invariant PRICE-4: no order with a price that nobody approved is confirmed; it is held until somebody does.

use crate::pricing::matrix::{self, Asked, Versioned};
use crate::pricing::price::{self, Priced};
use crate::pricing::requests::{self, RequestError, Subject, Wanted};
use crate::pricing::lists::{self, Buying};
use crate::pricing::sheet::PRICE_DECIMALS;
use chrono::NaiveDate;
use chrono_tz::Tz;
use kernel::{CompanyId, Currency, Decimal, OrderId, PriceListId};
use std::collections::BTreeMap;
use tenants::TenantTx;

/// The lines of an order that need approval and have none, and the matrix that says so.
#[derive(Clone, Debug, PartialEq)]
pub struct Unapproved {
    pub company: CompanyId,
    pub matrix: Versioned,
    pub lines: Vec<Wanted>,
}

/// A line's prices as its quote had them.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub line_id: String,
    pub sku: String,
    pub quantity: Decimal,
    pub list: Priced,
}

/// Keeps what the lines of a quote were priced by with the order it became (PRICE-3).
pub async fn keep(tx: &mut TenantTx, order: OrderId, lines: &[Kept]) -> Result<(), sqlx::Error> {
    for line in lines {
        sqlx::query!(
            "insert into tenant.order_prices (tenant_id, order_id, line_id, sku, quantity, list_id, list_version, min_quantity, list_price, floor_price, cost, tax_included, tax_rate)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            tx.tenant(),
            order.uuid(),
            line.line_id,
            line.sku,
            line.quantity,
            line.list.list.uuid(),
            line.list.version,
            line.list.min_quantity,
            line.list.price,
            line.list.floor,
            line.list.cost,
            line.list.tax_included,
            line.list.tax_rate,
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

async fn kept(tx: &mut TenantTx, order: OrderId) -> Result<BTreeMap<String, Kept>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select p.line_id, p.sku, p.quantity, p.list_id as "list: PriceListId", l.name, p.list_version, p.min_quantity, p.list_price, p.floor_price, p.cost, p.tax_included, p.tax_rate
           from tenant.order_prices p join tenant.price_lists l on l.tenant_id = $1 and l.id = p.list_id where p.tenant_id = $1 and p.order_id = $2"#,
        tx.tenant(),
        order.uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    let kept = rows.into_iter().map(|row| {
        let list = Priced {
            list: row.list,
            list_name: row.name,
            version: row.list_version,
            min_quantity: row.min_quantity.normalize(),
            name: None,
            price: row.list_price.normalize(),
            floor: row.floor_price.map(|f| f.normalize()),
            cost: row.cost.map(|c| c.normalize()),
            tax_included: row.tax_included,
            tax_rate: row.tax_rate.map(|r| r.normalize()),
        };
        (row.line_id.clone(), Kept { line_id: row.line_id, sku: row.sku, quantity: row.quantity.normalize(), list })
    });
    Ok(kept.collect())
}

/// What of an order waits for an approval; `None`: nothing does.
pub async fn of_order(tx: &mut TenantTx, id: OrderId, zone: Tz, today: NaiveDate) -> Result<Option<Unapproved>, RequestError> {
    let Some(order) = sqlx::query!(
        r#"select company_id as "company: CompanyId", currency as "currency!", created_at, confirmed_at from tenant.orders where tenant_id = $1 and id = $2 and segment = 'b2b' and described"#,
        tx.tenant(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?
    else {
        return Ok(None);
    };
    let (Some(company), Ok(currency)) = (order.company, order.currency.parse::<Currency>()) else { return Ok(None) };
    let rows = sqlx::query!(
        r#"select external_id, sku as "sku!", name, quantity, gross, discount_tenant from tenant.order_lines
           where tenant_id = $1 and order_id = $2 and kind = 'product' and sku is not null and quantity > 0 and not gift order by position"#,
        tx.tenant(),
        id.uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    let kept = kept(tx, id).await?;
    let skus: Vec<String> = rows.iter().map(|row| row.sku.clone()).collect();
    let arrived = order.created_at.with_timezone(&zone).date_naive();
    let lists = lists::counting(tx, Buying { company, currency, day: arrived, at: order.created_at }, &skus).await?;
    let matrix = matrix::of_version(tx, None, currency.code()).await?;
    if kept.is_empty() && lists.is_empty() && !matrix.matrix.unlisted {
        return Ok(None);
    }
    let requests = requests::of_subject(tx, Subject::Order(id)).await?;
    // What was approved for the quote holds from its order on; what was approved for the order itself, until it is confirmed.
    let used = order.confirmed_at.map_or(today, |at| at.with_timezone(&zone).date_naive());
    let mut lines = Vec::new();
    for row in rows {
        let quantity = row.quantity.normalize();
        let price = ((row.gross - row.discount_tenant) / quantity).round_dp_with_strategy(PRICE_DECIMALS, rust_decimal::RoundingStrategy::MidpointAwayFromZero).normalize();
        let list = match kept.get(&row.external_id).filter(|kept| kept.sku == row.sku && kept.quantity == quantity) {
            Some(kept) => Some(kept.list.clone()),
            None => price::price(&lists, &row.sku, quantity, arrived),
        };
        let asked = Asked { sku: row.sku, quantity, price, currency: currency.code().to_owned(), list };
        let judgement = matrix::judge(&matrix.matrix, &asked);
        let approved = || requests.iter().any(|r| requests::covers(r, &row.external_id, &asked, if r.quote.is_some() { arrived } else { used }));
        if judgement.asks() && !approved() {
            let reason = format!("the order asks {} {}", asked.price, asked.currency);
            lines.push(Wanted { line_id: row.external_id.clone(), name: row.name, reason, asked, judgement });
        }
    }
    Ok(if lines.is_empty() { None } else { Some(Unapproved { company, matrix, lines }) })
}

/// Asks for what is not asked for yet. Whoever wrote the prices asks for them, not who confirms.
pub async fn ask(tx: &mut TenantTx, id: OrderId, unapproved: Option<&Unapproved>) -> Result<(), RequestError> {
    let subject = Subject::Order(id);
    let Some(Unapproved { company, matrix, lines }) = unapproved else { return Ok(requests::withdraw(tx, subject).await?) };
    let by = author(tx, id).await?.unwrap_or_else(|| tx.actor().who.to_string());
    requests::ask(tx, subject, *company, matrix, lines, &by).await?;
    Ok(())
}

/// Who told the order's lines last.
async fn author(tx: &mut TenantTx, id: OrderId) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "select actor from tenant.order_facts where tenant_id = $1 and order_id = $2 and kind = 'described' order by revision desc, recorded_at desc limit 1",
        tx.tenant(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await
}
