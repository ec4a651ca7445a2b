//! JSON-LD, RDF and JSON in canonical form; and the bytes of the contexts.

use std::collections::{BTreeMap, HashMap};

use portage_catalog::Contexts;
use portage_data_integrity::{canonicalize_quads, expanded_types};
use portage_keys::digest::{HashAlgorithm, sha256};
use portage_ssi_engine::{
    JsonLdError, Reader, nquads,
    rdf::{Quad, RDF_LANG_STRING, Term, XSD_STRING},
};
use serde_json::Value;

use crate::book::{Book, Outcome, Row, reason, same, to_hex};

const BASE: &str = "https://w3c.github.io/json-ld-api/tests/";

pub(crate) fn run(book: &Book) {
    book.family("JCS", "data-integrity", |row| jcs(row, book));
    book.family("JCS: numbers", "data-integrity", |row| numbers(row, &book.text("own/jcs/numbers.jsonl")));
    book.family("RDF canonicalization", "data-integrity", |row| rdf_canon(row, book));
    book.family("JSON-LD toRdf", "ssi-engine", |row| json_ld(row, book, "toRdf"));
    book.family("JSON-LD expand", "ssi-engine", |row| json_ld(row, book, "expand"));
    book.family("JSON-LD contexts", "catalog", |row| contexts(row, book));
}

/// Beside the published inputs, which are all good: what RFC 8785 §3.1 excludes (it wants I-JSON, RFC 7493), read as the product reads it.
fn jcs(row: &mut Row, book: &Book) {
    for name in book.names("jcs/input") {
        let input = book.json(&format!("jcs/input/{name}"));
        let expected = book.text(&format!("jcs/output/{name}"));
        let bytes = book.text(&format!("jcs/outhex/{}.txt", name.trim_end_matches(".json")));
        row.accepts(&name, || {
            let written = serde_json_canonicalizer::to_string(&input).map_err(|error| error.to_string())?;
            same(written.as_str(), expected.trim_end())?;
            let bytes: Vec<&str> = bytes.split_whitespace().collect();
            same(to_hex(written.as_bytes()), bytes.concat())
        });
    }
    not_i_json(row);
}

