//! Hostile files for every import: a register, claims, the bundle of a type.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::{
    program::{end, init, lines, run},
    world::person,
};

const RESERVED: [&str; 8] = ["iss", "exp", "cnf", "vct", "status", "_sd", "...", "@context"];

const HOSTILE: [&str; 8] = [
    "Robert'); DROP TABLE issuance;--",
    "$(reboot) `reboot` ; reboot",
    "{{7*7}} ${7*7} <%= 7 %> {row} %n",
    "../../../../etc/passwd",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "\u{202e}txet\u{1b}[2J",
    "~a~b.c",
];

fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> String {
    let file = folder.join(name);
    std::fs::write(&file, bytes).unwrap();
    file.to_str().unwrap().to_owned()
}

fn claims_kept(folder: &Path) -> Vec<Map<String, Value>> {
    let store = rusqlite::Connection::open(folder.join("issuer.sqlite")).unwrap();
    let mut select = store.prepare("SELECT claims FROM issuance").unwrap();
    let claims = select.query_map([], |row| row.get::<_, String>(0)).unwrap();
    claims.map(|claims| serde_json::from_str(&claims.unwrap()).unwrap()).collect()
}

fn person_with(claim: &str, value: impl Into<Value>) -> Value {
    let mut claims = person();
    claims.insert(claim.to_owned(), value.into());
    Value::Object(claims)
}

#[test]
fn i17_a_column_of_a_register_is_no_claim_unless_the_type_says_so() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let columns = "LicenceRSN,LicenceNumber,LicenceRevisionNumber,BusinessName,BusinessTradeName,Status,IssuedDate,\
        ExpiredDate,BusinessType,BusinessSubType,Unit,UnitType,House,Street,City,Province,PostalCode,Country,LocalArea";
    let row = |key: &str, province: &str| {
        let more = ",forged".repeat(RESERVED.len() + 1);
        format!(
            "{key},24-1,10,Canary,,Issued,2024-01-02T03:04:05-08:00,2027-12-31,Restaurant,,,,1,A ST,X,{province},V5T 1C8,CA,{more}"
        )
    };
    let text = format!(
        "{columns},{},no_such_claim\n{}\n{}\n",
        RESERVED.join(","),
        row("1", "BC"),
        row("2", "Canary")
    );
    let file = write(folder.path(), "register.csv", text);
    let offer = ["offer", "--type", "business-licence", "--as-of", "2025-10-01", "--from", &file];
    let output = run(folder.path(), &offer);
    assert_eq!(end(&output), (1, "schema_mismatch".into()));
    let told = lines(&output);
    assert_eq!((&told[1]["refused"]["column"], &told[1]["refused"]["line"]), (&json!("Province"), &json!(3)));
    let kept = claims_kept(folder.path());
    assert_eq!((kept.len(), &kept[0]["province"]), (1, &json!("BC")), "the twin, and nothing of the other");
    assert!(kept[0].values().all(|value| value != "forged"), "{:?}", kept[0].keys());
}

#[test]
fn v28_claims_without_end_are_refused_and_nothing_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let a_million = Value::Array(vec![Value::Null; 1_000_000]);
    for (what, bytes, reason) in [
        ("longer than a file of claims may be", vec![b' '; (64 << 20) + 1], "too_large"),
        ("deep", b"[".repeat(10_000), "too_large"),
        ("deep in a claim", format!("{{\"family_name\": {}", "[".repeat(10_000)).into_bytes(), "too_large"),
        ("a million elements", person_with("family_name", a_million).to_string().into(), "value_invalid"),
        ("5 MB", person_with("family_name", "x".repeat(5 << 20)).to_string().into(), "schema_mismatch"),
        ("twice", b"{\"family_name\": \"a\", \"family_name\": \"b\"}".to_vec(), "malformed"),
        ("no end", b"[{}".to_vec(), "malformed"),
        ("a workbook", b"PK\x03\x04\x14\0".to_vec(), "malformed"),
    ] {
        let file = write(folder.path(), "claims.json", bytes);
        let output = run(folder.path(), &["offer", "--type", "person", "--claims", &file]);
        assert_eq!(end(&output), (1, reason.to_owned()), "{what}");
        assert!(output.stderr.len() < 2_000 && output.stdout.len() < 2_000, "{what}");
        assert_eq!(claims_kept(folder.path()).len(), 0, "{what}");
    }
    let file = write(folder.path(), "claims.json", person_with("family_name", "Canary").to_string());
    assert_eq!(end(&run(folder.path(), &["offer", "--type", "person", "--claims", &file])).0, 0);
    assert_eq!(claims_kept(folder.path()).len(), 1);
}

