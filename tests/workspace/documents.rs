//! Documents that cannot drift: what they name must exist.

use std::{collections::BTreeMap, fs, ops::RangeInclusive, path::Path};

pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every Rust source file of the workspace, with its path from the root.
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<(String, String)>) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let shown = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
                found.push((shown, fs::read_to_string(&path).unwrap_or_default()));
            }
        }
    }
    let mut found = Vec::new();
    walk(root(), &mut found);
    found
}

/// The texts between two backquotes of a Markdown page, outside code fences.
fn code_spans(page: &str) -> Vec<String> {
    page.split("```")
        .step_by(2)
        .flat_map(|prose| prose.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// Whether our crate or program defines what `crate::function` or `crate::Type::method` names; `None` when it names nothing of ours.
fn is_defined(span: &str, sources: &[(String, String)]) -> Option<bool> {
    let parts: Vec<&str> = span.trim_end_matches("()").split("::").collect();
    let [first, .., last] = parts.as_slice() else { return None };
    let name = first.replace('_', "-");
    let folders = [format!("crates/{name}/"), format!("{name}/")];
    let ours: Vec<_> = sources
        .iter()
        .filter(|(path, _)| folders.iter().any(|folder| path.starts_with(folder.as_str())))
        .collect();
    let definitions = [
        format!("fn {last}"),
        format!("struct {last}"),
        format!("enum {last}"),
        format!("trait {last}"),
        format!("mod {last}"),
        format!("    {last}"),
    ];
    let defines = |text: &str| definitions.iter().any(|definition| text.contains(definition.as_str()));
    (!ours.is_empty()).then(|| ours.iter().any(|(_, text)| defines(text)))
}

/// `docs/architecture.md` names functions as `crate::function` or `crate::Type::method`; each must be defined in that crate.
#[test]
fn every_function_the_architecture_names_exists() {
    let sources = sources();
    let mut checked = 0;
    for span in code_spans(&read("docs/architecture.md")) {
        let Some(defined) = is_defined(&span, &sources) else { continue };
        assert!(defined, "docs/architecture.md names `{span}`, which is not defined there");
        checked += 1;
    }
    assert!(checked >= 20, "the walk through one credential names only {checked} functions");
}

/// The rows that `docs/attacks.md` must have, whatever others it has.
const ROWS: [(char, &[RangeInclusive<u8>]); 5] = [
    ('V', &[1..=14, 16..=27, 30..=38]),
    ('W', &[1..=5, 12..=16]),
    ('I', &[1..=7, 9..=9, 11..=11, 17..=17]),
    ('S', &[1..=8, 10..=10]),
    ('D', &[1..=5]),
];

/// `docs/attacks.md` has a row for each attack, with what stops it and tests named after it; all of these exist.
#[test]
fn every_attack_has_what_stops_it_and_its_tests() {
    let sources = sources();
    let page = read("docs/attacks.md");
    let rows: BTreeMap<&str, &str> =
        page.lines().filter_map(|line| Some((line.strip_prefix("| ")?.split(' ').next()?, line))).collect();
    let wanted = ROWS.iter().flat_map(|(group, ranges)| {
        ranges.iter().cloned().flatten().map(move |number| format!("{group}-{number:02}"))
    });
    let missing: Vec<_> = wanted.filter(|id| !rows.contains_key(id.as_str())).collect();
    assert!(missing.is_empty(), "docs/attacks.md has no row for {missing:?}");

    for (id, row) in rows.into_iter().filter(|(id, _)| id.contains('-') && !id.starts_with("--")) {
        let spans = code_spans(row);
        let (tests, others): (Vec<_>, Vec<_>) = spans.iter().partition(|span| is_test_name(span));
        let prefix = id.replace('-', "").to_lowercase();
        assert!(tests.iter().any(|test| test.starts_with(&prefix)), "{id} has no test of its own");
        for test in tests {
            let definition = format!("fn {test}(");
            let exists = sources.iter().any(|(_, text)| text.contains(&definition));
            assert!(exists, "docs/attacks.md names the test `{test}`, which does not exist");
        }
        let functions = others.iter().filter_map(|span| Some((span, is_defined(span, &sources)?)));
        let undefined: Vec<_> = functions.clone().filter(|(_, defined)| !defined).collect();
        assert!(undefined.is_empty(), "docs/attacks.md, {id}: {undefined:?} is not defined there");
        assert!(functions.count() > 0, "docs/attacks.md does not say what stops {id}");
    }
}

/// Test names of the page begin with the id of the row: `v01_…`, `w12_…`.
fn is_test_name(span: &str) -> bool {
    let mut bytes = span.bytes();
    matches!(bytes.next(), Some(b'v' | b'w' | b'i' | b's' | b'd' | b't' | b'u' | b'f'))
        && bytes.next().is_some_and(|byte| byte.is_ascii_digit())
        && bytes.next().is_some_and(|byte| byte.is_ascii_digit())
        && span.contains('_')
}

/// A link to a file of the project leads somewhere.
#[test]
fn links_between_documents_lead_somewhere() {
    for page in
        ["README.md", "docs/architecture.md", "docs/divergences.md", "docs/attacks.md", "docs/glossary.md"]
    {
        let folder = Path::new(page).parent().unwrap_or(Path::new(""));
        for target in read(page).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = target.split('#').next().unwrap_or_default();
            if !target.is_empty() && !target.contains("://") {
                assert!(
                    root().join(folder).join(target).exists(),
                    "{page} links to {target}, which is not there"
                );
            }
        }
    }
}
