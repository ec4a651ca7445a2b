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
fn v13_a_clique_of_8_to_12_blank_nodes_is_too_complex_within_a_second() {
    for nodes in [8, 9, 10, 11, 12] {
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
fn v13_ten_thousand_quads_of_one_pattern_are_too_complex_at_once() {
    let leaves = |n: usize| format!("_:n{n} <https://example.org/is> \"same\" .\n");
    let chain = |n: usize| format!("_:n{n} <https://example.org/next> _:n{} .\n", n + 1);
    let ring = |n: usize| format!("_:n{n} <https://example.org/next> _:n{} .\n", (n + 1) % 10_000);
    let star = |n: usize| format!("_:hub <https://example.org/has> _:n{n} .\n");
    let pairs = |n: usize| format!("_:a{n} <https://example.org/of> _:b{n} .\n");
    let cliques = |n: usize| {
        let (of, a, b) = (n / 90, n / 9 % 10, n % 9);
        format!("_:c{of}n{a} <https://example.org/knows> _:c{of}n{} .\n", if b < a { b } else { b + 1 })
    };
    // What tells one blank node from the next makes thousands of them no trouble.
    let numbered = |n: usize| format!("_:n{n} <https://example.org/is> \"{n}\" .\n");
    let named = |n: usize| format!("<https://example.org/{n}> <https://example.org/is> \"{n}\" .\n");
    type Pattern<'p> = &'p dyn Fn(usize) -> String;
    let patterns: [(&str, Pattern<'_>, bool); 8] = [
        ("leaves", &leaves, false),
        ("chain", &chain, false),
        ("ring", &ring, false),
        ("star", &star, false),
        ("pairs", &pairs, false),
        ("cliques", &cliques, false),
        ("numbered", &numbered, true),
        ("named", &named, true),
    ];
    for (name, pattern, fine) in patterns {
        let text: String = (0..10_000).map(pattern).collect();
        let start = shared::computed();
        let result = canonicalize(&text);
        let time = shared::computed() - start;
        println!("{name}: {time:?} {}", result.is_ok());
        match fine {
            true => assert!(result.is_ok(), "{name}"),
            false => assert_eq!(result, Err(CanonicalizeError::TooComplex), "{name}"),
        }
        assert!(time.as_secs() < 2, "{name}: {time:?}");
    }
}

#[test]
fn hundreds_of_blank_nodes_that_differ_in_nothing_are_the_limit() {
    let leaves = |count: usize| -> String {
        (0..count).map(|n| format!("_:n{n} <https://example.org/is> \"same\" .\n")).collect()
    };
    assert!(canonicalize(&leaves(512)).is_ok());
    assert_eq!(canonicalize(&leaves(513)), Err(CanonicalizeError::TooComplex));
}

#[test]
fn more_than_twenty_thousand_quads_are_too_complex() {
    let text: String = (0..20_001)
        .map(|n| format!("<https://example.org/{n}> <https://example.org/is> \"{n}\" .\n"))
        .collect();
    assert_eq!(canonicalize(&text), Err(CanonicalizeError::TooComplex));
}
