// Where a person types how long: a number and its unit. Minutes come in and go out.
import { Group, NumberInput, Select } from "@mantine/core";
import { useWords } from "../words/catalogue";
import { partWords } from "./words";

const units = { minutes: 1, hours: 60, days: 1440 } as const;
type Unit = keyof typeof units;
const names = Object.keys(units) as Unit[];

/** The largest unit that says the minutes whole: 90 are minutes, 120 are hours. */
export function inUnit(minutes: number): [count: number, unit: Unit] {
  const unit = names.findLast((name) => minutes % units[name] === 0 && minutes > 0) ?? "minutes";
  return [minutes / units[unit], unit];
}

type Props = { label: string; minutes: number; min: number; max: number; disabled?: boolean; onChange: (minutes: number) => void };

export function AgeInput({ label, minutes, min, max, disabled = false, onChange }: Props) {
  const say = useWords(partWords);
  const [count, unit] = inUnit(minutes);
  return (
    <Group gap={6} wrap="nowrap" align="flex-end">
      <NumberInput w={88} label={label} allowDecimal={false} allowNegative={false} disabled={disabled} value={count} onChange={(value) => onChange(Math.min(max, Math.max(min, Number(value) * units[unit])))} />
      <Select w={104} aria-label={`${label}: ${say("unit")}`} allowDeselect={false} disabled={disabled} data={names.map((value) => ({ value, label: say(value) }))} value={unit} onChange={(value) => onChange(Math.min(max, Math.max(min, count * units[(value ?? unit) as Unit])))} />
    </Group>
  );
}
