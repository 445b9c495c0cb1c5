//! Points: earned with an order (P2), taken back with what of it came back (P8c). Redeemed they are a tender of the order.
//! Invariant POINTS-1: an order earns once, on what it sold net of tax; what stays earned is the share of it that stays sold.

use super::issue::{ClaimError, wrong};
use super::{HOLDER_CHARS_MAX, Kind, code_of, program};
use crate::finance::entry::{Entry, Head, Line};
use crate::finance::post::{self, WhenClosed};
use crate::finance::{Role, events, settings};
use kernel::{ClaimId, Currency, Decimal, EntryId, OrderId};
use tenants::rights::TenderOrders;
use tenants::{Permit, TenantTx};
use uuid::Uuid;

const EARNED: &str = "claim_points_earned";
const TAKEN_BACK: &str = "claim_points_taken_back";

/// Makes an account of points for a member, named by a card or phone number.
pub async fn join(tx: &mut TenantTx, _: Permit<TenderOrders>, code: &str, holder: Option<&str>) -> Result<ClaimId, ClaimError> {
    let program = program::newest(tx).await?.ok_or(ClaimError::NoProgram)?;
    let code = code_of(code);
    if code.is_empty() || code.chars().count() > super::CODE_CHARS_MAX || code.chars().any(char::is_control) || code.starts_with("CLM_") {
        return wrong("code", "1 to 64 characters, not beginning with clm_");
    }
    let holder = holder.map(str::trim).filter(|holder| !holder.is_empty());
    if holder.is_some_and(|holder| holder.chars().count() > HOLDER_CHARS_MAX || holder.chars().any(char::is_control)) {
        return wrong("holder", "at most 200 characters without control characters");
    }
    let (id, tenant, by, now) = (ClaimId::new(), tx.tenant(), tx.actor().who.to_string(), tx.now());
    sqlx::query!(
        "insert into tenant.claims (tenant_id, id, kind, code, holder, currency, unit_value, created_at, created_by) values ($1, $2, 'points', $3, $4, $5, $6, $7, $8)",
        tenant,
        id.uuid(),
        code,
        holder,
        program.currency.code(),
        program.point_value,
        now,
        by,
    )
    .execute(tx.conn())
    .await?;
    Ok(id)
}

