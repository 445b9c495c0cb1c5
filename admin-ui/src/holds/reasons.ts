// Why orders are held, by code. The server tells a reason in English with its figures; who reads another language reads these,
// with the figures beside them: the exposure, and the least that would release it. Policies of others have codes of their own.
import { i18n } from "@lingui/core";
import { catalogue } from "../words/catalogue";

export const reasonWords = catalogue("holdReasons", {
  company_blocked: ["The company is blocked", "Công ty đang bị chặn"],
  company_closed: ["The company is closed", "Công ty đã đóng"],
  currency_mismatch: ["It owes in another currency than its limit's", "Còn nợ bằng đồng tiền khác với hạn mức"],
  no_credit: ["The company has no credit limit: it pays ahead", "Công ty không được mua nợ: phải trả trước"],
  over_limit: ["Over the credit limit", "Vượt hạn mức tín dụng"],
  new_customer: ["Above what a new customer may owe", "Vượt mức cho khách mới"],
  overdue: ["Something is overdue", "Có khoản quá hạn"],
  price_not_approved: ["A price is not approved yet", "Có giá chưa được duyệt"],
  deposit_unpaid: ["The deposit is missing", "Chưa nhận đủ tiền cọc"],
  refused_before: ["The buyer refused a parcel before", "Khách từng từ chối nhận hàng"],
  high_value: ["The order is worth much", "Đơn có giá trị cao"],
  much_value: ["Much was ordered since yesterday", "Đặt nhiều tiền từ hôm qua"],
  many_orders: ["Many orders since yesterday", "Đặt nhiều đơn từ hôm qua"],
  first_order: ["A first order, to be paid on delivery", "Đơn đầu tiên, thanh toán khi nhận hàng"],
});

const words: Record<string, unknown> = reasonWords.words;
const known = (code: string) => code in words;

/** A reason in the person's language, else as the server tells it. */
export function reasonText({ code, detail }: { code: string; detail: string }): string {
  if (i18n.locale !== "en" && known(code)) return i18n._(`${reasonWords.room}.${code}`);
  return detail || code;
}

/** The reason of a hold. A judged hold keeps the codes of its reasons as evidence; a person's own words stay as they are. */
export function holdReasonText(hold: { reason: string; evidence: unknown }): string {
  const codes = (hold.evidence as { codes?: unknown } | null)?.codes;
  if (i18n.locale === "en" || !Array.isArray(codes) || codes.length === 0) return hold.reason;
  const told = codes.filter((code): code is string => typeof code === "string" && known(code));
  return told.length === codes.length ? told.map((code) => i18n._(`${reasonWords.room}.${code}`)).join("; ") : hold.reason;
}
