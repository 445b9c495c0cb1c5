// The views of one room, as links.
import { Link, useRouterState } from "@tanstack/react-router";
import styles from "../ledger/ledger.module.css";

type Props = { label: string; of: readonly { to: string; name: string }[] };

export function Views({ label, of }: Props) {
  const path = useRouterState({ select: (state) => state.location.pathname });
  return (
    <nav className={styles["tabs"]} aria-label={label}>
      {of.map(({ to, name }) => (
        <Link key={to} to={to} className={styles["tab"]} activeOptions={{ exact: true }} aria-current={path === to ? "page" : undefined}>
          {name}
        </Link>
      ))}
    </nav>
  );
}
