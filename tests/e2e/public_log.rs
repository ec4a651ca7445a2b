//! An authority's public log, as the wallet, the verifier and a monitor meet it in processes of their own: a purpose that is withdrawn, a log that
//! is rewritten, a log that shrinks.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use jiff::SignedDuration;
use portage_clock::Clock;
use portage_tests::Served;
use serde_json::{Value, json};

use crate::department::{text, utf8};

const PURPOSE: &str = "age-restricted-sale";
const PURPOSE_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/purposes/age-restricted-sale.json");
/// How often a service is looked at before it is given up: each look is a program of its own.
const LOOKS: usize = 100;

/// A province that is pinned, an issuer and a shop below it, a citizen, and somebody who watches.
struct Scene {
    folder: tempfile::TempDir,
    /// How far ahead of the machine's clock everybody lives.
    ahead: SignedDuration,
    registry: Option<Served>,
    issuer: Option<Served>,
    shop: Option<Served>,
    urls: [String; 3],
}

impl Scene {
    /// The province vouches for issuer and shop, and lets the shop ask for its purpose; the citizen holds a person credential.
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("pass"), "correct horse battery staple\n").expect("written");
        let ahead = SignedDuration::ZERO;
        let mut scene =
            Scene { folder, ahead, registry: None, issuer: None, shop: None, urls: Default::default() };
        let listen = [0; 3].map(|_| xtask::free_address().expect("a free port"));
        scene.urls = listen.map(|address| format!("http://localhost:{}", address.port()));
        let [registry, issuer, shop] = scene.urls.clone();
        let [at_registry, at_issuer, at_shop] = listen.map(|address| address.to_string());
        let below = ["--superior", &registry];
        let init = |listen| ["init", "--demo", "--listen", listen];
        let allow = ["--jurisdiction", "CA-BC", "--allow", &issuer, "--allow", &shop];
        scene.one("authority", &[&init(&at_registry)[..], &allow].concat());
        // An hour, so that a slow machine changes nothing.
        let config = scene.at("authority").join("authority.toml");
        let written = fs::read_to_string(&config).expect("the configuration");
        assert!(written.contains("statement_seconds = 60"), "{written}");
        fs::write(&config, written.replace("statement_seconds = 60", "statement_seconds = 3600"))
            .expect("written");
        let person = ["--types", "person"];
        scene.one("issuer", &[&init(&at_issuer)[..], &person, &below].concat());
        let allow = ["--allow", &registry, "--allow", &issuer];
        scene.one("verifier", &[&init(&at_shop)[..], &allow, &below].concat());
        let anchor = scene.one("authority", &["anchor"]);
        let list = scene.at("verifier").join("trust.json");
        fs::write(&list, anchor.to_string()).expect("written");
        scene.one("wallet", &["init", "--demo", "--allow", &registry, &issuer, &shop]);
        scene.one("wallet", &["trust", "import", utf8(&list)]);
        scene.start("issuer");
        scene.start("verifier");
        scene.start("authority");
        let all = ["--may-issue", "person", "--yes"];
        scene.one("authority", &[&["register", &issuer, "--as", "issuer"][..], &all].concat());
        scene.one("authority", &["register", &shop, "--as", "verifier", "--yes"]);
        let offer =
            scene.one("issuer", &["offer", "--type", "person", "--format", "dc+sd-jwt", "--claims", PERSON]);
        scene.one("wallet", &["accept", &text(&offer, "offer"), "--yes"]);
        scene
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(portage_tests::programs().join(program));
        command.args(arguments).arg("--json").arg("--dir").arg(self.at(program));
        if program == "wallet" {
            command.arg("--passphrase-file").arg(self.at("pass"));
        }
        if self.ahead.is_zero() {
            command.env_remove("PORTAGE_CLOCK");
        } else {
            let now = Clock::system().now().checked_add(self.ahead).expect("a time");
            command.env("PORTAGE_CLOCK", now.to_string());
        }
        command.stdin(Stdio::null());
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        self.command(program, arguments).output().expect("the program starts")
    }

    /// A command that must succeed, and the last object it prints.
    fn one(&self, program: &str, arguments: &[&str]) -> Value {
        let output = self.run(program, arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}: {said}");
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        serde_json::from_str(told.lines().last().unwrap_or("null")).expect("JSON")
    }

    /// A command that a check must refuse, and the reason.
    fn refused(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.run(program, arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{program} {arguments:?}: {said}");
        said.split_whitespace().next_back().unwrap_or_default().to_owned()
    }

    /// `serve`, anew when it runs already.
    fn start(&mut self, program: &str) {
        let place = match program {
            "authority" => &mut self.registry,
            "issuer" => &mut self.issuer,
            _ => &mut self.shop,
        };
        drop(place.take());
        let served = Served::start(&mut self.command(program, &["serve"]));
        match program {
            "authority" => self.registry = Some(served),
            "issuer" => self.issuer = Some(served),
            _ => self.shop = Some(served),
        }
    }

    /// A request of the shop: where the wallet finds it, and by what the shop finds the answer.
    fn request(&self) -> (String, String) {
        let request = self.one("verifier", &["request", "--purpose", PURPOSE]);
        (text(&request, "request_uri"), text(&request, "transaction"))
    }

    /// Looks at requests of the shop until one is as expected: the shop asks the registry beside its answers.
    fn review_until(&self, expected: impl Fn(&Value) -> bool) -> Value {
        let mut looks = (0..LOOKS).map(|_| self.one("wallet", &["review", &self.request().0]));
        looks.find(|review| expected(review)).expect("it comes in time")
    }

    fn is_vouched_for(&self) -> Value {
        self.review_until(|review| review["warnings"] == json!([]))
    }
}

