//! RFC 8785: the canonical JSON behind `eddsa-jcs-2022` and `rdf:JSON`, read as the product reads it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it found by failing"
)]

mod shared;

use serde_json::Value;

#[test]
fn the_published_inputs_have_the_published_outputs() {
    let Some(folder) = shared::vectors("jcs") else { return };
    let mut count = 0;
    for file in std::fs::read_dir(folder.join("input")).unwrap() {
        let name = file.unwrap().file_name();
        let input = shared::strict_json(&folder.join("input").join(&name));
        let expected = shared::text(&folder.join("output").join(&name));
        assert_eq!(serde_json_canonicalizer::to_string(&input).unwrap(), expected.trim_end(), "{name:?}");
        count += 1;
    }
    assert!(count >= 4);
}

#[test]
fn numbers_are_printed_as_ecmascript_prints_them() {
    let Some(folder) = shared::vectors("own/jcs") else { return };
    let lines = shared::text(&folder.join("numbers.jsonl"));
    let mut count = 0;
    for line in lines.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let bits = u64::from_str_radix(case["ieee754"].as_str().unwrap(), 16).unwrap();
        let Some(expected) = case["json"].as_str() else { continue };
        // From the number, and from its text through the strict reader: digits are kept as written until here.
        let number = serde_json::Number::from_f64(f64::from_bits(bits)).unwrap();
        assert_eq!(serde_json_canonicalizer::to_string(&number).unwrap(), expected, "{line}");
        let text = format!("{:e}", f64::from_bits(bits));
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json_canonicalizer::to_string(&read).unwrap(), expected, "{line} {text}");
        count += 1;
    }
    println!("{count} numbers");
}
