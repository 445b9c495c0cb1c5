//! The same sale through two channels: linked, and counted once whatever came first. The books are summed after each.

use kernel::{ChannelAccountId, Currency, Money, OrderId, TenantId, Timestamp};
use kit::Database;
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};
use sqlx::Row;
use std::{collections::BTreeMap, sync::Arc};
use switchyard_core::orders::{
    self, ChannelKind, Source, detail, fact::*, facts, intake,
    list::{self, Filter},
    verify,
};
use tenants::{Actor, Databases, Directory, RightSet, TenantTx};

/// A tenant that sells on Shopee and has two KiotViet shops; the first of these pulls the orders of Shopee.
struct Desk {
    database: Arc<Database>,
    directory: Directory,
    actor: Actor,
    shopee: Source,
    pos: Source,
    other_pos: Source,
}

/// One telling: of which account, of which order, what.
type Telling = (Source, &'static str, What);

impl Desk {
    async fn open(database: &Arc<Database>) -> Desk {
        let tenant = TenantId::new();
        let mut owner = database.owner().await;
        let slug = format!("same-{}", &uuid::Uuid::new_v4().simple().to_string()[..10]);
        sqlx::query("insert into control.tenants (id, slug, name, shard, country, currency, time_zone, locale) values ($1, $2, 'Shop', 'main', 'VN', 'VND', 'Asia/Ho_Chi_Minh', 'vi')")
            .bind(tenant.uuid())
            .bind(slug)
            .execute(&mut owner)
            .await
            .unwrap();
        let [shopee, pos, other_pos] = [ChannelKind::Shopee, ChannelKind::Kiotviet, ChannelKind::Kiotviet].map(|kind| Source { account: ChannelAccountId::new(), kind });
        for source in [shopee, pos, other_pos] {
            sqlx::query("insert into tenant.channel_accounts (tenant_id, id, kind, name) values ($1, $2, $3, 'Shop')")
                .bind(tenant.uuid())
                .bind(source.account.uuid())
                .bind(source.kind.word())
                .execute(&mut owner)
                .await
                .unwrap();
        }
        let directory = Directory::connect(&Databases::single(&database.url)).await.unwrap();
        Desk { database: database.clone(), directory, actor: Actor::system(tenant, "test", RightSet::all()), shopee, pos, other_pos }
    }
    async fn begin(&self) -> TenantTx {
        self.directory.begin(&self.actor).await.unwrap()
    }
    async fn tell_for(&self, (source, order, what): Telling, cause: &str) -> OrderId {
        let mut tx = self.begin().await;
        let fact = Fact { order: order.into(), revision: 1, occurred_at: at(), what };
        let applied = orders::apply(&mut tx, source, vec![fact], cause).await.unwrap();
        tx.commit().await.unwrap();
        applied[0].order_id
    }
    async fn tell(&self, telling: Telling) -> OrderId {
        self.tell_for(telling, "inb_test").await
    }
    async fn order(&self, id: OrderId) -> detail::Order {
        detail::get(&mut self.begin().await, self.actor.may().unwrap(), id).await.unwrap()
    }
    /// `name -> the name of what it is a copy of`, of all orders.
    async fn copies(&self) -> BTreeMap<String, String> {
        let rows = sqlx::query("select o.external_id as copy, s.external_id as original from tenant.orders o join tenant.orders s on s.tenant_id = o.tenant_id and s.id = o.same_sale_as where o.tenant_id = $1")
            .bind(self.actor.tenant.uuid())
            .fetch_all(&mut self.database.owner().await)
            .await
            .unwrap();
        rows.iter().map(|row| (row.get("copy"), row.get("original"))).collect()
    }
    /// What stands in the books, by account, after they were summed and verified.
    async fn books(&self) -> BTreeMap<String, String> {
        let findings = verify::step(&mut self.begin().await, None).await.unwrap().findings;
        assert_eq!(findings, []);
        let rows = sqlx::query(
            "select split_part(l.account, ':', 1) as account, trim_scale(sum(l.amount))::text as amount, sum(sum(l.amount)) over () = 0 as balanced
             from tenant.ledger_entries e, unnest(e.accounts, e.amounts) as l(account, amount) where e.tenant_id = $1 group by 1 having sum(l.amount) <> 0",
        )
        .bind(self.actor.tenant.uuid())
        .fetch_all(&mut self.database.owner().await)
        .await
        .unwrap();
        assert!(rows.iter().all(|row| row.get("balanced")), "the books are off");
        rows.iter().map(|row| (row.get("account"), row.get("amount"))).collect()
    }
    async fn standing_holds(&self) -> i64 {
        sqlx::query_scalar("select count(*) from tenant.holds where tenant_id = $1 and state = 'placed'").bind(self.actor.tenant.uuid()).fetch_one(&mut self.database.owner().await).await.unwrap()
    }
}

fn at() -> Timestamp {
    "2026-03-01T03:00:00Z".parse().unwrap()
}
fn described(number: Option<&str>, source: &str, price: i64) -> What {
    let line = Line {
        id: "1".into(),
        kind: LineKind::Product,
        sku: None,
        name: None,
        quantity: "1".parse().unwrap(),
        unit_price: Money::new(price.into(), Currency::VND),
        components: vec![],
        taxes: vec![],
        gift: false,
    };
    let source = Some(source.to_owned()).filter(|source| !source.is_empty());
    What::Described(Description { number: number.map(Into::into), source, lines: Some(vec![line]), currency: Some(Currency::VND), placed_at: Some(at()), ..Description::default() })
}
fn shipped() -> What {
    What::Shipped(Shipment { id: "p".into(), state: ShipmentState::InTransit, carrier: None, tracking: None, lines: vec![], at: Some(at()) })
}
fn paid(amount: i64) -> What {
    What::Tendered(Tender { id: "t".into(), method: "cash".into(), state: TenderState::Captured, amount: Money::new(amount.into(), Currency::VND), holder: Holder::Tenant, reference: None, account: None, carrying: None, at: Some(at()) })
}
fn books_of<const N: usize>(accounts: [(&str, &str); N]) -> BTreeMap<String, String> {
    accounts.into_iter().map(|(account, amount)| (account.to_owned(), amount.to_owned())).collect()
}

/// The sale of Shopee, pulled by KiotViet as an order, of which KiotViet makes an invoice.
fn story(desk: &Desk) -> Vec<Telling> {
    vec![
        (desk.shopee, "S", described(None, "", 110_000)),
        (desk.shopee, "S", shipped()),
        (desk.pos, "order:1", described(Some("DHSPE_S"), "same_sale=shopee:S; sale_channel=Shopee", 110_000)),
        (desk.pos, "order:1", paid(110_000)),
        (desk.pos, "invoice:1", described(Some("HD1"), "same_sale=kiotviet:DHSPE_S", 110_000)),
        (desk.pos, "invoice:1", paid(110_000)),
    ]
}

#[tokio::test]
async fn same_1_in_whatever_order_they_arrive_the_sale_is_counted_once() {
    let mut random = StdRng::seed_from_u64(kit::seed("same_1_in_whatever_order_they_arrive_the_sale_is_counted_once"));
    let database = Arc::new(Database::fresh().await);
    let alone = Desk::open(&database).await;
    for telling in story(&alone).into_iter().take(2) {
        alone.tell(telling).await;
    }
    let once = alone.books().await;
    assert!(once.contains_key("marketplace_clearing") && once.contains_key("sales"), "{once:?}");
    for _ in 0..40 {
        let desk = Desk::open(&database).await;
        let mut told = story(&desk);
        told.extend(story(&desk));
        told.shuffle(&mut random);
        let names: Vec<String> = told.iter().map(|(_, order, what)| format!("{order} {}", what.kind())).collect();
        for telling in told {
            desk.tell(telling).await;
            desk.books().await;
        }
        assert_eq!(desk.copies().await, books_of([("invoice:1", "S"), ("order:1", "S")]), "{names:?}");
        assert_eq!(desk.books().await, once, "{names:?}");
    }
}

#[tokio::test]
async fn same_1_without_its_original_a_copy_is_a_sale_until_the_original_comes_and_again_when_it_goes() {
    let desk = Desk::open(&Arc::new(Database::fresh().await)).await;
    let invoice = desk.tell((desk.pos, "invoice:9", described(Some("HDSPE_S9"), "same_sale=shopee:S9", 50_000))).await;
    desk.tell((desk.pos, "invoice:9", paid(50_000))).await;
    let own = desk.books().await;
    assert_eq!(own.get("cash").map(String::as_str), Some("50000"));
    assert!(!desk.order(invoice).await.projection.copy);
    // A bare notice of the original tells nothing that could count.
    desk.tell((desk.shopee, "S9", shipped())).await;
    assert_eq!(desk.books().await, own);
    let import = kernel::ImportId::new();
    let original = desk.tell_for((desk.shopee, "S9", described(None, "", 50_000)), &import.to_string()).await;
    let marketplace = desk.books().await;
    assert_eq!((marketplace.get("cash"), marketplace.get("marketplace_clearing").map(String::as_str)), (None, Some("50000")));
    let copy = desk.order(invoice).await;
    assert_eq!(copy.links.same_sale_as.map(|linked| (linked.id, linked.kind, linked.external_number)), Some((original, "shopee".into(), "S9".into())));
    assert_eq!(desk.order(original).await.links.copies.iter().map(|linked| linked.id).collect::<Vec<_>>(), [invoice]);
    assert_eq!((copy.row.outstanding, copy.row.tendered), (0.into(), 50_000.into()), "its facts stay");
    // What told of the original is undone.
    let mut tx = desk.begin().await;
    let undone = facts::void(&mut tx, import, OrderId(uuid::Uuid::nil()), 100).await.unwrap();
    intake::refold(&mut tx, &undone).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(desk.books().await, own);
    assert_eq!(desk.copies().await, BTreeMap::new());
}

#[tokio::test]
async fn a_copy_is_marked_in_the_list_adds_to_no_sum_owes_nothing_and_is_not_held() {
    let desk = Desk::open(&Arc::new(Database::fresh().await)).await;
    let odd = |source: &str| match described(Some("HDSPE_S1"), source, 70_000) {
        What::Described(told) => What::Described(Description { unmapped: Some(vec![Unmapped { field: "status".into(), value: "?".into() }]), ..told }),
        other => other,
    };
    let copy = desk.tell((desk.pos, "invoice:1", odd("same_sale=shopee:S1"))).await;
    assert_eq!(desk.standing_holds().await, 1);
    desk.tell((desk.shopee, "S1", described(None, "", 70_000))).await;
    assert_eq!(desk.standing_holds().await, 0, "its hold ends with the original's arrival");
    desk.tell((desk.pos, "invoice:2", odd("same_sale=shopee:S1"))).await;
    assert_eq!(desk.standing_holds().await, 0, "none is opened for a copy");
    let order = desk.order(copy).await;
    assert_eq!((order.row.outstanding, order.row.total), (0.into(), 70_000.into()));
    let mut tx = desk.begin().await;
    let counts = list::counts(&mut tx, desk.actor.may().unwrap(), &Filter::default()).await.unwrap();
    assert_eq!((counts.total, counts.held, counts.sums.iter().map(|(_, total, _)| *total).sum::<kernel::Decimal>()), (3, 0, 70_000.into()));
    for (copy, many) in [(Some(true), 2), (Some(false), 1), (None, 3)] {
        assert_eq!(list::counts(&mut tx, desk.actor.may().unwrap(), &Filter { copy, ..Filter::default() }).await.unwrap().total, many);
    }
    drop(tx);
    desk.books().await;
}

#[tokio::test]
async fn same_1_numbers_of_another_shop_and_circles_lose_no_sale() {
    let desk = Desk::open(&Arc::new(Database::fresh().await)).await;
    desk.tell((desk.other_pos, "order:1", described(Some("DH1"), "", 10_000))).await;
    desk.tell((desk.pos, "invoice:1", described(Some("HD1"), "same_sale=kiotviet:DH1; same_sale=nowhere:7; same_sale=shopee:", 20_000))).await;
    assert_eq!(desk.copies().await, BTreeMap::new());
    let both = desk.books().await;
    assert_eq!(both.get("ar").map(String::as_str), Some("30000"));
    // Each says it is the other; one of itself.
    desk.tell((desk.pos, "a", described(Some("A"), "same_sale=kiotviet:B", 1_000))).await;
    desk.tell((desk.pos, "b", described(Some("B"), "same_sale=kiotviet:A", 1_000))).await;
    desk.tell((desk.pos, "c", described(Some("C"), "same_sale=kiotviet:C", 1_000))).await;
    assert_eq!(desk.copies().await, books_of([("b", "a")]));
    assert_eq!(desk.books().await.get("ar").map(String::as_str), Some("32000"));
}

#[tokio::test]
async fn same_1_originals_and_copies_that_arrive_at_the_same_instant_do_not_wait_crosswise() {
    let desk = Arc::new(Desk::open(&Arc::new(Database::fresh().await)).await);
    for round in 0..6 {
        // Eight sales, each told by both channels at once; what one call tells differs in its order.
        let names: Vec<String> = (0..8).map(|sale| format!("S{round}-{sale}")).collect();
        let calls = (0..16).map(|call| {
            let (desk, names) = (desk.clone(), names.clone());
            tokio::spawn(async move {
                let (source, prefix) = if call % 2 == 0 { (desk.shopee, "") } else { (desk.pos, "order:") };
                let mut told: Vec<Fact> = Vec::new();
                // Its own sale, and those of its neighbours again.
                for step in 0..3 {
                    let sale = &names[if call % 4 < 2 { call / 2 + step } else { call / 2 + 8 - step } % 8];
                    let what = if call % 2 == 0 { described(None, "", 1_000) } else { described(Some(&format!("DHSPE_{sale}")), &format!("same_sale=shopee:{sale}"), 1_000) };
                    told.push(Fact { order: format!("{prefix}{sale}"), revision: 1, occurred_at: at(), what });
                    if call % 2 == 0 {
                        told.push(Fact { order: sale.clone(), revision: 1, occurred_at: at(), what: shipped() });
                    }
                }
                let mut tx = desk.begin().await;
                orders::apply(&mut tx, source, told, "inb_test").await.map(drop).map_err(|error| format!("{error:?}"))?;
                tx.commit().await.map_err(|error| format!("{error:?}"))
            })
        });
        for call in calls.collect::<Vec<_>>() {
            assert_eq!(call.await.unwrap(), Ok(()));
        }
    }
    assert_eq!(desk.copies().await.len(), 48);
    assert_eq!(desk.books().await.get("marketplace_clearing").map(String::as_str), Some("48000"));
}
