//! Shifts: who answers for a drawer from one count to the next.
//! Invariant SHIFT-1: nothing goes into a drawer or out of it without an open shift, so a closed one takes no tender.
//! Invariant SHIFT-2: what a shift should hold is what its drawer's account comes to; what is counted otherwise is posted.
//! Invariant SHIFT-3: one shift is open in a drawer at a time.

use super::balance;
use super::drawers::{self, of_account};
use super::entry::{Entry, EntryError, Head, Line};
use super::post::{self, PostError, WhenClosed};
use super::{Account, Role, settings};
use kernel::{Currency, Decimal, DrawerId, EntryId, OrderId, Page, PageLimit, ShiftId, Timestamp};
use serde_json::json;
use std::collections::BTreeMap;
use tenants::rights::WorkShifts;
use tenants::{Permit, TenantTx, audit};
use uuid::Uuid;

/// Movements of one shift shown.
pub const MOVEMENTS_MAX: i64 = 2_000;
const NOTE_CHARS_MAX: usize = 500;

#[derive(Clone, Debug, PartialEq)]
pub struct Shift {
    pub id: ShiftId,
    pub drawer: DrawerId,
    pub drawer_name: String,
    pub branch: Option<String>,
    pub currency: String,
    pub opened_at: Timestamp,
    pub opened_by: String,
    pub opening: Decimal,
    pub closed_at: Option<Timestamp>,
    pub closed_by: Option<String>,
    pub expected: Option<Decimal>,
    pub counted: Option<Decimal>,
    pub note: Option<String>,
}

/// What went in (positive) or out during a shift.
#[derive(Clone, Debug, PartialEq)]
pub struct Movement {
    pub entry: EntryId,
    pub kind: String,
    pub amount: Decimal,
    pub memo: Option<String>,
    pub order: Option<OrderId>,
    pub order_number: Option<i64>,
    pub at: Timestamp,
}

#[derive(Debug, thiserror::Error)]
pub enum ShiftError {
    #[error("the shift is not known")]
    Unknown,
    #[error("the drawer is not known")]
    UnknownDrawer,
    #[error("a shift is open in this drawer already")]
    OpenAlready,
    #[error("the shift was closed already")]
    ClosedAlready,
    #[error("{field}: {expected}")]
    Field { field: &'static str, expected: &'static str },
    #[error("there are {left} in the drawer: no more can be taken out")]
    NotThere { left: Decimal },
    #[error(transparent)]
    Entry(#[from] EntryError),
    #[error(transparent)]
    Post(#[from] PostError),
    #[error(transparent)]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for ShiftError {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error().and_then(|e| e.constraint()) {
            Some("cash_shifts_open") => Self::OpenAlready,
            _ => Self::Database(error),
        }
    }
}

