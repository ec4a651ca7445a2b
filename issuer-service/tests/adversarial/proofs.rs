//! Key proofs and nonces: I-05, I-06, I-11.

use portage_jose::{Header, Jwk, private_jwk};
use portage_keys::{Algorithm, Signer, SigningKey, base64url, digest::hmac_sha256};
use portage_oid4vci::{CNonce, IssuerIdentifier, KeyBindingForm, KeyProof, PROOF_TYP};
use serde_json::{Map, Value, json};

use crate::{
    formats::processed,
    wallet::{PERSON, Wallet, credential, key, text},
    world::World,
};

#[tokio::test]
async fn i05_a_nonce_is_the_issuers_own_in_time_and_good_once() {
    let world = World::start().await;
    let (wallet, holder) = (Wallet::of(&world), key(1, Algorithm::Es256));
    let token = wallet.token(&world.offer().await).await;
    let used = wallet.nonce().await;
    let proof_with = |nonce: &CNonce| wallet.proof(&world, &holder, KeyBindingForm::Jwk, nonce);
    credential(&wallet.request(token.expose(), PERSON, vec![proof_with(&used)]).await);

    let live = wallet.nonce().await;
    let decoded = String::from_utf8(base64url::decode(live.expose()).unwrap()).unwrap();
    let later = decoded.replacen(&decoded[23..33], "1999999999", 1);
    for (what, nonce) in [
        ("used", used),
        ("invented", CNonce::new("wKI4LT17ac15ES9bw8ac4")),
        ("its end moved", CNonce::new(base64url::encode(later.as_bytes()))),
        ("not one at all", CNonce::new("%")),
    ] {
        let answer = wallet.request(token.expose(), PERSON, vec![proof_with(&nonce)]).await;
        answer.assert_refused(400, "invalid_nonce", what);
    }

    let token = wallet.token(&world.offer().await).await;
    let expired = wallet.nonce().await;
    world.advance(299);
    let proof = proof_with(&expired);
    world.advance(1);
    let token_again = wallet.token(&world.offer().await).await;
    wallet.request(token_again.expose(), PERSON, vec![proof]).await.assert_refused(
        400,
        "invalid_nonce",
        "expired",
    );
    drop(token);
    credential(&wallet.request(token_again.expose(), PERSON, vec![proof_with(&wallet.nonce().await)]).await);
}

/// A right proof and the one change that a row makes to it.
struct Forger<'a> {
    world: &'a World,
    holder: &'a SigningKey,
    nonce: CNonce,
}

impl Forger<'_> {
    fn claims(&self) -> Map<String, Value> {
        Map::from_iter([
            ("aud".to_owned(), self.world.identifier.as_str().into()),
            ("iat".to_owned(), self.world.now().as_second().into()),
            ("nonce".to_owned(), self.nonce.expose().into()),
        ])
    }

    fn jwk(&self) -> Value {
        Jwk::from_key(self.holder.verification_key().clone()).to_value()
    }

    fn with_claim(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims();
        claims.insert(name.into(), value);
        self.sign(Header::new(PROOF_TYP).with("jwk", self.jwk()), &claims, self.holder)
    }

    fn without_claim(&self, name: &str) -> String {
        let mut claims = self.claims();
        claims.remove(name);
        self.sign(Header::new(PROOF_TYP).with("jwk", self.jwk()), &claims, self.holder)
    }

    fn with_header(&self, header: Header) -> String {
        self.sign(header, &self.claims(), self.holder)
    }

    fn sign(&self, header: Header, claims: &Map<String, Value>, signer: &SigningKey) -> String {
        portage_jose::sign(header, claims, signer).unwrap()
    }

    /// With an `alg` that no signer of ours writes.
    fn with_alg(&self, alg: &str, signature: impl Fn(&[u8]) -> Vec<u8>) -> String {
        let header = json!({ "typ": PROOF_TYP, "alg": alg, "jwk": self.jwk() });
        let encode = |value: Value| base64url::encode(value.to_string().as_bytes());
        let input = format!("{}.{}", encode(header), encode(Value::Object(self.claims())));
        format!("{input}.{}", base64url::encode(&signature(input.as_bytes())))
    }
}

