// Documents and their settings.
import { Views } from "../parts/views";
import { useWords } from "../words/catalogue";
import { invoiceWords } from "./words";

export function InvoiceTabs() {
  const say = useWords(invoiceWords);
  const of = [
    { to: "/invoices", name: say("documents") },
    { to: "/invoices/settings", name: say("settings") },
  ];
  return <Views label={say("views")} of={of} />;
}
