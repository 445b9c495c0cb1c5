//! What a marketplace should keep of a sale, in percent of what buyers pay and the marketplace adds, by kind of fee.

use kernel::{ChannelAccountId, Decimal};
use serde_json::json;
use tenants::rights::{PostFinance, ReadFinance};
use tenants::{Permit, TenantTx, audit};

/// Kinds of fees that can be expected, as the accounts they are posted to.
pub const KINDS: &[&str] = &["mkt_commission", "mkt_payment_fee", "mkt_service_fee", "mkt_affiliate", "mkt_shipping", "mkt_other_fee", "withholding_tax"];

#[derive(Clone, Debug, PartialEq)]
pub struct Rate {
    pub kind: String,
    pub percent: Decimal,
}

#[derive(Debug, thiserror::Error)]
pub enum RateError {
    #[error("rates/{0}: {1}")]
    Field(usize, String),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

pub async fn list(tx: &mut TenantTx, _: Permit<ReadFinance>, shop: ChannelAccountId) -> Result<Vec<Rate>, sqlx::Error> {
    sqlx::query_as!(Rate, "select kind, percent from tenant.settlement_rates where tenant_id = $1 and channel_account_id = $2 order by kind", tx.tenant(), shop.uuid()).fetch_all(tx.conn()).await
}

/// Replaces the shop's rates.
pub async fn set(tx: &mut TenantTx, _: Permit<PostFinance>, shop: ChannelAccountId, rates: &[Rate]) -> Result<(), RateError> {
    for (index, rate) in rates.iter().enumerate() {
        if !KINDS.contains(&rate.kind.as_str()) {
            return Err(RateError::Field(index, format!("kind must be one of {}", KINDS.join(", "))));
        }
        if rates.iter().skip(index + 1).any(|other| other.kind == rate.kind) {
            return Err(RateError::Field(index, format!("{} is there twice", rate.kind)));
        }
        if rate.percent.is_sign_negative() || rate.percent > Decimal::ONE_HUNDRED || rate.percent.normalize().scale() > 4 {
            return Err(RateError::Field(index, "percent must be from 0 to 100 with at most four decimals".into()));
        }
    }
    let (kinds, percents): (Vec<String>, Vec<Decimal>) = rates.iter().map(|rate| (rate.kind.clone(), rate.percent)).unzip();
    sqlx::query!("delete from tenant.settlement_rates where tenant_id = $1 and channel_account_id = $2", tx.tenant(), shop.uuid()).execute(tx.conn()).await?;
    sqlx::query!(
        "insert into tenant.settlement_rates (tenant_id, channel_account_id, kind, percent) select $1, $2, r.kind, r.percent from unnest($3::text[], $4::numeric[]) as r(kind, percent)",
        tx.tenant(),
        shop.uuid(),
        &kinds,
        &percents,
    )
    .execute(tx.conn())
    .await?;
    audit::write(tx, "settlement.rates_set", Some(&shop), json!({"kinds": kinds})).await?;
    Ok(())
}
