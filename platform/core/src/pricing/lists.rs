//! Price lists: named, in one currency, for everybody, a segment or some companies; their prices come in versions.
//! Invariant LIST-1: a version never changes; an order or quote that was priced by one keeps it.
//! Invariant LIST-2: a change names the version of the list it saw; the loser of a race changes nothing.
//! Invariant LIST-3: a list that names companies is for those and their groups' members alone.

use super::price::{Break, ListVersion};
use super::sheet::Prices;
use chrono::NaiveDate;
use kernel::{CompanyId, Currency, Decimal, Page, PageLimit, PriceListId, Timestamp};
use serde_json::json;
use std::collections::BTreeMap;
use tenants::rights::{ManagePrices, ReadPrices};
use tenants::{Permit, TenantTx, audit};
use uuid::Uuid;

pub const NAME_CHARS_MAX: usize = 120;
pub const NOTE_CHARS_MAX: usize = 500;
pub const PER_TENANT_MAX: i64 = 2_000;
pub const COMPANIES_MAX: usize = 1_000;
/// Lists that may count for one buyer; more particular ones come first.
const LISTS_ASKED_MAX: i64 = 20;

#[derive(Clone, Debug, PartialEq)]
pub struct PriceList {
    pub id: PriceListId,
    pub name: String,
    pub currency: String,
    pub segment: Option<String>,
    pub companies: Vec<(CompanyId, String)>,
    pub archived_at: Option<Timestamp>,
    pub version: i64,
    pub updated_at: Timestamp,
    pub newest: Version,
}

/// A version of a list's prices, without the prices.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    pub version: i32,
    pub valid_from: NaiveDate,
    pub valid_until: Option<NaiveDate>,
    pub tax_included: bool,
    pub tax_rate: Option<Decimal>,
    pub prices: i32,
    pub note: Option<String>,
    pub made_by: String,
    pub made_at: Timestamp,
}

/// What a version says beside its prices.
#[derive(Clone, Debug, PartialEq)]
pub struct Validity {
    pub from: NaiveDate,
    pub until: Option<NaiveDate>,
    pub tax_included: bool,
    pub tax_rate: Option<Decimal>,
    pub note: Option<String>,
}

/// For whom a list is.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    pub name: String,
    pub segment: Option<String>,
    pub companies: Vec<CompanyId>,
    pub archived: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum ListError {
    #[error("the price list is not known")]
    Unknown,
    #[error("{field}: {wrong}")]
    Field { field: String, wrong: String },
    #[error("the price list was changed meanwhile: it is at version {0} now")]
    Stale(i64),
    #[error("there is a price list of this name already")]
    NameTaken,
    #[error("a tenant has at most {PER_TENANT_MAX} price lists")]
    TooMany,
    #[error(transparent)]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for ListError {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error().and_then(|e| e.constraint()) {
            Some("price_lists_name") => Self::NameTaken,
            Some("price_list_companies_tenant_id_company_id_fkey") => wrong("company_ids", "companies that exist"),
            _ => Self::Database(error),
        }
    }
}

fn wrong(field: &str, wrong: &str) -> ListError {
    ListError::Field { field: field.into(), wrong: wrong.into() }
}

impl Head {
    fn check(&mut self) -> Result<(), ListError> {
        self.name = self.name.trim().to_owned();
        if self.name.is_empty() || self.name.chars().count() > NAME_CHARS_MAX || self.name.chars().any(char::is_control) {
            return Err(wrong("name", "1 to 120 characters without control characters"));
        }
        if self.segment.as_deref().is_some_and(|s| !matches!(s, "b2b" | "b2c")) {
            return Err(wrong("segment", "b2b, b2c or null"));
        }
        if self.companies.len() > COMPANIES_MAX {
            return Err(wrong("company_ids", "at most 1000 companies"));
        }
        self.companies.sort_unstable();
        self.companies.dedup();
        Ok(())
    }
}

