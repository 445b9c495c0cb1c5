//! One invented order and its life, in no channel's words. The channel files say the same in their channel's words.
//! Invariant SIM-1: what the buyer pays is the lines less every reduction plus shipping (and tax where it comes on top).

use crate::{
    goods::{self, Assortment, Goods},
    people::{Market, Person, pick},
};
use chrono::{DateTime, Duration, Utc};
use rand::{Rng, rngs::StdRng};
use rust_decimal::{Decimal, RoundingStrategy};

#[derive(Clone, Debug)]
pub struct Line {
    pub id: u64,
    pub goods: Goods,
    pub quantity: u32,
    /// List price of one unit.
    pub price: Decimal,
    /// Reductions of one unit, by who pays them.
    pub seller_discount: Decimal,
    pub platform_discount: Decimal,
}

impl Line {
    pub fn paid_unit(&self) -> Decimal {
        self.price - self.seller_discount - self.platform_discount
    }
    fn times(&self, amount: Decimal) -> Decimal {
        amount * Decimal::from(self.quantity)
    }
}

#[derive(Clone, Debug)]
pub struct Sale {
    /// Which shop of the simulation.
    pub shop: usize,
    /// Running number of the shop.
    pub number: u64,
    /// The channel's id of the order.
    pub id: String,
    pub buyer: Person,
    pub lines: Vec<Line>,
    pub currency: String,
    pub shipping: Decimal,
    pub shipping_platform_discount: Decimal,
    pub voucher_seller: Decimal,
    pub voucher_platform: Decimal,
    pub coins: Decimal,
    pub tax_rate: Decimal,
    pub tax_included: bool,
    pub cash_on_delivery: bool,
    pub payment: &'static str,
    pub carrier: &'static str,
    pub tracking: String,
    pub package: u64,
    pub source: Option<&'static str>,
    pub placed_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// The life still ahead, soonest first.
    pub ahead: Vec<(DateTime<Utc>, Step)>,
    pub past: Past,
    /// What the seller did at the channel, as often as it had an effect.
    pub acts: Vec<Act>,
    /// What was written to the buyer or beside the order.
    pub notes: Vec<String>,
}

/// One effect of a call of the seller's.
#[derive(Clone, Debug, PartialEq)]
pub struct Act {
    pub step: Step,
    pub at: DateTime<Utc>,
    /// Where the seller names it.
    pub tracking: Option<String>,
}

/// When what happened.
#[derive(Clone, Debug, Default)]
pub struct Past {
    pub paid: Option<DateTime<Utc>>,
    /// In a package that waits to be handed over (Lazada tells the two apart).
    pub boxed: Option<DateTime<Utc>>,
    pub packed: Option<DateTime<Utc>>,
    pub shipped: Option<DateTime<Utc>>,
    pub delivered: Option<DateTime<Utc>>,
    pub completed: Option<DateTime<Utc>>,
    pub cancel_asked: Option<DateTime<Utc>>,
    pub cancelled: Option<DateTime<Utc>>,
    /// It was the seller who cancelled.
    pub by_seller: bool,
    pub return_asked: Option<DateTime<Utc>>,
    pub return_accepted: Option<DateTime<Utc>>,
    pub refunded: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Placed,
    Paid,
    Boxed,
    Packed,
    Shipped,
    Delivered,
    Completed,
    CancelAsked,
    Cancelled,
    ReturnAsked,
    ReturnAccepted,
    Refunded,
}

/// What a new sale is made for.
pub(crate) struct Setting<'a> {
    pub shop: usize,
    pub market: Market,
    pub assortment: Assortment,
    pub currency: &'a str,
    pub marketplace: bool,
    pub vouchers: bool,
    pub payments: &'a [&'static str],
    pub carriers: &'a [&'static str],
    pub sources: &'a [&'static str],
    pub cash_on_delivery: f64,
    /// Days of a real order's life pass in this part of their length.
    pub haste: f64,
}

