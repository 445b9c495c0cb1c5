import assert from "node:assert/strict";
import { accessible, button, field, go, gone, seen, step, until } from "../browser.mjs";
import { call, orderOf, sendOrder } from "../shop.mjs";

const today = () => new Date().toISOString().slice(0, 10);
const csv = (name, text) => ({ name, mimeType: "text/csv", buffer: Buffer.from(text) });
const transfer = (reference, amount) => ({ tenders: [{ id: "1", method: "bank_transfer", state: "captured", amount: String(amount), holder: "tenant", reference }] });

export function bank(stage) {
  step("a bank account takes its statement in, and what is certain is matched at once", async () => {
    const { page } = stage;
    for (const [number, reference, amount] of [["BK1", "CK-9001", 410_000], ["BK2", "CK-9002", 530_000]]) {
      await sendOrder(stage.key, orderOf(stage.webAccount, number, amount, transfer(reference, amount)));
    }
    await go(page, "/bank");
    await seen(page.getByText("No bank account yet"));
    await button(page, "Add an account").first().click();
    await field(page, "Name").fill("Vietcombank");
    await field(page, "IBAN or number").fill("0071 0001");
    await page.getByRole("dialog").getByLabel("Currency").fill("VND");
    await accessible(page, "add a bank account");
    await button(page, "Save").click();
    await button(page, "Take in a statement").click();
    const dialog = page.getByRole("dialog");
    const file = `date,amount,balance,text\n${today()},410000,1410000,CK-9001\n${today()},500000,1910000,CK-9002 tru phi\n${today()},-11000,1899000,phi quan ly\n`;
    await dialog.locator("input[type=file]").setInputFiles(csv("vcb.csv", file));
    await seen(dialog.getByText("3 new lines, 1 matched at once, 0 known already."));
    await accessible(page, "take in a statement");
    await dialog.locator("input[type=file]").setInputFiles(csv("vcb.csv", file));
    await seen(dialog.getByText("This file was taken in before."));
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await until(async () => (await page.locator('tr[data-line="open"]').count()) === 2, "two open lines");
    await accessible(page, "bank");
  });

  step("an open line is explained to the unit, and its match taken back", async () => {
    const { page } = stage;
    const line = page.locator("tr[data-line]").filter({ hasText: "CK-9002" });
    await line.getByRole("button", { name: "Show the line" }).click();
    await until(() => page.url().includes("line=bln_"), "the line in the address");
    await page.getByRole("checkbox").first().check();
    await seen(page.getByText("Explained whole"));
    await accessible(page, "match a bank line");
    await button(page, "Match").click();
    await seen(page.getByText("Matched to"));
    await until(async () => (await page.locator('tr[data-line="open"]').count()) === 1, "one open line");
    await button(page, "Take the match back").click();
    await page.getByRole("dialog").getByLabel("Why?").fill("the wrong order");
    await page.getByRole("dialog").getByRole("button", { name: "Take the match back" }).click();
    await gone(page.getByText("Matched to"));
    const { answer } = await call(stage.key, "GET", "/bank/accounts");
    assert.equal(answer.data[0].matched.amount, "410000");
  });

  step("the settlement workbench shows the shops, and a statement from a file", async () => {
    const { page } = stage;
    await go(page, "/settlements");
    await seen(page.getByRole("region", { name: "Shops" }));
    await accessible(page, "settlements");
    await button(page, "Take in a statement").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("The statement's name").fill("W-47");
    await dialog.locator("input[type=file]").setInputFiles(csv("w47.csv", "Order ID,Type,Amount,Description\nGHOST,Commission Fee,-5000,nobody knows it\n,Adjustment,25000,compensation\n"));
    await accessible(page, "take in a settlement");
    await dialog.getByRole("button", { name: "Take in a statement" }).click();
    await seen(dialog.getByText("2 new lines, 0 matched, 2 to explain, 0 known already."));
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await seen(page.getByRole("region", { name: "Lines of W-47" }).getByText("nobody knows it"));
    await page.locator("tr[data-line]").filter({ hasText: "compensation" }).getByRole("button", { name: "Explain" }).click();
    await page.getByText("It is a cost or income of its own").click();
    await page.getByRole("dialog").getByLabel("Why?").fill("a parcel they lost");
    await accessible(page, "explain a line");
    await page.getByRole("dialog").getByRole("button", { name: "Explain" }).click();
    await seen(page.getByText("mkt_adjustment · a parcel they lost"));
    await accessible(page, "statements");
  });
}
