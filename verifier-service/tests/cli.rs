//! The program `verifier` at the command line, as separate processes on one folder.

#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

struct Folder(tempfile::TempDir);

impl Folder {
    /// A folder in which `init --demo` was run.
    fn new() -> Self {
        let folder = Folder(tempfile::tempdir().unwrap());
        let made = folder.run(&["init", "--demo", "--listen", "127.0.0.1:18499", "--json"]);
        assert_eq!(made.status.code(), Some(0), "{}", stderr(&made));
        folder
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_verifier"));
        command.args(arguments).arg("--dir").arg(self.0.path()).env("LC_ALL", "C").output().unwrap()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Every file and what it holds.
    fn content(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        for folder in [self.0.path().to_owned(), self.file("keys")] {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    files.push((path.clone(), fs::read(path).unwrap()));
                }
            }
        }
        files.sort();
        files
    }
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

fn object(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    assert_eq!(stdout(output).lines().count(), 1, "one object and nothing else: {}", stdout(output));
    serde_json::from_str(stdout(output)).unwrap()
}

fn last_word(output: &Output) -> &str {
    stderr(output).split_whitespace().last().unwrap_or_default()
}

#[test]
fn init_makes_a_folder_that_is_its_owners_alone_and_never_twice() {
    let folder = Folder(tempfile::tempdir().unwrap());
    let made = object(&folder.run(&["init", "--demo", "--listen", "127.0.0.1:18499", "--json"]));
    assert_eq!(made["id"], "did:web:localhost%3A18499");
    assert_eq!(made["url"], "http://localhost:18499");
    assert!(Path::new(made["config"].as_str().unwrap()).ends_with("verifier.toml"));
    #[cfg(unix)]
    for (path, _) in folder.content() {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", path.display());
    }
    for url in ["http://market.example", "https://market.example/path", "https://192.0.2.1"] {
        let elsewhere = Folder(tempfile::tempdir().unwrap());
        assert_eq!(elsewhere.run(&["init", "--url", url]).status.code(), Some(2), "{url}");
        assert!(elsewhere.content_is_empty(), "{url}");
    }
    let before = folder.content();
    let again = folder.run(&["init", "--demo"]);
    assert_eq!(again.status.code(), Some(2));
    assert_eq!(folder.content(), before);
}

#[test]
fn init_makes_a_member_of_a_federation_that_may_ask_under_its_entity_identifier() {
    let folder = Folder(tempfile::tempdir().unwrap());
    let named = ["init", "--url", "https://market.example", "--client-id-prefix", "openid_federation"];
    assert_eq!(folder.run(&named).status.code(), Some(2), "nobody above it");
    assert!(folder.content_is_empty());
    let made = folder.run(&[&named[..], &["--superior", "https://registry.example"]].concat());
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    let text = fs::read_to_string(folder.0.path().join("verifier.toml")).unwrap();
    assert!(text.contains("superiors = [\"https://registry.example\"]"), "{text}");
    let request = object(&folder.run(&["request", "--purpose", "market-vendor-permit", "--json"]));
    let uri = request["request_uri"].as_str().unwrap();
    assert!(uri.contains("client_id=openid_federation%3Ahttps%3A%2F%2Fmarket.example&"), "{uri}");
}

#[test]
fn a_request_of_one_process_is_known_to_the_next_whether_or_not_serve_runs() {
    let folder = Folder::new();
    let made = object(&folder.run(&["request", "--purpose", "market-vendor-permit", "--json"]));
    let transaction = made["transaction"].as_str().unwrap();
    assert!(made["request_uri"].as_str().unwrap().starts_with("openid4vp://?client_id="));
    assert!(made["qr"].as_str().unwrap().contains("<svg"));
    assert!(made["expires"].is_string());
    let result = object(&folder.run(&["result", transaction, "--json"]));
    assert_eq!(result, serde_json::json!({ "state": "requested" }));
    let words = folder.run(&["result", transaction]);
    assert_eq!(stdout(&words).trim(), "Waiting for your wallet …");
    let wrong = folder.run(&["result", transaction, "--response-code", "rAny", "--json"]);
    assert_eq!((wrong.status.code(), last_word(&wrong), stdout(&wrong)), (Some(1), "request_invalid", ""));
}

