// A discount: so many percent, or an amount.
import { Group, SegmentedControl, TextInput } from "@mantine/core";
import { useWords } from "../words/catalogue";
import type { Discount } from "./sale";
import { tillWords } from "./words";

type Props = { label: string; currency: string; value: Discount; error: string | null; onChange: (discount: Discount) => void };

export function DiscountInput({ label, currency, value, error, onChange }: Props) {
  const say = useWords(tillWords);
  return (
    <Group gap="xs" wrap="nowrap" align="flex-end">
      <TextInput flex={1} label={label} inputMode="decimal" autoComplete="off" value={value.text} error={error} onChange={(event) => onChange({ ...value, text: event.currentTarget.value })} styles={{ input: { textAlign: "right" } }} />
      <SegmentedControl
        aria-label={`${say("discountOf")} (${label})`}
        mb={error ? 20 : 0}
        data={[
          { value: "percent", label: "%" },
          { value: "amount", label: currency },
        ]}
        value={value.kind}
        onChange={(kind) => onChange({ ...value, kind: kind === "amount" ? "amount" : "percent" })}
      />
    </Group>
  );
}
