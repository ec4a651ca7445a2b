//! Three tiers of authorities, an issuer below the third, and somebody who watches: each a process of its own.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use jiff::Timestamp;
use portage_catalog::Catalog;
use portage_did::LoopbackOrigins;
use portage_federation::{
    EntityId, EntityStatement, FederationKeys, HistoricalKeys, Jurisdiction, LogAddress, MarkStatus, Rights,
    TrustAnchor, TrustAnchors, TrustChain, TrustMark, TrustMarkStatusResponse, UnverifiedStatement,
};
use portage_fetch::Fetcher;
use portage_reason::Reason;
use portage_tests::Served;
use serde_json::{Value, json};
use url::Url;

/// When every program of the story starts its clock.
const START: &str = "2026-06-01T00:00:00Z";

pub(crate) fn now() -> Timestamp {
    START.parse().expect("an instant")
}

/// The folder of one program, and where it is reached.
pub(crate) struct Party {
    program: &'static str,
    pub(crate) dir: PathBuf,
    port: u16,
}

/// What a command printed, how it ended, and the last word on standard error.
struct Ran {
    lines: Vec<Value>,
    end: (i32, String),
}

impl Party {
    pub(crate) fn at(program: &'static str, folder: &Path, name: &str) -> Self {
        Party { program, dir: folder.join(name), port: xtask::free_address().expect("a free port").port() }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(portage_tests::programs().join(self.program));
        command.args(arguments).arg("--json").arg("--dir").arg(&self.dir).env("PORTAGE_CLOCK", START);
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().expect("the program runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let last = errors.split_whitespace().next_back().unwrap_or_default().to_owned();
        Ran {
            lines: text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect(),
            end: (output.status.code().expect("an end"), last),
        }
    }

    pub(crate) fn does(&self, arguments: &[&str]) -> Vec<Value> {
        let ran = self.run(arguments);
        assert_eq!(ran.end.0, 0, "{} {arguments:?}: {}", self.program, ran.end.1);
        ran.lines
    }

    pub(crate) fn refuses(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.end.0, 1, "{} {arguments:?}: {}", self.program, ran.end.1);
        ran.end.1
    }

    pub(crate) fn init(&self, arguments: &[&str]) {
        let listen = format!("127.0.0.1:{}", self.port);
        self.does(&[&["init", "--demo", "--listen", &listen], arguments].concat());
    }

    pub(crate) fn serve(&self) -> Served {
        Served::start(&mut self.command(&["serve"]))
    }
}

/// Canada, a province below it, a city below that, and an issuer of the city.
struct Tiers {
    federal: Party,
    province: Party,
    city: Party,
    issuer: Party,
    fetcher: Fetcher,
}

impl Tiers {
    fn made_in(folder: &Path) -> Self {
        let authority = |name| Party::at("authority", folder, name);
        let (federal, province, city) = (authority("federal"), authority("province"), authority("city"));
        let issuer = Party::at("issuer", folder, "issuer");
        let urls = [&federal, &province, &city, &issuer].map(Party::url);
        let mut allow = Vec::new();
        urls.iter().for_each(|url| allow.extend(["--allow", url.as_str()]));
        let init = |party: &Party, jurisdiction: &str, superior: &[&str]| {
            party.init(&[&["--jurisdiction", jurisdiction], superior, allow.as_slice()].concat());
        };
        init(&federal, "CA", &[]);
        init(&province, "CA-BC", &["--superior", &urls[0]]);
        init(&city, "CA-BC-5915022", &["--superior", &urls[1]]);
        issuer.init(&["--types", "business-licence", "--superior", &urls[2]]);
        let loopback = LoopbackOrigins::parse(urls.iter().map(String::as_str)).expect("loopback origins");
        let fetcher = Fetcher::new(loopback).expect("a way out");
        Tiers { federal, province, city, issuer, fetcher }
    }

