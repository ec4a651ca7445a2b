//! The shipped program: its commands, its keys, its store.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use portage_oid4vci::IssuerIdentifier;
use serde_json::{Value, json};

use crate::{wallet::Wallet, world::person};

pub(crate) fn issuer(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_issuer"));
    command.args(arguments).arg("--json").arg("--dir").arg(folder).env_remove("PORTAGE_CLOCK");
    command
}

pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    issuer(folder, arguments).output().unwrap()
}

pub(crate) fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// How it ended, and the last word on standard error.
pub(crate) fn end(output: &Output) -> (i32, String) {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap(), text.split_whitespace().next_back().unwrap_or_default().to_owned())
}

/// A process that is stopped when the test is over, however it ends.
pub(crate) struct Served(Child, pub(crate) u16);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// On a port of its own, as a further process on the store.
pub(crate) fn serve(folder: &Path) -> Served {
    let port = free_port();
    start(folder, &["serve", "--listen", &format!("127.0.0.1:{port}")], port)
}

/// Where its configuration says.
pub(crate) fn serve_as_configured(folder: &Path) -> Served {
    start(folder, &["serve"], 0)
}

fn start(folder: &Path, arguments: &[&str], port: u16) -> Served {
    let mut child = issuer(folder, arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(serde_json::from_str::<Value>(&line).unwrap()["ready"].is_string(), "{line}");
    Served(child, port)
}

pub(crate) fn init(folder: &Path) {
    let listen = format!("127.0.0.1:{}", free_port());
    let output = run(folder, &["init", "--demo", "--listen", &listen]);
    assert_eq!(end(&output).0, 0);
    let made = &lines(&output)[0];
    assert!(made["id"].as_str().unwrap().starts_with("did:web:localhost%3A"));
    assert!(made["url"].as_str().unwrap().starts_with("http://localhost:"));
    assert!(Path::new(made["config"].as_str().unwrap()).exists());
}

pub(crate) fn write_person(folder: &Path, family_name: &str) -> String {
    let mut claims = person();
    claims.insert("family_name".into(), family_name.into());
    let file = folder.join("claims.json");
    std::fs::write(&file, Value::Object(claims).to_string()).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn offers_are_printed_a_line_each_and_the_same_file_again_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let file = write_person(folder.path(), "Canary");
    let offer = ["offer", "--type", "person", "--claims", &file, "--tx-code"];
    let first = run(folder.path(), &offer);
    assert_eq!(end(&first).0, 0);
    let line = lines(&first).remove(0);
    assert_eq!(line["row"], 1);
    assert!(line["offer"].as_str().unwrap().starts_with("openid-credential-offer://?credential_offer_uri="));
    let tx_code = line["tx_code"].as_str().unwrap();
    assert!(tx_code.len() == 6 && tx_code.bytes().all(|byte| byte.is_ascii_digit()));
    let again = lines(&run(folder.path(), &offer)).remove(0);
    assert_eq!((&again["ref"], &again["offer"]), (&line["ref"], &line["offer"]));
    assert!(again.get("tx_code").is_none(), "told once");
    // The letter was lost: another link and another code under the same reference.
    let anew = lines(&run(folder.path(), &[&offer[..], &["--again"]].concat())).remove(0);
    assert_eq!(anew["ref"], line["ref"]);
    assert!(anew["offer"] != line["offer"] && anew["tx_code"].is_string());

    let mixed = json!([person(), { "family_name": 7 }, person(), "x"]);
    let file = folder.path().join("mixed.json");
    std::fs::write(&file, mixed.to_string()).unwrap();
    let output = run(folder.path(), &["offer", "--type", "person", "--claims", file.to_str().unwrap()]);
    assert_eq!(end(&output), (1, "value_missing".into()));
    let rows = lines(&output);
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[1]["refused"]["reason"], "value_missing");
    assert_eq!(rows[3]["refused"]["reason"], "malformed");
    assert!(rows[0]["ref"].is_string());
}

#[test]
fn s10_the_command_line_refuses_to_reinstate_what_is_revoked() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let file = write_person(folder.path(), "Canary");
    let made = lines(&run(folder.path(), &["offer", "--type", "person", "--claims", &file])).remove(0);
    let reference = made["ref"].as_str().unwrap();
    assert_eq!(
        end(&run(folder.path(), &["status", reference, "suspend"])),
        (1, "unsupported".into()),
        "not collected"
    );
    let output = run(folder.path(), &["status", reference, "revoke"]);
    assert_eq!((end(&output).0, &lines(&output)[0]["status"]), (0, &json!("revoked")));
    assert_eq!(end(&run(folder.path(), &["status", reference, "reinstate"])), (1, "revoked".into()));
    assert_eq!(end(&run(folder.path(), &["status", "0", "revoke"])).0, 1);
    assert_eq!(end(&run(folder.path(), &["status", reference, "unrevoke"])).0, 2);
}

