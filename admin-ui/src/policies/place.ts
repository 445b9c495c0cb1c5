// What the page of policies shows, as search params.
export const outcomes = ["approve", "hold", "deposit", "failed"] as const;
export type PolicyPlace = { view?: "decisions"; outcome?: (typeof outcomes)[number]; order?: string; company?: string; policy?: string };

export function parsePolicyPlace(raw: Record<string, unknown>): PolicyPlace {
  const place: PolicyPlace = {};
  if (raw["view"] === "decisions") place.view = "decisions";
  const outcome = outcomes.find((each) => each === raw["outcome"]);
  if (outcome) place.outcome = outcome;
  for (const name of ["order", "company", "policy"] as const) {
    const value = raw[name];
    if (typeof value === "string" && /^[a-z]{2,8}_[0-9a-f]{32}$/.test(value)) place[name] = value;
  }
  return place;
}
