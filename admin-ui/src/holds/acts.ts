// What a person does with a hold.
import { done } from "../api/call";
import { http, refresh } from "../api/client";
import type { HoldItem } from "../api/types_credit";

export async function releaseHoldItem(id: string, reason: string): Promise<HoldItem> {
  return done(http.POST("/api/v1/holds/{id}/release", { params: { path: { id } }, body: { reason } }));
}

export async function rejectHoldItem(id: string, reason: string, order: "call_off" | "stay"): Promise<HoldItem> {
  return done(http.POST("/api/v1/holds/{id}/reject", { params: { path: { id } }, body: { reason, order } }));
}

export async function assignHold(id: string, owner: string | null, escalation?: number): Promise<HoldItem> {
  return done(http.POST("/api/v1/holds/{id}/assign", { params: { path: { id } }, body: { owner_id: owner, ...(escalation !== undefined && { escalation }) } }));
}

export async function holdsChanged(): Promise<void> {
  await refresh("/api/v1/holds", "/api/v1/orders", "/api/v1/companies");
}
