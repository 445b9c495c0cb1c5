// A write to an order: on the version that is shown, once however often it is sent; a conflict shows the fresh state.
import { useState } from "react";
import { versionTag } from "../../api/client";
import { onceKey } from "../../api/once";
import type { Order, Problem } from "../../api/types";
import { useWork } from "../../parts/controls";
import { orderChanged } from "../list/data";

type Headers = { "If-Match": string; "Idempotency-Key": string };

export function useOrderWrite(order: Order) {
  const work = useWork();
  const [key, setKey] = useState(onceKey);
  const write = async (act: (header: Headers) => Promise<unknown>) => {
    try {
      await act({ "If-Match": versionTag(order.version), "Idempotency-Key": key });
    } catch (refused) {
      const { status } = refused as Problem;
      // A lost answer is asked for again with the same key; a refusal is over.
      if (status < 500) setKey(onceKey());
      if (status === 412) await orderChanged(order.id);
      throw refused;
    }
    setKey(onceKey());
    await orderChanged(order.id);
  };
  return { ...work, write };
}
