//! Identifiers: a UUIDv7 inside, `prefix_` and 32 hex digits outside.
//! Time-ordered ids keep index pages warm; random bits keep them unguessable.

/// Declares an identifier type. `id!(OrderId, "ord")` prints and parses `ord_0190…`.
#[macro_export]
macro_rules! id {
    ($(#[$meta:meta])* $name:ident, $prefix:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
        #[sqlx(transparent)]
        pub struct $name(pub uuid::Uuid);

        impl $name {
            pub const PREFIX: &'static str = $prefix;
            /// A new identifier (UUIDv7).
            #[allow(clippy::new_without_default)]
            pub fn new() -> Self {
                Self(uuid::Uuid::now_v7())
            }
            pub fn uuid(self) -> uuid::Uuid {
                self.0
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
        impl std::str::FromStr for $name {
            type Err = $crate::id::IdError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.strip_prefix(concat!($prefix, "_"))
                    .filter(|hex| hex.len() == 32)
                    .and_then(|hex| uuid::Uuid::try_parse(hex).ok())
                    .map(Self)
                    .ok_or($crate::id::IdError { expected: concat!($prefix, "_ and 32 hex digits") })
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier of this kind: expected {expected}")]
pub struct IdError {
    pub expected: &'static str,
}

id!(TenantId, "ten");
id!(PersonId, "per");
id!(RoleId, "rol");
id!(InvitationId, "inv");
id!(ApiKeyId, "key");
id!(OidcConnectionId, "oidc");
id!(ChannelAccountId, "cha");
id!(
    /// The unguessable address of a channel account's webhook: `/hooks/{hook}`.
    HookId, "hook"
);
id!(PluginId, "plg");
id!(
    /// A plugin as one tenant installed it.
    InstallationId, "ins"
);
id!(RunId, "run");
id!(
    /// A tax document: invoice, adjustment, replacement or credit note.
    TaxInvoiceId, "tiv"
);
id!(OrderId, "ord");
id!(OrderLineId, "oln");
id!(FactId, "fct");
id!(HoldId, "hld");
id!(InboxId, "inb");
id!(ImportId, "imp");
id!(SavedViewId, "viw");
id!(AuditId, "aud");
id!(CompanyId, "com");
id!(
    /// A credit policy, through all its versions.
    PolicyId, "pol"
);
id!(
    /// One verdict of a credit policy.
    DecisionId, "dec"
);
id!(BacktestId, "bkt");
id!(
    /// One entry of the ledger.
    EntryId, "ent"
);
id!(
    /// A closing of the books.
    PeriodId, "prd"
);
id!(
    /// An account of the tenant at a bank.
    BankAccountId, "bac"
);
id!(BankStatementId, "bst");
id!(
    /// One movement on a bank account.
    BankLineId, "bln"
);
id!(
    /// What a bank line was found to be.
    BankMatchId, "bmt"
);
id!(
    /// A marketplace's statement.
    StatementId, "stm"
);
id!(
    /// One line of a statement that came as a file.
    SettlementLineId, "sln"
);
id!(
    /// What a customer holds against us and may pay with.
    ClaimId, "clm"
);
id!(
    /// A drawer of cash at a counter.
    DrawerId, "drw"
);
id!(ShiftId, "shf");
id!(
    /// What a company promised to pay, and when.
    PromiseId, "prm"
);
id!(DunningRunId, "dun");
id!(DunningLetterId, "dle");
id!(
    /// A combination of tracks that a tenant forbids.
    TrackRuleId, "trl"
);
id!(PriceListId, "prl");
id!(
    /// Prices offered to a company until a day.
    QuoteId, "quo"
);
id!(
    /// A price that somebody has to approve.
    PriceRequestId, "prq"
);
id!(
    /// What a merchant sells, under its own SKU.
    ProductId, "pdt"
);
id!(
    /// One buyer over all channels.
    CustomerId, "cus"
);
id!(
    /// Something a channel is asked to do.
    ErrandId, "ern"
);
id!(
    /// A period of a channel account's past that somebody asked for.
    BackfillId, "bfl"
);
