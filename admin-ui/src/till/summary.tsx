// What the sale comes to, who buys, and the way to the payment.
import { Button, Group, Kbd, Stack, Text, TextInput } from "@mantine/core";
import { IconCash } from "@tabler/icons-react";
import { Amount } from "../parts/amount";
import { Sure } from "../parts/controls";
import { isZero, negated } from "../parts/decimal";
import { Panel } from "../parts/section";
import { useWords } from "../words/catalogue";
import { DiscountInput } from "./discount_input";
import type { Kept } from "./keep";
import type { Sums } from "./sale";
import styles from "./till.module.css";
import type { Change } from "./use_till";
import { tillWords } from "./words";

type Props = { kept: Kept; sums: Sums; currency: string; ready: boolean; phoneWrong: string | null; change: Change; onPay: () => void; onClear: () => void };

export function Summary({ kept, sums, currency, ready, phoneWrong, change, onPay, onClear }: Props) {
  const say = useWords(tillWords);
  const wrong = sums.wrong[""];
  const row = (label: string, amount: string) => (
    <Group justify="space-between" wrap="nowrap">
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Amount of={{ amount, currency }} />
    </Group>
  );
  return (
    <Panel>
      <Stack gap="sm">
        <DiscountInput label={say("discountSale")} currency={currency} value={kept.discount} error={wrong ? say(wrong) : null} onChange={(discount) => change({ discount })} />
        <TextInput type="tel" label={say("phone")} autoComplete="off" maxLength={40} value={kept.phone} error={phoneWrong} onChange={(event) => change({ phone: event.currentTarget.value })} />
        <Stack gap={6} pt="xs" className={styles["sums"] ?? ""}>
          {row(say("sum"), sums.gross)}
          {!isZero(sums.discount) && row(say("discounts"), negated(sums.discount))}
          {!isZero(sums.taxOnTop) && row(say("taxOnTop"), sums.taxOnTop)}
          <Group justify="space-between" align="baseline" wrap="nowrap" data-sum="total">
            <Text fw={620}>{say("total")}</Text>
            <Amount of={{ amount: sums.total, currency }} strong fz={30} lh={1.2} />
          </Group>
          {!isZero(sums.taxIncluded) && row(say("taxIncluded"), sums.taxIncluded)}
        </Stack>
        <Button size="lg" fullWidth leftSection={<IconCash size={22} />} rightSection={<Kbd size="xs" visibleFrom="sm">F4</Kbd>} disabled={!ready} onClick={onPay}>
          {say("pay")}
        </Button>
        <Group justify="space-between">
          <Text size="xs" c="dimmed" visibleFrom="sm">
            {say("keys")}
          </Text>
          <Sure title={say("clear")} text={say("clearText")} action={say("clear")} onSure={async () => onClear()}>
            {(ask) => (
              <Button variant="subtle" color="gray" size="compact-sm" disabled={kept.lines.length === 0} onClick={ask}>
                {say("clear")}
              </Button>
            )}
          </Sure>
        </Group>
      </Stack>
    </Panel>
  );
}