/// What the entries put into drawers goes to the shifts that are open there (SHIFT-1). What is taken back and put there again
/// by the same posting moves nothing.
pub(super) async fn follow(tx: &mut TenantTx, entries: &[&Entry]) -> Result<(), PostError> {
    let mut moved: BTreeMap<DrawerId, Vec<(&Entry, Decimal)>> = BTreeMap::new();
    for entry in entries {
        for line in entry.lines() {
            let Some(drawer) = of_account(&line.account) else { continue };
            let of_drawer = moved.entry(drawer).or_default();
            match of_drawer.last_mut() {
                Some((last, amount)) if last.id() == entry.id() => *amount += line.amount,
                _ => of_drawer.push((entry, line.amount)),
            }
        }
    }
    moved.retain(|_, entries| !entries.iter().map(|(_, amount)| *amount).sum::<Decimal>().is_zero());
    if moved.is_empty() {
        return Ok(());
    }
    let drawers: Vec<Uuid> = moved.keys().map(|drawer| drawer.uuid()).collect();
    // Shared: a shift is closed only when nobody is posting to it.
    let open = sqlx::query!(
        r#"select id as "id: ShiftId", drawer_id as "drawer: DrawerId" from tenant.cash_shifts where tenant_id = $1 and drawer_id = any($2) and closed_at is null order by id for share"#,
        tx.tenant(),
        &drawers,
    )
    .fetch_all(tx.conn())
    .await?;
    let (mut shifts, mut ids, mut kinds, mut amounts) = (vec![], vec![], vec![], vec![]);
    for (drawer, entries) in moved {
        let shift = open.iter().find(|row| row.drawer == drawer).ok_or(PostError::NoShift(drawer))?;
        for (entry, amount) in entries.into_iter().filter(|(_, amount)| !amount.is_zero()) {
            shifts.push(shift.id.uuid());
            ids.push(entry.id().uuid());
            kinds.push(entry.head().kind.clone());
            amounts.push(amount);
        }
    }
    sqlx::query!(
        "insert into tenant.cash_shift_entries (tenant_id, shift_id, entry_id, kind, amount) select $1, * from unnest($2::uuid[], $3::uuid[], $4::text[], $5::numeric[])",
        tx.tenant(),
        &shifts,
        &ids,
        &kinds,
        &amounts,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

fn note(note: Option<&str>) -> Result<Option<String>, ShiftError> {
    let note = note.map(str::trim).filter(|note| !note.is_empty());
    if note.is_some_and(|note| note.chars().count() > NOTE_CHARS_MAX || note.chars().any(char::is_control)) {
        return Err(ShiftError::Field { field: "note", expected: "at most 500 characters without control characters" });
    }
    Ok(note.map(str::to_owned))
}

fn counted(field: &'static str, amount: Decimal, currency: Currency) -> Result<Decimal, ShiftError> {
    let fits = amount >= Decimal::ZERO && amount.normalize().scale() <= currency.exponent() && amount < Decimal::from(100_000_000_000_000_i64);
    if fits { Ok(amount.normalize()) } else { Err(ShiftError::Field { field, expected: "an amount of at least zero with the decimals of its currency" }) }
}

/// Opens a shift with what was counted (SHIFT-3). What that is other than the books say comes from, or goes to, `float_account`.
pub async fn open(tx: &mut TenantTx, _: Permit<WorkShifts>, drawer: DrawerId, float: Decimal, float_account: &Account) -> Result<ShiftId, ShiftError> {
    settings::open_books(tx).await?;
    let currency = sqlx::query_scalar!(r#"select currency as "currency!" from tenant.cash_drawers where tenant_id = $1 and id = $2 for update"#, tx.tenant(), drawer.uuid())
        .fetch_optional(tx.conn())
        .await?
        .ok_or(ShiftError::UnknownDrawer)?;
    let currency: Currency = currency.parse().unwrap_or(Currency::USD);
    let float = counted("float", float, currency)?;
    outside("float_account", float_account)?;
    let (id, tenant, by, now) = (ShiftId::new(), tx.tenant(), tx.actor().who.to_string(), tx.now());
    sqlx::query!("insert into tenant.cash_shifts (tenant_id, id, drawer_id, opened_at, opened_by, opening) values ($1, $2, $3, $4, $5, $6)", tenant, id.uuid(), drawer.uuid(), now, by, float)
        .execute(tx.conn())
        .await?;
    let held = balance::of_account(tx, &drawers::account(drawer), currency.code()).await?;
    post_move(tx, id, drawer, "shift_float", currency, float - held, float_account, None).await?;
    audit::write(tx, "shift.opened", Some(&id), json!({"drawer": drawer, "float": float})).await?;
    Ok(id)
}

/// Where cash of a drawer may come from or go to: no drawer, and nothing that an order or a claim keeps.
fn outside(field: &'static str, account: &Account) -> Result<(), ShiftError> {
    let kept = matches!(account.role, Role::Ar | Role::CustomerDeposits | Role::VoucherPaid | Role::StoreCredit | Role::Loyalty | Role::RefundPayable);
    if of_account(account).is_none() && !kept { Ok(()) } else { Err(ShiftError::Field { field, expected: "an account such as cash:safe, bank or suspense:coffee" }) }
}

#[allow(clippy::too_many_arguments, reason = "the parts of one entry")]
async fn post_move(tx: &mut TenantTx, shift: ShiftId, drawer: DrawerId, kind: &str, currency: Currency, into: Decimal, other: &Account, memo: Option<String>) -> Result<(), ShiftError> {
    if into.is_zero() {
        return Ok(());
    }
    let head = Head { cause: format!("{shift}/{kind}/{}", EntryId::new()), kind: kind.to_owned(), order: None, reverses: None, memo, occurred_at: tx.now(), not_before: None };
    let entry = Entry::balanced(head, currency, [Line::debit(drawers::account(drawer), into), Line::credit(other.clone(), into)])?;
    post::post(tx, std::slice::from_ref(&entry), WhenClosed::Refuse).await?;
    Ok(())
}

/// Puts cash into the drawer, or takes it out (negative), for a reason.
pub async fn pay(tx: &mut TenantTx, _: Permit<WorkShifts>, id: ShiftId, into: Decimal, other: &Account, reason: &str) -> Result<(), ShiftError> {
    settings::open_books(tx).await?;
    let (drawer, currency) = lock(tx, id).await?;
    counted("amount", into.abs(), currency)?;
    if into.is_zero() {
        return Err(ShiftError::Field { field: "amount", expected: "a positive amount" });
    }
    let reason = note(Some(reason))?.ok_or(ShiftError::Field { field: "reason", expected: "1 to 500 characters" })?;
    outside("account", other)?;
    let held = balance::of_account(tx, &drawers::account(drawer), currency.code()).await?;
    if held + into < Decimal::ZERO {
        return Err(ShiftError::NotThere { left: held });
    }
    post_move(tx, id, drawer, if into > Decimal::ZERO { "paid_in" } else { "paid_out" }, currency, into, other, Some(reason)).await
}

/// The drawer of an open shift, locked: nobody posts to it or closes it meanwhile.
async fn lock(tx: &mut TenantTx, id: ShiftId) -> Result<(DrawerId, Currency), ShiftError> {
    let row = sqlx::query!(
        r#"select s.drawer_id as "drawer: DrawerId", s.closed_at, d.currency as "currency!" from tenant.cash_shifts s join tenant.cash_drawers d on d.tenant_id = $1 and d.id = s.drawer_id
           where s.tenant_id = $1 and s.id = $2 for update of s"#,
        tx.tenant(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?
    .ok_or(ShiftError::Unknown)?;
    if row.closed_at.is_some() { Err(ShiftError::ClosedAlready) } else { Ok((row.drawer, row.currency.parse().unwrap_or(Currency::USD))) }
}

/// Closes a shift with what was counted; over and short are posted (SHIFT-2).
pub async fn close(tx: &mut TenantTx, _: Permit<WorkShifts>, id: ShiftId, count: Decimal, remark: Option<&str>) -> Result<(), ShiftError> {
    settings::open_books(tx).await?;
    let (drawer, currency) = lock(tx, id).await?;
    let count = counted("counted", count, currency)?;
    let remark = note(remark)?;
    let expected = balance::of_account(tx, &drawers::account(drawer), currency.code()).await?;
    post_move(tx, id, drawer, "cash_over_short", currency, count - expected, &Role::CashOverShort.into(), remark.clone()).await?;
    let (tenant, by, now) = (tx.tenant(), tx.actor().who.to_string(), tx.now());
    sqlx::query!(
        "update tenant.cash_shifts set closed_at = $3, closed_by = $4, expected = $5, counted = $6, note = $7 where tenant_id = $1 and id = $2 and closed_at is null",
        tenant,
        id.uuid(),
        now,
        by,
        expected,
        count,
        remark,
    )
    .execute(tx.conn())
    .await?;
    audit::write(tx, "shift.closed", Some(&id), json!({"expected": expected, "counted": count})).await?;
    Ok(())
}

/// One page, newest first; `drawer` narrows it.
pub async fn page(tx: &mut TenantTx, _: Permit<WorkShifts>, only: Option<ShiftId>, drawer: Option<DrawerId>, before: Option<(Timestamp, ShiftId)>, limit: PageLimit) -> Result<Page<Shift, (Timestamp, ShiftId)>, sqlx::Error> {
    let (at, id) = before.unzip();
    let rows = sqlx::query_as!(
        Shift,
        r#"select s.id as "id: ShiftId", s.drawer_id as "drawer: DrawerId", d.name as drawer_name, d.branch, d.currency as "currency!", s.opened_at, s.opened_by, s.opening, s.closed_at, s.closed_by,
             s.expected, s.counted, s.note
           from tenant.cash_shifts s join tenant.cash_drawers d on d.tenant_id = $1 and d.id = s.drawer_id
           where s.tenant_id = $1 and ($2::uuid is null or s.id = $2) and ($3::uuid is null or s.drawer_id = $3) and ($4::timestamptz is null or (s.opened_at, s.id) < ($4, $5::uuid))
           order by s.opened_at desc, s.id desc limit $6"#,
        tx.tenant(),
        only.map(ShiftId::uuid),
        drawer.map(DrawerId::uuid),
        at,
        id.map(ShiftId::uuid),
        limit.rows() + 1,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(Page::from_fetched(rows, limit, |row| (row.opened_at, row.id)))
}

/// A shift with what moved during it and what its drawer should hold now.
pub async fn report(tx: &mut TenantTx, permit: Permit<WorkShifts>, id: ShiftId) -> Result<Option<(Shift, Vec<Movement>, Decimal)>, sqlx::Error> {
    let Some(shift) = page(tx, permit, Some(id), None, None, PageLimit::DEFAULT).await?.rows.pop() else { return Ok(None) };
    let movements = sqlx::query_as!(
        Movement,
        r#"select m.entry_id as "entry: EntryId", m.kind, m.amount, e.memo, e.order_id as "order: OrderId", o.number as "order_number?", e.recorded_at as at
           from tenant.cash_shift_entries m join tenant.ledger_entries e on e.tenant_id = $1 and e.id = m.entry_id left join tenant.orders o on o.tenant_id = $1 and o.id = e.order_id
           where m.tenant_id = $1 and m.shift_id = $2 order by e.recorded_at, e.id limit $3"#,
        tx.tenant(),
        id.uuid(),
        MOVEMENTS_MAX,
    )
    .fetch_all(tx.conn())
    .await?;
    let now = match shift.expected {
        Some(expected) => expected.normalize(),
        None => balance::of_account(tx, &drawers::account(shift.drawer), &shift.currency).await?,
    };
    Ok(Some((shift, movements, now)))
}

/// Closed shifts whose movements do not lead from what was counted first to what was counted last. There are none (SHIFT-1,
/// SHIFT-2); `verify` asks.
pub async fn differences(tx: &mut TenantTx) -> Result<Vec<String>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select s.id as "id: ShiftId", s.opening, s.counted as "counted!", coalesce(sum(m.amount) filter (where m.kind <> 'shift_float'), 0) as "moved!"
           from tenant.cash_shifts s left join tenant.cash_shift_entries m on m.tenant_id = $1 and m.shift_id = s.id
           where s.tenant_id = $1 and s.closed_at is not null group by s.tenant_id, s.id having s.opening + coalesce(sum(m.amount) filter (where m.kind <> 'shift_float'), 0) <> s.counted limit 1000"#,
        tx.tenant(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| format!("shift {}: counted {}, computed {}", row.id, row.counted.normalize(), (row.opening + row.moved).normalize())).collect())
}
