// Companies and consumers on one list: each with its count, whatever else is filtered.
import { Group, SegmentedControl, Text } from "@mantine/core";
import { useLingui } from "@lingui/react";
import type { OrderCounts } from "../../api/types";
import { formatNumber } from "../../parts/decimal";
import { useWords } from "../../words/catalogue";
import { orderWords } from "../words";
import type { OrderFilters } from "./filters";

type Props = { filters: OrderFilters; counts: OrderCounts | undefined; onChange: (filters: OrderFilters) => void };

export function Segments({ filters, counts, onChange }: Props) {
  const say = useWords(orderWords);
  const { i18n } = useLingui();
  const { segment, ...others } = filters;
  const label = (word: "both" | "b2b" | "b2c", count: number | undefined) => (
    <Group gap={5} wrap="nowrap">
      <span>{say(word)}</span>
      {count !== undefined && (
        <Text span size="xs" c="dimmed" style={{ fontVariantNumeric: "tabular-nums" }}>
          {formatNumber(count, i18n.locale)}
        </Text>
      )}
    </Group>
  );
  return (
    <SegmentedControl
      size="xs"
      aria-label={say("segment")}
      value={segment ?? ""}
      onChange={(value) => onChange(value ? { ...others, segment: value } : others)}
      data={[
        { value: "", label: label("both", undefined) },
        { value: "b2b", label: label("b2b", counts && (counts.by_segment.b2b ?? 0)) },
        { value: "b2c", label: label("b2c", counts && (counts.by_segment.b2c ?? 0)) },
      ]}
    />
  );
}
