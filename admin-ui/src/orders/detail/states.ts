// The words and tones of what moved: payments, shipments, cancellations, refunds, returns.
import type { Cancellation, GoodsReturn, Refund, Shipment, Tender } from "../../api/types";
import type { Tone } from "../../parts/tracks";
import type { Pair } from "../../words/catalogue";

type Look = { tone: Tone; name: Pair };
const look = (tone: Tone, en: string, vi: string): Look => ({ tone, name: [en, vi] });

const wanted = look("wait", "Requested", "Đã yêu cầu");
const refused = look("quiet", "Rejected", "Bị từ chối");
const withdrawn = look("quiet", "Withdrawn", "Đã rút lại");

export const tenderStates: Record<Tender["state"], Look> = {
  pending: look("wait", "Pending", "Đang chờ"),
  authorized: look("move", "Authorized", "Đã giữ tiền"),
  captured: look("good", "Captured", "Đã thu"),
  failed: look("bad", "Failed", "Thất bại"),
  voided: look("quiet", "Voided", "Đã hủy"),
};
export const shipmentStates: Record<Shipment["state"], Look> = {
  ready: look("wait", "Ready", "Sẵn sàng"),
  handed_over: look("move", "Handed over", "Đã bàn giao"),
  in_transit: look("move", "In transit", "Đang vận chuyển"),
  delivered: look("good", "Delivered", "Đã giao"),
  failed: look("bad", "Failed", "Giao thất bại"),
  returning: look("bad", "Returning", "Đang hoàn về"),
  returned: look("quiet", "Returned", "Đã hoàn về"),
  cancelled: look("quiet", "Cancelled", "Đã hủy"),
  lost: look("bad", "Lost", "Thất lạc"),
};
export const cancellationStates: Record<Cancellation["state"], Look> = {
  requested: wanted,
  accepted: look("good", "Accepted", "Đã chấp nhận"),
  rejected: refused,
  withdrawn,
};
export const refundStates: Record<Refund["state"], Look> = {
  requested: wanted,
  approved: look("move", "Approved", "Đã duyệt"),
  executed: look("good", "Executed", "Đã hoàn"),
  rejected: refused,
  withdrawn,
};
export const returnStates: Record<GoodsReturn["state"], Look> = {
  requested: wanted,
  approved: look("move", "Approved", "Đã duyệt"),
  shipping_back: look("move", "On the way back", "Đang gửi về"),
  received: look("good", "Received", "Đã nhận lại"),
  rejected: refused,
  withdrawn,
  closed: look("quiet", "Closed", "Đã đóng"),
};
