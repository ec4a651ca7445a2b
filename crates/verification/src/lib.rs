//! The one pipeline: unverified → evidence → decision. Wallet on receipt, verifier on presentation, `verifier check` offline: all go through
//! [`begin`], in one order: size, strict parse, `typ` and algorithm, key, signature, holder binding, time, authority for the type, schema, query, and
//! status last (no list is fetched for a credential already refused).
//!
//! Pure: when something has to be had from outside, [`Step`] says what, and goes on with what is supplied. [`run`] drives the steps over the
//! [`Sources`] port. [`Decision::Accepted`] exists only as the return value of the step that ran every check.
//!
//! Trust comes before fetch: nothing of an issuer that the [`portage_trust::Authority`] does not know is asked for, and nothing of a holder
//! ever. What could not be found out is [`Decision::Indeterminate`], never accepted. Not read in this version: `x5c` chains, mdoc,
//! status lists signed by somebody else than the issuer.
//!
//! ```
//! use portage_catalog::Format;
//! use portage_testkit::world::World;
//! use portage_verification::{HolderExpectation, KeyAnswer, Step, begin};
//!
//! let world = World::new();
//! let licence = world.issue("business-licence", Format::VcJwt);
//! let expectations = world.expectations(HolderExpectation::NotAsked);
//!
//! // The City's document first, then its two status lists: the caller fetches, the pipeline judges.
//! let Step::NeedKeys(pending) = begin(licence.as_bytes(), &expectations) else { unreachable!() };
//! let document = KeyAnswer::Document(world.city.document_bytes());
//! let Step::NeedStatus(pending) = pending.supply(vec![Ok(document)], &expectations) else { unreachable!() };
//! assert_eq!(pending.wanted().len(), 2);
//! let Step::Done(outcome) = pending.supply(Vec::new(), &expectations) else { unreachable!() };
//! assert_eq!(outcome.decision.name(), "indeterminate");
//! ```

mod check;
mod context;
mod decision;
mod evidence;
mod holder;
mod input;
mod issuer_key;
mod pipeline;
mod presentation;
mod purpose_policy;
mod query;
mod refusal;
mod schema;
mod signed;
mod sources;
mod status;
mod validity;

pub use decision::{Decision, InputFormat, Outcome, VerifiedCredential};
pub use evidence::{Evidence, HolderProof, Proof, SchemaEvidence, StatusEvidence, StatusNote, same_holder};
pub use pipeline::{
    DidLog, KeyAnswer, KeyWanted, ListWanted, PendingKeys, PendingStatus, PendingTrust, Step, begin,
    is_presentation,
};
pub use purpose_policy::{PolicyAnswer, PolicyFacts, PolicyOutcome, Presented, PurposePolicies};
pub use sources::{FetchedList, Sources, Unavailable, follow, learn, run};

use jiff::{SignedDuration, Timestamp};
use portage_catalog::{Catalog, Contexts};
use portage_dcql::CredentialQuery;
use portage_did::LoopbackOrigins;
use portage_keys::VerificationKey;
use portage_trust::Authority;

/// What to check against. All of it is an argument: the pipeline reads no clock and no configuration.
#[derive(Clone, Copy)]
pub struct Expectations<'a> {
    /// The verifier's clock.
    pub now: Timestamp,
    /// Types and schemas.
    pub catalog: &'a Catalog,
    /// JSON-LD contexts.
    pub contexts: &'a Contexts,
    /// Who may issue what.
    pub authority: &'a dyn Authority,
    /// Origins that use http.
    pub loopback: &'a LoopbackOrigins,
    /// The key of an issuer whose keys would have to be fetched, as somebody present vouches for it (`verifier check --key`); `None` everywhere else.
    pub issuer_key: Option<&'a VerificationKey>,
    /// What must be proved about the holder.
    pub holder: HolderExpectation<'a>,
    /// What was asked, where something was: another type or format, a claim that is not there, a value that was not asked for are
    /// `query_not_satisfied` before any list is fetched.
    pub query: Option<&'a CredentialQuery>,
    /// Whether and how fresh the status must be.
    pub status: StatusPolicy,
    /// The format the protocol announced, if it did: anything else is `type_mismatch`.
    pub format: Option<InputFormat>,
}

/// What must be proved about the holder. The decision never depends on what was sent.
#[derive(Clone, Copy)]
pub enum HolderExpectation<'a> {
    /// A credential alone, looked at offline: no binding asked, a presentation is `type_mismatch`.
    NotAsked,
    /// A credential just issued to the wallet: bound to one of these keys, no key binding yet (an SD-JWT+KB is `credential_mismatch`).
    IssuedTo(&'a [VerificationKey]),
    /// A presentation for this session.
    Presented {
        /// The full Client Identifier.
        audience: &'a str,
        /// The nonce.
        nonce: &'a str,
    },
}

/// Shows no nonce.
impl std::fmt::Debug for HolderExpectation<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            HolderExpectation::NotAsked => "NotAsked",
            HolderExpectation::IssuedTo(_) => "IssuedTo",
            HolderExpectation::Presented { .. } => "Presented",
        })
    }
}

/// Whether the status is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusPolicy {
    /// A credential that names a status is checked; a list may be this old.
    Required {
        /// Oldest list that may be used without a fetch.
        max_age: SignedDuration,
    },
    /// `--no-status`: told in the evidence.
    NotChecked,
}

/// Clock leeway: credentials exactly inside it are accepted.
pub const LEEWAY: SignedDuration = SignedDuration::from_secs(60);
/// Oldest key binding, key proof or presentation.
pub const MAX_PROOF_AGE: SignedDuration = SignedDuration::from_secs(300);
