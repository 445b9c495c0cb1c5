// What channels are asked to do, and the tokens that let us in: docs/api.md.
export type ErrandState = "queued" | "sending" | "retrying" | "done" | "refused" | "gave_up" | "unsupported" | "dropped";
export type ErrandKind = "confirm" | "pack" | "ship" | "cancel" | "stock" | "invoice";
export type Errand = {
  id: string;
  channel_account_id: string;
  order_id: string | null;
  kind: ErrandKind;
  state: ErrandState;
  action: unknown;
  attempts: number;
  due_at: string | null;
  asked_by: string;
  asked_at: string;
  sent_at: string | null;
  ended_at: string | null;
  reference: string | null;
  refusals: { subject: string; code: string; detail: string }[];
  error_code: string | null;
  error: string | null;
  actions: ("retry" | "drop")[];
};
export type Synced = "synced" | "waiting" | "failed";
export type ErrandBacklog = {
  waiting: number;
  failed: number;
  oldest_at: string | null;
  breaker: "closed" | "open";
  opens_at: string | null;
  last_error_at: string | null;
  last_error: string | null;
};
export type ChannelTokens = {
  access_until: string | null;
  refresh_until: string | null;
  renewed_at: string | null;
  renews_at: string | null;
  needs_reconnecting: boolean;
  error: string | null;
};
