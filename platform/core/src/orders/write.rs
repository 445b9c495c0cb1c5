//! The two statements that write orders: make the missing ones, rewrite the changed ones. Many orders each, one round trip.
//! Invariant WRT-1: order, lines, facts, holds, number and event of an order are written by one statement, or none of them.

use super::columns::{LineColumns, OrderColumns};
use super::facts::FactColumns;
use kernel::{Decimal, Timestamp};
use serde_json::Value;
use tenants::TenantTx;
use uuid::Uuid;

/// Holds to place, one array a column.
#[derive(Default)]
pub(super) struct HoldColumns {
    pub id: Vec<Uuid>,
    pub order_id: Vec<Uuid>,
    pub scope: Vec<String>,
    pub reason: Vec<String>,
    pub evidence: Vec<Value>,
}

impl HoldColumns {
    pub fn push(&mut self, order: Uuid, scope: String, reason: String, evidence: Value) {
        self.id.push(Uuid::now_v7());
        self.order_id.push(order);
        self.scope.push(scope);
        self.reason.push(reason);
        self.evidence.push(evidence);
    }
}

/// Everything of many orders that is to be written.
#[derive(Default)]
pub(super) struct Batch {
    pub orders: OrderColumns,
    pub lines: LineColumns,
    pub facts: FactColumns,
    pub holds: HoldColumns,
    /// Mapping holds whose cause is gone.
    pub ended: Vec<Uuid>,
    /// New consumers' orders to be judged, while a policy judges such.
    pub judged: Vec<Uuid>,
}

/// An order as the statement found or made it. Found ones are locked.
pub(super) struct Present {
    pub id: Uuid,
    pub account: Uuid,
    pub external_id: String,
    pub number: i64,
    pub created: bool,
    pub same_sale_as: Option<Uuid>,
    /// It was there already, and its listings have to be mapped (MAP-1).
    pub asked: bool,
}

