-- The money floor: balances by month, receivables by order, claims customers pay with, drawers and their shifts, dunning and
-- promises, who deals with which holds and how long they stand, combinations of tracks a tenant forbids.

create function tenant.is_receivable(account text) returns boolean
  language sql immutable strict parallel safe
  return split_part(account, ':', 1) = 'ar';

-- What the entries of a month come to, by account: a projection of the ledger, so that a trial balance reads months and
-- not entries. Each connection adds to a slot of its own, so that two that post at once do not wait for each other.
create table tenant.ledger_balances (
  tenant_id uuid not null,
  account text not null,
  currency char(3) not null,
  -- the first day of the month of booking, in UTC
  month date not null,
  slot smallint not null,
  debit numeric(26, 6) not null,
  credit numeric(26, 6) not null,
  primary key (tenant_id, month, account, currency, slot)
);
create index ledger_balances_account on tenant.ledger_balances (tenant_id, account, currency);

-- What the entries of an order come to on its debtor's account: a projection of the ledger. Zero has no row.
create table tenant.receivables (
  tenant_id uuid not null,
  order_id uuid not null,
  account text not null,
  currency char(3) not null,
  amount numeric(20, 6) not null check (amount <> 0),
  since timestamptz not null,
  primary key (tenant_id, order_id, account, currency),
  foreign key (tenant_id, order_id) references tenant.orders (tenant_id, id)
);
create index receivables_account on tenant.receivables (tenant_id, account, currency);

-- What was posted before. Row security is forced on the owner too: let go for these statements.
alter table tenant.ledger_entries no force row level security;
insert into tenant.ledger_balances (tenant_id, account, currency, month, slot, debit, credit)
  select e.tenant_id, l.account, e.currency, date_trunc('month', e.booked_at at time zone 'UTC')::date, 0,
    coalesce(sum(l.amount) filter (where l.amount > 0), 0), coalesce(-sum(l.amount) filter (where l.amount < 0), 0)
  from tenant.ledger_entries e, unnest(e.accounts, e.amounts) as l(account, amount)
  group by 1, 2, 3, 4;
insert into tenant.receivables (tenant_id, order_id, account, currency, amount, since)
  select e.tenant_id, e.order_id, l.account, e.currency, sum(l.amount), min(e.occurred_at)
  from tenant.ledger_entries e, unnest(e.accounts, e.amounts) as l(account, amount)
  where e.order_id is not null and tenant.is_receivable(l.account)
  group by e.tenant_id, e.order_id, l.account, e.currency having sum(l.amount) <> 0;
alter table tenant.ledger_entries force row level security;

-- Receivables by the day they are due, as the terms of their orders say. What was paid covers the earliest rows, what is owed
-- the next; what no row explains belongs to the last. Without a schedule it is due when it arose; so is what no order names.
create function tenant.receivable_rows(of uuid, zone text)
  returns table (order_id uuid, account text, currency text, due_on date, amount numeric, since timestamptz)
  language sql stable as $$
    with open as (
      select r.order_id, r.account, r.currency::text as currency, r.amount, r.since, greatest(o.tendered - o.refunded, 0) as paid,
        case when r.amount > 0 and jsonb_typeof(o.due_schedule) = 'array' and jsonb_array_length(o.due_schedule) > 0 then o.due_schedule end as schedule
      from tenant.receivables r join tenant.orders o on o.tenant_id = r.tenant_id and o.id = r.order_id where r.tenant_id = of
    ), scheduled as (
      select i.order_id, i.account, i.currency, i.since, i.paid, i.paid + i.amount as until, (d.one->>'due_on')::date as due_on, (d.one->>'amount')::numeric as part,
        sum((d.one->>'amount')::numeric) over (partition by i.order_id, i.account, i.currency order by d.n) as upto, d.n = jsonb_array_length(i.schedule) as is_last
      from open i, jsonb_array_elements(i.schedule) with ordinality as d(one, n)
    ), rows as (
      select s.order_id, s.account, s.currency, s.due_on, s.since,
        least(case when s.is_last then s.until else s.upto end, s.until) - greatest(s.upto - s.part, s.paid) as amount
      from scheduled s
    )
    select order_id, account, currency, due_on, amount, since from rows where amount > 0
    union all
    select order_id, account, currency, (since at time zone zone)::date, amount, since from open where schedule is null
    union all
    select null, l.account, e.currency::text, (e.booked_at at time zone zone)::date, l.amount, e.booked_at
    from tenant.ledger_entries e, unnest(e.accounts, e.amounts) as l(account, amount)
    where e.tenant_id = of and e.order_id is null and tenant.is_receivable(l.account)
  $$;

