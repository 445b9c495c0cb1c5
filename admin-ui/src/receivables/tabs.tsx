// The three views of receivables, as links.
import { Link, useRouterState } from "@tanstack/react-router";
import styles from "../ledger/ledger.module.css";
import { useWords } from "../words/catalogue";
import { receivableWords } from "./words";

const views = [
  { to: "/receivables", word: "board" },
  { to: "/receivables/statement", word: "statement" },
  { to: "/receivables/dunning", word: "dunning" },
] as const;

export function ReceivableTabs() {
  const say = useWords(receivableWords);
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
