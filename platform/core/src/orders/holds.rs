//! Holds: what stops an order, why, and who let it go.
//! Invariant HOLD-1: at most one hold of a type stands on one scope of an order.
//! Invariant HOLD-2: only a `ReleaseOrders` permit ends a hold by hand; a mapping hold also ends when its cause is gone.
//! Invariant HOLD-4: a hold that the product placed for a policy is replaced by the newer verdict, never doubled.
//! Invariant HOLD-5: a rejected hold ends with its order called off, or held by hand: it never lets the goods go.
//! Invariant HOLD-3: a mapping hold that a person released does not come back for the same evidence.

use super::authority::{self, AuthorityError, Ruling};
use super::money::MoneyError;
use super::returns;
use super::project::MappingProblem;
use kernel::{DecisionId, HoldId, OrderId, PersonId, Timestamp};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tenants::rights::{HoldOrders, ReleaseOrders};
use tenants::{Permit, TenantTx, audit};
use uuid::Uuid;

/// Above so many troubled lines one hold stands on the whole order.
const SCOPES_MAX: usize = 20;
/// Problems kept as evidence of one hold.
const EVIDENCE_MAX: usize = 50;
/// What a hold may stop.
pub const BLOCKS: &[&str] = &["release", "ship", "invoice", "pay_out"];
pub const REASON_CHARS_MAX: usize = 500;

/// One hold of an order, standing or ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Hold {
    pub id: HoldId,
    pub order: OrderId,
    pub r#type: String,
    pub scope: String,
    pub blocks: Vec<String>,
    pub state: String,
    pub reason: String,
    pub evidence: Value,
    pub placed_by: String,
    pub placed_at: Timestamp,
    pub ended_by: Option<String>,
    pub ended_at: Option<Timestamp>,
    pub end_reason: Option<String>,
    pub owner: Option<PersonId>,
    pub escalation: i16,
    /// Who asked for what it stops.
    pub requested_by: Option<String>,
    /// Its end confirms the order, when nothing else stands against it.
    pub confirms: bool,
    pub approvals: Vec<Approval>,
}

/// One of two signatures.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Approval {
    pub by: String,
    pub at: Timestamp,
    pub reason: String,
}

#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    #[error("the order is not known")]
    UnknownOrder,
    #[error("the hold is not known")]
    UnknownHold,
    #[error("a manual hold stands on the order already")]
    StandsAlready,
    #[error("the hold has ended already: it is {0}")]
    EndedAlready(String),
    #[error("reason is empty or longer than 500 characters")]
    BadReason,
    #[error("a price is approved line by line, not released with its order")]
    DecidedByLine,
    #[error("blocks names {0:?}: expected release, ship, invoice or pay_out")]
    UnknownBlock(String),
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The holds of the orders named, oldest first.
pub async fn of_orders(tx: &mut TenantTx, orders: &[Uuid]) -> Result<Vec<Hold>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select h.id, h.order_id, h.type, h.scope, h.blocks, h.state, h.reason, h.evidence, h.placed_by, h.placed_at, h.ended_by, h.ended_at, h.end_reason,
             h.owner as "owner: PersonId", h.escalation, h.requested_by, h.confirms,
             coalesce((select jsonb_agg(jsonb_build_object('by', a.approved_by, 'at', a.approved_at, 'reason', a.reason) order by a.approved_at)
               from tenant.hold_approvals a where a.tenant_id = $1 and a.hold_id = h.id), '[]') as "approvals!: sqlx::types::Json<Vec<Approval>>"
           from tenant.holds h where h.tenant_id = $1 and h.order_id = any($2) order by h.placed_at, h.id"#,
        tx.tenant(),
        orders,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Hold {
            id: HoldId(row.id),
            order: OrderId(row.order_id),
            r#type: row.r#type,
            scope: row.scope,
            blocks: row.blocks,
            state: row.state,
            reason: row.reason,
            evidence: row.evidence,
            placed_by: row.placed_by,
            placed_at: row.placed_at,
            ended_by: row.ended_by,
            ended_at: row.ended_at,
            end_reason: row.end_reason,
            owner: row.owner,
            escalation: row.escalation,
            requested_by: row.requested_by,
            confirms: row.confirms,
            approvals: row.approvals.0,
        })
        .collect())
}

