use portage_strict_json::Limits;
use serde_json::{Map, Value, json};

use crate::MessageError;

/// A Credential Response (§8.3).
#[derive(Debug, Clone, PartialEq)]
pub enum CredentialResponse {
    /// 200: here it is.
    Issued(IssuedResponse),
    /// 202: not yet.
    Deferred(DeferredResponse),
}

/// The immediate response.
#[derive(Debug, Clone, PartialEq)]
pub struct IssuedResponse {
    /// At most one a key.
    pub credentials: Vec<IssuedCredential>,
    /// To be named in a notification.
    pub notification_id: Option<String>,
}

/// The deferred response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeferredResponse {
    /// What to ask for later.
    pub transaction_id: String,
    /// Seconds to wait.
    pub interval: u64,
}

/// The member `credential`: a string for the JOSE formats, an object for `ldp_vc`. Does not print what it holds.
#[derive(Clone, PartialEq)]
pub enum IssuedCredential {
    /// `dc+sd-jwt`, `vc+sd-jwt`, `vc+jwt`.
    Text(String),
    /// `ldp_vc`.
    Document(Map<String, Value>),
}

impl std::fmt::Debug for IssuedCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            IssuedCredential::Text(_) => "IssuedCredential::Text(…)",
            IssuedCredential::Document(_) => "IssuedCredential::Document(…)",
        })
    }
}

impl CredentialResponse {
    /// Reads the JSON of a response.
    ///
    /// # Errors
    /// [`MessageError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, MessageError> {
        const MALFORMED: MessageError = MessageError::Malformed("not a Credential Response");
        let Value::Object(members) = portage_strict_json::parse(bytes, Limits::MESSAGE)? else {
            return Err(MALFORMED);
        };
        let text = |name: &str| match members.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(MALFORMED),
        };
        match (members.get("credentials"), text("transaction_id")?) {
            (Some(Value::Array(list)), None) if !list.is_empty() => Ok(Self::Issued(IssuedResponse {
                credentials: list.iter().map(read_credential).collect::<Option<_>>().ok_or(MALFORMED)?,
                notification_id: text("notification_id")?,
            })),
            (None, Some(transaction_id)) => Ok(Self::Deferred(DeferredResponse {
                transaction_id,
                interval: members.get("interval").and_then(Value::as_u64).ok_or(MALFORMED)?,
            })),
            _ => Err(MALFORMED),
        }
    }

    /// Its JSON.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Issued(issued) => {
                let credentials: Vec<Value> = issued.credentials.iter().map(write_credential).collect();
                let mut response = json!({ "credentials": credentials });
                if let Some(id) = &issued.notification_id {
                    response["notification_id"] = id.as_str().into();
                }
                response
            }
            Self::Deferred(deferred) => {
                json!({ "transaction_id": deferred.transaction_id, "interval": deferred.interval })
            }
        }
    }
}

fn read_credential(entry: &Value) -> Option<IssuedCredential> {
    match entry.get("credential")? {
        Value::String(text) => Some(IssuedCredential::Text(text.clone())),
        Value::Object(document) => Some(IssuedCredential::Document(document.clone())),
        _ => None,
    }
}

fn write_credential(credential: &IssuedCredential) -> Value {
    match credential {
        IssuedCredential::Text(text) => json!({ "credential": text }),
        IssuedCredential::Document(document) => json!({ "credential": document }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_responses_read_back() {
        for response in [
            CredentialResponse::Issued(IssuedResponse {
                credentials: vec![
                    IssuedCredential::Text("a~".into()),
                    IssuedCredential::Document(Map::new()),
                ],
                notification_id: Some("n".into()),
            }),
            CredentialResponse::Deferred(DeferredResponse { transaction_id: "t".into(), interval: 5 }),
        ] {
            assert_eq!(CredentialResponse::parse(response.to_value().to_string().as_bytes()), Ok(response));
        }
    }

    #[test]
    fn what_is_no_response_is_refused() {
        for json in [
            "{}",
            r#"{"credentials":[]}"#,
            r#"{"credentials":["a"]}"#,
            r#"{"credentials":[{"credential":1}]}"#,
            r#"{"credential":"a"}"#,
            r#"{"transaction_id":"t"}"#,
            r#"{"transaction_id":"t","interval":5,"credentials":[{"credential":"a"}]}"#,
        ] {
            assert!(CredentialResponse::parse(json.as_bytes()).is_err(), "{json}");
        }
    }
}
