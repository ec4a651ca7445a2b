//! Trust chains (§4, §10.2): from what an entity says of itself, link by link, to keys that are pinned here.

use jiff::Timestamp;
use portage_reason::Reason;
use portage_transparency_log::ProofInvalid;

use crate::{
    EntityConfiguration, EntityId, EntityStatement, FederationKeys, HeldRights, LEEWAY, Metadata,
    MetadataPolicy, PolicyError, ResolvedEntity, StatementError, SubordinateStatement, TrustAnchor,
    TrustAnchors, UnverifiedStatement, resolved_entity::PathEntity,
};

/// The most statements of a chain (T-08).
pub const MAX_STATEMENTS: usize = 8;

/// The rules of a chain; see [`TrustChain::validate`].
#[derive(Debug, Clone, Copy)]
pub struct TrustChain;

/// Why a chain was refused, and at which statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{fault}{}", self.place())]
pub struct ChainError {
    /// Its place in the chain: 0 is the subject's own.
    pub statement: Option<usize>,
    /// Whom that statement is about, as far as it can be read.
    pub about: Option<EntityId>,
    /// What is wrong.
    pub fault: ChainFault,
}

/// What can be wrong with a chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// No statement, or more than [`MAX_STATEMENTS`].
    #[error("a chain has one to eight statements")]
    Length,
    /// A statement by itself.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// Not: a configuration, statements about others, perhaps a configuration.
    #[error("a statement of the wrong kind for its place")]
    Kind,
    /// `iss` is not the `sub` of the next.
    #[error("it does not link to the next statement")]
    NotLinked,
    /// The subject does not name this superior in `authority_hints`.
    #[error("its issuer is no authority that its subject names")]
    NotHinted,
    /// The key that signed what the subject says of itself is not the one its superior vouches for.
    #[error("signed with a key that the superior does not vouch for")]
    KeyNotVouched,
    /// No anchor that is pinned here stands at the end.
    #[error("no pinned anchor at its end")]
    NoAnchor,
    /// `max_path_length`.
    #[error("more intermediates than a superior allows")]
    PathLength,
    /// `naming_constraints`.
    #[error("an entity outside the names that a superior allows")]
    Naming,
    /// The metadata policies contradict each other, or the metadata does not satisfy them.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

impl ChainError {
    /// `trust_chain_invalid`, whatever it is.
    pub fn reason(&self) -> Reason {
        Reason::TrustChainInvalid
    }

    fn place(&self) -> String {
        match (self.statement, &self.about) {
            (Some(statement), Some(about)) => format!(" (statement {statement}, about {about})"),
            (Some(statement), None) => format!(" (statement {statement})"),
            _ => String::new(),
        }
    }
}

impl TrustChain {
    /// Validates a chain, subject first, and resolves its subject: who it is, its metadata after all policies, what it may do. The anchor's own
    /// configuration may be left out at the end (§4). Of the anchor only what is pinned here counts: a statement that copies its
    /// id and brings another key is refused.
    ///
    /// Everything in the result comes from this one chain.
    ///
    /// # Errors
    /// [`ChainError`].
    pub fn validate<S: AsRef<str>>(
        statements: &[S],
        anchors: &TrustAnchors,
        now: Timestamp,
    ) -> Result<ResolvedEntity, ChainError> {
        if statements.is_empty() || statements.len() > MAX_STATEMENTS {
            return Err(ChainFault::Length.somewhere());
        }
        let mut parsed = Vec::with_capacity(statements.len());
        for (place, statement) in statements.iter().enumerate() {
            parsed.push(UnverifiedStatement::parse(statement.as_ref()).map_err(|error| ChainError {
                statement: Some(place),
                about: None,
                fault: error.into(),
            })?);
        }
        let shape = Shape::of(&parsed)?;
        let anchor = anchors.anchor(&shape.anchor).ok_or_else(|| ChainFault::NoAnchor.somewhere())?;
        check_links(&parsed, anchor)?;
        let (own, superiors, anchor_configuration) = verify(parsed, &shape, anchor, now)?;
        check_constraints(&own, &superiors)?;
        let metadata = resolve_metadata(&own, &superiors)?;
        Ok(resolved(own, superiors, anchor_configuration, anchor, metadata))
    }
}

impl ChainFault {
    fn somewhere(self) -> ChainError {
        ChainError { statement: None, about: None, fault: self }
    }

    fn at(self, place: usize, about: &EntityId) -> ChainError {
        ChainError { statement: Some(place), about: Some(about.clone()), fault: self }
    }
}

/// Which statements are which.
struct Shape {
    anchor: EntityId,
    /// Whether the anchor's own configuration is there at the end, apart from the subject's.
    ends_with_configuration: bool,
}

