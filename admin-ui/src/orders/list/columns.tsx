// The columns a person can choose from, in the order they stand.
import { Badge, Group, Text, Tooltip } from "@mantine/core";
import type { ReactNode } from "react";
import type { OrderRow } from "../../api/types";
import { Amount } from "../../parts/amount";
import { Moment } from "../../parts/moment";
import { TrackBadge } from "../../parts/track_badge";
import { trimmed } from "../../parts/decimal";
import type { Say } from "../../words/catalogue";
import { ChannelName } from "../channels";
import type { orderWords } from "../words";

type OrderSay = Say<(typeof orderWords)["words"]>;
export type Column = {
  id: string;
  word: keyof (typeof orderWords)["words"];
  /** Pixels; the buyer's column takes what is left. */
  width: number;
  right?: boolean;
  standard: boolean;
  cell: (order: OrderRow, say: OrderSay) => ReactNode;
};

export const columns: Column[] = [
  { id: "number", word: "number", width: 108, standard: true, cell: (order, say) => <OrderNumber order={order} say={say} /> },
  { id: "placed", word: "placed", width: 110, standard: true, cell: (order) => <Moment at={order.placed_at} /> },
  { id: "channel", word: "channel", width: 134, standard: true, cell: (order) => <ChannelName kind={order.channel_kind} account={order.channel_account.name} /> },
  { id: "buyer", word: "buyer", width: 140, standard: true, cell: (order, say) => <Buyer order={order} say={say} /> },
  { id: "total", word: "total", width: 110, right: true, standard: true, cell: (order) => <Amount of={order.total} strong /> },
  { id: "outstanding", word: "outstanding", width: 110, right: true, standard: true, cell: (order) => <Amount of={order.outstanding} quietZero /> },
  { id: "payment", word: "payment", width: 134, standard: true, cell: (order) => <TrackBadge track="payment" state={order.payment_track} /> },
  { id: "delivery", word: "delivery", width: 130, standard: true, cell: (order) => <TrackBadge track="delivery" state={order.delivery_track} /> },
  { id: "invoice", word: "invoice", width: 112, standard: true, cell: (order) => <TrackBadge track="invoice" state={order.invoice_track} /> },
  { id: "holds", word: "holds", width: 96, standard: true, cell: (order) => <Holds order={order} /> },
  { id: "external", word: "external", width: 160, standard: false, cell: (order) => <Plain text={order.external_number ?? order.external_id} /> },
  { id: "items", word: "items", width: 84, right: true, standard: false, cell: (order) => trimmed(order.units) },
  { id: "status", word: "status", width: 150, standard: false, cell: (order) => <Plain text={order.channel_status} /> },
  { id: "segment", word: "segment", width: 110, standard: false, cell: (order, say) => say(order.segment) },
  { id: "tendered", word: "tendered", width: 126, right: true, standard: false, cell: (order) => <Amount of={order.tendered} quietZero /> },
  { id: "refunded", word: "refunded", width: 126, right: true, standard: false, cell: (order) => <Amount of={order.refunded} quietZero /> },
  { id: "method", word: "method", width: 130, standard: false, cell: (order) => <Plain text={order.payment_method} /> },
  { id: "staff", word: "staff", width: 120, standard: false, cell: (order) => <Plain text={order.staff} /> },
  { id: "source", word: "source", width: 120, standard: false, cell: (order) => <Plain text={order.source_tag} /> },
  { id: "tags", word: "tags", width: 150, standard: false, cell: (order) => <Tags tags={order.tags} /> },
  { id: "updated", word: "updated", width: 138, standard: false, cell: (order) => <Moment at={order.updated_at} /> },
];

export const standardColumns = columns.filter((column) => column.standard).map((column) => column.id);

/** Known columns in their standing order; the order number always stays. */
export function chosenColumns(ids: string[]): Column[] {
  const wanted = new Set(ids);
  return columns.filter((column) => column.id === "number" || wanted.has(column.id));
}

function Plain({ text }: { text: string | null }) {
  return (
    <Text span size="sm" truncate display="block" title={text ?? ""} c={text ? undefined : "dimmed"}>
      {text || "–"}
    </Text>
  );
}

function OrderNumber({ order, say }: { order: OrderRow; say: OrderSay }) {
  return (
    <Group gap={6} wrap="nowrap">
      <Text span size="sm" fw={600} style={{ fontVariantNumeric: "tabular-nums" }}>
        {`#${order.number}`}
      </Text>
      {order.segment === "b2b" && <Flag>{"B2B"}</Flag>}
      {order.cash_on_delivery && <Flag>{say("cod")}</Flag>}
      {order.is_copy && <Flag>{say("copy")}</Flag>}
      {order.test && <Flag>{say("testOrder")}</Flag>}
    </Group>
  );
}

function Flag({ children }: { children: ReactNode }) {
  return (
    <Badge size="xs" radius="sm" variant="outline" color="gray" styles={{ label: { color: "var(--mantine-color-dimmed)" } }} tt="none" px={4}>
      {children}
    </Badge>
  );
}

function Buyer({ order, say }: { order: OrderRow; say: OrderSay }) {
  if (!order.described) {
    return (
      <Tooltip label={say("undescribedText")}>
        <Text span size="sm" c="dimmed" fs="italic">
          {say("undescribed")}
        </Text>
      </Tooltip>
    );
  }
  const { company, name, masked } = order.buyer;
  const text = company ?? name;
  if (!text) return <Plain text={masked ? say("masked") : null} />;
  return (
    <Text span size="sm" truncate display="block" title={[company, name].filter(Boolean).join(" · ")}>
      {text}
    </Text>
  );
}

function Holds({ order }: { order: OrderRow }) {
  const [first, ...others] = order.holds;
  if (!first) return null;
  return (
    <Group gap={4} wrap="nowrap">
      <TrackBadge track="hold" state={first} />
      {others.length > 0 && (
        <Text span size="xs" c="dimmed">
          {`+${others.length}`}
        </Text>
      )}
    </Group>
  );
}

function Tags({ tags }: { tags: string[] }) {
  return <Plain text={tags.join(", ") || null} />;
}