/// Mapping problems as the holds they ask for: scope -> (reason, evidence).
pub(super) fn wanted(problems: &[MappingProblem]) -> BTreeMap<String, (String, Value)> {
    let scopes: BTreeSet<&str> = problems.iter().map(|p| p.scope.as_str()).collect();
    let mut by_scope: BTreeMap<String, Vec<&MappingProblem>> = BTreeMap::new();
    for problem in problems {
        let scope = if scopes.len() > SCOPES_MAX { "order" } else { &problem.scope };
        by_scope.entry(scope.to_owned()).or_default().push(problem);
    }
    by_scope
        .into_iter()
        .map(|(scope, problems)| {
            let evidence: Vec<Value> = problems.iter().take(EVIDENCE_MAX).map(|p| json!({"scope": p.scope, "field": p.field, "value": p.value, "reason": p.reason})).collect();
            let reason = problems.first().map(|p| format!("{} {:?}: {}", p.field, p.value, p.reason)).unwrap_or_default();
            (scope, (reason.chars().take(REASON_CHARS_MAX).collect(), json!({"problems": evidence, "count": problems.len()})))
        })
        .collect()
}

/// What has to happen to an order's mapping holds, given those it has.
pub(super) struct MappingChange {
    pub place: Vec<(String, String, Value)>,
    pub end: Vec<HoldId>,
    /// Types of the holds that stand afterwards, sorted.
    pub standing: Vec<String>,
}

/// Compares the holds an order has with the mapping holds it needs (HOLD-1, HOLD-3).
pub(super) fn reconcile(problems: &[MappingProblem], holds: &[&Hold]) -> MappingChange {
    let mut wanted = wanted(problems);
    let mut change = MappingChange { place: Vec::new(), end: Vec::new(), standing: Vec::new() };
    let mut standing = BTreeSet::new();
    for hold in holds.iter().filter(|h| h.state == "placed") {
        if hold.r#type == "mapping" && wanted.remove(&hold.scope).is_none() {
            change.end.push(hold.id);
        } else {
            standing.insert(hold.r#type.clone());
        }
    }
    for (scope, (reason, evidence)) in wanted {
        let settled = holds.iter().any(|h| h.r#type == "mapping" && h.state == "released" && h.scope == scope && h.evidence == evidence);
        if !settled {
            standing.insert("mapping".to_owned());
            change.place.push((scope, reason, evidence));
        }
    }
    change.standing = standing.into_iter().collect();
    change
}

pub(super) fn checked_reason(reason: &str) -> Result<&str, HoldError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX || reason.contains('\0') { Err(HoldError::BadReason) } else { Ok(reason) }
}

/// Stops an order by hand. `blocks` empty: everything that can be stopped.
pub async fn place(tx: &mut TenantTx, _: Permit<HoldOrders>, order: OrderId, reason: &str, blocks: &[String]) -> Result<HoldId, HoldError> {
    let reason = checked_reason(reason)?;
    if let Some(unknown) = blocks.iter().find(|b| !BLOCKS.contains(&b.as_str())) {
        return Err(HoldError::UnknownBlock(unknown.chars().take(32).collect()));
    }
    let blocks: Vec<String> = if blocks.is_empty() { BLOCKS.iter().map(|b| (*b).to_owned()).collect() } else { blocks.to_vec() };
    lock(tx, order).await?;
    let id = HoldId::new();
    let placed = sqlx::query!(
        "insert into tenant.holds (tenant_id, id, order_id, type, scope, blocks, state, reason, placed_by, placed_at)
         values ($1, $2, $3, 'manual', 'order', $4, 'placed', $5, $6, $7)
         on conflict (tenant_id, order_id, type, scope) where state = 'placed' do nothing",
        tx.tenant(),
        id.uuid(),
        order.uuid(),
        &blocks,
        reason,
        tx.actor().who.to_string(),
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    if placed.rows_affected() == 0 {
        return Err(HoldError::StandsAlready);
    }
    touch(tx, order).await?;
    Ok(id)
}

/// What became of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Released {
    /// False: the first of two signatures; the hold stands.
    pub ended: bool,
    /// The order is to be confirmed now that the hold is gone.
    pub confirms: bool,
}

