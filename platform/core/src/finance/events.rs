//! Events of finance that no order tells: points earned and expired, the cost of a sale, vouchers sold and expired.
//! Each gives the lines of its entry (postings P2, P3, P7).

use super::account::{Account, Role};
use super::entry::Line;
use super::rounding::Rounding;
use kernel::{Currency, Decimal};

/// Kinds of entries that people make, and may take back.
pub const BY_HAND: &[&str] = &["manual", "points_earned", "points_expired", "cost_of_sale", "voucher_sold", "voucher_expired"];

/// Points earned with a sale of `net`: of the price, the part that stands for the points is earned later (P2, IFRS 15
/// B39-B42: shares by stand-alone prices).
pub fn points_earned(net: Decimal, points_value: Decimal, rounding: Rounding, currency: Currency) -> Vec<Line> {
    let deferred = rounding.share(net, points_value, net + points_value, currency.exponent());
    vec![Line::debit(Role::ContraLoyaltyDeferred, deferred), Line::credit(Role::Loyalty, deferred)]
}

/// Points nobody will redeem are revenue.
pub fn points_expired(carrying: Decimal) -> Vec<Line> {
    vec![Line::debit(Role::Loyalty, carrying), Line::credit(Role::Breakage, carrying)]
}

/// Goods that left cost what they cost (P3).
pub fn cost_of_sale(amount: Decimal) -> Vec<Line> {
    vec![Line::debit(Role::Cogs, amount), Line::credit(Role::Inventory, amount)]
}

/// A voucher sold is owed, not earned (P7).
pub fn voucher_sold(amount: Decimal, received_in: Account) -> Vec<Line> {
    vec![Line::debit(received_in, amount), Line::credit(Role::VoucherPaid, amount)]
}

/// What of a paid voucher nobody will use is income (P7).
pub fn voucher_expired(amount: Decimal) -> Vec<Line> {
    vec![Line::debit(Role::VoucherPaid, amount), Line::credit(Role::Breakage, amount)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amounts(lines: &[Line]) -> Vec<String> {
        lines.iter().map(|line| format!("{} {}", line.account, line.amount)).collect()
    }

    #[test]
    fn p2_points_earned_on_850_000() {
        let lines = points_earned(850_000.into(), 17_000.into(), Rounding::HalfUp, Currency::VND);
        assert_eq!(amounts(&lines), ["contra_loyalty_deferred 16667", "loyalty -16667"]);
    }

    #[test]
    fn p3_and_p7_by_hand() {
        assert_eq!(amounts(&cost_of_sale(600_000.into())), ["cogs 600000", "inventory -600000"]);
        assert_eq!(amounts(&voucher_sold(500_000.into(), Account::new(Role::Cash, Some("main")))), ["cash:main 500000", "voucher_paid -500000"]);
        assert_eq!(amounts(&voucher_expired(170_000.into())), ["voucher_paid 170000", "breakage -170000"]);
        assert_eq!(amounts(&points_expired(5.into())), ["loyalty 5", "breakage -5"]);
    }
}
