-- Selling to companies: price lists in versions, quotes, prices that somebody approves, deposits that are asked for.

create table tenant.price_lists (
  tenant_id uuid not null,
  id uuid not null,
  name text not null check (length(name) between 1 and 120),
  currency char(3) not null,
  -- for whom, while no company is named: null is everybody
  segment text check (segment in ('b2b', 'b2c')),
  -- the newest version of its prices
  newest integer not null default 1,
  archived_at timestamptz,
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  constraint price_lists_name unique (tenant_id, name)
);

-- The companies a list is for; a list that names any is for no other.
create table tenant.price_list_companies (
  tenant_id uuid not null,
  list_id uuid not null,
  company_id uuid not null,
  primary key (tenant_id, list_id, company_id),
  foreign key (tenant_id, list_id) references tenant.price_lists (tenant_id, id),
  foreign key (tenant_id, company_id) references tenant.companies (tenant_id, id)
);
create index price_list_companies_company on tenant.price_list_companies (tenant_id, company_id);

-- A version never changes. For a day counts the newest one that is valid on it.
create table tenant.price_list_versions (
  tenant_id uuid not null,
  list_id uuid not null,
  version integer not null,
  valid_from date not null,
  valid_until date,
  prices_include_tax boolean not null,
  -- percent; null: the tenant's default
  tax_rate numeric(9, 4) check (tax_rate >= 0 and tax_rate <= 100),
  prices integer not null,
  note text,
  made_by text not null,
  made_at timestamptz not null,
  primary key (tenant_id, list_id, version),
  foreign key (tenant_id, list_id) references tenant.price_lists (tenant_id, id),
  check (valid_until >= valid_from)
);

create table tenant.price_list_prices (
  tenant_id uuid not null,
  list_id uuid not null,
  version integer not null,
  sku text not null check (length(sku) between 1 and 100),
  -- from this quantity on
  min_quantity numeric(20, 6) not null check (min_quantity > 0),
  name text,
  price numeric(20, 6) not null check (price >= 0),
  floor_price numeric(20, 6) check (floor_price >= 0),
  -- of one unit, without tax
  cost numeric(20, 6) check (cost >= 0),
  primary key (tenant_id, list_id, version, sku, min_quantity),
  foreign key (tenant_id, list_id, version) references tenant.price_list_versions (tenant_id, list_id, version)
);

-- Who approves which price: the newest counts, the others stay so that an approval can be judged again.
create table tenant.price_matrices (
  tenant_id uuid not null,
  version integer not null,
  config jsonb not null,
  made_by text not null,
  made_at timestamptz not null,
  primary key (tenant_id, version)
);

create table tenant.quotes (
  tenant_id uuid not null,
  id uuid not null,
  -- the tenant's own running number of quotes
  number bigint not null,
  company_id uuid not null,
  -- where the order is placed when it is accepted
  channel_account_id uuid not null,
  currency char(3) not null,
  state text not null check (state in ('draft', 'sent', 'accepted', 'declined')),
  -- the last day of its prices; a draft or sent quote is expired after it
  valid_until date not null,
  note text,
  deposit_percent numeric(9, 4) check (deposit_percent > 0 and deposit_percent <= 100),
  deposit_amount numeric(20, 6) check (deposit_amount > 0),
  -- null: before the order is confirmed
  deposit_due_on date,
  total numeric(20, 6) not null,
  order_id uuid,
  reason text,
  made_by text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  sent_at timestamptz,
  ended_at timestamptz,
  ended_by text,
  version bigint not null default 1,
  primary key (tenant_id, id),
  constraint quotes_number unique (tenant_id, number),
  foreign key (tenant_id, company_id) references tenant.companies (tenant_id, id),
  foreign key (tenant_id, channel_account_id) references tenant.channel_accounts (tenant_id, id),
  foreign key (tenant_id, order_id) references tenant.orders (tenant_id, id),
  check ((state = 'accepted') = (order_id is not null)),
  check (deposit_percent is null or deposit_amount is null)
);
create index quotes_recent on tenant.quotes (tenant_id, number desc);
create index quotes_company on tenant.quotes (tenant_id, company_id, number desc);
create unique index quotes_order on tenant.quotes (tenant_id, order_id) where order_id is not null;

create table tenant.quote_lines (
  tenant_id uuid not null,
  quote_id uuid not null,
  position integer not null,
  -- the line's id in the order as well
  line_id text not null,
  sku text not null,
  name text,
  quantity numeric(20, 6) not null check (quantity > 0),
  -- of one unit, with tax or without as the list has it
  unit_price numeric(20, 6) not null check (unit_price >= 0),
  tax_included boolean not null,
  tax_rate numeric(9, 4),
  -- what the list said when the line was priced, and which one; null: no list has the SKU
  list_id uuid,
  list_version integer,
  min_quantity numeric(20, 6),
  list_price numeric(20, 6),
  floor_price numeric(20, 6),
  cost numeric(20, 6),
  total numeric(20, 6) not null,
  reason text,
  primary key (tenant_id, quote_id, position),
  constraint quote_lines_line unique (tenant_id, quote_id, line_id),
  foreign key (tenant_id, quote_id) references tenant.quotes (tenant_id, id),
  foreign key (tenant_id, list_id, list_version) references tenant.price_list_versions (tenant_id, list_id, version),
  check ((list_id is null) = (list_price is null))
);

