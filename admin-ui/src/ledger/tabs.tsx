// The three views of the ledger, as links.
import { useWords } from "../words/catalogue";
import { Link, useRouterState } from "@tanstack/react-router";
import styles from "./ledger.module.css";
import { ledgerWords } from "./words";

const views = [
  { to: "/ledger", word: "balance" },
  { to: "/ledger/entries", word: "entries" },
  { to: "/ledger/periods", word: "periods" },
] as const;

export function LedgerTabs() {
  const say = useWords(ledgerWords);
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
