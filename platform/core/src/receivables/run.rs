//! Dunning runs: letters are proposed, looked at, and sent. What is sent is recorded with what it said was owed.
//! Invariant DUN-1: a debtor is written to once at a level for what is overdue, and levels are not jumped.
//! Invariant DUN-2: nobody is written to about what is promised, or when their contact says not to.
//! Invariant DUN-3: a letter is marked before it is sent, so a run that breaks off writes to nobody twice.

use super::{ReceivableError, ageing, dunning};
use chrono::NaiveDate;
use kernel::{CompanyId, Decimal, DunningLetterId, DunningRunId, Timestamp};
use serde_json::{Value, json};
use tenants::rights::{ManageReceivables, ReadFinance};
use tenants::{Permit, TenantTx, audit};

pub const RUNS_SHOWN_MAX: i64 = 100;
pub const LETTERS_MAX: i64 = 2_000;

#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub id: DunningRunId,
    pub as_of: NaiveDate,
    pub state: String,
    pub made_at: Timestamp,
    pub made_by: String,
    pub ended_at: Option<Timestamp>,
    pub letters: i64,
    pub failed: i64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Letter {
    pub id: DunningLetterId,
    pub company: CompanyId,
    pub company_name: String,
    pub level: i16,
    pub currency: String,
    pub amount: Decimal,
    pub oldest_days: i32,
    /// `[{order_id, number, amount, due_on, days}]`
    pub items: Value,
    pub email: Option<String>,
    pub language: String,
    pub state: String,
    pub at: Timestamp,
    pub problem: Option<String>,
}

pub async fn list(tx: &mut TenantTx, _: Permit<ReadFinance>) -> Result<Vec<Run>, sqlx::Error> {
    sqlx::query_as!(
        Run,
        r#"select r.id as "id: DunningRunId", r.as_of, r.state, r.made_at, r.made_by, r.ended_at, count(l.id) as "letters!", count(l.id) filter (where l.state = 'failed') as "failed!"
           from tenant.dunning_runs r left join tenant.dunning_letters l on l.tenant_id = $1 and l.run_id = r.id where r.tenant_id = $1
           group by r.tenant_id, r.id order by r.made_at desc, r.id desc limit $2"#,
        tx.tenant(),
        RUNS_SHOWN_MAX,
    )
    .fetch_all(tx.conn())
    .await
}

