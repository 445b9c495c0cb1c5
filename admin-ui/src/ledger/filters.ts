// What the pages of the ledger show, as search params.
import type { EntryQuery } from "../api/types_ledger";
import { dayOf, dayStart } from "../orders/list/filters";

type Raw = Record<string, unknown>;
const isDay = (value: unknown): value is string => typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value));

/** A span of whole days, and an account that is opened. */
export type LedgerPlace = { as_of?: string; from?: string; account?: string; currency?: string };

export function parseLedgerPlace(raw: Raw): LedgerPlace {
  const place: LedgerPlace = {};
  if (isDay(raw["as_of"])) place.as_of = raw["as_of"];
  if (isDay(raw["from"])) place.from = raw["from"];
  if (typeof raw["account"] === "string" && raw["account"] !== "") place.account = raw["account"].slice(0, 200);
  if (typeof raw["currency"] === "string" && /^[A-Z]{3}$/.test(raw["currency"])) place.currency = raw["currency"];
  return place;
}

/** Days in the address; instants when the server is asked. */
export type EntryFilters = Omit<EntryQuery, "limit" | "cursor">;

export function parseEntryFilters(raw: Raw): EntryFilters {
  const filters: EntryFilters = {};
  for (const name of ["role", "account", "order", "kind"] as const) {
    const value = raw[name];
    if (typeof value === "string" && value.trim() !== "") filters[name] = value.trim().slice(0, 200);
  }
  for (const name of ["from", "to"] as const) {
    const value = raw[name];
    if (isDay(value)) filters[name] = value;
  }
  return filters;
}

export function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}

/** The instant with which a day is over in the zone. */
export function dayEnd(day: string, zone: string): string {
  return dayStart(dayAfter(day), zone);
}

/** The last instant of a day in the zone, as exact as the server's clock. */
export function dayLast(day: string, zone: string): string {
  return new Date(Date.parse(dayEnd(day, zone)) - 1000).toISOString().replace(".000Z", ".999999Z");
}

export function today(zone: string): string {
  return dayOf(new Date().toISOString(), zone);
}

export function entryQuery({ from, to, ...rest }: EntryFilters, zone: string): EntryQuery {
  return { ...rest, ...(from && { from: dayStart(from, zone) }), ...(to && { to: dayEnd(to, zone) }) };
}
