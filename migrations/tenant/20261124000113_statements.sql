-- What marketplaces say they pay out and keep: statements, their lines, and what a line was found to be.

-- What each order's settlement facts mean to the books: a projection, written with the order.
create table tenant.settled_lines (
  tenant_id uuid not null,
  order_id uuid not null,
  line_id text not null,
  channel_account_id uuid not null,
  -- the statement's name; lines that name none are of their month's
  statement text not null,
  -- the channel's own word
  word text not null,
  -- an account's role, payout, or said: told by other facts already
  kind text not null,
  -- to us is positive
  amount numeric(20, 6) not null,
  currency char(3) not null,
  settled_at timestamptz not null,
  primary key (tenant_id, order_id, line_id),
  foreign key (tenant_id, order_id) references tenant.orders (tenant_id, id)
);
create index settled_lines_statement on tenant.settled_lines (tenant_id, channel_account_id, statement);

create table tenant.settlement_statements (
  tenant_id uuid not null,
  id uuid not null,
  channel_account_id uuid not null,
  reference text not null check (length(reference) between 1 and 100),
  currency char(3) not null,
  -- told by the connector, or read from a file
  source text not null check (source in ('channel', 'file')),
  first_at timestamptz not null,
  -- the bank line's match that showed the payout
  bank_match_id uuid,
  primary key (tenant_id, id),
  constraint settlement_statements_once unique (tenant_id, channel_account_id, reference, currency),
  foreign key (tenant_id, channel_account_id) references tenant.channel_accounts (tenant_id, id),
  foreign key (tenant_id, bank_match_id) references tenant.bank_matches (tenant_id, id)
);

-- Lines of statements that came as files.
create table tenant.settlement_lines (
  tenant_id uuid not null,
  id uuid not null,
  statement_id uuid not null,
  -- the line's own id, or what it says and how often it was said
  key text not null check (length(key) between 1 and 100),
  order_ref text,
  kind text not null,
  -- to us is positive: a fee is negative
  amount numeric(20, 6) not null,
  currency char(3) not null,
  text text,
  order_id uuid,
  state text not null check (state in ('matched', 'told', 'open', 'disputed', 'booked')),
  -- given to its order after the payout was seen: the bank line holds it as nobody's
  moved boolean not null default false,
  -- what a line without an order was booked to
  account text,
  reason text,
  decided_at timestamptz,
  decided_by text,
  primary key (tenant_id, id),
  constraint settlement_lines_once unique (tenant_id, statement_id, key),
  constraint settlement_lines_decided check ((state in ('matched', 'told')) = (order_id is not null) and (state = 'booked') = (account is not null)),
  foreign key (tenant_id, statement_id) references tenant.settlement_statements (tenant_id, id),
  foreign key (tenant_id, order_id) references tenant.orders (tenant_id, id)
);
create index settlement_lines_order on tenant.settlement_lines (tenant_id, order_id) where order_id is not null;
create index settlement_lines_open on tenant.settlement_lines (tenant_id, statement_id) where state in ('open', 'disputed');

create index ledger_entries_loose on tenant.ledger_entries (tenant_id, booked_at) where order_id is null;

-- What a marketplace should keep of a sale, in percent, by kind of fee.
create table tenant.settlement_rates (
  tenant_id uuid not null,
  channel_account_id uuid not null,
  kind text not null,
  percent numeric(9, 4) not null check (percent >= 0 and percent <= 100),
  primary key (tenant_id, channel_account_id, kind),
  foreign key (tenant_id, channel_account_id) references tenant.channel_accounts (tenant_id, id)
);

grant select, insert, update on tenant.settlement_statements, tenant.settlement_lines to switchyard_app;
grant select, insert, update, delete on tenant.settled_lines, tenant.settlement_rates to switchyard_app;

do $$ declare name text; begin
  foreach name in array array['settled_lines', 'settlement_statements', 'settlement_lines', 'settlement_rates'] loop
    execute format('alter table tenant.%I enable row level security', name);
    execute format('alter table tenant.%I force row level security', name);
    execute format($p$create policy tenant_only on tenant.%I
      using (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)$p$, name);
  end loop;
end $$;