/// Lets an order go on (HOLD-2), within the authority of the person's roles (see `authority`).
pub async fn release(tx: &mut TenantTx, _: Permit<ReleaseOrders>, order: OrderId, hold: HoldId, reason: &str) -> Result<Released, HoldError> {
    let reason = checked_reason(reason)?;
    lock(tx, order).await?;
    let found = of_orders(tx, &[order.uuid()]).await?.into_iter().find(|h| h.id == hold).ok_or(HoldError::UnknownHold)?;
    if found.state != "placed" {
        return Err(HoldError::EndedAlready(found.state));
    }
    if is_decided_by_line(&found.r#type, &found.evidence) {
        return Err(HoldError::DecidedByLine);
    }
    if authority::rule(tx, order, &found).await? == Ruling::OneOfTwo {
        let (tenant, by, now) = (tx.tenant(), tx.actor().who.to_string(), tx.now());
        sqlx::query!("insert into tenant.hold_approvals (tenant_id, hold_id, approved_by, reason, approved_at) values ($1, $2, $3, $4, $5)", tenant, hold.uuid(), by, reason, now)
            .execute(tx.conn())
            .await?;
        touch(tx, order).await?;
        return Ok(Released { ended: false, confirms: false });
    }
    let by = tx.actor().who.to_string();
    if authority::is_own_request(found.requested_by.as_deref(), &found.r#type, &by) {
        audit::write(tx, "hold.released_alone", Some(&hold), json!({"reason": reason})).await?;
    }
    end(tx, &[hold], &by, reason).await?;
    touch(tx, order).await?;
    Ok(Released { ended: true, confirms: found.confirms })
}

/// What becomes of an order whose hold was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    CalledOff,
    /// It stays as it is, held by hand, until somebody changes it or asks again.
    Stays,
}

