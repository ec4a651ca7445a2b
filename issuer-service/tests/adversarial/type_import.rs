//! `issuer type import` and the logo of a type: what is refused, each beside the twin that is taken, and that nothing is kept of it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use portage_oid4vci::IssuerIdentifier;
use serde_json::{Value, json};

use crate::{
    program::{end, init, issuer, lines, run},
    wallet::Wallet,
};

fn bundle(logo: Option<&str>) -> Value {
    let mut bundle = json!({
        "capture_base": { "type": "spec/capture_base/1.0", "attributes": { "shelf": "Text", "until": "DateTime" } },
        "overlays": [
            { "type": "spec/overlays/meta/1.0", "language": "en", "name": "Reading Card" },
            { "type": "spec/overlays/meta/1.0", "language": "fr", "name": "Carte de lecture" },
            { "type": "spec/overlays/format/1.0", "attribute_formats": { "until": "YYYY-MM-DD" } },
        ],
    });
    if let Some(logo) = logo {
        let branding =
            json!({ "type": "aries/overlays/branding/1.0", "logo": logo, "expiry_date_attribute": "until" });
        bundle["overlays"].as_array_mut().unwrap().push(branding);
    }
    bundle
}

/// A PNG of that size: header, an empty body, end.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let header: Vec<u8> = [&width.to_be_bytes()[..], &height.to_be_bytes()[..], &[8, 6, 0, 0, 0]].concat();
    for (name, data) in [(b"IHDR", header.as_slice()), (b"IDAT", &[]), (b"IEND", &[])] {
        bytes.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
        bytes.extend(name);
        bytes.extend(data);
        bytes.extend([0; 4]);
    }
    bytes
}

fn jpeg(side: u16) -> Vec<u8> {
    let mut bytes = b"\xff\xd8\xff\xe0\x00\x04JF\xff\xff\xc2\x00\x0b\x08".to_vec();
    bytes.extend([side.to_be_bytes(), side.to_be_bytes()].concat());
    bytes.extend(b"\x01\x01\x11\x00\xff\xda\x00\x02\x00\xff\xd9");
    bytes
}

/// Every file below a folder, with what is in it.
fn everything(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.insert(path.clone(), Vec::new());
            found.extend(everything(&path));
        } else {
            found.insert(path.clone(), fs::read(path).unwrap());
        }
    }
    found
}

/// An issuer's folder, and files to import that lie elsewhere.
struct Scene {
    issuer: tempfile::TempDir,
    given: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let scene = Scene { issuer: tempfile::tempdir().unwrap(), given: tempfile::tempdir().unwrap() };
        init(scene.issuer.path());
        scene
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let file = self.given.path().join(name);
        fs::write(&file, bytes).unwrap();
        file.to_str().unwrap().to_owned()
    }

    fn import(&self, bundle: &str, more: &[&str]) -> Output {
        run(self.issuer.path(), &[&["type", "import", bundle][..], more].concat())
    }

    /// Refused with this exit code and this last word, told in one line, and the folder is as it was. The message comes back.
    fn refuses(&self, bundle: &str, more: &[&str], code: i32, word: &str) -> String {
        let before = everything(self.issuer.path());
        let output = self.import(bundle, more);
        let told = String::from_utf8(output.stderr.clone()).unwrap();
        assert_eq!(end(&output).0, code, "{more:?} {told}");
        assert!(code != 1 || end(&output).1 == word, "{more:?} {told}");
        assert!(output.stdout.is_empty(), "{more:?}");
        assert!(code != 1 || told.lines().count() == 1, "one message: {told}");
        let after = everything(self.issuer.path());
        assert!(before == after, "{more:?} left {:?}", after.keys().collect::<Vec<_>>());
        told
    }

    fn takes(&self, bundle: &str, more: &[&str]) -> Value {
        let output = self.import(bundle, more);
        assert_eq!(end(&output).0, 0, "{more:?} {}", String::from_utf8_lossy(&output.stderr));
        let made = lines(&output).remove(0);
        assert_eq!(end(&run(self.issuer.path(), &["type", "check", made["type"].as_str().unwrap()])).0, 0);
        made
    }
}

