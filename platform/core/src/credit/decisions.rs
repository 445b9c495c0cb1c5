//! Verdicts as they were given: what was asked and answered, by which component and configuration, at what cost.
//! Invariant DEC-1: a decision is never changed, and holds everything needed to ask again and compare to the byte.

use super::case::Case;
use super::policies::InForce;
use super::question::{Question, Verdict};
use super::rule;
use kernel::{CompanyId, DecisionId, OrderId, Page, PageLimit, PolicyId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenants::rights::ReadOrders;
use tenants::{Permit, TenantTx};

/// The name the product's own rule is recorded under.
pub const OWN_RULE: &str = "own-rule";
const OWN_RULE_VERSION: &str = "1.0.0";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    Confirm,
    Review,
}

impl Cause {
    pub fn word(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Review => "review",
        }
    }
}

/// Why a policy gave no verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub code: String,
    pub message: String,
}

/// What was asked: kept as text, asked again from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    pub question: Question,
    pub config: Value,
}

/// One answer with what it cost.
#[derive(Clone, Debug)]
pub struct Answer {
    /// `None`: the product's own rule.
    pub policy: Option<InForce>,
    pub input: String,
    pub verdict: Result<Verdict, Failure>,
    pub output: Option<String>,
    pub engine: Option<Vec<u8>>,
    pub fuel: u64,
    pub peak_memory: usize,
    pub micros: u128,
}

impl Answer {
    /// The product's own rule about a question.
    pub fn own(question: &Question, first: Option<Verdict>) -> Result<Self, serde_json::Error> {
        let verdict = first.unwrap_or_else(|| rule::limits(question));
        let input = serde_json::to_string(&Asked { question: question.clone(), config: Value::Null })?;
        Ok(Self { policy: None, input, output: Some(serde_json::to_string(&verdict)?), verdict: Ok(verdict), engine: None, fuel: 0, peak_memory: 0, micros: 0 })
    }
    pub fn policy_name(&self) -> &str {
        self.policy.as_ref().map_or(OWN_RULE, |p| &p.name)
    }
}

/// The own rule asked again: its answer as text.
pub fn own_again(asked: &Asked) -> Result<String, serde_json::Error> {
    let verdict = rule::first(&asked.question).unwrap_or_else(|| rule::limits(&asked.question));
    serde_json::to_string(&verdict)
}

pub(super) async fn record(tx: &mut TenantTx, case: &Case, cause: Cause, answer: &Answer) -> Result<DecisionId, sqlx::Error> {
    let id = DecisionId::new();
    let failure = answer.verdict.as_ref().err();
    let policy = answer.policy.as_ref();
    let whole = |n: u128| i64::try_from(n).unwrap_or(i64::MAX);
    sqlx::query!(
        "insert into tenant.credit_decisions (tenant_id, id, order_id, company_id, at, cause, asked_by, policy_id, policy_version, plugin_name, plugin_version, digest, engine,
           outcome, code, message, input, output, fuel, peak_memory, micros)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
        tx.tenant(),
        id.uuid(),
        case.order.uuid(),
        case.exposure.as_ref().map(|e| e.company.uuid()),
        tx.now(),
        cause.word(),
        tx.actor().who.to_string(),
        policy.map(|p| p.policy.uuid()),
        policy.map(|p| p.version),
        policy.map_or(OWN_RULE, |p| &p.plugin_name),
        policy.map_or(OWN_RULE_VERSION, |p| &p.plugin_version),
        policy.map(|p| p.digest.clone()),
        answer.engine,
        answer.verdict.as_ref().map_or("failed", Verdict::word),
        failure.map(|f| f.code.clone()),
        failure.map(|f| f.message.clone()),
        answer.input,
        answer.output,
        whole(answer.fuel.into()),
        whole(answer.peak_memory as u128),
        whole(answer.micros),
    )
    .execute(tx.conn())
    .await?;
    Ok(id)
}