impl Validity {
    fn check(&self) -> Result<(), ListError> {
        let sane = |day: NaiveDate| (1900..3000).contains(&chrono::Datelike::year(&day));
        if !sane(self.from) {
            return Err(wrong("valid_from", "a day between 1900 and 3000"));
        }
        if self.until.is_some_and(|until| until < self.from || !sane(until)) {
            return Err(wrong("valid_until", "a day not before valid_from"));
        }
        if self.tax_rate.is_some_and(|rate| !(Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&rate)) {
            return Err(wrong("tax_rate", "a percentage between 0 and 100"));
        }
        if self.note.as_deref().is_some_and(|n| n.chars().count() > NOTE_CHARS_MAX || n.chars().any(|c| c.is_control() && c != '\n')) {
            return Err(wrong("note", "at most 500 characters without control characters"));
        }
        Ok(())
    }
}

pub async fn create(tx: &mut TenantTx, _: Permit<ManagePrices>, mut head: Head, currency: Currency, validity: &Validity, prices: &Prices) -> Result<PriceList, ListError> {
    head.check()?;
    validity.check()?;
    let kept = sqlx::query_scalar!(r#"select count(*) as "n!" from tenant.price_lists where tenant_id = $1"#, tx.tenant()).fetch_one(tx.conn()).await?;
    if kept >= PER_TENANT_MAX {
        return Err(ListError::TooMany);
    }
    let id = PriceListId::new();
    sqlx::query!(
        "insert into tenant.price_lists (tenant_id, id, name, currency, segment, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $6)",
        tx.tenant(),
        id.uuid(),
        head.name,
        currency.code(),
        head.segment,
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    assign(tx, id, &head.companies).await?;
    write_version(tx, id, 1, validity, prices).await?;
    audit::write(tx, "price_list.created", Some(&id), json!({"name": head.name})).await?;
    find(tx, id).await?.ok_or(ListError::Unknown)
}

/// Says for whom the list is, and whether it still counts.
pub async fn change(tx: &mut TenantTx, _: Permit<ManagePrices>, id: PriceListId, seen: i64, change: impl FnOnce(&mut Head)) -> Result<PriceList, ListError> {
    let list = lock(tx, id, seen).await?;
    let mut head = Head { name: list.name, segment: list.segment, companies: list.companies.into_iter().map(|(id, _)| id).collect(), archived: list.archived_at.is_some() };
    change(&mut head);
    head.check()?;
    sqlx::query!(
        "update tenant.price_lists set name = $3, segment = $4, archived_at = case when $5 then coalesce(archived_at, $6) end, updated_at = $6, version = version + 1
         where tenant_id = $1 and id = $2",
        tx.tenant(),
        id.uuid(),
        head.name,
        head.segment,
        head.archived,
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!("delete from tenant.price_list_companies where tenant_id = $1 and list_id = $2", tx.tenant(), id.uuid()).execute(tx.conn()).await?;
    assign(tx, id, &head.companies).await?;
    audit::write(tx, "price_list.changed", Some(&id), json!({"name": head.name, "archived": head.archived})).await?;
    find(tx, id).await?.ok_or(ListError::Unknown)
}

/// Makes the next version of the prices (LIST-1). Without prices those of the newest version stay.
pub async fn renew(tx: &mut TenantTx, _: Permit<ManagePrices>, id: PriceListId, seen: i64, validity: &Validity, prices: Option<&Prices>) -> Result<PriceList, ListError> {
    validity.check()?;
    let list = lock(tx, id, seen).await?;
    let next = list.newest.version + 1;
    match prices {
        Some(prices) => write_version(tx, id, next, validity, prices).await?,
        None => {
            write_version(tx, id, next, validity, &Prices::new()).await?;
            sqlx::query!(
                "insert into tenant.price_list_prices (tenant_id, list_id, version, sku, min_quantity, name, price, floor_price, cost)
                 select tenant_id, list_id, $4, sku, min_quantity, name, price, floor_price, cost from tenant.price_list_prices where tenant_id = $1 and list_id = $2 and version = $3",
                tx.tenant(),
                id.uuid(),
                list.newest.version,
                next,
            )
            .execute(tx.conn())
            .await?;
        }
    }
    sqlx::query!("update tenant.price_lists set newest = $3, updated_at = $4, version = version + 1 where tenant_id = $1 and id = $2", tx.tenant(), id.uuid(), next, tx.now())
        .execute(tx.conn())
        .await?;
    audit::write(tx, "price_list.renewed", Some(&id), json!({"version": next, "note": validity.note})).await?;
    find(tx, id).await?.ok_or(ListError::Unknown)
}

async fn lock(tx: &mut TenantTx, id: PriceListId, seen: i64) -> Result<PriceList, ListError> {
    sqlx::query_scalar!("select id from tenant.price_lists where tenant_id = $1 and id = $2 for update", tx.tenant(), id.uuid())
        .fetch_optional(tx.conn())
        .await?
        .ok_or(ListError::Unknown)?;
    let list = find(tx, id).await?.ok_or(ListError::Unknown)?;
    if list.version == seen { Ok(list) } else { Err(ListError::Stale(list.version)) }
}

async fn assign(tx: &mut TenantTx, id: PriceListId, companies: &[CompanyId]) -> Result<(), ListError> {
    let companies: Vec<Uuid> = companies.iter().map(|c| c.uuid()).collect();
    sqlx::query!("insert into tenant.price_list_companies (tenant_id, list_id, company_id) select $1, $2, company from unnest($3::uuid[]) as wanted(company)", tx.tenant(), id.uuid(), &companies)
        .execute(tx.conn())
        .await?;
    Ok(())
}

async fn write_version(tx: &mut TenantTx, id: PriceListId, version: i32, validity: &Validity, prices: &Prices) -> Result<(), ListError> {
    let rows: Vec<(&String, &Break)> = prices.iter().flat_map(|(sku, breaks)| breaks.iter().map(move |b| (sku, b))).collect();
    let kept = i32::try_from(rows.len()).unwrap_or(i32::MAX);
    sqlx::query!(
        "insert into tenant.price_list_versions (tenant_id, list_id, version, valid_from, valid_until, prices_include_tax, tax_rate, prices, note, made_by, made_at)
         values ($1, $2, $3, $4, $5, $6, $7,
           case when $8 = 0 then (select count(*)::int from tenant.price_list_prices where tenant_id = $1 and list_id = $2 and version = $3 - 1) else $8 end, $9, $10, $11)",
        tx.tenant(),
        id.uuid(),
        version,
        validity.from,
        validity.until,
        validity.tax_included,
        validity.tax_rate,
        kept,
        validity.note,
        tx.actor().who.to_string(),
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "insert into tenant.price_list_prices (tenant_id, list_id, version, sku, min_quantity, name, price, floor_price, cost)
         select $1, $2, $3, p.sku, p.min_quantity, p.name, p.price, p.floor_price, p.cost
         from unnest($4::text[], $5::numeric[], $6::text[], $7::numeric[], $8::numeric[], $9::numeric[]) as p(sku, min_quantity, name, price, floor_price, cost)",
        tx.tenant(),
        id.uuid(),
        version,
        &rows.iter().map(|(sku, _)| (*sku).clone()).collect::<Vec<_>>(),
        &rows.iter().map(|(_, b)| b.min_quantity).collect::<Vec<_>>(),
        &rows.iter().map(|(_, b)| b.name.clone()).collect::<Vec<_>>() as _,
        &rows.iter().map(|(_, b)| b.price).collect::<Vec<_>>(),
        &rows.iter().map(|(_, b)| b.floor).collect::<Vec<_>>() as _,
        &rows.iter().map(|(_, b)| b.cost).collect::<Vec<_>>() as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

struct Row {
    id: PriceListId,
    name: String,
    currency: String,
    segment: Option<String>,
    archived_at: Option<Timestamp>,
    version: i64,
    updated_at: Timestamp,
    number: i32,
    valid_from: NaiveDate,
    valid_until: Option<NaiveDate>,
    tax_included: bool,
    tax_rate: Option<Decimal>,
    prices: i32,
    note: Option<String>,
    made_by: String,
    made_at: Timestamp,
    companies: sqlx::types::Json<Vec<(CompanyId, String)>>,
}

impl From<Row> for PriceList {
    fn from(row: Row) -> Self {
        let Row { id, name, currency, segment, archived_at, version, updated_at, number, valid_from, valid_until, tax_included, tax_rate, prices, note, made_by, made_at, companies } = row;
        let newest = Version { version: number, valid_from, valid_until, tax_included, tax_rate, prices, note, made_by, made_at };
        Self { id, name, currency, segment, companies: companies.0, archived_at, version, updated_at, newest }
    }
}

pub async fn find(tx: &mut TenantTx, id: PriceListId) -> Result<Option<PriceList>, ListError> {
    Ok(rows(tx, Some(id), None, PageLimit::DEFAULT).await?.pop())
}

/// One page by name.
pub async fn page(tx: &mut TenantTx, _: Permit<ReadPrices>, after: Option<(String, PriceListId)>, limit: PageLimit) -> Result<Page<PriceList, (String, PriceListId)>, ListError> {
    let lists = rows(tx, None, after, limit).await?;
    Ok(Page::from_fetched(lists, limit, |list| (list.name.clone(), list.id)))
}

async fn rows(tx: &mut TenantTx, id: Option<PriceListId>, after: Option<(String, PriceListId)>, limit: PageLimit) -> Result<Vec<PriceList>, ListError> {
    let (after_name, after_id) = after.unzip();
    let rows = sqlx::query_as!(
        Row,
        r#"select l.id as "id: PriceListId", l.name, l.currency, l.segment, l.archived_at, l.version, l.updated_at, v.version as number, v.valid_from, v.valid_until,
             v.prices_include_tax as tax_included, v.tax_rate, v.prices, v.note, v.made_by, v.made_at,
             coalesce((select jsonb_agg(jsonb_build_array('com_' || replace(c.id::text, '-', ''), c.name) order by c.name)
               from tenant.price_list_companies a join tenant.companies c on c.tenant_id = $1 and c.id = a.company_id
               where a.tenant_id = $1 and a.list_id = l.id), '[]') as "companies!: sqlx::types::Json<Vec<(CompanyId, String)>>"
           from tenant.price_lists l join tenant.price_list_versions v on v.tenant_id = $1 and v.list_id = l.id and v.version = l.newest
           where l.tenant_id = $1 and ($2::uuid is null or l.id = $2) and ($3::text is null or (l.name, l.id) > ($3, $4::uuid))
           order by l.name, l.id limit $5"#,
        tx.tenant(),
        id.map(PriceListId::uuid),
        after_name,
        after_id.map(PriceListId::uuid),
        limit.rows() + 1,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(PriceList::from).collect())
}

/// The versions of a list, newest first.
pub async fn versions(tx: &mut TenantTx, _: Permit<ReadPrices>, id: PriceListId) -> Result<Vec<Version>, ListError> {
    Ok(sqlx::query_as!(
        Version,
        "select version, valid_from, valid_until, prices_include_tax as tax_included, tax_rate, prices, note, made_by, made_at
         from tenant.price_list_versions where tenant_id = $1 and list_id = $2 order by version desc limit 200",
        tx.tenant(),
        id.uuid(),
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Prices of one version, by SKU and break.
pub async fn prices(
    tx: &mut TenantTx,
    _: Permit<ReadPrices>,
    id: PriceListId,
    version: Option<i32>,
    text: Option<&str>,
    after: Option<(String, Decimal)>,
    limit: PageLimit,
) -> Result<Page<(String, Break), (String, Decimal)>, ListError> {
    let list = find(tx, id).await?.ok_or(ListError::Unknown)?;
    let (after_sku, after_quantity) = after.unzip();
    let rows = sqlx::query!(
        "select sku, min_quantity, name, price, floor_price, cost from tenant.price_list_prices
         where tenant_id = $1 and list_id = $2 and version = $3 and ($4::text is null or strpos(lower(sku), lower($4)) > 0 or strpos(lower(coalesce(name, '')), lower($4)) > 0)
           and ($5::text is null or (sku, min_quantity) > ($5, $6::numeric))
         order by sku, min_quantity limit $7",
        tx.tenant(),
        id.uuid(),
        version.unwrap_or(list.newest.version),
        text,
        after_sku,
        after_quantity,
        limit.rows() + 1,
    )
    .fetch_all(tx.conn())
    .await?;
    let rows = rows.into_iter().map(|r| (r.sku, Break { min_quantity: r.min_quantity.normalize(), name: r.name, price: r.price.normalize(), floor: r.floor_price.map(|f| f.normalize()), cost: r.cost.map(|c| c.normalize()) }));
    Ok(Page::from_fetched(rows.collect(), limit, |(sku, b)| (sku.clone(), b.min_quantity)))
}

/// For whom, when and by which state of the lists something is priced.
#[derive(Clone, Copy, Debug)]
pub struct Buying {
    pub company: CompanyId,
    pub currency: Currency,
    pub day: NaiveDate,
    /// Versions made later do not count.
    pub at: Timestamp,
}

/// The lists that count for a company, most particular first, with the prices of the SKUs named (LIST-3).
pub async fn counting(tx: &mut TenantTx, buying: Buying, skus: &[String]) -> Result<Vec<ListVersion>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select l.id as "id: PriceListId", l.name, v.version, v.valid_from, v.valid_until, v.prices_include_tax, v.tax_rate
           from tenant.price_lists l
           cross join lateral (
             select n.* from tenant.price_list_versions n
             where n.tenant_id = $1 and n.list_id = l.id and n.made_at <= $5 and n.valid_from <= $4 and (n.valid_until is null or n.valid_until >= $4)
             order by n.version desc limit 1) v
           cross join lateral (
             select min(case when a.company_id = c.id then 0 else 1 end) as near, count(*) filter (where a.company_id in (c.id, c.parent_id)) as ours, count(a.company_id) as named
             from tenant.companies c left join tenant.price_list_companies a on a.tenant_id = $1 and a.list_id = l.id
             where c.tenant_id = $1 and c.id = $2) w
           where l.tenant_id = $1 and l.currency = $3 and (l.archived_at is null or l.archived_at > $5)
             and (w.ours > 0 or w.named = 0 and (l.segment is null or l.segment = 'b2b'))
           order by case when w.ours > 0 then w.near when l.segment is not null then 2 else 3 end, v.valid_from desc, l.name limit $6"#,
        tx.tenant(),
        buying.company.uuid(),
        buying.currency.code(),
        buying.day,
        buying.at,
        LISTS_ASKED_MAX,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut lists: Vec<ListVersion> = rows
        .into_iter()
        .map(|row| ListVersion { list: row.id, name: row.name, version: row.version, valid_from: row.valid_from, valid_until: row.valid_until, tax_included: row.prices_include_tax, tax_rate: row.tax_rate.map(|r| r.normalize()), prices: BTreeMap::new() })
        .collect();
    if lists.is_empty() {
        return Ok(lists);
    }
    let (ids, versions): (Vec<Uuid>, Vec<i32>) = lists.iter().map(|l| (l.list.uuid(), l.version)).unzip();
    let prices = sqlx::query!(
        r#"select p.list_id as "list: PriceListId", p.sku, p.min_quantity, p.name, p.price, p.floor_price, p.cost
           from tenant.price_list_prices p join unnest($2::uuid[], $3::int[]) as asked(id, version) on p.list_id = asked.id and p.version = asked.version
           where p.tenant_id = $1 and p.sku = any($4)"#,
        tx.tenant(),
        &ids,
        &versions,
        skus,
    )
    .fetch_all(tx.conn())
    .await?;
    for row in prices {
        if let Some(list) = lists.iter_mut().find(|l| l.list == row.list) {
            let at = Break { min_quantity: row.min_quantity.normalize(), name: row.name, price: row.price.normalize(), floor: row.floor_price.map(|f| f.normalize()), cost: row.cost.map(|c| c.normalize()) };
            list.prices.entry(row.sku).or_default().push(at);
        }
    }
    Ok(lists)
}
