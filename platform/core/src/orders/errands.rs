//! What the channel of an order is asked to do: an outbox of acts.
//! Invariant ERRAND-1: an errand exists exactly when the act it carries was committed, and keeps its id through every attempt.
//! Invariant ERRAND-2: the same act is asked for once while it is under way or done.
//! Invariant ERRAND-3: what the connector does not carry is never queued.

use super::fact::LineQuantity;
use crate::events::outbox;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use kernel::{ChannelAccountId, ErrandId, Money, OrderId, Page, PageLimit, Quantity, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use tenants::rights::{EditOrders, ReadChannels, ReadOrders};
use tenants::{Permit, TenantTx, audit};
use uuid::Uuid;

/// Errands of one order shown at most.
pub const SHOWN_MAX: i64 = 200;
/// Stock levels one errand carries.
pub const LEVELS_MAX: usize = 50;
/// Bytes of an invoice that is sent along.
pub const INVOICE_BYTES_MAX: usize = 1 << 20;
const REASON_CHARS_MAX: usize = 500;

/// What a channel is asked to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "body")]
pub enum Action {
    Confirm,
    Pack(Parcel),
    Ship(Parcel),
    Cancel(WishedCancellation),
    Stock(Vec<Level>),
    Invoice(InvoiceCopy),
    Document(TaxDocument),
}

impl Action {
    /// What connectors say they carry; a tax document is carried by who carries invoices.
    pub const KINDS: [&'static str; 6] = ["confirm", "pack", "ship", "cancel", "stock", "invoice"];
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Pack(_) => "pack",
            Self::Ship(_) => "ship",
            Self::Cancel(_) => "cancel",
            Self::Stock(_) => "stock",
            Self::Invoice(_) => "invoice",
            Self::Document(_) => "document",
        }
    }
}

/// Goods that leave together. Empty `lines` means the whole order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Parcel {
    pub carrier: Option<String>,
    pub tracking: Option<String>,
    #[serde(default)]
    pub lines: Vec<LineQuantity>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    OutOfStock,
    BuyerAsked,
    Address,
    Price,
    #[default]
    Other,
}

impl CancelReason {
    pub fn word(self) -> &'static str {
        match self {
            Self::OutOfStock => "out_of_stock",
            Self::BuyerAsked => "buyer_asked",
            Self::Address => "address",
            Self::Price => "price",
            Self::Other => "other",
        }
    }
}

/// Empty `lines` means the whole order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WishedCancellation {
    pub reason: CancelReason,
    pub detail: Option<String>,
    #[serde(default)]
    pub lines: Vec<LineQuantity>,
}

/// How many of a listing may still be sold. `listing`: the channel's id of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    pub listing: String,
    pub sku: Option<String>,
    pub available: Quantity,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InvoiceCopy {
    pub number: String,
    pub issued_at: Timestamp,
    pub total: Money,
    pub media_type: String,
    #[serde(serialize_with = "as_base64", deserialize_with = "from_base64")]
    pub body: Vec<u8>,
}

/// A tax document for the provider that carries it to the authority. It never changes, so what it says is read when it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxDocument {
    pub id: String,
    pub number: String,
}

fn as_base64<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&STANDARD.encode(bytes))
}
fn from_base64<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    STANDARD.decode(String::deserialize(from)?).map_err(D::Error::custom)
}

/// The channel's own no to one subject (an order, a line, a listing), in its own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub subject: String,
    pub code: String,
    pub detail: String,
}

/// An errand as people see it.
#[derive(Clone, Debug)]
pub struct Errand {
    pub id: ErrandId,
    pub account: ChannelAccountId,
    pub order: Option<OrderId>,
    pub kind: String,
    /// `queued`, `sending`, `retrying`, `done`, `refused`, `gave_up`, `unsupported`, `dropped`
    pub state: String,
    pub attempts: i32,
    pub due_at: Timestamp,
    pub asked_by: String,
    pub asked_at: Timestamp,
    pub sent_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub reference: Option<String>,
    pub refusals: Vec<Refusal>,
    pub error_code: Option<String>,
    pub error: Option<String>,
    /// What is asked, without the bytes of documents.
    pub action: serde_json::Value,
}

