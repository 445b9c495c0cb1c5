// LEDGER-UI-1: whole days of the tenant's zone become the right instants, and addresses are read without failing.
import { expect, it } from "vitest";
import { dayAfter, dayEnd, dayLast, entryQuery, parseEntryFilters, parseLedgerPlace } from "./filters";

it("ledger_ui_1_days_are_days_of_the_zone", () => {
  expect(dayAfter("2026-12-31")).toBe("2027-01-01");
  expect(dayAfter("2028-02-28")).toBe("2028-02-29");
  expect(dayEnd("2026-10-31", "Asia/Ho_Chi_Minh")).toBe("2026-10-31T17:00:00Z");
  expect(dayEnd("2026-10-25", "Europe/Berlin")).toBe("2026-10-25T23:00:00Z");
  expect(dayLast("2026-10-31", "Asia/Ho_Chi_Minh")).toBe("2026-10-31T16:59:59.999999Z");
  expect(entryQuery({ from: "2026-10-01", to: "2026-10-31", kind: "sale" }, "Asia/Ho_Chi_Minh")).toEqual({ kind: "sale", from: "2026-09-30T17:00:00Z", to: "2026-10-31T17:00:00Z" });
});

it("drops what it does not know", () => {
  expect(parseLedgerPlace({ as_of: "soon", from: "2026-01-01", currency: "dong", account: "" })).toEqual({ from: "2026-01-01" });
  expect(parseEntryFilters({ kind: " sale ", from: "2026-13-99", to: "2026-01-01", nonsense: 1 })).toEqual({ kind: "sale", to: "2026-01-01" });
});
