//! One order before its judges: what is asked is gathered, the policies answer outside of any transaction, and the verdict
//! is carried out only if everything is still as it was asked.
//! Invariant CASE-1: company and group head are locked before the order, in the order of their ids; then all is gathered again.
//! Invariant CASE-2: a verdict counts for the question it was given for and for no other.
//! Invariant CASE-3: what a person with authority let pass does not come back for the same reasons and no higher amount.

use super::decisions::{self, Answer, Cause};
use super::exposure::{self, ByCurrency, Exposure, ThisOrder};
use super::policies::{self, InForce};
use super::question::*;
use super::rule;
use crate::orders::confirm;
use crate::orders::deposits::{self, Unpaid};
use crate::orders::price_check::{self, Unapproved};
use crate::orders::fact::Confirmation;
use crate::orders::hold_queue::{self, Item};
use crate::orders::holds::{self, Hold, JUDGED, Wanted};
use crate::orders::intake::IntakeError;
use crate::parties::companies::{self, Company, CompanyError};
use crate::parties::deposit::DepositTerms;
use crate::pricing::requests::{RequestError, Wanted as PriceWanted};
use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use kernel::{CompanyId, Currency, Decimal, DecisionId, HoldId, OrderId, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tenants::rights::ConfirmOrders;
use tenants::{Permit, TenantTx};
use uuid::Uuid;

/// What a held order may not do.
const BLOCKS: [&str; 2] = ["release", "ship"];

/// Why an order is judged.
#[derive(Clone, Copy, Debug)]
pub enum Occasion {
    /// Somebody wants it confirmed and saw this version.
    Confirm { permit: Permit<ConfirmOrders>, seen: i64 },
    /// Something it was judged by has changed.
    Review,
}

#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    #[error("the order is not known")]
    Unknown,
    #[error("the order was changed meanwhile: it is at version {0} now")]
    Stale(i64),
    #[error("the order is confirmed already")]
    ConfirmedAlready,
    #[error("a B2B order is confirmed for a company: say which one buys")]
    NoCompany,
    #[error("the order's lines are not known yet")]
    NotDescribed,
    #[error("the order was called off")]
    CalledOff,
    #[error(transparent)]
    Price(#[from] RequestError),
    #[error(transparent)]
    Company(#[from] CompanyError),
    #[error(transparent)]
    Intake(#[from] IntakeError),
    #[error("a record cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Everything a verdict depends on.
#[derive(Clone, Debug)]
pub struct Case {
    pub order: OrderId,
    pub number: i64,
    pub version: i64,
    pub question: Question,
    /// What no policy may overrule.
    pub first: Option<Verdict>,
    /// Who is asked; nobody: the product's own rule answers.
    pub policies: Vec<InForce>,
    pub exposure: Option<Exposure>,
    /// Prices that nobody approved.
    pub unapproved: Option<Unapproved>,
    /// What was to be paid ahead and is not.
    pub unpaid: Option<Unpaid>,
    /// The deposit's terms, and whether the order has them of its own.
    deposit: Option<(DepositTerms, bool)>,
    pub confirmed_at: Option<Timestamp>,
    company: Option<Company>,
    /// Goods are still here, and nothing was called off.
    stoppable: bool,
    /// A review has something to decide.
    pub open: bool,
    wants_confirmation: bool,
}

/// What became of a case.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub confirmed: bool,
    pub reasons: Vec<(String, Reason)>,
    pub changes: Vec<Change>,
    pub exposure: Option<Exposure>,
    pub holds: Vec<Item>,
    pub decisions: Vec<DecisionId>,
    pub order: OrderId,
    pub number: i64,
    pub version: i64,
    pub confirmed_at: Option<Timestamp>,
}

/// Gathers a case. Nothing is locked.
pub async fn open(tx: &mut TenantTx, id: OrderId, occasion: Occasion, zone: Tz) -> Result<Case, CaseError> {
    let row = sqlx::query!(
        r#"select number, version, channel_kind, segment, placed_at, currency as "currency!", described, buyer_key, ship_to, payment_method, cash_on_delivery,
             coalesce(stated_total, total) as "total!", tendered, refunded, outstanding, delivery_track, company_id, confirmed_at, test, same_sale_as is not null as "copy!"
           from tenant.orders where tenant_id = $1 and id = $2 and voided_at is null"#,
        tx.tenant(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?
    .ok_or(CaseError::Unknown)?;
    let called_off = row.delivery_track == "cancelled";
    if let Occasion::Confirm { seen, .. } = occasion {
        if row.version != seen {
            return Err(CaseError::Stale(row.version));
        }
        if called_off {
            return Err(CaseError::CalledOff);
        }
        if row.confirmed_at.is_some() {
            return Err(CaseError::ConfirmedAlready);
        }
        if !row.described {
            return Err(CaseError::NotDescribed);
        }
        if row.segment == "b2b" && row.company_id.is_none() {
            return Err(CaseError::NoCompany);
        }
    }
    let today = tx.now().with_timezone(&zone).date_naive();
    let company = match row.company_id {
        Some(company) => companies::find(tx, CompanyId(company)).await?,
        None => None,
    };
    let paid = (row.tendered - row.refunded).max(Decimal::ZERO).normalize();
    let exposure = match &company {
        Some(company) => {
            let currency: Currency = row.currency.parse().unwrap_or(Currency::USD);
            exposure::of(tx, company.id, Some(ThisOrder { id, currency, outstanding: row.outstanding.normalize(), paid }), today).await?
        }
        None => None,
    };
    let lines = sqlx::query!(
        "select sku, kind, quantity, total from tenant.order_lines where tenant_id = $1 and order_id = $2 order by position limit $3",
        tx.tenant(),
        id.uuid(),
        LINES_MAX as i64,
    )
    .fetch_all(tx.conn())
    .await?;
    let history = history(tx, id, row.company_id, row.buyer_key.as_deref(), &row.currency, today, zone, None).await?;
    let place = |field: &str| row.ship_to.as_ref().and_then(|a| a[field].as_str()).unwrap_or_default().to_owned();
    let question = Question {
        today,
        order: OrderPart {
            id: id.to_string(),
            number: row.number.to_string(),
            channel: row.channel_kind,
            placed_on: row.placed_at.with_timezone(&zone).date_naive(),
            currency: row.currency,
            total: row.total.normalize(),
            paid,
            outstanding: row.outstanding.normalize(),
            cash_on_delivery: row.cash_on_delivery,
            payment_method: row.payment_method.unwrap_or_default(),
            region: place("region"),
            country: place("country"),
            segment: row.segment,
        },
        lines: lines.into_iter().map(|l| LinePart { sku: l.sku.unwrap_or_default(), kind: l.kind, quantity: l.quantity.normalize(), total: l.total.normalize() }).collect(),
        company: company.as_ref().map(|c| CompanyPart {
            id: c.id.to_string(),
            name: c.name.clone(),
            status: c.status.clone(),
            age_days: u32::try_from((today - c.since).num_days()).unwrap_or(0),
            credit_limit: limit(c.credit_limit),
            terms: c.terms.shown(),
        }),
        exposure: exposure.as_ref().map(|e| parts(&e.by_currency)).unwrap_or_default(),
        group: exposure.as_ref().and_then(|e| e.group.as_ref()).map(|g| GroupPart { name: g.name.clone(), credit_limit: limit(g.limit), exposure: parts(&g.by_currency) }),
        history,
    };
    let unapproved = price_check::of_order(tx, id, zone, today).await?;
    let deposit = deposits::terms(tx, id, zone).await?;
    let order_currency: Currency = question.order.currency.parse().unwrap_or(Currency::USD);
    let unpaid = deposit.and_then(|(terms, _)| deposits::unpaid(terms, question.order.total, question.order.paid, order_currency, today));
    let stoppable = matches!(row.delivery_track.as_str(), "unallocated" | "packed" | "partially_shipped");
    let holds = holds::of_orders(tx, &[id.uuid()]).await?;
    // Whoever rejected a hold said no to what it would have confirmed.
    let wants_confirmation = holds.iter().any(|h| h.confirms && h.state != "rejected");
    let judged = holds.iter().any(|h| h.state == "placed" && JUDGED.contains(&h.r#type.as_str()));
    Ok(Case {
        order: id,
        number: row.number,
        version: row.version,
        first: rule::first(&question),
        policies: policies::in_force(tx, &question.order.segment).await?,
        open: row.described && !row.copy && !row.test && (judged || stoppable && (row.confirmed_at.is_some() || wants_confirmation || question.order.segment == "b2c")),
        question,
        exposure,
        unapproved,
        unpaid,
        deposit,
        confirmed_at: row.confirmed_at,
        company,
        stoppable,
        wants_confirmation,
    })
}

fn limit(of: Option<(Decimal, Currency)>) -> Option<MoneyPart> {
    of.map(|(amount, currency)| MoneyPart::new(amount, currency.code()))
}

fn parts(of: &ByCurrency) -> Vec<ExposurePart> {
    of.iter()
        .map(|(currency, open)| ExposurePart {
            currency: currency.clone(),
            open_ar: open.open_ar.normalize(),
            unbilled_shipped: open.unbilled_shipped.normalize(),
            confirmed_unshipped: open.confirmed_unshipped.normalize(),
            this_order: open.this_order.normalize(),
            deposits: open.deposits.normalize(),
            unapplied_credits: open.unapplied_credits.normalize(),
            total: open.total().normalize(),
            overdue: open.overdue.normalize(),
            overdue_days: open.overdue_days,
        })
        .collect()
}

#[allow(clippy::too_many_arguments, reason = "the key of one query")]
async fn history(
    tx: &mut TenantTx,
    order: OrderId,
    company: Option<Uuid>,
    buyer: Option<&str>,
    currency: &str,
    today: NaiveDate,
    zone: Tz,
    before: Option<Timestamp>,
) -> Result<History, sqlx::Error> {
    if company.is_none() && buyer.is_none() {
        return Ok(History::default());
    }
    let yesterday = today.checked_sub_days(Days::new(1)).unwrap_or(today);
    let since = yesterday.and_time(chrono::NaiveTime::MIN).and_local_timezone(zone).earliest().map_or(tx.now(), |at| at.to_utc());
    let row = sqlx::query!(
        r#"select count(*) as "orders!", count(*) filter (where delivery_track = 'delivered') as "delivered!",
             count(*) filter (where cash_on_delivery and delivery_track in ('failed', 'returning', 'returned')) as "refused!",
             count(*) filter (where delivery_track = 'cancelled') as "cancelled!", count(*) filter (where placed_at >= $6) as "lately!",
             coalesce(sum(coalesce(stated_total, total)) filter (where placed_at >= $6 and currency = $5), 0) as "value!", min(placed_at) as first
           from tenant.orders where tenant_id = $1 and id <> $2 and voided_at is null and same_sale_as is null and not test
             and (($3::uuid is not null and company_id = $3) or ($3::uuid is null and buyer_key = $4))
             and ($7::timestamptz is null or placed_at < $7)"#,
        tx.tenant(),
        order.uuid(),
        company,
        buyer,
        currency,
        since,
        before,
    )
    .fetch_one(tx.conn())
    .await?;
    let count = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
    Ok(History {
        orders: count(row.orders),
        delivered: count(row.delivered),
        refused: count(row.refused),
        cancelled: count(row.cancelled),
        orders_lately: count(row.lately),
        value_lately: row.value.normalize(),
        first_order_on: row.first.map(|at| at.with_timezone(&zone).date_naive()),
    })
}

/// Carries the verdicts out, if everything is still as it was asked (CASE-1, CASE-2); `None`: ask again.
pub async fn settle(tx: &mut TenantTx, asked: &Case, occasion: Occasion, answers: &[Answer], zone: Tz) -> Result<Option<Outcome>, CaseError> {
    lock(tx, asked).await?;
    let case = open(tx, asked.order, occasion, zone).await?;
    let same = case.question == asked.question && case.policies == asked.policies && case.open == asked.open;
    if !same || case.unapproved != asked.unapproved || case.unpaid != asked.unpaid {
        return Ok(None);
    }
    let cause = if matches!(occasion, Occasion::Confirm { .. }) { Cause::Confirm } else { Cause::Review };
    let mut decisions = Vec::new();
    for answer in answers {
        decisions.push(decisions::record(tx, &case, cause, answer).await?);
    }
    let all = holds::of_orders(tx, &[case.order.uuid()]).await?;
    let asker = tx.actor().who.to_string();
    let confirming = cause == Cause::Confirm || case.confirmed_at.is_none() && case.wants_confirmation;
    let mut reasons = Vec::new();
    let mut changes: Vec<Change> = Vec::new();
    let mut wanted = Vec::new();
    if case.stoppable {
        for (kind, found) in by_kind(&case, answers, &decisions) {
            let evidence = found.evidence(&case);
            if all.iter().any(|h| let_pass(h, &kind, &evidence)) {
                continue;
            }
            let reason = found.reasons.iter().map(|r| r.detail.as_str()).collect::<Vec<_>>().join("; ");
            reasons.extend(found.reasons.into_iter().map(|r| (kind.clone(), r)));
            changes.extend(found.changes.into_iter().filter(|c| !changes.contains(c)).collect::<Vec<_>>());
            wanted.push(Wanted {
                r#type: kind,
                reason,
                evidence,
                blocks: BLOCKS.map(str::to_owned).to_vec(),
                requested_by: if cause == Cause::Confirm { asker.clone() } else { requester(&all).unwrap_or_else(|| asker.clone()) },
                confirms: confirming,
                decision: found.decision,
            });
        }
    }
    if case.stoppable {
        price_check::ask(tx, case.order, case.unapproved.as_ref()).await?;
    }
    holds::judge(tx, case.order, &wanted).await?;
    let others: Vec<&Hold> = all.iter().filter(|h| h.state == "placed" && !JUDGED.contains(&h.r#type.as_str()) && h.blocks.iter().any(|b| b == "release")).collect();
    let mut confirmed = case.confirmed_at.is_some();
    if confirming && wanted.is_empty() {
        if others.is_empty() {
            if let Some((terms, false)) = case.deposit {
                deposits::set(tx, case.order, terms).await?;
            }
            confirm::give(tx, case.order, confirmation(&case, tx.now(), zone)).await?;
            confirmed = true;
        } else {
            let ids: Vec<HoldId> = others.iter().map(|h| h.id).collect();
            holds::let_confirm(tx, case.order, &ids).await?;
        }
    }
    if !confirmed {
        reasons.extend(others.iter().map(|h| (h.r#type.clone(), Reason::new(&format!("held_{}", h.r#type), h.reason.clone(), &[]))));
    }
    let now = sqlx::query!("select version, confirmed_at from tenant.orders where tenant_id = $1 and id = $2", tx.tenant(), case.order.uuid()).fetch_one(tx.conn()).await?;
    Ok(Some(Outcome {
        confirmed: confirmed && wanted.is_empty(),
        reasons,
        changes,
        exposure: case.exposure,
        holds: hold_queue::of_order(tx, case.order).await?,
        decisions,
        order: case.order,
        number: case.number,
        version: now.version,
        confirmed_at: now.confirmed_at,
    }))
}

/// CASE-1
async fn lock(tx: &mut TenantTx, case: &Case) -> Result<(), sqlx::Error> {
    if let Some(company) = &case.company {
        sqlx::query_scalar!(
            "select c.id from tenant.companies c where c.tenant_id = $1
               and c.id in (select unnest(array[m.id, m.parent_id]) from tenant.companies m where m.tenant_id = $1 and m.id = $2) order by c.id for update",
            tx.tenant(),
            company.id.uuid(),
        )
        .fetch_all(tx.conn())
        .await?;
    }
    sqlx::query_scalar!("select id from tenant.orders where tenant_id = $1 and id = $2 for update", tx.tenant(), case.order.uuid()).fetch_optional(tx.conn()).await?;
    Ok(())
}

/// What stands against the order, of one type of hold.
#[derive(Default)]
struct Against {
    reasons: Vec<Reason>,
    changes: Vec<Change>,
    approver: Option<String>,
    decision: Option<DecisionId>,
}

impl Against {
    fn evidence(&self, case: &Case) -> Value {
        let mut codes: Vec<&str> = self.reasons.iter().map(|r| r.code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        json!({
            "codes": codes,
            "reasons": self.reasons.iter().map(|r| json!({"code": r.code, "detail": r.detail, "evidence": r.evidence.iter().cloned().collect::<BTreeMap<_, _>>()})).collect::<Vec<_>>(),
            "minimal_changes": self.changes,
            "approver": self.approver,
            "amount": case.question.order.total,
            "currency": case.question.order.currency,
            "exposure": case.question.exposure,
            "group": case.question.group,
        })
    }
}

fn by_kind(case: &Case, answers: &[Answer], decisions: &[DecisionId]) -> BTreeMap<String, Against> {
    let mut found: BTreeMap<String, Against> = BTreeMap::new();
    for (answer, decision) in answers.iter().zip(decisions) {
        let order = &case.question.order;
        let (kind, reasons, changes, approver) = match &answer.verdict {
            Ok(Verdict::Approve) => continue,
            Ok(Verdict::Deposit(deposit)) if order.paid >= deposit.amount => continue,
            Ok(Verdict::Deposit(deposit)) => {
                let missing = MoneyPart::new(deposit.amount - order.paid, &order.currency);
                let change = Change { kind: "pay".into(), detail: format!("pay {} {} as a deposit", missing.amount, missing.currency), amount: Some(missing) };
                ("deposit", deposit.reasons.clone(), vec![change], None)
            }
            Ok(Verdict::Hold(hold)) => (hold.kind.as_str(), hold.reasons.clone(), hold.changes.clone(), hold.approver.clone()),
            Err(failure) => {
                let detail = format!("the policy {} did not answer ({}): {}", answer.policy_name(), failure.code, failure.message);
                ("plugin", vec![Reason::new(&failure.code, detail, &[])], Vec::new(), None)
            }
        };
        let against = found.entry(kind.to_owned()).or_default();
        against.reasons.extend(reasons);
        against.changes.extend(changes);
        against.approver = against.approver.take().or(approver);
        against.decision = Some(*decision);
    }
    if let Some(unapproved) = &case.unapproved {
        let against = found.entry("price_approval".to_owned()).or_default();
        against.reasons.extend(unapproved.lines.iter().map(not_approved));
        against.changes.push(Change { kind: "approve".into(), detail: "someone with the authority approves the prices".into(), amount: None });
    }
    if let Some(unpaid) = &case.unpaid {
        let missing = MoneyPart::new(unpaid.missing.amount, unpaid.missing.currency.code());
        let detail = format!("a deposit of {} is asked for and {} of it is missing", unpaid.asked, unpaid.missing);
        let against = found.entry("deposit".to_owned()).or_default();
        against.reasons.push(Reason::new("deposit_unpaid", detail, &[("asked", unpaid.asked.amount.to_string()), ("missing", unpaid.missing.amount.to_string())]));
        against.changes.push(Change { kind: "pay".into(), detail: format!("pay {} {} as a deposit", missing.amount, missing.currency), amount: Some(missing) });
    }
    found
}

/// Why a line waits for an approval.
fn not_approved(line: &PriceWanted) -> Reason {
    let (asked, judged) = (&line.asked, &line.judgement);
    let list = asked.list.as_ref().map(|l| format!(", {} on the list {} (version {})", l.price, l.list_name, l.version)).unwrap_or_default();
    let evidence = [("line", line.line_id.clone()), ("sku", asked.sku.clone()), ("price", asked.price.to_string()), ("why", judged.reasons.join(","))];
    let discount = judged.discount_percent.map(|d| ("discount_percent", d.to_string()));
    let evidence: Vec<_> = evidence.into_iter().chain(discount).collect();
    Reason::new(holds::NOT_APPROVED, format!("{} {} at {} {}{list}", asked.quantity, asked.sku, asked.price, asked.currency), &evidence)
}

/// CASE-3
fn let_pass(hold: &Hold, kind: &str, evidence: &Value) -> bool {
    let codes = |of: &Value| of["codes"].as_array().into_iter().flatten().filter_map(|c| c.as_str().map(str::to_owned)).collect::<std::collections::BTreeSet<_>>();
    let amount = |of: &Value| of["amount"].as_str().and_then(|a| a.parse::<Decimal>().ok());
    hold.state == "released"
        && hold.r#type == kind
        && hold.ended_by.as_deref().is_some_and(|by| !by.starts_with("system:"))
        && hold.evidence["currency"] == evidence["currency"]
        && codes(&hold.evidence).is_superset(&codes(evidence))
        && amount(&hold.evidence).zip(amount(evidence)).is_some_and(|(then, now)| now <= then)
}

/// Who first asked for what stands against the order.
fn requester(holds: &[Hold]) -> Option<String> {
    holds.iter().find_map(|h| h.requested_by.clone())
}

fn confirmation(case: &Case, now: Timestamp, zone: Tz) -> Confirmation {
    let company = case.company.as_ref();
    Confirmation { at: now, terms: company.map(|c| c.terms.clone()), due_from: company.map(|c| c.due_from).unwrap_or_default(), time_zone: zone.name().to_owned() }
}

/// The question as it would have been when the order was placed: what was paid, open and known by then, under the limits of
/// today. For orders that were never judged.
pub async fn as_placed(tx: &mut TenantTx, id: OrderId, zone: Tz) -> Result<Question, CaseError> {
    let case = open(tx, id, Occasion::Review, zone).await?;
    let mut question = case.question;
    let row = sqlx::query!(
        r#"select o.placed_at, o.company_id, o.buyer_key,
             (select coalesce(sum((t.body->'amount'->>'amount')::numeric), 0) from (
                select distinct on (f.subject) f.body from tenant.order_facts f where f.tenant_id = $1 and f.order_id = o.id and f.kind = 'tendered'
                order by f.subject, f.revision desc, f.digest desc) t
              where t.body->>'state' = 'captured' and t.body->'amount'->>'currency' = o.currency and (t.body->>'at')::timestamptz <= o.placed_at + interval '1 minute') as "paid!"
           from tenant.orders o where o.tenant_id = $1 and o.id = $2"#,
        tx.tenant(),
        id.uuid(),
    )
    .fetch_one(tx.conn())
    .await?;
    let today = question.order.placed_on;
    question.today = today;
    question.order.paid = row.paid.normalize();
    question.order.outstanding = (question.order.total - row.paid).normalize();
    let order = &question.order;
    question.history = history(tx, id, row.company_id, row.buyer_key.as_deref(), &order.currency, today, zone, Some(row.placed_at)).await?;
    if let (Some(company), Some(part)) = (&case.company, &mut question.company) {
        part.age_days = u32::try_from((today - company.since).num_days()).unwrap_or(0);
        let this = ThisOrder { id, currency: order.currency.parse().unwrap_or(Currency::USD), outstanding: order.outstanding, paid: order.paid };
        if let Some(then) = exposure::as_of(tx, company.id, this, row.placed_at, today).await? {
            question.exposure = parts(&then.by_currency);
            question.group = then.group.map(|g| GroupPart { name: g.name, credit_limit: limit(g.limit), exposure: parts(&g.by_currency) });
        }
    }
    Ok(question)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hold(state: &str, by: &str, codes: &[&str], amount: &str) -> Hold {
        Hold {
            id: HoldId::new(),
            order: OrderId::new(),
            r#type: "credit".into(),
            scope: "order".into(),
            blocks: vec![],
            state: state.into(),
            reason: String::new(),
            evidence: json!({"codes": codes, "amount": amount, "currency": "VND"}),
            placed_by: "system:credit".into(),
            placed_at: Timestamp::default(),
            ended_by: Some(by.into()),
            ended_at: None,
            end_reason: None,
            owner: None,
            escalation: 0,
            requested_by: None,
            confirms: true,
            approvals: vec![],
        }
    }

    #[test]
    fn case_3_what_was_let_pass_stays_passed_until_it_grows() {
        let now = |codes: &[&str], amount: &str| json!({"codes": codes, "amount": amount, "currency": "VND"});
        let passed = hold("released", "per_1", &["over_limit", "overdue"], "100");
        assert!(let_pass(&passed, "credit", &now(&["over_limit"], "100")));
        assert!(!let_pass(&passed, "credit", &now(&["over_limit"], "101")), "a higher amount");
        assert!(!let_pass(&passed, "credit", &now(&["company_blocked"], "100")), "another reason");
        assert!(!let_pass(&passed, "risk", &now(&["over_limit"], "100")), "another type");
        assert!(!let_pass(&hold("released", "system:credit", &["over_limit"], "100"), "credit", &now(&["over_limit"], "100")), "nobody let it pass");
        assert!(!let_pass(&hold("placed", "per_1", &["over_limit"], "100"), "credit", &now(&["over_limit"], "100")));
    }
}
