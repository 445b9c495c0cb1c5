import assert from "node:assert/strict";
import { accessible, button, choose, field, go, gone, seen, step, until } from "../browser.mjs";
import { call, orderOf, sendOrder } from "../shop.mjs";

const limit = 5_000_000;
const dong = (amount) => `₫${amount.toLocaleString("en-GB")}`;

/** Asks for the confirmation with the key, so that the person on the screen is another one. */
async function askToConfirm(key, id) {
  const { etag } = await call(key, "GET", `/orders/${id}`);
  return (await call(key, "POST", `/orders/${id}/confirm`, undefined, { "if-match": etag })).answer;
}

export function credit(stage) {
  step("a company with terms and a credit limit is made", async () => {
    const { page } = stage;
    await go(page, "/companies");
    await seen(page.getByText("No company yet"));
    await accessible(page, "companies empty");
    await button(page, "New company").first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("Siêu thị Phương Nam");
    await dialog.getByLabel("Tax code").fill("0312345678");
    await dialog.getByLabel("Currency").fill("VND");
    await dialog.getByLabel("Credit limit").fill("5,000,000");
    await seen(dialog.getByText(dong(limit)), "the limit as it was understood");
    await choose(page, dialog, "Payment terms", "Days after the end of the month");
    await accessible(page, "new company");
    await dialog.getByRole("button", { name: "Save" }).click();
    await until(() => /\/companies\/com_[0-9a-f]{32}$/.test(page.url()), "the company's page");
    stage.company = page.url().split("/").at(-1);
    await seen(page.getByRole("heading", { name: "Siêu thị Phương Nam" }));
    await seen(page.getByRole("region", { name: "Credit used" }).getByText(dong(limit)).first());
    await accessible(page, "company");
    await button(page, "Edit").click();
    await page.getByRole("dialog").getByLabel("Note").fill("call before delivery");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await seen(page.getByText("call before delivery"));
  });

  step("an order within the limit is confirmed on its page", async () => {
    const { page } = stage;
    const order = await sendOrder(stage.key, orderOf(stage.webAccount, "B1", 1_000_000, { company_id: stage.company }));
    await go(page, `/orders/${order.id}`);
    const panel = page.getByRole("region", { name: "Confirmation" });
    await seen(panel.getByText("Not confirmed"));
    await accessible(page, "order to confirm");
    await panel.getByRole("button", { name: "Confirm the order" }).click();
    await seen(panel.getByText("Confirmed", { exact: true }));
    await accessible(page, "confirmed order");
  });

  step("an order over the limit is held, and the queue says why and what would release it", async () => {
    const { page } = stage;
    stage.business = await sendOrder(stage.key, orderOf(stage.webAccount, "B2", 9_000_000, { company_id: stage.company }));
    assert.equal((await askToConfirm(stage.key, stage.business.id)).decision, "held");
    await page.getByRole("navigation").getByRole("link", { name: "Holds" }).click();
    await seen(page.getByRole("heading", { name: "Holds" }));
    await page.getByText("Credit", { exact: true }).first().click();
    await until(() => new URL(page.url()).search === "?type=credit", "the type in the address");
    const row = page.locator("tr[data-hold]").filter({ hasText: `#${stage.business.number}` });
    await seen(row.getByText(dong(9_000_000)));
    await row.getByRole("button", { name: /^Details/ }).click();
    await seen(page.getByText("The least that would release it"));
    await seen(page.getByText("Raise the limit by"));
    await accessible(page, "hold queue");
    await row.getByRole("checkbox").check();
    await page.getByRole("region", { name: "1 hold selected" }).getByRole("button", { name: "Assign to me" }).click();
    await gone(page.getByRole("region", { name: "1 hold selected" }));
    await page.getByText("Mine", { exact: true }).click();
    await until(() => page.url().includes("owner=me"), "the owner in the address");
    await seen(row);
  });

  step("the hold is released with a reason, which confirms the order", async () => {
    const { page } = stage;
    const row = page.locator("tr[data-hold]").filter({ hasText: `#${stage.business.number}` });
    await row.getByRole("button", { name: "Release" }).click();
    await field(page, "Why?").fill("the bank's guarantee arrived");
    await accessible(page, "release from the queue");
    await page.getByRole("dialog").getByRole("button", { name: "Release" }).click();
    await gone(row);
    await go(page, `/orders/${stage.business.id}`);
    await seen(page.getByRole("region", { name: "Confirmation" }).getByText("Confirmed", { exact: true }));
    await seen(page.getByText("the bank's guarantee arrived"));
  });

  step("the company shows both orders and how far it is over its limit", async () => {
    const { page } = stage;
    await go(page, `/companies/${stage.company}`);
    await seen(page.getByRole("link", { name: `#${stage.business.number}` }));
    const used = page.getByRole("region", { name: "Credit used" });
    await seen(used.getByText(dong(10_000_000)).first());
    await seen(used.getByText("Over the limit"));
    await accessible(page, "company over its limit");
    await go(page, "/companies?text=phương");
    await seen(page.getByRole("link", { name: "Siêu thị Phương Nam" }));
    await accessible(page, "companies");
  });

  step("approval limits are set and taken back", async () => {
    const { page } = stage;
    await go(page, "/approval-limits");
    await button(page, "Add a limit").click();
    const row = page.getByRole("group", { name: "Limit 1" });
    await choose(page, row, "Role", "finance");
    await row.getByLabel("Up to").fill("20000000");
    await row.getByLabel("Two people above").fill("10000000");
    await accessible(page, "approval limits");
    await button(page, "Save").click();
    await seen(page.getByText("Saved."));
    await go(page, "/approval-limits");
    assert.equal(await page.getByRole("group", { name: "Limit 1" }).getByLabel("Up to").inputValue(), "20,000,000");
    await button(page, "Remove limit 1").click();
    await button(page, "Save").click();
    await seen(page.getByText("No limit is set"));
  });

  step("what was decided is kept whole", async () => {
    const { page } = stage;
    await go(page, "/policies?view=decisions");
    await button(page, `Look at the decision about order ${stage.business.number}`).first().click();
    await seen(page.getByRole("region", { name: "Asked" }));
    await accessible(page, "decision");
    await page.keyboard.press("Escape");
    await go(page, "/policies");
    await accessible(page, "policies");
  });
}
