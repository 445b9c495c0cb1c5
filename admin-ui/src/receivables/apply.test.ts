import { expect, it } from "vitest";
import type { ReceivableItem } from "../api/types_receivables";
import { owingOrders } from "./apply";

const item = (order: string | null, due_on: string, amount: string): ReceivableItem => ({ order_id: order, order_number: order ? Number(order.slice(4)) : null, version: 1, debtor: "com_1", due_on, days: 0, amount: { amount, currency: "VND" } });

it("an order is settled once, whatever its dues; what is owed to the buyer is no debt", () => {
  const owing = owingOrders([item("ord_1", "2026-11-01", "30"), item("ord_2", "2026-11-02", "5"), item("ord_1", "2026-12-01", "70"), item("ord_3", "2026-12-02", "-9"), item(null, "2026-12-03", "4")]);
  expect(owing).toEqual([
    { order: "ord_1", number: 1, due_on: "2026-11-01", amount: "100", currency: "VND" },
    { order: "ord_2", number: 2, due_on: "2026-11-02", amount: "5", currency: "VND" },
  ]);
});