/// A decision as it is shown in lists.
#[derive(Clone, Debug)]
pub struct Row {
    pub id: DecisionId,
    pub at: Timestamp,
    pub order_id: OrderId,
    pub number: i64,
    pub company_id: Option<CompanyId>,
    pub policy_id: Option<PolicyId>,
    pub policy_name: Option<String>,
    pub policy_version: Option<i32>,
    pub plugin_name: String,
    pub plugin_version: String,
    pub digest: Option<Vec<u8>>,
    pub outcome: String,
    pub code: Option<String>,
    pub message: Option<String>,
    pub cause: String,
    pub asked_by: String,
    pub fuel: i64,
    pub peak_memory: i64,
    pub micros: i64,
}

#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub order: Option<OrderId>,
    pub company: Option<CompanyId>,
    pub policy: Option<PolicyId>,
    pub outcome: Option<String>,
}

/// One page, newest first.
pub async fn page(tx: &mut TenantTx, _: Permit<ReadOrders>, filter: &Filter, after: Option<(Timestamp, DecisionId)>, limit: PageLimit) -> Result<Page<Row, (Timestamp, DecisionId)>, sqlx::Error> {
    let (at, id) = after.unzip();
    let rows = sqlx::query_as!(
        Row,
        r#"select d.id as "id: DecisionId", d.at, d.order_id as "order_id: OrderId", o.number, d.company_id as "company_id: CompanyId", d.policy_id as "policy_id: PolicyId",
             p.name as "policy_name?", d.policy_version, d.plugin_name, d.plugin_version, d.digest, d.outcome, d.code, d.message, d.cause, d.asked_by, d.fuel, d.peak_memory, d.micros
           from tenant.credit_decisions d join tenant.orders o on o.tenant_id = d.tenant_id and o.id = d.order_id
           left join tenant.credit_policies p on p.tenant_id = d.tenant_id and p.id = d.policy_id
           where d.tenant_id = $1 and ($2::uuid is null or d.order_id = $2) and ($3::uuid is null or d.company_id = $3) and ($4::uuid is null or d.policy_id = $4)
             and ($5::text is null or d.outcome = $5) and ($6::timestamptz is null or (d.at, d.id) < ($6, $7::uuid))
           order by d.at desc, d.id desc limit $8"#,
        tx.tenant(),
        filter.order.map(OrderId::uuid),
        filter.company.map(CompanyId::uuid),
        filter.policy.map(PolicyId::uuid),
        filter.outcome,
        at,
        id.map(DecisionId::uuid),
        limit.rows() + 1,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(Page::from_fetched(rows, limit, |row| (row.at, row.id)))
}

/// A decision whole.
#[derive(Clone, Debug)]
pub struct Decision {
    pub row: Row,
    pub input: String,
    pub output: Option<String>,
}

pub async fn find(tx: &mut TenantTx, _: Permit<ReadOrders>, id: DecisionId) -> Result<Option<Decision>, sqlx::Error> {
    let Some(row) = sqlx::query_as!(
        Row,
        r#"select d.id as "id: DecisionId", d.at, d.order_id as "order_id: OrderId", o.number, d.company_id as "company_id: CompanyId", d.policy_id as "policy_id: PolicyId",
             p.name as "policy_name?", d.policy_version, d.plugin_name, d.plugin_version, d.digest, d.outcome, d.code, d.message, d.cause, d.asked_by, d.fuel, d.peak_memory, d.micros
           from tenant.credit_decisions d join tenant.orders o on o.tenant_id = d.tenant_id and o.id = d.order_id
           left join tenant.credit_policies p on p.tenant_id = d.tenant_id and p.id = d.policy_id
           where d.tenant_id = $1 and d.id = $2"#,
        tx.tenant(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?
    else {
        return Ok(None);
    };
    let whole = sqlx::query!("select input, output from tenant.credit_decisions where tenant_id = $1 and id = $2", tx.tenant(), id.uuid()).fetch_one(tx.conn()).await?;
    Ok(Some(Decision { row, input: whole.input, output: whole.output }))
}
