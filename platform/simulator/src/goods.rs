//! What the invented shops sell.

use crate::people::pick;
use rand::{Rng, rngs::StdRng};
use rust_decimal::Decimal;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Goods {
    pub sku: &'static str,
    pub name: &'static str,
    pub variant: &'static str,
    /// In the smallest usual step of the assortment's currency: dong, or cents.
    price: i64,
}

/// What a shop has on its shelves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assortment {
    /// Fashion and home, in dong.
    Retail,
    /// Cartons for shops and restaurants, in dong.
    Wholesale,
    /// Care and lifestyle of a brand, in cents.
    Brand,
}

const RETAIL: [Goods; 14] = [
    Goods { sku: "AO-THUN-TRG-M", name: "Áo thun cotton cổ tròn unisex", variant: "Trắng, M", price: 129_000 },
    Goods { sku: "AO-SOMI-XANH-L", name: "Áo sơ mi linen tay dài", variant: "Xanh rêu, L", price: 289_000 },
    Goods { sku: "QUAN-JEAN-29", name: "Quần jean ống suông lưng cao", variant: "Xanh đậm, 29", price: 399_000 },
    Goods { sku: "VAY-HOA-S", name: "Váy hoa nhí dáng xòe", variant: "Kem, S", price: 345_000 },
    Goods { sku: "TUI-TOTE-CANVAS", name: "Túi tote canvas in hình Hội An", variant: "Nâu", price: 159_000 },
    Goods { sku: "DEP-SANDAL-37", name: "Sandal quai mảnh da mềm", variant: "Đen, 37", price: 265_000 },
    Goods { sku: "NON-LA-MINI", name: "Nón lá trang trí thủ công", variant: "Nhỏ", price: 79_000 },
    Goods { sku: "KHAN-LUA-VT", name: "Khăn lụa Vạn Phúc dệt tay", variant: "Đỏ đô", price: 520_000 },
    Goods { sku: "LY-SU-BT", name: "Ly sứ Bát Tràng men hỏa biến", variant: "350 ml", price: 118_000 },
    Goods { sku: "BO-GA-1M6", name: "Bộ ga gối cotton đũi", variant: "1m6 x 2m", price: 689_000 },
    Goods { sku: "NEN-THOM-SEN", name: "Nến thơm hương sen", variant: "200 g", price: 210_000 },
    Goods { sku: "SON-DAT-03", name: "Son dưỡng gấc có màu", variant: "03 Đỏ gạch", price: 145_000 },
    Goods { sku: "KCN-SPF50", name: "Kem chống nắng rau má SPF 50+", variant: "50 ml", price: 239_000 },
    Goods { sku: "BALO-14", name: "Balo chống nước 14 inch", variant: "Xám", price: 459_000 },
];

const WHOLESALE: [Goods; 8] = [
    Goods { sku: "CF-ROBUSTA-25", name: "Cà phê Robusta Buôn Ma Thuột rang mộc", variant: "Bao 25 kg", price: 3_250_000 },
    Goods { sku: "CF-ARABICA-10", name: "Cà phê Arabica Cầu Đất", variant: "Bao 10 kg", price: 2_480_000 },
    Goods { sku: "TRA-SEN-5", name: "Trà sen Tây Hồ", variant: "Thùng 5 kg", price: 1_900_000 },
    Goods { sku: "DUONG-THOT-NOT-20", name: "Đường thốt nốt An Giang", variant: "Thùng 20 kg", price: 1_120_000 },
    Goods { sku: "NUOC-MAM-40N", name: "Nước mắm Phú Quốc 40°N", variant: "Thùng 12 chai", price: 1_068_000 },
    Goods { sku: "GAO-ST25-50", name: "Gạo ST25", variant: "Bao 50 kg", price: 1_725_000 },
    Goods { sku: "LY-GIAY-1000", name: "Ly giấy 12 oz", variant: "Thùng 1.000 cái", price: 890_000 },
    Goods { sku: "HAT-DIEU-A-10", name: "Hạt điều rang muối loại A", variant: "Thùng 10 kg", price: 2_650_000 },
];

const BRAND: [Goods; 9] = [
    Goods { sku: "SERUM-LOTUS-30", name: "Lotus Renewal Serum", variant: "30 ml", price: 4_800 },
    Goods { sku: "CREAM-RICE-50", name: "Rice Water Day Cream", variant: "50 ml", price: 3_650 },
    Goods { sku: "BALM-GAC-10", name: "Gac Lip Balm", variant: "10 g", price: 1_290 },
    Goods { sku: "MASK-TEA-5", name: "Green Tea Sheet Mask", variant: "Set of 5", price: 1_999 },
    Goods { sku: "OIL-POMELO-100", name: "Pomelo Hair Oil", variant: "100 ml", price: 2_450 },
    Goods { sku: "SOAP-TURMERIC", name: "Turmeric Soap Bar", variant: "120 g", price: 875 },
    Goods { sku: "ROBE-SILK-M", name: "Mulberry Silk Robe", variant: "Ivory, M", price: 14_900 },
    Goods { sku: "CANDLE-AGAR", name: "Agarwood Candle", variant: "220 g", price: 3_999 },
    Goods { sku: "GIFT-DISCOVERY", name: "Discovery Gift Box", variant: "6 minis", price: 5_995 },
];

impl Goods {
    pub fn price(&self, assortment: Assortment) -> Decimal {
        match assortment {
            Assortment::Brand => Decimal::new(self.price, 2),
            _ => Decimal::from(self.price),
        }
    }
}

/// One to four different goods with how many of each.
pub(crate) fn basket(rng: &mut StdRng, assortment: Assortment) -> Vec<(Goods, u32)> {
    let shelf: &[Goods] = match assortment {
        Assortment::Retail => &RETAIL,
        Assortment::Wholesale => &WHOLESALE,
        Assortment::Brand => &BRAND,
    };
    let wanted = *pick(rng, &[1, 1, 1, 2, 2, 3, 4]);
    let mut basket: Vec<(Goods, u32)> = Vec::new();
    while basket.len() < wanted {
        let goods = *pick(rng, shelf);
        if basket.iter().any(|(other, _)| other.sku == goods.sku) {
            continue;
        }
        let quantity = if assortment == Assortment::Wholesale { rng.random_range(2..=40) } else { *pick(rng, &[1, 1, 1, 1, 2, 2, 3]) };
        basket.push((goods, quantity));
    }
    basket
}
