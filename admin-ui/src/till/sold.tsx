// After the sale: its number, the receipt, and the way to the next one.
import { Alert, Button, Group, Paper, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { useLingui } from "@lingui/react";
import { IconCheck, IconPrinter } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { api } from "../api/client";
import { Amount } from "../parts/amount";
import { formatMoney, isZero } from "../parts/decimal";
import { Loaded } from "../parts/section";
import { useWords } from "../words/catalogue";
import type { Finished } from "./keep";
import { Receipt } from "./receipt";
import styles from "./till.module.css";
import { tillWords } from "./words";

export function Sold({ finished, onNext }: { finished: Finished; onNext: () => void }) {
  const say = useWords(tillWords);
  const { i18n } = useLingui();
  const order = api.useQuery("get", "/api/v1/orders/{id}", { params: { path: { id: finished.order } } });
  return (
    <div className={styles["sold"]}>
      <Loaded of={order}>
        {(data) => (
          <>
            <Paper p="lg" className={styles["soldSide"] ?? ""}>
              <Stack gap="md">
                <Group gap="sm" wrap="nowrap">
                  <ThemeIcon size={44} radius="xl" color="green.8">
                    <IconCheck size={26} />
                  </ThemeIcon>
                  <div>
                    <Title order={1}>{say("sold", { number: data.number })}</Title>
                    <Text size="sm" c="dimmed">
                      {say("soldText")}
                    </Text>
                  </div>
                </Group>
                {!isZero(finished.change) && (
                  <div data-change={finished.change}>
                    <Text size="sm" c="dimmed">
                      {say("change")}
                    </Text>
                    <Amount of={{ amount: finished.change, currency: data.currency }} strong fz={36} lh={1.2} />
                  </div>
                )}
                {!isZero(data.outstanding.amount) && <Alert color="yellow">{say("stillOpen", { amount: formatMoney(data.outstanding.amount, data.currency, i18n.locale) })}</Alert>}
                {data.holds.length > 0 && <Alert color="yellow">{say("held")}</Alert>}
                <Button size="lg" autoFocus onClick={onNext}>
                  {say("next")}
                </Button>
                <Button size="md" variant="default" leftSection={<IconPrinter size={18} />} onClick={() => window.print()}>
                  {say("print")}
                </Button>
                <Button component={Link} to={`/orders/${data.id}`} size="md" variant="subtle">
                  {say("look")}
                </Button>
              </Stack>
            </Paper>
            <Receipt order={data} finished={finished} />
          </>
        )}
      </Loaded>
    </div>
  );
}