/// What an order sold and what of that stays sold, net of tax.
async fn revenue(tx: &mut TenantTx, order: Uuid, currency: &str) -> Result<(Decimal, Decimal), sqlx::Error> {
    let row = sqlx::query!(
        r#"select coalesce(-sum(l.amount) filter (where split_part(l.account, ':', 1) <> 'sales_returns' and (e.kind = 'sale' or r.kind = 'sale')), 0) as "sold!", coalesce(-sum(l.amount), 0) as "kept!"
           from tenant.ledger_entries e left join tenant.ledger_entries r on r.tenant_id = $1 and r.id = e.reverses, unnest(e.accounts, e.amounts) as l(account, amount)
           where e.tenant_id = $1 and e.order_id = $2 and e.currency = $3 and coalesce(r.kind, e.kind) in ('sale', 'return', 'allowance')
             and split_part(l.account, ':', 1) in ('sales', 'sales_returns', 'contra_marketing', 'contra_voucher', 'contra_price_override', 'contra_shipping', 'contra_points_diff')"#,
        tx.tenant(),
        order,
        currency,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok((row.sold, row.kept))
}

/// Points for what an order sold (P2, POINTS-1). Returns the face of them.
pub async fn earn(tx: &mut TenantTx, _: Permit<TenderOrders>, claim: ClaimId, order: OrderId) -> Result<Decimal, ClaimError> {
    let rounding = settings::open_books(tx).await?.newest().rounding;
    let known = sqlx::query_scalar!("select id from tenant.orders where tenant_id = $1 and id = $2 for update", tx.tenant(), order.uuid()).fetch_optional(tx.conn()).await?;
    if known.is_none() {
        return wrong("order_id", "the id of an order");
    }
    let earned = sqlx::query_scalar!(r#"select exists(select from tenant.claim_movements where tenant_id = $1 and order_id = $2 and kind = $3) as "any!""#, tx.tenant(), order.uuid(), EARNED).fetch_one(tx.conn()).await?;
    if earned {
        return Err(ClaimError::EarnedAlready);
    }
    let program = program::newest(tx).await?.ok_or(ClaimError::NoProgram)?;
    let claim = super::lock(tx, Kind::Points, &claim.to_string()).await?.ok_or(ClaimError::Unknown)?;
    let (_, kept) = revenue(tx, order.uuid(), program.currency.code()).await?;
    let (face, alone) = program.earned(kept);
    if face.is_zero() || claim.currency != program.currency {
        return wrong("order_id", "an order that sold enough for a point, in the currency of the program");
    }
    // Points keep the worth of the member's account.
    let face = face * claim.unit_value.unwrap_or(program.point_value) / program.point_value;
    let lines = events::points_earned(kept, alone, rounding, program.currency).into_iter().map(|line| if line.account.role == Role::Loyalty { Line { account: claim.account(), ..line } } else { line });
    let head = Head {
        cause: format!("{}/earned/{order}", claim.id),
        kind: EARNED.into(),
        order: Some(order),
        reverses: None,
        memo: None,
        occurred_at: tx.now(),
        not_before: None,
    };
    let entry = Entry::balanced(head, program.currency, lines)?;
    post::post_worth(tx, std::slice::from_ref(&entry), WhenClosed::FirstOpenDay, Some(face)).await?;
    if let Some(days) = program.valid_days {
        let until = tx.now().date_naive() + chrono::Days::new(u64::from(days.unsigned_abs()));
        sqlx::query!("update tenant.claims set expires_on = greatest(expires_on, $3) where tenant_id = $1 and id = $2", tx.tenant(), claim.id.uuid(), until).execute(tx.conn()).await?;
    }
    Ok(face)
}

/// Takes back what was earned with the parts of orders that came back (P8c, POINTS-1), as far as it is still there: what was
/// spent meanwhile stays given. The orders are locked by this transaction, the books are open.
pub async fn follow_returns(tx: &mut TenantTx, orders: &[Uuid]) -> Result<(), ClaimError> {
    let earned = sqlx::query!(
        r#"select m.order_id as "order_id!", m.claim_id as "claim: ClaimId", c.currency as "currency!", sum(m.face) filter (where m.kind = $3) as "face!", sum(m.carrying) filter (where m.kind = $3) as "carrying!",
             coalesce(-sum(m.face) filter (where m.kind = $4), 0) as "face_back!", coalesce(-sum(m.carrying) filter (where m.kind = $4), 0) as "carrying_back!"
           from tenant.claim_movements m join tenant.claims c on c.tenant_id = $1 and c.id = m.claim_id
           where m.tenant_id = $1 and m.order_id = any($2) and m.kind in ($3, $4) group by 1, 2, 3 having count(*) filter (where m.kind = $3) > 0 order by 2, 1"#,
        tx.tenant(),
        orders,
        EARNED,
        TAKEN_BACK,
    )
    .fetch_all(tx.conn())
    .await?;
    for row in earned {
        let currency: Currency = row.currency.parse().unwrap_or(Currency::USD);
        let (sold, kept) = revenue(tx, row.order_id, currency.code()).await?;
        let Some(claim) = super::lock(tx, Kind::Points, &row.claim.to_string()).await? else { continue };
        let rounding = settings::open_books(tx).await?.newest().rounding;
        let stays = |whole: Decimal| rounding.share(whole, kept.clamp(Decimal::ZERO, sold), sold, currency.exponent());
        let face = (row.face - row.face_back - stays(row.face)).min(claim.face);
        let carrying = if face == claim.face { claim.balance } else { (row.carrying - row.carrying_back - stays(row.carrying)).min(claim.balance) };
        if face <= Decimal::ZERO || carrying <= Decimal::ZERO {
            continue;
        }
        let head = Head {
            cause: format!("{}/taken_back/{}/{}", claim.id, OrderId(row.order_id), EntryId::new()),
            kind: TAKEN_BACK.into(),
            order: Some(OrderId(row.order_id)),
            reverses: None,
            memo: None,
            occurred_at: tx.now(),
            not_before: None,
        };
        let entry = Entry::balanced(head, currency, [Line::debit(claim.account(), carrying), Line::credit(Role::ContraLoyaltyDeferred, carrying)])?;
        post::post_worth(tx, std::slice::from_ref(&entry), WhenClosed::FirstOpenDay, Some(-face)).await?;
    }
    Ok(())
}
