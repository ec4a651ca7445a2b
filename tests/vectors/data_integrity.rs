//! Data Integrity: the worked examples of the EdDSA cryptosuites, and documents that another implementation signed.

use portage_catalog::Contexts;
use portage_data_integrity::{Cryptosuite, ProofOptions, UnverifiedProof, add_proof, canonicalize};
use portage_keys::{Algorithm, SigningKey, digest::sha256, multibase};
use serde_json::{Map, Value, json};

use crate::{
    book::{Book, Outcome, Row, reason, same, to_hex},
    check::{Checker, jwk},
};

const EXAMPLES: &str = "https://www.w3.org/ns/credentials/examples/v2";
const NOW: &str = "2026-11-24T00:00:00Z";
/// A key that signed nothing here.
const STRANGER: &str = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";

pub(crate) fn run(book: &Book) {
    book.family("EdDSA cryptosuites", "data-integrity", |row| eddsa(row, book));
    book.family("EdDSA cryptosuites: documents", "verifier check", |row| eddsa_documents(row, book));
    book.family("Data Integrity proofs signed by another implementation", "data-integrity", |row| {
        signed_proofs(row, book)
    });
    book.family(
        "Data Integrity presentation proofs signed by another implementation",
        "data-integrity",
        |row| presentation_proofs(row, book),
    );
    book.family("Data Integrity credentials signed by another implementation", "verifier check", |row| {
        signed_credentials(row, book);
    });
    book.family("Data Integrity presentations signed by another implementation", "verifier check", |row| {
        signed_presentations(row, book);
    });
}

/// The bundled contexts and `credentials/examples/v2`, which is never bundled.
fn contexts(book: &Book) -> Contexts {
    let mut contexts = Contexts::bundled();
    contexts.add(EXAMPLES, book.text("contexts/credentials-examples-v2.jsonld").as_bytes()).unwrap();
    contexts
}

fn checker(book: &Book) -> Checker {
    Checker::at(NOW).with("--context", examples(book))
}

