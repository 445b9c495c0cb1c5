// Taking a payment, refunding, shipping: offered as the server's `actions` say.
import { Button } from "@mantine/core";
import { IconCash, IconReceiptRefund, IconTruckDelivery } from "@tabler/icons-react";
import { useState } from "react";
import { done } from "../../api/call";
import { http } from "../../api/client";
import type { Order, Tender } from "../../api/types";
import { ReasonModal } from "../../parts/controls";
import { tell } from "../../parts/problem";
import { receivablesChanged } from "../../receivables/on_account";
import { useWords } from "../../words/catalogue";
import { orderChanged } from "../list/data";
import { moneyWords } from "./money_words";
import { GiveRefund } from "./refund";
import { ShipPackage, unshipped } from "./ship";
import { TakePayment } from "./take";
import { useOrderWrite } from "./write";

export function MoneyActions({ order }: { order: Order }) {
  const say = useWords(moneyWords);
  const [open, setOpen] = useState<"tender" | "refund" | "ship" | null>(null);
  const close = () => setOpen(null);
  return (
    <>
      {order.actions.includes("ship") && unshipped(order).length > 0 && (
        <Button variant="default" leftSection={<IconTruckDelivery size={15} />} onClick={() => setOpen("ship")}>
          {say("ship")}
        </Button>
      )}
      {order.actions.includes("refund") && (
        <Button variant="default" leftSection={<IconReceiptRefund size={15} />} onClick={() => setOpen("refund")}>
          {say("refund")}
        </Button>
      )}
      {order.actions.includes("tender") && (
        <Button variant="default" leftSection={<IconCash size={15} />} onClick={() => setOpen("tender")}>
          {say("take")}
        </Button>
      )}
      {open === "tender" && <TakePayment order={order} onClose={close} />}
      {open === "refund" && <GiveRefund order={order} onClose={close} />}
      {open === "ship" && <ShipPackage order={order} shipment={null} onClose={close} />}
    </>
  );
}

export function VoidTender({ order, tender }: { order: Order; tender: Tender }) {
  const say = useWords(moneyWords);
  const [asking, setAsking] = useState(false);
  const { write } = useOrderWrite(order);
  return (
    <>
      <Button size="compact-xs" variant="default" onClick={() => setAsking(true)}>
        {say("voidAct")}
      </Button>
      <ReasonModal
        opened={asking}
        onClose={() => setAsking(false)}
        title={say("voidTitle")}
        text={say("voidText")}
        label={say("why")}
        placeholder={say("whyVoid")}
        action={say("voidAct")}
        danger
        onGive={async (reason) => {
          await write((header) => done(http.POST("/api/v1/orders/{id}/tenders/{tender}/void", { params: { path: { id: order.id, tender: tender.id }, header }, body: { reason } })));
          tell(say("voided"));
        }}
      />
    </>
  );
}

/** What was applied or given up is not voided: it is taken back, and the order owes it again. */
export function TakeBackTender({ order, tender }: { order: Order; tender: Tender }) {
  const say = useWords(moneyWords);
  const [asking, setAsking] = useState(false);
  const path = { id: order.id, tender: tender.id };
  return (
    <>
      <Button size="compact-xs" variant="default" onClick={() => setAsking(true)}>
        {say("takeBackAct")}
      </Button>
      <ReasonModal
        opened={asking}
        onClose={() => setAsking(false)}
        title={say("takeBackTitle")}
        text={say("takeBackText")}
        label={say("why")}
        action={say("takeBackAct")}
        danger
        onGive={async (reason) => {
          if (tender.method === "write_off") await done(http.POST("/api/v1/receivables/orders/{id}/write-offs/{tender}/take-back", { params: { path }, body: { reason } }));
          else await done(http.POST("/api/v1/receivables/orders/{id}/applications/{tender}/take-back", { params: { path }, body: { reason } }));
          await Promise.all([orderChanged(order.id), receivablesChanged()]);
          tell(say("takenBack"));
        }}
      />
    </>
  );
}
