//! Prices that somebody has to approve: asked for a line of a quote or an order, signed in one or two steps.
//! Invariant APPROVE-1: whoever asked for a price never decides about it; two signatures are of two people.
//! Invariant APPROVE-2: an approval counts for the line it was given for: this SKU, this quantity, no lower price, until its day.
//! Invariant APPROVE-3: a request keeps what it was judged by, and judging that again says the same.
//! Invariant APPROVE-4: of any number of answers at once to one step, one counts.

use super::matrix::{self, Asked, Judgement, MatrixError, Versioned};
use chrono::{Days, NaiveDate};
use kernel::{CompanyId, Decimal, OrderId, PersonId, PriceRequestId, QuoteId, RoleId, Timestamp};
use std::collections::BTreeSet;
use tenants::rights::{ApprovePrices, ReadPrices};
use tenants::roles::BuiltIn;
use tenants::{Permit, Right, TenantTx, Who};
use uuid::Uuid;

pub const REASON_CHARS_MAX: usize = 500;

/// What a price is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Quote(QuoteId),
    Order(OrderId),
}

impl Subject {
    fn columns(self) -> (Option<Uuid>, Option<Uuid>) {
        match self {
            Self::Quote(id) => (Some(id.uuid()), None),
            Self::Order(id) => (None, Some(id.uuid())),
        }
    }
}

/// A line whose price is to be approved.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    pub line_id: String,
    pub name: Option<String>,
    pub reason: String,
    pub asked: Asked,
    pub judgement: Judgement,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub id: PriceRequestId,
    pub quote: Option<QuoteId>,
    pub order: Option<OrderId>,
    /// Of the quote or the order.
    pub number: i64,
    pub line_id: String,
    pub company: CompanyId,
    pub company_name: String,
    pub sku: String,
    pub name: Option<String>,
    pub quantity: Decimal,
    pub currency: String,
    pub asked_price: Decimal,
    /// What stands to be approved, or was.
    pub price: Decimal,
    pub reason: String,
    /// As stored; see [`Request::state_at`].
    pub state: String,
    pub inputs: Asked,
    pub judgement: Judgement,
    pub matrix_version: i32,
    pub steps: i32,
    pub steps_done: i32,
    pub next_role: Option<RoleId>,
    pub next_role_name: Option<String>,
    pub requested_by: String,
    pub requested_at: Timestamp,
    pub expires_at: Timestamp,
    pub owner: Option<PersonId>,
    pub frozen_until: Option<NaiveDate>,
    pub decided_at: Option<Timestamp>,
    pub version: i64,
    pub decisions: Vec<Decision>,
}

impl Request {
    /// A request that nobody answered in time is expired.
    pub fn state_at(&self, now: Timestamp) -> &str {
        if self.state == "asked" && self.expires_at <= now { "expired" } else { &self.state }
    }
    /// Whether someone may give the next signature.
    pub fn awaits(&self, who: &str, roles: &BTreeSet<RoleId>, now: Timestamp) -> bool {
        self.state_at(now) == "asked" && self.requested_by != who && self.decisions.iter().all(|d| d.by != who) && self.next_role.is_none_or(|role| roles.contains(&role))
    }
}

/// One signature or refusal.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Decision {
    pub step: i32,
    pub decision: String,
    pub price: Decimal,
    pub reason: Option<String>,
    pub by: String,
    pub at: Timestamp,
}

/// What an approver answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Approve { frozen_until: Option<NaiveDate> },
    /// Not that, but this price.
    Counter { price: Decimal, frozen_until: Option<NaiveDate> },
    Reject,
}

