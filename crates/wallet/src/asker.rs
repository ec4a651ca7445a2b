use portage_catalog::{Catalog, PurposeId, Text};
use portage_oid4vp::{PurposeInfo, ResolvedRequest};
use portage_trust::{Authority, MayAsk};

use crate::history::Counterpart;

/// Who asks, by what right and what for.
#[derive(Debug, Clone)]
pub struct Asker {
    /// The full Client Identifier.
    pub client_id: String,
    /// The host the answer goes to, in ASCII.
    pub host: String,
    /// What the trust list says of them.
    pub standing: MayAsk,
    /// Why they ask.
    pub purpose: Option<ShownPurpose>,
}

/// Why they ask.
#[derive(Debug, Clone)]
pub struct ShownPurpose {
    /// The words: what for, by what law, how to do it without a wallet, how long answers are kept.
    pub words: PurposeInfo,
    /// Whose words these are.
    pub source: PurposeSource,
}

/// Whose words describe the purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PurposeSource {
    /// The catalogue's, for a purpose registered for this verifier.
    Registered,
    /// The verifier's own, signed with the request; nobody else vouches for them.
    Told,
}

impl Asker {
    pub(crate) fn of(request: &ResolvedRequest, authority: &dyn Authority, catalog: &Catalog) -> Self {
        let id = request.did().map_or_else(|| request.client_id().as_str(), |did| did.as_str());
        let told = request.purpose();
        let standing = authority.may_ask(id, told.map(|purpose| &purpose.id));
        let registered = match (&standing, told) {
            (MayAsk::Registered(_), Some(told)) => catalog.purpose(&told.id).map(PurposeInfo::of),
            _ => None,
        };
        let purpose = match (registered, told) {
            (Some(words), _) => Some(ShownPurpose { words, source: PurposeSource::Registered }),
            (None, Some(told)) => Some(ShownPurpose { words: told.clone(), source: PurposeSource::Told }),
            (None, None) => None,
        };
        let host = request.response_uri().host_str().unwrap_or_default().to_owned();
        Asker { client_id: request.client_id().as_str().to_owned(), host, standing, purpose }
    }

    /// Whether the trust list knows them and the purpose is theirs. Anybody else is answered only after a second, explicit consent.
    pub fn is_registered(&self) -> bool {
        matches!(self.standing, MayAsk::Registered(_))
    }

    /// The name the trust list vouches for.
    pub fn name(&self) -> Option<&Text> {
        match &self.standing {
            MayAsk::Registered(known) | MayAsk::NotRegistered(known) => Some(&known.name),
            MayAsk::Unknown => None,
        }
    }

    /// The purpose's id.
    pub fn purpose_id(&self) -> Option<&PurposeId> {
        self.purpose.as_ref().map(|purpose| &purpose.words.id)
    }

    pub(crate) fn counterpart(&self) -> Counterpart {
        Counterpart { id: self.client_id.clone(), name: self.name().cloned(), host: self.host.clone() }
    }
}
