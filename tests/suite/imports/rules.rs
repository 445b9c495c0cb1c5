//! One rule of imports each.

use super::Shop;
use switchyard_core::imports::effect::Change;
use switchyard_core::imports::import::{self, ImportState};
use switchyard_core::imports::run::{self, RunError};
use switchyard_core::imports::upload::UploadError;
use switchyard_core::imports::{Limits, dry_run::dry_run, errors_csv};

const HEADER: &str = "order_id,sku,quantity,unit_price,date,country,status";

fn file(rows: &[&str]) -> String {
    format!("{HEADER}\n{}\n", rows.join("\n"))
}

#[tokio::test]
async fn import_2_a_broken_row_blocks_only_its_order() {
    let shop = Shop::open().await;
    let content = file(&["1,A,2,10.50,2026-01-01,VN,paid", "2,A,x,1,2026-01-01,VN,", "2,=B,1,1,2026-01-01,VN,", ",C,1,1,2026-01-01,VN,", "3,C,1,0.001,2026-01-02,VN,"]);
    let import = shop.import(&content).await;
    assert_eq!((import.state, import.rows_total, import.rows_done, import.rows_failed), (ImportState::Done, Some(5), 5, 3));
    assert_eq!((import.orders_done, import.orders_new, import.orders_changed), (2, 2, 0));
    assert_eq!(shop.orders().await, ["1 21 paid VN [A 2x10.5]", "3 0.001 - VN [C 1x0.001]"]);
    let mut tx = shop.directory.begin(&shop.actor).await.unwrap();
    let (body, more) = errors_csv::page(&mut tx, shop.actor.may().unwrap(), &import, 0).await.unwrap();
    assert_eq!(more, None);
    let text = String::from_utf8([errors_csv::header(&import), body].concat()).unwrap();
    assert_eq!(
        text,
        "order_id,sku,quantity,unit_price,date,country,status,error_row,error_field,error\n\
         2,A,x,1,2026-01-01,VN,,3,quantity,\"column \"\"quantity\"\": \"\"x\"\" is not a number: expected digits such as 1250.50\"\n\
         2,'=B,1,1,2026-01-01,VN,,4,order,waits for row 3 of the same order to be put right\n\
         ,C,1,1,2026-01-01,VN,,5,order,\"column \"\"order_id\"\": is empty: every row names its order\"\n"
    );
}

#[tokio::test]
async fn the_corrected_error_file_imports_the_missing_orders() {
    let shop = Shop::open().await;
    let import = shop.import(&file(&["1,A,2,1,2026-01-01,VN,", "2,A,x,1,2026-01-01,VN,", "2,B,1,1,2026-01-01,VN,"])).await;
    let mut tx = shop.directory.begin(&shop.actor).await.unwrap();
    let (body, _) = errors_csv::page(&mut tx, shop.actor.may().unwrap(), &import, 0).await.unwrap();
    tx.commit().await.unwrap();
    let errors = String::from_utf8([errors_csv::header(&import), body].concat()).unwrap();
    shop.import(&errors.replace("2,A,x,", "2,A,4,")).await;
    assert_eq!(shop.orders().await, ["1 2 - VN [A 2x1]", "2 5 - VN [A 4x1, B 1x1]"]);
}

#[tokio::test]
async fn the_same_file_again_changes_nothing() {
    let shop = Shop::open().await;
    let content = file(&["1,A,2,10,2026-01-01,VN,paid", "2,A,1,1,2026-01-01,VN,"]);
    shop.import(&content).await;
    let before = (shop.orders().await, shop.facts().await);
    let again = shop.import(&content).await;
    assert_eq!((again.orders_done, again.orders_new, again.orders_changed), (2, 0, 0));
    assert_eq!((shop.orders().await, shop.facts().await), before);
}

