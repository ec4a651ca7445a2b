//! Types that are not in the box: added by the person, or told by the issuer alone.

use std::path::{Path, PathBuf};

use portage_catalog::Format;
use portage_testkit::world::World;
use portage_trust::TrustList;
use portage_wallet::TypeFiles;
use serde_json::{Value, json};

use crate::{
    citizen::{Answer, Citizen, Scripted, trust},
    issuer_side::{offer, origin_of},
    stage::Running,
    story::{answer_of, check},
    verifier_side::request,
};

const VCT: &str = "https://library.example/credentials/library-card";

/// The folder of a type that no wallet has in its box; its first claim has no French label.
pub(crate) fn library_card(id: &str) -> TypeFiles {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs/credentials/student-card");
    let mut files = TypeFiles::new();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        let text = text
            .replace("student-card", id)
            .replace("StudentCardCredential", "LibraryCardCredential")
            .replace("portage-identity.example", "library.example")
            .replace("\"Student Card\"", "\"Library Card\"")
            .replace("Carte d’étudiant", "Carte de bibliothèque")
            .replace(", \"fr\": \"Prénom de l’étudiant\"", "");
        files.insert(file.file_name().into_string().unwrap(), text.into_bytes());
    }
    files
}

fn write(folder: &Path, files: &TypeFiles) -> PathBuf {
    std::fs::create_dir_all(folder).unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    folder.to_owned()
}

/// A world in which the city issues library cards.
async fn stage() -> Running {
    Running::start_in(|world: &mut World| {
        world.catalog.add_type("library-card", &library_card("library-card")).unwrap();
        world.contexts = world.catalog.contexts();
        let mut list = world.trust.to_json();
        may_issue(&mut list, world.issuer_of("library-card").did.as_str());
        world.trust = TrustList::parse(list.to_string().as_bytes()).unwrap();
    })
    .await
}

/// Whoever issues library cards is listed for them by the names that a wallet without the type sees too.
fn may_issue(list: &mut Value, did: &str) {
    let types = crate::citizen::entry(list, did)["types"].as_array_mut().unwrap();
    types.extend([json!(VCT), json!("LibraryCardCredential")]);
}

/// A citizen whose trust list lets whoever issues them in that world issue library cards.
async fn citizen(stage: &Running) -> Citizen {
    let citizen = Citizen::new(stage).await;
    citizen.trust(&trust(stage, true)).await;
    citizen
}

async fn add(citizen: &Citizen, files: &TypeFiles, id: &str) -> Answer {
    let folder = write(&citizen.folder.path().join("given").join(id), files);
    citizen.run(&["type", "add", folder.to_str().unwrap(), "--yes"]).await
}

fn query(format: Format) -> Value {
    let (meta, claim) = match format {
        Format::DcSdJwt => (json!({ "vct_values": [VCT] }), json!(["student_first_name"])),
        _ => (
            json!({ "type_values": [["https://library.example/vocabulary/library-card#LibraryCardCredential"]] }),
            json!(["credentialSubject", "student_first_name"]),
        ),
    };
    json!({ "credentials": [{ "id": "card", "format": format.name(), "meta": meta, "claims": [{ "path": claim }] }] })
}

#[tokio::test]
async fn an_added_type_arrives_is_shown_and_believed_in_every_format() {
    let stage = stage().await;
    let citizen = citizen(&stage).await;
    let before = citizen.run(&["accept", &offer(&stage, "library-card", Format::LdpVc), "--yes"]).await;
    assert_eq!((before.code, before.reason()), (1, "context_not_allowed"), "{before:?}");
    assert_eq!(add(&citizen, &library_card("library-card"), "library-card").await.object()["added"], "new");
    for format in Format::ALL {
        let stored = citizen.run(&["accept", &offer(&stage, "library-card", format), "--yes"]).await.object();
        assert_eq!((&stored["type"], &stored["words"]), (&json!("library-card"), &json!("catalogue")));
        assert_eq!(stored["claims"][0]["label"], json!({ "en": "Student First Name" }), "{stored}");
        stage.twist(|twist| twist.query = Some(query(format)));
        stage.take_seen();
        citizen.run(&["present", &request(&stage), "--yes"]).await.object();
        let answer = answer_of(&stage).unwrap();
        let outcome = check(&stage, &answer["card"][0]);
        assert!(portage_testkit::world::verdict(&outcome).starts_with("accepted"), "{format:?}");
    }
}

