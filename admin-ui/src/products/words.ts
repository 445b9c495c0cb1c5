import { catalogue } from "../words/catalogue";

export const productWords = catalogue("products", {
  title: ["Products", "Sản phẩm"],
  text: ["What you sell, each under a SKU of your own. What channels list is mapped to these.", "Những gì bạn bán, mỗi loại một SKU riêng. Mặt hàng trên các kênh được ghép với các SKU này."],
  add: ["New product", "Thêm sản phẩm"],
  edit: ["Change {sku}", "Sửa {sku}"],
  none: ["No product yet", "Chưa có sản phẩm nào"],
  noneText: ["Make your first one; a listing with the same SKU is then mapped by itself.", "Hãy tạo sản phẩm đầu tiên; mặt hàng cùng SKU sẽ tự được ghép."],
  noMatch: ["No product is like that", "Không có sản phẩm phù hợp"],
  search: ["SKU, name or barcode", "SKU, tên hoặc mã vạch"],
  sku: ["SKU", "SKU"],
  skuHint: ["Never changes afterwards.", "Không đổi được về sau."],
  name: ["Name", "Tên"],
  unit: ["Unit", "Đơn vị"],
  unitHint: ["piece, box, kg", "cái, hộp, kg"],
  barcode: ["Barcode", "Mã vạch"],
  active: ["Active", "Đang bán"],
  activeHint: ["Off: nothing new is mapped to it; what is mapped stays.", "Tắt: không ghép thêm mặt hàng mới; mặt hàng đã ghép giữ nguyên."],
  inactive: ["not active", "ngừng"],
  listings: ["Listings", "Mặt hàng trên kênh"],
  changed: ["Changed", "Cập nhật"],
  saved: ["Saved.", "Đã lưu."],
});
