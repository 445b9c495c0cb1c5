//! The books in a real database: what the database itself refuses, one cause once, closed periods, random lives of orders.

use super::oracles;
use crate::orders::Shop;
use kernel::{Currency, Decimal, Money, Timestamp};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::collections::BTreeMap;
use switchyard_core::finance::{
    Account, Line as Posting, Role, balance,
    entry::{Entry, Head},
    journal::{self, ByHand, JournalError},
    locator, period,
    post::{self, PostError, WhenClosed},
    settings,
};
use switchyard_core::orders::{ChannelKind, fact::*, verify};

fn vnd(amount: i64) -> Money {
    Money::new(amount.into(), Currency::VND)
}
fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}
fn line(quantity: i64, price: i64) -> Line {
    Line { id: "1".into(), kind: LineKind::Product, sku: None, name: None, quantity: Decimal::from(quantity).try_into().unwrap(), unit_price: vnd(price), components: vec![], taxes: vec![], gift: false }
}
fn fact(order: &str, revision: u64, at: Timestamp, what: What) -> Fact {
    Fact { order: order.into(), revision, occurred_at: at, what }
}
fn described(quantity: i64, price: i64, at: Timestamp) -> What {
    What::Described(Description { lines: Some(vec![line(quantity, price)]), currency: Some(Currency::VND), placed_at: Some(at), ..Description::default() })
}
fn tender(id: &str, method: &str, state: TenderState, amount: i64, at: Timestamp) -> What {
    What::Tendered(Tender { id: id.into(), method: method.into(), state, amount: vnd(amount), holder: Holder::Tenant, reference: None, account: None, carrying: None, at: Some(at) })
}
fn shipped(id: &str, state: ShipmentState, quantity: i64, at: Timestamp) -> What {
    let lines = if quantity == 0 { vec![] } else { vec![LineQuantity { line_id: "1".into(), quantity: Decimal::from(quantity).try_into().unwrap() }] };
    What::Shipped(Shipment { id: id.into(), state, carrier: None, tracking: None, lines, at: Some(at) })
}

async fn findings(shop: &Shop) -> Vec<verify::Finding> {
    let mut tx = shop.begin().await;
    assert_eq!(balance::unbalanced(&mut tx).await.unwrap(), []);
    verify::step(&mut tx, None).await.unwrap().findings
}

/// Account -> balance, now.
async fn balances(shop: &Shop, until: Timestamp) -> BTreeMap<String, Decimal> {
    let mut tx = shop.begin().await;
    let rows = balance::trial(&mut tx, shop.actor.may().unwrap(), None, until).await.unwrap();
    let sum: Decimal = rows.iter().map(|row| row.balance()).sum();
    assert!(sum.is_zero(), "LEDGER-6: {sum}");
    rows.into_iter().filter(|row| !row.balance().is_zero()).map(|row| (row.account.to_string(), row.balance())).collect()
}

fn far() -> Timestamp {
    instant("2999-01-01T00:00:00Z")
}

