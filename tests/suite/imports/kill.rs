//! IMPORT-1 under SIGKILL: a process that imports is killed again and again, and nothing is lost or doubled.

use super::Shop;
use kernel::{ChannelAccountId, ImportId, TenantId};
use kit::Database;
use rand::{Rng, SeedableRng};
use std::process::{Command, Stdio};
use std::time::Duration;
use switchyard_core::imports::{
    import::{Import, ImportState},
    run::RunError,
};

/// Says where the child works: `url tenant account import`.
const WORK: &str = "IMPORT_CHILD_WORK";

fn content(orders: usize) -> String {
    let rows: String = (0..orders * 3).map(|row| format!("{},S{},{},{}.{:03},2026-01-0{},VN\n", row % orders, row, 1 + row % 5, row % 90, row % 1_000, 1 + row % 9)).collect();
    format!("order_id,sku,quantity,unit_price,date,country\n{rows}")
}

/// The process that is killed. On its own it is an import that nobody kills.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let (shop, id) = match std::env::var(WORK) {
        Ok(work) => {
            let words: Vec<&str> = work.split(' ').collect();
            let (tenant, account): (TenantId, ChannelAccountId) = (words[1].parse().unwrap(), words[2].parse().unwrap());
            (Shop::at(Database { url: words[0].to_owned() }, tenant, account).await, words[3].parse::<ImportId>().unwrap())
        }
        Err(_) => {
            let shop = Shop::open().await;
            let import = shop.upload(content(50).as_bytes(), None).await.unwrap();
            (shop, import.id)
        }
    };
    // The connection of a child that was killed may commit its last group while the next one begins: who is overtaken begins anew.
    let done = loop {
        match shop.run(id).await {
            Err(RunError::Overtaken) => {}
            ended => break ended.unwrap(),
        }
    };
    assert_eq!((done.state, Some(done.rows_done)), (ImportState::Done, done.rows_total));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn import_1_killed_it_loses_nothing_and_doubles_nothing() {
    let seed = kit::seed("import_1_killed_it_loses_nothing_and_doubles_nothing");
    let mut random = rand::rngs::StdRng::seed_from_u64(seed);
    let content = content(6_000);
    let whole = Shop::open().await;
    let expected = whole.import(&content).await;
    let shop = Shop::open().await;
    let import = shop.upload(content.as_bytes(), None).await.unwrap();
    let work = format!("{} {} {} {}", shop.database.url, shop.actor.tenant, shop.account, import.id);
    let mut kills = 0;
    loop {
        let before = shop.get(import.id).await;
        if before.state == ImportState::Done {
            // The last kill came after the last group.
            break;
        }
        let mut child = Command::new(std::env::current_exe().unwrap()).args(["imports::kill::child", "--exact", "--nocapture"]).env(WORK, &work).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Killed while it writes, not while it starts: some way behind the first group it adds.
        let mut quiet = 0;
        let ended = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break Some(status);
            }
            if shop.get(import.id).await.rows_done > before.rows_done || quiet > 3_000 {
                tokio::time::sleep(Duration::from_millis(random.random_range(0..120))).await;
                child.kill().unwrap();
                child.wait().unwrap();
                break None;
            }
            quiet += 1;
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        match ended {
            Some(status) if status.success() && shop.get(import.id).await.state == ImportState::Done => break,
            Some(status) if !status.success() => panic!("the child ended with {status}"),
            _ => kills += 1,
        }
        assert!(kills < 40, "the import makes no progress under kills");
    }
    eprintln!("killed {kills} times");
    assert!(kills >= 3, "killed only {kills} times: the file is too small for this machine");
    let done = shop.get(import.id).await;
    let counts = |i: &Import| (i.state, i.rows_total, i.rows_done, i.rows_failed, i.orders_done, i.orders_new, i.orders_changed, i.remarks.clone());
    assert_eq!(counts(&done), counts(&expected));
    assert_eq!(shop.orders().await, whole.orders().await);
    assert_eq!(shop.facts().await, 6_000);
}
