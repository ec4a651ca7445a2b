//! Signed text taken apart and put together again: what an attacker does with a text editor.

use portage_keys::{Signer, base64url};
use serde_json::{Map, Value};

/// A compact JWS, and what follows it in an SD-JWT.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) header: Map<String, Value>,
    pub(crate) payload: Map<String, Value>,
    pub(crate) signature: Vec<u8>,
    /// From the first `~` on.
    pub(crate) rest: String,
}

impl Token {
    /// Takes an issuer's JWT, SD-JWT, or VP JWT apart.
    pub(crate) fn read(text: &str) -> Self {
        let end = text.find('~').unwrap_or(text.len());
        let (jws, rest) = text.split_at(end);
        let parts: Vec<Vec<u8>> = jws.split('.').map(|part| base64url::decode(part).unwrap()).collect();
        let [header, payload, signature] = <[Vec<u8>; 3]>::try_from(parts).unwrap();
        let members = |bytes: &[u8]| serde_json::from_slice(bytes).unwrap();
        Token { header: members(&header), payload: members(&payload), signature, rest: rest.to_owned() }
    }

    /// The text before the second dot.
    pub(crate) fn signing_input(&self) -> String {
        let part = |members: &Map<String, Value>| base64url::encode(&serde_json::to_vec(members).unwrap());
        format!("{}.{}", part(&self.header), part(&self.payload))
    }

    /// Together again.
    pub(crate) fn text(&self) -> String {
        format!("{}.{}{}", self.signing_input(), base64url::encode(&self.signature), self.rest)
    }

    /// Signed anew by whoever it is; the header stays as it is.
    pub(crate) fn signed(mut self, signer: &dyn Signer) -> String {
        self.signature = signer.sign(self.signing_input().as_bytes()).unwrap();
        self.text()
    }

    /// With a change.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The disclosures of an SD-JWT.
    pub(crate) fn disclosures(&self) -> Vec<String> {
        self.rest.split('~').filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    /// With these disclosures instead, and no key binding.
    pub(crate) fn disclosing(mut self, disclosures: &[String]) -> Self {
        self.rest =
            std::iter::once("~".to_owned()).chain(disclosures.iter().map(|d| format!("{d}~"))).collect();
        self
    }
}

/// The KB-JWT of an SD-JWT+KB, and everything before it.
pub(crate) fn key_binding(text: &str) -> (String, Token) {
    let end = text.rfind('~').unwrap() + 1;
    let (before, binding) = text.split_at(end);
    (before.to_owned(), Token::read(binding))
}

/// Signs header and payload as they are written, duplicate members and all.
pub(crate) fn sign_text(header: &str, payload: &str, signer: &dyn Signer) -> String {
    let input = format!("{}.{}", base64url::encode(header.as_bytes()), base64url::encode(payload.as_bytes()));
    let signature = signer.sign(input.as_bytes()).unwrap();
    format!("{input}.{}", base64url::encode(&signature))
}

/// A document with a change; its proof stays as it is.
pub(crate) fn edited(document: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut document: Value = serde_json::from_str(document).unwrap();
    change(&mut document);
    document.to_string()
}
