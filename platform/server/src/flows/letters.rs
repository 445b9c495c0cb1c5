//! Letters of a dunning run go out by mail, one after the other, outside of any transaction; each is noted at once (DUN-3).

use crate::{app::App, http::problem::Problem};
use kernel::{Currency, Decimal, DunningRunId, Money};
use switchyard_core::receivables::{dunning, run};
use tenants::{
    Actor, Permit,
    rights::{ManageReceivables, ReadFinance},
};

/// Sends what waits of a run. A letter whose mail fails keeps its reason and can be seen in the run.
pub async fn send(app: &App, actor: &Actor, permit: Permit<ManageReceivables>, read: Permit<ReadFinance>, id: DunningRunId, seller: &str) -> Result<(), Problem> {
    let mut tx = app.directory.begin(actor).await?;
    let levels = dunning::levels(&mut tx, read).await?;
    let (_, letters) = run::get(&mut tx, read, id).await?;
    drop(tx);
    for letter in letters.into_iter().filter(|letter| letter.state == "failed") {
        let (Some(email), Some(level)) = (&letter.email, levels.iter().find(|level| level.level == letter.level)) else { continue };
        let shown = |amount: Decimal| letter.currency.parse::<Currency>().map_or_else(|_| format!("{amount} {}", letter.currency), |currency| Money::new(amount, currency).to_string());
        let items: Vec<String> = letter
            .items
            .as_array()
            .into_iter()
            .flatten()
            .map(|item| {
                let amount = item["amount"].as_str().and_then(|amount| amount.parse::<Decimal>().ok()).unwrap_or_default();
                format!("- {}: {} ({})", item["number"], shown(amount), item["due_on"].as_str().unwrap_or_default())
            })
            .collect();
        let (amount, days, items) = (shown(letter.amount), letter.oldest_days.to_string(), items.join("\n"));
        let values = [("{company}", letter.company_name.as_str()), ("{amount}", &amount), ("{days}", &days), ("{items}", &items), ("{seller}", seller)];
        let (subject, text) = level.words(&letter.language);
        let sent = app.identity.mailer.write_to(email, &letter.company_name, &dunning::filled(subject, &values), &dunning::filled(text, &values), seller).await;
        let problem = sent.err().map(|error| error.to_string());
        let mut tx = app.directory.begin(actor).await?;
        run::told(&mut tx, permit, letter.id, problem.as_deref()).await?;
        tx.commit().await?;
    }
    Ok(())
}
