//! Listings: those that are mapped, the queue of those that are not, mapping many at once, and an order in products.

use super::product::searched;
use crate::app::App;
use crate::flows::mapping;
use crate::http::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{Json, Path, Query},
    orders::views::{MoneyView, decimal, money},
    page::{self, List, Scope},
    problem::{FieldError, Problem},
};
use axum::{
    extract::{OriginalUri, State},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use kernel::{ChannelAccountId, CustomerId, OrderId, ProductId, Quantity};
use serde::{Deserialize, Serialize};
use switchyard_core::{
    customers,
    mapping::{
        queue::{self, Of, Unmapped},
        resolved::{self, Needed},
    },
    orders::detail,
    products::listings::{self, Filter, Listing, NewMapping, NewPart, Part},
};
use tenants::rights::{ManageProducts, ReadOrders, ReadProducts};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct ListingAccount {
    #[schema(value_type = String)]
    id: ChannelAccountId,
    name: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ListingPart)]
pub struct PartView {
    #[schema(value_type = String)]
    product_id: ProductId,
    sku: String,
    name: String,
    unit: String,
    /// Of one of the listing.
    quantity: String,
}

impl From<Part> for PartView {
    fn from(Part { product_id, sku, name, unit, quantity }: Part) -> Self {
        Self { product_id, sku, name, unit, quantity: decimal(quantity) }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = Listing)]
pub struct ListingView {
    channel_account: ListingAccount,
    /// `sku:` and the SKU of its lines, or `name:` and their name where they have no SKU
    listing: String,
    parts: Vec<PartView>,
    version: i64,
    mapped_by: String,
    mapped_at: DateTime<Utc>,
}

impl From<Listing> for ListingView {
    fn from(l: Listing) -> Self {
        let channel_account = ListingAccount { id: l.account, name: l.account_name };
        Self { channel_account, listing: l.listing, parts: l.parts.into_iter().map(PartView::from).collect(), version: l.version, mapped_by: l.mapped_by, mapped_at: l.mapped_at }
    }
}

fn account_of(text: Option<&str>) -> Result<Option<ChannelAccountId>, Problem> {
    text.map(|id| id.parse().map_err(|_| Problem::field("query:account", "invalid_value", "must be the id of a channel account"))).transpose()
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct MappedQuery {
    account: Option<String>,
    /// Listings that are this product, wholly or in part.
    product: Option<String>,
    /// A part of the listing's SKU or name.
    text: Option<String>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    cursor: Option<String>,
}

/// Listings that somebody mapped.
#[utoipa::path(get, path = "/listings", tag = "products", params(MappedQuery), responses((status = 200, description = "one page", body = List<ListingView>), Guarded))]
pub async fn mapped(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadProducts>, OriginalUri(uri): OriginalUri, Query(query): Query<MappedQuery>) -> Result<Response, Problem> {
    let limit = page::limit(query.limit)?;
    searched(query.text.as_deref())?;
    let product = query.product.as_deref().map(|id| id.parse().map_err(|_| Problem::field("query:product", "invalid_value", "must be the id of a product"))).transpose()?;
    let filter = Filter { account: account_of(query.account.as_deref())?, product, text: query.text.filter(|text| !text.is_empty()) };
    let scope = Scope { list: "listings", tenant: actor.tenant };
    let after: Option<(String, ChannelAccountId)> = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let mut tx = app.directory.begin(&actor).await?;
    let found = listings::page(&mut tx, permit, &filter, after, limit).await?;
    page::answer(&app, scope, &uri, found.rows.into_iter().map(ListingView::from).collect(), found.next)
}

#[derive(Serialize, ToSchema)]
#[schema(as = ListingSuggestion)]
pub struct SuggestionView {
    #[schema(value_type = String)]
    product_id: ProductId,
    sku: String,
    name: String,
    unit: String,
    /// `sku`: the same written otherwise; `barcode`; `name`: a similar one
    why: &'static str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = UnmappedListing)]
pub struct UnmappedView {
    channel_account: ListingAccount,
    channel_kind: String,
    listing: String,
    /// One its lines have.
    name: Option<String>,
    orders: i64,
    units: String,
    /// What buyers pay for its lines, by currency.
    value: Vec<MoneyView>,
    /// When the oldest of its orders was placed.
    oldest: DateTime<Utc>,
    suggestion: Option<SuggestionView>,
}

impl From<Unmapped> for UnmappedView {
    fn from(u: Unmapped) -> Self {
        Self {
            channel_account: ListingAccount { id: u.account, name: u.account_name },
            channel_kind: u.channel_kind,
            listing: u.listing,
            name: u.name,
            orders: u.orders,
            units: decimal(u.units),
            value: u.value.into_iter().map(|(currency, amount)| money(amount, &currency)).collect(),
            oldest: u.oldest,
            suggestion: u.suggestion.map(|s| SuggestionView { product_id: s.product, sku: s.sku, name: s.name, unit: s.unit, why: s.why.word() }),
        }
    }
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct UnmappedQuery {
    /// `held` (default): of orders that wait; `recent`: of the newest 20,000 orders of the last 30 days
    of: Option<String>,
    account: Option<String>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    cursor: Option<String>,
}

/// Listings that are mapped to nothing, with the orders that have them; the most orders first.
#[utoipa::path(get, path = "/listings/unmapped", tag = "products", params(UnmappedQuery), responses((status = 200, description = "one page", body = List<UnmappedView>), Guarded))]
pub async fn unmapped(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadProducts>, OriginalUri(uri): OriginalUri, Query(query): Query<UnmappedQuery>) -> Result<Response, Problem> {
    let limit = page::limit(query.limit)?;
    let (of, list) = match query.of.as_deref() {
        None | Some("held") => (Of::Held, "listings-held"),
        Some("recent") => (Of::Recent, "listings-recent"),
        Some(_) => return Err(Problem::field("query:of", "invalid_value", "must be held or recent")),
    };
    let account = account_of(query.account.as_deref())?;
    let scope = Scope { list, tenant: actor.tenant };
    let after: Option<queue::After> = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let mut tx = app.directory.begin(&actor).await?;
    let found = queue::page(&mut tx, permit, of, account, after, limit).await?;
    page::answer(&app, scope, &uri, found.rows.into_iter().map(UnmappedView::from).collect(), found.next)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewListingPart)]
pub struct PartForm {
    /// Of a product.
    sku: String,
    /// How many of the product one of the listing is, above zero; 1 when left out.
    quantity: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewListingMapping)]
pub struct MappingForm {
    #[schema(value_type = String)]
    channel_account_id: ChannelAccountId,
    /// As the queue names it.
    listing: String,
    /// Several are a set.
    parts: Vec<PartForm>,
    /// The version seen, to change what is mapped already.
    version: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewListingMappings)]
