// The shape of docs/api.md in which an order is told.
import type { ComponentKind, Funder } from "./types";

export type NewComponent = { kind: ComponentKind; funded_by: Funder; amount: string; code?: string };
export type NewTax = { name: string; rate?: string; amount: string; included: boolean };
export type NewLine = { id: string; sku?: string; name?: string; quantity: string; unit_price: string; components: NewComponent[]; taxes: NewTax[] };
export type NewTender = { id: string; method: string; state: "captured"; amount: string; holder: "tenant" | "processor"; reference?: string; account?: string };
export type NewOrder = {
  channel_account_id: string;
  currency: string;
  segment: "b2c";
  buyer?: { phone: string };
  staff: string;
  branch?: string;
  lines: NewLine[];
  tenders: NewTender[];
  stated_total: string;
};
