import { accessible, button, go, gone, seen, step } from "../browser.mjs";

export function plugins(stage) {
  step("a plugin shows what it may do and what it did, and can be suspended", async () => {
    const { page } = stage;
    await go(page, "/plugins");
    await seen(page.getByRole("link", { name: "Shopee" }));
    await accessible(page, "plugins");
    await page.getByRole("button", { name: /^Install / }).first().click();
    await seen(page.getByText("It can never reach your database"));
    await accessible(page, "install plugin");
    await button(page, "Cancel").click();
    await page.getByRole("link", { name: "Shopee" }).click();
    await seen(page.getByRole("heading", { name: "Shopee" }));
    await seen(page.getByRole("region", { name: "Latest runs" }).getByText("receive"));
    await accessible(page, "installation");
    await button(page, "Suspend").click();
    await page.getByRole("dialog").getByRole("button", { name: "Suspend" }).click();
    await seen(page.getByText("Suspended", { exact: true }));
    await button(page, "Resume").click();
    await gone(page.getByText("Suspended", { exact: true }));
  });

  step("what is no component is refused with its reason", async () => {
    const { page } = stage;
    await go(page, "/plugins");
    await button(page, "Upload a plugin").click();
    const files = page.getByRole("dialog").locator("input[type=file]");
    await files.nth(0).setInputFiles({ name: "manifest.json", mimeType: "application/json", buffer: Buffer.from('{"kind":"channel-connector","name":"broken","version":"1.0.0","channel":"web"}') });
    await files.nth(1).setInputFiles({ name: "broken.wasm", mimeType: "application/wasm", buffer: Buffer.from("not a component") });
    await accessible(page, "upload plugin");
    await page.getByRole("dialog").getByRole("button", { name: "Upload a plugin" }).click();
    await seen(page.getByRole("dialog").getByRole("alert"));
  });
}
