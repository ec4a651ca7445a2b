use std::collections::BTreeMap;

use jiff::civil::Date;
use portage_reason::Reason;
use serde_json::{Map, Value};

use crate::{Language, Purpose, PurposeId, Text};

/// The credential formats Portage issues (OpenID4VCI 1.0 Appendix A; `vc+jwt` and `vc+sd-jwt` are ours, see `docs/divergences.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// SD-JWT VC.
    DcSdJwt,
    /// VCDM 2.0 secured with SD-JWT.
    VcSdJwt,
    /// VCDM 2.0 secured with JOSE.
    VcJwt,
    /// VCDM 2.0 with Data Integrity.
    LdpVc,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 4] = [Format::DcSdJwt, Format::VcSdJwt, Format::VcJwt, Format::LdpVc];

    /// The identifier on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Format::DcSdJwt => "dc+sd-jwt",
            Format::VcSdJwt => "vc+sd-jwt",
            Format::VcJwt => "vc+jwt",
            Format::LdpVc => "ldp_vc",
        }
    }

    /// Reads the identifier.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Whether single claims can be withheld.
    pub const fn is_selective(self) -> bool {
        matches!(self, Format::DcSdJwt | Format::VcSdJwt)
    }
}

/// What a claim holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimKind {
    /// A string.
    String,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A date `YYYY-MM-DD`.
    Date,
    /// A date as the integer `YYYYMMDD`.
    DateInt,
    /// A date and time with offset (RFC 3339).
    DateTime,
    /// base64url bytes with a media type, at most 256 KiB.
    Binary,
    /// An object.
    Object,
}

/// One claim of a type.
#[derive(Debug, Clone)]
pub struct ClaimDefinition {
    /// Its name: a member of the SD-JWT VC payload, or of `credentialSubject`.
    pub name: String,
    /// What it holds.
    pub kind: ClaimKind,
    /// Must be there.
    pub required: bool,
    /// Flagged personal by the publisher.
    pub personal: bool,
    /// What a person reads.
    pub label: Text,
    /// Longer, optional.
    pub description: Option<Text>,
}

/// A claim computed when issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DerivedClaim {
    /// The new claim.
    pub claim: String,
    /// The claim it is computed from.
    pub from: String,
    /// How.
    pub rule: Rule,
}

/// The rules for derived claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// `{"age_at_least": N}`: at least N full years on the day of issuance.
    AgeAtLeast(u16),
}

/// How the columns of a register become claims (`register.json`).
#[derive(Debug, Clone)]
pub struct RegisterMapping {
    /// Column that names a record: the reference under which nothing is issued twice.
    pub record: String,
    /// Claim ← column(s), in the form of the file.
    pub claims: Vec<(String, Value)>,
    /// Column of the last valid day, if any.
    pub valid_until: Option<String>,
    /// Column of the first valid day, if any.
    pub valid_from: Option<String>,
}

/// A credential type: a folder of `specs/credentials/`.
#[derive(Debug, Clone)]
pub struct CredentialType {
    /// The folder's name: `person`, `business-licence`.
    pub id: String,
    /// What a person reads.
    pub name: Text,
    /// One sentence.
    pub description: Text,
    /// `vct` of the SD-JWT VC form.
    pub vct: String,
    /// The VCDM type (`BusinessLicenceCredential`), beside `VerifiableCredential`.
    pub vc_type: String,
    /// Its fully expanded IRI.
    pub type_iri: String,
    /// URL of its JSON-LD context (bundled).
    pub context_url: String,
    /// The formats it may be issued in, the preferred one first.
    pub formats: Vec<Format>,
    /// Its claims, in the order they are shown; derived ones included.
    pub claims: Vec<ClaimDefinition>,
    /// Claims computed when issued.
    pub derived: Vec<DerivedClaim>,
    /// Days it is valid when nothing else says.
    pub default_validity_days: u32,
    /// Protected (health, Indigenous status, …): never released without a registered purpose.
    pub protected: bool,
    /// JSON Schema 2020-12 of the claims object.
    pub schema: Value,
    /// From a register.
    pub register: Option<RegisterMapping>,
    /// An example claims object.
    pub example: Map<String, Value>,
    /// Colours `#rrggbb`: background and text.
    pub colours: (String, String),
}

