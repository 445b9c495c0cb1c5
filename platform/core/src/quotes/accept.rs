//! The company takes the offer: the quote becomes an order, placed as any other (QUOTE-1).

use super::quote::{self, QuoteError, QuoteLine, State};
use crate::orders::ChannelKind;
use crate::orders::deposits;
use crate::orders::fact::Buyer;
use crate::orders::place::{self, NewComponent, NewLine, NewOrder, NewTax};
use crate::orders::price_check::{self, Kept};
use crate::orders::source::Source;
use crate::pricing::price;
use chrono::NaiveDate;
use kernel::{Currency, Decimal, OrderId, QuoteId};
use serde_json::json;
use tenants::rights::{CreateOrders, WriteQuotes};
use tenants::{Permit, TenantTx, audit};

/// Places the order of a sent quote. Who accepts it again gets the same order, whatever version they saw.
pub async fn accept(tx: &mut TenantTx, _: Permit<WriteQuotes>, create: Permit<CreateOrders>, id: QuoteId, seen: i64, today: NaiveDate) -> Result<OrderId, QuoteError> {
    let quote = quote::lock(tx, id, today).await?;
    if let Some(order) = quote.order {
        return Ok(order);
    }
    if quote.version != seen {
        return Err(QuoteError::Stale(quote.version));
    }
    if quote.state != State::Sent {
        return Err(QuoteError::State(quote.state));
    }
    let account = sqlx::query!("select kind, name, state from tenant.channel_accounts where tenant_id = $1 and id = $2", tx.tenant(), quote.account.uuid()).fetch_one(tx.conn()).await?;
    if account.state != "active" {
        return Err(QuoteError::AccountInactive(account.state));
    }
    let lines = quote::lines(tx, id).await?;
    let currency: Currency = quote.currency.parse().unwrap_or(Currency::USD);
    let order = NewOrder {
        external_id: Some(id.to_string()),
        number: Some(format!("Q{}", quote.number)),
        currency: Some(quote.currency.clone()),
        segment: Some("b2b".into()),
        company: Some(quote.company),
        buyer: Some(Buyer { company: Some(quote.company_name.clone()), ..Buyer::default() }),
        note: quote.note.clone(),
        lines: lines.iter().map(|line| order_line(line, currency)).collect(),
        ..NewOrder::default()
    };
    let source = Source { account: quote.account, kind: account.kind.parse().unwrap_or(ChannelKind::Manual) };
    let placed = place::place(tx, create, source, &account.name, &order, currency).await?.row.id;
    let kept: Vec<Kept> =
        lines.into_iter().filter_map(|line| line.list.map(|list| Kept { line_id: line.line_id, sku: line.sku, quantity: line.quantity, list })).collect();
    price_check::keep(tx, placed, &kept).await?;
    if let Some(terms) = quote.deposit {
        deposits::set(tx, placed, terms).await?;
    }
    sqlx::query!(
        "update tenant.quotes set state = 'accepted', order_id = $3, ended_at = $4, ended_by = $5, updated_at = $4, version = version + 1 where tenant_id = $1 and id = $2",
        tx.tenant(),
        id.uuid(),
        placed.uuid(),
        tx.now(),
        tx.actor().who.to_string(),
    )
    .execute(tx.conn())
    .await?;
    audit::write(tx, "quote.accepted", Some(&id), json!({"order": placed})).await?;
    Ok(placed)
}

/// A line as the order has it: at its list price, less what the quote gives, so that the reduction stands in the books as one.
fn order_line(line: &QuoteLine, currency: Currency) -> NewLine {
    let list = line.list.as_ref().map(|l| l.price).filter(|list| *list > line.unit_price);
    let unit_price = list.unwrap_or(line.unit_price);
    let less = |list: Decimal| NewComponent { kind: "price_override".into(), funded_by: "tenant".into(), amount: ((list - line.unit_price) * line.quantity).round_dp(6).normalize().to_string(), code: None };
    let net = line.unit_price * line.quantity;
    let tax = |rate: Decimal| NewTax {
        name: "VAT".into(),
        rate: Some(rate.to_string()),
        amount: price::tax_of(net, rate, line.tax_included, currency).normalize().to_string(),
        included: Some(line.tax_included),
    };
    NewLine {
        id: Some(line.line_id.clone()),
        sku: Some(line.sku.clone()),
        name: line.name.clone(),
        quantity: line.quantity.to_string(),
        unit_price: unit_price.to_string(),
        components: list.map(less).into_iter().collect(),
        taxes: line.tax_rate.map(tax).into_iter().collect(),
        ..NewLine::default()
    }
}
