// The views of receivables.
import { Views } from "../parts/views";
import { useWords } from "../words/catalogue";
import { receivableWords } from "./words";

export function ReceivableTabs() {
  const say = useWords(receivableWords);
  const of = [
    { to: "/receivables", name: say("board") },
    { to: "/receivables/payments", name: say("payments") },
    { to: "/receivables/statement", name: say("statement") },
    { to: "/receivables/dunning", name: say("dunning") },
    { to: "/receivables/losses", name: say("losses") },
  ];
  return <Views label={say("views")} of={of} />;
}
