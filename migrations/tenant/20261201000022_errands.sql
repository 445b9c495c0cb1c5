-- What channels are asked to do for us: an outbox of acts, written in the transaction of the act and carried to the channel
-- by whichever server takes it; how each account's channel answers at the moment; and how long each account's tokens live.

create table tenant.errands (
  tenant_id uuid not null,
  -- time-ordered; the channel is told the same id on every attempt
  id uuid not null,
  channel_account_id uuid not null,
  -- null for stock levels
  order_id uuid,
  -- the channel's id of the order
  external_id text,
  kind text not null check (kind in ('confirm', 'pack', 'ship', 'cancel', 'stock', 'invoice')),
  action jsonb not null,
  -- of what is asked: the same act is not asked for twice while it is under way or done
  digest bytea not null check (length(digest) = 32),
  state text not null check (state in ('queued', 'sending', 'retrying', 'done', 'refused', 'gave_up', 'unsupported', 'dropped')),
  attempts integer not null default 0,
  due_at timestamptz not null,
  asked_by text not null,
  asked_at timestamptz not null,
  sent_at timestamptz,
  ended_at timestamptz,
  -- the channel's name for what it did
  reference text,
  -- what of it the channel refused: [{subject, code, detail}]
  refusals jsonb not null default '[]',
  error_code text,
  error text,
  primary key (tenant_id, id),
  foreign key (tenant_id, channel_account_id) references tenant.channel_accounts (tenant_id, id),
  foreign key (tenant_id, order_id) references tenant.orders (tenant_id, id)
);
create index errands_due on tenant.errands (tenant_id, channel_account_id, due_at) where state in ('queued', 'sending', 'retrying');
create index errands_order on tenant.errands (tenant_id, order_id, id) where order_id is not null;
create index errands_account on tenant.errands (tenant_id, channel_account_id, id desc);

-- One row per account with errands: who carries them at the moment, and whether its channel answers.
create table tenant.errand_lanes (
  tenant_id uuid not null,
  channel_account_id uuid not null,
  -- the worker that carries; another takes over when its time is up
  holder uuid,
  held_until timestamptz,
  -- failures of the channel in a row; while there are any, one errand is tried at a time, and none before `opens_at`
  failures integer not null default 0,
  opens_at timestamptz not null,
  failed_at timestamptz,
  error text,
  primary key (tenant_id, channel_account_id),
  foreign key (tenant_id, channel_account_id) references tenant.channel_accounts (tenant_id, id)
);

-- How long an account's tokens live, and who renews them at the moment.
create table tenant.channel_tokens (
  tenant_id uuid not null,
  channel_account_id uuid not null,
  -- grows with each new access token; who failed with an older one need not renew it
  generation bigint not null default 0,
  access_until timestamptz,
  refresh_until timestamptz,
  renewed_at timestamptz,
  -- when a new access token is asked for; null: nobody knows when this one ends, or it does not
  due_at timestamptz,
  attempts integer not null default 0,
  -- the channel said no: a person has to connect the account again
  lost boolean not null default false,
  error text,
  holder uuid,
  held_until timestamptz,
  primary key (tenant_id, channel_account_id),
  foreign key (tenant_id, channel_account_id) references tenant.channel_accounts (tenant_id, id)
);
create index channel_tokens_due on tenant.channel_tokens (tenant_id, due_at) where due_at is not null;

grant select, insert, update on tenant.errands, tenant.errand_lanes, tenant.channel_tokens to switchyard_app;

do $$ declare name text; begin
  foreach name in array array['errands', 'errand_lanes', 'channel_tokens'] loop
    execute format('alter table tenant.%I enable row level security', name);
    execute format('alter table tenant.%I force row level security', name);
    execute format($p$create policy tenant_only on tenant.%I
      using (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)$p$, name);
  end loop;
end $$;
