use std::{ffi::OsString, fs};

use clap::Parser;
use portage_catalog::Format;
use portage_testkit::world::{AUDIENCE, NONCE, World};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::args::{Args, Command};

mod trust_chain;

/// A folder with files, and a run of `check` in it.
struct Scene {
    dir: TempDir,
    now: Timestamp,
    stdin: Vec<u8>,
}

/// What a run left behind.
struct Ran {
    code: u8,
    lines: Vec<Value>,
    stderr: String,
}

impl Scene {
    fn at(now: Timestamp) -> Self {
        Scene { dir: tempfile::tempdir().unwrap(), now, stdin: Vec::new() }
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn check(&self, arguments: &[&str]) -> Ran {
        let all = ["verifier", "check"].iter().chain(arguments).map(OsString::from);
        let args = match Args::try_parse_from(all) {
            Ok(args) => args,
            Err(error) => return Ran { code: 2, lines: Vec::new(), stderr: error.to_string() },
        };
        let Command::Check(args) = args.command else { unreachable!("check was asked for") };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let now = args.at.unwrap_or(self.now);
        let result = check(&args, self.dir.path(), now, &mut self.stdin.as_slice(), &mut out, &mut err);
        let (code, error) = match result {
            Ok(code) => (code.code(), String::new()),
            Err(error) => (error.exit_code().code(), error.to_string()),
        };
        let lines = String::from_utf8(out).unwrap();
        let lines = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        Ran { code, lines, stderr: String::from_utf8(err).unwrap() + &error }
    }
}

impl Ran {
    fn verdict(&self) -> String {
        let line = &self.lines[0];
        let reasons =
            line["reasons"].as_array().unwrap().iter().map(|reason| format!(" {}", reason.as_str().unwrap()));
        format!("{} {}{}", self.code, line["decision"].as_str().unwrap(), reasons.collect::<String>())
    }
}

/// A credential of the world, its issuer's document and its lists as files.
struct Files {
    credential: String,
    presentation: String,
    document: String,
    key: String,
    lists: Vec<String>,
}

fn files(scene: &Scene, world: &World, format: Format, type_id: &str) -> Files {
    let issuer = world.issuer_of(type_id);
    let credential = world.issue(type_id, format);
    let list = |name: &str| {
        let (bytes, _) = &world.sources.lists[&issuer.url(&format!("/status/{name}"))];
        scene.file(name, bytes)
    };
    let names: &[&str] = if format == Format::DcSdJwt { &["token"] } else { &["revocation", "suspension"] };
    let key = portage_jose::Jwk::from_key(portage_keys::Signer::verification_key(&issuer.key).clone());
    Files {
        presentation: scene.file("presentation", world.present(&credential, format)),
        credential: scene.file("credential", credential),
        document: scene.file("did.json", issuer.document_bytes()),
        key: key.to_value().to_string(),
        lists: names.iter().map(|name| list(name)).collect(),
    }
}

impl Files {
    /// `--trust any --did-document … --status …`
    fn all(&self) -> Vec<&str> {
        let mut arguments = vec!["--trust", "any", "--did-document", &self.document];
        arguments.extend(self.lists.iter().flat_map(|list| ["--status", list]));
        arguments
    }

    fn with<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let mut arguments = self.all();
        arguments.extend(more);
        arguments
    }
}

fn world() -> (World, Scene) {
    let world = World::new();
    let scene = Scene::at(world.now);
    (world, scene)
}

#[test]
fn a_credential_of_every_format_is_checked_with_what_files_say() {
    let (world, scene) = world();
    for (format, type_id) in World::EVERY_FORMAT {
        let files = files(&scene, &world, format, type_id);
        let ran = scene.check(&files.with(&[&files.credential]));
        assert_eq!((ran.verdict().as_str(), ran.stderr.as_str()), ("0 accepted", ""));
        let line = &ran.lines[0];
        assert_eq!(line["input"], files.credential);
        assert_eq!(line["format"], format.name());
        assert_eq!(line["issuer"], world.issuer_of(type_id).did.as_str());
        assert_eq!(line["reasons"], json!([]));
        assert_eq!(line["evidence"]["status"], "valid");
        assert_eq!(line["evidence"]["holder_is_subject"], "not_proved");
        assert!(line["claims"].is_object());
    }
}

