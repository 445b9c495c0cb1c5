// The shapes of docs/api.md about products, listings and customers.
import type { ChannelKind, Money } from "./types";

export type Product = { id: string; sku: string; name: string; unit: string; barcode: string | null; active: boolean; version: number; created_at: string; updated_at: string };
export type NewProduct = { sku: string; name: string; unit: string; barcode?: string };
export type ProductChange = { name?: string; unit?: string; barcode?: string | null; active?: boolean };
export type ProductQuery = { text?: string; active?: boolean; limit?: number; cursor?: string };

export type MappingSettings = { required: boolean; required_since: string | null; version: number };

export type ListingPart = { product_id: string; sku: string; name: string; unit: string; quantity: string };
export type Listing = { channel_account: { id: string; name: string }; listing: string; parts: ListingPart[]; version: number; mapped_by: string; mapped_at: string };
export type ListingSuggestion = { product_id: string; sku: string; name: string; unit: string; why: "sku" | "barcode" | "name" };
export type UnmappedListing = {
  channel_account: { id: string; name: string };
  channel_kind: ChannelKind;
  listing: string;
  name: string | null;
  orders: number;
  units: string;
  value: Money[];
  oldest: string;
  suggestion: ListingSuggestion | null;
};
export type NewMapping = { channel_account_id: string; listing: string; parts: { sku: string; quantity?: string }[]; version?: number };

export type ResolvedOrder = {
  customer_id: string | null;
  lines: { line_id: string; listing: string; parts: ListingPart[] }[];
  products: { product_id: string; sku: string; name: string; unit: string; quantity: string }[];
};

export type CustomerSum = { currency: string; orders: number; total: Money; outstanding: Money };
export type Customer = {
  id: string;
  name: string | null;
  phone: string | null;
  email: string | null;
  company: string | null;
  masked: boolean;
  channels: ChannelKind[];
  orders: number;
  first_at: string;
  last_at: string;
  last_order_id: string;
  sums: CustomerSum[];
  identity_count: number;
};
export type CustomerIdentity = {
  id: string;
  kind: "phone" | "email" | "buyer";
  name: string | null;
  phone: string | null;
  email: string | null;
  masked: boolean;
  channel_account_id: string;
  channel_account_name: string;
  orders: number;
  reason: string | null;
  linked_by: string | null;
  linked_at: string | null;
};
export type CustomerInAccount = { channel_account_id: string; name: string; channel_kind: ChannelKind; orders: number; total: Money; outstanding: Money; last_at: string };
export type CustomerDetail = Customer & { identities: CustomerIdentity[]; accounts: CustomerInAccount[]; actions: ("merge" | "split")[] };
