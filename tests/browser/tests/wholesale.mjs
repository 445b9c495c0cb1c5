// C49: a restaurant buys on terms. Quote, a price that somebody else approves, deposit, shipped before it is paid, the next
// order held over the limit, money that lets it go by itself, invoice, reminder; at the end the books of the company close.
import assert from "node:assert/strict";
import { accessible, button, choose, field, go, gone, seen, step, until } from "../browser.mjs";
import { addBankAccount, balances, bankSays, connect, dong, invite, makeKey, person, signUp } from "../company.mjs";
import { call } from "../shop.mjs";

const limit = 30_000_000;
const sku = "GAO-ST25-25KG";
const [listed, floor, asked] = [500_000, 420_000, 400_000];
const first = { quantity: 50, total: 50 * asked };
const deposit = first.total * 0.3;
const second = { quantity: 40, total: 40 * listed };
const old = 2_000_000;
const buyer = "Nhà hàng Sông Hậu";
const mai = person("Lê Thị Mai", "mai");
const duyet = person("Phạm Văn Duyệt", "duyet");
const khoi = person("Lê Minh Khôi", "khoi");
const daysAgo = (days) => new Date(Date.now() - days * 86_400_000).toISOString();

export function wholesale(stage) {
  const story = {};
  const own = () => story.mai.page;
  const there = (context) => story.duyet || (context.skip("skipped: the second person's letter is not to be read here"), false);

  step("wholesale: two people, a sales desk, a company with terms and a limit", async (context) => {
    story.mai = await signUp("Gạo Miền Tây", mai);
    stage.stories.push(story.mai);
    story.desk = await connect(own(), /^Web shop/, "Sales desk");
    story.key = await makeKey(own());
    story.duyet = await invite(own(), duyet, "finance");
    if (!there(context)) return;
    stage.stories.push(story.duyet);
    await addBankAccount(own(), "Vietcombank", "0071 2222");
    await go(own(), "/companies");
    await button(own(), "New company").first().click();
    const dialog = own().getByRole("dialog");
    await dialog.getByLabel("Name").fill(buyer);
    await dialog.getByLabel("Tax code").fill("0101243150");
    await dialog.getByLabel("Credit limit").fill(String(limit));
    await dialog.getByRole("button", { name: "Save" }).click();
    await until(() => /\/companies\/com_[0-9a-f]{32}$/.test(own().url()), "the company's page");
    story.company = own().url().split("/").at(-1);
  });

  step("wholesale: a price list is pasted, with a floor that sellers do not see", async (context) => {
    if (!there(context)) return;
    await go(own(), "/price-lists");
    await button(own(), "New price list").first().click();
    const dialog = own().getByRole("dialog");
    await dialog.getByLabel("Name").fill("Giá sỉ");
    await dialog.getByLabel("Tax rate, percent").fill("8");
    await dialog.getByRole("switch", { name: "Prices include tax" }).check({ force: true });
    await dialog.getByLabel("Prices as CSV").fill(`sku,price,floor,cost,name\n${sku},${listed},${floor},350000,Gạo ST25 bao 25 kg\n`);
    await accessible(own(), "new price list");
    await dialog.getByRole("button", { name: "Save" }).click();
    await until(() => /\/price-lists\/[a-z]+_[0-9a-f]{32}$/.test(own().url()), "the list's page");
    await seen(own().getByRole("cell", { name: dong(floor) }));
    await accessible(own(), "price list");
    const { pathname } = new URL(own().url());
    const seller = await invite(own(), khoi, "sales");
    stage.stories.push(seller);
    await go(seller.page, pathname);
    await seen(seller.page.getByRole("cell", { name: dong(listed) }));
    assert.equal(await seller.page.getByText(/Floor|420,000/).count(), 0, "who sells does not see how low a price may go");
    const told = await seller.page.evaluate((path) => fetch(`/api/v1${path}/prices`).then((answer) => answer.text()), pathname);
    assert.ok(told.includes(String(listed)) && !told.includes(String(floor)), told);
  });

  step("wholesale: a quote below the floor waits for its price; who wrote it cannot approve it", async (context) => {
    if (!there(context)) return;
    story.quote = await quoted(own(), first.quantity, { price: asked, reason: "buys every week", percent: 30 });
    await seen(own().getByText("needs approval: below the floor").first());
    await accessible(own(), "quote that needs approval");
    await button(own(), "Ask for approval").click();
    await seen(own().getByRole("link", { name: "1 price waits for approval" }));
    await go(own(), "/approvals?owner=all");
    await seen(own().getByRole("link", { name: /^Quote \d+$/ }));
    assert.equal(await button(own(), "Decide").count(), 0, "nobody decides what they asked for");
  });

  step("wholesale: the second person approves the price", async (context) => {
    if (!there(context)) return;
    const { page } = story.duyet;
    await go(page, "/approvals");
    await button(page, "Decide").click();
    const dialog = page.getByRole("dialog");
    await seen(dialog.getByText("buys every week"));
    await dialog.getByLabel("Reason").fill("the margin is still there");
    await accessible(page, "decide a price");
    await dialog.getByRole("button", { name: "Approve" }).click();
    await seen(page.getByText("Decided."));
    await seen(page.getByText("Nothing waits for you"));
  });

  step("wholesale: sent, accepted, and held until the deposit is here", async (context) => {
    if (!there(context)) return;
    story.first = await ordered(own(), story.quote);
    await confirm(own());
    await seen(own().getByRole("region", { name: "Holds" }).getByText("Deposit", { exact: true }).first(), "the hold of the deposit");
    await seen(own().getByRole("region", { name: "Deposit" }).getByText(dong(deposit)).first());
    await accessible(own(), "order that waits for its deposit");
    await pay(own(), { method: "Bank transfer, on its way", amount: deposit, reference: "COC-SONG-HAU" });
    await seen(own().getByRole("region", { name: "Confirmation" }).getByText("Confirmed", { exact: true }), "the deposit confirms it");
    await accessible(own(), "order confirmed by its deposit");
    story.bank = await bankSays(own(), 10_000_000, [[deposit, "COC-SONG-HAU dat coc"]]);
    assert.equal(story.bank.matched, 1, "the transfer names its reference and is of its amount");
    await go(own(), `/orders/${story.first}`);
  });

  step("wholesale: it is shipped before it is paid, and what is owed has its day", async (context) => {
    if (!there(context)) return;
    await ship(own());
    await seen(own().getByText("On the way to the buyer"));
    await go(own(), "/receivables");
    const row = own().locator(`tr[data-debtor="${buyer}"]`);
    await seen(row.getByText(dong(first.total - deposit)).first());
    assert.deepEqual(await balances(own(), story.key, ["ar", "customer_deposits", "bank_clearing"]), { [`ar:${story.company}`]: String(first.total - deposit) });
  });

  step("wholesale: the next order goes over the limit and is held; an old invoice is overdue", async (context) => {
    if (!there(context)) return;
    story.old = await toldLate(story, old);
    story.second = await ordered(own(), await quoted(own(), second.quantity, {}));
    await confirm(own());
    await seen(own().getByRole("region", { name: "Holds" }).getByText("Credit", { exact: true }).first(), "the hold over the limit");
    await accessible(own(), "order over the limit");
    await go(own(), "/holds?type=credit");
    await seen(own().locator("tr[data-hold]").filter({ hasText: buyer }).getByText(dong(second.total)));
  });

  step("wholesale: a reminder is written, sent and seen; a promise is noted", async (context) => {
    if (!there(context)) return;
    const { page } = story.duyet;
    await go(page, `/receivables/payments?company=${story.company}`);
    await field(page, "E-mail").fill("ketoan@songhau.example");
    await page.getByRole("region", { name: "Whom to write to" }).getByRole("button", { name: "Save" }).click();
    await seen(page.getByText("Saved."));
    await go(page, "/receivables/dunning");
    await button(page, "Add a level").click();
    await field(page, "From days overdue").fill("5");
    for (const [label, text] of [["Subject, English", "Overdue"], ["Text, English", "{company} owes {amount} for {days} days.\n{items}\n{seller}"], ["Subject, Vietnamese", "Nhắc nợ"], ["Text, Vietnamese", "{company} còn nợ {amount}, quá hạn {days} ngày.\n{items}\n{seller}"]]) await field(page, label).fill(text);
    await button(page, "Save").click();
    await seen(page.getByText("Saved."));
    await button(page, "Propose a run").click();
    await seen(page.getByRole("cell", { name: "ketoan@songhau.example" }));
    await accessible(page, "reminders proposed");
    await button(page, "Send").click();
    await page.getByRole("dialog").getByRole("button", { name: "Send" }).click();
    await seen(page.locator('[data-run="sent"]'));
    await go(page, `/receivables/payments?company=${story.company}`);
    await button(page, "Note a promise").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Amount").fill(String(old));
    await dialog.getByLabel("Pays on").fill(daysAgo(-3).slice(0, 10));
    await dialog.getByLabel("Who said what").fill("bà Hạnh, qua điện thoại");
    await accessible(page, "note a promise");
    await dialog.getByRole("button", { name: "Save" }).click();
    await seen(page.getByText("bà Hạnh, qua điện thoại"));
    await go(page, "/receivables");
    const row = page.locator(`tr[data-debtor="${buyer}"]`);
    await seen(row.getByText(/promised for .* · reminder 1/));
    await accessible(page, "ageing with a reminder and a promise");
  });

  step("wholesale: the bank shows the money, the old invoice is settled from account, and the hold goes by itself", async (context) => {
    if (!there(context)) return;
    const { page } = story.duyet;
    await go(page, `/orders/${story.first}`);
    await pay(page, { method: "Bank transfer, on its way", amount: first.total - deposit, reference: "TT-SONG-HAU-1" });
    story.bank = await bankSays(page, story.bank.balance, [[first.total - deposit, "TT-SONG-HAU-1 thanh toan"]]);
    assert.equal(story.bank.matched, 1);
    await go(page, `/receivables/payments?company=${story.company}`);
    await button(page, "Receive money").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Amount").fill(String(old));
    await choose(page, dialog, "Where it came in", "Cash, main till");
    await dialog.getByLabel("What the payer wrote").fill("phiếu thu 12");
    await accessible(page, "receive money of a company");
    await dialog.getByRole("button", { name: "Receive money" }).click();
    await seen(page.getByText("The money is on account."));
    await seen(page.locator('[data-sum="on_account"]').getByText(dong(old)));
    const number = (await call(story.key, "GET", `/orders/${story.old}`)).answer.number;
    await page.getByRole("checkbox", { name: `Apply to order #${number}` }).check();
    await accessible(page, "apply money on account");
    await button(page, "Apply").click();
    await seen(page.getByText("Applied."));
    await seen(page.getByText("It owes nothing."));
    await go(own(), `/orders/${story.second}`);
    await seen(own().getByRole("region", { name: "Confirmation" }).getByText("Confirmed", { exact: true }), "nobody released it: its cause is gone");
    await accessible(own(), "order released by money");
  });

  step("wholesale: shipped, invoiced, paid through the bank", async (context) => {
    if (!there(context)) return;
    await ship(own());
    await sellerSettings(own());
    for (const order of [story.first, story.second]) {
      await go(own(), `/orders/${order}`);
      await button(own(), "Issue invoice").click();
      await own().getByRole("dialog").getByRole("button", { name: "Issue invoice" }).click();
      await seen(own().getByText("The tax invoice exists"));
    }
    await pay(own(), { method: "Bank transfer, on its way", amount: second.total, reference: "TT-SONG-HAU-2" });
    const { matched } = await bankSays(own(), story.bank.balance, [[second.total, "TT-SONG-HAU-2"]]);
    assert.equal(matched, 1);
    await go(own(), `/orders/${story.second}`);
    await seen(own().getByText("The whole total was paid"));
    await accessible(own(), "wholesale order, all done");
  });

  step("wholesale: the company owes nothing, and every account between is empty", async (context) => {
    if (!there(context)) return;
    const left = await balances(own(), story.key, ["ar", "customer_deposits", "bank_clearing", "bank", "cash", "refund_payable", "processor_clearing", "suspense"]);
    const bank = Object.keys(left).find((account) => account.startsWith("bank:bac_"));
    assert.deepEqual(left, { [bank]: String(first.total + second.total), "cash:main": String(old) }, "money is where it was counted, and nothing else is open");
    await accessible(own(), "trial balance of the wholesale story");
    await go(own(), "/receivables");
    await gone(own().locator(`tr[data-debtor="${buyer}"]`));
    await go(own(), `/receivables/statement?company=${story.company}`);
    await seen(own().locator('tr[data-row="closing"]').getByText("₫0"));
    await accessible(own(), "statement of a company that paid");
  });

  /** Writes a quote of one line and gives its id. */
  async function quoted(page, quantity, { price, reason, percent }) {
    await go(page, "/quotes/new");
    await choose(page, page, "Company", buyer);
    if (percent) await field(page, "Deposit, percent").fill(String(percent));
    const line = page.getByRole("group", { name: "Line 1" });
    await line.getByLabel("SKU").fill(sku);
    await line.getByLabel("Quantity").fill(String(quantity));
    if (price) await line.getByLabel("Unit price").fill(String(price));
    if (reason) await line.getByLabel("Why this price").fill(reason);
    await seen(page.getByText(dong(quantity * (price ?? listed))).first(), "the total, priced by the list");
    await accessible(page, "write a quote");
    await button(page, "Save the draft").click();
    await until(() => /\/quotes\/[a-z]+_[0-9a-f]{32}$/.test(page.url()), "the quote's page");
    return page.url().split("/").at(-1);
  }

  /** Sends a quote, accepts it and goes to its order. */
  async function ordered(page, quote) {
    await go(page, `/quotes/${quote}`);
    await button(page, "Send").click();
    await seen(page.getByText("Sent."));
    await button(page, "Accept: place the order").click();
    await page.getByRole("link", { name: /^Order \d+$/ }).click();
    await until(() => /\/orders\/ord_[0-9a-f]{32}$/.test(page.url()), "the order's page");
    return page.url().split("/").at(-1);
  }
}

