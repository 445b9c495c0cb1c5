// The quick view of one order, inside the list.
import { Anchor, Box, Button, Group, Stack, Table, Text } from "@mantine/core";
import { IconArrowRight } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { api } from "../../api/client";
import type { Order } from "../../api/types";
import { Amount } from "../../parts/amount";
import { trimmed } from "../../parts/decimal";
import { holdReasonText } from "../../holds/reasons";
import { Moment } from "../../parts/moment";
import { Loaded } from "../../parts/section";
import { TrackBadge } from "../../parts/track_badge";
import { useActorName } from "../../people/actor";
import { useWords } from "../../words/catalogue";
import { HoldActions } from "../hold_actions";
import { orderWords } from "../words";

const linesShown = 8;
const eventsShown = 5;

export function QuickView({ id }: { id: string }) {
  const order = api.useQuery("get", "/api/v1/orders/{id}", { params: { path: { id } } });
  return (
    <Box px="md" py="sm" data-testid="quick-view">
      <Loaded of={order} rows={4}>
        {(data) => <View order={data} />}
      </Loaded>
    </Box>
  );
}

function View({ order }: { order: Order }) {
  const say = useWords(orderWords);
  const standing = order.hold_list.filter((hold) => hold.state === "placed");
  return (
    <Group align="flex-start" gap="xl" wrap="wrap">
      <Box flex="3 1 420px" miw={0}>
        <Lines order={order} />
      </Box>
      <Stack flex="1 1 230px" gap={8}>
        <Fact label={say("payment")}>
          <TrackBadge track="payment" state={order.payment_track} />
        </Fact>
        <Fact label={say("delivery")}>
          <TrackBadge track="delivery" state={order.delivery_track} />
        </Fact>
        <Fact label={say("invoice")}>
          <TrackBadge track="invoice" state={order.invoice_track} />
        </Fact>
        <Fact label={say("outstanding")}>
          <Amount of={order.outstanding} fz="sm" quietZero />
        </Fact>
        {standing.length === 0 ? (
          <Text size="xs" c="dimmed">
            {say("noHolds")}
          </Text>
        ) : (
          standing.map((hold) => (
            <Group key={hold.id} gap={8} align="flex-start" wrap="nowrap">
              <TrackBadge track="hold" state={hold.type} />
              <Text size="xs" style={{ overflowWrap: "anywhere" }}>
                {holdReasonText(hold)}
              </Text>
            </Group>
          ))
        )}
        <Group gap="xs" mt={4}>
          <HoldActions order={order} size="xs" />
          <Button component={Link} to={`/orders/${order.id}`} size="xs" variant="default" rightSection={<IconArrowRight size={14} />}>
            {say("openOrder")}
          </Button>
        </Group>
      </Stack>
      <Box flex="1 1 260px" miw={0}>
        <LatestEvents id={order.id} />
      </Box>
    </Group>
  );
}

function Fact({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <Group gap="sm" justify="space-between" wrap="nowrap">
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      {children}
    </Group>
  );
}

function Lines({ order }: { order: Order }) {
  const say = useWords(orderWords);
  const rest = order.lines.length - linesShown;
  return (
    <>
      <Table verticalSpacing={4} horizontalSpacing={6} fz="sm">
        <Table.Tbody>
          {order.lines.slice(0, linesShown).map((line) => (
            <Table.Tr key={line.position}>
              <Table.Td>
                <Text size="sm" lineClamp={1}>
                  {line.name ?? line.sku ?? line.external_id}
                </Text>
                {line.sku && (
                  <Text size="xs" c="dimmed">
                    {line.sku}
                  </Text>
                )}
              </Table.Td>
              <Table.Td ta="right" style={{ whiteSpace: "nowrap" }}>
                {`${trimmed(line.quantity)} × `}
                <Amount of={line.unit_price} />
              </Table.Td>
              <Table.Td ta="right">
                <Amount of={line.total} />
              </Table.Td>
            </Table.Tr>
          ))}
          <Table.Tr>
            <Table.Td fw={600}>{say("total")}</Table.Td>
            <Table.Td />
            <Table.Td ta="right">
              <Amount of={order.total} strong />
            </Table.Td>
          </Table.Tr>
        </Table.Tbody>
      </Table>
      {rest > 0 && (
        <Anchor component={Link} to={`/orders/${order.id}`} size="xs">
          {`+ ${say("lines", { count: rest })}`}
        </Anchor>
      )}
    </>
  );
}

function LatestEvents({ id }: { id: string }) {
  const who = useActorName();
  const say = useWords(orderWords);
  const timeline = api.useQuery("get", "/api/v1/orders/{id}/timeline", { params: { path: { id } } });
  return (
    <>
      <Text size="xs" fw={560} c="dimmed" mb={6}>
        {say("events")}
      </Text>
      <Loaded of={timeline} rows={3}>
        {(page) => (
          <Stack gap={6}>
            {page.data.slice(0, eventsShown).map((entry) => (
              <Box key={entry.id}>
                <Text size="sm" lineClamp={2}>
                  {entry.summary}
                </Text>
                <Text size="xs" c="dimmed">
                  <Moment at={entry.at} /> {`· ${who(entry.actor)}`}
                </Text>
              </Box>
            ))}
          </Stack>
        )}
      </Loaded>
    </>
  );
}
