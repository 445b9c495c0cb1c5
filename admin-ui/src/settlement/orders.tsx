// The orders of a shop: what was owed, kept and paid of each, and how the fees stand against what was expected.
import { Anchor, Paper, Select, Stack, Table, Text } from "@mantine/core";
import { useLingui } from "@lingui/react";
import { keepPreviousData } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { flat, paging } from "../api/call";
import { api } from "../api/client";
import type { SettlementFee, SettlementState } from "../api/types_settlement";
import { Amount } from "../parts/amount";
import { MoreButton } from "../parts/controls";
import { compared, formatMoney } from "../parts/decimal";
import { Moment } from "../parts/moment";
import { Empty, Loaded } from "../parts/section";
import { Wide } from "../parts/wide";
import { useWords } from "../words/catalogue";
import type { SettlementPlace } from "./filters";
import type { Go } from "./page";
import { settlementWords } from "./words";

export const states: SettlementState[] = ["not_yet_released", "matched", "short_paid", "over_paid", "unknown_order"];
const red = "light-dark(var(--mantine-color-red-9), var(--mantine-color-red-4))";
const orange = "light-dark(#a63c00, var(--mantine-color-orange-4))";
const tones: Record<SettlementState, string> = { not_yet_released: "dimmed", matched: "var(--mantine-color-text)", short_paid: red, over_paid: orange, unknown_order: red };

export function ShopOrders({ shop, place, go }: { shop: string; place: SettlementPlace; go: Go }) {
  const say = useWords(settlementWords);
  const orders = api.useInfiniteQuery(
    "get",
    "/api/v1/settlement/shops/{id}/orders",
    { params: { path: { id: shop }, query: { ...(place.state && { state: place.state }), limit: 50 } } },
    { ...paging, placeholderData: keepPreviousData },
  );
  return (
    <>
      <Select size="xs" w={200} mb="sm" aria-label={say("state")} placeholder={say("anyState")} clearable data={states.map((value) => ({ value, label: say(value) }))} value={place.state ?? null} onChange={(state) => go({ state })} />
      <Paper style={{ overflow: "hidden" }}>
        <Loaded of={orders} rows={8} isEmpty={(data) => flat(data).length === 0} empty={<Empty title={say("noOrders")} />}>
          {(data) => (
            <Wide>
              <Table fz="sm" miw={820} verticalSpacing={6}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{say("order")}</Table.Th>
                    <Table.Th>{say("state")}</Table.Th>
                    <Table.Th ta="right">{say("claim")}</Table.Th>
                    <Table.Th>{say("fees")}</Table.Th>
                    <Table.Th ta="right">{say("paid")}</Table.Th>
                    <Table.Th ta="right">{say("open")}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {flat(data).map((order) => (
                    <Table.Tr key={order.order_id} data-state={order.state} style={{ verticalAlign: "top" }}>
                      <Table.Td>
                        <Anchor component={Link} to={`/orders/${order.order_id}`} size="sm" fw={560} c="var(--mantine-color-text)">
                          {`#${order.order_number}`}
                        </Anchor>
                        <Text size="xs" c="dimmed">
                          {order.external_id} · <Moment at={order.placed_at} />
                        </Text>
                      </Table.Td>
                      <Table.Td>
                        <Text size="sm" c={tones[order.state]}>
                          {say(order.state)}
                        </Text>
                      </Table.Td>
                      <Table.Td ta="right">
                        <Amount of={order.claim} />
                      </Table.Td>
                      <Table.Td>
                        <Stack gap={2}>
                          {order.fees.map((fee) => (
                            <Fee key={fee.kind} fee={fee} />
                          ))}
                        </Stack>
                      </Table.Td>
                      <Table.Td ta="right">
                        <Amount of={order.paid} quietZero />
                      </Table.Td>
                      <Table.Td ta="right">
                        <Amount of={order.open} quietZero strong />
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Wide>
          )}
        </Loaded>
        <MoreButton of={orders} />
      </Paper>
    </>
  );
}

const named = ["mkt_commission", "mkt_payment_fee", "mkt_service_fee", "mkt_affiliate", "mkt_shipping", "mkt_other_fee", "mkt_adjustment", "withholding_tax"] as const;

export function useFeeName(): (kind: string) => string {
  const say = useWords(settlementWords);
  return (kind) => {
    const known = named.find((name) => name === kind);
    return known ? say(known) : kind;
  };
}

function Fee({ fee }: { fee: SettlementFee }) {
  const say = useWords(settlementWords);
  const feeName = useFeeName();
  const { i18n } = useLingui();
  const off = fee.expected !== null && compared(fee.actual.amount, fee.expected.amount) !== 0;
  return (
    <Text size="xs" component="div" data-fee={off ? "off" : undefined}>
      {feeName(fee.kind)} <Amount of={fee.actual} />
      {fee.expected && (
        <Text span size="xs" c={off ? "red.8" : "dimmed"}>
          {` · ${off ? say("expected", { amount: formatMoney(fee.expected.amount, fee.expected.currency, i18n.locale) }) : say("asExpected")}`}
        </Text>
      )}
    </Text>
  );
}
