//! P15: the whole Online Retail data by the command line, with its peak memory, and verified afterwards.

use crate::Wish;
use crate::cluster::Place;
use crate::server::{command, memory};
use crate::table::{Figure, Goal, Table};
use anyhow::{Context, ensure};
use serde_json::Value;
use std::io::Read;
use std::process::Stdio;
use std::time::{Duration, Instant};

pub async fn measure(wish: &Wish, table: &mut Table) -> anyhow::Result<()> {
    let file = wish.project.join("../shared/datasets/online_retail.csv.xz");
    if !file.exists() {
        println!("skipped: shared/datasets/online_retail.csv.xz absent");
        return Ok(());
    }
    let place = Place::open("import").await?;
    let data = tempfile::tempdir()?;
    let rounds = if wish.quick { 1 } else { wish.rounds };
    let (mut import_seconds, mut with_verify, mut peaks) = (Vec::new(), Vec::new(), Vec::new());
    for shop in place.shops(rounds).await? {
        let mut owner = place.owner().await?;
        sqlx::query("insert into tenant.channel_accounts (tenant_id, id, kind, name, currency) values ($1, $2, 'import', 'Archive', 'GBP')").bind(shop.tenant.uuid()).bind(uuid::Uuid::now_v7()).execute(&mut owner).await?;
        let begun = Instant::now();
        let mut child = command(&wish.binary, &place, data.path())
            .args(["import", "orders"])
            .arg(&file)
            .args(["--tenant", &shop.slug, "--account", "Archive", "--json"])
            .stdout(Stdio::piped())
            .spawn()
            .context("start the import")?;
        let mut peak = 0.0f64;
        let status = loop {
            // The last look before the end is at most so long ago.
            peak = peak.max(memory(&format!("/proc/{}/status", child.id()), "VmHWM:").unwrap_or_default());
            if let Some(status) = child.try_wait()? {
                break status;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        ensure!(status.success(), "the import ended with {status}");
        import_seconds.push(begun.elapsed().as_secs_f64());
        let mut told = String::new();
        child.stdout.take().context("no output")?.read_to_string(&mut told)?;
        let told: Value = serde_json::from_str(&told)?;
        let verify = command(&wish.binary, &place, data.path()).args(["verify", "--tenant", &shop.slug]).stdout(Stdio::null()).status()?;
        ensure!(verify.success(), "what was imported does not verify");
        with_verify.push(begun.elapsed().as_secs_f64());
        peaks.push(peak);
        // Counted facts of shared/datasets/README.md.
        ensure!(told["rows_done"] == 541_909 && told["orders_new"] == 25_900 && told["rows_failed"] == 0, "the import told {told}");
        let sum: String = sqlx::query_scalar("select sum(total)::text from tenant.order_lines where tenant_id = $1").bind(shop.tenant.uuid()).fetch_one(&mut owner).await?;
        ensure!(sum.starts_with("9747747.934"), "the imported lines come to {sum}");
    }
    table.add("P15", "Online Retail (541,909 rows, 25,900 orders) imported", "s", Figure(import_seconds), None, Goal::None);
    table.add("P15", "the same, and every order verified", "s", Figure(with_verify), None, Goal::AtMost(60.0));
    table.add("P15", "peak resident memory of the import", "MiB", Figure(peaks), None, Goal::AtMost(512.0));
    Ok(())
}
