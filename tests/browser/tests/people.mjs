import { accessible, button, choose, field, go, gone, openBrowser, seen, step } from "../browser.mjs";
import { lastLetter, linkIn } from "../letters.mjs";
import { owner, seed } from "../shop.mjs";

const colleague = { email: `hung.${seed}.${Date.now()}@hoasen.example`, name: "Trần Văn Hùng", password: "một mật khẩu đủ dài" };

export function people(stage) {
  step("a role of one's own is made, changed and deleted", async () => {
    const { page } = stage;
    await go(page, "/roles");
    await accessible(page, "roles");
    await button(page, "New role").click();
    await field(page, "Name of the role").fill("Trưởng ca");
    await page.getByRole("checkbox", { name: "See orders" }).check();
    await accessible(page, "new role");
    await button(page, "Save").click();
    await seen(page.getByRole("row", { name: /Trưởng ca.*1 right/ }));
    await button(page, "Edit the role Trưởng ca").click();
    await page.getByRole("checkbox", { name: "Hold orders" }).check();
    await button(page, "Save").click();
    await seen(page.getByRole("row", { name: /Trưởng ca.*2 rights/ }));
    await page.getByRole("row", { name: /Trưởng ca/ }).getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await gone(page.getByRole("row", { name: /Trưởng ca/ }));
  });

  step("a colleague is invited, accepts by the letter and sees only what the role allows", async (context) => {
    const { page } = stage;
    await go(page, "/people");
    await seen(page.getByText(owner.email));
    await accessible(page, "people");
    await button(page, "Invite somebody").click();
    await field(page, "E-mail").fill(colleague.email);
    await choose(page, page.getByRole("dialog"), "Roles", "viewer");
    await accessible(page, "invite");
    await button(page, "Send the invitation").click();
    await seen(page.getByRole("cell", { name: colleague.email }));
    const letter = await lastLetter(colleague.email, "accept-invitation");
    if (!letter) return context.skip("skipped after the invitation: SWITCHYARD_MAIL_DIR names no folder with letters");
    const other = await openBrowser({ locale: "vi-VN", colorScheme: "dark" });
    try {
      await go(other.page, linkIn(letter, "accept-invitation"));
      await accessible(other.page, "accept invitation");
      await field(other.page, "Họ tên của bạn").fill(colleague.name);
      await field(other.page, "Mật khẩu").fill(colleague.password);
      await button(other.page, "Chấp nhận lời mời").click();
      await seen(other.page.getByRole("link", { name: "Đơn hàng" }));
      await seen(other.page.locator("tr[data-order]"));
      await accessible(other.page, "orders of a viewer in Vietnamese");
      await other.page.locator("tr[data-order]").first().getByRole("button", { name: /^Xem nhanh/ }).click();
      await seen(other.page.getByRole("link", { name: "Mở đơn hàng" }));
      await gone(other.page.getByRole("button", { name: "Tạm giữ", exact: true }));
    } finally {
      await other.context.close();
    }
    await go(page, "/people");
    await seen(page.getByRole("cell", { name: colleague.name }));
    await button(page, `Remove ${colleague.name}`).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await gone(page.getByRole("cell", { name: colleague.name }));
  });
}