    async fn get(&self, address: &str) -> (u16, String) {
        let url = Url::parse(address).expect("an address");
        let answer = self.fetcher.get(&url, "*/*", 1 << 20).await.expect("an answer");
        (answer.status, String::from_utf8(answer.body).expect("UTF-8"))
    }

    async fn configuration(&self, party: &Party) -> String {
        self.get(&format!("{}/.well-known/openid-federation", party.url())).await.1
    }

    async fn statement(&self, superior: &Party, subject: &Party) -> (u16, String) {
        self.get(&format!("{}/federation/fetch?sub={}", superior.url(), subject.url())).await
    }

    /// The keys of an authority and its log, as it says.
    async fn said(&self, party: &Party) -> (FederationKeys, LogAddress) {
        let read = UnverifiedStatement::parse(&self.configuration(party).await).expect("a statement");
        let EntityStatement::Configuration(own) = read.unverified().clone() else {
            unreachable!("a configuration stands at its address")
        };
        (own.keys, own.metadata.log().expect("a log"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_goes_down_three_tiers_and_nobody_hands_on_what_they_do_not_hold() {
    let folder = tempfile::tempdir().expect("a folder");
    let tiers = Tiers::made_in(folder.path());
    let Tiers { federal, province, city, issuer, .. } = &tiers;
    let _served = [federal, province, city, issuer].map(Party::serve);
    let urls = [province, city, issuer].map(Party::url);
    let [province_url, city_url, issuer_url] = urls.each_ref().map(String::as_str);

    // Nobody compared the keys, and nobody can be asked.
    let below = ["--as", "authority", "--may-issue", "business-licence", "--jurisdiction"];
    let unseen = [&["register", province_url], below.as_slice(), &["CA-BC"]].concat();
    assert_eq!(federal.refuses(&unseen), "consent_required");
    let seen = [unseen.as_slice(), &["--yes"]].concat();
    assert_eq!(federal.does(&seen), [json!({ "entity": province_url, "done": "new" })]);
    assert_eq!(federal.does(&seen)[0]["done"], "unchanged", "the same again changes nothing");

    // The province holds business licences for itself, and nothing else.
    let for_city = ["CA-BC-5915022", "--until", "2027-03-31", "--yes"];
    for wider in [
        [&["register", city_url, "--as", "authority", "--yes", "--may-issue"][..], &["person"]].concat(),
        [&["register", city_url], below.as_slice(), &["CA-AB-4806016", "--yes"]].concat(),
    ] {
        assert_eq!(province.refuses(&wider), "issuer_not_authorized_for_type", "{wider:?}");
    }
    province.does(&[&["register", city_url], below.as_slice(), &for_city].concat());

    // So does the city, until its own last day.
    let issues = ["register", issuer_url, "--as", "issuer", "--yes", "--may-issue"];
    for wider in [&["person"][..], &["*"], &["business-licence", "--until", "2027-04-01"]] {
        let refused = city.refuses(&[issues.as_slice(), wider].concat());
        assert_eq!(refused, "issuer_not_authorized_for_type", "{wider:?}");
    }
    assert_eq!(tiers.statement(city, issuer).await.0, 404, "nothing was written");
    city.does(&[issues.as_slice(), &["business-licence", "--until", "2027-03-31"]].concat());

    // Whoever pins Canada finds the way up, over HTTP, and believes it.
    let mut chain = vec![tiers.configuration(issuer).await];
    for (superior, subject) in [(city, issuer), (province, city), (federal, province)] {
        let (status, jwt) = tiers.statement(superior, subject).await;
        assert_eq!(status, 200);
        let (keys, log) = tiers.said(superior).await;
        let verified = UnverifiedStatement::parse(&jwt).and_then(|parsed| parsed.verify(&keys, now()));
        let EntityStatement::Subordinate(said) = verified.expect("it verifies").into_statement() else {
            panic!("a subordinate statement")
        };
        assert!(said.verify_log(&log).is_ok(), "{} published it", superior.url());
        chain.push(jwt);
    }
    let shown = &city.does(&["show", issuer_url])[0];
    let proof = shown["log_evidence"]["proof"].as_str().expect("the proof of what it says");
    assert!(proof.starts_with("c2sp.org/tlog-proof@v1"), "{proof}");
    let anchor = TrustAnchor {
        id: EntityId::parse(&federal.url()).expect("an identifier"),
        keys: tiers.said(federal).await.0,
        name: None,
        rights: Rights::all_in(Jurisdiction::parse("CA").expect("a code")),
        log: Some(tiers.said(federal).await.1),
    };
    let anchors = TrustAnchors::from_iter([anchor]);
    let resolved = TrustChain::validate(&chain, &anchors, now()).expect("the chain holds");
    let catalog = Catalog::bundled();
    let names = |id: &str| catalog.credential_type(id).expect("a type").names();
    assert_eq!(resolved.may_issue(&names("business-licence"), now()), Ok(()));
    assert_eq!(
        resolved.may_issue(&names("person"), now()),
        Err(Reason::IssuerNotAuthorizedForType),
        "the twin: another type"
    );
    assert!(resolved.goes_by(&format!("did:web:localhost%3A{}", issuer.port)));
    assert_eq!(resolved.rights().jurisdiction().map(Jurisdiction::as_str), Some("CA-BC-5915022"));

    // A suspension is known at once to whoever asks, and to all others when their chain ends.
    let listed = format!("{}/federation/list?entity_type=openid_credential_issuer", city.url());
    assert_eq!(tiers.get(&listed).await.1, json!([issuer_url]).to_string());
    city.does(&["suspend", issuer_url, "--reason", "Its keys were copied"]);
    let (status, body) = tiers.statement(city, issuer).await;
    assert_eq!((status, body.as_str()), (404, r#"{"error":"not_found"}"#));
    assert_eq!(tiers.get(&listed).await.1, "[]");
    assert!(TrustChain::validate(&chain, &anchors, now()).is_ok(), "the cached chain still lives");
    let later = now().checked_add(jiff::SignedDuration::from_secs(300)).expect("a time");
    assert!(TrustChain::validate(&chain, &anchors, later).is_err(), "and ends");
    city.does(&["suspend", issuer_url, "--end"]);
    assert_eq!(tiers.statement(city, issuer).await.0, 200);

    let page = tiers.get(&city.url()).await.1;
    assert!(page.contains("Its keys were copied") && !page.contains("<script"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn t13_an_authority_changes_its_key_when_everybody_knows_the_new_one_and_the_old_one_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let tiers = Tiers::made_in(folder.path());
    let Tiers { federal, province, city, issuer, .. } = &tiers;
    let _served = [federal, province, city, issuer].map(Party::serve);
    let province_url = province.url();
    let below = ["register", &province_url, "--as", "authority", "--may-issue", "business-licence"];
    let below = [below.as_slice(), &["--jurisdiction", "CA-BC", "--yes"]].concat();
    federal.does(&below);
    province.does(&[
        "register",
        &city.url(),
        "--as",
        "authority",
        "--may-issue",
        "business-licence",
        "--jurisdiction",
        "CA-BC-5915022",
        "--yes",
    ]);
    city.does(&["register", &issuer.url(), "--as", "issuer", "--may-issue", "business-licence", "--yes"]);
    let pinned_first = federal.does(&["anchor"]);
    let key_id = |jwt: &str| UnverifiedStatement::parse(jwt).expect("a statement").kid().to_owned();
    let old = key_id(&tiers.configuration(province).await);

    assert_eq!(province.refuses(&["rotate", "--finish"]), "key_not_found", "nothing was announced");
    let announced = province.does(&["rotate"]);
    let new = announced[0]["next"].as_str().expect("a key").to_owned();
    assert_eq!((&announced[0]["signs"], &announced[0]["done"]), (&json!(old), &json!("announced")));
    assert_eq!(province.does(&["rotate"])[0]["next"], json!(new), "asked again, it is the same one");
    assert_eq!(tiers.said(province).await.0.iter().len(), 2, "both stand in its configuration");
    assert_eq!(province.refuses(&["rotate", "--finish"]), "key_not_found", "Canada does not know it yet");
    assert_eq!(federal.does(&below)[0]["done"], "changed", "Canada vouches for both");
    assert_eq!(province.does(&["rotate", "--finish"])[0]["signs"], json!(new));

    // The service that runs signs with the new key, without a new start; the chain holds for whoever pinned Canada.
    let mut chain = vec![tiers.configuration(issuer).await];
    for (superior, subject) in [(city, issuer), (province, city), (federal, province)] {
        chain.push(tiers.statement(superior, subject).await.1);
    }
    assert_eq!(key_id(&chain[2]), new);
    let anchors = |printed: &[Value]| {
        let list = portage_trust::TrustList::parse(printed[0].to_string().as_bytes()).expect("a list");
        list.trust_anchors()
    };
    assert!(TrustChain::validate(&chain, &anchors(&pinned_first), now()).is_ok());

    // The old one is kept, with its end and why, signed with the new one.
    let address = format!("{province_url}/federation/historical-keys");
    let (status, former) = tiers.get(&address).await;
    let id = EntityId::parse(&province_url).expect("an identifier");
    let keys = tiers.said(province).await.0;
    let former = HistoricalKeys::verify(&former, &id, &keys).expect("its former keys");
    assert_eq!((status, former.keys.len(), keys.iter().len()), (200, 1, 1));
    let before = now().checked_sub(jiff::SignedDuration::from_secs(1)).expect("a time");
    assert!(former.key_for(&old, before, now()).is_ok(), "what it signed before stands");
    assert_eq!(former.key_for(&old, now(), now()), Err(Reason::KeyNotFound));
    let told = province.does(&["log", "diff", "--since", "2026-01-01"]).remove(0);
    assert_eq!((&told["service"], told["changes"].as_array().map(Vec::len)), (&json!(province_url), Some(2)));

    // At the top nobody restates it: whoever pins it pins both while they overlap.
    federal.does(&["rotate"]);
    let pinned_both = federal.does(&["anchor"]);
    federal.does(&["rotate", "--finish"]);
    chain[3] = tiers.statement(federal, province).await.1;
    assert!(TrustChain::validate(&chain, &anchors(&pinned_both), now()).is_ok());
    assert!(
        TrustChain::validate(&chain, &anchors(&pinned_first), now()).is_err(),
        "the twin: pinned too early"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn t10_an_authority_gives_a_mark_tells_who_has_it_and_takes_it_back() {
    const MARK: &str = "https://registry.example/marks/privacy-reviewed";
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Party::at("authority", folder.path(), "authority");
    authority.init(&["--jurisdiction", "CA"]);
    let config = authority.dir.join("authority.toml");
    let text = std::fs::read_to_string(&config).expect("the configuration");
    let marks = format!(
        "\n[[marks]]\ntype = \"{MARK}\"\nname = {{ en = \"Privacy reviewed\", fr = \"Vie privée examinée\" }}\nissuers = [\"{}\"]\n",
        authority.url()
    );
    std::fs::write(&config, text + &marks).expect("written");
    let _served = authority.serve();
    register(&authority, folder.path(), "https://market.example");

    let unknown = ["mark", "https://market.example", "https://registry.example/marks/other"];
    assert_eq!(authority.refuses(&unknown), "trust_mark_invalid");
    let given = authority.does(&["mark", "https://market.example", MARK, "--until", "2026-06-10"]).remove(0);
    let mark = given["trust_mark"].as_str().expect("a mark").to_owned();
    assert_eq!(given["until"], "2026-06-11T00:00:00Z");
    authority.does(&["mark", "https://market.example", MARK, "--until", "2026-06-10"]);

    let fetcher = Fetcher::new(LoopbackOrigins::parse([authority.url().as_str()]).expect("loopback"))
        .expect("a way out");
    let get = async |path: &str| {
        let url = Url::parse(&format!("{}{path}", authority.url())).expect("an address");
        let answer = fetcher.get(&url, "*/*", 1 << 16).await.expect("an answer");
        (answer.status, String::from_utf8(answer.body).expect("UTF-8"))
    };
    let own = get("/.well-known/openid-federation").await.1;
    let parsed = UnverifiedStatement::parse(&own).expect("a statement");
    let EntityStatement::Configuration(own) = parsed.unverified().clone() else { panic!("a configuration") };
    let id = EntityId::parse(&authority.url()).expect("an identifier");
    assert_eq!(own.trust_mark_issuers.get(MARK), Some(&vec![id.clone()]));
    let fetched =
        get(&format!("/federation/trust-mark?trust_mark_type={MARK}&sub=https://market.example")).await;
    let said = TrustMark::verify(&fetched.1, &own.keys, None, now()).expect("a mark");
    assert_eq!(
        (fetched.0, said.subject.as_str(), said.is_over(now())),
        (200, "https://market.example", false)
    );
    let absent = format!("/federation/trust-mark?trust_mark_type={MARK}&sub=https://shop.example");
    assert_eq!(get(&absent).await.0, 404, "the twin: nobody gave it one");
    let listed = format!("/federation/trust-mark-list?trust_mark_type={MARK}");
    assert_eq!(get(&listed).await.1, json!(["https://market.example"]).to_string());
    let status = async |mark: &str| {
        let url =
            Url::parse(&format!("{}/federation/trust-mark-status", authority.url())).expect("an address");
        let answer = fetcher.post_form(&url, &[("trust_mark", mark)], 1 << 16).await.expect("an answer");
        let text = String::from_utf8(answer.body).expect("UTF-8");
        TrustMarkStatusResponse::verify(&text, mark, &id, &own.keys)
    };
    assert_eq!(status(&mark).await, Ok(MarkStatus::Active));
    let (body, _) = mark.rsplit_once('.').expect("a signature");
    assert_eq!(status(&format!("{body}.{}", "A".repeat(86))).await, Ok(MarkStatus::Invalid));
    authority.does(&["mark", "https://market.example", MARK, "--withdraw"]);
    assert_eq!(status(&mark).await, Ok(MarkStatus::Revoked));
    assert_eq!(get(&listed).await.1, "[]");
    assert_eq!(
        get(&format!("/federation/trust-mark?trust_mark_type={MARK}&sub=https://market.example")).await.0,
        404
    );

    let told = authority.does(&["log", "diff", "--since", "2026-01-01"]).remove(0);
    assert_eq!(
        (&told["service"], told["changes"].as_array().map(Vec::len)),
        (&json!("https://market.example"), Some(2))
    );
    let rights = authority.does(&["show", "https://market.example"]).remove(0)["rights"].clone();
    assert_eq!(rights["as"], json!(["verifier"]), "a mark gives no right");
}

/// An authority with a log of its own, for somebody to register who is not there.
fn register(authority: &Party, folder: &Path, entity: &str) {
    let jwks = folder.join("jwks.json");
    let key = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "a", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    std::fs::write(&jwks, json!({ "keys": [key] }).to_string()).expect("a file");
    let jwks = jwks.to_str().expect("a path");
    authority.does(&[
        "register",
        entity,
        "--as",
        "verifier",
        "--jwks",
        jwks,
        "--yes",
        "--name-en",
        "The Market",
    ]);
}

#[test]
fn a_log_that_serves_other_entries_or_takes_some_back_is_caught_by_whoever_watches() {
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Party::at("authority", folder.path(), "authority");
    authority.init(&["--jurisdiction", "CA"]);
    let served = authority.serve();
    let state = folder.path().join("watch.json");
    let (url, state) = (authority.url(), state.to_str().expect("a path").to_owned());
    let watch = ["log", "watch", &url, "--state", &state, "--once"];

    register(&authority, folder.path(), "https://market.example");
    let purpose = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/purposes/boat-rental.json");
    authority.does(&["purpose", "https://market.example", purpose]);
    let seen = authority.does(&watch);
    let size = seen.last().expect("the size")["size"].as_u64().expect("a number");
    assert_eq!(seen.len() as u64, size + 1, "a line an entry, and the size");
    assert_eq!(authority.does(&watch), [json!({ "size": size })], "nothing new");
    let diff = authority.does(&["log", "diff", "--since", "2026-01-01", "--url", &url]);
    assert_eq!(diff, authority.does(&["log", "diff", "--since", "2026-01-01"]));
    assert_eq!((diff.len(), &diff[0]["service"]), (1, &json!("https://market.example")));
    assert!(authority.does(&["log", "diff", "--since", "2026-06-02"]).is_empty());

    // The log grows, and one byte of what is new is another.
    authority.does(&["suspend", "https://market.example", "--reason", "It asked too much"]);
    let bundle = authority.dir.join(format!("log/tile/entries/000.p/{}", size + 1));
    authority.run(&["log", "diff", "--since", "2026-01-01", "--url", &url]);
    let sound = std::fs::read(&bundle).expect("the bundle is published");
    let mut bytes = sound.clone();
    let last = bytes.len() - 20;
    bytes[last] ^= 1;
    std::fs::write(&bundle, &bytes).expect("tampered");
    let caught = authority.run(&watch);
    assert_eq!(caught.end, (1, "log_proof_invalid".to_owned()));
    assert_eq!(caught.lines[0]["broken"], "rewrite");
    assert!(caught.lines[0]["known"].is_string() && caught.lines[0]["seen"].is_string(), "the evidence");
    std::fs::write(&bundle, &sound).expect("restored");
    authority.does(&watch);
    drop(served);

    // The same keys, another history: the purpose was never registered.
    let other = Party { program: "authority", dir: folder.path().join("other"), port: authority.port };
    other.init(&["--jurisdiction", "CA"]);
    for key in ["log.jwk", "federation.jwk"] {
        std::fs::copy(authority.dir.join("keys").join(key), other.dir.join("keys").join(key))
            .expect("copied");
    }
    register(&other, folder.path(), "https://shop.example");
    let _served = other.serve();
    let caught = other.run(&watch);
    assert_eq!((caught.end.0, caught.end.1.as_str()), (1, "log_proof_invalid"));
    assert_eq!(caught.lines[0]["broken"], "shrink");
    let fresh = ["log", "watch", &url, "--once"];
    assert_eq!(other.run(&fresh).end.0, 0, "whoever saw nothing before sees nothing wrong");
}

#[test]
fn what_several_commands_write_at_once_is_published_and_one_program_serves_a_store() {
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Party::at("authority", folder.path(), "authority");
    authority.init(&["--jurisdiction", "CA"]);
    let published = || {
        let checkpoint = std::fs::read_to_string(authority.dir.join("log/checkpoint")).expect("a checkpoint");
        checkpoint.lines().nth(1).expect("its size").parse::<usize>().expect("a number")
    };
    register(&authority, folder.path(), "https://first.example");
    let entries_each = published();
    std::thread::scope(|scope| {
        for name in ["a", "b", "c", "d", "e"] {
            let (authority, folder) = (&authority, folder.path().join(name));
            scope.spawn(move || {
                std::fs::create_dir(&folder).expect("a folder");
                register(authority, &folder, &format!("https://{name}.example"));
            });
        }
    });
    assert_eq!(published(), 6 * entries_each, "every entry, and no further command");

    let served = authority.serve();
    let second = authority.command(&["serve", "--listen", "127.0.0.1:0"]).output().expect("it runs");
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!((second.status.code(), second.stdout.as_slice()), (Some(3), &b""[..]), "{said}");
    assert!(said.contains("is using"), "{said}");
    register(&authority, folder.path(), "https://last.example");
    drop(served);
    // The one that was killed had no time to publish: the next program does, whatever it is for.
    let _served = authority.serve();
    assert_eq!(published(), 7 * entries_each, "the twin: the first one ended");
}
