//! Listings of channels and what one of each is: a product, several of one, or a set (MAP-3, MAP-4).
//! Invariant MAP-5: mappings sent together are made together or not at all; every wrong one is named.

use super::settings;
use kernel::{ChannelAccountId, Decimal, Page, PageLimit, ProductId, Quantity, Timestamp};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use tenants::rights::{ManageProducts, ReadProducts};
use tenants::{Permit, TenantTx, audit};
use uuid::Uuid;

pub const MAPPINGS_MAX: usize = 200;
pub const PARTS_MAX: usize = 20;
/// Of the SKU or name a listing goes by.
const CHARS_MAX: usize = 300;

/// By what a line names its listing: `sku:` and its SKU, else `name:` and its name. `tenant.listing_of` is the same rule.
pub fn listing_of(sku: Option<&str>, name: Option<&str>) -> String {
    let cut = |text: &str| text.trim_matches(' ').chars().take(CHARS_MAX).collect::<String>();
    match sku.map(cut).filter(|sku| !sku.is_empty()) {
        Some(sku) => format!("sku:{sku}"),
        None => format!("name:{}", cut(name.unwrap_or_default())),
    }
}

/// Which of the listings are mapped to nothing, in one statement.
pub async fn unmapped(tx: &mut TenantTx, asked: &BTreeSet<(Uuid, String)>) -> Result<HashSet<(Uuid, String)>, sqlx::Error> {
    if asked.is_empty() {
        return Ok(HashSet::new());
    }
    let (accounts, listings): (Vec<Uuid>, Vec<String>) = asked.iter().cloned().unzip();
    let rows = sqlx::query!(
        r#"select l.account as "account!", l.listing as "listing!" from unnest($2::uuid[], $3::text[]) as l(account, listing) where not tenant.is_mapped($1, l.account, l.listing)"#,
        tx.tenant(),
        &accounts,
        &listings,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.account, row.listing)).collect())
}

/// One of a listing is so many of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPart {
    pub sku: String,
    pub quantity: Quantity,
}

/// What a listing is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMapping {
    pub account: ChannelAccountId,
    pub listing: String,
    pub parts: Vec<NewPart>,
    /// The version that was seen; 0: it is not mapped yet.
    pub seen: i64,
}

#[derive(Debug, thiserror::Error)]
pub enum MapError {
    /// Where, and what would be right.
    #[error("{} fields are wrong", .0.len())]
    Fields(Vec<(String, String)>),
    #[error("the listing {listing:?} was mapped by somebody else meanwhile")]
    Stale { listing: String },
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// A part as it is kept.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Part {
    pub product_id: ProductId,
    pub sku: String,
    pub name: String,
    pub unit: String,
    /// As text, so that none passes through a float.
    pub quantity: Decimal,
}

/// Maps listings, all or none (MAP-5). Returns how many are another than before.
pub async fn map(tx: &mut TenantTx, _: Permit<ManageProducts>, mappings: &[NewMapping]) -> Result<usize, MapError> {
    let mut wrong = misshapen(mappings);
    if !wrong.is_empty() {
        return Err(MapError::Fields(wrong));
    }
    let (accounts, listings): (Vec<Uuid>, Vec<String>) = mappings.iter().map(|m| (m.account.uuid(), m.listing.clone())).unzip();
    let known: HashSet<Uuid> = sqlx::query_scalar!("select id from tenant.channel_accounts where tenant_id = $1 and id = any($2)", tx.tenant(), &accounts).fetch_all(tx.conn()).await?.into_iter().collect();
    let skus: Vec<String> = mappings.iter().flat_map(|m| m.parts.iter().map(|part| part.sku.clone())).collect();
    let products: BTreeMap<String, (Uuid, bool)> = sqlx::query!("select id, sku, active from tenant.products where tenant_id = $1 and sku = any($2)", tx.tenant(), &skus)
        .fetch_all(tx.conn())
        .await?
        .into_iter()
        .map(|row| (row.sku, (row.id, row.active)))
        .collect();
    // Locked in one order, so that two who map the same never wait for each other crosswise.
    sqlx::query_scalar!(
        "select listing from tenant.listings where tenant_id = $1 and (channel_account_id, listing) in (select * from unnest($2::uuid[], $3::text[])) order by channel_account_id, listing for update",
        tx.tenant(),
        &accounts,
        &listings,
    )
    .fetch_all(tx.conn())
    .await?;
    let standing: BTreeMap<(Uuid, String), Listing> = of(tx, &accounts, &listings).await?.into_iter().map(|l| ((l.account.uuid(), l.listing.clone()), l)).collect();
    let mut changed: Vec<&NewMapping> = Vec::new();
    for (index, mapping) in mappings.iter().enumerate() {
        if !known.contains(&mapping.account.uuid()) {
            wrong.push((format!("/mappings/{index}/channel_account_id"), "a channel account of this tenant".into()));
        }
        let now = standing.get(&(mapping.account.uuid(), mapping.listing.clone()));
        let same = now.is_some_and(|now| now.parts.len() == mapping.parts.len() && mapping.parts.iter().all(|p| now.parts.iter().any(|n| n.sku == p.sku && n.quantity == p.quantity.get())));
        for (at, part) in mapping.parts.iter().enumerate() {
            let pointer = format!("/mappings/{index}/parts/{at}/sku");
            match products.get(&part.sku) {
                None => wrong.push((pointer, "the SKU of a product".into())),
                Some((_, false)) if !same => wrong.push((pointer, "the SKU of a product that is active".into())),
                Some(_) => {}
            }
        }
        if same {
            continue;
        }
        if now.map_or(0, |now| now.version) != mapping.seen {
            return Err(MapError::Stale { listing: mapping.listing.clone() });
        }
        changed.push(mapping);
    }
    if !wrong.is_empty() {
        return Err(MapError::Fields(wrong));
    }
    changed.sort_by(|a, b| (a.account, &a.listing).cmp(&(b.account, &b.listing)));
    write(tx, &changed, &products).await?;
    let said: Vec<_> = changed
        .iter()
        .map(|m| {
            let before = standing.get(&(m.account.uuid(), m.listing.clone())).map(|l| l.parts.iter().map(|p| json!({"sku": p.sku, "quantity": p.quantity})).collect::<Vec<_>>());
            json!({"channel_account_id": m.account, "listing": m.listing, "before": before, "after": m.parts.iter().map(|p| json!({"sku": p.sku, "quantity": p.quantity})).collect::<Vec<_>>()})
        })
        .collect();
    if !said.is_empty() {
        settings::settle_soon(tx).await?;
        audit::write(tx, "listings.mapped", None, json!({"listings": said})).await?;
    }
    Ok(changed.len())
}