#[tokio::test]
async fn ledger_1_and_3_the_database_refuses_what_does_not_balance_and_every_change() {
    let shop = Shop::open(ChannelKind::Pos).await;
    let at = instant("2026-06-01T03:00:00Z");
    shop.tell(vec![fact("o", 1, at, described(1, 100_000, at)), fact("o", 1, at, tender("t", "cash", TenderState::Captured, 100_000, at))]).await;
    assert_eq!(balances(&shop, far()).await, [("cash:main".into(), 100_000.into()), ("sales".into(), (-100_000).into())].into());
    let refused = async |sql: &'static str| {
        let mut tx = shop.begin().await;
        let tenant = tx.tenant();
        sqlx::query(sql).bind(tenant).execute(tx.conn()).await.unwrap_err().to_string()
    };
    for (values, constraint) in [
        ("insert into tenant.ledger_entries (tenant_id, id, cause, kind, currency, accounts, amounts, occurred_at, booked_at, recorded_at, actor) values ($1, gen_random_uuid(), 'x', 'x', 'VND', '{cash,sales}', '{5,-4}', now(), now(), now(), 'x')", "ledger_entries_balanced"),
        ("insert into tenant.ledger_entries (tenant_id, id, cause, kind, currency, accounts, amounts, occurred_at, booked_at, recorded_at, actor) values ($1, gen_random_uuid(), 'x', 'x', 'VND', '{cash}', '{0}', now(), now(), now(), 'x')", "ledger_entries_lines"),
        ("insert into tenant.ledger_entries (tenant_id, id, cause, kind, currency, accounts, amounts, occurred_at, booked_at, recorded_at, actor) values ($1, gen_random_uuid(), 'x', 'x', 'VND', '{cash,sales,null}', '{5,-5,null}', now(), now(), now(), 'x')", "ledger_entries_lines"),
        ("update tenant.ledger_entries set memo = 'x' where tenant_id = $1", "permission denied"),
        ("delete from tenant.ledger_entries where tenant_id = $1", "permission denied"),
    ] {
        let error = refused(values).await;
        assert!(error.contains(constraint), "{values}: {error}");
    }
    assert_eq!(findings(&shop).await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ledger_2_one_cause_from_32_connections_is_posted_once() {
    let shop = std::sync::Arc::new(Shop::open(ChannelKind::Pos).await);
    let tasks: Vec<_> = (0..32)
        .map(|_| {
            let shop = shop.clone();
            tokio::spawn(async move {
                let head = Head { cause: "refund/1".into(), kind: "manual".into(), order: None, reverses: None, memo: None, occurred_at: instant("2026-06-01T00:00:00Z"), not_before: None };
                let entry = Entry::balanced(head, Currency::VND, [Posting::debit(Role::Cash, 5.into()), Posting::credit(Role::Sales, 5.into())]).unwrap();
                let mut tx = shop.begin().await;
                settings::open_books(&mut tx).await.unwrap();
                let posted = post::post(&mut tx, &[entry], WhenClosed::Refuse).await.unwrap();
                tx.commit().await.unwrap();
                posted
            })
        })
        .collect();
    let mut posted = 0;
    for task in tasks {
        posted += task.await.unwrap();
    }
    assert_eq!(posted, 1);
    assert_eq!(balances(&shop, far()).await["cash"], 5.into());
}

#[tokio::test]
async fn ledger_4_and_5_a_closed_period_takes_nothing_and_what_belongs_there_comes_on_the_first_open_day() {
    let shop = Shop::open(ChannelKind::Pos).await;
    let october = instant("2026-10-15T03:00:00Z");
    let close = async |day: &str| {
        let mut tx = shop.begin().await;
        let closed = period::close(&mut tx, shop.actor.may().unwrap(), day.parse().unwrap()).await;
        tx.commit().await.unwrap();
        closed
    };
    let closed = close("2026-10-31").await.unwrap();
    assert!(matches!(close("2026-10-30").await, Err(period::PeriodError::ClosedAlready(_))));
    assert!(matches!(close("2999-10-30").await, Err(period::PeriodError::DayNotOver)));
    // Told late: booked on the first open day, with the date it happened.
    shop.tell(vec![fact("o", 1, october, described(1, 50_000, october)), fact("o", 1, october, tender("t", "cash", TenderState::Captured, 50_000, october))]).await;
    let boundary = instant("2026-11-01T00:00:00Z");
    assert_eq!(balances(&shop, boundary).await, BTreeMap::new());
    let mut tx = shop.begin().await;
    let entries = journal::list(&mut tx, shop.actor.may().unwrap(), &journal::Filter::default(), None, kernel::PageLimit::DEFAULT).await.unwrap().rows;
    assert_eq!((entries.len(), entries[0].occurred_at, entries[0].booked_at), (1, october, boundary));
    // By hand it is refused, in words.
    let by_hand = |at| ByHand { kind: "manual", at: Some(at), memo: "rent".into(), order: None, currency: Currency::VND, lines: vec![Posting::debit(Role::Suspense, 7.into()), Posting::credit(Account::new(Role::Cash, Some("main")), 7.into())] };
    let refused = journal::post_by_hand(&mut tx, shop.actor.may().unwrap(), by_hand(october)).await;
    assert!(matches!(refused, Err(JournalError::Post(PostError::PeriodClosed { .. }))), "{refused:?}");
    let id = journal::post_by_hand(&mut tx, shop.actor.may().unwrap(), by_hand(boundary)).await.unwrap();
    tx.commit().await.unwrap();
    // A correction does not reach back either.
    shop.tell(vec![fact("o", 2, october, tender("t", "cash", TenderState::Captured, 40_000, october))]).await;
    assert_eq!(balances(&shop, boundary).await, BTreeMap::new());
    assert_eq!(balances(&shop, far()).await["cash:main"], (40_000 - 7).into());
    assert_eq!(findings(&shop).await, []);
    // Taken back once, the entry by hand; an order's own never.
    let mut tx = shop.begin().await;
    journal::reverse(&mut tx, shop.actor.may().unwrap(), shop.actor.may().unwrap(), id, "not ours").await.unwrap();
    assert!(matches!(journal::reverse(&mut tx, shop.actor.may().unwrap(), shop.actor.may().unwrap(), id, "again").await, Err(JournalError::ReversedAlready)));
    assert!(matches!(journal::reverse(&mut tx, shop.actor.may().unwrap(), shop.actor.may().unwrap(), entries[0].id, "no").await, Err(JournalError::NotManual)));
    tx.commit().await.unwrap();
    let mut tx = shop.begin().await;
    period::reopen(&mut tx, shop.actor.may().unwrap(), closed.id).await.unwrap();
    assert!(matches!(period::reopen(&mut tx, shop.actor.may().unwrap(), closed.id).await, Err(period::PeriodError::ReopenedAlready)));
    journal::post_by_hand(&mut tx, shop.actor.may().unwrap(), by_hand(october)).await.unwrap();
}

/// failures.md "Money": after every operation each currency sums to zero and every order's books are what its facts ask.
#[tokio::test]
async fn ledger_6_random_lives_of_orders_conserve_money_after_every_operation() {
    let seed = kit::seed("ledger_6_random_lives_of_orders_conserve_money_after_every_operation");
    let mut random = StdRng::seed_from_u64(seed);
    let shop = Shop::open(ChannelKind::Web).await;
    let steps = if kit::long() { 2_000 } else { 120 };
    for revision in 1..=steps {
        let order = format!("o{}", random.random_range(0..6));
        let at = instant("2026-03-01T00:00:00Z") + chrono::TimeDelta::hours(random.random_range(0..5_000));
        let part = random.random_range(0..3).to_string();
        let amount = random.random_range(1..300_000);
        let what = match random.random_range(0..9) {
            0 | 1 => described(random.random_range(1..5), amount, at),
            2 | 3 => tender(&part, ["cash", "bank_transfer", "card", "points"][random.random_range(0..4)], TenderState::Captured, amount, at),
            4 => tender(&part, "cash", TenderState::Voided, amount, at),
            5 | 6 => shipped(&part, [ShipmentState::InTransit, ShipmentState::Delivered, ShipmentState::Returned][random.random_range(0..3)], random.random_range(0..3), at),
            7 => What::Refunded(Refund { id: part, state: RefundState::Executed, amount: Some(vnd(amount)), method: None, account: None, reason: None, lines: vec![], at: Some(at) }),
            _ => What::Returned(GoodsReturn { id: part, state: ReturnState::Received, reason: None, goods_back: true, exchange: false, refund: None, lines: vec![], at: Some(at) }),
        };
        shop.tell(vec![fact(&order, revision, at, what)]).await;
        assert_eq!(findings(&shop).await, [], "after step {revision}");
        balances(&shop, far()).await;
    }
    // CASH-1: what the locator shows is the balance of the accounts.
    let mut tx = shop.begin().await;
    let held: BTreeMap<String, Decimal> = locator::holders(&mut tx, shop.actor.may().unwrap(), far()).await.unwrap().into_iter().filter(|held| !held.amount.is_zero()).map(|held| (held.account.to_string(), held.amount)).collect();
    let books: BTreeMap<String, Decimal> = balances(&shop, far()).await.into_iter().filter(|(account, _)| account.parse::<Account>().unwrap().role.holder().is_some()).collect();
    assert_eq!(held, books);
    for (account, amount) in &held {
        let by_order = locator::orders(&mut tx, shop.actor.may().unwrap(), &account.parse().unwrap(), "VND", far(), None, kernel::PageLimit::new(200).unwrap()).await.unwrap().rows;
        assert_eq!(by_order.iter().map(|held| held.amount).sum::<Decimal>(), *amount, "{account}");
    }
    drop(tx);
    assert!(oracles::agree(&shop.directory, &shop.actor).await > 0);
}

/// A change of the settings counts for orders that arrive afterwards; what was posted before stays and verifies.
#[tokio::test]
async fn fin_1_settings_count_for_orders_that_arrive_afterwards() {
    let shop = Shop::open(ChannelKind::Pos).await;
    let at = instant("2026-06-01T03:00:00Z");
    shop.tell(vec![fact("before", 1, at, described(1, 110_000, at))]).await;
    let mut tx = shop.begin().await;
    let change = settings::Change { default_tax_rate: Some(Some(10.into())), ..settings::Change::default() };
    settings::change(&mut tx, shop.actor.may().unwrap(), 0, change.clone()).await.unwrap();
    assert!(matches!(settings::change(&mut tx, shop.actor.may().unwrap(), 0, change).await, Err(settings::SettingsError::Stale(1))));
    tx.commit().await.unwrap();
    shop.tell(vec![fact("after", 1, at, described(1, 110_000, at))]).await;
    shop.tell(vec![fact("before", 2, at, tender("t", "cash", TenderState::Captured, 110_000, at))]).await;
    assert_eq!(balances(&shop, far()).await["vat_out"], (-10_000).into());
    assert_eq!(findings(&shop).await, []);
}
