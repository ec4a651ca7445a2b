use portage_did::did_web;
use portage_oid4vci::IssuerIdentifier;
use portage_reason::Reason;
use portage_trust::{Authority, IssuerAuthorized};
use url::{Origin, Url};

/// The identifiers that a Credential Issuer Identifier stands for: the did:web of the URL, and the URL itself. Whoever controls the one
/// controls the other, so a credential of either is bound to the offer. To them come the DIDs that the issuer's superiors say are its own,
/// and each did:webvh of the address that the trust list names.
#[derive(Debug, Clone)]
pub(crate) struct IssuerIdentity {
    ids: Vec<String>,
    url: Option<Url>,
}

/// Most folders of an address that are taken for issuers.
const MAX_SEGMENTS: usize = 6;

impl IssuerIdentity {
    pub(crate) fn of(issuer: &IssuerIdentifier) -> Self {
        let url = Url::parse(issuer.as_str()).ok();
        let did = url.as_ref().and_then(|url| did_web(url).ok()).map(|did| did.to_string());
        IssuerIdentity { ids: did.into_iter().chain([issuer.as_str().to_owned()]).collect(), url }
    }

    /// Every issuer that the address could belong to: the one at its origin, and at each folder above it.
    pub(crate) fn above(address: &Url) -> Self {
        let mut base = address.clone();
        base.set_query(None);
        base.set_fragment(None);
        base.set_path("");
        let mut ids = Vec::new();
        let mut path = String::new();
        let segments = address.path_segments().into_iter().flatten();
        // A longer path names no issuer: each name may cost a question.
        for segment in std::iter::once("").chain(segments).take(MAX_SEGMENTS) {
            if !segment.is_empty() {
                path = format!("{path}/{segment}");
            }
            base.set_path(&path);
            let url = base.as_str().trim_end_matches('/').to_owned();
            ids.extend(did_web(&base).ok().map(|did| did.to_string()));
            ids.push(url);
        }
        IssuerIdentity { ids, url: Some(address.clone()) }
    }

    /// With the DIDs that the chain of its entity names as its own.
    pub(crate) fn with_identifiers(mut self, identifiers: impl IntoIterator<Item = String>) -> Self {
        for did in identifiers {
            if !self.ids.contains(&did) {
                self.ids.push(did);
            }
        }
        self
    }

    /// With each did:webvh of the same address that the authority knows: the address does not say which one it is, the authority does.
    pub(crate) fn known_to(mut self, authority: &dyn Authority) -> Self {
        let more = authority.did_webvh_beside(&self.ids);
        self.ids.extend(more.into_iter().filter(|id| !self.ids.contains(id)).collect::<Vec<_>>());
        self
    }

    pub(crate) fn ids(&self) -> &[String] {
        &self.ids
    }

    /// The host in ASCII, with its port where that is not the usual one.
    pub(crate) fn host(&self) -> String {
        self.url.as_ref().map(host_and_port).unwrap_or_default()
    }

    pub(crate) fn origin(&self) -> Origin {
        self.url.as_ref().map_or_else(Origin::new_opaque, Url::origin)
    }

    /// The right to issue a credential that is of each of these types, under whichever of its identifiers the authority knows the issuer.
    pub(crate) fn may_issue_all(
        &self,
        authority: &dyn Authority,
        types: &[&[&str]],
    ) -> Result<IssuerAuthorized, Reason> {
        let mut refusal = Reason::IssuerNotTrusted;
        for id in &self.ids {
            match authority.may_issue_all(id, types) {
                Ok(authorized) => return Ok(authorized),
                Err(Reason::IssuerNotTrusted) => {}
                Err(reason) => refusal = reason,
            }
        }
        Err(refusal)
    }
}

/// The host of an address in ASCII, with its port where that is not the usual one.
pub(crate) fn host_and_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_goes_by_its_did_and_its_url() {
        let issuer = IssuerIdentifier::parse("https://city.example/permits").unwrap();
        assert_eq!(
            IssuerIdentity::of(&issuer).ids(),
            ["did:web:city.example:permits", "https://city.example/permits"]
        );
    }

    #[test]
    fn an_offer_may_stand_below_its_issuer() {
        let identity =
            IssuerIdentity::above(&Url::parse("https://city.example/permits/offers/x?y=1").unwrap());
        assert!(identity.ids().contains(&"did:web:city.example".to_owned()));
        assert!(identity.ids().contains(&"did:web:city.example:permits".to_owned()));
        assert!(identity.ids().contains(&"https://city.example/permits".to_owned()));
    }
}
