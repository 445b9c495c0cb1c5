import assert from "node:assert/strict";
import { accessible, button, go, seen, step } from "../browser.mjs";

const screens = ["/orders", "/holds", "/companies", "/ledger", "/ledger/entries", "/ledger/periods", "/invoices", "/invoices/settings", "/cash", "/bank", "/settlements", "/receivables", "/receivables/payments", "/receivables/statement", "/receivables/dunning", "/receivables/losses", "/claims", "/claims/loyalty", "/shifts", "/till", "/quotes", "/quotes/new", "/price-lists", "/price-rules", "/products", "/mapping", "/mapping?tab=mapped", "/customers", "/approvals", "/policies", "/approval-limits", "/approval-limits/times", "/approval-limits/tracks", "/finance-settings", "/channels", "/channels/connect", "/quarantine", "/imports", "/plugins", "/people", "/roles", "/api-keys", "/single-sign-on", "/audit-log", "/company", "/profile"];

export function looks(stage) {
  step("every screen in Vietnamese and dark", async () => {
    const { page } = stage;
    await go(page, "/orders");
    await button(page, "Account menu").click();
    await page.getByRole("menuitem", { name: "Tiếng Việt" }).click();
    await button(page, "Trình đơn tài khoản").click();
    await page.getByRole("menuitem", { name: "Tối" }).click();
    for (const path of [...screens, `/orders/${stage.orders[0].made.id}`, `/channels/${stage.shopeeAccount}`, `/companies/${stage.company}`, `/receivables/payments?company=${stage.company}`, stage.invoice]) {
      await go(page, path);
      assert.equal(await page.evaluate(() => document.documentElement.lang), "vi");
      await accessible(page, `vi dark ${path}`);
    }
  });

  step("money is written as people in Vietnam write it", async () => {
    const { page } = stage;
    const { made, total } = stage.orders[0];
    await go(page, `/orders/${made.id}`);
    await seen(page.getByText(`${total.toLocaleString("de-DE")}\u00a0₫`));
  });

  step("every screen on a phone", async () => {
    const { page } = stage;
    await page.setViewportSize({ width: 390, height: 844 });
    for (const path of [...screens, `/orders/${stage.orders[0].made.id}`, `/receivables/payments?company=${stage.company}`, stage.invoice]) {
      await go(page, path);
      await accessible(page, `phone ${path}`);
    }
    await page.setViewportSize({ width: 1440, height: 900 });
  });
}
