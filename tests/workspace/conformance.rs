//! The ledgers in `specs/conformance`: each MUST of a specification names the tests that hold it, or says why it binds nothing of ours.

use std::{collections::BTreeSet, fs, path::PathBuf};

use serde_json::Value;

use crate::documents::{read, root};

/// One ledger, and the name of its file without `.json`.
struct Ledger {
    name: String,
    json: Value,
}

impl Ledger {
    fn statements(&self) -> &[Value] {
        self.json["statements"].as_array().map(Vec::as_slice).unwrap_or_default()
    }
}

/// What stands in a member: one text, or several.
fn texts(value: &Value) -> Vec<&str> {
    let several = value.as_array().map(Vec::as_slice).unwrap_or(std::slice::from_ref(value));
    several.iter().filter_map(Value::as_str).collect()
}

fn ledgers() -> Vec<Ledger> {
    let folder = fs::read_dir(root().join("specs/conformance")).expect("the ledgers");
    let mut files: Vec<PathBuf> = folder.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let ledger = |path: PathBuf| {
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        let json = serde_json::from_str(&read(&format!("specs/conformance/{name}.json")));
        Ledger { json: json.unwrap_or_else(|error| panic!("{name}: {error}")), name }
    };
    files.into_iter().map(ledger).collect()
}

/// The words that make a sentence binding (BCP 14); `MUST NOT` and `SHALL NOT` begin with one of them.
fn binding_words(text: &str) -> Vec<usize> {
    let is_word = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let bytes = text.as_bytes();
    let mut found: Vec<usize> = ["MUST", "REQUIRED", "SHALL"]
        .into_iter()
        .flat_map(|word| text.match_indices(word))
        .filter(|(at, word)| {
            let before = at.checked_sub(1).and_then(|at| bytes.get(at).copied());
            !is_word(before) && !is_word(bytes.get(at + word.len()).copied())
        })
        .map(|(at, _)| at)
        .collect();
    found.sort_unstable();
    found
}

#[test]
fn the_ledgers_are_those_of_the_specifications_that_are_claimed() {
    let names: Vec<String> = ledgers().into_iter().map(|ledger| ledger.name).collect();
    let claimed = [
        "rfc9901",
        "vc-bitstring-status-list",
        "vc-data-integrity",
        "vc-data-model-2.0",
        "vc-di-ecdsa",
        "vc-di-eddsa",
        "vc-jose-cose",
    ];
    assert_eq!(names, claimed);
}

