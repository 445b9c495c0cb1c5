// The shop of this run: its owner, and orders made up from a printed seed and sent through the public API.
import assert from "node:assert/strict";
import { url } from "./browser.mjs";

export const seed = Number(process.env.SWITCHYARD_SEED ?? Date.now() % 1_000_000);

function generator(start) {
  let state = start >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
export const random = generator(seed);
export const pick = (list) => list[Math.floor(random() * list.length)];
const suffix = `${seed.toString(36)}${Date.now().toString(36).slice(-4)}`;

export const owner = {
  company: `Hoa Sen ${suffix}`,
  name: "Nguyễn Thị Lan",
  email: `lan.${suffix}@hoasen.example`,
  password: `mật khẩu ${suffix} dài`,
};

const goods = [
  ["AO-THUN-01", "Áo thun cổ tròn nam cotton", 189000],
  ["QUAN-JEAN-32", "Quần jean ống suông xanh đậm", 459000],
  ["DEN-BAN", "Đèn bàn gỗ sồi chống cận", 690000],
  ["CA-PHE-1KG", "Cà phê rang xay Buôn Ma Thuột 1 kg", 245000],
];
const buyers = ["Trần Văn Hùng", "Lê Minh Châu", "Phạm Quốc Đạt", "Đỗ Thu Hà", "Võ Hoàng Yến", "Bùi Đức Thắng"];

/** An order with one to three lines, a discount now and then, paid or not; and what it comes to. */
export function makeOrder(account, number) {
  const lines = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, index) => {
    const [sku, name, price] = pick(goods);
    const quantity = 1 + Math.floor(random() * 3);
    const discount = random() < 0.4 ? 10_000 * quantity : 0;
    return { index, sku, name, price, quantity, discount };
  });
  const total = lines.reduce((sum, line) => sum + line.price * line.quantity - line.discount, 0);
  const paid = random() < 0.5;
  const buyer = pick(buyers);
  return {
    total,
    paid,
    buyer,
    body: {
      channel_account_id: account,
      external_id: `WEB-${suffix}-${number}`,
      currency: "VND",
      buyer: { name: buyer, phone: `09${String(10_000_000 + Math.floor(random() * 89_999_999))}` },
      lines: lines.map((line) => ({
        id: String(line.index),
        sku: line.sku,
        name: line.name,
        quantity: String(line.quantity),
        unit_price: String(line.price),
        components: line.discount ? [{ kind: "marketing_discount", funded_by: "tenant", amount: String(line.discount), code: "TET" }] : [],
      })),
      tenders: paid ? [{ id: "1", method: "bank_transfer", state: "captured", amount: String(total), holder: "tenant" }] : [],
      stated_total: String(total),
    },
  };
}

/** An order of one line that comes to an amount, unpaid. */
export function orderOf(account, number, amount, more = {}) {
  const [sku, name] = pick(goods);
  const line = { id: "0", sku, name, quantity: "1", unit_price: String(amount) };
  const body = { channel_account_id: account, external_id: `WEB-${suffix}-${number}`, currency: "VND", buyer: { name: pick(buyers) }, lines: [line], stated_total: String(amount), ...more };
  return { total: amount, body };
}

/** A call with an API key. */
export async function call(key, method, path, body, headers = {}) {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body && { "content-type": "application/json" }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const answer = text ? JSON.parse(text) : null;
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text.slice(0, 500)}`);
  return { answer, etag: response.headers.get("etag") };
}

export async function sendOrder(key, order) {
  const { answer } = await call(key, "POST", "/orders", order.body, { "idempotency-key": order.body.external_id });
  return answer;
}
