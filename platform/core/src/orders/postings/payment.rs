//! Which accounts a payment moves: by how it was made and who has it.

use crate::finance::{Account, Role, Settings, claims};
use crate::orders::fact::{Holder, Tender};
use crate::orders::source::Source;
use kernel::{ClaimId, Currency, Decimal};

/// Ways to pay that the ledger knows by name; any other is a processor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Cash,
    BankTransfer,
    Bank,
    Points,
    PaidVoucher,
    StoreCredit,
    /// Money of a company that was received before and is applied now.
    OnAccount,
    /// Given up by us: nothing was paid.
    WriteOff,
    /// Given for paying early.
    EarlyDiscount,
    Cod,
    Processor,
}

/// Ways that only finance takes: receivables settled without money.
pub const OF_FINANCE: &[&str] = &["on_account", "write_off", "early_discount"];

impl Method {
    pub fn of(word: &str) -> Self {
        match word.trim().to_lowercase().as_str() {
            "cash" => Self::Cash,
            "bank_transfer" | "transfer" => Self::BankTransfer,
            "bank" | "deposit" => Self::Bank,
            "points" => Self::Points,
            "paid_voucher" | "voucher" | "gift_card" => Self::PaidVoucher,
            "store_credit" => Self::StoreCredit,
            "on_account" => Self::OnAccount,
            "write_off" => Self::WriteOff,
            "early_discount" => Self::EarlyDiscount,
            "cod" | "cash_on_delivery" => Self::Cod,
            _ => Self::Processor,
        }
    }
    /// Money in the strict sense, not a claim on us: what comes back of it is paid out.
    pub fn is_money(self) -> bool {
        !matches!(self, Self::Points | Self::PaidVoucher | Self::StoreCredit | Self::OnAccount | Self::WriteOff | Self::EarlyDiscount)
    }
    /// The kind of claim it pays with.
    pub fn claim(self) -> Option<claims::Kind> {
        match self {
            Self::Points => Some(claims::Kind::Points),
            Self::PaidVoucher => Some(claims::Kind::Voucher),
            Self::StoreCredit => Some(claims::Kind::StoreCredit),
            Self::OnAccount => Some(claims::Kind::OnAccount),
            _ => None,
        }
    }
}

/// The account of money a tender came to.
fn money_account(method: Method, word: &str, account: Option<&str>) -> Account {
    match method {
        Method::Cash => Account::new(Role::Cash, Some(account.unwrap_or("main"))),
        Method::BankTransfer => Account::new(Role::BankClearing, account),
        Method::Bank => Account::new(Role::Bank, account),
        Method::Cod => Account::new(Role::CodCarrier, account),
        Method::PaidVoucher => of_claim(Role::VoucherPaid, account),
        Method::StoreCredit => of_claim(Role::StoreCredit, account),
        Method::Points => of_claim(Role::Loyalty, account),
        Method::OnAccount => of_claim(Role::CustomerDeposits, account),
        Method::WriteOff => Role::ArAllowance.into(),
        Method::EarlyDiscount => Role::EarlyPaymentDiscount.into(),
        Method::Processor => {
            let word = word.trim().to_lowercase();
            Account::new(Role::ProcessorClearing, account.or(Some(if word.is_empty() { "unknown" } else { &word })))
        }
    }
}

/// A claim that we keep has its own sub-account; one that a channel keeps stands with the others of its kind.
fn of_claim(role: Role, account: Option<&str>) -> Account {
    Account::new(role, account.filter(|account| account.parse::<ClaimId>().is_ok()))
}

pub fn marketplace(source: Source) -> Account {
    Account::new(Role::MarketplaceClearing, Some(&source.account.to_string()))
}

/// The accounts that an amount by this tender is debited to, and how much each.
pub fn debits(tender: &Tender, amount: Decimal, source: Source, settings: &Settings, currency: Currency, tax_share: Decimal) -> Vec<(Account, Decimal)> {
    let account = tender.account.as_deref().filter(|account| !account.is_empty());
    let method = Method::of(&tender.method);
    match tender.holder {
        Holder::Marketplace => vec![(marketplace(source), amount)],
        Holder::Carrier => vec![(Account::new(Role::CodCarrier, account), amount)],
        Holder::Processor => vec![(money_account(Method::Processor, &tender.method, account), amount)],
        Holder::Tenant if method == Method::Points => points(amount, account, tender.carrying, settings, currency, tax_share),
        Holder::Tenant => vec![(money_account(method, &tender.method, account), amount)],
    }
}

/// Points are given up at their carrying amount; what they are worth beyond that lowers revenue (P1). As a discount they
/// lower the tax in the price as well. Of a member's points both lines name the member, so that together they are the face.
pub fn points(face: Decimal, account: Option<&str>, carrying: Option<Decimal>, settings: &Settings, currency: Currency, tax_share: Decimal) -> Vec<(Account, Decimal)> {
    let round = |amount: Decimal| settings.rounding.round(amount, currency.exponent());
    let (loyalty, difference) = (of_claim(Role::Loyalty, account), of_claim(Role::ContraPointsDiff, account));
    let carrying = carrying.filter(|_| loyalty.sub().is_some()).unwrap_or_else(|| round(face * settings.points_carrying_ratio));
    let tax = if settings.points_discount { round(face * tax_share) } else { Decimal::ZERO };
    if loyalty.sub().is_none() {
        return vec![(loyalty, carrying), (difference, face - carrying - tax), (Role::VatOut.into(), tax)];
    }
    vec![(loyalty, carrying), (difference, face - carrying), (Role::ContraPointsDiff.into(), -tax), (Role::VatOut.into(), tax)]
}

/// The account a refund leaves from when it names how it was given back.
pub fn refunded_from(method: &str, account: Option<&str>) -> Account {
    match Method::of(method) {
        // The carrier brought the money in; it does not take it back.
        Method::Cod => Role::BankClearing.into(),
        known => money_account(known, method, account.filter(|account| !account.is_empty())),
    }
}

/// Where money is given back from when it came to that account.
pub fn back_from(account: &Account) -> Account {
    if account.role == Role::CodCarrier { Role::BankClearing.into() } else { account.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_of_paying_has_its_account() {
        let account = |method: &str, account: Option<&str>| money_account(Method::of(method), method, account).to_string();
        assert_eq!(account("cash", None), "cash:main");
        assert_eq!(account("cash", Some("till 2")), "cash:till 2");
        assert_eq!(account("bank_transfer", None), "bank_clearing");
        assert_eq!(account("deposit", None), "bank");
        assert_eq!(account("MoMo", None), "processor_clearing:momo");
        assert_eq!(account("card", Some("onepay")), "processor_clearing:onepay");
        assert_eq!(account("", None), "processor_clearing:unknown");
        assert_eq!(account("store_credit", None), "store_credit");
        assert_eq!(account("gift_card", Some("a shop's own number")), "voucher_paid");
        let claim = ClaimId::new();
        assert_eq!(account("paid_voucher", Some(&claim.to_string())), format!("voucher_paid:{claim}"));
        assert_eq!(account("on_account", Some(&claim.to_string())), format!("customer_deposits:{claim}"));
        assert_eq!((account("write_off", None), account("early_discount", None)), ("ar_allowance".into(), "early_payment_discount".into()));
        assert_eq!(refunded_from("cod", Some("ghn")).to_string(), "bank_clearing");
    }
}
