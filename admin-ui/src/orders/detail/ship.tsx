// A package: what is in it, who carries it, how far it is. The same form moves a package on.
import { Button, Group, Modal, Select, Stack, Text, TextInput } from "@mantine/core";
import { useLingui } from "@lingui/react";
import { useState } from "react";
import { done } from "../../api/call";
import { http } from "../../api/client";
import type { LineQuantity, Order, Shipment } from "../../api/types";
import { added, compared, formatNumber, isZero, negated, sum, typedDecimal } from "../../parts/decimal";
import { ProblemAlert, tell } from "../../parts/problem";
import { usePair } from "../../parts/track_badge";
import { partWords } from "../../parts/words";
import { useWords } from "../../words/catalogue";
import { moneyWords } from "./money_words";
import { shipmentStates } from "./states";
import { useOrderWrite } from "./write";

const gone: Shipment["state"][] = ["cancelled", "returned", "lost"];

/** What is in no package yet. */
export function unshipped(order: Pick<Order, "lines" | "shipments">): LineQuantity[] {
  return order.lines
    .filter((line) => line.kind === "product")
    .map((line) => {
      const live = order.shipments.filter(({ state }) => !gone.includes(state));
      // A package that names no lines is the whole order.
      const packed = live.flatMap(({ lines }) => (lines.length === 0 ? [line.quantity] : lines.filter(({ line_id }) => line_id === line.external_id).map(({ quantity }) => quantity)));
      return { line_id: line.external_id, quantity: added(line.quantity, negated(sum(packed))) };
    })
    .filter(({ quantity }) => compared(quantity, "0") > 0);
}

export function ShipPackage({ order, shipment, onClose }: { order: Order; shipment: Shipment | null; onClose: () => void }) {
  const say = useWords(moneyWords);
  const part = useWords(partWords);
  const pair = usePair();
  const { i18n } = useLingui();
  const open = shipment ? [] : unshipped(order);
  const [state, setState] = useState<Shipment["state"]>(shipment?.state ?? "handed_over");
  const [carrier, setCarrier] = useState(shipment?.carrier ?? "");
  const [tracking, setTracking] = useState(shipment?.tracking ?? "");
  const [quantities, setQuantities] = useState<Record<string, string>>(Object.fromEntries(open.map(({ line_id, quantity }) => [line_id, formatNumber(quantity, i18n.locale)])));
  const work = useOrderWrite(order);
  const read = open.map(({ line_id }) => ({ line_id, quantity: typedDecimal(quantities[line_id] ?? "", i18n.locale) }));
  // No lines would mean the whole order.
  const wrong = read.some(({ quantity }) => quantity === null) || (read.length > 0 && read.every(({ quantity }) => quantity !== null && isZero(quantity)));
  const send = () =>
    work.run(async () => {
      const lines = read.flatMap(({ line_id, quantity }) => (quantity === null || isZero(quantity) ? [] : [{ line_id, quantity }]));
      const body = {
        ...(shipment && { id: shipment.id }),
        state,
        ...(carrier.trim() && { carrier: carrier.trim() }),
        ...(tracking.trim() && { tracking: tracking.trim() }),
        ...(lines.length > 0 && { lines }),
      };
      await work.write((header) => done(http.POST("/api/v1/orders/{id}/shipments", { params: { path: { id: order.id }, header }, body })));
      tell(say("shipped"));
      onClose();
    });
  return (
    <Modal opened onClose={onClose} title={shipment ? say("moveTitle") : say("shipTitle", { number: String(order.number) })} closeButtonProps={{ "aria-label": part("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Stack gap="sm">
          <Select
            label={say("state")}
            allowDeselect={false}
            data-autofocus
            data={Object.entries(shipmentStates).map(([value, look]) => ({ value, label: pair(look.name) }))}
            value={state}
            onChange={(value) => setState((value ?? "handed_over") as Shipment["state"])}
          />
          <Group grow align="flex-start">
            <TextInput label={say("carrier")} maxLength={120} value={carrier} onChange={(event) => setCarrier(event.currentTarget.value)} />
            <TextInput label={say("tracking")} maxLength={120} value={tracking} onChange={(event) => setTracking(event.currentTarget.value)} />
          </Group>
          {open.length > 0 && (
            <Stack gap={6} role="group" aria-label={say("contents")}>
              <Text size="sm" fw={500}>
                {say("contents")}
              </Text>
              {open.map(({ line_id, quantity }) => {
                const line = order.lines.find(({ external_id }) => external_id === line_id);
                const name = line?.name ?? line?.sku ?? line_id;
                return (
                  <Group key={line_id} justify="space-between" wrap="nowrap">
                    <Text size="sm" lineClamp={2}>
                      {name}
                    </Text>
                    <TextInput
                      size="xs"
                      w={96}
                      inputMode="decimal"
                      aria-label={say("quantityOf", { name })}
                      error={typedDecimal(quantities[line_id] ?? "", i18n.locale) === null}
                      rightSection={<Text size="xs" c="dimmed">{`/ ${formatNumber(quantity, i18n.locale)}`}</Text>}
                      rightSectionWidth={40}
                      value={quantities[line_id] ?? ""}
                      onChange={(event) => setQuantities({ ...quantities, [line_id]: event.currentTarget.value })}
                    />
                  </Group>
                );
              })}
            </Stack>
          )}
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {part("cancel")}
            </Button>
            <Button type="submit" loading={work.busy} disabled={wrong}>
              {say(shipment ? "move" : "ship")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
