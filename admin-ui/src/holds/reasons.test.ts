import { i18n } from "@lingui/core";
import { afterEach, expect, it } from "vitest";
import { holdReasonText, reasonText } from "./reasons";

afterEach(() => i18n.activate("en"));

it("says a known reason in the person's language, and what it does not know as the server told it", () => {
  const over = { code: "over_limit", detail: "20 are beyond the limit of 10" };
  const held = { reason: "20 are beyond the limit of 10", evidence: { codes: ["over_limit", "overdue"] } };
  i18n.activate("en");
  expect([reasonText(over), holdReasonText(held)]).toEqual([over.detail, held.reason]);
  i18n.activate("vi");
  expect(reasonText(over)).toBe("Vượt hạn mức tín dụng");
  expect(reasonText({ code: "moon", detail: "the moon is full" })).toBe("the moon is full");
  expect(holdReasonText(held)).toBe("Vượt hạn mức tín dụng; Có khoản quá hạn");
  expect(holdReasonText({ ...held, evidence: { codes: ["over_limit", "moon"] } })).toBe(held.reason);
  expect(holdReasonText({ reason: "chờ giám đốc", evidence: {} })).toBe("chờ giám đốc");
});