/// What is wrong with mappings by themselves.
fn misshapen(mappings: &[NewMapping]) -> Vec<(String, String)> {
    let mut wrong: Vec<(String, String)> = Vec::new();
    if mappings.is_empty() || mappings.len() > MAPPINGS_MAX {
        return vec![("/mappings".into(), format!("1 to {MAPPINGS_MAX} mappings"))];
    }
    let mut seen = BTreeSet::new();
    for (index, mapping) in mappings.iter().enumerate() {
        let named = mapping.listing.strip_prefix("sku:").map(|sku| !sku.is_empty()).or(mapping.listing.strip_prefix("name:").map(|_| true)).unwrap_or(false);
        let body = mapping.listing.split_once(':').map_or("", |(_, body)| body);
        if !named || body.chars().count() > CHARS_MAX || body.trim_matches(' ') != body || body.contains('\0') {
            wrong.push((format!("/mappings/{index}/listing"), format!("a listing as the queue names it: sku: or name: and at most {CHARS_MAX} characters")));
        } else if !seen.insert((mapping.account, &mapping.listing)) {
            wrong.push((format!("/mappings/{index}/listing"), "a listing that is not named above".into()));
        }
        if mapping.parts.is_empty() || mapping.parts.len() > PARTS_MAX {
            wrong.push((format!("/mappings/{index}/parts"), format!("1 to {PARTS_MAX} parts")));
        }
        for (at, part) in mapping.parts.iter().enumerate() {
            if part.quantity <= Quantity::ZERO {
                wrong.push((format!("/mappings/{index}/parts/{at}/quantity"), "a quantity above zero".into()));
            }
            if mapping.parts[..at].iter().any(|other| other.sku == part.sku) {
                wrong.push((format!("/mappings/{index}/parts/{at}/sku"), "a SKU that no part above has".into()));
            }
        }
    }
    wrong
}

