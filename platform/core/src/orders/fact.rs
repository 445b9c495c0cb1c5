//! What happened to an order. Facts are only ever added.
//!
//! A fact is about a *subject* (the order itself, a tender, a shipment ...) at a *revision* of its source. Among facts
//! about one subject the newest revision wins field by field; `None` is unknown and never overwrites; empty text clears.

use crate::parties::terms::{DueFrom, Terms};
use kernel::{CompanyId, Currency, Decimal, Money, Quantity, Timestamp};
use serde::{Deserialize, Serialize};

/// One fact as a channel, a person or an import tells it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// The channel's id of the order.
    pub order: String,
    /// Newer wins. Channels give their update time or version.
    pub revision: u64,
    pub occurred_at: Timestamp,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "body")]
pub enum What {
    Described(Description),
    Tendered(Tender),
    Shipped(Shipment),
    Cancelled(Cancellation),
    Refunded(Refund),
    Returned(GoodsReturn),
    InvoiceRequested(InvoiceRequest),
    Settled(SettlementLine),
    /// A tax document of ours at one step of its life. Not from channels.
    Invoiced(IssuedDocument),
    /// A person's change of the order's own data: tags, note, staff, source. Not from channels.
    Annotated(Annotation),
    /// The tenant bound itself to deliver. Not from channels.
    Confirmed(Confirmation),
    /// A deposit that is kept though the order was called off. Not from channels.
    Forfeited(Forfeit),
}

/// The order as its channel describes it at one revision. Every field may be unknown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Description {
    pub number: Option<String>,
    pub placed_at: Option<Timestamp>,
    pub currency: Option<Currency>,
    /// The channel's own status word.
    pub status: Option<String>,
    /// A list replaces the lines of older revisions.
    pub lines: Option<Vec<Line>>,
    /// What the channel says the buyer pays in all.
    pub stated_total: Option<Decimal>,
    pub buyer: Option<Buyer>,
    pub ship_to: Option<Address>,
    pub payment_method: Option<String>,
    pub cash_on_delivery: Option<bool>,
    pub business: Option<bool>,
    pub staff: Option<String>,
    pub branch: Option<String>,
    pub note: Option<String>,
    pub test: Option<bool>,
    pub source: Option<String>,
    /// What the channel said and we cannot read: an unknown currency code and the like. A newer description replaces the
    /// list; an empty one clears it. The order is visible and held until a person or a newer fact settles it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unmapped: Option<Vec<Unmapped>>,
    /// Why a person changed the lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A value that could not be mapped, with the field it stood in (`currency`, `line 2 currency`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmapped {
    pub field: String,
    pub value: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub id: String,
    pub kind: LineKind,
    pub sku: Option<String>,
    pub name: Option<String>,
    pub quantity: Quantity,
    /// List price of one unit, before components.
    pub unit_price: Money,
    #[serde(default)]
    pub components: Vec<Component>,
    #[serde(default)]
    pub taxes: Vec<Tax>,
    #[serde(default)]
    pub gift: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    Product,
    Shipping,
    Fee,
    Adjustment,
}

impl LineKind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Shipping => "shipping",
            Self::Fee => "fee",
            Self::Adjustment => "adjustment",
        }
    }
}