#[test]
fn refusals_wrong_usage_and_faults_have_their_exit_codes() {
    let folder = Folder::new();
    let unknown = folder.run(&["request", "--purpose", "nobody-registered-this"]);
    assert_eq!((unknown.status.code(), last_word(&unknown)), (Some(1), "purpose_not_registered"));
    assert_eq!(folder.run(&["request"]).status.code(), Some(2));
    assert_eq!(folder.run(&["no-such-command"]).status.code(), Some(2));
    let elsewhere = Folder(tempfile::tempdir().unwrap());
    assert_eq!(elsewhere.run(&["request", "--purpose", "market-vendor-permit"]).status.code(), Some(3));
    assert_eq!(elsewhere.run(&["serve"]).status.code(), Some(3));
    assert!(elsewhere.content_is_empty());
}

impl Folder {
    fn content_is_empty(&self) -> bool {
        fs::read_dir(self.0.path()).unwrap().next().is_none()
    }
}

#[test]
fn every_command_helps_with_an_example() {
    let folder = Folder(tempfile::tempdir().unwrap());
    for arguments in [
        &["--help"][..],
        &["init", "--help"],
        &["serve", "--help"],
        &["request", "--help"],
        &["result", "--help"],
        &["check", "--help"],
    ] {
        let help = folder.run(arguments);
        assert_eq!(help.status.code(), Some(0));
        assert!(stdout(&help).contains("Example"), "{arguments:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_stops_the_start() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    for name in ["keys/key-1.jwk", "keys/one-time.jwk"] {
        fs::set_permissions(folder.file(name), fs::Permissions::from_mode(0o644)).unwrap();
        let stopped = folder.run(&["serve"]);
        assert_eq!(stopped.status.code(), Some(3), "{name}");
        assert!(stderr(&stopped).contains("can be read by others"), "{}", stderr(&stopped));
        fs::set_permissions(folder.file(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
}

#[test]
fn a_damaged_or_lost_store_is_told_and_left_as_it_is() {
    let folder = Folder::new();
    let request = ["request", "--purpose", "market-vendor-permit"];
    let store = folder.file("verifier.sqlite");
    let sound = fs::read(&store).unwrap();
    let cut = sound.get(..sound.len() / 2).unwrap().to_vec();
    for damage in [b"this is no database, however long one looks at it".to_vec(), Vec::new(), cut] {
        fs::write(&store, &damage).unwrap();
        let stopped = folder.run(&request);
        assert_eq!((stopped.status.code(), last_word(&stopped)), (Some(3), "store_corrupt"));
        assert_eq!(fs::read(&store).unwrap(), damage);
    }
    fs::remove_file(&store).unwrap();
    assert_eq!(folder.run(&request).status.code(), Some(3));
    assert!(!store.exists());
    fs::write(&store, &sound).unwrap();
    assert_eq!(folder.run(&request).status.code(), Some(0));
}

#[test]
fn a_purpose_of_ones_own_is_a_file_in_the_folder_purposes() {
    let folder = Folder::new();
    fs::create_dir(folder.file("purposes")).unwrap();
    let catalog = portage_catalog::Catalog::bundled();
    let purpose = catalog.purpose(&portage_catalog::PurposeId("age-restricted-sale".into())).unwrap();
    let mut own = serde_json::to_value(purpose).unwrap();
    own["id"] = "own-purpose".into();
    fs::write(folder.file("purposes/own-purpose.json"), own.to_string()).unwrap();
    object(&folder.run(&["request", "--purpose", "own-purpose", "--json"]));
    own["query"] = serde_json::json!({ "credentials": [] });
    fs::write(folder.file("purposes/own-purpose.json"), own.to_string()).unwrap();
    let stopped = folder.run(&["request", "--purpose", "own-purpose"]);
    assert_eq!(stopped.status.code(), Some(3));
    assert!(stderr(&stopped).contains("own-purpose.json"), "{}", stderr(&stopped));
}

#[test]
fn a_type_of_ones_own_is_a_folder_in_the_folder_types_and_purposes_ask_for_it() {
    let folder = Folder::new();
    let specs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs");
    let purpose = fs::read_to_string(specs.join("purposes/age-restricted-sale.json")).unwrap();
    let own = |text: &str| {
        text.replace("credentials/person", "credentials/resident")
            .replace("contexts/person/v1", "contexts/resident/v1")
            .replace("vocabulary/person#", "vocabulary/resident#")
            .replace("PersonCredential", "ResidentCredential")
            .replace("\"id\": \"person\"", "\"id\": \"resident\"")
    };
    fs::create_dir(folder.file("purposes")).unwrap();
    let purpose = own(&purpose).replace("age-restricted-sale", "resident-sale");
    fs::write(folder.file("purposes/resident-sale.json"), purpose).unwrap();
    let policy = fs::read_to_string(specs.join("policies/age-restricted-sale.cedar")).unwrap();
    fs::create_dir(folder.file("policies")).unwrap();
    fs::write(
        folder.file("policies/resident-sale.cedar"),
        policy.replace("context.person", "context.resident"),
    )
    .unwrap();
    let request = ["request", "--purpose", "resident-sale", "--json"];
    assert_eq!(folder.run(&request).status.code(), Some(3), "the purpose asks for a type that is not there");

    fs::create_dir_all(folder.file("types/resident")).unwrap();
    for file in ["type.json", "schema.json", "context.jsonld", "example.json"] {
        let text = fs::read_to_string(specs.join("credentials/person").join(file)).unwrap();
        fs::write(folder.file("types/resident").join(file), own(&text)).unwrap();
    }
    object(&folder.run(&request));
}

#[test]
fn the_store_holds_no_one_time_value_in_clear() {
    let folder = Folder::new();
    let made = object(&folder.run(&["request", "--purpose", "market-vendor-permit", "--json"]));
    let transaction = made["transaction"].as_str().unwrap().to_owned();
    let uri = made["request_uri"].as_str().unwrap();
    let request_id = uri.rsplit("%2F").next().unwrap().to_owned();
    for (path, bytes) in folder.content() {
        for secret in [&transaction, &request_id] {
            let is_there = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!is_there, "{}", path.display());
        }
    }
}

#[test]
fn a_statement_of_another_purpose_than_the_file_beside_it_stops_the_service() {
    use portage_federation::{EntityConfiguration, EntityId, FederationKeys, PurposeStatement};
    use portage_keys::{Algorithm, Signer as _, SigningKey};

    let folder = Folder::new();
    let id = "age-restricted-sale";
    let key = SigningKey::from_secret_bytes(Algorithm::EdDsa, &[3; 32]).unwrap();
    let keys = FederationKeys::of([key.verification_key().clone()]);
    let catalog = portage_catalog::Catalog::bundled();
    let purpose = catalog.purpose(&portage_catalog::PurposeId(id.to_owned())).unwrap();
    let signed = |purpose: Value| {
        let statement = PurposeStatement {
            issuer: EntityId::parse("https://bc.example").unwrap(),
            subject: EntityId::parse("https://market.example").unwrap(),
            issued_at: "2026-06-01T00:00:00Z".parse().unwrap(),
            expires_at: "2026-07-01T00:00:00Z".parse().unwrap(),
            purpose,
            log_evidence: None,
        };
        statement.sign(&keys, &key).unwrap()
    };
    fs::create_dir_all(folder.file("purposes")).unwrap();
    let put = |name: &str, text: &str| fs::write(folder.file("purposes").join(name), text).unwrap();
    let file = format!("{id}.statement.jwt");
    let same = serde_json::to_value(purpose).unwrap();
    put(&file, &format!("{}\n", signed(same.clone())));
    assert_eq!(folder.run(&["request", "--purpose", id, "--json"]).status.code(), Some(0));

    let mut wider = same.clone();
    wider["query"]["credentials"][0].as_object_mut().unwrap().remove("claims");
    let mut longer = same;
    longer["retention_days"] = 90.into();
    for text in [signed(wider), signed(longer), "a.b.c".to_owned()] {
        put(&file, &text);
        let refused = folder.run(&["request", "--purpose", id, "--json"]);
        assert_eq!(refused.status.code(), Some(3), "{}", stderr(&refused));
        assert!(stderr(&refused).contains(&file), "{}", stderr(&refused));
    }
    fs::remove_file(folder.file("purposes").join(&file)).unwrap();
    put("no-such-purpose.statement.jwt", "a.b.c");
    assert_eq!(folder.run(&["request", "--purpose", id, "--json"]).status.code(), Some(3));
    fs::remove_file(folder.file("purposes/no-such-purpose.statement.jwt")).unwrap();
    // A chain is carried as it is, but its statements must be readable: when they end, it is renewed.
    let market = EntityId::parse("https://market.example").unwrap();
    let from: jiff::Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
    let until = "2026-07-01T00:00:00Z".parse().unwrap();
    let own = EntityConfiguration::new(market, keys.clone(), from, until).sign(&key).unwrap();
    for (chain, end) in [(format!("[\"{own}\"]"), 0), ("[\"a.b.c\"]".to_owned(), 3), ("{}".to_owned(), 3)] {
        fs::write(folder.file("trust-chain.json"), chain).unwrap();
        assert_eq!(folder.run(&["request", "--purpose", id, "--json"]).status.code(), Some(end));
    }
}

#[test]
fn staff_are_added_by_a_password_on_standard_input_or_a_code_listed_and_removed() {
    use std::{io::Write, process::Stdio};

    let folder = Folder::new();
    let add = |name: &str, password: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_verifier"));
        command.args(["staff", "add", name, "--json", "--dir"]).arg(folder.0.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        process.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
        process.wait_with_output().unwrap()
    };
    assert_eq!(object(&add("Maria", "four words of pine\n"))["name"], "maria");
    assert_eq!(add("maria", "four words of pine\n").status.code(), Some(2), "the name is taken");
    assert_eq!(add("ali", "short\n").status.code(), Some(2));
    assert_eq!(add("not a name", "four words of pine\n").status.code(), Some(2));
    let coded = object(&folder.run(&["staff", "add", "robin", "--code", "--json"]));
    let open = coded["open"].as_str().unwrap();
    assert_eq!(open, format!("http://localhost:18499/counter/open/{}", coded["code"].as_str().unwrap()));
    assert_eq!(folder.run(&["staff", "add", "eve", "--role", "clerk", "--code"]).status.code(), Some(2));
    let listed = folder.run(&["staff", "list", "--json"]);
    assert_eq!(stdout(&listed).lines().count(), 2, "{}", stdout(&listed));
    assert_eq!(object(&folder.run(&["staff", "remove", "maria", "--json"]))["removed"], true);
    let absent = folder.run(&["staff", "remove", "maria"]);
    assert_eq!((absent.status.code(), last_word(&absent)), (Some(1), "request_invalid"));
    let log = folder.run(&["staff", "log"]);
    for what in ["maria  added", "robin  code_made", "maria  removed"] {
        assert!(stdout(&log).contains(what), "{}", stdout(&log));
    }
    // Neither a password nor a code lies in the folder.
    for (path, bytes) in folder.content() {
        for secret in ["four words of pine", coded["code"].as_str().unwrap()] {
            let holds = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!holds, "{}", path.display());
        }
    }
}
