// The time, looked at twice a minute, for `3 minutes ago`.
import { useSyncExternalStore } from "react";

const tickMs = 30_000;
let now = Date.now();

function subscribe(changed: () => void): () => void {
  const timer = setInterval(() => {
    now = Date.now();
    changed();
  }, tickMs);
  return () => clearInterval(timer);
}

export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}
