import { expect, it } from "vitest";
import { parseQuoteFilters } from "../quotes/filters";
import { parseApprovalFilters } from "./filters";

it("takes what it knows and drops the rest", () => {
  expect(parseApprovalFilters({ owner: "all", kind: "price", page: "3" })).toEqual({ owner: "all", kind: "price" });
  expect(parseApprovalFilters({ owner: "per_1", kind: ["price"] })).toEqual({});
  expect(parseQuoteFilters({ state: "sent", company: "x" })).toEqual({ state: "sent" });
  expect(parseQuoteFilters({ state: "lost" })).toEqual({});
});
