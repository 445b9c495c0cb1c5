//! Calling a connector: a fresh store for every call, from what is compiled and linked already.

use crate::{
    Host,
    account::AccountContext,
    answer::{Delivery, Errand, Fetched, Origin, Pulled, Pushed, Reception, Reference, Rejection, Window},
    contract::{v0_1::ChannelConnectorPre, wire},
    exchange::{self, Exchange, Link},
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
    Push(wire::Errand),
    Renewal,
    Authorization { redirect: String, state: String },
    Authorized(Vec<wire::Pair>),
}

enum Told {
    Received(Result<wire::Reception, wire::Rejection>),
    Fetched(Result<wire::Fetched, wire::PluginError>),
    Pulled(Result<wire::Pulled, wire::PluginError>),
    Pushed(Result<wire::Pushed, wire::PluginError>),
    Exchange(Result<Option<wire::Exchange>, wire::PluginError>),
    Link(Result<Option<wire::Link>, wire::PluginError>),
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

    /// Carries an act of ours to the channel.
    pub async fn push(&self, account: &AccountContext, errand: &Errand) -> Result<Pushed, CallFailure> {
        let input = Sha256::digest(format!("{}\n{:?}\n{}", errand.id, errand.order, errand.action.kind())).into();
        let action = exchange::action(errand.action.clone()).ok_or_else(|| CallFailure::new("plugin.unsupported", "connectors are not asked for this"))?;
        let asked = wire::Errand { id: errand.id.clone(), order: errand.order.clone(), action };
        let answer = self.call(account, Function::Push, Budget::calling_out(), input, Question::Push(asked), |told| match told {
            Told::Pushed(Ok(pushed)) => Some(translate::pushed(pushed).map(Ok)),
            Told::Pushed(Err(error)) => Some(Ok(Err(plugin_error(error)))),
            _ => None,
        });
        answer.await?
    }

    /// How a new access token is come by; `None`: this channel's tokens do not end. Pure.
    pub async fn renewal(&self, account: &AccountContext) -> Result<Option<Exchange>, CallFailure> {
        self.told_exchange(account, Function::Renewal, [0; 32], Question::Renewal).await
    }

    /// How what the channel sent back with a person is traded for tokens; `None`: nothing is to be traded. Pure.
    pub async fn authorized(&self, account: &AccountContext, answer: Vec<(String, String)>) -> Result<Option<Exchange>, CallFailure> {
        let names: Vec<&str> = answer.iter().map(|(name, _)| name.as_str()).collect();
        // A code is as good as a token until it is traded: its value enters no record.
        let input = Sha256::digest(names.join("\n")).into();
        let pairs = answer.into_iter().map(|(key, value)| wire::Pair { key, value }).collect();
        self.told_exchange(account, Function::Authorized, input, Question::Authorized(pairs)).await
    }

    /// Where a person goes to let us into their shop; `None`: the channel is connected by typing in its keys. Pure.
    pub async fn authorization(&self, account: &AccountContext, redirect: &str, state: &str) -> Result<Option<String>, CallFailure> {
        let input = Sha256::digest(redirect).into();
        let question = Question::Authorization { redirect: redirect.to_owned(), state: state.to_owned() };
        let grants = account.grants.clone();
        let answer = self.call(account, Function::Authorization, Budget::receive(0), input, question, move |told| match told {
            Told::Link(Ok(link)) => Some(link.map(|link| exchange::link(link, &grants)).transpose().map(Ok)),
            Told::Link(Err(error)) => Some(Ok(Err(plugin_error(error)))),
            _ => None,
        });
        let link: Option<Link> = answer.await??;
        link.map(|link| link.signed(account)).transpose()
    }

    async fn told_exchange(&self, account: &AccountContext, function: Function, input: [u8; 32], question: Question) -> Result<Option<Exchange>, CallFailure> {
        let grants = account.grants.clone();
        let answer = self.call(account, function, Budget::receive(0), input, question, move |told| match told {
            Told::Exchange(Ok(told)) => Some(told.map(|told| exchange::exchange(told, &grants)).transpose().map(Ok)),
            Told::Exchange(Err(error)) => Some(Ok(Err(plugin_error(error)))),
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
        Question::Push(errand) => Told::Pushed(connector.call_push(store, &errand).await?),
        Question::Renewal => Told::Exchange(connector.call_renewal(store).await?),
        Question::Authorization { redirect, state } => Told::Link(connector.call_authorization(store, &redirect, &state).await?),
        Question::Authorized(pairs) => Told::Exchange(connector.call_authorized(store, &pairs).await?),
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
