use std::collections::BTreeSet;

use portage_catalog::Text;
use portage_federation::{EntityId, FederationKeys, Jurisdiction, LogAddress, Rights, TrustAnchor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An authority whose word is taken, with its keys pinned: an entry of `anchors` in `trust.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustedAnchor {
    /// Its Entity Identifier: an https address.
    pub id: String,
    /// What a person reads.
    pub name: Text,
    /// For whom it speaks: `CA`, `CA-BC`, `nation:…`.
    pub jurisdiction: String,
    /// The types it is believed about, itself or through whom it vouches for: a name, an address ending in `/*`, or `*`.
    pub types: BTreeSet<String>,
    /// Its public keys, each with its `kid`: what `authority init` prints.
    pub jwks: Value,
    /// Its public log: `{"url": …, "vkey": …}`. Without it, what its own configuration says counts, as far as a chain brings it along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<Value>,
}

impl TrustedAnchor {
    /// The anchor that chains are validated up to.
    ///
    /// # Errors
    /// What is wrong with the entry.
    pub fn to_anchor(&self) -> Result<TrustAnchor, String> {
        let id = EntityId::parse(&self.id).map_err(|error| format!("id: {error}"))?;
        let keys = FederationKeys::from_value(&self.jwks).map_err(|what| format!("jwks: {what}"))?;
        if keys.is_empty() {
            return Err("jwks: no key that can be used".to_owned());
        }
        let jurisdiction = Jurisdiction::parse(&self.jurisdiction)
            .map_err(|_| "jurisdiction: not a code of one, such as CA-BC".to_owned())?;
        let everything = Rights { types: Vec::new(), ..Rights::all_in(jurisdiction) };
        let rights = everything
            .issuing(self.types.iter().map(String::as_str))
            .map_err(|what| format!("types: {what}"))?;
        let log = self.log.as_ref().map(|log| LogAddress::from_value(log).ok_or("log: not a url and a vkey"));
        Ok(TrustAnchor { id, keys, name: Some(self.name.clone()), rights, log: log.transpose()? })
    }
}
