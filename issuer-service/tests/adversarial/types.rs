//! A department's own type: what its check tells, how it is shown, what of it is published.

use std::path::Path;

use serde_json::{Value, json};

use crate::program::{end, init, lines, run};

/// A copy of a type of the box under names of its own, as `specs/README.md` says to begin.
pub(crate) fn copy_of_student_card(folder: &Path, id: &str) -> std::path::PathBuf {
    let own = folder.join("types").join(id);
    std::fs::create_dir_all(&own).unwrap();
    let box_folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs/credentials/student-card");
    for file in std::fs::read_dir(box_folder).unwrap() {
        let file = file.unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        let text = text
            .replace("student-card", id)
            .replace("StudentCardCredential", "LibraryCardCredential")
            .replace("portage-identity.example", "library.example");
        std::fs::write(own.join(file.file_name()), text).unwrap();
    }
    own
}

/// Changes `type.json` of a folder.
pub(crate) fn change(own: &Path, change: impl FnOnce(&mut Value)) {
    let file = own.join("type.json");
    let mut definition: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    change(&mut definition);
    std::fs::write(&file, definition.to_string()).unwrap();
}

#[test]
fn what_has_no_french_is_listed_and_refused_only_where_that_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let own = copy_of_student_card(folder.path(), "library-card");
    let checked = run(folder.path(), &["type", "check", "library-card", "--strict"]);
    assert_eq!(end(&checked).0, 0);
    assert_eq!(lines(&checked), [json!({ "type": "library-card", "findings": [] })]);

    change(&own, |definition| {
        definition["claims"][0]["label"] = json!({ "en": "First Name" });
        definition["description"]["fr"] = json!("");
        definition["claims"][1].as_object_mut().unwrap().remove("description");
        definition["colours"] = json!({ "background": "#ffffff", "text": "#bbbbbb" });
    });
    let checked = run(folder.path(), &["type", "check", "library-card"]);
    assert_eq!(end(&checked).0, 0);
    let found = lines(&checked)[0]["findings"].clone();
    let found: Vec<_> =
        found.as_array().unwrap().iter().map(|one| (&one["finding"], &one["member"])).collect();
    assert_eq!(
        found,
        [
            (&json!("no_french"), &json!("description")),
            (&json!("no_french"), &json!("claims.student_first_name.label")),
            (&json!("no_description"), &json!("claims.student_last_name.description")),
            (&json!("low_contrast"), &json!("colours")),
        ]
    );
    assert_eq!(end(&run(folder.path(), &["type", "check", "--strict"])), (1, "value_missing".into()));
    change(&own, |definition| {
        definition["claims"][0]["label"]["fr"] = json!("Prénom");
        definition["description"]["fr"] = json!("Une carte.");
    });
    assert_eq!(end(&run(folder.path(), &["type", "check", "--strict"])), (1, "value_invalid".into()));
    assert_eq!(end(&run(folder.path(), &["type", "check"])).0, 0);
    assert_eq!(end(&run(folder.path(), &["type", "check", "no-such-type"])).0, 2);
}

