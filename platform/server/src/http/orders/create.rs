//! Placing an order through the API.

use super::placing::Job;
use super::views::OrderView;
use crate::app::App;
use crate::http::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{JSON_BODY_BYTES_MAX, body_bytes, parse_json},
    idempotency::{Keyed, keyed},
    problem::Problem,
};
use axum::{
    extract::{Extension, Request, State},
    http::StatusCode,
    response::Response,
};
use chrono::{DateTime, Utc};
use kernel::{ChannelAccountId, CompanyId, Currency};
use serde::Deserialize;
use switchyard_core::{
    channels::account::AccountState,
    orders::{
        fact,
        place::{self, NewComponent, NewLine, NewOrder, NewTax, NewTender},
    },
};
use tenants::{Actor, Caller, rights::CreateOrders};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewOrder)]
pub struct OrderForm {
    /// A web, app, chat, pos, manual or api account.
    channel_account_id: String,
    /// The caller's own id of the order; once per account.
    external_id: Option<String>,
    number: Option<String>,
    placed_at: Option<DateTime<Utc>>,
    /// The account's or tenant's currency when left out.
    currency: Option<String>,
    /// `b2b` or `b2c`
    segment: Option<String>,
    /// The company that buys: makes the order B2B.
    #[schema(value_type = Option<String>)]
    company_id: Option<CompanyId>,
    /// For taxes that do not say whether they are included.
    prices_include_tax: Option<bool>,
    buyer: Option<BuyerForm>,
    ship_to: Option<AddressForm>,
    payment_method: Option<String>,
    cash_on_delivery: Option<bool>,
    staff: Option<String>,
    branch: Option<String>,
    note: Option<String>,
    source_tag: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    lines: Vec<LineForm>,
    #[serde(default)]
    tenders: Vec<TenderForm>,
    stated_total: Option<String>,
    #[serde(default)]
    test: bool,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewBuyer)]
struct BuyerForm {
    id: Option<String>,
    name: Option<String>,
    phone: Option<String>,
    email: Option<String>,
    company: Option<String>,
    tax_code: Option<String>,
    #[serde(default)]
    masked: bool,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAddress)]
pub(super) struct AddressForm {
    recipient: Option<String>,
    phone: Option<String>,
    line: Option<String>,
    district: Option<String>,
    city: Option<String>,
    region: Option<String>,
    postcode: Option<String>,
    country: Option<String>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewLine)]
pub(super) struct LineForm {
    id: Option<String>,
    /// `product` (default), `shipping`, `fee`, `adjustment`
    kind: Option<String>,
    sku: Option<String>,
    name: Option<String>,
    /// Decimal text; negative takes back.
    quantity: String,
    /// Decimal text: list price of one unit.
    unit_price: String,
    #[serde(default)]
    components: Vec<ComponentForm>,
    #[serde(default)]
    taxes: Vec<TaxForm>,
    #[serde(default)]
    gift: bool,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewComponent)]
pub(super) struct ComponentForm {
    /// `marketing_discount`, `promo_voucher`, `paid_voucher`, `points`, `price_override`, `shipping_discount`
    kind: String,
    /// `tenant`, `marketplace`, `supplier`, `affiliate`
    funded_by: String,
    /// Decimal text; positive lowers what the buyer pays.
    amount: String,
    code: Option<String>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTax)]
pub(super) struct TaxForm {
    name: String,
    /// Percent.
    rate: Option<String>,
    amount: String,
    /// Inside the price already.
    included: Option<bool>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTender)]
struct TenderForm {
    id: Option<String>,
    method: String,
    /// `captured` (default), `pending`, `authorized`, `failed`, `voided`
    state: Option<String>,
    amount: String,
    /// `tenant` (default), `marketplace`, `carrier`, `processor`
    holder: Option<String>,
    reference: Option<String>,
    /// The drawer, bank account, processor or carrier that has it.
    account: Option<String>,
    at: Option<DateTime<Utc>>,
}

impl From<OrderForm> for NewOrder {
    fn from(form: OrderForm) -> Self {
        NewOrder {
            external_id: form.external_id,
            number: form.number,
            placed_at: form.placed_at,
            currency: form.currency,
            segment: form.segment,
            company: form.company_id,
            prices_include_tax: form.prices_include_tax.unwrap_or(false),
            buyer: form.buyer.map(|BuyerForm { id, name, phone, email, company, tax_code, masked }| fact::Buyer { id, name, phone, email, company, tax_code, masked }),
            ship_to: form.ship_to.map(fact::Address::from),
            payment_method: form.payment_method,
            cash_on_delivery: form.cash_on_delivery,
            staff: form.staff,
            branch: form.branch,
            note: form.note,
            source_tag: form.source_tag,
            tags: form.tags,
            lines: form.lines.into_iter().map(NewLine::from).collect(),
            tenders: form
                .tenders
                .into_iter()
                .map(|TenderForm { id, method, state, amount, holder, reference, account, at }| NewTender { id, method, state, amount, holder, reference, account, at })
                .collect(),
            stated_total: form.stated_total,
            test: form.test,
        }
    }
}

