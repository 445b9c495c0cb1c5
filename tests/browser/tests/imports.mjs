import { accessible, button, choose, go, seen, step, until } from "../browser.mjs";
import { seed } from "../shop.mjs";

const csv = [
  "Mã đơn,SKU,Tên hàng,SL,Đơn giá,Ngày",
  `CU-${seed}-1,AO-01,Áo thun,2,189000,2026-10-01`,
  `CU-${seed}-1,QU-02,Quần jean,1,459000,2026-10-01`,
  `CU-${seed}-2,AO-01,Áo thun,1,189000,2026-10-02`,
  `CU-${seed}-3,DE-03,Đèn bàn,hai,690000,2026-10-03`,
].join("\n");
const mapping = { "Order number": "Mã đơn", SKU: "SKU", "Product name": "Tên hàng", Quantity: "SL", "Unit price": "Đơn giá" };

export function imports(stage) {
  step("a file is uploaded, looked at, imported and taken back", async () => {
    const { page } = stage;
    await go(page, "/imports");
    await seen(page.getByText("Nothing was imported yet"));
    await accessible(page, "imports empty");
    await button(page, "New import").first().click();
    const dialog = page.getByRole("dialog");
    await choose(page, dialog, "Into which channel?", "hoasen.example");
    await dialog.locator("input[type=file]").setInputFiles({ name: "don-cu.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
    await accessible(page, "upload");
    await button(page, "Upload and look at it").click();
    await seen(page.getByRole("heading", { name: "don-cu.csv" }));
    await accessible(page, "import");
    await button(page, "Change").click();
    for (const [label, column] of Object.entries(mapping)) {
      const select = page.getByRole("combobox", { name: label, exact: true }).first();
      if ((await select.inputValue()) !== column) {
        await choose(page, page, label, column);
      }
    }
    await accessible(page, "mapping");
    const before = page.url();
    await button(page, "Use these columns").click();
    await until(() => page.url() !== before, "the file read again");
    await button(page, "Check without changing anything").click();
    await seen(page.getByText("What would happen"));
    await seen(page.getByText("New: 2"));
    await seen(page.getByText("Rows with errors: 1"));
    await accessible(page, "dry run");
    await button(page, "Import 2 orders").click();
    await seen(page.getByText("Done", { exact: true }));
    await seen(page.getByRole("link", { name: "Download the rows with errors" }));
    await accessible(page, "import done");
    await page.getByRole("link", { name: "Look at the orders" }).click();
    await page.getByRole("textbox", { name: /^Number, phone/ }).fill(`CU-${seed}-1`);
    await page.keyboard.press("Enter");
    await until(async () => (await page.locator("tr[data-order]").count()) === 1, "the imported order");
    await go(page, "/imports");
    await accessible(page, "imports");
    await page.getByRole("row", { name: /Done/ }).getByRole("link", { name: "don-cu.csv" }).click();
    await button(page, "Undo this import").click();
    await page.getByRole("dialog").getByRole("button", { name: "Undo this import" }).click();
    await seen(page.getByText("Undone", { exact: true }));
    await go(page, `/orders?text=CU-${seed}-1`);
    await seen(page.getByText("No order matches"));
  });
}