-- What the list said of the lines of an order that came from a quote: they keep it, whatever becomes of the list.
create table tenant.order_prices (
  tenant_id uuid not null,
  order_id uuid not null,
  line_id text not null,
  sku text not null,
  quantity numeric(20, 6) not null,
  list_id uuid not null,
  list_version integer not null,
  min_quantity numeric(20, 6) not null,
  list_price numeric(20, 6) not null,
  floor_price numeric(20, 6),
  cost numeric(20, 6),
  tax_included boolean not null,
  tax_rate numeric(9, 4),
  primary key (tenant_id, order_id, line_id),
  foreign key (tenant_id, order_id) references tenant.orders (tenant_id, id)
);

-- A price that somebody has to approve. What it was judged by is kept whole, so that it can be judged again.
create table tenant.price_requests (
  tenant_id uuid not null,
  id uuid not null,
  -- asked for a line of a quote, or of an order
  quote_id uuid,
  order_id uuid,
  line_id text not null,
  company_id uuid not null,
  sku text not null,
  name text,
  quantity numeric(20, 6) not null,
  currency char(3) not null,
  asked_price numeric(20, 6) not null,
  -- what stands to be approved: the asked price, or what an approver answered with
  price numeric(20, 6) not null,
  -- of the line at the asked price
  value numeric(20, 6) not null,
  reason text not null,
  state text not null check (state in ('asked', 'approved', 'countered', 'rejected', 'withdrawn')),
  -- what it was judged by and what that said
  inputs jsonb not null,
  judgement jsonb not null,
  matrix_version integer not null,
  -- signatures needed, and given
  steps integer not null check (steps between 1 and 2),
  steps_done integer not null default 0,
  -- who signs next; null: whoever has the right
  next_role uuid,
  requested_by text not null,
  requested_at timestamptz not null,
  -- unanswered until then it is expired
  expires_at timestamptz not null,
  owner uuid,
  -- the last day of the approved price
  frozen_until date,
  decided_at timestamptz,
  version bigint not null default 1,
  primary key (tenant_id, id),
  foreign key (tenant_id, quote_id) references tenant.quotes (tenant_id, id),
  foreign key (tenant_id, order_id) references tenant.orders (tenant_id, id),
  foreign key (tenant_id, company_id) references tenant.companies (tenant_id, id),
  check ((quote_id is null) <> (order_id is null)),
  check (state not in ('approved', 'countered') or frozen_until is not null)
);
create index price_requests_open on tenant.price_requests (tenant_id, requested_at, id) where state = 'asked';
create index price_requests_quote on tenant.price_requests (tenant_id, quote_id, line_id) where quote_id is not null;
create index price_requests_order on tenant.price_requests (tenant_id, order_id, line_id) where order_id is not null;
-- One line has one open question.
create unique index price_requests_one on tenant.price_requests (tenant_id, coalesce(quote_id, order_id), line_id) where state = 'asked';

-- Who said what, step by step.
create table tenant.price_decisions (
  tenant_id uuid not null,
  request_id uuid not null,
  step integer not null,
  decision text not null check (decision in ('approve', 'counter', 'reject')),
  price numeric(20, 6) not null,
  reason text,
  decided_by text not null,
  decided_at timestamptz not null,
  primary key (tenant_id, request_id, step),
  constraint price_decisions_once unique (tenant_id, request_id, decided_by),
  foreign key (tenant_id, request_id) references tenant.price_requests (tenant_id, id)
);

-- Who decides in whose place while they are away.
create table tenant.approval_delegates (
  tenant_id uuid not null,
  person_id uuid not null,
  delegate_id uuid not null,
  until date not null,
  primary key (tenant_id, person_id),
  check (delegate_id <> person_id)
);
create index approval_delegates_delegate on tenant.approval_delegates (tenant_id, delegate_id);

alter table tenant.companies
  -- what is to be paid ahead, in percent of an order
  add column deposit_percent numeric(9, 4) check (deposit_percent > 0 and deposit_percent <= 100),
  -- days after the order was placed; null: before it is confirmed
  add column deposit_days integer check (deposit_days between 0 and 365);

create table tenant.order_deposits (
  tenant_id uuid not null,
  order_id uuid not null,
  percent numeric(9, 4) check (percent > 0 and percent <= 100),
  amount numeric(20, 6) check (amount > 0),
  -- null: before the order is confirmed
  due_on date,
  asked_by text not null,
  asked_at timestamptz not null,
  primary key (tenant_id, order_id),
  foreign key (tenant_id, order_id) references tenant.orders (tenant_id, id),
  check ((percent is null) <> (amount is null))
);
create index order_deposits_due on tenant.order_deposits (tenant_id, due_on) where due_on is not null;

grant select, insert, update on tenant.price_lists, tenant.quotes, tenant.price_requests to switchyard_app;
grant select, insert on tenant.price_list_versions, tenant.price_list_prices, tenant.price_matrices, tenant.order_prices, tenant.price_decisions to switchyard_app;
grant select, insert, delete on tenant.price_list_companies, tenant.quote_lines to switchyard_app;
grant select, insert, update, delete on tenant.approval_delegates, tenant.order_deposits to switchyard_app;

do $$ declare name text; begin
  foreach name in array array['price_lists', 'price_list_companies', 'price_list_versions', 'price_list_prices', 'price_matrices', 'quotes', 'quote_lines', 'order_prices', 'price_requests', 'price_decisions', 'approval_delegates', 'order_deposits'] loop
    execute format('alter table tenant.%I enable row level security', name);
    execute format('alter table tenant.%I force row level security', name);
    execute format($p$create policy tenant_only on tenant.%I
      using (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)$p$, name);
  end loop;
end $$;
