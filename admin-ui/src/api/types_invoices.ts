// The shapes of docs/api.md about tax invoices.
import type { List, Money } from "./types";

export const invoiceKinds = ["invoice", "adjustment", "replacement", "credit_note"] as const;
export type InvoiceKind = (typeof invoiceKinds)[number];
export const invoiceStates = ["issued", "sent", "accepted", "rejected", "adjusted", "replaced", "credited"] as const;
export type InvoiceState = (typeof invoiceStates)[number];

export type InvoiceRow = {
  id: string;
  kind: InvoiceKind;
  regime: string;
  number: string;
  of: string | null;
  reason: string | null;
  issued_at: string;
  issued_on: string;
  issued_by: string;
  buyer_name: string;
  buyer_tax_code: string | null;
  base: Money;
  tax: Money;
  total: Money;
  order_count: number;
  state: InvoiceState;
  state_at: string;
};
export type InvoiceParty = {
  name: string;
  tax_code: string | null;
  address: string | null;
  city: string | null;
  postcode: string | null;
  country: string | null;
  email: string | null;
};
export type InvoiceAmount = { kind: string; amount: Money };
export type InvoiceLine = {
  order: number | null;
  name: string;
  sku: string | null;
  quantity: string;
  gross: Money;
  allowances: InvoiceAmount[];
  base: Money;
  tax: Money;
  rate: string;
  category: string;
};
export type InvoiceAction = "submit" | "send" | "accept" | "reject" | "correct" | "replace";
export type Invoice = InvoiceRow & {
  seller: InvoiceParty;
  buyer: InvoiceParty;
  lines: InvoiceLine[];
  rates: { category: string; rate: string; base: Money; tax: Money; reason: string | null }[];
  payments: InvoiceAmount[];
  payable: Money;
  delivered_on: string | null;
  due_on: string | null;
  steps: { state: InvoiceState; at: string; actor: string; provider: string | null; reference: string | null; note: string | null }[];
  orders: { id: string; number: number; outdated: boolean }[];
  sending: { errand_id: string; account_id: string; state: string; attempts: number; due_at: string | null; code: string | null; detail: string | null } | null;
  corrections: InvoiceRow[];
  actions: InvoiceAction[];
};
export type InvoiceList = List<InvoiceRow>;
export type InvoiceQuery = {
  kind?: string;
  state?: string;
  number?: string;
  order?: string;
  from?: string;
  to?: string;
  limit?: number;
  cursor?: string;
};
export type TaxRegime = {
  word: string;
  kinds: InvoiceKind[];
  correction: InvoiceKind;
  zero_rates: string[];
  one_series: boolean;
  series_expected: string;
  example: string;
};
export type NewInvoiceSettings = {
  legal_name: string;
  tax_id: string;
  address: string;
  city: string;
  postcode: string | null;
  country: string;
  regime: string;
  series: string;
  credit_series: string | null;
  issue_on: "manual" | "ship" | "pay" | "day_end";
  correct_returns: boolean;
  zero_rate: string | null;
  exemption_reason: string | null;
  consumer_name: string | null;
  paper_colour: string | null;
  paper_footer: string | null;
  provider_account_id: string | null;
};
export type InvoiceSettings = NewInvoiceSettings & { automatic_since: string | null; set_at: string; set_by: string };
export type InvoiceSettingsState = { version: number; settings: InvoiceSettings | null; regimes: TaxRegime[] };
export type InvoiceQueue = { data: { order_id: string; number: number; due_at: string; why: string | null }[] };
