// What was scanned or typed, and what the list says it costs.
import type { Product } from "../api/types_products";
import type { ListPrice, PriceList } from "../api/types_sales";
import type { Break } from "./sale";

const folded = (text: string) => text.trim().toLowerCase();

/** The one product whose barcode, else whose SKU, is exactly what was scanned. */
export function exactly(products: Product[], scanned: string): Product | undefined {
  const code = scanned.trim();
  return products.find(({ barcode }) => barcode === code) ?? products.find(({ sku }) => folded(sku) === folded(code));
}

/** The lists that count for somebody who comes to the counter, the most particular first. `day` is the tenant's. */
export function listsFor(lists: PriceList[], currency: string, day: string): PriceList[] {
  const counts = ({ currency: of, segment, companies, archived_at, newest }: PriceList) =>
    of === currency && segment !== "b2b" && companies.length === 0 && archived_at === null && newest.valid_from <= day && (newest.valid_until === null || day <= newest.valid_until);
  const rank = ({ segment }: PriceList) => (segment === "b2c" ? 0 : 1);
  return lists.filter(counts).toSorted((a, b) => rank(a) - rank(b));
}

/** The breaks of a SKU among prices that were searched by its text. */
export function breaksOf(prices: ListPrice[], sku: string): Break[] {
  return prices.filter((each) => each.sku === sku).map(({ min_quantity, price }) => ({ min_quantity, price }));
}

/** The day in the tenant's zone. */
export function dayIn(zone: string, now: Date): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).format(now);
}
