// The shapes of docs/api.md about receivables, claims, the loyalty program, drawers and shifts.
import type { Money } from "./types";

export type Bucket = "current" | "1-30" | "31-60" | "61-90" | "90+";
export type BucketSum = { bucket: Bucket; amount: Money };
export type Debtor = {
  debtor: string;
  company_id: string | null;
  name: string | null;
  buckets: BucketSum[];
  total: Money;
  oldest_days: number;
  promised_on: string | null;
  dunning_level: number | null;
};
export type AgeingSum = { currency: string; buckets: BucketSum[]; total: Money; ledger: Money; unapplied: Money; allowance: Money };
export type Ageing = { today: string; sums: AgeingSum[]; data: Debtor[] };
export type ReceivableItem = {
  order_id: string | null;
  order_number: number | null;
  version: number | null;
  debtor: string;
  due_on: string;
  days: number;
  amount: Money;
};
export type ItemQuery = { debtor?: string; currency?: string; bucket?: Bucket; limit?: number; cursor?: string };
export type StatementRow = { at: string; day: string; kind: string; order_id: string | null; order_number: number | null; memo: string | null; amount: Money; balance: Money };
export type Statement = { company_id: string; name: string; from: string; to: string; opening: Money; rows: StatementRow[]; closing: Money };
export type DunningLevel = { days: number; subject_en: string; text_en: string; subject_vi: string; text_vi: string };
export type DunningRun = { id: string; as_of: string; state: "proposed" | "sent" | "dropped"; made_at: string; made_by: string; ended_at: string | null; letters: number; failed: number };
export type DunningLetter = {
  id: string;
  company_id: string;
  company: string;
  level: number;
  amount: Money;
  oldest_days: number;
  email: string | null;
  language: string;
  state: "proposed" | "sent" | "recorded" | "failed" | "dropped";
  problem: string | null;
};
export type DunningDetail = DunningRun & { letters_list: DunningLetter[] };
export type NewReceipt = { amount: string; currency?: string; received_in: string; reference: string };
export type NewApplication = { currency?: string; orders: { order_id: string; amount?: string; discount?: boolean }[] };
export type Applied = { order_id: string; applied: Money; discount: Money; tender_ids: string[] };
export type PaymentPromise = {
  id: string;
  order_id: string | null;
  amount: Money;
  promised_on: string;
  note: string;
  state: "open" | "over" | "withdrawn";
  made_at: string;
  made_by: string;
};
export type NewPromise = { order_id?: string; amount: string; currency?: string; promised_on: string; note: string };
export type DebtorContact = { email: string | null; language: string; silent: boolean; note: string | null };
/** Percent of what is not due and of the four buckets of days. */
export type ExpectedLoss = { percents: string[]; version: number; data: { needed: Money; held: Money }[] };

export type ClaimKind = "voucher" | "points" | "store_credit" | "on_account";
export type Claim = {
  id: string;
  kind: ClaimKind;
  code: string;
  holder: string | null;
  company_id: string | null;
  balance: Money;
  face: Money;
  points: string | null;
  expires_on: string | null;
  created_at: string;
  created_by: string;
};
export type ClaimMovement = { entry_id: string; kind: string; carrying: Money; face: Money; order_id: string | null; order_number: number | null; at: string };
export type ClaimDetail = Claim & { movements: ClaimMovement[] };
export type ClaimSum = { kind: ClaimKind; claims: number; balance: Money; face: Money; ledger: Money };
export type ClaimQuery = { kind?: ClaimKind; text?: string; with_balance?: boolean; limit?: number; cursor?: string };
export type NewClaim = { amount: string; reason: string; code?: string; holder?: string; expires_on?: string; currency?: string };
export type LoyaltyProgram = {
  version: number;
  currency: string | null;
  point_value: Money | null;
  spend_per_point: Money | null;
  redeemed_percent: string | null;
  valid_days: number | null;
  set_at: string | null;
  set_by: string | null;
};
export type NewLoyaltyProgram = { currency?: string; point_value: string; spend_per_point: string; redeemed_percent: string; valid_days: number | null };

export type Drawer = { id: string; name: string; branch: string | null; currency: string; created_at: string; open_shift_id: string | null };
export type Shift = {
  id: string;
  drawer_id: string;
  drawer: string;
  branch: string | null;
  state: "open" | "closed";
  opened_at: string;
  opened_by: string;
  float: Money;
  closed_at: string | null;
  closed_by: string | null;
  expected: Money | null;
  counted: Money | null;
  difference: Money | null;
  note: string | null;
};
export type ShiftMovement = { entry_id: string; kind: string; amount: Money; memo: string | null; order_id: string | null; order_number: number | null; at: string };
export type ShiftReport = Shift & { should_hold: Money; sums: { kind: string; amount: Money }[]; movements: ShiftMovement[] };
