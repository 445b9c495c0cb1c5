// What the list of tax invoices shows, as search params.
import { type InvoiceQuery, invoiceKinds, invoiceStates } from "../api/types_invoices";
import { dayEnd } from "../ledger/filters";
import { dayStart } from "../orders/list/filters";

type Raw = Record<string, unknown>;
const isDay = (value: unknown): value is string => typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value));

/** Days in the address; instants when the server is asked. */
export type InvoiceFilters = Omit<InvoiceQuery, "limit" | "cursor">;

export function parseInvoiceFilters(raw: Raw): InvoiceFilters {
  const filters: InvoiceFilters = {};
  const kind = invoiceKinds.find((each) => each === raw["kind"]);
  if (kind) filters.kind = kind;
  const state = invoiceStates.find((each) => each === raw["state"]);
  if (state) filters.state = state;
  for (const name of ["number", "order"] as const) {
    const value = raw[name];
    // A tax code of digits alone reads as a number in an address.
    const text = typeof value === "number" ? String(value) : value;
    if (typeof text === "string" && text.trim() !== "") filters[name] = text.trim().slice(0, 200);
  }
  for (const name of ["from", "to"] as const) {
    const value = raw[name];
    if (isDay(value)) filters[name] = value;
  }
  return filters;
}

export function invoiceQuery({ from, to, ...rest }: InvoiceFilters, zone: string): InvoiceQuery {
  return { ...rest, ...(from && { from: dayStart(from, zone) }), ...(to && { to: dayEnd(to, zone) }) };
}
