use portage_strict_json::Limits;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::form_urlencoded;

use crate::{
    AccessToken, CLIENT_ASSERTION_TYPE, ClientAssertionJwt, MessageError, PRE_AUTHORIZED_CODE,
    PreAuthorizedCode, TokenErrorCode, TxCodeValue,
    message::{read, write},
};

/// A Token Request of the pre-authorized code flow (§6.1), form-encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// `pre-authorized_code`.
    pub pre_authorized_code: PreAuthorizedCode,
    /// `tx_code`.
    pub tx_code: Option<TxCodeValue>,
    /// `client_id`; beside an assertion it may be left out (RFC 7521 §4.2).
    pub client_id: Option<String>,
    /// `client_assertion`, of the one `client_assertion_type` there is for a JWT.
    pub client_assertion: Option<ClientAssertionJwt>,
}

impl TokenRequest {
    /// From a client that does not say who it is.
    pub fn anonymous(pre_authorized_code: PreAuthorizedCode, tx_code: Option<TxCodeValue>) -> Self {
        TokenRequest { pre_authorized_code, tx_code, client_id: None, client_assertion: None }
    }

    /// Reads the body of the request. A parameter given twice is refused (RFC 6749 §3.2); unknown ones are ignored.
    ///
    /// # Errors
    /// [`TokenErrorCode::InvalidRequest`], [`TokenErrorCode::UnsupportedGrantType`]; [`TokenErrorCode::InvalidClient`]: a secret, or an
    /// assertion that is no JWT.
    pub fn from_form(body: &[u8]) -> Result<Self, TokenErrorCode> {
        let (mut grant_type, mut code, mut tx_code, mut client_id) = (None, None, None, None);
        let (mut assertion, mut assertion_type, mut secret) = (None, None, None);
        for (name, value) in form_urlencoded::parse(body) {
            let slot = match name.as_ref() {
                "grant_type" => &mut grant_type,
                "pre-authorized_code" => &mut code,
                "tx_code" => &mut tx_code,
                "client_id" => &mut client_id,
                "client_assertion" => &mut assertion,
                "client_assertion_type" => &mut assertion_type,
                "client_secret" => &mut secret,
                _ => continue,
            };
            if slot.replace(value.into_owned()).is_some() {
                return Err(TokenErrorCode::InvalidRequest);
            }
        }
        match grant_type.as_deref() {
            Some(PRE_AUTHORIZED_CODE) => {}
            Some(_) => return Err(TokenErrorCode::UnsupportedGrantType),
            None => return Err(TokenErrorCode::InvalidRequest),
        }
        if secret.is_some() {
            return Err(TokenErrorCode::InvalidClient);
        }
        let client_assertion = match (assertion, assertion_type.as_deref()) {
            (None, None) => None,
            (Some(assertion), Some(CLIENT_ASSERTION_TYPE)) => Some(ClientAssertionJwt::new(assertion)),
            (Some(_), Some(_)) => return Err(TokenErrorCode::InvalidClient),
            (Some(_), None) | (None, Some(_)) => return Err(TokenErrorCode::InvalidRequest),
        };
        Ok(TokenRequest {
            pre_authorized_code: PreAuthorizedCode::new(code.ok_or(TokenErrorCode::InvalidRequest)?),
            tx_code: tx_code.map(TxCodeValue::new),
            client_id,
            client_assertion,
        })
    }

    /// The body of the request.
    pub fn to_form(&self) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", PRE_AUTHORIZED_CODE)
            .append_pair("pre-authorized_code", self.pre_authorized_code.expose());
        if let Some(tx_code) = &self.tx_code {
            form.append_pair("tx_code", tx_code.expose());
        }
        if let Some(client_id) = &self.client_id {
            form.append_pair("client_id", client_id);
        }
        if let Some(assertion) = &self.client_assertion {
            form.append_pair("client_assertion_type", CLIENT_ASSERTION_TYPE)
                .append_pair("client_assertion", assertion.expose());
        }
        form.finish()
    }
}

/// A successful Token Response (§6.2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenResponse {
    /// `access_token`.
    pub access_token: AccessToken,
    /// `token_type`: `Bearer`, in any case.
    pub token_type: String,
    /// Seconds it lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
    /// What it is good for, when the request (or the server) used `authorization_details`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorization_details: Vec<AuthorizationDetail>,
}

/// One entry of `authorization_details` of type `openid_credential` (§6.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationDetail {
    /// `openid_credential`; entries of other types are not ours.
    #[serde(rename = "type")]
    pub kind: String,
    /// The configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_configuration_id: Option<String>,
    /// There: the Credential Request names one of these instead of the configuration.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credential_identifiers: Vec<String>,
}

impl TokenResponse {
    /// A bearer token.
    pub fn bearer(access_token: AccessToken, expires_in: u64) -> Self {
        TokenResponse {
            access_token,
            token_type: "Bearer".into(),
            expires_in: Some(expires_in),
            authorization_details: Vec::new(),
        }
    }

    /// Reads the JSON of a response; a token of another type than `Bearer` is refused.
    ///
    /// # Errors
    /// [`MessageError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, MessageError> {
        let response: TokenResponse = read(bytes, Limits::METADATA, "not a Token Response")?;
        if !response.token_type.eq_ignore_ascii_case("Bearer") {
            return Err(MessageError::Malformed("not a bearer token"));
        }
        Ok(response)
    }

    /// Its JSON.
    pub fn to_value(&self) -> Value {
        write(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_reads_back_and_repeats_are_refused() {
        let request =
            TokenRequest::anonymous(PreAuthorizedCode::new("a b&c=+"), Some(TxCodeValue::new("493536")));
        let form = request.to_form();
        assert_eq!(TokenRequest::from_form(form.as_bytes()), Ok(request));
        for (body, error) in [
            (format!("{form}&tx_code=1"), TokenErrorCode::InvalidRequest),
            (form.replace("grant_type=", "x="), TokenErrorCode::InvalidRequest),
            (form.replace("pre-authorized_code=", "x="), TokenErrorCode::InvalidRequest),
            (
                form.replace("pre-authorized_code&", "authorization_code&"),
                TokenErrorCode::UnsupportedGrantType,
            ),
        ] {
            assert_eq!(TokenRequest::from_form(body.as_bytes()), Err(error), "{body}");
        }
    }

    #[test]
    fn t12_an_assertion_has_its_type_and_no_other_method_is_read() {
        let request = TokenRequest {
            client_id: Some("wallet".into()),
            client_assertion: Some(ClientAssertionJwt::new("a.b.c")),
            ..TokenRequest::anonymous(PreAuthorizedCode::new("code"), None)
        };
        let form = request.to_form();
        assert_eq!(TokenRequest::from_form(form.as_bytes()), Ok(request));
        for (body, error) in [
            (form.replace("client_assertion_type=", "x="), TokenErrorCode::InvalidRequest),
            (form.replace("client_assertion=", "x="), TokenErrorCode::InvalidRequest),
            (form.replace("jwt-bearer", "saml2-bearer"), TokenErrorCode::InvalidClient),
            (format!("{form}&client_assertion=a.b.c"), TokenErrorCode::InvalidRequest),
            (format!("{form}&client_id=other"), TokenErrorCode::InvalidRequest),
            (format!("{form}&client_secret=x"), TokenErrorCode::InvalidClient),
        ] {
            assert_eq!(TokenRequest::from_form(body.as_bytes()), Err(error), "{body}");
        }
    }

    #[test]
    fn secrets_do_not_print() {
        let response = TokenResponse::bearer(AccessToken::new("canary"), 300);
        assert!(!format!("{response:?}").contains("canary"));
    }
}
