-- Backfills: a channel account is asked for what changed in a period somebody chose, as its poll asks for what changed since it
-- was last asked. One row per wish: the period, how far it was read, and what it brought.

create table tenant.backfills (
  tenant_id uuid not null,
  -- time-ordered
  id uuid not null,
  channel_account_id uuid not null,
  -- the period
  since timestamptz not null,
  until timestamptz not null,
  -- everything before was read: the window under way begins here, and ends at `window_until` when there is one
  reached timestamptz not null,
  window_until timestamptz,
  -- the channel's own name of the next page of the window
  cursor text,
  window_pages integer not null default 0,
  pages bigint not null default 0,
  -- told by the pages read so far; an order that two pages told of counts twice
  orders bigint not null default 0,
  orders_new bigint not null default 0,
  facts bigint not null default 0,
  state text not null check (state in ('queued', 'running', 'done', 'cancelled', 'failed')),
  -- tries since the last page
  attempts integer not null default 0,
  -- when it is gone on with; while somebody reads, when another takes over
  due_at timestamptz not null,
  -- who reads at the moment
  holder uuid,
  asked_by text not null,
  asked_at timestamptz not null,
  ended_at timestamptz,
  error_code text,
  error text,
  primary key (tenant_id, id),
  foreign key (tenant_id, channel_account_id) references tenant.channel_accounts (tenant_id, id),
  check (since < until and reached between since and until)
);
create unique index backfills_open on tenant.backfills (tenant_id, channel_account_id) where state in ('queued', 'running');
create index backfills_due on tenant.backfills (tenant_id, due_at) where state in ('queued', 'running');
create index backfills_account on tenant.backfills (tenant_id, channel_account_id, id desc);

grant select, insert, update on tenant.backfills to switchyard_app;
alter table tenant.backfills enable row level security;
alter table tenant.backfills force row level security;
create policy tenant_only on tenant.backfills
  using (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
  with check (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
