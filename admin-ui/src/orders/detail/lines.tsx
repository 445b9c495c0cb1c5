// The lines: list price, each discount by kind and funder, tax, what the buyer pays; and which products of ours they are.
import { Anchor, Group, Stack, Table, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { api } from "../../api/client";
import type { Funder, Order, OrderLine } from "../../api/types";
import type { ResolvedOrder } from "../../api/types_products";
import { Amount } from "../../parts/amount";
import { negated, trimmed } from "../../parts/decimal";
import { Panel } from "../../parts/section";
import { ToneBadge } from "../../parts/track_badge";
import { useRight } from "../../session/session";
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
  const resolved = useResolved(order.id);
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
                <Line key={line.position} line={line} say={say} own={resolved?.lines.find(({ line_id }) => line_id === line.external_id)} held={order.holds.includes("mapping")} />
              ))}
            </Table.Tbody>
          </Table>
        </Wide>
      )}
    </Panel>
  );
}

/** The order in the merchant's own terms: for those who may see products or customers. */
export function useResolved(id: string): ResolvedOrder | undefined {
  const may = useRight();
  const resolved = api.useQuery("get", "/api/v1/orders/{id}/resolved", { params: { path: { id } } }, { enabled: may("products:read") || may("customers:read") });
  return resolved.data;
}

type OwnTerms = ResolvedOrder["lines"][number] | undefined;

/** What the line is in products, where that says more than its SKU. */
function Own({ line, own, held, say }: { line: OrderLine; own: OwnTerms; held: boolean; say: DetailSay }) {
  const may = useRight();
  if (!own || !may("products:read")) return null;
  const same = own.parts.length === 1 && own.parts[0]?.sku === line.sku && own.parts[0].quantity === "1";
  if (own.parts.length === 0) {
    // Before anybody asks for mapping, nothing is missing.
    if (!held) return null;
    return (
      <Group gap={6}>
        <ToneBadge tone="wait">{say("lineUnmapped")}</ToneBadge>
        <Anchor component={Link} to="/mapping" size="xs">
          {say("lineMap")}
        </Anchor>
      </Group>
    );
  }
  if (same) return null;
  return own.parts.map((part) => (
    <Text key={part.sku} size="xs" c="dimmed" title={part.name}>
      {say("lineIs", { quantity: trimmed(part.quantity), sku: part.sku })}
    </Text>
  ));
}

function Line({ line, say, own, held }: { line: OrderLine; say: DetailSay; own: OwnTerms; held: boolean }) {
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
        <Own line={line} own={own} held={held} say={say} />
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
