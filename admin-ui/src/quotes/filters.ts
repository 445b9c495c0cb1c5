// The list's filters as search params.
import type { QuoteState } from "../api/types_sales";

export type QuoteFilters = { state?: QuoteState };
export const quoteStates: QuoteState[] = ["draft", "sent", "accepted", "declined", "expired"];

export function parseQuoteFilters(raw: Record<string, unknown>): QuoteFilters {
  const state = quoteStates.find((each) => each === raw["state"]);
  return state ? { state } : {};
}
