-- Orders are facts; the other tables here are what the facts say, written in the same transaction (switchyard verify recomputes them).

create table tenant.orders (
  tenant_id uuid not null,
  id uuid not null,
  -- the tenant's own running number
  number bigint not null,
  channel_account_id uuid not null,
  channel_kind text not null,
  external_id text not null,
  external_number text,
  -- the channel's own status word, as last told
  channel_status text,
  segment text not null default 'b2c' check (segment in ('b2b', 'b2c')),
  -- sort key of the list: the channel's time, or arrival while unknown
  placed_at timestamptz not null,
  currency char(3) not null,
  -- false until a description of the order arrived; such an order is visible and waits for its fetch
  described boolean not null,
  test boolean not null default false,
  buyer_key text,
  buyer_name text,
  buyer_phone text,
  buyer_email text,
  buyer_masked boolean not null default false,
  company text,
  ship_to jsonb,
  staff text,
  branch text,
  source_tag text,
  source_evidence text,
  payment_method text,
  cash_on_delivery boolean not null default false,
  note text,
  tags text[] not null default '{}',
  -- money, all in `currency`, derived from lines and tenders
  gross numeric(20, 6) not null,
  discount_tenant numeric(20, 6) not null,
  discount_others numeric(20, 6) not null,
  tax_on_top numeric(20, 6) not null,
  tax_included numeric(20, 6) not null,
  total numeric(20, 6) not null,
  stated_total numeric(20, 6),
  tendered numeric(20, 6) not null,
  refunded numeric(20, 6) not null,
  outstanding numeric(20, 6) not null,
  -- tracks
  payment_track text not null,
  delivery_track text not null,
  invoice_track text not null,
  -- distinct types of the holds that stand
  hold_types text[] not null default '{}',
  line_count integer not null,
  units numeric(20, 6) not null,
  -- lower-case, unaccented: number, external ids, buyer, SKU, names, tracking
  search_text text not null default '',
  -- the import batch that made it, so that a batch can be undone
  import_id uuid,
  voided_at timestamptz,
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, channel_account_id, external_id),
  unique (tenant_id, number),
  foreign key (tenant_id, channel_account_id) references tenant.channel_accounts (tenant_id, id)
);
create index orders_list on tenant.orders (tenant_id, placed_at desc, id desc);
create index orders_account on tenant.orders (tenant_id, channel_account_id, placed_at desc, id desc);
create index orders_payment on tenant.orders (tenant_id, payment_track, placed_at desc, id desc);
create index orders_delivery on tenant.orders (tenant_id, delivery_track, placed_at desc, id desc);
create index orders_held on tenant.orders (tenant_id, placed_at desc, id desc) where hold_types <> '{}';
create index orders_import on tenant.orders (tenant_id, import_id) where import_id is not null;

-- Append-only. `subject` names the thing the fact is about; the newest revision about a thing wins, field by field.
create table tenant.order_facts (
  tenant_id uuid not null,
  id uuid not null,
  order_id uuid not null,
  kind text not null,
  subject text not null,
  revision numeric(20, 0) not null,
  -- SHA-256 of kind, subject, revision, instant and body (and of the import that told it): the same fact told twice is one fact
  digest bytea not null,
  body jsonb not null,
  actor text not null,
  -- the inbox message, command or import row that caused it
  cause text not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, order_id, digest),
  foreign key (tenant_id, order_id) references tenant.orders (tenant_id, id)
);

create index order_facts_import on tenant.order_facts (tenant_id, cause, order_id) where left(cause, 4) = 'imp_';

-- Facts that no longer count, since the import that told them was undone. The facts stay; the state is folded without them.
create table tenant.voided_facts (
  tenant_id uuid not null,
  order_id uuid not null,
  fact_id uuid not null,
  -- the fact's own cause
  cause text not null,
  voided_by text not null,
  voided_at timestamptz not null,
  primary key (tenant_id, order_id, fact_id),
  foreign key (tenant_id, fact_id) references tenant.order_facts (tenant_id, id)
);

