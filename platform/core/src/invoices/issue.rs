//! Issuing: what of orders is sold and not invoiced yet becomes a document with the next number of its series; what came back
//! becomes its correction; a document that is wrong is replaced by one that says what the books say now.
//!
//! Orders are locked first, then a document that is corrected, then the series: always in this order.

use super::document::{self, Content, DocumentError, Original, Part, Party};
use super::life::{self, Event, Locked, Told};
use super::regime::Regime;
use super::settings::{self, InvoiceSettings};
use super::{Kind, provider, series, ubl, vn};
use crate::events::outbox;
use crate::finance::Role;
use crate::orders::errands::{self, Action, ErrandError, InvoiceCopy};
use crate::orders::fact::{DocumentState, Fact, Holder, IssuedDocument, TenderState, What};
use crate::orders::intake::{self, Arrival, IntakeError};
use crate::orders::invoicing;
use crate::orders::money::MoneyError;
use crate::orders::postings::payment::Method;
use crate::orders::track_rules;
use crate::orders::sold::{self, SoldEntry, SoldError, SoldOrder};
use crate::orders::{ChannelKind, Source};
use kernel::{ChannelAccountId, Currency, Decimal, Money, OrderId, TaxInvoiceId, Timestamp};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tenants::rights::IssueInvoices;
use tenants::{Permit, TenantTx};
use uuid::Uuid;

/// Orders one document covers.
pub const ORDERS_MAX: usize = 500;
const REASON_CHARS_MAX: usize = 500;
const BUYER_CHARS_MAX: usize = 200;

