//! Entity Statements (§3): what an entity says of itself, and what a superior says of it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use portage_jose::{Header, JwtError, NumericDate, UnverifiedJwt};
use portage_keys::{Signer, SigningFailure};
use portage_reason::Reason;
use portage_strict_json::Limits;
use portage_transparency_log::ProofInvalid;
use serde_json::{Map, Value, json};
use url::Url;

use crate::{
    Constraints, EntityId, FederationKeys, LOG_EVIDENCE_CLAIM, LogEvidence, Metadata, MetadataPolicy,
    PolicyError, RIGHTS_CLAIM, Rights,
};

/// `typ` of an Entity Statement (§3).
pub const ENTITY_STATEMENT_TYP: &str = "entity-statement+jwt";
/// Its media type.
pub const ENTITY_STATEMENT_MEDIA_TYPE: &str = "application/entity-statement+jwt";
/// How far clocks may differ (§3.2).
pub const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

/// What an entity says of itself (§3.1.2).
#[derive(Debug, Clone, PartialEq)]
pub struct EntityConfiguration {
    /// `iss` and `sub`.
    pub id: EntityId,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `exp`.
    pub expires_at: Timestamp,
    /// `jwks`.
    pub keys: FederationKeys,
    /// `authority_hints`: its immediate superiors; empty for an anchor without any.
    pub authority_hints: Vec<EntityId>,
    /// `trust_anchor_hints`.
    pub trust_anchor_hints: Vec<EntityId>,
    /// `metadata`.
    pub metadata: Metadata,
    /// `trust_marks`.
    pub trust_marks: Vec<CarriedTrustMark>,
    /// `trust_mark_issuers`: type → who may issue it, anybody when empty. Counts in an anchor's alone.
    pub trust_mark_issuers: BTreeMap<String, Vec<EntityId>>,
    /// `trust_mark_owners`. Counts in an anchor's alone.
    pub trust_mark_owners: BTreeMap<String, TrustMarkOwner>,
}

/// An entry of `trust_marks`: not looked at until somebody asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarriedTrustMark {
    /// `trust_mark_type`.
    pub trust_mark_type: String,
    /// `trust_mark`: a JWT.
    pub trust_mark: String,
}

/// An entry of `trust_mark_owners`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustMarkOwner {
    /// `sub`.
    pub id: EntityId,
    /// `jwks`.
    pub keys: FederationKeys,
}

/// What a superior says of an entity immediately below it (§3.1.3).
#[derive(Debug, Clone, PartialEq)]
pub struct SubordinateStatement {
    /// `iss`.
    pub issuer: EntityId,
    /// `sub`.
    pub subject: EntityId,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `exp`.
    pub expires_at: Timestamp,
    /// `jwks`: the subject's.
    pub keys: FederationKeys,
    /// `metadata`: in the place of what the subject says under these names.
    pub metadata: Metadata,
    /// `metadata_policy`.
    pub metadata_policy: Option<MetadataPolicy>,
    /// `constraints`.
    pub constraints: Option<Constraints>,
    /// [`RIGHTS_CLAIM`], named in `crit`.
    pub rights: Option<Rights>,
    /// `source_endpoint`.
    pub source_endpoint: Option<Url>,
    /// [`LOG_EVIDENCE_CLAIM`]: that the issuer published these rights.
    pub log_evidence: Option<LogEvidence>,
}

/// One of the two.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "a chain has eight of them at most; a box would stand in every match"
)]
pub enum EntityStatement {
    /// `iss` is `sub`.
    Configuration(EntityConfiguration),
    /// `iss` is another.
    Subordinate(SubordinateStatement),
}