#[tokio::test]
async fn a_dry_run_tells_what_a_run_then_does() {
    let shop = Shop::open().await;
    shop.import(&file(&["1,A,2,10,2026-01-01,VN,paid", "2,A,1,1,2026-01-01,VN,"])).await;
    let before = shop.orders().await;
    let import = shop.upload(file(&["1,A,3,10,2026-01-01,VN,sent", "2,A,1,1.000,2026-01-01,VN,", "3,A,1,1,2026-01-01,VN,", "4,A,,1,2026-01-01,VN,"]).as_bytes(), None).await.unwrap();
    let told = dry_run(&shop.directory, &shop.actor, import.id, Limits::default()).await.unwrap();
    assert_eq!(shop.orders().await, before, "a dry run writes nothing");
    assert_eq!((told.orders_new, told.orders_changed, told.orders_same, told.rows_failed), (1, 1, 1, 1));
    let change = |field: &str, before: &str, after: &str| Change { field: field.into(), before: Some(before.into()), after: Some(after.into()) };
    assert_eq!(told.sample.len(), 1);
    assert_eq!((told.sample[0].external_id.as_str(), told.sample[0].change.as_slice()), ("1", &[change("lines.1.quantity", "2", "3"), change("status", "paid", "sent")][..]));
    assert_eq!((told.errors[0].row, told.errors[0].field), (5, "quantity"));
    let done = shop.run(import.id).await.unwrap();
    assert_eq!((done.orders_new, done.orders_changed, done.rows_failed), (1, 1, 1));
    assert_eq!(shop.orders().await, ["1 30 sent VN [A 3x10]", "2 1 - VN [A 1x1]", "3 1 - VN [A 1x1]"]);
}

#[tokio::test]
async fn import_6_an_undone_import_leaves_no_trace_in_the_orders() {
    let shop = Shop::open().await;
    let first = shop.import(&file(&["1,A,2,10,2026-01-01,VN,paid", "2,A,1,1,2026-01-01,VN,"])).await;
    let before = shop.orders().await;
    let second = shop.import(&file(&["1,A,5,10,2026-01-01,TH,sent", "3,A,1,1,2026-01-01,VN,"])).await;
    assert_eq!(shop.orders().await, ["1 50 sent TH [A 5x10]", "2 1 - VN [A 1x1]", "3 1 - VN [A 1x1]"]);
    assert_eq!(shop.undo(second.id).await.state, ImportState::Undone);
    assert_eq!(shop.orders().await, before);
    // The file can be imported anew, and the older import undone beneath the newer.
    let third = shop.import(&file(&["1,A,5,10,2026-01-01,TH,sent", "3,A,1,1,2026-01-01,VN,"])).await;
    assert_eq!((third.orders_new, third.orders_changed), (0, 2), "order 3 exists and comes back");
    shop.undo(first.id).await;
    assert_eq!(shop.orders().await, ["1 50 sent TH [A 5x10]", "3 1 - VN [A 1x1]"]);
    shop.undo(third.id).await;
    assert_eq!(shop.orders().await, Vec::<String>::new());
    assert_eq!(shop.facts().await, 6, "facts are only ever added");
}

