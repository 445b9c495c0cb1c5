//! The facts of orders, as kept. The only reader of `tenant.order_facts`: what an undone import told is left out here.

use super::fact::What;
use super::fold::StoredFact;
use kernel::{Decimal, FactId, ImportId, OrderId};
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

/// Voids what an import told of the next `limit` orders after `after`, and names these orders. Whoever voids refolds them.
pub async fn void(tx: &mut TenantTx, import: ImportId, after: OrderId, limit: i64) -> Result<Vec<OrderId>, sqlx::Error> {
    let (tenant, by, now) = (tx.tenant(), tx.actor().who.to_string(), tx.now());
    // `left(cause, 4)` is what the index on imported facts is restricted to.
    let orders = sqlx::query_scalar!(
        r#"with told as (
             select distinct f.order_id from tenant.order_facts f
             where f.tenant_id = $1 and left(f.cause, 4) = 'imp_' and f.cause = $2 and f.order_id > $3
               and not exists (select from tenant.voided_facts v where v.tenant_id = $1 and v.order_id = f.order_id and v.fact_id = f.id)
             order by f.order_id limit $4
           ), voided as (
             insert into tenant.voided_facts (tenant_id, order_id, fact_id, cause, voided_by, voided_at)
             select $1, f.order_id, f.id, f.cause, $5, $6 from tenant.order_facts f join told on told.order_id = f.order_id
             where f.tenant_id = $1 and left(f.cause, 4) = 'imp_' and f.cause = $2
             on conflict do nothing
             returning order_id
           )
           select distinct order_id as "order_id!" from voided order by 1"#,
        tenant,
        import.to_string(),
        after.uuid(),
        limit,
        by,
        now,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(orders.into_iter().map(OrderId).collect())
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
