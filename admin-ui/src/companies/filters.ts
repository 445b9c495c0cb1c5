// The list's filters as search params.
import type { CompanyStatus } from "../api/types_credit";

export type CompanyFilters = { text?: string; status?: CompanyStatus };
export const statuses: CompanyStatus[] = ["active", "blocked", "closed"];

export function parseCompanyFilters(raw: Record<string, unknown>): CompanyFilters {
  const filters: CompanyFilters = {};
  const text = raw["text"];
  if (typeof text === "string" && text.trim() !== "") filters.text = text.trim().slice(0, 200);
  const status = statuses.find((each) => each === raw["status"]);
  if (status) filters.status = status;
  return filters;
}
