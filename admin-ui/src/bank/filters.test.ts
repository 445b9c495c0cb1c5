// BANKS-1: an address stands for the same lines again, and an address somebody typed never fails.
import { expect, it } from "vitest";
import { readSearch, searchText } from "../api/search";
import { parseBankFilters } from "./filters";

it("banks_1_filters_survive_the_address", () => {
  const text = `account=bac_${"0a".repeat(16)}&state=open&text=W-77&from=2026-11-01&to=2026-11-30&line=bln_${"0b".repeat(16)}`;
  expect(searchText(parseBankFilters(readSearch(text)))).toBe(text);
});

it("drops what it does not know", () => {
  expect(parseBankFilters({ account: "x", state: "lost", text: " ", from: "soon", line: 5, page: 3 })).toEqual({});
});
