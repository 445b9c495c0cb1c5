//! Orders in a real database: arrival in any order, from two servers at once, and what people then see.

use chrono::{Duration, Utc};
use kernel::{ChannelAccountId, Currency, Decimal, Money, OrderId, PageLimit, TenantId};
use kit::Database;
use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};
use sqlx::Row;
use std::sync::Arc;
use switchyard_core::{
    channels::{fetches::{self, FetchRef}, inbox::{self, Message, Verdict}},
    orders::{
        self, ChannelKind, Source, annotate, detail,
        fact::*,
        holds, intake,
        list::{self, Filter, Sort},
        verify,
    },
};
use tenants::{Actor, Databases, Directory, RightSet, TenantTx};

/// A tenant with one account, on a database of its own.
pub struct Shop {
    pub database: Arc<Database>,
    pub directory: Directory,
    pub actor: Actor,
    pub source: Source,
}

impl Shop {
    pub async fn open(kind: ChannelKind) -> Shop {
        let database = Arc::new(Database::fresh().await);
        Shop::in_database(database, kind).await
    }

    pub async fn in_database(database: Arc<Database>, kind: ChannelKind) -> Shop {
        let tenant = TenantId::new();
        let mut owner = database.owner().await;
        let slug = format!("shop-{}", &uuid::Uuid::new_v4().simple().to_string()[..10]);
        sqlx::query("insert into control.tenants (id, slug, name, shard, country, currency, time_zone, locale) values ($1, $2, 'Shop', 'main', 'VN', 'VND', 'Asia/Ho_Chi_Minh', 'vi')")
            .bind(tenant.uuid())
            .bind(slug)
            .execute(&mut owner)
            .await
            .unwrap();
        let source = Source { account: ChannelAccountId::new(), kind };
        sqlx::query("insert into tenant.channel_accounts (tenant_id, id, kind, name) values ($1, $2, $3, 'Main shop')")
            .bind(tenant.uuid())
            .bind(source.account.uuid())
            .bind(kind.word())
            .execute(&mut owner)
            .await
            .unwrap();
        let directory = Directory::connect(&Databases::single(&database.url)).await.unwrap();
        Shop { database, directory, actor: Actor::system(tenant, "test", RightSet::all()), source }
    }

    pub async fn begin(&self) -> TenantTx {
        self.directory.begin(&self.actor).await.unwrap()
    }

    pub async fn tell(&self, facts: Vec<Fact>) -> Vec<orders::Applied> {
        let mut tx = self.begin().await;
        let applied = orders::apply(&mut tx, self.source, facts, "inb_test").await.unwrap();
        tx.commit().await.unwrap();
        applied
    }

    async fn list(&self, filter: &Filter) -> Vec<list::OrderRow> {
        let mut tx = self.begin().await;
        list::page(&mut tx, self.actor.may().unwrap(), filter, Sort::NewestFirst, None, PageLimit::new(200).unwrap()).await.unwrap().rows
    }

    async fn findings(&self) -> Vec<verify::Finding> {
        let mut tx = self.begin().await;
        verify::step(&mut tx, None).await.unwrap().findings
    }
}

fn fact(order: &str, revision: u64, what: What) -> Fact {
    Fact { order: order.into(), revision, occurred_at: chrono::DateTime::from_timestamp(1_780_000_000 + i64::try_from(revision % 1_000).unwrap(), 0).unwrap(), what }
}
fn line(id: &str, quantity: &str, price: &str, currency: Currency) -> Line {
    Line {
        id: id.into(),
        kind: LineKind::Product,
        sku: Some(format!("SKU-{id}")),
        name: Some("Áo sơ mi Đồng Nai".into()),
        quantity: quantity.parse().unwrap(),
        unit_price: Money::parse(price, currency).unwrap(),
        components: vec![],
        taxes: vec![],
        gift: false,
    }
}
fn described(status: &str, lines: Vec<Line>) -> What {
    What::Described(Description { status: Some(status.into()), lines: Some(lines), ..Description::default() })
}
fn status(status: &str) -> What {
    What::Described(Description { status: Some(status.into()), ..Description::default() })
}
fn paid(amount: i64) -> What {
    What::Tendered(Tender { id: "p".into(), method: "card".into(), state: TenderState::Captured, amount: Money::new(amount.into(), Currency::VND), holder: Holder::Marketplace, reference: None, account: None, carrying: None, at: None })
}
fn cancelled() -> What {
    What::Cancelled(Cancellation { id: "c".into(), state: CancellationState::Accepted, reason: Some("buyer".into()), by: None, lines: vec![], at: None })
}