/// Why a statement was refused. As part of a chain every one of them is `trust_chain_invalid`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// The JWT around it.
    #[error(transparent)]
    Jwt(#[from] JwtError),
    /// A claim that is missing or of another shape, or that does not belong into this kind of statement.
    #[error("not an Entity Statement: {0}")]
    Malformed(&'static str),
    /// `crit` or `metadata_policy_crit` demands what is not known here.
    #[error("a statement that demands something unknown")]
    UnknownCritical,
    /// A metadata policy that does not hold.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// `kid` names none of the keys that may have signed.
    #[error("no key of the issuer under this kid")]
    KeyNotFound,
    /// `exp`.
    #[error("a statement whose time is over")]
    Expired,
    /// `iat`.
    #[error("a statement from the future")]
    NotYetValid,
    /// That it was published is not shown.
    #[error(transparent)]
    Log(#[from] ProofInvalid),
}

impl StatementError {
    /// The reason of the same meaning, for a statement that stands alone.
    pub fn reason(&self) -> Reason {
        match self {
            StatementError::Jwt(error) => error.reason(),
            StatementError::Malformed(_) => Reason::Malformed,
            StatementError::UnknownCritical | StatementError::Policy(_) => Reason::TrustChainInvalid,
            StatementError::KeyNotFound => Reason::KeyNotFound,
            StatementError::Expired => Reason::Expired,
            StatementError::NotYetValid => Reason::NotYetValid,
            StatementError::Log(invalid) => invalid.reason(),
        }
    }
}

/// A statement as it arrived: parsed, its claims of the right shape, and nothing more.
#[derive(Clone)]
pub struct UnverifiedStatement {
    jwt: UnverifiedJwt,
    kid: String,
    statement: EntityStatement,
}

/// A statement whose signature was verified with a key of its issuer, and whose time it is. `verify` makes it, and nothing else.
#[derive(Debug, Clone)]
pub struct VerifiedStatement {
    statement: EntityStatement,
}

impl UnverifiedStatement {
    /// Parses a statement of at most 256 KiB and checks all that can be seen without a key (§3.2): `typ`, `alg`, `kid`, the claims and
    /// which of the two kinds of statement they belong into, `crit`. Claims that are not known are kept out of sight and harm nothing.
    ///
    /// # Errors
    /// [`StatementError`].
    pub fn parse(compact: &str) -> Result<Self, StatementError> {
        let jwt = UnverifiedJwt::parse_within(compact, Limits::METADATA)?;
        let header = jwt.header();
        if !header.typ_is_one_of(&[ENTITY_STATEMENT_TYP]) {
            return Err(JwtError::TypeMismatch.into());
        }
        if header.member("trust_chain").is_some() || header.member("peer_trust_chain").is_some() {
            return Err(StatementError::Malformed("a statement that carries a chain"));
        }
        let kid = header.kid().filter(|kid| !kid.is_empty());
        let kid = kid.ok_or(StatementError::Malformed("kid is missing"))?.to_owned();
        let statement = EntityStatement::from_claims(jwt.unverified_claims())?;
        Ok(UnverifiedStatement { jwt, kid, statement })
    }

    /// The `kid` of the key it claims to be signed with.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// What it says, not yet verified: good for finding keys and for following hints, for nothing else.
    pub fn unverified(&self) -> &EntityStatement {
        &self.statement
    }

    /// Verifies the signature with the key of its issuer that `kid` names, and the times.
    ///
    /// # Errors
    /// [`StatementError`].
    pub fn verify(
        self,
        issuer: &FederationKeys,
        now: Timestamp,
    ) -> Result<VerifiedStatement, StatementError> {
        let key = issuer.key(&self.kid).ok_or(StatementError::KeyNotFound)?;
        self.jwt.verify(key, &[ENTITY_STATEMENT_TYP])?;
        self.statement.check_time(now)?;
        Ok(VerifiedStatement { statement: self.statement })
    }

    /// Verifies what an entity says of itself with its own keys: it is consistent, and says nothing about whose it is.
    ///
    /// # Errors
    /// [`StatementError`].
    pub fn verify_self_signed(self, now: Timestamp) -> Result<VerifiedStatement, StatementError> {
        match &self.statement {
            EntityStatement::Subordinate(_) => {
                Err(StatementError::Malformed("a statement about another entity"))
            }
            EntityStatement::Configuration(configuration) => {
                let keys = configuration.keys.clone();
                self.verify(&keys, now)
            }
        }
    }
}

impl VerifiedStatement {
    /// What it says.
    pub fn statement(&self) -> &EntityStatement {
        &self.statement
    }

    /// What it says, to keep.
    pub fn into_statement(self) -> EntityStatement {
        self.statement
    }
}

impl std::fmt::Debug for UnverifiedStatement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UnverifiedStatement")
            .field("issuer", self.statement.issuer())
            .field("subject", self.statement.subject())
            .finish_non_exhaustive()
    }
}