async fn write(tx: &mut TenantTx, mappings: &[&NewMapping], products: &BTreeMap<String, (Uuid, bool)>) -> Result<(), MapError> {
    let (accounts, listings): (Vec<Uuid>, Vec<String>) = mappings.iter().map(|m| (m.account.uuid(), m.listing.clone())).unzip();
    let next: Vec<i64> = mappings.iter().map(|m| m.seen + 1).collect();
    let written = sqlx::query!(
        "insert into tenant.listings as l (tenant_id, channel_account_id, listing, version, mapped_by, mapped_at)
         select $1, m.account, m.listing, m.version, $5, $6 from unnest($2::uuid[], $3::text[], $4::int8[]) as m(account, listing, version)
         on conflict (tenant_id, channel_account_id, listing) do update set version = excluded.version, mapped_by = excluded.mapped_by, mapped_at = excluded.mapped_at
           where l.version = excluded.version - 1
         returning l.channel_account_id, l.listing",
        tx.tenant(),
        &accounts,
        &listings,
        &next,
        tx.actor().who.to_string(),
        tx.now(),
    )
    .fetch_all(tx.conn())
    .await?;
    // Who mapped one of them for the first time a moment before us won.
    if let Some(lost) = mappings.iter().find(|m| !written.iter().any(|row| row.channel_account_id == m.account.uuid() && row.listing == m.listing)) {
        return Err(MapError::Stale { listing: lost.listing.clone() });
    }
    sqlx::query!(
        "delete from tenant.listing_parts where tenant_id = $1 and (channel_account_id, listing) in (select * from unnest($2::uuid[], $3::text[]))",
        tx.tenant(),
        &accounts,
        &listings,
    )
    .execute(tx.conn())
    .await?;
    let (mut owners, mut names, mut ids, mut positions, mut quantities) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for mapping in mappings {
        for (position, part) in (1..).zip(&mapping.parts) {
            let Some((id, _)) = products.get(&part.sku) else { continue };
            owners.push(mapping.account.uuid());
            names.push(mapping.listing.clone());
            ids.push(*id);
            positions.push(position);
            quantities.push(part.quantity.get());
        }
    }
    sqlx::query!(
        "insert into tenant.listing_parts (tenant_id, channel_account_id, listing, product_id, position, quantity)
         select $1, p.account, p.listing, p.product, p.position, p.quantity
         from unnest($2::uuid[], $3::text[], $4::uuid[], $5::int4[], $6::numeric[]) as p(account, listing, product, position, quantity)",
        tx.tenant(),
        &owners,
        &names,
        &ids,
        &positions as &[i32],
        &quantities,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A mapped listing.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    pub account: ChannelAccountId,
    pub account_name: String,
    pub listing: String,
    pub parts: Vec<Part>,
    pub version: i64,
    pub mapped_by: String,
    pub mapped_at: Timestamp,
}

struct Row {
    account: ChannelAccountId,
    account_name: String,
    listing: String,
    parts: sqlx::types::Json<Vec<Part>>,
    version: i64,
    mapped_by: String,
    mapped_at: Timestamp,
}

impl From<Row> for Listing {
    fn from(row: Row) -> Self {
        let Row { account, account_name, listing, mut parts, version, mapped_by, mapped_at } = row;
        parts.0.iter_mut().for_each(|part| part.quantity = part.quantity.normalize());
        Self { account, account_name, listing, parts: parts.0, version, mapped_by, mapped_at }
    }
}

/// The listings named that are mapped by somebody.
async fn of(tx: &mut TenantTx, accounts: &[Uuid], listings: &[String]) -> Result<Vec<Listing>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"select l.channel_account_id as "account: ChannelAccountId", a.name as account_name, l.listing, l.version, l.mapped_by, l.mapped_at,
             coalesce((select jsonb_agg(jsonb_build_object('product_id', 'pdt_' || replace(p.id::text, '-', ''), 'sku', p.sku, 'name', p.name, 'unit', p.unit, 'quantity', q.quantity::text) order by q.position)
               from tenant.listing_parts q join tenant.products p on p.tenant_id = $1 and p.id = q.product_id
               where q.tenant_id = $1 and q.channel_account_id = l.channel_account_id and q.listing = l.listing), '[]') as "parts!: sqlx::types::Json<Vec<Part>>"
           from tenant.listings l join tenant.channel_accounts a on a.tenant_id = $1 and a.id = l.channel_account_id
           where l.tenant_id = $1 and (l.channel_account_id, l.listing) in (select * from unnest($2::uuid[], $3::text[]))"#,
        tx.tenant(),
        accounts,
        listings,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Listing::from).collect())
}

/// Which mapped listings to show.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub account: Option<ChannelAccountId>,
    pub product: Option<ProductId>,
    /// A part of the listing's SKU or name.
    pub text: Option<String>,
}