/// What the tables say of all orders, without the order of arrival (number, version, times of record).
async fn table(shop: &Shop) -> Vec<String> {
    let mut owner = shop.database.owner().await;
    sqlx::query("select to_jsonb(o) - '{id,number,version,created_at,updated_at}'::text[] as o, (select jsonb_agg(to_jsonb(l) - '{order_id}'::text[] order by position) from tenant.order_lines l where l.tenant_id = o.tenant_id and l.order_id = o.id) as l from tenant.orders o where tenant_id = $1 order by external_id")
        .bind(shop.actor.tenant.uuid())
        .fetch_all(&mut owner)
        .await
        .unwrap()
        .iter()
        .map(|row| format!("{} {:?}", row.get::<serde_json::Value, _>("o"), row.get::<Option<serde_json::Value>, _>("l")).replace(&shop.actor.tenant.uuid().to_string(), "T").replace(&shop.source.account.uuid().to_string(), "A"))
        .collect()
}

/// Capability C1: the same payloads shuffled and repeated three times give the same order table.
#[tokio::test]
async fn ord_1_shuffled_and_repeated_arrivals_give_the_same_tables() {
    let seed = kit::seed("ord_1_shuffled_and_repeated_arrivals_give_the_same_tables");
    let mut random = StdRng::seed_from_u64(seed);
    let mut told = Vec::new();
    for order in 0..40 {
        let id = format!("o{order}");
        told.push(fact(&id, 1, described("UNPAID", vec![line("1", "2", "50000", Currency::VND)])));
        told.push(fact(&id, 2, paid(100_000)));
        told.push(fact(&id, 3, status("READY_TO_SHIP")));
        if random.random_bool(0.3) {
            told.push(fact(&id, 4, cancelled()));
        }
        told.push(fact(&id, 5, described("SHIPPED", vec![line("1", "2", "50000", Currency::VND), line("2", "1", "7", Currency::VND)])));
    }
    let database = Arc::new(Database::fresh().await);
    let straight = Shop::in_database(database.clone(), ChannelKind::Shopee).await;
    straight.tell(told.clone()).await;
    let mixed = Shop::in_database(database, ChannelKind::Shopee).await;
    let mut shuffled: Vec<Fact> = told.iter().cycle().take(told.len() * 3).cloned().collect();
    shuffled.shuffle(&mut random);
    for chunk in shuffled.chunks(7) {
        mixed.tell(chunk.to_vec()).await;
    }
    assert_eq!(table(&straight).await, table(&mixed).await);
    assert_eq!(mixed.findings().await, []);
}

#[tokio::test]
async fn int_1_two_servers_told_the_same_at_the_same_instant_make_one_order() {
    let shop = Arc::new(Shop::open(ChannelKind::Shopee).await);
    for round in 0..10 {
        let tasks: Vec<_> = (0..8)
            .map(|server| {
                let shop = shop.clone();
                tokio::spawn(async move {
                    let mut facts = vec![fact(&format!("r{round}"), 1, described("UNPAID", vec![line("1", "1", "9", Currency::VND)])), fact(&format!("r{round}"), 2, status("READY_TO_SHIP"))];
                    if server % 2 == 0 {
                        facts.reverse();
                    }
                    shop.tell(facts).await
                })
            })
            .collect();
        let mut created = 0;
        for task in tasks {
            created += task.await.unwrap().iter().filter(|a| a.created).count();
        }
        assert_eq!(created, 1);
    }
    let mut owner = shop.database.owner().await;
    let counted = sqlx::query("select (select count(*) from tenant.orders) as orders, (select count(*) from tenant.order_facts) as facts, (select count(*) from tenant.order_lines) as lines, (select count(*) from tenant.outbox) as events")
        .fetch_one(&mut owner)
        .await
        .unwrap();
    let count = |name: &str| counted.get::<i64, _>(name);
    assert_eq!((count("orders"), count("facts"), count("lines"), count("events")), (10, 20, 10, 10));
    assert_eq!(shop.findings().await, []);
}