create table tenant.order_lines (
  tenant_id uuid not null,
  order_id uuid not null,
  position integer not null,
  external_id text not null,
  kind text not null check (kind in ('product', 'shipping', 'fee', 'adjustment')),
  sku text,
  name text,
  quantity numeric(20, 6) not null,
  unit_price numeric(20, 6) not null,
  -- quantity x unit_price
  gross numeric(20, 6) not null,
  -- [{kind, funded_by, amount, code}]
  components jsonb not null default '[]',
  taxes jsonb not null default '[]',
  discount_tenant numeric(20, 6) not null,
  discount_others numeric(20, 6) not null,
  tax_on_top numeric(20, 6) not null,
  tax_included numeric(20, 6) not null,
  -- what the buyer pays for the line
  total numeric(20, 6) not null,
  gift boolean not null default false,
  primary key (tenant_id, order_id, position),
  foreign key (tenant_id, order_id) references tenant.orders (tenant_id, id)
);
create index order_lines_sku on tenant.order_lines (tenant_id, sku) where sku is not null;

create table tenant.holds (
  tenant_id uuid not null,
  id uuid not null,
  order_id uuid not null,
  type text not null check (type in ('credit', 'risk', 'price_approval', 'deposit', 'mapping', 'duplicate', 'manual', 'plugin')),
  -- order, or line:<external id>, or shipment:<external id>
  scope text not null,
  blocks text[] not null,
  state text not null check (state in ('placed', 'released', 'rejected', 'expired')),
  reason text not null,
  evidence jsonb not null default '{}',
  placed_by text not null,
  placed_at timestamptz not null,
  ended_by text,
  ended_at timestamptz,
  end_reason text,
  primary key (tenant_id, id),
  foreign key (tenant_id, order_id) references tenant.orders (tenant_id, id)
);
create unique index holds_standing on tenant.holds (tenant_id, order_id, type, scope) where state = 'placed';

create table tenant.saved_views (
  tenant_id uuid not null,
  id uuid not null,
  owner uuid not null,
  name text not null check (length(name) between 1 and 60),
  shared boolean not null,
  query text not null check (length(query) <= 4000),
  columns text[] not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, owner, name)
);

create table tenant.imports (
  tenant_id uuid not null,
  id uuid not null,
  channel_account_id uuid not null,
  file_name text not null,
  file_digest bytea not null,
  format text not null check (format in ('csv', 'xlsx')),
  mapping jsonb not null,
  -- the names in the file's header row
  columns text[] not null,
  state text not null check (state in ('uploaded', 'running', 'done', 'failed', 'cancelled', 'undoing', 'undone')),
  rows_total bigint,
  rows_done bigint not null default 0,
  orders_done bigint not null default 0,
  orders_new bigint not null default 0,
  orders_changed bigint not null default 0,
  rows_failed bigint not null default 0,
  -- what is odd but right, counted: {"several_times": 43}
  remarks jsonb not null default '{}',
  message text,
  started_by text not null,
  created_at timestamptz not null,
  finished_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, channel_account_id) references tenant.channel_accounts (tenant_id, id)
);

-- The uploaded file in pieces, so that an import can be resumed on any server.
create table tenant.import_chunks (
  tenant_id uuid not null,
  import_id uuid not null,
  position integer not null,
  bytes bytea not null,
  primary key (tenant_id, import_id, position),
  foreign key (tenant_id, import_id) references tenant.imports (tenant_id, id)
);

create table tenant.import_errors (
  tenant_id uuid not null,
  import_id uuid not null,
  row_number bigint not null,
  field text not null,
  message text not null,
  row text not null,
  primary key (tenant_id, import_id, row_number, field),
  foreign key (tenant_id, import_id) references tenant.imports (tenant_id, id)
);

grant select, insert, update on tenant.orders, tenant.holds, tenant.imports to switchyard_app;
grant select, insert on tenant.order_facts, tenant.voided_facts to switchyard_app;
grant select, insert, update, delete on tenant.order_lines, tenant.saved_views to switchyard_app;
grant select, insert, delete on tenant.import_chunks, tenant.import_errors to switchyard_app;

do $$ declare name text; begin
  foreach name in array array['orders', 'order_facts', 'voided_facts', 'order_lines', 'holds', 'saved_views', 'imports', 'import_chunks', 'import_errors'] loop
    execute format('alter table tenant.%I enable row level security', name);
    execute format('alter table tenant.%I force row level security', name);
    execute format($p$create policy tenant_only on tenant.%I
      using (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)$p$, name);
  end loop;
end $$;
