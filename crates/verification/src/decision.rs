use std::fmt;

use portage_reason::Reason;
use serde_json::{Map, Value, json};

use crate::{Evidence, Proof, same_holder};

/// The formats that can be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InputFormat {
    /// `dc+sd-jwt`, with or without key binding.
    DcSdJwt,
    /// `vc+sd-jwt`, with or without key binding.
    VcSdJwt,
    /// `vc+jwt`.
    VcJwt,
    /// `jwt_vc_json`: VCDM 1.1.
    JwtVcJson,
    /// `ldp_vc`.
    LdpVc,
    /// `vp+jwt`.
    VpJwt,
    /// `jwt_vp_json`: VCDM 1.1.
    JwtVpJson,
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
            InputFormat::JwtVcJson => "jwt_vc_json",
            InputFormat::LdpVc => "ldp_vc",
            InputFormat::VpJwt => "vp+jwt",
            InputFormat::JwtVpJson => "jwt_vp_json",
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
    /// Every check ran and held: the credentials, one for a credential, any number for a presentation; none only where nothing was asked for.
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

impl Outcome {
    /// The line of output for one input, without its name: `decision`, `reasons`, `format`, `issuer`, `types`, `evidence`, and `claims` when
    /// accepted. A presentation of several credentials has them under `credentials`.
    pub fn to_json(&self) -> Map<String, Value> {
        let mut line = Map::from_iter([
            ("decision".to_owned(), json!(self.decision.name())),
            ("reasons".to_owned(), json!(self.decision.reasons())),
            ("format".to_owned(), json!(self.format.map(InputFormat::name))),
            ("issuer".to_owned(), json!(self.issuer)),
            ("types".to_owned(), json!(self.types)),
        ]);
        let mut evidence = Map::new();
        let mut shown = None;
        if let Decision::Accepted(credentials) = &self.decision {
            if let [credential] = credentials.as_slice() {
                evidence = credential.evidence.to_json();
                shown = Some(("claims", Value::Object(credential.claims.clone())));
            } else {
                let is_subject = |one: &VerifiedCredential| one.evidence.holder_is_subject() == Proof::Proved;
                let all_proved = Proof::of(!credentials.is_empty() && credentials.iter().all(is_subject));
                evidence.insert("holder_is_subject".to_owned(), json!(all_proved.name()));
                shown = Some(("credentials", credentials.iter().map(VerifiedCredential::to_json).collect()));
            }
            evidence.insert("same_holder".to_owned(), json!(same_holder(credentials).name()));
        }
        line.insert("evidence".to_owned(), Value::Object(evidence));
        if let Some((name, value)) = shown {
            line.insert(name.to_owned(), value);
        }
        line
    }
}

/// A credential that passed the pipeline. Made only there. `Debug` shows no claim.
#[derive(Clone)]
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

impl VerifiedCredential {
    fn to_json(&self) -> Value {
        json!({
            "format": self.format.name(),
            "issuer": self.evidence.issuer.id,
            "types": self.types,
            "evidence": self.evidence.to_json(),
            "claims": self.claims,
        })
    }
}

impl fmt::Debug for VerifiedCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedCredential")
            .field("format", &self.format)
            .field("types", &self.types)
            .field("evidence", &self.evidence)
            .finish_non_exhaustive()
    }
}
