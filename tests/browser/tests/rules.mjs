// What a company decides about holds, states and losses, and that it holds.
import assert from "node:assert/strict";
import { accessible, button, choose, field, go, gone, seen, step } from "../browser.mjs";
import { call, orderOf, sendOrder } from "../shop.mjs";

export function rules(stage) {
  step("hold times say whose work a hold becomes and when it ends", async () => {
    const { page } = stage;
    await go(page, "/approval-limits");
    await page.getByRole("link", { name: "Hold times" }).click();
    await seen(page.getByText("No step: a hold stays with whoever took it."));
    await button(page, "Add a step").click();
    const row = page.getByRole("group", { name: "Step 1" });
    await choose(page, row, "Work of", "finance");
    await row.getByLabel("After").first().fill("4");
    await button(page, "Add an end").click();
    await choose(page, page.getByRole("group", { name: "End 1" }), "Type of hold", "Risk");
    await accessible(page, "hold times");
    await button(page, "Save").click();
    await seen(page.getByText("Saved."));
    const { answer } = await call(stage.key, "GET", "/hold-times");
    assert.deepEqual([answer.steps.map(({ hold_type, after_minutes, role_name }) => [hold_type, after_minutes, role_name]), answer.expiries], [[["credit", 240, "finance"]], [{ hold_type: "risk", after_minutes: 1440, calls_off: true }]]);
    await go(page, "/approval-limits/times");
    await button(page, "Remove step 1").click();
    await button(page, "Remove end 1").click();
    await button(page, "Save").click();
    await seen(page.getByText("No end: a hold stands until somebody decides."));
  });

  step("a forbidden combination stops the act that leads there, until it is allowed again", async () => {
    const { page } = stage;
    await page.getByRole("link", { name: "Forbidden states" }).click();
    await seen(page.getByText("Nothing is forbidden"));
    await button(page, "Forbid a combination").first().click();
    const dialog = page.getByRole("dialog");
    await choose(page, dialog, "Payment", "Unpaid");
    await choose(page, dialog, "Delivery", "Shipped");
    await dialog.getByLabel("Why").fill("nothing leaves unpaid");
    await accessible(page, "forbid a combination");
    await dialog.getByRole("button", { name: "Forbid a combination" }).click();
    await seen(page.getByRole("cell", { name: "nothing leaves unpaid" }));
    await accessible(page, "forbidden states");
    const order = await sendOrder(stage.key, orderOf(stage.webAccount, "R1", 300_000));
    await go(page, `/orders/${order.id}`);
    await button(page, "Ship").click();
    await page.getByRole("dialog").getByRole("button", { name: "Ship" }).click();
    await seen(page.getByRole("dialog").getByRole("alert").getByText("nothing leaves unpaid"));
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await go(page, "/approval-limits/tracks");
    await button(page, "Allow again").click();
    await page.getByRole("dialog").getByRole("button", { name: "Allow again" }).click();
    await seen(page.getByText("Nothing is forbidden"));
    await go(page, `/orders/${order.id}`);
    await button(page, "Ship").click();
    await page.getByRole("dialog").getByRole("button", { name: "Ship" }).click();
    await seen(page.getByText("The package is written."));
  });

  step("expected losses are a percentage by age, and posted", async () => {
    const { page } = stage;
    await go(page, "/receivables/losses");
    await field(page, "Not due").fill("1");
    await field(page, "Over 90 days").fill("50");
    await button(page, "Save").click();
    await seen(page.getByText("Saved."));
    const { answer } = await call(stage.key, "GET", "/receivables/loss");
    assert.deepEqual(answer.percents, ["1", "0", "0", "0", "50"]);
    await accessible(page, "expected losses");
    await field(page, "What for").fill("close of the month");
    await button(page, "Bring the allowance to what is needed").click();
    await seen(page.getByText(/entr(y is|ies are) posted|It was there already/).first());
    const after = (await call(stage.key, "GET", "/receivables/loss")).answer.data;
    for (const { needed, held } of after) assert.equal(held.amount, needed.amount, "the books hold what is needed");
    await gone(page.getByRole("alert"));
  });
}