impl Shape {
    fn of(parsed: &[UnverifiedStatement]) -> Result<Self, ChainError> {
        let last = parsed.len().saturating_sub(1);
        let mut shape = None;
        for (place, statement) in parsed.iter().enumerate() {
            let statement = statement.unverified();
            let is_configuration = matches!(statement, EntityStatement::Configuration(_));
            if is_configuration != (place == 0) && !(is_configuration && place == last) {
                return Err(ChainFault::Kind.at(place, statement.subject()));
            }
            if place == last {
                let ends_with_configuration = is_configuration && place > 0;
                shape = Some(Shape { anchor: statement.issuer().clone(), ends_with_configuration });
            }
        }
        shape.ok_or_else(|| ChainFault::Length.somewhere())
    }
}

/// `ES[j].iss` is `ES[j+1].sub`, and the subject names its superior. No signature is looked at before this holds: it costs less (§10.2).
fn check_links(parsed: &[UnverifiedStatement], anchor: &TrustAnchor) -> Result<(), ChainError> {
    for (place, pair) in parsed.windows(2).enumerate() {
        let [lower, upper] = pair else { continue };
        let (lower, upper) = (lower.unverified(), upper.unverified());
        if lower.issuer() != upper.subject() {
            return Err(ChainFault::NotLinked.at(place, lower.subject()));
        }
        if let (0, EntityStatement::Configuration(own)) = (place, lower)
            && !own.authority_hints.contains(upper.issuer())
        {
            // A chain of the anchor about itself has no superior to name.
            let of_the_anchor = own.id == anchor.id && upper.issuer() == upper.subject();
            if !of_the_anchor {
                return Err(ChainFault::NotHinted.at(place + 1, upper.subject()));
            }
        }
    }
    Ok(())
}

type Verified = (EntityConfiguration, Vec<SubordinateStatement>, Option<EntityConfiguration>);

/// Each signature with the keys that the next statement vouches for, the last with the pinned ones.
fn verify(
    parsed: Vec<UnverifiedStatement>,
    shape: &Shape,
    anchor: &TrustAnchor,
    now: Timestamp,
) -> Result<Verified, ChainError> {
    let mut keys: FederationKeys = anchor.keys.clone();
    let (mut own, mut superiors, mut anchor_configuration) = (None, Vec::new(), None);
    let last = parsed.len().saturating_sub(1);
    for (place, unverified) in parsed.into_iter().enumerate().rev() {
        let about = unverified.unverified().subject().clone();
        let refused = |fault: ChainFault| fault.at(place, &about);
        if place == 0 && !own_key_is_vouched(&unverified, &keys) {
            return Err(refused(ChainFault::KeyNotVouched));
        }
        let verified = unverified.verify(&keys, now).map_err(|error| refused(error.into()))?;
        keys = verified.statement().keys().clone();
        match verified.into_statement() {
            EntityStatement::Subordinate(statement) => superiors.push(statement),
            EntityStatement::Configuration(configuration) if place == 0 => own = Some(configuration),
            EntityStatement::Configuration(configuration)
                if place == last && shape.ends_with_configuration =>
            {
                anchor_configuration = Some(configuration);
            }
            EntityStatement::Configuration(_) => return Err(refused(ChainFault::Kind)),
        }
    }
    superiors.reverse();
    let own = own.ok_or_else(|| ChainFault::Length.somewhere())?;
    Ok((own, superiors, anchor_configuration))
}

/// §4: what the subject says of itself is signed with a key of its own `jwks` **and** of those its superior vouches for. Both say the same of
/// this `kid`, so one verification does for both.
fn own_key_is_vouched(unverified: &UnverifiedStatement, vouched: &FederationKeys) -> bool {
    let kid = unverified.kid();
    let own = unverified.unverified().keys().key(kid);
    own.is_some() && own == vouched.key(kid)
}

/// The constraints of each statement, each for itself (§6.2). `superiors[0]` is the statement about the subject.
fn check_constraints(
    own: &EntityConfiguration,
    superiors: &[SubordinateStatement],
) -> Result<(), ChainError> {
    for (below, setter) in superiors.iter().enumerate() {
        let Some(constraints) = &setter.constraints else { continue };
        let place = below + 1;
        if !constraints.allows_path_length(below) {
            return Err(ChainFault::PathLength.at(place, &setter.subject));
        }
        let subjects = superiors.iter().take(place).map(|statement| &statement.subject);
        if let Some(outside) = subjects.chain([&own.id]).find(|id| !constraints.allows_name(id)) {
            return Err(ChainFault::Naming.at(place, outside));
        }
    }
    Ok(())
}

