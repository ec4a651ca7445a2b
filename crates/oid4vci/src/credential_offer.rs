use portage_strict_json::Limits;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::{
    IssuerIdentifier, MessageError, PreAuthorizedCode,
    message::{read, write},
};

/// The grant type of the pre-authorized code flow (§3.5).
pub const PRE_AUTHORIZED_CODE: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

const SCHEME: &str = "openid-credential-offer";

/// A Credential Offer (§4.1.1). Unauthenticated: whoever reads it validates the issuer as if it had started itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialOffer {
    /// Who offers.
    pub credential_issuer: IssuerIdentifier,
    /// What is offered: keys of `credential_configurations_supported`; at least one, none twice.
    pub credential_configuration_ids: Vec<String>,
    /// How to get it; absent or empty, the authorization server's metadata says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grants: Option<Grants>,
}

/// `grants`; grants that Portage does not know are ignored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grants {
    /// The pre-authorized code.
    #[serde(
        default,
        rename = "urn:ietf:params:oauth:grant-type:pre-authorized_code",
        skip_serializing_if = "Option::is_none"
    )]
    pub pre_authorized_code: Option<PreAuthorizedCodeGrant>,
    /// The authorization code grant, as it stands: Portage does not walk that path yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_code: Option<Value>,
}

/// The parameters of the pre-authorized code grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreAuthorizedCodeGrant {
    /// `pre-authorized_code`.
    #[serde(rename = "pre-authorized_code")]
    pub pre_authorized_code: PreAuthorizedCode,
    /// There, even as `{}`: a code from another channel is required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tx_code: Option<TxCode>,
    /// Which of several authorization servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_server: Option<IssuerIdentifier>,
}

/// What the person will be asked to type (§4.1.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TxCode {
    /// Which characters.
    #[serde(default, skip_serializing_if = "InputMode::is_numeric")]
    pub input_mode: InputMode,
    /// How many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u32>,
    /// What to tell the person: at most 300 characters, to be shown as untrusted text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// `input_mode`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InputMode {
    /// Digits: the default.
    #[default]
    Numeric,
    /// Any characters.
    Text,
}

impl InputMode {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
    fn is_numeric(&self) -> bool {
        *self == InputMode::Numeric
    }
}

impl CredentialOffer {
    /// Reads the JSON of an offer.
    ///
    /// # Errors
    /// [`MessageError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, MessageError> {
        let offer: CredentialOffer = read(bytes, Limits::METADATA, "not a Credential Offer")?;
        let ids = &offer.credential_configuration_ids;
        if ids.is_empty() {
            return Err(MessageError::Malformed("the offer offers nothing"));
        }
        if ids.iter().enumerate().any(|(at, id)| ids.iter().take(at).any(|before| before == id)) {
            return Err(MessageError::Malformed("the offer names a configuration twice"));
        }
        let description =
            offer.pre_authorized_code().and_then(|grant| grant.tx_code.as_ref()?.description.as_ref());
        if description.is_some_and(|text| text.chars().count() > 300) {
            return Err(MessageError::Malformed("the description of tx_code is over 300 characters"));
        }
        Ok(offer)
    }

    /// The pre-authorized code grant, if it is offered.
    pub fn pre_authorized_code(&self) -> Option<&PreAuthorizedCodeGrant> {
        self.grants.as_ref()?.pre_authorized_code.as_ref()
    }

    /// Its JSON.
    pub fn to_value(&self) -> Value {
        write(self)
    }
}

/// The two forms in which an offer travels as a link or a QR code (§4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialOfferUri {
    /// `credential_offer`: the offer itself.
    ByValue(CredentialOffer),
    /// `credential_offer_uri`: where it stands, as JSON.
    ByReference(Url),
}