fn examples(book: &Book) -> String {
    format!("{EXAMPLES}={}", book.path("contexts/credentials-examples-v2.jsonld").display())
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// An Ed25519 key from its secret Multikey (`8026` and the seed).
fn signing_key(secret: &str) -> SigningKey {
    let bytes = multibase::decode_base58btc(secret).unwrap();
    let seed = bytes.strip_prefix(&[0x80, 0x26]).unwrap();
    SigningKey::from_secret_bytes(Algorithm::EdDsa, seed.try_into().unwrap()).unwrap()
}

/// Every proof of the document, each with the key that it names.
fn verify_all(document: &Map<String, Value>, contexts: &Contexts) -> Outcome {
    for proof in UnverifiedProof::read_all(document).map_err(|error| error.reason().to_string())? {
        let key = multibase::from_multikey(proof.verification_method.rsplit('#').next().unwrap());
        let key = key.map_err(|error| error.reason().to_string())?;
        reason!(proof.verify(document, &key, contexts))?;
    }
    Ok(())
}

/// Canonical forms, hashes and signatures are those printed.
fn eddsa(row: &mut Row, book: &Book) {
    let contexts = contexts(book);
    let unsigned = object(book.json("vc-di-eddsa/unsigned.json"));
    let pair = book.json("vc-di-eddsa/keyPair.json");
    let key = signing_key(pair["privateKeyMultibase"].as_str().unwrap());
    for (suite, name, ending) in [
        (Cryptosuite::EddsaRdfc2022, "eddsa-rdfc-2022", "DataInt"),
        (Cryptosuite::EddsaJcs2022, "eddsa-jcs-2022", "JCS"),
    ] {
        let text = |what: &str| book.text(&format!("vc-di-eddsa/{name}/{what}{ending}.txt"));
        let config = object(book.json(&format!("vc-di-eddsa/{name}/proofConfig{ending}.json")));
        let signed = object(book.json(&format!("vc-di-eddsa/{name}/signed{ending}.json")));
        let canonical = |document: &Map<String, Value>| match suite {
            Cryptosuite::EddsaRdfc2022 => {
                Ok(canonicalize(document, &contexts).map_err(|error| error.reason().to_string())?.nquads)
            }
            _ => serde_json_canonicalizer::to_string(document).map_err(|error| error.to_string()),
        };
        let hash = |document| Ok::<_, String>(to_hex(&sha256(canonical(document)?.as_bytes())));
        for (document, canon, printed) in
            [(&unsigned, "canonDoc", "docHash"), (&config, "proofCanon", "proofHash")]
        {
            let canon_text = text(canon);
            let printed_text = text(printed);
            row.accepts(&format!("{name} {canon}"), || {
                // Lines of quads are compared to the last line break; the JSON is printed with one more.
                let is_json = suite != Cryptosuite::EddsaRdfc2022;
                same(canonical(document)?.as_str(), if is_json { canon_text.trim_end() } else { &canon_text })
            });
            row.accepts(&format!("{name} {printed}"), || same(hash(document)?.as_str(), printed_text.trim()));
        }
        let combined = text("combinedHash");
        row.accepts(&format!("{name} combinedHash"), || {
            same((hash(&config)? + &hash(&unsigned)?).as_str(), combined.trim())
        });
        let (sig_hex, sig_base58) = (text("sigHex"), text("sigBTC58"));
        row.accepts(&format!("{name} signed"), || {
            let proofs = UnverifiedProof::read_all(&signed).map_err(|error| error.reason().to_string())?;
            let [proof] = proofs.try_into().map_err(|_| "not one proof")?;
            let method = proof.verification_method.clone();
            let options = ProofOptions {
                cryptosuite: suite,
                verification_method: &method,
                proof_purpose: "assertionMethod",
                created: proof.created,
                expires: None,
                domain: None,
                challenge: None,
            };
            let ours = add_proof(&unsigned, &options, &key, &contexts)
                .map_err(|error| error.reason().to_string())?;
            let value = ours["proof"]["proofValue"].as_str().unwrap_or_default().to_owned();
            same(&ours, &signed)?;
            same(value.as_str(), sig_base58.trim())?;
            same(to_hex(&multibase::decode_base58btc(&value).unwrap()).as_str(), sig_hex.trim())
        });
        row.accepts(&format!("{name} verified"), || verify_all(&signed, &contexts));
        refused_twins(row, name, &signed, |document| verify_all(document, &contexts));
    }
    proof_sets(row, book, &contexts);
}

/// Each made from what is accepted by one change.
fn refused_twins(
    row: &mut Row,
    name: &str,
    signed: &Map<String, Value>,
    verify: impl Fn(&Map<String, Value>) -> Outcome,
) {
    let mut changed = signed.clone();
    changed["credentialSubject"]["alumniOf"] = json!("Another School");
    row.refuses(&format!("{name}, another subject"), "signature_invalid", || verify(&changed));
    let mut changed = signed.clone();
    changed["proof"]["created"] = json!("2023-02-24T23:36:39Z");
    row.refuses(&format!("{name}, another instant"), "signature_invalid", || verify(&changed));
    let mut changed = signed.clone();
    let mut bytes = multibase::decode_base58btc(signed["proof"]["proofValue"].as_str().unwrap()).unwrap();
    bytes[40] ^= 1;
    changed["proof"]["proofValue"] = json!(multibase::encode_base58btc(&bytes));
    row.refuses(&format!("{name}, another signature"), "signature_invalid", || verify(&changed));
    let mut changed = signed.clone();
    changed["proof"]["proofValue"] = json!(multibase::encode_base58btc(&bytes[..63]));
    row.refuses(&format!("{name}, a byte less"), "malformed", || verify(&changed));
    let mut changed = signed.clone();
    changed["proof"]["verificationMethod"] = json!(format!("did:key:{STRANGER}#{STRANGER}"));
    row.refuses(&format!("{name}, another key"), "signature_invalid", || verify(&changed));
    let mut changed = signed.clone();
    changed.remove("proof");
    row.refuses(&format!("{name}, no proof"), "proof_missing", || verify(&changed));
}

fn proof_sets(row: &mut Row, book: &Book, contexts: &Contexts) {
    let json = |name: &str| book.json(&format!("vc-di-eddsa/proof-set-chain/{name}.json"));
    let (unsigned, keys) = (object(json("unsigned")), json("multiKeyPairs"));
    for number in ["1", "2"] {
        let (config, signed) =
            (json(&format!("proofSetConfig{number}")), json(&format!("proofSetConfigSigned{number}")));
        let secret = keys[format!("keyPair{number}")]["privateKeyMultibase"].as_str().unwrap();
        let mut alone = unsigned.clone();
        alone.insert("proof".to_owned(), signed.clone());
        row.accepts(&format!("proof {number} of a set, signed"), || {
            let mut without = object(signed.clone());
            without.remove("proofValue");
            same(&Value::Object(without), &config)?;
            same(
                multibase::to_multikey(portage_keys::Signer::verification_key(&signing_key(secret))).as_str(),
                keys[format!("keyPair{number}")]["publicKeyMultibase"].as_str().unwrap(),
            )
        });
        row.accepts(&format!("proof {number} of a set, alone"), || verify_all(&alone, contexts));
        let set = object(json(&format!("signedProofSet{number}")));
        row.accepts(&format!("signedProofSet{number}"), || verify_all(&set, contexts));
    }
    let set = object(json("signedProofSet2"));
    let mut broken = set.clone();
    broken["proof"][1]["created"] = json!("2023-02-24T23:36:39Z");
    row.refuses("a set with one broken proof", "signature_invalid", || verify_all(&broken, contexts));
    let mut chain = set.clone();
    chain["proof"][1]["previousProof"] = chain["proof"][0]["id"].clone();
    row.refuses("a set made a chain", "malformed", || verify_all(&chain, contexts));
    let chain = object(json("proofChainTempDoc1"));
    row.accepts("proofChainTempDoc1", || verify_all(&chain, contexts));
}

/// The issuer is an https URL and its key a did:key: somebody has to vouch for the key.
fn eddsa_documents(row: &mut Row, book: &Book) {
    let pair = book.json("vc-di-eddsa/keyPair.json");
    let key = jwk(pair["publicKeyMultibase"].as_str().unwrap());
    let checker = checker(book);
    let check = |document: &Map<String, Value>, more: &[&str]| {
        checker.check(&Value::Object(document.clone()).to_string(), more)
    };
    for (name, file) in
        [("eddsa-rdfc-2022", "eddsa-rdfc-2022/signedDataInt"), ("eddsa-jcs-2022", "eddsa-jcs-2022/signedJCS")]
    {
        let signed = object(book.json(&format!("vc-di-eddsa/{file}.json")));
        row.accepts(name, || check(&signed, &["--key", &key]));
        row.refuses(&format!("{name}, no key"), "key_not_found", || check(&signed, &[]));
        row.refuses(&format!("{name}, the key of another"), "key_mismatch", || {
            check(&signed, &["--key", &jwk(STRANGER)])
        });
        // Whose key it is comes before whether it fits: the key that is given is the one that the document names.
        refused_twins(row, name, &signed, |document| {
            let named = document.get("proof").and_then(|proof| proof["verificationMethod"].as_str());
            let is_other = named.is_some_and(|method| method.ends_with(STRANGER));
            check(document, &["--key", &if is_other { jwk(STRANGER) } else { key.clone() }])
        });
        let plain = Checker::at(NOW);
        row.refuses(&format!("{name}, its context not given"), "context_not_allowed", || {
            plain.check(&Value::Object(signed.clone()).to_string(), &["--key", &key])
        });
        let mut inline = signed.clone();
        inline["@context"][1] = book.json("contexts/credentials-examples-v2.jsonld")["@context"].clone();
        row.refuses(&format!("{name}, its context inline"), "context_not_allowed", || {
            check(&inline, &["--key", &key])
        });
    }
    let set = object(book.json("vc-di-eddsa/proof-set-chain/signedProofSet2.json"));
    let first = set["proof"][0]["verificationMethod"].as_str().unwrap().rsplit('#').next().map(jwk).unwrap();
    row.accepts("signedProofSet2", || check(&set, &["--key", &first]));
    let mut broken = set.clone();
    broken["proof"][1]["created"] = json!("2023-02-24T23:36:39Z");
    row.refuses("signedProofSet2, one proof broken", "signature_invalid", || {
        check(&broken, &["--key", &first])
    });
    let older = object(book.json("vc-di-eddsa/Ed25519Signature2020/signedEdSig.json"));
    row.refuses("Ed25519Signature2020", "alg_not_allowed", || check(&older, &["--key", &key]));
}

/// What one change to a credential of the collection must lead to; the ending of its name says which change it is. The form of a proof is looked at
/// before the contexts, the contexts before what the document says.
fn reason_of(case: &Value, level: &str) -> &'static str {
    let (document, change) = case["name"].as_str().unwrap().split_once("-2022-").unwrap();
    let is_inline = case["document"]["@context"].as_array().unwrap().iter().any(Value::is_object);
    match change {
        "proofvalue-base64url" | "proofvalue-truncated" => "malformed",
        _ if is_inline => "context_not_allowed",
        // The other suite's signature; or, over a document whose members have lost their meaning, none at all.
        "context-removed" | "extra-undefined-property" if document.ends_with("rdfc") => "data_loss",
        // The proof algorithm takes any purpose; the pipeline wants the one of an issuer.
        "purpose-changed" if level == "verifier check" => "purpose_mismatch",
        _ => "signature_invalid",
    }
}

