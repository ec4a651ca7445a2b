//! The requests of `specs/lint`, and the purposes of the box.

use std::{fs, path::Path};

use super::*;

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn files(folder: &str) -> Vec<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs").join(folder);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "json"));
    files.sort();
    files
}

fn rules(lint: &PurposeLint) -> Vec<&'static str> {
    lint.findings.iter().map(|finding| finding.rule).collect()
}

fn reads_of(example: &Value) -> Option<Vec<String>> {
    let reads = example.get("reads")?.as_array()?;
    Some(reads.iter().map(|read| read.as_str().unwrap().to_owned()).collect())
}

#[test]
fn every_example_gets_the_answer_it_expects() {
    let catalog = Catalog::bundled();
    for path in files("lint") {
        let example = read(&path);
        let reads = reads_of(&example);
        let lint = lint_purpose(&example["purpose"], reads.as_deref(), &catalog);
        assert_eq!(json!(rules(&lint)), example["expected"]["rules"], "{}", path.display());
        let query = lint.smaller.clone().unwrap_or_default();
        assert_eq!(query, example["expected"]["query"], "{}", path.display());
        for language in ["en", "fr"] {
            assert!(
                example["why"][language].as_str().is_some_and(|why| why.len() > 20),
                "{}",
                path.display()
            );
        }
        for finding in &lint.findings {
            for language in [Language::En, Language::Fr] {
                assert!(!finding.why(language).contains('{'), "{}", finding.why(language));
            }
        }
    }
}

#[test]
fn the_smaller_query_asks_nothing_too_much_any_more() {
    let catalog = Catalog::bundled();
    for path in files("lint") {
        let example = read(&path);
        let reads = reads_of(&example);
        let mut purpose = example["purpose"].clone();
        let Some(smaller) = lint_purpose(&purpose, reads.as_deref(), &catalog).smaller else { continue };
        purpose["query"] = smaller;
        let again = lint_purpose(&purpose, reads.as_deref(), &catalog);
        assert!(again.smaller.is_none(), "{} {:?}", path.display(), again.findings);
    }
}

#[test]
fn half_of_forty_examples_or_more_are_fine_as_they_are() {
    let examples: Vec<Value> = files("lint").iter().map(|path| read(path)).collect();
    let is_fine = |example: &&Value| example["expected"]["rules"].as_array().is_some_and(Vec::is_empty);
    let fine = examples.iter().filter(is_fine).count();
    assert!(examples.len() >= 40 && fine * 2 >= examples.len(), "{fine} of {}", examples.len());
}

#[test]
fn every_rule_has_an_example() {
    let expected: Vec<Value> =
        files("lint").iter().map(|path| read(path)["expected"]["rules"].clone()).collect();
    let expected: Vec<&str> = expected
        .iter()
        .flat_map(|rules| rules.as_array().unwrap())
        .map(|rule| rule.as_str().unwrap())
        .collect();
    for rule in [
        "derived_serves",
        "whole_address",
        "last_day",
        "picture",
        "name",
        "protected",
        "not_read",
        "values_missing",
        "shown_whole",
        "asked_twice",
        "credential_not_needed",
        "several",
        "anybodys",
        "retention_too_long",
        "text_missing",
        "contact_missing",
        "unknown_type",
    ] {
        assert!(expected.contains(&rule), "{rule}");
    }
}

#[test]
fn the_purposes_of_the_box_ask_the_least() {
    let catalog = Catalog::bundled();
    for path in files("purposes") {
        let lint = lint_purpose(&read(&path), None, &catalog);
        assert_eq!(rules(&lint), Vec::<&str>::new(), "{} {:?}", path.display(), lint.findings);
    }
}
