//! Copies of a wallet, damage, and what stays deleted.

use portage_catalog::Format;
use portage_keys::vault::{KdfParams, Vault};
use portage_testkit::SeededEntropy;
use serde_json::json;

use crate::{
    citizen::Citizen,
    federation_side::{chain, rewrite, statement},
    issuer_side::offer,
    stage::Running,
    verifier_side::{request, usual_query},
    vouched::ask,
};

async fn export(citizen: &Citizen, name: &str) -> (String, String) {
    let (copy, pass) = (citizen.path(name), citizen.path("copy.pass"));
    std::fs::write(&pass, "a passphrase of the copy\n").unwrap();
    citizen.run(&["export", &copy, "--export-passphrase-file", &pass]).await.object();
    (copy, pass)
}

#[tokio::test]
async fn a_copy_opens_under_its_own_passphrase_and_what_was_shown_counts_as_shown() {
    let stage = Running::start().await;
    let old = Citizen::new(&stage).await;
    let id = old.accept(&offer(&stage, "person", Format::DcSdJwt)).await;
    old.run(&["present", &request(&stage), "--yes"]).await.object();
    let (copy, pass) = export(&old, "copy.portage").await;

    let new = Citizen::new(&stage).await;
    let wrong = new.path("passphrase");
    let refused = new.run(&["import", &copy, "--export-passphrase-file", &wrong]).await;
    assert_eq!((refused.code, refused.reason()), (3, "passphrase_wrong"), "{refused:?}");
    let done = new.run(&["import", &copy, "--export-passphrase-file", &pass]).await.object();
    assert_eq!((&done["added"], &done["kept"]), (&json!(1), &json!(0)));
    let listed = new.run(&["list"]).await.object();
    assert_eq!((&listed["id"], &listed["times_presented"]), (&json!(id), &json!(1)));
    new.run(&["present", &request(&stage), "--yes"]).await.object();
    assert_eq!(new.run(&["list"]).await.object()["times_presented"], 2);

    let again = new.run(&["import", &copy, "--export-passphrase-file", &pass]).await.object();
    assert_eq!((&again["added"], &again["kept"]), (&json!(0), &json!(1)));
    assert_eq!(new.run(&["list"]).await.object()["times_presented"], 2, "histories are one");
}

#[tokio::test]
async fn what_a_wallet_saw_of_a_public_log_comes_along_with_a_copy() {
    let stage = Running::start().await;
    let (link, usual) = (request(&stage), usual_query(&stage));
    let show = |signed: String, chain: Vec<String>| {
        ask(&stage, usual.clone(), signed);
        stage.twist(|twist| twist.chain = Some(chain));
    };
    let old = Citizen::of_the_province(&stage).await;
    show(statement(&stage, usual.clone()), chain(&stage));
    assert_eq!(old.run(&["review", &link]).await.object()["warnings"], json!([]));
    let (copy, pass) = export(&old, "copy.portage").await;

    // Another history of the city's log is no news to whoever saw none.
    rewrite(&stage, "city");
    show(statement(&stage, usual.clone()), chain(&stage));
    let restored = Citizen::of_the_province(&stage).await;
    let stranger = Citizen::of_the_province(&stage).await;
    restored.run(&["import", &copy, "--export-passphrase-file", &pass]).await.object();
    let review = restored.run(&["review", &link]).await.object();
    assert_eq!(review["warnings"][0], json!({ "reason": "log_proof_invalid" }), "{review}");
    let answer = restored.run(&["present", &link, "--yes"]).await;
    assert_eq!((answer.code, answer.reason()), (1, "log_proof_invalid"), "{answer:?}");
    let review = stranger.run(&["review", &link]).await.object();
    assert_eq!(review["warnings"], json!([]), "the twin: {review}");

    // That it was caught is in a copy of the copy, too.
    let (copy, pass) = export(&restored, "second.portage").await;
    stranger.run(&["import", &copy, "--export-passphrase-file", &pass]).await.object();
    let answer = stranger.run(&["present", &link, "--yes"]).await;
    assert_eq!((answer.code, answer.reason()), (1, "log_proof_invalid"), "{answer:?}");
}

