//! What the merchant does goes to each channel once, and what the channel makes of it comes back.

use super::*;

const PARCELS: [usize; 8] = [SHOPEE, TIKTOK, SHOPIFY, LAZADA, WOO, SQUARE, KIOTVIET, HARAVAN];

/// The effect a parcel has at each channel: its own carriers fetch it later, or it is on its way.
fn effect_of_a_parcel(stall: usize) -> BTreeMap<String, usize> {
    let steps: &[&str] = match stall {
        SHOPEE | TIKTOK | HARAVAN => &["Packed"],
        LAZADA => &["Boxed", "Packed"],
        WOO => &["Delivered"],
        _ => &["Shipped"],
    };
    steps.iter().map(|step| ((*step).to_owned(), 1)).collect()
}

/// Channels whose parcels bear the seller's number.
fn takes_numbers(stall: usize) -> bool {
    matches!(stall, SHOPIFY | SQUARE | KIOTVIET | HARAVAN)
}

/// Every bundled connector ships what it is asked to, once, and the order follows what its channel says of it.
#[tokio::test]
async fn errand_1_parcels_leave_through_every_channel() {
    let market = Bazaar::open("errand_1_parcels_leave_through_every_channel", Faults::NONE, 0.000_02, &[]).await;
    for stall in PARCELS {
        let (kind, tracking) = (STALLS[stall].kind, format!("GHN-{stall}"));
        let (sale, order) = market.order(stall).await;
        ship(&market.owner, &order, &tracking).await.expect(201);
        let done = market.errand_until(&order, "done", 30).await;
        let after = market.sale(stall, &sale.id);
        assert_eq!(effects(&after), effect_of_a_parcel(stall), "{kind}: {done}");
        if takes_numbers(stall) {
            assert_eq!(after.tracking, tracking, "{kind}");
        }
        // The last word of Square about a parcel is that it left.
        market.delivery_until(&order, &[if stall == SQUARE { "shipped" } else { "delivered" }], 60).await;
        // Asked again, nothing is done again.
        assert_eq!(ship(&market.owner, &order, &tracking).await.code(), "asked_already", "{kind}");
        assert_eq!(market.sale(stall, &sale.id).acts, after.acts, "{kind}");
        if stall == WOO {
            assert_eq!(market.sale(stall, &sale.id).notes.iter().filter(|note| note.contains(&tracking)).count(), 1);
        }
        println!("{kind}: {:?}", effects(&after));
    }
    market.server.verify().await;
}

/// The channel did it and its answer was lost: the same errand goes out again, and nothing is done twice.
#[tokio::test]
async fn errand_1_an_answer_that_is_lost_doubles_nothing() {
    let market = Bazaar::open("errand_1_an_answer_that_is_lost_doubles_nothing", Faults::NONE, 1.0, &[]).await;
    for stall in PARCELS {
        let (sale, order) = market.order(stall).await;
        let (method, path) = match stall {
            SHOPEE => ("POST", "/api/v2/logistics/ship_order".to_owned()),
            TIKTOK => ("POST", format!("/fulfillment/202309/packages/{}/ship", sale.package)),
            SHOPIFY => ("POST", "/admin/api/2026-07/fulfillments.json".into()),
            LAZADA => ("POST", "/rest/order/fulfill/pack".into()),
            WOO => ("POST", format!("/wp-json/wc/v3/orders/{}/notes", sale.id)),
            SQUARE => ("PUT", format!("/v2/orders/{}", sale.id)),
            KIOTVIET => ("PUT", format!("/invoices/{}", sale.id)),
            _ => ("POST", format!("/com/orders/{}/fulfillments.json", sale.id)),
        };
        market.simulation.lose_next_answer(method, &path);
        ship(&market.owner, &order, &format!("LOST-{stall}")).await.expect(201);
        let done = market.errand_until(&order, "done", 60).await;
        let after = market.sale(stall, &sale.id);
        assert!(done["attempts"].as_i64() >= Some(2), "{done}");
        assert_eq!(effects(&after), effect_of_a_parcel(stall), "{}: {done}", STALLS[stall].kind);
        assert!(after.notes.len() <= 1, "{:?}", after.notes);
    }
    market.server.verify().await;
}

/// Calling off goes to the channel, which says so; what it refuses stands in its own words.
#[tokio::test]
async fn errand_1_orders_are_called_off_at_every_channel_once() {
    let market = Bazaar::open("errand_1_orders_are_called_off_at_every_channel_once", Faults::NONE, 0.000_02, &[]).await;
    for stall in [SHOPEE, TIKTOK, SHOPIFY, LAZADA, WOO, KIOTVIET, HARAVAN] {
        let kind = STALLS[stall].kind;
        let (sale, order) = market.order(stall).await;
        call_off(&market.owner, &order).await.expect(201);
        let done = market.errand_until(&order, "done", 30).await;
        let after = market.sale(stall, &sale.id);
        assert_eq!(effects(&after), BTreeMap::from([("Cancelled".to_owned(), 1)]), "{kind}: {done}");
        assert!(after.past.by_seller, "{kind}");
        market.delivery_until(&order, &["cancelled"], 60).await;
    }
    // A paid order of a till is refunded, not called off: Square's own no.
    let (sale, order) = market.order(SQUARE).await;
    if sale.past.paid.is_none() {
        until(20, async || market.sale(SQUARE, &sale.id).past.paid).await.expect("it is paid");
    }
    call_off(&market.owner, &order).await.expect(201);
    let no = market.errand_until(&order, "refused", 30).await;
    assert!(no["error"].as_str().is_some_and(|error| error.contains("a paid order is not canceled")), "{no}");
    assert!(market.sale(SQUARE, &sale.id).acts.is_empty());
    // Shipped meanwhile: Shopee's own no.
    let (sale, order) = market.order(SHOPEE).await;
    ship(&market.owner, &order, "T").await.expect(201);
    market.errand_until(&order, "done", 30).await;
    let late = call_off(&market.owner, &order).await;
    if late.status.is_success() {
        let no = market.errand_until(&order, "refused", 30).await;
        assert_eq!(no["error_code"], "order.error_limit", "{no}");
    }
    assert_eq!(effects(&market.sale(SHOPEE, &sale.id)), effect_of_a_parcel(SHOPEE));
    market.server.verify().await;
}

