// HOLDS-1: an address stands for the same queue again, and an address somebody typed never fails.
import { expect, it } from "vitest";
import { readSearch, searchText } from "../api/search";
import { parseHoldFilters } from "./filters";

it("holds_1_filters_survive_the_address", () => {
  const company = `com_${"0a".repeat(16)}`;
  const text = `type=credit&type=risk&owner=me&company=${company}&currency=VND&sort=-age`;
  expect(searchText(parseHoldFilters(readSearch(text)))).toBe(text);
});

it("drops what it does not know", () => {
  expect(parseHoldFilters({ type: ["credit", "credit", "nonsense"], owner: "you", company: "x", currency: "dong", sort: "sideways", page: 3 })).toEqual({ type: ["credit"] });
  expect(parseHoldFilters({ type: "manual", sort: "-value", currency: "vnd" })).toEqual({ type: ["manual"], currency: "VND" });
});