-- What customers hold against us: vouchers sold, points, store credit, money on account. The sub-account of a claim is its id.
create table tenant.claims (
  tenant_id uuid not null,
  id uuid not null,
  kind text not null check (kind in ('voucher', 'points', 'store_credit', 'on_account')),
  -- what is shown at the counter; of money on account the company's id and the currency
  code text not null check (length(code) between 1 and 64),
  holder text check (length(holder) between 1 and 200),
  company_id uuid,
  currency char(3) not null,
  -- points: what one of them pays
  unit_value numeric(20, 6) check (unit_value > 0),
  -- as the books carry it
  balance numeric(20, 6) not null default 0,
  -- what it pays; another amount than the balance for points only
  face numeric(20, 6) not null default 0,
  -- the last day on which it pays
  expires_on date,
  created_at timestamptz not null,
  created_by text not null,
  primary key (tenant_id, id),
  constraint claims_code unique (tenant_id, kind, code),
  foreign key (tenant_id, company_id) references tenant.companies (tenant_id, id),
  check ((kind = 'points') = (unit_value is not null)),
  check ((kind = 'on_account') = (company_id is not null)),
  -- never spent twice, whoever comes first
  constraint claims_covered check (balance >= 0 and face >= 0)
);
create index claims_listed on tenant.claims (tenant_id, kind, created_at desc, id desc);
create index claims_company on tenant.claims (tenant_id, company_id) where company_id is not null;

create table tenant.claim_movements (
  tenant_id uuid not null,
  claim_id uuid not null,
  entry_id uuid not null,
  kind text not null,
  carrying numeric(20, 6) not null,
  face numeric(20, 6) not null,
  order_id uuid,
  at timestamptz not null,
  primary key (tenant_id, claim_id, entry_id),
  foreign key (tenant_id, claim_id) references tenant.claims (tenant_id, id),
  foreign key (tenant_id, entry_id) references tenant.ledger_entries (tenant_id, id)
);

create index claim_movements_order on tenant.claim_movements (tenant_id, order_id) where order_id is not null;

-- How points are earned and what they are worth. Append-only: a claim keeps the worth it was made with.
create table tenant.loyalty_programs (
  tenant_id uuid not null,
  version integer not null,
  currency char(3) not null,
  -- what one point pays
  point_value numeric(20, 6) not null check (point_value > 0),
  -- spent for one point
  spend_per_point numeric(20, 6) not null check (spend_per_point > 0),
  -- of a hundred points, how many will be redeemed
  redeemed_percent numeric(9, 4) not null check (redeemed_percent > 0 and redeemed_percent <= 100),
  valid_days integer check (valid_days between 1 and 3660),
  set_at timestamptz not null,
  set_by text not null,
  primary key (tenant_id, version)
);

create table tenant.cash_drawers (
  tenant_id uuid not null,
  id uuid not null,
  name text not null check (length(name) between 1 and 80),
  branch text check (length(branch) between 1 and 80),
  currency char(3) not null,
  created_at timestamptz not null,
  created_by text not null,
  primary key (tenant_id, id),
  constraint cash_drawers_name unique (tenant_id, name)
);

