//! Requests under a certificate, by `POST`, by value, and under HAIP 1.0: W-05, W-07.

use portage_jose::{EncryptionJwk, Header, UnverifiedJwt, header_of_certificates};
use portage_keys::{AgreementKey, SigningKey, base64url, digest::sha256};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};

use crate::{
    citizen::{Answer, Citizen, trust},
    stage::{RequestDraft, Running},
    verifier_side::{client_id, request, request_with},
};

/// An authority of certificates.
struct Authority {
    key: KeyPair,
    params: CertificateParams,
    der: Vec<u8>,
}

/// What the market signs with.
struct Certified {
    key: SigningKey,
    chain: Vec<Vec<u8>>,
}

fn params(name: &str, hosts: &[&str], year: i32) -> CertificateParams {
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut params = CertificateParams::new(hosts).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = rcgen::date_time_ymd(year, 1, 1);
    params.not_after = rcgen::date_time_ymd(year + 10, 1, 1);
    params
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = params("Certificates of the stage", &[], 2020);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let der = params.self_signed(&key).unwrap().der().to_vec();
        Authority { key, params, der }
    }

    fn certify(&self, params: &CertificateParams) -> Certified {
        let key = KeyPair::generate().unwrap();
        let issuer = Issuer::new(self.params.clone(), &self.key);
        let leaf = params.signed_by(&key, &issuer).unwrap();
        Certified::of(&key, leaf.der().to_vec())
    }

    /// The trust list with this authority of certificates in it, and one name of a verifier that may ask.
    fn trusted(&self, stage: &Running, verifier: &str) -> Value {
        let mut list = trust(stage, true);
        let name = json!({ "en": "Certificates", "fr": "Certificats" });
        list["certificates"] = json!([{ "name": name, "certificate": base64url::encode(&self.der) }]);
        list["verifiers"][0]["id"] = verifier.into();
        list
    }
}

impl Certified {
    fn of(key: &KeyPair, leaf: Vec<u8>) -> Self {
        Certified { key: SigningKey::from_pkcs8_der(key.serialized_der()).unwrap(), chain: vec![leaf] }
    }

    /// `x509_hash:…` of the leaf.
    fn by_hash(&self) -> String {
        format!("x509_hash:{}", base64url::encode(&sha256(&self.chain[0])))
    }

    fn copy(&self) -> Self {
        let key =
            SigningKey::from_secret_bytes(portage_keys::Algorithm::Es256, self.key.dangerous_secret_bytes());
        Certified { key: key.unwrap(), chain: self.chain.clone() }
    }
}

/// The market asks under this name, with these certificates; the link.
fn ask(stage: &Running, name: &str, with: Certified, change: fn(&mut RequestDraft)) -> String {
    let id = name.to_owned();
    stage.twist(|twist| {
        twist.request = Some(Box::new(move |draft: &mut RequestDraft| {
            draft.claims["client_id"] = id.clone().into();
            change(draft);
        }));
        twist.signed_request = Some(Box::new(move |text| {
            let claims = UnverifiedJwt::parse(text).unwrap().unverified_claims().clone();
            let header = Header::new("oauth-authz-req+jwt").with("x5c", header_of_certificates(&with.chain));
            *text = portage_jose::sign(header, &claims, &with.key).unwrap();
        }));
    });
    request_with(&[("client_id", name), ("request_uri", &format!("{}/request/1", stage.market.origin))])
}

async fn present(citizen: &Citizen, link: &str) -> Answer {
    citizen.run(&["present", link, "--yes", "--unknown-verifier-too"]).await
}

/// Nothing reached the market's `response_uri`.
fn nothing_sent(stage: &Running) -> bool {
    stage.take_seen().iter().all(|seen| !seen.url.ends_with("/response"))
}

#[tokio::test]
async fn w05_a_certificate_up_to_a_pinned_anchor_is_answered_under_both_prefixes_and_said_so() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    let authority = Authority::new();
    let market = authority.certify(&params("Market", &["localhost"], 2020));
    for name in ["x509_san_dns:localhost".to_owned(), market.by_hash()] {
        citizen.trust(&authority.trusted(&stage, &name)).await;
        let link = ask(&stage, &name, market.copy(), |_| ());
        let review = citizen.run(&["review", &link]).await.object();
        assert_eq!(review["verifier"]["client_id"], name);
        assert_eq!(review["verifier"]["proved_by"], name.split(':').next().unwrap());
        assert_eq!(review["verifier"]["standing"], "registered");
        let words = citizen.run_in_words(&["review", &link], None).await;
        assert!(words.out.contains("certificate"), "{words:?}");
        assert_eq!(present(&citizen, &link).await.code, 0, "{name}");
        assert!(!nothing_sent(&stage));
    }
}

