//! A wallet of the tests: it says exactly what it is told to, right or wrong.

use portage_issuer::CreatedOffer;
use portage_keys::{Algorithm, Signer, SigningKey};
use portage_oid4vci::{
    AccessToken, CNonce, CredentialOffer, CredentialOfferUri, CredentialRequest, CredentialResponse,
    ErrorResponse, IssuedCredential, IssuerIdentifier, KeyBindingForm, KeyProof, NonceResponse,
    PreAuthorizedCode, Proofs, RequestedCredential, TokenRequest, TokenResponse, TxCodeValue,
};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};

use crate::world::{Seeded, World};

/// An answer, read whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Status and error code.
    pub(crate) fn error(&self) -> (u16, String) {
        let code = ErrorResponse::parse(&self.body).map_or_else(|error| error.to_string(), |body| body.error);
        (self.status, code)
    }

    /// The refusal every caller expects: this status, this code, not to be kept, and nothing of the request in it.
    pub(crate) fn assert_refused(&self, status: u16, code: &str, what: &str) {
        assert_eq!(self.error(), (status, code.to_owned()), "{what}");
        assert_eq!(self.headers["cache-control"], "no-store", "{what}");
    }
}

pub(crate) struct Wallet {
    http: reqwest::Client,
    issuer: IssuerIdentifier,
}

/// A client of HTTP that follows redirects so.
pub(crate) fn client(redirects: reqwest::redirect::Policy) -> reqwest::Client {
    // Another test of this process may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().redirect(redirects).build().unwrap()
}

impl Wallet {
    pub(crate) fn of(world: &World) -> Self {
        Self::at(&world.identifier)
    }

    pub(crate) fn at(issuer: &IssuerIdentifier) -> Self {
        Wallet { http: client(reqwest::redirect::Policy::default()), issuer: issuer.clone() }
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, body: response.bytes().await.unwrap().to_vec() }
    }

    pub(crate) async fn get(&self, url: &str) -> Answer {
        self.send(self.http.get(url)).await
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        token: Option<&str>,
        media_type: &str,
        body: String,
    ) -> Answer {
        let mut request =
            self.http.post(self.issuer.endpoint(path)).header(CONTENT_TYPE, media_type).body(body);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        self.send(request).await
    }

    /// The offer, whichever way it came.
    pub(crate) async fn open(&self, offer: &CreatedOffer) -> CredentialOffer {
        match &offer.uri {
            CredentialOfferUri::ByValue(offer) => offer.clone(),
            CredentialOfferUri::ByReference(url) => {
                let answer = self.get(url.as_str()).await;
                assert_eq!(answer.status, 200);
                CredentialOffer::parse(&answer.body).unwrap()
            }
        }
    }

    pub(crate) async fn code(&self, offer: &CreatedOffer) -> PreAuthorizedCode {
        self.open(offer).await.pre_authorized_code().unwrap().pre_authorized_code.clone()
    }

    pub(crate) async fn redeem(&self, code: &PreAuthorizedCode, tx_code: Option<&TxCodeValue>) -> Answer {
        let request = TokenRequest::anonymous(code.clone(), tx_code.cloned());
        self.post("token", None, "application/x-www-form-urlencoded", request.to_form()).await
    }

    /// A token for an offer, by the whole way.
    pub(crate) async fn token(&self, offer: &CreatedOffer) -> AccessToken {
        let answer = self.redeem(&self.code(offer).await, offer.tx_code.as_ref()).await;
        assert_eq!(answer.status, 200);
        TokenResponse::parse(&answer.body).unwrap().access_token
    }

    pub(crate) async fn nonce(&self) -> CNonce {
        let answer = self.post("nonce", None, "application/octet-stream", String::new()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["cache-control"], "no-store");
        NonceResponse::parse(&answer.body).unwrap().c_nonce
    }

    pub(crate) fn proof(
        &self,
        world: &World,
        key: &SigningKey,
        form: KeyBindingForm,
        nonce: &CNonce,
    ) -> String {
        let proof = KeyProof { issuer: &self.issuer, nonce: Some(nonce), key: form, now: world.now() };
        proof.sign(key).unwrap()
    }

    pub(crate) async fn request(&self, token: &str, configuration: &str, proofs: Vec<String>) -> Answer {
        let request = CredentialRequest {
            credential: RequestedCredential::ConfigurationId(configuration.to_owned()),
            proofs: Some(Proofs::Jwt(proofs)),
        };
        self.post("credential", Some(token), "application/json", request.to_value().to_string()).await
    }

    /// One credential with a fresh nonce, as a well-behaved wallet asks.
    pub(crate) async fn collect(
        &self,
        world: &World,
        token: &AccessToken,
        configuration: &str,
        key: &SigningKey,
    ) -> Answer {
        let form = match configuration {
            id if id.ends_with("ldp_vc") || id.ends_with("_vc+jwt") => KeyBindingForm::DidKey,
            _ => KeyBindingForm::Jwk,
        };
        let proof = self.proof(world, key, form, &self.nonce().await);
        self.request(token.expose(), configuration, vec![proof]).await
    }
}

pub(crate) const PERSON: &str = "person_dc+sd-jwt";

/// The one credential of a successful answer.
pub(crate) fn credential(answer: &Answer) -> IssuedCredential {
    assert_eq!(answer.error().0, 200, "{}", answer.error().1);
    match CredentialResponse::parse(&answer.body).unwrap() {
        CredentialResponse::Issued(issued) => {
            assert_eq!(issued.credentials.len(), 1);
            issued.credentials.into_iter().next().unwrap()
        }
        CredentialResponse::Deferred(_) => panic!("issued, not deferred"),
    }
}

pub(crate) fn text(answer: &Answer) -> String {
    match credential(answer) {
        IssuedCredential::Text(text) => text,
        IssuedCredential::Document(_) => panic!("a JOSE format"),
    }
}

/// A holder's key that every run makes alike.
pub(crate) fn key(seed: u64, algorithm: Algorithm) -> SigningKey {
    let key = SigningKey::generate(algorithm, &Seeded::new(1_000_000 + seed));
    assert_eq!(key.algorithm(), algorithm);
    key
}
