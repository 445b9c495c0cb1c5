import assert from "node:assert/strict";
import { accessible, button, choose, field, go, gone, seen, step, settled, until } from "../browser.mjs";
import { makeOrder, sendOrder } from "../shop.mjs";

const orderCount = 75;
const rows = (page) => page.locator("tr[data-order]");
const row = (page, id) => page.locator(`tr[data-order="${id}"]`);

export function list(stage) {
  step("an API key is made and shown once", async () => {
    const { page } = stage;
    await go(page, "/api-keys");
    await accessible(page, "API keys empty");
    await button(page, "New key").first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("web shop");
    for (const box of await dialog.getByRole("checkbox").all()) await box.check();
    await accessible(page, "new API key");
    await button(page, "Create the key").click();
    await seen(page.getByText("Copy the key now"));
    stage.key = (await dialog.getByText(/^sy_live_/).textContent()).trim();
    await button(page, "I have stored it").click();
    await seen(page.getByRole("cell", { name: "web shop" }));
    assert.ok(!(await page.content()).includes(stage.key), "the whole key is still in the page");
    await accessible(page, "API keys");
  });

  step("orders come into the open list by themselves", async () => {
    const { page } = stage;
    await go(page, "/orders?channel=web");
    await seen(page.getByText("No order matches"));
    await seen(page.getByText("Live", { exact: true }));
    const first = makeOrder(stage.webAccount, 0);
    const made = await sendOrder(stage.key, first);
    stage.orders.push({ ...first, made });
    await seen(row(page, made.id), "the order that just came");
    for (let number = 1; number < orderCount; number++) {
      const order = makeOrder(stage.webAccount, number);
      stage.orders.push({ ...order, made: await sendOrder(stage.key, order) });
    }
    await until(async () => (await page.locator("footer").textContent()).includes(`of ${orderCount}`), `${orderCount} orders counted`);
  });

  step("the list pages on while it is scrolled, with few rows in the page", async () => {
    const { page } = stage;
    await go(page, "/orders?channel=web");
    await accessible(page, "orders");
    await until(async () => {
      await page.getByRole("region", { name: "Orders" }).evaluate((box) => box.scrollTo(0, box.scrollHeight));
      return row(page, stage.orders[0].made.id).isVisible();
    }, "the oldest order at the end");
    assert.ok((await page.locator("footer").textContent()).includes(`${orderCount} of ${orderCount}`));
    assert.ok((await rows(page).count()) < orderCount, "rows out of sight are not in the page");
  });

  step("search, filters, chips and tabs live in the address", async () => {
    const { page } = stage;
    await go(page, "/orders");
    const wanted = stage.orders.filter((order) => order.buyer === "Đỗ Thu Hà").length;
    await page.getByRole("textbox", { name: /^Number, phone/ }).fill("do thu ha");
    await page.keyboard.press("Enter");
    await until(() => new URL(page.url()).searchParams.get("text") === "do thu ha", "the text in the address");
    await until(async () => (await page.locator("footer").textContent()).startsWith(`${wanted} of ${wanted}`), `${wanted} orders of Đỗ Thu Hà`);
    await go(page, "/orders");
    await button(page, "Filter").click();
    await choose(page, page.getByRole("dialog"), "Payment", "Paid");
    await accessible(page, "filters");
    await button(page, "Apply").click();
    await until(() => new URL(page.url()).searchParams.getAll("payment").join() === "paid", "payment in the address");
    await seen(page.locator('[data-filter="payment"]'));
    const paid = stage.orders.filter((order) => order.paid).length;
    await until(async () => Number(/of (\d+)/.exec(await page.locator("footer").textContent())?.[1]) >= paid, "the paid orders");
    await settled(page);
    for (const text of await rows(page).locator('[data-column="payment"]').allTextContents()) assert.equal(text, "Paid");
    await button(page, "Remove the filter Payment").click();
    await until(() => new URL(page.url()).search === "", "no filter in the address");
    await page.getByRole("button", { name: /^Awaiting payment/ }).click();
    await until(() => new URL(page.url()).searchParams.getAll("payment").includes("unpaid"), "the tab in the address");
    await page.goBack();
    await until(() => new URL(page.url()).search === "", "back to all");
  });

  step("the keyboard walks, opens, selects, searches and jumps", async () => {
    const { page } = stage;
    await go(page, "/orders");
    await settled(page);
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    const current = page.locator("tr[data-active]");
    assert.equal(await current.getAttribute("aria-rowindex"), "2");
    await page.keyboard.press("o");
    await seen(page.getByTestId("quick-view"));
    await accessible(page, "quick view");
    await page.keyboard.press("o");
    await gone(page.getByTestId("quick-view"));
    await page.keyboard.press("x");
    await seen(page.getByText("1 order selected"));
    await page.keyboard.press("x");
    await gone(page.getByText("1 order selected"));
    await page.keyboard.press("/");
    assert.ok(await page.getByRole("textbox", { name: /^Number, phone/ }).evaluate((box) => box === document.activeElement));
    await page.keyboard.press("Escape");
    await page.keyboard.press("Shift+Slash");
    await seen(page.getByText("Command palette"));
    await accessible(page, "shortcuts");
    await page.keyboard.press("Escape");
    await gone(page.getByText("Command palette"));
    await page.keyboard.press("Control+k");
    await page.getByPlaceholder("Search or jump to…").fill("quarantine");
    await accessible(page, "palette");
    await page.keyboard.press("Enter");
    await seen(page.getByRole("heading", { name: "Quarantine" }));
    await gone(page.getByPlaceholder("Search or jump to…"));
    await page.keyboard.press("g");
    await page.keyboard.press("o");
    await until(() => page.url().endsWith("/orders"), "the jump to the orders");
  });

  step("an order is held and released in the quick view, without leaving the list", async () => {
    const { page } = stage;
    await go(page, "/orders?channel=web");
    const id = await rows(page).first().getAttribute("data-order");
    await row(page, id).getByRole("button", { name: /^Quick view/ }).click();
    const quick = page.getByTestId("quick-view");
    await quick.getByRole("button", { name: "Hold" }).click();
    await field(page, "Why?").fill("the address is unclear");
    await accessible(page, "hold");
    await page.getByRole("dialog").getByRole("button", { name: "Hold" }).click();
    await seen(row(page, id).getByText("Manual"));
    await seen(quick.getByText("the address is unclear"));
    await quick.getByRole("button", { name: "Release" }).click();
    await field(page, "Why?").fill("the buyer answered");
    await page.getByRole("dialog").getByRole("button", { name: "Release" }).click();
    await gone(row(page, id).getByText("Manual"));
    assert.ok(page.url().includes("/orders?channel=web"));
  });

  step("several orders are held and released at once", async () => {
    const { page } = stage;
    await go(page, "/orders?channel=web");
    for (const index of [0, 1, 2]) await rows(page).nth(index).getByRole("checkbox").check();
    const bar = page.getByRole("region", { name: "3 orders selected" });
    await bar.getByRole("button", { name: "Hold" }).click();
    await field(page, "Why?").fill("stock count");
    await page.getByRole("dialog").getByRole("button", { name: "Hold" }).click();
    await seen(page.getByText("3 done, 0 refused"));
    await page.getByRole("button", { name: /^On hold/ }).click();
    await until(async () => (await rows(page).count()) === 3, "three held orders");
    await page.getByLabel("Select all shown").check();
    await page.getByRole("region", { name: "3 orders selected" }).getByRole("button", { name: "Release" }).click();
    await field(page, "Why?").fill("counted");
    await page.getByRole("dialog").getByRole("button", { name: "Release" }).click();
    await seen(page.getByText("No order matches"));
  });

  step("a view is saved with its columns, opened and deleted", async () => {
    const { page } = stage;
    await go(page, "/orders?channel=web&payment=paid");
    await button(page, "Columns").click();
    await page.getByRole("checkbox", { name: "Channel number" }).check();
    await accessible(page, "columns");
    await page.keyboard.press("Escape");
    await seen(page.getByRole("columnheader", { name: "Channel number" }));
    await button(page, "Saved views").click();
    await page.getByRole("button", { name: "Save this view" }).click();
    await page.getByRole("dialog").getByLabel("Name").fill("Paid on the web");
    await page.getByRole("dialog").getByRole("button", { name: "Save", exact: true }).click();
    await seen(page.getByText("is saved."));
    await go(page, "/orders");
    await button(page, "Saved views").click();
    await page.getByRole("button", { name: "Paid on the web", exact: true }).click();
    await until(() => new URL(page.url()).search === "?channel=web&payment=paid", "the view's filters in the address");
    await button(page, "Saved views").click();
    await accessible(page, "saved views");
    await button(page, "Delete the view Paid on the web").click();
    await seen(page.getByText("Nothing saved yet"));
    await page.keyboard.press("Escape");
    await button(page, "Columns").click();
    await button(page, "Standard columns").click();
  });
}
