import { expect, it } from "vitest";
import { parseReceivablePlace } from "./filters";

it("keeps what is known and drops the rest", () => {
  expect(parseReceivablePlace({ debtor: "com_1", currency: "VND", bucket: "90+", from: "2026-11-01", to: "x", other: "y" })).toEqual({ debtor: "com_1", currency: "VND", bucket: "90+", from: "2026-11-01" });
  expect(parseReceivablePlace({ bucket: "old", currency: "dong", debtor: "" })).toEqual({});
});
