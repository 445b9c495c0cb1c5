import { catalogue } from "../words/catalogue";

export const limitWords = catalogue("limits", {
  title: ["Approval limits", "Hạn mức duyệt"],
  text: [
    "Up to which order value each role may release holds. A type of hold without any limit is released by whoever has the right to release.",
    "Mỗi vai trò được giải phóng đơn đến giá trị nào. Loại giữ chưa đặt hạn mức thì ai có quyền giải phóng đều làm được.",
  ],
  role: ["Role", "Vai trò"],
  type: ["Type of hold", "Loại giữ"],
  amount: ["Up to", "Đến"],
  anyAmount: ["Empty: any amount", "Để trống: không giới hạn"],
  two: ["Two people above", "Cần hai người khi trên"],
  twoHint: ["Empty: one is enough", "Để trống: một người là đủ"],
  currency: ["Currency", "Tiền tệ"],
  add: ["Add a limit", "Thêm hạn mức"],
  remove: ["Remove limit {number}", "Xóa hạn mức {number}"],
  none: ["No limit is set: the right to release is enough.", "Chưa đặt hạn mức: chỉ cần quyền giải phóng."],
  saved: ["Saved.", "Đã lưu."],
  row: ["Limit {number}", "Hạn mức {number}"],
});