#[tokio::test]
async fn i06_a_key_proof_that_does_not_hold_is_refused() {
    let world = World::start().await;
    let (wallet, holder, thief) = (Wallet::of(&world), key(1, Algorithm::Es256), key(2, Algorithm::Es256));
    let token = wallet.token(&world.offer().await).await;
    let forger = Forger { world: &world, holder: &holder, nonce: wallet.nonce().await };
    let header = || Header::new(PROOF_TYP).with("jwk", forger.jwk());
    let now = world.now().as_second();
    let private: Value = serde_json::from_str(&private_jwk(&holder)).unwrap();
    let did_key = portage_did::did_key(holder.verification_key()).1.to_string();
    let public = holder.verification_key().as_bytes();
    let mut mac_key = [0; 32];
    mac_key.copy_from_slice(&public[..32]);

    let proofs = [
        ("none", forger.with_alg("none", |_| Vec::new())),
        ("nOnE", forger.with_alg("nOnE", |_| Vec::new())),
        (
            "HS256 keyed by the public key",
            forger.with_alg("HS256", |input| hmac_sha256(&mac_key, input).to_vec()),
        ),
        ("ES384", forger.with_alg("ES384", |_| vec![0; 96])),
        ("EdDSA on a P-256 key", forger.with_alg("EdDSA", |_| vec![0; 64])),
        ("typ JWT", forger.with_header(Header::new("JWT").with("jwk", forger.jwk()))),
        ("typ of a KB-JWT", forger.with_header(Header::new("kb+jwt").with("jwk", forger.jwk()))),
        ("aud of another", forger.with_claim("aud", "https://other.example".into())),
        ("aud as an array", forger.with_claim("aud", json!([world.identifier.as_str()]))),
        ("no aud", forger.without_claim("aud")),
        ("iat a day ago", forger.with_claim("iat", (now - 86_400).into())),
        ("iat 361 s ago", forger.with_claim("iat", (now - 361).into())),
        ("iat a day ahead", forger.with_claim("iat", (now + 86_400).into())),
        ("iat as a string", forger.with_claim("iat", now.to_string().into())),
        ("no iat", forger.without_claim("iat")),
        ("no nonce", forger.without_claim("nonce")),
        ("kid and jwk together", forger.with_header(header().with("kid", did_key.as_str()))),
        ("neither kid nor jwk", forger.with_header(Header::new(PROOF_TYP))),
        (
            "kid that must be fetched",
            forger.with_header(Header::new(PROOF_TYP).with("kid", "did:web:a.example#k")),
        ),
        (
            "kid where jwk is asked for",
            forger.with_header(Header::new(PROOF_TYP).with("kid", did_key.as_str())),
        ),
        ("private key in jwk", forger.with_header(Header::new(PROOF_TYP).with("jwk", private))),
        ("crit", forger.with_header(header().with("crit", json!(["x"])).with("x", 1))),
        ("signed by another key", forger.sign(header(), &forger.claims(), &thief)),
        ("x5c", forger.with_header(Header::new(PROOF_TYP).with("x5c", json!(["MIIB"])))),
        ("not a JWT", "a.b".to_owned()),
    ];
    for (what, proof) in proofs {
        let answer = wallet.request(token.expose(), PERSON, vec![proof]).await;
        answer.assert_refused(400, "invalid_proof", what);
    }
    // The twin, and the edges that must not be refused: none of the above used up the nonce.
    let at_the_edge = forger.with_claim("iat", (now - 360).into());
    credential(&wallet.request(token.expose(), PERSON, vec![at_the_edge]).await);
}

#[tokio::test]
async fn i06_every_algorithm_that_is_announced_is_taken() {
    let world = World::start().await;
    let wallet = Wallet::of(&world);
    for algorithm in Algorithm::ALL {
        let token = wallet.token(&world.offer().await).await;
        credential(&wallet.collect(&world, &token, PERSON, &key(1, algorithm)).await);
        let offer = world.offer_as("operator-card", Some(portage_catalog::Format::LdpVc), false).await;
        let token = wallet.token(&offer).await;
        credential(&wallet.collect(&world, &token, "operator-card_ldp_vc", &key(2, algorithm)).await);
    }
}

#[tokio::test]
async fn i06_a_proof_for_another_issuer_does_not_serve_here() {
    let world = World::start().await;
    let (wallet, holder) = (Wallet::of(&world), key(1, Algorithm::Es256));
    let token = wallet.token(&world.offer().await).await;
    let nonce = wallet.nonce().await;
    let other = IssuerIdentifier::parse(&format!("{}/", world.identifier)).unwrap();
    let sign = |issuer| {
        KeyProof { issuer, nonce: Some(&nonce), key: KeyBindingForm::Jwk, now: world.now() }
            .sign(&holder)
            .unwrap()
    };
    wallet.request(token.expose(), PERSON, vec![sign(&other)]).await.assert_refused(
        400,
        "invalid_proof",
        "a slash more",
    );
    credential(&wallet.request(token.expose(), PERSON, vec![sign(&world.identifier)]).await);
}

#[tokio::test]
async fn i11_a_lost_answer_is_given_again_to_the_same_key_and_to_no_other() {
    let world = World::start().await;
    let (wallet, holder) = (Wallet::of(&world), key(1, Algorithm::Es256));
    let token = wallet.token(&world.offer().await).await;
    let first = processed(&world, &text(&wallet.collect(&world, &token, PERSON, &holder).await));
    world.advance(200);
    let again = processed(&world, &text(&wallet.collect(&world, &token, PERSON, &holder).await));
    assert_eq!(first, again, "claims, dates, status entry");
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
        let answer = wallet.collect(&world, &token, PERSON, &key(7, algorithm)).await;
        answer.assert_refused(400, "credential_request_denied", "another key");
    }
    let issued: u32 = rusqlite::Connection::open(world.folder.path().join("issuer.sqlite"))
        .unwrap()
        .query_row("SELECT taken FROM status_list", [], |row| row.get(0))
        .unwrap();
    assert_eq!(issued, 1, "nothing new counted");
}
