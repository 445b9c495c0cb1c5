// The web shop of docs/examples as its visitor sees it, and what arrives from it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { button, field, go, seen, step, url } from "../browser.mjs";
import { call } from "../shop.mjs";

export function example(stage) {
  step("the example web shop: where a buyer came from arrives with the order, and sending twice makes one", async () => {
    const program = fileURLToPath(new URL("../../../docs/examples/web-shop/server.mjs", import.meta.url));
    const shop = spawn(process.execPath, [program], { env: { PATH: process.env.PATH, SWITCHYARD_URL: url, SWITCHYARD_KEY: stage.key, SWITCHYARD_ACCOUNT: stage.webAccount }, stdio: ["ignore", "pipe", "inherit"] });
    const page = await stage.context.newPage();
    try {
      const [address] = await once(createInterface(shop.stdout), "line");
      // First from a friend, then from an advertisement: both count.
      await page.goto(`${address}/?ref=lan`);
      await page.goto(`${address}/?utm_source=zalo&utm_campaign=tet`);
      await field(page, "Silk scarf, red").fill("2");
      await field(page, "Name").fill("Đặng Thảo");
      await field(page, "Phone").fill("0912 345 678");
      const cart = await page.locator("input[name=cart]").inputValue();
      await button(page, "Order").click();
      const thanks = page.getByText(/Thank you. Your order is number \d+/);
      await seen(thanks);
      const first = await thanks.textContent();
      // The same form again, as by a visitor who went back and lost patience.
      await page.evaluate(({ address, cart }) => {
        const form = Object.assign(document.createElement("form"), { method: "post", action: `${address}/order` });
        for (const [name, value] of Object.entries({ cart, name: "Đặng Thảo", phone: "0912 345 678", source: "ref=lan | utm_source=zalo&utm_campaign=tet", "SCARF-RED": "2", "FAN-01": "0" })) form.append(Object.assign(document.createElement("input"), { name, value }));
        document.body.append(form);
        form.submit();
      }, { address, cart });
      await seen(thanks);
      assert.equal(await thanks.textContent(), first);
      const { answer } = await call(stage.key, "GET", `/orders?text=${encodeURIComponent("Đặng Thảo")}`);
      assert.deepEqual(answer.data.map((order) => [order.external_id, Number(order.total.amount), order.source_tag]), [[cart, 900_000, "ref=lan | utm_source=zalo&utm_campaign=tet"]]);
      // Nothing ordered: the shop tells what would be right.
      await page.goto(address);
      await field(page, "Name").fill("Nobody");
      await field(page, "Phone").fill("0");
      await button(page, "Order").click();
      await seen(page.getByText("/lines"));
    } finally {
      await page.close();
      shop.kill();
    }
    await go(stage.page, "/orders");
    await seen(stage.page.getByText("Đặng Thảo").first());
  });
}
