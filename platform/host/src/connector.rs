//! Calling a connector: a fresh store for every call, from what is compiled and linked already.

use crate::{
    Host,
    account::AccountContext,
    answer::{Delivery, Fetched, Origin, Pulled, Reception, Reference, Rejection, Window},
    contract::{v0_1::ChannelConnectorPre, wire},
    failure::{self, CallFailure},
    guest::{Function, GuestState},
    limits::{Budget, LimitExceeded},
    outside::Abandon,
    runs::{Cost, Run},
    translate::{self, InvalidOutput},
};
use sha2::{Digest, Sha256};
use std::{
    sync::Arc,
    time::Instant,
};
use wasmtime::{Engine, Store, UpdateDeadline};

/// Fuel between two points where other calls may run.
const YIELD_FUEL: u64 = 5_000_000;
pub const REFERENCES_PER_FETCH_MAX: usize = 50;

/// A connector ready to be instantiated.
#[derive(Clone)]
pub struct LoadedConnector {
    pub(crate) pre: Arc<ChannelConnectorPre<GuestState>>,
}

enum Question {
    Receive(wire::Delivery),
    Fetch(Vec<wire::Reference>),
    Pull(wire::Window),
}

enum Told {
    Received(Result<wire::Reception, wire::Rejection>),
    Fetched(Result<wire::Fetched, wire::PluginError>),
    Pulled(Result<wire::Pulled, wire::PluginError>),
}

impl Host {
    /// Verifies and translates one message. Pure: the guest reaches neither network nor store.
    pub async fn receive(&self, account: &AccountContext, delivery: Delivery) -> Result<Result<Reception, Rejection>, CallFailure> {
        let bytes = delivery.body.len();
        let budget = if delivery.origin == Origin::Webhook { Budget::receive(bytes) } else { Budget::document(bytes) };
        let input = Sha256::digest(&delivery.body).into();
        let question = Question::Receive(wire::Delivery {
            origin: match delivery.origin {
                Origin::Webhook => wire::Origin::Webhook,
                Origin::Document => wire::Origin::Document,
            },
            method: delivery.method.word().into(),
            url: delivery.url,
            headers: delivery.headers.into_iter().map(|(key, value)| wire::Pair { key, value }).collect(),
            body: delivery.body,
            received_at: delivery.received_at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        });
        self.call(account, Function::Receive, budget, input, question, |told| match told {
            Told::Received(Ok(reception)) => Some(translate::reception(reception).map(Ok)),
            Told::Received(Err(rejection)) => Some(translate::rejection(rejection).map(Err)),
            _ => None,
        })
        .await
    }

    /// Fetches what notifications only named, at most [`REFERENCES_PER_FETCH_MAX`] at once.
    pub async fn fetch(&self, account: &AccountContext, references: &[Reference]) -> Result<Fetched, CallFailure> {
        if references.len() > REFERENCES_PER_FETCH_MAX {
            return Err(CallFailure::new("host.input", format!("{} references: at most {REFERENCES_PER_FETCH_MAX} a call", references.len())));
        }
        let mut hasher = Sha256::new();
        references.iter().for_each(|r| hasher.update(format!("{}:{}\n", r.kind.word(), r.id)));
        let asked = references.iter().map(|r| wire::Reference { kind: r.kind.word().into(), id: r.id.clone() }).collect();
        let answer = self.call(account, Function::Fetch, Budget::calling_out(), hasher.finalize().into(), Question::Fetch(asked), |told| match told {
            Told::Fetched(Ok(fetched)) => Some(translate::fetched(fetched).map(Ok)),
            Told::Fetched(Err(error)) => Some(Ok(Err(plugin_error(error)))),
            _ => None,
        });
        answer.await?
    }

    /// Asks the channel for what changed in a window.
    pub async fn pull(&self, account: &AccountContext, window: Window) -> Result<Pulled, CallFailure> {
        let instant = |at: kernel::Timestamp| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let asked = wire::Window { since: instant(window.since), until: instant(window.until), cursor: window.cursor, limit: window.limit };
        let input = Sha256::digest(format!("{}\n{}\n{:?}\n{}", asked.since, asked.until, asked.cursor, asked.limit)).into();
        let answer = self.call(account, Function::Pull, Budget::calling_out(), input, Question::Pull(asked), |told| match told {
            Told::Pulled(Ok(pulled)) => Some(translate::pulled(pulled).map(Ok)),
            Told::Pulled(Err(error)) => Some(Ok(Err(plugin_error(error)))),
            _ => None,
        });
        answer.await?
    }