#[test]
fn a_presentation_needs_its_session_and_proves_the_holder() {
    let (world, scene) = world();
    for (format, type_id) in World::EVERY_FORMAT {
        let files = files(&scene, &world, format, type_id);
        let ran = scene.check(&files.with(&[&files.presentation]));
        assert_eq!((ran.code, ran.lines.len()), (2, 0), "{}", ran.stderr);
        assert_eq!(scene.check(&files.with(&["--nonce", NONCE, &files.presentation])).code, 2);

        let session = ["--nonce", NONCE, "--audience", AUDIENCE, &files.presentation];
        let ran = scene.check(&files.with(&session));
        assert_eq!(ran.verdict(), "0 accepted");
        assert_eq!(ran.lines[0]["evidence"]["holder_is_subject"], "proved");
        assert_eq!(ran.lines[0]["evidence"]["same_holder"], "proved");

        let other = ["--nonce", "another", "--audience", AUDIENCE, &files.presentation];
        assert_eq!(scene.check(&files.with(&other)).verdict(), "1 rejected nonce_mismatch");
    }
}

#[test]
fn without_a_key_or_a_list_it_stays_open_and_the_reason_is_the_last_word() {
    let (world, scene) = world();
    for (format, type_id) in World::EVERY_FORMAT {
        let files = files(&scene, &world, format, type_id);
        let ran = scene.check(&["--trust", "any", &files.credential]);
        assert_eq!(ran.verdict(), "1 indeterminate key_not_found");
        assert!(ran.stderr.trim_end().ends_with(" key_not_found"), "{}", ran.stderr);
        assert_eq!(ran.lines[0].get("claims"), None);

        let with_key = ["--trust", "any", "--key", &files.key, &files.credential];
        assert_eq!(scene.check(&with_key).verdict(), "1 indeterminate status_unavailable");
        let key_file = scene.file("key.jwk", &files.key);
        let no_status = ["--trust", "any", "--key", &key_file, "--no-status", &files.credential];
        let ran = scene.check(&no_status);
        assert_eq!(ran.verdict(), "0 accepted");
        assert_eq!(ran.lines[0]["evidence"]["status"], "not_checked");
    }
}

#[test]
fn nobody_is_trusted_without_a_list_and_whoever_is_listed_is() {
    let (world, scene) = world();
    for (format, type_id) in World::EVERY_FORMAT {
        let files = files(&scene, &world, format, type_id);
        let arguments: Vec<_> = files.with(&[&files.credential]).split_off(2);
        assert_eq!(scene.check(&arguments).verdict(), "1 rejected issuer_not_trusted");
        let trust = scene.file("trust.json", world.trust.to_json().to_string());
        assert_eq!(scene.check(&arguments).verdict(), "0 accepted");
        fs::rename(&trust, scene.dir.path().join("mine.json")).unwrap();
        let mine = scene.dir.path().join("mine.json");
        let with_list = [&["--trust", mine.to_str().unwrap()], arguments.as_slice()].concat();
        assert_eq!(scene.check(&with_list).verdict(), "0 accepted");
    }
}

#[test]
fn s02_a_list_under_a_wrong_name_is_invalid_and_a_missing_one_unavailable() {
    let (world, scene) = world();
    let files = files(&scene, &world, Format::DcSdJwt, "person");
    let other_url = world.province.url("/status/other");
    let other = world.token_list(&world.province, &other_url, &Default::default());
    let other = scene.file("other", other);
    let arguments =
        ["--trust", "any", "--did-document", &files.document, "--status", &other, &files.credential];
    assert_eq!(scene.check(&arguments).verdict(), "1 rejected status_list_invalid");

    let licence = self::files(&scene, &world, Format::VcJwt, "business-licence");
    let one = ["--trust", "any", "--did-document", &licence.document, "--status", &licence.lists[0]];
    let ran = scene.check(&[&one[..], &[&licence.credential]].concat());
    assert_eq!(ran.verdict(), "1 indeterminate status_unavailable");
}

