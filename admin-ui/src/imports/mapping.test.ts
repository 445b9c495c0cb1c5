import { expect, it } from "vitest";
import { asMapping, fileSize, missing, withColumn } from "./mapping";

it("keeps what the form does not show", () => {
  const mapping = asMapping({ columns: { order: "Mã đơn" }, line_kinds: [{ sku: "POST", kind: "shipping" }] });
  expect(withColumn(mapping, "sku", "Mã hàng")).toEqual({
    columns: { order: "Mã đơn", sku: "Mã hàng" },
    line_kinds: [{ sku: "POST", kind: "shipping" }],
  });
  expect(withColumn(mapping, "order", null).columns).toEqual({});
});

it("names what is missing", () => {
  expect(missing(asMapping({}))).toEqual(["order", "quantity", "unit_price", "currency"]);
  expect(missing(asMapping({ columns: { order: "a", quantity: "b", unit_price: "c", currency: "d" } }))).toEqual([]);
  expect(missing(asMapping({ columns: { order: "a", quantity: "b", unit_price: "c" }, currency: "VND" }))).toEqual([]);
});

it("writes sizes", () => {
  expect(fileSize(512, "en")).toBe("1 kB");
  expect(fileSize(45_580_638, "en")).toBe("43.5 MB");
});
