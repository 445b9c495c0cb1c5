// Hold and release, offered as the server's `actions` say.
import { Button } from "@mantine/core";
import { IconHandStop, IconPlayerPlay } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { done } from "../api/call";
import { http } from "../api/client";
import type { Hold, Order } from "../api/types";
import { ReasonModal } from "../parts/controls";
import { tell } from "../parts/problem";
import { useWords } from "../words/catalogue";
import { orderChanged } from "./list/data";
import { holdReasonText } from "../holds/reasons";
import { orderWords } from "./words";

export async function placeHold(id: string, reason: string): Promise<void> {
  await done(http.POST("/api/v1/orders/{id}/holds", { params: { path: { id } }, body: { type: "manual", reason } }));
}

export async function releaseHold(id: string, hold: string, reason: string): Promise<void> {
  await done(http.POST("/api/v1/orders/{id}/holds/{hold}/release", { params: { path: { id, hold } }, body: { reason } }));
}

export function HoldActions({ order, size = "sm" }: { order: Order; size?: "xs" | "sm" }) {
  const say = useWords(orderWords);
  const [asking, setAsking] = useState(false);
  const standing = order.hold_list.filter((hold) => hold.state === "placed");
  const heldByHand = standing.some((hold) => hold.type === "manual");
  return (
    <>
      {order.actions.includes("hold") && !heldByHand && (
        <>
          <Button variant="default" size={size} leftSection={<IconHandStop size={15} />} onClick={() => setAsking(true)}>
            {say("holdAct")}
          </Button>
          <ReasonModal
            opened={asking}
            onClose={() => setAsking(false)}
            title={say("holdTitle", { count: 1 })}
            text={say("holdText")}
            label={say("why")}
            placeholder={say("whyHold")}
            action={say("holdAct")}
            onGive={async (reason) => {
              await placeHold(order.id, reason);
              await orderChanged(order.id);
              tell(say("heldDone"));
            }}
          />
        </>
      )}
      {order.actions.includes("release") && standing.map((hold) => <ReleaseButton key={hold.id} order={order} hold={hold} size={size} />)}
    </>
  );
}

/** Prices are approved line by line: nobody lets such an order pass whole. */
function isDecidedByLine({ type, evidence }: Hold): boolean {
  const codes = evidence !== null && typeof evidence === "object" && "codes" in evidence ? evidence.codes : null;
  return type === "price_approval" && Array.isArray(codes) && codes.includes("price_not_approved");
}

export function ReleaseButton({ order, hold, size = "sm" }: { order: Order; hold: Hold; size?: "xs" | "sm" }) {
  const say = useWords(orderWords);
  const [asking, setAsking] = useState(false);
  if (isDecidedByLine(hold)) {
    return (
      <Button component={Link} to="/approvals?owner=all" variant="default" size={size}>
        {say("toApprovals")}
      </Button>
    );
  }
  return (
    <>
      <Button size={size} leftSection={<IconPlayerPlay size={15} />} onClick={() => setAsking(true)}>
        {say("releaseAct")}
      </Button>
      <ReasonModal
        opened={asking}
        onClose={() => setAsking(false)}
        title={say("releaseTitle")}
        text={holdReasonText(hold)}
        label={say("why")}
        placeholder={say("whyRelease")}
        action={say("releaseAct")}
        onGive={async (reason) => {
          await releaseHold(order.id, hold.id, reason);
          await orderChanged(order.id);
          tell(say("releasedDone"));
        }}
      />
    </>
  );
}
