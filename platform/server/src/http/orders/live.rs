//! The live list: server-sent events of what happened to orders, from the outbox.
//! Invariant LIVE-1: nothing is missed between two connections that carry `Last-Event-ID`; an event may come twice.

use crate::app::App;
use crate::http::{answers::Guarded, auth::Allowed, problem::Problem};
use axum::{
    extract::State,
    http::HeaderMap,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{Stream, stream};
use std::{
    collections::{HashSet, VecDeque},
    convert::Infallible,
    time::Duration,
};
use switchyard_core::events::outbox;
use tenants::{Actor, rights::ReadOrders};
use uuid::Uuid;

const LOOK_EVERY: Duration = Duration::from_millis(1_000);
/// A connection ends after so long; the browser comes back with `Last-Event-ID`. Bounds what a forgotten tab costs and
/// lets a withdrawn right take effect.
const LOOKS_MAX: u32 = 600;
/// How far back each look goes again, for transactions that committed late.
const LATE_SECONDS: u64 = 10;

struct Watch {
    app: App,
    actor: Actor,
    seen_to: Uuid,
    sent: HashSet<Uuid>,
    waiting: VecDeque<outbox::Event>,
    looks: u32,
    /// A list that begins now is not told of what happened just before.
    begins_now: bool,
}

/// `order.created` and `order.updated` with `{id, number}`.
#[utoipa::path(get, path = "/orders/events", tag = "orders", params(("Last-Event-ID" = Option<String>, Header, description = "resume after this event")), responses((status = 200, description = "server-sent events", content_type = "text/event-stream", body = String), Guarded))]
pub async fn events(State(app): State<App>, Allowed { actor, .. }: Allowed<ReadOrders>, headers: HeaderMap) -> Result<Response, Problem> {
    let last = headers.get("last-event-id").and_then(|v| v.to_str().ok()).and_then(|text| Uuid::try_parse(text).ok());
    let seen_to = last.unwrap_or_else(Uuid::now_v7);
    let watch = Watch { app, actor, seen_to, sent: last.into_iter().collect(), waiting: VecDeque::new(), looks: 0, begins_now: last.is_none() };
    let mut response = Sse::new(follow(watch)).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))).into_response();
    response.headers_mut().insert("x-accel-buffering", axum::http::HeaderValue::from_static("no"));
    Ok(response)
}

fn follow(watch: Watch) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(watch, |mut watch| async move {
        loop {
            if let Some(event) = watch.waiting.pop_front() {
                let data = serde_json::json!({"id": event.subject.map(|id| kernel::OrderId(id).to_string()), "number": event.payload["number"]});
                return Some((Ok(Event::default().id(event.id.to_string()).event(event.topic).data(data.to_string())), watch));
            }
            if watch.looks >= LOOKS_MAX {
                return None;
            }
            if watch.looks > 0 {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            watch.looks += 1;
            // The database may be away for a moment; the next look finds what was missed.
            if let Err(error) = watch.look().await {
                tracing::debug!(error = %error, "a live list could not look");
            }
        }
    })
}

impl Watch {
    async fn look(&mut self) -> anyhow::Result<()> {
        let mut tx = self.app.directory.begin(&self.actor).await?;
        let mut from = outbox::rewound(self.seen_to, LATE_SECONDS);
        let mut kept = HashSet::new();
        loop {
            let events = outbox::since(&mut tx, from, "order.").await?;
            let whole = i64::try_from(events.len()).is_ok_and(|n| n < outbox::READ_MAX);
            for event in events {
                from = event.id;
                kept.insert(event.id);
                self.seen_to = self.seen_to.max(event.id);
                if !self.begins_now && !self.sent.contains(&event.id) {
                    self.waiting.push_back(event);
                }
            }
            if whole {
                break;
            }
        }
        self.begins_now = false;
        // Only what the next look will see again has to be remembered.
        self.sent.retain(|id| *id > outbox::rewound(self.seen_to, LATE_SECONDS));
        self.sent.extend(kept);
        Ok(())
    }
}
