//! Claims: what customers hold against us and may pay with: vouchers sold, points, store credit, money on account. A claim
//! has a sub-account of its own, so whatever is posted there is on it: payments, returns, refunds, reversals alike.
//! Invariant CLAIM-1: a claim's balance is what its account in the ledger comes to.
//! Invariant CLAIM-2: a claim is never spent twice: it does not go below zero, from however many connections.
//! Invariant CLAIM-3: what a claim pays is the sum of its movements.

pub mod end;
pub mod issue;
pub mod list;
pub mod points;
pub mod program;

use super::account::{Account, Role};
use super::entry::Entry;
use super::post::PostError;
use kernel::{ClaimId, Currency, Decimal, EntryId, OrderId};
use std::collections::{BTreeMap, BTreeSet};
use tenants::TenantTx;
use uuid::Uuid;

pub const CODE_CHARS_MAX: usize = 64;
pub const HOLDER_CHARS_MAX: usize = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Voucher,
    Points,
    StoreCredit,
    /// Received from a company and not applied to an order yet.
    OnAccount,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Voucher, Self::Points, Self::StoreCredit, Self::OnAccount];

    pub fn word(self) -> &'static str {
        match self {
            Self::Voucher => "voucher",
            Self::Points => "points",
            Self::StoreCredit => "store_credit",
            Self::OnAccount => "on_account",
        }
    }
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
    pub fn role(self) -> Role {
        match self {
            Self::Voucher => Role::VoucherPaid,
            Self::Points => Role::Loyalty,
            Self::StoreCredit => Role::StoreCredit,
            Self::OnAccount => Role::CustomerDeposits,
        }
    }
    pub fn account(self, claim: ClaimId) -> Account {
        Account::new(self.role(), Some(&claim.to_string()))
    }
    fn of_role(role: Role) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.role() == role)
    }
}

/// A claim and what is left on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    pub id: ClaimId,
    pub kind: Kind,
    pub currency: Currency,
    pub balance: Decimal,
    pub face: Decimal,
    pub unit_value: Option<Decimal>,
    pub expires_on: Option<chrono::NaiveDate>,
}

impl Claim {
    pub fn account(&self) -> Account {
        self.kind.account(self.id)
    }
    /// What the books give up when so much of it pays: all of it takes the remainder.
    pub fn carrying_of(&self, face: Decimal, settings: &super::Settings) -> Decimal {
        settings.rounding.share(self.balance, face.min(self.face), self.face, self.currency.exponent())
    }
}

/// Finds a claim by its id or its code, locked until the transaction ends.
pub async fn lock(tx: &mut TenantTx, kind: Kind, named: &str) -> Result<Option<Claim>, sqlx::Error> {
    let id: Option<ClaimId> = named.trim().parse().ok();
    let row = sqlx::query!(
        r#"select id as "id: ClaimId", currency as "currency!", balance, face, unit_value, expires_on from tenant.claims
           where tenant_id = $1 and kind = $2 and (id = $3 or $3::uuid is null and code = $4) for update"#,
        tx.tenant(),
        kind.word(),
        id.map(ClaimId::uuid),
        code_of(named),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Claim {
        id: row.id,
        kind,
        currency: row.currency.parse().unwrap_or(Currency::USD),
        balance: row.balance.normalize(),
        face: row.face.normalize(),
        unit_value: row.unit_value.map(|value| value.normalize()),
        expires_on: row.expires_on,
    }))
}

/// Codes are compared as they are printed: without spaces, in capitals.
pub fn code_of(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect()
}

/// The claim an account belongs to, and whether the line moves what it carries or only what it pays.
fn claim_of(account: &Account) -> Option<(ClaimId, bool)> {
    let claim = account.sub()?.parse().ok()?;
    match account.role {
        Role::ContraPointsDiff => Some((claim, false)),
        role => Kind::of_role(role).map(|_| (claim, true)),
    }
}

