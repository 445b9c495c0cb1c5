//! What the simulator is told about: shops on channels, and the merchant's own desks.

use crate::{
    direct::Desk,
    goods::Assortment,
    keys::Keys,
    people::Market,
    sale::Setting,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    Shopee,
    Tiktok,
    Shopify,
    Square,
    Kiotviet,
    Haravan,
    Lazada,
    Woo,
}

/// Where a shop's orders go and how they are signed.
#[derive(Clone, Debug)]
pub enum Path {
    /// The channel calls the product's webhook.
    Hook {
        channel: Channel,
        /// shop_id, TikTok's shop id, the myshopify domain, Lazada's seller id, the host of a WooCommerce shop, Square's
        /// merchant, KiotViet's retailer, or Haravan's organization.
        shop: String,
        /// partner_id, app_key, consumer key or client id; unused for Shopify.
        app: String,
        /// partner key, app secret, client secret, or the secret of a webhook.
        secret: String,
        /// Wanted by the endpoints, until it ends or is traded for another.
        access_token: String,
        url: String,
    },
    /// The merchant's own software calls the product's interface.
    Direct { desk: Desk, channel_account_id: String, api_key: String, url: String },
}

impl Path {
    pub(crate) fn keys(&self) -> Keys {
        match self {
            Path::Hook { shop, access_token, .. } => Keys::new(shop, access_token),
            Path::Direct { channel_account_id, api_key, .. } => Keys::new(channel_account_id, api_key),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Shop {
    pub path: Path,
    pub market: Market,
    pub assortment: Assortment,
    pub currency: String,
    /// How often this shop sells compared to the others.
    pub weight: u32,
    /// Where its buyers come from: affiliates, campaigns.
    pub sources: Vec<&'static str>,
}

impl Shop {
    pub fn channel(&self) -> Option<Channel> {
        match self.path {
            Path::Hook { channel, .. } => Some(channel),
            Path::Direct { .. } => None,
        }
    }

    pub(crate) fn setting(&self, index: usize, haste: f64) -> Setting<'_> {
        let (payments, carriers, cash_on_delivery): (&[_], &[_], f64) = match &self.path {
            Path::Hook { channel: Channel::Shopee, .. } => (&["ShopeePay", "Credit Card", "Bank Transfer"], &["SPX Express", "Giao Hàng Nhanh", "J&T Express"], 0.55),
            Path::Hook { channel: Channel::Tiktok, .. } => (&["CCDC", "Bank Transfer", "MoMo"], &["J&T Express", "Viettel Post", "Ninja Van"], 0.5),
            Path::Hook { channel: Channel::Shopify, .. } => (&["shopify_payments", "paypal"], &["DHL Express", "UPS", "USPS"], 0.0),
            Path::Hook { channel: Channel::Square, .. } => (&["Card", "Cash"], &["UPS", "USPS"], 0.0),
            Path::Hook { channel: Channel::Kiotviet, .. } => (&["Cash", "Cash", "Card", "QR"], &["Giao Hàng Nhanh", "Viettel Post"], 0.3),
            Path::Hook { channel: Channel::Haravan, .. } => (&["Bank Transfer", "OnePay"], &["Giao Hàng Nhanh", "Viettel Post"], 0.5),
            Path::Hook { channel: Channel::Lazada, .. } => (&["MIXEDCARD", "LAZADA_WALLET", "VNPAY"], &["LEX VN", "Ninja Van", "Viettel Post"], 0.5),
            Path::Hook { channel: Channel::Woo, .. } => (&["stripe", "bacs", "paypal"], &["DHL Express", "Giao Hàng Nhanh"], if self.currency == "VND" { 0.4 } else { 0.0 }),
            Path::Direct { desk: Desk::Till, .. } => (&["Cash", "Cash", "Card", "QR"], &["-"], 0.0),
            Path::Direct { desk: Desk::Wholesale, .. } => (&["Net 30", "Net 15", "Bank transfer"], &["-"], 0.0),
            Path::Direct { .. } if self.currency == "VND" => (&["VNPay", "MoMo", "ZaloPay"], &["Giao Hàng Nhanh", "Viettel Post"], 0.4),
            Path::Direct { .. } => (&["Card", "PayPal"], &["DHL Express"], 0.0),
        };
        Setting {
            shop: index,
            market: self.market,
            assortment: self.assortment,
            currency: &self.currency,
            marketplace: matches!(self.channel(), Some(Channel::Shopee | Channel::Tiktok | Channel::Lazada)),
            // TikTok's order shows no vouchers apart from its discounts.
            vouchers: self.channel() != Some(Channel::Tiktok),
            payments,
            carriers,
            sources: &self.sources,
            cash_on_delivery,
            haste,
        }
    }
}
