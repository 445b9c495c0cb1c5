// What is odd about a file but right: counted, never an error.
import { Text } from "@mantine/core";
import { useLingui } from "@lingui/react";
import { formatNumber } from "../parts/decimal";
import { useWords } from "../words/catalogue";
import { importWords } from "./words";

const known = ["several_times", "several_values", "repeated_rows", "repeated_row_groups"] as const;

export function Remarks({ of }: { of: Record<string, number> }) {
  const say = useWords(importWords);
  const { i18n } = useLingui();
  const counted = Object.entries(of).filter(([, count]) => count > 0);
  if (counted.length === 0) return null;
  const text = counted.map(([code, count]) => {
    const word = known.find((each) => each === code);
    return `${word ? say(word) : code}: ${formatNumber(count, i18n.locale)}`;
  });
  return (
    <Text size="xs" c="dimmed" mt="xs">
      {`${say("remarks")} · ${text.join(" · ")}`}
    </Text>
  );
}
