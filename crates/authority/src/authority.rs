use std::sync::Arc;

use jiff::SignedDuration;
use portage_catalog::{Catalog, Text};
use portage_federation::{EntityId, LogAddress, Rights, Tier};

use crate::{Keyring, MarkType};

/// Who vouches, as its configuration says.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Its Entity Identifier: the service's base URL.
    pub id: EntityId,
    /// Its name.
    pub name: Text,
    /// What it is.
    pub tier: Tier,
    /// What it holds by itself: what an anchor hands on from. With superiors, what they say counts.
    pub own: Rights,
    /// Its immediate superiors; none for an anchor.
    pub superiors: Vec<EntityId>,
    /// Where its public log is.
    pub log: LogAddress,
    /// The trust marks it knows: those it gives, and for an anchor those whose issuers it lists.
    pub marks: Vec<MarkType>,
    /// How long a statement lives: a suspension is known everywhere when it is over.
    pub statement_lifetime: SignedDuration,
}

/// An authority over its store.
pub struct Authority<S> {
    pub(crate) profile: Profile,
    pub(crate) keyring: Arc<dyn Keyring>,
    pub(crate) catalog: Catalog,
    pub(crate) store: S,
}

impl<S> Authority<S> {
    /// An authority that signs with the keys of this ring, and knows the types of this catalogue by name.
    pub fn new(profile: Profile, keyring: Arc<dyn Keyring>, catalog: Catalog, store: S) -> Self {
        Authority { profile, keyring, catalog, store }
    }

    /// Who vouches.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The types it knows by name.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The store.
    pub fn store(&self) -> &S {
        &self.store
    }
}
