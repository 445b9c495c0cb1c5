//! Asking a channel what changed in a window of its update times, page after page: the poll and backfills read alike.
//! Invariants POLL-2 and BACKFILL-2 are kept here: what a page told and that it was read are one transaction.

use super::{accounts::Ready, fetch, tokens};
use crate::app::App;
use kernel::{ChannelAccountId, Timestamp};
use switchyard_core::channels::{
    account,
    windows::{Brought, Reading},
};
use switchyard_host::{CallFailure, Window};
use tenants::{Actor, TenantTx};

/// Orders asked for on a page.
const PAGE: u32 = 50;

/// A page that was applied: the channel's name of the next one, or how far the window was read, and what it brought.
pub(super) struct Told {
    pub next: Option<String>,
    pub until: Timestamp,
    pub brought: Brought,
}

/// Why a page is not followed by another.
pub(super) enum Stopped {
    /// What the page told counts; the window begins anew later, for this reason.
    Window(String),
    Database(sqlx::Error),
}

/// What is read window by window and remembers how far it came.
pub(super) trait Course: Send + Sync {
    fn account(&self) -> ChannelAccountId;
    fn reading(&self) -> &Reading;
    /// A page was applied in this transaction. False: this turn is over.
    fn advance(&mut self, tx: &mut TenantTx, told: Told) -> impl Future<Output = Result<bool, Stopped>> + Send;
    /// It waits for another try, from the page it was at; with `restart` the window begins anew.
    fn failed(&self, tx: &mut TenantTx, code: &'static str, error: &str, restart: bool) -> impl Future<Output = Result<(), sqlx::Error>> + Send;
}

/// Reads on, `pages_max` pages at most. Returns the pages read.
pub(super) async fn read(app: &App, actor: &Actor, course: &mut impl Course, pages_max: usize) -> anyhow::Result<usize> {
    let Some(mut ready) = app.accounts.of_tenant(app, actor.tenant, course.account()).await? else { return Ok(0) };
    for page in 0..pages_max {
        let Some(context) = &ready.context else { return Ok(page) };
        let Reading { since, until, cursor, .. } = course.reading().clone();
        let window = Window { since, until, cursor, limit: PAGE };
        let mut told = app.host.pull(context, window.clone()).await;
        for newer in 0.. {
            let Some(renewed) = tokens::newer_if_refused(app, actor.tenant, &ready, &mut told, newer).await? else { break };
            if let Some(context) = &renewed.context {
                told = app.host.pull(context, window.clone()).await;
            }
            ready = renewed;
        }
        let pulled = match told {
            Ok(pulled) => pulled,
            Err(failure) => return give_up(app, actor, &ready, &*course, failure).await.map(|()| page),
        };
        let mut tx = app.directory.begin(actor).await?;
        let brought = fetch::keep_and_apply(&mut tx, &ready, &pulled.fetched).await?;
        match course.advance(&mut tx, Told { next: pulled.next_cursor, until: pulled.until, brought }).await {
            Ok(more) => {
                tx.commit().await?;
                fetch::answered(app, actor, course.account()).await?;
                if !more {
                    return Ok(page + 1);
                }
            }
            Err(Stopped::Database(error)) => return Err(error.into()),
            Err(Stopped::Window(error)) => {
                account::note_error(&mut tx, course.account(), &error).await?;
                course.failed(&mut tx, "invalid.output", &error, true).await?;
                tx.commit().await?;
                return Ok(page + 1);
            }
        }
    }
    Ok(pages_max)
}

/// It waits for another try; the account's health says why. The account is written first and apart, as whoever disconnects it
/// writes it first: the other way round the two would wait for one another.
async fn give_up(app: &App, actor: &Actor, ready: &Ready, course: &impl Course, failure: CallFailure) -> anyhow::Result<()> {
    fetch::silent(app, actor, course.account(), &failure).await?;
    let tx = app.directory.begin(actor).await?;
    // A busy server or a connector that cannot be asked says nothing about the shop.
    let blames = !matches!(failure.code, "host.busy" | "host.unavailable" | "plugin.unsupported" | "suspended");
    fetch::note(app, actor, tx, ready.account.id, &failure, blames).await?;
    let mut tx = app.directory.begin(actor).await?;
    course.failed(&mut tx, failure.code, &failure.to_string(), failure.code == "plugin.invalid_input").await?;
    tx.commit().await?;
    Ok(())
}
