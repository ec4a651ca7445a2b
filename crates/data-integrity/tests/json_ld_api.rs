//! The W3C's JSON-LD 1.1 toRdf tests, through the strict engine.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it found by failing"
)]

mod shared;

use std::collections::{BTreeMap, HashMap};

use portage_data_integrity::canonicalize_quads;
use portage_keys::digest::HashAlgorithm;
use portage_ssi_engine::{Reader, nquads, rdf::Quad};

const BASE: &str = "https://w3c.github.io/json-ld-api/tests/";

#[test]
fn what_the_strict_mode_admits_is_converted_as_the_suite_says() {
    let Some(folder) = shared::vectors("json-ld-api") else { return };
    let manifest = shared::json(&folder.join("toRdf-manifest.jsonld"));
    let files: HashMap<String, String> = std::fs::read_dir(folder.join("toRdf"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "jsonld"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (format!("{BASE}toRdf/{name}"), shared::text(&path))
        })
        .collect();
    let contexts = |url: &str| files.get(url).map(String::as_str);
    let canonical = |quads: &[Quad]| canonicalize_quads(quads, HashAlgorithm::Sha256).unwrap().nquads;
    let mut passed = 0;
    let mut refused = 0;
    let mut left_out: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut failed = Vec::new();
    for test in manifest["sequence"].as_array().unwrap() {
        let id = test["@id"].as_str().unwrap();
        let mut leave_out = |why: String| left_out.entry(why).or_default().push(id);
        let option = &test["option"];
        if option["specVersion"] == "json-ld-1.0" || option["processingMode"] == "json-ld-1.0" {
            leave_out("JSON-LD 1.0".into());
            continue;
        }
        if option["produceGeneralizedRdf"] == true || !option["expandContext"].is_null() {
            leave_out("an option that the engine does not have".into());
            continue;
        }
        let document = shared::json(&folder.join(test["input"].as_str().unwrap()));
        let result = Reader::new(&contexts).to_rdf(&document, 20_000);
        let types = test["@type"].to_string();
        if types.contains("NegativeEvaluationTest") {
            match result {
                Err(_) => refused += 1,
                Ok(_) => failed.push(format!("{id} not refused")),
            }
            continue;
        }
        if document.to_string().contains("@direction") && option["rdfDirection"] != "i18n-datatype" {
            leave_out("a base direction that is not kept in the datatype".into());
            continue;
        }
        match result {
            Err(error) => leave_out(error.to_string()),
            Ok(_) if types.contains("PositiveSyntaxTest") => passed += 1,
            Ok(quads) => {
                let expected =
                    nquads::parse(&shared::text(&folder.join(test["expect"].as_str().unwrap()))).unwrap();
                if canonical(&quads) == canonical(&expected) {
                    passed += 1;
                } else {
                    failed.push(format!("{id}\n{}\n{}", canonical(&quads), canonical(&expected)));
                }
            }
        }
    }
    println!("{passed} converted, {refused} refused as they should be");
    for (why, tests) in &left_out {
        println!("left out, {why}: {} ({})", tests.len(), tests.join(" "));
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert_eq!((passed, refused), (149, 58));
}