impl CredentialOfferUri {
    /// Reads `openid-credential-offer://?…`, or an `https` link with the same parameters.
    ///
    /// # Errors
    /// [`MessageError`]: another scheme, both parameters, none, or one of them twice.
    pub fn parse(uri: &str) -> Result<Self, MessageError> {
        let query = match uri.split_once('?') {
            Some((front, query)) if is_offer_address(front) => query,
            _ => return Err(MessageError::Malformed("not the address of a Credential Offer")),
        };
        let query = query.split('#').next().unwrap_or_default();
        let (mut value, mut reference) = (None, None);
        for (name, text) in form_urlencoded::parse(query.as_bytes()) {
            let slot = match name.as_ref() {
                "credential_offer" => &mut value,
                "credential_offer_uri" => &mut reference,
                _ => continue,
            };
            if slot.replace(text.into_owned()).is_some() {
                return Err(MessageError::Malformed("the address holds an offer twice"));
            }
        }
        match (value, reference) {
            (Some(json), None) => CredentialOffer::parse(json.as_bytes()).map(Self::ByValue),
            (None, Some(url)) => match Url::parse(&url) {
                Ok(url) if url.has_host() && matches!(url.scheme(), "https" | "http") => {
                    Ok(Self::ByReference(url))
                }
                _ => Err(MessageError::Malformed("credential_offer_uri is not a web address")),
            },
            (Some(_), Some(_)) => Err(MessageError::Malformed("an offer by value and by reference at once")),
            (None, None) => Err(MessageError::Malformed("the address holds no Credential Offer")),
        }
    }
}

impl std::fmt::Display for CredentialOfferUri {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut query = form_urlencoded::Serializer::new(String::new());
        match self {
            Self::ByValue(offer) => query.append_pair("credential_offer", &offer.to_value().to_string()),
            Self::ByReference(url) => query.append_pair("credential_offer_uri", url.as_str()),
        };
        write!(f, "{SCHEME}://?{}", query.finish())
    }
}

fn is_offer_address(front: &str) -> bool {
    match front.split_once(':') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(SCHEME) => matches!(rest, "" | "//" | "///"),
        Some((scheme, _)) => scheme.eq_ignore_ascii_case("https"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer() -> CredentialOffer {
        CredentialOffer {
            credential_issuer: IssuerIdentifier::parse("https://a.example").unwrap(),
            credential_configuration_ids: vec!["person_dc+sd-jwt".into()],
            grants: Some(Grants {
                pre_authorized_code: Some(PreAuthorizedCodeGrant {
                    pre_authorized_code: PreAuthorizedCode::new("a b&c"),
                    tx_code: Some(TxCode { length: Some(6), ..TxCode::default() }),
                    authorization_server: None,
                }),
                authorization_code: None,
            }),
        }
    }

    #[test]
    fn both_forms_of_the_uri_read_back() {
        for uri in [
            CredentialOfferUri::ByValue(offer()),
            CredentialOfferUri::ByReference("https://a.example/offers/1".parse().unwrap()),
        ] {
            assert_eq!(CredentialOfferUri::parse(&uri.to_string()), Ok(uri));
        }
    }

    #[test]
    fn an_empty_tx_code_still_asks_for_a_code() {
        let json = br#"{"credential_issuer":"https://a.example","credential_configuration_ids":["x"],
            "grants":{"urn:ietf:params:oauth:grant-type:pre-authorized_code":{"pre-authorized_code":"c","tx_code":{}}}}"#;
        let offer = CredentialOffer::parse(json).unwrap();
        assert_eq!(offer.pre_authorized_code().unwrap().tx_code, Some(TxCode::default()));
    }

    #[test]
    fn what_is_no_offer_is_refused() {
        for json in [
            r#"{}"#,
            r#"{"credential_issuer":"https://a.example","credential_configuration_ids":[]}"#,
            r#"{"credential_issuer":"https://a.example","credential_configuration_ids":["x","x"]}"#,
            r#"{"credential_issuer":"https://a.example","credential_configuration_ids":"x"}"#,
            r#"{"credential_issuer":"a.example","credential_configuration_ids":["x"]}"#,
        ] {
            assert!(CredentialOffer::parse(json.as_bytes()).is_err(), "{json}");
        }
        for uri in [
            "openid-credential-offer://",
            "openid-credential-offer://?",
            "openid-credential-offer://?credential_offer={}",
            "openid4vp://?credential_offer_uri=https%3A%2F%2Fa.example",
            "openid-credential-offer://?credential_offer_uri=file%3A%2F%2F%2Fetc",
            "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fa.example&credential_offer_uri=https%3A%2F%2Fb.example",
            "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fa.example&credential_offer=%7B%7D",
        ] {
            assert!(CredentialOfferUri::parse(uri).is_err(), "{uri}");
        }
    }
}
