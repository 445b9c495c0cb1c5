// How a quote's state looks, and why a price asks for approval.
import type { ApprovalReason, QuoteState } from "../api/types_sales";
import type { Tone } from "../parts/tracks";

export const quoteTone: Record<QuoteState, Tone> = { draft: "quiet", sent: "move", accepted: "good", declined: "bad", expired: "wait" };
export const reasonWord = { below_floor: "below_floor", discount: "discountReason", margin: "marginReason", unlisted: "unlisted" } as const satisfies Record<ApprovalReason, string>;
