use portage_strict_json::Limits;
use serde_json::{Value, json};
use url::Url;

use crate::ResponseError;

/// What the verifier answers to a `direct_post` (§8.2), to errors too: `{}`, or where the person's browser goes next.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DirectPostAnswer {
    /// `redirect_uri`, with a fresh secret: only for a request on the same device.
    pub redirect_uri: Option<Url>,
}

impl DirectPostAnswer {
    /// The JSON object.
    pub fn to_value(&self) -> Value {
        match &self.redirect_uri {
            Some(redirect_uri) => json!({ "redirect_uri": redirect_uri.as_str() }),
            None => json!({}),
        }
    }

    /// Reads the answer. Unknown members are ignored.
    ///
    /// # Errors
    /// [`ResponseError::Malformed`]: not an object, or a `redirect_uri` that is no URL.
    pub fn parse(body: &[u8]) -> Result<Self, ResponseError> {
        let answer = portage_strict_json::parse(body, Limits::MESSAGE)?;
        let answer = answer.as_object().ok_or(ResponseError::Malformed("not a JSON object"))?;
        let redirect_uri = match answer.get("redirect_uri") {
            None => None,
            Some(value) => Some(
                value
                    .as_str()
                    .and_then(|text| Url::parse(text).ok())
                    .ok_or(ResponseError::Malformed("redirect_uri is not a URL"))?,
            ),
        };
        Ok(DirectPostAnswer { redirect_uri })
    }
}
