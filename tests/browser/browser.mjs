// Headless Chromium, and what every test does with a page: click like a person, wait for what a person would see,
// and ask axe-core. A console error or a refused resource fails the run: it would be a broken page or a broken CSP.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { chromium } from "playwright-core";

export const url = (process.env.SWITCHYARD_URL ?? "http://127.0.0.1:8080").replace(/\/$/, "");
const executable = process.env.CHROMIUM ?? "/usr/bin/chromium";
const screenshots = process.env.SWITCHYARD_SCREENSHOTS;
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** How long a person would wait before calling it broken; a busy machine may need longer. */
const waitMs = Number(process.env.SWITCHYARD_WAIT_MS ?? 10_000);

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

let broken = null;
const opened = [];

/** A test that builds on the ones before it: after the first failure the others say so at once. */
export function step(name, act) {
  test(name, async (context) => {
    assert.equal(broken, null, `not run: "${broken}" failed before`);
    try {
      await act(context);
    } catch (error) {
      const pages = screenshots ? opened.filter((page) => !page.isClosed()) : [];
      for (const [index, page] of pages.entries()) await page.screenshot({ path: join(screenshots, `failed-${name.replaceAll(/[^a-z0-9]+/gi, "-")}-${index}.png`) });
      broken = process.env.SWITCHYARD_KEEP_GOING ? null : name;
      throw error;
    }
  });
}

/** A fresh profile: nothing is remembered from an earlier run. */
export async function openBrowser({ locale = "en-GB", colorScheme = "light" } = {}) {
  const profile = mkdtempSync(join(tmpdir(), "switchyard-browser-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: executable,
    headless: true,
    args: flags,
    viewport: { width: 1440, height: 900 },
    locale,
    colorScheme,
    timezoneId: "Asia/Ho_Chi_Minh",
  });
  context.setDefaultTimeout(waitMs);
  const page = context.pages()[0] ?? (await context.newPage());
  opened.push(page);
  const faults = [];
  page.on("console", (message) => {
    // A refused call is the test's business; everything else in the console is a fault.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(error.message));
  return { context, page, faults };
}

export async function go(page, path) {
  await page.goto(url + path);
  await settled(page);
}

/** No skeleton is left and nothing moves. */
export async function settled(page) {
  await page.waitForFunction(() => document.querySelector("h1") && !document.querySelector(".mantine-Skeleton-root"));
  await page.evaluate(() => Promise.all(document.getAnimations().filter((each) => each.effect?.getTiming().iterations !== Infinity).map((each) => each.finished.catch(() => {}))));
}

/** axe-core finds nothing serious or critical. Run outside the page's CSP, so the policy stays as served. A notice that began
 *  to fade while it was looked at is paler than it ever stands: what is found is looked for once more, when nothing moves. */
export async function accessible(page, name) {
  await settled(page);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Runtime.evaluate", { expression: axeSource });
  await devtools.detach();
  const look = () =>
    page.evaluate(async () => {
      const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
      return violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map((node) => node.target.join(" ")).join(", ")}`);
    });
  let found = await look();
  if (found.length > 0) {
    await settled(page);
    found = await look();
  }
  assert.deepEqual(found, [], `axe on ${name}`);
  await fits(page, name);
  if (screenshots) await page.screenshot({ path: join(screenshots, `${name.replaceAll(/[^a-z0-9]+/gi, "-")}.png`) });
}

/** Nothing makes the page itself scroll sideways. */
async function fits(page, name) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `${name} is ${over} px wider than the window`);
}

export const button = (page, name) => page.getByRole("button", { name, exact: typeof name === "string" });
export const field = (page, label) => page.getByLabel(label, { exact: false }).first();

/** Opens a select by its label and picks options by their words. What is inside the box may lie over the input: force.
 *  A click into a panel that still slides in may miss: it is repeated until the options are there. */
export async function choose(page, scope, label, ...options) {
  await settled(page);
  const box = scope.getByRole("combobox", { name: label, exact: true }).first();
  const open = page.getByRole("option", { name: options[0], exact: true });
  await until(async () => {
    await box.click({ force: true });
    return open.waitFor({ state: "visible", timeout: 1_000 }).then(() => true, () => false);
  }, `the options of ${label}`);
  for (const option of options) await page.getByRole("option", { name: option, exact: true }).click();
  if ((await page.getByRole("option").count()) > 0) await page.keyboard.press("Escape");
  await gone(page.getByRole("option"));
}

export async function seen(locator, message) {
  await locator.first().waitFor({ state: "visible" }).catch(() => assert.fail(`not seen: ${message ?? locator}`));
}

export async function gone(locator) {
  await locator.first().waitFor({ state: "hidden" });
}

/** Waits until `check` says true. */
export async function until(check, what, timeoutMs = waitMs) {
  const end = Date.now() + timeoutMs;
  for (;;) {
    if (await check()) return;
    if (Date.now() > end) assert.fail(`waited ${timeoutMs} ms for: ${what}`);
    await new Promise((next) => setTimeout(next, 150));
  }
}
