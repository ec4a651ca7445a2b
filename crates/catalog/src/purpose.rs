use serde_json::Value;

use crate::Text;

/// The id of a purpose: the name of its file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct PurposeId(pub String);

/// Why somebody asks: a file of `specs/purposes/`.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    /// Its id.
    pub id: PurposeId,
    /// A few words.
    pub name: Text,
    /// What for, in plain words.
    pub text: Text,
    /// By what law.
    pub law: Text,
    /// How to do it without a wallet.
    pub alternative: Text,
    /// What is asked: DCQL (OpenID4VP 1.0 §6).
    pub query: Value,
    /// How long answers are kept, in days; 0 is not at all.
    pub retention_days: u32,
    /// Whom to ask: an address of mail or web.
    pub contact: String,
    /// How old a status list may be, in seconds.
    pub max_status_age: u64,
    /// Whether a credential on paper serves.
    pub paper: bool,
    /// Whether every credential must be shown by one holder key or one subject.
    #[serde(default)]
    pub same_holder: bool,
}
