//! Issuing by itself, as the settings say: when goods are sold, when they are sold and paid, when the day is over. What came
//! back corrects its invoice. Each claimed order is looked at anew under its lock, so that nothing is issued twice
//! (INVOICE-4), whoever issued meanwhile.
//!
//! Days are those of the tenant's zone. At the end of a day its consumers who asked for no invoice of their own share one.

use super::issue::{self, IssueError};
use super::life::{self, Event};
use super::settings::{self, InvoiceSettings, IssueOn};
use super::words;
use crate::orders::invoicing::{self, Claimed};
use crate::orders::sold::{self, SoldEntry, SoldOrder};
use chrono::{Days, NaiveDate, TimeZone};
use kernel::{Decimal, TaxInvoiceId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use tenants::TenantTx;
use uuid::Uuid;

/// Which claimed orders belong on one document together; each group is attended in a transaction of its own.
pub async fn groups(tx: &mut TenantTx, claimed: &[Claimed]) -> Result<Vec<Vec<Claimed>>, IssueError> {
    let day_end = settings::newest(tx).await?.is_some_and(|settings| settings.issue_on == IssueOn::DayEnd);
    if !day_end {
        return Ok(claimed.iter().map(|claimed| vec![*claimed]).collect());
    }
    let ids: Vec<Uuid> = claimed.iter().map(|claimed| claimed.order.uuid()).collect();
    let sold = sold::load(tx, &ids, false).await?;
    let mut together: BTreeMap<(String, Option<NaiveDate>), Vec<Claimed>> = BTreeMap::new();
    let mut groups = Vec::new();
    for claimed in claimed {
        match sold.iter().find(|order| order.id == claimed.order).filter(|order| is_anonymous(order)) {
            // One that was tried in vain goes alone, so that the others need not wait for it.
            Some(order) if claimed.attempts <= 1 => together.entry((order.projection.currency.code().to_owned(), day_of(order))).or_default().push(*claimed),
            _ => groups.push(vec![*claimed]),
        }
    }
    groups.extend(together.into_values().flat_map(|orders| orders.chunks(issue::ORDERS_MAX).map(<[Claimed]>::to_vec).collect::<Vec<_>>()));
    Ok(groups)
}

/// A consumer who asked for no invoice in a name.
fn is_anonymous(order: &SoldOrder) -> bool {
    let asked = order.state.invoice.as_ref().is_some_and(|asked| asked.requested || asked.name.is_some() || asked.tax_code.is_some());
    !(asked || order.projection.business || order.projection.company_id.is_some() || order.projection.buyer.tax_code.is_some())
}

/// The day of the order's newest sale.
fn day_of(order: &SoldOrder) -> Option<NaiveDate> {
    order.entries.iter().filter(|entry| entry.is_sale()).map(|entry| entry.occurred_at.with_timezone(&order.settings.time_zone).date_naive()).max()
}

/// Does what is due for the claimed orders and takes them off the queue, or says when to look again. Returns what was issued.
pub async fn attend(tx: &mut TenantTx, group: &[Claimed]) -> Result<Vec<TaxInvoiceId>, IssueError> {
    let mut issued = Vec::new();
    let settings = settings::newest(tx).await?.filter(|settings| settings.issue_on != IssueOn::Manual);
    let ids: Vec<Uuid> = group.iter().map(|claimed| claimed.order.uuid()).collect();
    let (Some(settings), sold) = (settings, sold::load(tx, &ids, true).await?) else {
        for claimed in group {
            invoicing::done(tx, *claimed).await?;
        }
        return Ok(issued);
    };
    let covered = issue::covered(tx, &ids).await?;
    let (mut ready, mut waiting): (Vec<SoldOrder>, BTreeMap<Uuid, Timestamp>) = Default::default();
    for order in &sold {
        match due(&settings, order, &open(&settings, order, &covered, true), tx.now()) {
            Due::Now => ready.push(since(&settings, order)),
            Due::At(at) => {
                waiting.insert(order.id.uuid(), at);
            }
            Due::Never => {}
        }
    }
    if !ready.is_empty() {
        issued.push(issue::invoice_sold(tx, &settings, &ready, None).await?);
    }
    if settings.correct_returns {
        for order in sold.iter().filter(|order| !open(&settings, order, &covered, false).is_empty()) {
            issued.extend(correct(tx, &settings, order).await?);
        }
    }
    for claimed in group {
        match waiting.get(&claimed.order.uuid()) {
            Some(at) => invoicing::wait(tx, *claimed, *at).await?,
            None => invoicing::done(tx, *claimed).await?,
        }
    }
    Ok(issued)
}

/// Whether the entry is from after the settings began to issue by themselves.
fn is_since(settings: &InvoiceSettings, entry: &SoldEntry) -> bool {
    settings.automatic_since.is_some_and(|since| entry.occurred_at >= since)
}

/// The order with only those of its sales that are issued by themselves.
fn since(settings: &InvoiceSettings, order: &SoldOrder) -> SoldOrder {
    let mut order = order.clone();
    order.entries.retain(|entry| is_since(settings, entry));
    order
}

/// Sales (or what came back) that no document covers yet.
fn open<'a>(settings: &InvoiceSettings, order: &'a SoldOrder, covered: &BTreeSet<(Uuid, String)>, sales: bool) -> Vec<&'a SoldEntry> {
    order.entries.iter().filter(|entry| entry.is_sale() == sales && is_since(settings, entry) && !covered.contains(&(order.id.uuid(), entry.key.clone()))).collect()
}

