// Why something is held, and the least that would let it go.
import { Group, Stack, Text } from "@mantine/core";
import { useLingui } from "@lingui/react";
import type { MinimalChange, Reason } from "../api/types_credit";
import { Amount } from "../parts/amount";
import { useWords } from "../words/catalogue";
import styles from "./page.module.css";
import { reasonText } from "./reasons";
import { holdWords } from "./words";

const changeWord = { pay: "pay", raise_limit: "raise_limit", reduce_order: "reduce_order", approve: "approveChange", wait: "wait" } as const;

export function Reasons({ of }: { of: Reason[] }) {
  return (
    <Stack gap={4} component="ul" className={styles["list"] ?? ""}>
      {of.map((reason, index) => (
        <Text key={`${reason.code} ${index}`} component="li" size="sm" style={{ overflowWrap: "anywhere" }}>
          {reasonText(reason)}
        </Text>
      ))}
    </Stack>
  );
}

export function MinimalChanges({ of }: { of: MinimalChange[] }) {
  const say = useWords(holdWords);
  const { i18n } = useLingui();
  return (
    <Stack gap={6} component="ul" className={styles["list"] ?? ""}>
      {of.map((change, index) => {
        const word = changeWord[change.kind];
        return (
          <li key={`${change.kind} ${index}`}>
            <Group gap={6} align="baseline">
              <Text size="sm" fw={560}>
                {word ? say(word) : change.kind}
              </Text>
              {change.amount && <Amount of={change.amount} strong fz="sm" />}
            </Group>
            {(!word || i18n.locale === "en") && (
              <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
                {change.detail}
              </Text>
            )}
          </li>
        );
      })}
    </Stack>
  );
}