impl EntityStatement {
    /// `iss`.
    pub fn issuer(&self) -> &EntityId {
        match self {
            EntityStatement::Configuration(configuration) => &configuration.id,
            EntityStatement::Subordinate(statement) => &statement.issuer,
        }
    }

    /// `sub`.
    pub fn subject(&self) -> &EntityId {
        match self {
            EntityStatement::Configuration(configuration) => &configuration.id,
            EntityStatement::Subordinate(statement) => &statement.subject,
        }
    }

    /// `jwks`: the subject's.
    pub fn keys(&self) -> &FederationKeys {
        match self {
            EntityStatement::Configuration(configuration) => &configuration.keys,
            EntityStatement::Subordinate(statement) => &statement.keys,
        }
    }

    /// `iat`.
    pub fn issued_at(&self) -> Timestamp {
        match self {
            EntityStatement::Configuration(configuration) => configuration.issued_at,
            EntityStatement::Subordinate(statement) => statement.issued_at,
        }
    }

    /// `exp`.
    pub fn expires_at(&self) -> Timestamp {
        match self {
            EntityStatement::Configuration(configuration) => configuration.expires_at,
            EntityStatement::Subordinate(statement) => statement.expires_at,
        }
    }

    pub(crate) fn check_time(&self, now: Timestamp) -> Result<(), StatementError> {
        let soonest = now.checked_add(LEEWAY).unwrap_or(Timestamp::MAX);
        let latest = now.checked_sub(LEEWAY).unwrap_or(Timestamp::MIN);
        if self.issued_at() > soonest {
            return Err(StatementError::NotYetValid);
        }
        if self.expires_at() <= latest {
            return Err(StatementError::Expired);
        }
        Ok(())
    }

    fn from_claims(claims: &Map<String, Value>) -> Result<Self, StatementError> {
        let claims = Claims(claims);
        let issuer = claims.entity("iss")?;
        let subject = claims.entity("sub")?;
        let keys = claims.required("jwks")?;
        let common = Common {
            issued_at: claims.date("iat")?,
            expires_at: claims.date("exp")?,
            keys: FederationKeys::from_value(keys).map_err(StatementError::Malformed)?,
            metadata: claims.read("metadata", Metadata::from_value)?.unwrap_or_default(),
        };
        claims.refuse(&REGISTRATION_CLAIMS, "a claim of an explicit registration")?;
        if issuer == subject {
            claims.configuration(subject, common).map(EntityStatement::Configuration)
        } else {
            claims.subordinate(issuer, subject, common).map(EntityStatement::Subordinate)
        }
    }
}

/// Claims that stand in explicit registrations alone (§3.1.4, §3.1.5).
const REGISTRATION_CLAIMS: [&str; 2] = ["aud", "trust_anchor"];
/// Claims that stand in Entity Configurations alone (§3.1.2).
const CONFIGURATION_CLAIMS: [&str; 5] =
    ["authority_hints", "trust_anchor_hints", "trust_marks", "trust_mark_issuers", "trust_mark_owners"];
/// Claims that stand in Subordinate Statements alone (§3.1.3).
const SUBORDINATE_CLAIMS: [&str; 4] =
    ["metadata_policy", "metadata_policy_crit", "constraints", "source_endpoint"];

/// What both kinds have.
struct Common {
    issued_at: Timestamp,
    expires_at: Timestamp,
    keys: FederationKeys,
    metadata: Metadata,
}

/// The claims of a statement, on their way into one of the two kinds.
struct Claims<'c>(&'c Map<String, Value>);

