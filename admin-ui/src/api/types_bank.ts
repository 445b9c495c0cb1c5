// The shapes of docs/api.md about bank accounts, statements and lines.
import type { Money } from "./types";

export type BankAccount = {
  id: string;
  name: string;
  number: string;
  currency: string;
  created_at: string;
  statements: number;
  closing: Money | null;
  closing_on: string | null;
  lines_open: number;
  open: Money;
  matched: Money;
};
export type BankStatement = {
  id: string;
  bank_account_id: string;
  format: "csv" | "mt940" | "camt053";
  reference: string;
  file_name: string;
  from_day: string;
  to_day: string;
  opening: Money | null;
  closing: Money | null;
  lines: number;
  lines_open: number;
  imported_at: string;
  imported_by: string;
};
export type BankImport = { statement_ids: string[]; repeated: boolean; lines_new: number; lines_known: number; lines_matched: number };
export type BankLine = {
  id: string;
  bank_account_id: string;
  bank_account: string;
  statement_id: string;
  position: number;
  booked_on: string;
  amount: Money;
  reference: string | null;
  counterparty: string | null;
  text: string | null;
  state: "open" | "matched";
  actions: ("match" | "unmatch")[];
  how: "rule" | "hand" | null;
  why: string | null;
  matched_at: string | null;
  matched_by: string | null;
};
export type BankPart = { order_id: string | null; order_number: string | number | null; account: string; amount: Money };
export type BankSuggestion = { order_id: string; order_number: string | number; account: string; open: Money; amount: Money; certain: boolean; why: string };
export type BankLineDetail = BankLine & { parts: BankPart[]; suggestions: BankSuggestion[] };
export type BankMatch = {
  parts: { order_id: string; account: string; amount?: string }[];
  bookings: { account: string; amount: string; order_id?: string }[];
  why: string;
  book_later?: boolean;
};
export type BankLineQuery = { account?: string; statement?: string; state?: string; text?: string; from?: string; to?: string; limit?: number; cursor?: string };
