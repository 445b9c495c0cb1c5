//! Recomputes documents from what they follow from: their series, their own XML, the ledger entries they cover, their steps.
//! On documents that were only written by this code there is no finding.

use super::document::Content;
use crate::finance::{Account, Role};
use kernel::{Decimal, TaxInvoiceId};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use tenants::TenantTx;
use uuid::Uuid;

/// Documents one step looks at.
pub const STEP: i64 = 200;

/// A document or series that is not as it should be.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// A document's number, or a series.
    pub of: String,
    pub field: String,
    pub stored: String,
    pub computed: String,
}

#[derive(Clone, Debug, Default)]
pub struct Step {
    pub documents: usize,
    pub findings: Vec<Finding>,
    /// The last document looked at; `None` when all were.
    pub last: Option<TaxInvoiceId>,
}

/// Roles whose sum is the revenue of an entry, net of reductions.
const REVENUE: [Role; 6] = [Role::Sales, Role::SalesReturns, Role::ContraMarketing, Role::ContraVoucher, Role::ContraPriceOverride, Role::ContraShipping];

/// Series with a gap, a double or a number beyond their last (INVOICE-1).
pub async fn series(tx: &mut TenantTx) -> Result<Vec<Finding>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select coalesce(d.series, s.series) as "series!", coalesce(d.year, s.year) as "year!", coalesce(s.last, 0) as "last!", coalesce(d.count, 0) as "count!", coalesce(d.newest, 0) as "newest!"
           from (select series, year, count(*) as count, max(sequence) as newest from tenant.tax_invoices where tenant_id = $1 group by series, year) d
           full join (select series, year, last from tenant.invoice_series where tenant_id = $1) s on s.series = d.series and s.year = d.year
           where coalesce(s.last, 0) <> coalesce(d.count, 0) or coalesce(s.last, 0) <> coalesce(d.newest, 0)"#,
        tx.tenant(),
    )
    .fetch_all(tx.conn())
    .await?;
    let finding = |of: String, last: i64, count: i64, newest: i64| Finding { of, field: "series".into(), stored: format!("last {last}"), computed: format!("{count} documents, the newest {newest}") };
    Ok(rows.into_iter().map(|row| finding(format!("{} {}", row.series, row.year), row.last, row.count, row.newest)).collect())
}

/// What a document covers of one entry.
struct Cover {
    entry: Uuid,
    rate: Decimal,
    base: Decimal,
    tax: Decimal,
    points: Decimal,
    currency: String,
    /// Revenue and tax of the whole entry; positive when sold.
    posted: (Decimal, Decimal),
}

/// Looks at the next [`STEP`] documents after `after`, by id.
pub async fn step(tx: &mut TenantTx, after: Option<TaxInvoiceId>) -> Result<Step, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select d.id, d.number, d.currency, d.base, d.tax, d.total, d.content, d.xml, d.digest, d.state, d.revision,
             (select count(*) from tenant.tax_invoice_events e where e.tenant_id = $1 and e.document_id = d.id) as "steps!",
             (select e.state from tenant.tax_invoice_events e where e.tenant_id = $1 and e.document_id = d.id order by e.revision desc limit 1) as "last_state?"
           from tenant.tax_invoices d where d.tenant_id = $1 and ($2::uuid is null or d.id > $2) order by d.id limit $3"#,
        tx.tenant(),
        after.map(TaxInvoiceId::uuid) as Option<Uuid>,
        STEP,
    )
    .fetch_all(tx.conn())
    .await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut covers = covers(tx, &ids).await?;
    let mut step = Step { documents: rows.len(), last: if rows.len() < usize::try_from(STEP).unwrap_or(usize::MAX) { None } else { rows.last().map(|row| TaxInvoiceId(row.id)) }, ..Step::default() };
    for row in rows {
        let mut compare = |field: String, stored: String, computed: String| {
            if stored != computed {
                step.findings.push(Finding { of: row.number.clone(), field, stored, computed });
            }
        };
        compare("xml".into(), hex::encode(&row.digest), hex::encode(Sha256::digest(row.xml.as_bytes())));
        compare("state".into(), format!("{} at step {}", row.state, row.revision), format!("{} at step {}", row.last_state.unwrap_or_default(), row.steps));
        let content: Content = match serde_json::from_value(row.content) {
            Ok(content) => content,
            Err(error) => {
                compare("content".into(), error.to_string(), "what was written".into());
                continue;
            }
        };
        for (field, stored, computed) in sums(&content, (row.base, row.tax, row.total)) {
            compare(field, stored, computed);
        }
        for (field, stored, computed) in against_ledger(&content, &row.currency, &covers.remove(&row.id).unwrap_or_default()) {
            compare(field, stored, computed);
        }
    }
    Ok(step)
}

