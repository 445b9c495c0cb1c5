import { accessible, button, choose, field, go, gone, seen, step, until } from "../browser.mjs";
import { orderOf, sendOrder } from "../shop.mjs";

export function invoices(stage) {
  step("who issues tax invoices is said once", async () => {
    const { page } = stage;
    await page.getByRole("navigation").getByRole("link", { name: "Tax invoices" }).click();
    await seen(page.getByText("No tax invoice yet"));
    await accessible(page, "no tax invoices");
    await page.getByRole("link", { name: "Open the settings" }).click();
    await choose(page, page, "Rules", "Vietnam, from July 2026");
    await field(page, "Country, two letters").fill("VN");
    await field(page, "Legal name").fill("Công ty TNHH Hoa Sen");
    await field(page, "Tax id").fill("0100109107");
    await field(page, "Address").fill("1 Trần Hưng Đạo");
    await field(page, "City").fill("Hà Nội");
    await field(page, "Series of invoices").fill("CTHS");
    await button(page, "Save").click();
    await seen(page.getByText("must be a tax code of ten digits with its check digit").first(), "the check digit is wrong");
    await field(page, "Tax id").fill("0100109106");
    await button(page, "Save").click();
    await seen(page.getByText("Saved."));
    await accessible(page, "tax invoice settings");
  });

  step("what was sold is invoiced from its order", async () => {
    const { page } = stage;
    const order = await sendOrder(stage.key, orderOf(stage.webAccount, "I1", 1_080_000));
    await go(page, `/orders/${order.id}`);
    await button(page, "Issue invoice").click();
    await page.getByRole("dialog").getByRole("button", { name: "Issue invoice" }).click();
    await seen(page.getByRole("dialog").getByRole("alert"), "nothing left yet, so nothing is sold");
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await button(page, "Ship").click();
    await page.getByRole("dialog").getByRole("button", { name: "Ship" }).click();
    await seen(page.getByText("The package is written."));
    await button(page, "Issue invoice").click();
    await accessible(page, "issue a tax invoice");
    await page.getByRole("dialog").getByRole("button", { name: "Issue invoice" }).click();
    await seen(page.getByText("The tax invoice exists"));
    await page.getByRole("region", { name: "Tax invoices" }).getByRole("link").click();
    await seen(page.getByRole("heading", { name: /^1C\d\dTHS-1$/ }));
    await seen(page.getByRole("region", { name: "By tax rate" }).getByText("8%"));
    await accessible(page, "tax invoice");
  });

  step("its XML is downloaded, its way to the authority noted", async () => {
    const { page } = stage;
    const downloading = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download XML" }).click();
    const download = await downloading;
    await until(async () => download.suggestedFilename().endsWith("THS-1.xml"), "the number names the file");
    const paper = await page.request.get(new URL(await page.getByRole("link", { name: "PDF" }).getAttribute("href"), page.url()).href);
    await until(async () => paper.headers()["content-type"] === "application/pdf" && (await paper.body()).subarray(0, 4).toString() === "%PDF", "it is there on paper");
    await button(page, "Note as sent").click();
    await field(page, "Provider").fill("MISA");
    await accessible(page, "note as sent");
    await page.getByRole("dialog").getByRole("button", { name: "Note as sent" }).click();
    await button(page, "Note as rejected").click();
    await page.getByRole("dialog").getByRole("button", { name: "Note as rejected" }).click();
    await gone(button(page, "Note as rejected"));
    await seen(page.getByRole("region", { name: "History" }).getByText("MISA").first());
  });

  step("it is replaced with the right buyer, and the list finds both", async () => {
    const { page } = stage;
    await button(page, "Replace").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Reason").fill("the name was wrong");
    await dialog.getByLabel("Name").fill("Công ty CP Biển Đông");
    await dialog.getByLabel("Tax code").fill("0101243150");
    await accessible(page, "replace a tax invoice");
    await dialog.getByRole("button", { name: "Replace" }).click();
    await seen(page.getByRole("heading", { name: /^1C\d\dTHS-2$/ }));
    await seen(page.getByText("the name was wrong").first());
    stage.invoice = new URL(page.url()).pathname;
    await page.getByRole("navigation").getByRole("link", { name: "Tax invoices" }).click();
    await until(async () => (await page.locator("tr[data-invoice]").count()) === 2, "both documents");
    await accessible(page, "tax invoices");
    await choose(page, page, "State", "Replaced");
    await until(() => new URL(page.url()).search === "?state=replaced", "the state in the address");
    await until(async () => (await page.locator("tr[data-invoice]").count()) === 1, "the one that was replaced");
  });
}