impl From<AddressForm> for fact::Address {
    fn from(AddressForm { recipient, phone, line, district, city, region, postcode, country }: AddressForm) -> Self {
        Self { recipient, phone, line, district, city, region, postcode, country }
    }
}

impl From<ComponentForm> for NewComponent {
    fn from(ComponentForm { kind, funded_by, amount, code }: ComponentForm) -> Self {
        Self { kind, funded_by, amount, code }
    }
}

impl From<TaxForm> for NewTax {
    fn from(TaxForm { name, rate, amount, included }: TaxForm) -> Self {
        Self { name, rate, amount, included }
    }
}

impl From<LineForm> for NewLine {
    fn from(line: LineForm) -> Self {
        let LineForm { id, kind, sku, name, quantity, unit_price, components, taxes, gift } = line;
        NewLine {
            id,
            kind,
            sku,
            name,
            quantity,
            unit_price,
            components: components.into_iter().map(NewComponent::from).collect(),
            taxes: taxes.into_iter().map(NewTax::from).collect(),
            gift,
        }
    }
}

/// Places an order for a web, app, chat, POS, manual or API account.
#[utoipa::path(post, path = "/orders", tag = "orders", params(("Idempotency-Key" = Option<String>, Header, description = "the first answer is kept and replayed")), request_body = OrderForm,
    responses((status = 201, description = "the order", body = OrderView, headers(("ETag" = String), ("Idempotent-Replayed" = String, description = "true on a replay"))), Guarded, Written, Absent, Conflicting))]
pub async fn create(State(app): State<App>, Allowed { actor, permit }: Allowed<CreateOrders>, Extension(caller): Extension<Caller>, request: Request) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let bytes = json_bytes(request, &app).await?;
    let key = keyed(&headers, &actor, "POST /orders", &bytes)?;
    let form: OrderForm = parse_json(&bytes)?;
    let account: ChannelAccountId = form.channel_account_id.parse().map_err(|_| Problem::field("/channel_account_id", "invalid_value", "must be the id of a channel account"))?;
    let account = app.accounts.get(&app, &actor, account).await.map_err(Problem::internal)?.ok_or_else(|| Problem::field("/channel_account_id", "unknown", "there is no such channel account"))?;
    if account.account.state != AccountState::Active {
        return Err(Problem::conflict("account_inactive", format!("the channel account is {}", account.account.state.word())));
    }
    let tenant_currency = caller.tenant().map(|t| t.currency.as_str()).unwrap_or_default();
    let currency = account.account.currency.as_deref().unwrap_or(tenant_currency).parse().unwrap_or(Currency::USD);
    let facts = place::facts_of(&NewOrder::from(form), account.account.source(), currency, Utc::now()).map_err(place::PlaceError::Fields)?;
    let order = place::Placing { source: account.account.source(), account_name: account.account.name.clone(), actor: actor.who.to_string(), facts };
    match app.placing.submit(&app, Job { actor: actor.clone(), permit, order, key: key.clone() }).await {
        Ok(Some(response)) => Ok(response),
        // The key was taken by another request: its answer counts.
        Ok(None) => replayed(&app, &actor, key).await?.ok_or_else(|| Problem::conflict("busy", "the same request is being answered; try again")),
        // A repeat finds its own order placed already; any other error is told.
        Err(problem) => match replayed(&app, &actor, key).await? {
            Some(response) => Ok(response),
            None => Err(problem),
        },
    }
}

async fn replayed(app: &App, actor: &Actor, key: Option<Keyed>) -> Result<Option<Response>, Problem> {
    match key {
        Some(key) => key.replay(app, actor).await,
        None => Ok(None),
    }
}

pub(super) async fn json_bytes(request: Request, app: &App) -> Result<axum::body::Bytes, Problem> {
    let kind = request.headers().get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().unwrap_or_default().trim() != "application/json" {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", "send the body as application/json"));
    }
    body_bytes(request, app, JSON_BODY_BYTES_MAX).await
}
