-- Selling on credit: companies with terms and limits, confirmation, holds with authority, credit policies and what they decided.

create table tenant.companies (
  tenant_id uuid not null,
  id uuid not null,
  name text not null check (length(name) between 1 and 200),
  tax_code text check (length(tax_code) between 1 and 40),
  -- the head of its group; a head has no parent
  parent_id uuid,
  terms jsonb not null,
  due_from text not null check (due_from in ('order', 'shipment', 'invoice', 'delivery')),
  -- null: no credit is given
  credit_limit numeric(20, 6) check (credit_limit >= 0),
  credit_currency char(3),
  status text not null check (status in ('active', 'blocked', 'closed')),
  since date not null,
  note text,
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, parent_id) references tenant.companies (tenant_id, id),
  check ((credit_limit is null) = (credit_currency is null)),
  check (parent_id <> id)
);
create index companies_name on tenant.companies (tenant_id, name, id);
create index companies_parent on tenant.companies (tenant_id, parent_id) where parent_id is not null;
create unique index companies_tax_code on tenant.companies (tenant_id, tax_code) where tax_code is not null;

alter table tenant.orders
  add column company_id uuid,
  add column confirmed_at timestamptz,
  -- the day of the first instalment that is not paid
  add column due_on date,
  -- [{due_on, amount}]; null until the event the terms count from
  add column due_schedule jsonb,
  add foreign key (tenant_id, company_id) references tenant.companies (tenant_id, id);
create index orders_company on tenant.orders (tenant_id, company_id, placed_at desc, id desc) where company_id is not null;
create index orders_buyer on tenant.orders (tenant_id, buyer_key, placed_at desc) where buyer_key is not null;

alter table tenant.holds
  -- the person who deals with it
  add column owner uuid,
  add column escalation smallint not null default 0 check (escalation between 0 and 3),
  -- who asked for what it stops: never the one who approves
  add column requested_by text,
  -- its end confirms the order, when nothing else stands against it
  add column confirms boolean not null default false,
  add column decision_id uuid;
create index holds_queue on tenant.holds (tenant_id, placed_at, id) where state = 'placed';

-- The first of two signatures.
create table tenant.hold_approvals (
  tenant_id uuid not null,
  hold_id uuid not null,
  approved_by text not null,
  reason text not null,
  approved_at timestamptz not null,
  primary key (tenant_id, hold_id, approved_by),
  foreign key (tenant_id, hold_id) references tenant.holds (tenant_id, id)
);

-- Up to which order value a role may release holds of a type.
create table tenant.approval_limits (
  tenant_id uuid not null,
  role_id uuid not null,
  hold_type text not null,
  currency char(3) not null,
  -- null: any amount
  amount numeric(20, 6) check (amount >= 0),
  two_people_above numeric(20, 6) check (two_people_above >= 0),
  primary key (tenant_id, role_id, hold_type, currency),
  foreign key (tenant_id, role_id) references tenant.roles (tenant_id, id) on delete cascade
);

create table tenant.credit_policies (
  tenant_id uuid not null,
  id uuid not null,
  name text not null check (length(name) between 1 and 120),
  segment text not null check (segment in ('b2b', 'b2c', 'all')),
  enabled boolean not null default true,
  version bigint not null default 1,
  created_at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, name)
);

-- Once activated a version never changes. In force is the one whose instant came last.
create table tenant.credit_policy_versions (
  tenant_id uuid not null,
  policy_id uuid not null,
  version integer not null,
  -- control.plugins; no foreign key, it may be on another server
  plugin_id uuid not null,
  plugin_name text not null,
  plugin_version text not null,
  digest bytea not null,
  config jsonb not null,
  active_from timestamptz,
  activated_by text,
  created_by text not null,
  created_at timestamptz not null,
  primary key (tenant_id, policy_id, version),
  foreign key (tenant_id, policy_id) references tenant.credit_policies (tenant_id, id)
);

-- What a policy was asked and answered, whole, so that it can be asked again. Append-only.
create table tenant.credit_decisions (
  tenant_id uuid not null,
  id uuid not null,
  order_id uuid not null,
  company_id uuid,
  at timestamptz not null,
  cause text not null check (cause in ('confirm', 'review')),
  asked_by text not null,
  -- null: the product's own rule
  policy_id uuid,
  policy_version integer,
  plugin_name text not null,
  plugin_version text not null,
  digest bytea,
  engine bytea,
  outcome text not null check (outcome in ('approve', 'hold', 'deposit', 'failed')),
  -- of a failure: limit.fuel, trap.memory, invalid.output
  code text,
  message text,
  input text not null,
  output text,
  fuel bigint not null,
  peak_memory bigint not null,
  micros bigint not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, order_id) references tenant.orders (tenant_id, id)
);
create index credit_decisions_recent on tenant.credit_decisions (tenant_id, at desc, id desc);
create index credit_decisions_order on tenant.credit_decisions (tenant_id, order_id, at desc, id desc);

-- Orders to be judged again, since something they were judged by has changed.
create table tenant.credit_reviews (
  tenant_id uuid not null,
  order_id uuid not null,
  why text not null,
  asked_at timestamptz not null,
  due_at timestamptz not null,
  attempts integer not null default 0,
  primary key (tenant_id, order_id),
  foreign key (tenant_id, order_id) references tenant.orders (tenant_id, id)
);
create index credit_reviews_due on tenant.credit_reviews (tenant_id, due_at);

create table tenant.credit_backtests (
  tenant_id uuid not null,
  id uuid not null,
  policy_id uuid not null,
  version integer not null,
  state text not null check (state in ('running', 'done', 'failed')),
  placed_from timestamptz,
  placed_to timestamptz not null,
  orders_total bigint not null,
  orders_done bigint not null default 0,
  newly_held bigint not null default 0,
  newly_freed bigint not null default 0,
  same bigint not null default 0,
  failed bigint not null default 0,
  -- {currency: {newly_held, newly_freed}}
  money jsonb not null default '{}',
  sample jsonb not null default '[]',
  -- the last order looked at
  last_placed_at timestamptz,
  last_order_id uuid,
  leased_until timestamptz,
  message text,
  started_by text not null,
  created_at timestamptz not null,
  finished_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, policy_id, version) references tenant.credit_policy_versions (tenant_id, policy_id, version)
);
create index credit_backtests_recent on tenant.credit_backtests (tenant_id, policy_id, created_at desc);
create index credit_backtests_running on tenant.credit_backtests (tenant_id, created_at) where state = 'running';

grant select, insert, update on tenant.companies, tenant.credit_policies, tenant.credit_policy_versions, tenant.credit_backtests to switchyard_app;
grant select, insert on tenant.hold_approvals, tenant.credit_decisions to switchyard_app;
grant select, insert, delete on tenant.approval_limits to switchyard_app;
grant select, insert, update, delete on tenant.credit_reviews to switchyard_app;

do $$ declare name text; begin
  foreach name in array array['companies', 'hold_approvals', 'approval_limits', 'credit_policies', 'credit_policy_versions', 'credit_decisions', 'credit_reviews', 'credit_backtests'] loop
    execute format('alter table tenant.%I enable row level security', name);
    execute format('alter table tenant.%I force row level security', name);
    execute format($p$create policy tenant_only on tenant.%I
      using (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)$p$, name);
  end loop;
end $$;
