//! Customers as the interface shows them.

use crate::http::orders::views::{MoneyView, money};
use chrono::{DateTime, Utc};
use kernel::{ChannelAccountId, CustomerId, OrderId};
use serde::Serialize;
use switchyard_core::customers::list::{Customer, IdentityOf, InAccount};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = CustomerSum)]
pub struct SumView {
    currency: String,
    orders: i64,
    total: MoneyView,
    outstanding: MoneyView,
}

/// Named as the newest order names them.
#[derive(Serialize, ToSchema)]
#[schema(as = Customer)]
pub struct CustomerView {
    #[schema(value_type = String)]
    id: CustomerId,
    name: Option<String>,
    phone: Option<String>,
    email: Option<String>,
    company: Option<String>,
    /// The channel hides the person: one customer per account and its id of them.
    masked: bool,
    channels: Vec<String>,
    orders: i64,
    first_at: DateTime<Utc>,
    last_at: DateTime<Utc>,
    #[schema(value_type = String)]
    last_order_id: OrderId,
    sums: Vec<SumView>,
    /// How many customers were merged into one, itself included.
    identity_count: i64,
}

impl From<Customer> for CustomerView {
    fn from(c: Customer) -> Self {
        let sums = c.sums.into_iter().map(|s| SumView { total: money(s.total, &s.currency), outstanding: money(s.outstanding, &s.currency), orders: s.orders, currency: s.currency });
        Self {
            id: c.id,
            name: c.name,
            phone: c.phone,
            email: c.email,
            company: c.company,
            masked: c.masked,
            channels: c.channels,
            orders: c.orders,
            first_at: c.first_at,
            last_at: c.last_at,
            last_order_id: c.last_order,
            sums: sums.collect(),
            identity_count: c.identities,
        }
    }
}

/// By what orders are known to be the customer's.
#[derive(Serialize, ToSchema)]
#[schema(as = CustomerIdentity)]
pub struct IdentityView {
    #[schema(value_type = String)]
    id: CustomerId,
    /// `phone`, `email`, or `buyer`: an account's own id of them
    kind: String,
    name: Option<String>,
    phone: Option<String>,
    email: Option<String>,
    masked: bool,
    #[schema(value_type = String)]
    channel_account_id: ChannelAccountId,
    channel_account_name: String,
    orders: i64,
    /// Why and by whom it was merged; null for the one the others were merged into.
    reason: Option<String>,
    linked_by: Option<String>,
    linked_at: Option<DateTime<Utc>>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CustomerInAccount)]
pub struct InAccountView {
    #[schema(value_type = String)]
    channel_account_id: ChannelAccountId,
    name: String,
    channel_kind: String,
    orders: i64,
    total: MoneyView,
    outstanding: MoneyView,
    last_at: DateTime<Utc>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CustomerDetail)]
pub struct DetailView {
    #[serde(flatten)]
    customer: CustomerView,
    identities: Vec<IdentityView>,
    accounts: Vec<InAccountView>,
    /// What the caller may do: `merge`, `split`
    actions: Vec<&'static str>,
}

impl DetailView {
    pub fn of(customer: Customer, identities: Vec<IdentityOf>, accounts: Vec<InAccount>, merges: bool) -> Self {
        let actions = [("merge", merges), ("split", merges && customer.identities > 1)].into_iter().filter(|(_, may)| *may).map(|(action, _)| action).collect();
        let identity = |i: IdentityOf| IdentityView {
            id: i.id,
            kind: i.kind,
            name: i.name,
            phone: i.phone,
            email: i.email,
            masked: i.masked,
            channel_account_id: i.account,
            channel_account_name: i.account_name,
            orders: i.orders,
            reason: i.reason,
            linked_by: i.linked_by,
            linked_at: i.linked_at,
        };
        let account = |a: InAccount| InAccountView {
            channel_account_id: a.account,
            name: a.account_name,
            channel_kind: a.channel_kind,
            orders: a.orders,
            total: money(a.total, &a.currency),
            outstanding: money(a.outstanding, &a.currency),
            last_at: a.last_at,
        };
        Self { customer: customer.into(), identities: identities.into_iter().map(identity).collect(), accounts: accounts.into_iter().map(account).collect(), actions }
    }
}
