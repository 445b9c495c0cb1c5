// What is typed stays in this tab until the sale is done, also when the page is loaded again.
import { onceKey } from "../api/once";
import { noDiscount, type Discount, type SaleLine } from "./sale";
import type { Tender } from "./tenders";

/** Cash as it went over the counter: the server only hears what was kept. */
export type Finished = { order: string; given: string; change: string };
export type Kept = {
  account: string | null;
  drawer: string | null;
  /** Makes the sale happen once, however often it is sent. */
  key: string;
  lines: SaleLine[];
  discount: Discount;
  phone: string;
  tenders: Tender[];
  paying: boolean;
  finished: Finished | null;
};

export function nextSale({ account, drawer }: Pick<Kept, "account" | "drawer">): Kept {
  return { account, drawer, key: onceKey(), lines: [], discount: noDiscount, phone: "", tenders: [], paying: false, finished: null };
}

/** What was kept; anything that is not of this shape is left aside. */
export function readKept(text: string | null): Kept | null {
  if (text === null) return null;
  try {
    const kept = JSON.parse(text) as Partial<Kept>;
    const whole = typeof kept.key === "string" && Array.isArray(kept.lines) && Array.isArray(kept.tenders) && typeof kept.phone === "string" && typeof kept.discount?.text === "string";
    return whole ? { ...nextSale({ account: null, drawer: null }), ...kept } : null;
  } catch {
    return null;
  }
}
