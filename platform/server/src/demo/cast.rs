//! Who plays in the demo: a Vietnamese omnichannel retailer, a wholesaler, and a brand that sells through affiliates.

use simulator::{Assortment, Channel, Desk, Market};

/// The password of every demo log-in. The demo listens on loopback only unless it is told otherwise.
pub const PASSWORD: &str = "switchyard demo";

/// Channel hosts that the simulator answers instead of the internet.
pub const HOSTS: [&str; 4] = ["partner.shopeemobile.com", "open-api.tiktokglobalshop.com", "sen-lotus-us.myshopify.com", "sen-lotus-eu.myshopify.com"];

pub struct Merchant {
    pub slug: &'static str,
    pub name: &'static str,
    pub what: &'static str,
    pub country: &'static str,
    pub currency: &'static str,
    pub time_zone: &'static str,
    pub locale: &'static str,
    pub owner: &'static str,
    pub email: &'static str,
    pub assortment: Assortment,
    pub sources: &'static [&'static str],
    pub accounts: &'static [Account],
}

pub struct Account {
    pub kind: &'static str,
    pub name: &'static str,
    pub currency: &'static str,
    pub market: Market,
    pub weight: u32,
    pub place: Place,
}

#[derive(Clone, Copy)]
pub enum Place {
    Channel { channel: Channel, shop: &'static str, app: &'static str },
    Desk(Desk),
}

const fn vietnamese(kind: &'static str, name: &'static str, weight: u32, place: Place) -> Account {
    Account { kind, name, currency: "VND", market: Market::Vietnam, weight, place }
}

const fn western(kind: &'static str, name: &'static str, currency: &'static str, market: Market, weight: u32, place: Place) -> Account {
    Account { kind, name, currency, market, weight, place }
}

pub const MERCHANTS: [Merchant; 3] = [
    Merchant {
        slug: "lua-sai-gon",
        name: "Lụa Sài Gòn",
        what: "omnichannel retailer, VND: Shopee, TikTok Shop, stores, web, app, chat",
        country: "VN",
        currency: "VND",
        time_zone: "Asia/Ho_Chi_Minh",
        locale: "vi",
        owner: "Nguyễn Thảo Vy",
        email: "vy@lua-sai-gon.example",
        assortment: Assortment::Retail,
        sources: &["facebook-ads", "google", "zalo-oa", "tiktok-live"],
        accounts: &[
            vietnamese("shopee", "Shopee Lụa Sài Gòn", 6, Place::Channel { channel: Channel::Shopee, shop: "336094210", app: "2001887" }),
            vietnamese("tiktok", "TikTok Shop Lụa Sài Gòn", 5, Place::Channel { channel: Channel::Tiktok, shop: "7494726673780148744", app: "6c1lkd2vqe2b1" }),
            vietnamese("pos", "Cửa hàng", 5, Place::Desk(Desk::Till)),
            vietnamese("web", "luasaigon.example", 3, Place::Desk(Desk::Web)),
            vietnamese("app", "Ứng dụng di động", 2, Place::Desk(Desk::App)),
            vietnamese("chat", "Zalo và Messenger", 2, Place::Desk(Desk::Chat)),
        ],
    },
    Merchant {
        slug: "mekong-wholesale",
        name: "Mekong Wholesale",
        what: "B2B wholesaler, VND: sales desk, buyers' portal",
        country: "VN",
        currency: "VND",
        time_zone: "Asia/Ho_Chi_Minh",
        locale: "en",
        owner: "Trần Quốc Bảo",
        email: "bao@mekong-wholesale.example",
        assortment: Assortment::Wholesale,
        sources: &["field-sales", "trade-fair", "repeat"],
        accounts: &[
            vietnamese("manual", "Sales desk", 2, Place::Desk(Desk::Wholesale)),
            vietnamese("api", "Buyers' portal", 1, Place::Desk(Desk::Wholesale)),
        ],
    },
    Merchant {
        slug: "sen-lotus",
        name: "Sen Lotus Beauty",
        what: "affiliate-driven brand, USD EUR GBP JPY: two Shopify stores, own web shops",
        country: "US",
        currency: "USD",
        time_zone: "America/New_York",
        locale: "en",
        owner: "Maya Carter",
        email: "maya@sen-lotus.example",
        assortment: Assortment::Brand,
        sources: &["glow-with-linh", "skincare-sam", "the-quiet-vanity", "maison-camille", "dailydeals"],
        accounts: &[
            western("shopify", "Shopify US", "USD", Market::America, 4, Place::Channel { channel: Channel::Shopify, shop: "sen-lotus-us.myshopify.com", app: "" }),
            western("shopify", "Shopify EU", "EUR", Market::Europe, 3, Place::Channel { channel: Channel::Shopify, shop: "sen-lotus-eu.myshopify.com", app: "" }),
            western("web", "UK web shop", "GBP", Market::Europe, 1, Place::Desk(Desk::Web)),
            western("web", "Japan web shop", "JPY", Market::America, 1, Place::Desk(Desk::Web)),
        ],
    },
];
