-- The tenant schema: everything a tenant owns. `switchyard_app` is what the server runs as here; it owns nothing and
-- cannot bypass row security. Each table: tenant_id first in every key, row security enabled and forced.
do $$ begin
  if not exists (select from pg_roles where rolname = 'switchyard_app') then
    create role switchyard_app nologin nosuperuser nobypassrls nocreatedb nocreaterole;
  end if;
exception when duplicate_object or unique_violation then null;
end $$;

create schema if not exists tenant;
grant usage on schema tenant to switchyard_app;

create table tenant.roles (
  tenant_id uuid not null,
  id uuid not null,
  name text not null check (length(name) between 1 and 60),
  built_in boolean not null,
  -- "object:action" words, the vocabulary of tenants::rights; empty for built-in roles, whose rights are in the code
  permissions text[] not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, name)
);

create table tenant.role_assignments (
  tenant_id uuid not null,
  person_id uuid not null,
  role_id uuid not null,
  assigned_at timestamptz not null default now(),
  primary key (tenant_id, person_id, role_id),
  foreign key (tenant_id, role_id) references tenant.roles (tenant_id, id)
);

-- Who did what, when, from where: every security-relevant act. Append-only.
create table tenant.audit_log (
  tenant_id uuid not null,
  id uuid not null,
  at timestamptz not null default now(),
  actor text not null,
  act text not null,
  subject text,
  detail jsonb not null default '{}',
  primary key (tenant_id, id)
);
create index audit_log_at on tenant.audit_log (tenant_id, at desc, id desc);

-- Sealed values: XChaCha20-Poly1305, the row's identity as associated data. Several live versions during a rotation.
create table tenant.secrets (
  tenant_id uuid not null,
  id uuid not null,
  owner_kind text not null check (owner_kind in ('channel_account', 'installation', 'webhook')),
  owner_id uuid not null,
  name text not null,
  version integer not null,
  sealed bytea not null,
  key_id text not null,
  created_at timestamptz not null default now(),
  retired_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, owner_kind, owner_id, name, version)
);

-- The first answer to an Idempotency-Key, replayed to every repeat.
create table tenant.idempotency_keys (
  tenant_id uuid not null,
  key text not null check (length(key) between 1 and 255),
  actor text not null,
  request_hash bytea not null,
  status smallint not null,
  headers jsonb not null,
  body bytea not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, actor, key)
);
create index idempotency_keys_age on tenant.idempotency_keys (tenant_id, created_at);

-- Human numbers (orders, invoices, slips): one row a series, taken inside the transaction that uses the number.
create table tenant.counters (
  tenant_id uuid not null,
  series text not null,
  last_value bigint not null,
  primary key (tenant_id, series)
);

-- What happened, for those outside: live lists and webhooks. Written in the transaction of the event.
create table tenant.outbox (
  tenant_id uuid not null,
  id uuid not null,
  topic text not null,
  subject uuid,
  payload jsonb not null,
  at timestamptz not null default now(),
  primary key (tenant_id, id)
);

grant select, insert, update, delete on tenant.roles to switchyard_app;
grant select, insert, delete on tenant.role_assignments, tenant.idempotency_keys to switchyard_app;
grant select, insert, delete on tenant.outbox to switchyard_app;
grant select, insert on tenant.audit_log to switchyard_app;
grant select, insert, update on tenant.secrets, tenant.counters to switchyard_app;

do $$ declare name text; begin
  foreach name in array array['roles', 'role_assignments', 'audit_log', 'secrets', 'idempotency_keys', 'counters', 'outbox'] loop
    execute format('alter table tenant.%I enable row level security', name);
    execute format('alter table tenant.%I force row level security', name);
    execute format($p$create policy tenant_only on tenant.%I
      using (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)$p$, name);
  end loop;
end $$;