impl Claims<'_> {
    fn configuration(&self, id: EntityId, common: Common) -> Result<EntityConfiguration, StatementError> {
        self.refuse(&SUBORDINATE_CLAIMS, "a claim of a Subordinate Statement in an Entity Configuration")?;
        // No claim of a configuration is known beyond the standard ones, which `crit` must not name.
        if self.names("crit")?.is_some() {
            return Err(StatementError::UnknownCritical);
        }
        Ok(EntityConfiguration {
            id,
            issued_at: common.issued_at,
            expires_at: common.expires_at,
            keys: common.keys,
            authority_hints: self.hints("authority_hints")?,
            trust_anchor_hints: self.hints("trust_anchor_hints")?,
            metadata: common.metadata,
            trust_marks: self.read("trust_marks", read_trust_marks)?.unwrap_or_default(),
            trust_mark_issuers: self.read("trust_mark_issuers", read_trust_mark_issuers)?.unwrap_or_default(),
            trust_mark_owners: self.read("trust_mark_owners", read_trust_mark_owners)?.unwrap_or_default(),
        })
    }

    fn subordinate(
        &self,
        issuer: EntityId,
        subject: EntityId,
        common: Common,
    ) -> Result<SubordinateStatement, StatementError> {
        self.refuse(&CONFIGURATION_CLAIMS, "a claim of an Entity Configuration in a Subordinate Statement")?;
        let critical = self.names("crit")?.unwrap_or_default();
        if critical.iter().any(|name| *name != RIGHTS_CLAIM) {
            return Err(StatementError::UnknownCritical);
        }
        if critical.is_empty() == self.0.contains_key(RIGHTS_CLAIM) {
            return Err(StatementError::Malformed("crit and the claim of rights stand together"));
        }
        // No operator is known beyond the standard ones, which metadata_policy_crit must not name.
        if self.names("metadata_policy_crit")?.is_some() {
            return Err(StatementError::UnknownCritical);
        }
        Ok(SubordinateStatement {
            issuer,
            subject,
            issued_at: common.issued_at,
            expires_at: common.expires_at,
            keys: common.keys,
            metadata: common.metadata,
            metadata_policy: self.0.get("metadata_policy").map(MetadataPolicy::from_value).transpose()?,
            constraints: self.read("constraints", Constraints::from_value)?,
            rights: self.read(RIGHTS_CLAIM, Rights::from_value)?,
            source_endpoint: self.read("source_endpoint", |value| {
                let url = value.as_str().and_then(|text| Url::parse(text).ok());
                url.ok_or("source_endpoint is not a URL")
            })?,
            log_evidence: self.read(LOG_EVIDENCE_CLAIM, LogEvidence::from_value)?,
        })
    }

    fn required(&self, name: &'static str) -> Result<&Value, StatementError> {
        self.0.get(name).ok_or(StatementError::Malformed("a required claim is missing"))
    }

    fn entity(&self, name: &'static str) -> Result<EntityId, StatementError> {
        EntityId::from_value(self.required(name)?)
            .ok_or(StatementError::Malformed("iss or sub is not an Entity Identifier"))
    }

    fn date(&self, name: &'static str) -> Result<Timestamp, StatementError> {
        let date = NumericDate::from_claim(self.0, name)?;
        Ok(date.ok_or(StatementError::Malformed("iat or exp is missing"))?.0)
    }

    fn read<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Value) -> Result<T, &'static str>,
    ) -> Result<Option<T>, StatementError> {
        self.0.get(name).map(read).transpose().map_err(StatementError::Malformed)
    }

    fn refuse(&self, names: &[&str], what: &'static str) -> Result<(), StatementError> {
        match names.iter().any(|name| self.0.contains_key(*name)) {
            true => Err(StatementError::Malformed(what)),
            false => Ok(()),
        }
    }

    /// An array of strings that is not empty.
    fn names(&self, name: &str) -> Result<Option<Vec<&str>>, StatementError> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let names: Option<Vec<_>> =
            value.as_array().and_then(|names| names.iter().map(Value::as_str).collect());
        match names {
            Some(names) if !names.is_empty() => Ok(Some(names)),
            _ => Err(StatementError::Malformed("not an array of strings with something in it")),
        }
    }

    /// Entity Identifiers; not there or at least one.
    fn hints(&self, name: &str) -> Result<Vec<EntityId>, StatementError> {
        let names = self.names(name)?.unwrap_or_default();
        let read = names.into_iter().map(|name| EntityId::parse(name).ok()).collect::<Option<_>>();
        read.ok_or(StatementError::Malformed("a hint that is not an Entity Identifier"))
    }
}

