// From list prices to what is outstanding, one step a line.
import { Alert, Box, Divider, Group, Stack, Text } from "@mantine/core";
import { IconScale } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Money, Order } from "../../api/types";
import { Amount } from "../../parts/amount";
import { isZero, negated } from "../../parts/decimal";
import { Panel } from "../../parts/section";
import { useWords } from "../../words/catalogue";
import { funderWord } from "./lines";
import { detailWords } from "./words";

const minus = (money: Money): Money => ({ ...money, amount: negated(money.amount) });

export function MoneyPanel({ order }: { order: Order }) {
  const say = useWords(detailWords);
  const { totals } = order;
  const differs = totals.difference !== null && !isZero(totals.difference.amount);
  return (
    <Panel title={say("money")}>
      <Stack gap={7}>
        <Step label={say("gross")} of={totals.gross} />
        {totals.by_component.map((component) => (
          <Step
            key={`${component.kind} ${component.funded_by}`}
            label={`${say(component.kind)}, ${say(funderWord[component.funded_by])}`}
            of={minus(component.amount)}
          />
        ))}
        {!isZero(totals.tax_on_top.amount) && <Step label={say("taxOnTop")} of={totals.tax_on_top} />}
        <Divider />
        <Step label={say("total")} of={totals.total} strong />
        {!isZero(totals.tax_included.amount) && <Step label={say("taxIncluded")} of={totals.tax_included} dimmed />}
        {totals.stated_total && <Step label={say("stated")} of={totals.stated_total} dimmed />}
        {differs && (
          <Alert color="yellow" variant="light" icon={<IconScale size={17} />} p="xs">
            <Group justify="space-between" wrap="nowrap">
              <Text size="sm" fw={560} c="var(--mantine-color-text)">
                {say("difference")}
              </Text>
              <Amount of={totals.difference} strong />
            </Group>
            <Text size="xs" c="var(--mantine-color-text)" mt={2}>
              {say("differenceText")}
            </Text>
          </Alert>
        )}
        <Divider />
        <Step label={say("paidIn")} of={order.tendered} />
        {!isZero(order.refunded.amount) && <Step label={say("refunded")} of={minus(order.refunded)} />}
        <Step label={say("outstanding")} of={order.outstanding} strong />
      </Stack>
    </Panel>
  );
}

function Step({ label, of, strong = false, dimmed = false }: { label: ReactNode; of: Money; strong?: boolean; dimmed?: boolean }) {
  return (
    <Group justify="space-between" wrap="nowrap" gap="sm" align="baseline">
      <Box miw={0}>
        <Text size={dimmed ? "xs" : "sm"} c={dimmed ? "dimmed" : undefined} fw={strong ? 600 : undefined}>
          {label}
        </Text>
      </Box>
      <Amount of={of} strong={strong} fz={dimmed ? "xs" : "sm"} />
    </Group>
  );
}