#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    #[error("the request is not known")]
    Unknown,
    #[error("{field}: {wrong}")]
    Field { field: &'static str, wrong: &'static str },
    #[error("nobody approves a price they asked for themselves")]
    OwnRequest,
    #[error("the next signature is of the role {0}")]
    NotYourStep(String),
    #[error("you have signed already: another person gives the second signature")]
    SignedAlready,
    #[error("the request is {0} already")]
    EndedAlready(String),
    #[error("the request was changed meanwhile: it is at version {0} now")]
    Stale(i64),
    #[error("there is no such person here")]
    NoPerson,
    #[error(transparent)]
    Matrix(#[from] MatrixError),
    #[error("a stored request does not read back: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Asks for the lines of a quote or order that need it; one line has one open question. What is asked for no more, or
/// otherwise, is withdrawn.
pub async fn ask(tx: &mut TenantTx, subject: Subject, company: CompanyId, matrix: &Versioned, wanted: &[Wanted], requested_by: &str) -> Result<Vec<PriceRequestId>, RequestError> {
    let (quote, order) = subject.columns();
    let open = of_subject(tx, subject).await?;
    let now = tx.now();
    let same = |r: &Request, w: &Wanted| r.line_id == w.line_id && r.sku == w.asked.sku && r.quantity == w.asked.quantity && r.asked_price == w.asked.price;
    // Of an order's lines some were asked for with its quote: those stay the quote's.
    let own = |r: &Request| r.quote.is_some() == quote.is_some();
    let gone: Vec<Uuid> = open.iter().filter(|r| r.state == "asked" && own(r) && (r.state_at(now) == "expired" || !wanted.iter().any(|w| same(r, w)))).map(|r| r.id.uuid()).collect();
    if !gone.is_empty() {
        sqlx::query!("update tenant.price_requests set state = 'withdrawn', decided_at = $3, version = version + 1 where tenant_id = $1 and id = any($2) and state = 'asked'", tx.tenant(), &gone, now)
            .execute(tx.conn())
            .await?;
    }
    let expires_at = now + chrono::TimeDelta::days(i64::from(matrix.matrix.answer_days));
    let mut made = Vec::new();
    // A refusal stands: the same price of the same line is not asked for again.
    for w in wanted.iter().filter(|w| !open.iter().any(|r| matches!(r.state_at(now), "asked" | "rejected") && same(r, w))) {
        let next = w.judgement.steps.first().copied().flatten();
        let owner = owner_for(tx, next, requested_by).await?;
        let id = PriceRequestId::new();
        let inserted = sqlx::query!(
            "insert into tenant.price_requests (tenant_id, id, quote_id, order_id, line_id, company_id, sku, name, quantity, currency, asked_price, price, value, reason, state,
               inputs, judgement, matrix_version, steps, next_role, requested_by, requested_at, expires_at, owner)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12, $13, 'asked', $14, $15, $16, $17, $18, $19, $20, $21, $22)
             on conflict (tenant_id, coalesce(quote_id, order_id), line_id) where state = 'asked' do nothing",
            tx.tenant(),
            id.uuid(),
            quote,
            order,
            w.line_id,
            company.uuid(),
            w.asked.sku,
            w.name,
            w.asked.quantity,
            w.asked.currency,
            w.asked.price,
            w.judgement.value.min(Decimal::from(99_999_999_999_999_i64)),
            w.reason.chars().take(REASON_CHARS_MAX).collect::<String>(),
            serde_json::to_value(&w.asked)?,
            serde_json::to_value(&w.judgement)?,
            matrix.version,
            i32::try_from(w.judgement.steps.len()).unwrap_or(1).max(1),
            next.map(RoleId::uuid),
            requested_by,
            now,
            expires_at,
            owner.map(PersonId::uuid),
        )
        .execute(tx.conn())
        .await?;
        if inserted.rows_affected() > 0 {
            made.push(id);
        }
    }
    Ok(made)
}

