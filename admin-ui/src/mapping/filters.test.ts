import { expect, it } from "vitest";
import { isWhole, listingText, parseMappingPlace } from "./filters";

it("takes what it knows of an address", () => {
  expect(parseMappingPlace({ tab: "mapped", product: "pdt_1", other: 1 })).toEqual({ tab: "mapped", product: "pdt_1" });
  expect(parseMappingPlace({ tab: "held", account: " " })).toEqual({});
  expect(parseMappingPlace({ tab: "nonsense", text: "x".repeat(300) }).text).toHaveLength(100);
});

it("reads a listing", () => {
  expect(listingText("sku:TS:01")).toEqual({ by: "sku", text: "TS:01" });
  expect(listingText("name:Áo thun")).toEqual({ by: "name", text: "Áo thun" });
});

it("sends whole choices only", () => {
  expect(isWhole([{ sku: "A", quantity: "1" }, { sku: "B", quantity: "0.25" }])).toBe(true);
  for (const parts of [[], [{ sku: null, quantity: "1" }], [{ sku: "A", quantity: "0" }], [{ sku: "A", quantity: "-1" }], [{ sku: "A", quantity: "1e3" }], [{ sku: "A", quantity: "1" }, { sku: "A", quantity: "2" }]]) {
    expect(isWhole(parts)).toBe(false);
  }
});
