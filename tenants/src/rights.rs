//! The vocabulary of rights. casbin decides which of them an actor holds (see `policy`); a guarded verb takes a [`Permit`].
//! Invariant RIGHT-1: a `Permit` exists only when the actor's right set holds the right.

use std::marker::PhantomData;

/// Proof that its holder has the right `R`. Only [`RightSet::permit`] makes one.
#[derive(Debug)]
pub struct Permit<R>(PhantomData<R>);

impl<R> Clone for Permit<R> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<R> Copy for Permit<R> {}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the right {0} is needed")]
pub struct Forbidden(pub Right);

/// A type that stands for one right.
pub trait RightMarker {
    const RIGHT: Right;
}

macro_rules! rights {
    ($($(#[$meta:meta])* $name:ident = $object:literal : $action:literal,)*) => {
        /// Every right there is. `object:action` outside.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Right { $($(#[$meta])* $name,)* }

        impl Right {
            pub const ALL: &'static [Right] = &[$(Right::$name,)*];
            pub fn object(self) -> &'static str { match self { $(Right::$name => $object,)* } }
            pub fn action(self) -> &'static str { match self { $(Right::$name => $action,)* } }
            /// `object:action`
            pub fn word(self) -> &'static str { match self { $(Right::$name => concat!($object, ":", $action),)* } }
        }

        $(
            $(#[$meta])*
            #[derive(Debug)]
            pub struct $name;
            impl RightMarker for $name { const RIGHT: Right = Right::$name; }
        )*
    };
}

rights! {
    /// See orders, their lines, tracks, timeline and raw payloads.
    ReadOrders = "orders":"read",
    /// Create orders for web, app, chat, POS and manual accounts.
    CreateOrders = "orders":"create",
    /// Tag, note, edit an order.
    EditOrders = "orders":"edit",
    /// Place a hold.
    HoldOrders = "orders":"hold",
    /// Release a hold.
    ReleaseOrders = "orders":"release",
    /// Download order data.
    ExportOrders = "orders":"export",
    /// Confirm B2B orders: bind oneself to deliver them.
    ConfirmOrders = "orders":"confirm",
    /// See companies, their terms, limits and exposure.
    ReadCompanies = "companies":"read",
    /// Make and change companies, their terms and limits.
    ManageCompanies = "companies":"manage",
    /// Write, test and activate credit policies.
    ConfigureCredit = "credit":"configure",
    /// See price lists and quotes.
    ReadPrices = "prices":"read",
    /// Make and change price lists; decide who approves which price.
    ManagePrices = "prices":"manage",
    /// See costs and margins.
    SeeMargins = "prices":"margin",
    /// Approve prices below what is allowed without asking.
    ApprovePrices = "prices":"approve",
    /// Make quotes, send them, and place the orders of accepted ones.
    WriteQuotes = "quotes":"write",
    /// See products, and what listings of channels are in them.
    ReadProducts = "products":"read",
    /// Make and change products, map listings, say whether orders wait for it.
    ManageProducts = "products":"manage",
    /// See customers with their orders over all channels.
    ReadCustomers = "customers":"read",
    /// Say that two customers are one, and take that back.
    MergeCustomers = "customers":"merge",
    /// Take payments for orders.
    TenderOrders = "orders":"tender",
    /// See the ledger, its balances and journals.
    ReadFinance = "finance":"read",
    /// Void payments, give money back, post settlements and entries by hand.
    PostFinance = "finance":"post",
    /// Issue tax invoices, correct them, note what their provider answered.
    IssueInvoices = "invoices":"issue",
    /// Apply money that came in, write to debtors, note promises, estimate losses.
    ManageReceivables = "receivables":"manage",
    /// Give up what a debtor owes.
    WriteOffReceivables = "receivables":"write_off",
    /// Open and close shifts, put cash into drawers and take it out.
    WorkShifts = "shifts":"work",
    /// Make drawers.
    ManageDrawers = "drawers":"manage",
    /// Close and reopen periods; decide how money is treated.
    CloseFinance = "finance":"close",
    ReadChannels = "channels":"read",
    /// Connect, configure, pause and disconnect channel accounts, and set their secrets.
    ManageChannels = "channels":"manage",
    ReadQuarantine = "quarantine":"read",
    /// Replay or discard what is in quarantine; hand in channel documents.
    SettleQuarantine = "quarantine":"settle",
    ReadImports = "imports":"read",
    RunImports = "imports":"run",
    ReadPlugins = "plugins":"read",
    InstallPlugins = "plugins":"install",
    ConfigurePlugins = "plugins":"configure",
    GrantPlugins = "plugins":"grant",
    SuspendPlugins = "plugins":"suspend",
    ReadPeople = "people":"read",
    /// Invite and remove people, assign roles.
    ManagePeople = "people":"manage",
    ManageRoles = "roles":"manage",
    ManageKeys = "keys":"manage",
    /// The tenant's own data and its identity provider.
    ManageTenant = "tenant":"manage",
    ReadAudit = "audit":"read",
}

impl std::fmt::Display for Right {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

impl std::str::FromStr for Right {
    type Err = UnknownRight;
    fn from_str(word: &str) -> Result<Self, UnknownRight> {
        Right::ALL.iter().copied().find(|r| r.word() == word).ok_or_else(|| UnknownRight(word.chars().take(64).collect()))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown right {0:?}")]
pub struct UnknownRight(pub String);

/// The rights an actor holds, decided by casbin once per subject and policy version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RightSet(std::collections::BTreeSet<Right>);

impl RightSet {
    pub fn all() -> Self {
        Right::ALL.iter().copied().collect()
    }
    pub fn contains(&self, right: Right) -> bool {
        self.0.contains(&right)
    }
    pub fn permit<R: RightMarker>(&self) -> Result<Permit<R>, Forbidden> {
        if self.contains(R::RIGHT) { Ok(Permit(PhantomData)) } else { Err(Forbidden(R::RIGHT)) }
    }
    pub fn iter(&self) -> impl Iterator<Item = Right> + '_ {
        self.0.iter().copied()
    }
    pub fn intersection(&self, other: &RightSet) -> RightSet {
        RightSet(self.0.intersection(&other.0).copied().collect())
    }
}

impl FromIterator<Right> for RightSet {
    fn from_iter<I: IntoIterator<Item = Right>>(rights: I) -> Self {
        Self(rights.into_iter().collect())
    }
}
