// Who bought, where it goes, where it came from.
import { Box, Group, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import type { Address, Order } from "../../api/types";
import { Moment } from "../../parts/moment";
import { Panel } from "../../parts/section";
import { useWords } from "../../words/catalogue";
import { ChannelName } from "../channels";
import { orderWords } from "../words";
import { detailWords } from "./words";

export function addressLines(address: Address): string[] {
  const place = [address.district, address.city, address.region, address.postcode, address.country].filter(Boolean).join(", ");
  return [[address.recipient, address.phone].filter(Boolean).join(" · "), address.line ?? "", place].filter((line) => line !== "");
}

export function About({ order }: { order: Order }) {
  const say = useWords(detailWords);
  const list = useWords(orderWords);
  const { buyer } = order;
  return (
    <Panel title={say("facts")}>
      <Stack gap="sm">
        <Fact label={say("buyer")}>
          {buyer.company && <Text size="sm" fw={560}>{buyer.company}</Text>}
          <Text size="sm">{[buyer.name, buyer.phone].filter(Boolean).join(" · ") || say("unknown")}</Text>
          {buyer.masked && <Text size="xs" c="dimmed">{say("masked")}</Text>}
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