#[tokio::test]
async fn what_was_deleted_here_does_not_come_back_with_a_copy() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    let id = citizen.accept(&offer(&stage, "person", Format::DcSdJwt)).await;
    let (copy, pass) = export(&citizen, "copy.portage").await;
    let asked = citizen.run(&["delete", &id]).await;
    assert_eq!((asked.code, asked.reason()), (1, "consent_required"));
    citizen.run(&["delete", &id, "--yes"]).await.object();
    let done = citizen.run(&["import", &copy, "--export-passphrase-file", &pass]).await.object();
    assert_eq!((&done["added"], &done["deleted"]), (&json!(0), &json!(1)));
    assert_eq!(citizen.count().await, 0);
}

#[tokio::test]
async fn d06_an_export_never_overwrites_and_is_its_owners_alone() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    let (copy, pass) = export(&citizen, "copy.portage").await;
    let bytes = std::fs::read(&copy).unwrap();
    let again = citizen.run(&["export", &copy, "--export-passphrase-file", &pass]).await;
    assert_eq!(again.code, 2, "{again:?}");
    assert_eq!(std::fs::read(&copy).unwrap(), bytes);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test]
async fn a_damaged_copy_changes_nothing() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    let (copy, pass) = export(&citizen, "copy.portage").await;
    let sound = std::fs::read(&copy).unwrap();
    let before = citizen.wallet_bytes();
    for at in [0, sound.len() / 2, sound.len() - 1] {
        let mut damaged = sound.clone();
        damaged[at] ^= 1;
        std::fs::write(&copy, damaged).unwrap();
        let refused = citizen.run(&["import", &copy, "--export-passphrase-file", &pass]).await;
        assert_eq!((refused.code, refused.reason()), (3, "vault_corrupt"), "{refused:?}");
    }
    assert_eq!(citizen.wallet_bytes(), before);
    std::fs::write(&copy, sound).unwrap();
    citizen.run(&["import", &copy, "--export-passphrase-file", &pass]).await.object();
}

#[tokio::test]
async fn d01_a_damaged_wallet_is_not_opened_not_rewritten_and_not_made_anew() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    citizen.accept(&offer(&stage, "person", Format::DcSdJwt)).await;
    let sound = citizen.wallet_bytes();
    let path = citizen.path("wallet/wallet.vault");
    let mut flipped = sound.clone();
    flipped[sound.len() / 2] ^= 0x40;
    for damaged in [flipped, sound[..sound.len() - 7].to_vec(), Vec::new()] {
        std::fs::write(&path, &damaged).unwrap();
        for command in [&["list"][..], &["accept", &offer(&stage, "person", Format::DcSdJwt), "--yes"]] {
            let refused = citizen.run(command).await;
            assert_eq!((refused.code, refused.reason()), (3, "vault_corrupt"), "{refused:?}");
        }
        assert_eq!(citizen.run(&["init"]).await.code, 2);
        assert_eq!(citizen.wallet_bytes(), damaged);
    }
    std::fs::write(&path, sound).unwrap();
    assert_eq!(citizen.count().await, 1);
    std::fs::write(citizen.path("passphrase"), "another passphrase\n").unwrap();
    let refused = citizen.run(&["list"]).await;
    assert_eq!((refused.code, refused.reason()), (3, "passphrase_wrong"));
}

#[tokio::test]
async fn d06_a_copy_of_a_newer_version_is_refused_and_nothing_is_taken_in() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    let (sound, pass) = export(&citizen, "copy.portage").await;
    let before = citizen.wallet_bytes();
    for (id, record) in
        [("credential/abc", r#"{"version":2}"#), ("event/abc", r#"{"version":3}"#), ("novelty/abc", "{}")]
    {
        let entropy = SeededEntropy::new(8);
        let mut copy = Vault::create("a passphrase of the copy", KdfParams::MINIMUM, &entropy).unwrap();
        copy.put(id, record.as_bytes());
        let newer = citizen.path("newer.portage");
        std::fs::write(&newer, copy.seal(&entropy)).unwrap();
        let refused = citizen.run(&["import", &newer, "--export-passphrase-file", &pass]).await;
        assert_eq!((refused.code, refused.reason()), (3, "store_newer"), "{id}: {refused:?}");
        assert_eq!(citizen.wallet_bytes(), before);
    }
    citizen.run(&["import", &sound, "--export-passphrase-file", &pass]).await.object();
}
