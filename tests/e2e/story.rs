//! The main job: three tiers of government, one citizen, one service, two decisions.

use std::{fs, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use serde_json::json;
use xtask::story::{self, BIRTH_DATE, Plot};

/// Every form in which a secret could lie in a file: as it is, and as the middle of a base64 text at each of its three phases.
fn forms_of(secret: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![secret.as_bytes().to_vec()];
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    forms.push(hex.into_bytes());
    for phase in 0..3 {
        let padded = format!("{}{secret}", "x".repeat(phase));
        let encoded = STANDARD_NO_PAD.encode(&padded);
        // The first group holds the padding, the last one may hold what follows: neither is the secret's own.
        let from = if phase == 0 { 0 } else { 4 };
        let whole = encoded.len() / 4 * 4;
        if let Some(middle) = encoded.get(from..whole).filter(|middle| middle.len() >= 6) {
            forms.push(middle.as_bytes().to_vec());
        }
    }
    forms
}

/// The files below `folder` that hold one of `forms`.
fn files_with(folder: &Path, forms: &[Vec<u8>]) -> Vec<String> {
    let mut hits = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            hits.extend(files_with(&path, forms));
            continue;
        }
        let bytes = fs::read(&path).unwrap_or_default();
        if forms.iter().any(|form| bytes.windows(form.len()).any(|window| window == form.as_slice())) {
            hits.push(path.display().to_string());
        }
    }
    hits
}

#[tokio::test(flavor = "multi_thread")]
async fn a_citizen_carries_three_credentials_and_the_service_gets_two_decisions() {
    let (story, world) = story::play(&portage_tests::programs(), &Plot::default(), &|_| {})
        .await
        .expect("the story is told to its end");

    let [first, second] = story.decisions.as_slice() else { panic!("two decisions: {:?}", story.decisions) };
    assert_eq!(first.decision, "accepted");
    assert!(first.reasons.is_empty());
    assert_eq!(
        first.claims,
        json!({
            "person": {"age_over_19": true},
            "licence": {"credentialSubject": {"trade_name": "Ada's Smoked Salmon"}},
            "card": {}
        }),
        "exactly what was asked, nothing else"
    );
    assert_eq!(second.decision, "rejected");
    assert_eq!(second.reasons, ["revoked"]);
    assert_eq!(second.claims, json!({}));

    // What the market could read in the bytes it received: no name, no birth date, no address.
    let learned: Vec<_> = story
        .steps
        .iter()
        .flat_map(|step| &step.learned)
        .filter(|fact| fact.starts_with("the market: ") && fact.contains(" = "))
        .collect();
    assert!(learned.iter().any(|fact| fact.contains("age_over_19 = true")), "{learned:?}");
    for withheld in ["birthdate_dateint", "family_name", "given_names", "street_address", "licence_number"] {
        assert!(!learned.iter().any(|fact| fact.contains(withheld)), "the market learned {withheld}");
    }

    // What lies on the disks: the birth date is nowhere but (sealed) in the wallet and with the Province.
    let forms = forms_of(&BIRTH_DATE.to_string());
    for (who, folder) in world.folders() {
        let hits = files_with(&folder, &forms);
        assert!(who == "the Province" || hits.is_empty(), "{who} keeps the birth date: {hits:?}");
    }
    world.stop().await.expect("every service stops when asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_story_with_a_licence_as_jwt_and_a_card_under_the_other_cryptosuite() {
    let plot = Plot { other_forms: true, ..Plot::default() };
    let (story, world) =
        story::play(&portage_tests::programs(), &plot, &|_| {}).await.expect("the story is told to its end");
    let [first, second] = story.decisions.as_slice() else { panic!("two decisions: {:?}", story.decisions) };
    assert_eq!((first.decision.as_str(), second.decision.as_str()), ("accepted", "rejected"));
    assert_eq!(second.reasons, ["revoked"]);
    assert_eq!(
        first.claims["licence"],
        json!({"credentialSubject": {"trade_name": "Ada's Smoked Salmon"}}),
        "what was not asked is not in the decision, though a JWT is shown whole"
    );
    world.stop().await.expect("every service stops when asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_story_with_issuers_of_p384_and_a_holder_of_p256() {
    let plot = Plot { ecdsa: true, ..Plot::default() };
    let (story, world) =
        story::play(&portage_tests::programs(), &plot, &|_| {}).await.expect("the story is told to its end");
    let [first, second] = story.decisions.as_slice() else { panic!("two decisions: {:?}", story.decisions) };
    assert_eq!((first.decision.as_str(), second.decision.as_str()), ("accepted", "rejected"));
    assert_eq!(second.reasons, ["revoked"]);
    assert_eq!(first.claims["card"], json!({}), "the card, too: a presentation under an ECDSA cryptosuite");
    world.stop().await.expect("every service stops when asked");
}

#[test]
fn the_search_finds_what_it_looks_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let forms = forms_of("19900228");
    fs::write(folder.path().join("plain"), "born 19900228.").expect("written");
    fs::write(folder.path().join("encoded"), STANDARD_NO_PAD.encode(r#"["s","birthdate_dateint",19900228]"#))
        .expect("written");
    fs::write(folder.path().join("clean"), "born 19910228.").expect("written");
    assert_eq!(files_with(folder.path(), &forms).len(), 2);
}
