//! What a party learned: read from the messages it received, with no help from the programs.
//!
//! This is the adversary's reader: it takes a message apart as somebody would who keeps everything, verifies
//! nothing, and names every claim it finds.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::proxy::Exchange;

/// Members that carry no fact about a person: protocol, time and proof.
const TECHNICAL: &[&str] = &[
    "@context",
    "_sd",
    "_sd_alg",
    "aud",
    "cnf",
    "credentialStatus",
    "credentialSchema",
    "cryptosuite",
    "exp",
    "holder",
    "iat",
    "id",
    "iss",
    "issuer",
    "nbf",
    "nonce",
    "proof",
    "sd_hash",
    "status",
    "type",
    "validFrom",
    "validUntil",
    "vct",
];

/// What an issuer learns from a fetch of its status list. When that happens depends on caches, so the telling says it once.
pub(crate) const LIST_FETCHED: &str = "that somebody fetched its whole status list, not for which entry";

/// What an authority learns when it is asked for a chain. When that happens depends on caches, too.
pub(crate) const ASKED_ABOUT: &str =
    "that somebody asked whom it vouches for, naming an issuer and no person";

/// What a service learned from the requests it received.
pub(crate) fn by_service(exchanges: &[Exchange]) -> Vec<String> {
    let mut found = Vec::new();
    for exchange in exchanges {
        if exchange.request_line.starts_with("GET /status") {
            push(&mut found, LIST_FETCHED.to_owned());
        }
        if exchange.request_line.starts_with("GET /federation/resolve") {
            push(&mut found, ASKED_ABOUT.to_owned());
        }
        let body = String::from_utf8_lossy(&exchange.request);
        if let Ok(Value::Object(message)) = serde_json::from_slice(&exchange.request)
            && message.contains_key("proofs")
        {
            push(&mut found, "a public key made for this one credential".to_owned());
        }
        let fields: Map<String, Value> = url::form_urlencoded::parse(body.as_bytes())
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        if fields.contains_key("tx_code") {
            push(&mut found, "the transaction code it had given out".to_owned());
        }
        if let Some(token) = fields.get("vp_token").and_then(Value::as_str) {
            facts_of_vp_token(token, &mut found);
        }
    }
    found
}

/// What the wallet learned from the answers it received.
pub(crate) fn by_wallet(exchanges: &[Exchange]) -> Vec<String> {
    let mut found = Vec::new();
    for exchange in exchanges {
        if let Ok(answer) = serde_json::from_slice::<Value>(&exchange.response) {
            for credential in answer["credentials"].as_array().into_iter().flatten() {
                facts_of_token(&credential["credential"], &mut found);
            }
        }
    }
    found
}

fn facts_of_vp_token(token: &str, found: &mut Vec<String>) {
    let Ok(Value::Object(answers)) = serde_json::from_str(token) else { return };
    for presentation in answers.values().filter_map(Value::as_array).flatten() {
        facts_of_token(presentation, found);
    }
}

/// A credential or presentation in any format: compact text or a JSON object.
fn facts_of_token(token: &Value, found: &mut Vec<String>) {
    match token {
        Value::String(text) => {
            let mut parts = text.split('~');
            if let Some(payload) = parts.next().and_then(|jwt| jwt.split('.').nth(1)).and_then(decode) {
                facts_of_value("", &payload, found);
            }
            for disclosure in parts.filter_map(decode) {
                match disclosure.as_array().map(Vec::as_slice) {
                    Some([_, Value::String(name), value]) => facts_of_value(name, value, found),
                    Some([_, value]) => facts_of_value("", value, found),
                    _ => {}
                }
            }
        }
        value => facts_of_value("", value, found),
    }
}

fn facts_of_value(name: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if let Some(kind) = kind_of(members) {
                push(found, format!("that there is a {kind}"));
            }
            for (name, value) in members {
                if name == "verifiableCredential" || !TECHNICAL.contains(&name.as_str()) {
                    facts_of_value(name, value, found);
                } else if let Some(enveloped) =
                    value.as_str().filter(|text| text.starts_with("data:application/"))
                {
                    let text = enveloped.split_once(',').map_or("", |(_, text)| text);
                    facts_of_token(&Value::from(text), found);
                }
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| facts_of_value(name, element, found)),
        value if name.is_empty() || name == "..." => {
            let _ = value;
        }
        value => push(found, format!("{name} = {value}")),
    }
}

/// The type a credential names, without the types that every credential has.
fn kind_of(members: &Map<String, Value>) -> Option<String> {
    if let Some(vct) = members.get("vct").and_then(Value::as_str) {
        return Some(format!("credential {vct}"));
    }
    let types = members.get("type")?.as_array()?;
    let general = ["VerifiableCredential", "VerifiablePresentation", "EnvelopedVerifiableCredential"];
    types
        .iter()
        .filter_map(Value::as_str)
        .find(|kind| !general.contains(kind))
        .map(|kind| format!("credential {kind}"))
}

fn decode(part: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn push(found: &mut Vec<String>, fact: String) {
    if !found.contains(&fact) {
        found.push(fact);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn part(value: &Value) -> String {
        URL_SAFE_NO_PAD.encode(value.to_string())
    }

    #[test]
    fn a_disclosed_claim_is_found_and_a_withheld_one_is_not() {
        let payload =
            part(&json!({"vct": "https://types.example/person", "_sd": ["digest"], "iss": "did:web:a"}));
        let token =
            format!("e30.{payload}.c2ln~{}~e30.e30.c2ln", part(&json!(["salt", "age_over_19", true])));
        let mut found = Vec::new();
        facts_of_token(&Value::from(token), &mut found);
        assert_eq!(found, ["that there is a credential https://types.example/person", "age_over_19 = true"]);
    }

    #[test]
    fn a_credential_shown_whole_is_found_whole() {
        let card = json!({"type": ["VerifiableCredential", "CardCredential"], "issuer": "did:web:a",
            "credentialSubject": {"id": "did:key:z", "card_class": "Pleasure craft"}});
        let mut found = Vec::new();
        facts_of_token(
            &json!({"type": ["VerifiablePresentation"], "verifiableCredential": [card]}),
            &mut found,
        );
        assert_eq!(found, ["that there is a credential CardCredential", "card_class = \"Pleasure craft\""]);
    }
}