#[tokio::test]
async fn import_1_stopped_after_any_group_it_goes_on_where_it_was() {
    let rows: Vec<String> = (0..2_600).map(|row| format!("{},S{row},1,{}.25,2026-01-01,VN,", row % 1_300, row % 7)).chain(["bad,A,,1,2026-01-01,VN,".to_owned()]).collect();
    let content = file(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    let whole = Shop::open().await;
    let expected = whole.import(&content).await;
    let shop = Shop::open().await;
    let import = shop.upload(content.as_bytes(), None).await.unwrap();
    let mut stops = 0;
    // The run may end in the very poll in which it is stopped.
    while shop.get(import.id).await.state != ImportState::Done {
        shop.start(import.id).await;
        let begun_at = shop.get(import.id).await.rows_done;
        let (stop, mut stopped) = tokio::sync::mpsc::unbounded_channel();
        // After its first group the run is dropped as a kill would drop it: in the middle of the next one.
        let running = run::run(&shop.directory, &shop.actor, import.id, Limits::default(), |at| {
            if at.rows_done > begun_at {
                let _ = stop.send(());
            }
        });
        tokio::select! {
            done = running => {
                done.unwrap();
                break;
            }
            _ = stopped.recv() => stops += 1,
        }
    }
    let done = shop.get(import.id).await;
    let counts = |i: &import::Import| (i.state, i.rows_total, i.rows_done, i.rows_failed, i.orders_done, i.orders_new, i.orders_changed, i.remarks.clone());
    assert_eq!(counts(&done), counts(&expected));
    assert!(stops >= 2, "1,301 orders are three groups, and the run was stopped {stops} times");
    assert_eq!(shop.orders().await, whole.orders().await);
}

#[tokio::test]
async fn two_runs_at_once_do_nothing_twice() {
    let rows: Vec<String> = (0..3_000).map(|row| format!("{row},A,1,1,2026-01-01,VN,")).collect();
    let content = file(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    let shop = Shop::open().await;
    let import = shop.upload(content.as_bytes(), None).await.unwrap();
    shop.start(import.id).await;
    let one = run::run(&shop.directory, &shop.actor, import.id, Limits::default(), |_| {});
    let other = run::run(&shop.directory, &shop.actor, import.id, Limits::default(), |_| {});
    let (one, other) = tokio::join!(one, other);
    let overtaken = |result: &Result<import::Import, RunError>| matches!(result, Err(RunError::Overtaken | RunError::Import(import::ImportError::WrongState { .. })));
    assert!(one.is_ok() || other.is_ok() || (overtaken(&one) && overtaken(&other)), "{one:?} {other:?}");
    let done = if shop.get(import.id).await.state == ImportState::Done { shop.get(import.id).await } else { shop.run(import.id).await.unwrap() };
    assert_eq!((done.rows_done, done.orders_new), (3_000, 3_000));
    assert_eq!(shop.orders().await.len(), 3_000);
}

#[tokio::test]
async fn a_cancelled_import_stops_and_can_be_continued_or_undone() {
    let rows: Vec<String> = (0..2_000).map(|row| format!("{row},A,1,1,2026-01-01,VN,")).collect();
    let content = file(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    let shop = Shop::open().await;
    let import = shop.upload(content.as_bytes(), None).await.unwrap();
    let mut tx = shop.directory.begin(&shop.actor).await.unwrap();
    import::cancel(&mut tx, shop.actor.may().unwrap(), import.id).await.unwrap();
    tx.commit().await.unwrap();
    let refused = run::run(&shop.directory, &shop.actor, import.id, Limits::default(), |_| {}).await.unwrap_err();
    assert_eq!(refused.to_string(), "the import is cancelled: it cannot be run");
    assert_eq!(shop.run(import.id).await.unwrap().orders_new, 2_000);
    let mut tx = shop.directory.begin(&shop.actor).await.unwrap();
    let too_late = import::cancel(&mut tx, shop.actor.may().unwrap(), import.id).await.unwrap_err();
    assert_eq!(too_late.to_string(), "the import is done: it cannot be cancelled");
    drop(tx);
    shop.undo(import.id).await;
    assert_eq!(shop.orders().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_wrong_mapping_stops_after_its_limit_of_errors() {
    let shop = Shop::open().await;
    let rows: Vec<String> = (0..30_000).map(|row| format!("{row},A,1,one,2026-01-01,VN,")).collect();
    let import = shop.upload(file(&rows.iter().map(String::as_str).collect::<Vec<_>>()).as_bytes(), None).await.unwrap();
    shop.start(import.id).await;
    let limits = Limits { errors: 5_000, ..Limits::default() };
    let error = run::run(&shop.directory, &shop.actor, import.id, limits, |_| {}).await.unwrap_err();
    assert!(matches!(error, RunError::TooManyErrors(5_000)), "{error}");
    let failed = shop.get(import.id).await;
    assert_eq!(failed.state, ImportState::Failed);
    assert_eq!(failed.message.as_deref(), Some("more than 5000 rows are broken: look at the error list and correct the mapping"));
    assert!(failed.rows_done < 30_000);
}

#[tokio::test]
async fn an_account_with_a_connector_takes_no_file() {
    let shop = Shop::open().await;
    let mut owner = shop.owner().await;
    sqlx::query("update tenant.channel_accounts set state = 'paused'").execute(&mut owner).await.unwrap();
    let refused = |error: UploadError| error.to_string();
    let content = file(&["1,A,1,1,2026-01-01,VN,"]);
    assert_eq!(refused(shop.upload(content.as_bytes(), None).await.unwrap_err()), "channel_account_id: the account is paused: it takes no orders");
    let stranger = Shop { account: kernel::ChannelAccountId::new(), ..shop };
    assert_eq!(refused(stranger.upload(content.as_bytes(), None).await.unwrap_err()), "channel_account_id: there is no such channel account");
    assert!(refused(stranger.upload(b"", None).await.unwrap_err()).contains("no such channel account"));
}
