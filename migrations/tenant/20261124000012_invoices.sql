-- Tax invoices: how a tenant issues them, in versions; series whose numbers have no gap; documents that never change once
-- issued (the app's role may move their life on, and nothing else); what of the books each covers.

create table tenant.invoice_settings (
  tenant_id uuid not null,
  version integer not null,
  legal_name text not null,
  tax_id text not null,
  address text not null,
  city text not null,
  postcode text,
  country char(2) not null,
  regime text not null,
  -- what numbers begin with, for invoices and for what credits them
  series text not null,
  credit_series text not null,
  issue_on text not null check (issue_on in ('manual', 'ship', 'pay', 'day_end')),
  -- what was sold before is issued by hand
  automatic_since timestamptz,
  -- what came back is corrected without being asked
  correct_returns boolean not null,
  -- how what bears no tax is called: a category of EN 16931 or a Vietnamese rate code
  zero_rate text not null,
  exemption_reason text,
  -- the buyer of documents for consumers who gave no name
  consumer_name text not null,
  set_at timestamptz not null,
  set_by text not null,
  primary key (tenant_id, version)
);

-- Locked by whoever issues, until that commits: a number that is rolled back is given again.
create table tenant.invoice_series (
  tenant_id uuid not null,
  series text not null,
  year integer not null,
  last bigint not null,
  last_issued_at timestamptz not null,
  primary key (tenant_id, series, year)
);

create table tenant.tax_invoices (
  tenant_id uuid not null,
  id uuid not null,
  kind text not null check (kind in ('invoice', 'adjustment', 'replacement', 'credit_note')),
  regime text not null,
  series text not null,
  year integer not null,
  sequence bigint not null check (sequence > 0),
  number text not null,
  -- the document it corrects
  of uuid,
  reason text,
  issued_at timestamptz not null,
  -- the day of issue in the tenant's zone
  issued_on date not null,
  issued_by text not null,
  buyer_name text not null,
  buyer_tax_code text,
  currency char(3) not null,
  base numeric(20, 6) not null,
  tax numeric(20, 6) not null,
  total numeric(20, 6) not null,
  order_count integer not null,
  -- seller, buyer, lines, rates, payments: what the XML was made from
  content jsonb not null,
  xml text not null,
  -- SHA-256 of the XML
  digest bytea not null check (length(digest) = 32),
  -- its life: the only columns that change
  state text not null check (state in ('issued', 'sent', 'accepted', 'rejected', 'adjusted', 'replaced', 'credited')),
  revision bigint not null,
  state_at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, series, year, sequence),
  foreign key (tenant_id, of) references tenant.tax_invoices (tenant_id, id),
  check (total = base + tax)
);
create index tax_invoices_newest on tenant.tax_invoices (tenant_id, issued_at desc, id desc);
create index tax_invoices_of on tenant.tax_invoices (tenant_id, of) where of is not null;

-- Which entries of the ledger a document covers, with what they come to at each rate. The first to cover an order's sale or return is
-- alone; a replacement covers it again.
create table tenant.tax_invoice_covers (
  tenant_id uuid not null,
  document_id uuid not null,
  order_id uuid not null,
  -- `sale/s1`: what the entry is for, whatever its version
  key text not null,
  entry_id uuid not null,
  -- percent
  rate numeric not null,
  -- exact, as in the ledger; positive for what is sold, negative for what came back
  base numeric(20, 6) not null,
  tax numeric(20, 6) not null,
  -- points that reduced the base, which the ledger keeps in accounts of their own
  points numeric(20, 6) not null,
  -- what the document says was paid by money
  prepaid numeric(20, 6) not null,
  is_first boolean not null,
  primary key (tenant_id, document_id, order_id, key, rate),
  foreign key (tenant_id, document_id) references tenant.tax_invoices (tenant_id, id),
  foreign key (tenant_id, order_id) references tenant.orders (tenant_id, id),
  foreign key (tenant_id, entry_id) references tenant.ledger_entries (tenant_id, id)
);
create unique index tax_invoice_covers_once on tenant.tax_invoice_covers (tenant_id, order_id, key, rate) where is_first;
create index tax_invoice_covers_order on tenant.tax_invoice_covers (tenant_id, order_id);

create table tenant.tax_invoice_events (
  tenant_id uuid not null,
  document_id uuid not null,
  revision bigint not null,
  state text not null,
  at timestamptz not null,
  actor text not null,
  -- who carries it to the authority, what they called it, what they said
  provider text,
  reference text,
  note text,
  primary key (tenant_id, document_id, revision),
  foreign key (tenant_id, document_id) references tenant.tax_invoices (tenant_id, id)
);

create table tenant.invoice_queue (
  tenant_id uuid not null,
  order_id uuid not null,
  asked_at timestamptz not null,
  due_at timestamptz not null,
  attempts integer not null default 0,
  why text,
  primary key (tenant_id, order_id),
  foreign key (tenant_id, order_id) references tenant.orders (tenant_id, id)
);
create index invoice_queue_due on tenant.invoice_queue (tenant_id, due_at);

grant select, insert on tenant.invoice_settings, tenant.tax_invoices, tenant.tax_invoice_covers, tenant.tax_invoice_events to switchyard_app;
grant update (state, revision, state_at) on tenant.tax_invoices to switchyard_app;
grant select, insert, update on tenant.invoice_series to switchyard_app;
grant select, insert, update, delete on tenant.invoice_queue to switchyard_app;

do $$ declare name text; begin
  foreach name in array array['invoice_settings', 'invoice_series', 'tax_invoices', 'tax_invoice_covers', 'tax_invoice_events', 'invoice_queue'] loop
    execute format('alter table tenant.%I enable row level security', name);
    execute format('alter table tenant.%I force row level security', name);
    execute format($p$create policy tenant_only on tenant.%I
      using (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)$p$, name);
  end loop;
end $$;

-- The invoice track's waiting state has its own word now. The owner of the tables sees their rows for this statement only.
alter table tenant.orders no force row level security;
update tenant.orders set invoice_track = 'queued' where invoice_track = 'not_issued';
alter table tenant.orders force row level security;
