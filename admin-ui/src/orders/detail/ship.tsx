// A package: what is in it, who carries it, how far it is. The same form moves a package on.
import { Button, Group, Modal, Select, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { done } from "../../api/call";
import { http } from "../../api/client";
import type { LineQuantity, Order, Shipment } from "../../api/types";
import { added, compared, negated, sum } from "../../parts/decimal";
import { ProblemAlert, tell } from "../../parts/problem";
import { usePair } from "../../parts/track_badge";
import { partWords } from "../../parts/words";
import { useWords } from "../../words/catalogue";
import { moneyWords } from "./money_words";
import { Quantities, useQuantities } from "./quantities";
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
  const [state, setState] = useState<Shipment["state"]>(shipment?.state ?? "handed_over");
  const [carrier, setCarrier] = useState(shipment?.carrier ?? "");
  const [tracking, setTracking] = useState(shipment?.tracking ?? "");
  const quantities = useQuantities(shipment ? [] : unshipped(order));
  const work = useOrderWrite(order);
  // No lines would mean the whole order.
  const wrong = quantities.isWrong || (quantities.most.length > 0 && quantities.lines.length === 0);
  const send = () =>
    work.run(async () => {
      const { lines } = quantities;
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
          {quantities.most.length > 0 && <Quantities of={quantities} order={order} title={say("contents")} />}
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
