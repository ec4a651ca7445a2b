//! The data of `specs/`, embedded at build time and checked: JSON-LD contexts, credential types, purposes, messages.
//!
//! A new credential type is a folder in `specs/credentials/`, a new purpose a file in `specs/purposes/`: no Rust.
//! A service may add its own from a folder beside its configuration ([`Catalog::add_type`]).

mod contexts;
mod credential_type;
mod messages;
mod purpose;

pub use contexts::{ContextError, Contexts};
pub use credential_type::{
    Catalog, CatalogError, ClaimDefinition, ClaimKind, CredentialType, DerivedClaim, Format, RegisterMapping,
    Rule,
};
pub use messages::{Message, message, reason_hint, reason_sentence};
pub use purpose::{Purpose, PurposeId};

/// The languages of the texts in the box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// English (`en-CA`).
    #[default]
    En,
    /// French (`fr-CA`).
    Fr,
}

/// One text in both languages. French may be missing only in imported types, and is then never invented.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Text {
    /// English.
    pub en: String,
    /// French.
    pub fr: String,
}

impl Text {
    /// The text in that language.
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Fr => &self.fr,
        }
    }
}