#[test]
fn a_logo_that_is_given_is_taken_by_its_bytes_or_refused_with_the_type() {
    let scene = Scene::new();
    let plain = scene.file("card.json", bundle(None).to_string());
    let padded = |length: usize| {
        let mut bytes = jpeg(1);
        bytes.resize(length, 0);
        bytes
    };
    for (name, bytes, word) in [
        ("logo.svg", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec(), "unsupported"),
        ("svg-called.png", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec(), "unsupported"),
        ("logo.gif", b"GIF89a".to_vec(), "unsupported"),
        ("big.jpg", padded((256 << 10) + 1), "too_large"),
        ("huge.jpg", padded(11 << 20), "too_large"),
        ("wide.png", png(4097, 1), "too_large"),
        ("high.jpg", jpeg(4097), "too_large"),
        ("cut.png", png(8, 8)[..30].to_vec(), "malformed"),
    ] {
        let logo = scene.file(name, bytes);
        let told = scene.refuses(&plain, &["--logo", &logo], 1, word);
        assert!(told.contains(name), "{told}");
    }
    assert_eq!(end(&scene.import(&plain, &["--logo", "no/such.png"])).0, 3, "the machine's, not the file's");
    for (id, bytes, media_type) in [
        ("one", padded(256 << 10), "image/jpeg"),
        ("two", png(4096, 1), "image/png"),
        ("three", jpeg(4096), "image/jpeg"),
    ] {
        // What it is stands in its bytes, whatever it is called.
        let logo = scene.file("logo.svg", bytes);
        let made = scene.takes(&plain, &["--id", id, "--logo", &logo]);
        assert_eq!(made["logo"], media_type);
    }
}

#[test]
fn an_embedded_logo_that_cannot_be_kept_is_left_out_and_told() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let scene = Scene::new();
    let data =
        |media_type: &str, bytes: &[u8]| format!("data:{media_type};base64,{}", STANDARD.encode(bytes));
    for (id, logo, left_out) in [
        ("svg", data("image/svg+xml", b"<svg/>"), json!([{ "what": "logo", "reason": "unsupported" }])),
        ("wide", data("image/png", &png(4097, 1)), json!([{ "what": "logo", "reason": "too_large" }])),
        ("cut", data("image/png", &png(8, 8)[..30]), json!([{ "what": "logo", "reason": "malformed" }])),
        ("fits", data("image/png", &png(4096, 8)), json!([])),
    ] {
        let made = scene.takes(&scene.file("card.json", bundle(Some(&logo)).to_string()), &["--id", id]);
        assert_eq!(made["left_out"], left_out, "{id}");
        assert_eq!(
            scene.issuer.path().join("types").join(id).join("logo.png").exists(),
            id == "fits",
            "{id}"
        );
    }
}

#[test]
fn a_bundle_that_is_none_gets_one_message_with_line_and_column_and_leaves_nothing() {
    let scene = Scene::new();
    let good = format!("{:#}", bundle(None));
    let twice = good.replacen("\"shelf\": \"Text\",", "\"shelf\": \"Text\",\n      \"shelf\": \"Text\",", 1);
    assert_ne!(twice, good);
    let second = twice.lines().enumerate().filter(|(_, line)| line.contains("\"shelf\"")).nth(1).unwrap();
    let place = format!("line {}, column ", second.0 + 1);
    let deep = format!("{}1{}", "[".repeat(33), "]".repeat(33));
    let base64 = format!("data:image/png;base64,{}", "A".repeat(11 << 20));
    let not_an_image = good.replace("\"Text\"", "\"Array[Text]\"");
    for (text, word, said) in [
        (twice.clone(), "malformed", place.as_str()),
        (good.replacen("\"Text\"", "\"Text", 1), "malformed", "line "),
        (good[..good.len() / 2].to_owned(), "malformed", "line "),
        ("\u{feff}PNG".to_owned(), "malformed", "line 1, column 1"),
        ("[]".to_owned(), "malformed", "line 1, column 1"),
        ("{\"capture_base\":{}}".to_owned(), "malformed", "line 1, column 1"),
        (deep, "too_large", "line 1, column 1"),
        (bundle(Some(&base64)).to_string(), "too_large", "line 1, column 1"),
        (" ".repeat(11 << 20), "too_large", "line 1, column 1"),
        (not_an_image, "unsupported", "shelf"),
        (good.replace("shelf", "iss"), "unsupported", "iss"),
    ] {
        let told = scene.refuses(&scene.file("card.json", &text), &[], 1, word);
        assert!(told.contains(said) && told.contains("line ") && told.contains("column "), "{said}: {told}");
        assert!(told.len() < 1000, "{} bytes", told.len());
    }
    scene.takes(&scene.file("card.json", good), &[]);
}