#[tokio::test]
async fn a_cancellation_before_its_order_waits_and_counts() {
    let shop = Shop::open(ChannelKind::Tiktok).await;
    shop.tell(vec![fact("o1", 9, cancelled())]).await;
    let row = shop.list(&Filter::default()).await.remove(0);
    assert!(!row.described);
    shop.tell(vec![fact("o1", 1, described("UNPAID", vec![line("1", "1", "70000", Currency::VND)]))]).await;
    let row = shop.list(&Filter::default()).await.remove(0);
    assert_eq!((row.described, row.delivery_track.as_str(), row.payment_track.as_str(), row.total), (true, "cancelled", "voided", Decimal::from(70_000)));
}

#[tokio::test]
async fn a_late_payload_without_fields_erases_nothing() {
    let shop = Shop::open(ChannelKind::Tiktok).await;
    let whole = Description {
        status: Some("UNPAID".into()),
        number: Some("N-7".into()),
        lines: Some(vec![line("1", "1", "70000", Currency::VND)]),
        buyer: Some(Buyer { name: Some("Nguyễn Văn Ánh".into()), phone: Some("0901 234 567".into()), ..Buyer::default() }),
        note: Some("giao nhanh".into()),
        ..Description::default()
    };
    shop.tell(vec![fact("o1", 1, What::Described(whole))]).await;
    shop.tell(vec![fact("o1", 5, status("AWAITING_SHIPMENT"))]).await;
    shop.tell(vec![fact("o1", 3, status("ON_HOLD"))]).await;
    let row = shop.list(&Filter::default()).await.remove(0);
    assert_eq!((row.channel_status.as_deref(), row.external_number.as_deref(), row.buyer_name.as_deref(), row.line_count), (Some("AWAITING_SHIPMENT"), Some("N-7"), Some("Nguyễn Văn Ánh"), 1));
    for text in ["nguyen van anh", "ÁNH", "0901234567", "+84 (0)901 234 567".trim_start_matches("+84 (0)"), "sku-1", "dong nai", "n-7", "#1", "o1"] {
        assert_eq!(shop.list(&Filter { text: Some(text.into()), ..Filter::default() }).await.len(), 1, "{text}");
    }
    assert_eq!(shop.list(&Filter { text: Some("nobody".into()), ..Filter::default() }).await.len(), 0);
}

#[tokio::test]
async fn what_cannot_be_mapped_is_visible_and_held_until_it_can() {
    let shop = Shop::open(ChannelKind::Shopee).await;
    let strange = Description { currency: Some(Currency::VND), status: Some("TELEPORTED".into()), lines: Some(vec![line("1", "1", "9", Currency::USD), line("2", "1", "50000", Currency::VND)]), ..Description::default() };
    shop.tell(vec![fact("o1", 1, What::Described(strange))]).await;
    let row = shop.list(&Filter { hold: Some("mapping".into()), ..Filter::default() }).await.remove(0);
    assert_eq!((row.total, row.hold_types.as_slice()), (Decimal::from(50_000), &["mapping".to_owned()][..]));
    let mut tx = shop.begin().await;
    let order = detail::get(&mut tx, shop.actor.may().unwrap(), row.id).await.unwrap();
    assert_eq!(order.holds.iter().map(|h| h.scope.as_str()).collect::<Vec<_>>(), ["line:1", "order"]);
    drop(tx);
    let plain = Description { currency: Some(Currency::VND), status: Some("READY_TO_SHIP".into()), lines: Some(vec![line("1", "1", "9000", Currency::VND)]), ..Description::default() };
    shop.tell(vec![fact("o1", 2, What::Described(plain))]).await;
    let row = shop.list(&Filter::default()).await.remove(0);
    assert_eq!((row.total, row.hold_types.len()), (Decimal::from(9_000), 0));
    let mut tx = shop.begin().await;
    let order = detail::get(&mut tx, shop.actor.may().unwrap(), row.id).await.unwrap();
    assert!(order.holds.iter().all(|h| h.state == "released"));
    drop(tx);
    assert_eq!(shop.findings().await, []);
}

