// The filters of the bank's lines as typed search params; `line` is the one that is opened.
import type { BankLineQuery } from "../api/types_bank";

export type BankFilters = Pick<BankLineQuery, "account" | "state" | "text" | "from" | "to"> & { line?: string };

const shapes: Record<keyof BankFilters, RegExp> = {
  account: /^bac_[0-9a-f]{32}$/,
  state: /^(open|matched)$/,
  text: /\S/,
  from: /^\d{4}-\d{2}-\d{2}$/,
  to: /^\d{4}-\d{2}-\d{2}$/,
  line: /^bln_[0-9a-f]{32}$/,
};

/** Takes what it knows and drops the rest; never fails on an address somebody typed. */
export function parseBankFilters(raw: Record<string, unknown>): BankFilters {
  const filters: BankFilters = {};
  for (const name of Object.keys(shapes) as (keyof BankFilters)[]) {
    const value = raw[name];
    if (typeof value === "string" && shapes[name].test(value)) filters[name] = value.slice(0, 100);
  }
  return filters;
}