/// Takes back what is still open of a quote or order.
pub async fn withdraw(tx: &mut TenantTx, subject: Subject) -> Result<(), sqlx::Error> {
    let (quote, order) = subject.columns();
    sqlx::query!(
        "update tenant.price_requests set state = 'withdrawn', decided_at = $4, version = version + 1
         where tenant_id = $1 and state = 'asked' and (quote_id = $2 or order_id = $3)",
        tx.tenant(),
        quote,
        order,
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Decides about a request, or gives the first of two signatures.
pub async fn decide(tx: &mut TenantTx, _: Permit<ApprovePrices>, id: PriceRequestId, seen: i64, answer: &Answer, reason: Option<&str>, today: NaiveDate) -> Result<Request, RequestError> {
    sqlx::query_scalar!("select id from tenant.price_requests where tenant_id = $1 and id = $2 for update", tx.tenant(), id.uuid()).fetch_optional(tx.conn()).await?.ok_or(RequestError::Unknown)?;
    let request = find(tx, id).await?.ok_or(RequestError::Unknown)?;
    let (now, who) = (tx.now(), tx.actor().who.to_string());
    let state = request.state_at(now);
    if state != "asked" {
        return Err(RequestError::EndedAlready(state.to_owned()));
    }
    if request.version != seen {
        return Err(RequestError::Stale(request.version));
    }
    if request.requested_by == who {
        return Err(RequestError::OwnRequest);
    }
    if request.decisions.iter().any(|d| d.by == who) {
        return Err(RequestError::SignedAlready);
    }
    let roles = acting_roles(tx, today).await?;
    if request.next_role.is_some_and(|role| !roles.contains(&role)) {
        return Err(RequestError::NotYourStep(request.next_role_name.clone().unwrap_or_default()));
    }
    let reason = reason.map(str::trim).filter(|r| !r.is_empty());
    if reason.is_some_and(|r| r.chars().count() > REASON_CHARS_MAX || r.chars().any(char::is_control)) || reason.is_none() && *answer == Answer::Reject {
        return Err(RequestError::Field { field: "reason", wrong: "1 to 500 characters without control characters; a refusal has one" });
    }
    let (word, price, frozen) = match answer {
        Answer::Approve { frozen_until } => ("approve", request.price, *frozen_until),
        Answer::Counter { price, .. } if *price <= request.price || price.normalize().scale() > 6 => {
            return Err(RequestError::Field { field: "price", wrong: "above the price that is asked for" });
        }
        Answer::Counter { price, frozen_until } => ("counter", *price, *frozen_until),
        Answer::Reject => ("reject", request.price, None),
    };
    if frozen.is_some_and(|day| day < today || day > today + Days::new(u64::from(matrix::DAYS_MAX))) {
        return Err(RequestError::Field { field: "frozen_until", wrong: "a day between today and a year from now" });
    }
    sqlx::query!(
        "insert into tenant.price_decisions (tenant_id, request_id, step, decision, price, reason, decided_by, decided_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        tx.tenant(),
        id.uuid(),
        request.steps_done + 1,
        word,
        price,
        reason,
        who,
        now,
    )
    .execute(tx.conn())
    .await?;
    let done = request.steps_done + 1;
    let last = *answer == Answer::Reject || done >= request.steps;
    let state = match answer {
        Answer::Reject => "rejected",
        _ if !last => "asked",
        _ if price > request.asked_price => "countered",
        _ => "approved",
    };
    let next = if last { None } else { request.judgement.steps.get(usize::try_from(done).unwrap_or(usize::MAX)).copied().flatten() };
    let owner = if last { request.owner } else { owner_for(tx, next, &request.requested_by).await?.filter(|p| p.to_string() != who) };
    // An earlier signature's day holds, unless the later one is sooner.
    let matrix = matrix::of_version(tx, Some(request.matrix_version), &request.currency).await?.matrix;
    let standard = today + Days::new(u64::from(matrix.freeze_days));
    let until = [request.frozen_until, frozen].into_iter().flatten().min();
    let frozen_until = if matches!(state, "approved" | "countered") { Some(until.unwrap_or(standard)) } else { until };
    sqlx::query!(
        "update tenant.price_requests set state = $3, price = $4, steps_done = $5, next_role = $6, owner = $7, frozen_until = $8, decided_at = case when $9 then $10::timestamptz end, version = version + 1
         where tenant_id = $1 and id = $2",
        tx.tenant(),
        id.uuid(),
        state,
        price,
        done,
        next.map(RoleId::uuid),
        owner.map(PersonId::uuid),
        frozen_until,
        last,
        now,
    )
    .execute(tx.conn())
    .await?;
    find(tx, id).await?.ok_or(RequestError::Unknown)
}

/// Says whose the request is.
pub async fn assign(tx: &mut TenantTx, _: Permit<ApprovePrices>, id: PriceRequestId, owner: Option<PersonId>) -> Result<(), RequestError> {
    if let Some(person) = owner
        && !is_here(tx, person).await?
    {
        return Err(RequestError::NoPerson);
    }
    let changed = sqlx::query!(
        "update tenant.price_requests set owner = $3, version = version + 1 where tenant_id = $1 and id = $2 and state = 'asked'",
        tx.tenant(),
        id.uuid(),
        owner.map(PersonId::uuid),
    )
    .execute(tx.conn())
    .await?;
    if changed.rows_affected() == 0 {
        let request = find(tx, id).await?.ok_or(RequestError::Unknown)?;
        return Err(RequestError::EndedAlready(request.state));
    }
    Ok(())
}

async fn is_here(tx: &mut TenantTx, person: PersonId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"select exists(select from tenant.role_assignments where tenant_id = $1 and person_id = $2) as "here!""#, tx.tenant(), person.uuid()).fetch_one(tx.conn()).await
}

/// Who decides in the actor's place until a day; `None` ends it.
pub async fn delegate(tx: &mut TenantTx, _: Permit<ApprovePrices>, to: Option<(PersonId, NaiveDate)>, today: NaiveDate) -> Result<(), RequestError> {
    let Who::Person(me) = tx.actor().who else { return Err(RequestError::Field { field: "person_id", wrong: "only people have somebody decide in their place" }) };
    sqlx::query!("delete from tenant.approval_delegates where tenant_id = $1 and person_id = $2", tx.tenant(), me.uuid()).execute(tx.conn()).await?;
    let Some((person, until)) = to else { return Ok(()) };
    if person == me || !is_here(tx, person).await? {
        return Err(RequestError::NoPerson);
    }
    if until < today || until > today + Days::new(u64::from(matrix::DAYS_MAX)) {
        return Err(RequestError::Field { field: "until", wrong: "a day between today and a year from now" });
    }
    sqlx::query!("insert into tenant.approval_delegates (tenant_id, person_id, delegate_id, until) values ($1, $2, $3, $4)", tx.tenant(), me.uuid(), person.uuid(), until)
        .execute(tx.conn())
        .await?;
    // What waits for them waits for their delegate.
    sqlx::query!(
        "update tenant.price_requests set owner = $3 where tenant_id = $1 and owner = $2 and state = 'asked' and requested_by <> $4",
        tx.tenant(),
        me.uuid(),
        person.uuid(),
        person.to_string(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Who decides in the actor's place, and until when.
pub async fn delegation(tx: &mut TenantTx, today: NaiveDate) -> Result<Option<(PersonId, NaiveDate)>, sqlx::Error> {
    let Who::Person(me) = tx.actor().who else { return Ok(None) };
    let row = sqlx::query!(r#"select delegate_id as "to: PersonId", until from tenant.approval_delegates where tenant_id = $1 and person_id = $2 and until >= $3"#, tx.tenant(), me.uuid(), today)
        .fetch_optional(tx.conn())
        .await?;
    Ok(row.map(|r| (r.to, r.until)))
}

/// The actor's roles, and those of whom they stand in for. A key has none.
pub async fn acting_roles(tx: &mut TenantTx, today: NaiveDate) -> Result<BTreeSet<RoleId>, sqlx::Error> {
    let Who::Person(me) = tx.actor().who else { return Ok(BTreeSet::new()) };
    let roles = sqlx::query_scalar!(
        r#"select distinct role_id as "role: RoleId" from tenant.role_assignments
           where tenant_id = $1 and (person_id = $2 or person_id in (select d.person_id from tenant.approval_delegates d where d.tenant_id = $1 and d.delegate_id = $2 and d.until >= $3))"#,
        tx.tenant(),
        me.uuid(),
        today,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(roles.into_iter().collect())
}

/// Who gets a request: of those who may sign the one with the fewest open ones, or who stands in for them. Nobody but the
/// requester: nobody.
async fn owner_for(tx: &mut TenantTx, role: Option<RoleId>, requested_by: &str) -> Result<Option<PersonId>, sqlx::Error> {
    let built_in: Vec<String> = BuiltIn::ALL.into_iter().filter(|role| role.rights().contains(Right::ApprovePrices)).map(|role| role.name().to_owned()).collect();
    let today = tx.now().date_naive();
    sqlx::query_scalar!(
        r#"select coalesce(d.delegate_id, a.person_id) as "person!: PersonId"
           from tenant.role_assignments a join tenant.roles r on r.tenant_id = $1 and r.id = a.role_id
           left join tenant.approval_delegates d on d.tenant_id = $1 and d.person_id = a.person_id and d.until >= $5
           where a.tenant_id = $1 and ($2::uuid is null or a.role_id = $2)
             and (r.built_in and r.name = any($3) or 'prices:approve' = any(r.permissions))
             and 'per_' || replace(coalesce(d.delegate_id, a.person_id)::text, '-', '') <> $4
           order by (select count(*) from tenant.price_requests p where p.tenant_id = $1 and p.owner = coalesce(d.delegate_id, a.person_id) and p.state = 'asked'),
             case r.name when 'owner' then 1 else 0 end, a.person_id
           limit 1"#,
        tx.tenant(),
        role.map(RoleId::uuid),
        &built_in,
        requested_by,
        today,
    )
    .fetch_optional(tx.conn())
    .await
}

struct Row {
    id: PriceRequestId,
    quote: Option<QuoteId>,
    order: Option<OrderId>,
    number: i64,
    line_id: String,
    company: CompanyId,
    company_name: String,
    sku: String,
    name: Option<String>,
    quantity: Decimal,
    currency: String,
    asked_price: Decimal,
    price: Decimal,
    reason: String,
    state: String,
    inputs: serde_json::Value,
    judgement: serde_json::Value,
    matrix_version: i32,
    steps: i32,
    steps_done: i32,
    next_role: Option<RoleId>,
    next_role_name: Option<String>,
    requested_by: String,
    requested_at: Timestamp,
    expires_at: Timestamp,
    owner: Option<PersonId>,
    frozen_until: Option<NaiveDate>,
    decided_at: Option<Timestamp>,
    version: i64,
    decisions: sqlx::types::Json<Vec<Decision>>,
}

impl TryFrom<Row> for Request {
    type Error = RequestError;
    fn try_from(row: Row) -> Result<Self, RequestError> {
        Ok(Self {
            inputs: serde_json::from_value(row.inputs)?,
            judgement: serde_json::from_value(row.judgement)?,
            id: row.id,
            quote: row.quote,
            order: row.order,
            number: row.number,
            line_id: row.line_id,
            company: row.company,
            company_name: row.company_name,
            sku: row.sku,
            name: row.name,
            quantity: row.quantity.normalize(),
            currency: row.currency,
            asked_price: row.asked_price.normalize(),
            price: row.price.normalize(),
            reason: row.reason,
            state: row.state,
            matrix_version: row.matrix_version,
            steps: row.steps,
            steps_done: row.steps_done,
            next_role: row.next_role,
            next_role_name: row.next_role_name,
            requested_by: row.requested_by,
            requested_at: row.requested_at,
            expires_at: row.expires_at,
            owner: row.owner,
            frozen_until: row.frozen_until,
            decided_at: row.decided_at,
            version: row.version,
            decisions: row.decisions.0,
        })
    }
}

/// Requests by their ids, of a quote, or of an order with those of its quote; oldest first.
async fn rows(tx: &mut TenantTx, ids: Option<&[Uuid]>, quote: Option<QuoteId>, order: Option<OrderId>) -> Result<Vec<Request>, RequestError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select r.id as "id: PriceRequestId", r.quote_id as "quote: QuoteId", r.order_id as "order: OrderId", coalesce(q.number, o.number) as "number!", r.line_id,
             r.company_id as "company: CompanyId", c.name as company_name, r.sku, r.name, r.quantity, r.currency, r.asked_price, r.price, r.reason, r.state, r.inputs, r.judgement,
             r.matrix_version, r.steps, r.steps_done, r.next_role as "next_role: RoleId", x.name as "next_role_name?", r.requested_by, r.requested_at, r.expires_at,
             r.owner as "owner: PersonId", r.frozen_until, r.decided_at, r.version,
             coalesce((select jsonb_agg(jsonb_build_object('step', d.step, 'decision', d.decision, 'price', d.price::text, 'reason', d.reason, 'by', d.decided_by, 'at', d.decided_at) order by d.step)
               from tenant.price_decisions d where d.tenant_id = $1 and d.request_id = r.id), '[]') as "decisions!: sqlx::types::Json<Vec<Decision>>"
           from tenant.price_requests r join tenant.companies c on c.tenant_id = $1 and c.id = r.company_id
           left join tenant.quotes q on q.tenant_id = $1 and q.id = r.quote_id
           left join tenant.orders o on o.tenant_id = $1 and o.id = r.order_id
           left join tenant.roles x on x.tenant_id = $1 and x.id = r.next_role
           where r.tenant_id = $1 and ($2::uuid[] is null or r.id = any($2)) and ($3::uuid is null or r.quote_id = $3)
             and ($4::uuid is null or r.order_id = $4 or r.quote_id = (select k.id from tenant.quotes k where k.tenant_id = $1 and k.order_id = $4))
           order by r.requested_at, r.id limit 2000"#,
        tx.tenant(),
        ids as Option<&[Uuid]>,
        quote.map(QuoteId::uuid),
        order.map(OrderId::uuid),
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Request::try_from).collect()
}

pub async fn find(tx: &mut TenantTx, id: PriceRequestId) -> Result<Option<Request>, RequestError> {
    Ok(rows(tx, Some(&[id.uuid()]), None, None).await?.pop())
}

pub async fn by_ids(tx: &mut TenantTx, _: Permit<ReadPrices>, ids: &[Uuid]) -> Result<Vec<Request>, RequestError> {
    rows(tx, Some(ids), None, None).await
}

/// All of a quote; of an order with those of the quote it came from.
pub async fn of_subject(tx: &mut TenantTx, subject: Subject) -> Result<Vec<Request>, RequestError> {
    match subject {
        Subject::Quote(id) => rows(tx, None, Some(id), None).await,
        Subject::Order(id) => rows(tx, None, None, Some(id)).await,
    }
}

/// Whether an approval covers a line (APPROVE-2). `day`: when the price is used.
pub fn covers(request: &Request, line_id: &str, asked: &Asked, day: NaiveDate) -> bool {
    matches!(request.state.as_str(), "approved" | "countered")
        && request.line_id == line_id
        && request.sku == asked.sku
        && request.quantity == asked.quantity
        && request.currency == asked.currency
        && asked.price >= request.price
        && request.frozen_until.is_some_and(|until| day <= until)
}

/// Judges a request again by what it kept (APPROVE-3). True: it says the same.
pub async fn replay(tx: &mut TenantTx, request: &Request) -> Result<bool, MatrixError> {
    let then = matrix::of_version(tx, Some(request.matrix_version), &request.currency).await?;
    Ok(then.version == request.matrix_version && matrix::judge(&then.matrix, &request.inputs) == request.judgement)
}
