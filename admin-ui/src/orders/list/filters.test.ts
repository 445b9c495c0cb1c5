import { describe, expect, it } from "vitest";
import { readSearch, searchText } from "../../api/search";
import {
  chipNames,
  dayOf,
  dayStart,
  fromQueryText,
  parseFilters,
  tabCount,
  tabNames,
  tabOf,
  toQueryText,
  withTab,
} from "./filters";

describe("filters in the address", () => {
  it("reads repeated keys as lists and drops what it does not know", () => {
    const filters = parseFilters(readSearch("channel=shopee&channel=tiktok&channel=shopee&nonsense=1&text=%20%C4%91%C3%A8n%20&sort=up"));
    expect(filters).toEqual({ channel: ["shopee", "tiktok"], text: "đèn" });
  });
  it("goes to text and back unchanged", () => {
    const filters = { channel: ["pos"], payment: ["paid", "unpaid"], returned: false, text: "áo & quần", sort: "placed_at" as const };
    expect(fromQueryText(toQueryText(filters))).toEqual(filters);
    expect(searchText({ empty: "", none: undefined })).toBe("");
  });
  it("limits the text somebody pastes", () => {
    expect(parseFilters({ text: "x".repeat(5000) }).text).toHaveLength(200);
  });
});

describe("tabs", () => {
  it("are recognised whatever the order of their states", () => {
    for (const tab of tabNames) expect(tabOf(withTab({ text: "a" }, tab))).toBe(tab);
    expect(tabOf({ delivery: ["partially_shipped", "shipped"] })).toBe("on_the_way");
    expect(tabOf({ delivery: ["shipped"] })).toBeNull();
  });
  it("replace one another and keep the rest", () => {
    expect(withTab(withTab({ channel: ["pos"] }, "held"), "cancelled")).toEqual({ channel: ["pos"], delivery: ["cancelled"] });
  });
  it("count by the states they stand for", () => {
    const counts = { total: 12, held: 2, by_payment: { unpaid: 3, paid: 4, authorized: 1 }, by_delivery: { packed: 5 } };
    expect(tabNames.map((tab) => tabCount(tab, counts))).toEqual([12, 2, 4, 5, 0, 0, 0, 0]);
  });
  it("hide their own chips", () => {
    expect(chipNames({ delivery: ["cancelled"], channel: ["pos"], text: "a" })).toEqual(["channel"]);
    expect(chipNames({ delivery: ["shipped"] })).toEqual(["delivery"]);
  });
});

describe("days in the tenant's zone", () => {
  it("begin at the zone's midnight, also around a clock change", () => {
    expect(dayStart("2026-11-23", "Asia/Ho_Chi_Minh")).toBe("2026-11-22T17:00:00Z");
    expect(dayStart("2026-03-29", "Europe/Berlin")).toBe("2026-03-28T23:00:00Z");
    expect(dayStart("2026-03-30", "Europe/Berlin")).toBe("2026-03-29T22:00:00Z");
    expect(dayStart("2026-03-08", "America/New_York")).toBe("2026-03-08T05:00:00Z");
    expect(dayOf(dayStart("2026-11-23", "America/New_York"), "America/New_York")).toBe("2026-11-23");
  });
});
