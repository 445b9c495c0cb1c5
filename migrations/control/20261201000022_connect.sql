-- A person is on the way to a channel, to let us into their shop. The state comes back with them, once; it is bound to the
-- account and to the person who set out.

create table control.connects (
  state_hash bytea primary key,
  tenant_id uuid not null references control.tenants,
  channel_account_id uuid not null,
  person_id uuid not null references control.people,
  expires_at timestamptz not null
);
create index connects_expiry on control.connects (expires_at);

grant select, insert, delete on control.connects to switchyard_control;