const PERSON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/credentials/person/example.json");

#[test]
fn w11_a_withdrawn_purpose_stops_counting_after_its_end_and_a_running_verifier_finds_a_new_one() {
    let mut scene = Scene::new();
    let shop = scene.urls[2].clone();
    let known = scene.review_until(|review| review["verifier"]["standing"] == "not_registered");
    assert_eq!(known["warnings"], json!([{ "reason": "purpose_not_registered" }]), "{known}");

    // Registered while the shop runs: it finds it by itself.
    let registered = scene.one("authority", &["purpose", &shop, PURPOSE_FILE]);
    assert_eq!((&registered["done"], &registered["statement"]), (&json!("changed"), &Value::Null));
    let vouched = scene.is_vouched_for();
    assert!(vouched["purpose"]["vouched_by"]["log"]["entry"].is_u64(), "{vouched}");
    let (uri, transaction) = scene.request();
    scene.one("wallet", &["present", &uri, "--yes"]);
    assert_eq!(scene.one("verifier", &["result", &transaction])["decision"], "accepted");

    // Withdrawn: what the shop carries counts until it ends, and no longer.
    scene.one("authority", &["purpose", &shop, "--withdraw", PURPOSE]);
    assert_eq!(scene.one("wallet", &["review", &scene.request().0])["warnings"], json!([]), "until its end");
    scene.ahead = SignedDuration::from_hours(2);
    for program in ["authority", "verifier"] {
        scene.start(program);
    }
    let over = scene.review_until(|review| review["verifier"]["standing"] == "not_registered");
    assert_eq!(over["warnings"][0], json!({ "reason": "purpose_not_registered" }), "{over}");
    assert_eq!(scene.refused("wallet", &["present", &scene.request().0, "--yes"]), "consent_required");

    // The twin: registered again.
    scene.one("authority", &["purpose", &shop, PURPOSE_FILE]);
    scene.review_until(|review| review["purpose"]["source"] == "vouched");
}

/// Copies a folder as a backup does.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("the folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("its kind").is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

#[test]
fn a_log_that_is_rewritten_or_shrinks_is_refused_by_wallet_and_verifier_and_caught_by_whoever_watches() {
    let mut scene = Scene::new();
    let [registry, issuer, shop] = scene.urls.clone();
    // What the registry looked like before it let the shop ask.
    drop(scene.registry.take());
    let before = scene.at("before");
    copy(&scene.at("authority"), &before);
    scene.start("authority");
    scene.one("authority", &["purpose", &shop, PURPOSE_FILE]);

    // Wallet, shop and a monitor see the log as it is.
    scene.is_vouched_for();
    let (uri, transaction) = scene.request();
    scene.one("wallet", &["present", &uri, "--yes"]);
    assert_eq!(scene.one("verifier", &["result", &transaction])["decision"], "accepted");
    let state = scene.at("watch.json");
    let watch = ["log", "watch", &registry, "--once", "--state", utf8(&state)];
    scene.one("authority", &watch);

    let honest = scene.at("honest");
    for (history, ahead) in [("rewritten", 0), ("shrunken", 10)] {
        drop(scene.registry.take());
        fs::rename(scene.at("authority"), &honest).expect("moved");
        copy(&before, &scene.at("authority"));
        scene.ahead = SignedDuration::from_mins(ahead);
        if history == "rewritten" {
            // The same keys, and another history of more entries.
            for types in ["business-licence", "student-card"] {
                let other = ["register", &issuer, "--as", "issuer", "--yes", "--may-issue", "person", types];
                scene.one("authority", &other);
            }
        }
        for program in ["authority", "issuer", "verifier"] {
            scene.start(program);
        }

        let review = scene.review_until(|review| review["warnings"][0]["reason"] == "log_proof_invalid");
        assert_eq!(review["verifier"]["standing"], "unknown", "{history}: {review}");
        let (uri, _) = scene.request();
        assert_eq!(scene.refused("wallet", &["present", &uri, "--yes"]), "log_proof_invalid", "{history}");

        // The shop learns the issuer's chain under the same log: whatever the citizen agrees to, it does not believe it.
        let (uri, transaction) = scene.request();
        scene.run("wallet", &["present", &uri, "--yes", "--unknown-verifier-too"]);
        let decided = scene.run("verifier", &["result", &transaction]);
        let decided: Value = serde_json::from_slice(&decided.stdout).expect("one JSON object");
        assert_eq!(
            (&decided["decision"], &decided["reasons"]),
            (&json!("rejected"), &json!(["log_proof_invalid"])),
            "{history}: {decided}"
        );
        assert_eq!(scene.refused("authority", &watch), "log_proof_invalid", "{history}");

        // The twin: the log that was seen first.
        drop(scene.registry.take());
        fs::remove_dir_all(scene.at("authority")).expect("removed");
        fs::rename(&honest, scene.at("authority")).expect("moved");
        scene.start("authority");
        scene.start("verifier");
        scene.is_vouched_for();
        scene.one("authority", &watch);
    }
}