/// Creates the orders that do not exist and locks those that do, in the order of their ids. An order that another
/// transaction created meanwhile is neither: it is missing from the answer and can be locked by a statement that sees it.
/// Those that exist are looked up one by one through their key and then locked: a join would read all orders of the tenant
/// where the planner knows too little of it. The tenant's counter row is taken before any order is made, so two makers of
/// one tenant never wait for each other crosswise.
pub(super) async fn create_missing(tx: &mut TenantTx, batch: &Batch) -> Result<Vec<Present>, sqlx::Error> {
    let Batch { orders, lines, facts, holds, judged, .. } = batch;
    sqlx::query_as!(
        Present,
        "with input as (
      select * from
      unnest(
        $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::timestamptz[], $11::text[],
        $12::bool[], $13::bool[], $14::text[], $15::text[], $16::text[], $17::text[], $18::bool[], $19::text[], $20::jsonb[],
        $21::text[], $22::text[], $23::text[], $24::text[], $25::text[], $26::bool[], $27::text[], $28::text[], $29::numeric[],
        $30::numeric[], $31::numeric[], $32::numeric[], $33::numeric[], $34::numeric[], $35::numeric[], $36::numeric[],
        $37::numeric[], $38::numeric[], $39::text[], $40::text[], $41::text[], $42::text[], $43::int4[], $44::numeric[],
        $45::text[], $46::uuid[], $47::bool[], $48::uuid[], $81::uuid[], $82::timestamptz[], $83::date[], $84::jsonb[]
      ) with ordinality as i(id, account, kind, external_id, external_number, channel_status, segment, placed_at, currency, described, test,
        buyer_key, buyer_name, buyer_phone, buyer_email, buyer_masked, company, ship_to, staff, branch, source_tag,
        source_evidence, payment_method, cash_on_delivery, note, tags, gross, discount_tenant, discount_others, tax_on_top,
        tax_included, total, stated_total, tendered, refunded, outstanding, payment, delivery, invoice, hold_types, line_count,
        units, search_text, import_id, voided, event_id, company_id, confirmed_at, due_on, due_schedule, place)
    ), standing as (
      select o.id, o.channel_account_id, o.external_id, o.number, o.same_sale_as, o.created_at from (
        select f.id from input i cross join lateral (
          select o.id from tenant.orders o where o.tenant_id = $1 and o.channel_account_id = i.account and o.external_id = i.external_id offset 0
        ) f order by f.id
      ) found cross join lateral (select * from tenant.orders o where o.tenant_id = $1 and o.id = found.id for update) o
    ), missing as (
      select i.*, row_number() over (order by i.place) as rank, count(*) over () as many from input i
      where not exists (select from standing s where s.channel_account_id = i.account and s.external_id = i.external_id)
    ), counted as (
      insert into tenant.counters as c (tenant_id, series, last_value)
      select $1, 'orders', count(*) from missing having count(*) > 0
      on conflict (tenant_id, series) do update set last_value = c.last_value + excluded.last_value
      returning c.last_value
    ), created as (
      insert into tenant.orders (tenant_id, number,
        id, channel_account_id, channel_kind, external_id, external_number, channel_status, segment, placed_at, currency,
        described, test, buyer_key, buyer_name, buyer_phone, buyer_email, buyer_masked, company, ship_to, staff, branch,
        source_tag, source_evidence, payment_method, cash_on_delivery, note, tags, gross, discount_tenant, discount_others,
        tax_on_top, tax_included, total, stated_total, tendered, refunded, outstanding, payment_track, delivery_track,
        invoice_track, hold_types, line_count, units, search_text, import_id, company_id, confirmed_at, due_on, due_schedule, created_at, updated_at)
      select $1, n.last_value - m.many + m.rank,
        m.id, m.account, m.kind, m.external_id, m.external_number, m.channel_status, m.segment, m.placed_at, m.currency,
        m.described, m.test, m.buyer_key, m.buyer_name, m.buyer_phone, m.buyer_email, m.buyer_masked, m.company, m.ship_to,
        m.staff, m.branch, m.source_tag, m.source_evidence, m.payment_method, m.cash_on_delivery, m.note,
        string_to_array(m.tags, E'\\x1f'), m.gross, m.discount_tenant, m.discount_others, m.tax_on_top, m.tax_included, m.total,
        m.stated_total, m.tendered, m.refunded, m.outstanding, m.payment, m.delivery, m.invoice,
        string_to_array(m.hold_types, E'\\x1f'), m.line_count, m.units, m.search_text, m.import_id,
        m.company_id, m.confirmed_at, m.due_on, m.due_schedule, $2, $2
      from missing m cross join counted n
      on conflict (tenant_id, channel_account_id, external_id) do nothing
      returning id, channel_account_id, external_id, number
    ), lines as (
      insert into tenant.order_lines (tenant_id, order_id, position, external_id, kind, sku, name, quantity, unit_price, gross,
      components, taxes, discount_tenant, discount_others, tax_on_top, tax_included, total, gift)
      select $1, l.order_id, l.position, l.external_id, l.kind, l.sku, l.name, l.quantity, l.unit_price, l.gross,
        coalesce(l.components, '[]'), coalesce(l.taxes, '[]'), l.discount_tenant, l.discount_others, l.tax_on_top, l.tax_included, l.total, l.gift
      from
      unnest(
        $49::uuid[], $50::int4[], $51::text[], $52::text[], $53::text[], $54::text[], $55::numeric[], $56::numeric[],
        $57::numeric[], $58::jsonb[], $59::jsonb[], $60::numeric[], $61::numeric[], $62::numeric[], $63::numeric[],
        $64::numeric[], $65::bool[]
      ) as l(order_id, position, external_id, kind, sku, name, quantity, unit_price, gross, components, taxes, discount_tenant,
        discount_others, tax_on_top, tax_included, total, gift)
      join created c on c.id = l.order_id
    ), facts as (
      insert into tenant.order_facts (tenant_id, id, order_id, kind, subject, revision, digest, body, actor, cause, occurred_at, recorded_at)
      select $1, f.id, f.order_id, f.kind, f.subject, f.revision, f.digest, f.body, f.actor, f.cause, f.occurred_at, $2 from
      unnest(
        $66::uuid[], $67::uuid[], $68::text[], $69::text[], $70::numeric[], $71::bytea[], $72::jsonb[], $73::text[],
        $74::text[], $75::timestamptz[]
      ) as f(id, order_id, kind, subject, revision, digest, body, actor, cause, occurred_at)
      join created c on c.id = f.order_id
    ), holds as (
      insert into tenant.holds (tenant_id, id, order_id, type, scope, blocks, state, reason, evidence, placed_by, placed_at)
      select $1, h.id, h.order_id, 'mapping', h.scope, '{release,ship,invoice}', 'placed', h.reason, h.evidence, 'system:intake', $2 from
      unnest(
        $76::uuid[], $77::uuid[], $78::text[], $79::text[], $80::jsonb[]
      ) as h(id, order_id, scope, reason, evidence)
      join created c on c.id = h.order_id
    ), events as (
      insert into tenant.outbox (tenant_id, id, topic, subject, payload, at)
      select $1, m.event_id, 'order.created', c.id, jsonb_build_object('number', c.number), $2 from created c join missing m on m.id = c.id
    ), reviews as (
      insert into tenant.credit_reviews (tenant_id, order_id, why, asked_at, due_at)
      select $1, c.id, 'new', $2, $2 from created c
      where c.id = any($85) and exists (select from tenant.credit_policies p where p.tenant_id = $1 and p.enabled and p.segment in ('b2c', 'all'))
    )
    select id as \"id!\", channel_account_id as \"account!\", external_id as \"external_id!\", number as \"number!\", true as \"created!\", null::uuid as same_sale_as, false as \"asked!\" from created
    union all
    select id, channel_account_id, external_id, number, false, same_sale_as,
      coalesce(created_at >= (select required_since from tenant.mapping_settings where tenant_id = $1), false) from standing",
        tx.tenant(),
        tx.now(),
        &orders.id[..], &orders.account[..], &orders.kind[..], &orders.external_id[..], &orders.external_number as &[Option<String>],
        &orders.channel_status as &[Option<String>], &orders.segment[..], &orders.placed_at[..], &orders.currency[..],
        &orders.described[..], &orders.test[..], &orders.buyer_key as &[Option<String>], &orders.buyer_name as &[Option<String>],
        &orders.buyer_phone as &[Option<String>], &orders.buyer_email as &[Option<String>], &orders.buyer_masked[..],
        &orders.company as &[Option<String>], &orders.ship_to as &[Option<Value>], &orders.staff as &[Option<String>],
        &orders.branch as &[Option<String>], &orders.source_tag as &[Option<String>], &orders.source_evidence as &[Option<String>],
        &orders.payment_method as &[Option<String>], &orders.cash_on_delivery[..], &orders.note as &[Option<String>],
        &orders.tags[..], &orders.gross[..], &orders.discount_tenant[..], &orders.discount_others[..], &orders.tax_on_top[..],
        &orders.tax_included[..], &orders.total[..], &orders.stated_total as &[Option<Decimal>], &orders.tendered[..],
        &orders.refunded[..], &orders.outstanding[..], &orders.payment[..], &orders.delivery[..], &orders.invoice[..],
        &orders.hold_types[..], &orders.line_count[..], &orders.units[..], &orders.search_text[..],
        &orders.import_id as &[Option<Uuid>], &orders.voided[..], &orders.event_id[..], &lines.order_id[..], &lines.position[..],
        &lines.external_id[..], &lines.kind[..], &lines.sku as &[Option<String>], &lines.name as &[Option<String>],
        &lines.quantity[..], &lines.unit_price[..], &lines.gross[..], &lines.components as &[Option<Value>],
        &lines.taxes as &[Option<Value>], &lines.discount_tenant[..], &lines.discount_others[..], &lines.tax_on_top[..],
        &lines.tax_included[..], &lines.total[..], &lines.gift[..], &facts.id[..], &facts.order_id[..], &facts.kind[..],
        &facts.subject[..], &facts.revision[..], &facts.digest[..], &facts.body[..], &facts.actor[..], &facts.cause[..],
        &facts.occurred_at[..], &holds.id[..], &holds.order_id[..], &holds.scope[..], &holds.reason[..], &holds.evidence[..], &orders.company_id as &[Option<Uuid>],
        &orders.confirmed_at as &[Option<Timestamp>], &orders.due_on as &[Option<chrono::NaiveDate>], &orders.due_schedule as &[Option<Value>], judged,
    )
    .fetch_all(tx.conn())
    .await
}

