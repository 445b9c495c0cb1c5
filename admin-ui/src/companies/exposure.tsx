// How much of a credit limit is used, and by what. Amounts of different currencies are never added.
import { Alert, Divider, Group, Stack, Text } from "@mantine/core";
import type { Exposure, ExposureRow } from "../api/types_credit";
import { Amount } from "../parts/amount";
import { type BarPart, type BarTone, StackedBar } from "../parts/bar";
import { isNegative, isZero, negated } from "../parts/decimal";
import { useWords } from "../words/catalogue";
import { companyListWords } from "./words";

const uses = ["open_ar", "unbilled_shipped", "confirmed_unshipped", "this_order"] as const;
const reliefs = ["deposits", "unapplied_credits"] as const;

export function ExposureView({ of }: { of: Exposure }) {
  const say = useWords(companyListWords);
  const { limit, available } = of;
  const inLimit = of.by_currency.some((row) => row.currency === limit?.currency);
  const rows: ExposureRow[] =
    limit && !inLimit
      ? [{ currency: limit.currency, open_ar: "0", unbilled_shipped: "0", confirmed_unshipped: "0", this_order: "0", deposits: "0", unapplied_credits: "0", total: "0", overdue: "0", overdue_days: 0 }, ...of.by_currency]
      : of.by_currency;
  return (
    <Stack gap="sm">
      {rows.map((row) => (
        <CurrencyBar key={row.currency} row={row} limit={limit?.currency === row.currency ? limit.amount : null} />
      ))}
      {rows.length === 0 && (
        <Text size="sm" c="dimmed">
          {say("noExposure")}
        </Text>
      )}
      <Divider />
      <Line label={of.limit_of ? say("limitOf", { name: of.limit_of.name }) : say("limit")}>{limit ? <Amount of={limit} fz="sm" /> : <Text size="sm">{say("noLimit")}</Text>}</Line>
      {available && (
        <Line label={say(isNegative(available.amount) ? "over" : "available")}>
          <Amount of={isNegative(available.amount) ? { ...available, amount: negated(available.amount) } : available} strong fz="sm" c={isNegative(available.amount) ? "var(--mantine-color-error)" : undefined} />
        </Line>
      )}
      {limit && !available && (
        <Text size="xs" c="dimmed">
          {say("mixed")}
        </Text>
      )}
      {of.group && (
        <>
          <Text size="xs" fw={560} c="dimmed" mt={6}>
            {say("exposureGroup")}
          </Text>
          <ExposureView of={of.group} />
        </>
      )}
    </Stack>
  );
}

function CurrencyBar({ row, limit }: { row: ExposureRow; limit: string | null }) {
  const say = useWords(companyListWords);
  const parts: BarPart[] = [
    ...uses.map((key, index): BarPart => ({ key, label: say(key), amount: row[key], tone: (index + 1) as BarTone })),
    ...reliefs.map((key): BarPart => ({ key, label: say(key), amount: row[key], tone: "good", relief: true })),
  ];
  return (
    <div>
      <StackedBar parts={parts} currency={row.currency} limit={limit} />
      <Group justify="space-between" mt={6}>
        <Text size="sm" fw={600} pl={16}>
          {say("used")}
        </Text>
        <Amount of={{ amount: row.total, currency: row.currency }} strong fz="sm" />
      </Group>
      {!isZero(row.overdue) && (
        <Alert color="red" variant="light" p="xs" mt={8}>
          <Group justify="space-between" wrap="nowrap">
            <Text size="sm" c="var(--mantine-color-text)">
              {say("overdueBy", { days: row.overdue_days })}
            </Text>
            <Amount of={{ amount: row.overdue, currency: row.currency }} strong fz="sm" />
          </Group>
        </Alert>
      )}
    </div>
  );
}

function Line({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <Group justify="space-between" wrap="nowrap" gap="sm" align="baseline">
      <Text size="sm">{label}</Text>
      {children}
    </Group>
  );
}
