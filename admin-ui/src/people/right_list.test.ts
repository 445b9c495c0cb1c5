import { expect, it } from "vitest";
import { grouped } from "./right_list";

it("groups rights by what they are about, in the server's order", () => {
  expect(grouped(["orders:read", "channels:read", "orders:hold"])).toEqual([
    ["orders", ["orders:read", "orders:hold"]],
    ["channels", ["channels:read"]],
  ]);
});
