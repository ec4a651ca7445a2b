use portage_strict_json::Limits;
use serde_json::{Map, Value, json};

use crate::CredentialErrorCode;

/// A Credential Request (§8.2), not encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialRequest {
    /// Which credential.
    pub credential: RequestedCredential,
    /// `proofs`.
    pub proofs: Option<Proofs>,
}

/// How the credential is named: exactly one of two ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestedCredential {
    /// `credential_configuration_id`.
    ConfigurationId(String),
    /// `credential_identifier`: if and only if the Token Response brought some.
    Identifier(String),
}

/// `proofs`: one proof type with at least one proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proofs {
    /// `jwt`: compact JWS, one a key.
    Jwt(Vec<String>),
    /// A proof type that Portage does not take.
    Unsupported,
}

impl CredentialRequest {
    /// Reads the JSON of a request. Unknown members are ignored; `credential_response_encryption` is not, since ignoring it would
    /// answer in the clear.
    ///
    /// # Errors
    /// [`CredentialErrorCode::InvalidCredentialRequest`], [`CredentialErrorCode::InvalidEncryptionParameters`].
    pub fn parse(bytes: &[u8]) -> Result<Self, CredentialErrorCode> {
        const INVALID: CredentialErrorCode = CredentialErrorCode::InvalidCredentialRequest;
        let Ok(Value::Object(members)) = portage_strict_json::parse(bytes, Limits::MESSAGE) else {
            return Err(INVALID);
        };
        let text = |name: &str| match members.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(INVALID),
        };
        let credential = match (text("credential_configuration_id")?, text("credential_identifier")?) {
            (Some(id), None) => RequestedCredential::ConfigurationId(id),
            (None, Some(id)) => RequestedCredential::Identifier(id),
            _ => return Err(INVALID),
        };
        if members.contains_key("credential_response_encryption") {
            return Err(CredentialErrorCode::InvalidEncryptionParameters);
        }
        let proofs = match members.get("proofs") {
            None => None,
            Some(Value::Object(proofs)) => Some(read_proofs(proofs).ok_or(INVALID)?),
            Some(_) => return Err(INVALID),
        };
        Ok(CredentialRequest { credential, proofs })
    }

    /// Its JSON.
    pub fn to_value(&self) -> Value {
        let mut request = match &self.credential {
            RequestedCredential::ConfigurationId(id) => json!({ "credential_configuration_id": id }),
            RequestedCredential::Identifier(id) => json!({ "credential_identifier": id }),
        };
        if let Some(Proofs::Jwt(proofs)) = &self.proofs {
            request["proofs"] = json!({ "jwt": proofs });
        }
        request
    }
}

/// Exactly one proof type, at least one proof.
fn read_proofs(proofs: &Map<String, Value>) -> Option<Proofs> {
    let mut types = proofs.iter();
    let (Some((proof_type, Value::Array(list))), None) = (types.next(), types.next()) else {
        return None;
    };
    if list.is_empty() {
        return None;
    }
    if proof_type != "jwt" {
        return Some(Proofs::Unsupported);
    }
    let texts = list.iter().map(|proof| proof.as_str().map(str::to_owned));
    texts.collect::<Option<Vec<_>>>().map(Proofs::Jwt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_reads_back() {
        let request = CredentialRequest {
            credential: RequestedCredential::ConfigurationId("person_dc+sd-jwt".into()),
            proofs: Some(Proofs::Jwt(vec!["a.b.c".into()])),
        };
        assert_eq!(CredentialRequest::parse(request.to_value().to_string().as_bytes()), Ok(request));
    }

    #[test]
    fn what_is_no_request_has_its_code() {
        use CredentialErrorCode::{InvalidCredentialRequest, InvalidEncryptionParameters};
        for (json, error) in [
            ("", InvalidCredentialRequest),
            ("[]", InvalidCredentialRequest),
            ("{}", InvalidCredentialRequest),
            (r#"{"credential_configuration_id":"a","credential_identifier":"b"}"#, InvalidCredentialRequest),
            (r#"{"credential_configuration_id":1}"#, InvalidCredentialRequest),
            (r#"{"credential_configuration_id":"a","proofs":[]}"#, InvalidCredentialRequest),
            (r#"{"credential_configuration_id":"a","proofs":{}}"#, InvalidCredentialRequest),
            (r#"{"credential_configuration_id":"a","proofs":{"jwt":[]}}"#, InvalidCredentialRequest),
            (r#"{"credential_configuration_id":"a","proofs":{"jwt":[1]}}"#, InvalidCredentialRequest),
            (
                r#"{"credential_configuration_id":"a","proofs":{"jwt":["x"],"di_vp":[{}]}}"#,
                InvalidCredentialRequest,
            ),
            (
                r#"{"credential_configuration_id":"a","credential_configuration_id":"a"}"#,
                InvalidCredentialRequest,
            ),
            (
                r#"{"credential_configuration_id":"a","credential_response_encryption":{}}"#,
                InvalidEncryptionParameters,
            ),
        ] {
            assert_eq!(CredentialRequest::parse(json.as_bytes()), Err(error), "{json}");
        }
    }
}
