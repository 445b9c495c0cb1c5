//! Posting beside the bare inserts it comes down to, and the trial balance of a million postings beside their bare sum.

use crate::Wish;
use crate::cluster::Place;
use crate::load::{self, request};
use crate::server::Server;
use crate::table::{Figure, Goal, Table};
use anyhow::{Context, ensure};
use kernel::{Currency, Decimal, TenantId, Timestamp};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::time::Instant;
use switchyard_core::finance::{
    Account, Entry, Line, Role,
    entry::Head,
    post::{WhenClosed, post},
    settings,
};
use tenants::{Actor, Databases, Directory, RightSet};

/// Entries of one transaction.
const AT_ONCE: usize = 500;
/// Postings of one entry: price, discount and tax of a sale, and what is asked for it.
const POSTINGS: usize = 4;

pub async fn measure(wish: &Wish, table: &mut Table) -> anyhow::Result<()> {
    let place = Place::open("books").await?;
    let shop = place.shops(1).await?.pop().context("no shop")?;
    let directory = Directory::connect(&Databases::single(&place.url)).await?;
    let all = wish.size(250_000);
    let (mut ours, mut bare, mut made) = (Vec::new(), Vec::new(), 0);
    // The books fill while posting is measured; the rest follows unmeasured.
    for _ in 0..wish.rounds {
        let some = all / 10;
        ours.push(rate(some, posted(&directory, shop.tenant, made, some).await?));
        made += some;
        bare.push(rate(some, inserted(&place, shop.tenant, made, some).await?));
        made += some;
    }
    table.add("-", format!("postings of {AT_ONCE} sales a transaction, one connection"), "/s", Figure(ours), Some(("the same rows by one bare statement a transaction", Figure(bare))), Goal::None);
    if made < all {
        posted(&directory, shop.tenant, made, all - made).await?;
    }
    let mut owner = place.owner().await?;
    owner.execute("vacuum analyze tenant.ledger_entries").await?;
    owner.execute("vacuum analyze tenant.ledger_balances").await?;
    owner.close().await?;
    let data = tempfile::tempdir()?;
    let server = Server::start(&wish.binary, &place, data.path()).await?;
    let (now, within) = ("/api/v1/ledger/trial-balance".to_owned(), "/api/v1/ledger/trial-balance?as_of=2026-03-15T12:00:00Z".to_owned());
    agree(&place, &server, shop.tenant, shop.key(0), &now).await?;
    let (mut whole, mut part, mut summed) = (Vec::new(), Vec::new(), Vec::new());
    let seconds = if wish.quick { 1.0 } else { 4.0 };
    for _ in 0..wish.rounds {
        for (path, figures) in [(&now, &mut whole), (&within, &mut part)] {
            let round = load::drive(&server.address, 1, seconds, 200, |_, turn| {
                let bearer = format!("Bearer {}", shop.key(turn));
                request("GET", path, &[("authorization", &bearer)], b"")
            });
            figures.push(round.await?.percentile(50));
        }
        let begun = Instant::now();
        sum(&place, shop.tenant).await?;
        summed.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    let postings = (made.max(all)) * POSTINGS;
    table.add("-", format!("trial balance of {postings} postings, p50"), "ms", Figure(whole), Some(("the bare sum over all postings", Figure(summed.clone()))), Goal::None);
    table.add("-", "the same as of the middle of a month, p50", "ms", Figure(part), Some(("the bare sum over all postings", Figure(summed))), Goal::None);
    Ok(())
}

fn rate(entries: usize, seconds: f64) -> f64 {
    (entries * POSTINGS) as f64 / seconds
}

/// Spread over the year.
fn instant(number: usize) -> Timestamp {
    let first = chrono::DateTime::parse_from_rfc3339("2026-01-01T00:00:00Z").map_or(Timestamp::UNIX_EPOCH, |at| at.to_utc());
    first + chrono::Duration::minutes(i64::try_from(number * 7919 % 460_000).unwrap_or_default())
}

fn lines(number: usize) -> Vec<Line> {
    let price = Decimal::new(i64::try_from(1_000 + number % 9_000).unwrap_or(1_000), 2);
    let (discount, tax) = (Decimal::new(100, 2), Decimal::new(90, 2));
    vec![Line::debit(Role::Ar, price - discount + tax), Line::debit(Role::ContraMarketing, discount), Line::credit(Account::new(Role::Sales, None), price), Line::credit(Role::VatOut, tax)]
}

/// Seconds that posting takes by the product's own way.
async fn posted(directory: &Directory, tenant: TenantId, first: usize, count: usize) -> anyhow::Result<f64> {
    let actor = Actor::system(tenant, "bench", RightSet::default());
    let begun = Instant::now();
    let numbers: Vec<usize> = (first..first + count).collect();
    for group in numbers.chunks(AT_ONCE) {
        let mut tx = directory.begin(&actor).await?;
        settings::open_books(&mut tx).await?;
        let entries = group.iter().map(|number| {
            let head = Head { cause: format!("bench/{number}"), kind: "sale".into(), order: None, reverses: None, memo: None, occurred_at: instant(*number), not_before: None };
            Entry::balanced(head, Currency::USD, lines(*number))
        });
        post(&mut tx, &entries.collect::<Result<Vec<_>, _>>()?, WhenClosed::FirstOpenDay).await?;
        tx.commit().await?;
    }
    Ok(begun.elapsed().as_secs_f64())
}

/// Seconds that the rows alone take: entries and the months' balances, as the server's role, by one statement a group.
async fn inserted(place: &Place, tenant: TenantId, first: usize, count: usize) -> anyhow::Result<f64> {
    let mut connection: PgConnection = place.app().await?;
    let begun = Instant::now();
    let numbers: Vec<usize> = (first..first + count).collect();
    for group in numbers.chunks(AT_ONCE) {
        let column = |of: fn(&usize) -> String| group.iter().map(of).collect::<Vec<String>>();
        let accounts = |number: &usize| lines(*number).iter().map(|line| line.account.to_string()).collect::<Vec<_>>().join(",");
        let amounts = |number: &usize| lines(*number).iter().map(|line| line.amount.to_string()).collect::<Vec<_>>().join(",");
        // Hex digits and dashes only.
        connection.execute(AssertSqlSafe(format!("begin; set local app.tenant = '{}'", tenant.uuid()))).await?;
        sqlx::query(
            "with written as (
               insert into tenant.ledger_entries (tenant_id, id, cause, kind, currency, accounts, amounts, occurred_at, booked_at, recorded_at, actor)
               select $1, e.id, e.cause, 'sale', 'USD', string_to_array(e.accounts, ','), string_to_array(e.amounts, ',')::numeric[], e.at, e.at, now(), 'bench'
               from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[]) as e(id, cause, accounts, amounts, at)
               returning currency, accounts, amounts, booked_at
             ) insert into tenant.ledger_balances as b (tenant_id, account, currency, month, slot, debit, credit)
               select $1, l.account, w.currency, date_trunc('month', w.booked_at at time zone 'UTC')::date, 63,
                 coalesce(sum(l.amount) filter (where l.amount > 0), 0), coalesce(-sum(l.amount) filter (where l.amount < 0), 0)
               from written w, unnest(w.accounts, w.amounts) as l(account, amount) group by 2, 3, 4 order by 2, 3, 4
               on conflict (tenant_id, month, account, currency, slot) do update set debit = b.debit + excluded.debit, credit = b.credit + excluded.credit",
        )
        .bind(tenant.uuid())
        .bind(group.iter().map(|_| uuid::Uuid::now_v7()).collect::<Vec<_>>())
        .bind(column(|number| format!("bench/{number}")))
        .bind(group.iter().map(accounts).collect::<Vec<_>>())
        .bind(group.iter().map(amounts).collect::<Vec<_>>())
        .bind(group.iter().map(|number| instant(*number)).collect::<Vec<_>>())
        .execute(&mut connection)
        .await?;
        connection.execute("commit").await?;
    }
    connection.close().await?;
    Ok(begun.elapsed().as_secs_f64())
}

