use jiff::Timestamp;
use portage_federation::{RetiredKey, RetiredReason};
use portage_keys::base64url;
use serde::{Deserialize, Serialize};

/// A key of a listed issuer that no longer counts: for those who know it from elsewhere than a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedKey {
    /// The key's thumbprint (RFC 7638, SHA-256), in base64url.
    pub thumbprint: String,
    /// From when on.
    pub at: Timestamp,
    /// Why.
    pub reason: ListedReason,
}

/// Why a key no longer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListedReason {
    /// It is out of use; what it signed before stands.
    Superseded,
    /// Somebody else may have it; nothing that it signed stands.
    Compromised,
}

impl ListedKey {
    /// What is wrong with the entry.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        let is_digest = base64url::decode(&self.thumbprint).is_ok_and(|digest| digest.len() == 32);
        if is_digest { Ok(()) } else { Err("thumbprint: 43 characters, SHA-256 in base64url") }
    }

    /// As a superior would say it.
    pub(crate) fn retired(&self) -> RetiredKey {
        let reason = match self.reason {
            ListedReason::Superseded => RetiredReason::Superseded,
            ListedReason::Compromised => RetiredReason::Compromised,
        };
        RetiredKey { thumbprint: self.thumbprint.clone(), at: self.at, reason }
    }
}