create table tenant.cash_shifts (
  tenant_id uuid not null,
  id uuid not null,
  drawer_id uuid not null,
  opened_at timestamptz not null,
  opened_by text not null,
  -- counted when it was opened
  opening numeric(20, 6) not null check (opening >= 0),
  closed_at timestamptz,
  closed_by text,
  -- what the books held when it was closed, and what was counted
  expected numeric(20, 6),
  counted numeric(20, 6) check (counted >= 0),
  note text check (length(note) between 1 and 500),
  primary key (tenant_id, id),
  foreign key (tenant_id, drawer_id) references tenant.cash_drawers (tenant_id, id),
  check ((closed_at is null) = (closed_by is null) and (closed_at is null) = (expected is null) and (closed_at is null) = (counted is null))
);
create unique index cash_shifts_open on tenant.cash_shifts (tenant_id, drawer_id) where closed_at is null;
create index cash_shifts_listed on tenant.cash_shifts (tenant_id, opened_at desc, id desc);

-- What was put into a drawer and taken out of it during a shift.
create table tenant.cash_shift_entries (
  tenant_id uuid not null,
  shift_id uuid not null,
  entry_id uuid not null,
  kind text not null,
  amount numeric(20, 6) not null check (amount <> 0),
  primary key (tenant_id, shift_id, entry_id),
  foreign key (tenant_id, shift_id) references tenant.cash_shifts (tenant_id, id),
  foreign key (tenant_id, entry_id) references tenant.ledger_entries (tenant_id, id)
);

-- What of each age is not expected to come in, in percent. Append-only.
create table tenant.receivable_settings (
  tenant_id uuid not null,
  version integer not null,
  -- current, 1-30, 31-60, 61-90, more than 90 days overdue
  loss_percents numeric(9, 4)[] not null check (cardinality(loss_percents) = 5 and array_position(loss_percents, null) is null),
  set_at timestamptz not null,
  set_by text not null,
  primary key (tenant_id, version)
);

-- Whom to write to about what a company owes.
create table tenant.debtor_contacts (
  tenant_id uuid not null,
  company_id uuid not null,
  email text check (length(email) between 3 and 254),
  language text not null check (language in ('en', 'vi')),
  -- a dispute, an agreement: no letters
  silent boolean not null default false,
  note text check (length(note) between 1 and 500),
  version bigint not null default 1,
  changed_at timestamptz not null,
  changed_by text not null,
  primary key (tenant_id, company_id),
  foreign key (tenant_id, company_id) references tenant.companies (tenant_id, id)
);

create table tenant.payment_promises (
  tenant_id uuid not null,
  id uuid not null,
  company_id uuid not null,
  -- null: of whatever is owed
  order_id uuid,
  currency char(3) not null,
  amount numeric(20, 6) not null check (amount > 0),
  promised_on date not null,
  note text not null check (length(note) between 1 and 500),
  made_at timestamptz not null,
  made_by text not null,
  withdrawn_at timestamptz,
  withdrawn_by text,
  primary key (tenant_id, id),
  foreign key (tenant_id, company_id) references tenant.companies (tenant_id, id),
  foreign key (tenant_id, order_id) references tenant.orders (tenant_id, id)
);
create index payment_promises_company on tenant.payment_promises (tenant_id, company_id, promised_on);

create table tenant.dunning_levels (
  tenant_id uuid not null,
  level smallint not null check (level between 1 and 5),
  -- overdue by so many days at least
  days integer not null check (days between 1 and 730),
  subject_en text not null check (length(subject_en) between 1 and 200),
  text_en text not null check (length(text_en) between 1 and 4000),
  subject_vi text not null check (length(subject_vi) between 1 and 200),
  text_vi text not null check (length(text_vi) between 1 and 4000),
  primary key (tenant_id, level)
);

