//! What a company owes and will owe: open receivables, shipped and unbilled, confirmed and unshipped, less deposits and
//! credits, by currency. One statement over the orders.
//! Invariant EXP-1: a total is the sum of its parts; amounts of different currencies are never added.

use chrono::NaiveDate;
use kernel::{CompanyId, Currency, Decimal, OrderId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tenants::TenantTx;
use uuid::Uuid;

/// What is open in one currency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// Left the house and invoiced.
    pub open_ar: Decimal,
    /// Left the house, no invoice yet.
    pub unbilled_shipped: Decimal,
    pub confirmed_unshipped: Decimal,
    pub this_order: Decimal,
    /// Paid ahead on confirmed orders and this one; positive.
    pub deposits: Decimal,
    /// Overpaid, or paid on what was called off; positive.
    pub unapplied_credits: Decimal,
    /// A part of the above whose day has passed.
    pub overdue: Decimal,
    pub overdue_days: u32,
}

impl Open {
    /// EXP-1
    pub fn total(&self) -> Decimal {
        self.open_ar + self.unbilled_shipped + self.confirmed_unshipped + self.this_order - self.deposits - self.unapplied_credits
    }
    fn add(&mut self, other: &Open) {
        self.open_ar += other.open_ar;
        self.unbilled_shipped += other.unbilled_shipped;
        self.confirmed_unshipped += other.confirmed_unshipped;
        self.this_order += other.this_order;
        self.deposits += other.deposits;
        self.unapplied_credits += other.unapplied_credits;
        self.overdue += other.overdue;
        self.overdue_days = self.overdue_days.max(other.overdue_days);
    }
}

pub type ByCurrency = BTreeMap<String, Open>;

/// A company's or a group's exposure beside its limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Exposure {
    /// Whose limit it is.
    pub company: CompanyId,
    pub name: String,
    pub limit: Option<(Decimal, Currency)>,
    pub by_currency: ByCurrency,
    /// Of the whole group under its head's limit, when there is a group.
    pub group: Option<Box<Exposure>>,
}

impl Exposure {
    /// What may still be bought; `None` without a limit, or with something open in another currency than the limit's.
    pub fn available(&self) -> Option<Decimal> {
        let (limit, currency) = self.limit?;
        let foreign = self.by_currency.iter().any(|(code, open)| code != currency.code() && !open.total().is_zero());
        if foreign { None } else { Some(limit - self.by_currency.get(currency.code()).map(Open::total).unwrap_or_default()) }
    }
}

/// What is open of each company, leaving one order out.
pub async fn open(tx: &mut TenantTx, companies: &[Uuid], except: Option<OrderId>, today: NaiveDate) -> Result<BTreeMap<CompanyId, ByCurrency>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"with counted as (
             select o.company_id, o.currency, o.outstanding, o.due_on, greatest(o.tendered - o.refunded, 0) as paid, o.confirmed_at is not null as confirmed,
               o.delivery_track not in ('cancelled', 'returned') as live,
               -- of what left in parts the books say how much is owed by now; the rest has yet to leave
               case when o.delivery_track in ('unallocated', 'packed') then 0
                 when o.delivery_track in ('partially_shipped', 'partially_delivered') then least(coalesce((select sum(r.amount) from tenant.receivables r where r.tenant_id = $1 and r.order_id = o.id), 0), o.outstanding)
                 else o.outstanding end as shipped,
               o.invoice_track not in ('not_required', 'queued') as billed,
               coalesce((select sum((d->>'amount')::numeric) from jsonb_array_elements(o.due_schedule) d where (d->>'due_on')::date < $4), 0) as fallen_due
             from tenant.orders o
             where o.tenant_id = $1 and o.company_id = any($2) and o.voided_at is null and o.same_sale_as is null and not o.test and ($3::uuid is null or o.id <> $3)
               and (o.outstanding <> 0 or o.delivery_track in ('cancelled', 'returned'))
           )
           select company_id as "company!", currency as "currency!",
             coalesce(sum(shipped) filter (where outstanding > 0 and live and confirmed and billed), 0) as "open_ar!",
             coalesce(sum(shipped) filter (where outstanding > 0 and live and confirmed and not billed), 0) as "unbilled_shipped!",
             coalesce(sum(outstanding - shipped + case when shipped = 0 then paid else 0 end) filter (where outstanding > 0 and live and confirmed), 0) as "confirmed_unshipped!",
             coalesce(sum(paid) filter (where outstanding > 0 and live and confirmed and shipped = 0), 0) as "deposits!",
             coalesce(sum(-outstanding) filter (where outstanding < 0 and live), 0) + coalesce(sum(paid) filter (where not live), 0) as "credits!",
             coalesce(sum(least(greatest(fallen_due - paid, 0), outstanding)) filter (where outstanding > 0 and live and confirmed), 0) as "overdue!",
             coalesce(max($4 - due_on) filter (where outstanding > 0 and live and confirmed and due_on < $4), 0) as "overdue_days!"
           from counted group by company_id, currency order by company_id, currency"#,
        tx.tenant(),
        companies,
        except.map(OrderId::uuid) as Option<Uuid>,
        today,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut all: BTreeMap<CompanyId, ByCurrency> = BTreeMap::new();
    for row in rows {
        let open = Open {
            open_ar: row.open_ar.normalize(),
            unbilled_shipped: row.unbilled_shipped.normalize(),
            confirmed_unshipped: row.confirmed_unshipped.normalize(),
            this_order: Decimal::ZERO,
            deposits: row.deposits.normalize(),
            unapplied_credits: row.credits.normalize(),
            overdue: row.overdue.normalize(),
            overdue_days: u32::try_from(row.overdue_days).unwrap_or(0),
        };
        all.entry(CompanyId(row.company)).or_default().insert(row.currency, open);
    }
    // Received and not applied to an order yet.
    let on_account = sqlx::query!(
        r#"select company_id as "company!: CompanyId", currency as "currency!", balance from tenant.claims where tenant_id = $1 and company_id = any($2) and kind = 'on_account' and balance > 0"#,
        tx.tenant(),
        companies,
    )
    .fetch_all(tx.conn())
    .await?;
    for row in on_account {
        all.entry(row.company).or_default().entry(row.currency).or_default().unapplied_credits += row.balance.normalize();
    }
    Ok(all)
}

