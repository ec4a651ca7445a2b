use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::{CONTEXT_V2, date};

/// What to put into a new credential.
#[derive(Clone)]
pub struct CredentialBuilder<'a> {
    /// Further contexts after the base one.
    pub contexts: &'a [String],
    /// The type beside `VerifiableCredential`.
    pub vc_type: &'a str,
    /// `issuer`.
    pub issuer: &'a str,
    /// `credentialSubject.id`: the holder's DID.
    pub subject_id: Option<&'a str>,
    /// Claims of the subject. An `id` among them gives way to `subject_id`.
    pub claims: &'a Map<String, Value>,
    /// `validFrom`.
    pub valid_from: Timestamp,
    /// `validUntil`.
    pub valid_until: Option<Timestamp>,
    /// `credentialStatus`.
    pub status: Option<Value>,
}

/// Shows no claim.
impl std::fmt::Debug for CredentialBuilder<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CredentialBuilder").field("vc_type", &self.vc_type).finish_non_exhaustive()
    }
}

impl CredentialBuilder<'_> {
    /// The unsecured credential.
    pub fn build(&self) -> Map<String, Value> {
        let contexts = std::iter::once(CONTEXT_V2).chain(self.contexts.iter().map(String::as_str));
        let mut credential = Map::from_iter([
            ("@context".to_owned(), contexts.collect::<Value>()),
            ("type".to_owned(), ["VerifiableCredential", self.vc_type].into_iter().collect()),
            ("issuer".to_owned(), self.issuer.into()),
            ("validFrom".to_owned(), date::write(self.valid_from).into()),
        ]);
        if let Some(valid_until) = self.valid_until {
            credential.insert("validUntil".to_owned(), date::write(valid_until).into());
        }
        if let Some(status) = &self.status {
            credential.insert("credentialStatus".to_owned(), status.clone());
        }
        credential.insert("credentialSubject".to_owned(), Value::Object(self.subject()));
        credential
    }

    fn subject(&self) -> Map<String, Value> {
        let mut subject = Map::new();
        if let Some(id) = self.subject_id {
            subject.insert("id".to_owned(), id.into());
        }
        for (name, value) in self.claims {
            subject.entry(name).or_insert_with(|| value.clone());
        }
        subject
    }
}