#[test]
fn d07_an_id_is_never_a_path_and_a_type_is_never_replaced_unasked() {
    let scene = Scene::new();
    let card = scene.file("card.json", bundle(None).to_string());
    for id in ["../x", "..", "/tmp/x", "a/b", "A", "", "x\u{0}"].into_iter().filter(|id| !id.contains('\0')) {
        scene.refuses(&card, &["--id", id], 2, "");
    }
    assert!(!scene.issuer.path().parent().unwrap().join("x").exists());
    let made = scene.takes(&card, &["--id", "x"]);
    assert_eq!(made["type"], "x");

    let mut other = bundle(None);
    other["capture_base"]["attributes"]["room"] = json!("Text");
    let other = scene.file("other.json", other.to_string());
    let told = scene.refuses(&other, &["--id", "x"], 2, "");
    assert!(told.contains("--replace"), "{told}");
    let replaced = scene.takes(&other, &["--id", "x", "--replace"]);
    assert_eq!(replaced["kinds"]["room"], "string");
    assert_eq!(replaced["context"], made["context"].as_str().unwrap().replace("/v1", "/v2"));
    // The bundle of another type, refused, leaves the type that is there.
    let broken = scene.file("broken.json", bundle(None).to_string().replace("\"Text\"", "\"Reference\""));
    scene.refuses(&broken, &["--id", "x", "--replace"], 1, "unsupported");
}

#[test]
fn what_an_option_says_is_checked_before_anything_is_read() {
    let scene = Scene::new();
    let card = scene.file("card.json", bundle(Some("https://library.example/logo.png")).to_string());
    for wrong in [
        ["--time-zone", "Vancouver"],
        ["--time-zone", ""],
        ["--time-zone", "../localtime"],
        ["--address", "http://names.example"],
        ["--address", "https://names.example/?q"],
    ] {
        scene.refuses(&card, &wrong, 2, "");
    }
    let made =
        scene.takes(&card, &["--time-zone", "America/Whitehorse", "--address", "https://names.example"]);
    assert_eq!(made["left_out"], json!([{ "what": "logo", "reason": "address_not_allowed" }]));
    let definition = fs::read(scene.issuer.path().join("types/reading-card/type.json")).unwrap();
    let definition: Value = serde_json::from_slice(&definition).unwrap();
    assert_eq!(definition["valid_until"]["time_zone"], "America/Whitehorse", "{definition}");
    assert!(made["vct"].as_str().unwrap().starts_with("https://names.example/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_logo_is_served_as_what_it_is_and_no_other_file_is() {
    let scene = Scene::new();
    let logo = scene.file("logo.png", png(64, 64));
    scene.takes(&scene.file("card.json", bundle(None).to_string()), &["--logo", &logo]);
    let served = crate::program::serve(scene.issuer.path());
    let identifier = format!("http://localhost:{}", served.1);
    let wallet = Wallet::at(&IssuerIdentifier::parse(&identifier).unwrap());
    let got = wallet.get(&format!("{identifier}/types/reading-card/logo")).await;
    assert_eq!((got.status, got.body.as_slice()), (200, png(64, 64).as_slice()));
    for other in [
        "types/student-card/logo",
        "types/no-such-type/logo",
        "types/reading-card/type.json",
        "types/..%2Freading-card/logo",
        "types/reading-card%2Flogo.png/logo",
        "types/reading-card/logo/..%2F..%2F..%2Fissuer.toml",
    ] {
        assert_eq!(wallet.get(&format!("{identifier}/{other}")).await.status, 404, "{other}");
    }
}

#[test]
fn in_words_an_import_tells_what_was_left_out_in_the_clerks_language() {
    let scene = Scene::new();
    let card = scene.file("card.json", bundle(Some("https://library.example/logo.png")).to_string());
    let said = |language: &str, id: &str| {
        let mut command = issuer(scene.issuer.path(), &["type", "import", &card, "--id", id]);
        let arguments: Vec<_> =
            command.get_args().filter(|argument| *argument != "--json").map(ToOwned::to_owned).collect();
        command = std::process::Command::new(command.get_program());
        let output =
            command.args(arguments).env("LC_ALL", language).env_remove("PORTAGE_CLOCK").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let english = said("en_CA.UTF-8", "one");
    assert!(english.contains("logo") && english.contains("--logo"), "{english}");
    let french = said("fr_CA.UTF-8", "two");
    assert!(french.contains("logo") && french.contains("Carte de lecture"), "{french}");
}
