//! The facts of orders, as kept. The only reader of `tenant.order_facts`: what an undone import told is left out here.

use super::fact::What;
use super::fold::StoredFact;
use kernel::{Decimal, FactId, OrderId};
use std::collections::BTreeMap;
use tenants::TenantTx;
use uuid::Uuid;

/// Why stored facts could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FactsError {
    #[error("the fact {fact} does not read back: {reason}")]
    Unreadable { fact: FactId, reason: String },
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// All facts that count of the orders named.
pub async fn load(tx: &mut TenantTx, orders: &[Uuid]) -> Result<BTreeMap<OrderId, Vec<StoredFact>>, FactsError> {
    let rows = sqlx::query!(
        "select f.id, f.order_id, f.kind, f.revision, f.digest, f.body, f.actor, f.cause, f.occurred_at, f.recorded_at
         from tenant.order_facts f
         where f.tenant_id = $1 and f.order_id = any($2)
           and not exists (select from tenant.voided_facts v where v.tenant_id = $1 and v.order_id = f.order_id and v.fact_id = f.id)",
        tx.tenant(),
        orders,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut facts: BTreeMap<OrderId, Vec<StoredFact>> = BTreeMap::new();
    for row in rows {
        let fact = FactId(row.id);
        let unreadable = |reason: String| FactsError::Unreadable { fact, reason };
        facts.entry(OrderId(row.order_id)).or_default().push(StoredFact {
            id: fact,
            revision: row.revision.try_into().map_err(|_| unreadable(format!("revision {} is out of range", row.revision)))?,
            digest: row.digest.try_into().map_err(|_| unreadable("the digest is not 32 bytes".into()))?,
            what: What::from_body(&row.kind, row.body).map_err(|error| unreadable(error.to_string()))?,
            actor: row.actor,
            cause: row.cause,
            occurred_at: row.occurred_at,
            recorded_at: row.recorded_at,
        });
    }
    Ok(facts)
}

/// The columns of facts to write, one array each.
#[derive(Default)]
pub(super) struct FactColumns {
    pub id: Vec<Uuid>,
    pub order_id: Vec<Uuid>,
    pub kind: Vec<String>,
    pub subject: Vec<String>,
    pub revision: Vec<Decimal>,
    pub digest: Vec<Vec<u8>>,
    pub body: Vec<serde_json::Value>,
    pub actor: Vec<String>,
    pub cause: Vec<String>,
    pub occurred_at: Vec<kernel::Timestamp>,
}

impl FactColumns {
    pub fn push(&mut self, order: Uuid, fact: &StoredFact, body: serde_json::Value) {
        self.id.push(fact.id.uuid());
        self.order_id.push(order);
        self.kind.push(fact.what.kind().to_owned());
        self.subject.push(fact.what.subject().to_owned());
        self.revision.push(fact.revision.into());
        self.digest.push(fact.digest.to_vec());
        self.body.push(body);
        self.actor.push(fact.actor.clone());
        self.cause.push(fact.cause.clone());
        self.occurred_at.push(fact.occurred_at);
    }
}
