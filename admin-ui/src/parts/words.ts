import { catalogue } from "../words/catalogue";

export const partWords = catalogue("part", {
  loading: ["Loading", "Đang tải"],
  failed: ["This could not be loaded", "Không tải được phần này"],
  retry: ["Try again", "Thử lại"],
  reference: ["Reference: {id}", "Mã tham chiếu: {id}"],
  more: ["Show more", "Xem thêm"],
  copy: ["Copy", "Sao chép"],
  copied: ["Copied", "Đã sao chép"],
  cancel: ["Cancel", "Hủy bỏ"],
  save: ["Save", "Lưu"],
  close: ["Close", "Đóng"],
  back: ["Back", "Quay lại"],
  unreachable: [
    "The server cannot be reached. Check your connection; what you typed is still here.",
    "Không kết nối được máy chủ. Hãy kiểm tra mạng; nội dung bạn đã nhập vẫn còn đây.",
  ],
  forbidden: ["You do not have the right to do this.", "Bạn không có quyền thực hiện việc này."],
  notFound: ["It does not exist, or not for you.", "Không tồn tại hoặc bạn không được xem."],
  tooMany: ["Too many requests. Wait a moment and try again.", "Quá nhiều yêu cầu. Vui lòng đợi một lát rồi thử lại."],
  stale: [
    "Somebody changed this meanwhile. The fresh state is shown; look at it and save again.",
    "Người khác vừa thay đổi mục này. Dữ liệu mới đã hiển thị; hãy xem lại rồi lưu lần nữa.",
  ],
  unexpected: ["Something went wrong on the server.", "Máy chủ gặp lỗi ngoài dự kiến."],
  wrongCredentials: ["E-mail or password is wrong.", "E-mail hoặc mật khẩu không đúng."],
  lockedOut: [
    "Too many attempts. Wait a few minutes, or reset the password.",
    "Thử quá nhiều lần. Hãy đợi vài phút hoặc đặt lại mật khẩu.",
  ],
  expired: ["This link is used up or too old. Ask for a new one.", "Liên kết đã dùng hoặc quá hạn. Hãy yêu cầu liên kết mới."],
  noAmount: ["Write an amount, e.g. 1250000", "Hãy nhập số tiền, vd: 1250000"],
  beyondAuthority: [
    "The order's value is beyond what your roles may release. Somebody with a higher limit has to do it.",
    "Giá trị đơn vượt hạn mức duyệt của vai trò bạn. Cần người có hạn mức cao hơn.",
  ],
  ownRequest: [
    "You asked for this order to be confirmed, so another person has to approve it.",
    "Bạn là người yêu cầu xác nhận đơn này nên cần người khác duyệt.",
  ],
  approvedAlready: [
    "You have approved this already. The second approval comes from another person.",
    "Bạn đã duyệt rồi. Lần duyệt thứ hai phải do người khác.",
  ],
  endedAlready: ["Somebody ended this hold meanwhile.", "Lệnh giữ này vừa được người khác kết thúc."],
  clearFilters: ["Clear all", "Xóa hết"],
  unit: ["unit", "đơn vị"],
  minutes: ["minutes", "phút"],
  hours: ["hours", "giờ"],
  days: ["days", "ngày"],
  select: ["Select all shown", "Chọn tất cả đang hiển thị"],
});
