//! Asking a credit policy: a component without a single import, in a fresh store, within a budget, the same every time.
//! Invariant POLICY-1: whatever a policy does, the caller gets a verdict that was checked word by word, or a failure with its code.
//! Invariant POLICY-2: the same component, question and configuration give the same answer and use the same fuel.

use crate::{
    ComponentDigest, Host, LoadError,
    contract::credit::{CreditPolicyPre, exports::switchyard::plugin::credit as wire},
    engine::{EngineKind, Fingerprint},
    failure::{self, CallFailure},
    limits::{Budget, LimitExceeded, SummingLimiter},
    outside::Abandon,
    text,
};
use kernel::{Currency, Decimal, TenantId, money::parse_decimal};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use switchyard_core::credit::{
    decisions::{Answer, Asked, Failure},
    policies::InForce,
    question::*,
};
use wasmtime::{Engine, Store, UpdateDeadline};

const YIELD_FUEL: u64 = 5_000_000;
const REASONS_MAX: usize = 20;
const PARTS_MAX: usize = 20;
const DETAIL_BYTES_MAX: usize = 500;
const MIB: usize = 1 << 20;

/// A policy ready to be instantiated.
#[derive(Clone)]
pub struct LoadedPolicy {
    pub(crate) pre: Arc<CreditPolicyPre<RuleState>>,
}

/// A rule's store holds nothing but its limiter: there is nothing to reach.
pub struct RuleState {
    limiter: SummingLimiter,
}

fn budget() -> Budget {
    Budget { fuel: 50_000_000, memory_bytes: 32 * MIB, wall: Duration::from_secs(1), transfer_bytes: MIB, handles: 16, log_bytes: 0, kv_operations: 0 }
}

/// An answer with what it cost.
#[derive(Clone, Debug)]
pub struct Assessed {
    pub verdict: Result<Verdict, CallFailure>,
    pub fuel: u64,
    pub peak_memory: usize,
    pub micros: u128,
}

impl Host {
    /// What the components of rules must match to load; kept with every verdict.
    pub fn rule_fingerprint(&self) -> Fingerprint {
        self.rules.fingerprint
    }

    /// Asks a policy in force; every outcome is an answer that can be kept.
    pub async fn assess(&self, tenant: TenantId, policy: &InForce, question: &Question) -> Result<Answer, serde_json::Error> {
        let asked = Asked { question: question.clone(), config: policy.config.clone() };
        let input = serde_json::to_string(&asked)?;
        let assessed = match <[u8; 32]>::try_from(policy.digest.as_slice()) {
            Ok(digest) => self.ask_policy(tenant, ComponentDigest(digest), &asked).await,
            Err(_) => Assessed { verdict: Err(CallFailure::new("host.failed", "the policy's digest is damaged")), fuel: 0, peak_memory: 0, micros: 0 },
        };
        let output = assessed.verdict.as_ref().ok().map(serde_json::to_string).transpose()?;
        Ok(Answer {
            policy: Some(policy.clone()),
            input,
            output,
            verdict: assessed.verdict.map_err(|failure| Failure { code: failure.code.to_owned(), message: failure.message }),
            engine: Some(self.rules.fingerprint.to_vec()),
            fuel: assessed.fuel,
            peak_memory: assessed.peak_memory,
            micros: assessed.micros,
        })
    }

    /// Asks a component by its digest.
    pub async fn ask_policy(&self, tenant: TenantId, digest: ComponentDigest, asked: &Asked) -> Assessed {
        let failed = |failure| Assessed { verdict: Err(failure), fuel: 0, peak_memory: 0, micros: 0 };
        let prepared = async { Ok::<_, CallFailure>((self.policy(digest).await?, self.admission.admit(tenant).await?)) };
        let (loaded, admitted) = match prepared.await {
            Ok(prepared) => prepared,
            Err(failure) => return failed(failure),
        };
        let (engine, question, currency) = (self.rules.engine.clone(), wire_question(&asked.question), asked.question.order.currency.clone());
        let outstanding = asked.question.order.total;
        let config = if asked.config.is_null() { "{}".to_owned() } else { asked.config.to_string() };
        // Guest code runs inside `poll`, so it runs on threads of its own, never on those that serve HTTP.
        let task = self.guests.spawn(async move {
            let started = Instant::now();
            let (told, fuel, peak_memory) = run(&engine, &loaded, question, config).await;
            drop(admitted);
            let verdict = told.and_then(|told| match told {
                Ok(verdict) => read_verdict(verdict, &currency, outstanding),
                Err(why) => Err(CallFailure::new("plugin.permanent", why)),
            });
            Assessed { verdict, fuel, peak_memory, micros: started.elapsed().as_micros() }
        });
        match (&mut Abandon(task).0).await {
            Ok(assessed) => assessed,
            Err(why) => {
                tracing::error!(plugin.digest = %digest, "a policy call broke the host: {why}");
                failed(CallFailure::new("host.failed", "the policy call broke off"))
            }
        }
    }

