use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::*;

fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|after| after.split_once('}')).map(|(name, _)| name).collect()
}

#[test]
fn both_languages_have_the_same_keys_with_the_same_placeholders() {
    let (en, fr) = (table(Language::En), table(Language::Fr));
    assert!(en.len() > 100);
    assert_eq!(en.keys().collect::<Vec<_>>(), fr.keys().collect::<Vec<_>>());
    for (key, text) in en {
        assert!(!text.trim().is_empty() && !fr[key].trim().is_empty(), "{key} is empty");
        assert_eq!(placeholders(text), placeholders(&fr[key]), "{key}");
    }
}

#[test]
fn a_key_is_named_as_the_module_says() {
    for key in table(Language::En).keys() {
        let named = key.split('.').all(|step| {
            !step.is_empty()
                && step.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        });
        assert!(named && key.contains('.'), "{key}");
        if let Some(count) = key.strip_suffix(".one") {
            assert!(has_message(&format!("{count}.other")), "{count} has no plural");
        }
    }
}

#[test]
fn every_reason_has_a_sentence_and_a_hint_and_no_other_reason_has() {
    for reason in Reason::ALL {
        for language in Language::ALL {
            for text in [reason_sentence(*reason, language), reason_hint(*reason, language)] {
                assert!(text != reason.name() && text.ends_with('.'), "{reason} {language:?}");
            }
        }
    }
    let described = table(Language::En).keys().filter(|key| key.starts_with("reason.")).count();
    assert_eq!(described, 2 * Reason::ALL.len());
}

#[test]
fn french_is_set_as_in_canada() {
    for (key, text) in table(Language::Fr) {
        crate::catalog::assert_french_typography(key, text);
    }
}

#[test]
fn placeholders_are_filled_once_and_what_is_unknown_stays() {
    assert_eq!(fill("{a} and {b}", &[("a", "{b}"), ("b", "2")]), "{b} and 2");
    assert_eq!(fill("{c} {", &[("a", "1")]), "{c} {");
    assert_eq!(message("no.such.key", Language::En, &[]), "no.such.key");
    assert_eq!(message("consent.why", Language::En, &[("text", "to test")]), "Why: to test");
}

#[test]
fn a_count_chooses_the_form_of_its_language() {
    let kept = |count, language| message_for_count("consent.kept", count, language, &[]);
    assert_eq!(kept(1, Language::En), "Kept for 1 day, then deleted.");
    assert_eq!(kept(30, Language::En), "Kept for 30 days, then deleted.");
    assert_eq!(kept(1, Language::Fr), "Gardé pendant 1 jour, puis supprimé.");
    assert_eq!(kept(30, Language::Fr), "Gardé pendant 30 jours, puis supprimé.");
}

/// Finds `message("a.key", …)` and `message_for_count("a.key", …)` in every source file of the workspace: the key exists, and values that are
/// written out fill every placeholder.
#[test]
fn every_key_that_a_program_names_exists_and_its_placeholders_are_filled() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folders =
        ["crates", "wallet-cli", "issuer-service", "verifier-service", "authority-service", "xtask"];
    let (mut calls, mut wrong) = (0, Vec::new());
    for file in folders.iter().flat_map(|folder| sources(&root.join(folder))) {
        // This file names keys that do not exist.
        if file.ends_with("messages/tests.rs") {
            continue;
        }
        let source = std::fs::read_to_string(&file).unwrap();
        for (call, suffixes) in [
            ("message(", &[""][..]),
            ("message_for_count(", &[".one", ".other"][..]),
            ("words.say(", &[""][..]),
            ("words.say_with(", &[""][..]),
            ("words.count(", &[".one", ".other"][..]),
        ] {
            for after in source.split(call).skip(1) {
                let Some((key, arguments)) =
                    after.trim_start().strip_prefix('"').and_then(|key| key.split_once('"'))
                else {
                    continue;
                };
                if !key.contains('.') || key.contains(' ') {
                    continue;
                }
                calls += 1;
                for key in suffixes.iter().map(|suffix| format!("{key}{suffix}")) {
                    wrong.extend(
                        unfilled(&key, arguments).map(|what| format!("{key}: {what} ({})", file.display())),
                    );
                }
            }
        }
    }
    assert!(calls > 0);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What a call lacks, if anything. `arguments` begins after the key and goes on to the end of the file.
fn unfilled(key: &str, arguments: &str) -> Option<String> {
    let Some(text) = text(key, Language::En) else { return Some("there is no such message".to_owned()) };
    let mut depth = 1;
    let end = arguments.find(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0
    })?;
    let (_, written_out) = arguments[..end].split_once("&[")?;
    let missing = placeholders(text)
        .into_iter()
        .find(|name| *name != "count" && !written_out.contains(&format!("(\"{name}\",")))?;
    Some(format!("{{{missing}}} is not filled"))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .flat_map(|path| match path.extension() {
            _ if path.is_dir() && !path.ends_with("target") => sources(&path),
            Some(extension) if extension == "rs" => vec![path],
            _ => Vec::new(),
        })
        .collect()
}

#[test]
fn a_call_that_forgets_a_placeholder_is_found() {
    let found = unfilled("consent.why", r#", language, &[("txt", text)])"#);
    assert_eq!(found.as_deref(), Some("{text} is not filled"));
    assert_eq!(unfilled("consent.why", r#", language, &[("text", &words(a))])"#), None);
    assert_eq!(unfilled("consent.wy", "").as_deref(), Some("there is no such message"));
}
