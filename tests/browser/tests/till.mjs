// The till by clicks and by a scanner's keys: a shift, two items, a mixed payment, the receipt, the shift closed exactly.
import assert from "node:assert/strict";
import { accessible, button, field, go, gone, seen, settled, step, until } from "../browser.mjs";
import { call, seed } from "../shop.mjs";

const dong = (amount) => `₫${amount.toLocaleString("en-GB")}`;
const float = 500_000;
const goods = [
  { sku: "TILL-LEN", name: "Len đan màu kem", unit: "cuộn", barcode: `893${String(seed).padStart(7, "0")}`, price: 65_000 },
  { sku: "TILL-KIM", name: "Kim đan tre 4 mm", unit: "đôi", price: 48_000 },
];
const voucher = { code: `QUA-${seed}`, amount: 50_000 };

export function till(stage) {
  // By the person's own session: the key may only send orders.
  const own = (method, path, body) =>
    stage.page.evaluate(
      async ([verb, at, sent]) => {
        const answer = await fetch(`/api/v1${at}`, { method: verb, headers: { "x-switchyard-csrf": "1", ...(sent && { "content-type": "application/json" }) }, ...(sent && { body: JSON.stringify(sent) }) });
        return { status: answer.status, answer: await answer.json() };
      },
      [method, path, body],
    );
  const scan = async (code) => {
    await stage.page.getByRole("textbox", { name: "Scan or search" }).or(stage.page.getByRole("combobox", { name: "Scan or search" })).first().fill(code);
    await stage.page.keyboard.press("Enter");
  };
  const line = (name) => stage.page.locator("li[data-line]").filter({ hasText: name });

  step("the till says what it needs before it sells", async () => {
    const { page } = stage;
    await go(page, "/till");
    await seen(page.getByText("No point of sale yet"));
    await accessible(page, "till without an account");
    const made = await own("POST", "/channel-accounts", { kind: "pos", name: "Quầy Lê Lợi", currency: "VND", settings: {}, secrets: {} });
    assert.equal(made.status, 201);
    await own("POST", "/drawers", { name: "Két 1", branch: "Lê Lợi", currency: "VND" });
    for (const { sku, name, unit, barcode } of goods) assert.equal((await own("POST", "/products", { sku, name, unit, barcode })).status, 201);
    const csv = `sku,price\n${goods.map(({ sku, price }) => `${sku},${price}`).join("\n")}\n`;
    const list = await own("POST", "/price-lists", { name: `Giá bán lẻ ${seed}`, currency: "VND", segment: "b2c", company_ids: [], prices: { prices_include_tax: true, tax_rate: "8", csv } });
    assert.equal(list.status, 201);
    const sold = await own("POST", "/claims/vouchers", { ...voucher, amount: String(voucher.amount), currency: "VND", received_in: "bank", reason: "a present" });
    assert.equal(sold.status, 201);
    await go(page, "/till");
    await seen(page.getByText("No shift is open at Két 1."));
    await accessible(page, "till without a shift");
    await button(page, "Open a shift").click();
    await page.getByRole("dialog").getByLabel("Counted in the drawer").fill(String(float));
    await page.getByRole("dialog").getByRole("button", { name: "Open a shift" }).click();
    await seen(page.getByText("Shift open"));
    await accessible(page, "till empty");
  });

  step("a scan adds the item at once, a search lets choose, and nothing is lost by a reload", async () => {
    const { page } = stage;
    const [yarn, needles] = goods;
    await scan(yarn.barcode);
    await seen(line(yarn.name));
    await scan(yarn.barcode);
    await until(async () => (await line(yarn.name).getByRole("textbox").inputValue()) === "2", "the second of it");
    await page.keyboard.press("F2");
    await page.keyboard.type("kim đan");
    await page.getByRole("option", { name: /Kim đan tre/ }).click();
    await seen(line(needles.name));
    await button(page, `One more of ${needles.name}`).click();
    await button(page, `One less of ${needles.name}`).click();
    await scan("Gói quà");
    await button(page, "Sell “Gói quà” without a product").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Price of one").fill("10000");
    await accessible(page, "price of an item");
    await dialog.getByRole("button", { name: "Done" }).click();
    await seen(line("Gói quà").getByText(dong(10_000)).first());
    await button(page, "Remove Gói quà").click();
    await gone(line("Gói quà"));
    await button(page, new RegExp(`^Price and discount of ${yarn.name}`)).click();
    await dialog.getByLabel("Discount", { exact: true }).fill("10");
    await page.keyboard.press("Enter");
    await seen(line(yarn.name).getByText(`less ${dong(13_000)}`));
    await field(page, "Discount on the whole sale").fill("5000");
    await page.getByRole("radiogroup", { name: "Discount in (Discount on the whole sale)" }).getByText("VND").click();
    await field(page, "Buyer’s phone").fill("0908 222 333");
    const total = page.locator("[data-sum=total]");
    await seen(total.getByText(dong(160_000)));
    await accessible(page, "till basket");
    await page.reload();
    await settled(page);
    await seen(total.getByText(dong(160_000)));
    assert.equal(await field(page, "Buyer’s phone").inputValue(), "0908 222 333");
  });

  step("a mixed payment meets the total; a wrong voucher is told beside it; the sale is made once", async () => {
    const { page } = stage;
    await page.keyboard.press("F4");
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Voucher" }).click();
    await dialog.getByLabel("Voucher: amount").fill(String(voucher.amount));
    await dialog.getByLabel("Voucher: code").fill("NO-SUCH-CODE");
    await dialog.getByRole("button", { name: "Card" }).click();
    await dialog.getByLabel("Card: amount").fill("40000");
    await dialog.getByLabel("Card: reference").fill("slip 0417");
    await seen(dialog.getByText("Still missing"));
    await seen(dialog.getByText(dong(70_000)).first());
    assert.ok(await dialog.getByRole("button", { name: "Finish the sale" }).isDisabled(), "not before it is paid");
    await dialog.getByRole("button", { name: "Cash" }).click();
    await dialog.getByRole("button", { name: dong(100_000), exact: true }).click();
    await seen(dialog.getByText("Change due"));
    await seen(dialog.getByText(dong(30_000)).first());
    await accessible(page, "till payment");
    await dialog.getByRole("button", { name: "Finish the sale" }).click();
    await seen(dialog.locator("[data-tender=paid_voucher]").getByText("there is no such voucher"), "the refusal beside the voucher");
    await accessible(page, "till refused");
    await dialog.getByLabel("Voucher: code").fill(voucher.code);
    await dialog.getByRole("button", { name: "Finish the sale" }).click();
    await seen(page.getByRole("heading", { name: /Sold: order #/ }));
    await seen(page.locator("[data-change='30000']"));
    const receipt = page.getByRole("region", { name: "Receipt" });
    for (const text of ["Quầy Lê Lợi", goods[0].name, goods[1].name, dong(160_000), dong(50_000), dong(40_000), dong(70_000), dong(100_000), dong(30_000)]) await seen(receipt.getByText(text, { exact: true }), text);
    await accessible(page, "till receipt");
    await page.reload();
    await settled(page);
    await seen(receipt.getByText(dong(160_000), { exact: true }), "the receipt after a reload");
  });

  step("the order says what the till said, and the receipt is one sheet of 80 mm", async () => {
    const { page } = stage;
    const id = (await page.getByRole("link", { name: "Look at the order" }).getAttribute("href")).split("/").at(-1);
    const { answer: order } = await call(stage.key, "GET", `/orders/${id}`);
    assert.deepEqual([order.total.amount, order.outstanding.amount, order.delivery_track, order.payment_track], ["160000", "0", "delivered", "paid"]);
    assert.equal(order.staff, (await own("GET", "/session")).answer.person.name);
    assert.deepEqual(order.tenders.map(({ method, amount }) => [method, amount.amount]).sort(), [["card", "40000"], ["cash", "70000"], ["paid_voucher", "50000"]]);
    const pdf = (await page.pdf({ preferCSSPageSize: true, printBackground: true })).toString("latin1");
    const sheets = [...pdf.matchAll(/\/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]/g)].map(([, width]) => Math.round((Number(width) / 72) * 25.4));
    assert.deepEqual(sheets, [80], "one sheet, 80 mm wide");
    await button(page, "Next sale").click();
    await seen(page.getByText("The basket is empty"));
  });

  step("the shift closes exactly", async () => {
    const { page } = stage;
    await go(page, "/shifts");
    await page.locator("tr[data-drawer='Két 1']").getByRole("button", { name: "Close with a count" }).click();
    await page.getByRole("dialog").getByLabel("Counted").fill(String(float + 70_000));
    await page.getByRole("dialog").getByRole("button", { name: "Close with a count" }).click();
    await gone(page.getByRole("dialog"));
    const { answer } = await own("GET", "/shifts");
    assert.deepEqual([answer.data[0].state, answer.data[0].expected.amount, answer.data[0].difference.amount], ["closed", String(float + 70_000), "0"]);
    await go(page, "/till");
    await seen(page.getByText("No shift is open at Két 1."));
  });
}
