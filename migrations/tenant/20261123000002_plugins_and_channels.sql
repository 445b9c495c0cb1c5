-- Plugins as one tenant installed them, and the channel accounts that use connectors.

create table tenant.plugin_installations (
  tenant_id uuid not null,
  id uuid not null,
  -- control.plugins; no foreign key, it may be on another server
  plugin_id uuid not null,
  digest bytea not null,
  kind text not null,
  name text not null,
  version text not null,
  state text not null check (state in ('installed', 'active', 'suspended', 'removed')),
  suspended_reason text,
  -- what the tenant granted of what the manifest declares
  grants jsonb not null,
  config jsonb not null default '{}',
  config_version integer not null default 1,
  installed_at timestamptz not null default now(),
  primary key (tenant_id, id)
);

-- Every configuration that ever was in force. Append-only.
create table tenant.plugin_configs (
  tenant_id uuid not null,
  installation_id uuid not null,
  version integer not null,
  config jsonb not null,
  set_by text not null,
  set_at timestamptz not null default now(),
  primary key (tenant_id, installation_id, version),
  foreign key (tenant_id, installation_id) references tenant.plugin_installations (tenant_id, id)
);

-- What a plugin was asked and answered, with what it cost. Append-only.
create table tenant.plugin_runs (
  tenant_id uuid not null,
  id uuid not null,
  installation_id uuid not null,
  at timestamptz not null default now(),
  function text not null,
  digest bytea not null,
  config_version integer not null,
  -- ok, or a code such as limit.fuel, limit.memory, trap.stack, invalid.output
  outcome text not null,
  message text,
  input_digest bytea not null,
  fuel bigint not null,
  peak_memory bigint not null,
  micros bigint not null,
  log text,
  primary key (tenant_id, id),
  foreign key (tenant_id, installation_id) references tenant.plugin_installations (tenant_id, id)
);
create index plugin_runs_recent on tenant.plugin_runs (tenant_id, installation_id, at desc);

create table tenant.plugin_kv (
  tenant_id uuid not null,
  installation_id uuid not null,
  key text not null,
  value bytea not null,
  version bigint not null,
  primary key (tenant_id, installation_id, key),
  foreign key (tenant_id, installation_id) references tenant.plugin_installations (tenant_id, id)
);

-- A shop on a channel. Web, app, chat, pos, manual and import accounts have no connector.
create table tenant.channel_accounts (
  tenant_id uuid not null,
  id uuid not null,
  kind text not null check (kind in ('pos', 'web', 'app', 'chat', 'shopee', 'tiktok', 'lazada', 'shopify', 'woo', 'square', 'kiotviet', 'haravan', 'manual', 'api', 'import')),
  name text not null check (length(name) between 1 and 120),
  -- the channel's id of the shop; a shop is connected once per tenant
  shop text,
  installation_id uuid,
  hook_id uuid,
  settings jsonb not null default '{}',
  currency char(3),
  state text not null default 'active' check (state in ('active', 'paused', 'disconnected')),
  state_reason text,
  -- health, kept by intake
  last_received_at timestamptz,
  last_error_at timestamptz,
  last_error text,
  received bigint not null default 0,
  rejected bigint not null default 0,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, installation_id) references tenant.plugin_installations (tenant_id, id)
);
create unique index channel_accounts_shop on tenant.channel_accounts (tenant_id, kind, shop) where shop is not null and state <> 'disconnected';

-- Every message as it arrived. The raw bytes are never changed; only how it was dealt with is.
create table tenant.inbox (
  tenant_id uuid not null,
  id uuid not null,
  channel_account_id uuid not null,
  -- webhook, fetched, uploaded, api, import
  origin text not null,
  -- the channel's message id, or a digest of the body
  message_key text not null,
  received_at timestamptz not null,
  headers jsonb not null,
  body bytea not null,
  -- the size as received; larger than the body when it was cut
  body_bytes bigint not null,
  state text not null check (state in ('applied', 'ignored', 'quarantined', 'replayed', 'discarded')),
  -- stable code such as bad_signature, malformed, unsupported, too_large, plugin_failed
  reason_code text,
  reason text,
  deliveries integer not null default 1,
  settled_by text,
  settled_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, channel_account_id, message_key),
  foreign key (tenant_id, channel_account_id) references tenant.channel_accounts (tenant_id, id)
);
create index inbox_quarantine on tenant.inbox (tenant_id, id desc) where state = 'quarantined';

-- What notifications only named, waiting to be fetched.
create table tenant.fetches (
  tenant_id uuid not null,
  channel_account_id uuid not null,
  kind text not null,
  reference text not null,
  asked_at timestamptz not null,
  attempts integer not null default 0,
  due_at timestamptz not null,
  last_error text,
  primary key (tenant_id, channel_account_id, kind, reference),
  foreign key (tenant_id, channel_account_id) references tenant.channel_accounts (tenant_id, id)
);
create index fetches_due on tenant.fetches (tenant_id, due_at);

grant select, insert, update on tenant.plugin_installations, tenant.channel_accounts to switchyard_app;
grant select, insert on tenant.plugin_configs, tenant.plugin_runs to switchyard_app;
grant select, insert, update, delete on tenant.plugin_kv, tenant.fetches to switchyard_app;
grant select, insert on tenant.inbox to switchyard_app;
grant update (state, reason_code, reason, deliveries, settled_by, settled_at) on tenant.inbox to switchyard_app;

do $$ declare name text; begin
  foreach name in array array['plugin_installations', 'plugin_configs', 'plugin_runs', 'plugin_kv', 'channel_accounts', 'inbox', 'fetches'] loop
    execute format('alter table tenant.%I enable row level security', name);
    execute format('alter table tenant.%I force row level security', name);
    execute format($p$create policy tenant_only on tenant.%I
      using (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)$p$, name);
  end loop;
end $$;
