//! `switchyard verify`: recomputes what is stored from what it follows from, in production and after every test.
//! Exit code 1 when anything differs.

use anyhow::bail;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use switchyard_core::{
    bank, customers,
    finance::{balance, claims, open_items, receivable, shifts},
    invoices, mapping,
    orders::verify,
    receivables::ageing,
    settlement,
};
use tenants::{Actor, Directory, walk};

/// What was looked at and what was found.
#[derive(Debug, Default)]
pub struct Verified {
    pub tenants: usize,
    pub orders: usize,
    pub invoices: usize,
    /// `tenant order field: stored, computed`
    pub findings: Vec<String>,
}

/// Findings kept for printing; beyond, they are only counted.
const FINDINGS_SHOWN_MAX: usize = 1_000;

/// Verifies every tenant, or the one named by `slug`.
pub async fn verify_all(directory: &Directory, slug: Option<&str>, progress: &ProgressBar) -> anyhow::Result<Verified> {
    let mut verified = Verified::default();
    let mut after = None;
    loop {
        let tenants = match slug {
            Some(slug) => walk::tenant_by_slug(directory, slug).await?.into_iter().collect(),
            None => walk::tenants_after(directory, after, 100).await?,
        };
        if slug.is_some() && tenants.is_empty() {
            bail!("there is no tenant {:?}", slug.unwrap_or_default());
        }
        for tenant in &tenants {
            progress.set_message(tenant.slug.clone());
            let actor = Actor::reader(tenant.id, "verify");
            let mut tx = directory.begin(&actor).await?;
            for (currency, sum) in balance::unbalanced(&mut tx).await? {
                verified.findings.push(format!("{} ledger: entries in {currency} sum to {sum}, computed 0", tenant.slug));
            }
            let mut differences = open_items::differences(&mut tx).await?;
            differences.extend(bank::verify::differences(&mut tx).await?);
            differences.extend(settlement::verify::differences(&mut tx).await?);
            differences.extend(balance::differences(&mut tx).await?);
            differences.extend(receivable::differences(&mut tx).await?);
            differences.extend(ageing::differences(&mut tx).await?);
            differences.extend(claims::differences(&mut tx).await?);
            differences.extend(shifts::differences(&mut tx).await?);
            differences.extend(mapping::verify::differences(&mut tx).await?);
            differences.extend(customers::verify::differences(&mut tx).await?);
            verified.findings.extend(differences.into_iter().map(|difference| format!("{} {difference}", tenant.slug)));
            drop(tx);
            let mut order = None;
            loop {
                let mut tx = directory.begin(&actor).await?;
                let step = verify::step(&mut tx, order).await?;
                verified.orders += step.orders;
                progress.inc(step.orders as u64);
                for finding in step.findings {
                    let line = format!("{} order {} {}: stored {}, computed {}", tenant.slug, finding.number, finding.field, finding.stored, finding.computed);
                    if verified.findings.len() < FINDINGS_SHOWN_MAX {
                        verified.findings.push(line);
                    }
                }
                order = step.last;
                if order.is_none() {
                    break;
                }
            }
            invoices_of(directory, &actor, &tenant.slug, &mut verified).await?;
            verified.tenants += 1;
        }
        after = tenants.last().map(|tenant| tenant.id);
        if slug.is_some() || tenants.len() < 100 {
            return Ok(verified);
        }
    }
}

/// Tax documents: series without gaps, and each document against the ledger.
async fn invoices_of(directory: &Directory, actor: &Actor, slug: &str, verified: &mut Verified) -> anyhow::Result<()> {
    let mut tx = directory.begin(actor).await?;
    let mut findings = invoices::verify::series(&mut tx).await?;
    drop(tx);
    let mut document = None;
    loop {
        let mut tx = directory.begin(actor).await?;
        let step = invoices::verify::step(&mut tx, document).await?;
        verified.invoices += step.documents;
        findings.extend(step.findings);
        document = step.last;
        if document.is_none() {
            break;
        }
    }
    for finding in findings {
        if verified.findings.len() < FINDINGS_SHOWN_MAX {
            verified.findings.push(format!("{slug} invoice {} {}: stored {}, computed {}", finding.of, finding.field, finding.stored, finding.computed));
        }
    }
    Ok(())
}

/// The command: prints findings and a closing line (or JSON).
pub async fn run(directory: &Directory, slug: Option<&str>, as_json: bool) -> anyhow::Result<()> {
    let progress = ProgressBar::new_spinner().with_style(ProgressStyle::with_template("{spinner} {pos} orders  {msg}")?);
    let verified = verify_all(directory, slug, &progress).await?;
    progress.finish_and_clear();
    if as_json {
        println!("{}", json!({"tenants": verified.tenants, "orders": verified.orders, "invoices": verified.invoices, "findings": verified.findings}));
    } else {
        verified.findings.iter().for_each(|finding| println!("{finding}"));
        println!("{} tenants, {} orders, {} tax invoices, {} findings", verified.tenants, verified.orders, verified.invoices, verified.findings.len());
    }
    if !verified.findings.is_empty() {
        bail!("what is stored differs from what the facts say");
    }
    Ok(())
}
