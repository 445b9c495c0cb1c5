// TILL-SUM: what the till shows is what the order says. TILL-PAY: tenders meet the total, only cash gives change.
import { describe, expect, it } from "vitest";
import type { Product } from "../api/types_products";
import type { PriceList } from "../api/types_sales";
import { compared, sum } from "../parts/decimal";
import { exactly, listsFor } from "./find";
import { nextSale, readKept } from "./keep";
import { refusedAt } from "./refused";
import { listPrice, newLines, noDiscount, type SaleLine, stepped, sumsOf, withItem } from "./sale";
import { newTenders, roundAmounts, settled, type Tender } from "./tenders";

const line = (part: Partial<SaleLine> = {}): SaleLine => ({ id: "a", sku: "A", name: "Trà", unit: "hộp", quantity: "1", breaks: [{ min_quantity: "1", price: "120000" }], tax: null, price: "", discount: noDiscount, ...part });
const vnd = (lines: SaleLine[], whole = noDiscount) => sumsOf(lines, whole, 0, "en");

describe("TILL-SUM", () => {
  it("counts one more of what is there", () => {
    const item = { sku: "A", name: "Trà", unit: null, breaks: [], tax: null };
    const twice = withItem(withItem([], item, "1", "vi"), item, "2", "vi");
    expect(twice.map(({ id, quantity }) => [id, quantity])).toEqual([["1", "2"]]);
    const free = { ...item, sku: null };
    expect(withItem(withItem([], free, "1", "vi"), free, "2", "vi")).toHaveLength(2);
    expect(stepped(line({ quantity: "0,5" }), "1", "vi").quantity).toBe("1,5");
    expect(stepped(line(), "-1", "vi").quantity).toBe("1");
  });
  it("takes the price at the break that the quantity reaches", () => {
    const breaks = [{ min_quantity: "10", price: "80" }, { min_quantity: "1.000000", price: "100" }];
    expect(["0.5", "1", "9", "10"].map((quantity) => listPrice(breaks, quantity))).toEqual([null, "100", "100", "80"]);
  });
  it("names what cannot be sold yet", () => {
    const wrong = (part: Partial<SaleLine>, whole = noDiscount) => vnd([line(part)], whole).wrong;
    expect(wrong({})).toEqual({});
    expect(wrong({ breaks: [] })).toEqual({ a: "noPrice" });
    expect(wrong({ price: "x" })).toEqual({ a: "noPrice" });
    expect(wrong({ quantity: "0" })).toEqual({ a: "noQuantity" });
    expect(wrong({ discount: { kind: "amount", text: "120001" } })).toEqual({ a: "discountAbove" });
    expect(wrong({}, { kind: "percent", text: "%" })).toEqual({ "": "noDiscount" });
    expect(wrong({}, { kind: "percent", text: "101" })).toEqual({ "": "discountAbove" });
  });
  it("shares the discount on the sale to the last coin, and the order says the same", () => {
    const lines = [line({ quantity: "2", discount: { kind: "percent", text: "12.5" } }), line({ id: "b", sku: "B", breaks: [{ min_quantity: "1", price: "33333" }] }), line({ id: "c", sku: "C", price: "1" })];
    const sums = vnd(lines, { kind: "amount", text: "10,001" });
    expect(sums.total).toBe(String(240000 - 30000 + 33333 + 1 - 10001));
    const told = newLines(lines, sums);
    const due = told.map((each) => BigInt(each.quantity) * BigInt(each.unit_price) - each.components.reduce((all, { amount }) => all + BigInt(amount), 0n));
    expect(String(due.reduce((all, each) => all + each))).toBe(sums.total);
    expect(told[2]?.components[0]).toEqual({ kind: "price_override", funded_by: "tenant", amount: "119999" });
    expect(told[0]?.components.map(({ kind }) => kind)).toEqual(["marketing_discount"]);
    expect(sums.discount).toBe(String(30000 + 10001 + 119999));
  });
  it("tells the list's tax of what is left after discounts, inside or on top", () => {
    const half = { kind: "percent", text: "50" } as const;
    const inside = vnd([line({ breaks: [{ min_quantity: "1", price: "110000" }], tax: { rate: "10", included: true } })], half);
    expect([inside.total, inside.taxIncluded, inside.taxOnTop]).toEqual(["55000", "5000", "0"]);
    const onTop = vnd([line({ tax: { rate: "8", included: false } })], half);
    expect([onTop.total, onTop.taxOnTop]).toEqual(["64800", "4800"]);
    expect(newLines([line({ tax: { rate: "8.0000", included: false } })], vnd([line({ tax: { rate: "8.0000", included: false } })]))[0]?.taxes).toEqual([{ name: "VAT", rate: "8", amount: "9600", included: false }]);
  });
  it("what is weighed is paid in whole coins", () => {
    expect(vnd([line({ quantity: "0.125", breaks: [{ min_quantity: "0", price: "33333" }] })]).total).toBe("4167");
    expect(sumsOf([line({ quantity: "0,5", breaks: [{ min_quantity: "0", price: "120000" }] })], noDiscount, 0, "vi").total).toBe("60000");
  });
});