#[test]
fn an_element_that_is_refused_is_named_by_its_line_and_character() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let text = format!("[\n  {},\n  {{\"é\": 1}}, 7]\n", person_with("family_name", "Canary"));
    let file = write(folder.path(), "claims.json", text);
    let offer = ["offer", "--type", "person", "--claims", &file];
    let output = run(folder.path(), &offer);
    let told = lines(&output);
    assert!(told[0]["ref"].is_string(), "{}", told[0]);
    let place = |line: &Value| (line["refused"]["line"].as_u64(), line["refused"]["character"].as_u64());
    assert_eq!((place(&told[1]), place(&told[2])), ((Some(3), Some(3)), (Some(3), Some(13))));
    let check = lines(&run(folder.path(), &[&offer[..], &["--check"]].concat()));
    assert_eq!((&check[0]["line"], &check[0]["unchanged"]), (&json!(2), &json!(true)));
    assert_eq!(check[1..], told[1..]);
}

#[test]
fn d07_hostile_strings_in_claims_are_kept_as_they_are_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let rows: Vec<_> = HOSTILE.iter().map(|name| person_with("family_name", *name)).collect();
    let file = write(folder.path(), "claims.json", Value::Array(rows).to_string());
    let output = run(folder.path(), &["offer", "--type", "person", "--claims", &file]);
    assert_eq!(end(&output).0, 0);
    let names: Vec<_> =
        claims_kept(folder.path()).iter().map(|claims| claims["family_name"].clone()).collect();
    assert_eq!(names.len(), HOSTILE.len());
    assert!(HOSTILE.iter().all(|name| names.contains(&json!(name))), "{names:?}");

    // In the name of a claim: refused, and not repeated to the terminal as it stands.
    let file = write(folder.path(), "claims.json", person_with("\u{1b}[2J'; --", "Canary").to_string());
    let output = run(folder.path(), &["offer", "--type", "person", "--claims", &file]);
    assert_eq!(end(&output), (1, "schema_mismatch".into()));
    assert!(!output.stdout.contains(&0x1b) && !output.stderr.contains(&0x1b));
    assert_eq!(claims_kept(folder.path()).len(), HOSTILE.len());
}

fn bundle(attributes: &Value, name: &str) -> Vec<u8> {
    let text = json!({
        "capture_base": { "attributes": attributes },
        "overlays": [{ "type": "meta", "language": "en", "name": name, "description": "A card." }],
    });
    text.to_string().into_bytes()
}

#[test]
fn v28_i17_d07_a_hostile_bundle_leaves_no_type() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let config = std::fs::read(folder.path().join("issuer.toml")).unwrap();
    let sound = json!({ "number": "Text" });
    let mut hostile = vec![
        ("longer than a bundle may be".to_owned(), vec![b' '; 10 << 20]),
        ("deep".to_owned(), b"[".repeat(10_000)),
        ("a million elements".to_owned(), format!("[{}1]", "1,".repeat(1_000_000)).into_bytes()),
        ("a string of 5 MB".to_owned(), bundle(&sound, &"x".repeat(5 << 20))),
        ("no bundle".to_owned(), b"PK\x03\x04\x14\0".to_vec()),
        ("a path".to_owned(), bundle(&json!({ "../etc": "Text" }), "Card")),
    ];
    hostile.extend(RESERVED.map(|name| (name.to_owned(), bundle(&json!({ name: "Text" }), "Card"))));
    for (what, bytes) in hostile {
        let file = write(folder.path(), "bundle.json", bytes);
        let output = run(folder.path(), &["type", "import", &file]);
        assert_eq!(end(&output).0, 1, "{what}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stderr.len() < 2_000, "{what}");
        assert!(!folder.path().join("types").exists(), "{what}");
        assert_eq!(std::fs::read(folder.path().join("issuer.toml")).unwrap(), config, "{what}");
    }
    for name in HOSTILE {
        let file = write(folder.path(), "bundle.json", bundle(&sound, name));
        let output = run(folder.path(), &["type", "import", &file, "--id", "card", "--replace"]);
        assert_eq!(end(&output).0, 0, "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let made = std::fs::read(folder.path().join("types/card/type.json")).unwrap();
        let made: Value = serde_json::from_slice(&made).unwrap();
        assert_eq!(made["name"]["en"], name, "kept as text");
        let types: Vec<_> = std::fs::read_dir(folder.path().join("types")).unwrap().collect();
        assert_eq!(types.len(), 1, "and in its folder alone");
    }
}