impl Errand {
    /// It is under way or was carried: the same is not asked again (ERRAND-2).
    pub fn stands(&self) -> bool {
        matches!(self.state.as_str(), "queued" | "sending" | "retrying" | "done")
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ErrandError {
    #[error("the errand is not known")]
    Unknown,
    #[error("the channel's connector does not carry this act ({0})")]
    NotCarried(&'static str),
    #[error("the channel was asked for this already: errand {0} is {1}")]
    AskedAlready(ErrandId, String),
    #[error("the errand is {0}: it cannot be {1}")]
    Ended(String, &'static str),
    #[error("reason is empty, longer than {REASON_CHARS_MAX} characters or holds a control character")]
    BadReason,
    #[error("what is asked cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// What the connector of an account says it carries; the outer `None`: there is no connector.
async fn said(tx: &mut TenantTx, account: ChannelAccountId) -> Result<Option<Option<Vec<String>>>, sqlx::Error> {
    let said = sqlx::query_scalar!(
        "select i.grants->'pushes' from tenant.channel_accounts a join tenant.plugin_installations i on i.tenant_id = $1 and i.id = a.installation_id
         where a.tenant_id = $1 and a.id = $2 and a.state <> 'disconnected'",
        tx.tenant(),
        account.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(said.map(|pushes| pushes.and_then(|list| serde_json::from_value(list).ok())))
}

/// One that does not say is asked for everything but invoices.
fn among(said: &Option<Option<Vec<String>>>, kind: &str) -> bool {
    match said {
        None => false,
        Some(None) => kind != "invoice",
        Some(Some(list)) => list.iter().any(|known| known == kind),
    }
}

/// Whether the connector of an account carries an act to its channel.
pub async fn carries(tx: &mut TenantTx, account: ChannelAccountId, kind: &str) -> Result<bool, sqlx::Error> {
    Ok(among(&said(tx, account).await?, kind))
}

/// What of our acts a connector carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carries {
    pub pack: bool,
    pub ship: bool,
    pub cancel: bool,
}

pub async fn carried(tx: &mut TenantTx, account: ChannelAccountId) -> Result<Carries, sqlx::Error> {
    let said = said(tx, account).await?;
    Ok(Carries { pack: among(&said, "pack"), ship: among(&said, "ship"), cancel: among(&said, "cancel") })
}

/// Asks the channel of an order for something, in the transaction of the act (ERRAND-1). The caller holds the order locked,
/// and whoever saw the order before sees it changed.
pub async fn ask(tx: &mut TenantTx, account: ChannelAccountId, order: OrderId, external_id: &str, action: &Action) -> Result<ErrandId, ErrandError> {
    if !carries(tx, account, action.kind()).await? {
        return Err(ErrandError::NotCarried(action.kind()));
    }
    let written = serde_json::to_value(action)?;
    let digest: [u8; 32] = Sha256::new().chain_update(order.uuid()).chain_update(serde_json::to_vec(&written)?).finalize().into();
    let known = sqlx::query!(
        r#"select id as "id: ErrandId", state from tenant.errands
           where tenant_id = $1 and order_id = $2 and digest = $3 and state in ('queued', 'sending', 'retrying', 'done') order by id desc limit 1"#,
        tx.tenant(),
        order.uuid(),
        &digest[..],
    )
    .fetch_optional(tx.conn())
    .await?;
    if let Some(known) = known {
        return Err(ErrandError::AskedAlready(known.id, known.state));
    }
    let id = ErrandId::new();
    insert(tx, id, account, Some(order), Some(external_id), action.kind(), written, digest).await?;
    touch(tx, order).await?;
    Ok(id)
}

/// Asks a channel for stock levels; the newest word about a listing is the last that is carried (LANE-5). Channels take 20 to 100
/// levels in a call, some one listing: many are cut into errands of [`LEVELS_MAX`], each of which is done, refused or repeated on
/// its own. The errands in order, at least one.
pub async fn ask_stock(tx: &mut TenantTx, account: ChannelAccountId, levels: Vec<Level>) -> Result<Vec<ErrandId>, ErrandError> {
    const KIND: &str = "stock";
    if !carries(tx, account, KIND).await? {
        return Err(ErrandError::NotCarried(KIND));
    }
    let mut asked = Vec::with_capacity(levels.len().div_ceil(LEVELS_MAX));
    for some in last_words(levels).chunks(LEVELS_MAX) {
        let (id, written) = (ErrandId::new(), serde_json::to_value(Action::Stock(some.to_vec()))?);
        let digest: [u8; 32] = Sha256::new().chain_update(account.uuid()).chain_update(serde_json::to_vec(&written)?).finalize().into();
        insert(tx, id, account, None, None, KIND, written, digest).await?;
        asked.push(id);
    }
    Ok(asked)
}

/// A listing told twice counts as told last: cut apart, the two would overtake one another.
fn last_words(levels: Vec<Level>) -> Vec<Level> {
    let mut kept: Vec<Level> = Vec::with_capacity(levels.len());
    let mut places: HashMap<String, usize> = HashMap::new();
    for level in levels {
        match places.get(&level.listing) {
            Some(place) => kept[*place] = level,
            None => {
                places.insert(level.listing.clone(), kept.len());
                kept.push(level);
            }
        }
    }
    kept
}

/// Asks a provider to carry a tax document to the authority; one at a time, and none when one was carried (ERRAND-2).
pub async fn ask_document(tx: &mut TenantTx, account: ChannelAccountId, document: TaxDocument) -> Result<ErrandId, ErrandError> {
    if !carries(tx, account, "invoice").await? {
        return Err(ErrandError::NotCarried("invoice"));
    }
    if let Some(known) = of_document(tx, &document.id).await?.filter(Errand::stands) {
        return Err(ErrandError::AskedAlready(known.id, known.state));
    }
    let (id, external, action) = (ErrandId::new(), document.id.clone(), Action::Document(document));
    let digest: [u8; 32] = Sha256::new().chain_update("document ").chain_update(&external).finalize().into();
    insert(tx, id, account, None, Some(&external), action.kind(), serde_json::to_value(&action)?, digest).await?;
    Ok(id)
}

/// The newest errand of a tax document.
pub async fn of_document(tx: &mut TenantTx, document: &str) -> Result<Option<Errand>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        r#"select id as "id: ErrandId", channel_account_id as "account: ChannelAccountId", order_id as "order: OrderId", kind, state, attempts, due_at, asked_by, asked_at, sent_at, ended_at,
             reference, refusals, error_code, error, coalesce(action->'body', 'null') as "action!"
           from tenant.errands where tenant_id = $1 and external_id = $2 and kind = 'document' order by id desc limit 1"#,
        tx.tenant(),
        document,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Errand::from))
}

#[allow(clippy::too_many_arguments)] // the columns of a row
async fn insert(tx: &mut TenantTx, id: ErrandId, account: ChannelAccountId, order: Option<OrderId>, external: Option<&str>, kind: &str, action: serde_json::Value, digest: [u8; 32]) -> Result<(), sqlx::Error> {
    let (tenant, now, by) = (tx.tenant(), tx.now(), tx.actor().who.to_string());
    sqlx::query!(
        "insert into tenant.errands (tenant_id, id, channel_account_id, order_id, external_id, kind, action, digest, state, due_at, asked_by, asked_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', $9, $10, $9)",
        tenant,
        id.uuid(),
        account.uuid(),
        order.map(OrderId::uuid) as Option<Uuid>,
        external,
        kind,
        action,
        &digest[..],
        now,
        by,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whoever looks at the order looks again: an errand of it is another than before.
pub async fn touch(tx: &mut TenantTx, order: OrderId) -> Result<(), sqlx::Error> {
    let number = sqlx::query_scalar!(
        "update tenant.orders set version = version + 1, updated_at = $3 where tenant_id = $1 and id = $2 returning number",
        tx.tenant(),
        order.uuid(),
        tx.now(),
    )
    .fetch_one(tx.conn())
    .await?;
    outbox::append(tx, "order.updated", order.uuid(), serde_json::json!({"number": number})).await
}

/// How far the channel of an order has done what it was asked: `waiting`, `failed`, `synced`; `None` when it was asked nothing.
pub async fn synced(tx: &mut TenantTx, order: OrderId) -> Result<Option<&'static str>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select count(*) filter (where state in ('queued', 'sending', 'retrying')) as "waiting!",
             count(*) filter (where state in ('refused', 'gave_up', 'unsupported')) as "failed!", count(*) filter (where state = 'done') as "done!"
           from tenant.errands where tenant_id = $1 and order_id = $2"#,
        tx.tenant(),
        order.uuid(),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(match (row.waiting, row.failed, row.done) {
        (1.., ..) => Some("waiting"),
        (_, 1.., _) => Some("failed"),
        (_, _, 1..) => Some("synced"),
        _ => None,
    })
}

struct Row {
    id: ErrandId,
    account: ChannelAccountId,
    order: Option<OrderId>,
    kind: String,
    state: String,
    attempts: i32,
    due_at: Timestamp,
    asked_by: String,
    asked_at: Timestamp,
    sent_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    reference: Option<String>,
    refusals: serde_json::Value,
    error_code: Option<String>,
    error: Option<String>,
    action: serde_json::Value,
}

impl From<Row> for Errand {
    fn from(row: Row) -> Self {
        let Row { id, account, order, kind, state, attempts, due_at, asked_by, asked_at, sent_at, ended_at, reference, refusals, error_code, error, action } = row;
        Self { id, account, order, kind, state, attempts, due_at, asked_by, asked_at, sent_at, ended_at, reference, refusals: serde_json::from_value(refusals).unwrap_or_default(), error_code, error, action }
    }
}

/// The errands of an order, newest first, at most [`SHOWN_MAX`].
pub async fn of_order(tx: &mut TenantTx, _: Permit<ReadOrders>, order: OrderId) -> Result<Vec<Errand>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id as "id: ErrandId", channel_account_id as "account: ChannelAccountId", order_id as "order: OrderId", kind, state, attempts, due_at, asked_by, asked_at, sent_at, ended_at,
             reference, refusals, error_code, error, case kind when 'invoice' then (action->'body') - 'body' else coalesce(action->'body', 'null') end as "action!"
           from tenant.errands where tenant_id = $1 and order_id = $2 order by id desc limit $3"#,
        tx.tenant(),
        order.uuid(),
        SHOWN_MAX,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Errand::from).collect())
}

