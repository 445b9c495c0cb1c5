// C50: a shop with a counter and a marketplace. Mixed tender into a drawer whose shift is opened and closed by count, points
// earned and spent, goods that come back; a Shopee order, its statement, its payout on the bank; at the end what stood between is empty.
import assert from "node:assert/strict";
import { accessible, button, choose, field, go, gone, openBrowser, seen, step, until, url } from "../browser.mjs";
import { addBankAccount, balances, bankSays, connect, dong, makeKey, person, signUp } from "../company.mjs";
import { call } from "../shop.mjs";
import { shopeeOrder } from "./channels.mjs";

const hoa = person("Nguyễn Thị Hoa", "hoa");
const float = 500_000;
const voucher = 200_000;
const card = 300_000;
const unit = 250_000;
const sale = 3 * unit;
const [perPoint, worth] = [10_000, 1_000];
const short = 5_000;
const shopee = { sale: 300_000, commission: 12_000, service: 9_000 };
const payout = shopee.sale - shopee.commission - shopee.service;
const demo = { email: "vy@lua-sai-gon.example", password: "switchyard demo" };

export function retail(stage) {
  const story = {};

  step("retail: a counter, a Shopee shop, a bank account, a loyalty program", async () => {
    story.hoa = await signUp("Tiệm Hoa Sen", hoa);
    stage.stories.push(story.hoa);
    const { page } = story.hoa;
    story.till = await connect(page, /^Counter/, "Quầy Nguyễn Huệ");
    story.shop = await connect(page, /^Shopee/, "Hoa Sen Shopee");
    story.key = await makeKey(page);
    await addBankAccount(page, "Techcombank", "1903 0001");
    await go(page, "/claims/loyalty");
    await seen(page.getByText("There is no program yet."));
    await field(page, "Spent for one point").fill(String(perPoint));
    await field(page, "What one point pays").fill(String(worth));
    await field(page, "Points that will be used").fill("80");
    await accessible(page, "loyalty program");
    await button(page, "Save").click();
    await seen(page.getByText("Saved."));
    await page.getByRole("link", { name: "Vouchers and credit", exact: true }).last().click();
    await button(page, "New member").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Card or phone number").fill("0909123456");
    await dialog.getByLabel("Holder").fill("Trần Văn Hùng");
    await accessible(page, "new member");
    await dialog.getByRole("button", { name: "New member" }).click();
    await seen(page.locator('tr[data-claim="0909123456"]'));
  });

  step("retail: a drawer is made, its shift opened with a count, a voucher sold into it", async () => {
    const { page } = story.hoa;
    await go(page, "/shifts");
    await button(page, "Add a drawer").first().click();
    await page.getByRole("dialog").getByLabel("Name").fill("Két 1");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await button(page, "Open a shift").click();
    await page.getByRole("dialog").getByLabel("Counted in the drawer").fill(String(float));
    await accessible(page, "open a shift");
    await page.getByRole("dialog").getByRole("button", { name: "Open a shift" }).click();
    await seen(button(page, "Close with a count"));
    story.drawer = (await call(story.key, "GET", "/drawers")).answer.data[0].id;
    await go(page, "/claims");
    await button(page, "Sell a voucher").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Amount").fill(String(voucher));
    await choose(page, dialog, "Where the money came in", "Drawer Két 1");
    await dialog.getByLabel("Code").fill("TET-200");
    await dialog.getByLabel("What for").fill("quà Tết");
    await accessible(page, "sell a voucher");
    await dialog.getByRole("button", { name: "Save" }).click();
    await seen(page.locator('tr[data-claim="TET-200"]').getByText(dong(voucher)).first());
  });

  step("retail: a counter sale is paid by voucher, card and cash, with change", async () => {
    const { page } = story.hoa;
    story.first = await rungUp(story, "QNH-1", 3);
    await go(page, `/orders/${story.first}`);
    await take(page, "Paid voucher", voucher, { Code: "TET-200" });
    await take(page, "Card", card, { Processor: "napas" });
    await button(page, "Take a payment").click();
    const dialog = page.getByRole("dialog");
    await choose(page, dialog, "Drawer", "Két 1");
    await dialog.getByLabel("The buyer hands over").fill("300000");
    await accessible(page, "cash into a drawer");
    await dialog.getByRole("button", { name: "Take a payment" }).click();
    await seen(dialog.getByText(dong(300_000 - (sale - voucher - card))));
    await button(page, "Done").click();
    await seen(page.getByText("The whole total was paid"));
    await seen(page.getByRole("region", { name: "Payments" }).getByText(/Paid voucher/));
    await accessible(page, "counter sale with mixed tender");
  });

  step("retail: the sale gives points to a member", async () => {
    const { page } = story.hoa;
    const number = (await call(story.key, "GET", `/orders/${story.first}`)).answer.number;
    await go(page, "/claims");
    const row = page.locator('tr[data-claim="0909123456"]');
    await row.getByRole("button").click();
    await button(page, "Give points of an order").click();
    await page.getByRole("dialog").getByLabel("Number of the order").fill(String(number));
    await accessible(page, "give points");
    await page.getByRole("dialog").getByRole("button", { name: "Give points of an order" }).click();
    await seen(page.getByText("The points are given."));
    await seen(page.getByText("Earned"));
    assert.equal(await held(story, "0909123456"), (sale / perPoint) * worth, "no tax is told, so all of it counts");
  });

  step("retail: goods come back to the counter, and their money as it was paid", async () => {
    const { page } = story.hoa;
    await go(page, `/orders/${story.first}`);
    await button(page, "More").click();
    await page.getByRole("menuitem", { name: "Take goods back" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox", { name: /^Quantity of/ }).fill("1");
    await field(page, "Why?").fill("too small");
    await dialog.getByRole("button", { name: "Take goods back" }).click();
    await seen(page.getByText("The return is written."));
    await button(page, "Refund").click();
    const refund = page.getByRole("dialog");
    // A third of what the voucher paid went back to it by itself.
    story.back = unit - Math.round(voucher / 3);
    await until(async () => (await refund.getByLabel("Amount").inputValue()) === story.back.toLocaleString("en-GB"), "what is owed in money is written already");
    await choose(page, refund, "Method", "Cash");
    await choose(page, refund, "Drawer", "Két 1");
    await field(page, "Why?").fill("too small");
    await accessible(page, "refund from a drawer");
    await refund.getByRole("button", { name: "Refund" }).click();
    await seen(page.getByText("The refund is written."));
    await seen(page.getByText("Some of the money went back"));
  });

  step("retail: the next sale is paid with the points and what is left on the voucher", async () => {
    const { page } = story.hoa;
    story.points = await held(story, "0909123456");
    assert.equal(story.points, ((sale - unit) / perPoint) * worth, "points of what came back are taken back");
    story.voucher = await held(story, "TET-200");
    story.second = await rungUp(story, "QNH-2", 1);
    await go(page, `/orders/${story.second}`);
    await take(page, "Points", story.points, { Code: "0909123456" });
    await take(page, "Paid voucher", story.voucher, { Code: "TET-200" });
    await cash(page, unit - story.points - story.voucher);
    await seen(page.getByText("The whole total was paid"));
  });

  step("retail: the shift is closed by count, and what is short is posted", async () => {
    const { page } = story.hoa;
    const taken = voucher + (sale - voucher - card) - story.back + (unit - story.points - story.voucher);
    story.should = float + taken;
    await go(page, "/shifts");
    await page.locator("tr[data-shift=open]").getByRole("button", { name: "Két 1" }).click();
    await seen(page.locator('[data-sum="should_hold"]').getByText(dong(story.should)));
    await accessible(page, "report of an open shift");
    await button(page, "Close with a count").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Counted").fill(String(story.should - short));
    await dialog.getByLabel("Note").fill("đếm hai lần");
    await accessible(page, "close a shift");
    await dialog.getByRole("button", { name: "Close with a count" }).click();
    const row = page.locator("tr[data-shift=closed]");
    await seen(row.getByText(`-${dong(short)}`));
    await accessible(page, "shifts");
  });

  step("retail: a Shopee order comes in, its statement is matched, its payout is a line of the bank", async () => {
    const { page } = story.hoa;
    await go(page, `/channels/${story.shop}`);
    await page.getByRole("textbox", { name: "Document" }).fill(JSON.stringify(shopeeOrder(778812, "SNHOASEN1", { status: "COMPLETED", parcel: "LOGISTICS_DELIVERY_DONE", way: 0 })));
    await button(page, "Hand in").click();
    await seen(page.getByRole("link", { name: "1 order" }));
    await go(page, "/settlements");
    await seen(page.locator('tr[data-shop="Hoa Sen Shopee"]').getByText(dong(shopee.sale)).first(), "Shopee holds the money");
    await button(page, "Take in a statement").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("The statement's name").fill("HS-48");
    await dialog.getByLabel("Paid out").fill(String(payout));
    const rows = [["Sale", shopee.sale], ["Commission Fee", -shopee.commission], ["Service Fee", -shopee.service]].map(([kind, amount]) => `SNHOASEN1,${kind},${amount}`);
    await dialog.locator("input[type=file]").setInputFiles({ name: "hs48.csv", mimeType: "text/csv", buffer: Buffer.from(`Order ID,Type,Amount\n${rows.join("\n")}\n`) });
    await dialog.getByRole("button", { name: "Take in a statement" }).click();
    await seen(dialog.getByText("3 new lines, 3 matched, 0 to explain, 0 known already."));
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await bankSays(page, 1_000_000, [[payout, "SHOPEE HS-48"], [card, "napas QNH-1"]]);
    await go(page, "/settlements?view=statements");
    await page.locator('tr[data-statement="HS-48"]').getByRole("button", { name: "Show the lines" }).click();
    await button(page, "This is it").click();
    await seen(page.locator('tr[data-statement="HS-48"]').getByText("Seen in the bank"));
    await accessible(page, "a statement that was paid");
    await go(page, "/settlements");
    await seen(page.locator('tr[data-shop="Hoa Sen Shopee"]').getByText("₫0").first(), "nothing is held any more");
    await seen(page.getByText("Matched", { exact: true }).first());
    await accessible(page, "a shop that is settled");
  });

  step("retail: what stood between is empty, the drawer holds what was counted", async () => {
    const { page } = story.hoa;
    const left = await balances(page, story.key, ["cash", "bank", "bank_clearing", "processor_clearing", "marketplace_clearing", "ar", "customer_deposits", "refund_payable", "voucher_paid", "loyalty", "cash_over_short", "suspense"]);
    const bank = Object.keys(left).find((account) => account.startsWith("bank:bac_"));
    assert.deepEqual(left, { [bank]: String(payout + card), [`cash:${story.drawer}`]: String(story.should - short), "cash:safe": String(-float), cash_over_short: String(short) });
    await accessible(page, "trial balance of the retail story");
  });

  step("retail: in the demo a Shopee order arrives from the simulator, and a payout is found on the bank", async (context) => {
    const { status } = await fetch(`${url}/api/v1/session`, { method: "POST", headers: { "content-type": "application/json", origin: url, "x-switchyard-csrf": "1" }, body: JSON.stringify(demo) });
    if (status !== 200) return context.skip("skipped: no demo merchants here");
    const browser = await openBrowser();
    stage.stories.push(browser);
    const { page } = browser;
    await go(page, "/log-in?next=/orders?channel=shopee");
    await field(page, "E-mail").fill(demo.email);
    await field(page, "Password").fill(demo.password);
    await button(page, "Log in").click();
    await seen(page.locator("tr[data-order]"));
    const newest = await page.locator("tr[data-order]").first().getAttribute("data-order");
    await until(async () => (await page.locator("tr[data-order]").first().getAttribute("data-order")) !== newest, "the simulator's next order, by itself", 180_000);
    await page.locator("tr[data-order]").first().getByRole("link").first().click();
    await seen(page.getByRole("heading", { level: 1, name: /^Order #/ }));
    await accessible(page, "an order from the simulator");
    await go(page, "/settlements?view=statements");
    await page.locator("tr[data-shop]").filter({ hasText: "Shopee" }).first().getByRole("button").click();
    // The month that is over: nothing is told for it any more.
    const row = page.locator("tr[data-statement]").last();
    await seen(row);
    if (await row.getByText("Seen in the bank").isVisible()) return;
    const amount = Number((await row.getByRole("cell").nth(4).textContent()).replaceAll(/\D/g, ""));
    const name = await row.getAttribute("data-statement");
    if (!(await hasBank(page))) await addBankAccount(page, "Sacombank", "0600 7777");
    await bankSays(page, 0, [[amount, `SHOPEE ${name}`]]);
    await go(page, "/settlements?view=statements");
    const again = page.locator(`tr[data-statement="${name}"]`);
    await again.getByRole("button", { name: "Show the lines" }).click();
    await seen(page.getByRole("region", { name: `Lines of ${name}` }).getByText("payout").first());
    await button(page, "This is it").first().click();
    await seen(again.getByText("Seen in the bank"));
    await page.getByRole("region", { name: `Lines of ${name}` }).getByRole("link").first().click();
    await page.getByRole("tab", { name: "Ledger" }).click();
    await seen(page.locator("tr[data-entry]").first());
    await gone(page.getByText(/^marketplace_clearing:/));
    await accessible(page, "an order whose payout is on the bank");
  });

  /** What a claim still pays. */
  async function held({ key }, code) {
    return Number((await call(key, "GET", `/claims?text=${code}`)).answer.data[0].face.amount);
  }

  /** A sale that the till's own program tells, not paid yet. */
  async function rungUp({ key, till }, id, quantity) {
    const body = { channel_account_id: till, external_id: id, currency: "VND", lines: [{ id: "0", sku: "AO-THUN-01", name: "Áo thun cổ tròn nam cotton", quantity: String(quantity), unit_price: String(unit) }] };
    return (await call(key, "POST", "/orders", body, { "idempotency-key": id })).answer.id;
  }
}

async function hasBank(page) {
  await go(page, "/bank");
  return (await button(page, "Take in a statement").count()) > 0;
}

/** On the page of an order: takes a payment that is not cash. */
async function take(page, method, amount, fields) {
  await button(page, "Take a payment").click();
  const dialog = page.getByRole("dialog");
  await choose(page, dialog, "Method", method);
  await dialog.getByLabel("Amount").fill(String(amount));
  for (const [label, text] of Object.entries(fields)) await dialog.getByLabel(label).fill(text);
  await accessible(page, `pay by ${method}`);
  await dialog.getByRole("button", { name: "Take a payment" }).click();
  await gone(dialog);
}

/** Exact cash into the drawer. */
async function cash(page, amount) {
  await button(page, "Take a payment").click();
  const dialog = page.getByRole("dialog");
  await choose(page, dialog, "Drawer", "Két 1");
  await dialog.getByLabel("The buyer hands over").fill(String(amount));
  await dialog.getByRole("button", { name: "Take a payment" }).click();
  await gone(dialog);
}
