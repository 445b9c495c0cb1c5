// A sale over the counter as it is typed, and what it comes to. Everything typed is kept as text in the writing of the
// language; amounts are decimal text. The sums follow the server's: a line is quantity x price less its reductions.
import type { NewComponent, NewLine, NewTax } from "../api/types_new_order";
import { added, compared, isZero, multiplied, partOf, rounded, shared, subtracted, sum, trimmed, typedDecimal, written } from "../parts/decimal";

export type Discount = { kind: "percent" | "amount"; text: string };
/** A price of the list from a quantity on. */
export type Break = { min_quantity: string; price: string };
export type ListTax = { rate: string; included: boolean };
export type SaleLine = {
  id: string;
  /** What is not in the catalogue has none. */
  sku: string | null;
  name: string;
  unit: string | null;
  quantity: string;
  breaks: Break[];
  tax: ListTax | null;
  /** A price typed by hand counts before the list's. */
  price: string;
  discount: Discount;
};
export type Item = Pick<SaleLine, "sku" | "name" | "unit" | "breaks" | "tax">;

export type LineSums = {
  quantity: string;
  /** What the list says; null without one. */
  listPrice: string | null;
  price: string | null;
  gross: string;
  /** Below the list's price, by hand. */
  lowered: string;
  discount: string;
  /** Its part of the discount on the whole sale. */
  share: string;
  net: string;
  tax: string;
  total: string;
};
export type Wrong = "noPrice" | "noQuantity" | "noDiscount" | "discountAbove";
export type Sums = {
  lines: LineSums[];
  gross: string;
  /** Of the lines and of the whole sale together. */
  discount: string;
  taxIncluded: string;
  taxOnTop: string;
  total: string;
  units: string;
  /** By line id; the whole sale's discount by the empty id. */
  wrong: Record<string, Wrong>;
};

export const noDiscount: Discount = { kind: "percent", text: "" };

/** One more of it: the line it is on already, else a line of its own. */
export function withItem(lines: SaleLine[], item: Item, id: string, locale: string): SaleLine[] {
  const there = item.sku === null ? undefined : lines.find((line) => line.sku === item.sku);
  if (there) return lines.map((line) => (line === there ? { ...stepped(line, "1", locale), breaks: item.breaks, tax: item.tax } : line));
  return [...lines, { ...item, id, quantity: "1", price: "", discount: noDiscount }];
}

/** More or fewer by a step; one that would leave nothing keeps what is there. */
export function stepped(line: SaleLine, step: string, locale: string): SaleLine {
  const next = added(typedDecimal(line.quantity, locale) ?? "0", step);
  return compared(next, "0") > 0 ? { ...line, quantity: written(next, locale) } : line;
}

/** The price at the break that the quantity reaches. */
export function listPrice(breaks: Break[], quantity: string): string | null {
  const reached = breaks.filter((each) => compared(each.min_quantity, quantity) <= 0);
  return reached.reduce<Break | null>((best, each) => (best === null || compared(each.min_quantity, best.min_quantity) > 0 ? each : best), null)?.price ?? null;
}

/** What a discount takes from an amount; null when it is no number. Nothing typed is no discount. */
function taken(discount: Discount, amount: string, digits: number, locale: string): string | null {
  if (discount.text.trim() === "") return "0";
  const value = typedDecimal(discount.text, locale);
  if (value === null) return null;
  return discount.kind === "percent" ? partOf(amount, value, "100", digits) : rounded(value, digits);
}

/** What a sale comes to, and what of it cannot be sold yet. */
export function sumsOf(lines: SaleLine[], whole: Discount, digits: number, locale: string): Sums {
  const wrong: Record<string, Wrong> = {};
  const priced = lines.map((line) => {
    const typed = typedDecimal(line.quantity, locale);
    const quantity = typed !== null && !isZero(typed) ? typed : "0";
    const list = listPrice(line.breaks, quantity);
    const price = line.price.trim() === "" ? list : typedDecimal(line.price, locale);
    if (isZero(quantity)) wrong[line.id] = "noQuantity";
    else if (price === null) wrong[line.id] = "noPrice";
    const at = list !== null && price !== null && compared(list, price) > 0 ? list : (price ?? "0");
    // The books hold six digits.
    const gross = trimmed(rounded(multiplied(quantity, at), 6));
    const lowered = trimmed(rounded(multiplied(quantity, subtracted(at, price ?? at)), 6));
    const asked = subtracted(gross, lowered);
    let discount = taken(line.discount, asked, digits, locale);
    if (discount === null) wrong[line.id] ??= "noDiscount";
    else if (compared(discount, asked) > 0) wrong[line.id] ??= "discountAbove";
    if (discount === null || compared(discount, asked) > 0) discount = "0";
    return { line, quantity, listPrice: list, price, gross, lowered, discount, rest: subtracted(asked, discount) };
  });
  const rest = sum(priced.map((each) => each.rest));
  let off = taken(whole, rest, digits, locale);
  if (off === null) wrong[""] = "noDiscount";
  else if (compared(off, rest) > 0) wrong[""] = "discountAbove";
  if (off === null || compared(off, rest) > 0) off = "0";
  const shares = shared(off, priced.map((each) => each.rest), digits);
  const summed = priced.map(({ line, rest: before, ...each }, index): LineSums => {
    const share = shares[index] ?? "0";
    const net = subtracted(before, share);
    const tax = line.tax === null ? "0" : partOf(net, line.tax.rate, line.tax.included ? added("100", line.tax.rate) : "100", digits);
    return { ...each, share, net, tax, total: line.tax?.included === false ? added(net, tax) : net };
  });
  const taxes = (included: boolean) => sum(summed.filter((_, index) => lines[index]?.tax?.included === included).map(({ tax }) => tax));
  return {
    lines: summed,
    gross: trimmed(sum(summed.map(({ gross }) => gross))),
    discount: trimmed(sum(summed.flatMap((each) => [each.lowered, each.discount, each.share]))),
    taxIncluded: taxes(true),
    taxOnTop: taxes(false),
    // What is weighed may come to parts of a coin: those are not paid.
    total: rounded(sum(summed.map(({ total }) => total)), digits),
    units: trimmed(sum(summed.map(({ quantity }) => quantity))),
    wrong,
  };
}

/** The lines as the order tells them; every reduction stands in it as one. */
export function newLines(lines: SaleLine[], sums: Sums): NewLine[] {
  return lines.map((line, index): NewLine => {
    const of = sums.lines[index];
    if (!of) throw new Error("every line has its sums");
    const reduction = (kind: NewComponent["kind"], amount: string): NewComponent[] => (isZero(amount) ? [] : [{ kind, funded_by: "tenant", amount: trimmed(amount) }]);
    const tax: NewTax[] = line.tax === null ? [] : [{ name: "VAT", rate: trimmed(line.tax.rate), amount: of.tax, included: line.tax.included }];
    return {
      id: String(index + 1),
      ...(line.sku !== null && { sku: line.sku }),
      name: line.name,
      quantity: of.quantity,
      unit_price: isZero(of.lowered) ? (of.price ?? "0") : (of.listPrice ?? "0"),
      components: [...reduction("price_override", of.lowered), ...reduction("marketing_discount", added(of.discount, of.share))],
      taxes: tax,
    };
  });
}
