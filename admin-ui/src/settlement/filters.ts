// The workbench's place as typed search params: the shop, the view, its filters, and the statement that is opened.
export type SettlementPlace = { shop?: string; view?: "statements"; state?: string; statement?: string; lines?: string };

const shapes: Record<keyof SettlementPlace, RegExp> = {
  shop: /^cha_[0-9a-f]{32}$/,
  view: /^statements$/,
  state: /^(not_yet_released|matched|short_paid|over_paid|unknown_order)$/,
  statement: /^stm_[0-9a-f]{32}$/,
  lines: /^(matched|told|open|disputed|booked)$/,
};

/** Takes what it knows and drops the rest; never fails on an address somebody typed. */
export function parseSettlementPlace(raw: Record<string, unknown>): SettlementPlace {
  const place: Record<string, string> = {};
  for (const [name, shape] of Object.entries(shapes)) {
    const value = raw[name];
    if (typeof value === "string" && shape.test(value)) place[name] = value;
  }
  return place as SettlementPlace;
}
