use serde_json::{Map, Value, json};

use crate::{CONTEXT_V1, CONTEXT_V2, CredentialError, rules, v1};

/// Most credentials in one presentation.
pub const MAX_CREDENTIALS: usize = 16;

const ENVELOPED: &str = "EnvelopedVerifiableCredential";
const ENVELOPED_PRESENTATION: &str = "EnvelopedVerifiablePresentation";

/// What stands in an envelope, as its `type` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// `EnvelopedVerifiableCredential`.
    Credential,
    /// `EnvelopedVerifiablePresentation`.
    Presentation,
}

/// An object whose `id` is a secured credential or presentation as a `data:` URL (VCDM 2.0 §4.14.1, §4.14.2). Whatever else stands in the
/// object is covered by no signature and is not read.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    /// What `type` says.
    pub content: Content,
    /// `application/vc+jwt`, `application/vc+sd-jwt`, `application/vp+jwt`.
    pub media_type: String,
    /// The secured text.
    pub text: String,
}

impl Envelope {
    /// Reads one; `None` where the object is no envelope.
    ///
    /// # Errors
    /// [`CredentialError`]: an envelope without the base context or without its `data:` URL.
    pub fn read(object: &Map<String, Value>) -> Result<Option<Self>, CredentialError> {
        let names = rules::type_names(object).unwrap_or_default();
        let content = if names.contains(&ENVELOPED) {
            Content::Credential
        } else if names.contains(&ENVELOPED_PRESENTATION) {
            Content::Presentation
        } else {
            return Ok(None);
        };
        if object.get("@context").and_then(Value::as_str) != Some(CONTEXT_V2) {
            rules::context(object)?;
        }
        let data = object.get("id").and_then(Value::as_str).and_then(|id| id.strip_prefix("data:"));
        match data.and_then(|data| data.split_once(',')) {
            Some((media_type, text)) if !media_type.is_empty() && !text.is_empty() => {
                Ok(Some(Envelope { content, media_type: media_type.to_owned(), text: text.to_owned() }))
            }
            _ => Err(CredentialError::Malformed("an envelope without a `data:` URL")),
        }
    }
}

/// Shows nothing of what stands in it.
impl std::fmt::Debug for Envelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Envelope").field("content", &self.content).finish_non_exhaustive()
    }
}

/// One entry of `verifiableCredential`.
#[derive(Clone)]
pub enum PresentedCredential {
    /// Embedded, with its own proof.
    Embedded(Map<String, Value>),
    /// `EnvelopedVerifiableCredential`: media type and the text after the comma.
    Enveloped {
        /// `application/vc+jwt`, `application/vc+sd-jwt`.
        media_type: String,
        /// The secured credential.
        text: String,
    },
}

/// A presentation that keeps the data model. Says nothing about who signed it.
#[derive(Clone)]
pub struct Presentation {
    document: Map<String, Value>,
    credentials: Vec<PresentedCredential>,
}

impl Presentation {
    /// Checks the data model (VCDM 2.0 §4.13): at most 16 credentials, objects only.
    ///
    /// # Errors
    /// [`CredentialError`].
    pub fn parse(document: Map<String, Value>) -> Result<Self, CredentialError> {
        rules::context(&document)?;
        Self::parse_after_context(document)
    }

    /// As [`Presentation::parse`], and presentations of VCDM 1.1 too, told by their first context.
    ///
    /// # Errors
    /// [`CredentialError`].
    pub fn parse_either(document: Map<String, Value>) -> Result<Self, CredentialError> {
        if !v1::is_v1(&document) {
            return Self::parse(document);
        }
        rules::context_after(&document, CONTEXT_V1)?;
        Self::parse_after_context(document)
    }

    /// A presentation of VCDM 1.1 in a JWT, whose credentials may be JWTs as text.
    pub(crate) fn of_jwt_v1(document: Map<String, Value>) -> Result<Self, CredentialError> {
        rules::context_after(&document, CONTEXT_V1)?;
        let credentials = match document.get("verifiableCredential") {
            None => Vec::new(),
            Some(Value::Array(entries)) => entries.iter().map(presented_v1).collect::<Result<_, _>>()?,
            Some(entry) => vec![presented_v1(entry)?],
        };
        Self::with_credentials(document, credentials)
    }

