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
