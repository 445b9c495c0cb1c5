// Lengths of amounts: parts of a whole with their legend, and a single length. What a bar shows is always written beside it.
import { Box } from "@mantine/core";
import { Fragment } from "react";
import { Amount } from "./amount";
import styles from "./bar.module.css";
import { compared, isZero, largest, negated, percentOf, sum } from "./decimal";

export type BarTone = 1 | 2 | 3 | 4 | "good" | "bad";
export type BarPart = { key: string; label: string; amount: string; tone: BarTone; /** It takes away from the sum. */ relief?: boolean };

type Props = { parts: BarPart[]; currency: string; /** A mark on the bar, such as a limit. */ limit?: string | null };

export function StackedBar({ parts, currency, limit }: Props) {
  const shown = parts.filter((part) => !part.relief && compared(part.amount, "0") > 0);
  const whole = largest([sum(shown.map((part) => part.amount)), limit ?? "0"]);
  return (
    <Box>
      <div className={styles["whole"]} aria-hidden="true">
        <div className={styles["track"]}>
          {shown.map((part) => (
            <span key={part.key} className={styles["part"]} data-tone={part.tone} style={{ width: `${percentOf(part.amount, whole)}%` }} />
          ))}
        </div>
        {limit && <span className={styles["limit"]} style={{ left: `${percentOf(limit, whole)}%` }} />}
      </div>
      <dl className={styles["legend"]}>
        {parts
          .filter((part) => !isZero(part.amount))
          .map((part) => (
            <Fragment key={part.key}>
              <dt data-tone={part.relief ? undefined : part.tone}>{part.label}</dt>
              <dd>
                <Amount of={{ amount: part.relief ? negated(part.amount) : part.amount, currency }} c={undefined} />
              </dd>
            </Fragment>
          ))}
      </dl>
    </Box>
  );
}

/** One length against the longest of its list. */
export function Length({ amount, longest, tone = 1 }: { amount: string; longest: string; tone?: BarTone }) {
  const size = amount.startsWith("-") ? negated(amount) : amount;
  return (
    <div className={styles["track"]} aria-hidden="true" style={{ background: "transparent" }}>
      {!isZero(size) && <span className={styles["part"]} data-tone={tone} style={{ width: `${percentOf(size, longest)}%`, borderRadius: 3 }} />}
    </div>
  );
}
