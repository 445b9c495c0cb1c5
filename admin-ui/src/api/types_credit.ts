// The shapes of docs/api.md about companies, confirming, holds and credit policies.
import type { DeliveryTrack, HoldType, InvoiceTrack, Money, PaymentTrack } from "./types";

export type Named = { id: string; name: string };

export type Terms =
  | { kind: "net"; days: number }
  | { kind: "end_of_month"; days: number }
  | { kind: "discount"; days: number; discount_days: number; percent: string }
  | { kind: "instalments"; parts: { percent: string; days: number }[] };
export type DueFrom = "order" | "shipment" | "invoice" | "delivery";
export type CompanyStatus = "active" | "blocked" | "closed";
export type Company = {
  id: string;
  name: string;
  tax_code: string | null;
  parent: Named | null;
  terms: Terms;
  due_from: DueFrom;
  /** Without a limit no credit is given. */
  credit_limit: Money | null;
  /** What its orders are asked for ahead; days after the order, or before it is confirmed. */
  deposit: { percent: string; days: number | null } | null;
  status: CompanyStatus;
  since: string;
  note: string | null;
  version: number;
  created_at: string;
  updated_at: string;
};
export type CompanyDraft = {
  name: string;
  tax_code?: string | null;
  parent_id?: string | null;
  terms?: Terms;
  due_from?: DueFrom;
  credit_limit?: Money | null;
  deposit?: { percent: string; days: number | null } | null;
  status?: CompanyStatus;
  note?: string | null;
};
export type CompanyRow = Company & { exposure: Money | null; overdue: Money | null; held_orders: number };
export type OpenOrder = {
  id: string;
  number: string | number;
  placed_at: string;
  currency: string;
  total: Money;
  outstanding: Money;
  due_on: string | null;
  delivery_track: DeliveryTrack;
  payment_track: PaymentTrack;
  holds: HoldType[];
  confirmed_at: string | null;
};
export type CompanyDetail = Company & { exposure: Exposure; members: Named[]; open_orders: OpenOrder[] };

/** Decimal text in the currency of the row. */
export type ExposureRow = {
  currency: string;
  open_ar: string;
  unbilled_shipped: string;
  confirmed_unshipped: string;
  this_order: string;
  deposits: string;
  unapplied_credits: string;
  total: string;
  overdue: string;
  overdue_days: number;
};
export type Exposure = {
  limit: Money | null;
  limit_of: Named | null;
  available: Money | null;
  by_currency: ExposureRow[];
  group?: Exposure | null;
};

export type Reason = { code: string; detail: string; hold_type?: HoldType };
export type MinimalChange = { kind: "pay" | "raise_limit" | "reduce_order" | "approve" | "wait"; amount: Money | null; detail: string };
export type Confirmation = {
  decision: "confirmed" | "held";
  order: { id: string; number: string | number; version: number; confirmed_at: string | null };
  reasons: Reason[];
  minimal_changes: MinimalChange[];
  exposure: Exposure | null;
  holds: HoldItem[];
  decision_ids: string[];
};
export type Approval = { by: string; at: string; reason: string };
export type HoldItem = {
  id: string;
  type: HoldType;
  scope: string;
  blocks: string[];
  state: "placed" | "released" | "rejected" | "expired";
  reason: string;
  reasons: Reason[];
  minimal_changes: MinimalChange[];
  evidence: unknown;
  value: Money;
  order: { id: string; number: string | number; placed_at: string; buyer: string | null; segment: "b2b" | "b2c" };
  company: Named | null;
  owner: Named | null;
  escalation: number;
  /** Whose work it is while nobody owns it. */
  role: Named | null;
  age_seconds: number;
  requested_by: string | null;
  placed_by: string;
  placed_at: string;
  confirms: boolean;
  approvals: Approval[];
  approvals_needed: number;
  may_release: boolean;
  ended_by: string | null;
  ended_at: string | null;
  end_reason: string | null;
};
export type HoldQuery = {
  type?: string[];
  owner?: string;
  company?: string;
  currency?: string;
  sort?: "-value" | "value" | "-age" | "age";
  limit?: number;
  cursor?: string;
};

export type ApprovalLimit = {
  role_id: string;
  role_name: string;
  hold_type: HoldType;
  amount: Money | null;
  two_people_above: Money | null;
};
export type ApprovalLimitDraft = Omit<ApprovalLimit, "role_name">;

export type PolicyVersion = {
  version: number;
  plugin: { id: string; name: string; version: string; digest: string };
  config: unknown;
  state: "draft" | "scheduled" | "active" | "superseded";
  active_from: string | null;
  created_by: string;
  created_at: string;
  activated_by: string | null;
};
export type PolicySegment = "b2b" | "b2c" | "all";
export type Policy = {
  id: string;
  name: string;
  segment: PolicySegment;
  enabled: boolean;
  version: number;
  versions: PolicyVersion[];
  config_schema: unknown;
};
export type Backtest = {
  id: string;
  policy_id: string;
  version: number;
  state: "running" | "done" | "failed";
  orders_total: number;
  orders_done: number;
  newly_held: number;
  newly_freed: number;
  same: number;
  failed: number;
  /** Decimal text in the currency of the row. */
  money: { currency: string; newly_held: string; newly_freed: string }[];
  sample: { order_id: string; number: string | number; before: string; after: string; value: Money; reasons: (Reason | string)[] }[];
  message: string | null;
  started_by: string;
  created_at: string;
  finished_at: string | null;
};
export type DecisionRow = {
  id: string;
  at: string;
  order: { id: string; number: string | number };
  company_id: string | null;
  policy: { id: string; name: string; version: number } | null;
  plugin: { name: string; version: string; digest: string };
  outcome: "approve" | "hold" | "deposit" | "failed";
  code: string | null;
  message: string | null;
  cause: "confirm" | "review";
  fuel: number;
  micros: number;
};
export type Decision = DecisionRow & { input: unknown; config: unknown; output: unknown; peak_memory_bytes: number; asked_by: string };
export type Replayed = { identical: boolean; output: unknown; recorded_output: unknown; fuel: number; recorded_fuel: number };

export type HoldStep = { hold_type: HoldType; step: number; role_id: string; role_name: string; after_minutes: number };
export type HoldExpiry = { hold_type: HoldType; after_minutes: number; calls_off: boolean };
export type HoldTimes = { steps: HoldStep[]; expiries: HoldExpiry[] };
export type NewHoldTimes = { steps: Pick<HoldStep, "hold_type" | "role_id" | "after_minutes">[]; expiries: HoldExpiry[] };
export type NewTrackRule = { payment?: PaymentTrack; delivery?: DeliveryTrack; invoice?: InvoiceTrack; reason: string };
export type TrackRule = { id: string; payment: PaymentTrack | null; delivery: DeliveryTrack | null; invoice: InvoiceTrack | null; reason: string; made_at: string; made_by: string };
