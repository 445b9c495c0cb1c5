// The list's filters as typed search params. The address of the page and the query of the API are the same words,
// so that an address can be shared and a saved view is just a query.
import type { OrderQuery } from "../../api/paths";
import { readSearch, searchText } from "../../api/search";

export type OrderFilters = Omit<OrderQuery, "limit" | "cursor">;
type Raw = Record<string, unknown>;

const many = ["channel", "payment", "delivery", "invoice"] as const;
const single = [
  "account",
  "segment",
  "hold",
  "source",
  "staff",
  "branch",
  "tender",
  "placed_from",
  "placed_to",
  "total_min",
  "total_max",
  "currency",
  "tag",
  "text",
  "customer",
] as const;
const flags = ["returned", "test"] as const;

export type FilterName = keyof OrderFilters;

/** Takes what it knows and drops the rest; never fails on an address somebody typed. */
export function parseFilters(raw: Raw): OrderFilters {
  const filters: OrderFilters = {};
  for (const name of many) {
    const values = [raw[name]].flat().filter((value) => typeof value === "string" && value !== "") as string[];
    if (values.length > 0) filters[name] = [...new Set(values)];
  }
  for (const name of single) {
    const value = [raw[name]].flat()[0];
    if (typeof value === "string" && value.trim() !== "") filters[name] = value.trim().slice(0, 200);
  }
  for (const name of flags) {
    if (raw[name] === "true" || raw[name] === true) filters[name] = true;
    if (raw[name] === "false" || raw[name] === false) filters[name] = false;
  }
  if (raw["sort"] === "placed_at") filters.sort = "placed_at";
  return filters;
}

export function toQueryText(filters: OrderFilters): string {
  return searchText(filters);
}

export function fromQueryText(text: string): OrderFilters {
  return parseFilters(readSearch(text));
}

/** Tabs are presets of hold, payment and delivery; a tab replaces these three and keeps every other filter. */
const waitingPayment = ["unpaid", "deposit_paid", "cod_pending", "authorized", "partially_paid"];
const toShip = ["unallocated", "packed"];
const onTheWay = ["shipped", "partially_shipped"];
const arrived = ["delivered", "partially_delivered"];
const comingBack = ["failed", "returning", "returned", "partially_returned"];

export const tabs = {
  all: {},
  held: { hold: "any" },
  to_pay: { payment: waitingPayment },
  to_ship: { delivery: toShip },
  on_the_way: { delivery: onTheWay },
  arrived: { delivery: arrived },
  coming_back: { delivery: comingBack },
  cancelled: { delivery: ["cancelled"] },
} satisfies Record<string, OrderFilters>;
export type Tab = keyof typeof tabs;
export const tabNames = Object.keys(tabs) as Tab[];

const ofTabs = ["hold", "payment", "delivery"] as const;

export function withoutTab(filters: OrderFilters): OrderFilters {
  const rest = { ...filters };
  for (const name of ofTabs) delete rest[name];
  return rest;
}

export function withTab(filters: OrderFilters, tab: Tab): OrderFilters {
  return { ...withoutTab(filters), ...tabs[tab] };
}

/** The tab these filters stand for, or none when a person chose states by hand. */
export function tabOf(filters: OrderFilters): Tab | null {
  const shape = (of: OrderFilters) =>
    JSON.stringify(ofTabs.map((name) => [of[name] ?? []].flat().toSorted((a, b) => a.localeCompare(b))));
  return tabNames.find((tab) => shape(tabs[tab]) === shape(filters)) ?? null;
}

type Counts = {
  total: number;
  held: number;
  by_payment: Partial<Record<string, number>>;
  by_delivery: Partial<Record<string, number>>;
};

export function tabCount(tab: Tab, counts: Counts): number {
  if (tab === "all") return counts.total;
  if (tab === "held") return counts.held;
  const preset: OrderFilters = tabs[tab];
  const sum = (states: string[] | undefined, by: Counts["by_payment"]) =>
    (states ?? []).reduce((all, state) => all + (by[state] ?? 0), 0);
  return sum(preset.payment, counts.by_payment) + sum(preset.delivery, counts.by_delivery);
}

/** Chips of the filter bar: what a tab or the search box shows already is not repeated. */
export function chipNames(filters: OrderFilters): FilterName[] {
  const shownElsewhere = new Set<FilterName>(["text", "sort"]);
  if (tabOf(filters) !== null) for (const name of ofTabs) shownElsewhere.add(name);
  return (Object.keys(filters) as FilterName[]).filter((name) => !shownElsewhere.has(name));
}

/** A day picked in the tenant's zone, as the instant it begins there. */
export function dayStart(day: string, zone: string): string {
  const utc = new Date(`${day}T00:00:00Z`);
  // The zone's offset can differ between the guess and the answer around a clock change: look twice.
  let at = utc.getTime() - offsetMs(utc, zone);
  at = utc.getTime() - offsetMs(new Date(at), zone);
  return new Date(at).toISOString().replace(".000Z", "Z");
}

function offsetMs(at: Date, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(at);
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  const wall = Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
  return wall - Math.floor(at.getTime() / 1000) * 1000;
}

/** The day an instant falls on in the zone, `2026-11-23`. */
export function dayOf(at: string, zone: string): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short" }).format(new Date(at));
}
