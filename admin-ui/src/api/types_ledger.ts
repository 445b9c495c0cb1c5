// The shapes of docs/api.md about the ledger and the money of an order.
import type { ComponentKind, Funder, GoodsReturn, LineQuantity, Money, Order, Shipment, Tender } from "./types";

export type AccountKind = "asset" | "liability" | "income" | "expense";
export type LedgerAccount = {
  account: string;
  role: string;
  sub_account: string | null;
  number: string | null;
  name: string;
  kind: AccountKind;
  normal: "debit" | "credit";
};
export type TrialBalance = {
  from: string | null;
  as_of: string;
  totals: { currency: string; debit: Money; credit: Money }[];
  data: (Omit<LedgerAccount, "normal"> & { debit: Money; credit: Money; balance: Money })[];
};
export type EntryLine = { account: string; role: string; sub_account: string | null; name: string; debit: Money | null; credit: Money | null };
export type Entry = {
  id: string;
  cause: string;
  kind: string;
  order_id: string | null;
  order_number: string | number | null;
  reverses: string | null;
  reversed_by: string | null;
  currency: string;
  occurred_at: string;
  booked_at: string;
  recorded_at: string;
  actor: string;
  memo: string | null;
  lines: EntryLine[];
};
export type EntryQuery = {
  role?: string;
  account?: string;
  order?: string;
  kind?: string;
  from?: string;
  to?: string;
  limit?: number;
  cursor?: string;
};
export type OrderLedger = {
  entries: Entry[];
  balances: { account: string; role: string; sub_account: string | null; name: string; currency: string; balance: Money }[];
};
export type Holder =
  | "drawer"
  | "bank"
  | "in_transit_to_bank"
  | "processor"
  | "marketplace"
  | "carrier"
  | "customer"
  | "partner"
  | "owed_to_customer";
export type CashRow = { account: string; role: string; sub_account: string | null; name: string; holder: Holder; amount: Money; orders: number };
export type CashLocator = { as_of: string; data: CashRow[]; totals: { holder: Holder; amount: Money }[] };
export type CashOrder = { order_id: string; number: string | number; amount: Money; since: string };
export type Period = {
  id: string;
  through: string;
  closed_at: string;
  closed_by: string;
  reopened_at: string | null;
  reopened_by: string | null;
};
export type FinanceSettings = {
  version: number;
  country: string;
  time_zone: string;
  tax_treatment: "included" | "on_top";
  default_tax_rate: string | null;
  rounding: "half_up" | "half_even" | "truncate";
  rounding_scope: "line" | "document";
  points_as: "tender" | "discount";
  points_carrying_ratio: string;
  chart: "vn" | "generic";
  set_at: string;
  set_by: string;
};
export type FinanceChange = Partial<Omit<FinanceSettings, "version" | "set_at" | "set_by">>;

export type TenderMethod = "cash" | "bank_transfer" | "bank" | "card" | "wallet" | "points" | "paid_voucher" | "store_credit" | "deposit" | "cod";
export type NewTender = { method: TenderMethod; amount?: string; given?: string; reference?: string; account?: string };
export type Tendered = { order: Order; tender: Tender; change_due: Money };
export type NewRefund = { amount: string; method?: string; account?: string; reason: string; lines?: LineQuantity[] };
export type NewShipment = { id?: string; state: Shipment["state"]; carrier?: string; tracking?: string; lines?: LineQuantity[] };

export type ChangeSet = {
  reason: string;
  lines?: { line_id: string; quantity?: string; unit_price?: string }[];
  remove?: string[];
  add?: { name?: string; sku?: string; quantity: string; unit_price: string }[];
  discount?: { kind: ComponentKind; funded_by: Funder; amount: string; code?: string };
};
export type OrderSums = {
  total: Money;
  tax: Money;
  discount: Money;
  outstanding: Money;
  payment_track: Order["payment_track"];
  delivery_track: Order["delivery_track"];
  lines: { line_id: string; name: string | null; quantity: string; unit_price: Money; total: Money }[];
};
export type ChangeEffect = {
  before: OrderSums;
  after: OrderSums;
  difference: Money;
  postings: { account: string; role: string; sub_account: string | null; name: string; balance: Money }[];
};
export type NewReturn = { id?: string; state: GoodsReturn["state"]; reason?: string; lines?: LineQuantity[] };
