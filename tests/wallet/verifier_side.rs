//! What the market answers: its keys, its signed request, the post of an answer.

use portage_did::{Did, DidDocument, Relationship};
use portage_jose::Header;
use portage_keys::Signer;
use portage_oid4vp::{AuthorizationResponse, PurposeInfo, RequestUriPost, encrypted_response};
use serde_json::{Value, json};

use crate::{
    federation_side,
    issuer_side::form,
    stage::{RequestDraft, Stage},
};

const JSON: &str = "application/json";
/// The nonce of every request.
pub(crate) const NONCE: &str = "n-0S6_WzA2Mj-0123456789";
/// The purpose of every request that asks something else: not in the catalogue.
pub(crate) const OTHER_PURPOSE: &str = "a-purpose-of-the-stage";
/// The purpose of the usual request.
pub(crate) const PURPOSE: &str = "market-vendor-permit";

/// The link of the market's request.
pub(crate) fn request(stage: &Stage) -> String {
    let client_id = client_id(stage);
    request_with(&[("client_id", &client_id), ("request_uri", &format!("{}/request/1", stage.market.origin))])
}

/// A link with these parameters.
pub(crate) fn request_with(parameters: &[(&str, &str)]) -> String {
    format!("openid4vp://?{}", form(parameters))
}

/// The market's Client Identifier.
pub(crate) fn client_id(stage: &Stage) -> String {
    format!("decentralized_identifier:{}", stage.market.did)
}

/// Answers one request: status, media type, body.
pub(crate) fn answer(stage: &Stage, path: &str, body: &str) -> (u16, &'static str, String) {
    match path {
        "/.well-known/did.json" => {
            let did = Did::parse(&stage.market.did).unwrap();
            let key = stage.market.key.verification_key();
            let document = DidDocument::of_keys(&did, &[("key-1", key, &[Relationship::Authentication])]);
            (200, JSON, document.to_value().to_string())
        }
        "/request/1" => (200, "application/oauth-authz-req+jwt", request_object(stage, body)),
        "/response" => {
            let sound = matches!(
                AuthorizationResponse::parse_form(body.as_bytes()),
                Ok(AuthorizationResponse::Success { .. })
            ) || matches!(encrypted_response(body.as_bytes()), Ok(Some(_)));
            if sound {
                (200, JSON, "{}".to_owned())
            } else {
                (400, JSON, json!({ "error": "invalid_request" }).to_string())
            }
        }
        _ => (404, JSON, "{}".to_owned()),
    }
}

/// What the market usually asks: that a person is over 19.
pub(crate) fn usual_query(stage: &Stage) -> Value {
    let vct = &stage.world.credential_type("person").vct;
    json!({ "credentials": [{
        "id": "person", "format": "dc+sd-jwt", "meta": { "vct_values": [vct] },
        "claims": [{ "path": ["age_over_19"], "values": [true] }],
    }] })
}

/// The same, and the birth date.
pub(crate) fn query_with_birth_date(stage: &Stage) -> Value {
    let mut query = usual_query(stage);
    query["credentials"][0]["claims"] =
        json!([{ "path": ["age_over_19"], "values": [true] }, { "path": ["birthdate_dateint"] }]);
    query
}

fn request_object(stage: &Stage, body: &str) -> String {
    let usual = usual_query(stage);
    let twist = stage.twist.lock().unwrap();
    let now = stage.world.now.as_second();
    let purpose = stage.world.catalog.purpose(&portage_catalog::PurposeId(PURPOSE.into())).unwrap();
    let mut words = PurposeInfo::of(purpose);
    if twist.query.is_some() && !twist.beyond_purpose {
        words.id = portage_catalog::PurposeId(OTHER_PURPOSE.into());
    }
    let mut verifier_info = vec![words.to_entry()];
    let query = twist.query.clone().unwrap_or(usual);
    let is_vouched = words.id.0 == OTHER_PURPOSE && !twist.unvouched;
    if is_vouched {
        let signed =
            twist.statement.clone().unwrap_or_else(|| federation_side::statement(stage, query.clone()));
        verifier_info.push(json!({ "format": "portage_purpose_statement", "data": { "statement": signed } }));
    }
    let claims = json!({
        "aud": "https://self-issued.me/v2",
        "client_id": client_id(stage),
        "response_type": "vp_token",
        "response_mode": "direct_post",
        "response_uri": format!("{}/response", stage.market.origin),
        "nonce": NONCE,
        "state": "s-0123456789",
        "dcql_query": query,
        "verifier_info": verifier_info,
        "iat": now,
        "exp": now + 300,
    });
    let mut draft = RequestDraft {
        header: object(json!({ "typ": "oauth-authz-req+jwt", "kid": format!("{}#key-1", stage.market.did) })),
        claims: object(claims),
    };
    if let Some(nonce) = RequestUriPost::parse_form(body.as_bytes()).unwrap().wallet_nonce {
        draft.claims.insert("wallet_nonce".to_owned(), nonce.into());
    }
    let chain = twist.chain.clone().unwrap_or_else(|| federation_side::chain(stage));
    if is_vouched && !chain.is_empty() {
        draft.header.insert("trust_chain".to_owned(), json!(chain));
    }
    if let Some(change) = &twist.request {
        change(&mut draft);
    }
    let typ = draft.header.get("typ").and_then(Value::as_str).unwrap_or_default();
    let header =
        draft.header.iter().fold(Header::new(typ), |header, (name, value)| header.with(name, value.clone()));
    let signer: &dyn Signer = if twist.forged_request { &stage.market.thief } else { &stage.market.key };
    let mut signed = portage_jose::sign(header, &draft.claims, signer).unwrap();
    if let Some(change) = &twist.signed_request {
        change(&mut signed);
    }
    signed
}

fn object(value: Value) -> serde_json::Map<String, Value> {
    portage_testkit::world::object(value)
}
