// Made-up data of the screens around the orders.
export function lists(accounts, hex) {
  const now = Date.now();
  const ago = (minutes) => new Date(now - minutes * 60000).toISOString();
  const connector = (kind, secrets, settings, hosts) => ({ kind, name: kind, settings, secrets, hosts });
  const roles = ["owner", "admin", "finance", "sales", "warehouse", "support", "viewer"].map((name, index) => ({ id: `rol_${hex()}`, name, built_in: true, rights: ["orders:read", "orders:hold", "orders:release", "channels:read"].slice(0, 4 - (index % 3)), people: index % 3 }));
  roles.push({ id: `rol_${hex()}`, name: "Trưởng ca", built_in: false, rights: ["orders:read", "orders:hold"], people: 1 });
  const plugin = (name, title, kind, bundled) => ({ id: `plg_${hex()}`, digest: `sha256:${hex()}${hex()}`, kind, name, title, version: "0.1.0", bundled, declares: { hosts: ["partner.shopeemobile.com"], secrets: [{ name: "partner_key", title: "Partner key", required: true }], config: [{ key: "partner_id", title: "Partner ID", required: true }], kv_bytes: 65536, data: ["customer.name", "customer.phone"] } });
  const plugins = [plugin("shopee", "Shopee", "channel-connector", true), plugin("tiktok", "TikTok Shop", "channel-connector", true), plugin("staff-commission", "Staff commission", "commission-rule", false)];
  const installations = plugins.slice(0, 2).map((each, index) => ({ id: `ins_${hex()}`, plugin: each, state: index ? "suspended" : "active", suspended_reason: index ? "5 traps within a minute" : null, grants: { hosts: each.declares.hosts, secrets: ["partner_key"], kv: false }, config: {}, config_version: 1, breaker: "closed", installed_at: ago(9000) }));
  const result = {
    "channel-accounts": accounts,
    connectors: [
      connector("shopee", [{ name: "partner_key", title: "Partner key", required: true }, { name: "access_token", title: "Shop access token", required: false }], [{ key: "partner_id", title: "Partner ID", required: true }, { key: "shop_id", title: "Shop ID", required: true }], ["partner.shopeemobile.com"]),
      connector("tiktok", [{ name: "app_secret", title: "App secret", required: true }], [{ key: "app_key", title: "App key", required: true }], ["open-api.tiktokglobalshop.com"]),
      connector("shopify", [{ name: "client_secret", title: "Client secret", required: true }], [{ key: "shop", title: "Shop domain", required: true }], ["*.myshopify.com"]),
    ],
    quarantine: [["bad_signature", "the signature does not match: check the app secret of this shop"], ["malformed", "line 1 column 214: expected a number, found a string in data.update_time"], ["unsupported", "webhook type 67 is not known to this connector"]].map(([reason_code, reason], index) => ({ id: `inb_${hex()}`, channel_account: { id: accounts[index].id, name: accounts[index].name, kind: accounts[index].kind }, origin: "webhook", received_at: ago(12 + index * 60), reason_code, reason, body_bytes: 812 + index, deliveries: index + 1, state: "quarantined", headers: { "content-type": "application/json" }, body: '{"code":3,"data":{"ordersn":"2411230001","update_time":"x","big":12345678901234567890}}' })),
    imports: [["đơn-2025.csv", "done", 12, 541909], ["thang-10.xlsx", "running", 0, 20000], ["mới.csv", "uploaded", 0, null]].map(([file_name, state, rows_failed, rows_total]) => ({ id: `imp_${hex()}`, file_name, format: "csv", mapping: { columns: { order: "Mã đơn", quantity: "SL", unit_price: "Giá", sku: "Mã hàng" }, currency: "VND", time_zone: "Asia/Ho_Chi_Minh" }, columns: ["Mã đơn", "SL", "Giá", "Mã hàng", "Tên hàng", "Ngày"], state, rows_total, rows_done: state === "done" ? rows_total : state === "running" ? 8600 : 0, orders_done: state === "done" ? 25900 : 900, orders_new: state === "done" ? 25800 : 900, orders_changed: 0, rows_failed, message: null, created_at: ago(300), finished_at: state === "done" ? ago(280) : null })),
    plugins,
    installations,
    "installations/runs": { data: ["ok", "ok", "limit.fuel", "ok"].map((outcome, index) => ({ id: `run_${hex()}`, at: ago(index), function: "receive", outcome, message: outcome === "ok" ? null : "out of fuel after 40,000,000 units", fuel: 184233 + index, peak_memory_bytes: 1310720, micros: 640 + index * 400, digest: "sha256:…", config_version: 1 })) },
    people: [["Lan Nguyễn", "lan@hoasen.vn", true], ["Trần Văn Hùng", "hung@hoasen.vn", true], ["Lê Minh Châu", "chau@hoasen.vn", false]].map(([name, email, email_verified], index) => ({ id: `per_${hex()}`, name, email, email_verified, roles: [roles[index]], joined_at: ago(9000 + index) })),
    invitations: [{ id: `inv_${hex()}`, email: "moi@hoasen.vn", roles: [roles[3]], invited_at: ago(30), expires_at: new Date(now + 6e8).toISOString(), state: "pending" }],
    roles,
    rights: "orders:read orders:create orders:edit orders:hold orders:release orders:export channels:read channels:manage quarantine:read quarantine:settle imports:read imports:run plugins:read plugins:install plugins:configure plugins:grant plugins:suspend people:read people:manage roles:manage keys:manage tenant:manage audit:read".split(" "),
    "api-keys": [{ id: `key_${hex()}`, name: "Website", prefix: "sy_live_4kd82hfa", scopes: ["orders:read", "orders:create", "channels:read", "imports:read"], created_at: ago(5000), last_used_at: ago(2), expires_at: null }],
    "oidc-connections": [{ id: `oidc_${hex()}`, name: "Google Workspace", issuer: "https://accounts.google.com", client_id: "x.apps.googleusercontent.com", join_domains: ["hoasen.vn"], groups_claim: null, group_roles: {}, default_role: roles[6].id, enabled: true }],
    "audit-log": Array.from({ length: 60 }, (_, index) => ({ id: `aud_${hex()}`, at: ago(index * 37), actor: "Lan Nguyễn", act: ["session.begun", "channel_account.created", "secret.set", "role.changed"][index % 4], subject: accounts[index % 5].id, detail: { name: accounts[index % 5].name } })),
  };
  return result;
}