describe("TILL-PAY", () => {
  const tender = (method: Tender["method"], text: string, part: Partial<Tender> = {}): Tender => ({ id: method, method, text, account: "", reference: "", ...part });
  const pay = (...tenders: Tender[]) => settled("350000", tenders, "en");

  it("meets the total by any ways, and gives change out of cash", () => {
    expect(pay()).toMatchObject({ missing: "350000", change: "0", paid: false });
    expect(pay(tender("cash", "400,000"))).toMatchObject({ missing: "0", change: "50000", paid: true });
    expect(pay(tender("card", "200000"), tender("cash", "200000"))).toMatchObject({ missing: "0", change: "50000", paid: true });
    expect(pay(tender("card", "200000"), tender("bank_transfer", "150000"))).toMatchObject({ change: "0", paid: true });
    expect(pay(tender("card", "200000"), tender("cash", "100000"))).toMatchObject({ missing: "50000", paid: false });
  });
  it("takes no more than the total by anything but cash", () => {
    expect(pay(tender("card", "350001"))).toMatchObject({ change: "0", paid: false, wrong: { card: "tooMuch" } });
    expect(pay(tender("card", "400000"), tender("cash", "10000"))).toMatchObject({ change: "10000", paid: false });
    expect(pay(tender("card", ""))).toMatchObject({ wrong: { card: "noAmount" }, paid: false });
    expect(pay(tender("paid_voucher", "350000"))).toMatchObject({ wrong: { paid_voucher: "noCode" }, paid: false });
    expect(settled("0", [], "en").paid).toBe(true);
  });
  it("sends cash as what is kept of it, into the drawer", () => {
    const tenders = [tender("paid_voucher", "100000", { account: " TET-1 " }), tender("cash", "300000"), tender("card", "100000", { reference: "slip 7" })];
    const { sent, from } = newTenders("350000", tenders, "drw_1", "en");
    expect(from).toEqual(["cash", "paid_voucher", "card"]);
    expect(sent.map(({ method, amount, account, holder, reference }) => [method, amount, account, holder, reference])).toEqual([
      ["cash", "150000", "drw_1", "tenant", undefined],
      ["paid_voucher", "100000", "TET-1", "tenant", undefined],
      ["card", "100000", undefined, "processor", "slip 7"],
    ]);
    expect(sum(sent.map(({ amount }) => amount))).toBe("350000");
    expect(newTenders("100", [tender("card", "100"), tender("cash", "50")], "drw_1", "en").sent.map(({ method }) => method)).toEqual(["card"]);
  });
  it("offers round amounts above what is missing", () => {
    expect(roundAmounts("348000", 0)).toEqual(["350000", "400000", "500000", "1000000"]);
    expect(roundAmounts("0", 0)).toEqual([]);
    for (const missing of ["1", "999", "12345678"]) for (const offered of roundAmounts(missing, 0)) expect(compared(offered, missing)).toBe(1);
    expect(roundAmounts("63000", 0)).toEqual(["70000", "80000", "100000", "200000"]);
    expect(roundAmounts("12.40", 2)).toEqual(["14", "15", "20", "50"]);
  });
});

it("finds exactly what was scanned", () => {
  const product = (sku: string, barcode: string | null) => ({ sku, barcode }) as Product;
  const products = [product("893", null), product("TRA", "893"), product("TRA-2", null)];
  expect(exactly(products, " 893 ")?.sku).toBe("TRA");
  expect(exactly(products, "tra-2")?.sku).toBe("TRA-2");
  expect(exactly(products, "tr")).toBeUndefined();
});

it("asks the consumers' list first, and none of companies", () => {
  const list = (id: string, part: object) => ({ id, currency: "VND", segment: null, companies: [], archived_at: null, newest: { valid_from: "2026-01-01", valid_until: null }, ...part }) as unknown as PriceList;
  const lists = [list("all", {}), list("b2b", { segment: "b2b" }), list("own", { companies: [{}] }), list("usd", { currency: "USD" }), list("b2c", { segment: "b2c" }), list("later", { newest: { valid_from: "2027-01-01", valid_until: null } }), list("over", { newest: { valid_from: "2025-01-01", valid_until: "2025-12-31" } })];
  expect(listsFor(lists, "VND", "2026-06-01").map(({ id }) => id)).toEqual(["b2c", "all"]);
});

it("keeps what was typed, and leaves aside what it does not know", () => {
  const kept = { ...nextSale({ account: "cha_1", drawer: null }), phone: "0908" };
  expect(readKept(JSON.stringify(kept))).toEqual(kept);
  for (const other of [null, "", "{}", "[]", '{"key":1}']) expect(readKept(other)).toBeNull();
});

it("a refusal stands beside what it is about", () => {
  const problem = (...pointers: string[]) => ({ status: 422, code: "invalid_value", errors: pointers.map((pointer) => ({ pointer, detail: pointer })) });
  expect(refusedAt(problem("/tenders/1/amount", "/tenders/0/account", "/lines/0/quantity", "/buyer/phone"), ["a"], ["x", "y"])).toEqual({ lines: { a: "/lines/0/quantity" }, tenders: { y: "/tenders/1/amount", "x code": "/tenders/0/account" }, phone: "/buyer/phone", rest: false });
  expect(refusedAt(problem("/note"), [], []).rest).toBe(true);
  expect(refusedAt({ status: 409, code: "no_shift" }, [], []).rest).toBe(true);
  expect(refusedAt(null, [], []).rest).toBe(false);
});