/// One page of mapped listings, by listing and account.
pub async fn page(tx: &mut TenantTx, _: Permit<ReadProducts>, filter: &Filter, after: Option<(String, ChannelAccountId)>, limit: PageLimit) -> Result<Page<Listing, (String, ChannelAccountId)>, sqlx::Error> {
    let (after_listing, after_account) = after.unzip();
    let rows = sqlx::query_as!(
        Row,
        r#"select l.channel_account_id as "account: ChannelAccountId", a.name as account_name, l.listing, l.version, l.mapped_by, l.mapped_at,
             coalesce((select jsonb_agg(jsonb_build_object('product_id', 'pdt_' || replace(p.id::text, '-', ''), 'sku', p.sku, 'name', p.name, 'unit', p.unit, 'quantity', q.quantity::text) order by q.position)
               from tenant.listing_parts q join tenant.products p on p.tenant_id = $1 and p.id = q.product_id
               where q.tenant_id = $1 and q.channel_account_id = l.channel_account_id and q.listing = l.listing), '[]') as "parts!: sqlx::types::Json<Vec<Part>>"
           from tenant.listings l join tenant.channel_accounts a on a.tenant_id = $1 and a.id = l.channel_account_id
           where l.tenant_id = $1 and ($2::uuid is null or l.channel_account_id = $2) and ($3::text is null or strpos(lower(l.listing), lower($3)) > 0)
             and ($4::uuid is null or exists (select from tenant.listing_parts q where q.tenant_id = $1 and q.product_id = $4 and q.channel_account_id = l.channel_account_id and q.listing = l.listing))
             and ($5::text is null or (l.listing, l.channel_account_id) > ($5, $6::uuid))
           order by l.listing, l.channel_account_id limit $7"#,
        tx.tenant(),
        filter.account.map(ChannelAccountId::uuid),
        filter.text,
        filter.product.map(ProductId::uuid),
        after_listing,
        after_account.map(ChannelAccountId::uuid),
        limit.rows() + 1,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(Page::from_fetched(rows.into_iter().map(Listing::from).collect(), limit, |l: &Listing| (l.listing.clone(), l.account)))
}

/// What one of each listing is: by somebody's mapping, else by its SKU. Listings that are nothing are left out.
pub async fn resolve(tx: &mut TenantTx, asked: &BTreeSet<(Uuid, String)>) -> Result<BTreeMap<(Uuid, String), Vec<Part>>, sqlx::Error> {
    let (accounts, listings): (Vec<Uuid>, Vec<String>) = asked.iter().cloned().unzip();
    let mut parts: BTreeMap<(Uuid, String), Vec<Part>> = of(tx, &accounts, &listings).await?.into_iter().map(|l| ((l.account.uuid(), l.listing), l.parts)).collect();
    let skus: Vec<String> = asked.iter().filter(|key| !parts.contains_key(*key)).filter_map(|(_, listing)| listing.strip_prefix("sku:").map(str::to_owned)).collect();
    let direct = sqlx::query!(r#"select id as "id: ProductId", sku, name, unit from tenant.products where tenant_id = $1 and sku = any($2)"#, tx.tenant(), &skus).fetch_all(tx.conn()).await?;
    let direct: BTreeMap<String, Part> = direct.into_iter().map(|row| (row.sku.clone(), Part { product_id: row.id, sku: row.sku, name: row.name, unit: row.unit, quantity: Decimal::ONE })).collect();
    for key in asked {
        if let Some(part) = key.1.strip_prefix("sku:").and_then(|sku| direct.get(sku)).filter(|_| !parts.contains_key(key)) {
            parts.insert(key.clone(), vec![part.clone()]);
        }
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(listing: &str, parts: &[(&str, &str)]) -> NewMapping {
        let parts = parts.iter().map(|(sku, quantity)| NewPart { sku: (*sku).into(), quantity: quantity.parse().unwrap() }).collect();
        NewMapping { account: ChannelAccountId(Uuid::nil()), listing: listing.into(), parts, seen: 0 }
    }
    fn wrong(mappings: &[NewMapping]) -> Vec<String> {
        misshapen(mappings).into_iter().map(|(pointer, _)| pointer).collect()
    }

    #[test]
    fn a_line_is_named_by_its_sku_else_by_its_name() {
        assert_eq!(listing_of(Some(" TS-01 "), Some("Shirt")), "sku:TS-01");
        assert_eq!(listing_of(Some("  "), Some("Áo thun ")), "name:Áo thun");
        assert_eq!(listing_of(None, None), "name:");
        assert_eq!(listing_of(Some(&"x".repeat(400)), None).len(), 304);
    }

    #[test]
    fn map_5_every_wrong_mapping_is_named() {
        assert_eq!(wrong(&[]), ["/mappings"]);
        assert_eq!(wrong(&vec![mapping("sku:A", &[("A", "1")]); MAPPINGS_MAX + 1]), ["/mappings"]);
        assert_eq!(wrong(&[mapping("sku:A", &[])]), ["/mappings/0/parts"]);
        assert_eq!(wrong(&[mapping("A", &[("A", "1")]), mapping("sku:", &[("A", "1")]), mapping("sku: A", &[("A", "1")])]), ["/mappings/0/listing", "/mappings/1/listing", "/mappings/2/listing"]);
        assert_eq!(wrong(&[mapping("sku:A", &[("A", "0"), ("B", "-1"), ("A", "2")])]), ["/mappings/0/parts/0/quantity", "/mappings/0/parts/1/quantity", "/mappings/0/parts/2/sku"]);
        assert_eq!(wrong(&[mapping("sku:A", &[("A", "1")]), mapping("sku:A", &[("A", "1")])]), ["/mappings/1/listing"]);
        assert!(wrong(&[mapping("name:", &[("A", "0.5"), ("B", "12")])]).is_empty());
    }
}
