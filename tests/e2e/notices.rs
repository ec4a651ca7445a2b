//! What an issuer tells of a credential later, and what nobody is refused for: statuses of the purposes `refresh` and `message`.

use std::fs;

use serde_json::{Value, json};

use crate::{
    department::{Names, Town, read, text, utf8},
    did_log::decision,
};

const TYPE: &str = "student-card";

/// Every size that an entry may have: 2, 3, 5 and 17 messages take 1, 2, 4 and 8 bits.
#[test]
fn s09_what_an_issuer_tells_later_is_evidence_and_refuses_nothing() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/credentials/student-card");
    let names = Names::of(&read(&std::path::Path::new(folder).join("type.json")));
    for (count, format) in [(2, "vc+jwt"), (3, "vc+sd-jwt"), (5, "ldp_vc"), (17, "vc+jwt")] {
        let mut town = Town::with_issuer(&[]);
        let last = count - 1;
        let texts: Vec<String> = (0..count).map(|value| format!("Notice {value}")).collect();
        let config = town.at("issuer/issuer.toml");
        let with = fs::read_to_string(&config).expect("the configuration");
        let with = with.replace("refresh = false", "refresh = true");
        fs::write(&config, with.replace("\nmessages = []", &format!("\nmessages = {texts:?}")))
            .expect("written");
        let purpose = town.purpose(&names, format, &["student_first_name"]);
        town.trust(&[TYPE.to_owned()], std::slice::from_ref(&purpose));
        let claims = town.at("record.json");
        fs::copy(format!("{folder}/example.json"), &claims).expect("copied");
        town.serve();
        let offer = ["offer", "--type", TYPE, "--claims", utf8(&claims), "--format", format];
        let offered = town.one("issuer", &offer);
        let accepted = town.one("wallet", &["accept", &text(&offered, "offer"), "--yes"]);
        let (credential, reference) = (text(&accepted, "id"), text(&offered, "ref"));
        let told = |town: &Town| {
            let (decided, result) = decision(town, &purpose, &credential);
            assert_eq!(decided, "accepted", "{result}");
            result["evidence"]["credentials"]["card"]["status_notes"].clone()
        };
        let message = |value: usize| json!({ "purpose": "message", "value": value, "message": format!("Notice {value}") });
        assert_eq!(told(&town), json!([message(0)]), "{count}");

        let value = last.to_string();
        let said = town.one("issuer", &["status", &reference, "message", "--value", &value]);
        assert_eq!(said, json!({ "ref": reference, "message": last }));
        town.one("issuer", &["status", &reference, "refresh"]);
        let restarted = |town: &mut Town| {
            // Whoever verifies anew fetches the lists anew.
            town.restart_verifier();
        };
        restarted(&mut town);
        let refresh = json!({ "purpose": "refresh", "value": 1, "message": Value::Null });
        assert_eq!(told(&town), json!([refresh, message(last)]));
        town.one("issuer", &["status", &reference, "refreshed"]);
        town.one("issuer", &["status", &reference, "message", "--value", "0"]);
        restarted(&mut town);
        assert_eq!(told(&town), json!([message(0)]));

        for value in ["256", "x"] {
            let wrong = town.run("issuer", &["status", &reference, "message", "--value", value]);
            assert_eq!(wrong.status.code(), Some(2));
        }
        if count == 2 {
            let refused = town.run("issuer", &["status", &reference, "message", "--value", "2"]);
            assert_eq!(refused.status.code(), Some(1));
        }
    }
}

#[test]
fn what_an_issuer_does_not_tell_cannot_be_told() {
    let town = Town::with_issuer(&[]);
    for arguments in [&["refresh"][..], &["refreshed"], &["message", "--value", "1"]] {
        let refused = town.run("issuer", &[&["status", "0"], arguments].concat());
        assert_eq!(refused.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&refused.stderr).trim_end().ends_with("unsupported"));
    }
}