/// Why a type or a purpose is not one, or claims do not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogError {
    /// A file of the catalogue is not what it should be.
    #[error("{file}: {what}")]
    Invalid {
        /// Which file.
        file: String,
        /// What is wrong, without a claim value.
        what: String,
    },
    /// A claim does not fit: names the claim, never the value.
    #[error("claim {claim}: {what}")]
    Claim {
        /// The claim.
        claim: String,
        /// `value_missing`, `value_invalid`, `schema_mismatch`.
        reason: Reason,
        /// What is wrong.
        what: String,
    },
}

impl CredentialType {
    /// Checks a claims object: reserved names (`iss`, `exp`, `cnf`, `vct`, `status`, `_sd`, `...`, `@context`, …), required claims,
    /// kinds, the JSON Schema.
    ///
    /// # Errors
    /// [`CatalogError::Claim`], the first found in the order of the definition.
    pub fn check_claims(&self, claims: &Map<String, Value>) -> Result<(), CatalogError> {
        let _ = claims;
        todo!()
    }

    /// The claims with the derived ones added, computed for `today`. A derived claim given by hand is refused.
    ///
    /// # Errors
    /// [`CatalogError::Claim`].
    pub fn with_derived(
        &self,
        claims: &Map<String, Value>,
        today: Date,
    ) -> Result<Map<String, Value>, CatalogError> {
        let _ = (claims, today);
        todo!()
    }

    /// The label of a claim; a claim the type does not know is shown by its own name.
    pub fn label<'a>(&'a self, claim: &'a str, language: Language) -> &'a str {
        self.claims
            .iter()
            .find(|definition| definition.name == claim)
            .map_or(claim, |definition| definition.label.in_language(language))
    }
}

/// Types, purposes and contexts, checked.
#[derive(Debug, Clone)]
pub struct Catalog {
    types: BTreeMap<String, CredentialType>,
    purposes: BTreeMap<PurposeId, Purpose>,
}

impl Catalog {
    /// The embedded catalogue. A test of this crate checks all of it, so it does not fail.
    pub fn bundled() -> Self {
        todo!()
    }

    /// Every type, by id.
    pub fn types(&self) -> impl Iterator<Item = &CredentialType> {
        self.types.values()
    }

    /// The type of that id.
    pub fn credential_type(&self, id: &str) -> Option<&CredentialType> {
        self.types.get(id)
    }

    /// The type with that `vct`.
    pub fn by_vct(&self, vct: &str) -> Option<&CredentialType> {
        self.types.values().find(|ty| ty.vct == vct)
    }

    /// The type one of whose VCDM names (term or IRI) is among `types`.
    pub fn by_vc_types<'a>(&self, types: impl IntoIterator<Item = &'a str>) -> Option<&CredentialType> {
        types
            .into_iter()
            .find_map(|name| self.types.values().find(|ty| ty.vc_type == name || ty.type_iri == name))
    }

    /// Every purpose, by id.
    pub fn purposes(&self) -> impl Iterator<Item = &Purpose> {
        self.purposes.values()
    }

    /// The purpose of that id.
    pub fn purpose(&self, id: &PurposeId) -> Option<&Purpose> {
        self.purposes.get(id)
    }

    /// Adds or replaces a type from the files of one folder (name → bytes), for types a department adds beside its configuration.
    ///
    /// # Errors
    /// [`CatalogError::Invalid`].
    pub fn add_type(&mut self, id: &str, files: &BTreeMap<String, Vec<u8>>) -> Result<(), CatalogError> {
        let _ = (id, files);
        todo!()
    }

    /// Adds or replaces a purpose from its file.
    ///
    /// # Errors
    /// [`CatalogError::Invalid`].
    pub fn add_purpose(&mut self, file: &str, bytes: &[u8]) -> Result<(), CatalogError> {
        let _ = (file, bytes);
        todo!()
    }
}