    /// Checks, compiles (unless that was done before) and links a policy; afterwards it can be asked by its digest.
    pub async fn load_policy(&self, component: &[u8]) -> Result<ComponentDigest, LoadError> {
        let digest = ComponentDigest::of(component);
        self.loaded_policy(digest, async { Ok(component.to_vec()) }).await?;
        Ok(digest)
    }

    async fn policy(&self, digest: ComponentDigest) -> Result<LoadedPolicy, CallFailure> {
        if let Some(loaded) = self.policies.get(&digest).await {
            return Ok(loaded);
        }
        self.loaded_policy(digest, self.from_catalogue(digest)).await.map_err(|e| CallFailure::new("host.unavailable", e.to_string()))
    }

    async fn loaded_policy(&self, digest: ComponentDigest, bytes: impl Future<Output = Result<Vec<u8>, LoadError>>) -> Result<LoadedPolicy, LoadError> {
        let load = async {
            let component = self.rules.component(self, digest, bytes).await?;
            let invalid = |what: String| LoadError::InvalidComponent(text::line(&what, 400));
            // An empty linker: whatever a component imports is refused here at the latest.
            let linker = wasmtime::component::Linker::<RuleState>::new(&self.rules.engine);
            let pre = linker.instantiate_pre(&component).map_err(|e| invalid(format!("a policy imports nothing: {e:#}")))?;
            let pre = CreditPolicyPre::new(pre).map_err(|e| invalid(format!("is not a credit policy: {e:#}")))?;
            Ok(LoadedPolicy { pre: Arc::new(pre) })
        };
        self.policies.try_get_with(digest, load).await.map_err(|e: Arc<LoadError>| LoadError::clone(&e))
    }
}

/// Instantiates and asks, within the budget; the fuel used and the memory's peak come back whatever happened.
async fn run(engine: &Engine, loaded: &LoadedPolicy, question: wire::Question, config: String) -> (Result<Result<wire::Verdict, String>, CallFailure>, u64, usize) {
    let budget = budget();
    let mut store = Store::new(engine, RuleState { limiter: SummingLimiter::new(budget.memory_bytes) });
    let asked = async {
        limit(&mut store, &budget)?;
        let instance = loaded.pre.instantiate_async(&mut store).await?;
        instance.switchyard_plugin_credit().call_assess(&mut store, &question, &config).await
    };
    let told = match tokio::time::timeout(budget.wall, asked).await {
        Ok(told) => told.map_err(|error| failure::from_wasmtime(&error)),
        Err(_) => Err(CallFailure::new("limit.wall", LimitExceeded::Wall(budget.wall).to_string())),
    };
    let fuel = budget.fuel.saturating_sub(store.get_fuel().unwrap_or(0));
    (told, fuel, store.into_data().limiter.peak())
}

fn limit(store: &mut Store<RuleState>, budget: &Budget) -> wasmtime::Result<()> {
    store.limiter(|state| &mut state.limiter);
    store.set_hostcall_fuel(budget.transfer_bytes);
    store.set_max_component_handles(budget.handles);
    store.set_fuel(budget.fuel)?;
    store.fuel_async_yield_interval(Some(YIELD_FUEL))?;
    store.set_epoch_deadline(1);
    let (started, wall) = (Instant::now(), budget.wall);
    store.epoch_deadline_callback(move |_| {
        if started.elapsed() > wall { Err(wasmtime::Error::new(LimitExceeded::Wall(wall))) } else { Ok(UpdateDeadline::Yield(1)) }
    });
    Ok(())
}

fn wire_amount(of: &MoneyPart) -> wire::Amount {
    wire::Amount { amount: of.amount.to_string(), currency: of.currency.clone() }
}

fn wire_exposure(of: &[ExposurePart]) -> Vec<wire::Exposure> {
    of.iter()
        .map(|e| wire::Exposure {
            currency: e.currency.clone(),
            open_ar: e.open_ar.to_string(),
            unbilled_shipped: e.unbilled_shipped.to_string(),
            confirmed_unshipped: e.confirmed_unshipped.to_string(),
            this_order: e.this_order.to_string(),
            deposits: e.deposits.to_string(),
            unapplied_credits: e.unapplied_credits.to_string(),
            total: e.total.to_string(),
            overdue: e.overdue.to_string(),
            overdue_days: e.overdue_days,
        })
        .collect()
}

