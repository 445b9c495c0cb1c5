-- Customers: the orders of one buyer over all channels. Whose an order is follows from the order alone, so that taking
-- orders in writes no row for it; what a person merged is kept beside.

-- By what a buyer is known again: a telephone number with its country's code, else an e-mail address, else the channel
-- account's own id of them. Whom a channel hides is known by that id alone. 0901 234 567 of an order to Viet Nam, or in
-- dong, is 84901234567. Computed for each order that is written, so without a query.
create function tenant.customer_key(of_account uuid, of_buyer text, of_masked boolean, of_phone text, of_email text, of_country text, of_currency text) returns text
  language plpgsql immutable parallel safe
  as $$
  declare
    digits text;
    code text;
  begin
    -- what a channel blanked out names nobody
    if not of_masked and of_phone not like '%*%' then
      digits := regexp_replace(of_phone, '[^0-9]', '', 'g');
      code := case coalesce(nullif(upper(of_country), ''), of_currency)
        when 'VN' then '84' when 'VND' then '84' when 'TH' then '66' when 'THB' then '66' when 'MY' then '60' when 'MYR' then '60'
        when 'SG' then '65' when 'SGD' then '65' when 'ID' then '62' when 'IDR' then '62' when 'PH' then '63' when 'PHP' then '63'
        when 'US' then '1' when 'USD' then '1' when 'CA' then '1' when 'CAD' then '1' when 'GB' then '44' when 'GBP' then '44'
        when 'AU' then '61' when 'AUD' then '61' when 'JP' then '81' when 'JPY' then '81' when 'KR' then '82' when 'KRW' then '82'
        when 'CN' then '86' when 'CNY' then '86' when 'TW' then '886' when 'TWD' then '886' when 'HK' then '852' when 'HKD' then '852'
        when 'IN' then '91' when 'INR' then '91' when 'DE' then '49' when 'FR' then '33' when 'NL' then '31'
      end;
      digits := case
        when of_phone like '+%' then digits
        when digits like '00%' then substr(digits, 3)
        when code is null then digits
        when code = '1' then case when length(digits) = 10 then '1' || digits else digits end
        when digits like '0%' then code || substr(digits, 2)
        when starts_with(digits, code) and length(digits) >= length(code) + 8 then digits
        else code || digits
      end;
      if length(digits) between 8 and 20 then
        return 'phone ' || digits;
      end if;
    end if;
    if not of_masked and of_email like '%_@_%' and of_email not like '%*%' then
      return 'email ' || lower(btrim(of_email));
    end if;
    return of_account::text || ' ' || of_buyer;
  end $$;

alter table tenant.orders
  add column customer uuid generated always as
    (md5(tenant_id::text || ' ' || tenant.customer_key(channel_account_id, buyer_key, buyer_masked, buyer_phone, buyer_email, ship_to ->> 'country', currency::text))::uuid) stored;
create index orders_customer on tenant.orders (tenant_id, customer, placed_at desc, id desc) where customer is not null;

-- Who was merged into whom by a person. A customer others were merged into is itself merged into nobody.
create table tenant.customer_links (
  tenant_id uuid not null,
  identity uuid not null,
  customer uuid not null,
  reason text not null,
  linked_by text not null,
  linked_at timestamptz not null,
  primary key (tenant_id, identity),
  check (identity <> customer)
);
create index customer_links_customer on tenant.customer_links (tenant_id, customer);

grant select, insert, update, delete on tenant.customer_links to switchyard_app;
alter table tenant.customer_links enable row level security;
alter table tenant.customer_links force row level security;
create policy tenant_only on tenant.customer_links
  using (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
  with check (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
