//! RDF Dataset Canonicalization 1.0, bounded.
//!
//! The algorithm is the Recommendation's §4, step by step and under its names. Two things are added: a counter of
//! work and a bound on recursion, because a dataset of a few hundred bytes can ask for more steps than anybody has
//! (§7.1, "poison graphs"). Blank nodes are numbered once at the beginning; their labels return at the end.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use portage_keys::digest::HashAlgorithm;
use portage_ssi_engine::{
    nquads::write_quad,
    rdf::{Quad, Term},
};

use crate::canonical::CanonicalQuads;

/// Steps of Hash N-Degree Quads, each about one hash. Measured: nothing in a credential whose blank nodes differ in any value,
/// however deep; 8,680 for a clique of five, more than a million for one of eight. 20,000 take a fifth of a second in a
/// debug build.
const MAX_WORK: u32 = 20_000;
/// Most blank nodes whose own quads tell nothing apart. No credential says one thing that often, and hundreds of them are either
/// many words for one fact or the links of a poison graph: refused before the first step.
const MAX_ALIKE: usize = 512;
/// Deepest recursion of Hash N-Degree Quads: the longest chain of blank nodes that look alike.
const MAX_RECURSION: u32 = 64;

/// The dataset asks for more work than the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooComplex;

/// §4.4: the canonical form of a dataset, and which label each blank node got. A quad that comes twice counts once.
pub(crate) fn canonicalize(quads: &[Quad], hash: HashAlgorithm) -> Result<CanonicalQuads, TooComplex> {
    let quads: BTreeSet<&Quad> = quads.iter().collect();
    let mut state = State::new(&quads, hash);
    state.issue_unique();
    state.issue_shared()?;
    let labels: BTreeMap<String, String> = state
        .labels
        .iter()
        .enumerate()
        .filter_map(|(node, label)| Some(((*label).to_owned(), state.canonical.issued(node)?)))
        .collect();
    let mut lines: Vec<String> =
        quads.iter().map(|quad| line(quad, &|label| relabel(&labels, label))).collect();
    lines.sort_unstable();
    Ok(CanonicalQuads { nquads: lines.concat(), labels })
}

fn relabel(labels: &BTreeMap<String, String>, label: &str) -> String {
    labels.get(label).cloned().unwrap_or_default()
}

fn line(quad: &Quad, label: &dyn Fn(&str) -> String) -> String {
    let mut line = String::new();
    write_quad(&mut line, quad, label);
    line
}

/// A blank node, by its number.
type Node = usize;

/// §4.2: the canonicalization state.
struct State<'q> {
    /// Blank node → label.
    labels: Vec<&'q str>,
    /// Label → blank node.
    nodes: HashMap<&'q str, Node>,
    /// The blank node to quads map.
    mentions: Vec<Vec<&'q Quad>>,
    /// Hash First Degree Quads of each blank node.
    first_degree: Vec<String>,
    canonical: Issuer,
    hash: HashAlgorithm,
    work: u32,
}

impl<'q> State<'q> {
    /// Steps 1 to 3.
    fn new(quads: &BTreeSet<&'q Quad>, hash: HashAlgorithm) -> Self {
        let mut state = State {
            labels: Vec::new(),
            nodes: HashMap::new(),
            mentions: Vec::new(),
            first_degree: Vec::new(),
            canonical: Issuer::new("c14n"),
            hash,
            work: 0,
        };
        for &quad in quads {
            for (_, label) in blank_components(quad) {
                let node = *state.nodes.entry(label).or_insert_with(|| {
                    state.labels.push(label);
                    state.mentions.push(Vec::new());
                    state.labels.len() - 1
                });
                // A quad that names one node twice is mentioned once.
                if let Some(mentions) = state.mentions.get_mut(node)
                    && !mentions.last().is_some_and(|last| std::ptr::eq(*last, quad))
                {
                    mentions.push(quad);
                }
            }
        }
        state.first_degree = state
            .labels
            .iter()
            .zip(&state.mentions)
            .map(|(label, quads)| state.hash_first_degree(label, quads))
            .collect();
        state
    }

    /// §4.6 Hash First Degree Quads.
    fn hash_first_degree(&self, reference: &str, mentions: &[&Quad]) -> String {
        let label = |other: &str| if other == reference { "a" } else { "z" }.to_owned();
        let mut lines: Vec<String> = mentions.iter().map(|quad| line(quad, &label)).collect();
        lines.sort_unstable();
        self.hash_hex(&lines.concat())
    }

