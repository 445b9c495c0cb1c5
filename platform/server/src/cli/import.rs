//! `switchyard import orders FILE`: the file into the database, then group after group with a bar. Interrupted or killed,
//! the same command goes on where it was: the file's digest finds the import again.

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use kernel::{ChannelAccountId, Currency};
use serde_json::json;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use switchyard_core::imports::{
    Limits,
    dry_run::{self, DryRun},
    import::{self, Import, ImportState},
    mapping::Mapping,
    run,
    upload::{self, NewImport},
};
use tenants::{Actor, Directory, Right, RightSet, walk};

/// `switchyard import orders`
#[derive(Debug, clap::Args)]
pub struct Orders {
    /// CSV or XLSX, also packed with xz.
    pub file: PathBuf,
    /// The tenant's slug.
    #[arg(long)]
    pub tenant: String,
    /// Name or id of the channel account the orders belong to.
    #[arg(long)]
    pub account: String,
    /// What the columns mean, as JSON; guessed from the header row when absent.
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// Currency of files without a currency column, when the account has none.
    #[arg(long)]
    pub currency: Option<Currency>,
    /// Zone of times that name none.
    #[arg(long, default_value = "UTC")]
    pub time_zone: chrono_tz::Tz,
    /// Tell what would happen and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    #[arg(long)]
    pub json: bool,
}

/// The command.
pub async fn orders(directory: &Directory, wish: Orders) -> anyhow::Result<()> {
    let limits = Limits::default();
    let tenant = walk::tenant_by_slug(directory, &wish.tenant).await?.with_context(|| format!("there is no tenant {:?}", wish.tenant))?;
    let rights: RightSet = [Right::ReadImports, Right::RunImports].into_iter().collect();
    let actor = Actor::system(tenant.id, "import", rights);
    let file = unpacked(&wish.file, limits.file_bytes)?;
    let mut tx = directory.begin(&actor).await?;
    let account = upload::account_named(&mut tx, actor.may()?, &wish.account).await?;
    tx.commit().await?;
    let import = kept(directory, &actor, account, &wish, file, limits).await?;
    if wish.dry_run {
        let told = dry_run::dry_run(directory, &actor, import.id, limits).await?;
        print_dry_run(&import, &told, wish.json);
        return Ok(());
    }
    if import.state == ImportState::Done {
        print_done(&import, wish.json);
        return Ok(());
    }
    let mut tx = directory.begin(&actor).await?;
    import::start(&mut tx, actor.may()?, import.id).await?;
    tx.commit().await?;
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template("{bar:30} {pos}/{len} rows  {msg}  {elapsed}, {eta} left")?);
    if wish.json {
        bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
    }
    let done = run::run(directory, &actor, import.id, limits, |at| {
        bar.set_length(at.rows_total.and_then(|rows| u64::try_from(rows).ok()).unwrap_or_default());
        bar.set_position(u64::try_from(at.rows_done).unwrap_or_default());
        bar.set_message(format!("{} orders, {} rows failed", at.orders_done, at.rows_failed));
    })
    .await;
    bar.finish_and_clear();
    print_done(&done?, wish.json);
    Ok(())
}

/// The import of this very file into this account, or a new one.
async fn kept(directory: &Directory, actor: &Actor, account: ChannelAccountId, wish: &Orders, file: File, limits: Limits) -> anyhow::Result<Import> {
    let mapping = wish.mapping.as_deref().map(read_mapping).transpose()?;
    let mut tx = directory.begin(actor).await?;
    let digest = upload::digest(&file)?;
    if let Some(id) = import::of_file(&mut tx, actor.may()?, account, &digest).await? {
        let known = import::get(&mut tx, actor.may()?, id).await?;
        // Another mapping makes another import of the same file.
        if mapping.as_ref().is_none_or(|mapping| *mapping == known.mapping) {
            return Ok(known);
        }
    }
    let file_name = wish.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let new = NewImport { account, file_name, mapping, time_zone: wish.time_zone, currency: wish.currency };
    let import = upload::upload(&mut tx, actor.may()?, new, file, limits).await?;
    tx.commit().await?;
    Ok(import)
}

