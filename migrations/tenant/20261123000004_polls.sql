-- The slow reconciliation poll: no channel guarantees delivery, so every connected account is asked what changed, again and
-- again, window by window. One row per account: how far it got.

create table tenant.polls (
  tenant_id uuid not null,
  channel_account_id uuid not null,
  -- the window under way, or the next one when `until` is null
  since timestamptz not null,
  until timestamptz,
  -- the channel's own name of the next page of the window
  cursor text,
  pages integer not null default 0,
  due_at timestamptz not null,
  attempts integer not null default 0,
  last_error text,
  completed_at timestamptz,
  primary key (tenant_id, channel_account_id),
  foreign key (tenant_id, channel_account_id) references tenant.channel_accounts (tenant_id, id)
);
create index polls_due on tenant.polls (tenant_id, due_at);

grant select, insert, update on tenant.polls to switchyard_app;
alter table tenant.polls enable row level security;
alter table tenant.polls force row level security;
create policy tenant_only on tenant.polls
  using (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
  with check (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
