//! Channels that are not themselves: they took their word back, say "later" inside of a good answer, name a page again and
//! again, or have another clock than we.

use super::*;
use simulator::Weather;

/// A shop whose seller took their word back is paused with its reason, at every channel; the others go on.
#[tokio::test]
async fn a_revoked_shop_is_paused_and_the_others_go_on() {
    let market = Bazaar::open("a_revoked_shop_is_paused_and_the_others_go_on", Faults::NONE, 1.0, &[("SWITCHYARD_POLL_SECONDS", "2")]).await;
    for stall in [SHOPEE, TIKTOK, SHOPIFY, LAZADA, WOO, SQUARE, HARAVAN] {
        market.simulation.world().revoke(stall, Utc::now());
    }
    for stall in [SHOPEE, TIKTOK, SHOPIFY, LAZADA, WOO, SQUARE, HARAVAN] {
        let account = until(60, async || Some(market.account(stall).await).filter(|account| account["state"] == "paused")).await;
        let account = account.unwrap_or_else(|| panic!("{} is not paused", STALLS[stall].kind));
        assert!(account["state_reason"].as_str().is_some_and(|reason| reason.contains("authorization") || reason.contains("connect")), "{account}");
    }
    // KiotViet asks nobody: its client's own secret brings a new token.
    market.simulation.world().expire(KIOTVIET, Utc::now());
    let (_, order) = market.order(KIOTVIET).await;
    ship(&market.owner, &order, "T").await.expect(201);
    market.errand_until(&order, "done", 30).await;
    let since = Utc::now();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let revoked: Vec<&str> = [SHOPEE, TIKTOK, SHOPIFY, LAZADA, WOO, SQUARE, HARAVAN].iter().flat_map(|stall| STALLS[*stall].hosts).copied().collect();
    let asked: Vec<_> = market.simulation.asked(since).into_iter().filter(|asked| revoked.contains(&asked.host.as_str())).collect();
    assert!(asked.is_empty(), "paused shops are not asked again and again: {asked:?}");
}

/// An error inside of a good answer is an error: what says "later" is done later, once.
#[tokio::test]
async fn later_inside_of_a_good_answer_is_done_later() {
    let market = Bazaar::open("later_inside_of_a_good_answer_is_done_later", Faults::NONE, 1.0, &[]).await;
    for stall in [SHOPEE, TIKTOK, LAZADA, SHOPIFY] {
        let (sale, order) = market.order(stall).await;
        market.simulation.set_weather(Weather { stumbles: 1.0, ..Weather::default() });
        ship(&market.owner, &order, &format!("S-{stall}")).await.expect(201);
        let waits = market.errand_until(&order, "retrying", 30).await;
        assert_eq!(waits["error_code"], "plugin.retryable", "{waits}");
        market.simulation.set_weather(Weather::default());
        market.errand_until(&order, "done", 60).await;
        let effects = effects(&market.sale(stall, &sale.id));
        assert!(effects.values().all(|times| *times == 1) && !effects.is_empty(), "{}: {effects:?}", STALLS[stall].kind);
        assert_eq!(market.account(stall).await["state"], "active");
    }
    // The endpoint of tokens stumbles alike: that is no reason to send anybody to the channel.
    let (_, order) = market.order(SHOPEE).await;
    market.simulation.world().expire(SHOPEE, Utc::now());
    market.simulation.set_weather(Weather { stumbles: 1.0, ..Weather::default() });
    ship(&market.owner, &order, "S-T").await.expect(201);
    market.errand_until(&order, "retrying", 30).await;
    market.simulation.set_weather(Weather::default());
    market.errand_until(&order, "done", 90).await;
    assert_eq!(market.account(SHOPEE).await["tokens"]["needs_reconnecting"], false);
}

/// A list that names one page again and again is stopped and shown; what it told counts, and the poll recovers by itself.
#[tokio::test]
async fn poll_3_a_page_that_repeats_is_stopped() {
    let market = Bazaar::open("poll_3_a_page_that_repeats_is_stopped", Faults { lose: 1.0, ..Faults::NONE }, 1.0, &[("SWITCHYARD_POLL_SECONDS", "2")]).await;
    const SOLD: usize = 120;
    {
        let mut world = market.simulation.world();
        for number in 0..SOLD {
            world.sell_at(SHOPIFY, Utc::now() - chrono::Duration::minutes(30 + number as i64 % 20), 0.001);
        }
    }
    market.simulation.set_repeating_pages(true);
    let account = until(60, async || Some(market.account(SHOPIFY).await).filter(|account| account["health"].to_string().contains("twice"))).await;
    let account = account.expect("the error is shown");
    assert_eq!(account["state"], "active", "{account}");
    let asked = market.simulation.asked(Utc::now() - chrono::Duration::minutes(5)).into_iter().filter(|asked| asked.host == STALLS[SHOPIFY].shop && asked.path.ends_with("orders.json")).count();
    assert!(asked < 20, "{asked} pages were asked for");
    market.simulation.set_repeating_pages(false);
    let mut db = market.server.database.owner().await;
    let all = until(90, async || {
        let count: i64 = sqlx::query_scalar("select count(*) from tenant.orders where channel_account_id = $1").bind(market.accounts[SHOPIFY].uuid()).fetch_one(&mut db).await.expect("a count");
        (count == SOLD as i64).then_some(())
    });
    all.await.expect("every order is found once the pages go on");
}

/// An hour between our clock and the channel's: nobody is disconnected, nothing is refused for good, and once the clocks agree
/// everything goes out. Channels without a time in their signature do not mind.
#[tokio::test]
async fn a_clock_an_hour_off_costs_time_and_nothing_else() {
    let market = Bazaar::open("a_clock_an_hour_off_costs_time_and_nothing_else", Faults::NONE, 1.0, &[]).await;
    let mut waiting = Vec::new();
    for stall in [SHOPEE, TIKTOK, SHOPIFY, LAZADA, WOO] {
        waiting.push((stall, market.order(stall).await));
    }
    market.simulation.set_clock_ahead(chrono::Duration::hours(1));
    for (stall, (_, order)) in &waiting {
        ship(&market.owner, order, &format!("C-{stall}")).await.expect(201);
    }
    for (stall, (_, order)) in &waiting {
        // Lazada lets two hours pass.
        let state = if matches!(*stall, SHOPEE | TIKTOK) { "retrying" } else { "done" };
        let errand = market.errand_until(order, state, 30).await;
        if state == "retrying" {
            assert!(errand["error"].as_str().is_some_and(|error| error.contains("clock")), "{errand}");
        }
        let account = market.account(*stall).await;
        // Accounts whose tokens nobody renewed yet tell of none.
        assert_eq!((account["state"].as_str(), account["tokens"]["needs_reconnecting"].as_bool().unwrap_or(false)), (Some("active"), false), "{account}");
    }
    market.simulation.set_clock_ahead(chrono::Duration::zero());
    for (stall, (sale, order)) in &waiting {
        market.errand_until(order, "done", 90).await;
        assert!(effects(&market.sale(*stall, &sale.id)).values().all(|times| *times == 1));
    }
    market.server.verify().await;
}
