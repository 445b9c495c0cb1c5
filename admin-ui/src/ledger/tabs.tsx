// The three views of the ledger.
import { Views } from "../parts/views";
import { useWords } from "../words/catalogue";
import { ledgerWords } from "./words";

export function LedgerTabs() {
  const say = useWords(ledgerWords);
  const of = [
    { to: "/ledger", name: say("balance") },
    { to: "/ledger/entries", name: say("entries") },
    { to: "/ledger/periods", name: say("periods") },
  ];
  return <Views label={say("views")} of={of} />;
}
