//! What an issuer answers: metadata, token, nonce, credential, notification, keys and lists.

use portage_catalog::Format;
use portage_keys::base64url;
use portage_oid4vci::{CredentialRequest, Proofs, RequestedCredential, UnverifiedKeyProof};
use portage_status_list::bitstring::StatusPurpose;
use portage_testkit::world::{ListForm, TestIssuer};
use serde_json::{Value, json};

use crate::stage::Stage;

const JSON: &str = "application/json";

/// The link of an offer by value.
pub(crate) fn offer(stage: &Stage, type_id: &str, format: Format) -> String {
    let issuer = origin_of(stage.world.issuer_of(type_id));
    offer_of(&issuer, type_id, format, stage.twist.lock().unwrap().tx_code.is_some())
}

/// The link of an offer of somebody.
pub(crate) fn offer_of(issuer: &str, type_id: &str, format: Format, tx_code: bool) -> String {
    let offer = offer_object(issuer, type_id, format, tx_code).to_string();
    let query: String = form(&[("credential_offer", &offer)]);
    format!("openid-credential-offer://?{query}")
}

/// The link of an offer by reference.
pub(crate) fn offer_by_reference(issuer: &str, type_id: &str, format: Format) -> String {
    let url = format!("{issuer}/offers/{type_id}/{}", format.name());
    format!("openid-credential-offer://?{}", form(&[("credential_offer_uri", &url)]))
}

fn offer_object(issuer: &str, type_id: &str, format: Format, tx_code: bool) -> Value {
    let mut grant = json!({ "pre-authorized_code": CODE });
    if tx_code {
        grant["tx_code"] = json!({ "length": 6 });
    }
    json!({
        "credential_issuer": issuer,
        "credential_configuration_ids": [configuration(type_id, format)],
        "grants": { "urn:ietf:params:oauth:grant-type:pre-authorized_code": grant },
    })
}

/// The code of every offer, to look for where it must not be.
pub(crate) const CODE: &str = "pre-authorized-canary-0123456789";
/// The access token of every issuance.
pub(crate) const TOKEN: &str = "access-token-canary-0123456789";

fn configuration(type_id: &str, format: Format) -> String {
    format!("{type_id}_{}", format.name())
}

/// The origin of an issuer, without a slash at its end.
pub(crate) fn origin_of(issuer: &TestIssuer) -> String {
    issuer.origin.as_str().trim_end_matches('/').to_owned()
}

/// Answers one request: status, media type, body.
pub(crate) fn answer(
    stage: &Stage,
    origin: &str,
    path: &str,
    body: &str,
    bearer: Option<&str>,
) -> (u16, &'static str, String) {
    let issuers = [&stage.world.province, &stage.world.city, &stage.world.federal, &stage.world.attacker];
    let issuer = issuers.into_iter().find(|issuer| origin_of(issuer) == origin).unwrap();
    if let Some(which) = path.strip_prefix("/offers/") {
        let (type_id, format) = which.split_once('/').unwrap();
        return (
            200,
            JSON,
            offer_object(origin, type_id, Format::from_name(format).unwrap(), false).to_string(),
        );
    }
    match path {
        "/.well-known/did.json" => (200, JSON, String::from_utf8(issuer.document_bytes()).unwrap()),
        "/.well-known/openid-credential-issuer" => (200, JSON, metadata(stage, origin).to_string()),
        "/.well-known/oauth-authorization-server" => {
            let metadata = json!({
                "issuer": origin,
                "token_endpoint": format!("{origin}/token"),
                "grant_types_supported": ["urn:ietf:params:oauth:grant-type:pre-authorized_code"],
                "pre-authorized_grant_anonymous_access_supported": true,
            });
            (200, JSON, metadata.to_string())
        }
        "/token" => token(stage, body),
        "/nonce" => (200, JSON, json!({ "c_nonce": "a-nonce-of-the-stage-0123456789" }).to_string()),
        "/credential" if bearer == Some(&format!("Bearer {TOKEN}")) => credential(stage, body),
        "/credential" => (401, JSON, json!({ "error": "invalid_token" }).to_string()),
        "/notification" => (204, JSON, String::new()),
        "/status/token" => {
            let list = stage.world.token_list(issuer, &issuer.url(path), &stage.lists());
            (200, "application/statuslist+jwt", list)
        }
        "/status/revocation" => bitstring(stage, issuer, path, StatusPurpose::Revocation),
        "/status/suspension" => bitstring(stage, issuer, path, StatusPurpose::Suspension),
        _ => (404, JSON, "{}".to_owned()),
    }
}

