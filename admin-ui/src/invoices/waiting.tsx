// Orders that could not be issued by themselves, with the reason of each.
import { Alert, Anchor, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { api } from "../api/client";
import { Moment } from "../parts/moment";
import { useWords } from "../words/catalogue";
import { invoiceWords } from "./words";

const shownMax = 5;

export function Failed() {
  const say = useWords(invoiceWords);
  const queue = api.useQuery("get", "/api/v1/invoice-queue", undefined, { refetchInterval: 20_000 });
  const failed = (queue.data?.data ?? []).filter(({ why }) => why !== null);
  if (failed.length === 0) return null;
  return (
    <Alert color="yellow" variant="light" mb="sm" icon={<IconAlertTriangle size={18} />} title={say("waiting", { count: failed.length })}>
      <Stack gap={4}>
        <Text size="sm">{say("waitingText")}</Text>
        {failed.slice(0, shownMax).map(({ order_id, number, why }) => (
          <Text key={order_id} size="sm" style={{ overflowWrap: "anywhere" }}>
            <Anchor component={Link} to={`/orders/${order_id}`} size="sm" c="inherit" fw={600} underline="always">{`#${number}`}</Anchor> {why}
          </Text>
        ))}
        {failed.length > shownMax && <Text size="sm">{say("andMore", { count: failed.length - shownMax })}</Text>}
      </Stack>
    </Alert>
  );
}

/** That an order waits, and for what. */
export function WaitingOfOrder({ order }: { order: string }) {
  const say = useWords(invoiceWords);
  const queue = api.useQuery("get", "/api/v1/invoice-queue", { params: { query: { order } } });
  const waits = queue.data?.data[0];
  if (!waits) return null;
  return (
    <Text size="sm" px="md" py="xs" c={waits.why ? undefined : "dimmed"} component="div">
      {waits.why ?? (
        <>
          {say("waits")} <Moment at={waits.due_at} />
        </>
      )}
    </Text>
  );
}
