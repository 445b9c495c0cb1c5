import assert from "node:assert/strict";
import { accessible, button, choose, field, go, gone, seen, step, until } from "../browser.mjs";
import { call, orderOf, sendOrder } from "../shop.mjs";

const line = (sku, name, quantity, price) => ({ id: sku, sku, name, quantity: String(quantity), unit_price: String(price) });
const orderOfLines = (stage, number, lines, buyer) => sendOrder(stage.key, orderOf(stage.webAccount, number, 0, { lines, buyer, stated_total: String(lines.reduce((sum, each) => sum + Number(each.quantity) * Number(each.unit_price), 0)) }));

export function products(stage) {
  step("a product is made and changed", async () => {
    const { page } = stage;
    await page.getByRole("navigation").getByRole("link", { name: "Products" }).click();
    await seen(page.getByText("No product yet"));
    await accessible(page, "no products");
    for (const [sku, name] of [["TRA-HOP", "Trà sen hộp 100 g"], ["CHEN", "Chén sứ"]]) {
      await button(page, "New product").first().click();
      const dialog = page.getByRole("dialog");
      await field(dialog, "SKU").fill(sku);
      await field(dialog, "Name").fill(name);
      await field(dialog, "Unit").fill("cái");
      await dialog.getByRole("button", { name: "Save" }).click();
      await gone(dialog);
    }
    await button(page, "TRA-HOP").click();
    await field(page.getByRole("dialog"), "Unit").fill("hộp");
    await accessible(page, "change a product");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await seen(page.getByRole("row", { name: /TRA-HOP/ }).getByText("hộp"));
    await accessible(page, "products");
  });

  step("orders wait for their mapping, and go on when it is made", async () => {
    const { page } = stage;
    await go(page, "/mapping");
    await page.getByRole("switch", { name: "Orders wait for their mapping" }).click({ force: true });
    await page.getByRole("dialog").getByRole("button", { name: "Change" }).click();
    await seen(page.getByText("From now on orders wait for their mapping."));
    const buyer = { name: "Hồ Thị Mai", phone: "0908 111 222" };
    const set = await orderOfLines(stage, "M1", [line("SET-QUA", "Bộ quà trà sen và chén", 2, 350_000), line("tra hop", "Trà sen", 1, 120_000)], buyer);
    assert.deepEqual(set.holds, ["mapping"]);
    await go(page, "/mapping");
    await seen(page.getByText("Trà sen hộp 100 g (same SKU)"), "the suggestion");
    await accessible(page, "mapping queue");
    const row = page.getByRole("row", { name: /SET-QUA/ });
    await choose(page, row, "Product", "TRA-HOP · Trà sen hộp 100 g");
    await row.getByRole("button", { name: "Another product: a set" }).click();
    await row.getByRole("textbox", { name: "Quantity" }).nth(1).fill("4");
    const second = row.getByRole("combobox", { name: "Product" }).nth(1);
    await second.fill("CHEN");
    await page.getByRole("option", { name: "CHEN · Chén sứ" }).click();
    await page.getByRole("checkbox", { name: "Map all that are filled in" }).check();
    await button(page, "Map 2 listings").click();
    await seen(page.getByText("No order waits for a mapping"));
    await go(page, `/orders/${set.id}`);
    await seen(page.getByText("4 × CHEN"));
    const { answer } = await call(stage.key, "GET", `/orders/${set.id}`);
    assert.deepEqual(answer.holds, []);
    const needed = (await call(stage.key, "GET", `/orders/${set.id}/resolved`)).answer.products.map(({ sku, quantity }) => `${quantity} ${sku}`);
    assert.deepEqual(needed, ["8 CHEN", "3 TRA-HOP"]);
    await accessible(page, "order in products");
    await go(page, "/mapping?tab=mapped");
    await seen(page.getByRole("row", { name: /SET-QUA/ }).getByText("4 × CHEN · Chén sứ"));
    await accessible(page, "mapped listings");
    // What follows sells things that are no products.
    await page.getByRole("switch", { name: "Orders wait for their mapping" }).click({ force: true });
    await page.getByRole("dialog").getByRole("button", { name: "Change" }).click();
    await gone(page.getByRole("dialog"));
    await seen(page.getByText("Orders no longer wait; those on hold for it go on."));
    stage.mapped = set.id;
  });

  step("a customer is found over orders, merged and taken apart", async () => {
    const { page } = stage;
    const mail = { name: "Mai Ho", email: "mai@example.com" };
    await orderOfLines(stage, "M2", [line("TRA-HOP", "Trà sen", 1, 120_000)], mail);
    await go(page, `/orders/${stage.mapped}`);
    await page.getByRole("link", { name: "All orders of this customer" }).click();
    await seen(page.getByRole("heading", { name: "Hồ Thị Mai" }));
    await accessible(page, "customer");
    await button(page, "Merge with another").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("combobox", { name: "The other customer" }).fill("mai@example.com");
    await page.getByRole("option", { name: /mai@example.com/ }).click();
    await field(dialog, "Reason").fill("she told us");
    await accessible(page, "merge customers");
    await dialog.getByRole("button", { name: "Merge with another" }).click();
    await seen(page.getByText("2 merged"));
    await page.getByRole("link", { name: "All orders in the list" }).click();
    await until(async () => (await page.locator("[data-filter=customer]").count()) === 1, "the list filtered by the customer");
    await page.goBack();
    await button(page, "Take out").last().click();
    await field(page.getByRole("dialog"), "Reason").fill("it was her sister");
    await page.getByRole("dialog").getByRole("button", { name: "Take out" }).click();
    await seen(page.getByText("It is a customer of its own again."));
    await go(page, "/customers");
    await seen(page.getByRole("link", { name: "Mai Ho" }));
    await accessible(page, "customers");
  });
}
