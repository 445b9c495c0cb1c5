-- The control schema: who the tenants and people are, and where each tenant's rows live.
-- It may sit on another server than the tenant tables, so nothing here references them.
-- `switchyard_control` is what the server runs as on this schema; it owns nothing.
do $$ begin
  if not exists (select from pg_roles where rolname = 'switchyard_control') then
    create role switchyard_control nologin nosuperuser nobypassrls nocreatedb nocreaterole;
  end if;
exception when duplicate_object or unique_violation then null; -- another cluster-mate created it at the same moment
end $$;

create schema if not exists control;
grant usage on schema control to switchyard_control;

create table control.tenants (
  id uuid primary key,
  slug text not null unique check (slug ~ '^[a-z0-9](-?[a-z0-9]){1,39}$'),
  name text not null check (length(name) between 1 and 120),
  -- the key into the configured shard directory
  shard text not null,
  country char(2) not null,
  currency char(3) not null,
  time_zone text not null,
  locale text not null check (locale in ('en', 'vi')),
  -- opening: signed up, but its first rows are not all written yet; nobody can enter it, and repeating the sign-up finishes it
  state text not null default 'active' check (state in ('opening', 'active', 'suspended')),
  opened_by uuid,
  -- bumped with every change of roles or assignments; enforcers built from an older version are dropped
  policy_version bigint not null default 1,
  created_at timestamptz not null default now()
);
create index tenants_opening on control.tenants (opened_by) where state = 'opening';

create table control.people (
  id uuid primary key,
  email text not null unique check (email = lower(email) and length(email) <= 254),
  name text not null check (length(name) between 1 and 120),
  password_hash text,
  email_verified_at timestamptz,
  locale text not null default 'en' check (locale in ('en', 'vi')),
  created_at timestamptz not null default now()
);

-- Which tenants a person may enter. What they may do there is the tenant's own data.
create table control.memberships (
  tenant_id uuid not null references control.tenants,
  person_id uuid not null references control.people,
  state text not null default 'active' check (state in ('active', 'removed')),
  origin text not null check (origin in ('sign_up', 'invitation', 'oidc')),
  created_at timestamptz not null default now(),
  primary key (tenant_id, person_id)
);
create index memberships_person on control.memberships (person_id);

create table control.sessions (
  -- SHA-256 of the cookie's secret: a copy of this table opens no session
  token_hash bytea primary key,
  -- what lists and the audit log call the session by
  id uuid not null unique,
  person_id uuid not null references control.people,
  -- the tenant the person has entered, if any
  tenant_id uuid references control.tenants,
  -- opened through the tenant's own identity provider: good for this tenant only
  confined boolean not null default false check (not confined or tenant_id is not null),
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  expires_at timestamptz not null,
  user_agent text,
  address text
);
create index sessions_person on control.sessions (person_id);
create index sessions_expiry on control.sessions (expires_at);

-- One-time links sent by mail: verify an address, reset a password.
create table control.mail_tokens (
  token_hash bytea primary key,
  person_id uuid not null references control.people,
  purpose text not null check (purpose in ('verify', 'reset')),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);
create index mail_tokens_person on control.mail_tokens (person_id, purpose, created_at desc);

create table control.invitations (
  id uuid primary key,
  tenant_id uuid not null references control.tenants,
  token_hash bytea not null unique,
  email text not null,
  role_ids uuid[] not null,
  invited_by uuid not null references control.people,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  accepted_at timestamptz,
  revoked_at timestamptz
);
create index invitations_tenant on control.invitations (tenant_id, created_at desc);

-- Looked up by the public prefix before any tenant is known; the secret is only a hash.
create table control.api_keys (
  id uuid primary key,
  tenant_id uuid not null references control.tenants,
  prefix text not null unique,
  secret_hash bytea not null,
  name text not null,
  scopes text[] not null,
  created_by uuid not null references control.people,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  expires_at timestamptz,
  revoked_at timestamptz
);
create index api_keys_tenant on control.api_keys (tenant_id, created_at desc);

-- A tenant's own identity provider (OpenID Connect).
create table control.oidc_connections (
  id uuid primary key,
  tenant_id uuid not null references control.tenants,
  name text not null,
  issuer text not null,
  client_id text not null,
  -- sealed like every secret; see docs/security.md
  client_secret bytea,
  -- people with a verified address in one of these domains join on first log-in
  join_domains text[] not null default '{}',
  groups_claim text,
  -- group name -> role name
  group_roles jsonb not null default '{}',
  default_role text,
  enabled boolean not null default true,
  created_at timestamptz not null default now()
);
create index oidc_connections_tenant on control.oidc_connections (tenant_id);

-- The pair (issuer, subject) is who a person is at their provider; an e-mail address is not.
create table control.oidc_identities (
  tenant_id uuid not null references control.tenants,
  issuer text not null,
  subject text not null,
  person_id uuid not null references control.people,
  created_at timestamptz not null default now(),
  primary key (tenant_id, issuer, subject)
);

-- A log-in under way: bound to one browser by a cookie, used once.
create table control.oidc_logins (
  state_hash bytea primary key,
  connection_id uuid not null references control.oidc_connections,
  browser_hash bytea not null,
  nonce text not null,
  pkce_verifier text not null,
  return_to text,
  expires_at timestamptz not null
);

-- Log-in attempts per account and per address. Counted before the password is looked at, so that many tries at once
-- cannot outrun the count; a success takes its own attempt back.
create table control.login_attempts (
  -- account:<SHA-256 of the e-mail> or address:<ip>
  subject text primary key,
  -- since the last success, forgotten after a quiet day
  failures integer not null,
  window_start timestamptz not null,
  window_attempts integer not null,
  locked_until timestamptz,
  last_attempt_at timestamptz not null
);

-- Security-relevant acts that belong to no tenant: failed log-ins, resets, sign-ups.
create table control.audit_log (
  id uuid primary key,
  at timestamptz not null default now(),
  actor text not null,
  act text not null,
  subject text,
  detail jsonb not null default '{}'
);

-- The address book of webhooks: an unguessable id leads to one tenant and channel account.
create table control.hooks (
  id uuid primary key,
  tenant_id uuid not null references control.tenants,
  channel_account_id uuid not null,
  connector text not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);

-- Components as uploaded, known by digest. `owner_tenant` null: bundled with the product, visible to all.
create table control.plugins (
  id uuid primary key,
  digest bytea not null check (length(digest) = 32),
  kind text not null check (kind in ('channel-connector', 'commission-rule', 'credit-policy')),
  name text not null,
  version text not null,
  owner_tenant uuid references control.tenants,
  manifest jsonb not null,
  component bytea not null,
  created_at timestamptz not null default now(),
  -- two tenants may upload the same bytes, and neither learns of the other
  unique nulls not distinct (owner_tenant, digest)
);
create index plugins_digest on control.plugins (digest);
create index plugins_name on control.plugins (name, version);

grant select, insert, update, delete on control.sessions, control.mail_tokens, control.oidc_logins, control.login_attempts, control.oidc_connections to switchyard_control;
grant select, insert, update on control.tenants, control.people, control.memberships, control.invitations,
  control.api_keys, control.oidc_identities, control.hooks to switchyard_control;
grant select, insert on control.audit_log, control.plugins to switchyard_control;
