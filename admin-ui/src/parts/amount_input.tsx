// Where a person types an amount. What was understood stands below, so that a wrong separator is seen before it is sent.
import { Text, TextInput } from "@mantine/core";
import { useLingui } from "@lingui/react";
import { useWords } from "../words/catalogue";
import { formatMoney, typedDecimal } from "./decimal";
import { partWords } from "./words";

type Props = {
  label: string;
  currency: string;
  value: string;
  onChange: (text: string) => void;
  required?: boolean;
  description?: string;
  placeholder?: string;
  autoFocus?: boolean;
};

export function AmountInput({ label, currency, value, onChange, required = false, description, placeholder, autoFocus = false }: Props) {
  const say = useWords(partWords);
  const { i18n } = useLingui();
  const amount = typedDecimal(value, i18n.locale);
  const wrong = value.trim() !== "" && amount === null;
  const understood = amount === null ? description : formatMoney(amount, currency, i18n.locale);
  return (
    <TextInput
      label={label}
      value={value}
      required={required}
      inputMode="decimal"
      autoComplete="off"
      inputWrapperOrder={["label", "input", "description", "error"]}
      {...(understood && { description: understood })}
      {...(placeholder && { placeholder })}
      {...(autoFocus && { "data-autofocus": true })}
      error={wrong ? say("noAmount") : null}
      rightSectionWidth={52}
      rightSectionPointerEvents="none"
      rightSection={
        <Text size="xs" c="dimmed">
          {currency}
        </Text>
      }
      styles={{ input: { textAlign: "right", fontVariantNumeric: "tabular-nums" }, description: { textAlign: "right" } }}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
