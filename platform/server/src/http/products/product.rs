//! Products: listed, made, changed.

use crate::app::App;
use crate::flows::mapping;
use crate::http::{
    answers::{Absent, Conflicting, Guarded, Written},
    auth::Allowed,
    body::{Json, Path, Query},
    companies::{answer, told},
    orders::read::seen_version,
    page::{self, List, Scope},
    problem::{Problem, ProblemBody},
};
use axum::{
    extract::{OriginalUri, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use chrono::{DateTime, Utc};
use kernel::ProductId;
use serde::{Deserialize, Serialize};
use switchyard_core::products::product::{self, Draft, Product};
use tenants::rights::{ManageProducts, ReadProducts};
use utoipa::ToSchema;

/// Characters one may search for.
pub(super) const TEXT_CHARS_MAX: usize = 100;

#[derive(Serialize, ToSchema)]
#[schema(as = Product)]
pub struct ProductView {
    #[schema(value_type = String)]
    id: ProductId,
    /// Never changes.
    sku: String,
    name: String,
    /// What one of it is: piece, box, kg.
    unit: String,
    barcode: Option<String>,
    /// False: nothing new is mapped to it.
    active: bool,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Product> for ProductView {
    fn from(p: Product) -> Self {
        let Product { id, sku, name, unit, barcode, active, version, created_at, updated_at } = p;
        Self { id, sku, name, unit, barcode, active, version, created_at, updated_at }
    }
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ProductQuery {
    /// A part of the SKU, name or barcode.
    text: Option<String>,
    active: Option<bool>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    cursor: Option<String>,
}

/// What a text to search for must be.
pub(super) fn searched(text: Option<&str>) -> Result<(), Problem> {
    let fits = text.is_none_or(|text| text.chars().count() <= TEXT_CHARS_MAX && !text.contains('\0'));
    if fits { Ok(()) } else { Err(Problem::field("query:text", "invalid_value", "at most 100 characters")) }
}

/// Products by SKU.
#[utoipa::path(get, path = "/products", tag = "products", params(ProductQuery), responses((status = 200, description = "one page", body = List<ProductView>), Guarded))]
pub async fn list(State(app): State<App>, Allowed { actor, permit }: Allowed<ReadProducts>, OriginalUri(uri): OriginalUri, Query(query): Query<ProductQuery>) -> Result<Response, Problem> {
    let limit = page::limit(query.limit)?;
    searched(query.text.as_deref())?;
    let scope = Scope { list: "products", tenant: actor.tenant };
    let after: Option<String> = page::read_cursor(&app, scope, query.cursor.as_deref())?;
    let mut tx = app.directory.begin(&actor).await?;
    let found = product::page(&mut tx, permit, query.text.as_deref(), query.active, after, limit).await?;
    page::answer(&app, scope, &uri, found.rows.into_iter().map(ProductView::from).collect(), found.next)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewProduct)]
pub struct NewProductForm {
    sku: String,
    name: String,
    unit: String,
    barcode: Option<String>,
}

/// A new product. Orders that wait for a listing with its SKU go on.
#[utoipa::path(post, path = "/products", tag = "products", request_body = NewProductForm, responses((status = 201, description = "the product", body = ProductView, headers(("ETag" = String))), Guarded, Written, Conflicting))]
pub async fn create(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageProducts>, Json(form): Json<NewProductForm>) -> Result<Response, Problem> {
    let NewProductForm { sku, name, unit, barcode } = form;
    let mut tx = app.directory.begin(&actor).await?;
    let product = product::create(&mut tx, permit, &sku, Draft { name, unit, barcode, active: true }).await?;
    tx.commit().await?;
    mapping::settle_now(&app, actor.tenant).await;
    Ok(answer(StatusCode::CREATED, product.version, ProductView::from(product)))
}

/// One product.
#[utoipa::path(get, path = "/products/{id}", tag = "products", params(("id" = String, Path)), responses((status = 200, description = "the product", body = ProductView, headers(("ETag" = String))), Guarded, Absent))]
pub async fn get(State(app): State<App>, Allowed { actor, .. }: Allowed<ReadProducts>, Path(id): Path<ProductId>) -> Result<Response, Problem> {
    let mut tx = app.directory.begin(&actor).await?;
    let product = product::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    Ok(answer(StatusCode::OK, product.version, ProductView::from(product)))
}

/// The fields of a product; one left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProductChange)]
pub struct ChangeForm {
    name: Option<String>,
    unit: Option<String>,
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = Option<String>)]
    barcode: Option<Option<String>>,
    active: Option<bool>,
}

/// Changes everything but the SKU.
#[utoipa::path(patch, path = "/products/{id}", tag = "products", params(("id" = String, Path), ("If-Match" = String, Header, description = "the ETag seen")), request_body = ChangeForm,
    responses((status = 200, description = "the product", body = ProductView, headers(("ETag" = String))), (status = 412, description = "the product was changed meanwhile", body = ProblemBody, content_type = "application/problem+json"),
              (status = 428, description = "If-Match is missing", body = ProblemBody, content_type = "application/problem+json"), Guarded, Written, Absent, Conflicting))]
pub async fn change(State(app): State<App>, Allowed { actor, permit }: Allowed<ManageProducts>, headers: HeaderMap, Path(id): Path<ProductId>, Json(form): Json<ChangeForm>) -> Result<Response, Problem> {
    let seen = seen_version(&headers)?;
    let ChangeForm { name, unit, barcode, active } = form;
    let mut tx = app.directory.begin(&actor).await?;
    let product = product::change(&mut tx, permit, id, seen, |draft| {
        draft.name = name.unwrap_or_else(|| std::mem::take(&mut draft.name));
        draft.unit = unit.unwrap_or_else(|| std::mem::take(&mut draft.unit));
        draft.barcode = barcode.unwrap_or_else(|| draft.barcode.take());
        draft.active = active.unwrap_or(draft.active);
    })
    .await?;
    tx.commit().await?;
    Ok(answer(StatusCode::OK, product.version, ProductView::from(product)))
}
