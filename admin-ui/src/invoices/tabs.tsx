// Documents and their settings, as links.
import { Link, useRouterState } from "@tanstack/react-router";
import styles from "../ledger/ledger.module.css";
import { useWords } from "../words/catalogue";
import { invoiceWords } from "./words";

const views = [
  { to: "/invoices", word: "documents" },
  { to: "/invoices/settings", word: "settings" },
] as const;

export function InvoiceTabs() {
  const say = useWords(invoiceWords);
  const path = useRouterState({ select: (state) => state.location.pathname });
  return (
    <nav className={styles["tabs"]} aria-label={say("views")}>
      {views.map(({ to, word }) => (
        <Link key={to} to={to} className={styles["tab"]} activeOptions={{ exact: true }} aria-current={path === to ? "page" : undefined}>
          {say(word)}
        </Link>
      ))}
    </nav>
  );
}
