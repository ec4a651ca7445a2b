use portage_catalog::{Catalog, PurposeId, Text};
use portage_dcql::Query;
use portage_oid4vp::{PurposeInfo, ResolvedRequest};
use portage_trust::{Authority, MayAsk};

use crate::{Beyond, beyond_purpose::beyond, history::Counterpart, issuer_identity::host_and_port};

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
    /// What they ask beyond the registered purpose, where the wallet knows what that purpose allows.
    pub beyond_purpose: Vec<Beyond>,
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
            (MayAsk::Registered(_), Some(told)) => catalog.purpose(&told.id),
            _ => None,
        };
        let beyond_purpose = registered
            .and_then(|purpose| Query::parse(&purpose.query).ok())
            .map(|allowed| beyond(request.query(), &allowed, catalog))
            .unwrap_or_default();
        let purpose = match (registered.map(PurposeInfo::of), told) {
            (Some(words), _) => Some(ShownPurpose { words, source: PurposeSource::Registered }),
            (None, Some(told)) => Some(ShownPurpose { words: told.clone(), source: PurposeSource::Told }),
            (None, None) => None,
        };
        let host = host_and_port(request.response_uri());
        Asker { client_id: request.client_id().as_str().to_owned(), host, standing, purpose, beyond_purpose }
    }

    /// Whether the trust list knows them, the purpose is theirs, and they ask no more than it allows. Anything else is answered only after
    /// a second, explicit consent.
    pub fn is_vouched_for(&self) -> bool {
        matches!(self.standing, MayAsk::Registered(_)) && self.beyond_purpose.is_empty()
    }

    /// Whether a registered purpose, whose query the wallet knows, covers this Credential Query of the request: what a protected type needs.
    pub(crate) fn is_registered_for(&self, query: &str) -> bool {
        let source = self.purpose.as_ref().map(|purpose| purpose.source);
        source == Some(PurposeSource::Registered)
            && !self.beyond_purpose.iter().any(|beyond| beyond.query == query)
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
