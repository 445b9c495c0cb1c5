// A key that makes one act happen once, however often it is sent.

export function onceKey(): string {
  // Not randomUUID: a browser has that on secure addresses only.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
