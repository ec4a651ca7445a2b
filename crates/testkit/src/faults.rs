//! What can be wrong with a trust chain, one thing at a time: for every program that reads one.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portage_keys::{Signer as _, SigningKey};
use serde_json::{Map, Value, json};

/// A header or the claims.
type Part = Map<String, Value>;
/// What becomes of both.
type Change<'a> = dyn Fn(&mut Part, &mut Part) + 'a;

/// A chain of three statements (the subject's own, one about it, one about whoever said that) broken in each way of OpenID Federation 1.0, by the
/// row of the attack. `keys` are those of the three who signed. No other statement, and nothing else in it, changes.
///
/// # Panics
/// The chain is no such chain.
pub fn faults_of_a_chain(chain: &[String], keys: [&SigningKey; 3]) -> Vec<(&'static str, Vec<String>)> {
    let [own, subject, intermediate] = [0, 1, 2];
    let host = {
        let said = claims_of(&chain[own]);
        let entity = said["sub"].as_str().expect("a subject").to_owned();
        entity.split("://").nth(1).and_then(|rest| rest.split([':', '/']).next()).expect("a host").to_owned()
    };
    let broken = |at: usize, change: &Change<'_>| {
        let mut chain = chain.to_vec();
        chain[at] = restated(&chain[at], keys[at], change);
        chain
    };
    let claim = |at: usize, name: &'static str, value: Value| {
        broken(at, &move |_: &mut _, claims: &mut Part| _ = claims.insert(name.to_owned(), value.clone()))
    };
    let header = |at: usize, name: &'static str, value: Value| {
        broken(at, &move |header: &mut Part, _: &mut _| _ = header.insert(name.to_owned(), value.clone()))
    };
    let policy = |value: Value| json!({ "federation_entity": { "organization_name": value } });
    let mut contradiction = chain.to_vec();
    for (at, value) in [(intermediate, "A"), (subject, "B")] {
        contradiction[at] = restated(&chain[at], keys[at], &|_: &mut _, claims: &mut Part| {
            claims.insert("metadata_policy".to_owned(), policy(json!({ "value": value })));
        });
    }
    let mut by_another = chain.to_vec();
    by_another[intermediate] = restated(&chain[intermediate], keys[own], &|_: &mut _, _: &mut _| {});
    vec![
        (
            "T-01, one intermediate too many",
            claim(intermediate, "constraints", json!({ "max_path_length": 0 })),
        ),
        (
            "T-02, outside the names",
            claim(
                intermediate,
                "constraints",
                json!({ "naming_constraints": { "permitted": ["elsewhere.example"] } }),
            ),
        ),
        (
            "T-02, permitted and excluded",
            claim(
                intermediate,
                "constraints",
                json!({ "naming_constraints": { "permitted": [host], "excluded": [host] } }),
            ),
        ),
        ("T-03, a contradiction", contradiction),
        (
            "T-03, operators that do not go together",
            claim(intermediate, "metadata_policy", policy(json!({ "value": "A", "add": "B" }))),
        ),
        (
            "T-04, crit",
            broken(intermediate, &|_: &mut _, claims: &mut Part| {
                let mut names = claims.get("crit").and_then(Value::as_array).cloned().unwrap_or_default();
                names.push(json!("https://unknown.example/claim"));
                claims.insert("crit".to_owned(), names.into());
                claims.insert("https://unknown.example/claim".to_owned(), json!(1));
            }),
        ),
        ("T-04, metadata_policy_crit", claim(intermediate, "metadata_policy_crit", json!(["unknown"]))),
        (
            "T-05, without signature",
            broken(intermediate, &|header: &mut Part, _: &mut _| {
                header.insert("alg".to_owned(), json!("none"));
            }),
        ),
        ("T-05, another typ", header(intermediate, "typ", json!("JWT"))),
        ("T-05, no kid", broken(intermediate, &|header: &mut Part, _: &mut _| _ = header.remove("kid"))),
        ("T-05, a key of somebody else", by_another),
        (
            "T-05, a superior that the subject does not name",
            claim(own, "authority_hints", json!(["https://stranger.example"])),
        ),
        (
            "T-06, over",
            broken(intermediate, &|_: &mut _, claims: &mut Part| {
                let issued = claims["iat"].as_i64().expect("iat");
                claims.insert("exp".to_owned(), json!(issued + 60));
            }),
        ),
    ]
}

fn claims_of(statement: &str) -> Part {
    decoded(statement.split('.').nth(1).expect("claims"))
}

fn decoded(part: &str) -> Part {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("an object")
}

/// The statement with its header and claims changed, signed by this key; under `none` without a signature.
fn restated(statement: &str, key: &SigningKey, change: &Change<'_>) -> String {
    let (mut header, mut claims) =
        (decoded(statement.split('.').next().expect("a header")), claims_of(statement));
    change(&mut header, &mut claims);
    let [head, body] = [&header, &claims].map(|part| URL_SAFE_NO_PAD.encode(json!(part).to_string()));
    let signed = format!("{head}.{body}");
    if header["alg"] == "none" {
        return format!("{signed}.");
    }
    let signature = key.sign(signed.as_bytes()).expect("a signature");
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}
