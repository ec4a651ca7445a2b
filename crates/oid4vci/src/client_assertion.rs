use jiff::{SignedDuration, Timestamp};
use portage_jose::{Header, JwtError, NumericDate, UnverifiedJwt};
use portage_keys::{Signer, SigningFailure, VerificationKey};
use serde_json::Map;

use crate::{ClientAssertionJwt, IssuerIdentifier};

/// `typ` of a client assertion, as we write it (draft-ietf-oauth-rfc7523bis).
pub const CLIENT_ASSERTION_TYP: &str = "client-authentication+jwt";

/// `client_assertion_type` (RFC 7523 §2.2).
pub const CLIENT_ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The name of the method in `token_endpoint_auth_methods_supported` (OpenID Connect Core §9).
pub const PRIVATE_KEY_JWT: &str = "private_key_jwt";

/// How far ahead an assertion may end, and how old it may be.
const MAX_LIFE: SignedDuration = SignedDuration::from_secs(300);
/// How far two clocks may be apart.
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

/// A client that an authorization server knows, and the one key it signs its assertions with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredClient {
    /// `client_id`.
    pub id: String,
    /// Its public key; the algorithm follows from it.
    pub key: VerificationKey,
}

/// A client assertion to make (RFC 7523 §3): good for one request within a minute.
#[derive(Debug, Clone, Copy)]
pub struct ClientAssertion<'a> {
    /// `iss` and `sub`.
    pub client_id: &'a str,
    /// `aud`: the issuer identifier of the authorization server.
    pub server: &'a IssuerIdentifier,
    /// `jti`: fresh, at least 128 random bits.
    pub jti: &'a str,
    /// `iat`; `exp` is a minute later.
    pub now: Timestamp,
}

impl ClientAssertion<'_> {
    const LIFE_SECONDS: i64 = 60;

    /// Signs the assertion with the client's key.
    ///
    /// # Errors
    /// [`SigningFailure`].
    pub fn sign(&self, signer: &dyn Signer) -> Result<ClientAssertionJwt, SigningFailure> {
        let now = self.now.as_second();
        let claims = Map::from_iter([
            ("iss".to_owned(), self.client_id.into()),
            ("sub".to_owned(), self.client_id.into()),
            ("aud".to_owned(), self.server.as_str().into()),
            ("jti".to_owned(), self.jti.into()),
            ("iat".to_owned(), now.into()),
            ("exp".to_owned(), now.saturating_add(Self::LIFE_SECONDS).into()),
        ]);
        portage_jose::sign(Header::new(CLIENT_ASSERTION_TYP), &claims, signer).map(ClientAssertionJwt::new)
    }
}

/// Why a client assertion was refused. All of them are `invalid_client` on the wire.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientAssertionError {
    /// Not a JWT, another algorithm than the key's, another `typ`, a date that is none, or a signature that does not fit.
    #[error(transparent)]
    Jwt(#[from] JwtError),
    /// `iss` and `sub` are not both the `client_id`.
    #[error("iss and sub are not the client")]
    SubjectMismatch,
    /// `aud` is not the issuer identifier of the authorization server, as one string.
    #[error("made for somebody else")]
    AudienceMismatch,
    /// `exp` is missing, over or too far ahead; `iat` is too old or ahead; `nbf` is ahead.
    #[error("its time is missing, over, too old or ahead")]
    OutOfTime,
    /// No `jti`.
    #[error("there is no jti in it")]
    IdMissing,
}

/// A client assertion as it arrived: parsed, nothing verified.
#[derive(Debug, Clone)]
pub struct UnverifiedClientAssertion {
    jwt: UnverifiedJwt,
}

/// A client assertion that holds: the client made it, for this server, for now. Whether it was used before, the server's store says.
/// Private fields, one constructor: the check.
#[derive(Debug, Clone)]
pub struct VerifiedClientAssertion {
    client_id: String,
    jti: String,
    until: Timestamp,
}

