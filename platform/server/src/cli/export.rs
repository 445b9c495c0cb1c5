//! `switchyard export ledger`: a tenant's journal for hledger or beancount, to a file or standard output.
//! A file appears whole or not at all.

use anyhow::{Context as _, bail};
use chrono::NaiveDate;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::{
    fs,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};
use switchyard_core::finance::{
    export::{self, Format, Span},
    period::end_of,
    settings,
};
use tenants::{Actor, Directory, TenantTx, rights::ReadFinance, walk};

#[derive(Args)]
pub struct Ledger {
    /// The tenant, by its slug.
    #[arg(long)]
    tenant: String,
    /// hledger or beancount
    #[arg(long)]
    format: String,
    /// First day, in the tenant's zone.
    #[arg(long, value_name = "DAY")]
    from: Option<NaiveDate>,
    /// Last day.
    #[arg(long, value_name = "DAY")]
    to: Option<NaiveDate>,
    /// Standard output when left out.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Says in JSON how many entries were written; needs --out.
    #[arg(long, requires = "out")]
    json: bool,
}

/// Writes the journal and says how long it is.
pub async fn ledger(directory: &Directory, wish: Ledger) -> anyhow::Result<()> {
    let Some(format) = Format::of_word(&wish.format) else { bail!("--format is {:?}: expected {}", wish.format, Format::WORDS) };
    let tenant = walk::tenant_by_slug(directory, &wish.tenant).await?.with_context(|| format!("there is no tenant {:?}", wish.tenant))?;
    let actor = Actor::system(tenant.id, "export", [tenants::Right::ReadFinance].into_iter().collect());
    let mut tx = directory.begin(&actor).await?;
    let zone = settings::get(&mut tx, actor.may::<ReadFinance>()?).await?.time_zone;
    let day_before = |day: NaiveDate| day.pred_opt().and_then(|before| end_of(before, zone)).context("--from is out of range");
    let span = Span {
        from: wish.from.map(day_before).transpose()?,
        until: wish.to.map(|day| end_of(day, zone).context("--to is out of range")).transpose()?,
    };
    let Some(out) = &wish.out else {
        let mut to = BufWriter::new(std::io::stdout());
        write(&mut tx, &actor, format, span, &mut to).await?;
        return Ok(());
    };
    let part = PathBuf::from(format!("{}.part", out.display()));
    let written = write_file(&mut tx, &actor, format, span, &part).await;
    let written = written.inspect_err(|_| drop(fs::remove_file(&part)))?;
    fs::rename(&part, out).with_context(|| format!("{} could not be made", out.display()))?;
    if wish.json {
        println!("{}", json!({"tenant": wish.tenant, "format": wish.format, "entries": written, "file": out.display().to_string()}));
    } else {
        println!("{written} entries in {}", out.display());
    }
    Ok(())
}

async fn write_file(tx: &mut TenantTx, actor: &Actor, format: Format, span: Span, path: &Path) -> anyhow::Result<u64> {
    let mut to = BufWriter::new(fs::File::create(path).with_context(|| format!("{} could not be made", path.display()))?);
    let written = write(tx, actor, format, span, &mut to).await?;
    to.flush()?;
    Ok(written)
}

async fn write(tx: &mut TenantTx, actor: &Actor, format: Format, span: Span, to: &mut (dyn Write + Send)) -> anyhow::Result<u64> {
    let progress = ProgressBar::new_spinner().with_style(ProgressStyle::with_template("{spinner} {pos} entries")?);
    let written = export::write(tx, actor.may::<ReadFinance>()?, format, span, None, to, |n| progress.set_position(n)).await?;
    progress.finish_and_clear();
    Ok(written)
}