impl Sale {
    pub(crate) fn invent(rng: &mut StdRng, setting: &Setting<'_>, number: u64, at: DateTime<Utc>) -> Self {
        let scale = scale_of(setting.currency);
        // Nobody marks down by a fraction of the coin people use.
        let step = if setting.currency == "VND" { Decimal::from(500) } else { Decimal::new(1, scale) };
        let part = |of: Decimal, percent: i64| (of * Decimal::new(percent, 2) / step).round_dp_with_strategy(0, RoundingStrategy::ToZero) * step;
        let factor = if setting.currency == "JPY" { Decimal::from(150) } else { Decimal::ONE };
        let lines: Vec<Line> = goods::basket(rng, setting.assortment)
            .into_iter()
            .map(|(goods, quantity)| {
                let price = (goods.price(setting.assortment) * factor).round_dp(scale);
                let seller_discount = if rng.random_bool(0.45) { part(price, *pick(rng, &[5, 10, 15, 20, 30])) } else { Decimal::ZERO };
                let platform_discount = if setting.marketplace && rng.random_bool(0.25) { part(price, *pick(rng, &[3, 5, 8])) } else { Decimal::ZERO };
                Line { id: rng.random_range(100_000_000_000..900_000_000_000), goods, quantity, price, seller_discount, platform_discount }
            })
            .collect();
        let goods_paid: Decimal = lines.iter().map(|line| line.times(line.paid_unit())).sum();
        let shipping = if setting.currency == "VND" { Decimal::from(*pick(rng, &[0, 16_500, 22_000, 30_000, 35_000])) } else { Decimal::new(*pick(rng, &[0, 0, 495, 790]), scale) };
        let shipping_platform_discount = if setting.marketplace && rng.random_bool(0.5) { part(shipping, 60) } else { Decimal::ZERO };
        let voucher_seller = if setting.vouchers && rng.random_bool(0.2) { part(goods_paid, 8) } else { Decimal::ZERO };
        let voucher_platform = if setting.marketplace && setting.vouchers && rng.random_bool(0.3) { part(goods_paid, 5) } else { Decimal::ZERO };
        let coins = if setting.marketplace && setting.vouchers && rng.random_bool(0.15) { part(goods_paid, 1) } else { Decimal::ZERO };
        let (tax_rate, tax_included) = match setting.market {
            Market::Vietnam => (Decimal::new(8, 2), true),
            Market::America => (Decimal::new(*pick(rng, &[0, 6, 8]), 2), false),
            Market::Europe => (Decimal::new(20, 2), true),
        };
        let cash_on_delivery = rng.random_bool(setting.cash_on_delivery);
        let sale = Self {
            shop: setting.shop,
            number,
            id: String::new(),
            buyer: Person::invent(rng, setting.market),
            lines,
            currency: setting.currency.to_owned(),
            shipping,
            shipping_platform_discount,
            voucher_seller,
            voucher_platform,
            coins,
            tax_rate,
            tax_included,
            cash_on_delivery,
            payment: if cash_on_delivery { "Cash on Delivery" } else { *pick(rng, setting.payments) },
            carrier: *pick(rng, setting.carriers),
            tracking: format!("SPXVN{:012}", rng.random_range(0..1_000_000_000_000u64)),
            package: rng.random_range(1_150_000_000_000_000_000..1_160_000_000_000_000_000),
            source: (!setting.sources.is_empty() && rng.random_bool(0.7)).then(|| *pick(rng, setting.sources)),
            placed_at: at,
            updated_at: at,
            ahead: Vec::new(),
            past: Past::default(),
            acts: Vec::new(),
            notes: Vec::new(),
        };
        let ahead = sale.life(rng, setting.haste);
        Self { ahead, ..sale }
    }

    /// Draws the life: most orders arrive, some are cancelled, some come back, some are refunded and kept.
    fn life(&self, rng: &mut StdRng, haste: f64) -> Vec<(DateTime<Utc>, Step)> {
        use Step::*;
        let walk: &[(Step, f64)] = match rng.random_range(0..100) {
            // Step and the hours a real one takes after the step before.
            0..5 if !self.cash_on_delivery => &[(Placed, 0.0), (Cancelled, 24.0)],
            0..11 => &[(Placed, 0.0), (Paid, 0.1), (CancelAsked, 3.0), (Cancelled, 2.0), (Refunded, 6.0)],
            11..17 => &[(Placed, 0.0), (Paid, 0.1), (Packed, 6.0), (Shipped, 10.0), (Delivered, 40.0), (ReturnAsked, 20.0), (ReturnAccepted, 24.0), (Refunded, 12.0)],
            _ => &[(Placed, 0.0), (Paid, 0.1), (Packed, 6.0), (Shipped, 10.0), (Delivered, 40.0), (Completed, 72.0)],
        };
        let mut at = self.placed_at;
        let mut life = Vec::with_capacity(walk.len());
        for (step, hours) in walk {
            let seconds = hours * 3600.0 * haste * rng.random_range(0.5..1.5);
            at += Duration::milliseconds((seconds * 1000.0) as i64);
            // Cash is paid at the door, not before.
            if *step == Paid && self.cash_on_delivery {
                continue;
            }
            life.push((at, *step));
        }
        life
    }

