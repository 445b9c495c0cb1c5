// The shapes of docs/api.md about price lists, quotes, approvals and deposits.
import type { Money } from "./types";
import type { HoldItem, Named } from "./types_credit";

export type PriceListVersion = {
  version: number;
  valid_from: string;
  valid_until: string | null;
  prices_include_tax: boolean;
  tax_rate: string | null;
  prices: number;
  note: string | null;
  made_by: string;
  made_at: string;
};
export type PriceList = {
  id: string;
  name: string;
  currency: string;
  segment: "b2b" | "b2c" | null;
  companies: Named[];
  archived_at: string | null;
  newest: PriceListVersion;
  version: number;
  updated_at: string;
};
export type NewPriceListVersion = { valid_from?: string; valid_until?: string | null; prices_include_tax: boolean; tax_rate?: string | null; note?: string | null; csv?: string };
export type NewPriceList = { name: string; currency: string; segment: "b2b" | "b2c" | null; company_ids: string[]; prices: NewPriceListVersion };
export type ListPrice = { sku: string; name: string | null; min_quantity: string; price: string; floor?: string; cost?: string; margin_percent?: string };

export type PriceRule = { discount_above: string | null; margin_below: string | null; amount_above: string | null; below_floor: boolean; steps: string[] };
export type PriceMatrix = {
  version: number;
  allowed_discount: string;
  margin_min: string | null;
  unlisted: boolean;
  currency: string;
  answer_days: number;
  freeze_days: number;
  rules: PriceRule[];
};

export type QuoteState = "draft" | "sent" | "accepted" | "declined" | "expired";
export type QuoteAction = "edit" | "send" | "ask_prices" | "accept" | "decline";
export type DepositTerms = { percent: string | null; amount: Money | null; due_on: string | null };
export type QuoteRow = {
  id: string;
  number: number;
  company: Named;
  account: Named;
  currency: string;
  state: QuoteState;
  valid_until: string;
  note: string | null;
  deposit: DepositTerms | null;
  total: Money;
  order: { id: string; number: number } | null;
  reason: string | null;
  made_by: string;
  created_at: string;
  updated_at: string;
  version: number;
  waiting: number;
  actions: QuoteAction[];
};
export type ApprovalReason = "below_floor" | "discount" | "margin" | "unlisted";
export type PriceProvenance = { list_id: string; list: string; version: number; min_quantity: string; price: string; floor?: string; cost?: string };
export type QuoteLine = {
  line_id: string;
  sku: string;
  name: string | null;
  quantity: string;
  unit_price: string;
  tax_included: boolean;
  tax_rate: string | null;
  list: PriceProvenance | null;
  total: Money;
  reason: string | null;
  discount_percent: string | null;
  margin_percent?: string;
  needs_approval: ApprovalReason[];
  approved: boolean;
};
export type Quote = QuoteRow & { lines: QuoteLine[] };
export type NewQuoteLine = { line_id?: string; sku: string; quantity: string; unit_price?: string; reason?: string };
export type NewQuote = {
  company_id: string;
  channel_account_id: string;
  currency?: string;
  valid_until: string;
  note?: string | null;
  deposit?: { percent?: string; amount?: string; due_on?: string | null } | null;
  lines: NewQuoteLine[];
};
export type Offer = { lines: QuoteLine[]; total: Money; matrix_version: number };

export type PriceRequest = {
  id: string;
  quote_id: string | null;
  order_id: string | null;
  number: number;
  line_id: string;
  company: Named;
  sku: string;
  name: string | null;
  quantity: string;
  asked_price: Money;
  price: Money;
  value: Money;
  list: PriceProvenance | null;
  discount_percent: string | null;
  margin_percent?: string;
  why: ApprovalReason[];
  reason: string;
  state: "asked" | "approved" | "countered" | "rejected" | "withdrawn" | "expired";
  steps: number;
  steps_done: number;
  next_role: string | null;
  decisions: { step: number; decision: string; price: string; reason: string | null; by: string; at: string }[];
  requested_by: string;
  requested_at: string;
  expires_at: string;
  frozen_until: string | null;
  version: number;
  may_decide: boolean;
};
export type Approval = { kind: "price" | "hold"; id: string; owner: Named | null; since: string; age_seconds: number; may_decide: boolean; price: PriceRequest | null; hold: HoldItem | null };
export type ApprovalDetail = Approval & { replay_identical: boolean };
export type ApprovalQuery = { owner?: string; kind?: "price" | "hold"; quote?: string; order?: string; limit?: number; cursor?: string };
export type PriceDecision = { decision: "approve" | "counter" | "reject"; price?: string; frozen_until?: string; reason?: string };
export type Delegation = { delegate: Named | null; until: string | null };

export type OrderDeposit = {
  terms: DepositTerms | null;
  own: boolean;
  asked: Money;
  received: Money;
  missing: Money;
  paid: Money;
  applied: Money;
  refunded: Money;
  forfeited: Money;
  left: Money;
};
