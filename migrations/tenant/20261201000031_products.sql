-- Products: what a merchant sells in its own terms, and what each listing of a channel is in them.

create table tenant.products (
  tenant_id uuid not null,
  id uuid not null,
  -- names the product for good: it is never changed
  sku text not null check (length(sku) between 1 and 100),
  name text not null check (length(name) between 1 and 300),
  -- what one of it is: piece, box, kg
  unit text not null check (length(unit) between 1 and 30),
  barcode text check (length(barcode) between 1 and 50),
  -- false: nothing is mapped to it any more; what is stays
  active boolean not null default true,
  -- lower-case, unaccented: SKU, name, barcode
  search_text text not null,
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  constraint products_sku unique (tenant_id, sku),
  constraint products_barcode unique (tenant_id, barcode)
);
create index products_recent on tenant.products (tenant_id, updated_at desc) where active;

-- A listing that somebody mapped. Rows are changed and never removed: what is mapped stays mapped.
create table tenant.listings (
  tenant_id uuid not null,
  channel_account_id uuid not null,
  -- as lines name it: 'sku:' and its SKU, else 'name:' and its name
  listing text not null check (length(listing) between 4 and 305),
  version bigint not null default 1,
  mapped_by text not null,
  mapped_at timestamptz not null,
  primary key (tenant_id, channel_account_id, listing),
  foreign key (tenant_id, channel_account_id) references tenant.channel_accounts (tenant_id, id)
);
create index listings_by_name on tenant.listings (tenant_id, listing, channel_account_id);

-- What one of a listing is: several products make a set, a quantity other than one converts units.
create table tenant.listing_parts (
  tenant_id uuid not null,
  channel_account_id uuid not null,
  listing text not null,
  product_id uuid not null,
  position integer not null,
  quantity numeric(20, 6) not null check (quantity > 0),
  primary key (tenant_id, channel_account_id, listing, product_id),
  foreign key (tenant_id, channel_account_id, listing) references tenant.listings (tenant_id, channel_account_id, listing),
  foreign key (tenant_id, product_id) references tenant.products (tenant_id, id)
);
create index listing_parts_product on tenant.listing_parts (tenant_id, product_id);

create table tenant.mapping_settings (
  tenant_id uuid not null,
  -- orders that were made from then on are held while a listing of theirs is not mapped; null: none is
  required_since timestamptz,
  -- when held orders are looked through for listings that are mapped by now, and until when that is repeated:
  -- an order that was on its way while the mapping was made is seen by the last round
  settle_at timestamptz,
  settle_until timestamptz,
  version bigint not null default 1,
  updated_at timestamptz not null,
  primary key (tenant_id)
);

-- How lines name what was sold. The same rule stands in products/listings.rs.
create function tenant.listing_of(of_sku text, of_name text) returns text
  language sql immutable parallel safe
  as $$ select case when btrim(of_sku, ' ') <> '' then 'sku:' || left(btrim(of_sku, ' '), 300) else 'name:' || left(btrim(coalesce(of_name, ''), ' '), 300) end $$;

-- Somebody mapped it, or its SKU is a product's.
create function tenant.is_mapped(of_tenant uuid, of_account uuid, of_listing text) returns boolean
  language sql stable
  as $$
    select exists (select from tenant.listings m where m.tenant_id = of_tenant and m.channel_account_id = of_account and m.listing = of_listing)
      or left(of_listing, 4) = 'sku:' and exists (select from tenant.products p where p.tenant_id = of_tenant and p.sku = substr(of_listing, 5))
  $$;

grant select, insert, update on tenant.products, tenant.listings, tenant.mapping_settings to switchyard_app;
grant select, insert, delete on tenant.listing_parts to switchyard_app;

do $$ declare name text; begin
  foreach name in array array['products', 'listings', 'listing_parts', 'mapping_settings'] loop
    execute format('alter table tenant.%I enable row level security', name);
    execute format('alter table tenant.%I force row level security', name);
    execute format($p$create policy tenant_only on tenant.%I
      using (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)$p$, name);
  end loop;
end $$;

-- What arriving orders are to be looked at for. Works beside others until the transaction ends; volatile, so that the
-- questions see what was committed while the lock was waited for.
create function tenant.intake_watch(of_tenant uuid, key bigint, out copies boolean, out mapping boolean)
  language plpgsql volatile
  as $$
    begin
      perform pg_advisory_xact_lock_shared(key);
      copies := exists (select from tenant.same_sales s where s.tenant_id = of_tenant);
      mapping := exists (select from tenant.mapping_settings m where m.tenant_id = of_tenant and m.required_since is not null);
    end
  $$;
