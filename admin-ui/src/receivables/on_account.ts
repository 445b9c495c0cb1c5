// What a company has on account, and what is asked for again when its money moved.
import { refresh } from "../api/client";
import type { Money } from "../api/types";
import type { CompanyDetail } from "../api/types_credit";
import { isZero } from "../parts/decimal";
import { useSession } from "../session/session";

/** By currency; zero in the company's own when there is none. */
export function useOnAccount(company: CompanyDetail): Money[] {
  const home = useSession()?.tenant?.currency ?? "";
  const held = company.exposure.by_currency.filter(({ unapplied_credits }) => !isZero(unapplied_credits)).map(({ currency, unapplied_credits: amount }) => ({ amount, currency }));
  return held.length > 0 ? held : [{ amount: "0", currency: company.credit_limit?.currency ?? home }];
}

export const receivablesChanged = () => refresh("/api/v1/receivables", "/api/v1/companies", "/api/v1/ledger", "/api/v1/orders", "/api/v1/claims", "/api/v1/holds");
