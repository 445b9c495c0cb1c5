// Where a refusal of the server belongs on the till: beside a line, a payment, the telephone number; the rest on its own.
import type { Problem } from "../api/types";

export type Refused = { lines: Record<string, string>; tenders: Record<string, string>; phone: string | null; rest: boolean };

/** What is wrong with the code of a tender stands under this name, what with its amount under its id. */
export const codeOf = (tender: string): string => `${tender} code`;

/** `lines` and `tenders` name whose the sent ones are, in their order. */
export function refusedAt(problem: Problem | null, lines: string[], tenders: string[]): Refused {
  const refused: Refused = { lines: {}, tenders: {}, phone: null, rest: problem !== null };
  if (problem === null || !problem.errors?.length) return refused;
  refused.rest = false;
  for (const { pointer, detail } of problem.errors) {
    const [, part, index, field] = pointer.replace(/^#/, "").split("/");
    const owner = (part === "lines" ? lines : part === "tenders" ? tenders : [])[Number(index)];
    if (owner !== undefined && part === "lines") refused.lines[owner] = detail;
    else if (owner !== undefined) refused.tenders[field === "account" ? codeOf(owner) : owner] = detail;
    else if (part === "buyer") refused.phone = detail;
    else refused.rest = true;
  }
  return refused;
}
