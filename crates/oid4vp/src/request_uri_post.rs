use portage_strict_json::Limits;
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::{ClientIdPrefix, RequestError, VpFormats};

/// What a wallet posts to a `request_uri` whose method is `post` (§5.10).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RequestUriPost {
    /// `wallet_nonce`: the Request Object must repeat it, so that nobody replays one.
    pub wallet_nonce: Option<String>,
    /// `wallet_metadata` (§10.1).
    pub wallet_metadata: Option<Value>,
}

/// The longest `wallet_nonce` that is repeated.
const MAX_NONCE: usize = 1024;

impl RequestUriPost {
    /// What our wallet says: a fresh nonce, and what every wallet of this kind takes; nothing that tells one person's from another's.
    pub fn of_wallet(wallet_nonce: String) -> Self {
        let formats = VpFormats::of_portage().to_client_metadata();
        let prefixes = ClientIdPrefix::SUPPORTED.map(ClientIdPrefix::name);
        let metadata = json!({
            "vp_formats_supported": formats["vp_formats_supported"],
            "client_id_prefixes_supported": prefixes,
        });
        RequestUriPost { wallet_nonce: Some(wallet_nonce), wallet_metadata: Some(metadata) }
    }

    /// The form.
    pub fn to_form(&self) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        if let Some(metadata) = &self.wallet_metadata {
            form.append_pair("wallet_metadata", &metadata.to_string());
        }
        if let Some(nonce) = &self.wallet_nonce {
            form.append_pair("wallet_nonce", nonce);
        }
        form.finish()
    }

    /// Reads the form. Unknown parameters are ignored; a known one twice, a nonce of other characters than a nonce has, metadata that is no JSON
    /// object are refused.
    ///
    /// # Errors
    /// [`RequestError::Parameter`].
    pub fn parse_form(body: &[u8]) -> Result<Self, RequestError> {
        let (mut nonce, mut metadata) = (None, None);
        for (name, value) in form_urlencoded::parse(body) {
            let (known, name) = match &*name {
                "wallet_nonce" => (&mut nonce, "wallet_nonce"),
                "wallet_metadata" => (&mut metadata, "wallet_metadata"),
                _ => continue,
            };
            if known.replace(value.into_owned()).is_some() {
                return Err(RequestError::Parameter(name));
            }
        }
        let is_nonce = |text: &String| {
            (1..=MAX_NONCE).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if nonce.as_ref().is_some_and(|nonce| !is_nonce(nonce)) {
            return Err(RequestError::Parameter("wallet_nonce"));
        }
        let metadata = metadata.map(|text: String| {
            let parsed = portage_strict_json::parse(text.as_bytes(), Limits::METADATA).ok();
            parsed.filter(Value::is_object).ok_or(RequestError::Parameter("wallet_metadata"))
        });
        Ok(RequestUriPost { wallet_nonce: nonce, wallet_metadata: metadata.transpose()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_wallet_says_reads_back_and_what_is_no_such_form_is_refused() {
        let said = RequestUriPost::of_wallet("n-1".to_owned());
        assert_eq!(RequestUriPost::parse_form(said.to_form().as_bytes()), Ok(said));
        assert_eq!(RequestUriPost::parse_form(b"other=1"), Ok(RequestUriPost::default()));
        for bad in [
            "wallet_nonce=a&wallet_nonce=a",
            "wallet_nonce=",
            "wallet_nonce=a%20b",
            "wallet_metadata=%5B%5D",
            "wallet_metadata=x",
        ] {
            assert!(RequestUriPost::parse_form(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
