//! What other implementations signed (`../shared/vectors`): good and bad.

use std::path::{Path, PathBuf};

use super::*;

/// The vectors, or a line that says what was left out.
fn vectors(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors").join(folder);
    if !path.exists() {
        println!("left out: {}", path.display());
        return None;
    }
    Some(path)
}

fn json_file(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn examples_context() -> Option<String> {
    let file = vectors("contexts")?.join("credentials-examples-v2.jsonld");
    Some(format!("https://www.w3.org/ns/credentials/examples/v2={}", file.display()))
}

fn scene(now: &str) -> Scene {
    Scene::at(now.parse().unwrap())
}

#[test]
fn data_integrity_credentials_of_another_implementation() {
    let (Some(folder), Some(context)) = (vectors("own/data-integrity-signed"), examples_context()) else {
        return;
    };
    let scene = scene("2026-11-24T00:00:00Z");
    let cases = json_file(&folder.join("credentials.json"));
    let mut verified = 0;
    for case in cases.as_array().unwrap() {
        let file = scene.file("credential.json", case["document"].to_string());
        let ran = scene.check(&["--trust", "any", "--context", &context, &file]);
        let contexts = case["document"]["@context"].as_array().unwrap();
        let expected = case["verified"].as_bool().unwrap() && contexts.iter().all(Value::is_string);
        assert_eq!(ran.code == 0, expected, "{}: {}", case["name"], ran.verdict());
        if case["verified"] == true && !expected {
            // Signed well, with a context inline: refused whatever the signature says (V-10).
            assert_eq!(ran.verdict(), "1 rejected context_not_allowed", "{}", case["name"]);
        }
        assert_eq!(ran.lines[0]["format"], "ldp_vc");
        verified += usize::from(expected);
    }
    assert_eq!((cases.as_array().unwrap().len(), verified), (43, 3));
}

#[test]
fn data_integrity_presentations_of_another_implementation() {
    let (Some(folder), Some(context)) = (vectors("own/data-integrity-signed"), examples_context()) else {
        return;
    };
    let scene = scene("2026-11-24T00:00:00Z");
    let expected = |name: &str| match name {
        "vp-ok" => "0 accepted",
        "vp-other-challenge-expected" | "vp-challenge-removed" => "1 rejected",
        "vp-other-domain-expected" => "1 rejected audience_mismatch",
        _ => "1 rejected",
    };
    let cases = json_file(&folder.join("presentations.json"));
    for case in cases.as_array().unwrap() {
        let file = scene.file("presentation.json", case["document"].to_string());
        let text = |name: &str| case[name].as_str().unwrap();
        let session = ["--nonce", text("challenge"), "--audience", text("domain")];
        let ran = scene.check(&[&["--trust", "any", "--context", &context][..], &session, &[&file]].concat());
        let verdict = ran.verdict();
        assert!(verdict.starts_with(expected(text("name"))), "{}: {verdict}", case["name"]);
        if case["verified"] == true {
            assert_eq!(ran.lines[0]["evidence"]["holder_is_subject"], "not_proved");
            assert_eq!(ran.lines[0]["claims"]["credentialSubject"]["givenName"], "Zoë");
        }
    }
}

#[test]
fn the_documents_of_the_eddsa_recommendation() {
    let (Some(folder), Some(context)) = (vectors("vc-di-eddsa"), examples_context()) else { return };
    let scene = scene("2026-11-24T00:00:00Z");
    let key = |multikey: &str| {
        let key = portage_keys::multibase::from_multikey(multikey).unwrap();
        portage_jose::Jwk::from_key(key).to_value().to_string()
    };
    let pair = json_file(&folder.join("keyPair.json"));
    let issuer_key = key(pair["publicKeyMultibase"].as_str().unwrap());
    let other_key = key("z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK");
    let check = |document: &Value, more: &[&str]| {
        let file = scene.file("credential.json", document.to_string());
        scene.check(&[&["--trust", "any", "--context", &context][..], more, &[&file]].concat()).verdict()
    };
    for path in ["eddsa-rdfc-2022/signedDataInt.json", "eddsa-jcs-2022/signedJCS.json"] {
        let document = json_file(&folder.join(path));
        // The issuer is an https URL: somebody has to vouch for its key.
        assert_eq!(check(&document, &["--key", &issuer_key]), "0 accepted", "{path}");
        assert_eq!(check(&document, &[]), "1 indeterminate key_not_found");
        assert_eq!(check(&document, &["--key", &other_key]), "1 rejected key_mismatch");
        let mut changed = document.clone();
        changed["credentialSubject"]["alumniOf"] = "Another School".into();
        assert_eq!(check(&changed, &["--key", &issuer_key]), "1 rejected signature_invalid");
    }
    let set = json_file(&folder.join("proof-set-chain/signedProofSet2.json"));
    let first = set["proof"][0]["verificationMethod"].as_str().unwrap();
    let first = key(first.rsplit('#').next().unwrap());
    assert_eq!(check(&set, &["--key", &first]), "0 accepted");
    let mut broken = set.clone();
    broken["proof"][1]["created"] = "2023-02-24T23:36:39Z".into();
    assert_eq!(check(&broken, &["--key", &first]), "1 rejected signature_invalid");
}

#[test]
fn sd_jwts_of_another_implementation() {
    let Some(folder) = vectors("sd-jwt-generated") else { return };
    // The moment at which the key bindings were made.
    let scene = scene("2026-11-24T02:35:03Z");
    let key = json!({
        "kty": "EC",
        "crv": "P-256",
        "x": "b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ",
        "y": "Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8",
    })
    .to_string();
    let cases = [
        ("vc/01", "https://example.com/verifier", "0 accepted"),
        ("vc/03-pid", "https://example.com/verifier", "0 accepted"),
        ("examples/arf-pid", "https://verifier.example.org", "0 accepted"),
        // Not an SD-JWT VC by its `typ`.
        ("examples/simple", "https://verifier.example.org", "1 rejected type_mismatch"),
        ("testcases/key_binding", "https://example.com/verifier", "1 rejected type_mismatch"),
    ];
    for (name, audience, expected) in cases {
        let case = folder.join(name);
        let presentation = case.join("sd_jwt_presentation.txt");
        let file = presentation.to_str().unwrap();
        let session = ["--trust", "any", "--nonce", "1234567890", "--audience", audience];
        let ran = scene.check(&[&session[..], &["--key", &key, file]].concat());
        assert_eq!(ran.verdict(), expected, "{name}");
        if ran.code == 0 {
            assert_eq!(ran.lines[0]["claims"], json_file(&case.join("verified_contents.json")), "{name}");
            assert_eq!(
                scene.check(&[&session[..], &[file]].concat()).verdict(),
                "1 indeterminate key_not_found"
            );
            let text = fs::read_to_string(&presentation).unwrap();
            let (rest, key_binding) = text.rsplit_once('~').unwrap();
            let (rest, _dropped) = rest.rsplit_once('~').unwrap();
            let fewer = scene.file("fewer", format!("{rest}~{key_binding}"));
            let ran = scene.check(&[&session[..], &["--key", &key, &fewer]].concat());
            assert_eq!(ran.verdict(), "1 rejected holder_binding_invalid", "{name}");
        }
    }
}
