import assert from "node:assert/strict";
import { accessible, button, field, go, gone, seen, step, settled, until } from "../browser.mjs";
import { seed } from "../shop.mjs";

const secret = `partner-key-${seed}-never-shown`;

/** A get_order_detail answer in Shopee's shape, made up here: two jackets and the way there. */
export function shopeeOrder(shop, number, { status = "READY_TO_SHIP", parcel = "LOGISTICS_READY", way = 30000 } = {}) {
  const now = Math.floor(Date.now() / 1000);
  return {
    error: "",
    message: "",
    response: {
      order_list: [
        {
          order_sn: number, region: "VN", currency: "VND", cod: false, total_amount: 300000 + way, order_status: status, create_time: now - 600, update_time: now - 60, pay_time: now - 500,
          buyer_user_id: 7, buyer_username: "n***h", payment_method: "ShopeePay", message_to_seller: "", estimated_shipping_fee: way, actual_shipping_fee: way,
          recipient_address: { name: "N****h", phone: "******21", town: "", district: "Quận 3", city: "TP. Hồ Chí Minh", state: "", region: "VN", zipcode: "", full_address: "******" },
          item_list: [{ item_id: 91, item_name: "Áo khoác gió", item_sku: "AO-GIO", model_id: 5, model_name: "M", model_sku: "AO-GIO-M", model_quantity_purchased: 2, model_original_price: 180000, model_discounted_price: 150000, wholesale: false, weight: 0.4, add_on_deal: false, main_item: false, order_item_id: 91, promotion_type: "", promotion_id: 0 }],
          package_list: [{ package_number: `PKG${number}`, logistics_status: parcel, shipping_carrier: "SPX Express", item_list: [{ item_id: 91, model_id: 5, model_quantity: 2 }] }],
        },
      ],
    },
    shop_id: shop,
  };
}

export function channels(stage) {
  step("a web shop is connected in two clicks", async () => {
    const { page } = stage;
    await go(page, "/channels");
    await seen(page.getByText("No shop is connected"));
    await accessible(page, "channels empty");
    await page.getByRole("link", { name: "Connect a shop" }).first().click();
    await seen(page.getByRole("heading", { name: "Connect a shop" }));
    await accessible(page, "connect");
    await button(page, /^Web shop/).click();
    await field(page, "How you call this shop").fill("hoasen.example");
    await accessible(page, "connect web shop");
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    await seen(page.getByText("hoasen.example is connected"));
    await page.getByRole("link", { name: "Look at the shop" }).click();
    await until(() => /\/channels\/cha_[0-9a-f]{32}$/.test(page.url()), "the account's page");
    stage.webAccount = page.url().split("/").at(-1);
    await accessible(page, "web account");
  });

  step("a Shopee shop is connected, its secrets never come back", async () => {
    const { page } = stage;
    await go(page, "/channels/connect");
    await button(page, /^Shopee/).click();
    await field(page, "How you call this shop").fill("Hoa Sen Official");
    await button(page, "Connect").click();
    await seen(page.getByText("This is needed"));
    for (const input of await page.locator("form input:not([type=password])").all()) {
      if ((await input.inputValue()) === "" && (await input.getAttribute("required")) !== null) await input.fill("778812");
    }
    for (const input of await page.locator("form input[type=password]").all()) {
      if ((await input.getAttribute("required")) !== null) await input.fill(secret);
    }
    await button(page, "Connect").click();
    await seen(page.getByText("Hoa Sen Official is connected"));
    const hook = page.getByText(/\/hooks\/hook_[0-9a-f]{32}/);
    await seen(hook);
    await accessible(page, "connected");
    await page.getByRole("link", { name: "Look at the shop" }).click();
    await seen(page.getByText("Waiting for the first order"));
    await settled(page);
    stage.shopeeAccount = page.url().split("/").at(-1);
    assert.ok(!(await page.content()).includes(secret), "the secret is in the page");
    await accessible(page, "Shopee account");
  });

  step("a secret is replaced, the webhook address renewed, the shop paused and resumed", async () => {
    const { page } = stage;
    await page.getByRole("button", { name: /^Replace/ }).first().click();
    await field(page, "New value").fill(`${secret}-2`);
    await accessible(page, "replace secret");
    await page.getByRole("dialog").getByRole("button", { name: "Replace" }).click();
    await seen(page.getByText("The secret is replaced."));
    const before = await page.getByText(/\/hooks\/hook_/).first().textContent();
    await button(page, "New address").click();
    await page.getByRole("dialog").getByRole("button", { name: "New address" }).click();
    await until(async () => (await page.getByText(/\/hooks\/hook_/).first().textContent()) !== before, "another hook address");
    await button(page, "Pause").click();
    await seen(page.getByText("Paused", { exact: true }));
    // A paused shop is asked for nothing, older orders neither.
    const older = page.getByRole("region", { name: "Bring in older orders" });
    await older.getByLabel("From").fill(new Date(Date.now() - 9 * 86_400_000).toISOString().slice(0, 10));
    const bring = older.getByRole("button", { name: "Bring in", exact: true });
    assert.ok(await bring.isDisabled(), "not while it is paused");
    await button(page, "Resume").click();
    await gone(page.getByText("Paused", { exact: true }));
    await until(() => bring.isEnabled(), "older orders may be asked for again");
  });

  step("a document is handed in: a good one gives an order, a broken one waits in quarantine", async () => {
    const { page } = stage;
    const box = page.getByRole("textbox", { name: "Document" });
    await box.fill(JSON.stringify(shopeeOrder(778812, `SN${seed}A`)));
    await button(page, "Hand in").click();
    await seen(page.getByText("Taken in"));
    await seen(page.getByRole("link", { name: "1 order" }));
    await box.fill('{"response": {"order_list": [{"order_sn": 5');
    await button(page, "Hand in").click();
    await seen(page.getByText("In quarantine", { exact: true }).last());
    await page.getByRole("link", { name: "Look at the quarantine" }).click();
    await seen(page.getByRole("heading", { name: "Quarantine" }));
    await button(page, "Look at the message").first().click();
    await seen(page.getByRole("dialog").getByText("order_sn"));
    await accessible(page, "quarantined message");
    await button(page, "Replay").click();
    await seen(page.getByRole("dialog").getByText("In quarantine"));
    await button(page, "Discard").click();
    await field(page, "Why?").fill("made up by a test");
    await page.getByRole("dialog").last().getByRole("button", { name: "Discard" }).click();
    await seen(page.getByText("The quarantine is empty"));
    await accessible(page, "quarantine empty");
  });

  step("the list of channels shows the health of each", async () => {
    const { page } = stage;
    await page.getByRole("link", { name: "Channels", exact: true }).click();
    await seen(page.getByRole("link", { name: "Hoa Sen Official" }));
    await seen(page.getByRole("link", { name: "hoasen.example" }));
    await accessible(page, "channels");
  });
}
