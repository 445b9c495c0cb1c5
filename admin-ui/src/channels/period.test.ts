import { expect, it } from "vitest";
import { isOpen, periodOf, shareRead } from "./period";

const zone = "Asia/Ho_Chi_Minh";
const now = Date.parse("2026-11-23T09:00:00Z");

it("takes whole days of the tenant's zone", () => {
  const { from, until } = periodOf("2026-11-01", "2026-11-02", zone, now);
  expect(from).toBe("2026-10-31T17:00:00Z");
  expect(Date.parse(until)).toBe(Date.parse("2026-11-02T17:00:00Z"));
});

it("ends before now, whatever the day", () => {
  expect(periodOf("2026-11-01", "2026-11-23", zone, now).until).toBe("2026-11-23T08:59:00.000Z");
});

it("says how much was read", () => {
  const of = (reached: string) => shareRead({ from: "2026-11-01T00:00:00Z", until: "2026-11-11T00:00:00Z", reached });
  expect(["2026-11-01T00:00:00Z", "2026-11-06T00:00:00Z", "2026-11-11T00:00:00Z"].map(of)).toEqual([0, 50, 100]);
});

it("knows which go on", () => {
  expect((["queued", "running", "done", "cancelled", "failed"] as const).filter((state) => isOpen({ state }))).toEqual(["queued", "running"]);
});