fn read_mapping(path: &Path) -> anyhow::Result<Mapping> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let json = serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))?;
    Ok(Mapping::parse(&json)?)
}

/// The file itself, or what is packed in it, in a temporary file.
fn unpacked(path: &Path, bytes_max: u64) -> anyhow::Result<File> {
    let mut file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut magic = [0; 6];
    let is_xz = file.read_exact(&mut magic).is_ok() && magic == *b"\xfd7zXZ\0";
    file.rewind()?;
    if !is_xz {
        return Ok(file);
    }
    let mut plain = tempfile::tempfile()?;
    // A few packed bytes can unpack to anything: one byte more than allowed is enough to know.
    let written = std::io::copy(&mut xz2::read::XzDecoder::new(file).take(bytes_max + 1), &mut plain).with_context(|| format!("cannot unpack {}", path.display()))?;
    if written > bytes_max {
        bail!("{} unpacks to more than {} MiB: split it", path.display(), bytes_max / (1024 * 1024));
    }
    plain.flush()?;
    plain.rewind()?;
    Ok(plain)
}

fn print_done(import: &Import, as_json: bool) {
    if as_json {
        println!(
            "{}",
            json!({"id": import.id, "state": import.state.word(), "rows_total": import.rows_total, "rows_done": import.rows_done, "orders_done": import.orders_done, "orders_new": import.orders_new,
                   "orders_changed": import.orders_changed, "rows_failed": import.rows_failed, "remarks": import.remarks})
        );
        return;
    }
    println!("{}: {}", import.id, import.state.word());
    println!("{} rows, {} orders: {} new, {} changed; {} rows failed", import.rows_done, import.orders_done, import.orders_new, import.orders_changed, import.rows_failed);
    for (code, count) in &import.remarks {
        println!("  {count} {}", remark(code));
    }
}

fn print_dry_run(import: &Import, told: &DryRun, as_json: bool) {
    if as_json {
        let sample: Vec<_> = told
            .sample
            .iter()
            .map(|order| json!({"external_id": order.external_id, "change": order.change.iter().map(|c| json!({"field": c.field, "before": c.before, "after": c.after})).collect::<Vec<_>>()}))
            .collect();
        let errors: Vec<_> = told.errors.iter().map(|e| json!({"row": e.row, "field": e.field, "message": e.message})).collect();
        println!(
            "{}",
            json!({"id": import.id, "rows_total": told.rows_total, "orders_new": told.orders_new, "orders_changed": told.orders_changed, "orders_same": told.orders_same,
                   "rows_failed": told.rows_failed, "remarks": told.remarks, "sample": sample, "errors": errors, "mapping": import.mapping})
        );
        return;
    }
    println!("{} rows: {} orders new, {} changed, {} the same; {} rows would fail", told.rows_total, told.orders_new, told.orders_changed, told.orders_same, told.rows_failed);
    for (code, count) in &told.remarks {
        println!("  {count} {}", remark(code));
    }
    for order in &told.sample {
        println!("order {}", order.external_id);
        for change in &order.change {
            println!("  {}: {} -> {}", change.field, change.before.as_deref().unwrap_or("(unknown)"), change.after.as_deref().unwrap_or("(unknown)"));
        }
    }
    for error in &told.errors {
        println!("row {}: {}", error.row, error.message);
    }
    println!("nothing was written; run again without --dry-run to import");
}

fn remark(code: &str) -> &str {
    match code {
        "several_times" => "orders have rows at several times: the first one counts",
        "several_values" => "orders have rows that say different things about the whole order: the first one counts",
        "repeated_rows" => "rows repeat another row of their order: each is a line",
        "repeated_row_groups" => "sets of such rows",
        other => other,
    }
}