#[test]
fn i17_the_command_line_refuses_reserved_names_and_stores_nothing_of_them() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let file = folder.path().join("claims.json");
    for name in ["iss", "exp", "cnf", "vct", "status", "_sd", "...", "@context", "no_such_claim"] {
        let mut claims = person();
        claims.insert(name.to_owned(), json!("Canary"));
        std::fs::write(&file, Value::Object(claims).to_string()).unwrap();
        let output = run(folder.path(), &["offer", "--type", "person", "--claims", file.to_str().unwrap()]);
        assert_eq!(end(&output), (1, "schema_mismatch".into()), "{name}");
        assert!(!String::from_utf8_lossy(&output.stdout).contains("Canary"), "{name}");
    }
    let count = |what: &str| {
        let store = rusqlite::Connection::open(folder.path().join("issuer.sqlite")).unwrap();
        store
            .query_row("SELECT count(*) FROM issuance", [], |row| row.get::<_, u32>(0))
            .unwrap_or_else(|error| panic!("{what}: {error}"))
    };
    assert_eq!(count("after the refusals"), 0);
    let file = write_person(folder.path(), "Canary");
    assert_eq!(end(&run(folder.path(), &["offer", "--type", "person", "--claims", &file])).0, 0);
    assert_eq!(count("the twin"), 1);
}

#[test]
fn types_are_listed_and_those_of_the_folder_checked() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let listed = lines(&run(folder.path(), &["type", "list"]));
    let person = listed.iter().find(|line| line["type"] == "person").unwrap();
    assert_eq!(person["formats"][0], "dc+sd-jwt");
    assert!(person["name"]["fr"].is_string() && person["claims"].as_array().unwrap().len() > 5);
    assert_eq!(end(&run(folder.path(), &["type", "check"])).0, 0);
    let own = folder.path().join("types/fishing-licence");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("type.json"), "{}").unwrap();
    let output = run(folder.path(), &["type", "check"]);
    assert_eq!(end(&output), (1, "malformed".into()));
    assert!(
        lines(&output).iter().any(|line| line["type"] == "fishing-licence" && line["refused"].is_object())
    );
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_and_a_damaged_store_stop_the_start() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    assert_eq!(end(&run(folder.path(), &["init"])).0, 2, "never twice");
    let key = folder.path().join("keys/key-1.jwk");
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(end(&run(folder.path(), &["serve"])).0, 3);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let store = folder.path().join("issuer.sqlite");
    std::fs::write(&store, "").unwrap();
    assert_eq!(end(&run(folder.path(), &["serve"])), (3, "store_corrupt".into()));
    assert_eq!(std::fs::read(&store).unwrap(), b"");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_may_be_its_key() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let config = folder.path().join("issuer.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("did = \"did:web\"", "did = \"did:key\"")).unwrap();
    let served = serve(folder.path());
    let identifier = format!("http://localhost:{}", served.1);
    let wallet = Wallet::at(&IssuerIdentifier::parse(&identifier).unwrap());
    assert_eq!(wallet.get(&format!("{identifier}/.well-known/did.json")).await.status, 404);
    assert_eq!(wallet.get(&format!("{identifier}/readyz")).await.status, 200);
    // One key, and one algorithm: the other is refused by the configuration.
    std::fs::write(&config, std::fs::read_to_string(&config).unwrap().replace("\"EdDSA\"", "\"ES256\""))
        .unwrap();
    assert_eq!(end(&run(folder.path(), &["serve"])).0, 3);
}

#[test]
fn init_makes_nothing_that_would_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("city");
    for wrong in [
        &["--url", "http://city.example"][..],
        &["--url", "https://192.0.2.1"],
        &["--url", "https://city.example/path"],
        &["--types", "no-such-type"],
        &["--listen", "127.0.0.1:0"],
    ] {
        assert_eq!(end(&run(&dir, &[&["init"], wrong].concat())).0, 2, "{wrong:?}");
        assert!(!dir.exists(), "{wrong:?}");
    }
    assert_eq!(end(&run(&dir, &["init", "--url", "https://city.example", "--types", "person"])).0, 0);
    assert_eq!(lines(&run(&dir, &["type", "list"])).len(), 1);
}