#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    #[error("nobody has said yet who issues invoices here: fill in the invoice settings first")]
    NotConfigured,
    #[error("the order is not known")]
    UnknownOrder,
    #[error("the document is not known")]
    UnknownDocument,
    #[error("nothing of it was sold that is not invoiced already")]
    NothingToInvoice,
    #[error("nothing came back and no money was given back since it was issued: note the return or the refund first")]
    NothingToCorrect,
    #[error("the orders are in several currencies: issue them apart")]
    MixedCurrencies,
    #[error("the orders are of several buyers: issue them apart, or name the buyer")]
    MixedBuyers,
    #[error("1 to {ORDERS_MAX} orders at once")]
    OrderCount,
    #[error("{field}: {expected}")]
    Field { field: &'static str, expected: &'static str },
    #[error("a document that is {state} cannot be corrected or moved on so ({event})")]
    NotNow { state: &'static str, event: &'static str },
    #[error("a {0} is not corrected itself: correct the invoice")]
    NotAnInvoice(&'static str),
    #[error("it was issued under {issued}, and the settings say {now} now: correct it where it was issued")]
    OtherRegime { issued: String, now: &'static str },
    #[error("the taxes of order {number} in the books are not those of its lines: {reason}")]
    LedgerDiffers { number: i64, reason: String },
    #[error("no provider is connected that carries documents to the authority: choose one in the invoice settings")]
    NoProvider,
    #[error("the provider has been asked for it already")]
    Asked,
    #[error("the document has {0} bytes: at most {max} are handed over", max = errands::INVOICE_BYTES_MAX)]
    TooLarge(usize),
    #[error("the stored document {0} does not read back")]
    Unreadable(String),
    #[error(transparent)]
    Document(#[from] DocumentError),
    #[error(transparent)]
    Sold(#[from] SoldError),
    #[error(transparent)]
    Track(#[from] MoneyError),
    #[error(transparent)]
    Intake(#[from] IntakeError),
    #[error("a document cannot be written")]
    Write(#[from] serde_json::Error),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Revenue net of reductions and tax of an entry as posted; positive for what is sold and for what came back.
pub(super) fn posted(entry: &SoldEntry) -> (Decimal, Decimal) {
    let sum = |roles: &[Role]| entry.lines.iter().filter(|line| roles.contains(&line.account.role)).map(|line| line.amount).sum::<Decimal>();
    let base = sum(&[Role::Sales, Role::SalesReturns, Role::ContraMarketing, Role::ContraVoucher, Role::ContraPriceOverride, Role::ContraShipping]);
    let tax = sum(&[Role::VatOut]);
    if entry.is_sale() { (-base, -tax) } else { (base, tax) }
}

/// The settings in force.
async fn configured(tx: &mut TenantTx) -> Result<InvoiceSettings, IssueError> {
    settings::newest(tx).await?.ok_or(IssueError::NotConfigured)
}

pub(super) fn ids(sold: &[SoldOrder]) -> Vec<Uuid> {
    sold.iter().map(|order| order.id.uuid()).collect()
}

/// Keys of orders that a document covers already.
pub(super) async fn covered(tx: &mut TenantTx, orders: &[Uuid]) -> Result<BTreeSet<(Uuid, String)>, sqlx::Error> {
    let rows = sqlx::query!("select order_id, key from tenant.tax_invoice_covers where tenant_id = $1 and order_id = any($2) and is_first", tx.tenant(), orders).fetch_all(tx.conn()).await?;
    Ok(rows.into_iter().map(|row| (row.order_id, row.key)).collect())
}

/// What documents say was paid by money, by order; a replaced document says nothing more.
async fn shown_paid(tx: &mut TenantTx, orders: &[Uuid], except: Option<Uuid>) -> Result<HashMap<Uuid, Decimal>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select c.order_id, sum(c.prepaid) as "prepaid!" from tenant.tax_invoice_covers c join tenant.tax_invoices d on d.tenant_id = $1 and d.id = c.document_id
           where c.tenant_id = $1 and c.order_id = any($2) and d.state <> 'replaced' and ($3::uuid is null or d.id <> $3) group by c.order_id"#,
        tx.tenant(),
        orders,
        except,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.order_id, row.prepaid)).collect())
}

/// Issues one invoice for what of the orders is sold and not invoiced (INVOICE-4). `buyer` replaces who bought.
pub async fn invoice(tx: &mut TenantTx, _: Permit<IssueInvoices>, orders: &[OrderId], buyer: Option<Party>) -> Result<TaxInvoiceId, IssueError> {
    let settings = configured(tx).await?;
    let orders: BTreeSet<Uuid> = orders.iter().map(|order| order.uuid()).collect();
    if orders.is_empty() || orders.len() > ORDERS_MAX {
        return Err(IssueError::OrderCount);
    }
    let ids: Vec<Uuid> = orders.into_iter().collect();
    let sold = sold::load(tx, &ids, true).await?;
    if sold.len() != ids.len() {
        return Err(IssueError::UnknownOrder);
    }
    invoice_sold(tx, &settings, &sold, buyer).await
}

/// The same for orders that are locked and loaded.
pub(super) async fn invoice_sold(tx: &mut TenantTx, settings: &InvoiceSettings, sold: &[SoldOrder], buyer: Option<Party>) -> Result<TaxInvoiceId, IssueError> {
    let covered = covered(tx, &ids(sold)).await?;
    let chosen: Vec<(&SoldOrder, Vec<&SoldEntry>)> = sold
        .iter()
        .map(|order| (order, order.entries.iter().filter(|entry| entry.is_sale() && !covered.contains(&(order.id.uuid(), entry.key.clone()))).collect::<Vec<_>>()))
        .filter(|(_, entries)| !entries.is_empty())
        .collect();
    make(tx, settings, Kind::Invoice, chosen, buyer, None, None).await
}

/// Credits or adjusts an invoice by what came back of its orders and is on no document yet.
pub async fn correct(tx: &mut TenantTx, _: Permit<IssueInvoices>, id: TaxInvoiceId, reason: &str) -> Result<TaxInvoiceId, IssueError> {
    let (settings, document, sold) = open(tx, id).await?;
    correct_sold(tx, &settings, &document, &sold, reason).await
}

pub(super) async fn correct_sold(tx: &mut TenantTx, settings: &InvoiceSettings, document: &Locked, sold: &[SoldOrder], reason: &str) -> Result<TaxInvoiceId, IssueError> {
    let reason = checked_reason(reason)?;
    let covered = covered(tx, &ids(sold)).await?;
    let chosen: Vec<(&SoldOrder, Vec<&SoldEntry>)> = sold
        .iter()
        .map(|order| (order, order.entries.iter().filter(|entry| !entry.is_sale() && !covered.contains(&(order.id.uuid(), entry.key.clone()))).collect::<Vec<_>>()))
        .filter(|(_, entries)| !entries.is_empty())
        .collect();
    if chosen.is_empty() {
        return Err(IssueError::NothingToCorrect);
    }
    let buyer = buyer_of(tx, document.id).await?;
    make(tx, settings, settings.regime.rules().correction, chosen, Some(buyer), Some(document), Some(reason)).await
}

/// Replaces an invoice: the same sales as the books have them now, and the buyer as told.
pub async fn replace(tx: &mut TenantTx, _: Permit<IssueInvoices>, id: TaxInvoiceId, reason: &str, buyer: Option<Party>) -> Result<TaxInvoiceId, IssueError> {
    let (settings, document, sold) = open(tx, id).await?;
    let reason = checked_reason(reason)?;
    let keys = sqlx::query!("select order_id, key from tenant.tax_invoice_covers where tenant_id = $1 and document_id = $2", tx.tenant(), id.uuid()).fetch_all(tx.conn()).await?;
    let keys: BTreeSet<(Uuid, String)> = keys.into_iter().map(|row| (row.order_id, row.key)).collect();
    let chosen: Vec<(&SoldOrder, Vec<&SoldEntry>)> = sold
        .iter()
        .map(|order| (order, order.entries.iter().filter(|entry| entry.is_sale() && keys.contains(&(order.id.uuid(), entry.key.clone()))).collect::<Vec<_>>()))
        .filter(|(_, entries)| !entries.is_empty())
        .collect();
    make(tx, &settings, Kind::Replacement, chosen, buyer, Some(&document), Some(reason)).await
}

/// An invoice that is to be corrected, with its orders; all locked.
async fn open(tx: &mut TenantTx, id: TaxInvoiceId) -> Result<(InvoiceSettings, Locked, Vec<SoldOrder>), IssueError> {
    let orders = sqlx::query_scalar!("select distinct order_id from tenant.tax_invoice_covers where tenant_id = $1 and document_id = $2 order by order_id", tx.tenant(), id.uuid()).fetch_all(tx.conn()).await?;
    let sold = sold::load(tx, &orders, true).await?;
    let document = life::lock(tx, id).await?;
    let settings = configured(tx).await?;
    if !matches!(document.kind, Kind::Invoice | Kind::Replacement) {
        return Err(IssueError::NotAnInvoice(document.kind.word()));
    }
    if document.regime != settings.regime.word() {
        return Err(IssueError::OtherRegime { issued: document.regime, now: settings.regime.word() });
    }
    Ok((settings, document, sold))
}

async fn buyer_of(tx: &mut TenantTx, id: TaxInvoiceId) -> Result<Party, IssueError> {
    let content = sqlx::query_scalar!("select content from tenant.tax_invoices where tenant_id = $1 and id = $2", tx.tenant(), id.uuid()).fetch_one(tx.conn()).await?;
    Ok(serde_json::from_value::<Content>(content)?.buyer)
}

fn checked_reason(reason: &str) -> Result<String, IssueError> {
    let reason = reason.trim();
    let plain = (1..=REASON_CHARS_MAX).contains(&reason.chars().count()) && !reason.chars().any(char::is_control);
    if plain { Ok(reason.to_owned()) } else { Err(IssueError::Field { field: "reason", expected: "1 to 500 characters without control characters" }) }
}

fn checked_buyer(buyer: &Party) -> Result<(), IssueError> {
    let wrong = |field, expected| Err(IssueError::Field { field, expected });
    let fits = |text: &Option<String>| text.as_ref().is_none_or(|text| text.chars().count() <= BUYER_CHARS_MAX && !text.chars().any(char::is_control));
    if buyer.name.trim().is_empty() || !fits(&Some(buyer.name.clone())) {
        return wrong("buyer/name", "1 to 200 characters without control characters");
    }
    for (field, text) in [("buyer/tax_code", &buyer.tax_code), ("buyer/address", &buyer.address), ("buyer/city", &buyer.city), ("buyer/postcode", &buyer.postcode), ("buyer/email", &buyer.email)] {
        if !fits(text) {
            return wrong(field, "at most 200 characters without control characters");
        }
    }
    if buyer.country.as_ref().is_some_and(|country| country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase())) {
        return wrong("buyer/country", "two capital letters such as DE (ISO 3166-1)");
    }
    Ok(())
}

/// Numbers, writes and tells a document of the entries.
async fn make(
    tx: &mut TenantTx,
    settings: &InvoiceSettings,
    kind: Kind,
    chosen: Vec<(&SoldOrder, Vec<&SoldEntry>)>,
    buyer: Option<Party>,
    original: Option<&Locked>,
    reason: Option<String>,
) -> Result<TaxInvoiceId, IssueError> {
    let Some((first, _)) = chosen.first() else { return Err(IssueError::NothingToInvoice) };
    let currency: Currency = first.projection.currency;
    if chosen.iter().flat_map(|(_, entries)| entries).any(|entry| entry.currency != currency) {
        return Err(IssueError::MixedCurrencies);
    }
    for (order, entry) in chosen.iter().flat_map(|(order, entries)| entries.iter().map(move |entry| (order, entry))) {
        if order.settings.points_discount && order.state.tenders.values().any(|tender| tender.state == TenderState::Captured && tender.holder == Holder::Tenant && Method::of(&tender.method) == Method::Points) {
            return Err(IssueError::LedgerDiffers { number: order.number, reason: "points that count as a discount were paid with, beside its lines".to_owned() });
        }
        let (base, tax) = posted(entry);
        let exact = document::exact(order, entry).into_iter().fold((Decimal::ZERO, Decimal::ZERO), |sum, (_, of)| (sum.0 + of.base + of.points, sum.1 + of.tax));
        if exact != (base, tax) {
            return Err(IssueError::LedgerDiffers { number: order.number, reason: format!("{} and {} posted, {} and {} by its lines", base.normalize(), tax.normalize(), exact.0.normalize(), exact.1.normalize()) });
        }
    }
    let zone = first.settings.time_zone;
    let (buyer, aggregated) = match buyer {
        Some(mut buyer) => {
            checked_buyer(&buyer)?;
            buyer.country.get_or_insert_with(|| settings.country.clone());
            (buyer, false)
        }
        None => buyer_of_orders(tx, settings, &chosen.iter().map(|(order, _)| *order).collect::<Vec<_>>()).await?,
    };
    let ids: Vec<Uuid> = chosen.iter().map(|(order, _)| order.id.uuid()).collect();
    let replaces = original.filter(|_| kind == Kind::Replacement).map(|original| original.id.uuid());
    let shown = shown_paid(tx, &ids, replaces).await?;
    let sells = matches!(kind, Kind::Invoice | Kind::Replacement);
    let parts: Vec<Part<'_>> = chosen
        .iter()
        .map(|(order, entries)| {
            let paid = order.projection.tendered - order.projection.refunded - shown.get(&order.id.uuid()).copied().unwrap_or_default();
            Part { order, entries: entries.clone(), money: if sells { paid.max(Decimal::ZERO) } else { Decimal::ZERO } }
        })
        .collect();
    let (mut content, prepaid) = document::content(settings, &parts, buyer, currency, aggregated)?;
    content.reason.clone_from(&reason);
    content.original = original.map(|of| Original { id: of.id.to_string(), number: of.number.clone(), series: of.series.clone(), year: of.year, sequence: of.sequence, issued_on: of.issued_on });
    // The life of what it corrects moves on first: a wrong wish ends here.
    if let (Some(original), Some(event)) = (original, Event::of_correction(kind)) {
        life::step(tx, original, event, &Told { note: reason.clone(), ..Told::default() }).await?;
    }
    let series = if kind == Kind::CreditNote { &settings.credit_series } else { &settings.series };
    let year = super::regime::year_of(tx.now().with_timezone(&zone).date_naive());
    let taken = series::take(tx, series, year).await?;
    let id = TaxInvoiceId::new();
    let document = Locked {
        id,
        kind,
        regime: settings.regime.word().to_owned(),
        series: series.clone(),
        year,
        sequence: taken.sequence,
        number: settings.regime.number(series, year, taken.sequence),
        of: original.map(|of| of.id.uuid()),
        issued_at: taken.issued_at,
        issued_on: taken.issued_at.with_timezone(&zone).date_naive(),
        state: life::State::Issued,
        revision: 1,
    };
    let xml = match settings.regime {
        Regime::EuEn16931 => ubl::write(&document, &content),
        Regime::Vn202607 => vn::write(&document, &content, currency),
    };
    insert(tx, &document, &content, &xml).await?;
    cover(tx, &document, &parts, &prepaid, kind != Kind::Replacement).await?;
    tell(tx, &ids, &document, 1, DocumentState::Issued).await?;
    // TRACK-RULE-1; one that is issued by itself waits with the rule's reason.
    for (order, _) in &chosen {
        track_rules::check(tx, order.id, (order.projection.payment, order.projection.delivery, order.projection.invoice)).await?;
    }
    send_along(tx, &chosen, &document, &content, currency, xml).await?;
    if let Some(account) = settings.provider_account {
        provider::queue(tx, account, id, &document.number).await?;
    }
    if kind == Kind::Replacement {
        // What came back meanwhile could not correct the document that is replaced now.
        invoicing::ask(tx, &ids).await?;
    }
    outbox::append(tx, "invoice.issued", id.uuid(), serde_json::json!({"id": id.to_string(), "number": document.number, "kind": kind.word()})).await?;
    Ok(id)
}

/// The channel of an order gets a copy of its invoice, where its connector says it carries that. A document of several orders
/// is none of theirs.
async fn send_along(tx: &mut TenantTx, chosen: &[(&SoldOrder, Vec<&SoldEntry>)], document: &Locked, content: &Content, currency: Currency, xml: String) -> Result<(), IssueError> {
    let [(order, _)] = chosen else { return Ok(()) };
    if xml.len() > errands::INVOICE_BYTES_MAX || !matches!(document.kind, Kind::Invoice | Kind::Replacement) {
        return Ok(());
    }
    let row = sqlx::query!("select channel_account_id, channel_kind, external_id from tenant.orders where tenant_id = $1 and id = $2", tx.tenant(), order.id.uuid()).fetch_one(tx.conn()).await?;
    if row.channel_kind.parse().is_ok_and(ChannelKind::is_direct) {
        return Ok(());
    }
    let copy = InvoiceCopy { number: document.number.clone(), issued_at: micros(document.issued_at), total: Money::new(content.total, currency), media_type: "application/xml".into(), body: xml.into_bytes() };
    match errands::ask(tx, ChannelAccountId(row.channel_account_id), order.id, &row.external_id, &Action::Invoice(copy)).await {
        Ok(_) | Err(ErrandError::NotCarried(_) | ErrandError::AskedAlready(..) | ErrandError::Unknown | ErrandError::Ended(..) | ErrandError::BadReason) => Ok(()),
        Err(ErrandError::Json(error)) => Err(error.into()),
        Err(ErrandError::Database(error)) => Err(error.into()),
    }
}

/// The one buyer of the orders; consumers without a tax code are one buyer together.
async fn buyer_of_orders(tx: &mut TenantTx, settings: &InvoiceSettings, orders: &[&SoldOrder]) -> Result<(Party, bool), IssueError> {
    let ids: Vec<Uuid> = orders.iter().filter_map(|order| order.projection.company_id).map(|company| company.uuid()).collect();
    let rows = sqlx::query!("select id, name, tax_code from tenant.companies where tenant_id = $1 and id = any($2)", tx.tenant(), &ids).fetch_all(tx.conn()).await?;
    let companies: HashMap<Uuid, (String, Option<String>)> = rows.into_iter().map(|row| (row.id, (row.name, row.tax_code))).collect();
    let mut buyers = orders.iter().map(|order| {
        let company = order.projection.company_id.and_then(|company| companies.get(&company.uuid()));
        document::buyer(order, company.map(|(name, code)| (name.as_str(), code.as_deref())), settings)
    });
    let Some(first) = buyers.next() else { return Err(IssueError::NothingToInvoice) };
    let rest: Vec<Party> = buyers.collect();
    if rest.iter().all(|buyer| buyer.tax_code == first.tax_code && buyer.name == first.name) {
        let consumers = !rest.is_empty() && first.tax_code.is_none() && first.name == settings.consumer_name;
        return Ok((first, consumers));
    }
    if first.tax_code.is_some() || rest.iter().any(|buyer| buyer.tax_code.is_some()) || orders.iter().any(|order| order.projection.business) {
        return Err(IssueError::MixedBuyers);
    }
    Ok((Party { name: settings.consumer_name.clone(), country: Some(settings.country.clone()), ..Party::default() }, true))
}

async fn insert(tx: &mut TenantTx, document: &Locked, content: &Content, xml: &str) -> Result<(), IssueError> {
    let (digest, actor): ([u8; 32], String) = (Sha256::digest(xml.as_bytes()).into(), tx.actor().who.to_string());
    sqlx::query!(
        "insert into tenant.tax_invoices (tenant_id, id, kind, regime, series, year, sequence, number, of, reason, issued_at, issued_on, issued_by, buyer_name, buyer_tax_code, currency, base, tax, total, order_count, content, xml, digest, state, revision, state_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, 'issued', 1, $11)",
        tx.tenant(),
        document.id.uuid(),
        document.kind.word(),
        document.regime,
        document.series,
        document.year,
        document.sequence,
        document.number,
        document.of,
        content.reason,
        document.issued_at,
        document.issued_on,
        actor,
        content.buyer.name,
        content.buyer.tax_code,
        content.currency,
        content.base,
        content.tax,
        content.total,
        i32::try_from(content.orders.len()).unwrap_or(i32::MAX),
        serde_json::to_value(content)?,
        xml,
        digest.as_slice(),
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "insert into tenant.tax_invoice_events (tenant_id, document_id, revision, state, at, actor, note) values ($1, $2, 1, 'issued', $3, $4, $5)",
        tx.tenant(),
        document.id.uuid(),
        document.issued_at,
        actor,
        content.reason,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes down which entries the document covers, and for how much.
async fn cover(tx: &mut TenantTx, document: &Locked, parts: &[Part<'_>], prepaid: &[Decimal], is_first: bool) -> Result<(), IssueError> {
    let (mut orders, mut keys, mut entries, mut rates) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut bases, mut taxes, mut points, mut paid) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (part, prepaid) in parts.iter().zip(prepaid) {
        let mut prepaid = Some(*prepaid);
        for entry in &part.entries {
            let sign = if entry.is_sale() { Decimal::ONE } else { -Decimal::ONE };
            for (rate, of_rate) in document::exact(part.order, entry) {
                orders.push(part.order.id.uuid());
                keys.push(entry.key.clone());
                entries.push(entry.id.uuid());
                rates.push(rate);
                bases.push(sign * of_rate.base);
                taxes.push(sign * of_rate.tax);
                points.push(sign * of_rate.points);
                paid.push(prepaid.take().unwrap_or_default());
            }
        }
    }
    sqlx::query!(
        "insert into tenant.tax_invoice_covers (tenant_id, document_id, order_id, key, entry_id, rate, base, tax, points, prepaid, is_first)
         select $1, $2, c.order_id, c.key, c.entry_id, c.rate, c.base, c.tax, c.points, c.prepaid, $11
         from unnest($3::uuid[], $4::text[], $5::uuid[], $6::numeric[], $7::numeric[], $8::numeric[], $9::numeric[], $10::numeric[]) as c(order_id, key, entry_id, rate, base, tax, points, prepaid)",
        tx.tenant(),
        document.id.uuid(),
        &orders,
        &keys,
        &entries,
        &rates,
        &bases,
        &taxes,
        &points,
        &paid,
        is_first,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Tells the orders of a document where it is in its life (INVOICE-5).
pub(super) async fn tell(tx: &mut TenantTx, orders: &[Uuid], document: &Locked, revision: i64, state: DocumentState) -> Result<(), IssueError> {
    let rows = sqlx::query!("select channel_account_id, channel_kind, external_id from tenant.orders where tenant_id = $1 and id = any($2) order by id", tx.tenant(), orders).fetch_all(tx.conn()).await?;
    let (actor, now) = (tx.actor().who.to_string(), tx.now());
    let mut arrivals: BTreeMap<Uuid, Arrival> = BTreeMap::new();
    for row in rows {
        let kind: ChannelKind = row.channel_kind.parse().unwrap_or(ChannelKind::Api);
        let what = What::Invoiced(IssuedDocument { id: document.id.to_string(), number: document.number.clone(), kind: document.kind, state, of: document.of.map(|of| TaxInvoiceId(of).to_string()), issued_at: micros(document.issued_at) });
        let fact = Fact { order: row.external_id, revision: revision.unsigned_abs(), occurred_at: now, what };
        arrivals
            .entry(row.channel_account_id)
            .or_insert_with(|| Arrival { source: Source { account: ChannelAccountId(row.channel_account_id), kind }, facts: Vec::new(), cause: format!("invoice:{actor}"), actor: actor.clone() })
            .facts
            .push(fact);
    }
    intake::apply_all(tx, arrivals.into_values().collect()).await?;
    Ok(())
}

/// As the database keeps it.
fn micros(at: Timestamp) -> Timestamp {
    Timestamp::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at)
}
