//! Accounts: a role, and under it a sub-account such as a drawer, a shop, a carrier or a company. Code knows roles; the
//! numbers and names a country gives them are in `chart`.

use kernel::Decimal;
use std::{fmt, str::FromStr};

/// What an account is in the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Asset,
    Liability,
    Income,
    Expense,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::Liability => "liability",
            Self::Income => "income",
            Self::Expense => "expense",
        }
    }
}

/// Who has money that an account shows; the cash locator's vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    Drawer,
    Bank,
    InTransitToBank,
    Processor,
    Marketplace,
    Carrier,
    Customer,
    Partner,
    OwedToCustomer,
}

impl Holder {
    pub fn word(self) -> &'static str {
        match self {
            Self::Drawer => "drawer",
            Self::Bank => "bank",
            Self::InTransitToBank => "in_transit_to_bank",
            Self::Processor => "processor",
            Self::Marketplace => "marketplace",
            Self::Carrier => "carrier",
            Self::Customer => "customer",
            Self::Partner => "partner",
            Self::OwedToCustomer => "owed_to_customer",
        }
    }
}

macro_rules! roles {
    ($($(#[$meta:meta])* $name:ident = $word:literal $kind:ident $normal:literal $(@ $holder:ident)?,)*) => {
        /// What an account is for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Role { $($(#[$meta])* $name,)* }

        impl Role {
            pub const ALL: &'static [Role] = &[$(Role::$name,)*];
            pub fn word(self) -> &'static str { match self { $(Role::$name => $word,)* } }
            pub fn kind(self) -> Kind { match self { $(Role::$name => Kind::$kind,)* } }
            /// On which side it usually stands: `debit` or `credit`.
            pub fn normal(self) -> &'static str { match self { $(Role::$name => $normal,)* } }
            /// Who has the money this account shows; `None` for accounts that are no money.
            pub fn holder(self) -> Option<Holder> {
                match self { $(Role::$name => roles!(@holder $($holder)?),)* }
            }
        }
    };
    (@holder) => { None };
    (@holder $holder:ident) => { Some(Holder::$holder) };
}

roles! {
    /// By drawer.
    Cash = "cash" Asset "debit" @ Drawer,
    Bank = "bank" Asset "debit" @ Bank,
    /// Transfers that were told and not seen in the bank yet.
    BankClearing = "bank_clearing" Asset "debit" @ InTransitToBank,
    /// What a card or wallet processor holds.
    ProcessorClearing = "processor_clearing" Asset "debit" @ Processor,
    /// By channel account.
    MarketplaceClearing = "marketplace_clearing" Asset "debit" @ Marketplace,
    CodCarrier = "cod_carrier" Asset "debit" @ Carrier,
    /// Receivables, by company.
    Ar = "ar" Asset "debit" @ Customer,
    ArAllowance = "ar_allowance" Asset "credit",
    Inventory = "inventory" Asset "debit",
    WithholdingTax = "withholding_tax" Asset "debit",
    PartnerReceivable = "partner_receivable" Asset "debit" @ Partner,
    VatOut = "vat_out" Liability "credit",
    CustomerDeposits = "customer_deposits" Liability "credit" @ OwedToCustomer,
    VoucherPaid = "voucher_paid" Liability "credit",
    StoreCredit = "store_credit" Liability "credit",
    Loyalty = "loyalty" Liability "credit",
    RefundPayable = "refund_payable" Liability "credit" @ OwedToCustomer,
    ExchangeClearing = "exchange_clearing" Liability "credit",
    CommissionUnvested = "commission_unvested" Liability "credit",
    CommissionPayable = "commission_payable" Liability "credit",
    PayoutsInTransit = "payouts_in_transit" Liability "credit",
    PitWithheld = "pit_withheld" Liability "credit",
    Sales = "sales" Income "credit",
    ContraMarketing = "contra_marketing" Income "debit",
    ContraVoucher = "contra_voucher" Income "debit",
    ContraPriceOverride = "contra_price_override" Income "debit",
    ContraShipping = "contra_shipping" Income "debit",
    ContraPointsDiff = "contra_points_diff" Income "debit",
    ContraLoyaltyDeferred = "contra_loyalty_deferred" Income "debit",
    /// Given for paying early.
    EarlyPaymentDiscount = "early_payment_discount" Income "debit",
    SalesReturns = "sales_returns" Income "debit",
    Breakage = "breakage" Income "credit",
    Cogs = "cogs" Expense "debit",
    MktCommission = "mkt_commission" Expense "debit",
    MktPaymentFee = "mkt_payment_fee" Expense "debit",
    MktServiceFee = "mkt_service_fee" Expense "debit",
    MktAffiliate = "mkt_affiliate" Expense "debit",
    MktShipping = "mkt_shipping" Expense "debit",
    MktOtherFee = "mkt_other_fee" Expense "debit",
    MktAdjustment = "mkt_adjustment" Expense "debit",
    ShippingSubsidy = "shipping_subsidy" Expense "debit",
    CodFee = "cod_fee" Expense "debit",
    Commission = "commission" Expense "debit",
    ReturnsWriteOff = "returns_write_off" Expense "debit",
    BadDebt = "bad_debt" Expense "debit",
    /// Counted otherwise than the books say: short is debit, over credit.
    CashOverShort = "cash_over_short" Expense "debit",
    /// What could not be explained: visible, never dropped.
    Suspense = "suspense" Asset "debit",
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A role and its sub-account. Text: `cash:main`, `sales`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account {
    pub role: Role,
    sub: Option<String>,
}

/// The longest name of a sub-account.
pub const SUB_CHARS_MAX: usize = 100;

impl Account {
    /// The sub-account is trimmed, without control characters and at most [`SUB_CHARS_MAX`] long; empty is none.
    pub fn new(role: Role, sub: Option<&str>) -> Self {
        let sub: Option<String> = sub.map(|sub| sub.trim().chars().filter(|c| !c.is_control()).take(SUB_CHARS_MAX).collect());
        Self { role, sub: sub.filter(|sub| !sub.is_empty()) }
    }
    pub fn sub(&self) -> Option<&str> {
        self.sub.as_deref()
    }
}

impl From<Role> for Account {
    fn from(role: Role) -> Self {
        Self { role, sub: None }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.sub {
            None => f.write_str(self.role.word()),
            Some(sub) => write!(f, "{}:{sub}", self.role),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown account {0:?}: expected a role such as cash or sales, and its sub-account after a colon")]
pub struct UnknownAccount(pub String);

impl FromStr for Role {
    type Err = UnknownAccount;
    fn from_str(word: &str) -> Result<Self, UnknownAccount> {
        Role::ALL.iter().copied().find(|role| role.word() == word).ok_or_else(|| UnknownAccount(word.chars().take(64).collect()))
    }
}

impl FromStr for Account {
    type Err = UnknownAccount;
    fn from_str(text: &str) -> Result<Self, UnknownAccount> {
        let (role, sub) = text.split_once(':').map_or((text, None), |(role, sub)| (role, Some(sub)));
        let account = Account::new(role.parse()?, sub);
        // What would be written otherwise is another account, not this one.
        if account.to_string() == text { Ok(account) } else { Err(UnknownAccount(text.chars().take(64).collect())) }
    }
}

/// An amount as debit or credit.
pub fn sides(amount: Decimal) -> (Option<Decimal>, Option<Decimal>) {
    if amount.is_sign_negative() { (None, Some(-amount)) } else { (Some(amount), None) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_read_back_as_they_are_written() {
        for text in ["cash:main", "sales", "marketplace_clearing:cha_0190", "ar:web:17", "ar:phone:0901"] {
            assert_eq!(text.parse::<Account>().unwrap().to_string(), text);
        }
        for wrong in ["", "cash:", "money", "cash: main", "cash:a\nb"] {
            assert!(wrong.parse::<Account>().is_err(), "{wrong:?}");
        }
        let words: std::collections::HashSet<&str> = Role::ALL.iter().map(|role| role.word()).collect();
        assert_eq!(words.len(), Role::ALL.len());
    }
}