fn bitstring(
    stage: &Stage,
    issuer: &TestIssuer,
    path: &str,
    purpose: StatusPurpose,
) -> (u16, &'static str, String) {
    let lists = stage.lists();
    let set = if purpose == StatusPurpose::Revocation { &lists.revoked } else { &lists.suspended };
    let list = stage.world.bitstring_list(issuer, &issuer.url(path), purpose, set);
    (200, "application/vc+jwt", stage.world.sign_list(&list, issuer, ListForm::VcJwt))
}

fn metadata(stage: &Stage, origin: &str) -> Value {
    let mut configurations = serde_json::Map::new();
    for credential_type in stage.world.catalog.types() {
        for format in Format::ALL {
            let mut entry = json!({
                "format": format.name(),
                "cryptographic_binding_methods_supported": if format.is_selective() { json!(["jwk"]) } else { json!(["did:key"]) },
                "proof_types_supported": { "jwt": { "proof_signing_alg_values_supported": ["ES256", "EdDSA", "ES384"] } },
            });
            if format == Format::DcSdJwt {
                entry["vct"] = credential_type.vct.as_str().into();
            } else {
                entry["credential_definition"] =
                    json!({ "type": ["VerifiableCredential", credential_type.vc_type] });
            }
            configurations.insert(configuration(&credential_type.id, format), entry);
        }
    }
    json!({
        "credential_issuer": origin,
        "credential_endpoint": format!("{origin}/credential"),
        "nonce_endpoint": format!("{origin}/nonce"),
        "notification_endpoint": format!("{origin}/notification"),
        "credential_configurations_supported": configurations,
    })
}

fn token(stage: &Stage, body: &str) -> (u16, &'static str, String) {
    let request = portage_oid4vci::TokenRequest::from_form(body.as_bytes()).unwrap();
    let wanted = stage.twist.lock().unwrap().tx_code.clone();
    let given = request.tx_code.as_ref().map(|code| code.expose().to_owned());
    if request.pre_authorized_code.expose() != CODE || given != wanted {
        return (400, JSON, json!({ "error": "invalid_grant" }).to_string());
    }
    (200, JSON, json!({ "access_token": TOKEN, "token_type": "Bearer", "expires_in": 300 }).to_string())
}

fn credential(stage: &Stage, body: &str) -> (u16, &'static str, String) {
    let request = CredentialRequest::parse(body.as_bytes()).unwrap();
    let RequestedCredential::ConfigurationId(id) = request.credential else { panic!("by configuration") };
    let Some(Proofs::Jwt(proofs)) = request.proofs else { panic!("a jwt proof") };
    let holder = holder_of(&proofs[0]);
    let (type_id, format) = id.split_once('_').unwrap();
    let twist = stage.twist.lock().unwrap();
    let mut draft = stage.world.draft(type_id, Format::from_name(format).unwrap(), &holder);
    if let Some(change) = &twist.draft {
        change(&mut draft);
    }
    let signer = if twist.forged { &stage.world.attacker.key } else { &stage.world.issuer_of(type_id).key };
    let mut issued = stage.world.sign(&draft, signer);
    if let Some(change) = &twist.issued {
        change(&mut issued);
    }
    let credential = if draft.format == Format::LdpVc {
        serde_json::from_str(&issued).unwrap()
    } else {
        Value::from(issued)
    };
    let response = json!({ "credentials": [{ "credential": credential }], "notification_id": "n-1" });
    (200, JSON, response.to_string())
}

/// The key that a proof names; whether it holds is the issuer's tests' concern.
fn holder_of(proof: &str) -> portage_keys::VerificationKey {
    UnverifiedKeyProof::parse(proof).unwrap();
    let header: Value =
        serde_json::from_slice(&base64url::decode(proof.split('.').next().unwrap()).unwrap()).unwrap();
    match header.get("jwk") {
        Some(jwk) => portage_jose::Jwk::from_value(jwk).unwrap().key().clone(),
        None => {
            let kid = header["kid"].as_str().unwrap();
            portage_keys::multibase::from_multikey(kid.rsplit('#').next().unwrap()).unwrap()
        }
    }
}

/// A query string.
pub(crate) fn form(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
