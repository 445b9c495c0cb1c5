// Made-up data in the shapes of docs/api.md.
let seed = 42;
const random = () => ((seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff);
const pick = (list) => list[Math.floor(random() * list.length)];
const hex = () => Array.from({ length: 32 }, () => "0123456789abcdef"[Math.floor(random() * 16)]).join("");
const vnd = (amount) => ({ amount: `${amount}.000000`, currency: "VND" });

const people = ["Nguyễn Thị Lan", "Trần Văn Hùng", "Lê Minh Châu", "Phạm Quốc Đạt", "Đỗ Thu Hà", "Võ Hoàng Yến", "N***n", "Bùi Đức Thắng"];
const goods = [["AO-THUN-01", "Áo thun cổ tròn nam cotton", 189000], ["QUAN-JEAN-32", "Quần jean ống suông xanh đậm size 32", 459000], ["DEN-BAN", "Đèn bàn gỗ sồi chống cận", 690000], ["CA-PHE-1KG", "Cà phê rang xay Buôn Ma Thuột 1 kg", 245000], ["NON-LA", "Nón lá Huế thêu tay", 120000]];
const accounts = [["shopee", "Hoa Sen Official"], ["tiktok", "Hoa Sen Store"], ["pos", "Cửa hàng Quận 1"], ["web", "hoasen.vn"], ["chat", "Zalo OA"], ["shopify", "Hoa Sen Global"]].map(([kind, name]) => ({
  id: `cha_${hex()}`, kind, name, shop: String(100000 + Math.floor(random() * 9e5)), currency: "VND", state: "active", state_reason: null,
  hook_url: `https://sy.example/hooks/hook_${hex()}`, settings: { shop_id: "778812" }, secrets: [{ name: "partner_key", versions: 1, set_at: "2026-11-01T00:00:00Z" }], installation_id: `ins_${hex()}`,
  health: { state: kind === "tiktok" ? "failing" : kind === "chat" ? "waiting" : "healthy", received: 1843, rejected: kind === "tiktok" ? 4 : 0, quarantined: kind === "tiktok" ? 2 : 0, pending_fetches: 0, last_received_at: new Date(Date.now() - 120000).toISOString(), last_error_at: kind === "tiktok" ? new Date(Date.now() - 600000).toISOString() : null, last_error: kind === "tiktok" ? "signature does not match: check the app secret" : null }, created_at: "2026-11-01T00:00:00Z",
}));
const walks = [["unpaid", "unallocated", "not_issued"], ["paid", "packed", "not_issued"], ["paid", "shipped", "not_issued"], ["cod_pending", "shipped", "not_required"], ["paid", "delivered", "issued"], ["paid", "delivered", "issued"], ["partially_refunded", "partially_returned", "issued"], ["refunded", "cancelled", "not_required"], ["partially_paid", "unallocated", "not_issued"], ["paid", "failed", "not_issued"]];

function makeOrder(number, at) {
  const account = pick(accounts);
  const [payment_track, delivery_track, invoice_track] = pick(walks);
  const lines = Array.from({ length: 1 + Math.floor(random() * 4) }, (_, position) => {
    const [sku, name, price] = pick(goods);
    const quantity = 1 + Math.floor(random() * 3);
    const shop = random() < 0.4 ? Math.round((price * quantity) / 10000) * 1000 : 0;
    const market = random() < 0.3 && ["shopee", "tiktok"].includes(account.kind) ? 15000 : 0;
    return {
      position, external_id: String(position), kind: "product", sku, name, quantity: `${quantity}.000000`, unit_price: vnd(price), gross: vnd(price * quantity),
      components: [...(shop ? [{ kind: "marketing_discount", funded_by: "tenant", amount: vnd(shop), code: "TET2026" }] : []), ...(market ? [{ kind: "promo_voucher", funded_by: "marketplace", amount: vnd(market), code: null }] : [])],
      taxes: [{ name: "GTGT", rate: "8", amount: vnd(Math.round((price * quantity - shop - market) * 8 / 108)), included: true }], tax_on_top: vnd(0), total: vnd(price * quantity - shop - market), gift: false, shop, market, gross_number: price * quantity,
    };
  });
  const total = lines.reduce((sum, line) => sum + line.gross_number - line.shop - line.market, 0);
  const paid = ["paid", "refunded", "partially_refunded"].includes(payment_track) ? total : payment_track === "partially_paid" ? Math.round(total / 2) : 0;
  const held = random() < 0.08;
  const hold_list = held ? [{ id: `hld_${hex()}`, type: pick(["mapping", "manual", "risk"]), scope: "order", blocks: ["ship"], state: "placed", reason: "Số điện thoại không liên lạc được, chờ xác nhận", evidence: { rule: "status", word: "RETRY_SHIP" }, placed_by: "system", placed_at: at, ended_by: null, ended_at: null, end_reason: null }] : [];
  return {
    id: `ord_${hex()}`, number, channel_kind: account.kind, channel_account: { id: account.id, name: account.name }, external_id: `2411${Math.floor(random() * 1e10)}`, external_number: null, channel_status: "READY_TO_SHIP", segment: random() < 0.15 ? "b2b" : "b2c",
    placed_at: at, currency: "VND", described: random() > 0.03, test: false, buyer: { name: pick(people), phone: "0903 *** 218", masked: false, company: random() < 0.1 ? "Công ty TNHH Thương mại Ánh Dương" : null }, staff: null, source_tag: null, payment_method: pick(["cod", "shopeepay", "bank_transfer"]), cash_on_delivery: payment_track === "unpaid",
    total: vnd(total), tendered: vnd(paid), refunded: vnd(0), outstanding: vnd(total - paid), payment_track, delivery_track, invoice_track, holds: hold_list.map((hold) => hold.type), line_count: lines.length, units: "3.000000", tags: random() < 0.2 ? ["quà tặng"] : [], updated_at: at, version: 1, lines,
    totals: { gross: vnd(lines.reduce((s, l) => s + l.gross_number, 0)), discount_tenant: vnd(lines.reduce((s, l) => s + l.shop, 0)), discount_others: vnd(lines.reduce((s, l) => s + l.market, 0)), tax_on_top: vnd(0), tax_included: vnd(Math.round(total * 8 / 108)), total: vnd(total), stated_total: vnd(total - (number % 7 === 0 ? 15881 : 0)), difference: vnd(number % 7 === 0 ? 15881 : 0), by_component: [{ kind: "marketing_discount", funded_by: "tenant", amount: vnd(lines.reduce((s, l) => s + l.shop, 0)) }] },
    tenders: paid ? [{ id: "payment", method: "shopeepay", state: "captured", amount: vnd(paid), holder: "marketplace", reference: "SPX88123", at }] : [], shipments: delivery_track === "unallocated" ? [] : [{ id: "p1", state: "in_transit", carrier: "SPX Express", tracking: "SPXVN0512345678", lines: [], at }], cancellations: [], refunds: [], returns: [], invoice_request: null, settlement: [], ship_to: { recipient: "Nguyễn Thị Lan", phone: "0903000218", line: "12 Lê Lợi", district: "Quận 1", city: "TP. Hồ Chí Minh", country: "VN" }, note: null, source_evidence: null, branch: null, hold_list, actions: ["hold", "release", "edit"],
  };
}
const start = Date.now();
const orders = Array.from({ length: 900 }, (_, index) => makeOrder(10900 - index, new Date(start - index * 7 * 60000).toISOString()));
const session = {
  person: { id: `per_${hex()}`, name: "Lan Nguyễn", email: "lan@hoasen.vn", email_verified: true, locale: "vi" },
  tenant: { id: `ten_${hex()}`, slug: "hoa-sen", name: "Hoa Sen Retail", country: "VN", currency: "VND", time_zone: "Asia/Ho_Chi_Minh", locale: "vi" },
  tenants: [{ id: "ten_1", slug: "hoa-sen", name: "Hoa Sen Retail" }, { id: "ten_2", slug: "anh-duong", name: "Ánh Dương Wholesale" }],
  rights: "orders:read orders:create orders:edit orders:hold orders:release orders:export channels:read channels:manage quarantine:read quarantine:settle imports:read imports:run plugins:read plugins:install plugins:configure plugins:grant plugins:suspend people:read people:manage roles:manage keys:manage tenant:manage audit:read".split(" "),
};
const listeners = new Set();
setInterval(() => {
  const order = makeOrder(orders[0].number + 1, new Date().toISOString());
  orders.unshift(order);
  for (const listener of listeners) listener("order.created", order.id);
}, 9000).unref();

const matches = (order, query) => {
  const inList = (name, value) => query.getAll(name).length === 0 || query.getAll(name).includes(value);
  const text = query.get("text")?.toLowerCase();
  return inList("channel", order.channel_kind) && inList("payment", order.payment_track) && inList("delivery", order.delivery_track) && inList("invoice", order.invoice_track) && (!query.get("hold") || order.holds.length > 0) && (!query.get("segment") || query.get("segment") === order.segment) && (!text || JSON.stringify(order).toLowerCase().includes(text));
};
const page = (rows, query) => {
  const from = Number(query.get("cursor") ?? 0);
  const limit = Number(query.get("limit") ?? 50);
  const more = from + limit < rows.length;
  return { data: rows.slice(from, from + limit), next_cursor: more ? String(from + limit) : null, has_more: more };
};
const count = (rows, name) => rows.reduce((all, row) => ({ ...all, [row[name]]: (all[row[name]] ?? 0) + 1 }), {});
const sum = (rows, name) => vnd(rows.reduce((all, row) => all + Number(row[name].amount), 0));
let signedIn = true;
const views = [];
const lists = await import("./lists.mjs").then((module) => module.lists(accounts, hex)).catch(() => ({}));

export const answers = {
  listen(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  answer(method, path, query, body) {
    const [, room, id, part, sub] = path.split("/");
    if (path === "/session" && method === "DELETE") return (signedIn = false), [204];
    if (path === "/session" && method === "POST") return body.password === "wrong-password" ? [401, { status: 401, code: "wrong_credentials" }] : ((signedIn = true), [200, session]);
    if (path === "/sign-up") return (signedIn = true), [201, session];
    if (room === "session") return signedIn ? [200, session] : [401, { status: 401, code: "no_session" }];
    if (path === "/orders") return [200, page(orders.filter((order) => matches(order, query)), query)];
    if (path === "/orders/counts") {
      const rows = orders.filter((order) => matches(order, query));
      return [200, { total: rows.length, total_is_exact: true, sums: [{ currency: "VND", total: sum(rows, "total"), outstanding: sum(rows, "outstanding") }], by_payment: count(rows, "payment_track"), by_delivery: count(rows, "delivery_track"), by_invoice: count(rows, "invoice_track"), held: rows.filter((row) => row.holds.length > 0).length, by_channel: count(rows, "channel_kind") }];
    }
    if (room === "orders") {
      const order = orders.find((each) => each.id === id);
      if (!order) return [404, { status: 404, code: "not_found" }];
      if (part === "timeline") return [200, { data: [{ id: "f2", at: order.placed_at, recorded_at: order.placed_at, kind: "tendered", actor: "Shopee", cause: "inb_1", summary: "Paid by shopeepay", body: {} }, { id: "f1", at: order.placed_at, recorded_at: order.placed_at, kind: "described", actor: "Shopee", cause: "inb_0", summary: "Order placed with 2 lines", body: { status: "READY_TO_SHIP" } }] }];
      if (part === "raw") return [200, { data: [{ inbox_id: "inb_1", received_at: order.placed_at, origin: "webhook", message_key: "m1", headers: { "content-type": "application/json", authorization: "…" }, content_type: "application/json", body: JSON.stringify({ data: { ordersn: order.external_id, status: "READY_TO_SHIP" }, shop_id: 778812, code: 3 }) }] }];
      if (part === "holds" && sub) Object.assign(order, { holds: [], hold_list: order.hold_list.map((hold) => ({ ...hold, state: "released" })) });
      else if (part === "holds") Object.assign(order, { holds: ["manual"], hold_list: [{ id: `hld_${hex()}`, type: "manual", scope: "order", blocks: ["ship"], state: "placed", reason: body.reason, evidence: {}, placed_by: "Lan", placed_at: new Date().toISOString() }] });
      else if (method === "PATCH") Object.assign(order, body);
      return [200, order];
    }
    if (room === "saved-views" && method === "GET") return [200, { data: views }];
    if (room === "saved-views" && method === "POST") return views.push({ id: `viw_${hex()}`, ...body }), [201, views.at(-1)];
    if (room === "saved-views") return views.splice(views.findIndex((view) => view.id === id), 1), [204];
    if (room === "tenant") return [200, session.tenant];
    if (room === "imports" && part === "dry-run") return [200, { orders_new: 120, orders_changed: 3, orders_same: 20, rows_failed: 2, sample: [{ external_id: "HD-1002", change: [{ field: "total", before: "120000", after: "150000" }] }], errors: [{ row: 14, field: "quantity", message: "\"hai\" is not a number: expected digits such as 2" }] }];
    const list = lists[room];
    if (list && method === "GET") return part ? [200, lists[`${room}/${part}`] ?? { data: [] }] : id ? [200, list.find((each) => each.id === id)] : [200, { data: list, next_cursor: null, has_more: false }];
    return method === "GET" ? [404, { status: 404, code: "not_found" }] : [204];
  },
};