impl UnverifiedClientAssertion {
    /// Parses the JWT.
    ///
    /// # Errors
    /// [`ClientAssertionError::Jwt`].
    pub fn parse(compact: &ClientAssertionJwt) -> Result<Self, ClientAssertionError> {
        Ok(UnverifiedClientAssertion { jwt: UnverifiedJwt::parse(compact.expose())? })
    }

    /// Whom it claims to come from (`sub`): good for finding the client's key, for nothing else.
    pub fn claimed_client(&self) -> Option<&str> {
        self.jwt.unverified_claims().get("sub")?.as_str()
    }

    /// Verifies, for the authorization server `server`, that `client` made it (RFC 7523 §3, OpenID Connect Core §9): `typ` absent, `JWT` or
    /// [`CLIENT_ASSERTION_TYP`]; algorithm and signature by the client's key; `iss` and `sub` its `client_id`; `aud` the server's
    /// issuer identifier and nothing beside it; `exp` at most 300 s ahead; `iat` and `nbf`, if there, not ahead; a `jti`. Clocks
    /// may be 60 s apart.
    ///
    /// The audience is one string because a list names other servers, too, and the address of an endpoint is what a
    /// server may say of another one: either way one server could use at another what a client made for it (CVE-2025-27370).
    ///
    /// # Errors
    /// [`ClientAssertionError`].
    pub fn verify(
        self,
        client: &RegisteredClient,
        server: &IssuerIdentifier,
        now: Timestamp,
    ) -> Result<VerifiedClientAssertion, ClientAssertionError> {
        let jwt = self.jwt.verify_with_optional_typ(&client.key, &["JWT", CLIENT_ASSERTION_TYP])?;
        if ["iss", "sub"].iter().any(|name| jwt.string(name) != Some(client.id.as_str())) {
            return Err(ClientAssertionError::SubjectMismatch);
        }
        if jwt.string("aud") != Some(server.as_str()) {
            return Err(ClientAssertionError::AudienceMismatch);
        }
        let NumericDate(ends) = jwt.date("exp")?.ok_or(ClientAssertionError::OutOfTime)?;
        let left = ends.duration_since(now);
        if left < -LEEWAY || left > MAX_LIFE + LEEWAY {
            return Err(ClientAssertionError::OutOfTime);
        }
        let age = jwt.date("iat")?.map(|NumericDate(issued)| now.duration_since(issued));
        let ahead = jwt.date("nbf")?.map(|NumericDate(begins)| begins.duration_since(now));
        if age.is_some_and(|age| age < -LEEWAY || age > MAX_LIFE + LEEWAY)
            || ahead.is_some_and(|ahead| ahead > LEEWAY)
        {
            return Err(ClientAssertionError::OutOfTime);
        }
        let jti = jwt.string("jti").filter(|jti| !jti.is_empty()).ok_or(ClientAssertionError::IdMissing)?;
        Ok(VerifiedClientAssertion {
            client_id: client.id.clone(),
            jti: jti.to_owned(),
            until: ends.checked_add(LEEWAY).unwrap_or(Timestamp::MAX),
        })
    }
}

impl VerifiedClientAssertion {
    /// The client.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Its `jti`, which is the client's own: two clients may choose the same.
    pub fn jti(&self) -> &str {
        &self.jti
    }

    /// Until when it would be admitted: as long its `jti` must be remembered.
    pub fn until(&self) -> Timestamp {
        self.until
    }
}

