// The shapes of docs/api.md around the orders: channels, quarantine, imports, plugins, people, keys.
import type { ChannelKind, Money } from "./types";
import type { ChannelTokens, ErrandBacklog } from "./types_errands";

export type HealthState = "healthy" | "waiting" | "failing" | "paused";
export type ChannelAccount = {
  id: string;
  kind: ChannelKind;
  name: string;
  shop: string | null;
  currency: string | null;
  state: "active" | "paused" | "disconnected";
  state_reason: string | null;
  hook_url: string | null;
  settings: Record<string, string>;
  secrets: { name: string; versions: number; set_at: string }[];
  installation_id: string | null;
  connector: string | null;
  health: {
    state: HealthState;
    received: number;
    rejected: number;
    quarantined: number;
    pending_fetches: number;
    last_received_at: string | null;
    last_error_at: string | null;
    last_error: string | null;
  };
  errands?: ErrandBacklog | null;
  tokens?: ChannelTokens | null;
  keeps_the_past?: boolean;
  created_at: string;
};
/** What changed at a channel in a period, brought in page by page. */
export type Backfill = {
  id: string;
  channel_account_id: string;
  from: string;
  until: string;
  reached: string;
  state: "queued" | "running" | "done" | "cancelled" | "failed";
  pages: number;
  orders: number;
  orders_new: number;
  facts: number;
  attempts: number;
  due_at: string | null;
  asked_by: string;
  asked_at: string;
  ended_at: string | null;
  error_code: string | null;
  error: string | null;
  actions: "cancel"[];
};
export type NewChannelAccount = {
  kind: ChannelKind;
  connector?: string;
  name: string;
  shop?: string;
  currency?: string;
  settings: Record<string, string>;
  secrets: Record<string, string>;
};
export type Connector = {
  kind: ChannelKind;
  connector: string | null;
  name: string;
  settings: { key: string; title: string; required: boolean }[];
  secrets: { name: string; title: string; required: boolean }[];
  hosts: string[];
};
export type Reception = {
  inbox_id: string;
  state: "applied" | "ignored" | "quarantined" | "duplicate";
  reason_code?: string | null;
  reason?: string | null;
  orders: string[];
};

export type Quarantined = {
  id: string;
  channel_account: { id: string; name: string; kind: ChannelKind };
  origin: string;
  received_at: string;
  reason_code: string | null;
  reason: string | null;
  body_bytes: number;
  deliveries: number;
  state: string;
};
/** `cut`: only the beginning of a message that was too large is kept. */
export type QuarantinedMessage = Quarantined & { headers: unknown; body: string; cut?: boolean };

export type Import = {
  channel_account_id: string;
  id: string;
  file_name: string;
  format: "csv" | "xlsx";
  mapping: Record<string, unknown>;
  columns: string[];
  state: "uploaded" | "running" | "done" | "failed" | "cancelled" | "undoing" | "undone";
  rows_total: number | null;
  rows_done: number;
  orders_done: number;
  orders_new: number;
  orders_changed: number;
  rows_failed: number;
  /** What is odd but right, counted. */
  remarks: Record<string, number>;
  message: string | null;
  created_at: string;
  finished_at: string | null;
};
export type DryRun = {
  orders_new: number;
  orders_changed: number;
  orders_same: number;
  rows_failed: number;
  remarks: Record<string, number>;
  sample: { external_id: string; change: { field: string; before: unknown; after: unknown }[] }[];
  errors: { row: number; field: string; message: string }[];
};

export type Declares = {
  hosts: string[];
  secrets: { name: string; title: string; required: boolean }[];
  config: { name: string; title: string; required: boolean }[];
  kv_bytes: number;
  data: string[];
};
export type Plugin = {
  id: string;
  digest: string;
  kind: string;
  name: string;
  title?: string;
  version: string;
  bundled: boolean;
  declares: Declares;
};
export type Grants = { hosts: string[]; secrets: string[]; kv: boolean };
export type Installation = {
  id: string;
  plugin: Plugin;
  state: "active" | "suspended" | "installed";
  suspended_reason: string | null;
  grants: Grants;
  config: Record<string, string>;
  config_version: number;
  breaker: "closed" | "open";
  installed_at: string;
};
export type PluginRun = {
  id: string;
  at: string;
  function: string;
  outcome: string;
  message: string | null;
  fuel: number;
  peak_memory_bytes: number;
  micros: number;
  digest: string;
  config_version: number;
  log?: string | null;
};

export type Role = { id: string; name: string; built_in: boolean; rights: string[]; people: number };
export type Member = {
  id: string;
  name: string;
  email: string;
  email_verified: boolean;
  roles: { id: string; name: string }[];
  joined_at: string;
};
export type Invitation = {
  id: string;
  email: string;
  roles: { id: string; name: string }[];
  invited_at: string;
  expires_at: string;
  state: string;
};
export type ApiKey = {
  id: string;
  name: string;
  prefix: string;
  scopes: string[];
  created_at: string;
  last_used_at: string | null;
  expires_at: string | null;
  secret?: string | null;
};
export type OidcConnection = {
  id: string;
  name: string;
  issuer: string;
  client_id: string;
  join_domains: string[];
  groups_claim: string | null;
  group_roles: Record<string, string>;
  default_role: string | null;
  enabled: boolean;
};
export type OidcDraft = {
  name: string;
  issuer: string;
  client_id: string;
  client_secret?: string;
  join_domains: string[];
  groups_claim?: string | null;
  group_roles: Record<string, string>;
  default_role?: string | null;
  enabled: boolean;
};
export type AuditEntry = {
  id: string;
  at: string;
  actor: string;
  act: string;
  subject: string | null;
  detail: unknown;
};
export type { Money };
