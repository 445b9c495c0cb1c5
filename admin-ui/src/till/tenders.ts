// How a sale is paid: any number of ways, which together meet the total. Only cash gives change.
import type { NewTender } from "../api/types_new_order";
import { compared, isZero, multiplied, partOf, rounded, subtracted, sum, trimmed, typedDecimal } from "../parts/decimal";

export const methods = ["cash", "card", "bank_transfer", "paid_voucher", "store_credit", "points"] as const;
export type Method = (typeof methods)[number];
/** What the buyer gives, as typed. `account` is the code of a voucher, a credit or a member. */
export type Tender = { id: string; method: Method; text: string; account: string; reference: string };
export type WrongTender = "noAmount" | "noCode" | "tooMuch";

/** Paid by something we keep: it has a code. */
export const hasCode = (method: Method): boolean => method === "paid_voucher" || method === "store_credit" || method === "points";

export type Settled = { given: string; missing: string; change: string; wrong: Record<string, WrongTender>; paid: boolean };

export function settled(total: string, tenders: Tender[], locale: string): Settled {
  const wrong: Record<string, WrongTender> = {};
  const amounts = tenders.map((tender) => {
    const amount = typedDecimal(tender.text, locale);
    if (amount === null || isZero(amount)) wrong[tender.id] = "noAmount";
    else if (hasCode(tender.method) && !tender.account.trim()) wrong[tender.id] = "noCode";
    return { tender, amount: amount ?? "0" };
  });
  const of = (cash: boolean) => amounts.filter(({ tender }) => (tender.method === "cash") === cash).map(({ amount }) => amount);
  const [cash, other] = [sum(of(true)), sum(of(false))];
  if (compared(other, total) > 0) {
    // The last of them took too much.
    const last = amounts.findLast(({ tender, amount }) => tender.method !== "cash" && !isZero(amount));
    if (last) wrong[last.tender.id] ??= "tooMuch";
  }
  const over = subtracted(sum([cash, other]), total);
  const more = compared(over, "0") > 0;
  // Change comes out of what was given in cash.
  const change = more ? (compared(over, cash) > 0 ? cash : over) : "0";
  const missing = more ? "0" : subtracted(total, sum([cash, other]));
  return { given: cash, missing, change, wrong, paid: isZero(missing) && Object.keys(wrong).length === 0 };
}

/** What is sent: cash as what is kept of it, in one. `from` says whose tender each of them is. */
export function newTenders(total: string, tenders: Tender[], drawer: string, locale: string): { sent: NewTender[]; from: string[] } {
  const { change } = settled(total, tenders, locale);
  const sent: NewTender[] = [];
  const from: string[] = [];
  const send = (id: string, tender: Omit<NewTender, "id" | "state">) => {
    sent.push({ id: String(sent.length + 1), state: "captured", ...tender });
    from.push(id);
  };
  const cash = tenders.filter(({ method }) => method === "cash");
  const kept = subtracted(sum(cash.map(({ text }) => typedDecimal(text, locale) ?? "0")), change);
  if (cash[0] && compared(kept, "0") > 0) send(cash[0].id, { method: "cash", amount: trimmed(kept), holder: "tenant", account: drawer });
  for (const { id, method, text, account, reference } of tenders) {
    const amount = typedDecimal(text, locale);
    if (method === "cash" || amount === null) continue;
    send(id, {
      method,
      amount,
      holder: method === "card" ? "processor" : "tenant",
      ...(hasCode(method) && { account: account.trim() }),
      ...(!hasCode(method) && reference.trim() && { reference: reference.trim() }),
    });
  }
  return { sent, from };
}

/** Round amounts a buyer may hand over for what is missing: of the notes 1, 2 and 5, four at most, the smallest first. */
export function roundAmounts(missing: string, digits: number): string[] {
  if (compared(missing, "0") <= 0) return [];
  const smallest = digits > 0 ? "1" : "1000";
  const found: string[] = [];
  for (let ten = smallest; found.length < 4 && ten.length < 14; ten = `${ten}0`) {
    for (const note of ["1", "2", "5"].map((first) => multiplied(first, ten))) {
      // A note far below what is missing says nothing.
      if (compared(multiplied(note, "10"), missing) < 0) continue;
      const count = partOf(missing, "1", note, 6);
      const full = rounded(count, 0);
      const notes = compared(full, count) < 0 ? sum([full, "1"]) : full;
      const amount = multiplied(notes, note);
      if (compared(amount, missing) > 0 && !found.includes(amount) && found.length < 4) found.push(amount);
    }
  }
  return found.toSorted(compared);
}
