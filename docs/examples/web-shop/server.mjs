// A web shop's server that sends its orders to Switchyard: Node 20 or newer, no packages.
//
//   SWITCHYARD_URL=https://orders.example SWITCHYARD_KEY=<API key with orders:create> SWITCHYARD_ACCOUNT=cha_… node server.mjs
//
// The key stays here; a browser never sees it. Prices are the shop's own, never the browser's. One cart is one order,
// however often its form is sent or the call repeated: the cart's id is the Idempotency-Key and the order's external id.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";

const { SWITCHYARD_URL, SWITCHYARD_KEY, SWITCHYARD_ACCOUNT, PORT = "0" } = process.env;
const BODY_BYTES_MAX = 64 * 1024;
const TRIES = 5;

/** The shop's price list; yours comes from your shop. */
const GOODS = {
  "SCARF-RED": { name: "Silk scarf, red", price: "450000" },
  "FAN-01": { name: "Paper fan", price: "60000" },
};

/** Sends an order until it is answered: what may have arrived is sent again under the same key. */
export async function send(order, cart) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await fetch(new URL("/api/v1/orders", SWITCHYARD_URL), {
        method: "POST",
        headers: { authorization: `Bearer ${SWITCHYARD_KEY}`, "content-type": "application/json", "idempotency-key": cart },
        body: JSON.stringify(order),
        signal: AbortSignal.timeout(10_000),
      });
      // Busy (429) and away (5xx) pass; anything else is an answer, good or bad.
      if (answer.status !== 429 && answer.status < 500) return { status: answer.status, body: await answer.json() };
      if (attempt === TRIES) return { status: answer.status, body: await answer.json().catch(() => ({})) };
    } catch (error) {
      if (attempt === TRIES) throw error;
    }
    await pause(Math.random() * 250 * 2 ** attempt);
  }
}

/** The order of a form: `cart`, `name`, `phone`, `source`, and a quantity for each SKU. */
export function order(form) {
  const lines = Object.entries(GOODS)
    .map(([sku, { name, price }]) => ({ sku, name, quantity: form.get(sku) ?? "0", unit_price: price }))
    .filter((line) => line.quantity !== "0");
  return {
    channel_account_id: SWITCHYARD_ACCOUNT,
    external_id: form.get("cart"),
    buyer: { name: form.get("name"), phone: form.get("phone") },
    source_tag: form.get("source") || undefined,
    payment_method: "bank_transfer",
    lines,
  };
}

const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Shop</title><script src="/source.js" defer></script>
<form method="post" action="/order"><input type="hidden" name="cart" value="CART"><input type="hidden" name="source">
${Object.entries(GOODS).map(([sku, { name }]) => `<label>${name} <input name="${sku}" type="number" min="0" value="0"></label>`).join("\n")}
<label>Name <input name="name" required></label><label>Phone <input name="phone" required></label><button>Order</button></form></html>`;

async function body(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new RangeError("the form is too large");
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString());
}

const server = createServer(async (request, response) => {
  const answer = (status, type, text) => response.writeHead(status, { "content-type": `${type}; charset=utf-8` }).end(text);
  try {
    if (request.method === "GET" && request.url === "/source.js") return answer(200, "text/javascript", await readFile(new URL("source.js", import.meta.url)));
    if (request.method === "GET") return answer(200, "text/html", page.replace("CART", crypto.randomUUID()));
    const form = await body(request);
    const told = await send(order(form), form.get("cart"));
    if (told.status === 201) return answer(200, "text/plain", `Thank you. Your order is number ${told.body.number}.`);
    // What was wrong and what would be right, field by field.
    return answer(422, "text/plain", (told.body.errors ?? [{ detail: told.body.title }]).map(({ pointer, detail }) => `${pointer ?? ""} ${detail}`).join("\n"));
  } catch (error) {
    return answer(error instanceof RangeError ? 413 : 502, "text/plain", "Your order could not be taken. Please send it again: it will not be doubled.");
  }
});
server.listen(Number(PORT), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