#[test]
fn several_inputs_and_standard_input_each_have_their_line() {
    let (world, mut scene) = world();
    let files = files(&scene, &world, Format::VcJwt, "business-licence");
    scene.stdin = fs::read(&files.credential).unwrap();
    let broken = scene.file("broken", "not a credential");
    let ran = scene.check(&files.with(&["-", &broken, &files.credential]));
    assert_eq!(ran.code, 1);
    let lines: Vec<_> = ran.lines.iter().map(|line| (&line["input"], &line["decision"])).collect();
    assert_eq!(
        lines,
        [
            (&json!("-"), &json!("accepted")),
            (&json!(broken), &json!("rejected")),
            (&json!(files.credential), &json!("accepted"))
        ]
    );
    assert_eq!(ran.lines[1]["reasons"], json!(["malformed"]));
}

#[test]
fn time_is_an_argument() {
    let (world, scene) = world();
    let files = files(&scene, &world, Format::DcSdJwt, "person");
    for (at, verdict) in [
        ("2026-01-15T12:00:00Z", "0 accepted"),
        ("2026-01-15", "0 accepted"),
        ("2025-01-01", "1 rejected not_yet_valid"),
        ("2030-01-01T00:00:00Z", "1 rejected expired"),
    ] {
        let arguments = ["--at", at, "--no-status", "--trust", "any", "--key", &files.key, &files.credential];
        assert_eq!(scene.check(&arguments).verdict(), verdict, "{at}");
    }
    assert_eq!(scene.check(&["--at", "yesterday", &files.credential]).code, 2);
}

#[test]
fn wrong_usage_and_missing_files_are_told_apart() {
    let (world, scene) = world();
    let files = files(&scene, &world, Format::VcJwt, "business-licence");
    assert_eq!(scene.check(&[]).code, 2);
    assert_eq!(scene.check(&["--key", "{}", &files.credential]).code, 2);
    assert_eq!(scene.check(&["--context", "x", &files.credential]).code, 2);
    assert_eq!(scene.check(&["--no-status", "--status", "x", &files.credential]).code, 2);
    let private = portage_jose::private_jwk(&world.city.key);
    assert_eq!(scene.check(&["--key", &private, &files.credential]).code, 2);
    assert_eq!(scene.check(&["nowhere"]).code, 3);
    assert_eq!(scene.check(&["--did-document", "nowhere", &files.credential]).code, 3);
}

#[test]
fn a_loopback_issuer_is_only_a_name_here() {
    let (mut world, scene) = world();
    world.city.did = portage_did::Did::parse("did:web:localhost%3A8081").unwrap();
    let credential = scene.file("credential", world.issue("business-licence", Format::VcJwt));
    let document = scene.file("did.json", world.city.document_bytes());
    let arguments = ["--trust", "any", "--no-status", "--did-document", &document, &credential];
    assert_eq!(scene.check(&arguments).verdict(), "0 accepted");
}

#[test]
fn a_did_webvh_issuer_is_checked_with_its_document_or_key() {
    let (mut world, scene) = world();
    world.city.did =
        portage_did::Did::parse("did:webvh:QmWPpSLJhdVVGnMnS8Z9BKBYwbRhhb4BHYidhiidLsvSfC:city.example")
            .unwrap();
    let files = files(&scene, &world, Format::VcJwt, "business-licence");
    let arguments = ["--trust", "any", "--no-status"];
    let check =
        |more: &[&str]| scene.check(&[&arguments, more, &[files.credential.as_str()]].concat()).verdict();
    assert_eq!(check(&["--did-document", &files.document]), "0 accepted");
    assert_eq!(check(&["--key", &files.key]), "0 accepted");
    assert_eq!(check(&[]), "1 indeterminate key_not_found");
}