#[tokio::test]
async fn hold_1_of_two_people_who_hold_at_once_one_does() {
    let shop = Shop::open(ChannelKind::Web).await;
    let order = shop.tell(vec![fact("o1", 1, described("open", vec![line("1", "1", "9", Currency::VND)]))]).await.remove(0).order_id;
    let hold = async |reason: &'static str| {
        let mut tx = shop.begin().await;
        let placed = holds::place(&mut tx, shop.actor.may().unwrap(), order, reason, &[]).await;
        if placed.is_ok() {
            tx.commit().await.unwrap();
        }
        placed
    };
    let (one, two) = tokio::join!(hold("fraud?"), hold("address?"));
    assert!(matches!((&one, &two), (Ok(_), Err(holds::HoldError::StandsAlready)) | (Err(holds::HoldError::StandsAlready), Ok(_))));
    let standing = one.or(two).unwrap();
    let mut tx = shop.begin().await;
    assert!(matches!(holds::release(&mut tx, shop.actor.may().unwrap(), order, standing, " ").await, Err(holds::HoldError::BadReason)));
    holds::release(&mut tx, shop.actor.may().unwrap(), order, standing, "checked").await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = shop.begin().await;
    assert!(matches!(holds::release(&mut tx, shop.actor.may().unwrap(), order, standing, "again").await, Err(holds::HoldError::EndedAlready(_))));
    drop(tx);
    let row = shop.list(&Filter::default()).await.remove(0);
    assert_eq!((row.version, row.hold_types.len()), (3, 0));
    assert_eq!(shop.findings().await, []);
}

#[tokio::test]
async fn ann_1_the_loser_of_a_race_changes_nothing() {
    let shop = Shop::open(ChannelKind::Web).await;
    let order = shop.tell(vec![fact("o1", 1, described("open", vec![line("1", "1", "9", Currency::VND)]))]).await.remove(0).order_id;
    let edit = async |note: &str| {
        let mut tx = shop.begin().await;
        let change = Annotation { note: Some(note.into()), tags: Some(vec!["vip".into()]), ..Annotation::default() };
        let edited = annotate::annotate(&mut tx, shop.actor.may().unwrap(), order, 1, change).await;
        if edited.is_ok() {
            tx.commit().await.unwrap();
        }
        edited
    };
    let (one, two) = tokio::join!(edit("one"), edit("two"));
    assert!(matches!((&one, &two), (Ok(()), Err(annotate::AnnotateError::Stale(2))) | (Err(annotate::AnnotateError::Stale(2)), Ok(()))), "{one:?} {two:?}");
    let row = shop.list(&Filter { tag: Some("vip".into()), ..Filter::default() }).await.remove(0);
    assert_eq!(row.version, 2);
}

#[tokio::test]
async fn list_1_pages_follow_each_other_in_both_directions_and_counts_stop() {
    let shop = Shop::open(ChannelKind::Web).await;
    let at = Utc::now() - Duration::days(1);
    let facts: Vec<Fact> = (0..250i64)
        .map(|n| {
            // Many share an instant: the id decides among them.
            let placed = Description { placed_at: Some(at + Duration::seconds(n / 10)), lines: Some(vec![line("1", "1", "1000", Currency::VND)]), ..Description::default() };
            fact(&format!("o{n}"), 1, What::Described(placed))
        })
        .collect();
    shop.tell(facts).await;
    for sort in [Sort::NewestFirst, Sort::OldestFirst] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let mut tx = shop.begin().await;
            let page = list::page(&mut tx, shop.actor.may().unwrap(), &Filter::default(), sort, after, PageLimit::new(30).unwrap()).await.unwrap();
            seen.extend(page.rows.iter().map(|r| (r.placed_at, r.id)));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let mut sorted = seen.clone();
        sorted.sort();
        sorted.dedup();
        if sort == Sort::NewestFirst {
            sorted.reverse();
        }
        assert_eq!((seen.len(), seen), (250, sorted));
    }
    let mut tx = shop.begin().await;
    let counts = list::counts(&mut tx, shop.actor.may().unwrap(), &Filter::default()).await.unwrap();
    assert_eq!((counts.total, counts.total_is_exact), (250, true));
    assert_eq!(counts.sums, [("VND".to_owned(), Decimal::from(250_000), Decimal::from(250_000))]);
    assert_eq!(counts.by_payment, [("unpaid".to_owned(), 250)]);
}