/// Rewrites orders that are locked already, adds their facts, settles their mapping holds and tells of the change.
pub(super) async fn rewrite(tx: &mut TenantTx, batch: &Batch) -> Result<(), sqlx::Error> {
    let Batch { orders, lines, facts, holds, ended, .. } = batch;
    sqlx::query!(
        "with input as (
      select * from
      unnest(
        $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::timestamptz[], $11::text[],
        $12::bool[], $13::bool[], $14::text[], $15::text[], $16::text[], $17::text[], $18::bool[], $19::text[], $20::jsonb[],
        $21::text[], $22::text[], $23::text[], $24::text[], $25::text[], $26::bool[], $27::text[], $28::text[], $29::numeric[],
        $30::numeric[], $31::numeric[], $32::numeric[], $33::numeric[], $34::numeric[], $35::numeric[], $36::numeric[],
        $37::numeric[], $38::numeric[], $39::text[], $40::text[], $41::text[], $42::text[], $43::int4[], $44::numeric[],
        $45::text[], $46::uuid[], $47::bool[], $48::uuid[], $82::uuid[], $83::timestamptz[], $84::date[], $85::jsonb[]
      ) as i(id, account, kind, external_id, external_number, channel_status, segment, placed_at, currency, described, test,
        buyer_key, buyer_name, buyer_phone, buyer_email, buyer_masked, company, ship_to, staff, branch, source_tag,
        source_evidence, payment_method, cash_on_delivery, note, tags, gross, discount_tenant, discount_others, tax_on_top,
        tax_included, total, stated_total, tendered, refunded, outstanding, payment, delivery, invoice, hold_types, line_count,
        units, search_text, import_id, voided, event_id, company_id, confirmed_at, due_on, due_schedule)
    ), changed as (
      update tenant.orders o set
        external_number = m.external_number, channel_status = m.channel_status, segment = m.segment, placed_at = m.placed_at,
        currency = m.currency, described = m.described, test = m.test, buyer_key = m.buyer_key, buyer_name = m.buyer_name,
        buyer_phone = m.buyer_phone, buyer_email = m.buyer_email, buyer_masked = m.buyer_masked, company = m.company,
        ship_to = m.ship_to, staff = m.staff, branch = m.branch, source_tag = m.source_tag, source_evidence = m.source_evidence,
        payment_method = m.payment_method, cash_on_delivery = m.cash_on_delivery, note = m.note,
        tags = string_to_array(m.tags, E'\\x1f'), gross = m.gross, discount_tenant = m.discount_tenant,
        discount_others = m.discount_others, tax_on_top = m.tax_on_top, tax_included = m.tax_included, total = m.total,
        stated_total = m.stated_total, tendered = m.tendered, refunded = m.refunded, outstanding = m.outstanding,
        payment_track = m.payment, delivery_track = m.delivery, invoice_track = m.invoice,
        hold_types = string_to_array(m.hold_types, E'\\x1f'), line_count = m.line_count, units = m.units,
        search_text = m.search_text, company_id = m.company_id, confirmed_at = m.confirmed_at, due_on = m.due_on,
        due_schedule = m.due_schedule,
        voided_at = case when m.voided then coalesce(o.voided_at, $2) end, version = o.version + 1, updated_at = $2
      from input m where o.tenant_id = $1 and o.id = m.id
      returning o.id, o.number
    ), surplus as (
      delete from tenant.order_lines l using input m
      where l.tenant_id = $1 and l.order_id = m.id and l.position > m.line_count
    ), lines as (
      insert into tenant.order_lines as o (tenant_id, order_id, position, external_id, kind, sku, name, quantity, unit_price, gross,
      components, taxes, discount_tenant, discount_others, tax_on_top, tax_included, total, gift)
      select $1, l.order_id, l.position, l.external_id, l.kind, l.sku, l.name, l.quantity, l.unit_price, l.gross,
        coalesce(l.components, '[]'), coalesce(l.taxes, '[]'), l.discount_tenant, l.discount_others, l.tax_on_top, l.tax_included, l.total, l.gift
      from
      unnest(
        $49::uuid[], $50::int4[], $51::text[], $52::text[], $53::text[], $54::text[], $55::numeric[], $56::numeric[],
        $57::numeric[], $58::jsonb[], $59::jsonb[], $60::numeric[], $61::numeric[], $62::numeric[], $63::numeric[],
        $64::numeric[], $65::bool[]
      ) as l(order_id, position, external_id, kind, sku, name, quantity, unit_price, gross, components, taxes, discount_tenant,
        discount_others, tax_on_top, tax_included, total, gift)
      on conflict (tenant_id, order_id, position) do update set external_id = excluded.external_id, kind = excluded.kind, sku = excluded.sku,
        name = excluded.name, quantity = excluded.quantity, unit_price = excluded.unit_price, gross = excluded.gross,
        components = excluded.components, taxes = excluded.taxes, discount_tenant = excluded.discount_tenant,
        discount_others = excluded.discount_others, tax_on_top = excluded.tax_on_top, tax_included = excluded.tax_included,
        total = excluded.total, gift = excluded.gift
    ), facts as (
      insert into tenant.order_facts (tenant_id, id, order_id, kind, subject, revision, digest, body, actor, cause, occurred_at, recorded_at)
      select $1, f.id, f.order_id, f.kind, f.subject, f.revision, f.digest, f.body, f.actor, f.cause, f.occurred_at, $2 from
      unnest(
        $66::uuid[], $67::uuid[], $68::text[], $69::text[], $70::numeric[], $71::bytea[], $72::jsonb[], $73::text[],
        $74::text[], $75::timestamptz[]
      ) as f(id, order_id, kind, subject, revision, digest, body, actor, cause, occurred_at)
      on conflict (tenant_id, order_id, digest) do nothing
    ), ended as (
      update tenant.holds set state = 'released', ended_by = 'system:intake', ended_at = $2, end_reason = 'what could not be mapped is gone'
      where tenant_id = $1 and id = any($81) and state = 'placed'
    ), holds as (
      insert into tenant.holds (tenant_id, id, order_id, type, scope, blocks, state, reason, evidence, placed_by, placed_at)
      select $1, h.id, h.order_id, 'mapping', h.scope, '{release,ship,invoice}', 'placed', h.reason, h.evidence, 'system:intake', $2 from
      unnest(
        $76::uuid[], $77::uuid[], $78::text[], $79::text[], $80::jsonb[]
      ) as h(id, order_id, scope, reason, evidence)
      on conflict (tenant_id, order_id, type, scope) where state = 'placed' do nothing
    )
    insert into tenant.outbox (tenant_id, id, topic, subject, payload, at)
    select $1, m.event_id, 'order.updated', c.id, jsonb_build_object('number', c.number), $2 from changed c join input m on m.id = c.id",
        tx.tenant(),
        tx.now(),
        &orders.id[..], &orders.account[..], &orders.kind[..], &orders.external_id[..], &orders.external_number as &[Option<String>],
        &orders.channel_status as &[Option<String>], &orders.segment[..], &orders.placed_at[..], &orders.currency[..],
        &orders.described[..], &orders.test[..], &orders.buyer_key as &[Option<String>], &orders.buyer_name as &[Option<String>],
        &orders.buyer_phone as &[Option<String>], &orders.buyer_email as &[Option<String>], &orders.buyer_masked[..],
        &orders.company as &[Option<String>], &orders.ship_to as &[Option<Value>], &orders.staff as &[Option<String>],
        &orders.branch as &[Option<String>], &orders.source_tag as &[Option<String>], &orders.source_evidence as &[Option<String>],
        &orders.payment_method as &[Option<String>], &orders.cash_on_delivery[..], &orders.note as &[Option<String>],
        &orders.tags[..], &orders.gross[..], &orders.discount_tenant[..], &orders.discount_others[..], &orders.tax_on_top[..],
        &orders.tax_included[..], &orders.total[..], &orders.stated_total as &[Option<Decimal>], &orders.tendered[..],
        &orders.refunded[..], &orders.outstanding[..], &orders.payment[..], &orders.delivery[..], &orders.invoice[..],
        &orders.hold_types[..], &orders.line_count[..], &orders.units[..], &orders.search_text[..],
        &orders.import_id as &[Option<Uuid>], &orders.voided[..], &orders.event_id[..], &lines.order_id[..], &lines.position[..],
        &lines.external_id[..], &lines.kind[..], &lines.sku as &[Option<String>], &lines.name as &[Option<String>],
        &lines.quantity[..], &lines.unit_price[..], &lines.gross[..], &lines.components as &[Option<Value>],
        &lines.taxes as &[Option<Value>], &lines.discount_tenant[..], &lines.discount_others[..], &lines.tax_on_top[..],
        &lines.tax_included[..], &lines.total[..], &lines.gift[..], &facts.id[..], &facts.order_id[..], &facts.kind[..],
        &facts.subject[..], &facts.revision[..], &facts.digest[..], &facts.body[..], &facts.actor[..], &facts.cause[..],
        &facts.occurred_at[..], &holds.id[..], &holds.order_id[..], &holds.scope[..], &holds.reason[..], &holds.evidence[..], ended, &orders.company_id as &[Option<Uuid>],
        &orders.confirmed_at as &[Option<Timestamp>], &orders.due_on as &[Option<chrono::NaiveDate>], &orders.due_schedule as &[Option<Value>],
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
