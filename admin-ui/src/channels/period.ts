// A period of older orders: from two days of the tenant's to instants, and how much of it was read.
import type { Backfill } from "../api/types_admin";
import { dayEnd } from "../ledger/filters";
import { dayStart } from "../orders/list/filters";

/** The server takes no period that ends in its future, and clocks differ: today ends a minute ago. */
const clockMs = 60_000;

/** From the beginning of one day to the end of the other, at most now. */
export function periodOf(from: string, until: string, zone: string, now: number): { from: string; until: string } {
  const end = Math.min(Date.parse(dayEnd(until, zone)), now - clockMs);
  return { from: dayStart(from, zone), until: new Date(end).toISOString() };
}

export function isOpen(of: Pick<Backfill, "state">): boolean {
  return of.state === "queued" || of.state === "running";
}

/** How much of the period was read, 0 to 100. */
export function shareRead(of: Pick<Backfill, "from" | "until" | "reached">): number {
  const [from, until, reached] = [of.from, of.until, of.reached].map((at) => Date.parse(at)) as [number, number, number];
  return until > from ? Math.min(100, Math.max(0, ((reached - from) / (until - from)) * 100)) : 100;
}