#[tokio::test]
async fn list_2_counting_stops_at_its_limit_and_says_so() {
    let shop = Shop::open(ChannelKind::Web).await;
    let extra = list::COUNT_MAX + 5;
    shop.tell(vec![fact("seed", 1, described("open", vec![line("1", "1", "10", Currency::VND)]))]).await;
    shop.database.copy_orders("jsonb_build_object('id', gen_random_uuid(), 'number', o.number + n, 'external_id', 'x' || n)", &format!(", generate_series(1, {extra}) n")).await;
    let mut tx = shop.begin().await;
    let counts = list::counts(&mut tx, shop.actor.may().unwrap(), &Filter::default()).await.unwrap();
    assert_eq!((counts.total, counts.total_is_exact), (list::COUNT_MAX, false));
    assert_eq!(counts.by_payment[0].1, list::COUNT_MAX);
}

#[tokio::test]
async fn filters_find_exactly_their_orders() {
    let shop = Shop::open(ChannelKind::Shopee).await;
    let with = |id: &str, change: &dyn Fn(&mut Description)| {
        let mut told = Description { status: Some("UNPAID".into()), lines: Some(vec![line("1", "1", "1000", Currency::VND)]), ..Description::default() };
        change(&mut told);
        fact(id, 1, What::Described(told))
    };
    shop.tell(vec![
        with("b2b", &|d| d.business = Some(true)),
        with("staff", &|d| d.staff = Some("Lan".into())),
        with("branch", &|d| d.branch = Some("Q1".into())),
        with("cod", &|d| (d.cash_on_delivery, d.payment_method) = (Some(true), Some("cod".into()))),
        with("test", &|d| d.test = Some(true)),
        with("big", &|d| d.lines = Some(vec![line("1", "1", "5000", Currency::VND)])),
        with("usd", &|d| d.lines = Some(vec![line("1", "1", "9.99", Currency::USD)])),
        with("gone", &|_| {}),
        fact("gone", 2, cancelled()),
        with("paid", &|_| {}),
        fact("paid", 2, paid(1000)),
    ])
    .await;
    let found = async |filter: Filter| {
        let mut ids: Vec<String> = shop.list(&filter).await.into_iter().map(|r| r.external_id).collect();
        ids.sort();
        ids
    };
    let all = Filter::default;
    assert_eq!(found(all()).await.len(), 8, "the test order is left out");
    assert_eq!(found(Filter { segment: Some("b2b".into()), ..all() }).await, ["b2b"]);
    assert_eq!(found(Filter { staff: Some("Lan".into()), ..all() }).await, ["staff"]);
    assert_eq!(found(Filter { branch: Some("Q1".into()), ..all() }).await, ["branch"]);
    assert_eq!(found(Filter { tender: Some("cod".into()), ..all() }).await, ["cod"]);
    assert_eq!(found(Filter { payment: vec!["cod_pending".into()], ..all() }).await, ["cod"]);
    assert_eq!(found(Filter { payment: vec!["cod_pending".into(), "paid".into()], ..all() }).await, ["cod", "paid"]);
    assert_eq!(found(Filter { test: true, ..all() }).await, ["test"]);
    assert_eq!(found(Filter { total_min: Some(4000.into()), ..all() }).await, ["big"]);
    assert_eq!(found(Filter { currency: Some("USD".into()), ..all() }).await, ["usd"]);
    assert_eq!(found(Filter { delivery: vec!["cancelled".into()], ..all() }).await, ["gone"]);
    assert_eq!(found(Filter { channels: vec![ChannelKind::Web], ..all() }).await, Vec::<String>::new());
    assert_eq!(found(Filter { account: Some(shop.source.account), channels: vec![ChannelKind::Shopee, ChannelKind::Web], ..all() }).await.len(), 8);
    assert_eq!(found(Filter { placed_from: Some(Utc::now() + Duration::days(1000)), ..all() }).await, Vec::<String>::new());
}