#[test]
fn a_type_is_shown_in_both_languages_with_english_marked_as_english() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let own = copy_of_student_card(folder.path(), "library-card");
    change(&own, |definition| definition["claims"][0]["label"] = json!({ "en": "First Name" }));
    let shown = std::process::Command::new(env!("CARGO_BIN_EXE_issuer"))
        .args(["type", "show", "library-card", "--dir"])
        .arg(folder.path())
        .env_remove("PORTAGE_CLOCK")
        .env("LC_ALL", "fr_CA.UTF-8")
        .output()
        .unwrap();
    let text = String::from_utf8(shown.stdout).unwrap();
    assert!(text.contains("First Name: Example (personal)"), "{text}");
    assert!(text.contains("First Name (en anglais)\u{a0}: Example (personnel)"), "{text}");
    assert!(text.contains("Carte d’étudiant") && text.contains("contraste de 6,"), "{text}");
    assert!(!text.contains('\u{1b}'), "colours are for a terminal");
    let object = lines(&run(folder.path(), &["type", "show", "library-card"])).remove(0);
    assert_eq!(object["claims"][0]["label"], json!({ "en": "First Name" }), "no French is made up");
    assert_eq!(end(&run(folder.path(), &["type", "show", "no-such-type"])).0, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn english_is_not_published_under_the_name_of_french() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let own = copy_of_student_card(folder.path(), "library-card");
    change(&own, |definition| definition["claims"][0]["label"] = json!({ "en": "First Name" }));
    let config = folder.path().join("issuer.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("types = [", "types = [\"library-card\", ")).unwrap();
    let served = crate::program::serve(folder.path());
    let identifier = format!("http://localhost:{}", served.1);
    let wallet = crate::wallet::Wallet::at(&portage_oid4vci::IssuerIdentifier::parse(&identifier).unwrap());
    let metadata = wallet.get(&format!("{identifier}/.well-known/openid-credential-issuer")).await;
    let metadata: Value = serde_json::from_slice(&metadata.body).unwrap();
    let published =
        &metadata["credential_configurations_supported"]["library-card_dc+sd-jwt"]["credential_metadata"];
    let locales = |display: &Value| -> Vec<Value> {
        display.as_array().unwrap().iter().map(|one| one["locale"].clone()).collect()
    };
    assert_eq!(locales(&published["display"]), ["en-CA", "fr-CA"]);
    assert_eq!(locales(&published["claims"][0]["display"]), ["en-CA"]);
    assert_eq!(locales(&published["claims"][1]["display"]), ["en-CA", "fr-CA"]);
}

/// Answers as `specs/schemas/answers.schema.json` has them.
fn answers() -> Value {
    json!({
        "name": { "en": "Trade Permit", "fr": "Permis de commerce" },
        "description": { "en": "Shows that a business may trade.", "fr": "Atteste qu’une entreprise peut commercer." },
        "claims": [
            { "label": { "en": "Permit number", "fr": "Numéro de permis" }, "kind": "text", "required": true,
              "personal": false, "column": "No" },
            { "label": { "en": "Holder" }, "kind": "text", "required": true, "personal": true, "column": "Name" },
            { "label": { "en": "Last day", "fr": "Dernier jour" }, "kind": "date", "required": true,
              "personal": false, "column": "Until" },
        ],
        "last_day": "last_day",
        "record_column": "No",
    })
}

#[test]
fn a_file_of_answers_makes_a_type_that_is_checked_offered_and_issued_from_a_table() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let schema =
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs/schemas/answers.schema.json"))
            .unwrap();
    let schema = jsonschema::draft202012::new(&serde_json::from_slice(&schema).unwrap()).unwrap();
    assert!(schema.is_valid(&answers()));
    let file = folder.path().join("answers.json");
    std::fs::write(&file, answers().to_string()).unwrap();
    let made = run(folder.path(), &["type", "new", "--from", file.to_str().unwrap()]);
    assert_eq!(end(&made).0, 0);
    let made = lines(&made).remove(0);
    assert_eq!((&made["type"], &made["offered"]), (&json!("trade-permit"), &json!(true)));
    assert_eq!(made["findings"][0], json!({ "finding": "no_french", "member": "claims.holder_value.label" }));
    assert_eq!(end(&run(folder.path(), &["type", "check", "trade-permit"])).0, 0);

    let table = folder.path().join("table.csv");
    std::fs::write(&table, "No;Name;Until\n1;Ada;2999-01-31\n2;;2999-01-31\n").unwrap();
    let offered = run(folder.path(), &["offer", "--type", "trade-permit", "--from", table.to_str().unwrap()]);
    let offered = lines(&offered);
    assert!(offered[0]["offer"].is_string(), "{offered:?}");
    assert_eq!(offered[1]["refused"]["column"], "Name");
    assert_eq!(
        end(&run(folder.path(), &["type", "new", "--from", file.to_str().unwrap()])).0,
        2,
        "it is there"
    );
}