/// What the immediate superior says, then the allowed entity types, then the policies from the anchor downwards (§6.1.4, §6.2.3).
fn resolve_metadata(
    own: &EntityConfiguration,
    superiors: &[SubordinateStatement],
) -> Result<Metadata, ChainError> {
    let mut metadata = own.metadata.clone();
    if let Some(immediate) = superiors.first() {
        metadata = metadata.overridden_by(&immediate.metadata);
    }
    let constraints = || superiors.iter().filter_map(|statement| statement.constraints.as_ref());
    metadata =
        metadata.limited_to(|name| constraints().all(|constraints| constraints.allows_entity_type(name)));
    let mut policy = MetadataPolicy::default();
    for (below, statement) in superiors.iter().enumerate().rev() {
        let Some(next) = &statement.metadata_policy else { continue };
        policy =
            policy.merge(next).map_err(|error| ChainFault::from(error).at(below + 1, &statement.subject))?;
    }
    policy.apply(metadata).map_err(|error| ChainFault::from(error).at(0, &own.id))
}

fn resolved(
    own: EntityConfiguration,
    superiors: Vec<SubordinateStatement>,
    anchor_configuration: Option<EntityConfiguration>,
    anchor: &TrustAnchor,
    metadata: Metadata,
) -> ResolvedEntity {
    let said = |from: usize| superiors.iter().skip(from).rev().map(|statement| statement.rights.as_ref());
    let anchor_name =
        anchor.name.clone().or_else(|| anchor_configuration.as_ref()?.metadata.organization_name());
    let pinned_log = anchor.log.clone();
    let anchor_log = pinned_log.or_else(|| anchor_configuration.as_ref()?.metadata.log());
    // The log of whoever speaks: what the one above says it is.
    let log_of_superior =
        |below: usize| superiors.get(below + 1).map_or(anchor_log.clone(), |upper| upper.metadata.log());
    let mut path: Vec<_> = superiors
        .iter()
        .enumerate()
        .map(|(below, statement)| {
            let held = HeldRights::narrow(&anchor.rights, said(below));
            PathEntity {
                id: statement.subject.clone(),
                name: statement.metadata.organization_name(),
                tier: held.tier(),
                jurisdiction: held.jurisdiction().cloned(),
                granted: statement.rights.clone(),
                keys: statement.keys.clone(),
                issued_at: statement.issued_at,
                expires_at: statement.expires_at,
                log: statement.metadata.log(),
                logged: statement.rights.as_ref().map(|_| match log_of_superior(below) {
                    Some(log) => statement.verify_log(&log),
                    None => Err(ProofInvalid("nobody says which log its issuer has")),
                }),
            }
        })
        .collect();
    path.push(PathEntity {
        id: anchor.id.clone(),
        name: anchor_name,
        tier: HeldRights::narrow(&anchor.rights, []).tier(),
        jurisdiction: Some(anchor.rights.jurisdiction.clone()),
        granted: Some(anchor.rights.clone()),
        keys: anchor_configuration.as_ref().map_or_else(|| anchor.keys.clone(), |anchor| anchor.keys.clone()),
        issued_at: superiors.last().map_or(own.issued_at, |statement| statement.issued_at),
        expires_at: anchor_configuration.as_ref().map_or(own.expires_at, |anchor| anchor.expires_at),
        log: anchor_log,
        logged: None,
    });
    let dates = |of_configuration: fn(&EntityConfiguration) -> Timestamp,
                 of_statement: fn(&SubordinateStatement) -> Timestamp| {
        let configurations = [Some(&own), anchor_configuration.as_ref()].into_iter().flatten();
        configurations.map(of_configuration).chain(superiors.iter().map(of_statement)).min()
    };
    let expires_at = dates(|own| own.expires_at, |statement| statement.expires_at).unwrap_or(own.expires_at);
    let issued_at = dates(|own| own.issued_at, |statement| statement.issued_at).unwrap_or(own.issued_at);
    let rights = HeldRights::narrow(&anchor.rights, said(0));
    let (trust_mark_issuers, trust_mark_owners) = anchor_configuration
        .map(|anchor| (anchor.trust_mark_issuers, anchor.trust_mark_owners))
        .unwrap_or_default();
    let keys = superiors.first().map_or(own.keys, |immediate| immediate.keys.clone());
    ResolvedEntity {
        id: own.id,
        metadata,
        keys,
        rights,
        path,
        issued_at,
        expires_at,
        trust_marks: own.trust_marks,
        trust_mark_issuers,
        trust_mark_owners,
    }
}

/// Whether a time is over, the leeway counted in.
pub(crate) fn is_over(end: Timestamp, now: Timestamp) -> bool {
    end <= now.checked_sub(LEEWAY).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests;