    /// The hash to blank nodes map, code point ordered by hash.
    fn by_first_degree(&self) -> BTreeMap<String, Vec<Node>> {
        let mut map: BTreeMap<String, Vec<Node>> = BTreeMap::new();
        for (node, hash) in self.first_degree.iter().enumerate() {
            map.entry(hash.clone()).or_default().push(node);
        }
        map
    }

    /// Step 4: blank nodes whose first degree hash is theirs alone.
    fn issue_unique(&mut self) {
        for nodes in self.by_first_degree().values() {
            if let [node] = nodes.as_slice() {
                self.canonical.issue(*node);
            }
        }
    }

    /// Step 5: those that share theirs.
    fn issue_shared(&mut self) -> Result<(), TooComplex> {
        let alike = self.by_first_degree();
        if alike.values().any(|nodes| nodes.len() > MAX_ALIKE) {
            return Err(TooComplex);
        }
        for nodes in alike.into_values().filter(|nodes| nodes.len() > 1) {
            let mut results = Vec::new();
            for node in nodes {
                if self.canonical.has(node) {
                    continue;
                }
                let mut temporary = Issuer::new("b");
                temporary.issue(node);
                results.push(self.hash_n_degree(node, &temporary, 0)?);
            }
            results.sort_by(|a, b| a.text.cmp(&b.text));
            for result in results {
                for node in result.issuer.order {
                    self.canonical.issue(node);
                }
            }
        }
        Ok(())
    }

    /// §4.8 Hash N-Degree Quads.
    fn hash_n_degree(&mut self, node: Node, issuer: &Issuer, depth: u32) -> Result<Path, TooComplex> {
        if depth == MAX_RECURSION {
            return Err(TooComplex);
        }
        let mut issuer = issuer.clone();
        let mut data_to_hash = String::new();
        for (related_hash, related) in self.related(node, &issuer)? {
            push_hex(&mut data_to_hash, &related_hash);
            let mut chosen: Option<Path> = None;
            let mut permutations = Permutations::of(related);
            while let Some(permutation) = permutations.next() {
                if let Some(path) = self.walk(permutation, &issuer, chosen.as_ref(), depth)? {
                    chosen = Some(path);
                }
            }
            if let Some(chosen) = chosen {
                data_to_hash.push_str(&chosen.text);
                issuer = chosen.issuer;
            }
        }
        Ok(Path { text: self.hash_hex(&data_to_hash), issuer })
    }

    /// §4.8 steps 2 and 3: the blank nodes related to `node`, by the hash of how they are (as bytes: they sort as their hex does).
    fn related(&mut self, node: Node, issuer: &Issuer) -> Result<BTreeMap<Vec<u8>, Vec<Node>>, TooComplex> {
        let mut map: BTreeMap<Vec<u8>, Vec<Node>> = BTreeMap::new();
        let mentions = self.mentions.get(node).cloned().unwrap_or_default();
        for quad in mentions {
            self.spend(1)?;
            for (position, label) in blank_components(quad) {
                let Some(related) = self.nodes.get(label).copied().filter(|related| *related != node) else {
                    continue;
                };
                let hash = self.hash_related(related, quad, issuer, position);
                map.entry(hash).or_default().push(related);
            }
        }
        Ok(map)
    }

    /// §4.7 Hash Related Blank Node.
    fn hash_related(&self, related: Node, quad: &Quad, issuer: &Issuer, position: Position) -> Vec<u8> {
        let mut input = String::from(position.letter());
        if position != Position::Graph {
            input.push('<');
            input.push_str(&quad.predicate);
            input.push('>');
        }
        match self.canonical.issued(related).or_else(|| issuer.issued(related)) {
            Some(identifier) => {
                input.push_str("_:");
                input.push_str(&identifier);
            }
            None => input.push_str(self.first_degree.get(related).map_or("", String::as_str)),
        }
        self.hash(&input)
    }

