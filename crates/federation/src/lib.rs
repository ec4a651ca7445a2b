//! OpenID Federation 1.0: who vouches for whom, as messages and rules, without IO.
//!
//! Entities publish what they say of themselves ([`EntityConfiguration`]); superiors publish what they say of those below them
//! ([`SubordinateStatement`]). What arrives is an [`UnverifiedStatement`]; [`UnverifiedStatement::verify`] with keys that somebody vouched
//! for makes it a [`VerifiedStatement`]. Policies ([`MetadataPolicy`], all seven operators) and [`Constraints`] come down the chain and
//! can only restrict.
//!
//! Beyond the standard stands one claim, [`RIGHTS_CLAIM`]: what an entity may do, for which types and for whom ([`Rights`]). It narrows
//! ([`HeldRights::narrow`]): whoever grants more than they hold grants what they hold. Without it there is membership and no right.
//!
//! A right counts with the proof that its authority published it ([`SubordinateStatement::verify_log`]): the statement carries the entry of
//! the public log, and who is above says which log and which key that is. Statements without rights need none.
//!
//! [`TrustChain::validate`] takes statements from the subject to an anchor and keys that are pinned here ([`TrustAnchors`]), and gives a
//! [`ResolvedEntity`]: everything in it comes from that one chain. [`TrustMark`]s and [`HistoricalKeys`] are validated beside it.
//!
//! [`Resolver`] finds the chains: it says what to fetch and takes the bytes, so that it can be driven by any way out, or by none.
//!
//! Not spoken: explicit registration, RSA keys.
//!
//! ```
//! use portage_federation::{EntityConfiguration, EntityId, FederationKeys, UnverifiedStatement};
//! use portage_keys::{Algorithm, OsEntropy, Signer, SigningKey};
//!
//! let key = SigningKey::generate(Algorithm::EdDsa, &OsEntropy);
//! let keys = FederationKeys::of([key.verification_key().clone()]);
//! let (now, tomorrow) = ("2026-06-01T00:00:00Z".parse()?, "2026-06-02T00:00:00Z".parse()?);
//! let city = EntityConfiguration::new(EntityId::parse("https://city.example")?, keys, now, tomorrow);
//!
//! let statement = UnverifiedStatement::parse(&city.sign(&key)?)?.verify_self_signed(now)?;
//! assert_eq!(statement.statement().subject().as_str(), "https://city.example");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod constraints;
mod entity_id;
mod entity_statement;
mod federation_keys;
mod former_keys;
mod historical_keys;
mod identifiers;
mod jurisdiction;
mod log_evidence;
mod memory_log;
mod metadata;
mod metadata_policy;
mod purpose_statement;
mod purposes_inquiry;
mod resolve;
mod resolved_entity;
mod resolver;
mod rights;
#[cfg(test)]
mod tests;
mod trust_anchor;
mod trust_chain;
mod trust_mark;

pub use constraints::{Constraints, NamingConstraints};
pub use entity_id::{EntityId, NotAnEntityId, WELL_KNOWN};
pub use entity_statement::{
    CarriedTrustMark, ENTITY_STATEMENT_MEDIA_TYPE, ENTITY_STATEMENT_TYP, EntityConfiguration,
    EntityStatement, LEEWAY, StatementError, SubordinateStatement, TrustMarkOwner, UnverifiedStatement,
    VerifiedStatement,
};
pub use federation_keys::FederationKeys;
pub use former_keys::FormerKeysInquiry;
pub use historical_keys::{HISTORICAL_KEYS_MEDIA_TYPE, HISTORICAL_KEYS_TYP, HistoricalKey, HistoricalKeys};
pub use identifiers::IDENTIFIERS_PARAMETER;
pub use jurisdiction::{Jurisdiction, NotAJurisdiction, Tier};
pub use log_evidence::{
    LOG_EVIDENCE_CLAIM, LOG_PARAMETER, LogAddress, LogEvidence, Logged, in_both_languages, last_day_of,
};
pub use memory_log::MemoryLog;
pub use metadata::{FEDERATION_ENTITY, Metadata, OPENID_CREDENTIAL_ISSUER, OPENID_CREDENTIAL_VERIFIER};
pub use metadata_policy::{MetadataPolicy, PolicyError};
pub use purpose_statement::{PURPOSE_STATEMENT_TYP, PurposeStatement, VouchedStatement};
pub use purposes_inquiry::{PURPOSES_ENDPOINT, PURPOSES_MEDIA_TYPE, PurposesInquiry};
pub use resolve::{
    AnchorInquiry, BELOW, Found, MAX_LEVELS, RESOLVE_RESPONSE_MEDIA_TYPE, RESOLVE_RESPONSE_TYP,
    ResolveResponse, resolve_url,
};
pub use resolved_entity::{PathEntity, ResolvedEntity};
pub use resolver::{MAX_DURATION, MAX_FETCHES, MAX_HINTS, Resolution, Resolver};
pub use rights::{HeldRights, RIGHTS_CLAIM, Relation, RetiredKey, RetiredReason, Rights, Role, TypeName};
pub use trust_anchor::{TrustAnchor, TrustAnchors};
pub use trust_chain::{ChainError, ChainFault, MAX_STATEMENTS, TrustChain};
pub use trust_mark::{
    MARK_NAME_CLAIM, MarkStatus, TRUST_MARK_DELEGATION_TYP, TRUST_MARK_MEDIA_TYPE,
    TRUST_MARK_STATUS_MEDIA_TYPE, TRUST_MARK_STATUS_TYP, TRUST_MARK_TYP, TrustMark, TrustMarkDelegation,
    TrustMarkError, TrustMarkStatusResponse, VerifiedTrustMark,
};
