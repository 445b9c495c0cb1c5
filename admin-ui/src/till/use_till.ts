// The sale in this tab: every change is written down before the next key is pressed.
import { useLingui } from "@lingui/react";
import { useCallback, useMemo, useState } from "react";
import { currencyDigits } from "../parts/decimal";
import { useSession } from "../session/session";
import { type Kept, nextSale, readKept } from "./keep";
import { sumsOf } from "./sale";

export type Change = (change: Partial<Kept> | ((kept: Kept) => Partial<Kept>)) => void;

/** What is kept of the sale of this person in this company, and how it is changed. */
export function useKept(): [Kept, Change] {
  const session = useSession();
  const place = `switchyard.till.${session?.tenant?.id}.${session?.person.id}`;
  const [kept, setKept] = useState(() => readKept(sessionStorage.getItem(place)) ?? nextSale({ account: null, drawer: null }));
  const change = useCallback<Change>(
    (part) =>
      setKept((before) => {
        const after = { ...before, ...(typeof part === "function" ? part(before) : part) };
        sessionStorage.setItem(place, JSON.stringify(after));
        return after;
      }),
    [place],
  );
  return [kept, change];
}

export function useSums(kept: Kept, currency: string) {
  const { i18n } = useLingui();
  return useMemo(() => sumsOf(kept.lines, kept.discount, currencyDigits(currency), i18n.locale), [kept.lines, kept.discount, currency, i18n.locale]);
}
