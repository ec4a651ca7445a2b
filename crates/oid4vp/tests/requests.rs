//! Requests as a wallet meets them: one that holds, and W-03 to W-05, each made from it by one change and signed again.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot set its scene has failed"
)]

use jiff::Timestamp;
use portage_catalog::{PurposeId, Text};
use portage_did::{Did, DidDocument, DidUrl, LoopbackOrigins, Relationship, did_key};
use portage_jose::{ContentEncryption, EncryptionJwk, Header};
use portage_keys::{AgreementKey, Algorithm, Entropy, Signer, SigningKey};
use portage_oid4vp::{
    AuthenticationStep, AuthorizationRequest, AuthorizationResponse, ClientId, Nonce, Presentation,
    PurposeInfo, REQUEST_OBJECT_TYP, RequestError, RequestObject, ResolvedRequest, ResponseMode, State,
    UnverifiedRequest, VpFormats, VpToken, encrypted_response,
};
use portage_reason::Reason;
use serde_json::{Map, Value, json};

struct Fixed;

impl Entropy for Fixed {
    fn fill(&self, out: &mut [u8]) {
        out.fill(7);
    }
}

/// A verifier of a did:web, with one key under `authentication` and one that is for assertions alone.
struct Verifier {
    did: Did,
    key: SigningKey,
    assertion_key: SigningKey,
}

impl Verifier {
    fn new() -> Self {
        Verifier {
            did: Did::parse("did:web:market.example").unwrap(),
            key: SigningKey::generate(Algorithm::EdDsa, &Fixed),
            assertion_key: SigningKey::generate(Algorithm::Es256, &Fixed),
        }
    }

    fn client_id(&self) -> ClientId {
        ClientId::of_did(&self.did)
    }

    fn document(&self) -> Vec<u8> {
        let document = DidDocument::of_keys(
            &self.did,
            &[
                ("key-1", self.key.verification_key(), &[Relationship::Authentication]),
                ("key-2", self.assertion_key.verification_key(), &[Relationship::AssertionMethod]),
            ],
        );
        document.to_value().to_string().into_bytes()
    }

    fn object(&self) -> RequestObject {
        let text = |text: &str| Text { en: text.into(), fr: text.into() };
        RequestObject {
            client_id: self.client_id(),
            response_uri: "https://market.example/response".parse().unwrap(),
            nonce: Nonce::parse("n0nce").unwrap(),
            state: State::parse("st4te").unwrap(),
            dcql_query: json!({ "credentials": [{ "id": "a", "format": "dc+sd-jwt", "meta": {} }] }),
            vp_formats: VpFormats::of_portage(),
            encryption: None,
            purpose: PurposeInfo {
                id: PurposeId("p".into()),
                name: text("name"),
                text: text("text"),
                law: text("law"),
                alternative: text("alternative"),
                retention_days: 0,
                contact: "mailto:a@market.example".into(),
            },
            purpose_statement: None,
            trust_chain: Vec::new(),
            wallet_nonce: None,
            issued_at: at(1_000),
            expires_at: at(1_300),
        }
    }
}

#[test]
fn what_authorities_gave_the_verifier_to_carry_arrives_as_it_was() {
    let verifier = Verifier::new();
    let kid = DidUrl::parse("did:web:market.example#key-1").unwrap();
    let mut object = verifier.object();
    let arrived = |object: &RequestObject| {
        received(verifier.client_id().as_str(), &object.sign(&kid.to_string(), &verifier.key).unwrap())
            .unwrap()
    };
    assert_eq!(arrived(&object).purpose_statement(), None);
    assert!(arrived(&object).trust_chain().is_empty());
    object.purpose_statement = Some("a.b.c".to_owned());
    object.trust_chain = vec!["d.e.f".to_owned(), "g.h.i".to_owned()];
    assert_eq!(arrived(&object).purpose_statement(), Some("a.b.c"));
    assert_eq!(arrived(&object).trust_chain(), object.trust_chain);
    for bad in [json!([]), json!("d.e.f"), json!([1]), json!(vec!["a"; 9]), json!(["a".repeat(65_537)])] {
        let refused = sent(|_, sent| {
            sent.header = header(REQUEST_OBJECT_TYP, "did:web:market.example#key-1").with("trust_chain", bad);
        });
        assert_eq!(refused.map(drop), Err(RequestError::Malformed("trust_chain is not a chain")));
    }
}

