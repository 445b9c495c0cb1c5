// The lines: list price, each discount by kind and funder, tax, what the buyer pays.
import { Group, Stack, Table, Text } from "@mantine/core";
import type { Funder, Order, OrderLine } from "../../api/types";
import { Amount } from "../../parts/amount";
import { negated, trimmed } from "../../parts/decimal";
import { Panel } from "../../parts/section";
import { ToneBadge } from "../../parts/track_badge";
import { type Say, useWords } from "../../words/catalogue";
import { detailWords } from "./words";
import { Wide } from "../../parts/wide";

export type DetailSay = Say<(typeof detailWords)["words"]>;

export const funderWord: Record<Funder, "byTenant" | "byMarketplace" | "bySupplier" | "byAffiliate"> = {
  tenant: "byTenant",
  marketplace: "byMarketplace",
  supplier: "bySupplier",
  affiliate: "byAffiliate",
};

export function Lines({ order }: { order: Order }) {
  const say = useWords(detailWords);
  return (
    <Panel title={say("lines")} flush aside={<Text size="sm" c="dimmed">{order.lines.length}</Text>}>
      {order.lines.length === 0 ? (
        <Text size="sm" c="dimmed" p="md">
          {say("noLines")}
        </Text>
      ) : (
        <Wide>
          <Table fz="sm" miw={660}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{say("product")}</Table.Th>
                <Table.Th ta="right">{say("quantity")}</Table.Th>
                <Table.Th ta="right">{say("unitPrice")}</Table.Th>
                <Table.Th>{say("discounts")}</Table.Th>
                <Table.Th>{say("taxes")}</Table.Th>
                <Table.Th ta="right">{say("lineTotal")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {order.lines.map((line) => (
                <Line key={line.position} line={line} say={say} />
              ))}
            </Table.Tbody>
          </Table>
        </Wide>
      )}
    </Panel>
  );
}

function Line({ line, say }: { line: OrderLine; say: DetailSay }) {
  return (
    <Table.Tr style={{ verticalAlign: "top" }}>
      <Table.Td>
        <Group gap={6}>
          <Text size="sm" fw={520}>
            {line.name ?? line.sku ?? line.external_id}
          </Text>
          {line.gift && <ToneBadge tone="good">{say("gift")}</ToneBadge>}
          {line.kind !== "product" && <ToneBadge tone="quiet">{say(line.kind)}</ToneBadge>}
        </Group>
        {line.sku && (
          <Text size="xs" c="dimmed">
            {line.sku}
          </Text>
        )}
      </Table.Td>
      <Table.Td ta="right" style={{ fontVariantNumeric: "tabular-nums" }}>
        {trimmed(line.quantity)}
      </Table.Td>
      <Table.Td ta="right">
        <Amount of={line.unit_price} />
      </Table.Td>
      <Table.Td>
        <Stack gap={2}>
          {line.components.map((component, index) => (
            <Text key={index} size="xs">
              <Amount of={{ ...component.amount, amount: negated(component.amount.amount) }} c={undefined} />{" "}
              {`${say(component.kind)}${component.code ? ` ${component.code}` : ""}, ${say(funderWord[component.funded_by])}`}
            </Text>
          ))}
        </Stack>
      </Table.Td>
      <Table.Td>
        <Stack gap={2}>
          {line.taxes.map((tax, index) => (
            <Text key={index} size="xs">
              <Amount of={tax.amount} /> {`${tax.name}${tax.rate ? ` ${trimmed(tax.rate)} %` : ""}, ${say(tax.included ? "included" : "onTop")}`}
            </Text>
          ))}
        </Stack>
      </Table.Td>
      <Table.Td ta="right">
        <Amount of={line.total} strong />
      </Table.Td>
    </Table.Tr>
  );
}
