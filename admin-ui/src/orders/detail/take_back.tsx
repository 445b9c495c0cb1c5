// Goods that come back: which, why, how far they are. The same call moves a return on.
import { Button, Group, Modal, Select, Stack, Text, Textarea } from "@mantine/core";
import { useState } from "react";
import { done } from "../../api/call";
import { http } from "../../api/client";
import type { GoodsReturn, LineQuantity, Order } from "../../api/types";
import { added, compared, negated, sum } from "../../parts/decimal";
import { ProblemAlert, tell } from "../../parts/problem";
import { usePair } from "../../parts/track_badge";
import { partWords } from "../../parts/words";
import { useWords } from "../../words/catalogue";
import { changeWords } from "./change_words";
import { Quantities, useQuantities } from "./quantities";
import { returnStates } from "./states";
import { useOrderWrite } from "./write";

type State = GoodsReturn["state"];

/** Where a return can go from a state: forward, and goods that are back stay back. */
export const nextReturnStates: Record<State, State[]> = {
  requested: ["approved", "shipping_back", "received", "rejected", "withdrawn"],
  approved: ["shipping_back", "received", "rejected", "withdrawn"],
  shipping_back: ["received", "rejected", "withdrawn"],
  received: ["closed"],
  closed: [],
  rejected: [],
  withdrawn: [],
};

/** What left and neither came back nor is promised to. */
export function stillOut(order: Pick<Order, "lines" | "shipments" | "returns">): LineQuantity[] {
  const named = (all: { lines: LineQuantity[] }[], line: { external_id: string; quantity: string }) =>
    sum(all.map(({ lines }) => (lines.length === 0 ? line.quantity : sum(lines.filter(({ line_id }) => line_id === line.external_id).map(({ quantity }) => quantity)))));
  const left = order.shipments.filter(({ state }) => !["ready", "cancelled", "returned", "lost"].includes(state));
  const back = order.returns.filter(({ state, goods_back }) => goods_back && state !== "rejected" && state !== "withdrawn");
  return order.lines
    .filter((line) => line.kind === "product" && compared(line.quantity, "0") > 0)
    .map((line) => {
      const out = named(left, line);
      return { line_id: line.external_id, quantity: added(compared(out, line.quantity) > 0 ? line.quantity : out, negated(named(back, line))) };
    })
    .filter(({ quantity }) => compared(quantity, "0") > 0);
}

export function TakeBack({ order, onClose }: { order: Order; onClose: () => void }) {
  const say = useWords(changeWords);
  const part = useWords(partWords);
  const pair = usePair();
  const [state, setState] = useState<State>("received");
  const [reason, setReason] = useState("");
  const quantities = useQuantities(stillOut(order));
  const work = useOrderWrite(order);
  const wrong = quantities.isWrong || quantities.lines.length === 0;
  const send = () =>
    work.run(async () => {
      const { lines } = quantities;
      await work.write((header) => done(http.POST("/api/v1/orders/{id}/returns", { params: { path: { id: order.id }, header }, body: { state, reason: reason.trim(), lines } })));
      tell(say("takenBack"));
      onClose();
    });
  return (
    <Modal opened onClose={onClose} title={say("takeBackTitle", { number: String(order.number) })} closeButtonProps={{ "aria-label": part("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Stack gap="sm">
          <Quantities of={quantities} order={order} title={say("back")} />
          <Select label={say("state")} allowDeselect={false} data={(["requested", "approved", "shipping_back", "received"] as const).map((value) => ({ value, label: pair(returnStates[value].name) }))} value={state} onChange={(value) => setState((value ?? "received") as State)} />
          <Textarea label={say("why")} placeholder={say("whyReturn")} required autosize minRows={2} maxLength={500} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
          <Text size="xs" c="dimmed">
            {say("refundLater")}
          </Text>
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {part("cancel")}
            </Button>
            <Button type="submit" loading={work.busy} disabled={wrong || !reason.trim()}>
              {say("takeBack")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

export function MoveReturnOn({ order, goods }: { order: Order; goods: GoodsReturn }) {
  const say = useWords(changeWords);
  const part = useWords(partWords);
  const pair = usePair();
  const next = nextReturnStates[goods.state];
  const [open, setOpen] = useState(false);
  const [state, setState] = useState<State>(next[0] ?? "closed");
  const work = useOrderWrite(order);
  const send = () =>
    work.run(async () => {
      await work.write((header) => done(http.POST("/api/v1/orders/{id}/returns", { params: { path: { id: order.id }, header }, body: { id: goods.id, state } })));
      tell(say("takenBack"));
      setOpen(false);
    });
  return (
    <>
      <Button
        size="compact-xs"
        variant="default"
        aria-label={say("moveName", { name: goods.id })}
        onClick={() => {
          setState(next[0] ?? "closed");
          setOpen(true);
        }}
      >
        {say("move")}
      </Button>
      <Modal opened={open} onClose={() => setOpen(false)} title={say("moveTitle")} closeButtonProps={{ "aria-label": part("close") }}>
        <Stack gap="sm">
          <Select label={say("state")} data-autofocus allowDeselect={false} data={next.map((value) => ({ value, label: pair(returnStates[value].name) }))} value={state} onChange={(value) => setState((value ?? "closed") as State)} />
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={() => setOpen(false)}>
              {part("cancel")}
            </Button>
            <Button loading={work.busy} onClick={() => void send()}>
              {say("move")}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
