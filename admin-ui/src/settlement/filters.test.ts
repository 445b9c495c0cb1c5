// SETTLEMENTS-1: an address stands for the same place again, and an address somebody typed never fails.
import { expect, it } from "vitest";
import { readSearch, searchText } from "../api/search";
import { parseSettlementPlace } from "./filters";

it("settlements_1_the_place_survives_the_address", () => {
  const text = `shop=cha_${"0a".repeat(16)}&view=statements&state=short_paid&statement=stm_${"0b".repeat(16)}&lines=open`;
  expect(searchText(parseSettlementPlace(readSearch(text)))).toBe(text);
});

it("drops what it does not know", () => {
  expect(parseSettlementPlace({ shop: "x", view: "sideways", state: "lost", statement: 5, lines: "all" })).toEqual({});
});
