//! Other implementations as oracles, on inputs that no suite has.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it found by failing"
)]

mod shared;

use std::{collections::BTreeSet, path::PathBuf};

use portage_data_integrity::{canonicalize, canonicalize_quads};
use portage_keys::digest::HashAlgorithm;
use portage_ssi_engine::{
    ContextDocuments, nquads,
    rdf::{Literal, Quad, Term},
    second_opinion,
};
use serde_json::Value;

fn ours(quads: &[Quad]) -> Option<String> {
    canonicalize_quads(quads, HashAlgorithm::Sha256).ok().map(|canonical| canonical.nquads)
}

/// SplitMix64: the same graphs at each run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % limit
    }

    fn blank(&mut self, nodes: u64) -> Term {
        Term::Blank(format!("n{}", self.below(nodes)))
    }

    /// A few quads over a few blank nodes: many of them look alike.
    fn dataset(&mut self) -> Vec<Quad> {
        let nodes = 1 + self.below(5);
        let quads: BTreeSet<Quad> = (0..1 + self.below(9))
            .map(|_| Quad {
                subject: self.blank(nodes),
                predicate: format!("https://example.org/p{}", self.below(2)),
                object: match self.below(5) {
                    0 => Term::Iri("https://example.org/o".into()),
                    1 => Term::Literal(Literal::typed("l", "http://www.w3.org/2001/XMLSchema#string")),
                    _ => self.blank(nodes),
                },
                graph: match self.below(8) {
                    0 => Some(self.blank(nodes)),
                    1 => Some(Term::Iri("https://example.org/g".into())),
                    _ => None,
                },
            })
            .filter(|quad| !names_a_node_twice(quad))
            .collect();
        quads.into_iter().collect()
    }
}

/// `ssi` and `rdf-canon` mention such a quad twice; the specification's editors' implementations (rdf-canonize in
/// JavaScript, rdf-normalize in Ruby) once, as ours does. No test of the suite tells.
fn names_a_node_twice(quad: &Quad) -> bool {
    let blanks: Vec<&str> = [Some(&quad.subject), Some(&quad.object), quad.graph.as_ref()]
        .into_iter()
        .flatten()
        .filter_map(Term::as_blank)
        .collect();
    blanks.iter().collect::<BTreeSet<_>>().len() < blanks.len()
}

#[test]
fn random_datasets_have_the_form_that_ssi_and_rdf_canon_give() {
    let mut random = Random(20_261_124);
    let mut compared = 0;
    for _ in 0..400 {
        let quads = random.dataset();
        let Some(ours) = ours(&quads) else { continue };
        assert_eq!(second_opinion::canonicalize(&quads).unwrap(), ours, "ssi on {quads:?}");
        assert_eq!(rdf_canon(&quads), ours, "rdf-canon on {quads:?}");
        compared += 1;
    }
    assert!(compared > 350, "{compared}");
}

#[test]
fn labels_do_not_matter() {
    let mut random = Random(7);
    for _ in 0..200 {
        let quads = random.dataset();
        let mut text = String::new();
        for quad in quads.iter().rev() {
            nquads::write_quad(&mut text, quad, &|label| {
                format!("z{}", label.bytes().map(u32::from).sum::<u32>() * 7 % 101)
            });
        }
        assert_eq!(ours(&nquads::parse(&text).unwrap()), ours(&quads), "{quads:?}");
    }
}

fn rdf_canon(quads: &[Quad]) -> String {
    let node = |label: &str| oxrdf::BlankNode::new(label).unwrap();
    let iri = |iri: &str| oxrdf::NamedNode::new(iri).unwrap();
    let dataset: oxrdf::Dataset = quads
        .iter()
        .map(|quad| {
            let subject: oxrdf::Subject = match &quad.subject {
                Term::Blank(label) => node(label).into(),
                Term::Iri(name) => iri(name).into(),
                Term::Literal(_) => panic!("a literal"),
            };
            let object: oxrdf::Term = match &quad.object {
                Term::Blank(label) => node(label).into(),
                Term::Iri(name) => iri(name).into(),
                Term::Literal(literal) => oxrdf::Literal::new_simple_literal(&literal.lexical).into(),
            };
            let graph: oxrdf::GraphName = match &quad.graph {
                None => oxrdf::GraphName::DefaultGraph,
                Some(Term::Blank(label)) => node(label).into(),
                Some(Term::Iri(name)) => iri(name).into(),
                Some(Term::Literal(_)) => panic!("a literal"),
            };
            oxrdf::Quad::new(subject, iri(&quad.predicate), object, graph)
        })
        .collect();
    rdf_canon::canonicalize(&dataset).unwrap()
}