#[derive(Debug, PartialEq)]
enum Due {
    Now,
    At(Timestamp),
    /// Until something of the order changes.
    Never,
}

fn due(settings: &InvoiceSettings, order: &SoldOrder, open: &[&SoldEntry], now: Timestamp) -> Due {
    let Some(newest) = open.iter().map(|entry| entry.occurred_at).max() else { return Due::Never };
    match settings.issue_on {
        IssueOn::Ship => Due::Now,
        IssueOn::Pay if order.projection.outstanding <= Decimal::ZERO => Due::Now,
        IssueOn::DayEnd => {
            let end = day_end(newest, order.settings.time_zone);
            if end <= now { Due::Now } else { Due::At(end) }
        }
        IssueOn::Pay | IssueOn::Manual => Due::Never,
    }
}

/// The first instant of the next day.
fn day_end(at: Timestamp, zone: chrono_tz::Tz) -> Timestamp {
    let next = at.with_timezone(&zone).date_naive().checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX);
    // A zone may begin its summer time at midnight: the hour after is there.
    let hours = (0..3).filter_map(|hour| next.and_hms_opt(hour, 0, 0)).find_map(|local| zone.from_local_datetime(&local).earliest());
    hours.map_or(at + chrono::Duration::days(1), |start| start.to_utc())
}

/// Corrects the order's newest invoice that stands by what came back.
async fn correct(tx: &mut TenantTx, settings: &InvoiceSettings, order: &SoldOrder) -> Result<Option<TaxInvoiceId>, IssueError> {
    let standing = sqlx::query_scalar!(
        r#"select d.id from tenant.tax_invoices d
           where d.tenant_id = $1 and d.kind in ('invoice', 'replacement') and d.state <> 'replaced' and d.regime = $3
             and exists (select from tenant.tax_invoice_covers c where c.tenant_id = $1 and c.document_id = d.id and c.order_id = $2)
           order by d.issued_at desc, d.id desc limit 1"#,
        tx.tenant(),
        order.id.uuid(),
        settings.regime.word(),
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(id) = standing else { return Ok(None) };
    let document = life::lock(tx, TaxInvoiceId(id)).await?;
    let allowed = Event::of_correction(settings.regime.rules().correction).is_some_and(|event| document.state.after(event).is_some());
    if !allowed {
        // It is with the authority, or was rejected: its answer or its replacement asks again.
        return Ok(None);
    }
    Ok(Some(issue::correct_sold(tx, settings, &document, &[since(settings, order)], words::corrected(settings.regime)).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_where_the_tenant_is() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(day_end(at("2026-11-24T16:59:59Z"), chrono_tz::Asia::Ho_Chi_Minh), at("2026-11-24T17:00:00Z"));
        assert_eq!(day_end(at("2026-11-24T17:00:00Z"), chrono_tz::Asia::Ho_Chi_Minh), at("2026-11-25T17:00:00Z"));
        // Summer time began at midnight there: the day began at one.
        assert_eq!(day_end(at("2018-11-03T12:00:00Z"), chrono_tz::America::Sao_Paulo), at("2018-11-04T03:00:00Z"));
    }
}
