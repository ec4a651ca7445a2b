//! Documents that cannot drift: what they name must exist.

use std::{fs, path::Path};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn read(path: &str) -> String {
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

/// `docs/architecture.md` names functions as `crate::function` or `crate::Type::method`; each must be defined in that crate.
#[test]
fn every_function_the_architecture_names_exists() {
    let sources = sources();
    let mut checked = 0;
    for span in code_spans(&read("docs/architecture.md")) {
        let name = span.trim_end_matches("()");
        let parts: Vec<&str> = name.split("::").collect();
        let (Some(first), Some(last)) = (parts.first(), parts.last()) else { continue };
        let folder = format!("crates/{}/", first.replace('_', "-"));
        if parts.len() < 2 || !sources.iter().any(|(path, _)| path.starts_with(&folder)) {
            continue;
        }
        let definitions = [
            format!("fn {last}"),
            format!("struct {last}"),
            format!("enum {last}"),
            format!("trait {last}"),
            format!("mod {last}"),
            format!("    {last}"),
        ];
        let defined = sources
            .iter()
            .filter(|(path, _)| path.starts_with(&folder))
            .any(|(_, text)| definitions.iter().any(|definition| text.contains(definition.as_str())));
        assert!(defined, "docs/architecture.md names `{span}`, which {folder} does not define");
        checked += 1;
    }
    assert!(checked >= 20, "the walk through one credential names only {checked} functions");
}

/// `docs/attacks.md` names a test for each attack; each must exist.
#[test]
fn every_test_the_attacks_page_names_exists() {
    let sources = sources();
    let page = read("docs/attacks.md");
    let mut named = 0;
    for row in page.lines().filter(|line| line.starts_with("| ")) {
        for test in code_spans(row).iter().filter(|span| is_test_name(span)) {
            named += 1;
            let definition = format!("fn {test}");
            assert!(
                sources.iter().any(|(_, text)| text.contains(&definition)),
                "docs/attacks.md names the test `{test}`, which does not exist"
            );
        }
    }
    assert!(named >= 40, "the page names only {named} tests");
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