pub struct MapForm {
    /// At most 200.
    mappings: Vec<MappingForm>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ListingsMapped)]
pub struct MappedView {
    /// How many are another than before.
    changed: usize,
}

/// Maps many listings at once, all of them or none. Orders that waited for nothing else go on.
#[utoipa::path(post, path = "/listings/map", tag = "products", request_body = MapForm, responses((status = 200, description = "they are mapped", body = MappedView), Guarded, Written, Conflicting))]
pub async fn map(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageProducts>, Json(form): Json<MapForm>) -> Result<Response, Problem> {
    let mut wrong = Vec::new();
    let mut mappings = Vec::with_capacity(form.mappings.len().min(listings::MAPPINGS_MAX + 1));
    for (index, mapping) in form.mappings.into_iter().enumerate() {
        let parts = mapping.parts.into_iter().enumerate().map(|(at, part)| {
            let quantity: Quantity = part.quantity.as_deref().map_or(Ok(Quantity::ONE), str::parse).unwrap_or_else(|_| {
                wrong.push(FieldError { pointer: format!("/mappings/{index}/parts/{at}/quantity"), code: "invalid_value".into(), detail: "expected a quantity above zero such as 1, 12 or 0.5".into() });
                Quantity::ONE
            });
            NewPart { sku: part.sku.trim().to_owned(), quantity }
        });
        mappings.push(NewMapping { account: mapping.channel_account_id, listing: mapping.listing, parts: parts.collect(), seen: mapping.version.unwrap_or(0) });
    }
    if !wrong.is_empty() {
        return Err(Problem::fields(wrong));
    }
    let mut tx = app.directory.begin(&actor).await?;
    let changed = listings::map(&mut tx, permit, &mappings).await?;
    tx.commit().await?;
    mapping::settle_now(&app, actor.tenant).await;
    Ok(axum::Json(MappedView { changed }).into_response())
}

#[derive(Serialize, ToSchema)]
#[schema(as = ResolvedLine)]
pub struct ResolvedLineView {
    /// The line's own id within its order.
    line_id: String,
    listing: String,
    /// What one of it is; empty while it is not mapped.
    parts: Vec<PartView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = NeededProduct)]
pub struct NeededView {
    #[schema(value_type = String)]
    product_id: ProductId,
    sku: String,
    name: String,
    unit: String,
    quantity: String,
}

/// An order in the merchant's own terms.
#[derive(Serialize, ToSchema)]
#[schema(as = ResolvedOrder)]
pub struct ResolvedView {
    /// Whose it is; null when nothing tells.
    #[schema(value_type = Option<String>)]
    customer_id: Option<CustomerId>,
    lines: Vec<ResolvedLineView>,
    /// How many of each product the order is for; what is not mapped is not in it.
    products: Vec<NeededView>,
}

/// Whose an order is, and which products its lines are.
#[utoipa::path(get, path = "/orders/{id}/resolved", tag = "products", params(("id" = String, Path)), responses((status = 200, description = "the order in products", body = ResolvedView), Guarded, Absent))]
pub async fn resolved(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadOrders>, Path(id): Path<OrderId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let order = detail::get(&mut tx, permit, id).await?;
    let found = resolved::of(&mut tx, &order).await?;
    let customer_id = customers::list::of_order(&mut tx, id).await?;
    let lines = found.lines.into_iter().map(|l| ResolvedLineView { line_id: l.line_id, listing: l.listing, parts: l.parts.into_iter().map(PartView::from).collect() });
    let products = found.products.into_iter().map(|Needed { product, sku, name, unit, quantity }| NeededView { product_id: product, sku, name, unit, quantity: decimal(quantity) });
    Ok(axum::Json(ResolvedView { customer_id, lines: lines.collect(), products: products.collect() }).into_response())
}