/// The errands of an account, newest first; only those that are not done with `open`.
pub async fn of_account(tx: &mut TenantTx, _: Permit<ReadChannels>, account: ChannelAccountId, open: bool, limit: PageLimit, after: Option<ErrandId>) -> Result<Page<Errand, ErrandId>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id as "id: ErrandId", channel_account_id as "account: ChannelAccountId", order_id as "order: OrderId", kind, state, attempts, due_at, asked_by, asked_at, sent_at, ended_at,
             reference, refusals, error_code, error, case kind when 'invoice' then (action->'body') - 'body' else coalesce(action->'body', 'null') end as "action!"
           from tenant.errands where tenant_id = $1 and channel_account_id = $2 and (not $3 or state not in ('done', 'dropped')) and ($4::uuid is null or id < $4)
           order by id desc limit $5"#,
        tx.tenant(),
        account.uuid(),
        open,
        after.map(ErrandId::uuid) as Option<Uuid>,
        limit.rows() + 1,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(Page::from_fetched(rows.into_iter().map(Errand::from).collect(), limit, |errand| errand.id))
}

/// One errand.
pub async fn get(tx: &mut TenantTx, id: ErrandId) -> Result<Errand, ErrandError> {
    let row = sqlx::query_as!(
        Row,
        r#"select id as "id: ErrandId", channel_account_id as "account: ChannelAccountId", order_id as "order: OrderId", kind, state, attempts, due_at, asked_by, asked_at, sent_at, ended_at,
             reference, refusals, error_code, error, case kind when 'invoice' then (action->'body') - 'body' else coalesce(action->'body', 'null') end as "action!"
           from tenant.errands where tenant_id = $1 and id = $2"#,
        tx.tenant(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(Errand::from).ok_or(ErrandError::Unknown)
}

/// A person has it tried again, now and as often as a new one. One under way is left to its carrier.
pub async fn retry(tx: &mut TenantTx, _: Permit<EditOrders>, id: ErrandId) -> Result<Errand, ErrandError> {
    settle_by_hand(tx, id, &["retrying", "refused", "gave_up", "unsupported"], "queued", "tried again", "").await
}

/// A person lets it be: the channel is not asked any more.
pub async fn give_up(tx: &mut TenantTx, _: Permit<EditOrders>, id: ErrandId, reason: &str) -> Result<Errand, ErrandError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX || reason.chars().any(char::is_control) {
        return Err(ErrandError::BadReason);
    }
    settle_by_hand(tx, id, &["queued", "retrying", "refused", "gave_up", "unsupported"], "dropped", "dropped", reason).await
}

async fn settle_by_hand(tx: &mut TenantTx, id: ErrandId, from: &[&str], to: &'static str, word: &'static str, reason: &str) -> Result<Errand, ErrandError> {
    let before = get(tx, id).await?;
    let from: Vec<String> = from.iter().map(|state| (*state).to_owned()).collect();
    let changed = sqlx::query!(
        "update tenant.errands set state = $3, due_at = $4, attempts = case when $3 = 'queued' then 0 else attempts end, ended_at = case when $3 = 'queued' then null else $4::timestamptz end
         where tenant_id = $1 and id = $2 and state = any($5)",
        tx.tenant(),
        id.uuid(),
        to,
        tx.now(),
        &from,
    )
    .execute(tx.conn())
    .await?;
    if changed.rows_affected() == 0 {
        return Err(ErrandError::Ended(before.state, word));
    }
    let act = if to == "queued" { "errand.retried" } else { "errand.dropped" };
    audit::write(tx, act, Some(&id), serde_json::json!({"kind": before.kind, "before": before.state, "reason": reason})).await?;
    if let Some(order) = before.order {
        touch(tx, order).await?;
    }
    get(tx, id).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_told_twice_counts_as_told_last() {
        let level = |listing: &str, available: i64| Level { listing: listing.into(), sku: None, available: kernel::Decimal::from(available).try_into().unwrap() };
        assert_eq!(last_words(vec![level("a", 1), level("b", 2), level("a", 3)]), [level("a", 3), level("b", 2)]);
    }

    #[test]
    fn an_action_is_kept_as_it_was_asked() {
        let copy = InvoiceCopy { number: "A-1".into(), issued_at: Timestamp::UNIX_EPOCH, total: Money::new(12.into(), kernel::Currency::VND), media_type: "application/xml".into(), body: vec![0, 255, b'<'] };
        for action in [Action::Confirm, Action::Ship(Parcel { tracking: Some("T".into()), ..Parcel::default() }), Action::Invoice(copy)] {
            let written = serde_json::to_value(&action).unwrap();
            assert_eq!(written["kind"], action.kind());
            assert_eq!(serde_json::from_value::<Action>(written).unwrap(), action);
            assert!(Action::KINDS.contains(&action.kind()));
        }
    }
}
