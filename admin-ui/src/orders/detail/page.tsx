// One order, whole: tracks on top, lines and movements on the left, money and holds on the right.
import { Anchor, Box, Grid, Group, Paper, Stack, Tabs, Text, Title, VisuallyHidden } from "@mantine/core";
import { IconChevronLeft } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { useCallback } from "react";
import { api } from "../../api/client";
import type { Order, Problem } from "../../api/types";
import { Amount } from "../../parts/amount";
import { Empty, Loaded } from "../../parts/section";
import { lookOf, TrackBadge, usePair } from "../../parts/track_badge";
import { OrderErrands } from "../../errands/of_order";
import { useRight } from "../../session/session";
import { useWords } from "../../words/catalogue";
import { ChannelName } from "../channels";
import { HoldActions } from "../hold_actions";
import { orderChanged } from "../list/data";
import { type LiveBatch, useLiveOrders } from "../list/live";
import { orderWords } from "../words";
import { About } from "./about";
import { AskChannel } from "./ask";
import { ConfirmPanel } from "./confirm";
import { DepositPanel } from "./deposit";
import { Holds } from "./holds";
import { OrderInvoices } from "./invoices";
import { OrderLedger } from "./ledger";
import { Lines } from "./lines";
import { MoneyPanel } from "./money";
import { ChangeActions } from "./change_actions";
import { MoneyActions } from "./money_actions";
import { moneyWords } from "./money_words";
import { Movements } from "./movements";
import { Notes } from "./notes";
import { Raw } from "./raw";
import { Timeline } from "./timeline";
import { detailWords } from "./words";

export function OrderPage() {
  const say = useWords(detailWords);
  const { id } = useParams({ strict: false });
  const orderId = id ?? "";
  const order = api.useQuery("get", "/api/v1/orders/{id}", { params: { path: { id: orderId } } });
  const changed = useCallback(
    ({ created, updated }: LiveBatch) => {
      if (created.includes(orderId) || updated.includes(orderId)) void orderChanged(orderId);
    },
    [orderId],
  );
  useLiveOrders(changed);
  const gone = (order.error as Problem | null)?.status === 404;
  return (
    <Box maw={1360} mx="auto" px={{ base: "md", sm: "lg" }} py="md">
      <Anchor component={Link} to="/orders" size="sm" c="dimmed">
        <Group gap={2} component="span" display="inline-flex">
          <IconChevronLeft size={15} />
          {say("list")}
        </Group>
      </Anchor>
      {gone ? <Empty whole title={say("gone")} /> : <Loaded of={order} rows={12}>{(data) => <Whole order={data} />}</Loaded>}
    </Box>
  );
}

function Whole({ order }: { order: Order }) {
  const say = useWords(detailWords);
  const money = useWords(moneyWords);
  const may = useRight();
  return (
    <>
      <Head order={order} />
      <Tabs defaultValue="overview" keepMounted={false} mt="md">
        <Tabs.List mb="md">
          <Tabs.Tab value="overview">{say("overview")}</Tabs.Tab>
          <Tabs.Tab value="timeline">{say("timeline")}</Tabs.Tab>
          {may("finance:read") && <Tabs.Tab value="ledger">{money("ledger")}</Tabs.Tab>}
          <Tabs.Tab value="raw">{say("raw")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="overview">
          <Grid gap="md">
            <Grid.Col span={{ base: 12, lg: 8 }}>
              <Stack gap="md">
                <Lines order={order} />
                <Movements order={order} />
              </Stack>
            </Grid.Col>
            <Grid.Col span={{ base: 12, lg: 4 }}>
              <Stack gap="md">
                <ConfirmPanel order={order} />
                <MoneyPanel order={order} />
                <DepositPanel order={order} />
                <OrderErrands order={order} />
                <OrderInvoices order={order} />
                <Holds order={order} />
                <Notes order={order} />
                <About order={order} />
              </Stack>
            </Grid.Col>
          </Grid>
        </Tabs.Panel>
        <Tabs.Panel value="timeline">
          <Timeline id={order.id} />
        </Tabs.Panel>
        <Tabs.Panel value="ledger">
          <OrderLedger id={order.id} />
        </Tabs.Panel>
        <Tabs.Panel value="raw">
          <Raw id={order.id} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

function Head({ order }: { order: Order }) {
  const say = useWords(detailWords);
  const list = useWords(orderWords);
  return (
    <>
      <Group justify="space-between" align="flex-start" mt={6} gap="md">
        <Box>
          <Group gap="sm" align="baseline">
            <Title order={1}>{list("order", { number: String(order.number) })}</Title>
            <Amount of={order.total} strong fz="lg" />
          </Group>
          <Group gap="sm" mt={2}>
            <ChannelName kind={order.channel_kind} account={order.channel_account.name} />
            <Text size="sm" c="dimmed">
              {order.buyer.company ?? order.buyer.name ?? (order.described ? "" : list("undescribed"))}
            </Text>
          </Group>
        </Box>
        <Group gap="xs">
          <AskChannel order={order} />
          <MoneyActions order={order} />
          <HoldActions order={order} />
          <ChangeActions order={order} />
        </Group>
      </Group>
      <Group mt="md" gap="md" grow preventGrowOverflow={false} align="stretch">
        <Track label={say("payment")} of={{ track: "payment", state: order.payment_track }} />
        <Track label={say("delivery")} of={{ track: "delivery", state: order.delivery_track }} />
        <Track label={say("invoice")} of={{ track: "invoice", state: order.invoice_track }} />
      </Group>
    </>
  );
}

function Track({ label, of }: { label: string; of: Parameters<typeof lookOf>[0] }) {
  const pair = usePair();
  return (
    <Paper px="md" py={10} component="section" miw={220}>
      <VisuallyHidden>
        <h2>{label}</h2>
      </VisuallyHidden>
      <Group justify="space-between" gap="xs">
        <Text size="xs" c="dimmed" aria-hidden="true">
          {label}
        </Text>
        <TrackBadge {...of} />
      </Group>
      <Text size="sm" mt={4}>
        {pair(lookOf(of).meaning)}
      </Text>
    </Paper>
  );
}
