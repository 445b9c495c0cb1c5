//! `switchyard plugin replay`: asks a policy again what it was asked, and compares the answer to the byte.
//! Exit code 1 when answer or fuel differ.

use crate::{app::App, config::Config, flows::judging};
use anyhow::bail;
use kernel::DecisionId;
use switchyard_core::credit::decisions;
use tenants::{Actor, rights::ReadOrders, walk};

#[derive(clap::Args)]
pub struct Replay {
    /// `dec_` and 32 hex digits
    decision: DecisionId,
    /// The tenant's slug; all are looked through without it.
    #[arg(long)]
    tenant: Option<String>,
}

pub async fn replay(config: Config, wish: Replay) -> anyhow::Result<()> {
    let app = App::start(config).await?;
    let mut after = None;
    loop {
        let tenants: Vec<_> = match &wish.tenant {
            Some(slug) => walk::tenant_by_slug(&app.directory, slug).await?.into_iter().collect(),
            None => walk::tenants_after(&app.directory, after, 100).await?,
        };
        for tenant in &tenants {
            let actor = Actor::reader(tenant.id, "replay");
            let mut tx = app.directory.begin(&actor).await?;
            let found = decisions::find(&mut tx, actor.may::<ReadOrders>()?, wish.decision).await?;
            drop(tx);
            let Some(decision) = found else { continue };
            let again = judging::replay(&app.host, tenant.id, &decision).await?;
            println!("decision  {} of order {} ({})", wish.decision, decision.row.number, tenant.slug);
            println!("plugin    {} {} {}", decision.row.plugin_name, decision.row.plugin_version, decision.row.digest.as_ref().map(hex::encode).unwrap_or_default());
            println!("recorded  {} fuel {}", decision.output.as_deref().or(decision.row.code.as_deref()).unwrap_or("-"), decision.row.fuel);
            println!("again     {} fuel {}", again.output.as_deref().unwrap_or("-"), again.fuel);
            if !again.identical {
                bail!("the replay differs from what was recorded");
            }
            println!("identical");
            return Ok(());
        }
        after = tenants.last().map(|tenant| tenant.id);
        if wish.tenant.is_some() || tenants.len() < 100 {
            bail!("there is no decision {}", wish.decision);
        }
    }
}