fn signed_proofs(row: &mut Row, book: &Book) {
    let contexts = contexts(book);
    for case in book.json("own/data-integrity-signed/credentials.json").as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let document = object(case["document"].clone());
        if case["verified"] == true {
            row.accepts(name, || verify_all(&document, &contexts));
        } else {
            row.refuses(name, reason_of(case, "data-integrity"), || verify_all(&document, &contexts));
        }
    }
}

fn signed_credentials(row: &mut Row, book: &Book) {
    let checker = checker(book);
    let plain = Checker::at(NOW);
    for case in book.json("own/data-integrity-signed/credentials.json").as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let text = case["document"].to_string();
        if case["verified"] != true {
            row.refuses(name, reason_of(case, "verifier check"), || checker.check(&text, &[]));
            continue;
        }
        row.accepts(name, || {
            checker.check(&text, &[])?;
            same(&checker.line(&text, &[])?["format"], &json!("ldp_vc"))
        });
        let uses_examples =
            case["document"]["@context"].as_array().unwrap().iter().any(|context| context == EXAMPLES);
        if uses_examples {
            row.refuses(&format!("{name}, its context not given"), "context_not_allowed", || {
                plain.check(&text, &[])
            });
        }
    }
}

/// What a proof tells of its session is for the caller to compare.
fn presentation_proofs(row: &mut Row, book: &Book) {
    let contexts = contexts(book);
    for case in book.json("own/data-integrity-signed/presentations.json").as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let document = object(case["document"].clone());
        let run = || {
            let proofs = UnverifiedProof::read_all(&document).map_err(|error| error.reason().to_string())?;
            let [proof] = proofs.try_into().map_err(|_| "not one proof")?;
            verify_all(&document, &contexts)?;
            for credential in document["verifiableCredential"].as_array().unwrap() {
                verify_all(credential.as_object().unwrap(), &contexts)?;
            }
            let is_for = |expected: &Value| proof.domain.iter().any(|domain| expected == domain);
            if case["challenge"] != json!(proof.challenge) {
                return Err("another challenge".to_owned());
            }
            if is_for(&case["domain"]) { Ok(()) } else { Err("another domain".to_owned()) }
        };
        match name {
            "vp-ok" => row.accepts(name, run),
            "vp-other-challenge-expected" => row.refuses(name, "another challenge", run),
            "vp-other-domain-expected" => row.refuses(name, "another domain", run),
            _ => row.refuses(name, "signature_invalid", run),
        }
    }
}

fn signed_presentations(row: &mut Row, book: &Book) {
    let checker = checker(book);
    for case in book.json("own/data-integrity-signed/presentations.json").as_array().unwrap() {
        let text = |member: &str| case[member].as_str().unwrap();
        let run = || {
            let line = checker.line(
                &case["document"].to_string(),
                &["--nonce", text("challenge"), "--audience", text("domain")],
            )?;
            match line["reasons"][0].as_str() {
                Some(reason) => Err(reason.to_owned()),
                None => same(&line["claims"]["credentialSubject"]["givenName"], &json!("Zoë"))
                    .and(same(&line["evidence"]["holder_is_subject"], &json!("not_proved"))),
            }
        };
        let reason = match text("name") {
            "vp-ok" => {
                row.accepts("vp-ok", run);
                continue;
            }
            "vp-other-challenge-expected" => "nonce_mismatch",
            "vp-other-domain-expected" => "audience_mismatch",
            _ => "signature_invalid",
        };
        row.refuses(text("name"), reason, run);
    }
}