    async fn call<T: Send + 'static>(
        &self,
        account: &AccountContext,
        function: Function,
        budget: Budget,
        input: [u8; 32],
        question: Question,
        check: impl FnOnce(Told) -> Option<Result<T, InvalidOutput>> + Send + 'static,
    ) -> Result<T, CallFailure> {
        let installation = account.installation;
        self.breakers.admit(installation, Instant::now()).map_err(|reason| CallFailure::new("suspended", reason))?;
        let prepared = async {
            let loaded = self.connector(account.digest).await?;
            let admitted = self.admission.admit(account.tenant).await?;
            Ok::<_, CallFailure>((loaded, admitted))
        };
        let (loaded, admitted) = prepared.await.inspect_err(|_| self.breakers.not_run(installation))?;
        let state = GuestState::new(function, account.clone(), &budget, self.outside.clone());
        let engine = self.connector_engine.clone();
        // Guest code runs inside `poll`, so it runs on threads of its own, never on those that serve HTTP.
        let task = self.guests.spawn(async move {
            let started = Instant::now();
            let (answer, state, fuel) = run(&engine, &loaded, state, &budget, question).await;
            drop(admitted);
            let answer = answer.and_then(|told| match check(told) {
                Some(checked) => checked.map_err(|e| CallFailure::new("invalid.output", e.to_string())),
                None => Err(CallFailure::new("host.failed", "the answer is of another function")),
            });
            (answer, Cost { fuel, peak_memory: state.limiter.peak(), micros: started.elapsed().as_micros() }, state)
        });
        // When the caller goes away the call ends with it: the future is dropped, and the store with the future.
        let (answer, cost, mut state) = match (&mut Abandon(task).0).await {
            Ok(done) => done,
            Err(why) => {
                tracing::error!(plugin.installation = %installation, "a plugin call broke the host: {why}");
                self.breakers.trapped(installation, "host.failed", Instant::now());
                return Err(CallFailure::new("host.failed", "the plugin call broke off"));
            }
        };
        match &answer {
            Err(failure) if failure.counts_as_trap() => {
                if self.breakers.trapped(installation, failure.code, Instant::now()) {
                    tracing::warn!(plugin.installation = %installation, plugin.digest = %account.digest, "a plugin is suspended: {failure}");
                }
            }
            _ => self.breakers.succeeded(installation),
        }
        self.runs.record(Run {
            tenant: account.tenant,
            installation,
            digest: account.digest,
            config_version: account.config_version,
            function,
            input,
            failure: answer.as_ref().err().cloned(),
            cost,
            log: state.log.finish(),
            at: chrono::Utc::now(),
        });
        answer
    }
}

/// Instantiates and calls, within the budget. The state and the fuel used come back whatever happened.
async fn run(engine: &Engine, loaded: &LoadedConnector, state: GuestState, budget: &Budget, question: Question) -> (Result<Told, CallFailure>, GuestState, u64) {
    let mut store = Store::new(engine, state);
    let answer = match limit(&mut store, budget) {
        Ok(()) => match tokio::time::timeout(budget.wall, ask(&mut store, loaded, question)).await {
            Ok(answer) => answer.map_err(|error| failure::from_wasmtime(&error)),
            Err(_) => Err(CallFailure::new("limit.wall", LimitExceeded::Wall(budget.wall).to_string())),
        },
        Err(error) => Err(CallFailure::new("host.failed", format!("{error:#}"))),
    };
    let fuel = budget.fuel.saturating_sub(store.get_fuel().unwrap_or(0));
    (answer, store.into_data(), fuel)
}

fn limit(store: &mut Store<GuestState>, budget: &Budget) -> wasmtime::Result<()> {
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

async fn ask(store: &mut Store<GuestState>, loaded: &LoadedConnector, question: Question) -> wasmtime::Result<Told> {
    let instance = loaded.pre.instantiate_async(&mut *store).await?;
    let connector = instance.switchyard_plugin_connector();
    Ok(match question {
        Question::Receive(delivery) => Told::Received(connector.call_receive(store, &delivery).await?),
        Question::Fetch(references) => Told::Fetched(connector.call_fetch(store, &references).await?),
        Question::Pull(window) => Told::Pulled(connector.call_pull(store, &window).await?),
    })
}

fn plugin_error(error: wire::PluginError) -> CallFailure {
    use wire::PluginError;
    match error {
        PluginError::InvalidConfig(text) => CallFailure::new("plugin.invalid_config", text),
        PluginError::InvalidInput(text) => CallFailure::new("plugin.invalid_input", text),
        PluginError::Unsupported(text) => CallFailure::new("plugin.unsupported", text),
        PluginError::Retryable(text) => CallFailure::new("plugin.retryable", text),
        PluginError::Permanent(text) => CallFailure::new("plugin.permanent", text),
        PluginError::Unauthorized(text) => CallFailure::new("plugin.unauthorized", text),
    }
}
