// The shapes of docs/api.md. A state that is not named here does not compile in `<TrackBadge>`.
import type { DueFrom, Terms } from "./types_credit";
import type { Synced } from "./types_errands";

export type Money = { amount: string; currency: string };

export type Problem = {
  type?: string;
  title?: string;
  status: number;
  code: string;
  detail?: string;
  request_id?: string;
  errors?: { pointer: string; code?: string; detail: string }[];
};

export type List<T> = { data: T[]; next_cursor?: string | null; has_more?: boolean };

export type Person = { id: string; name: string; email: string; email_verified: boolean; locale: string };
export type Tenant = {
  id: string;
  slug: string;
  name: string;
  country: string;
  currency: string;
  time_zone: string;
  locale: string;
};
export type Session = {
  person: Person;
  tenant: Tenant | null;
  tenants: { id: string; slug: string; name: string }[];
  rights: string[];
};

export type PaymentTrack =
  | "unpaid"
  | "deposit_paid"
  | "cod_pending"
  | "authorized"
  | "partially_paid"
  | "paid"
  | "overpaid"
  | "partially_refunded"
  | "refunded"
  | "voided"
  | "written_off";
export type DeliveryTrack =
  | "unallocated"
  | "packed"
  | "partially_shipped"
  | "shipped"
  | "partially_delivered"
  | "delivered"
  | "failed"
  | "returning"
  | "partially_returned"
  | "returned"
  | "cancelled";
export type InvoiceTrack = "not_required" | "queued" | "issued" | "sent" | "accepted" | "rejected" | "adjusted" | "replaced" | "credited";
export type HoldType =
  | "credit"
  | "risk"
  | "price_approval"
  | "deposit"
  | "mapping"
  | "duplicate"
  | "manual"
  | "plugin";
export type ChannelKind =
  | "pos"
  | "web"
  | "app"
  | "chat"
  | "shopee"
  | "tiktok"
  | "lazada"
  | "shopify"
  | "woo"
  | "square"
  | "kiotviet"
  | "haravan"
  | "einvoice"
  | "manual"
  | "api"
  | "import";

export type OrderRow = {
  id: string;
  number: string | number;
  channel_kind: ChannelKind;
  channel_account: { id: string; name: string };
  external_id: string;
  external_number: string | null;
  channel_status: string | null;
  segment: "b2b" | "b2c";
  placed_at: string;
  currency: string;
  described: boolean;
  test: boolean;
  buyer: { name: string | null; phone: string | null; masked: boolean; company: string | null };
  staff: string | null;
  source_tag: string | null;
  payment_method: string | null;
  cash_on_delivery: boolean;
  total: Money;
  tendered: Money;
  refunded: Money;
  outstanding: Money;
  payment_track: PaymentTrack;
  delivery_track: DeliveryTrack;
  invoice_track: InvoiceTrack;
  holds: HoldType[];
  line_count: number;
  units: string;
  tags: string[];
  updated_at: string;
  version: number;
  company_id?: string | null;
  confirmed_at?: string | null;
  due_on?: string | null;
  is_copy?: boolean;
};

/** Another order of the same sale. */
export type LinkedOrder = { id: string; number: number; channel_kind: ChannelKind; external_number: string };

export type ComponentKind =
  | "marketing_discount"
  | "promo_voucher"
  | "paid_voucher"
  | "points"
  | "price_override"
  | "shipping_discount";
export type Funder = "tenant" | "marketplace" | "supplier" | "affiliate";

export type OrderLine = {
  position: number;
  external_id: string;
  kind: "product" | "shipping" | "fee" | "adjustment";
  sku: string | null;
  name: string | null;
  quantity: string;
  unit_price: Money;
  gross: Money;
  components: { kind: ComponentKind; funded_by: Funder; amount: Money; code: string | null }[];
  taxes: { name: string; rate: string | null; amount: Money; included: boolean }[];
  tax_on_top: Money;
  total: Money;
  gift: boolean;
};

export type Hold = {
  id: string;
  type: HoldType;
  scope: string;
  blocks: string[];
  state: "placed" | "released" | "rejected" | "expired";
  reason: string;
  evidence: unknown;
  placed_by: string;
  placed_at: string;
  ended_by: string | null;
  ended_at: string | null;
  end_reason: string | null;
  /** The person who deals with it. */
  owner_id?: string | null;
  escalation?: number;
  requested_by?: string | null;
  approvals?: { by: string; at: string; reason: string }[];
  approvals_needed?: number;
  /** Its end confirms the order. */
  confirms?: boolean;
};