#[tokio::test]
async fn w05_a_certificate_that_does_not_hold_is_refused_and_nothing_is_sent() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    let authority = Authority::new();
    const NAME: &str = "x509_san_dns:localhost";
    citizen.trust(&authority.trusted(&stage, NAME)).await;
    let good = authority.certify(&params("Market", &["localhost"], 2020));
    let own_key = KeyPair::generate().unwrap();
    let own = params("Market", &["localhost"], 2020).self_signed(&own_key).unwrap().der().to_vec();
    let mut carried = good.copy();
    carried.chain.push(authority.der.clone());
    let mut forged = good.copy();
    forged.key = stage_thief();
    let mut none = good.copy();
    none.chain.clear();
    for (what, with) in [
        ("another host", authority.certify(&params("Market", &["elsewhere.example"], 2020))),
        ("a wildcard", authority.certify(&params("Market", &["*.localhost"], 2020))),
        ("over", authority.certify(&params("Market", &["localhost"], 2000))),
        ("not yet", authority.certify(&params("Market", &["localhost"], 2060))),
        ("self-signed", Certified::of(&own_key, own)),
        ("anchor in x5c", carried),
        ("another authority", Authority::new().certify(&params("Market", &["localhost"], 2020))),
        ("another key", forged),
        ("no certificate", none),
    ] {
        let answer = present(&citizen, &ask(&stage, NAME, with, |_| ())).await;
        assert_eq!((answer.code, answer.reason()), (1, "request_invalid"), "{what}");
        assert!(nothing_sent(&stage), "{what}");
    }
    let elsewhere = ask(&stage, NAME, good.copy(), |draft| {
        draft.claims["response_uri"] = "https://elsewhere.example/response".into();
    });
    assert_eq!(present(&citizen, &elsewhere).await.reason(), "request_invalid");
    // The digest of another certificate.
    let other = authority.certify(&params("Market", &["localhost"], 2020));
    let answer = present(&citizen, &ask(&stage, &other.by_hash(), good.copy(), |_| ())).await;
    assert_eq!(answer.reason(), "request_invalid");
    assert!(nothing_sent(&stage));
    assert_eq!(present(&citizen, &ask(&stage, NAME, good, |_| ())).await.code, 0);
}

fn stage_thief() -> SigningKey {
    SigningKey::from_secret_bytes(portage_keys::Algorithm::Es256, &[3; 32]).unwrap()
}

#[tokio::test]
async fn w07_a_request_fetched_by_post_must_repeat_the_wallets_nonce() {
    let stage = Running::start().await;
    let citizen = Citizen::with_person(&stage).await;
    let request_uri = format!("{}/request/1", stage.market.origin);
    let link = request_with(&[
        ("client_id", &client_id(&stage)),
        ("request_uri", &request_uri),
        ("request_uri_method", "post"),
    ]);
    let sound = citizen.run(&["present", &link, "--yes"]).await;
    assert_eq!(sound.code, 0, "{sound:?}");
    let seen = stage.take_seen();
    let asked = seen.iter().find(|seen| seen.url == request_uri).unwrap();
    assert_eq!(asked.method, "POST");
    assert!(
        asked.body.contains("wallet_nonce=") && asked.body.contains("wallet_metadata="),
        "{}",
        asked.body
    );
    for change in [
        |draft: &mut RequestDraft| drop(draft.claims.remove("wallet_nonce")),
        |draft: &mut RequestDraft| draft.claims["wallet_nonce"] = "another".into(),
        |draft: &mut RequestDraft| draft.claims["wallet_nonce"] = Value::Null,
    ] {
        stage.twist(|twist| twist.request = Some(Box::new(change)));
        let answer = citizen.run(&["present", &link, "--yes"]).await;
        assert_eq!((answer.code, answer.reason()), (1, "request_invalid"));
        assert!(nothing_sent(&stage));
    }
    stage.untwist();
    assert_eq!(citizen.run(&["present", &request(&stage), "--yes"]).await.code, 0);
}

#[tokio::test]
async fn under_haip_what_the_profile_forbids_is_refused_and_what_it_demands_is_answered() {
    let stage = Running::start().await;
    let citizen = Citizen::of_haip(&stage).await;
    let authority = Authority::new();
    let market = authority.certify(&params("Market", &["localhost"], 2020));
    let name = market.by_hash();
    citizen.trust(&authority.trusted(&stage, &name)).await;
    fn encrypted(draft: &mut RequestDraft) {
        let key = AgreementKey::from_secret_bytes(&[9; 32]).unwrap();
        let keys = json!({ "keys": [EncryptionJwk::new(key.public_key(), "k").to_value()] });
        draft.claims.insert("response_mode".into(), "direct_post.jwt".into());
        draft.claims.insert("client_metadata".into(), json!({ "jwks": keys }));
    }
    let san = "x509_san_dns:localhost";
    for (what, link) in [
        ("§5.1 an answer in clear", ask(&stage, &name, market.copy(), |_| ())),
        ("§5.1 another prefix", ask(&stage, san, market.copy(), encrypted)),
        ("§5.1 a DID", request(&stage)),
        ("§5.1 by value", request_with(&[("client_id", &name), ("request", "a.b.c")])),
    ] {
        if what.contains("clear") {
            drop(ask(&stage, &name, market.copy(), |_| ()));
        }
        let answer = present(&citizen, &link).await;
        assert_eq!((answer.code, answer.reason()), (1, "request_invalid"), "{what}");
        assert!(nothing_sent(&stage), "{what}");
    }
    let w3c = ask(&stage, &name, market.copy(), |draft| {
        encrypted(draft);
        draft.claims["dcql_query"]["credentials"][0]["format"] = "ldp_vc".into();
    });
    assert_eq!(present(&citizen, &w3c).await.reason(), "request_invalid");
    let sound = present(&citizen, &ask(&stage, &name, market.copy(), encrypted)).await;
    assert_eq!(sound.code, 0, "{sound:?}");
}
