-- Money that is under way, order by order; and the bank's own word: accounts, statements, lines, and what each line was
-- matched to. A line is matched once, or not at all.

-- Accounts on which money waits for somebody to pay it out or for the bank to see it. `bank:bac_…` was seen.
create function tenant.is_under_way(account text) returns boolean
  language sql immutable strict parallel safe
  return split_part(account, ':', 1) in ('bank_clearing', 'processor_clearing', 'marketplace_clearing', 'cod_carrier')
    or account = 'bank' or (account like 'bank:%' and account not like 'bank:bac\_%');

-- What the entries of an order come to on such an account: a projection of the ledger. Zero has no row.
create table tenant.open_items (
  tenant_id uuid not null,
  order_id uuid not null,
  account text not null,
  currency char(3) not null,
  amount numeric(20, 6) not null check (amount <> 0),
  since timestamptz not null,
  primary key (tenant_id, order_id, account, currency),
  foreign key (tenant_id, order_id) references tenant.orders (tenant_id, id)
);
create index open_items_account on tenant.open_items (tenant_id, account, currency);

-- What was posted before there were open items. Row security is forced on the owner too: let go for this one statement.
alter table tenant.ledger_entries no force row level security;
insert into tenant.open_items (tenant_id, order_id, account, currency, amount, since)
  select e.tenant_id, e.order_id, l.account, e.currency, sum(l.amount), min(e.occurred_at)
  from tenant.ledger_entries e, unnest(e.accounts, e.amounts) as l(account, amount)
  where e.order_id is not null and tenant.is_under_way(l.account)
  group by e.tenant_id, e.order_id, l.account, e.currency having sum(l.amount) <> 0;
alter table tenant.ledger_entries force row level security;

create table tenant.bank_accounts (
  tenant_id uuid not null,
  id uuid not null,
  name text not null check (length(name) between 1 and 80),
  -- IBAN or domestic number, without spaces
  number text not null check (length(number) between 1 and 40),
  currency char(3) not null,
  created_at timestamptz not null,
  created_by text not null,
  primary key (tenant_id, id),
  constraint bank_accounts_number unique (tenant_id, number, currency)
);

create table tenant.bank_statements (
  tenant_id uuid not null,
  id uuid not null,
  bank_account_id uuid not null,
  format text not null check (format in ('csv', 'mt940', 'camt053')),
  -- the bank's own name of it
  reference text not null,
  file_name text not null,
  digest bytea not null,
  from_day date not null,
  to_day date not null,
  -- null: the file says none
  opening numeric(20, 6),
  closing numeric(20, 6),
  line_count integer not null,
  imported_at timestamptz not null,
  imported_by text not null,
  primary key (tenant_id, id),
  constraint bank_statements_once unique (tenant_id, bank_account_id, digest),
  foreign key (tenant_id, bank_account_id) references tenant.bank_accounts (tenant_id, id),
  constraint bank_statements_days check (from_day <= to_day)
);

create table tenant.bank_lines (
  tenant_id uuid not null,
  id uuid not null,
  bank_account_id uuid not null,
  -- the statement that told it first
  statement_id uuid not null,
  position integer not null,
  -- what makes it this line: the bank's id, or a digest of what it says and how often it was said
  key text not null check (length(key) between 1 and 100),
  booked_on date not null,
  -- to us is positive
  amount numeric(20, 6) not null check (amount <> 0),
  currency char(3) not null,
  reference text,
  counterparty text,
  text text,
  primary key (tenant_id, id),
  constraint bank_lines_once unique (tenant_id, bank_account_id, key),
  foreign key (tenant_id, bank_account_id) references tenant.bank_accounts (tenant_id, id),
  foreign key (tenant_id, statement_id) references tenant.bank_statements (tenant_id, id)
);
create index bank_lines_listed on tenant.bank_lines (tenant_id, booked_on, id);
create index bank_lines_statement on tenant.bank_lines (tenant_id, statement_id);

create table tenant.bank_matches (
  tenant_id uuid not null,
  id uuid not null,
  line_id uuid not null,
  -- rule, or hand
  how text not null check (how in ('rule', 'hand')),
  -- what speaks for it
  why text not null check (length(why) between 1 and 500),
  matched_at timestamptz not null,
  matched_by text not null,
  undone_at timestamptz,
  undone_by text,
  undone_reason text,
  primary key (tenant_id, id),
  foreign key (tenant_id, line_id) references tenant.bank_lines (tenant_id, id)
);
-- A line is matched once: whoever comes second is refused here.
create unique index bank_matches_once on tenant.bank_matches (tenant_id, line_id) where undone_at is null;

-- What a match took: of an order's money under way, or booked to an account. The parts sum to the line.
create table tenant.bank_match_parts (
  tenant_id uuid not null,
  match_id uuid not null,
  position integer not null,
  -- null: booked without an order
  order_id uuid,
  -- where the money stood, or what it is booked to
  account text not null,
  amount numeric(20, 6) not null check (amount <> 0),
  primary key (tenant_id, match_id, position),
  foreign key (tenant_id, match_id) references tenant.bank_matches (tenant_id, id),
  foreign key (tenant_id, order_id) references tenant.orders (tenant_id, id)
);
create index bank_match_parts_order on tenant.bank_match_parts (tenant_id, order_id) where order_id is not null;

grant select, insert, update, delete on tenant.open_items to switchyard_app;
grant select, insert on tenant.bank_statements, tenant.bank_lines, tenant.bank_match_parts to switchyard_app;
grant select, insert, update on tenant.bank_accounts, tenant.bank_matches to switchyard_app;

do $$ declare name text; begin
  foreach name in array array['open_items', 'bank_accounts', 'bank_statements', 'bank_lines', 'bank_matches', 'bank_match_parts'] loop
    execute format('alter table tenant.%I enable row level security', name);
    execute format('alter table tenant.%I force row level security', name);
    execute format($p$create policy tenant_only on tenant.%I
      using (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)$p$, name);
  end loop;
end $$;
