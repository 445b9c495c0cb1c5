// Payments, shipments, cancellations, refunds, returns and settlement lines, each in its own small table.
import { Button, Stack, Table, Text } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { Order, Shipment, Tender } from "../../api/types";
import { Amount } from "../../parts/amount";
import { Moment } from "../../parts/moment";
import { Panel } from "../../parts/section";
import { ToneBadge, usePair } from "../../parts/track_badge";
import type { Tone } from "../../parts/tracks";
import { type Pair, useWords } from "../../words/catalogue";
import { MoveReturnOn, nextReturnStates } from "./take_back";
import { TakeBackTender, VoidTender } from "./money_actions";
import { moneyWords } from "./money_words";
import { ShipPackage } from "./ship";
import { cancellationStates, refundStates, returnStates, shipmentStates, tenderStates } from "./states";
import { useMethodName } from "./take";
import { detailWords } from "./words";
import { Wide } from "../../parts/wide";
import { useRight } from "../../session/session";

const holderWord: Record<Tender["holder"], "withTenant" | "withMarketplace" | "withCarrier" | "withProcessor"> = {
  tenant: "withTenant",
  marketplace: "withMarketplace",
  carrier: "withCarrier",
  processor: "withProcessor",
};

/** The right that takes back what was applied or given up. */
const takenBackWith: Record<string, string | undefined> = { on_account: "receivables:manage", early_discount: "receivables:manage", write_off: "receivables:write_off" };

export function Movements({ order }: { order: Order }) {
  const say = useWords(detailWords);
  const method = useMethodName();
  const may = useRight();
  const mayVoid = order.actions.includes("refund") && may("finance:post");
  const join = (...parts: (string | null | undefined)[]) => parts.filter(Boolean).join(" · ") || "–";
  const nothing = [order.tenders, order.shipments, order.cancellations, order.refunds, order.returns, order.settlement].every((list) => list.length === 0);
  if (nothing) {
    return (
      <Panel>
        <Text size="sm" c="dimmed">
          {say("nothingMoved")}
        </Text>
      </Panel>
    );
  }
  return (
    <Stack gap="md">
      <Moved
        title={say("tenders")}
        rows={order.tenders.map((tender) => ({
          key: tender.id,
          at: tender.at,
          what: join(method(tender.method), tender.account, tender.reference),
          aside: `${say("heldWith")} ${say(holderWord[tender.holder])}`,
          state: <State look={tenderStates[tender.state]} word={tender.state} />,
          amount: <Amount of={tender.amount} />,
          act: tender.state === "captured" && (takenBackWith[tender.method] ? may(takenBackWith[tender.method] ?? "") && <TakeBackTender order={order} tender={tender} /> : mayVoid && <VoidTender order={order} tender={tender} />),
        }))}
      />
      <Moved
        title={say("shipments")}
        rows={order.shipments.map((shipment) => ({
          key: shipment.id,
          at: shipment.at,
          what: join(shipment.carrier, shipment.tracking ?? shipment.id),
          state: <State look={shipmentStates[shipment.state]} word={shipment.state} />,
          act: order.actions.includes("ship") && <MoveOn order={order} shipment={shipment} />,
        }))}
      />
      <Moved
        title={say("cancellations")}
        rows={order.cancellations.map((cancellation) => ({
          key: cancellation.id,
          at: cancellation.at,
          what: join(cancellation.reason, cancellation.by),
          state: <State look={cancellationStates[cancellation.state]} word={cancellation.state} />,
        }))}
      />
      <Moved
        title={say("returns")}
        rows={order.returns.map((goods) => ({
          key: goods.id,
          at: goods.at,
          what: join(goods.reason, goods.id),
          aside: goods.exchange ? say("exchange") : goods.goods_back ? undefined : say("keepsGoods"),
          state: <State look={returnStates[goods.state]} word={goods.state} />,
          amount: goods.refund && <Amount of={goods.refund} />,
          act: order.actions.includes("take_back") && goods.goods_back && nextReturnStates[goods.state].length > 0 && <MoveReturnOn order={order} goods={goods} />,
        }))}
      />
      <Moved
        title={say("refunds")}
        rows={order.refunds.map((refund) => ({
          key: refund.id,
          at: refund.at,
          what: join(refund.reason, refund.id),
          state: <State look={refundStates[refund.state]} word={refund.state} />,
          amount: <Amount of={refund.amount} />,
        }))}
      />
      <Moved
        title={say("settlement")}
        rows={order.settlement.map((line) => ({
          key: line.id,
          at: line.at,
          what: join(line.kind, line.statement),
          amount: <Amount of={line.amount} />,
        }))}
      />
    </Stack>
  );
}

function State({ look, word }: { look: { tone: Tone; name: Pair } | undefined; word: string }) {
  const pair = usePair();
  return <ToneBadge tone={look?.tone ?? "quiet"}>{pair(look?.name ?? [word, word])}</ToneBadge>;
}

type Row = { key: string; at: string | null; what: string; aside?: string | undefined; state?: ReactNode; amount?: ReactNode; act?: ReactNode };

function MoveOn({ order, shipment }: { order: Order; shipment: Shipment }) {
  const say = useWords(moneyWords);
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button size="compact-xs" variant="default" aria-label={say("moveName", { name: shipment.tracking ?? shipment.id })} onClick={() => setOpen(true)}>
        {say("move")}
      </Button>
      {open && <ShipPackage order={order} shipment={shipment} onClose={() => setOpen(false)} />}
    </>
  );
}

function Moved({ title, rows }: { title: string; rows: Row[] }) {
  if (rows.length === 0) return null;
  return (
    <Panel title={title} flush>
      <Wide>
        <Table fz="sm">
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={row.key}>
                <Table.Td w={130}>
                  <Moment at={row.at} />
                </Table.Td>
                <Table.Td style={{ overflowWrap: "anywhere" }}>
                  {row.what}
                  {row.aside && (
                    <Text size="xs" c="dimmed">
                      {row.aside}
                    </Text>
                  )}
                </Table.Td>
                <Table.Td>{row.state}</Table.Td>
                <Table.Td ta="right">{row.amount}</Table.Td>
                {rows.some(({ act }) => act) && (
                  <Table.Td w={110} ta="right">
                    {row.act}
                  </Table.Td>
                )}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Wide>
    </Panel>
  );
}