#[test]
fn each_must_has_tests_or_says_why_it_binds_nothing_of_ours() {
    const BOUND: [&str; 7] =
        ["issuer", "verifier", "holder", "software", "specification authors", "publishers", "developers"];
    let mut wrong = Vec::new();
    for ledger in ledgers() {
        for statement in ledger.statements() {
            let text = statement["statement"].as_str().unwrap_or_default();
            let bound = texts(&statement["binds"]);
            let has_why = statement["why"].as_str().is_some_and(|why| why.len() > 10);
            let holds = !binding_words(text).is_empty()
                && statement["section"].as_str().is_some_and(|section| !section.is_empty())
                && !bound.is_empty()
                && bound.iter().all(|who| BOUND.contains(who))
                && (!texts(&statement["tests"]).is_empty() || has_why);
            if !holds {
                wrong.push(format!("{}: {text}", ledger.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// `path/of/file.rs::name of a test`, or `vectors: family` for a row of `docs/vectors.md`.
#[test]
fn every_test_that_a_ledger_names_exists() {
    let vectors = read("docs/vectors.md");
    let mut missing = BTreeSet::new();
    for ledger in ledgers() {
        for test in ledger.statements().iter().flat_map(|statement| texts(&statement["tests"])) {
            let exists = match (test.strip_prefix("vectors: "), test.split_once("::")) {
                (Some(family), _) => vectors.contains(&format!("\n| {family} |")),
                (None, Some((path, name))) => {
                    fs::read_to_string(root().join(path)).is_ok_and(|source| is_test(&source, name))
                }
                _ => false,
            };
            if !exists {
                missing.insert(format!("{}: {test}", ledger.name));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Whether the source has a function of that name with `#[test]` or `#[tokio::test]` above it.
fn is_test(source: &str, name: &str) -> bool {
    let Some(at) = source.find(&format!("fn {name}(")) else { return false };
    let above = source.get(..at).unwrap_or_default();
    let item = above.rsplit("\n}").next().unwrap_or_default();
    item.contains("#[test]") || item.contains("#[tokio::test")
}

/// A row that goes missing is noticed without the text of the specification: the ledger says how often the text binds.
#[test]
fn the_statements_have_as_many_binding_words_as_the_text() {
    for ledger in ledgers() {
        let texts = ledger.statements().iter().filter_map(|statement| statement["statement"].as_str());
        let words: usize = texts.map(|text| binding_words(text).len()).sum();
        assert_eq!(Some(words as u64), ledger.json["keywords"].as_u64(), "{}", ledger.name);
    }
}

/// `docs/conformance.md` counts them.
#[test]
fn the_page_counts_what_the_ledgers_have() {
    let page = read("docs/conformance.md");
    for ledger in ledgers() {
        let all = ledger.statements().len();
        let tested =
            ledger.statements().iter().filter(|statement| !texts(&statement["tests"]).is_empty()).count();
        let counts = format!("| {all} | {tested} | {} |\n", all - tested);
        assert!(page.contains(&counts), "{}: {counts}", ledger.name);
    }
}

/// The texts themselves, `<ledger>.html` or `<ledger>.md` as their repository has them (each ledger names it), in the folder that
/// `PORTAGE_SPECIFICATIONS` names: every statement stands in its text, and every binding word of the text in a statement.
#[test]
fn no_ledger_misses_a_must_of_its_text() {
    let Some(folder) = std::env::var_os("PORTAGE_SPECIFICATIONS").map(PathBuf::from) else {
        println!("left out: PORTAGE_SPECIFICATIONS names no folder with the texts of the specifications");
        return;
    };
    for ledger in ledgers() {
        let found = ["html", "md"].into_iter().find_map(|kind| {
            let text = fs::read_to_string(folder.join(format!("{}.{kind}", ledger.name))).ok()?;
            Some(if kind == "md" { prose_of_markdown(&text) } else { prose_of_html(&text) })
        });
        let text = found.unwrap_or_else(|| panic!("{} is not in {}", ledger.name, folder.display()));
        let mut covered = vec![false; text.len()];
        for statement in ledger.statements() {
            let statement = statement["statement"].as_str().unwrap_or_default();
            let places: Vec<usize> = text.match_indices(statement).map(|(at, _)| at).collect();
            assert!(!places.is_empty(), "{}: not in the text: {statement}", ledger.name);
            for at in places {
                covered[at..at + statement.len()].fill(true);
            }
        }
        if let Some(at) = binding_words(&text).into_iter().find(|at| !covered[*at]) {
            let around = text.get(at.saturating_sub(100)..text.len().min(at + 100));
            panic!("{}: no statement for: {}", ledger.name, around.unwrap_or("a MUST"));
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Markdown without its code blocks, on one line.
fn prose_of_markdown(text: &str) -> String {
    let mut in_code = false;
    let prose = text.lines().filter(|line| {
        let is_fence = line.starts_with("~~~") || line.starts_with("```");
        in_code ^= is_fence;
        !in_code && !is_fence
    });
    one_line(&prose.collect::<Vec<_>>().join("\n"))
}

/// What an HTML page says outside of examples of code, on one line.
fn prose_of_html(page: &str) -> String {
    const BLOCKS: [&str; 34] = [
        "p",
        "li",
        "dd",
        "dt",
        "td",
        "th",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "section",
        "div",
        "tr",
        "ul",
        "ol",
        "dl",
        "table",
        "br",
        "aside",
        "figure",
        "figcaption",
        "nav",
        "header",
        "footer",
        "caption",
        "thead",
        "tbody",
        "body",
        "main",
        "blockquote",
        "pre",
        "head",
    ];
    let (mut prose, mut rest) = (String::new(), page);
    while let Some((before, tag)) = rest.split_once('<') {
        prose.push_str(before);
        if let Some(comment) = tag.strip_prefix("!--") {
            rest = comment.split_once("-->").map(|(_, after)| after).unwrap_or_default();
            continue;
        }
        let name: String =
            tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        if !tag.starts_with('/') && ["head", "script", "style", "pre"].contains(&name.as_str()) {
            let end = format!("</{name}>");
            rest = tag.split_once(&end).map(|(_, after)| after).unwrap_or_default();
            prose.push(' ');
            continue;
        }
        if BLOCKS.contains(&name.as_str()) {
            prose.push(' ');
        }
        rest = tag.split_once('>').map(|(_, after)| after).unwrap_or_default();
    }
    prose.push_str(rest);
    let entities =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&")];
    let decoded = entities.iter().fold(prose, |text, (entity, character)| text.replace(entity, character));
    one_line(&decoded)
}