#[test]
fn a_request_with_a_key_is_answered_encrypted_to_that_key() {
    let verifier = Verifier::new();
    let key = AgreementKey::generate(&Fixed);
    let mut object = verifier.object();
    object.encryption = Some(EncryptionJwk::new(key.public_key(), "k-1"));
    assert_eq!(object.response_mode(), ResponseMode::DirectPostJwt);
    let signed = object.sign("did:web:market.example#key-1", &verifier.key).unwrap();
    let request = received(verifier.client_id().as_str(), &signed).unwrap();
    let encryption = request.encryption().unwrap();
    assert_eq!((encryption.key.kid(), encryption.enc), (Some("k-1"), ContentEncryption::A256Gcm));

    let vp_token = VpToken::default().with("a", vec![Presentation::Text("presented~".into())]);
    let response = AuthorizationResponse::Success { vp_token, state: Some("st4te".into()) };
    let form = response.to_encrypted_form(encryption, &Fixed).unwrap();
    assert!(form.starts_with("response=") && !form.contains("presented"), "{form}");
    let message = encrypted_response(form.as_bytes()).unwrap().unwrap();
    let content = message.decrypt(&key).unwrap();
    assert_eq!(AuthorizationResponse::parse_decrypted(&content), Ok(response.clone()));
    assert_eq!(encrypted_response(response.to_form().as_bytes()).unwrap().map(drop), None);
    for beside in ["&vp_token=%7B%7D", "&error=access_denied", "&response=a"] {
        assert!(encrypted_response(format!("{form}{beside}").as_bytes()).is_err(), "{beside}");
    }
    // Without a key that can be used there is nobody to answer to.
    let refused = sent(|_, sent| {
        sent.claims.insert("response_mode".into(), "direct_post.jwt".into());
    });
    assert_eq!(refused.map(drop), Err(RequestError::Parameter("client_metadata")));
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

/// What goes over the wire, to be changed before it is signed.
struct Sent {
    outer: String,
    header: Header,
    claims: Map<String, Value>,
}

/// Sends the verifier's request, changed; what the wallet makes of it.
fn sent(change: impl FnOnce(&Verifier, &mut Sent)) -> Result<ResolvedRequest, RequestError> {
    let verifier = Verifier::new();
    let mut sent = Sent {
        outer: verifier.client_id().as_str().to_owned(),
        header: header(REQUEST_OBJECT_TYP, "did:web:market.example#key-1"),
        claims: verifier.object().to_claims(),
    };
    change(&verifier, &mut sent);
    let object = portage_jose::sign(sent.header, &sent.claims, &verifier.key).unwrap();
    received(&sent.outer, &object)
}

fn header(typ: &str, kid: &str) -> Header {
    Header::new(typ).with("kid", kid)
}

fn received(outer: &str, object: &str) -> Result<ResolvedRequest, RequestError> {
    let verifier = Verifier::new();
    let unverified = UnverifiedRequest::signed(ClientId::parse(outer)?, object)?;
    let authenticated = match unverified.authenticate(&LoopbackOrigins::default())? {
        AuthenticationStep::Authenticated(authenticated) => authenticated,
        AuthenticationStep::NeedDidDocument(pending) => {
            assert_eq!(pending.url().as_str(), "https://market.example/.well-known/did.json");
            pending.supply(&verifier.document())?
        }
        AuthenticationStep::NeedCertificateAnchors(pending) => pending.supply(&[], at(1_100))?,
        AuthenticationStep::NeedVerifierMetadata(pending) => pending.supply(None)?,
    };
    authenticated.resolve(at(1_100), &LoopbackOrigins::default())
}

/// Sets a parameter, or takes it out.
fn with(name: &str, value: Value) -> impl FnOnce(&Verifier, &mut Sent) {
    let name = name.to_owned();
    move |_, sent| match value {
        Value::Null => drop(sent.claims.shift_remove(&name)),
        value => drop(sent.claims.insert(name, value)),
    }
}

fn refused_as_invalid(result: Result<ResolvedRequest, RequestError>) {
    let error = result.expect_err("refused");
    assert_eq!(error.reason(), Reason::RequestInvalid, "{error}");
}

#[test]
fn a_request_that_holds_says_who_asks_what_and_why() {
    let request = sent(|_, _| ()).unwrap();
    assert_eq!(request.client_id().as_str(), "decentralized_identifier:did:web:market.example");
    assert_eq!(request.did().map(Did::as_str), Some("did:web:market.example"));
    assert_eq!(request.response_uri().as_str(), "https://market.example/response");
    assert_eq!(request.nonce().as_str(), "n0nce");
    assert_eq!(request.state().map(State::as_str), Some("st4te"));
    assert_eq!(request.query().credentials.len(), 1);
    assert_eq!(request.purpose(), Some(&Verifier::new().object().purpose));
    assert!(request.vp_formats().allows("ldp_vc", "cryptosuite_values", "eddsa-jcs-2022"));
}

#[test]
fn what_the_verifier_signs_is_what_the_wallet_reads() {
    let verifier = Verifier::new();
    let kid = DidUrl::parse("did:web:market.example#key-1").unwrap();
    let object = verifier.object().sign(&kid.to_string(), &verifier.key).unwrap();
    assert!(received(verifier.client_id().as_str(), &object).is_ok());
}

#[test]
fn unknown_parameters_more_audiences_and_no_state_are_not_refused() {
    assert!(sent(with("something_new", json!({ "a": 1 }))).is_ok());
    assert!(sent(with("iss", json!("whoever"))).is_ok());
    assert!(sent(with("state", Value::Null)).is_ok());
    assert!(sent(with("aud", json!(["https://self-issued.me/v2", "https://other.example"]))).is_ok());
    assert!(sent(with("client_metadata", Value::Null)).is_ok());
    assert!(sent(with("verifier_info", Value::Null)).unwrap().purpose().is_none());
    assert!(sent(with("exp", Value::Null)).is_ok());
}

#[test]
fn w03_the_client_id_outside_is_not_the_one_inside() {
    refused_as_invalid(sent(|_, sent| sent.outer = "decentralized_identifier:did:web:other.example".into()));
    refused_as_invalid(sent(with("client_id", json!("decentralized_identifier:did:web:other.example"))));
    refused_as_invalid(sent(with("client_id", json!("did:web:market.example"))));
    refused_as_invalid(sent(with("client_id", Value::Null)));
}

#[test]
fn w03_a_prefix_that_is_missing_unknown_reserved_or_not_supported() {
    for outer in [
        "did:web:market.example",
        "market.example",
        "new_prefix:did:web:market.example",
        "origin:https://market.example",
        "x509_san_dns:market.example",
        "x509_hash:Uvo3HtuIxuhC92rShpgqcT3YXwrqRxWEviRiA0OZszk",
        "verifier_attestation:market",
        "decentralized_identifier:did:unknown:market",
        "decentralized_identifier:market.example",
    ] {
        refused_as_invalid(sent(|_, sent| {
            sent.outer = outer.to_owned();
            sent.claims.insert("client_id".into(), outer.into());
        }));
    }
}

#[test]
fn w04_a_signature_that_does_not_hold_or_a_token_of_another_kind() {
    let verifier = Verifier::new();
    let sign = |header: Header, key: &SigningKey| {
        portage_jose::sign(header, &verifier.object().to_claims(), key).unwrap()
    };
    let outer = verifier.client_id();
    let kid = "did:web:market.example#key-1";
    let sound = sign(header(REQUEST_OBJECT_TYP, kid), &verifier.key);
    assert!(received(outer.as_str(), &sound).is_ok());

    let (rest, _) = sound.rsplit_once('.').unwrap();
    let (_, claims) = rest.split_once('.').unwrap();
    let none = portage_keys::base64url::encode(
        json!({ "alg": "none", "typ": REQUEST_OBJECT_TYP, "kid": kid }).to_string().as_bytes(),
    );
    for forged in [
        format!("{rest}."),
        format!("{rest}.{}", portage_keys::base64url::encode(&[0; 64])),
        format!("{none}.{claims}."),
        sign(header("JWT", kid), &verifier.key),
        sign(header("vc+jwt", kid), &verifier.key),
        sign(Header::new(REQUEST_OBJECT_TYP), &verifier.key),
        // Its own key, which the document lists for assertions alone; a key it does not list; a key of somebody else.
        sign(header(REQUEST_OBJECT_TYP, "did:web:market.example#key-2"), &verifier.assertion_key),
        sign(header(REQUEST_OBJECT_TYP, "did:web:market.example#key-3"), &verifier.key),
        sign(
            header(REQUEST_OBJECT_TYP, &did_key(verifier.key.verification_key()).1.to_string()),
            &verifier.key,
        ),
        String::new(),
    ] {
        refused_as_invalid(received(outer.as_str(), &forged));
    }
}

#[test]
fn w04_parameters_that_are_missing_or_contradict() {
    for (name, value) in [
        ("nonce", Value::Null),
        ("nonce", json!("with space")),
        ("nonce", json!(7)),
        ("state", json!("with$dollar")),
        ("redirect_uri", json!("https://market.example/back")),
        ("scope", json!("org.example.permit")),
        ("dcql_query", Value::Null),
        ("dcql_query", json!("{}")),
        ("dcql_query", json!({ "credentials": [] })),
        ("response_type", json!("code")),
        ("response_type", json!("vp_token id_token")),
        ("response_mode", Value::Null),
        ("response_mode", json!("direct_post.jwt")),
        ("response_mode", json!("fragment")),
        ("response_uri", Value::Null),
        ("response_uri", json!("not a url")),
        ("response_uri", json!("https://market.example/response#fragment")),
        ("aud", json!("https://wallet.example")),
        ("aud", Value::Null),
        ("request_uri", json!("https://market.example/again")),
        ("client_metadata", json!([])),
        ("verifier_info", json!([])),
        ("exp", json!("1300")),
        ("presentation_definition", json!({})),
        ("client_id_scheme", json!("did")),
    ] {
        refused_as_invalid(sent(with(name, value.clone())));
    }
}

#[test]
fn transaction_data_time_and_addresses_have_reasons_of_their_own() {
    let reason = |name: &str, value: Value| sent(with(name, value)).unwrap_err().reason();
    assert_eq!(reason("transaction_data", json!(["e30"])), Reason::InvalidTransactionData);
    assert_eq!(reason("exp", json!(1_039)), Reason::Expired);
    assert!(sent(with("exp", json!(1_040))).is_ok());
    assert_eq!(reason("iat", json!(1_161)), Reason::NotYetValid);
    assert!(sent(with("iat", json!(1_160))).is_ok());
    assert_eq!(reason("response_uri", json!("http://market.example/response")), Reason::AddressNotAllowed);
    assert_eq!(reason("response_uri", json!("http://localhost:8080/response")), Reason::AddressNotAllowed);
}

#[test]
fn a_verifier_of_a_did_key_needs_no_document() {
    let key = SigningKey::generate(Algorithm::Es256, &Fixed);
    let (did, kid) = did_key(key.verification_key());
    let object = RequestObject { client_id: ClientId::of_did(&did), ..Verifier::new().object() };
    let signed = object.sign(&kid.to_string(), &key).unwrap();
    let unverified = UnverifiedRequest::signed(ClientId::of_did(&did), &signed).unwrap();
    let step = unverified.authenticate(&LoopbackOrigins::default()).unwrap();
    assert!(
        matches!(step, AuthenticationStep::Authenticated(authenticated) if authenticated.did() == Some(&did))
    );
}

/// An unsigned request under `redirect_uri:`, with these further parameters.
fn unsigned(client_id: &str, more: &str) -> Result<ResolvedRequest, RequestError> {
    let uri = format!(
        "openid4vp://?client_id={client_id}&response_type=vp_token&response_mode=direct_post&nonce=n0nce&\
         dcql_query=%7B%22credentials%22%3A%5B%7B%22id%22%3A%22a%22%2C%22format%22%3A%22dc%2Bsd-jwt%22%2C%22meta%22%3A%7B%7D%7D%5D%7D{more}"
    );
    let request = AuthorizationRequest::parse(&uri)?;
    let unverified = UnverifiedRequest::of_authorization_request(request)?.expect("nothing to fetch");
    let step = unverified.authenticate(&LoopbackOrigins::default())?;
    let AuthenticationStep::Authenticated(authenticated) = step else { panic!("no key is needed") };
    authenticated.resolve(at(1_100), &LoopbackOrigins::default())
}

#[test]
fn an_unsigned_request_answers_to_its_own_name_and_proves_nobody() {
    let client_id = "redirect_uri:https://market.example/response";
    let request = unsigned(client_id, "").unwrap();
    assert_eq!((request.did(), request.client_id().as_str()), (None, client_id));
    assert_eq!(request.response_uri().as_str(), "https://market.example/response");
    assert!(unsigned(client_id, "&response_uri=https://market.example/response").is_ok());
}

#[test]
fn w05_an_unsigned_request_that_answers_elsewhere_or_a_signed_one_under_redirect_uri() {
    let client_id = "redirect_uri:https://market.example/response";
    refused_as_invalid(unsigned(client_id, "&response_uri=https://market.example/other"));
    refused_as_invalid(unsigned("decentralized_identifier:did:web:market.example", ""));
    refused_as_invalid(unsigned(client_id, "&presentation_definition=%7B%7D"));
    refused_as_invalid(sent(|_, sent| {
        sent.outer = client_id.to_owned();
        sent.claims.insert("client_id".into(), client_id.into());
    }));
}
