// Live updates: the server tells which orders came or changed; the list takes them in calmly, once a second at most.
import { useEffect, useEffectEvent, useState } from "react";

export type LiveState = "connecting" | "live" | "lost";
export type LiveBatch = { created: string[]; updated: string[] };

const batchMs = 1_000;
const retryMinMs = 2_000;
const retryMaxMs = 30_000;

/** Pure: one batch out of the events of the last second. An order both created and updated is created. */
export function batched(events: { kind: "created" | "updated"; id: string }[]): LiveBatch {
  const created = new Set<string>();
  const updated = new Set<string>();
  for (const { kind, id } of events) {
    if (kind === "created") {
      created.add(id);
      updated.delete(id);
    } else if (!created.has(id)) updated.add(id);
  }
  return { created: [...created], updated: [...updated] };
}

export function retryAfterMs(failures: number): number {
  return Math.min(retryMinMs * 2 ** Math.min(failures, 10), retryMaxMs);
}

export function useLiveOrders(onBatch: (batch: LiveBatch) => void): LiveState {
  const [state, setState] = useState<LiveState>("connecting");
  const onFlush = useEffectEvent(onBatch);

  useEffect(() => {
    let source: EventSource | null = null;
    let failures = 0;
    let waiting: { kind: "created" | "updated"; id: string }[] = [];
    let flush: ReturnType<typeof setTimeout> | undefined;
    let again: ReturnType<typeof setTimeout> | undefined;

    const take = (kind: "created" | "updated") => (event: MessageEvent<string>) => {
      const { id } = JSON.parse(event.data) as { id: string };
      waiting.push({ kind, id });
      flush ??= setTimeout(() => {
        flush = undefined;
        const batch = batched(waiting);
        waiting = [];
        onFlush(batch);
      }, batchMs);
    };
    const connect = () => {
      source = new EventSource("/api/v1/orders/events");
      source.addEventListener("open", () => {
        failures = 0;
        setState("live");
      });
      source.addEventListener("order.created", take("created"));
      source.addEventListener("order.updated", take("updated"));
      source.addEventListener("error", () => {
        setState("lost");
        // The browser reconnects by itself, except after an HTTP refusal.
        if (source?.readyState !== EventSource.CLOSED) return;
        again = setTimeout(connect, retryAfterMs(failures++));
      });
    };
    connect();
    return () => {
      source?.close();
      clearTimeout(flush);
      clearTimeout(again);
    };
  }, []);
  return state;
}
