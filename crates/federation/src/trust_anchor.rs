use std::collections::BTreeMap;

use portage_catalog::Text;

use crate::{EntityId, FederationKeys, LogAddress, Rights};

/// An anchor as it is pinned here: nothing that it or anybody else publishes changes its keys, its name or what it is believed for (T-07).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustAnchor {
    /// Its identifier.
    pub id: EntityId,
    /// The keys its statements are verified with.
    pub keys: FederationKeys,
    /// Its name.
    pub name: Option<Text>,
    /// What it is believed for: the outermost bound of every right that comes from it.
    pub rights: Rights,
    /// Its public log. `None`: what its Entity Configuration says, which its pinned keys sign, when the chain brings it along.
    pub log: Option<LogAddress>,
}

/// The anchors of a deployment. Empty: nobody is trusted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustAnchors(BTreeMap<EntityId, TrustAnchor>);

impl TrustAnchors {
    /// The anchor of this id.
    pub fn anchor(&self, id: &EntityId) -> Option<&TrustAnchor> {
        self.0.get(id)
    }

    /// The anchors, by id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &TrustAnchor> {
        self.0.values()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<TrustAnchor> for TrustAnchors {
    fn from_iter<I: IntoIterator<Item = TrustAnchor>>(anchors: I) -> Self {
        TrustAnchors(anchors.into_iter().map(|anchor| (anchor.id.clone(), anchor)).collect())
    }
}