/// A run with its letters, the largest first.
pub async fn get(tx: &mut TenantTx, permit: Permit<ReadFinance>, id: DunningRunId) -> Result<(Run, Vec<Letter>), ReceivableError> {
    let run = list(tx, permit).await?.into_iter().find(|run| run.id == id).ok_or(ReceivableError::Unknown)?;
    let letters = sqlx::query_as!(
        Letter,
        r#"select l.id as "id: DunningLetterId", l.company_id as "company: CompanyId", c.name as company_name, l.level, l.currency as "currency!", l.amount, l.oldest_days, l.items, l.email, l.language, l.state, l.at, l.problem
           from tenant.dunning_letters l join tenant.companies c on c.tenant_id = $1 and c.id = l.company_id where l.tenant_id = $1 and l.run_id = $2 order by l.currency, l.amount desc, l.id limit $3"#,
        tx.tenant(),
        id.uuid(),
        LETTERS_MAX,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok((run, letters))
}

/// Proposes a letter for every company and currency with something overdue that has not been asked for at its level yet.
pub async fn propose(tx: &mut TenantTx, _: Permit<ManageReceivables>, read: Permit<ReadFinance>) -> Result<DunningRunId, ReceivableError> {
    let (today, zone) = ageing::today(tx).await?;
    let levels = dunning::levels(tx, read).await?;
    if levels.is_empty() {
        return Err(ReceivableError::NothingDue);
    }
    let (id, tenant, now, by) = (DunningRunId::new(), tx.tenant(), tx.now(), tx.actor().who.to_string());
    let made = sqlx::query!(
        "insert into tenant.dunning_runs (tenant_id, id, as_of, state, made_at, made_by) values ($1, $2, $3, 'proposed', $4, $5) on conflict (tenant_id) where state = 'proposed' do nothing",
        tenant,
        id.uuid(),
        today,
        now,
        by,
    )
    .execute(tx.conn())
    .await?;
    if made.rows_affected() == 0 {
        return Err(ReceivableError::RunOpen);
    }
    let owed = sqlx::query!(
        r#"with overdue as (
             select o.company_id, r.currency, r.order_id, o.number, r.due_on, sum(r.amount) as amount, $3::date - r.due_on as days
             from tenant.receivable_rows($1, $2) r join tenant.orders o on o.tenant_id = $1 and o.id = r.order_id
             where o.company_id is not null and r.due_on < $3 and r.amount > 0
               and not exists (select from tenant.payment_promises p where p.tenant_id = $1 and p.company_id = o.company_id and p.currency = r.currency and p.withdrawn_at is null and p.promised_on >= $3
                 and (p.order_id is null or p.order_id = r.order_id))
             group by o.company_id, r.currency, r.order_id, o.number, r.due_on
           )
           select v.company_id as "company!: CompanyId", v.currency as "currency!", sum(v.amount) as "amount!", max(v.days) as "oldest!",
             jsonb_agg(jsonb_build_object('order_id', 'ord_' || replace(v.order_id::text, '-', ''), 'number', v.number, 'amount', v.amount::text, 'due_on', v.due_on, 'days', v.days) order by v.due_on, v.number) as "items!",
             k.email, coalesce(k.language, 'vi') as "language!",
             -- the highest level at which something of this was asked for before
             coalesce((select max(l.level) from tenant.dunning_letters l where l.tenant_id = $1 and l.company_id = v.company_id and l.currency = v.currency and l.state in ('sent', 'recorded', 'failed')
               and exists (select from jsonb_array_elements(l.items) i where i->>'order_id' = any(array_agg('ord_' || replace(v.order_id::text, '-', ''))))), 0::smallint) as "before!"
           from overdue v left join tenant.debtor_contacts k on k.tenant_id = $1 and k.company_id = v.company_id
           where not coalesce(k.silent, false)
           group by v.company_id, v.currency, k.email, k.language order by v.currency, sum(v.amount) desc limit $4"#,
        tx.tenant(),
        zone,
        today,
        LETTERS_MAX,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut proposed = 0;
    for row in owed {
        // One after the other: whoever has had the first letter has the second next, however late it is (DUN-1).
        let Some(level) = levels.iter().find(|level| level.level == row.before + 1 && level.days <= row.oldest) else { continue };
        sqlx::query!(
            "insert into tenant.dunning_letters (tenant_id, id, run_id, company_id, level, currency, amount, oldest_days, items, email, language, state, at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'proposed', $12)",
            tx.tenant(),
            DunningLetterId::new().uuid(),
            id.uuid(),
            row.company.uuid(),
            level.level,
            row.currency,
            row.amount,
            row.oldest,
            row.items,
            row.email,
            row.language,
            tx.now(),
        )
        .execute(tx.conn())
        .await?;
        proposed += 1;
    }
    if proposed == 0 {
        return Err(ReceivableError::NothingDue);
    }
    audit::write(tx, "receivables.dunning_proposed", Some(&id), json!({"letters": proposed})).await?;
    Ok(id)
}

/// Ends a proposal. `sends`: its letters go out, those without an address are recorded; else nothing is sent. Without those
/// named in `without`.
pub async fn end(tx: &mut TenantTx, _: Permit<ManageReceivables>, id: DunningRunId, sends: bool, without: &[DunningLetterId]) -> Result<(), ReceivableError> {
    let state = sqlx::query_scalar!("select state from tenant.dunning_runs where tenant_id = $1 and id = $2 for update", tx.tenant(), id.uuid()).fetch_optional(tx.conn()).await?.ok_or(ReceivableError::Unknown)?;
    if state != "proposed" {
        return Err(ReceivableError::RunEnded(state));
    }
    let (tenant, now, by) = (tx.tenant(), tx.now(), tx.actor().who.to_string());
    let dropped: Vec<uuid::Uuid> = without.iter().map(|letter| letter.uuid()).collect();
    // What has an address waits in `failed` until its mail went out (DUN-3).
    sqlx::query!(
        "update tenant.dunning_letters set at = $4, problem = case when $3 and id <> all($5) and email is not null then 'not sent yet' end,
           state = case when not $3 or id = any($5) then 'dropped' when email is null then 'recorded' else 'failed' end
         where tenant_id = $1 and run_id = $2 and state = 'proposed'",
        tenant,
        id.uuid(),
        sends,
        now,
        &dropped,
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "update tenant.dunning_runs set state = $3, ended_at = $4, ended_by = $5 where tenant_id = $1 and id = $2",
        tenant,
        id.uuid(),
        if sends { "sent" } else { "dropped" },
        now,
        by,
    )
    .execute(tx.conn())
    .await?;
    audit::write(tx, if sends { "receivables.dunning_sent" } else { "receivables.dunning_dropped" }, Some(&id), json!({})).await?;
    Ok(())
}

/// Notes what became of a letter's mail.
pub async fn told(tx: &mut TenantTx, _: Permit<ManageReceivables>, letter: DunningLetterId, problem: Option<&str>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update tenant.dunning_letters set state = case when $3::text is null then 'sent' else 'failed' end, problem = $3, at = $4 where tenant_id = $1 and id = $2 and state = 'failed'",
        tx.tenant(),
        letter.uuid(),
        problem.map(|problem| problem.chars().take(300).collect::<String>()),
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