fn read_trust_marks(value: &Value) -> Result<Vec<CarriedTrustMark>, &'static str> {
    let read = |entry: &Value| {
        let member = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
        let (Some(trust_mark_type), Some(trust_mark)) = (member("trust_mark_type"), member("trust_mark"))
        else {
            return Err("an entry of trust_marks without its type or its mark");
        };
        Ok(CarriedTrustMark { trust_mark_type, trust_mark })
    };
    value.as_array().ok_or("trust_marks is not an array")?.iter().map(read).collect()
}

fn read_trust_mark_issuers(value: &Value) -> Result<BTreeMap<String, Vec<EntityId>>, &'static str> {
    const WHAT: &str = "trust_mark_issuers does not give Entity Identifiers for each type";
    let read = |(name, issuers): (&String, &Value)| {
        let issuers = issuers.as_array().ok_or(WHAT)?.iter().map(EntityId::from_value);
        Ok((name.clone(), issuers.collect::<Option<_>>().ok_or(WHAT)?))
    };
    value.as_object().ok_or(WHAT)?.iter().map(read).collect()
}

fn read_trust_mark_owners(value: &Value) -> Result<BTreeMap<String, TrustMarkOwner>, &'static str> {
    const WHAT: &str = "trust_mark_owners does not give an owner for each type";
    let read = |(name, owner): (&String, &Value)| {
        let id = owner.get("sub").and_then(EntityId::from_value).ok_or(WHAT)?;
        let keys = FederationKeys::from_value(owner.get("jwks").ok_or(WHAT)?)?;
        Ok((name.clone(), TrustMarkOwner { id, keys }))
    };
    value.as_object().ok_or(WHAT)?.iter().map(read).collect()
}

impl EntityConfiguration {
    /// The address behind a parameter of its `federation_entity`: on its own origin, and no question that somebody put into it beforehand.
    pub fn own_endpoint(&self, name: &str) -> Option<Url> {
        let url = self.metadata.federation_endpoint(name)?;
        let is_own = Url::parse(self.id.as_str()).is_ok_and(|own| own.origin() == url.origin());
        (is_own && url.query().is_none()).then_some(url)
    }

    /// Of this id with these keys, valid between these times, and nothing else in it yet.
    pub fn new(id: EntityId, keys: FederationKeys, issued_at: Timestamp, expires_at: Timestamp) -> Self {
        EntityConfiguration {
            id,
            issued_at,
            expires_at,
            keys,
            authority_hints: Vec::new(),
            trust_anchor_hints: Vec::new(),
            metadata: Metadata::new(),
            trust_marks: Vec::new(),
            trust_mark_issuers: BTreeMap::new(),
            trust_mark_owners: BTreeMap::new(),
        }
    }

