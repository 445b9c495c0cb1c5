-- The same sale through two channels: what an order says it is a copy of, and which order that is.

-- What the description of an order names in its `source`, in its order: "same_sale=shopee:2603010SCUQWWD". A projection of
-- the facts, read by orders that arrive later.
create table tenant.same_sales (
  tenant_id uuid not null,
  order_id uuid not null,
  position integer not null,
  kind text not null,
  number text not null,
  primary key (tenant_id, order_id, position),
  foreign key (tenant_id, order_id) references tenant.orders (tenant_id, id)
);
create index same_sales_named on tenant.same_sales (tenant_id, kind, number);

alter table tenant.orders
  -- the order that this one is a copy of: a copy adds to no sum
  add column same_sale_as uuid,
  add foreign key (tenant_id, same_sale_as) references tenant.orders (tenant_id, id),
  add check (same_sale_as <> id);
create index orders_copies on tenant.orders (tenant_id, same_sale_as) where same_sale_as is not null;
create index orders_external_number on tenant.orders (tenant_id, external_number) where external_number is not null;

-- Orders of any account of a kind that a channel calls by a number.
create function tenant.orders_named(of_tenant uuid, of_kind text, called text) returns table (id uuid)
  language sql stable
  as $$
    select o.id from tenant.channel_accounts a join tenant.orders o on o.tenant_id = a.tenant_id and o.channel_account_id = a.id and o.external_id = called
    where a.tenant_id = of_tenant and a.kind = of_kind
    union
    select o.id from tenant.orders o where o.tenant_id = of_tenant and o.external_number = called and o.channel_kind = of_kind
  $$;

-- The orders that are tied to those named by what they say, however far, with these themselves.
create function tenant.same_sale_family(of_tenant uuid, members uuid[]) returns table (id uuid)
  language sql stable
  as $$
    with recursive family (id) as (
      select unnest(members)
      union
      select tied.id from family f cross join lateral (
        select n.id from tenant.same_sales s cross join lateral tenant.orders_named(of_tenant, s.kind, s.number) n
        where s.tenant_id = of_tenant and s.order_id = f.id
        union all
        select s.order_id from tenant.orders o join tenant.same_sales s on s.tenant_id = of_tenant and s.kind = o.channel_kind and s.number in (o.external_id, o.external_number)
        where o.tenant_id = of_tenant and o.id = f.id
      ) tied (id)
    ) select family.id from family
  $$;

grant select, insert, delete on tenant.same_sales to switchyard_app;
alter table tenant.same_sales enable row level security;
alter table tenant.same_sales force row level security;
create policy tenant_only on tenant.same_sales
  using (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
  with check (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
