// What the pages of receivables show, as search params.
import type { Bucket } from "../api/types_receivables";

export const buckets: Bucket[] = ["current", "1-30", "31-60", "61-90", "90+"];

/** A debtor that is opened, in a currency, perhaps one bucket of it; the days of a statement. */
export type ReceivablePlace = { debtor?: string; currency?: string; bucket?: Bucket; company?: string; from?: string; to?: string; run?: string };

const isDay = (value: unknown): value is string => typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value));

export function parseReceivablePlace(raw: Record<string, unknown>): ReceivablePlace {
  const place: ReceivablePlace = {};
  for (const name of ["debtor", "company", "run"] as const) {
    const value = raw[name];
    if (typeof value === "string" && value !== "") place[name] = value.slice(0, 200);
  }
  if (typeof raw["currency"] === "string" && /^[A-Z]{3}$/.test(raw["currency"])) place.currency = raw["currency"];
  const bucket = buckets.find((known) => known === raw["bucket"]);
  if (bucket) place.bucket = bucket;
  if (isDay(raw["from"])) place.from = raw["from"];
  if (isDay(raw["to"])) place.to = raw["to"];
  return place;
}