#[test]
fn answers_that_make_no_type_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let config = std::fs::read(folder.path().join("issuer.toml")).unwrap();
    let file = folder.path().join("answers.json");
    let from = |answers: &str| {
        std::fs::write(&file, answers).unwrap();
        end(&run(folder.path(), &["type", "new", "--from", file.to_str().unwrap()]))
    };
    let with = |member: &str, value: Value| {
        let mut answers = answers();
        answers[member] = value;
        answers.to_string()
    };
    for (answers, code) in [
        ("{".to_owned(), 1),
        (with("colour", json!("blue")), 1),
        (with("name", json!({ "fr": "Permis" })), 1),
        (with("last_day", json!("holder_value")), 1),
        (with("id", json!("../trade")), 1),
        (with("id", json!("person")), 2),
        (with("address", json!("http://city.example")), 1),
        (with("formats", json!(["jwt_vc_json"])), 1),
        (with("record_column", json!("")), 1),
    ] {
        assert_eq!(from(&answers).0, code, "{answers}");
    }
    // Nobody to ask, and no file of answers.
    let asked = crate::program::issuer(folder.path(), &["type", "new"])
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert_eq!(end(&asked).0, 2);
    assert!(!folder.path().join("types").exists());
    assert_eq!(std::fs::read(folder.path().join("issuer.toml")).unwrap(), config);
    assert_eq!(from(&answers().to_string()).0, 0);
}

/// On a terminal of its own, which `script` (util-linux) makes.
#[cfg(target_os = "linux")]
#[test]
fn a_clerk_at_a_terminal_makes_a_type_and_one_who_leaves_makes_nothing() {
    use std::{io::Write, process::Stdio};
    let is_there = |program: &str| {
        let found = std::process::Command::new(program).arg("--version").stdout(Stdio::null()).status();
        found.is_ok_and(|status| status.success())
    };
    if !is_there("script") {
        println!("left out: a terminal, because there is no program `script`");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let at_a_terminal = |keys: &str| {
        let command = format!("{} type new --dir {}", env!("CARGO_BIN_EXE_issuer"), folder.path().display());
        let mut child = std::process::Command::new("script")
            .args(["-qec", &command, "/dev/null"])
            .env_remove("PORTAGE_CLOCK")
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(keys.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let name = "Library Card\nCarte de bibliotheque\n\nLends books.\nPrete des livres.\n\n\n";
    // Ctrl-C, as a terminal sends it: after the name, within a claim, at the last question.
    let files = || {
        let mut files: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        (files, std::fs::read(folder.path().join("issuer.toml")).unwrap())
    };
    let before = files();
    let whole = "Valid until\nValide jusqu'au\n\n4\n-\n\n\n\nvalid_until\n\n\n\n\n-\n";
    for keys in ["", "Valid until\nValide", whole] {
        let (code, said) = at_a_terminal(&format!("{name}{keys}\u{3}"));
        assert_ne!(code, Some(0), "{said}");
        assert!(files() == before, "{said}");
    }
    let claim = "Valid until\nValide jusqu'au\n\n4\n-\n\n\n";
    let (code, said) = at_a_terminal(&format!("{name}{claim}\nvalid_until\n\n\n\n\n-\nyes\n"));
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Name in English:") && said.contains("Carte de bibliotheque"), "{said}");
    assert_eq!(end(&run(folder.path(), &["type", "check", "library-card", "--strict"])).0, 0);
    assert!(
        std::fs::read_dir(folder.path())
            .unwrap()
            .all(|entry| { !entry.unwrap().file_name().to_string_lossy().starts_with('.') })
    );
}
