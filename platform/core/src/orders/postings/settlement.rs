//! What channels, carriers and processors keep and pay out, by their own words (P11b, P11c, P13).
//! Invariant SETTLE-1: a word nobody here knows is posted to suspense under its own name, never dropped.
//!
//! Signs differ: Shopee and people tell a fee as a positive amount, TikTok Shop and Lazada as a negative one (SPEC §3, §4, §5).

use crate::finance::{Account, Role};
use crate::orders::fact::SettlementLine;
use crate::orders::source::ChannelKind;
use kernel::Decimal;

/// What a settlement line is to the books.
#[derive(Clone, Debug, PartialEq)]
pub enum Meaning {
    /// Kept from us, for that account; negative is given to us.
    Kept(Account, Decimal),
    PaidOut(Decimal),
    /// Said by other facts already, or a sum of other lines.
    Said,
}

fn kept(role: Role, amount: Decimal) -> Meaning {
    Meaning::Kept(role.into(), amount)
}
fn unknown(kind: &str, amount: Decimal) -> Meaning {
    Meaning::Kept(Account::new(Role::Suspense, Some(kind)), amount)
}

/// The words people use over the interface.
pub const KINDS: &[&str] = &["commission", "payment_fee", "service_fee", "affiliate_commission", "shipping_fee", "withholding_tax", "cod_fee", "adjustment", "payout"];

/// How the words of lines begin that a statement's file told, whatever the channel: then they are ours.
pub const FROM_FILE: &str = "statement_";

/// Reads one line. `siblings` are all lines of its order; `closed` says that the channel pays the order out now.
pub fn meaning(line: &SettlementLine, channel: ChannelKind, siblings: &dyn Fn(&mut dyn FnMut(&SettlementLine)), closed: bool) -> Meaning {
    if let Some(word) = line.kind.strip_prefix(FROM_FILE) {
        return if word == "sale" { Meaning::Said } else { told(word, line.amount.amount) };
    }
    match channel {
        ChannelKind::Shopee => shopee(&line.kind, line.amount.amount, closed),
        ChannelKind::Tiktok => tiktok(line, siblings),
        ChannelKind::Lazada => lazada(&line.kind, line.amount.amount),
        _ => told(&line.kind, line.amount.amount),
    }
}

fn told(kind: &str, amount: Decimal) -> Meaning {
    match kind {
        "commission" => kept(Role::MktCommission, amount),
        "payment_fee" => kept(Role::MktPaymentFee, amount),
        "service_fee" => kept(Role::MktServiceFee, amount),
        "affiliate_commission" => kept(Role::MktAffiliate, amount),
        "shipping_fee" => kept(Role::MktShipping, amount),
        "withholding_tax" => kept(Role::WithholdingTax, amount),
        "cod_fee" => kept(Role::CodFee, amount),
        "adjustment" => kept(Role::MktAdjustment, amount),
        "payout" => Meaning::PaidOut(amount),
        other => unknown(other, amount),
    }
}

/// `order_income` of an escrow. The payout counts once the order is completed; before, Shopee only estimates it.
fn shopee(kind: &str, amount: Decimal, closed: bool) -> Meaning {
    match kind {
        "commission_fee" => kept(Role::MktCommission, amount),
        "service_fee" | "campaign_fee" | "fbs_fee" | "credit_card_transaction_fee_service" => kept(Role::MktServiceFee, amount),
        "seller_transaction_fee" | "credit_card_transaction_fee" | "transaction_fee" => kept(Role::MktPaymentFee, amount),
        "order_ams_commission_fee" | "affiliate_commission_fee" => kept(Role::MktAffiliate, amount),
        "actual_shipping_fee" | "final_product_protection" | "reverse_shipping_fee" | "delivery_seller_protection_fee_premium_amount" => kept(Role::MktShipping, amount),
        "shopee_shipping_rebate" | "shipping_fee_discount_from_3pl" => kept(Role::MktShipping, -amount),
        "seller_shipping_discount" => kept(Role::ShippingSubsidy, amount),
        "withholding_vat_tax" | "withholding_pit_tax" | "withholding_tax" | "escrow_tax" | "sales_tax_on_lvg" => kept(Role::WithholdingTax, amount),
        "seller_coin_cash_back" => kept(Role::MktOtherFee, amount),
        "escrow_amount" if closed => Meaning::PaidOut(amount),
        "escrow_amount" => Meaning::Said,
        // What the order's own lines, components and refunds say.
        "voucher_from_seller" | "voucher_from_shopee" | "coins" | "payment_promotion" | "credit_card_promotion" | "buyer_paid_shipping_fee"
        | "buyer_paid_packaging_fee" | "buyer_transaction_fee" | "cross_border_tax" | "original_shopee_discount" | "shopee_discount"
        | "original_cost_of_goods_sold" | "seller_return_refund" | "seller_lost_compensation" | "final_shipping_fee" | "total_adjustment_amount" => Meaning::Said,
        other => unknown(other, amount),
    }
}

