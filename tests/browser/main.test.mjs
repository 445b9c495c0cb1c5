// All browser tests, one after the other in one browser: each builds on the shop the ones before it made.
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { openBrowser } from "./browser.mjs";
import { bank } from "./tests/bank.mjs";
import { channels } from "./tests/channels.mjs";
import { credit } from "./tests/credit.mjs";
import { detail } from "./tests/detail.mjs";
import { example } from "./tests/example.mjs";
import { finance } from "./tests/finance.mjs";
import { imports } from "./tests/imports.mjs";
import { invoices } from "./tests/invoices.mjs";
import { list } from "./tests/list.mjs";
import { looks } from "./tests/looks.mjs";
import { people } from "./tests/people.mjs";
import { plugins } from "./tests/plugins.mjs";
import { products } from "./tests/products.mjs";
import { session } from "./tests/session.mjs";
import { retail } from "./tests/retail.mjs";
import { rules } from "./tests/rules.mjs";
import { settings } from "./tests/settings.mjs";
import { wholesale } from "./tests/wholesale.mjs";
import { till } from "./tests/till.mjs";
import { seed } from "./shop.mjs";

/** What the tests share: the page, and what they made so far. */
const stage = { page: null, faults: [], webAccount: null, shopeeAccount: null, key: null, orders: [], stories: [] };

describe(`admin UI, seed ${seed}`, { concurrency: 1 }, () => {
  before(async () => {
    const { context, page, faults } = await openBrowser();
    Object.assign(stage, { context, page, faults });
  });
  after(async () => {
    for (const { context, faults } of [stage, ...stage.stories]) {
      await context?.close();
      assert.deepEqual(faults, [], "the console stayed silent");
    }
  });
  session(stage);
  channels(stage);
  list(stage);
  detail(stage);
  example(stage);
  imports(stage);
  plugins(stage);
  people(stage);
  settings(stage);
  credit(stage);
  finance(stage);
  invoices(stage);
  bank(stage);
  products(stage);
  rules(stage);
  wholesale(stage);
  retail(stage);
  till(stage);
  looks(stage);
});
