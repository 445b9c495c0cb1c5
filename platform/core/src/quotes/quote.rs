//! What a quote is, how it lives, and how it is found.

use crate::orders::intake::IntakeError;
use crate::orders::place::{PlaceError, WrongField};
use crate::parties::deposit::{DepositTerms, Share};
use crate::pricing::price::Priced;
use crate::pricing::requests::RequestError;
use chrono::NaiveDate;
use kernel::{ChannelAccountId, CompanyId, Decimal, OrderId, Page, PageLimit, PriceListId, QuoteId, Timestamp};
use tenants::rights::ReadPrices;
use tenants::{Permit, TenantTx};
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Draft,
    Sent,
    Accepted,
    Declined,
    /// Its last day is over.
    Expired,
}

/// What may be done to a quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Edit,
    Send,
    Accept,
    Decline,
}

impl State {
    pub const ALL: [State; 5] = [Self::Draft, Self::Sent, Self::Accepted, Self::Declined, Self::Expired];

    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Sent => "sent",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Expired => "expired",
        }
    }
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
    /// Where a step leads; `None`: it is not taken from here. Editing what was sent makes it a draft again.
    pub fn after(self, step: Step) -> Option<State> {
        match (self, step) {
            (Self::Draft | Self::Sent | Self::Expired, Step::Edit) => Some(Self::Draft),
            (Self::Draft, Step::Send) => Some(Self::Sent),
            (Self::Sent, Step::Accept) => Some(Self::Accepted),
            (Self::Draft | Self::Sent | Self::Expired, Step::Decline) => Some(Self::Declined),
            (Self::Accepted | Self::Declined, _) | (Self::Expired | Self::Sent, Step::Send) | (Self::Draft | Self::Expired, Step::Accept) => None,
        }
    }
    /// As stored, on a day (QUOTE-3).
    pub fn on(stored: &str, valid_until: NaiveDate, today: NaiveDate) -> Self {
        match Self::from_word(stored).unwrap_or(Self::Draft) {
            Self::Draft | Self::Sent if valid_until < today => Self::Expired,
            state => state,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Quote {
    pub id: QuoteId,
    pub number: i64,
    pub company: CompanyId,
    pub company_name: String,
    pub account: ChannelAccountId,
    pub account_name: String,
    pub currency: String,
    pub state: State,
    pub valid_until: NaiveDate,
    pub note: Option<String>,
    pub deposit: Option<DepositTerms>,
    pub total: Decimal,
    pub order: Option<OrderId>,
    pub order_number: Option<i64>,
    /// Why it was declined.
    pub reason: Option<String>,
    pub made_by: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub sent_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub version: i64,
    /// Price requests that wait.
    pub waiting: i64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct QuoteLine {
    pub line_id: String,
    pub sku: String,
    pub name: Option<String>,
    pub quantity: Decimal,
    pub unit_price: Decimal,
    pub tax_included: bool,
    pub tax_rate: Option<Decimal>,
    /// What the list said; `None`: no list has the SKU.
    pub list: Option<Priced>,
    /// What the buyer pays for the line.
    pub total: Decimal,
    pub reason: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum QuoteError {
    #[error("the quote is not known")]
    Unknown,
    #[error("{}", .0.iter().map(|w| format!("{}: {}", w.pointer, w.expected)).collect::<Vec<_>>().join("; "))]
    Fields(Vec<WrongField>),
    #[error("the quote was changed meanwhile: it is at version {0} now")]
    Stale(i64),
    #[error("the quote is {}", .0.word())]
    State(State),
    #[error("the channel account is {0}")]
    AccountInactive(String),
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error(transparent)]
    Place(#[from] PlaceError),
    #[error(transparent)]
    Intake(#[from] IntakeError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

struct Row {
    id: QuoteId,
    number: i64,
    company: CompanyId,
    company_name: String,
    account: ChannelAccountId,
    account_name: String,
    currency: String,
    state: String,
    valid_until: NaiveDate,
    note: Option<String>,
    deposit_percent: Option<Decimal>,
    deposit_amount: Option<Decimal>,
    deposit_due_on: Option<NaiveDate>,
    total: Decimal,
    order: Option<OrderId>,
    order_number: Option<i64>,
    reason: Option<String>,
    made_by: String,
    created_at: Timestamp,
    updated_at: Timestamp,
    sent_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    version: i64,
    waiting: i64,
}

impl Row {
    fn on(self, today: NaiveDate) -> Quote {
        let share = self.deposit_percent.map(|p| Share::Percent(p.normalize())).or(self.deposit_amount.map(|a| Share::Amount(a.normalize())));
        Quote {
            state: State::on(&self.state, self.valid_until, today),
            deposit: share.map(|share| DepositTerms { share, due_on: self.deposit_due_on }),
            id: self.id,
            number: self.number,
            company: self.company,
            company_name: self.company_name,
            account: self.account,
            account_name: self.account_name,
            currency: self.currency,
            valid_until: self.valid_until,
            note: self.note,
            total: self.total.normalize(),
            order: self.order,
            order_number: self.order_number,
            reason: self.reason,
            made_by: self.made_by,
            created_at: self.created_at,
            updated_at: self.updated_at,
            sent_at: self.sent_at,
            ended_at: self.ended_at,
            version: self.version,
            waiting: self.waiting,
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub state: Option<State>,
    pub company: Option<CompanyId>,
}

async fn rows(tx: &mut TenantTx, id: Option<QuoteId>, filter: &Filter, after: Option<i64>, limit: PageLimit, today: NaiveDate) -> Result<Vec<Quote>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"select q.id as "id: QuoteId", q.number, q.company_id as "company: CompanyId", c.name as company_name, q.channel_account_id as "account: ChannelAccountId", a.name as account_name,
             q.currency, q.state, q.valid_until, q.note, q.deposit_percent, q.deposit_amount, q.deposit_due_on, q.total, q.order_id as "order: OrderId", o.number as "order_number?", q.reason,
             q.made_by, q.created_at, q.updated_at, q.sent_at, q.ended_at, q.version,
             (select count(*) from tenant.price_requests r where r.tenant_id = $1 and r.quote_id = q.id and r.state = 'asked' and r.expires_at > $7) as "waiting!"
           from tenant.quotes q join tenant.companies c on c.tenant_id = $1 and c.id = q.company_id
           join tenant.channel_accounts a on a.tenant_id = $1 and a.id = q.channel_account_id
           left join tenant.orders o on o.tenant_id = $1 and o.id = q.order_id
           where q.tenant_id = $1 and ($2::uuid is null or q.id = $2) and ($3::uuid is null or q.company_id = $3) and ($4::bigint is null or q.number < $4)
             and ($5::text is null or $5 = case when q.state in ('draft', 'sent') and q.valid_until < $6 then 'expired' else q.state end)
           order by q.number desc limit $8"#,
        tx.tenant(),
        id.map(QuoteId::uuid),
        filter.company.map(CompanyId::uuid),
        after,
        filter.state.map(State::word),
        today,
        tx.now(),
        limit.rows() + 1,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.on(today)).collect())
}

pub async fn find(tx: &mut TenantTx, id: QuoteId, today: NaiveDate) -> Result<Option<Quote>, sqlx::Error> {
    Ok(rows(tx, Some(id), &Filter::default(), None, PageLimit::DEFAULT, today).await?.pop())
}

/// One page, newest first.
pub async fn page(tx: &mut TenantTx, _: Permit<ReadPrices>, filter: &Filter, after: Option<i64>, limit: PageLimit, today: NaiveDate) -> Result<Page<Quote, i64>, sqlx::Error> {
    Ok(Page::from_fetched(rows(tx, None, filter, after, limit, today).await?, limit, |quote| quote.number))
}

/// Holds the quote until the transaction ends, as it is now.
pub(super) async fn lock(tx: &mut TenantTx, id: QuoteId, today: NaiveDate) -> Result<Quote, QuoteError> {
    sqlx::query_scalar!("select id from tenant.quotes where tenant_id = $1 and id = $2 for update", tx.tenant(), id.uuid()).fetch_optional(tx.conn()).await?.ok_or(QuoteError::Unknown)?;
    find(tx, id, today).await?.ok_or(QuoteError::Unknown)
}

/// The lines of a quote, in their order.
pub async fn lines(tx: &mut TenantTx, id: QuoteId) -> Result<Vec<QuoteLine>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select l.line_id, l.sku, l.name, l.quantity, l.unit_price, l.tax_included, l.tax_rate, l.list_id as "list: PriceListId", p.name as "list_name?", l.list_version, l.min_quantity,
             l.list_price, l.floor_price, l.cost, l.total, l.reason
           from tenant.quote_lines l left join tenant.price_lists p on p.tenant_id = $1 and p.id = l.list_id
           where l.tenant_id = $1 and l.quote_id = $2 order by l.position"#,
        tx.tenant(),
        id.uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    let plain = |d: Decimal| d.normalize();
    Ok(rows
        .into_iter()
        .map(|row| {
            let (tax_included, tax_rate) = (row.tax_included, row.tax_rate.map(plain));
            let list = row.list.zip(row.list_price).map(|(list, price)| Priced {
                list,
                list_name: row.list_name.unwrap_or_default(),
                version: row.list_version.unwrap_or_default(),
                min_quantity: row.min_quantity.map(plain).unwrap_or(Decimal::ONE),
                name: None,
                price: plain(price),
                floor: row.floor_price.map(plain),
                cost: row.cost.map(plain),
                tax_included,
                tax_rate,
            });
            QuoteLine { line_id: row.line_id, sku: row.sku, name: row.name, quantity: plain(row.quantity), unit_price: plain(row.unit_price), tax_included, tax_rate, list, total: plain(row.total), reason: row.reason }
        })
        .collect())
}

/// The quote an order came from.
pub async fn of_order(tx: &mut TenantTx, order: OrderId) -> Result<Option<(QuoteId, i64)>, sqlx::Error> {
    let row = sqlx::query!(r#"select id as "id: QuoteId", number from tenant.quotes where tenant_id = $1 and order_id = $2"#, tx.tenant(), order.uuid()).fetch_optional(tx.conn()).await?;
    Ok(row.map(|row| (row.id, row.number)))
}

/// The order a quote became.
pub async fn order_of(tx: &mut TenantTx, id: QuoteId) -> Result<Option<OrderId>, sqlx::Error> {
    let order: Option<Option<Uuid>> = sqlx::query_scalar!("select order_id from tenant.quotes where tenant_id = $1 and id = $2", tx.tenant(), id.uuid()).fetch_optional(tx.conn()).await?;
    Ok(order.flatten().map(OrderId))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole life on one page.
    #[test]
    fn quote_3_every_state_and_every_step() {
        use State::*;
        let table: Vec<(&str, Vec<Option<&str>>)> =
            State::ALL.map(|state| (state.word(), [Step::Edit, Step::Send, Step::Accept, Step::Decline].map(|step| state.after(step).map(State::word)).to_vec())).to_vec();
        let (draft, sent, accepted, declined) = (Some("draft"), Some("sent"), Some("accepted"), Some("declined"));
        assert_eq!(
            table,
            [
                ("draft", vec![draft, sent, None, declined]),
                ("sent", vec![draft, None, accepted, declined]),
                ("accepted", vec![None; 4]),
                ("declined", vec![None; 4]),
                ("expired", vec![draft, None, None, declined]),
            ]
        );
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (stored, today, expected) in [("sent", "2026-12-01", Sent), ("sent", "2026-12-02", Expired), ("draft", "2026-12-02", Expired), ("accepted", "2026-12-02", Accepted), ("declined", "2026-12-02", Declined)] {
            assert_eq!(State::on(stored, day("2026-12-01"), day(today)), expected, "{stored} on {today}");
        }
    }
}
