// Every state a track, a hold or a channel can be in: its tone and its words. A state missing here does not compile.
import type { DeliveryTrack, HoldType, InvoiceTrack, PaymentTrack } from "../api/types";
import type { Pair } from "../words/catalogue";

export type Tone = "quiet" | "wait" | "move" | "good" | "bad";
export type StateLook = { tone: Tone; name: Pair; meaning: Pair };

const look = (tone: Tone, en: string, vi: string, meaningEn: string, meaningVi: string): StateLook => ({
  tone,
  name: [en, vi],
  meaning: [meaningEn, meaningVi],
});

export const payment: Record<PaymentTrack, StateLook> = {
  unpaid: look("wait", "Unpaid", "Chưa thanh toán", "Nothing was paid yet", "Chưa nhận được khoản nào"),
  deposit_paid: look("move", "Deposit paid", "Đã đặt cọc", "The deposit was paid, the rest is due", "Đã nhận cọc, còn lại chưa trả"),
  cod_pending: look("wait", "On delivery", "Thu hộ (COD)", "The carrier collects the cash at the door", "Đơn vị vận chuyển thu tiền khi giao"),
  authorized: look("move", "Authorized", "Đã giữ tiền", "The buyer's money is reserved, not captured", "Tiền được giữ nhưng chưa thu"),
  partially_paid: look("wait", "Partly paid", "Trả một phần", "Less than the total was paid", "Đã trả ít hơn tổng tiền"),
  paid: look("good", "Paid", "Đã thanh toán", "The whole total was paid", "Đã trả đủ tổng tiền"),
  overpaid: look("bad", "Overpaid", "Trả thừa", "More than the total was paid", "Đã trả nhiều hơn tổng tiền"),
  partially_refunded: look("move", "Partly refunded", "Hoàn một phần", "Some of the money went back", "Đã hoàn lại một phần tiền"),
  refunded: look("quiet", "Refunded", "Đã hoàn tiền", "All money went back", "Đã hoàn lại toàn bộ tiền"),
  voided: look("quiet", "Nothing due", "Không phải thu", "The order was called off before it was paid", "Đơn bị hủy trước khi thanh toán"),
  written_off: look("bad", "Written off", "Đã xóa nợ", "What was owed was given up", "Khoản còn nợ đã được xóa"),
};

export const delivery: Record<DeliveryTrack, StateLook> = {
  unallocated: look("wait", "To pack", "Chờ đóng gói", "Nothing is packed yet", "Chưa đóng gói"),
  packed: look("move", "Packed", "Đã đóng gói", "Packed, waiting for the carrier", "Đã đóng gói, chờ bàn giao"),
  partially_shipped: look("move", "Partly shipped", "Giao vận một phần", "Some goods left", "Một phần hàng đã rời kho"),
  shipped: look("move", "Shipped", "Đang giao", "On the way to the buyer", "Đang trên đường tới người mua"),
  partially_delivered: look("move", "Partly delivered", "Đã giao một phần", "Some goods arrived", "Một phần hàng đã đến"),
  delivered: look("good", "Delivered", "Đã giao", "Everything arrived", "Người mua đã nhận đủ"),
  failed: look("bad", "Failed", "Giao thất bại", "The carrier could not deliver", "Đơn vị vận chuyển không giao được"),
  returning: look("bad", "Returning", "Đang hoàn về", "Goods are on the way back", "Hàng đang trên đường hoàn về"),
  partially_returned: look("quiet", "Partly returned", "Hoàn một phần", "Some goods came back", "Một phần hàng đã hoàn về"),
  returned: look("quiet", "Returned", "Đã hoàn về", "All goods came back", "Toàn bộ hàng đã hoàn về"),
  cancelled: look("quiet", "Cancelled", "Đã hủy", "Nothing will be delivered", "Đơn không giao nữa"),
};

export const invoice: Record<InvoiceTrack, StateLook> = {
  not_required: look("quiet", "No invoice", "Không cần", "No tax invoice is needed", "Không cần hóa đơn thuế"),
  queued: look("wait", "Not issued", "Chưa xuất", "A tax invoice was asked for", "Khách yêu cầu xuất hóa đơn thuế"),
  issued: look("good", "Issued", "Đã xuất", "The tax invoice exists", "Đã có hóa đơn thuế"),
  sent: look("move", "Sent", "Đã gửi", "With the authority, not answered yet", "Đã gửi cơ quan thuế, chờ trả lời"),
  accepted: look("good", "Accepted", "Được chấp nhận", "The authority took it", "Cơ quan thuế đã chấp nhận"),
  rejected: look("bad", "Rejected", "Bị từ chối", "The authority refused it: replace it", "Cơ quan thuế từ chối: cần thay thế"),
  adjusted: look("quiet", "Adjusted", "Đã điều chỉnh", "An adjustment corrects the invoice", "Có hóa đơn điều chỉnh"),
  replaced: look("quiet", "Replaced", "Đã thay thế", "Another invoice stands in its place", "Đã có hóa đơn thay thế"),
  credited: look("quiet", "Credited", "Đã ghi giảm", "A credit note lowers the invoice", "Có chứng từ ghi giảm"),
};

export const holds: Record<HoldType, StateLook> = {
  credit: look("bad", "Credit", "Công nợ", "Over the buyer's credit limit", "Vượt hạn mức công nợ"),
  risk: look("bad", "Risk", "Rủi ro", "Looks risky", "Có dấu hiệu rủi ro"),
  price_approval: look("wait", "Price", "Duyệt giá", "The price waits for approval", "Giá đang chờ duyệt"),
  deposit: look("wait", "Deposit", "Đặt cọc", "The deposit is missing", "Chưa nhận tiền cọc"),
  mapping: look("bad", "Mapping", "Ánh xạ", "Something could not be recognised", "Có dữ liệu chưa nhận ra"),
  duplicate: look("wait", "Duplicate", "Trùng", "Looks like another order", "Có vẻ trùng đơn khác"),
  manual: look("wait", "Manual", "Thủ công", "A person stopped it", "Do người dùng tạm giữ"),
  plugin: look("wait", "Plugin", "Plugin", "A plugin stopped it", "Do plugin tạm giữ"),
};
