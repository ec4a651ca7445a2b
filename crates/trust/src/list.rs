use portage_catalog::PurposeId;
use portage_reason::Reason;

use crate::{Authority, IssuerAuthorized, MayAsk};

/// `trust.json`: `{"issuers":[{"id","name":{en,fr},"tier","types":[…]}],"verifiers":[{"id","name","purposes":[…]}]}`.
#[derive(Debug, Clone, Default)]
pub struct TrustList {}

/// Not a trust list: says where, with line and column for syntax.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("trust.json: {0}")]
pub struct TrustError(pub String);

impl TrustList {
    /// Reads the file. Unknown members are refused (a typing error must not widen trust), an id twice is refused.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, TrustError> {
        let _ = bytes;
        todo!()
    }
}

impl Authority for TrustList {
    fn may_issue(&self, issuer: &str, types: &[&str]) -> Result<IssuerAuthorized, Reason> {
        let _ = (issuer, types);
        todo!()
    }

    fn may_ask(&self, verifier: &str, purpose: Option<&PurposeId>) -> MayAsk {
        let _ = (verifier, purpose);
        todo!()
    }
}