fn ring(nodes: usize) -> Vec<Quad> {
    let text: String =
        (0..nodes).map(|n| format!("_:n{n} <https://example.org/next> _:n{} .\n", (n + 1) % nodes)).collect();
    nquads::parse(&text).unwrap()
}

/// Why the algorithm is our own (`docs/decisions/0001-canonicalization.md`): with more than ten blank nodes that look alike
/// `rdf-canon` 0.15 takes the temporary identifiers in the order of their text, `b10` before `b2`.
#[test]
fn rdf_canon_orders_eleven_temporary_identifiers_by_their_text() {
    assert_eq!(rdf_canon(&ring(10)), ours(&ring(10)).unwrap());
    let ours = ours(&ring(12)).unwrap();
    assert_eq!(second_opinion::canonicalize(&ring(12)).unwrap(), ours);
    assert_ne!(rdf_canon(&ring(12)), ours);
}

/// Credentials and presentations that others wrote, through three implementations of JSON-LD.
#[test]
fn credentials_have_the_quads_that_ssi_and_oxjsonld_give() {
    let Some(vectors) = shared::vectors("") else { return };
    let contexts = shared::contexts_with_examples(&vectors);
    let find = |url: &str| contexts.document(url);
    let (mut compared, mut left_out) = (0, Vec::new());
    for path in documents(&vectors) {
        let document = shared::strict_json(&path);
        let Ok(canonical) = canonicalize(document.as_object().unwrap(), &contexts) else {
            left_out.push(path.file_name().unwrap().to_string_lossy().into_owned());
            continue;
        };
        let text = document.to_string();
        if text.contains("@direction") {
            continue;
        }
        if let Ok(theirs) = second_opinion::canonical_form(&text, &find) {
            assert_eq!(theirs, canonical.nquads, "ssi on {}", path.display());
        }
        assert_eq!(oxjsonld(&text, &find), canonical.nquads, "oxjsonld on {}", path.display());
        compared += 1;
    }
    println!("{compared} compared; refused, most for an inline context: {left_out:?}");
    assert!(compared > 30, "{compared}");
}

fn documents(vectors: &std::path::Path) -> Vec<PathBuf> {
    let suite = vectors.join("vcdm-2.0-suite-inputs");
    let mut files: Vec<PathBuf> = [suite.clone(), suite.join("names-and-descriptions")]
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|file| file.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with("-ok.json"))
        .chain([vectors.join("vc-di-eddsa/unsigned.json"), vectors.join("vc-di-eddsa/employmentAuth.json")])
        .collect();
    files.sort();
    files
}

fn oxjsonld(text: &str, contexts: ContextDocuments<'_>) -> String {
    let owned: Vec<(String, String)> = serde_json::from_str::<Value>(text)
        .into_iter()
        .flat_map(|document| urls(&document))
        .filter_map(|url| Some((url.clone(), contexts(&url)?.to_owned())))
        .collect();
    let parser = oxjsonld::JsonLdParser::new().for_slice(text).with_load_document_callback(move |url, _| {
        let found = owned.iter().find(|(known, _)| known == url).ok_or("not in the closed set")?;
        Ok(oxjsonld::JsonLdRemoteDocument {
            document: found.1.clone().into_bytes(),
            document_url: url.to_owned(),
        })
    });
    let nquads: String = parser.map(|quad| format!("{} .\n", quad.unwrap())).collect();
    ours(&nquads::parse(&nquads).unwrap()).unwrap()
}

/// Every string of a document: its context URLs are among them.
fn urls(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(urls).collect(),
        Value::Object(members) => members.values().flat_map(urls).collect(),
        _ => Vec::new(),
    }
}
