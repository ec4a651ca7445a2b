use portage_jose::{EncryptedMessage, JweError, encrypt};
use portage_keys::Entropy;
use portage_reason::Reason;
use portage_strict_json::{JsonError, Limits};
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::{ErrorCode, ResponseEncryption};

/// What the wallet posts to `response_uri` (§8.2): a form.
#[derive(Debug, Clone, PartialEq)]
pub enum AuthorizationResponse {
    /// `vp_token` and `state`.
    Success {
        /// The presentations.
        vp_token: VpToken,
        /// `state` of the request, as it stands: whether it is known is for the verifier to find out.
        state: Option<String>,
    },
    /// `error`, `error_description`, `state`.
    Error(ErrorResponse),
}

/// An Authorization Error Response (§8.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorResponse {
    /// `error`.
    pub error: ErrorCode,
    /// `state` of the request.
    pub state: Option<String>,
}

/// `vp_token` (§8.1): query id → presentations, in the order they stood there.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct VpToken(Vec<(String, Vec<Presentation>)>);

/// One presentation. Holds personal data: does not print.
#[derive(Clone, PartialEq)]
pub enum Presentation {
    /// SD-JWT, JWT: the compact text.
    Text(String),
    /// Data Integrity: the object.
    Object(Map<String, Value>),
}

/// Why a response was refused before anything in it was verified.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResponseError {
    /// Not the shape of a response.
    #[error("not an authorization response: {0}")]
    Malformed(&'static str),
    /// The JSON of a parameter.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The encrypted response.
    #[error(transparent)]
    Encryption(#[from] JweError),
}

impl ResponseError {
    /// `malformed` or `too_large`; of an encrypted response what its encryption says.
    pub fn reason(&self) -> Reason {
        match self {
            ResponseError::Malformed(_) => Reason::Malformed,
            ResponseError::Json(error) => error.reason(),
            ResponseError::Encryption(error) => error.reason(),
        }
    }
}

impl AuthorizationResponse {
    /// `state` of a form, whatever else stands there: so that a response that cannot be read still ends its session. A `state` twice is none.
    pub fn state_of_form(body: &[u8]) -> Option<String> {
        let mut states = form_urlencoded::parse(body).filter(|(name, _)| name == "state");
        match (states.next(), states.next()) {
            (Some((_, state)), None) => Some(state.into_owned()),
            _ => None,
        }
    }

    /// Reads the form. Unknown parameters are ignored, a known one twice is refused.
    ///
    /// # Errors
    /// [`ResponseError`].
    pub fn parse_form(body: &[u8]) -> Result<Self, ResponseError> {
        if body.len() > Limits::MESSAGE.max_bytes {
            return Err(JsonError::TooLarge.into());
        }
        let (mut vp_token, mut state, mut error) = (None, None, None);
        for (name, value) in form_urlencoded::parse(body) {
            let known = match &*name {
                "vp_token" => &mut vp_token,
                "state" => &mut state,
                "error" => &mut error,
                _ => continue,
            };
            if known.replace(value.into_owned()).is_some() {
                return Err(ResponseError::Malformed("a parameter twice"));
            }
        }
        match (vp_token, error) {
            (Some(vp_token), None) => {
                Ok(Self::Success { vp_token: VpToken::parse(vp_token.as_bytes())?, state })
            }
            (None, Some(error)) => {
                Ok(Self::Error(ErrorResponse { error: ErrorCode::from_name(&error), state }))
            }
            _ => Err(ResponseError::Malformed("not exactly one of vp_token and error")),
        }
    }

    /// Reads the content of an encrypted response: a JSON object of the same members (§8.3).
    ///
    /// # Errors
    /// [`ResponseError`].
    pub fn parse_decrypted(content: &[u8]) -> Result<Self, ResponseError> {
        let mut members = portage_strict_json::parse_object(content, Limits::MESSAGE)?;
        let mut text = |name: &str| match members.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(ResponseError::Malformed("a member that is not text")),
        };
        let (state, error) = (text("state")?, text("error")?);
        match (members.remove("vp_token"), error) {
            (Some(vp_token), None) => Ok(Self::Success { vp_token: VpToken::from_value(vp_token)?, state }),
            (None, Some(error)) => {
                Ok(Self::Error(ErrorResponse { error: ErrorCode::from_name(&error), state }))
            }
            _ => Err(ResponseError::Malformed("not exactly one of vp_token and error")),
        }
    }

    /// `state`.
    pub fn state(&self) -> Option<&str> {
        match self {
            Self::Success { state, .. } | Self::Error(ErrorResponse { state, .. }) => state.as_deref(),
        }
    }

    /// The form of `direct_post.jwt`: everything, `state` included, in one JWE (§8.3.1).
    ///
    /// # Errors
    /// [`JweError`].
    pub fn to_encrypted_form(
        &self,
        encryption: &ResponseEncryption,
        entropy: &dyn Entropy,
    ) -> Result<String, JweError> {
        let mut content = Map::new();
        match self {
            Self::Success { vp_token, .. } => content.insert("vp_token".into(), vp_token.to_value()),
            Self::Error(response) => content.insert("error".into(), response.error.name().into()),
        };
        content.extend(self.state().map(|state| ("state".to_owned(), state.into())));
        let content = Value::Object(content).to_string();
        let jwe = encrypt(content.as_bytes(), &encryption.key, encryption.enc, entropy)?;
        let mut form = form_urlencoded::Serializer::new(String::new());
        Ok(form.append_pair("response", &jwe).finish())
    }

    /// The form.
    pub fn to_form(&self) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        let state = match self {
            Self::Success { vp_token, state } => {
                form.append_pair("vp_token", &vp_token.to_value().to_string());
                state
            }
            Self::Error(response) => {
                form.append_pair("error", response.error.name());
                &response.state
            }
        };
        if let Some(state) = state {
            form.append_pair("state", state);
        }
        form.finish()
    }
}