/// Lines sum to rates, rates to totals (DOC-1).
fn sums(content: &Content, (base, tax, total): (Decimal, Decimal, Decimal)) -> Vec<(String, String, String)> {
    let two = |base: Decimal, tax: Decimal| format!("{} and {}", base.normalize(), tax.normalize());
    let mut found = vec![
        ("totals".into(), two(base, tax), two(content.base, content.tax)),
        ("rates".into(), two(content.base, content.tax), two(content.rates.iter().map(|rate| rate.base).sum(), content.rates.iter().map(|rate| rate.tax).sum())),
        ("total".into(), total.normalize().to_string(), (content.base + content.tax).normalize().to_string()),
        ("payable".into(), content.payable.normalize().to_string(), (content.total - content.payments.iter().map(|payment| payment.amount).sum::<Decimal>()).normalize().to_string()),
    ];
    for rate in &content.rates {
        let of_rate = |amount: fn(&super::document::DocumentLine) -> Decimal| content.lines.iter().filter(|line| line.rate == rate.rate && line.category == rate.category).map(amount).sum::<Decimal>();
        found.push((format!("rate {}", rate.rate), two(rate.base, rate.tax), two(of_rate(|line| line.base), of_rate(|line| line.tax))));
    }
    found
}

/// The document's rates are what it covers, and what it covers of an entry is all of it (INVOICE-3).
fn against_ledger(content: &Content, currency: &str, covers: &[Cover]) -> Vec<(String, String, String)> {
    let two = |(base, tax): (Decimal, Decimal)| format!("{} and {}", base.normalize(), tax.normalize());
    let (mut by_rate, mut by_entry): (BTreeMap<Decimal, (Decimal, Decimal)>, BTreeMap<Uuid, (Decimal, Decimal)>) = Default::default();
    let mut found = Vec::new();
    for cover in covers {
        let rate = by_rate.entry(cover.rate.normalize()).or_default();
        *rate = (rate.0 + cover.base, rate.1 + cover.tax);
        let entry = by_entry.entry(cover.entry).or_default();
        *entry = (entry.0 + cover.base + cover.points, entry.1 + cover.tax);
        found.push((format!("currency of entry {}", kernel::EntryId(cover.entry)), currency.to_owned(), cover.currency.clone()));
    }
    let mut told: BTreeMap<Decimal, (Decimal, Decimal)> = BTreeMap::new();
    for rate in &content.rates {
        let of_rate = told.entry(rate.rate.normalize()).or_default();
        *of_rate = (of_rate.0 + rate.base + rate.base_rounding, of_rate.1 + rate.tax + rate.tax_rounding);
    }
    // Documents that correct say what came back as they said what was sold: above zero.
    let came_back = covers.iter().any(|cover| cover.posted.0.is_sign_negative() && !cover.posted.0.is_zero());
    let sold = covers.iter().any(|cover| cover.posted.0 > Decimal::ZERO);
    let sign = if came_back && !sold { -Decimal::ONE } else { Decimal::ONE };
    for rate in told.keys().chain(by_rate.keys()).collect::<std::collections::BTreeSet<_>>() {
        let (said, covered) = (told.get(rate).copied().unwrap_or_default(), by_rate.get(rate).copied().unwrap_or_default());
        found.push((format!("covered at {rate} %"), two(said), two((sign * covered.0, sign * covered.1))));
    }
    for cover in covers {
        found.push((format!("entry {}", kernel::EntryId(cover.entry)), two(by_entry[&cover.entry]), two(cover.posted)));
    }
    found
}

async fn covers(tx: &mut TenantTx, documents: &[Uuid]) -> Result<BTreeMap<Uuid, Vec<Cover>>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select c.document_id, c.entry_id, c.rate, c.base, c.tax, c.points, e.currency, e.accounts, e.amounts as "amounts: Vec<Decimal>"
           from tenant.tax_invoice_covers c join tenant.ledger_entries e on e.tenant_id = $1 and e.id = c.entry_id
           where c.tenant_id = $1 and c.document_id = any($2)"#,
        tx.tenant(),
        documents,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut covers: BTreeMap<Uuid, Vec<Cover>> = BTreeMap::new();
    for row in rows {
        let sum = |roles: &[Role]| -> Decimal {
            let of_roles = row.accounts.iter().zip(&row.amounts).filter(|(account, _)| account.parse::<Account>().is_ok_and(|account| roles.contains(&account.role)));
            -of_roles.map(|(_, amount)| *amount).sum::<Decimal>()
        };
        let posted = (sum(&REVENUE), sum(&[Role::VatOut]));
        covers.entry(row.document_id).or_default().push(Cover { entry: row.entry_id, rate: row.rate, base: row.base, tax: row.tax, points: row.points, currency: row.currency, posted });
    }
    Ok(covers)
}
