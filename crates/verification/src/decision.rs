use jiff::Timestamp;
use portage_keys::VerificationKey;
use portage_reason::Reason;
use portage_trust::IssuerAuthorized;
use serde_json::{Map, Value};

/// The formats that can be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InputFormat {
    /// `dc+sd-jwt`, with or without key binding.
    DcSdJwt,
    /// `vc+sd-jwt`, with or without key binding.
    VcSdJwt,
    /// `vc+jwt`.
    VcJwt,
    /// `ldp_vc`.
    LdpVc,
    /// `vp+jwt`.
    VpJwt,
    /// `ldp_vp`.
    LdpVp,
}

impl InputFormat {
    /// The name in output.
    pub const fn name(self) -> &'static str {
        match self {
            InputFormat::DcSdJwt => "dc+sd-jwt",
            InputFormat::VcSdJwt => "vc+sd-jwt",
            InputFormat::VcJwt => "vc+jwt",
            InputFormat::LdpVc => "ldp_vc",
            InputFormat::VpJwt => "vp+jwt",
            InputFormat::LdpVp => "ldp_vp",
        }
    }
}

/// What came out of one input.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Which format it turned out to be, if that much could be read.
    pub format: Option<InputFormat>,
    /// Whom it names as issuer; proved only when accepted.
    pub issuer: Option<String>,
    /// The types it names; proved only when accepted.
    pub types: Vec<String>,
    /// The verdict.
    pub decision: Decision,
}

/// The verdict.
#[derive(Debug, Clone)]
pub enum Decision {
    /// Every check ran and held: the credentials, one for a credential, one or more for a presentation.
    Accepted(Vec<VerifiedCredential>),
    /// Refused by a check: first failure first, one per credential.
    Rejected(Vec<Reason>),
    /// It could not be found out: nothing is granted.
    Indeterminate(Vec<Reason>),
}

impl Decision {
    /// `accepted`, `rejected`, `indeterminate`.
    pub const fn name(&self) -> &'static str {
        match self {
            Decision::Accepted(_) => "accepted",
            Decision::Rejected(_) => "rejected",
            Decision::Indeterminate(_) => "indeterminate",
        }
    }

    /// The reasons; empty when accepted.
    pub fn reasons(&self) -> &[Reason] {
        match self {
            Decision::Accepted(_) => &[],
            Decision::Rejected(reasons) | Decision::Indeterminate(reasons) => reasons,
        }
    }
}

/// A credential that passed the pipeline. Made only there.
#[derive(Debug, Clone)]
pub struct VerifiedCredential {
    pub(crate) format: InputFormat,
    pub(crate) claims: Map<String, Value>,
    pub(crate) types: Vec<String>,
    pub(crate) catalog_type: Option<String>,
    pub(crate) evidence: Evidence,
}

impl VerifiedCredential {
    /// The credential's own format (never a presentation's).
    pub fn format(&self) -> InputFormat {
        self.format
    }

    /// The claims root that DCQL paths start at: the processed payload of an SD-JWT VC; the whole credential of the W3C formats (without `proof`).
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// `vct`, or the fully expanded types of a W3C credential.
    pub fn types(&self) -> &[String] {
        &self.types
    }

    /// The catalogue's id for the type, if it knows it.
    pub fn catalog_type(&self) -> Option<&str> {
        self.catalog_type.as_deref()
    }

    /// What was found.
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }
}

/// What was found, check by check. Also says when a check did not apply; whether that is enough is the policy's call.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// Who signed, and by what right.
    pub issuer: IssuerAuthorized,
    /// The key: DID URL, `x5c` or https issuer `kid`.
    pub verification_method: String,
    /// The public key behind it: what a wallet keeps to open the credential again.
    pub issuer_key: VerificationKey,
    /// First instant.
    pub valid_from: Option<Timestamp>,
    /// Last instant.
    pub valid_until: Option<Timestamp>,
    /// The status check.
    pub status: StatusEvidence,
    /// The key the holder proved, when binding was asked for.
    pub holder: Option<HolderProof>,
    /// Whether the claims were checked against the type's schema (`false`: the catalogue does not know the type).
    pub schema_matched: bool,
}

/// What was found about the status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatusEvidence {
    /// The credential names none.
    None,
    /// `--no-status`.
    NotChecked,
    /// Checked: the age of the list in seconds.
    Valid {
        /// Seconds since the list was fetched.
        age_seconds: i64,
    },
}

/// What was proved about the holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolderProof {
    /// The key that signed the presentation.
    pub key: VerificationKey,
    /// Whether that key is the credential subject's own (`id`/`cnf`).
    pub is_subject: bool,
}
