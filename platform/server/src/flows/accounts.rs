//! Channel accounts as intake needs them: remembered for a few seconds with their settings and opened secrets.
//! Invariant ACC-1: a change of an account made here takes effect at once; one made on another server within [`REMEMBERED`].

use crate::app::App;
use kernel::{ChannelAccountId, TenantId};
use moka::future::Cache;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use switchyard_core::channels::{ChannelAccount, account, tokens};
use switchyard_host::{AccountContext, installation};
use tenants::{
    Actor, RightSet,
    secrets::{self, Owner},
};

const REMEMBERED: Duration = Duration::from_secs(5);
const ACCOUNTS_MAX: u64 = 20_000;

/// An account, and what calling its connector needs when it has one that is active.
#[derive(Clone, Debug)]
pub struct Ready {
    pub account: ChannelAccount,
    pub context: Option<AccountContext>,
    /// Of its tokens: who is refused with these looks for newer ones.
    pub generation: i64,
}

#[derive(Clone)]
pub struct Accounts {
    known: Cache<(TenantId, ChannelAccountId), Option<Arc<Ready>>>,
}

impl Default for Accounts {
    fn default() -> Self {
        Self { known: Cache::builder().max_capacity(ACCOUNTS_MAX).time_to_live(REMEMBERED).build() }
    }
}

impl Accounts {
    /// The account, `None` when the actor's tenant has none of that id.
    pub async fn get(&self, app: &App, actor: &Actor, id: ChannelAccountId) -> Result<Option<Arc<Ready>>, anyhow::Error> {
        let key = (actor.tenant, id);
        if let Some(known) = self.known.get(&key).await {
            return Ok(known);
        }
        let ready = load(app, actor, id).await?.map(Arc::new);
        self.known.insert(key, ready.clone()).await;
        Ok(ready)
    }

    /// The same for the product itself.
    pub async fn of_tenant(&self, app: &App, tenant: TenantId, id: ChannelAccountId) -> Result<Option<Arc<Ready>>, anyhow::Error> {
        self.get(app, &Actor::system(tenant, "intake", RightSet::default()), id).await
    }

    pub async fn forget(&self, tenant: TenantId, id: ChannelAccountId) {
        self.known.invalidate(&(tenant, id)).await;
    }
}

async fn load(app: &App, actor: &Actor, id: ChannelAccountId) -> Result<Option<Ready>, anyhow::Error> {
    let mut tx = app.directory.begin(actor).await?;
    let Some(account) = account::get(&mut tx, id).await? else { return Ok(None) };
    let Some(installation) = account.installation else { return Ok(Some(Ready { account, context: None, generation: 0 })) };
    let installation = match installation::find(&mut tx, installation).await {
        Ok(installation) => installation,
        Err(installation::InstallError::NotFound) => return Ok(Some(Ready { account, context: None, generation: 0 })),
        Err(other) => return Err(other.into()),
    };
    let settings: BTreeMap<String, String> = serde_json::from_value(account.settings.clone()).unwrap_or_default();
    // Before the secrets: tokens newer than their generation are renewed once too often at worst, never too seldom.
    let generation = tokens::standing(&mut tx, id).await?.generation;
    let secrets = secrets::open_all_live(&mut tx, Owner::ChannelAccount(id)).await?;
    let context = installation.context(actor.tenant, id, settings, secrets);
    Ok(Some(Ready { account, context, generation }))
}