fn not_i_json(row: &mut Row) {
    let limits = portage_strict_json::Limits::MESSAGE;
    let read = |text: &[u8]| {
        let value = portage_strict_json::parse(text, limits).map_err(|error| error.reason().to_string())?;
        serde_json_canonicalizer::to_string(&value).map_err(|error| error.to_string())
    };
    for (name, good, bad) in [
        ("a number beyond a double", r#"{"a":1e308}"#, r#"{"a":1e309}"#),
        ("a negative number beyond a double", r#"{"a":-1e308}"#, r#"{"a":-1e309}"#),
        ("an integer beyond a double", r#"[10]"#, &format!("[1{}]", "0".repeat(309))),
        ("a high surrogate alone", r#"["\ud83d\ude00"]"#, r#"["\ud83d"]"#),
        ("a low surrogate alone", r#"["\ud83d\ude00"]"#, r#"["\ude00"]"#),
        ("surrogates the wrong way round", r#"["\ud83d\ude00"]"#, r#"["\ude00\ud83d"]"#),
        ("a surrogate alone in a name", r#"{"\ud83d\ude00":1}"#, r#"{"\ud83d":1}"#),
        ("a member twice", r#"{"a":1,"b":1}"#, r#"{"a":1,"a":1}"#),
        ("a member twice, once escaped", r#"{"a":1,"\u0062":1}"#, r#"{"a":1,"\u0061":1}"#),
        ("a member twice, further down", r#"[{"b":{"a":1,"c":2}}]"#, r#"[{"b":{"a":1,"a":2}}]"#),
        ("not a number", "[0]", "[NaN]"),
        ("infinity", "[0]", "[Infinity]"),
        ("a leading zero", "[1]", "[01]"),
    ] {
        row.accepts(&format!("not {name}"), || read(good.as_bytes()).map(drop));
        row.refuses(name, "malformed", || read(bad.as_bytes()).map(drop));
    }
    row.refuses("bytes that are not UTF-8", "malformed", || read(b"[\"\xff\"]").map(drop));
    row.refuses("a surrogate in UTF-8", "malformed", || read(b"[\"\xed\xa0\xbd\"]").map(drop));
}

/// From the number, and from its text through a reader. What is no number of JSON is not written.
fn numbers(row: &mut Row, lines: &str) {
    for line in lines.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let name = case["ieee754"].as_str().unwrap();
        let number = f64::from_bits(u64::from_str_radix(name, 16).unwrap());
        let written = || {
            let number = serde_json::Number::from_f64(number).ok_or("not a number")?;
            serde_json_canonicalizer::to_string(&number).map_err(|error| error.to_string())
        };
        match case["json"].as_str() {
            Some(expected) => row.accepts(name, || {
                same(written()?.as_str(), expected)?;
                let read: Value =
                    serde_json::from_str(&format!("{number:e}")).map_err(|error| error.to_string())?;
                same(serde_json_canonicalizer::to_string(&read).unwrap().as_str(), expected)
            }),
            None => row.refuses(name, "not a number", || written().map(drop)),
        }
    }
}

fn rdf_canon(row: &mut Row, book: &Book) {
    let manifest = book.lenient_json("rdf-canon/manifest.jsonld");
    for entry in manifest["entries"].as_array().unwrap() {
        let id = entry["id"].as_str().unwrap();
        let file = |member: &str| book.text(&format!("rdf-canon/{}", entry[member].as_str().unwrap()));
        let hash = match entry["hashAlgorithm"].as_str() {
            None | Some("SHA256") => HashAlgorithm::Sha256,
            Some("SHA384") => HashAlgorithm::Sha384,
            Some(other) => panic!("{id}: {other}"),
        };
        let quads = nquads::parse(&file("action")).unwrap();
        let canonical = || canonicalize_quads(&quads, hash).map_err(|error| error.reason().to_string());
        match entry["type"].as_str().unwrap() {
            "rdfc:RDFC10EvalTest" => row.accepts(id, || same(canonical()?.nquads, file("result"))),
            "rdfc:RDFC10MapTest" => row.accepts(id, || {
                let expected: BTreeMap<String, String> = serde_json::from_str(&file("result")).unwrap();
                same(canonical()?.labels, expected)
            }),
            _ => row.refuses(id, "too_complex", || canonical().map(drop)),
        }
    }
}

/// An engine that keeps every member or refuses the document admits less than JSON-LD does. An expansion is right if it says the same as the one
/// printed: both give the same quads.
fn json_ld(row: &mut Row, book: &Book, folder: &str) {
    let manifest = book.lenient_json(&format!("json-ld-api/{folder}-manifest.jsonld"));
    let names = book.names(&format!("json-ld-api/{folder}"));
    let contexts: Vec<&String> = names.iter().filter(|name| name.contains("-context")).collect();
    // The engine has no base: the contexts that stand beside a document get their whole address.
    let read = |path: &str| {
        let whole = |text: String, name: &&String| {
            text.replace(&format!("\"{name}\""), &format!("\"{BASE}{folder}/{name}\""))
        };
        contexts.iter().fold(book.text(path), whole)
    };
    let texts: HashMap<String, String> = contexts
        .iter()
        .map(|name| (format!("{BASE}{folder}/{name}"), read(&format!("json-ld-api/{folder}/{name}"))))
        .collect();
    let contexts = |url: &str| texts.get(url).map(String::as_str);
    let quads =
        |document: &Value| Reader::new(&contexts).to_rdf(document, 20_000).map_err(|error| words(&error));
    for test in manifest["sequence"].as_array().unwrap() {
        let id = test["@id"].as_str().unwrap();
        let document: Value =
            serde_json::from_str(&read(&format!("json-ld-api/{}", test["input"].as_str().unwrap()))).unwrap();
        let outer = test["option"]["expandContext"]
            .as_str()
            .map(|file| book.lenient_json(&format!("json-ld-api/{file}")));
        let read = || {
            unread(test)?;
            let Some(outer) = outer else { return quads(&document) };
            // The option stands for a context before the document's own.
            let mut document = document.clone();
            let own = document.get("@context").cloned().unwrap_or_else(|| serde_json::json!({}));
            document["@context"] = serde_json::json!([outer["@context"], own]);
            quads(&document)
        };
        if let Some(code) = test["expectErrorCode"].as_str() {
            // The first words of the error say which rule it is.
            row.refuses(id, kind_of(code), || {
                read().map(drop).map_err(|said| said.split(':').next().unwrap_or_default().to_owned())
            });
            continue;
        }
        let expected = test["expect"].as_str().map(|file| format!("json-ld-api/{file}"));
        expected.iter().for_each(|file| drop(book.path(file)));
        row.accepts(id, || {
            let read = read()?;
            match expected {
                Some(file) if file.ends_with(".nq") => same(
                    canonical(&as_asked(read, &test["option"]["rdfDirection"]))?,
                    canonical(&nquads::parse(&book.text(&file)).map_err(|_| "N-Quads")?)?,
                ),
                Some(file) => {
                    let expanded =
                        quads(&book.lenient_json(&file)).map_err(|said| format!("as printed: {said}"))?;
                    same(canonical(&read)?, canonical(&expanded)?)
                }
                None => Ok(()),
            }
        });
    }
}

/// Tests that are about an option, or a version, which the engine does not have.
fn unread(test: &Value) -> Outcome {
    let option = &test["option"];
    if option["specVersion"] == "json-ld-1.0" || option["processingMode"] == "json-ld-1.0" {
        return Err("JSON-LD 1.0".to_owned());
    }
    if option["produceGeneralizedRdf"] == true {
        return Err("generalized RDF".to_owned());
    }
    if option["rdfDirection"] == "compound-literal" {
        return Err("a base direction as a compound literal".to_owned());
    }
    Ok(())
}

/// A base direction is always kept, in the datatype, so that it is signed. A test without the option expects none: it is taken away again.
fn as_asked(mut quads: Vec<Quad>, direction: &Value) -> Vec<Quad> {
    const I18N: &str = "https://www.w3.org/ns/i18n#";
    if *direction == "i18n-datatype" {
        return quads;
    }
    for quad in &mut quads {
        let Term::Literal(literal) = &mut quad.object else { continue };
        let kept = literal.datatype.strip_prefix(I18N).and_then(|kept| kept.split_once('_'));
        let Some(language) = kept.map(|(language, _)| language.to_owned()) else { continue };
        literal.datatype = if language.is_empty() { XSD_STRING } else { RDF_LANG_STRING }.to_owned();
        literal.language = Some(language).filter(|language| !language.is_empty());
    }
    quads
}

fn canonical(quads: &[Quad]) -> Result<String, String> {
    Ok(canonicalize_quads(quads, HashAlgorithm::Sha256).map_err(|error| error.reason().to_string())?.nquads)
}

fn words(error: &JsonLdError) -> String {
    match error {
        JsonLdError::ContextNotFound => "context not found".to_owned(),
        JsonLdError::ContextInvalid => "context invalid".to_owned(),
        JsonLdError::ProtectedTerm => "protected term".to_owned(),
        JsonLdError::DataLoss(what) => format!("data loss: {what}"),
        JsonLdError::Invalid(what) => format!("invalid: {what}"),
        JsonLdError::TooComplex => "too complex".to_owned(),
    }
}

/// Which of our errors a code of JSON-LD 1.1 §10.5 is.
fn kind_of(code: &str) -> &'static str {
    match code {
        "protected term redefinition" | "invalid context nullification" => "protected term",
        "loading remote context failed" => "context not found",
        "invalid @id value"
        | "invalid @included value"
        | "invalid @nest value"
        | "invalid @reverse value"
        | "invalid base direction"
        | "invalid language map value"
        | "invalid language-tagged value"
        | "invalid reverse property map"
        | "invalid reverse property value"
        | "invalid typed value"
        | "invalid value object"
        | "invalid value object value"
        | "list of lists"
        | "colliding keywords" => "invalid",
        _ => "context invalid",
    }
}

/// What is in the box has the published bytes; the examples' contexts and the ones of version 1's examples are not in it.
fn contexts(row: &mut Row, book: &Book) {
    let bundled = Contexts::bundled();
    for (file, url) in [
        ("credentials-v1", "https://www.w3.org/2018/credentials/v1"),
        ("credentials-v2", "https://www.w3.org/ns/credentials/v2"),
        ("data-integrity-v1", "https://w3id.org/security/data-integrity/v1"),
        ("data-integrity-v2", "https://w3id.org/security/data-integrity/v2"),
        ("multikey-v1", "https://w3id.org/security/multikey/v1"),
        ("jwk-v1", "https://w3id.org/security/jwk/v1"),
        ("cid-v1", "https://www.w3.org/ns/cid/v1"),
        ("did-v1", "https://www.w3.org/ns/did/v1"),
        ("bitstring-status-list-v1", "https://www.w3.org/ns/credentials/status/v1"),
        ("undefined-terms-v2", "https://www.w3.org/ns/credentials/undefined-terms/v2"),
    ] {
        let published = sha256(book.text(&format!("contexts/{file}.jsonld")).as_bytes());
        row.accepts(file, || {
            let ours = bundled.document(url).ok_or("context_not_allowed")?;
            same(sha256(ours.as_bytes()), published)
        });
    }
    for (file, url) in [
        ("credentials-examples-v1", "https://www.w3.org/2018/credentials/examples/v1"),
        ("credentials-examples-v2", "https://www.w3.org/ns/credentials/examples/v2"),
        ("did-v1.1rc1", "https://www.w3.org/ns/did/v1.1"),
    ] {
        let document = serde_json::json!({ "@context": ["https://www.w3.org/ns/credentials/v2", url], "type": "VerifiableCredential" });
        let document = document.as_object().unwrap();
        row.refuses(file, "context_not_allowed", || reason!(expanded_types(document, &bundled)));
        let bytes = book.text(&format!("contexts/{file}.jsonld"));
        if file.ends_with("examples-v2") {
            row.accepts(&format!("{file}, given"), || {
                let mut contexts = bundled.clone();
                contexts.add(url, bytes.as_bytes()).map_err(|error| error.to_string())?;
                reason!(expanded_types(document, &contexts))
            });
        }
    }
}