    fn parse_after_context(document: Map<String, Value>) -> Result<Self, CredentialError> {
        let credentials = credentials(&document)?;
        Self::with_credentials(document, credentials)
    }

    fn with_credentials(
        document: Map<String, Value>,
        credentials: Vec<PresentedCredential>,
    ) -> Result<Self, CredentialError> {
        if credentials.len() > MAX_CREDENTIALS {
            return Err(CredentialError::Malformed("more than 16 credentials"));
        }
        rules::types(&document, "VerifiablePresentation")?;
        rules::optional_id(&document)?;
        if document.get("holder").is_some_and(|holder| rules::identified(holder).is_none()) {
            return Err(CredentialError::Malformed("`holder` is not a URL"));
        }
        for name in ["termsOfUse", "proof"] {
            rules::typed_objects(&document, name)?;
        }
        Ok(Presentation { document, credentials })
    }

    /// The document.
    pub fn document(&self) -> &Map<String, Value> {
        &self.document
    }

    /// `holder`, or its `id`.
    pub fn holder(&self) -> Option<&str> {
        self.document.get("holder").and_then(rules::identified)
    }

    /// The credentials.
    pub fn credentials(&self) -> &[PresentedCredential] {
        &self.credentials
    }

    /// An unsecured presentation around these credentials.
    pub fn build(holder: Option<&str>, credentials: Vec<Value>) -> Map<String, Value> {
        let mut presentation = Map::from_iter([
            ("@context".to_owned(), json!([CONTEXT_V2])),
            ("type".to_owned(), json!(["VerifiablePresentation"])),
        ]);
        if let Some(holder) = holder {
            presentation.insert("holder".to_owned(), holder.into());
        }
        presentation.insert("verifiableCredential".to_owned(), credentials.into());
        presentation
    }

    /// An `EnvelopedVerifiableCredential` around a secured credential (`media_type` e.g. `application/vc+jwt`).
    pub fn enveloped(media_type: &str, text: &str) -> Value {
        json!({ "@context": CONTEXT_V2, "type": ENVELOPED, "id": format!("data:{media_type},{text}") })
    }
}

/// Shows no claim.
impl std::fmt::Debug for Presentation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Presentation")
            .field("holder", &self.holder())
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}

/// Shows no claim.
impl std::fmt::Debug for PresentedCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PresentedCredential::Embedded(_) => f.write_str("Embedded"),
            PresentedCredential::Enveloped { media_type, .. } => {
                f.debug_struct("Enveloped").field("media_type", media_type).finish_non_exhaustive()
            }
        }
    }
}

fn credentials(document: &Map<String, Value>) -> Result<Vec<PresentedCredential>, CredentialError> {
    let entries = match document.get("verifiableCredential") {
        Some(Value::Array(entries)) if entries.is_empty() => Vec::new(),
        _ => rules::objects(document, "verifiableCredential")?,
    };
    entries.into_iter().map(presented).collect()
}

/// A JWT as text, or a document with a proof of its own.
fn presented_v1(entry: &Value) -> Result<PresentedCredential, CredentialError> {
    match entry {
        Value::String(jwt) => Ok(PresentedCredential::Enveloped {
            media_type: "application/vc+jwt".to_owned(),
            text: jwt.clone(),
        }),
        Value::Object(document) if v1::is_v1(document) => Ok(PresentedCredential::Embedded(document.clone())),
        _ => Err(CredentialError::Malformed("an entry that is neither a credential nor a JWT")),
    }
}

/// An enveloped entry is its `id` and nothing else: members beside it are covered by no signature and are not read.
fn presented(entry: &Map<String, Value>) -> Result<PresentedCredential, CredentialError> {
    match Envelope::read(entry)? {
        Some(Envelope { content: Content::Credential, media_type, text }) => {
            Ok(PresentedCredential::Enveloped { media_type, text })
        }
        None if rules::type_names(entry).unwrap_or_default().contains(&"VerifiableCredential") => {
            Ok(PresentedCredential::Embedded(entry.clone()))
        }
        _ => Err(CredentialError::Malformed("an entry that is neither a credential nor an enveloped one")),
    }
}