/// Levels arrive at the listings they name; what a channel will not take is told by listing, and the others are set.
#[tokio::test]
async fn stock_levels_arrive_and_refusals_name_their_listing() {
    let market = Bazaar::open("stock_levels_arrive_and_refusals_name_their_listing", Faults::NONE, 1.0, &[]).await;
    let cases: [(usize, &[(&str, i64)], Option<&str>); 8] = [
        (SHOPEE, &[("2200149592-101", 5), ("2200149592-102", 0), ("2200149593-104", 7)], Some("2200149592-103")),
        (TIKTOK, &[("17291-172911", 5), ("17291-172912", 6), ("17292-172925", 7)], Some("17291-172913")),
        (SHOPIFY, &[("8001", 5), ("8002", 6)], Some("8003")),
        (LAZADA, &[("2001-3001", 5), ("2001-3002", 6)], Some("2001-3003")),
        (WOO, &[("91", 5), ("22-24", 6)], Some("93")),
        (SQUARE, &[("VARA", 5), ("VARB", 6)], Some("GONE")),
        (KIOTVIET, &[("1301957", 5), ("1301958", 6)], None),
        (HARAVAN, &[("103-1031", 5), ("1042", 6)], None),
    ];
    for (stall, levels, refused) in cases {
        let kind = STALLS[stall].kind;
        let asked = levels.iter().map(|(listing, available)| json!({"listing": listing, "available": available.to_string()}));
        let asked: Vec<Value> = asked.chain(refused.map(|listing| json!({"listing": listing, "available": "9"}))).collect();
        market.owner.post(&format!("/api/v1/channel-accounts/{}/stock-levels", market.accounts[stall]), json!({"levels": asked})).await.expect(202);
        let at = format!("/api/v1/channel-accounts/{}/errands?limit=1", market.accounts[stall]);
        let ended = until(30, async || {
            let errand = market.owner.get(&at).await.expect(200).json()["data"][0].clone();
            (errand["state"] != "queued" && errand["state"] != "sending").then_some(errand)
        });
        let ended = ended.await.expect("it ends");
        assert_eq!(ended["state"], "done", "{kind}: {ended}");
        for (listing, units) in levels {
            let known = if stall == HARAVAN { listing.rsplit('-').next().expect("a variant") } else { listing };
            assert_eq!(market.simulation.world().stock(stall, known).map(|(units, _)| units), Some(*units), "{kind} {listing}: {ended}");
        }
        let named: Vec<&str> = ended["refusals"].as_array().expect("a list").iter().map(|refusal| refusal["subject"].as_str().expect("a listing")).collect();
        assert_eq!(named, refused.into_iter().collect::<Vec<_>>(), "{kind}: {ended}");
    }
}

/// A level that waited and was told anew meanwhile is not sent after the newer one, and not beside it.
#[tokio::test]
async fn lane_5_the_newest_level_is_the_last_that_is_sent() {
    let market = Bazaar::open("lane_5_the_newest_level_is_the_last_that_is_sent", Faults::NONE, 1.0, &[]).await;
    let at = format!("/api/v1/channel-accounts/{}", market.accounts[WOO]);
    let tell = async |levels: Value| market.owner.post(&format!("{at}/stock-levels"), json!({"levels": levels})).await.expect(202);
    let states = async || -> Vec<String> {
        let errands = market.owner.get(&format!("{at}/errands")).await.expect(200).json();
        errands["data"].as_array().expect("a list").iter().map(|errand| errand["state"].as_str().expect("a state").to_owned()).collect()
    };
    market.simulation.set_down(STALLS[WOO].hosts);
    tell(json!([{"listing": "91", "available": "5"}, {"listing": "92", "available": "1"}])).await;
    tell(json!([{"listing": "94", "available": "4"}])).await;
    until(30, async || states().await.contains(&"retrying".to_owned()).then_some(())).await.expect("the channel is away");
    tell(json!([{"listing": "91", "available": "7"}])).await;
    tell(json!([{"listing": "94", "available": "8"}])).await;
    market.simulation.set_down(&[]);
    let done = until(90, async || states().await.iter().all(|state| state == "done").then_some(())).await;
    let told = market.owner.get(&format!("{at}/errands")).await.expect(200).json();
    let account = market.account(WOO).await;
    done.unwrap_or_else(|| panic!("not all are done: {told:#} of {account:#}"));
    let world = market.simulation.world();
    assert_eq!((world.stock(WOO, "91"), world.stock(WOO, "92"), world.stock(WOO, "94")), (Some((7, 1)), Some((1, 1)), Some((8, 1))));
}
