//! Data Integrity: the worked examples of the EdDSA and the ECDSA cryptosuites, and documents that another implementation signed.

use portage_catalog::Contexts;
use portage_data_integrity::{
    Cryptosuite, ProofOptions, UnverifiedProof, add_proof, canonicalize, cryptosuite::hash_algorithm,
};
use portage_keys::{Algorithm, Signer, SigningKey, multibase};
use serde_json::{Map, Value, json};

use crate::{
    book::{Book, Outcome, Row, reason, same, to_hex},
    check::{Checker, jwk},
};

const EXAMPLES: &str = "https://www.w3.org/ns/credentials/examples/v2";
const NOW: &str = "2026-11-24T00:00:00Z";
/// A key that signed nothing here.
const STRANGER: &str = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";
const STRANGER_P256: &str = "zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv";

pub(crate) fn run(book: &Book) {
    book.family("EdDSA cryptosuites", "data-integrity", |row| {
        EDDSA.iter().for_each(|example| worked_example(row, book, example));
        proof_sets(row, book, &contexts(book));
    });
    book.family("EdDSA cryptosuites: documents", "verifier check", |row| eddsa_documents(row, book));
    book.family("ECDSA cryptosuites", "data-integrity", |row| {
        ECDSA.iter().for_each(|example| worked_example(row, book, example));
    });
    book.family("ECDSA cryptosuites: documents", "verifier check", |row| {
        ECDSA.iter().for_each(|example| worked_document(row, book, example));
    });
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

/// A worked example of a cryptosuite: a folder of steps whose names end alike, a key pair.
struct WorkedExample {
    suite: Cryptosuite,
    /// `vc-di-eddsa`, `vc-di-ecdsa`.
    family: &'static str,
    folder: &'static str,
    ending: &'static str,
    keys: &'static str,
    /// Member of the key pair.
    secret: &'static str,
}

const EDDSA: [WorkedExample; 2] = [
    eddsa(Cryptosuite::EddsaRdfc2022, "eddsa-rdfc-2022", "DataInt"),
    eddsa(Cryptosuite::EddsaJcs2022, "eddsa-jcs-2022", "JCS"),
];
const ECDSA: [WorkedExample; 3] = [
    ecdsa(Cryptosuite::EcdsaRdfc2019, "ecdsa-rdfc-2019-p256", "ECDSAP256", "p256KeyPair"),
    ecdsa(Cryptosuite::EcdsaRdfc2019, "ecdsa-rdfc-2019-p384", "ECDSAP384", "p384KeyPair"),
    ecdsa(Cryptosuite::EcdsaJcs2019, "ecdsa-jcs-2019-p256", "JCSECDSAP256", "p256KeyPair"),
];

const fn eddsa(suite: Cryptosuite, folder: &'static str, ending: &'static str) -> WorkedExample {
    WorkedExample {
        suite,
        family: "vc-di-eddsa",
        folder,
        ending,
        keys: "keyPair",
        secret: "privateKeyMultibase",
    }
}

const fn ecdsa(
    suite: Cryptosuite,
    folder: &'static str,
    ending: &'static str,
    keys: &'static str,
) -> WorkedExample {
    WorkedExample { suite, family: "vc-di-ecdsa", folder, ending, keys, secret: "secretKeyMultibase" }
}

impl WorkedExample {
    fn text(&self, book: &Book, what: &str) -> String {
        book.text(&format!("{}/{}/{what}{}.txt", self.family, self.folder, self.ending))
    }

    fn object(&self, book: &Book, what: &str) -> Map<String, Value> {
        object(book.json(&format!("{}/{}/{what}{}.json", self.family, self.folder, self.ending)))
    }

    fn unsigned(&self, book: &Book) -> Map<String, Value> {
        object(book.json(&format!("{}/unsigned.json", self.family)))
    }

    fn pair(&self, book: &Book) -> Value {
        book.json(&format!("{}/{}.json", self.family, self.keys))
    }
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

/// A key from its secret Multikey.
fn signing_key(secret: &str) -> SigningKey {
    let bytes = multibase::decode_base58btc(secret).unwrap();
    let (prefix, secret) = bytes.split_at(2);
    let algorithm = match prefix {
        [0x80, 0x26] => Algorithm::EdDsa,
        [0x86, 0x26] => Algorithm::Es256,
        [0x87, 0x26] => Algorithm::Es384,
        _ => panic!("another kind of key"),
    };
    SigningKey::from_secret_bytes(algorithm, secret).unwrap()
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

/// Canonical forms, hashes and signatures are those printed. What ECDSA signs twice is two signatures: ours is verified, and so is theirs.
fn worked_example(row: &mut Row, book: &Book, example: &WorkedExample) {
    let (contexts, suite, name) = (contexts(book), example.suite, example.folder);
    let (unsigned, pair) = (example.unsigned(book), example.pair(book));
    let key = signing_key(pair[example.secret].as_str().unwrap());
    let (config, signed) = (example.object(book, "proofConfig"), example.object(book, "signed"));
    let is_json = matches!(suite, Cryptosuite::EddsaJcs2022 | Cryptosuite::EcdsaJcs2019);
    let digest = hash_algorithm(key.algorithm());
    let canonical = |document: &Map<String, Value>| {
        if is_json {
            return serde_json_canonicalizer::to_string(document).map_err(|error| error.to_string());
        }
        Ok(canonicalize(document, &contexts).map_err(|error| error.reason().to_string())?.nquads)
    };
    let hash = |document| Ok::<_, String>(to_hex(&digest.digest(canonical(document)?.as_bytes())));
    for (document, canon, printed) in
        [(&unsigned, "canonDoc", "docHash"), (&config, "proofCanon", "proofHash")]
    {
        let (canon_text, printed_text) = (example.text(book, canon), example.text(book, printed));
        row.accepts(&format!("{name} {canon}"), || {
            // Lines of quads are compared to the last line break; the JSON is printed with one more.
            same(canonical(document)?.as_str(), if is_json { canon_text.trim_end() } else { &canon_text })
        });
        row.accepts(&format!("{name} {printed}"), || same(hash(document)?.as_str(), printed_text.trim()));
    }
    let combined = example.text(book, "combinedHash");
    row.accepts(&format!("{name} combinedHash"), || {
        same((hash(&config)? + &hash(&unsigned)?).as_str(), combined.trim())
    });
    let (sig_hex, sig_base58) = (example.text(book, "sigHex"), example.text(book, "sigBTC58"));
    row.accepts(&format!("{name} signed"), || {
        same(
            multibase::to_multikey(key.verification_key()).as_str(),
            pair["publicKeyMultibase"].as_str().unwrap(),
        )?;
        let proofs = UnverifiedProof::read_all(&signed).map_err(|error| error.reason().to_string())?;
        let [proof] = proofs.try_into().map_err(|_| "not one proof")?;
        let options = ProofOptions {
            created: proof.created,
            ..ProofOptions::new(suite, &proof.verification_method, "assertionMethod")
        };
        let mut ours =
            add_proof(&unsigned, &options, &key, &contexts).map_err(|error| error.reason().to_string())?;
        verify_all(&ours, &contexts)?;
        if key.algorithm() != Algorithm::EdDsa {
            ours["proof"]["proofValue"] = signed["proof"]["proofValue"].clone();
        }
        let value = ours["proof"]["proofValue"].as_str().unwrap_or_default().to_owned();
        same(&ours, &signed)?;
        same(value.as_str(), sig_base58.trim())?;
        same(to_hex(&multibase::decode_base58btc(&value).unwrap()).as_str(), sig_hex.trim())
    });
    row.accepts(&format!("{name} verified"), || verify_all(&signed, &contexts));
    refused_twins(row, name, &signed, |document| verify_all(document, &contexts));
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
    changed["proof"]["proofValue"] = json!(multibase::encode_base58btc(&bytes[..bytes.len() - 1]));
    // A signature of ECDSA that is cut is one that does not fit; EdDSA's has one length.
    let cut = if name.starts_with("ecdsa") { "signature_invalid" } else { "malformed" };
    row.refuses(&format!("{name}, a byte less"), cut, || verify(&changed));
    let mut changed = signed.clone();
    let stranger = if name.starts_with("ecdsa") { STRANGER_P256 } else { STRANGER };
    changed["proof"]["verificationMethod"] = json!(format!("did:key:{stranger}#{stranger}"));
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
    row.refuses("a set made a chain", "signature_invalid", || verify_all(&chain, contexts));
    chain["proof"][0]["previousProof"] = chain["proof"][1]["id"].clone();
    row.refuses("a set made a circle", "malformed", || verify_all(&chain, contexts));
    proof_chain(row, book, contexts);
    let chain = object(json("proofChainTempDoc1"));
    row.accepts("proofChainTempDoc1", || verify_all(&chain, contexts));
}

/// The issuer is an https URL and its key a did:key: somebody has to vouch for the key.
fn worked_document(row: &mut Row, book: &Book, example: &WorkedExample) {
    let name = example.folder;
    let stranger = if name.starts_with("ecdsa") { STRANGER_P256 } else { STRANGER };
    let key = jwk(example.pair(book)["publicKeyMultibase"].as_str().unwrap());
    let checker = checker(book);
    let check = |document: &Map<String, Value>, more: &[&str]| {
        checker.check(&Value::Object(document.clone()).to_string(), more)
    };
    let signed = example.object(book, "signed");
    row.accepts(name, || check(&signed, &["--key", &key]));
    row.refuses(&format!("{name}, no key"), "key_not_found", || check(&signed, &[]));
    row.refuses(&format!("{name}, the key of another"), "key_mismatch", || {
        check(&signed, &["--key", &jwk(stranger)])
    });
    // Whose key it is comes before whether it fits: the key that is given is the one that the document names.
    refused_twins(row, name, &signed, |document| {
        let named = document.get("proof").and_then(|proof| proof["verificationMethod"].as_str());
        let is_other = named.is_some_and(|method| method.ends_with(stranger));
        check(document, &["--key", &if is_other { jwk(stranger) } else { key.clone() }])
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

/// The third and the fourth proof of the EdDSA cryptosuites' proof chain (appendix B.8): EdDSA is deterministic, so that ours are those printed.
fn proof_chain(row: &mut Row, book: &Book, contexts: &Contexts) {
    const SECOND_AND_FIRST: [&str; 2] =
        ["urn:uuid:26329423-bec9-4b2e-88cb-a7c7d9dc4544", "urn:uuid:8cc9022b-6b14-4cf3-8571-74972c5feb54"];
    const THIRD: &str = "urn:uuid:d94f792a-c546-4d06-b38a-da070ab56c23";
    let json = |name: &str| book.json(&format!("vc-di-eddsa/proof-set-chain/{name}.json"));
    let (mut document, keys) = (object(json("proofChainTempDoc1")), json("multiKeyPairs"));
    for (number, id, created, previous, printed) in [
        (
            3,
            Some(THIRD),
            "2023-02-26T22:06:38Z",
            &SECOND_AND_FIRST[..],
            "zWaPeEvBAkhQpNQj8pknuvg5STcKnt3cvM9t4kAYeJETFjvVMSXEEjadC4uxC9fKCn6JHbjt6fj2fhoaVNynBm6J",
        ),
        (
            4,
            None,
            "2023-02-26T22:16:38Z",
            &[THIRD],
            "z4b5uUtxNiV4E541LiR8qLvA21xM1Vt4Hfn6nLmmDePdFvLB3jFj3HyEEJyRMbpJzv4Gfdr8ABeuRTxAvZv6KWRRh",
        ),
    ] {
        let key = signing_key(keys[format!("keyPair{number}")]["privateKeyMultibase"].as_str().unwrap());
        let multikey = multibase::to_multikey(key.verification_key());
        let method = format!("did:key:{multikey}#{multikey}");
        let options = ProofOptions {
            id,
            created: Some(created.parse().unwrap()),
            previous_proof: previous,
            ..ProofOptions::new(Cryptosuite::EddsaRdfc2022, &method, "assertionMethod")
        };
        document = add_proof(&document, &options, &key, contexts).unwrap();
        let proof = document["proof"].as_array().unwrap().last().unwrap().clone();
        row.accepts(&format!("proof {number} of a chain"), || {
            same(proof["proofValue"].as_str().unwrap(), printed)?;
            verify_all(&document, contexts)
        });
    }
    let with = |change: fn(&mut Vec<Value>)| {
        let mut document = document.clone();
        change(document["proof"].as_array_mut().unwrap());
        document
    };
    // Over quads, where a proof stands in the list says nothing.
    let turned = with(|proofs| proofs.reverse());
    row.accepts("a chain turned round", || verify_all(&turned, contexts));
    let cut = with(|proofs| drop(proofs.remove(0)));
    row.refuses("a chain without its first proof", "proof_missing", || verify_all(&cut, contexts));
    let other = with(|proofs| proofs[0]["proofValue"] = proofs[1]["proofValue"].clone());
    row.refuses("a chain with another first signature", "signature_invalid", || verify_all(&other, contexts));
    let none = with(|proofs| drop(proofs[3].as_object_mut().unwrap().remove("previousProof")));
    row.refuses("a chain whose last proof stands alone", "signature_invalid", || verify_all(&none, contexts));
}

fn eddsa_documents(row: &mut Row, book: &Book) {
    EDDSA.iter().for_each(|example| worked_document(row, book, example));
    let key = jwk(EDDSA[0].pair(book)["publicKeyMultibase"].as_str().unwrap());
    let checker = checker(book);
    let check = |document: &Map<String, Value>, more: &[&str]| {
        checker.check(&Value::Object(document.clone()).to_string(), more)
    };
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
