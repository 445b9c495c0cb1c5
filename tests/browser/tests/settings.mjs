import { accessible, button, field, go, seen, step } from "../browser.mjs";
import { owner } from "../shop.mjs";

export function settings(stage) {
  step("the company is renamed everywhere", async () => {
    const { page } = stage;
    await go(page, "/company");
    await accessible(page, "company");
    await field(page, "Company name").fill(`${owner.company} II`);
    await button(page, "Save").click();
    await seen(page.getByRole("navigation").getByText(`${owner.company} II`));
  });

  step("single sign-on, audit log and profile are there", async () => {
    const { page } = stage;
    await go(page, "/single-sign-on");
    await accessible(page, "single sign-on");
    await button(page, "Add a provider").first().click();
    await seen(field(page, "Issuer address"));
    await button(page, "Add a group").click();
    await accessible(page, "add a provider");
    await button(page, "Cancel").click();
    await go(page, "/audit-log");
    await seen(page.getByRole("row").nth(3));
    await accessible(page, "audit log");
    await go(page, "/profile");
    await seen(page.getByText(owner.email));
    await accessible(page, "profile");
  });
}