async function confirm(page) {
  await button(page, "Confirm the order").click();
  await seen(page.getByText("The order is on hold: see why."));
}

/** On the page of an order: takes a payment. */
async function pay(page, { method, amount, reference }) {
  await button(page, "Take a payment").click();
  const dialog = page.getByRole("dialog");
  await choose(page, dialog, "Method", method);
  await dialog.getByLabel("Amount").fill(String(amount));
  await dialog.getByLabel("Reference").fill(reference);
  await dialog.getByRole("button", { name: "Take a payment" }).click();
  await gone(dialog);
}

async function ship(page) {
  await button(page, "Ship").click();
  await page.getByRole("dialog").getByRole("button", { name: "Ship" }).click();
  await seen(page.getByText("The package is written."));
}

/** An order of long ago that the sales desk's own program tells: confirmed, shipped, never paid. */
async function toldLate({ key, desk, company }, amount) {
  const body = { channel_account_id: desk, external_id: "CU-0901", currency: "VND", placed_at: daysAgo(60), company_id: company, lines: [{ id: "0", sku, name: "Gạo ST25 bao 25 kg", quantity: "4", unit_price: String(amount / 4) }] };
  const { answer } = await call(key, "POST", "/orders", body, { "idempotency-key": "CU-0901" });
  const at = async () => ({ "if-match": (await call(key, "GET", `/orders/${answer.id}`)).etag });
  const confirmed = await call(key, "POST", `/orders/${answer.id}/confirm`, undefined, await at());
  assert.equal(confirmed.answer.decision, "confirmed", JSON.stringify(confirmed.answer.reasons));
  await call(key, "POST", `/orders/${answer.id}/shipments`, { state: "delivered", at: daysAgo(58) }, { ...(await at()), "idempotency-key": "CU-0901-ship" });
  return answer.id;
}

async function sellerSettings(page) {
  await go(page, "/invoices/settings");
  await choose(page, page, "Rules", "Vietnam, from July 2026");
  for (const [label, text] of [["Country, two letters", "VN"], ["Legal name", "Công ty TNHH Gạo Miền Tây"], ["Tax id", "0100109106"], ["Address", "1 Hòa Bình"], ["City", "Cần Thơ"], ["Series of invoices", "CTGM"]]) await field(page, label).fill(text);
  await button(page, "Save").click();
  await seen(page.getByText("Saved."));
}
