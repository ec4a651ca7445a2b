//! W-06: requests under `openid_federation:`. What the trust chain leaves the verifier counts, and nothing in the request.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot set its scene has failed")]

use jiff::Timestamp;
use portage_did::LoopbackOrigins;
use portage_jose::{Header, Jwk};
use portage_keys::{Algorithm, Signer as _, SigningKey};
use portage_oid4vp::{
    AuthenticationStep, ClientId, REQUEST_OBJECT_TYP, RequestError, ResolvedRequest, SELF_ISSUED_V2,
    UnverifiedRequest,
};
use portage_reason::Reason;
use serde_json::{Map, Value, json};

const MARKET: &str = "https://market.example";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_secret_bytes(Algorithm::EdDsa, &[seed; 32]).unwrap()
}

fn jwks(seed: u8) -> Value {
    json!({ "keys": [Jwk::from_key(key(seed).verification_key().clone()).with_kid("a").to_value()] })
}

fn object(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).unwrap()
}

/// A request, what the chain says of the verifier, and who signs.
struct Sent {
    header: Header,
    claims: Value,
    metadata: Option<Value>,
    signer: u8,
}

fn now() -> Timestamp {
    Timestamp::from_second(1_100).unwrap()
}

fn received(change: impl FnOnce(&mut Sent)) -> Result<ResolvedRequest, RequestError> {
    let client_id = ClientId::of_entity(MARKET).unwrap();
    let mut sent = Sent {
        header: Header::new(REQUEST_OBJECT_TYP).with("kid", "a").with("trust_chain", json!(["a.b.c"])),
        claims: json!({
            "aud": SELF_ISSUED_V2,
            "client_id": client_id.as_str(),
            "response_type": "vp_token",
            "response_mode": "direct_post",
            "response_uri": format!("{MARKET}/response"),
            "nonce": "n0nce",
            "dcql_query": { "credentials": [{ "id": "a", "format": "dc+sd-jwt", "meta": {} }] },
        }),
        metadata: Some(json!({ "jwks": jwks(1), "vp_formats_supported": { "dc+sd-jwt": {} } })),
        signer: 1,
    };
    change(&mut sent);
    let jwt = portage_jose::sign(sent.header, &object(sent.claims), &key(sent.signer)).unwrap();
    let loopback = LoopbackOrigins::default();
    let step = UnverifiedRequest::signed(client_id, &jwt)?.authenticate(&loopback)?;
    let AuthenticationStep::NeedVerifierMetadata(pending) = step else { panic!("a chain is needed") };
    assert_eq!(pending.entity(), MARKET);
    pending.supply(sent.metadata.map(object).as_ref())?.resolve(now(), &loopback)
}

#[test]
fn w06_what_the_chain_says_counts_and_client_metadata_does_not() {
    let resolved = received(|_| {}).unwrap();
    assert_eq!((resolved.party(), resolved.entity(), resolved.did()), (MARKET, Some(MARKET), None));
    assert_eq!(resolved.trust_chain(), ["a.b.c"]);
    assert!(resolved.vp_formats().lists("dc+sd-jwt") && !resolved.vp_formats().lists("vc+jwt"));
    // Other formats, keys and addresses in the request, or something that is no metadata at all, change nothing.
    for ignored in [
        json!({ "vp_formats_supported": { "vc+jwt": {} }, "jwks": jwks(2), "redirect_uris": ["https://thief.example/x"] }),
        json!("nothing"),
        json!({ "vp_formats_supported": [] }),
    ] {
        let resolved = received(|sent| sent.claims["client_metadata"] = ignored).unwrap();
        assert!(resolved.vp_formats().lists("dc+sd-jwt") && !resolved.vp_formats().lists("vc+jwt"));
        assert_eq!(resolved.response_uri().as_str(), "https://market.example/response");
    }
}

#[test]
fn w06_swapped_keys_have_no_effect() {
    let swapped = |sent: &mut Sent| {
        sent.claims["client_metadata"] = json!({ "jwks": jwks(2) });
        sent.signer = 2;
    };
    assert!(matches!(received(swapped), Err(RequestError::RequestObject(_))));
    let other_kid = received(|sent| sent.header = Header::new(REQUEST_OBJECT_TYP).with("kid", "b"));
    assert_eq!(other_kid.map(drop), Err(RequestError::KeyMismatch));
    let no_kid = received(|sent| sent.header = Header::new(REQUEST_OBJECT_TYP));
    assert_eq!(no_kid.map(drop), Err(RequestError::KeyMismatch));
    let no_keys = received(|sent| sent.metadata = Some(json!({})));
    assert_eq!(no_keys.map(drop), Err(RequestError::KeyMismatch));
    let by_address = json!({ "jwks_uri": "https://market.example/jwks" });
    assert_eq!(received(|sent| sent.metadata = Some(by_address)).map(drop), Err(RequestError::KeyMismatch));
    assert!(received(|_| {}).is_ok());
}

#[test]
fn w06_the_answer_goes_where_the_chain_allows() {
    let to = |uri: &str| {
        let uri = uri.to_owned();
        move |sent: &mut Sent| sent.claims["response_uri"] = uri.into()
    };
    assert!(
        received(to("https://market.example/elsewhere")).is_ok(),
        "its own origin, where nothing is listed"
    );
    for elsewhere in ["https://thief.example/response", "https://market.example.thief.example/response"] {
        assert_eq!(received(to(elsewhere)).map(drop), Err(RequestError::Parameter("response_uri")));
    }
    for list in ["response_uris", "redirect_uris"] {
        let listed = |uri: &str| {
            let uri = uri.to_owned();
            received(move |sent| {
                sent.metadata.as_mut().unwrap()[list] = json!(["https://answers.example/a"]);
                sent.claims["response_uri"] = uri.into();
            })
        };
        assert!(listed("https://answers.example/a").is_ok());
        for other in ["https://answers.example/b", "https://market.example/response"] {
            assert_eq!(listed(other).map(drop), Err(RequestError::Parameter("response_uri")), "{list}");
        }
    }
    let odd = received(|sent| sent.metadata.as_mut().unwrap()["response_uris"] = json!("anywhere"));
    assert_eq!(odd.map(drop), Err(RequestError::Parameter("response_uri")));
}

#[test]
fn w06_without_a_chain_nobody_is_known() {
    let unknown = received(|sent| sent.metadata = None).unwrap_err();
    assert_eq!((&unknown, unknown.reason()), (&RequestError::TrustChain, Reason::TrustChainInvalid));
    let carried = received(|sent| {
        sent.header = Header::new(REQUEST_OBJECT_TYP).with("kid", "a");
        sent.claims["trust_chain"] = json!(["d.e.f"]);
    });
    assert_eq!(carried.unwrap().trust_chain(), ["d.e.f"], "as a parameter");
    let no_chain = received(|sent| {
        sent.header = Header::new(REQUEST_OBJECT_TYP).with("kid", "a").with("trust_chain", json!("a"));
    });
    assert_eq!(no_chain.map(drop), Err(RequestError::Malformed("trust_chain is not a chain")));
    let other = received(|sent| sent.claims["client_id"] = json!("openid_federation:https://other.example"));
    assert_eq!(other.map(drop), Err(RequestError::ClientIdMismatch));
}
