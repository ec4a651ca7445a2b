//! What canonicalization of quads costs, and where it stops.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it found by failing"
)]

mod shared;

use portage_data_integrity::{CanonicalQuads, CanonicalizeError, canonicalize_quads};
use portage_keys::digest::HashAlgorithm;
use portage_ssi_engine::nquads;

fn canonicalize(text: &str) -> Result<CanonicalQuads, CanonicalizeError> {
    canonicalize_quads(&nquads::parse(text).unwrap(), HashAlgorithm::Sha256)
}

fn clique(nodes: usize) -> String {
    let mut text = String::new();
    for a in 0..nodes {
        for b in (0..nodes).filter(|b| *b != a) {
            text.push_str(&format!("_:n{a} <https://example.org/knows> _:n{b} .\n"));
        }
    }
    text
}

#[test]
fn v13_a_clique_of_8_or_10_blank_nodes_is_too_complex_within_a_second() {
    for nodes in [8, 10] {
        let start = shared::computed();
        assert_eq!(canonicalize(&clique(nodes)), Err(CanonicalizeError::TooComplex));
        let time = shared::computed() - start;
        println!("{nodes}: {time:?}");
        assert!(time.as_millis() < 1000, "{nodes}: {time:?}");
    }
    for nodes in [3, 4, 5] {
        let start = shared::computed();
        assert!(canonicalize(&clique(nodes)).is_ok(), "{nodes}");
        let time = shared::computed() - start;
        println!("{nodes}: {time:?}");
    }
}

#[test]
fn ten_thousand_quads_of_one_pattern_end_quickly() {
    let leaves: String =
        (0..10_000).map(|n| format!("_:n{n} <https://example.org/is> \"same\" .\n")).collect();
    let chain: String =
        (0..10_000).map(|n| format!("_:n{n} <https://example.org/next> _:n{} .\n", n + 1)).collect();
    let star: String = (0..10_000).map(|n| format!("_:hub <https://example.org/has> _:n{n} .\n")).collect();
    let named: String = (0..10_000)
        .map(|n| format!("<https://example.org/{n}> <https://example.org/is> \"{n}\" .\n"))
        .collect();
    for (name, text, fine) in
        [("leaves", leaves, true), ("chain", chain, false), ("star", star, true), ("named", named, true)]
    {
        let start = shared::computed();
        let result = canonicalize(&text);
        let time = shared::computed() - start;
        println!("{name}: {time:?} {}", result.is_ok());
        assert_eq!(result.is_ok(), fine, "{name}");
        assert!(time.as_secs() < 2, "{name}: {time:?}");
    }
}

#[test]
fn more_than_twenty_thousand_quads_are_too_complex() {
    let text: String = (0..20_001)
        .map(|n| format!("<https://example.org/{n}> <https://example.org/is> \"{n}\" .\n"))
        .collect();
    assert_eq!(canonicalize(&text), Err(CanonicalizeError::TooComplex));
}