/// A reduction of a line: its kind, who funds it, how much (positive lowers what the buyer pays).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    pub kind: ComponentKind,
    pub funded_by: Funder,
    pub amount: Decimal,
    pub code: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComponentKind {
    MarketingDiscount,
    PromoVoucher,
    PaidVoucher,
    Points,
    PriceOverride,
    ShippingDiscount,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Funder {
    Tenant,
    Marketplace,
    Supplier,
    Affiliate,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tax {
    pub name: String,
    /// Percent.
    pub rate: Option<Decimal>,
    pub amount: Decimal,
    /// The amount is inside the price already.
    pub included: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Buyer {
    pub id: Option<String>,
    pub name: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub company: Option<String>,
    pub tax_code: Option<String>,
    /// The channel hides the person: never merge by name or phone.
    pub masked: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Address {
    pub recipient: Option<String>,
    pub phone: Option<String>,
    pub line: Option<String>,
    pub district: Option<String>,
    pub city: Option<String>,
    pub region: Option<String>,
    pub postcode: Option<String>,
    pub country: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tender {
    pub id: String,
    pub method: String,
    pub state: TenderState,
    pub amount: Money,
    /// Who has the money now.
    pub holder: Holder,
    pub reference: Option<String>,
    /// Where the holder keeps it: a drawer, a bank account, a processor, a carrier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Of points of a member: what the books carry for those that pay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrying: Option<Decimal>,
    pub at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TenderState {
    Pending,
    Authorized,
    Captured,
    Failed,
    Voided,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    Tenant,
    Marketplace,
    Carrier,
    Processor,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineQuantity {
    pub line_id: String,
    pub quantity: Quantity,
}

/// Empty `lines` means the whole order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shipment {
    pub id: String,
    pub state: ShipmentState,
    pub carrier: Option<String>,
    pub tracking: Option<String>,
    #[serde(default)]
    pub lines: Vec<LineQuantity>,
    pub at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShipmentState {
    Ready,
    HandedOver,
    InTransit,
    Delivered,
    Failed,
    Returning,
    Returned,
    Cancelled,
    Lost,
}

/// Empty `lines` means the whole order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cancellation {
    pub id: String,
    pub state: CancellationState,
    pub reason: Option<String>,
    pub by: Option<String>,
    #[serde(default)]
    pub lines: Vec<LineQuantity>,
    pub at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancellationState {
    Requested,
    Accepted,
    Rejected,
    Withdrawn,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forfeit {
    pub id: String,
    pub amount: Money,
    pub reason: Option<String>,
    pub at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refund {
    pub id: String,
    pub state: RefundState,
    /// Unknown until the channel says it.
    pub amount: Option<Money>,
    /// How it was given back, and from which drawer or account; else as the buyer paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    pub reason: Option<String>,
    #[serde(default)]
    pub lines: Vec<LineQuantity>,
    pub at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    Requested,
    Approved,
    Executed,
    Rejected,
    Withdrawn,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GoodsReturn {
    pub id: String,
    pub state: ReturnState,
    pub reason: Option<String>,
    /// False when the buyer keeps the goods.
    pub goods_back: bool,
    pub exchange: bool,
    pub refund: Option<Money>,
    #[serde(default)]
    pub lines: Vec<LineQuantity>,
    pub at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnState {
    Requested,
    Approved,
    ShippingBack,
    Received,
    Rejected,
    Withdrawn,
    Closed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceRequest {
    pub requested: bool,
    /// The number of an invoice that exists already.
    pub number: Option<String>,
    pub name: Option<String>,
    pub tax_code: Option<String>,
    pub email: Option<String>,
    pub address: Option<String>,
}

/// A tax document that covers something of the order. Its numbers are told one after another as revisions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedDocument {
    pub id: String,
    pub number: String,
    pub kind: DocumentKind,
    pub state: DocumentState,
    /// The document it corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    pub issued_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    Invoice,
    Adjustment,
    Replacement,
    CreditNote,
}

impl DocumentKind {
    pub const ALL: [DocumentKind; 4] = [Self::Invoice, Self::Adjustment, Self::Replacement, Self::CreditNote];

    pub fn word(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::Adjustment => "adjustment",
            Self::Replacement => "replacement",
            Self::CreditNote => "credit_note",
        }
    }
}

/// Where a document is on its way to the authority. What corrected it is told by the documents that name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentState {
    Issued,
    Sent,
    Accepted,
    Rejected,
}

impl DocumentState {
    pub fn word(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Sent => "sent",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SettlementLine {
    pub id: String,
    /// As the channel names it, e.g. `commission_fee`.
    pub kind: String,
    pub amount: Money,
    pub statement: Option<String>,
    pub at: Option<Timestamp>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Annotation {
    pub tags: Option<Vec<String>>,
    pub note: Option<String>,
    pub staff: Option<String>,
    pub source_tag: Option<String>,
    /// Why the source tag is what it is.
    pub source_evidence: Option<String>,
    /// The company that buys; `Some(None)` takes it away.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "told")]
    pub company_id: Option<Option<CompanyId>>,
}

/// A field that is there, be it null, was told.
fn told<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Option<CompanyId>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// On which terms an order was confirmed, as they were then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    pub at: Timestamp,
    /// None: what is owed has no day.
    pub terms: Option<Terms>,
    pub due_from: DueFrom,
    /// In which days are counted, e.g. `Asia/Ho_Chi_Minh`.
    pub time_zone: String,
}