export type LineQuantity = { line_id: string; quantity: string };
export type Tender = {
  id: string;
  method: string;
  state: "pending" | "authorized" | "captured" | "failed" | "voided";
  amount: Money;
  holder: "tenant" | "marketplace" | "carrier" | "processor";
  reference: string | null;
  /** Which drawer, bank account, processor or carrier. */
  account?: string | null;
  at: string | null;
};
export type Shipment = {
  id: string;
  state:
    | "ready"
    | "handed_over"
    | "in_transit"
    | "delivered"
    | "failed"
    | "returning"
    | "returned"
    | "cancelled"
    | "lost";
  carrier: string | null;
  tracking: string | null;
  lines: LineQuantity[];
  at: string | null;
};
export type Cancellation = {
  id: string;
  state: "requested" | "accepted" | "rejected" | "withdrawn";
  reason: string | null;
  by: string | null;
  lines: LineQuantity[];
  at: string | null;
};
export type Refund = {
  id: string;
  state: "requested" | "approved" | "executed" | "rejected" | "withdrawn";
  amount: Money | null;
  reason: string | null;
  lines: LineQuantity[];
  at: string | null;
};
export type GoodsReturn = {
  id: string;
  state: "requested" | "approved" | "shipping_back" | "received" | "rejected" | "withdrawn" | "closed";
  reason: string | null;
  goods_back: boolean;
  exchange: boolean;
  refund: Money | null;
  lines: LineQuantity[];
  at: string | null;
};

export type OrderAction = "hold" | "release" | "edit" | "confirm" | "tender" | "refund" | "ship" | "ask_ship" | "ask_pack" | "change" | "call_off" | "take_back";
export type Address = {
  recipient?: string | null;
  phone?: string | null;
  line?: string | null;
  district?: string | null;
  city?: string | null;
  region?: string | null;
  postcode?: string | null;
  country?: string | null;
};

export type Order = OrderRow & {
  lines: OrderLine[];
  totals: {
    gross: Money;
    discount_tenant: Money;
    discount_others: Money;
    tax_on_top: Money;
    tax_included: Money;
    total: Money;
    stated_total: Money | null;
    difference: Money | null;
    by_component: { kind: ComponentKind; funded_by: Funder; amount: Money }[];
  };
  tenders: Tender[];
  shipments: Shipment[];
  cancellations: Cancellation[];
  refunds: Refund[];
  returns: GoodsReturn[];
  invoice_request: {
    requested: boolean;
    number?: string | null;
    name?: string | null;
    tax_code?: string | null;
    email?: string | null;
    address?: string | null;
  } | null;
  settlement: { id: string; kind: string; amount: Money; statement: string | null; at: string | null }[];
  ship_to: Address | null;
  note: string | null;
  source_evidence: string | null;
  branch: string | null;
  hold_list: Hold[];
  confirmation?: { at: string; by: "person" | "rule"; terms: Terms | null; due_from: DueFrom | null } | null;
  due_schedule?: { due_on: string; amount: Money }[] | null;
  same_sale_as?: LinkedOrder | null;
  copies?: LinkedOrder[];
  synced?: Synced | null;
  actions: OrderAction[];
};

export type TimelineEntry = {
  id: string;
  at: string;
  recorded_at: string;
  kind: string;
  actor: string;
  cause: string;
  summary: string;
  body: unknown;
};
export type RawMessage = {
  inbox_id: string;
  received_at: string;
  origin: string;
  message_key: string;
  headers: unknown;
  content_type: string | null;
  body: string;
  body_is_base64: boolean;
};

export type OrderCounts = {
  total: number;
  total_is_exact: boolean;
  sums: { currency: string; total: Money; outstanding: Money }[];
  by_payment: Partial<Record<PaymentTrack, number>>;
  by_delivery: Partial<Record<DeliveryTrack, number>>;
  by_segment: Partial<Record<"b2b" | "b2c", number>>;
  by_invoice: Partial<Record<InvoiceTrack, number>>;
  held: number;
  by_channel: Partial<Record<ChannelKind, number>>;
};

export type SavedView = {
  id: string;
  name: string;
  shared: boolean;
  query: string;
  columns: string[];
  /** The person here saved it and may delete it. */
  own: boolean;
};