/// What every account comes to, from the entries themselves.
async fn sum(place: &Place, tenant: TenantId) -> anyhow::Result<Vec<(String, Decimal)>> {
    let mut connection = place.app().await?;
    connection.execute(AssertSqlSafe(format!("begin; set local app.tenant = '{}'", tenant.uuid()))).await?;
    let sums = sqlx::query_as("select l.account, sum(l.amount) from tenant.ledger_entries e, unnest(e.accounts, e.amounts) as l(account, amount) where e.tenant_id = $1 group by 1 order by 1")
        .bind(tenant.uuid())
        .fetch_all(&mut connection)
        .await?;
    connection.execute("commit").await?;
    connection.close().await?;
    Ok(sums)
}

/// The answer is the sum, to the last unit: a fast wrong figure is none.
async fn agree(place: &Place, server: &Server, tenant: TenantId, key: &str, path: &str) -> anyhow::Result<()> {
    let told = server.call(key, "GET", path, &Value::Null).await?;
    for (account, sum) in sum(place, tenant).await? {
        let found = told["data"].as_array().into_iter().flatten().find(|row| row["account"] == account.as_str()).with_context(|| format!("{account} is missing"))?;
        let balance: Decimal = found["balance"]["amount"].as_str().context("no balance")?.parse()?;
        ensure!(balance == sum, "{account} is {balance}, the entries say {sum}");
    }
    Ok(())
}
