//! Reading claims: what there is, what moved, and the sum of each kind beside the account it is in.

use super::Kind;
use crate::finance::balance;
use chrono::NaiveDate;
use kernel::{ClaimId, CompanyId, Decimal, EntryId, OrderId, Page, PageLimit, Timestamp};
use tenants::rights::ReadFinance;
use tenants::{Permit, TenantTx};

/// Movements of one claim shown.
pub const MOVEMENTS_MAX: i64 = 500;

#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub id: ClaimId,
    pub kind: String,
    pub code: String,
    pub holder: Option<String>,
    pub company: Option<CompanyId>,
    pub currency: String,
    pub unit_value: Option<Decimal>,
    pub balance: Decimal,
    pub face: Decimal,
    pub expires_on: Option<NaiveDate>,
    pub created_at: Timestamp,
    pub created_by: String,
}

#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub id: Option<ClaimId>,
    pub kind: Option<Kind>,
    /// A part of the code or the holder's name.
    pub text: Option<String>,
    pub with_balance: bool,
}

/// One page, newest first.
pub async fn page(tx: &mut TenantTx, _: Permit<ReadFinance>, filter: &Filter, before: Option<(Timestamp, ClaimId)>, limit: PageLimit) -> Result<Page<Row, (Timestamp, ClaimId)>, sqlx::Error> {
    let (before_at, before_id) = before.unzip();
    let rows = sqlx::query_as!(
        Row,
        r#"select id as "id: ClaimId", kind, code, coalesce(holder, (select name from tenant.companies c where c.tenant_id = $1 and c.id = company_id)) as holder, company_id as "company: CompanyId",
             currency as "currency!", unit_value, balance, face, expires_on, created_at, created_by
           from tenant.claims
           where tenant_id = $1 and ($2::uuid is null or id = $2) and ($3::text is null or kind = $3)
             and ($4::text is null or strpos(code, upper($4)) > 0 or strpos(lower(coalesce(holder, '')), lower($4)) > 0)
             and (not $5 or face > 0) and ($6::timestamptz is null or (created_at, id) < ($6, $7::uuid))
           order by created_at desc, id desc limit $8"#,
        tx.tenant(),
        filter.id.map(ClaimId::uuid),
        filter.kind.map(Kind::word),
        filter.text,
        filter.with_balance,
        before_at,
        before_id.map(ClaimId::uuid),
        limit.rows() + 1,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(Page::from_fetched(rows, limit, |row| (row.created_at, row.id)))
}

pub async fn get(tx: &mut TenantTx, permit: Permit<ReadFinance>, id: ClaimId) -> Result<Option<Row>, sqlx::Error> {
    let filter = Filter { id: Some(id), ..Filter::default() };
    Ok(page(tx, permit, &filter, None, PageLimit::DEFAULT).await?.rows.pop())
}

#[derive(Clone, Debug, PartialEq)]
pub struct Movement {
    pub entry: EntryId,
    pub kind: String,
    pub carrying: Decimal,
    pub face: Decimal,
    pub order: Option<OrderId>,
    pub order_number: Option<i64>,
    pub at: Timestamp,
}

/// What moved a claim, newest first.
pub async fn movements(tx: &mut TenantTx, _: Permit<ReadFinance>, id: ClaimId) -> Result<Vec<Movement>, sqlx::Error> {
    sqlx::query_as!(
        Movement,
        r#"select m.entry_id as "entry: EntryId", m.kind, m.carrying, m.face, m.order_id as "order: OrderId", o.number as "order_number?", m.at
           from tenant.claim_movements m left join tenant.orders o on o.tenant_id = $1 and o.id = m.order_id
           where m.tenant_id = $1 and m.claim_id = $2 order by m.at desc, m.entry_id desc limit $3"#,
        tx.tenant(),
        id.uuid(),
        MOVEMENTS_MAX,
    )
    .fetch_all(tx.conn())
    .await
}

/// What all claims of a kind come to, beside the account of their role.
#[derive(Clone, Debug, PartialEq)]
pub struct Sum {
    pub kind: Kind,
    pub currency: String,
    pub claims: i64,
    pub balance: Decimal,
    pub face: Decimal,
    /// The liability in the books, what names no claim included.
    pub ledger: Decimal,
}

pub async fn sums(tx: &mut TenantTx, _: Permit<ReadFinance>) -> Result<Vec<Sum>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select kind, currency as "currency!", count(*) filter (where face > 0) as "claims!", sum(balance) as "balance!", sum(face) as "face!" from tenant.claims
           where tenant_id = $1 group by 1, 2 order by 1, 2"#,
        tx.tenant(),
    )
    .fetch_all(tx.conn())
    .await?;
    let mut sums = Vec::new();
    for kind in Kind::ALL {
        let mut ledger = balance::of_role(tx, kind.role()).await?;
        for row in rows.iter().filter(|row| row.kind == kind.word()) {
            let at = ledger.iter().position(|(currency, _)| *currency == row.currency);
            let posted = at.map_or(Decimal::ZERO, |at| -ledger.remove(at).1);
            sums.push(Sum { kind, currency: row.currency.clone(), claims: row.claims, balance: row.balance.normalize(), face: row.face.normalize(), ledger: posted });
        }
        sums.extend(ledger.into_iter().map(|(currency, posted)| Sum { kind, currency, claims: 0, balance: Decimal::ZERO, face: Decimal::ZERO, ledger: -posted }));
    }
    Ok(sums)
}
