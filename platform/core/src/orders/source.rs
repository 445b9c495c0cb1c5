//! Where an order comes from: one account on one kind of channel.

use kernel::ChannelAccountId;

macro_rules! kinds {
    ($($name:ident = $word:literal,)*) => {
        /// The kinds of channel there are. The word is the same in tables, API and screens.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ChannelKind { $($name,)* }

        impl ChannelKind {
            pub const ALL: &'static [ChannelKind] = &[$(ChannelKind::$name,)*];
            pub fn word(self) -> &'static str { match self { $(ChannelKind::$name => $word,)* } }
        }
    };
}

kinds! {
    Pos = "pos",
    Web = "web",
    App = "app",
    Chat = "chat",
    Shopee = "shopee",
    Tiktok = "tiktok",
    Lazada = "lazada",
    Shopify = "shopify",
    Woo = "woo",
    Square = "square",
    Kiotviet = "kiotviet",
    Haravan = "haravan",
    Einvoice = "einvoice",
    Manual = "manual",
    Api = "api",
    Import = "import",
}

impl ChannelKind {
    /// Channels without a connector: their orders come through `POST /orders` or a file.
    pub fn is_direct(self) -> bool {
        matches!(self, Self::Pos | Self::Web | Self::App | Self::Chat | Self::Manual | Self::Api | Self::Import)
    }

    /// The channel owns the buyer and decides that the order stands.
    pub fn is_marketplace(self) -> bool {
        matches!(self, Self::Shopee | Self::Tiktok | Self::Lazada)
    }

    /// The status words the channel is known to use (SPEC.md §3, §4, §6; webhook and API spellings). `None`: any word is
    /// taken as it comes, because the channel's words are not known here.
    fn status_words(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Shopee => Some(&[
                "UNPAID", "PENDING", "READY_TO_SHIP", "RETRY_SHIP", "PROCESSED", "SHIPPED", "TO_CONFIRM_RECEIVE", "TO_RETURN",
                "COMPLETED", "IN_CANCEL", "CANCELLED", "INVOICE_PENDING",
            ]),
            Self::Tiktok => Some(&[
                "UNPAID", "ON_HOLD", "AWAITING_SHIPMENT", "PARTIALLY_SHIPPING", "AWAITING_COLLECTION", "IN_TRANSIT", "DELIVERED",
                "COMPLETED", "CANCELLED", "CANCEL",
            ]),
            Self::Shopify => Some(&[
                "pending", "authorized", "partially_paid", "paid", "partially_refunded", "refunded", "voided", "expired", "cancelled",
                "open", "closed", "fulfilled", "partial", "unfulfilled", "restocked",
            ]),
            _ => None,
        }
    }

    /// Whether a status word of the channel is one we can read. A connector may join two words with `/`.
    pub fn knows_status(self, word: &str) -> bool {
        self.status_words().is_none_or(|words| word.split('/').all(|part| words.contains(&part.trim())))
    }
}

impl std::fmt::Display for ChannelKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown channel kind {0:?}: expected one of pos, web, app, chat, shopee, tiktok, lazada, shopify, woo, square, kiotviet, haravan, einvoice, manual, api, import")]
pub struct UnknownChannelKind(pub String);

impl std::str::FromStr for ChannelKind {
    type Err = UnknownChannelKind;
    fn from_str(word: &str) -> Result<Self, UnknownChannelKind> {
        Self::ALL.iter().copied().find(|k| k.word() == word).ok_or_else(|| UnknownChannelKind(word.chars().take(32).collect()))
    }
}

/// The account an order belongs to, and its kind of channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Source {
    pub account: ChannelAccountId,
    pub kind: ChannelKind,
}