fn wire_question(q: &Question) -> wire::Question {
    let (o, h) = (&q.order, &q.history);
    wire::Question {
        today: q.today.to_string(),
        order: wire::Order {
            id: o.id.clone(),
            number: o.number.clone(),
            segment: o.segment.clone(),
            channel: o.channel.clone(),
            placed_on: o.placed_on.to_string(),
            currency: o.currency.clone(),
            total: o.total.to_string(),
            paid: o.paid.to_string(),
            outstanding: o.outstanding.to_string(),
            cash_on_delivery: o.cash_on_delivery,
            payment_method: o.payment_method.clone(),
            region: o.region.clone(),
            country: o.country.clone(),
        },
        lines: q.lines.iter().map(|l| wire::Line { sku: l.sku.clone(), kind: l.kind.clone(), quantity: l.quantity.to_string(), total: l.total.to_string() }).collect(),
        company: q.company.as_ref().map(|c| wire::Company {
            id: c.id.clone(),
            name: c.name.clone(),
            status: c.status.clone(),
            age_days: c.age_days,
            credit_limit: c.credit_limit.as_ref().map(wire_amount),
            terms: c.terms.clone(),
        }),
        exposure: wire_exposure(&q.exposure),
        group: q.group.as_ref().map(|g| wire::Group { name: g.name.clone(), credit_limit: g.credit_limit.as_ref().map(wire_amount), exposure: wire_exposure(&g.exposure) }),
        history: wire::History {
            orders: h.orders,
            delivered: h.delivered,
            refused: h.refused,
            cancelled: h.cancelled,
            orders_lately: h.orders_lately,
            value_lately: h.value_lately.to_string(),
            first_order_on: h.first_order_on.map(|d| d.to_string()),
        },
    }
}

type Checked<T> = Result<T, CallFailure>;

fn wrong<T>(what: impl AsRef<str>) -> Checked<T> {
    Err(CallFailure::new("invalid.output", what))
}

/// POLICY-1: nothing of it is taken on trust.
fn read_verdict(told: wire::Verdict, currency: &str, total: Decimal) -> Checked<Verdict> {
    match told {
        wire::Verdict::Approve => Ok(Verdict::Approve),
        wire::Verdict::Hold(hold) => {
            if !HOLD_KINDS.contains(&hold.kind.as_str()) {
                return wrong(format!("hold.kind: {:?} is none of {}", text::line(&hold.kind, 40), HOLD_KINDS.join(", ")));
            }
            if hold.changes.len() > PARTS_MAX {
                return wrong(format!("hold.changes: at most {PARTS_MAX}"));
            }
            Ok(Verdict::Hold(HoldPart {
                reasons: read_reasons(hold.reasons)?,
                changes: hold.changes.into_iter().map(read_change).collect::<Checked<_>>()?,
                approver: hold.approver.map(|a| text::line(&a, 120)),
                kind: hold.kind,
            }))
        }
        wire::Verdict::Deposit(deposit) => {
            let amount = read_decimal("deposit.amount", &deposit.amount)?;
            if amount <= Decimal::ZERO || amount > total {
                return wrong(format!("deposit.amount: {amount} {currency} is not above zero, or above the order's total"));
            }
            Ok(Verdict::Deposit(DepositPart { amount, reasons: read_reasons(deposit.reasons)? }))
        }
    }
}

fn read_decimal(field: &str, text: &str) -> Checked<Decimal> {
    parse_decimal(text).map(|d| d.normalize()).or_else(|e| wrong(format!("{field}: {e}")))
}

fn read_reasons(told: Vec<wire::Reason>) -> Checked<Vec<Reason>> {
    if told.is_empty() || told.len() > REASONS_MAX {
        return wrong(format!("reasons: 1 to {REASONS_MAX}"));
    }
    told.into_iter()
        .map(|reason| {
            let plain = (1..=60).contains(&reason.code.len()) && reason.code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            if !plain {
                return wrong(format!("reasons.code: {:?} is no word of a-z, 0-9 and _", text::line(&reason.code, 60)));
            }
            if reason.evidence.len() > PARTS_MAX {
                return wrong(format!("reasons.evidence: at most {PARTS_MAX}"));
            }
            Ok(Reason {
                code: reason.code,
                detail: text::line(&reason.detail, DETAIL_BYTES_MAX),
                evidence: reason.evidence.into_iter().map(|e| (text::line(&e.key, 60), text::line(&e.value, 200))).collect(),
            })
        })
        .collect()
}

fn read_change(told: wire::Change) -> Checked<Change> {
    if !CHANGE_KINDS.contains(&told.kind.as_str()) {
        return wrong(format!("changes.kind: {:?} is none of {}", text::line(&told.kind, 40), CHANGE_KINDS.join(", ")));
    }
    let amount = match told.amount {
        None => None,
        Some(amount) => {
            let currency: Currency = amount.currency.parse().or_else(|_| wrong(format!("changes.amount: {:?} is no currency", text::line(&amount.currency, 20))))?;
            Some(MoneyPart::new(read_decimal("changes.amount", &amount.amount)?, currency.code()))
        }
    };
    Ok(Change { kind: told.kind, amount, detail: text::line(&told.detail, DETAIL_BYTES_MAX) })
}

/// The engine of rules with its compiled cache.
pub struct Rules {
    pub(crate) engine: Engine,
    pub(crate) fingerprint: Fingerprint,
}

impl Rules {
    /// From the compiled cache, else from its bytes.
    async fn component(&self, host: &Host, digest: ComponentDigest, bytes: impl Future<Output = Result<Vec<u8>, LoadError>>) -> Result<wasmtime::component::Component, LoadError> {
        match host.cache.load(&self.engine, digest, &self.fingerprint) {
            Ok(Some(compiled)) => Ok(compiled),
            Ok(None) | Err(_) => host.compile(EngineKind::Rule, &self.engine, &self.fingerprint, digest, &bytes.await?).await,
        }
    }
}
