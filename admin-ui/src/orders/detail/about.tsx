// Who bought, where it goes, where it came from.
import { Anchor, Box, Group, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Address, LinkedOrder, Order } from "../../api/types";
import { Moment } from "../../parts/moment";
import { Panel } from "../../parts/section";
import { useWords } from "../../words/catalogue";
import { useRight } from "../../session/session";
import { ChannelName } from "../channels";
import { orderWords } from "../words";
import { useResolved } from "./lines";
import { detailWords } from "./words";

export function addressLines(address: Address): string[] {
  const place = [address.district, address.city, address.region, address.postcode, address.country].filter(Boolean).join(", ");
  return [[address.recipient, address.phone].filter(Boolean).join(" · "), address.line ?? "", place].filter((line) => line !== "");
}

export function About({ order }: { order: Order }) {
  const say = useWords(detailWords);
  const list = useWords(orderWords);
  const { buyer } = order;
  const customer = useResolved(order.id)?.customer_id;
  const seesCustomers = useRight()("customers:read");
  return (
    <Panel title={say("facts")}>
      <Stack gap="sm">
        <Fact label={say("buyer")}>
          {buyer.company && <Text size="sm" fw={560}>{buyer.company}</Text>}
          <Text size="sm">{[buyer.name, buyer.phone].filter(Boolean).join(" · ") || say("unknown")}</Text>
          {buyer.masked && <Text size="xs" c="dimmed">{say("masked")}</Text>}
          {customer && seesCustomers && (
            <Anchor component={Link} to={`/customers/${customer}`} size="xs">
              {say("allOrdersOf")}
            </Anchor>
          )}
        </Fact>
        {order.ship_to && addressLines(order.ship_to).length > 0 && (
          <Fact label={say("shipTo")}>
            {addressLines(order.ship_to).map((line) => (
              <Text key={line} size="sm">
                {line}
              </Text>
            ))}
          </Fact>
        )}
        {order.invoice_request?.requested && (
          <Fact label={say("invoiceTo")}>
            <Text size="sm">{[order.invoice_request.name, order.invoice_request.address, order.invoice_request.email].filter(Boolean).join(" · ")}</Text>
            {order.invoice_request.tax_code && <Text size="xs" c="dimmed">{say("taxCode", { code: order.invoice_request.tax_code })}</Text>}
          </Fact>
        )}
        <Fact label={list("channel")}>
          <ChannelName kind={order.channel_kind} account={order.channel_account.name} />
        </Fact>
        {order.same_sale_as && (
          <Box>
            <LinkedLine order={order.same_sale_as} text={(name) => say("sameSale", { order: name })} />
            <Text size="xs" c="dimmed">{say("sameSaleWhy")}</Text>
          </Box>
        )}
        {(order.copies ?? []).length > 0 && (
          <Fact label={say("copies")}>
            {order.copies?.map((copy) => <LinkedLine key={copy.id} order={copy} text={(name) => name} />)}
          </Fact>
        )}
        <Row label={say("channelNumber")}>{order.external_number ?? order.external_id}</Row>
        {order.channel_status && <Row label={say("channelStatus")}>{order.channel_status}</Row>}
        <Row label={list("segment")}>{list(order.segment)}</Row>
        <Row label={say("placed")}>
          <Moment at={order.placed_at} />
        </Row>
        {order.staff && <Row label={say("staff")}>{order.staff}</Row>}
        {order.branch && <Row label={say("branch")}>{order.branch}</Row>}
        {order.source_tag && <Row label={say("source")}>{order.source_tag}</Row>}
        {order.source_evidence && (
          <Text size="xs" c="dimmed">
            {say("sourceWhy", { why: order.source_evidence })}
          </Text>
        )}
      </Stack>
    </Panel>
  );
}

function LinkedLine({ order, text }: { order: LinkedOrder; text: (name: string) => string }) {
  return (
    <Anchor component={Link} to={`/orders/${order.id}`} size="sm" display="block" style={{ overflowWrap: "anywhere" }}>
      {text(`${order.channel_kind.toUpperCase()} ${order.external_number} (#${order.number})`)}
    </Anchor>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Box>
      <Text size="xs" c="dimmed" mb={2}>
        {label}
      </Text>
      {children}
    </Box>
  );
}

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Group justify="space-between" gap="sm" wrap="nowrap" align="baseline">
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text size="sm" ta="right" component="div" style={{ overflowWrap: "anywhere" }}>
        {children}
      </Text>
    </Group>
  );
}
