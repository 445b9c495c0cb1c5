// INVOICE-UI-1: filters live in the address: whole days of the tenant's zone, known words only, tax codes as they are.
import { expect, it } from "vitest";
import { invoiceQuery, parseInvoiceFilters } from "./filters";

it("invoice_ui_1_filters_are_read_from_the_address", () => {
  expect(parseInvoiceFilters({ kind: "credit_note", state: "sent", number: " INV-2026-000007 ", from: "2026-07-01" })).toEqual({ kind: "credit_note", state: "sent", number: "INV-2026-000007", from: "2026-07-01" });
  expect(parseInvoiceFilters({ kind: "receipt", state: "lost", number: "", to: "soon", nonsense: 1 })).toEqual({});
  expect(parseInvoiceFilters({ number: 1801234562 })).toEqual({ number: "1801234562" });
});

it("asks for whole days of the zone", () => {
  expect(invoiceQuery({ from: "2026-07-01", to: "2026-07-01", state: "issued" }, "Asia/Ho_Chi_Minh")).toEqual({ state: "issued", from: "2026-06-30T17:00:00Z", to: "2026-07-01T17:00:00Z" });
});