/// How many orders of each company are held.
pub async fn held(tx: &mut TenantTx, companies: &[Uuid]) -> Result<BTreeMap<CompanyId, i64>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select company_id as "company!", count(*) as "held!" from tenant.orders
           where tenant_id = $1 and company_id = any($2) and voided_at is null and hold_types <> '{}' group by company_id"#,
        tx.tenant(),
        companies,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (CompanyId(row.company), row.held)).collect())
}

/// An order that is not counted yet.
#[derive(Clone, Copy, Debug)]
pub struct ThisOrder {
    pub id: OrderId,
    pub currency: Currency,
    pub outstanding: Decimal,
    pub paid: Decimal,
}

/// What was open at an instant of the past, as far as the facts tell: confirmed and not called off by now, less what was
/// paid by then. All of it stands under `open_ar`.
async fn open_then(tx: &mut TenantTx, companies: &[Uuid], except: OrderId, then: Timestamp, today: NaiveDate) -> Result<BTreeMap<CompanyId, ByCurrency>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"with counted as (
             select o.company_id, o.currency, coalesce(o.stated_total, o.total) as due, o.due_schedule,
               (select coalesce(sum((t.body->'amount'->>'amount')::numeric), 0) from (
                  select distinct on (f.subject) f.body from tenant.order_facts f where f.tenant_id = $1 and f.order_id = o.id and f.kind = 'tendered'
                  order by f.subject, f.revision desc, f.digest desc) t
                where t.body->>'state' = 'captured' and t.body->'amount'->>'currency' = o.currency and (t.body->>'at')::timestamptz <= $4) as paid
             from tenant.orders o
             where o.tenant_id = $1 and o.company_id = any($2) and o.id <> $3 and o.voided_at is null and o.same_sale_as is null and not o.test and o.confirmed_at < $4
               and o.delivery_track not in ('cancelled', 'returned')
           ), dated as (
             select c.*, (select coalesce(sum((d->>'amount')::numeric), 0) from jsonb_array_elements(c.due_schedule) d where (d->>'due_on')::date < $5) as fallen_due,
               (select min((d->>'due_on')::date) from jsonb_array_elements(c.due_schedule) d where (d->>'due_on')::date < $5) as first_due
             from counted c)
           select company_id as "company!", currency as "currency!", coalesce(sum(greatest(due - paid, 0)), 0) as "open!", coalesce(sum(greatest(paid - due, 0)), 0) as "credits!",
             coalesce(sum(least(greatest(fallen_due - paid, 0), greatest(due - paid, 0))), 0) as "overdue!",
             coalesce(max($5 - first_due) filter (where fallen_due > paid), 0) as "overdue_days!"
           from dated group by company_id, currency"#,
        tx.tenant(),
        companies,
        except.uuid(),
        then,
        today,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut all: BTreeMap<CompanyId, ByCurrency> = BTreeMap::new();
    for row in rows {
        let open = Open {
            open_ar: row.open.normalize(),
            unapplied_credits: row.credits.normalize(),
            overdue: row.overdue.normalize(),
            overdue_days: u32::try_from(row.overdue_days).unwrap_or(0),
            ..Open::default()
        };
        all.entry(CompanyId(row.company)).or_default().insert(row.currency, open);
    }
    Ok(all)
}