#[cfg(test)]
mod tests {
    use portage_keys::{Algorithm, SigningKey, base64url};
    use serde_json::{Value, json};

    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_790_000_000, 0);
    const SERVER: &str = "https://city.example/permits";

    fn key(seed: u8, algorithm: Algorithm) -> SigningKey {
        let length = if algorithm == Algorithm::Es384 { 48 } else { 32 };
        SigningKey::from_secret_bytes(algorithm, &vec![seed; length]).unwrap()
    }

    fn client(algorithm: Algorithm) -> RegisteredClient {
        RegisteredClient { id: "wallet".into(), key: key(7, algorithm).verification_key().clone() }
    }

    fn claims() -> Map<String, Value> {
        let now = NOW.as_second();
        let Value::Object(claims) =
            json!({"iss": "wallet", "sub": "wallet", "aud": SERVER, "jti": "a", "iat": now, "exp": now + 60})
        else {
            unreachable!("an object")
        };
        claims
    }

    fn with(name: &str, value: Value) -> Map<String, Value> {
        let mut claims = claims();
        claims.insert(name.into(), value);
        claims
    }

    fn without(name: &str) -> Map<String, Value> {
        let mut claims = claims();
        claims.remove(name);
        claims
    }

    fn sign(header: Header, claims: &Map<String, Value>, signer: &SigningKey) -> ClientAssertionJwt {
        ClientAssertionJwt::new(portage_jose::sign(header, claims, signer).unwrap())
    }

    fn signed(claims: &Map<String, Value>) -> ClientAssertionJwt {
        sign(Header::new(CLIENT_ASSERTION_TYP), claims, &key(7, Algorithm::EdDsa))
    }

    fn verify(compact: &ClientAssertionJwt) -> Result<VerifiedClientAssertion, ClientAssertionError> {
        let server = IssuerIdentifier::parse(SERVER).unwrap();
        UnverifiedClientAssertion::parse(compact)?.verify(&client(Algorithm::EdDsa), &server, NOW)
    }

    #[test]
    fn t12_what_a_client_makes_holds_with_every_algorithm() {
        let server = IssuerIdentifier::parse(SERVER).unwrap();
        for algorithm in Algorithm::ALL {
            let assertion = ClientAssertion { client_id: "wallet", server: &server, jti: "x", now: NOW };
            let compact = assertion.sign(&key(7, algorithm)).unwrap();
            let unverified = UnverifiedClientAssertion::parse(&compact).unwrap();
            assert_eq!(unverified.claimed_client(), Some("wallet"));
            let verified = unverified.verify(&client(algorithm), &server, NOW).unwrap();
            assert_eq!((verified.client_id(), verified.jti()), ("wallet", "x"));
            assert_eq!(verified.until().as_second(), NOW.as_second() + 120);
            assert!(!format!("{compact:?}").contains("ey"), "it does not print");
        }
    }

    #[test]
    fn t12_the_audience_is_the_issuer_identifier_and_one_string() {
        assert!(verify(&signed(&claims())).is_ok(), "its twin");
        for aud in [
            json!("https://city.example/permits/token"),
            json!([SERVER]),
            json!([SERVER, "https://city.example/permits/token"]),
            json!([SERVER, "https://other.example"]),
            json!("https://other.example"),
            json!("https://city.example/permits/"),
            json!("https://CITY.example/permits"),
            json!("https://city.example"),
            json!({"issuer": SERVER}),
            json!(null),
            json!(""),
        ] {
            let error = verify(&signed(&with("aud", aud.clone()))).unwrap_err();
            assert_eq!(error, ClientAssertionError::AudienceMismatch, "{aud}");
        }
        assert_eq!(verify(&signed(&without("aud"))).unwrap_err(), ClientAssertionError::AudienceMismatch);
    }

    #[test]
    fn t12_the_client_signs_for_itself_with_its_own_key() {
        for (name, value) in
            [("iss", json!("other")), ("sub", json!("other")), ("iss", json!(["wallet"])), ("sub", json!(1))]
        {
            let error = verify(&signed(&with(name, value.clone()))).unwrap_err();
            assert_eq!(error, ClientAssertionError::SubjectMismatch, "{name} {value}");
        }
        for name in ["iss", "sub"] {
            assert_eq!(verify(&signed(&without(name))).unwrap_err(), ClientAssertionError::SubjectMismatch);
        }
        let typed = || Header::new(CLIENT_ASSERTION_TYP);
        for (signer, error) in [
            (key(8, Algorithm::EdDsa), JwtError::SignatureInvalid),
            (key(7, Algorithm::Es256), JwtError::AlgNotAllowed),
        ] {
            assert_eq!(verify(&sign(typed(), &claims(), &signer)).unwrap_err(), error.into());
        }
        // A key that the header brings along selects nothing.
        let own = portage_jose::Jwk::from_key(key(8, Algorithm::EdDsa).verification_key().clone()).to_value();
        let brought = sign(typed().with("jwk", own), &claims(), &key(8, Algorithm::EdDsa));
        assert_eq!(verify(&brought).unwrap_err(), JwtError::SignatureInvalid.into());
        let none = [json!({"alg": "none"}).to_string(), Value::Object(claims()).to_string(), String::new()]
            .map(|part| base64url::encode(part.as_bytes()))
            .join(".");
        assert_eq!(verify(&ClientAssertionJwt::new(none)).unwrap_err(), JwtError::AlgNotAllowed.into());
        assert!(matches!(verify(&ClientAssertionJwt::new("a.b")), Err(ClientAssertionError::Jwt(_))));
    }

    #[test]
    fn t12_typ_is_absent_or_says_what_it_is() {
        // Without `typ`: as clients of RFC 7523 write it. Signed by hand, because we always write one.
        let header = base64url::encode(br#"{"alg":"EdDSA"}"#);
        let payload = base64url::encode(Value::Object(claims()).to_string().as_bytes());
        let input = format!("{header}.{payload}");
        let signature = key(7, Algorithm::EdDsa).sign(input.as_bytes()).unwrap();
        let untyped = format!("{input}.{}", base64url::encode(&signature));
        assert!(verify(&ClientAssertionJwt::new(untyped)).is_ok());

        let typed = |typ: &str| verify(&sign(Header::new(typ), &claims(), &key(7, Algorithm::EdDsa)));
        for typ in ["JWT", "jwt", "client-authentication+jwt", "application/client-authentication+jwt"] {
            assert!(typed(typ).is_ok(), "{typ}");
        }
        for typ in ["openid4vci-proof+jwt", "kb+jwt", "vc+jwt", "entity-statement+jwt", "dpop+jwt", ""] {
            assert_eq!(typed(typ).unwrap_err(), JwtError::TypeMismatch.into(), "{typ}");
        }
    }

    #[test]
    fn t12_an_assertion_lives_five_minutes_at_most() {
        let at = |name: &str, seconds: i64| verify(&signed(&with(name, (NOW.as_second() + seconds).into())));
        for (name, good, bad) in
            [("exp", 360, 361), ("exp", -60, -61), ("iat", -360, -361), ("iat", 60, 61), ("nbf", 60, 61)]
        {
            assert!(at(name, good).is_ok(), "{name} {good}");
            assert_eq!(at(name, bad).unwrap_err(), ClientAssertionError::OutOfTime, "{name} {bad}");
        }
        assert!(at("nbf", -100_000).is_ok());
        assert!(verify(&signed(&without("iat"))).is_ok());
        assert_eq!(verify(&signed(&without("exp"))).unwrap_err(), ClientAssertionError::OutOfTime);
        for name in ["exp", "iat", "nbf"] {
            let error = verify(&signed(&with(name, "soon".into()))).unwrap_err();
            assert_eq!(error, JwtError::Malformed(name).into());
        }
    }

    #[test]
    fn t12_a_jti_must_be_there() {
        for claims in
            [without("jti"), with("jti", json!("")), with("jti", json!(1)), with("jti", json!(["a"]))]
        {
            assert_eq!(verify(&signed(&claims)).unwrap_err(), ClientAssertionError::IdMissing);
        }
        assert_eq!(verify(&signed(&with("jti", json!("b")))).unwrap().jti(), "b");
    }
}