#[tokio::test]
async fn what_has_no_french_is_shown_in_english_and_marked_wherever_a_person_reads_it() {
    let stage = stage().await;
    let citizen = citizen(&stage).await;
    add(&citizen, &library_card("library-card"), "library-card").await.object();
    let in_french = async |arguments: &[&str], answers: &[bool]| {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--lang", "fr"]).collect();
        citizen.run_in_words(&arguments, Some(&mut Scripted::saying(answers))).await.out
    };
    let arrived =
        in_french(&["accept", &offer(&stage, "library-card", Format::DcSdJwt)], &[true, true]).await;
    assert!(arrived.contains("Student First Name (en anglais)\u{a0}: Example"), "{arrived}");
    assert!(arrived.contains("Carte de bibliothèque") && !arrived.contains("Library Card"), "{arrived}");
    let id = citizen.run(&["list"]).await.object()["id"].as_str().unwrap().to_owned();
    let shown = in_french(&["show", &id], &[]).await;
    assert!(shown.contains("Student First Name (en anglais)\u{a0}: Example"), "{shown}");
    stage.twist(|twist| twist.query = Some(query(Format::DcSdJwt)));
    let asked = in_french(&["present", &request(&stage)], &[true]).await;
    assert!(asked.contains("Student First Name (en anglais)\u{a0}: Example"), "{asked}");
    let told = in_french(&["history"], &[]).await;
    assert!(told.contains("Carte de bibliothèque (Student First Name (en anglais))"), "{told}");
    let in_english = citizen.run_in_words(&["show", &id], None).await.out;
    assert!(in_english.contains("Student First Name: Example"), "{in_english}");
}

#[tokio::test]
async fn a_type_that_takes_the_place_or_the_names_of_another_is_refused() {
    let stage = stage().await;
    let citizen = citizen(&stage).await;
    let bytes = citizen.wallet_bytes();
    let refuse = async |files: &TypeFiles, id: &str| {
        let answer = add(&citizen, files, id).await;
        assert_eq!((answer.code, answer.reason()), (1, "malformed"), "{id}: {answer:?}");
        answer.err
    };
    let with = |name: &str, from: &str, to: &str| {
        let mut files = library_card("library-card");
        let text = String::from_utf8(files[name].clone()).unwrap();
        assert!(text.contains(from), "{from}");
        files.insert(name.to_owned(), text.replace(from, to).into_bytes());
        files
    };
    refuse(&library_card("person"), "person").await;
    let theirs = "https://portage-identity.example/credentials/student-card";
    refuse(&with("type.json", VCT, theirs), "library-card").await;
    let their_context = "https://portage-identity.example/contexts/student-card/v1";
    let ours = "https://library.example/contexts/library-card/v1";
    refuse(&with("type.json", ours, their_context), "library-card").await;
    refuse(&with("type.json", ours, "https://www.w3.org/ns/credentials/v2"), "library-card").await;
    let said = refuse(&with("type.json", "\"claims\"", "claims"), "library-card").await;
    assert!(said.contains("line 14, column 3"), "{said}");
    let mut without = library_card("library-card");
    without.remove("context.jsonld");
    std::fs::remove_dir_all(citizen.folder.path().join("given/library-card")).unwrap();
    refuse(&without, "library-card").await;
    let mut large = library_card("library-card");
    large.insert("logo.png".into(), vec![0; (1 << 20) + 1]);
    let answer = add(&citizen, &large, "library-card").await;
    assert_eq!((answer.code, answer.reason()), (1, "too_large"));
    assert_eq!(citizen.run(&["type", "add", "no/such/folder", "--yes"]).await.code, 2);
    let folder = write(&citizen.folder.path().join("good/library-card"), &library_card("library-card"));
    let asked = citizen.run(&["type", "add", folder.to_str().unwrap()]).await;
    assert_eq!((asked.code, asked.reason()), (1, "consent_required"));
    assert!(citizen.run(&["type", "list"]).await.objects().iter().all(|known| known["added"] == false));
    assert_eq!(citizen.wallet_bytes(), bytes, "nothing of them is kept");
}