create table tenant.dunning_runs (
  tenant_id uuid not null,
  id uuid not null,
  as_of date not null,
  state text not null check (state in ('proposed', 'sent', 'dropped')),
  made_at timestamptz not null,
  made_by text not null,
  ended_at timestamptz,
  ended_by text,
  primary key (tenant_id, id)
);
create index dunning_runs_newest on tenant.dunning_runs (tenant_id, made_at desc, id desc);
-- One proposal at a time, so that no debtor is written to twice for the same.
create unique index dunning_runs_open on tenant.dunning_runs (tenant_id) where state = 'proposed';

create table tenant.dunning_letters (
  tenant_id uuid not null,
  id uuid not null,
  run_id uuid not null,
  company_id uuid not null,
  level smallint not null,
  currency char(3) not null,
  amount numeric(20, 6) not null check (amount > 0),
  oldest_days integer not null,
  -- [{order_id, number, amount, due_on, days}]
  items jsonb not null,
  -- null: nobody to write to; it is recorded and printed
  email text,
  language text not null,
  state text not null check (state in ('proposed', 'sent', 'recorded', 'failed', 'dropped')),
  at timestamptz not null,
  problem text,
  primary key (tenant_id, id),
  unique (tenant_id, run_id, company_id, currency),
  foreign key (tenant_id, run_id) references tenant.dunning_runs (tenant_id, id),
  foreign key (tenant_id, company_id) references tenant.companies (tenant_id, id)
);
create index dunning_letters_company on tenant.dunning_letters (tenant_id, company_id, at desc);

-- Whose holds of a type are, step by step: at first those of step 0, after so many minutes those of the next.
create table tenant.hold_steps (
  tenant_id uuid not null,
  hold_type text not null,
  step smallint not null check (step between 0 and 3),
  role_id uuid not null,
  after_minutes integer not null check (after_minutes between 0 and 525600),
  primary key (tenant_id, hold_type, step),
  foreign key (tenant_id, role_id) references tenant.roles (tenant_id, id) on delete cascade
);

-- How long a hold of a type stands when nobody decides, and whether the order is called off with it.
create table tenant.hold_expiries (
  tenant_id uuid not null,
  hold_type text not null,
  after_minutes integer not null check (after_minutes between 1 and 525600),
  calls_off boolean not null,
  primary key (tenant_id, hold_type)
);

alter table tenant.holds
  -- whose work it is while no person owns it
  add column role_id uuid,
  add column escalated_at timestamptz;

-- Combinations of tracks no act may lead to. Null is any state.
create table tenant.track_rules (
  tenant_id uuid not null,
  id uuid not null,
  payment text,
  delivery text,
  invoice text,
  reason text not null check (length(reason) between 1 and 300),
  made_at timestamptz not null,
  made_by text not null,
  primary key (tenant_id, id),
  check (num_nonnulls(payment, delivery, invoice) >= 2)
);

grant select, insert, update, delete on tenant.receivables, tenant.debtor_contacts, tenant.dunning_levels, tenant.hold_steps, tenant.hold_expiries, tenant.track_rules to switchyard_app;
grant select, insert, update on tenant.ledger_balances, tenant.claims, tenant.cash_drawers, tenant.cash_shifts, tenant.payment_promises, tenant.dunning_runs, tenant.dunning_letters to switchyard_app;
grant select, insert on tenant.claim_movements, tenant.cash_shift_entries, tenant.loyalty_programs, tenant.receivable_settings to switchyard_app;

do $$ declare name text; begin
  foreach name in array array['ledger_balances', 'receivables', 'claims', 'claim_movements', 'loyalty_programs', 'cash_drawers', 'cash_shifts', 'cash_shift_entries', 'receivable_settings',
    'debtor_contacts', 'payment_promises', 'dunning_levels', 'dunning_runs', 'dunning_letters', 'hold_steps', 'hold_expiries', 'track_rules'] loop
    execute format('alter table tenant.%I enable row level security', name);
    execute format('alter table tenant.%I force row level security', name);
    execute format($p$create policy tenant_only on tenant.%I
      using (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)$p$, name);
  end loop;
end $$;
