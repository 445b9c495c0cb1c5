//! What a tender names that we keep ourselves: a claim by its code or id, a drawer by its id.
//! Invariant TILL-1: a claim pays no more than is left on it and not after its last day; the last word is the claim's own row
//! (CLAIM-2), which the posting moves in the same transaction.

use super::fact::{Fact, Holder, Tender, TenderState, What};
use super::intake::IntakeError;
use super::place::{PlaceError, WrongField};
use super::postings::payment::Method;
use crate::finance::{claims, drawers, settings};
use chrono::NaiveDate;
use kernel::{Currency, Decimal, DrawerId, Money};
use tenants::TenantTx;

/// Why a tender cannot be taken as it is named.
#[derive(Debug, thiserror::Error)]
pub enum TillError {
    #[error("there is no such voucher, credit or member")]
    Unknown,
    #[error("it paid until {0}")]
    Expired(NaiveDate),
    #[error("{left} is left on it")]
    AboveBalance { left: Money },
    #[error("it is in {0}")]
    OtherCurrency(String),
    #[error("the drawer is not known")]
    UnknownDrawer,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The tender with the id of what it names, and what the books carry for points of a member. Claims are locked.
pub(super) async fn name(tx: &mut TenantTx, tender: Tender) -> Result<Tender, TillError> {
    let Some(named) = tender.account.clone().filter(|named| tender.holder == Holder::Tenant && tender.state == TenderState::Captured && !named.trim().is_empty()) else { return Ok(tender) };
    let method = Method::of(&tender.method);
    if let (Method::Cash, Ok(drawer)) = (method, named.parse::<DrawerId>()) {
        let currency = sqlx::query_scalar!(r#"select currency as "currency!" from tenant.cash_drawers where tenant_id = $1 and id = $2"#, tx.tenant(), drawer.uuid()).fetch_optional(tx.conn()).await?;
        return match currency {
            None => Err(TillError::UnknownDrawer),
            Some(currency) if currency != tender.amount.currency.code() => Err(TillError::OtherCurrency(currency)),
            Some(_) => Ok(Tender { account: drawers::account(drawer).sub().map(str::to_owned), ..tender }),
        };
    }
    let Some(kind) = method.claim() else { return Ok(tender) };
    // Before the claim: everybody locks in this order.
    let settings = settings::open_books(tx).await?.newest();
    let claim = claims::lock(tx, kind, &named).await?.ok_or(TillError::Unknown)?;
    let today = tx.now().with_timezone(&settings.time_zone).date_naive();
    if claim.currency != tender.amount.currency {
        return Err(TillError::OtherCurrency(claim.currency.code().to_owned()));
    }
    if let Some(day) = claim.expires_on.filter(|day| *day < today) {
        return Err(TillError::Expired(day));
    }
    if tender.amount.amount > claim.face {
        return Err(TillError::AboveBalance { left: Money::new(claim.face, claim.currency) });
    }
    let carrying: Option<Decimal> = (kind == claims::Kind::Points).then(|| claim.carrying_of(tender.amount.amount, &settings));
    Ok(Tender { account: Some(claim.id.to_string()), carrying, ..tender })
}

/// The store credit a refund goes to (P9): the one of that code or id, or a new one of that code.
pub(super) async fn credit(tx: &mut TenantTx, named: &str, currency: Currency) -> Result<String, TillError> {
    settings::open_books(tx).await?;
    match claims::lock(tx, claims::Kind::StoreCredit, named).await? {
        Some(claim) if claim.currency != currency => Err(TillError::OtherCurrency(claim.currency.code().to_owned())),
        Some(claim) => Ok(claim.id.to_string()),
        None => claims::issue::open_credit(tx, Some(named), currency).await.map(|id| id.to_string()).map_err(|error| match error {
            claims::issue::ClaimError::Database(error) => TillError::Database(error),
            _ => TillError::Unknown,
        }),
    }
}

/// The facts of a new order with what its tenders name.
pub(super) async fn named(tx: &mut TenantTx, facts: Vec<Fact>) -> Result<Vec<Fact>, PlaceError> {
    let mut named = Vec::with_capacity(facts.len());
    let mut index = 0;
    for fact in facts {
        let What::Tendered(tender) = fact.what else {
            named.push(fact);
            continue;
        };
        let tender = name(tx, tender).await.map_err(|error| match error {
            TillError::Database(error) => PlaceError::Intake(IntakeError::Database(error)),
            TillError::AboveBalance { .. } => PlaceError::Fields(vec![WrongField { pointer: format!("/tenders/{index}/amount"), expected: error.to_string() }]),
            error => PlaceError::Fields(vec![WrongField { pointer: format!("/tenders/{index}/account"), expected: format!("the code of a voucher, credit or member, or the id of a drawer: {error}") }]),
        })?;
        named.push(Fact { what: What::Tendered(tender), ..fact });
        index += 1;
    }
    Ok(named)
}