    /// §4.8 step 5.4: the path of one permutation; `None` as soon as it cannot be the smallest.
    fn walk(
        &mut self,
        permutation: &[Node],
        issuer: &Issuer,
        chosen: Option<&Path>,
        depth: u32,
    ) -> Result<Option<Path>, TooComplex> {
        let beaten =
            |path: &str| chosen.is_some_and(|chosen| path.len() >= chosen.text.len() && *path > *chosen.text);
        let mut issuer = issuer.clone();
        let mut path = String::new();
        let mut recursion = Vec::new();
        for related in permutation {
            self.spend(1)?;
            path.push_str("_:");
            match self.canonical.issued(*related) {
                Some(identifier) => path.push_str(&identifier),
                None => {
                    if !issuer.has(*related) {
                        recursion.push(*related);
                    }
                    path.push_str(&issuer.issue(*related));
                }
            }
            if beaten(&path) {
                return Ok(None);
            }
        }
        for related in recursion {
            let result = self.hash_n_degree(related, &issuer, depth + 1)?;
            issuer = result.issuer;
            path.push_str("_:");
            path.push_str(&issuer.issue(related));
            path.push('<');
            path.push_str(&result.text);
            path.push('>');
            if beaten(&path) {
                return Ok(None);
            }
        }
        let better = chosen.is_none_or(|chosen| path < chosen.text);
        Ok(better.then_some(Path { text: path, issuer }))
    }

    fn hash(&self, text: &str) -> Vec<u8> {
        self.hash.digest(text.as_bytes())
    }

    fn hash_hex(&self, text: &str) -> String {
        let mut hex = String::new();
        push_hex(&mut hex, &self.hash(text));
        hex
    }

    fn spend(&mut self, work: u32) -> Result<(), TooComplex> {
        self.work += work;
        if self.work > MAX_WORK { Err(TooComplex) } else { Ok(()) }
    }
}

/// A path, or the hash it ends in, and the issuer that goes with it.
struct Path {
    text: String,
    issuer: Issuer,
}

/// §4.3: an identifier issuer; the order of issue is what counts.
#[derive(Clone)]
struct Issuer {
    prefix: &'static str,
    order: Vec<Node>,
    issued: HashMap<Node, usize>,
}

impl Issuer {
    fn new(prefix: &'static str) -> Self {
        Issuer { prefix, order: Vec::new(), issued: HashMap::new() }
    }

    /// §4.5 Issue Identifier.
    fn issue(&mut self, node: Node) -> String {
        let next = self.order.len();
        let number = *self.issued.entry(node).or_insert(next);
        if number == next {
            self.order.push(node);
        }
        format!("{}{number}", self.prefix)
    }

    fn issued(&self, node: Node) -> Option<String> {
        self.issued.get(&node).map(|number| format!("{}{number}", self.prefix))
    }

    fn has(&self, node: Node) -> bool {
        self.issued.contains_key(&node)
    }
}

/// Where in a quad a blank node stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    Subject,
    Object,
    Graph,
}

impl Position {
    fn letter(self) -> &'static str {
        match self {
            Position::Subject => "s",
            Position::Object => "o",
            Position::Graph => "g",
        }
    }
}

fn blank_components(quad: &Quad) -> impl Iterator<Item = (Position, &str)> {
    [
        (Position::Subject, quad.subject.as_blank()),
        (Position::Object, quad.object.as_blank()),
        (Position::Graph, quad.graph.as_ref().and_then(Term::as_blank)),
    ]
    .into_iter()
    .filter_map(|(position, label)| Some((position, label?)))
}

/// All orders of a list, in lexicographic order, one at a time.
struct Permutations {
    items: Vec<Node>,
    started: bool,
}

impl Permutations {
    fn of(mut items: Vec<Node>) -> Self {
        items.sort_unstable();
        Permutations { items, started: false }
    }

    fn next(&mut self) -> Option<&[Node]> {
        if std::mem::replace(&mut self.started, true) && !self.advance() {
            return None;
        }
        Some(&self.items)
    }

    /// Knuth's algorithm L; `false` after the last order.
    fn advance(&mut self) -> bool {
        let items = &mut self.items;
        let Some(pivot) = items.windows(2).rposition(|pair| matches!(pair, [a, b] if a < b)) else {
            return false;
        };
        let (head, tail) = items.split_at_mut(pivot + 1);
        if let Some(last) = head.last_mut()
            && let Some(next) = tail.iter_mut().rev().find(|item| **item > *last)
        {
            std::mem::swap(last, next);
        }
        tail.reverse();
        true
    }
}

fn push_hex(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            out.push(char::from_digit(nibble.into(), 16).unwrap_or('0'));
        }
    }
}
