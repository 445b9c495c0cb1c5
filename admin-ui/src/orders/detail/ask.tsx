// What is asked of the channel of an order: to pack it, or to note that it left, with carrier and tracking number.
import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { IconPackage, IconTruckDelivery } from "@tabler/icons-react";
import { useState } from "react";
import { done } from "../../api/call";
import { http } from "../../api/client";
import type { Order } from "../../api/types";
import { errandWords } from "../../errands/words";
import { ProblemAlert, tell } from "../../parts/problem";
import { partWords } from "../../parts/words";
import { useWords } from "../../words/catalogue";
import { moneyWords } from "./money_words";
import { useOrderWrite } from "./write";

type Act = "ask_pack" | "ask_ship";

export function AskChannel({ order }: { order: Order }) {
  const say = useWords(errandWords);
  const [asking, setAsking] = useState<Act | null>(null);
  return (
    <>
      {order.actions.includes("ask_pack") && (
        <Button variant="default" leftSection={<IconPackage size={15} />} onClick={() => setAsking("ask_pack")}>
          {say("askPack")}
        </Button>
      )}
      {order.actions.includes("ask_ship") && (
        <Button variant="default" leftSection={<IconTruckDelivery size={15} />} onClick={() => setAsking("ask_ship")}>
          {say("askShip")}
        </Button>
      )}
      {asking && <Form order={order} act={asking} onClose={() => setAsking(null)} />}
    </>
  );
}

function Form({ order, act, onClose }: { order: Order; act: Act; onClose: () => void }) {
  const say = useWords(errandWords);
  const money = useWords(moneyWords);
  const part = useWords(partWords);
  const [carrier, setCarrier] = useState("");
  const [tracking, setTracking] = useState("");
  const work = useOrderWrite(order);
  const send = () =>
    work.run(async () => {
      const body = { state: act === "ask_pack" ? ("ready" as const) : ("handed_over" as const), ...(carrier.trim() && { carrier: carrier.trim() }), ...(tracking.trim() && { tracking: tracking.trim() }) };
      await work.write((header) => done(http.POST("/api/v1/orders/{id}/shipments", { params: { path: { id: order.id }, header }, body })));
      tell(say("asked"));
      onClose();
    });
  return (
    <Modal opened onClose={onClose} title={say(act === "ask_pack" ? "askPack" : "askShip")} closeButtonProps={{ "aria-label": part("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Stack gap="sm">
          <Group grow align="flex-start">
            <TextInput label={money("carrier")} maxLength={120} data-autofocus value={carrier} onChange={(event) => setCarrier(event.currentTarget.value)} />
            <TextInput label={money("tracking")} maxLength={120} value={tracking} onChange={(event) => setTracking(event.currentTarget.value)} />
          </Group>
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {part("cancel")}
            </Button>
            <Button type="submit" loading={work.busy}>
              {say(act === "ask_pack" ? "askPack" : "askShip")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