    /// The next step happens. The channel's update time is in whole seconds and always moves on.
    pub(crate) fn take(&mut self, step: Step, at: DateTime<Utc>) {
        let past = &mut self.past;
        match step {
            Step::Placed => {}
            Step::Paid => past.paid = Some(at),
            Step::Boxed => past.boxed = Some(at),
            Step::Packed => past.packed = Some(at),
            Step::Shipped => past.shipped = Some(at),
            Step::Delivered => {
                past.delivered = Some(at);
                if self.cash_on_delivery {
                    past.paid = Some(at);
                }
            }
            Step::Completed => past.completed = Some(at),
            Step::CancelAsked => past.cancel_asked = Some(at),
            Step::Cancelled => past.cancelled = Some(at),
            Step::ReturnAsked => past.return_asked = Some(at),
            Step::ReturnAccepted => past.return_accepted = Some(at),
            // Nothing to give back for cash that was never paid.
            Step::Refunded if past.paid.is_some() => past.refunded = Some(at),
            Step::Refunded => {}
        }
        self.updated_at = if step == Step::Placed { at } else { at.max(self.updated_at + Duration::seconds(1)) };
    }

    /// Whether a step can still happen: a parcel that is arranged is not cancelled by the buyer, and what is cancelled stays here.
    pub(crate) fn allows(&self, step: Step) -> bool {
        let past = &self.past;
        match step {
            Step::Placed | Step::Paid => true,
            Step::CancelAsked | Step::Cancelled => past.cancelled.is_none() && past.boxed.or(past.packed).or(past.shipped).or(past.delivered).is_none(),
            Step::Refunded => past.refunded.is_none(),
            _ => past.cancelled.is_none(),
        }
    }

    pub fn goods_list(&self) -> Decimal {
        self.lines.iter().map(|line| line.times(line.price)).sum()
    }
    pub fn seller_discount(&self) -> Decimal {
        self.lines.iter().map(|line| line.times(line.seller_discount)).sum()
    }
    pub fn platform_discount(&self) -> Decimal {
        self.lines.iter().map(|line| line.times(line.platform_discount)).sum()
    }
    /// Goods as the buyer pays them, before vouchers and shipping.
    pub fn goods_paid(&self) -> Decimal {
        self.goods_list() - self.seller_discount() - self.platform_discount()
    }
    pub fn shipping_paid(&self) -> Decimal {
        self.shipping - self.shipping_platform_discount
    }
    /// Tax of the goods, inside or on top.
    pub fn tax(&self) -> Decimal {
        let base = self.goods_paid() - self.voucher_seller - self.voucher_platform - self.coins;
        let tax = if self.tax_included { base * self.tax_rate / (Decimal::ONE + self.tax_rate) } else { base * self.tax_rate };
        tax.round_dp_with_strategy(scale_of(&self.currency), RoundingStrategy::MidpointAwayFromZero)
    }
    /// SIM-1
    pub fn total(&self) -> Decimal {
        let on_top = if self.tax_included { Decimal::ZERO } else { self.tax() };
        self.goods_paid() - self.voucher_seller - self.voucher_platform - self.coins + self.shipping_paid() + on_top
    }
    /// What a refund gives back: all of a cancelled order; a return keeps the shipping.
    pub fn refund_amount(&self) -> Decimal {
        if self.past.cancelled.is_some() { self.total() } else { self.total() - self.shipping_paid() }
    }
    /// A third of the returns are money back without the goods.
    pub fn keeps_goods(&self) -> bool {
        self.number % 3 == 0
    }
}

/// Digits after the point, ISO 4217.
pub(crate) fn scale_of(currency: &str) -> u32 {
    if matches!(currency, "VND" | "JPY") { 0 } else { 2 }
}

/// Money as text with the currency's digits.
pub(crate) fn text(amount: Decimal, currency: &str) -> String {
    let mut amount = amount;
    amount.rescale(scale_of(currency));
    amount.to_string()
}
