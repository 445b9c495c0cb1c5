import assert from "node:assert/strict";
import { accessible, button, field, go, gone, seen, step, until } from "../browser.mjs";
import { call } from "../shop.mjs";

const dong = (amount) => `₫${amount.toLocaleString("en-GB")}`;

export function detail(stage) {
  step("an order shows its lines, its money to the đồng and its tracks", async () => {
    const { page } = stage;
    const order = stage.orders.at(-1);
    await go(page, "/orders?channel=web");
    await page.locator(`tr[data-order="${order.made.id}"] a`).first().click();
    await seen(page.getByRole("heading", { name: `Order #${order.made.number}` }));
    await accessible(page, "order");
    const money = page.getByRole("region", { name: "Money" });
    await seen(money.getByText(dong(order.total)));
    assert.equal(await money.getByText("Difference", { exact: true }).count(), 0);
    for (const line of order.body.lines) await seen(page.getByRole("region", { name: "Lines" }).getByText(line.sku));
    await seen(page.getByText(order.paid ? "The whole total was paid" : "Nothing was paid yet"));
  });

  step("the timeline and the payload are there", async () => {
    const { page } = stage;
    await page.getByRole("tab", { name: "Timeline" }).click();
    await seen(button(page, "Details"));
    await button(page, "Details").first().click();
    await accessible(page, "timeline");
    await page.getByRole("tab", { name: "Channel payloads" }).click();
    await accessible(page, "payloads");
  });

  step("tags and note are edited", async () => {
    const { page } = stage;
    await page.getByRole("tab", { name: "Overview" }).click();
    await button(page, "Edit").click();
    await page.getByRole("textbox", { name: "Tags", exact: true }).or(page.getByRole("combobox", { name: "Tags", exact: true })).first().fill("quà tặng");
    await page.keyboard.press("Enter");
    await page.getByRole("textbox", { name: "Note", exact: true }).fill("gói giấy đỏ");
    await accessible(page, "edit");
    await button(page, "Save").click();
    await seen(page.getByText("gói giấy đỏ"));
    await seen(page.getByText("quà tặng"));
  });

  step("two people editing: the second sees the conflict and decides", async () => {
    const { page } = stage;
    const { id } = stage.orders.at(-1).made;
    await button(page, "Edit").click();
    await page.getByRole("textbox", { name: "Note", exact: true }).fill("mine");
    const { etag } = await call(stage.key, "GET", `/orders/${id}`);
    await call(stage.key, "PATCH", `/orders/${id}`, { note: "theirs" }, { "if-match": etag });
    await button(page, "Save").click();
    await seen(page.getByText("Somebody changed this order while you were typing."));
    await seen(page.getByText("It now says: theirs"));
    await accessible(page, "conflict");
    await button(page, "Save mine over it").click();
    await until(async () => (await call(stage.key, "GET", `/orders/${id}`)).answer.note === "mine", "mine saved over theirs");
    await gone(page.getByText("Somebody changed this order"));
  });

  step("an order changed elsewhere changes on the screen", async () => {
    const { page } = stage;
    const { id } = stage.orders.at(-1).made;
    await call(stage.key, "POST", `/orders/${id}/holds`, { type: "manual", reason: "a colleague stopped it" });
    await seen(page.getByText("a colleague stopped it"), "the hold placed elsewhere");
    await accessible(page, "held order");
    await button(page, "Release").first().click();
    await field(page, "Why?").fill("settled");
    await page.getByRole("dialog").getByRole("button", { name: "Release" }).click();
    await seen(page.getByText("Nothing holds this order."));
    await seen(page.getByText("Earlier holds"));
  });

  step("another tenant's order, or none, is not found", async () => {
    const { page } = stage;
    await go(page, "/nowhere");
    await seen(page.getByText("There is nothing at this address"));
    await page.goto(new URL("/orders/ord_00000000000070008000000000000000", page.url()).href);
    await seen(page.getByText("This order does not exist here"));
  });
}
