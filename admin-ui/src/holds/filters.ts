// The queue's filters as typed search params: the address of the page and the query of the API are the same words.
import type { HoldQuery } from "../api/types_credit";
import { holds } from "../parts/tracks";

export type HoldFilters = Pick<HoldQuery, "type" | "owner" | "company" | "currency" | "sort">;
export const holdTypes = Object.keys(holds);
export const sorts = ["-value", "value", "-age", "age"] as const;

/** Takes what it knows and drops the rest; never fails on an address somebody typed. */
export function parseHoldFilters(raw: Record<string, unknown>): HoldFilters {
  const filters: HoldFilters = {};
  const types = [raw["type"]].flat().filter((type): type is string => typeof type === "string" && holdTypes.includes(type));
  if (types.length > 0) filters.type = [...new Set(types)];
  const text = (name: string, shape: RegExp) => {
    const value = raw[name];
    return typeof value === "string" && shape.test(value) ? value : undefined;
  };
  const owner = text("owner", /^(me|none|per_[0-9a-f]{32})$/);
  if (owner) filters.owner = owner;
  const company = text("company", /^com_[0-9a-f]{32}$/);
  if (company) filters.company = company;
  const currency = text("currency", /^[A-Za-z]{3}$/);
  if (currency) filters.currency = currency.toUpperCase();
  const sort = sorts.find((each) => each === raw["sort"]);
  // The default is left out of the address.
  if (sort && sort !== "-value") filters.sort = sort;
  return filters;
}
