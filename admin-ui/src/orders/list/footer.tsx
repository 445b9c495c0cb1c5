// What is shown, what it sums to, and whether the list is live.
import { Loader } from "@mantine/core";
import { useLingui } from "@lingui/react";
import type { OrderCounts } from "../../api/types";
import { Amount } from "../../parts/amount";
import { formatNumber } from "../../parts/decimal";
import { useWords } from "../../words/catalogue";
import { orderWords } from "../words";
import type { LiveState } from "./live";
import styles from "./page.module.css";

const currenciesShown = 3;

type Props = { shown: number; counts: OrderCounts | undefined; live: LiveState; busy: boolean };

export function Footer({ shown, counts, live, busy }: Props) {
  const say = useWords(orderWords);
  const { i18n } = useLingui();
  const number = (of: number) => formatNumber(of, i18n.locale);
  const total = counts && (counts.total_is_exact ? number(counts.total) : say("atLeast", { count: number(counts.total) }));
  return (
    <footer className={styles["foot"]}>
      <span>{total ? say("ofTotal", { shown: number(shown), total }) : say("shown", { shown: number(shown) })}</span>
      {counts?.sums.slice(0, currenciesShown).map((sum) => (
        <span key={sum.currency}>
          {say("sumTotal")}{" "}
          <b>
            <Amount of={sum.total} />
          </b>
          {" · "}
          {say("sumOutstanding")}{" "}
          <b>
            <Amount of={sum.outstanding} />
          </b>
        </span>
      ))}
      {busy && <Loader size={12} />}
      <span className={styles["live"]} data-state={live} role="status">
        {say(live === "live" ? "live" : live === "lost" ? "liveLost" : "liveOff")}
      </span>
    </footer>
  );
}
