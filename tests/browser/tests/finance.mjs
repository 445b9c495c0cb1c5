import assert from "node:assert/strict";
import { accessible, button, field, go, gone, seen, step, until } from "../browser.mjs";
import { call, orderOf, sendOrder } from "../shop.mjs";

const dong = (amount) => `₫${amount.toLocaleString("en-GB")}`;
const total = 9_000_000;
const back = 150_000;

export function finance(stage) {
  step("an order is shipped on its page", async () => {
    const { page } = stage;
    // The order that credit let go; without that part of the run an order of its own.
    stage.business ??= await sendOrder(stage.key, orderOf(stage.webAccount, "F1", total));
    await go(page, `/orders/${stage.business.id}`);
    await button(page, "Ship").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Carrier").fill("GHN");
    await dialog.getByLabel("Tracking number").fill("GHN-1");
    await accessible(page, "ship");
    await dialog.getByRole("button", { name: "Ship" }).click();
    await seen(page.getByText("The package is written."));
    await seen(page.getByText("On the way to the buyer"));
    await seen(page.getByRole("region", { name: "Shipments" }).getByText("GHN-1"));
    await gone(button(page, "Ship"));
  });

  step("cash is taken, and the change is told", async () => {
    const { page } = stage;
    await button(page, "Take a payment").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("The buyer hands over").fill("10000000");
    await seen(dialog.getByText(dong(1_000_000)), "the change before it is sent");
    await accessible(page, "take a payment");
    await dialog.getByRole("button", { name: "Take a payment" }).click();
    await seen(dialog.getByText("Change due"));
    await seen(dialog.getByText(dong(1_000_000)));
    await button(page, "Done").click();
    await seen(page.getByText("The whole total was paid"));
    await accessible(page, "paid order");
  });

  step("part of the money goes back; more than was paid does not", async () => {
    const { page } = stage;
    await button(page, "Refund").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Amount").fill("99000000");
    await field(page, "Why?").fill("one box was damaged");
    await dialog.getByRole("button", { name: "Refund" }).click();
    await seen(dialog.getByRole("alert"));
    await dialog.getByLabel("Amount").fill(String(back));
    await accessible(page, "refund");
    await dialog.getByRole("button", { name: "Refund" }).click();
    await seen(page.getByText("The refund is written."));
    await seen(page.getByRole("region", { name: "Refunds" }).getByText(dong(back)));
  });

  step("the order's ledger and the trial balance show it, balanced", async () => {
    const { page } = stage;
    await page.getByRole("tab", { name: "Ledger" }).click();
    await seen(page.locator("tr[data-entry]").filter({ hasText: "Sale" }));
    await seen(page.locator("tr[data-entry]").filter({ hasText: "Refund" }));
    await accessible(page, "ledger of an order");
    await page.getByRole("navigation").getByRole("link", { name: "Ledger" }).click();
    await seen(page.getByRole("region", { name: "VND" }).getByText("Balanced", { exact: true }));
    await accessible(page, "trial balance");
    const { answer } = await call(stage.key, "GET", "/ledger/trial-balance");
    for (const { debit, credit } of answer.totals) assert.equal(debit.amount, credit.amount);
    await page.getByRole("link", { name: "Entries" }).click();
    await seen(page.getByRole("link", { name: `#${stage.business.number}` }));
    await page.getByRole("combobox", { name: "Kind" }).click();
    await page.getByRole("option", { name: "Refund" }).click();
    await until(() => new URL(page.url()).search === "?kind=refund", "the kind in the address");
    await until(async () => (await page.locator("tr[data-entry]").count()) === 1, "the one refund");
    await accessible(page, "ledger entries");
  });

  step("the cash locator says where the money is, down to the order", async () => {
    const { page } = stage;
    await page.getByRole("navigation").getByRole("link", { name: "Cash" }).click();
    const drawer = page.getByRole("region", { name: "In the drawers" });
    await seen(drawer.getByText(dong(total - back)).first());
    await drawer.getByRole("button").first().click();
    await until(() => page.url().includes("account=cash"), "the account in the address");
    await seen(drawer.getByRole("row").filter({ hasText: `#${stage.business.number}` }).getByText(dong(total - back)));
    await accessible(page, "cash");
    const { answer } = await call(stage.key, "GET", "/ledger/cash-locator");
    for (const { holder, amount } of answer.totals) {
      const held = answer.data.filter((row) => row.holder === holder && row.amount.currency === amount.currency).reduce((sum, row) => sum + BigInt(row.amount.amount), 0n);
      assert.equal(held, BigInt(amount.amount), `${holder} is the sum of its accounts`);
    }
  });

  step("a payment typed by mistake is void", async () => {
    const { page } = stage;
    const order = await sendOrder(stage.key, orderOf(stage.webAccount, "F2", 200_000));
    await go(page, `/orders/${order.id}`);
    await button(page, "Take a payment").click();
    await page.getByRole("dialog").getByRole("button", { name: "Take a payment" }).click();
    await seen(page.getByText("The payment is taken."));
    await button(page, "Void").click();
    await field(page, "Why?").fill("the wrong order");
    await accessible(page, "void");
    await page.getByRole("dialog").getByRole("button", { name: "Void" }).click();
    await seen(page.getByRole("region", { name: "Payments" }).getByText("Voided"));
    await seen(page.getByText("Nothing was paid yet"));
  });

  step("an order is changed, with its money shown before", async () => {
    const { page } = stage;
    const order = await sendOrder(stage.key, orderOf(stage.webAccount, "F3", 300_000));
    stage.changed = order;
    await go(page, `/orders/${order.id}`);
    await button(page, "More").click();
    await page.getByRole("menuitem", { name: "Change the order" }).click();
    const dialog = page.getByRole("dialog");
    await seen(dialog.getByText("Change something to see what it does."));
    await dialog.getByRole("textbox", { name: /^Quantity of/ }).fill("3");
    const effect = dialog.getByRole("region", { name: "What it does to the money" });
    await seen(effect.getByText(dong(900_000)).first());
    await dialog.getByLabel("Discount on the whole order").fill("1000000");
    await seen(effect.getByRole("alert"), "a total below zero is refused before it is sent");
    await dialog.getByLabel("Discount on the whole order").fill("100000");
    await seen(effect.getByText(dong(800_000)).first());
    await accessible(page, "change an order");
    await field(page, "Why?").fill("three of them");
    await button(page, "Save the change").click();
    await seen(page.getByText("The order is changed."));
    await seen(page.getByRole("heading", { level: 1 }).locator("..").getByText(dong(800_000)));
    await page.getByRole("tab", { name: "Timeline" }).click();
    await seen(page.getByText("changed: three of them"));
  });

  step("goods come back, the rest of the money goes back, and the books of the order close", async () => {
    const { page } = stage;
    const { changed, key } = stage;
    const at = async () => ({ "If-Match": `"${(await call(key, "GET", `/orders/${changed.id}`)).answer.version}"` });
    await call(key, "POST", `/orders/${changed.id}/tenders`, { method: "cash", amount: "800000" }, await at());
    await call(key, "POST", `/orders/${changed.id}/shipments`, { state: "delivered" }, await at());
    await go(page, `/orders/${changed.id}`);
    await button(page, "More").click();
    await page.getByRole("menuitem", { name: "Take goods back" }).click();
    await field(page, "Why?").fill("all too small");
    await accessible(page, "take goods back");
    await page.getByRole("dialog").getByRole("button", { name: "Take goods back" }).click();
    await seen(page.getByText("The return is written."));
    await seen(page.getByRole("region", { name: "Returns" }).getByText("Received"));
    await button(page, "Refund").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Amount").fill("800000");
    await field(page, "Why?").fill("all too small");
    await dialog.getByRole("button", { name: "Refund" }).click();
    await seen(page.getByText("The refund is written."));
    await page.getByRole("tab", { name: "Ledger" }).click();
    await seen(page.locator("tr[data-entry]").filter({ hasText: "Return" }).first());
    const { answer } = await call(key, "GET", `/orders/${changed.id}/ledger`);
    const open = answer.balances.filter(({ role }) => ["cash", "ar", "customer_deposits", "refund_payable", "vat_out"].includes(role));
    assert.deepEqual(open, [], "nothing is owed, nothing is held");
  });

  step("an order is called off", async () => {
    const { page } = stage;
    const order = await sendOrder(stage.key, orderOf(stage.webAccount, "F4", 200_000));
    await go(page, `/orders/${order.id}`);
    await button(page, "More").click();
    await page.getByRole("menuitem", { name: "Call the order off" }).click();
    await field(page, "Why?").fill("ordered twice");
    await accessible(page, "call off");
    await page.getByRole("dialog").getByRole("button", { name: "Call the order off" }).click();
    await seen(page.getByText("The order is called off."));
    await seen(page.getByText("The order was called off before it was paid"));
    await gone(button(page, "More"));
  });

  step("a period is closed and reopened; the finance rules are changed", async () => {
    const { page } = stage;
    await go(page, "/ledger/periods");
    await seen(page.getByText("Everything is open."));
    const day = new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10);
    await field(page, "Close through a day").fill(day);
    await button(page, "Close").click();
    await accessible(page, "close a period");
    await page.getByRole("dialog").getByRole("button", { name: "Close", exact: true }).last().click();
    await gone(page.getByText("Everything is open."));
    await accessible(page, "periods");
    await button(page, "Reopen").click();
    await page.getByRole("dialog").getByRole("button", { name: "Reopen" }).click();
    await seen(page.getByText("Everything is open."));
    await go(page, "/finance-settings");
    await field(page, "Default tax rate, percent").fill("8");
    await accessible(page, "finance rules");
    await button(page, "Save").click();
    await seen(page.getByText("Saved."));
  });
}
