use jiff::Timestamp;
use portage_catalog::{Catalog, Purpose, PurposeId, Text};
use portage_dcql::Query;
use portage_oid4vp::{ClientIdPrefix, PurposeInfo, ResolvedRequest};
use portage_reason::Reason;
use portage_trust::{Authority, ChainEvidence, LinkInLog, MayAsk, Role, VouchedPurpose};

use crate::{Beyond, beyond_purpose::beyond, history::Counterpart, issuer_identity::host_and_port};

/// Who asks, by what right and what for.
#[derive(Debug, Clone)]
pub struct Asker {
    /// The full Client Identifier.
    pub client_id: String,
    /// What the Client Identifier rests on.
    pub proved_by: ClientIdPrefix,
    /// The host the answer goes to, in ASCII.
    pub host: String,
    /// What the trust list, or an authority, says of them.
    pub standing: MayAsk,
    /// Why they ask.
    pub purpose: Option<ShownPurpose>,
    /// What they ask beyond the registered purpose.
    pub beyond_purpose: Vec<Beyond>,
    /// Whether what they brought along rests on a public log that does not hold: `log_proof_invalid`. It then counts for nothing.
    pub log: Result<(), Reason>,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PurposeSource {
    /// The catalogue's, for a purpose that the trust list registers for this verifier.
    Registered,
    /// An authority's, which signed the purpose for this verifier.
    Vouched(Box<VouchedBy>),
    /// The verifier's own, signed with the request; nobody else vouches for them.
    Told,
}

/// The authority behind a purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VouchedBy {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: Text,
    /// When its word ends.
    pub until: Timestamp,
    /// Where in its public log the purpose stands.
    pub log: LinkInLog,
    /// The chain on which it stands above the verifier.
    pub chain: ChainEvidence,
}

/// A purpose with the query that requests are held against: without one, nothing says what it allows.
struct Allowed {
    words: PurposeInfo,
    query: Query,
    source: PurposeSource,
}

impl Asker {
    pub(crate) fn of(request: &ResolvedRequest, authority: &dyn Authority, catalog: &Catalog) -> Self {
        let id = request.party();
        let told = request.purpose();
        let said = request.purpose_statement().map(|said| authority.vouched_purpose(id, said));
        let log = match &said {
            Some(Err(Reason::LogProofInvalid)) => Err(Reason::LogProofInvalid),
            Some(_) | None => authority.check_logs(id),
        };
        let vouched = said.and_then(Result::ok);
        // One chain end to end (T-11): the one that the request's key and addresses are of.
        let own = request.entity().and_then(|entity| authority.entity(entity, Role::Verifier));
        let vouched =
            vouched.filter(|vouched| own.as_ref().is_none_or(|own| own.chain.links == vouched.chain.links));
        // The statement of another purpose than the one the request names is none of this request.
        let vouched = vouched.filter(|vouched| told.is_none_or(|told| told.id == vouched.purpose.id));
        let named = told.map(|told| &told.id).or(vouched.as_ref().map(|vouched| &vouched.purpose.id));
        let mut standing = authority.may_ask(id, named);
        let registered = match (&standing, named) {
            (MayAsk::Registered(_), Some(named)) => catalog.purpose(named).and_then(Allowed::registered),
            _ => None,
        };
        let allowed = registered.or_else(|| {
            let vouched = vouched?;
            let known = vouched.verifier.clone();
            let allowed = Allowed::vouched(vouched)?;
            if !matches!(standing, MayAsk::Registered(_)) {
                standing = MayAsk::Registered(known);
            }
            Some(allowed)
        });
        let (purpose, beyond_purpose) = match allowed {
            Some(Allowed { words, query, source }) => {
                (Some(ShownPurpose { words, source }), beyond(request.query(), &query, catalog))
            }
            None => {
                let told = told.cloned();
                (told.map(|words| ShownPurpose { words, source: PurposeSource::Told }), Vec::new())
            }
        };
        let host = host_and_port(request.response_uri());
        let client_id = request.client_id().as_str().to_owned();
        // Whoever the trust list vouches for needs no log.
        let log = if matches!(standing, MayAsk::Registered(_)) { Ok(()) } else { log };
        let proved_by = request.client_id().prefix();
        Asker { client_id, proved_by, host, standing, purpose, beyond_purpose, log }
    }

    /// Whether somebody vouches for them and for the purpose, and they ask no more than it allows. Anything else is answered only after
    /// a second, explicit consent.
    pub fn is_vouched_for(&self) -> bool {
        self.has_vouched_purpose() && self.beyond_purpose.is_empty()
    }

    /// Whether somebody vouches for them and for a purpose of which the wallet knows what it allows. A purpose that is registered by name
    /// alone allows nothing.
    pub fn has_vouched_purpose(&self) -> bool {
        let source = self.purpose.as_ref().map(|purpose| &purpose.source);
        matches!(self.standing, MayAsk::Registered(_))
            && source.is_some_and(|source| *source != PurposeSource::Told)
    }

    /// Whether a registered purpose, whose query the wallet knows, covers this Credential Query of the request: what a protected type needs.
    pub(crate) fn is_registered_for(&self, query: &str) -> bool {
        self.has_vouched_purpose() && !self.beyond_purpose.iter().any(|beyond| beyond.query == query)
    }

    /// The message that says in words what the Client Identifier proves, and what not.
    pub fn proof_message(&self) -> &'static str {
        match self.proved_by {
            ClientIdPrefix::DecentralizedIdentifier => "consent.proved_by_did",
            ClientIdPrefix::OpenidFederation => "consent.proved_by_federation",
            ClientIdPrefix::X509SanDns => "consent.proved_by_host_certificate",
            ClientIdPrefix::X509Hash => "consent.proved_by_certificate",
            _ => "consent.proved_by_nothing",
        }
    }

    /// The name the trust list, or an authority, vouches for.
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

    /// Where they belong, as far as a chain says so: the first jurisdiction on the way up.
    pub(crate) fn jurisdiction(&self) -> Option<String> {
        let (MayAsk::Registered(known) | MayAsk::NotRegistered(known)) = &self.standing else { return None };
        known.chain.as_ref()?.links.iter().find_map(|link| link.jurisdiction.clone())
    }

    pub(crate) fn counterpart(&self) -> Counterpart {
        Counterpart { id: self.client_id.clone(), name: self.name().cloned(), host: self.host.clone() }
    }
}

impl Allowed {
    /// A purpose of the catalogue, which the trust list registers.
    fn registered(purpose: &Purpose) -> Option<Self> {
        let query = Query::parse(&purpose.query).ok()?;
        Some(Allowed { words: PurposeInfo::of(purpose), query, source: PurposeSource::Registered })
    }

    /// A purpose that an authority signed.
    fn vouched(vouched: VouchedPurpose) -> Option<Self> {
        let query = Query::parse(&vouched.purpose.query).ok()?;
        let words = PurposeInfo::of(&vouched.purpose);
        let VouchedPurpose { authority: id, authority_name: name, until, log, chain, .. } = vouched;
        let by = VouchedBy { id, name, until, log, chain };
        Some(Allowed { words, query, source: PurposeSource::Vouched(Box::new(by)) })
    }
}