#[tokio::test]
async fn a_type_gets_new_words_and_never_another_meaning() {
    let stage = stage().await;
    let citizen = citizen(&stage).await;
    let mut files = library_card("library-card");
    assert_eq!(add(&citizen, &files, "library-card").await.object()["added"], "new");
    assert_eq!(add(&citizen, &files, "library-card").await.object()["added"], "unchanged");
    let text = String::from_utf8(files["type.json"].clone()).unwrap();
    let with_french = text.replace("\"Student First Name\"", "\"First Name\", \"fr\": \"Prénom\"");
    files.insert("type.json".into(), with_french.into_bytes());
    assert_eq!(add(&citizen, &files, "library-card").await.object()["added"], "replaced");
    for (name, bytes) in &mut files {
        let text = String::from_utf8(bytes.clone()).unwrap();
        *bytes = text.replace("contexts/library-card/v1", "contexts/library-card/v2").into_bytes();
        assert!(!name.is_empty());
    }
    let changed = add(&citizen, &files, "library-card").await;
    assert_eq!((changed.code, changed.reason()), (1, "malformed"), "{changed:?}");

    let id = citizen.accept(&offer(&stage, "library-card", Format::DcSdJwt)).await;
    let shown = citizen.run_in_words(&["show", &id, "--lang", "fr"], None).await.out;
    assert!(shown.contains("Prénom\u{a0}: Example"), "{shown}");
    assert_eq!(citizen.run(&["type", "remove", "library-card"]).await.reason(), "consent_required");
    let removed = citizen.run(&["type", "remove", "library-card", "--yes"]).await.object();
    assert_eq!(removed["held"], 1);
    // The history knows since when the words are these; what changed nothing, and what was refused, is not in it.
    let told = citizen.run(&["history"]).await.objects();
    let of_types: Vec<_> = told.iter().filter(|event| event["type_name"].is_object()).collect();
    let mut kinds: Vec<_> = of_types.iter().map(|event| event["what"].as_str().unwrap()).collect();
    // In a world whose clock stands still they have no order.
    kinds.sort_unstable();
    assert_eq!(kinds, ["type_added", "type_added", "type_removed"], "{told:?}");
    assert!(of_types.iter().all(|event| event["type_name"]["en"] == "Library Card"));
    let told = citizen.run_in_words(&["history", "--lang", "fr"], None).await.out;
    assert!(told.contains("\u{a0}: oublié le type Carte de bibliothèque"), "{told}");
    let shown = citizen.run(&["show", &id]).await.object();
    assert_eq!(
        (&shown["words"], &shown["claims"][0]["label"]["en"]),
        (&json!("none"), &json!("expiry_date"))
    );
    assert_eq!(citizen.run(&["type", "remove", "library-card", "--yes"]).await.code, 2);
    assert_eq!(citizen.run(&["type", "remove", "person", "--yes"]).await.code, 2);
}

#[tokio::test]
async fn a_copy_of_the_wallet_takes_its_types_along() {
    let stage = stage().await;
    let old = citizen(&stage).await;
    add(&old, &library_card("library-card"), "library-card").await.object();
    let id = old.accept(&offer(&stage, "library-card", Format::LdpVc)).await;
    let (copy, pass) = (old.path("copy.portage"), old.path("copy.pass"));
    std::fs::write(&pass, "a passphrase of the copy\n").unwrap();
    old.run(&["export", &copy, "--export-passphrase-file", &pass]).await.object();
    let new = citizen(&stage).await;
    new.run(&["import", &copy, "--export-passphrase-file", &pass]).await.object();
    assert_eq!(new.run(&["show", &id]).await.object()["words"], "catalogue");
    stage.twist(|twist| twist.query = Some(query(Format::LdpVc)));
    new.run(&["present", &request(&stage), "--yes"]).await.object();
}

/// The issuer tells how its type is called.
fn tell(stage: &Running, metadata: Value) {
    stage.twist(|twist| {
        let change = move |document: &mut Value| {
            let known = &mut document["credential_configurations_supported"]["library-card_dc+sd-jwt"];
            known["credential_metadata"] = metadata.clone();
        };
        twist.json.insert("/.well-known/openid-credential-issuer".into(), Box::new(change));
    });
}