/// The JWE of a form of `direct_post.jwt`; `None` for a form in clear, which [`AuthorizationResponse::parse_form`] reads.
///
/// # Errors
/// [`ResponseError`]: over the limit, `response` twice or beside parameters in clear, not a JWE that is read here.
pub fn encrypted_response(body: &[u8]) -> Result<Option<EncryptedMessage>, ResponseError> {
    if body.len() > Limits::MESSAGE.max_bytes {
        return Err(JsonError::TooLarge.into());
    }
    let parameters = || form_urlencoded::parse(body);
    let mut responses = parameters().filter(|(name, _)| name == "response");
    let Some((_, response)) = responses.next() else { return Ok(None) };
    let in_clear = |name: &str| ["vp_token", "error"].contains(&name);
    if responses.next().is_some() || parameters().any(|(name, _)| in_clear(&name)) {
        return Err(ResponseError::Malformed("an encrypted response beside another"));
    }
    Ok(Some(EncryptedMessage::parse(&response)?))
}

impl VpToken {
    /// Adds the presentations that answer one Credential Query.
    #[must_use]
    pub fn with(mut self, query: &str, presentations: Vec<Presentation>) -> Self {
        self.0.push((query.to_owned(), presentations));
        self
    }

    /// The entries.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &[Presentation])> {
        self.0.iter().map(|(query, presentations)| (query.as_str(), presentations.as_slice()))
    }

    /// The presentations for one Credential Query.
    pub fn presentations(&self, query: &str) -> &[Presentation] {
        self.0.iter().find(|(id, _)| id == query).map_or(&[], |(_, presentations)| presentations)
    }

    /// Reads the JSON text: an object, not empty, of non-empty arrays of strings and objects.
    ///
    /// # Errors
    /// [`ResponseError`].
    pub fn parse(text: &[u8]) -> Result<Self, ResponseError> {
        Self::from_value(portage_strict_json::parse(text, Limits::MESSAGE)?)
    }

    fn from_value(token: Value) -> Result<Self, ResponseError> {
        let Value::Object(token) = token else {
            return Err(ResponseError::Malformed("vp_token is not an object"));
        };
        if token.is_empty() {
            return Err(ResponseError::Malformed("vp_token is empty"));
        }
        let mut entries = Vec::with_capacity(token.len());
        for (query, value) in token {
            let Value::Array(values) = value else {
                return Err(ResponseError::Malformed("an entry of vp_token is not an array"));
            };
            if values.is_empty() {
                return Err(ResponseError::Malformed("an entry of vp_token is empty"));
            }
            let presentations = values.into_iter().map(Presentation::from_value).collect::<Result<_, _>>()?;
            entries.push((query, presentations));
        }
        Ok(VpToken(entries))
    }

    /// The JSON object.
    pub fn to_value(&self) -> Value {
        let entry = |(query, presentations): &(String, Vec<Presentation>)| {
            (query.clone(), Value::Array(presentations.iter().map(Presentation::to_value).collect()))
        };
        Value::Object(self.0.iter().map(entry).collect())
    }
}

impl Presentation {
    fn from_value(value: Value) -> Result<Self, ResponseError> {
        match value {
            Value::String(text) => Ok(Presentation::Text(text)),
            Value::Object(object) => Ok(Presentation::Object(object)),
            _ => Err(ResponseError::Malformed("a presentation is neither text nor object")),
        }
    }

    fn to_value(&self) -> Value {
        match self {
            Presentation::Text(text) => Value::String(text.clone()),
            Presentation::Object(object) => Value::Object(object.clone()),
        }
    }

    /// The bytes to verify: the text as received, or the object as JSON.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Presentation::Text(text) => text.clone().into_bytes(),
            Presentation::Object(object) => Value::Object(object.clone()).to_string().into_bytes(),
        }
    }
}

impl std::fmt::Debug for Presentation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Presentation(..)")
    }
}