/// The company's exposure at an instant of the past with an order on top, under the limits of today.
pub async fn as_of(tx: &mut TenantTx, company: CompanyId, this: ThisOrder, then: Timestamp, today: NaiveDate) -> Result<Option<Exposure>, sqlx::Error> {
    let parties = parties(tx, company).await?;
    let ids: Vec<Uuid> = parties.iter().map(|p| p.id.uuid()).collect();
    let open = open_then(tx, &ids, this.id, then, today).await?;
    Ok(joined(company, &parties, open, Some(this)))
}

/// The company's exposure and its group's, with `this` order on top.
pub async fn of(tx: &mut TenantTx, company: CompanyId, this: Option<ThisOrder>, today: NaiveDate) -> Result<Option<Exposure>, sqlx::Error> {
    let parties = parties(tx, company).await?;
    let ids: Vec<Uuid> = parties.iter().map(|p| p.id.uuid()).collect();
    let open = open(tx, &ids, this.map(|t| t.id), today).await?;
    Ok(joined(company, &parties, open, this))
}

/// A company of a group with its own limit.
struct Party {
    id: CompanyId,
    name: String,
    parent: Option<CompanyId>,
    limit: Option<(Decimal, Currency)>,
}

/// The company and everybody of its group.
async fn parties(tx: &mut TenantTx, company: CompanyId) -> Result<Vec<Party>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"with mine as (select coalesce(parent_id, id) as head from tenant.companies where tenant_id = $1 and id = $2)
           select c.id, c.name, c.parent_id, c.credit_limit, c.credit_currency from tenant.companies c, mine
           where c.tenant_id = $1 and (c.id = mine.head or c.parent_id = mine.head) order by c.id"#,
        tx.tenant(),
        company.uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    let limit_of = |amount: Option<Decimal>, code: Option<String>| amount.map(|a| a.normalize()).zip(code.and_then(|code| code.parse::<Currency>().ok()));
    Ok(rows.into_iter().map(|r| Party { id: CompanyId(r.id), name: r.name, parent: r.parent_id.map(CompanyId), limit: limit_of(r.credit_limit, r.credit_currency) }).collect())
}

fn joined(company: CompanyId, parties: &[Party], mut all: BTreeMap<CompanyId, ByCurrency>, this: Option<ThisOrder>) -> Option<Exposure> {
    let own = parties.iter().find(|p| p.id == company)?;
    if let Some(this) = this {
        let mine = all.entry(company).or_default().entry(this.currency.code().to_owned()).or_default();
        if this.outstanding > Decimal::ZERO {
            mine.this_order += this.outstanding + this.paid;
            mine.deposits += this.paid;
        } else if this.outstanding < Decimal::ZERO {
            mine.unapplied_credits -= this.outstanding;
        }
    }
    let head = own.parent.unwrap_or(own.id);
    let group = parties.iter().find(|p| p.id == head).filter(|_| parties.len() > 1).map(|of| {
        let mut sum = ByCurrency::new();
        for (code, open) in all.values().flatten() {
            sum.entry(code.clone()).or_default().add(open);
        }
        Box::new(Exposure { company: head, name: of.name.clone(), limit: of.limit, by_currency: sum, group: None })
    });
    Some(Exposure { company, name: own.name.clone(), limit: own.limit, by_currency: all.remove(&company).unwrap_or_default(), group })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_1_a_total_is_the_sum_of_its_parts_and_foreign_money_makes_the_rest_unknown() {
        let open = Open { open_ar: 50.into(), unbilled_shipped: 7.into(), confirmed_unshipped: 30.into(), this_order: 20.into(), deposits: 12.into(), unapplied_credits: 5.into(), ..Open::default() };
        assert_eq!(open.total(), 90.into());
        let mut exposure = Exposure { company: CompanyId::new(), name: "x".into(), limit: Some((100.into(), Currency::VND)), by_currency: [("VND".into(), open)].into(), group: None };
        assert_eq!(exposure.available(), Some(10.into()));
        exposure.by_currency.insert("USD".into(), Open { open_ar: 1.into(), ..Open::default() });
        assert_eq!(exposure.available(), None);
        exposure.limit = None;
        assert_eq!(exposure.available(), None);
    }
}
