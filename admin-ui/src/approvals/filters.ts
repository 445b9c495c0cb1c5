// Whose, and of which kind, as search params.
export type ApprovalFilters = { owner?: "all" | "none"; kind?: "price" | "hold" };

export function parseApprovalFilters(raw: Record<string, unknown>): ApprovalFilters {
  const owner = (["all", "none"] as const).find((each) => each === raw["owner"]);
  const kind = (["price", "hold"] as const).find((each) => each === raw["kind"]);
  return { ...(owner && { owner }), ...(kind && { kind }) };
}
