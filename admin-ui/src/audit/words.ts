import { catalogue } from "../words/catalogue";

export const auditWords = catalogue("audit", {
  title: ["Audit log", "Nhật ký"],
  text: ["Every act that touches security, in the order it happened. Nobody can change it.", "Mọi thao tác liên quan bảo mật theo trình tự. Không ai sửa được."],
  none: ["Nothing is recorded yet", "Chưa có ghi nhận"],
  at: ["When", "Lúc"],
  actor: ["Who", "Ai"],
  act: ["Did what", "Làm gì"],
  subject: ["To what", "Với cái gì"],
  detail: ["Detail", "Chi tiết"],
});
