//! The wallet: what arrives, what is asked, what is shown, what is kept.
//!
//! Two stories, each in named steps with a value between them. **A credential arrives** (OpenID4VCI 1.0): [`Wallet::receive_offer`] finds
//! out who offers it and by what right, [`Wallet::accept_offer`] fetches and checks it, [`Wallet::store`] keeps it once the person has seen
//! it. **A service asks** (OpenID4VP 1.0): [`Wallet::review_request`] makes a [`DisclosurePlan`], [`DisclosurePlan::consent`] makes the
//! permission, [`Wallet::present`] redeems it and writes down what left before it leaves.
//!
//! Both begin with a link that is read without asking anybody:
//!
//! ```
//! use portage_oid4vci::CredentialOfferUri;
//! use portage_oid4vp::AuthorizationRequest;
//!
//! let offer = "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fcity.example%2Foffers%2F1";
//! assert!(matches!(CredentialOfferUri::parse(offer), Ok(CredentialOfferUri::ByReference(_))));
//! let request = "openid4vp://?client_id=decentralized_identifier:did:web:market.example&request_uri=https%3A%2F%2Fmarket.example%2F1";
//! let request = AuthorizationRequest::parse(request).expect("a request");
//! assert_eq!(request.client_id().without_prefix(), "did:web:market.example");
//! ```
//!
//! Async over [`ports`], without a runtime, a clock or a file. What arrives goes through the same pipeline as at a verifier
//! (`portage_verification`). Not here: the authorization code flow, deferred issuance, `transaction_data`.

mod accept;
mod added_types;
mod asker;
mod backup;
mod beyond_purpose;
mod claims;
mod consent;
mod credential;
mod documents;
mod explain;
mod history;
mod holder_key;
mod identifiers;
mod issuer_identity;
mod issuer_words;
mod keep;
mod offer;
mod plan;
pub mod ports;
mod present;
mod remembered_logs;
mod review;
mod settings;
mod wallet;
mod well_known;

pub use accept::{AcceptError, Arrived, ArrivedCredential};
pub use added_types::{
    AddTypeError, TypeAdded, TypeFiles, add_type, added_types, check_type, read_types, remove_type,
};
pub use asker::{Asker, PurposeSource, ShownPurpose, VouchedBy};
pub use backup::{BackupError, Imported, export, import};
pub use beyond_purpose::Beyond;
pub use claims::{ClaimName, ShownClaim, Words, shown_claims};
pub use consent::{Agreement, Consent, ConsentMissing};
pub use credential::{IssuerOnRecord, StoredCredential, credential, credentials};
pub use history::{
    Counterpart, Event, EventCredential, EventKind, Outcome, Promise, event, history, times_presented,
};
pub use identifiers::{CredentialId, EventId};
pub use issuer_words::{IssuerWords, WordedClaim};
pub use offer::{IssuerDocument, NextStep, OfferError, OfferReview, OfferedCredential};
pub use plan::{DisclosurePlan, PlannedAnswer};
pub use present::{DataLeft, PresentError, Presented};
pub use review::{Choices, Document, Missing, Review, ReviewError};
pub use settings::{Settings, TrustBefore, TrustImportError, import_trust, trust_list};
pub use wallet::Wallet;
