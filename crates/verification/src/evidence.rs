use jiff::Timestamp;
use portage_keys::VerificationKey;
use portage_trust::IssuerAuthorized;
use serde_json::{Map, Value, json};

use crate::VerifiedCredential;

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
    /// What its status entries say that refuses nothing: purposes `refresh` and `message`.
    pub status_notes: Vec<StatusNote>,
    /// The schemas that it names itself (`credentialSchema`).
    pub credential_schema: SchemaEvidence,
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

/// A status of the purpose `refresh` or `message` (Bitstring Status List §2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusNote {
    /// `refresh`, `message`.
    pub purpose: &'static str,
    /// The value in the list.
    pub value: u8,
    /// What the issuer says that it means (`statusMessage`).
    pub message: Option<String>,
}

/// What was found about the schemas that a credential names (VCDM 2.0 §4.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaEvidence {
    /// It names none.
    None,
    /// It fits all of them.
    Matched,
    /// One of them is not here, is of a type that is not known, or cannot be held against claims of which some are withheld.
    NotChecked,
}

/// What was proved about the holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolderProof {
    /// The key that signed the presentation.
    pub key: VerificationKey,
    /// Whether that key is the credential subject's own (`id`/`cnf`).
    pub is_subject: bool,
}

impl Evidence {
    /// `proved` when the key that was shown is the subject's own.
    pub const fn holder_is_subject(&self) -> Proof {
        Proof::of(matches!(&self.holder, Some(holder) if holder.is_subject))
    }

    /// What was found, for output: no claim, no key, no place in a list.
    pub fn to_json(&self) -> Map<String, Value> {
        let mut issuer = json!({ "id": self.issuer.id, "source": self.issuer.source });
        if let Some(name) = &self.issuer.name {
            issuer["name"] = json!({ "en": name.en, "fr": name.fr });
        }
        if let Some(tier) = self.issuer.tier {
            issuer["tier"] = json!(tier);
        }
        if let Some(chain) = &self.issuer.chain {
            issuer["chain"] = chain.to_json();
        }
        let mut evidence = Map::from_iter([
            ("issuer".to_owned(), issuer),
            ("verification_method".to_owned(), json!(self.verification_method)),
            ("valid_from".to_owned(), json!(self.valid_from.map(|at| at.to_string()))),
            ("valid_until".to_owned(), json!(self.valid_until.map(|at| at.to_string()))),
            ("status".to_owned(), json!(self.status.name())),
            ("schema_matched".to_owned(), json!(self.schema_matched)),
            ("holder_is_subject".to_owned(), json!(self.holder_is_subject().name())),
        ]);
        if let StatusEvidence::Valid { age_seconds } = self.status {
            evidence.insert("status_age_seconds".to_owned(), json!(age_seconds));
        }
        if !self.status_notes.is_empty() {
            let note = |note: &StatusNote| json!({ "purpose": note.purpose, "value": note.value, "message": note.message });
            evidence.insert("status_notes".to_owned(), self.status_notes.iter().map(note).collect());
        }
        match self.credential_schema {
            SchemaEvidence::None => {}
            SchemaEvidence::Matched => {
                drop(evidence.insert("credential_schema".to_owned(), json!("matched")))
            }
            SchemaEvidence::NotChecked => {
                evidence.insert("credential_schema".to_owned(), json!("not_checked"));
            }
        }
        evidence
    }
}

impl StatusEvidence {
    /// `none`, `not_checked`, `valid`.
    pub const fn name(&self) -> &'static str {
        match self {
            StatusEvidence::None => "none",
            StatusEvidence::NotChecked => "not_checked",
            StatusEvidence::Valid { .. } => "valid",
        }
    }
}

/// Whether something that need not hold was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// It holds.
    Proved,
    /// Nobody showed it, or it does not hold.
    NotProved,
}

impl Proof {
    pub(crate) const fn of(holds: bool) -> Self {
        if holds { Proof::Proved } else { Proof::NotProved }
    }

    /// `proved`, `not_proved`.
    pub const fn name(self) -> &'static str {
        match self {
            Proof::Proved => "proved",
            Proof::NotProved => "not_proved",
        }
    }
}

/// Whether one holder shows all of these credentials, and is the subject of each: one key signed for all of them.
pub fn same_holder<'c>(credentials: impl IntoIterator<Item = &'c VerifiedCredential>) -> Proof {
    let mut holders = credentials.into_iter().map(|credential| credential.evidence().holder.as_ref());
    let Some(Some(first)) = holders.next() else { return Proof::NotProved };
    let same = |holder: Option<&HolderProof>| {
        holder.is_some_and(|holder| holder.key == first.key && holder.is_subject)
    };
    Proof::of(first.is_subject && holders.all(same))
}
