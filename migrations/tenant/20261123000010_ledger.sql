-- The ledger: entries that balance, append-only; what finance decided, in versions; and the periods that are closed.
-- An entry is one row and its lines are arrays, so that a plain CHECK can refuse what does not balance: no trigger, no
-- half-written entry, and the same on Citus.

create function tenant.sums_to_zero(amounts numeric[]) returns boolean
  language sql immutable strict parallel safe
  return (select coalesce(sum(amount), 0) = 0 from unnest(amounts) as line(amount));

create table tenant.ledger_entries (
  tenant_id uuid not null,
  id uuid not null,
  -- what it is posted for; the same cause is posted once
  cause text not null check (length(cause) between 1 and 1000),
  kind text not null check (length(kind) between 1 and 40),
  order_id uuid,
  -- the entry this one takes back
  reverses uuid,
  currency char(3) not null,
  -- role, or role:sub-account; one for each amount
  accounts text[] not null,
  -- debit is positive, credit negative
  amounts numeric(20, 6)[] not null,
  memo text,
  -- when it happened
  occurred_at timestamptz not null,
  -- when it counts in the books: later than it happened if that period was closed, or if it corrects another entry
  booked_at timestamptz not null,
  recorded_at timestamptz not null,
  actor text not null,
  primary key (tenant_id, id),
  unique (tenant_id, cause),
  unique (tenant_id, reverses),
  foreign key (tenant_id, order_id) references tenant.orders (tenant_id, id),
  foreign key (tenant_id, reverses) references tenant.ledger_entries (tenant_id, id),
  constraint ledger_entries_lines check (cardinality(accounts) >= 2 and cardinality(accounts) = cardinality(amounts)
    and array_position(accounts, null) is null and array_position(amounts, null) is null and array_position(amounts, 0) is null),
  constraint ledger_entries_balanced check (tenant.sums_to_zero(amounts))
);
create index ledger_entries_order on tenant.ledger_entries (tenant_id, order_id) where order_id is not null;
create index ledger_entries_booked on tenant.ledger_entries (tenant_id, booked_at, id);

-- How a tenant's money is treated. Append-only: an order keeps to the version that was in force when it arrived.
create table tenant.finance_settings (
  tenant_id uuid not null,
  version integer not null,
  country char(2) not null default 'ZZ',
  time_zone text not null default 'UTC',
  -- whether prices that name no tax hold one
  tax_treatment text not null default 'included' check (tax_treatment in ('included', 'on_top')),
  -- percent, for lines that name no tax
  default_tax_rate numeric(9, 4) check (default_tax_rate >= 0 and default_tax_rate <= 100),
  rounding text not null default 'half_up' check (rounding in ('half_up', 'half_even', 'truncate')),
  rounding_scope text not null default 'line' check (rounding_scope in ('line', 'document')),
  points_as text not null default 'tender' check (points_as in ('tender', 'discount')),
  -- what a point carries in the books for each unit of its face value
  points_carrying_ratio numeric(9, 6) not null default 1 check (points_carrying_ratio >= 0 and points_carrying_ratio <= 1),
  chart text not null default 'generic' check (chart in ('vn', 'generic')),
  set_at timestamptz not null,
  set_by text not null,
  primary key (tenant_id, version)
);

-- The books are closed up to and with a day. Reopening the newest closing leaves its row.
create table tenant.ledger_periods (
  tenant_id uuid not null,
  id uuid not null,
  -- the last day that is closed, in the tenant's zone, and the instant it ends
  through date not null,
  closed_until timestamptz not null,
  closed_at timestamptz not null,
  closed_by text not null,
  reopened_at timestamptz,
  reopened_by text,
  primary key (tenant_id, id)
);
create unique index ledger_periods_standing on tenant.ledger_periods (tenant_id, through) where reopened_at is null;

grant select, insert on tenant.ledger_entries, tenant.finance_settings to switchyard_app;
grant select, insert, update on tenant.ledger_periods to switchyard_app;

do $$ declare name text; begin
  foreach name in array array['ledger_entries', 'finance_settings', 'ledger_periods'] loop
    execute format('alter table tenant.%I enable row level security', name);
    execute format('alter table tenant.%I force row level security', name);
    execute format($p$create policy tenant_only on tenant.%I
      using (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)$p$, name);
  end loop;
end $$;
