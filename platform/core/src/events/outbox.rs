//! The outbox: events written in the transaction of what they tell of.
//! Invariant OUT-1: an event exists exactly when its transaction committed.

use chrono::{DateTime, Utc};
use tenants::TenantTx;
use uuid::Uuid;

/// How many events one read returns at most.
pub const READ_MAX: i64 = 500;

#[derive(Clone, Debug)]
pub struct Event {
    pub id: Uuid,
    pub topic: String,
    pub subject: Option<Uuid>,
    pub payload: serde_json::Value,
    pub at: DateTime<Utc>,
}

/// Adds an event to the transaction.
pub async fn append(tx: &mut TenantTx, topic: &str, subject: Uuid, payload: serde_json::Value) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into tenant.outbox (tenant_id, id, topic, subject, payload, at) values ($1, $2, $3, $4, $5, $6)",
        tx.tenant(),
        Uuid::now_v7(),
        topic,
        subject,
        payload,
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Events after `after`, oldest first, at most [`READ_MAX`].
///
/// Ids are made before their transaction commits, so a slow transaction may add an id behind one already read. A reader
/// therefore reads again from a little earlier (see [`rewound`]) and drops what it has sent.
pub async fn since(tx: &mut TenantTx, after: Uuid, topic_prefix: &str) -> Result<Vec<Event>, sqlx::Error> {
    sqlx::query_as!(
        Event,
        "select id, topic, subject, payload, at from tenant.outbox
         where tenant_id = $1 and id > $2 and starts_with(topic, $3) order by id limit $4",
        tx.tenant(),
        after,
        topic_prefix,
        READ_MAX,
    )
    .fetch_all(tx.conn())
    .await
}

/// The smallest id of the instant `seconds` before that of `id`.
pub fn rewound(id: Uuid, seconds: u64) -> Uuid {
    let millis = (id.as_u128() >> 80) as u64;
    Uuid::from_u128(u128::from(millis.saturating_sub(seconds * 1000)) << 80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rewound_is_before_ids_of_the_last_seconds() {
        let id = Uuid::now_v7();
        assert!(rewound(id, 5) < id);
        assert!(rewound(Uuid::nil(), 5) == Uuid::nil());
    }
}
