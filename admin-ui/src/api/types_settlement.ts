// The shapes of docs/api.md about shops, statements and their lines.
import type { Money } from "./types";

export type SettlementShop = {
  id: string;
  name: string;
  kind: string;
  currency: string | null;
  clearing: Money | null;
  orders: Money | null;
  orders_open: number;
  lines: Money | null;
  lines_open: number;
  statements: number;
};
export type SettlementState = "not_yet_released" | "matched" | "short_paid" | "over_paid" | "unknown_order";
export type SettlementFee = { kind: string; actual: Money; expected: Money | null };
export type SettlementOrder = {
  order_id: string;
  order_number: string | number;
  external_id: string;
  placed_at: string;
  state: SettlementState;
  claim: Money;
  paid: Money;
  open: Money;
  fees: SettlementFee[];
};
export type SettlementStatement = {
  id: string;
  channel_account_id: string;
  shop: string;
  reference: string;
  currency: string;
  source: "channel" | "file";
  first_at: string;
  payout: Money;
  orders: number;
  lines_open: number;
  lines_disputed: number;
  open: Money;
  paid: boolean;
  actions: "pay"[];
};
export type PayoutLine = { bank_line_id: string; bank_account: string; booked_on: string; amount: Money; reference: string | null; text: string | null };
export type SettlementStatementDetail = SettlementStatement & { bank_lines: PayoutLine[] };
export type SettlementImport = { statement_id: string; lines_new: number; lines_known: number; lines_matched: number; lines_open: number; payout: Money };
export type SettlementLineState = "matched" | "told" | "open" | "disputed" | "booked";
export type SettlementLine = {
  id: string | null;
  order_id: string | null;
  order_number: string | number | null;
  order_ref: string | null;
  kind: string;
  amount: Money;
  text: string | null;
  state: SettlementLineState;
  account: string | null;
  reason: string | null;
  actions: ("match" | "book" | "dispute")[];
};
export type Resolution = { action: "match" | "book" | "dispute"; order_id?: string; account?: string; reason: string };
export type SettlementRates = { rates: { kind: string; percent: string }[] };