#[tokio::test]
async fn box_1_a_repeated_delivery_counts_and_has_no_second_effect() {
    let shop = Arc::new(Shop::open(ChannelKind::Shopee).await);
    let deliver = |shop: Arc<Shop>| async move {
        let mut tx = shop.begin().await;
        let message = Message {
            id: kernel::InboxId::new(),
            account: shop.source.account,
            origin: "webhook",
            key: "msg-1".into(),
            received_at: Utc::now(),
            headers: serde_json::json!([]),
            body: b"{}".to_vec(),
            body_bytes: 2,
            verdict: Verdict::Applied,
        };
        let kept = inbox::keep(&mut tx, &[message]).await.unwrap().remove(0);
        tx.commit().await.unwrap();
        kept.fresh
    };
    let tasks: Vec<_> = (0..8).map(|_| tokio::spawn(deliver(shop.clone()))).collect();
    let mut fresh = 0;
    for task in tasks {
        fresh += usize::from(task.await.unwrap());
    }
    assert_eq!(fresh, 1);
    let mut owner = shop.database.owner().await;
    let (deliveries, received): (i32, i64) = sqlx::query_as("select i.deliveries, a.received from tenant.inbox i, tenant.channel_accounts a").fetch_one(&mut owner).await.unwrap();
    assert_eq!((deliveries, received), (8, 8));
}

#[tokio::test]
async fn fet_1_what_is_asked_for_again_while_it_is_fetched_is_fetched_again() {
    let shop = Shop::open(ChannelKind::Shopee).await;
    let wanted = FetchRef { account: shop.source.account, kind: "order".into(), reference: "o1".into() };
    let ask = async || {
        let mut tx = shop.begin().await;
        fetches::ask(&mut tx, &[wanted.clone(), wanted.clone()]).await.unwrap();
        tx.commit().await.unwrap();
    };
    let claim = async |later: i64| {
        let mut tx = shop.directory.begin_at(&shop.actor, Utc::now() + Duration::seconds(later)).await.unwrap();
        let claimed = fetches::claim(&mut tx, 50).await.unwrap();
        tx.commit().await.unwrap();
        claimed
    };
    ask().await;
    ask().await;
    let claimed = claim(0).await;
    assert_eq!(claimed.len(), 1);
    assert!(claim(0).await.is_empty(), "claimed things are leased");
    ask().await;
    let mut tx = shop.begin().await;
    fetches::done(&mut tx, &claimed[0]).await.unwrap();
    tx.commit().await.unwrap();
    let again = claim(1).await;
    assert_eq!(again.len(), 1, "asked for again meanwhile");
    let mut tx = shop.begin().await;
    fetches::done(&mut tx, &again[0]).await.unwrap();
    tx.commit().await.unwrap();
    assert!(claim(9_999).await.is_empty());
}