    /// Signs it with one of its own keys.
    ///
    /// # Errors
    /// [`SigningFailure`]: the signer's key is none of [`EntityConfiguration::keys`], or it did not sign.
    pub fn sign(&self, signer: &dyn Signer) -> Result<String, SigningFailure> {
        let kid = self.keys.kid_of(signer.verification_key()).ok_or(SigningFailure)?;
        let mut claims = common_claims((&self.id, &self.id), (self.issued_at, self.expires_at), &self.keys);
        let mut put = |name: &str, there: bool, value: Value| {
            if there {
                claims.insert(name.to_owned(), value);
            }
        };
        put(
            "authority_hints",
            !self.authority_hints.is_empty(),
            self.authority_hints.iter().map(Value::from).collect(),
        );
        put(
            "trust_anchor_hints",
            !self.trust_anchor_hints.is_empty(),
            self.trust_anchor_hints.iter().map(Value::from).collect(),
        );
        put("metadata", !self.metadata.is_empty(), self.metadata.to_value());
        let mark = |mark: &CarriedTrustMark| json!({ "trust_mark_type": mark.trust_mark_type, "trust_mark": mark.trust_mark });
        put("trust_marks", !self.trust_marks.is_empty(), self.trust_marks.iter().map(mark).collect());
        let issuers = |(name, issuers): (&String, &Vec<EntityId>)| {
            (name.clone(), issuers.iter().map(Value::from).collect::<Value>())
        };
        put(
            "trust_mark_issuers",
            !self.trust_mark_issuers.is_empty(),
            Value::Object(self.trust_mark_issuers.iter().map(issuers).collect()),
        );
        let owner = |(name, owner): (&String, &TrustMarkOwner)| {
            (name.clone(), json!({ "sub": owner.id.as_str(), "jwks": owner.keys.to_value() }))
        };
        put(
            "trust_mark_owners",
            !self.trust_mark_owners.is_empty(),
            Value::Object(self.trust_mark_owners.iter().map(owner).collect()),
        );
        sign(kid, &claims, signer)
    }
}

impl SubordinateStatement {
    /// About this subject with these keys, valid between these times: membership, and nothing else yet.
    pub fn new(
        issuer: EntityId,
        subject: EntityId,
        keys: FederationKeys,
        issued_at: Timestamp,
        expires_at: Timestamp,
    ) -> Self {
        SubordinateStatement {
            issuer,
            subject,
            issued_at,
            expires_at,
            keys,
            metadata: Metadata::new(),
            metadata_policy: None,
            constraints: None,
            rights: None,
            source_endpoint: None,
            log_evidence: None,
        }
    }

    /// Signs it with one of the issuer's keys, which are `issuer_keys` in its Entity Configuration.
    ///
    /// # Errors
    /// [`SigningFailure`]: the signer's key is none of them, or it did not sign.
    pub fn sign(&self, issuer_keys: &FederationKeys, signer: &dyn Signer) -> Result<String, SigningFailure> {
        let kid = issuer_keys.kid_of(signer.verification_key()).ok_or(SigningFailure)?;
        let mut claims =
            common_claims((&self.issuer, &self.subject), (self.issued_at, self.expires_at), &self.keys);
        let metadata = (!self.metadata.is_empty()).then(|| self.metadata.to_value());
        let members = [
            ("metadata", metadata),
            ("metadata_policy", self.metadata_policy.as_ref().map(MetadataPolicy::to_value)),
            ("constraints", self.constraints.as_ref().map(Constraints::to_value)),
            (RIGHTS_CLAIM, self.rights.as_ref().map(Rights::to_value)),
            ("crit", self.rights.as_ref().map(|_| json!([RIGHTS_CLAIM]))),
            ("source_endpoint", self.source_endpoint.as_ref().map(|url| url.as_str().into())),
            (LOG_EVIDENCE_CLAIM, self.log_evidence.as_ref().map(LogEvidence::to_value)),
        ];
        claims.extend(members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        sign(kid, &claims, signer)
    }
}

fn common_claims(
    (issuer, subject): (&EntityId, &EntityId),
    (issued_at, expires_at): (Timestamp, Timestamp),
    keys: &FederationKeys,
) -> Map<String, Value> {
    Map::from_iter([
        ("iss".to_owned(), issuer.into()),
        ("sub".to_owned(), subject.into()),
        ("iat".to_owned(), NumericDate(issued_at).into()),
        ("exp".to_owned(), NumericDate(expires_at).into()),
        ("jwks".to_owned(), keys.to_value()),
    ])
}

fn sign(kid: &str, claims: &Map<String, Value>, signer: &dyn Signer) -> Result<String, SigningFailure> {
    portage_jose::sign(Header::new(ENTITY_STATEMENT_TYP).with("kid", kid), claims, signer)
}

#[cfg(test)]
mod tests;
