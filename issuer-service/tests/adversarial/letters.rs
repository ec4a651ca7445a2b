//! Offers on paper: what is written where, and what is not.

use std::{os::unix::fs::PermissionsExt, path::Path};

use lopdf::Document;
use serde_json::json;

use crate::program::{end, init, lines, run};

const COLUMNS: &str = "LicenceRSN,LicenceNumber,BusinessName,BusinessTradeName,IssuedDate,ExpiredDate,BusinessType,Unit,UnitType,House,Street,City,Province,PostalCode,Country";

fn register(folder: &Path, rows: &[(&str, &str)]) -> String {
    let row = |(key, name): &(&str, &str)| {
        format!(
            "{key},24-{key},{name},Trade Name,2024-01-02,2027-12-31,Restaurant,4,Unit,453,12TH AV W,Vancouver,BC,V5Y 1V4,CA"
        )
    };
    let file = folder.join("register.csv");
    let rows: Vec<_> = rows.iter().map(row).collect();
    std::fs::write(&file, format!("{COLUMNS}\n{}\n", rows.join("\n"))).unwrap();
    file.to_str().unwrap().to_owned()
}

fn said(path: &str) -> String {
    let document = Document::load(path).unwrap();
    let pages: Vec<u32> = document.get_pages().into_keys().collect();
    document.extract_text(&pages).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn each_offer_of_a_register_is_a_letter_and_its_code_a_sheet_in_another_folder() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let file = register(folder.path(), &[("1", "Élise Côté"), ("2", "Wəyəθ Books Ltd"), ("3", "王小明")]);
    let post = folder.path().join("post").to_str().unwrap().to_owned();
    let offer = [
        "offer",
        "--type",
        "business-licence",
        "--as-of",
        "2025-10-01",
        "--tx-code",
        "--from",
        &file,
        "--letter",
        &post,
    ];

    // Nothing is written by a check, which says the same.
    let checked = run(folder.path(), &[&offer[..], &["--check"]].concat());
    assert_eq!(end(&checked), (1, "unsupported".into()));
    assert!(!Path::new(&post).exists());

    let output = run(folder.path(), &offer);
    assert_eq!(
        end(&output),
        (1, "unsupported".into()),
        "a name that cannot be printed is not changed: it is refused"
    );
    let told = lines(&output);
    assert_eq!((told.len(), &told[2]["refused"]["line"]), (3, &json!(4)));
    let everything =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(!everything.contains("Côté") && !everything.contains("tx_code"), "{everything}");
    for (line, name) in told.iter().zip(["Élise Côté", "Wəyəθ Books Ltd"]) {
        let (letter, code) = (line["letter"].as_str().unwrap(), line["code_sheet"].as_str().unwrap());
        let (letter_says, code_says) = (said(letter), said(code));
        for part in [
            name,
            "Unit 4 453 12TH AV W",
            "Vancouver BC V5Y 1V4",
            "You can do this until",
            "Permis d’exploitation",
            "555-0100",
        ] {
            assert!(letter_says.contains(part), "{part} in {letter_says}");
        }
        let link = line["offer"].as_str().unwrap();
        assert!(letter_says.replace(' ', "").contains(link), "{letter_says}");
        assert!(!code_says.contains("credential_offer") && code_says.contains(name), "{code_says}");
        // What is claimed and not needed to reach the person stands nowhere.
        for more in ["Trade Name", "Restaurant", "24-1"] {
            assert!(!letter_says.contains(more) && !code_says.contains(more), "{more}");
        }
        for path in [letter, code] {
            assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600, "{path}");
        }
    }

    // The same register again: the letters again, and no code, which is told once.
    let again = lines(&run(folder.path(), &offer));
    assert_eq!((&again[0]["offer"], &again[0]["letter"]), (&told[0]["offer"], &told[0]["letter"]));
    assert!(again[0]["code_sheet"].is_null(), "{again:?}");
    assert!(said(again[0]["letter"].as_str().unwrap()).contains("in another letter"));
}

#[test]
fn a_letter_says_whom_to_ask_or_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let claims = folder.path().join("claims.json");
    std::fs::write(&claims, serde_json::to_vec(&crate::world::person()).unwrap()).unwrap();
    let post = folder.path().join("post").to_str().unwrap().to_owned();
    let offer = ["offer", "--type", "person", "--claims", claims.to_str().unwrap(), "--letter", &post];
    let told = lines(&run(folder.path(), &offer));
    let letter = said(told[0]["letter"].as_str().unwrap());
    assert!(letter.contains("Questions?") && !letter.contains("in another letter"), "{letter}");

    let config = folder.path().join("issuer.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let (before, after) = text.split_once("\n[office]").unwrap();
    assert!(after.contains("language"));
    std::fs::write(&config, before).unwrap();
    assert_eq!(run(folder.path(), &offer).status.code(), Some(2));
    assert_eq!(
        run(folder.path(), &offer[..5]).status.code(),
        Some(0),
        "an offer without a letter needs no office"
    );
}
