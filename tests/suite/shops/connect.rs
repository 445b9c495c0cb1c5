//! Being let into shops: a person goes to the channel and comes back; tokens are renewed, one at a time, whatever breaks.

use super::*;
use switchyard_server::flows;

/// The word of the page the owner ends on, in fine weather.
async fn go_and_return(market: &Bazaar, stall: usize) -> String {
    come_back(&market.owner, &market.server.url, market.address, market.accounts[stall], stall).await.unwrap_or_else(|trouble| panic!("{trouble}"))
}

/// The bundled connectors' own way of letting a person in, at each channel that has one; what came is good for asking.
#[tokio::test]
async fn connect_1_a_person_connects_each_shop_at_its_channel() {
    let market = Bazaar::open("connect_1_a_person_connects_each_shop_at_its_channel", Faults::NONE, 1.0, &[]).await;
    for stall in [SHOPEE, TIKTOK, SHOPIFY, LAZADA, SQUARE] {
        let kind = STALLS[stall].kind;
        // Whatever was typed in is worth nothing any more.
        market.simulation.world().revoke(stall, Utc::now());
        assert_eq!(go_and_return(&market, stall).await, "yes", "{kind}");
        assert_eq!(market.simulation.world().trades(stall), (1, 0), "{kind}: one code, traded once");
        let account = market.account(stall).await;
        assert_eq!((account["state"].as_str(), account["tokens"]["needs_reconnecting"].as_bool()), (Some("active"), Some(false)), "{kind}: {account}");
        let (sale, order) = market.order(stall).await;
        ship(&market.owner, &order, "T-1").await.expect(201);
        market.errand_until(&order, "done", 30).await;
        assert!(!market.sale(stall, &sale.id).acts.is_empty(), "{kind}");
    }
    assert_eq!(market.account(LAZADA).await["settings"]["seller_id"], STALLS[LAZADA].shop, "Lazada tells whose shop it is");
}

/// Tokens that end are renewed before the next act goes out, once, at every channel that renews them; each new one replaces both.
#[tokio::test]
async fn token_1_ended_tokens_are_renewed_once_whoever_meets_them() {
    let market = Bazaar::open("token_1_ended_tokens_are_renewed_once_whoever_meets_them", Faults::NONE, 1.0, &[]).await;
    for stall in [SHOPEE, TIKTOK, LAZADA, SQUARE, KIOTVIET, HARAVAN] {
        let kind = STALLS[stall].kind;
        for round in 1..=3 {
            market.simulation.world().expire(stall, Utc::now());
            let callers = (0..6).map(|_| {
                let (app, tenant, account) = (market.server.app.clone(), market.tenant, market.accounts[stall]);
                tokio::spawn(async move { flows::tokens::renew(&app, tenant, account, round - 1).await.expect("nothing breaks") })
            });
            for caller in callers.collect::<Vec<_>>() {
                caller.await.expect("no panic").unwrap_or_else(|failure| panic!("{kind} round {round}: {failure}"));
            }
            assert_eq!(market.simulation.world().trades(stall), (round as u64, 0), "{kind}: one renewal a round, none refused");
        }
        let (_, order) = market.order(stall).await;
        market.simulation.world().expire(stall, Utc::now());
        ship(&market.owner, &order, "T-2").await.expect(201);
        let done = market.errand_until(&order, "done", 30).await;
        assert_eq!(done["attempts"], 1, "{kind}: the same attempt with a newer token: {done}");
        assert_eq!(market.simulation.world().trades(stall).1, 0, "{kind}");
    }
}

/// A token endpoint that stumbles, or whose answer is lost: waiting helps where the channel's renewing token stays; where it is
/// good once, a person is asked for, nothing that was asked is lost, and it goes out once they came back.
#[tokio::test]
async fn token_5_a_lost_renewal_loses_no_errand() {
    let market = Bazaar::open("token_5_a_lost_renewal_loses_no_errand", Faults::NONE, 1.0, &[]).await;
    for (stall, method, path, rotates) in [(HARAVAN, "POST", "/connect/token", false), (SHOPEE, "POST", "/api/v2/auth/access_token/get", true), (TIKTOK, "GET", "/api/v2/token/refresh", true)] {
        let kind = STALLS[stall].kind;
        let (sale, order) = market.order(stall).await;
        market.simulation.world().expire(stall, Utc::now());
        market.simulation.lose_next_answer(method, path);
        ship(&market.owner, &order, "T-3").await.expect(201);
        if rotates {
            until(60, async || (market.account(stall).await["state"] == "paused").then_some(())).await.unwrap_or_else(|| panic!("{kind} is not paused"));
            let account = market.account(stall).await;
            assert_eq!((account["tokens"]["needs_reconnecting"].as_bool(), account["errands"]["waiting"].as_i64()), (Some(true), Some(1)), "{kind}: {account}");
            assert_eq!(go_and_return(&market, stall).await, "yes", "{kind}");
        }
        market.errand_until(&order, "done", 60).await;
        assert_eq!(effects(&market.sale(stall, &sale.id)).get("Packed"), Some(&1), "{kind}");
    }
}

/// The server dies with a renewal under way: whoever takes over gets in, and the errand goes out once.
#[tokio::test]
async fn token_1_a_renewal_that_died_is_repeated() {
    let market = Bazaar::open("token_1_a_renewal_that_died_is_repeated", Faults::NONE, 1.0, &[]).await;
    let (sale, order) = market.order(LAZADA).await;
    // Another server took the turn and died before it asked.
    let actor = tenants::Actor::system(market.tenant, "tokens", tenants::RightSet::default());
    let mut tx = market.server.app.directory.begin(&actor).await.expect("a transaction");
    let turn = switchyard_core::channels::tokens::turn(&mut tx, market.accounts[LAZADA], 0).await.expect("a turn");
    assert!(matches!(turn, switchyard_core::channels::tokens::Wanted::Yours(_)), "{turn:?}");
    tx.commit().await.expect("committed");
    market.simulation.world().expire(LAZADA, Utc::now());
    ship(&market.owner, &order, "T-4").await.expect(201);
    // Nobody renews beside it while its lease stands.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(market.simulation.world().trades(LAZADA), (0, 0));
    let mut owner = market.server.database.owner().await;
    sqlx::query("update tenant.channel_tokens set held_until = now() - interval '1 second'").execute(&mut owner).await.expect("the lease ends");
    market.errand_until(&order, "done", 90).await;
    let trades = market.simulation.world().trades(LAZADA);
    assert_eq!((trades, effects(&market.sale(LAZADA, &sale.id)).get("Packed").copied()), ((1, 0), Some(1)));
}
