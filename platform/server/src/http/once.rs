//! Writes that name no version: the body is read with its `Idempotency-Key`, the answer is kept in the transaction of its effect.

use super::{
    body::{JSON_BODY_BYTES_MAX, body_bytes, parse_json},
    idempotency::{self, Keyed, keyed},
    problem::Problem,
};
use crate::app::App;
use axum::{extract::Request, http::StatusCode, response::Response};
use kernel::{Currency, Decimal, money::parse_decimal};
use serde::{Serialize, de::DeserializeOwned};
use switchyard_core::finance::Account;
use tenants::{Actor, Caller, TenantTx};

/// The body and the key of a write.
pub async fn read<T: DeserializeOwned>(request: Request, app: &App, actor: &Actor, call: &str) -> Result<(T, Option<Keyed>), Problem> {
    let headers = request.headers().clone();
    let kind = headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().unwrap_or_default().trim() != "application/json" {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", "send the body as application/json"));
    }
    let bytes = body_bytes(request, app, JSON_BODY_BYTES_MAX).await?;
    let key = keyed(&headers, actor, call, &bytes)?;
    Ok((parse_json(&bytes)?, key))
}

/// Commits and answers; a taken key, or an error behind one, replays the first answer. Money that moved may free a held order.
pub async fn finish<T: Serialize>(app: &App, actor: &Actor, mut tx: TenantTx, key: Option<Keyed>, status: StatusCode, done: Result<T, Problem>) -> Result<Response, Problem> {
    let body = done.and_then(|view| serde_json::to_vec(&view).map_err(Problem::internal));
    let Some(key) = key else {
        let body = body?;
        tx.commit().await?;
        app.judging.ring(actor.tenant);
        return Ok(idempotency::answer(status, "", body));
    };
    let problem = match body {
        Ok(body) if key.keep(&mut tx, status, "", &body).await? => {
            tx.commit().await?;
            app.judging.ring(actor.tenant);
            return Ok(idempotency::answer(status, "", body));
        }
        Ok(_) => Problem::conflict("busy", "the same request is being answered; try again"),
        Err(problem) => problem,
    };
    drop(tx);
    key.replay(app, actor).await?.ok_or(problem)
}

/// The currency named, or the tenant's own.
pub fn currency(caller: &Caller, named: Option<&str>) -> Result<Currency, Problem> {
    let own = caller.tenant().map(|tenant| tenant.currency.clone()).unwrap_or_default();
    named.unwrap_or(&own).parse().map_err(|_| Problem::field("/currency", "invalid_value", "must be an ISO 4217 code such as VND"))
}

pub fn decimal(pointer: &str, text: &str) -> Result<Decimal, Problem> {
    parse_decimal(text).map_err(|error| Problem::field(pointer, "invalid_value", error.to_string()))
}

pub fn amount(pointer: &str, text: &str) -> Result<Decimal, Problem> {
    decimal(pointer, text).ok().filter(|amount| *amount > Decimal::ZERO).ok_or_else(|| Problem::field(pointer, "invalid_value", "must be a positive amount such as 1250000 or 12.50"))
}

pub fn account(pointer: &str, text: &str) -> Result<Account, Problem> {
    text.parse().map_err(|_| Problem::field(pointer, "invalid_value", "must be an account such as cash:main or bank"))
}
