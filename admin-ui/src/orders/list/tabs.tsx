import { UnstyledButton } from "@mantine/core";
import { useLingui } from "@lingui/react";
import type { OrderCounts } from "../../api/types";
import { formatNumber } from "../../parts/decimal";
import { useWords } from "../../words/catalogue";
import { orderWords } from "../words";
import { type OrderFilters, tabCount, tabNames, tabOf, withTab } from "./filters";
import styles from "./page.module.css";

type Props = { filters: OrderFilters; counts: OrderCounts | undefined; onChange: (filters: OrderFilters) => void };

export function Tabs({ filters, counts, onChange }: Props) {
  const say = useWords(orderWords);
  const { i18n } = useLingui();
  const current = tabOf(filters);
  return (
    <nav className={styles["tabs"]} aria-label={say("views")}>
      {tabNames.map((tab) => {
        const count = counts ? tabCount(tab, counts) : undefined;
        return (
          <UnstyledButton
            key={tab}
            className={styles["tab"] ?? ""}
            aria-current={tab === current}
            onClick={() => onChange(withTab(filters, tab))}
          >
            {say(tab)}
            {count !== undefined && (
              <span className={styles["count"]}>
                {`${formatNumber(count, i18n.locale)}${counts?.total_is_exact === false && tab === "all" ? "+" : ""}`}
              </span>
            )}
          </UnstyledButton>
        );
      })}
    </nav>
  );
}
