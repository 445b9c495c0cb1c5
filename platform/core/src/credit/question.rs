//! What a credit policy is asked and what it may answer, as data: the same words in the record, the contract and the guest.
//! Invariant ASK-1: equal circumstances make equal questions, to the byte; nothing in them is the clock's but the day.

use chrono::NaiveDate;
use kernel::Decimal;
use serde::{Deserialize, Serialize};

/// Lines a question tells of; the totals are of all.
pub const LINES_MAX: usize = 200;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// In the tenant's zone.
    pub today: NaiveDate,
    pub order: OrderPart,
    pub lines: Vec<LinePart>,
    pub company: Option<CompanyPart>,
    /// Of the company, this order included.
    pub exposure: Vec<ExposurePart>,
    pub group: Option<GroupPart>,
    pub history: History,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MoneyPart {
    pub amount: Decimal,
    pub currency: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderPart {
    pub id: String,
    pub number: String,
    pub segment: String,
    pub channel: String,
    pub placed_on: NaiveDate,
    pub currency: String,
    pub total: Decimal,
    pub paid: Decimal,
    pub outstanding: Decimal,
    pub cash_on_delivery: bool,
    pub payment_method: String,
    pub region: String,
    pub country: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinePart {
    pub sku: String,
    pub kind: String,
    pub quantity: Decimal,
    pub total: Decimal,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompanyPart {
    pub id: String,
    pub name: String,
    pub status: String,
    /// Days as a customer.
    pub age_days: u32,
    pub credit_limit: Option<MoneyPart>,
    pub terms: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExposurePart {
    pub currency: String,
    pub open_ar: Decimal,
    pub unbilled_shipped: Decimal,
    pub confirmed_unshipped: Decimal,
    pub this_order: Decimal,
    pub deposits: Decimal,
    pub unapplied_credits: Decimal,
    pub total: Decimal,
    pub overdue: Decimal,
    pub overdue_days: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupPart {
    pub name: String,
    pub credit_limit: Option<MoneyPart>,
    pub exposure: Vec<ExposurePart>,
}

/// Earlier orders of the company, or of the same buyer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    pub orders: u32,
    pub delivered: u32,
    /// Paid on delivery and not accepted at the door.
    pub refused: u32,
    pub cancelled: u32,
    /// Placed since yesterday.
    pub orders_lately: u32,
    /// Their value in this order's currency.
    pub value_lately: Decimal,
    pub first_order_on: Option<NaiveDate>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    Approve,
    Hold(HoldPart),
    Deposit(DepositPart),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HoldPart {
    /// `credit`, `risk` or `price_approval`
    pub kind: String,
    pub reasons: Vec<Reason>,
    pub changes: Vec<Change>,
    /// Who should decide, in the policy's words.
    pub approver: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DepositPart {
    /// To be paid in all before the order goes on, in its currency.
    pub amount: Decimal,
    pub reasons: Vec<Reason>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    pub code: String,
    pub detail: String,
    pub evidence: Vec<(String, String)>,
}

/// The least that would release the order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// `pay`, `raise_limit`, `reduce_order`, `approve`, `wait`
    pub kind: String,
    pub amount: Option<MoneyPart>,
    pub detail: String,
}

pub const HOLD_KINDS: [&str; 3] = ["credit", "risk", "price_approval"];
pub const CHANGE_KINDS: [&str; 5] = ["pay", "raise_limit", "reduce_order", "approve", "wait"];

impl Verdict {
    pub fn word(&self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Hold(_) => "hold",
            Self::Deposit(_) => "deposit",
        }
    }
    pub fn reasons(&self) -> &[Reason] {
        match self {
            Self::Approve => &[],
            Self::Hold(hold) => &hold.reasons,
            Self::Deposit(deposit) => &deposit.reasons,
        }
    }
}

impl Reason {
    pub fn new(code: &str, detail: impl Into<String>, evidence: &[(&str, String)]) -> Self {
        Self { code: code.into(), detail: detail.into(), evidence: evidence.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect() }
    }
}

impl MoneyPart {
    pub fn new(amount: Decimal, currency: &str) -> Self {
        Self { amount: amount.normalize(), currency: currency.to_owned() }
    }
}