#[tokio::test]
async fn fet_2_a_failing_fetch_ends_as_a_visible_error() {
    let shop = Shop::open(ChannelKind::Shopee).await;
    let mut tx = shop.begin().await;
    fetches::ask(&mut tx, &[FetchRef { account: shop.source.account, kind: "order".into(), reference: "o1".into() }]).await.unwrap();
    tx.commit().await.unwrap();
    let mut tries = 0;
    for day in 0..20 {
        let mut tx = shop.directory.begin_at(&shop.actor, Utc::now() + Duration::days(day)).await.unwrap();
        for claimed in fetches::claim(&mut tx, 50).await.unwrap() {
            tries += 1;
            fetches::failed(&mut tx, &claimed, "error_server: try later", Some(i64::MAX)).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
    assert_eq!(tries, fetches::TRIES_MAX);
    let mut owner = shop.database.owner().await;
    let error: String = sqlx::query_scalar("select last_error from tenant.fetches").fetch_one(&mut owner).await.unwrap();
    assert_eq!(error, "error_server: try later");
}

#[tokio::test]
async fn amounts_and_ids_out_of_range_are_refused_or_held_never_wrapped() {
    let shop = Shop::open(ChannelKind::Web).await;
    let mut tx = shop.begin().await;
    let many: Vec<Fact> = (0..=intake::FACTS_MAX).map(|n| fact(&n.to_string(), 1, status("x"))).collect();
    assert!(matches!(orders::apply(&mut tx, shop.source, many, "c").await, Err(intake::IntakeError::TooManyFacts(_))));
    for bad in [String::new(), "a\0b".into(), "x".repeat(256)] {
        assert!(matches!(orders::apply(&mut tx, shop.source, vec![fact(&bad, 1, status("x"))], "c").await, Err(intake::IntakeError::BadExternalId(_))));
    }
    assert!(matches!(orders::apply(&mut tx, shop.source, vec![fact("o", 1, status("a\0b"))], "c").await, Err(intake::IntakeError::BadCharacter { .. })));
    let lines = (0..=intake::LINES_MAX).map(|n| line(&n.to_string(), "1", "1", Currency::VND)).collect();
    assert!(matches!(orders::apply(&mut tx, shop.source, vec![fact("o", 1, described("x", lines))], "c").await, Err(intake::IntakeError::TooManyLines { .. })));
    drop(tx);
    shop.tell(vec![fact("huge", u64::MAX >> 20, described("x", vec![line("1", "999999999999", "99999999999999", Currency::VND), line("2", "-0.000001", "-3", Currency::VND)]))]).await;
    let row = shop.list(&Filter::default()).await.remove(0);
    assert_eq!((row.hold_types.as_slice(), row.line_count), (&["mapping".to_owned()][..], 2));
    assert_eq!(shop.findings().await, []);
}

#[tokio::test]
async fn another_tenants_orders_are_not_found() {
    let database = Arc::new(Database::fresh().await);
    let (a, b) = (Shop::in_database(database.clone(), ChannelKind::Web).await, Shop::in_database(database, ChannelKind::Web).await);
    let order: OrderId = a.tell(vec![fact("same", 1, described("open", vec![line("1", "1", "9", Currency::VND)]))]).await.remove(0).order_id;
    assert!(b.tell(vec![fact("same", 1, described("open", vec![line("1", "2", "9", Currency::VND)]))]).await[0].created, "the same external id in another tenant is another order");
    let mut tx = b.begin().await;
    assert!(matches!(detail::get(&mut tx, b.actor.may().unwrap(), order).await, Err(detail::DetailError::Unknown)));
    assert!(matches!(detail::timeline(&mut tx, b.actor.may().unwrap(), order).await, Err(detail::DetailError::Unknown)));
    assert!(matches!(holds::place(&mut tx, b.actor.may().unwrap(), order, "mine?", &[]).await, Err(holds::HoldError::UnknownOrder)));
    assert!(matches!(annotate::annotate(&mut tx, b.actor.may().unwrap(), order, 1, Annotation::default()).await, Err(annotate::AnnotateError::Unknown)));
    assert_eq!(b.list(&Filter::default()).await.len(), 1);
}

#[tokio::test]
async fn ver_1_a_changed_column_or_line_is_found() {
    let shop = Shop::open(ChannelKind::Web).await;
    shop.tell(vec![fact("o1", 1, described("open", vec![line("1", "0.125", "3.333333", Currency::USD)])), fact("o1", 2, paid(5))]).await;
    assert_eq!(shop.findings().await, []);
    let mut owner = shop.database.owner().await;
    for (change, field) in [
        ("update tenant.orders set total = total + 0.000001", "total"),
        ("update tenant.orders set payment_track = 'voided'", "payment_track"),
        ("update tenant.orders set hold_types = '{}'", "hold_types"),
        ("update tenant.orders set placed_at = placed_at + interval '1 microsecond'", "placed_at"),
        ("update tenant.order_lines set sku = 'other'", "line 1 sku"),
        ("update tenant.order_facts set body = jsonb_set(body, '{status}', '\"paid\"') where kind = 'described'", "fact"),
    ] {
        sqlx::query(change).execute(&mut owner).await.unwrap();
        assert!(shop.findings().await.iter().any(|f| f.field.starts_with(field)), "{change}");
    }
}