/// The transaction a TikTok line belongs to: its id up to the colon.
fn transaction(line: &SettlementLine) -> &str {
    line.id.split(':').next().unwrap_or_default()
}

/// A fee TikTok names, as the account it is for.
fn tiktok_fee(kind: &str) -> Option<Role> {
    let says = |word: &str| kind.contains(word);
    match kind {
        "fee_amount" => None,
        _ if says("affiliate") => Some(Role::MktAffiliate),
        _ if says("commission") || says("referral_fee") => Some(Role::MktCommission),
        _ if says("transaction_fee") || says("payment_fee") || says("credit_card") => Some(Role::MktPaymentFee),
        _ if says("service_fee") => Some(Role::MktServiceFee),
        _ if says("tax") || says("withh") => Some(Role::WithholdingTax),
        _ => None,
    }
}

/// settlement = revenue + fees + adjustments, shipping beside them. Named fees do not always make up `fee_amount`: the rest
/// is "other channel fees" (SPEC §4).
fn tiktok(line: &SettlementLine, siblings: &dyn Fn(&mut dyn FnMut(&SettlementLine))) -> Meaning {
    let amount = line.amount.amount;
    if let Some(role) = tiktok_fee(&line.kind) {
        return kept(role, -amount);
    }
    match line.kind.as_str() {
        "settlement_amount" => Meaning::PaidOut(amount),
        "fee_amount" => {
            let mut named = Decimal::ZERO;
            siblings(&mut |other: &SettlementLine| {
                if transaction(other) == transaction(line) && other.amount.currency == line.amount.currency && tiktok_fee(&other.kind).is_some() {
                    named += other.amount.amount;
                }
            });
            kept(Role::MktOtherFee, named - amount)
        }
        "shipping_cost_amount" => kept(Role::MktShipping, -amount),
        "adjustment_amount" => kept(Role::MktAdjustment, -amount),
        kind if ["revenue", "sales", "refund", "discount", "voucher", "customer", "shipping"].iter().any(|word| kind.contains(word)) => Meaning::Said,
        other => unknown(other, -amount),
    }
}

