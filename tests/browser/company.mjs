// A company of its own for a story: signed up by its first person, joined by a second one through the letter, each in a browser.
import assert from "node:assert/strict";
import { button, choose, field, go, openBrowser, seen, until } from "./browser.mjs";
import { lastLetter, linkIn } from "./letters.mjs";
import { call, seed } from "./shop.mjs";

const suffix = `${seed.toString(36)}${Date.now().toString(36).slice(-4)}`;

/** A person with an address nobody else has. */
export function person(name, word) {
  return { name, email: `${word}.${suffix}@chuyen.example`, password: `mật khẩu dài ${suffix}` };
}

/** Signs a company up in a fresh browser; who signs it up owns it. */
export async function signUp(companyName, owner) {
  const browser = await openBrowser();
  const { page } = browser;
  await go(page, "/sign-up");
  await field(page, "Company name").fill(`${companyName} ${suffix}`);
  await choose(page, page, "Country", "Vietnam");
  await field(page, "Your name").fill(owner.name);
  await field(page, "E-mail").fill(owner.email);
  await field(page, "Password").fill(owner.password);
  await button(page, "Create the company").click();
  await seen(page.getByRole("heading", { name: "Connect a shop" }));
  return browser;
}

/** Connects a channel of the company's own by its card, and gives its account's id. */
export async function connect(page, card, name) {
  await go(page, "/channels/connect");
  await button(page, card).first().click();
  await field(page, "How you call this shop").fill(name);
  for (const input of await page.locator("form input").all()) {
    if ((await input.inputValue()) === "" && (await input.getAttribute("required")) !== null) await input.fill("778812");
  }
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await seen(page.getByText(`${name} is connected`));
  await page.getByRole("link", { name: "Look at the shop" }).click();
  await until(() => /\/channels\/cha_[0-9a-f]{32}$/.test(page.url()), "the account's page");
  return page.url().split("/").at(-1);
}

/** A key with every right, for what tells orders from outside. */
export async function makeKey(page) {
  await go(page, "/api-keys");
  await button(page, "New key").first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("the story");
  for (const box of await dialog.getByRole("checkbox").all()) await box.check();
  await button(page, "Create the key").click();
  const key = (await dialog.getByText(/^sy_live_/).textContent()).trim();
  await button(page, "I have stored it").click();
  return key;
}

/** Invites a colleague in a role, who accepts by the letter in a browser of their own; null when letters are not to be read here. */
export async function invite(page, colleague, role) {
  await go(page, "/people");
  await button(page, "Invite somebody").click();
  await field(page, "E-mail").fill(colleague.email);
  await choose(page, page.getByRole("dialog"), "Roles", role);
  await button(page, "Send the invitation").click();
  await seen(page.getByRole("cell", { name: colleague.email }));
  const letter = await lastLetter(colleague.email, "accept-invitation");
  if (!letter) return null;
  const browser = await openBrowser();
  await go(browser.page, linkIn(letter, "accept-invitation"));
  await field(browser.page, "Your name").fill(colleague.name);
  await field(browser.page, "Password").fill(colleague.password);
  await browser.page.getByRole("button", { name: /^Accept/ }).click();
  await seen(browser.page.getByRole("navigation").getByRole("link", { name: "Orders" }));
  return browser;
}

/** A bank account with a name and a number. */
export async function addBankAccount(page, name, number) {
  await go(page, "/bank");
  await button(page, "Add an account").first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByLabel("IBAN or number").fill(number);
  await dialog.getByLabel("Currency").fill("VND");
  await dialog.getByRole("button", { name: "Save" }).click();
  await seen(button(page, "Take in a statement"));
}

/** Takes the bank's file in: `[amount, text]` for each line, on a running balance. Says how many were matched at once. */
export async function bankSays(page, balance, lines) {
  let left = balance;
  const rows = lines.map(([amount, text]) => `${today()},${amount},${(left += amount)},${text}`);
  await go(page, "/bank");
  await button(page, "Take in a statement").first().click();
  const dialog = page.getByRole("dialog");
  await dialog.locator("input[type=file]").setInputFiles({ name: "bank.csv", mimeType: "text/csv", buffer: Buffer.from(`date,amount,balance,text\n${rows.join("\n")}\n`) });
  const told = dialog.getByRole("status");
  await seen(told);
  const matched = Number(/(\d+) matched at once/.exec(await told.textContent())?.[1]);
  await dialog.getByRole("button", { name: "Close" }).last().click();
  return { balance: left, matched };
}

/** The tenant's day: the browsers stand in Ho Chi Minh City, and so does a company that signs up there. */
export const today = () => new Date().toISOString().slice(0, 10);
export const dong = (amount) => `₫${amount.toLocaleString("en-GB")}`;

/** What the accounts of some roles hold, as the trial balance on the page says it; those that are not there hold nothing. */
export async function balances(page, key, roles) {
  await go(page, "/ledger");
  await seen(page.getByRole("region", { name: "VND" }).getByText("Balanced", { exact: true }));
  const shown = await page.locator("tr[data-account]").evaluateAll((rows) => rows.map((row) => [row.dataset.account, row.lastElementChild.textContent.replaceAll(/[^0-9-−]/g, "").replace("−", "-")]));
  const { answer } = await call(key, "GET", "/ledger/trial-balance");
  const told = answer.data.map(({ account, balance }) => [account, balance.amount]);
  assert.deepEqual(Object.fromEntries(shown), Object.fromEntries(told), "the page shows what the interface answers");
  return Object.fromEntries(told.filter(([account, amount]) => roles.includes(account.split(":")[0]) && amount !== "0"));
}
