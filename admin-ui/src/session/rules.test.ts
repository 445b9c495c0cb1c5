import { expect, it } from "vitest";
import { safeReturn } from "./rules";

it("returns only to paths of this site", () => {
  expect(safeReturn("/orders?text=a")).toBe("/orders?text=a");
  for (const elsewhere of ["//evil.example", "/\\evil.example", "https://evil.example", "", undefined]) {
    expect(safeReturn(elsewhere)).toBe("/orders");
  }
});
