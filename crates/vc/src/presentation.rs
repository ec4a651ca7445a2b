use serde_json::{Map, Value};

use crate::CredentialError;

/// One entry of `verifiableCredential`.
#[derive(Debug, Clone)]
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
#[derive(Debug, Clone)]
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
        let _ = document;
        todo!()
    }

    /// The document.
    pub fn document(&self) -> &Map<String, Value> {
        &self.document
    }

    /// `holder`, or its `id`.
    pub fn holder(&self) -> Option<&str> {
        todo!()
    }

    /// The credentials.
    pub fn credentials(&self) -> &[PresentedCredential] {
        &self.credentials
    }

    /// An unsecured presentation around these credentials.
    pub fn build(holder: Option<&str>, credentials: Vec<Value>) -> Map<String, Value> {
        let _ = (holder, credentials);
        todo!()
    }

    /// An `EnvelopedVerifiableCredential` around a secured credential (`media_type` e.g. `application/vc+jwt`).
    pub fn enveloped(media_type: &str, text: &str) -> Value {
        let _ = (media_type, text);
        todo!()
    }
}