#[derive(Debug, thiserror::Error)]
pub enum RejectError {
    #[error(transparent)]
    Hold(#[from] HoldError),
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// Says no (HOLD-5): what the hold stops will not happen.
pub async fn reject(tx: &mut TenantTx, _: Permit<ReleaseOrders>, order: OrderId, hold: HoldId, reason: &str, fate: Fate) -> Result<(), RejectError> {
    let reason = checked_reason(reason)?;
    lock(tx, order).await?;
    let found = of_orders(tx, &[order.uuid()]).await.map_err(HoldError::from)?.into_iter().find(|h| h.id == hold).ok_or(HoldError::UnknownHold)?;
    if found.state != "placed" {
        return Err(HoldError::EndedAlready(found.state).into());
    }
    let (tenant, by, now) = (tx.tenant(), tx.actor().who.to_string(), tx.now());
    sqlx::query!(
        "update tenant.holds set state = 'rejected', ended_by = $3, ended_at = $4, end_reason = $5 where tenant_id = $1 and id = $2 and state = 'placed'",
        tenant,
        hold.uuid(),
        by,
        now,
        reason,
    )
    .execute(tx.conn())
    .await
    .map_err(HoldError::from)?;
    match fate {
        Fate::CalledOff => {
            let version = sqlx::query_scalar!("select version from tenant.orders where tenant_id = $1 and id = $2", tenant, order.uuid()).fetch_one(tx.conn()).await.map_err(HoldError::from)?;
            returns::call_off_held(tx, order, version, reason).await?;
        }
        Fate::Stays => {
            let shown: String = format!("rejected: {reason}").chars().take(REASON_CHARS_MAX).collect();
            sqlx::query!(
                "insert into tenant.holds (tenant_id, id, order_id, type, scope, blocks, state, reason, evidence, placed_by, placed_at)
                 values ($1, $2, $3, 'manual', 'order', $4, 'placed', $5, $6, $7, $8)
                 on conflict (tenant_id, order_id, type, scope) where state = 'placed' do nothing",
                tenant,
                HoldId::new().uuid(),
                order.uuid(),
                &found.blocks,
                shown,
                json!({"rejected": hold.to_string()}),
                by,
                now,
            )
            .execute(tx.conn())
            .await
            .map_err(HoldError::from)?;
        }
    }
    touch(tx, order).await.map_err(HoldError::from)?;
    Ok(())
}

/// Ends holds without a word about who may.
async fn end(tx: &mut TenantTx, holds: &[HoldId], by: &str, reason: &str) -> Result<(), sqlx::Error> {
    let ids: Vec<Uuid> = holds.iter().map(|h| h.uuid()).collect();
    sqlx::query!(
        "update tenant.holds set state = 'released', ended_by = $3, ended_at = $4, end_reason = $5 where tenant_id = $1 and id = any($2) and state = 'placed'",
        tx.tenant(),
        &ids,
        by,
        tx.now(),
        reason,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A hold that a policy's verdict asks for.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub r#type: String,
    pub reason: String,
    pub evidence: Value,
    pub blocks: Vec<String>,
    pub requested_by: String,
    pub confirms: bool,
    pub decision: Option<DecisionId>,
}

/// The code of a price that nobody approved: no person lets such an order pass, but only the approval of its lines (PRICE-4).
pub const NOT_APPROVED: &str = "price_not_approved";

/// Whether a hold ends with the approval of its lines alone.
pub fn is_decided_by_line(hold_type: &str, evidence: &Value) -> bool {
    hold_type == "price_approval" && evidence["codes"].as_array().into_iter().flatten().any(|code| code == NOT_APPROVED)
}

/// Types of holds that policies place and their newer verdicts end.
pub const JUDGED: [&str; 5] = ["credit", "risk", "deposit", "price_approval", "plugin"];
const JUDGE: &str = "system:credit";

/// Places what a verdict wants, renews what stands, ends what it wants no longer (HOLD-1, HOLD-4). The order is locked.
pub async fn judge(tx: &mut TenantTx, order: OrderId, wanted: &[Wanted]) -> Result<(), sqlx::Error> {
    let standing: Vec<Hold> = of_orders(tx, &[order.uuid()]).await?.into_iter().filter(|h| h.state == "placed" && h.placed_by == JUDGE).collect();
    // A signature was given for the cause and the amount of then: with others the hold begins anew.
    let same = |h: &Hold, w: &Wanted| h.r#type == w.r#type && (h.approvals.is_empty() || h.evidence["codes"] == w.evidence["codes"] && h.evidence["amount"] == w.evidence["amount"]);
    let gone: Vec<HoldId> = standing.iter().filter(|h| wanted.iter().all(|w| !same(h, w))).map(|h| h.id).collect();
    if gone.is_empty() && wanted.iter().all(|w| standing.iter().any(|h| h.r#type == w.r#type && h.evidence == w.evidence && h.confirms >= w.confirms)) {
        return Ok(());
    }
    end(tx, &gone, JUDGE, "its cause is gone").await?;
    for hold in wanted {
        sqlx::query!(
            "insert into tenant.holds as h (tenant_id, id, order_id, type, scope, blocks, state, reason, evidence, placed_by, placed_at, requested_by, confirms, decision_id)
             values ($1, $2, $3, $4, 'order', $5, 'placed', $6, $7, $8, $9, $10, $11, $12)
             on conflict (tenant_id, order_id, type, scope) where state = 'placed' do update set
               reason = excluded.reason, evidence = excluded.evidence, decision_id = excluded.decision_id, confirms = h.confirms or excluded.confirms,
               requested_by = coalesce(h.requested_by, excluded.requested_by)",
            tx.tenant(),
            HoldId::new().uuid(),
            order.uuid(),
            hold.r#type,
            &hold.blocks,
            hold.reason.chars().take(REASON_CHARS_MAX).collect::<String>(),
            hold.evidence,
            JUDGE,
            tx.now(),
            hold.requested_by,
            hold.confirms,
            hold.decision.map(DecisionId::uuid),
        )
        .execute(tx.conn())
        .await?;
    }
    touch(tx, order).await
}

/// Marks standing holds that were not placed by a policy: their end confirms the order.
pub async fn let_confirm(tx: &mut TenantTx, order: OrderId, holds: &[HoldId]) -> Result<(), sqlx::Error> {
    let ids: Vec<Uuid> = holds.iter().map(|h| h.uuid()).collect();
    sqlx::query!("update tenant.holds set confirms = true where tenant_id = $1 and order_id = $2 and id = any($3) and state = 'placed'", tx.tenant(), order.uuid(), &ids)
        .execute(tx.conn())
        .await?;
    Ok(())
}

pub(super) async fn lock(tx: &mut TenantTx, order: OrderId) -> Result<(), HoldError> {
    sqlx::query_scalar!("select id from tenant.orders where tenant_id = $1 and id = $2 for update", tx.tenant(), order.uuid())
        .fetch_optional(tx.conn())
        .await?
        .map(|_| ())
        .ok_or(HoldError::UnknownOrder)
}

/// Writes the standing types on the order, its new version and its event.
pub(super) async fn touch(tx: &mut TenantTx, order: OrderId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "with touched as (
           update tenant.orders o set version = version + 1, updated_at = $3,
             hold_types = array(select distinct h.type from tenant.holds h where h.tenant_id = $1 and h.order_id = $2 and h.state = 'placed' order by 1)
           where o.tenant_id = $1 and o.id = $2 returning o.number)
         insert into tenant.outbox (tenant_id, id, topic, subject, payload, at)
         select $1, $4, 'order.updated', $2, jsonb_build_object('number', number), $3 from touched",
        tx.tenant(),
        order.uuid(),
        tx.now(),
        Uuid::now_v7(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(scope: &str, value: &str) -> MappingProblem {
        MappingProblem { scope: scope.into(), field: "currency".into(), value: value.into(), reason: "unknown".into() }
    }
    fn hold(kind: &str, scope: &str, state: &str, evidence: Value) -> Hold {
        Hold {
            id: HoldId::new(),
            order: OrderId::new(),
            r#type: kind.into(),
            scope: scope.into(),
            blocks: vec![],
            state: state.into(),
            reason: String::new(),
            evidence,
            placed_by: "x".into(),
            placed_at: Timestamp::default(),
            ended_by: None,
            ended_at: None,
            end_reason: None,
            owner: None,
            escalation: 0,
            requested_by: None,
            confirms: false,
            approvals: vec![],
        }
    }

    #[test]
    fn hold_1_a_standing_hold_is_not_placed_twice() {
        let standing = hold("mapping", "order", "placed", json!({}));
        let change = reconcile(&[problem("order", "XYZ")], &[&standing]);
        assert!(change.place.is_empty() && change.end.is_empty());
        assert_eq!(change.standing, ["mapping"]);
    }

    #[test]
    fn hold_2_a_mapping_hold_ends_with_its_cause_and_a_manual_one_stays() {
        let (mapping, manual) = (hold("mapping", "order", "placed", json!({})), hold("manual", "order", "placed", json!({})));
        let change = reconcile(&[], &[&mapping, &manual]);
        assert_eq!((change.end, change.standing), (vec![mapping.id], vec!["manual".to_owned()]));
    }

    #[test]
    fn hold_3_a_released_mapping_hold_stays_released_until_the_evidence_changes() {
        let (_, evidence) = wanted(&[problem("order", "XYZ")]).remove("order").unwrap();
        let released = hold("mapping", "order", "released", evidence);
        assert!(reconcile(&[problem("order", "XYZ")], &[&released]).place.is_empty());
        assert_eq!(reconcile(&[problem("order", "ABC")], &[&released]).place.len(), 1);
    }

    #[test]
    fn many_troubled_lines_make_one_hold() {
        let problems: Vec<_> = (0..1000).map(|i| problem(&format!("line:{i}"), "XYZ")).collect();
        let wanted = wanted(&problems);
        assert_eq!(wanted.len(), 1);
        assert_eq!(wanted["order"].1["count"], 1000);
        assert_eq!(wanted["order"].1["problems"].as_array().unwrap().len(), EVIDENCE_MAX);
    }
}
