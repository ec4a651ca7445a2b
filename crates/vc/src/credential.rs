use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::{CredentialError, RelatedResource, date, rules, v1};

/// One `credentialStatus` object.
#[derive(Clone, PartialEq, Eq)]
pub struct CredentialStatus {
    /// `type`; the first, if there are several.
    pub kind: String,
    /// The object as it stands.
    pub object: Map<String, Value>,
}

/// Shows no index.
impl std::fmt::Debug for CredentialStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CredentialStatus").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// A credential that keeps the data model. Says nothing about who signed it.
#[derive(Clone)]
pub struct Credential {
    document: Map<String, Value>,
    issuer: String,
    valid_from: Option<Timestamp>,
    valid_until: Option<Timestamp>,
}

impl Credential {
    /// Checks the data model (VCDM 2.0 §4): contexts, types, `id`s, issuer, subjects, dates, status, schema, names. Unknown members are kept.
    ///
    /// # Errors
    /// [`CredentialError`].
    pub fn parse(document: Map<String, Value>) -> Result<Self, CredentialError> {
        check_subjects(&document)?;
        Self::parse_with_checked_subjects(document)
    }

    /// As [`Credential::parse`], and credentials of VCDM 1.1 too, told by their first context: `issuanceDate` and `expirationDate` are then their
    /// dates.
    ///
    /// # Errors
    /// [`CredentialError`].
    pub fn parse_either(document: Map<String, Value>) -> Result<Self, CredentialError> {
        if v1::is_v1(&document) { v1::parse(document) } else { Self::parse(document) }
    }

    pub(crate) fn of_parts(
        document: Map<String, Value>,
        issuer: String,
        valid_from: Option<Timestamp>,
        valid_until: Option<Timestamp>,
    ) -> Self {
        Credential { document, issuer, valid_from, valid_until }
    }

    /// Whether it is of VCDM 1.1.
    pub fn is_v1(&self) -> bool {
        v1::is_v1(&self.document)
    }

    /// As [`Credential::parse`], for a document whose subjects were checked in another form.
    pub(crate) fn parse_with_checked_subjects(document: Map<String, Value>) -> Result<Self, CredentialError> {
        rules::context(&document)?;
        rules::types(&document, "VerifiableCredential")?;
        rules::optional_id(&document)?;
        rules::texts(&document)?;
        let issuer = issuer(&document)?;
        check_subject_ids(&document)?;
        let valid_from = date(&document, "validFrom")?;
        let valid_until = date(&document, "validUntil")?;
        if valid_from.zip(valid_until).is_some_and(|(from, until)| from > until) {
            return Err(CredentialError::Malformed("`validUntil` before `validFrom`"));
        }
        for name in
            ["credentialStatus", "refreshService", "termsOfUse", "evidence", "proof"].iter().chain(&RESERVED)
        {
            rules::typed_objects(&document, name)?;
        }
        check_schemas(&document)?;
        RelatedResource::read_all(&document)?;
        Ok(Credential { document, issuer, valid_from, valid_until })
    }

    /// The document.
    pub fn document(&self) -> &Map<String, Value> {
        &self.document
    }

    /// `issuer`, or its `id`.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// `type`, without `VerifiableCredential`.
    pub fn types(&self) -> Vec<&str> {
        let names = rules::type_names(&self.document).unwrap_or_default();
        names.into_iter().filter(|name| *name != "VerifiableCredential").collect()
    }

    /// The subjects: one or more objects.
    pub fn subjects(&self) -> Vec<&Map<String, Value>> {
        rules::objects(&self.document, "credentialSubject").unwrap_or_default()
    }

    /// The `id` of the first subject.
    pub fn subject_id(&self) -> Option<&str> {
        self.subjects().first().and_then(|subject| subject.get("id")).and_then(Value::as_str)
    }

    /// `validFrom`.
    pub fn valid_from(&self) -> Option<Timestamp> {
        self.valid_from
    }

    /// `validUntil`.
    pub fn valid_until(&self) -> Option<Timestamp> {
        self.valid_until
    }

    /// `credentialStatus`: none, one or several.
    pub fn statuses(&self) -> Vec<CredentialStatus> {
        let objects = rules::objects(&self.document, "credentialStatus").unwrap_or_default();
        let status = |object: &Map<String, Value>| {
            let kind = (*rules::type_names(object)?.first()?).to_owned();
            Some(CredentialStatus { kind, object: object.clone() })
        };
        objects.into_iter().filter_map(status).collect()
    }
}

/// Shows no claim.
impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential")
            .field("issuer", &self.issuer)
            .field("types", &self.types())
            .finish_non_exhaustive()
    }
}

/// §5.10: what they hold is for others to say; that it has a `type` is not.
const RESERVED: [&str; 2] = ["confidenceMethod", "renderMethod"];

/// §4.7.
pub(crate) fn issuer(document: &Map<String, Value>) -> Result<String, CredentialError> {
    let issuer = document.get("issuer").ok_or(CredentialError::Malformed("no `issuer`"))?;
    if let Value::Object(issuer) = issuer {
        rules::texts(issuer)?;
    }
    rules::identified(issuer).map(str::to_owned).ok_or(CredentialError::Malformed("`issuer` is not a URL"))
}

/// §4.8: at least one subject, and none that says nothing.
pub(crate) fn check_subjects(document: &Map<String, Value>) -> Result<(), CredentialError> {
    let subjects = rules::objects(document, "credentialSubject")?;
    if subjects.is_empty() || subjects.iter().any(|subject| subject.is_empty()) {
        return Err(CredentialError::Malformed("no `credentialSubject`, or an empty one"));
    }
    Ok(())
}

pub(crate) fn check_subject_ids(document: &Map<String, Value>) -> Result<(), CredentialError> {
    rules::objects(document, "credentialSubject")?.into_iter().try_for_each(rules::optional_id)
}

/// §4.9.
fn date(document: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>, CredentialError> {
    const NOT_A_DATE: CredentialError = CredentialError::Malformed("a date that is not a dateTimeStamp");
    match document.get(name) {
        None => Ok(None),
        Some(value) => value.as_str().and_then(date::parse).map(Some).ok_or(NOT_A_DATE),
    }
}

/// §4.11: here `id` is required.
fn check_schemas(document: &Map<String, Value>) -> Result<(), CredentialError> {
    let schemas = rules::typed_objects(document, "credentialSchema")?;
    if schemas.iter().all(|schema| schema.contains_key("id")) {
        Ok(())
    } else {
        Err(CredentialError::Malformed("a `credentialSchema` without `id`"))
    }
}
