//! Who acts, in which tenant, with which rights. Every tenant transaction carries one.

use crate::rights::{Forbidden, Permit, RightMarker, RightSet};
use kernel::{ApiKeyId, ChannelAccountId, InstallationId, PersonId, TenantId};
use std::{fmt, sync::Arc};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Person(PersonId),
    ApiKey(ApiKeyId),
    /// A message of the channel, verified by its connector.
    Channel(ChannelAccountId),
    Plugin(InstallationId),
    /// The product itself: a job, a migration, the command line. Names the part.
    System(&'static str),
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Who::Person(id) => id.fmt(f),
            Who::ApiKey(id) => id.fmt(f),
            Who::Channel(id) => id.fmt(f),
            Who::Plugin(id) => id.fmt(f),
            Who::System(part) => write!(f, "system:{part}"),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Actor {
    pub tenant: TenantId,
    pub who: Who,
    pub rights: Arc<RightSet>,
}

impl Actor {
    /// The product acting for a tenant, with the rights named and no others.
    pub fn system(tenant: TenantId, part: &'static str, rights: RightSet) -> Self {
        Self { tenant, who: Who::System(part), rights: Arc::new(rights) }
    }
    /// Proof that the actor holds the right; a command that needs the right takes it as an argument.
    pub fn may<R: RightMarker>(&self) -> Result<Permit<R>, Forbidden> {
        self.rights.permit::<R>()
    }
}