/// Carries what was posted to the claims (CLAIM-1, CLAIM-2). `face`: what the one entry is worth when that is not what it carries.
pub(super) async fn follow(tx: &mut TenantTx, entries: &[&Entry], face: Option<Decimal>) -> Result<(), PostError> {
    let mut moved: BTreeMap<(ClaimId, EntryId), (Decimal, Decimal, &Entry)> = BTreeMap::new();
    let mut roles: BTreeSet<(ClaimId, &'static str, &'static str)> = BTreeSet::new();
    for entry in entries {
        for line in entry.lines() {
            let Some((claim, carries)) = claim_of(&line.account) else { continue };
            let (carrying, worth, _) = moved.entry((claim, entry.id())).or_insert((Decimal::ZERO, Decimal::ZERO, entry));
            *worth -= line.amount;
            if carries {
                *carrying -= line.amount;
                roles.insert((claim, line.account.role.word(), entry.currency().code()));
            }
        }
    }
    if moved.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = moved.keys().map(|(claim, _)| claim.uuid()).collect::<BTreeSet<_>>().into_iter().collect();
    let known = sqlx::query!(r#"select id as "id: ClaimId", kind, currency as "currency!" from tenant.claims where tenant_id = $1 and id = any($2) order by id for update"#, tx.tenant(), &ids)
        .fetch_all(tx.conn())
        .await?;
    for (claim, role, currency) in &roles {
        let fits = |kind: &str| Kind::of_word(kind).is_some_and(|kind| kind.role().word() == *role);
        if !known.iter().any(|row| row.id == *claim && fits(&row.kind) && row.currency == *currency) {
            return Err(PostError::UnknownClaim(*claim));
        }
    }
    let (mut claims, mut entry_ids, mut kinds, mut carrying, mut faces, mut orders) = (vec![], vec![], vec![], vec![], vec![], vec![]);
    for ((claim, id), (carries, worth, entry)) in &moved {
        claims.push(claim.uuid());
        entry_ids.push(id.uuid());
        kinds.push(entry.head().kind.clone());
        carrying.push(*carries);
        faces.push(face.unwrap_or(*worth));
        orders.push(entry.head().order.map(OrderId::uuid));
    }
    sqlx::query!(
        "with moved as (
           select * from unnest($2::uuid[], $3::uuid[], $4::text[], $5::numeric[], $6::numeric[], $7::uuid[]) as m(claim_id, entry_id, kind, carrying, face, order_id)
         ), kept as (
           insert into tenant.claim_movements (tenant_id, claim_id, entry_id, kind, carrying, face, order_id, at)
           select $1, claim_id, entry_id, kind, carrying, face, order_id, $8 from moved
         ), sums as (select claim_id, sum(carrying) as carrying, sum(face) as face from moved group by claim_id)
         update tenant.claims c set balance = c.balance + s.carrying, face = c.face + s.face from sums s where c.tenant_id = $1 and c.id = s.claim_id",
        tx.tenant(),
        &claims,
        &entry_ids,
        &kinds,
        &carrying,
        &faces,
        &orders as &[Option<Uuid>],
        tx.now(),
    )
    .execute(tx.conn())
    .await
    .map_err(|error| match error.as_database_error().and_then(|e| e.constraint()) {
        Some("claims_covered") => PostError::NotCovered,
        _ => PostError::Database(error),
    })?;
    Ok(())
}

/// Claims that are not what the ledger and their movements say, in words. There are none (CLAIM-1, CLAIM-3); `verify` asks.
pub async fn differences(tx: &mut TenantTx) -> Result<Vec<String>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"with posted as (
             select split_part(l.account, ':', 2) as name, split_part(l.account, ':', 1) as role, -sum(l.amount) as amount
             from tenant.ledger_entries e, unnest(e.accounts, e.amounts) as l(account, amount)
             where e.tenant_id = $1 and split_part(l.account, ':', 1) in ('voucher_paid', 'store_credit', 'loyalty', 'customer_deposits') and split_part(l.account, ':', 2) like 'clm\_%'
             group by 1, 2 having sum(l.amount) <> 0
           ), moved as (select claim_id, sum(carrying) as carrying, sum(face) as face from tenant.claim_movements where tenant_id = $1 group by claim_id),
           kept as (
             select c.id, 'clm_' || replace(c.id::text, '-', '') as name, c.balance, c.face,
               case c.kind when 'voucher' then 'voucher_paid' when 'points' then 'loyalty' when 'store_credit' then 'store_credit' else 'customer_deposits' end as role
             from tenant.claims c where c.tenant_id = $1
           )
           select coalesce(k.name, p.name) as "claim!", coalesce(k.balance, 0) as "balance!", coalesce(p.amount, 0) as "posted!", coalesce(k.face, 0) as "face!", coalesce(m.face, 0) as "moved!"
           from kept k full join posted p on p.name = k.name and p.role = k.role left join moved m on m.claim_id = k.id
           where coalesce(k.balance, 0) <> coalesce(p.amount, 0) or coalesce(k.balance, 0) <> coalesce(m.carrying, 0) or coalesce(k.face, 0) <> coalesce(m.face, 0) limit 1000"#,
        tx.tenant(),
    )
    .fetch_all(tx.conn())
    .await?;
    let shown = |amount: Decimal| amount.normalize();
    Ok(rows
        .into_iter()
        .map(|row| format!("claim {}: stored {} (pays {}), computed {} (pays {})", row.claim, shown(row.balance), shown(row.face), shown(row.posted), shown(row.moved)))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_compared_as_they_are_printed() {
        assert_eq!(code_of(" gv-20 26\t"), "GV-2026");
    }

    #[test]
    fn claim_1_the_last_of_a_claim_takes_what_is_left_in_the_books() {
        let claim = Claim { id: ClaimId::new(), kind: Kind::Points, currency: Currency::VND, balance: 16_667.into(), face: 20_000.into(), unit_value: Some(1.into()), expires_on: None };
        let settings = super::super::Settings::default();
        assert_eq!(claim.carrying_of(20_000.into(), &settings), 16_667.into());
        assert_eq!(claim.carrying_of(10_000.into(), &settings), 8_334.into());
        assert_eq!(claim_of(&Kind::Points.account(claim.id)), Some((claim.id, true)));
        assert_eq!(claim_of(&Account::new(Role::Cash, Some(&claim.id.to_string()))), None);
        assert_eq!(claim_of(&Role::VoucherPaid.into()), None);
    }
}