#[tokio::test]
async fn an_unknown_type_is_shown_in_the_issuers_words_taken_once() {
    let stage = stage().await;
    let citizen = citizen(&stage).await;
    tell(
        &stage,
        json!({
            "display": [
                { "name": "Library Card", "locale": "en-CA", "background_color": "#003366", "text_color": "#ffffff" },
                { "name": "Carte de bibliothèque", "locale": "fr-CA", "logo": { "uri": "https://library.example/logo.png" } },
            ],
            "claims": [
                { "path": ["expiry_date"], "display": [{ "name": "Until", "locale": "en" }, { "name": "Jusqu’au", "locale": "fr" }] },
                { "path": ["student_first_name"], "display": [{ "name": "First Name", "locale": "en" }] },
            ],
        }),
    );
    let link = offer(&stage, "library-card", Format::DcSdJwt);
    let arguments = ["accept", &link, "--lang", "fr"];
    let arrived = citizen.run_in_words(&arguments, Some(&mut Scripted::saying(&[true, true]))).await.out;
    let own_words = "Ces noms sont les mots de l’émetteur; personne d’autre n’en répond.";
    assert_eq!(arrived.matches(own_words).count(), 2, "{arrived}");
    assert!(arrived.contains("Carte de bibliothèque"), "{arrived}");
    let until = arrived.find("Jusqu’au\u{a0}: ").unwrap();
    let first = arrived.find("First Name (en anglais)\u{a0}: Example").unwrap();
    let unnamed = arrived.find("student_last_name\u{a0}: Example-Surname").unwrap();
    assert!(until < first && first < unnamed, "in the issuer's order: {arrived}");
    let asked: Vec<_> = stage.take_seen().into_iter().map(|seen| seen.url).collect();
    let metadata =
        format!("{}/.well-known/openid-credential-issuer", origin_of(stage.world.issuer_of("library-card")));
    assert_eq!(asked.iter().filter(|url| **url == metadata).count(), 1);

    // From then on the issuer has no say, and is not asked.
    tell(&stage, json!({ "display": [{ "name": "Something Else", "locale": "en" }] }));
    stage.twist(|twist| twist.query = Some(query(Format::DcSdJwt)));
    let plan = citizen.run_in_words(&["review", &request(&stage)], None).await.out;
    assert!(plan.contains("From Library Card") && plan.contains("First Name: Example"), "{plan}");
    assert!(plan.contains("These names are the issuer’s own words"), "{plan}");
    assert!(!stage.take_seen().iter().any(|seen| seen.url == metadata), "never again");
    citizen.run(&["present", &request(&stage), "--yes"]).await.object();
    let told = citizen.run_in_words(&["history"], None).await.out;
    assert!(told.contains("Library Card (First Name)"), "{told}");
    let listed = citizen.run(&["list"]).await.object();
    assert_eq!((&listed["words"], &listed["type"]), (&json!("issuer"), &Value::Null));

    // Whoever adds the type later reads what its folder says.
    let id = listed["id"].as_str().unwrap().to_owned();
    add(&citizen, &library_card("library-card"), "library-card").await.object();
    let shown = citizen.run(&["show", &id]).await.object();
    assert_eq!(shown["words"], "catalogue", "{shown}");
}

#[tokio::test]
async fn w17_an_issuers_words_cannot_turn_the_screen_or_fill_it() {
    let stage = stage().await;
    let citizen = citizen(&stage).await;
    let name = format!("Library\u{202e}draC\u{1b}[2J{}", "x".repeat(10_000));
    tell(
        &stage,
        json!({
            "display": [{ "name": name }],
            "claims": [{ "path": ["student_first_name"], "display": [{ "name": "Over 19\u{200b}\n\u{1b}]0;x" }] }],
        }),
    );
    let link = offer(&stage, "library-card", Format::DcSdJwt);
    let arrived = citizen.run_in_words(&["accept", &link], Some(&mut Scripted::saying(&[true, true]))).await;
    assert_eq!(arrived.code, 0, "{arrived:?}");
    assert!(!arrived.out.contains(['\u{202e}', '\u{1b}', '\u{200b}']), "{}", arrived.out);
    assert!(arrived.out.contains("Over 19]0;x: Example") || arrived.out.contains("Over 19 ]0;x: Example"));
    assert!(arrived.out.lines().all(|line| line.chars().count() < 250), "{}", arrived.out);
}
