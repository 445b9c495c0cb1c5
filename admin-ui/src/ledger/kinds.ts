// The kinds of entries this build has words for.
export const entryKinds = [
  "tender",
  "sale",
  "refund",
  "return",
  "allowance",
  "settlement",
  "bank_match",
  "reversal",
  "manual",
  "points_earned",
  "points_expired",
  "cost_of_sale",
  "voucher_sold",
  "voucher_expired",
] as const;