/// Rows of Lazada's statements, under the names it gives its fees; a negative amount is kept from us (SPEC §5). What the
/// order's own lines, vouchers and refunds say is not said twice. A name that reverses a fee is the fee's.
fn lazada(kind: &str, amount: Decimal) -> Meaning {
    let name = kind.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
    match name.as_str() {
        "payout" => Meaning::PaidOut(amount),
        "vat_in_amount" | "wht_not_in_amount" => Meaning::Said,
        "wht_amount" => kept(Role::WithholdingTax, -amount),
        _ if says(&["correction", "adjustment", "claim", "lost", "damage"]) => kept(Role::MktAdjustment, -amount),
        _ if says(&["withholding", "income tax", "tax withheld"]) => kept(Role::WithholdingTax, -amount),
        _ if says(&["affiliate"]) => kept(Role::MktAffiliate, -amount),
        _ if says(&["commission"]) => kept(Role::MktCommission, -amount),
        _ if says(&["payment fee"]) => kept(Role::MktPaymentFee, -amount),
        _ if says(&["item price", "promotional charges", "lazada bonus", "paid by customer", "paid by buyer", "shipping fee voucher"]) => Meaning::Said,
        _ if says(&["shipping", "delivery fee", "return to seller"]) => kept(Role::MktShipping, -amount),
        _ if says(&["service fee", "handling", "fulfillment", "fulfilment", "storage", "premium package", "pick fee", "pack fee", "subscription"]) => kept(Role::MktServiceFee, -amount),
        _ if says(&["sponsored", "marketing solution", "lazcoins", "refund fee", "cancellation fee", "other fee"]) => kept(Role::MktOtherFee, -amount),
        _ => unknown(kind, -amount),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{Currency, Money};

    fn line(id: &str, kind: &str, amount: i64) -> SettlementLine {
        SettlementLine { id: id.into(), kind: kind.into(), amount: Money::new(amount.into(), Currency::VND), statement: None, at: None }
    }
    fn read(channel: ChannelKind, lines: &[SettlementLine], closed: bool) -> Vec<Meaning> {
        lines.iter().map(|one| meaning(one, channel, &|see| lines.iter().for_each(|line| see(line)), closed)).collect()
    }

    #[test]
    fn tiktok_fees_are_negative_and_their_rest_is_kept() {
        let lines = [line("s1:revenue_amount", "revenue_amount", 600_000), line("s1:fee_amount", "fee_amount", -101_700), line("s1:c", "platform_commission_amount", -60_000), line("s1:settlement_amount", "settlement_amount", 498_300)];
        let expected = [Meaning::Said, kept(Role::MktOtherFee, 41_700.into()), kept(Role::MktCommission, 60_000.into()), Meaning::PaidOut(498_300.into())];
        assert_eq!(read(ChannelKind::Tiktok, &lines, true), expected);
    }

    #[test]
    fn shopee_pays_out_when_the_order_is_completed() {
        let lines = [line("escrow_amount", "escrow_amount", 164_050), line("commission_fee", "commission_fee", 7_600)];
        assert_eq!(read(ChannelKind::Shopee, &lines, false)[0], Meaning::Said);
        assert_eq!(read(ChannelKind::Shopee, &lines, true), [Meaning::PaidOut(164_050.into()), kept(Role::MktCommission, 7_600.into())]);
    }

    /// 1000 sold, 60 commission, 20 payment fee of which we keep 1 back for the tax office, 15 shipping, 5 tax withheld:
    /// 1000 - 60 - 21 + 1 - 15 - 5 = 900 is paid out, and what is kept is 100.
    #[test]
    fn lazada_fees_are_negative_and_payouts_are_rows() {
        let rows = [("Item Price Credit", 1_000), ("Commission", -60), ("Payment Fee", -21), ("WHT_amount", 1), ("Shipping Fee Paid by Seller", -15), ("Personal Income Tax Withholding", -5), ("VAT_in_amount", -7), ("payout", 900)];
        let lines: Vec<SettlementLine> = rows.iter().enumerate().map(|(n, (kind, amount))| line(&n.to_string(), kind, *amount)).collect();
        let meanings = read(ChannelKind::Lazada, &lines, false);
        let sum: Decimal = meanings.iter().map(|meaning| if let Meaning::Kept(_, amount) = meaning { *amount } else { Decimal::ZERO }).sum();
        assert_eq!((sum, &meanings[7]), (100.into(), &Meaning::PaidOut(900.into())));
        assert_eq!(meanings[1..4], [kept(Role::MktCommission, 60.into()), kept(Role::MktPaymentFee, 21.into()), kept(Role::WithholdingTax, (-1).into())]);
        assert_eq!((&meanings[0], &meanings[6]), (&Meaning::Said, &Meaning::Said));
        assert_eq!(read(ChannelKind::Lazada, &[line("r", "Reversal Commission", 60)], false), [kept(Role::MktCommission, (-60).into())]);
    }

    #[test]
    fn settle_1_unknown_words_are_visible() {
        for channel in [ChannelKind::Shopee, ChannelKind::Tiktok, ChannelKind::Lazada, ChannelKind::Web] {
            let [Meaning::Kept(account, _)] = &read(channel, &[line("x", "moon_toll", 5)], true)[..] else { panic!("{channel}") };
            assert_eq!(account.to_string(), "suspense:moon_toll");
        }
    }
}
