//! The data of `specs/`, embedded at build time and checked: JSON-LD contexts, credential types, purposes, messages.
//!
//! A new credential type is a folder in `specs/credentials/`, a new purpose a file in `specs/purposes/`: no Rust
//! (`specs/README.md` says how). A service may add its own from a folder beside its configuration
//! ([`Catalog::add_type`], [`Catalog::add_purpose`]); those go through the same checks as what is in the box.
//!
//! ```
//! use portage_catalog::{Catalog, Language};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let catalog = Catalog::bundled();
//! let person = catalog.credential_type("person").ok_or("in the box")?;
//! assert_eq!(person.label("family_name", Language::Fr), "Nom de famille");
//!
//! // A derived claim is computed on the day of issuance, never given by hand.
//! let claims = person.with_derived(&person.example, jiff::civil::date(2026, 3, 1))?;
//! assert_eq!(claims["age_over_19"], true);
//! # Ok(())
//! # }
//! ```
//!
//! What this crate deliberately does not do: fetch (a schema or context that is not in the box is refused), decide
//! (it says whether claims fit their type, not whether to trust them), or print a claim value in an error.

mod catalog;
mod claim;
mod commissioner;
mod contexts;
mod credential_type;
mod definition;
mod derived;
mod draft;
mod error;
mod findings;
mod format;
mod lint;
mod logo;
mod meanings;
mod messages;
mod plain;
mod purpose;
mod register;
mod schema;
mod shown_value;
mod text;

pub use catalog::Catalog;
pub use claim::{ClaimDefinition, ClaimKind, MAX_BINARY_BYTES, is_claim_name, is_reserved_claim_name};
pub use commissioner::Commissioner;
pub use contexts::{ContextError, Contexts};
pub use credential_type::{CredentialType, LastDay, SecondPerson};
pub use definition::{is_id, is_time_zone};
pub use derived::{DerivedClaim, Rule};
pub use draft::{DraftClaim, MachineNames, TypeDraft};
pub use error::CatalogError;
pub use findings::{Finding, LEAST_CONTRAST, contrast};
pub use format::Format;
pub use lint::{LintFinding, PurposeLint, lint_purpose};
pub use logo::{Logo, LogoError, LogoMediaType, MAX_LOGO_BYTES, MAX_LOGO_SIDE};
pub use messages::{Message, has_message, joined, message, message_for_count, reason_hint, reason_sentence};
pub use plain::{plain, plain_up_to};
pub use purpose::{AskedByName, Purpose, PurposeId};
pub use register::{
    Addressee, Cells, LetterMapping, MappedClaim, RegisterMapping, RegisterRecord, RowError, Validity,
};
pub use schema::GivenSchema;
pub use shown_value::shown_value;
pub use text::{Language, Text, date_in_words, name_at};
