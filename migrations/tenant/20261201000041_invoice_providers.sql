-- Providers carry tax documents to the authority. They are connected as channels are and asked by the same outbox: an account of
-- the kind `einvoice`, errands of the kind `document` whose external_id is the document's id.

alter table tenant.channel_accounts drop constraint channel_accounts_kind_check;
alter table tenant.channel_accounts add constraint channel_accounts_kind_check
  check (kind in ('pos', 'web', 'app', 'chat', 'shopee', 'tiktok', 'lazada', 'shopify', 'woo', 'square', 'kiotviet', 'haravan', 'einvoice', 'manual', 'api', 'import'));

alter table tenant.errands drop constraint errands_kind_check;
alter table tenant.errands add constraint errands_kind_check check (kind in ('confirm', 'pack', 'ship', 'cancel', 'stock', 'invoice', 'document'));
create index errands_document on tenant.errands (tenant_id, external_id, id) where kind = 'document';

-- Who gets each document as soon as it is issued; null: it is handed over by hand.
alter table tenant.invoice_settings add column provider_account_id uuid;
alter table tenant.invoice_settings add foreign key (tenant_id, provider_account_id) references tenant.channel_accounts (tenant_id, id);
