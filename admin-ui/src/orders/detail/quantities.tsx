// How much of each line: what may be sent or taken back at most stands beside what a person types.
import { Group, Stack, Text, TextInput } from "@mantine/core";
import { useLingui } from "@lingui/react";
import { useState } from "react";
import type { LineQuantity, Order } from "../../api/types";
import { formatNumber, isZero, typedDecimal } from "../../parts/decimal";
import { useWords } from "../../words/catalogue";
import { moneyWords } from "./money_words";

/** What was typed for each line of `most`; all of it to begin with. */
export function useQuantities(most: LineQuantity[]) {
  const { i18n } = useLingui();
  const [typed, setTyped] = useState<Record<string, string>>(Object.fromEntries(most.map(({ line_id, quantity }) => [line_id, formatNumber(quantity, i18n.locale)])));
  const read = most.map(({ line_id }) => ({ line_id, quantity: typedDecimal(typed[line_id] ?? "", i18n.locale) }));
  return {
    most,
    typed,
    set: (line: string, text: string) => setTyped({ ...typed, [line]: text }),
    /** Lines with something of them. */
    lines: read.flatMap(({ line_id, quantity }) => (quantity === null || isZero(quantity) ? [] : [{ line_id, quantity }])),
    isWrong: read.some(({ quantity }) => quantity === null),
  };
}

export function Quantities({ of, order, title }: { of: ReturnType<typeof useQuantities>; order: Order; title: string }) {
  const say = useWords(moneyWords);
  const { i18n } = useLingui();
  return (
    <Stack gap={6} role="group" aria-label={title}>
      <Text size="sm" fw={500}>
        {title}
      </Text>
      {of.most.map(({ line_id, quantity }) => {
        const line = order.lines.find(({ external_id }) => external_id === line_id);
        const name = line?.name ?? line?.sku ?? line_id;
        return (
          <Group key={line_id} justify="space-between" wrap="nowrap">
            <Text size="sm" lineClamp={2}>
              {name}
            </Text>
            <TextInput
              size="xs"
              w={96}
              inputMode="decimal"
              aria-label={say("quantityOf", { name })}
              error={typedDecimal(of.typed[line_id] ?? "", i18n.locale) === null}
              rightSection={<Text size="xs" c="dimmed">{`/ ${formatNumber(quantity, i18n.locale)}`}</Text>}
              rightSectionWidth={40}
              value={of.typed[line_id] ?? ""}
              onChange={(event) => of.set(line_id, event.currentTarget.value)}
            />
          </Group>
        );
      })}
    </Stack>
  );
}
