//! A verifier asks under its Entity Identifier (`openid_federation:`): the chain that its authority gave it says who it is, and the wallet answers on that
//! chain alone. Authority, issuer, verifiers and wallets are processes of their own.

use std::{fs, path::Path};

use portage_did::LoopbackOrigins;
use portage_federation::{EntityStatement, FederationKeys, UnverifiedStatement};
use portage_fetch::Fetcher;
use portage_storage::KeyFolder;
use portage_tests::Served;
use serde_json::{Value, json};
use url::Url;

use crate::authorities::Party;

const PURPOSE: &str = "age-restricted-sale";

/// Canada, which vouches for an issuer and for the market; the stall, for which nobody vouches; and Alberta, which vouches for nobody here.
struct Scene {
    canada: Party,
    alberta: Party,
    issuer: Party,
    market: Party,
    stall: Party,
    fetcher: Fetcher,
    folder: tempfile::TempDir,
}

/// What a person who says yes to everything adds to `present`.
const YES: [&str; 3] = ["--yes", "--unknown-verifier-too", "--beyond-purpose-too"];

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |program, name| Party::at(program, folder.path(), name);
        let (canada, alberta) = (at("authority", "canada"), at("authority", "alberta"));
        let (issuer, market, stall) =
            (at("issuer", "issuer"), at("verifier", "market"), at("verifier", "stall"));
        fs::write(folder.path().join("pass"), "correct horse battery staple\n").expect("written");
        let urls = [&canada, &alberta, &issuer, &market, &stall].map(Party::url);
        let loopback = LoopbackOrigins::parse(urls.iter().map(String::as_str)).expect("loopback origins");
        let fetcher = Fetcher::new(loopback).expect("a way out");
        let scene = Scene { canada, alberta, issuer, market, stall, fetcher, folder };
        let allow = scene.allow();
        let allow: Vec<&str> = allow.iter().map(String::as_str).collect();
        scene.canada.init(&[&["--jurisdiction", "CA"], &allow[..]].concat());
        scene.alberta.init(&[&["--jurisdiction", "CA-AB"], &allow[..]].concat());
        let superior = scene.canada.url();
        let below = ["--superior", superior.as_str()];
        scene.issuer.init(&[&["--types", "person"], &below[..]].concat());
        for verifier in [&scene.market, &scene.stall] {
            verifier.init(&[&["--client-id-prefix", "openid_federation"], &below[..], &allow[..]].concat());
            fs::write(verifier.dir.join("trust.json"), scene.anchor(&scene.canada)).expect("written");
        }
        scene
    }

    fn allow(&self) -> Vec<String> {
        let parties = [&self.canada, &self.alberta, &self.issuer, &self.market, &self.stall];
        parties.iter().flat_map(|party| ["--allow".to_owned(), party.url()]).collect()
    }

    /// The trust list that pins one authority.
    fn anchor(&self, authority: &Party) -> String {
        authority.does(&["anchor"]).remove(0).to_string()
    }

    /// Canada says who they are, what the issuer may issue and what the market may ask; the market serves with its chain.
    async fn vouch(&self, served: Served) -> Served {
        self.canada.does(&[
            "register",
            &self.issuer.url(),
            "--yes",
            "--as",
            "issuer",
            "--may-issue",
            "person",
        ]);
        self.canada.does(&[
            "register",
            &self.market.url(),
            "--yes",
            "--as",
            "verifier",
            "--name-en",
            "Harbour Market",
        ]);
        let purpose = format!("{}/../specs/purposes/{PURPOSE}.json", env!("CARGO_MANIFEST_DIR"));
        self.canada.does(&["purpose", &self.market.url(), &purpose]);
        let signed =
            self.get(&format!("{}/federation/purposes?sub={}", self.canada.url(), self.market.url())).await;
        let signed: Vec<String> = serde_json::from_str(&signed).expect("statements");
        let folder = self.market.dir.join("purposes");
        fs::create_dir_all(&folder).expect("a folder");
        let statement = signed.first().expect("a statement");
        fs::write(folder.join(format!("{PURPOSE}.statement.jwt")), statement).expect("written");
        let chain = self.chain_of(&self.market).await;
        carry(&self.market, &chain);
        drop(served);
        self.market.serve()
    }

    /// What a verifier says of itself, and what Canada says of it.
    async fn chain_of(&self, verifier: &Party) -> [String; 2] {
        let own = self.get(&format!("{}/.well-known/openid-federation", verifier.url())).await;
        let said = self.get(&format!("{}/federation/fetch?sub={}", self.canada.url(), verifier.url())).await;
        [own, said]
    }

    async fn get(&self, address: &str) -> String {
        let url = Url::parse(address).expect("an address");
        let answer = self.fetcher.get(&url, "*/*", 1 << 20).await.expect("an answer");
        assert_eq!(answer.status, 200, "{address}");
        String::from_utf8(answer.body).expect("UTF-8")
    }

    /// A wallet that pins this authority and nothing else.
    fn wallet(&self, name: &str, pins: &Party) -> Wallet {
        let pass = self.folder.path().join("pass").display().to_string();
        let wallet = Wallet { party: Party::at("wallet", self.folder.path(), name), pass };
        let reached = [&self.canada, &self.alberta, &self.issuer, &self.market, &self.stall].map(Party::url);
        wallet.does(&[&["init", "--demo", "--allow"][..], &reached.each_ref().map(String::as_str)].concat());
        self.pin(&wallet, pins);
        wallet
    }

    fn pin(&self, wallet: &Wallet, authority: &Party) {
        let file = self.folder.path().join("pinned.json");
        fs::write(&file, self.anchor(authority)).expect("written");
        wallet.does(&["trust", "import", file.to_str().expect("a path")]);
    }

    /// A person of the issuer's register, in the wallet.
    fn take_person(&self, wallet: &Wallet) {
        let claims = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/credentials/person/example.json");
        let offer = self.issuer.does(&["offer", "--type", "person", "--claims", claims]).remove(0);
        wallet.does(&["accept", offer["offer"].as_str().expect("an offer"), "--yes"]);
    }
}

struct Wallet {
    party: Party,
    pass: String,
}

impl Wallet {
    fn does(&self, arguments: &[impl AsRef<str>]) -> Vec<Value> {
        self.party.does(&self.with_pass(arguments))
    }

    fn refuses(&self, arguments: &[impl AsRef<str>]) -> String {
        self.party.refuses(&self.with_pass(arguments))
    }

    fn with_pass<'a>(&'a self, arguments: &'a [impl AsRef<str>]) -> Vec<&'a str> {
        arguments.iter().map(AsRef::as_ref).chain(["--passphrase-file", &self.pass]).collect()
    }
}

/// A request that a verifier made: its link, and its name for the result.
struct Asked<'v> {
    verifier: &'v Party,
    link: String,
    transaction: String,
}

impl<'v> Asked<'v> {
    fn by(verifier: &'v Party) -> Self {
        let made = verifier.does(&["request", "--purpose", PURPOSE]).remove(0);
        let text = |name: &str| made[name].as_str().expect("a text").to_owned();
        Asked { verifier, link: text("request_uri"), transaction: text("transaction") }
    }

    /// Where the request stands with the verifier.
    fn result(&self) -> Value {
        self.verifier.does(&["result", &self.transaction]).remove(0)
    }

    /// The wallet refuses it, whatever the person says, and the verifier hears nothing.
    fn is_refused(&self, wallet: &Wallet) -> String {
        let reason = wallet.refuses(&[&["present", self.link.as_str()], &YES[..]].concat());
        assert_eq!(self.result(), json!({ "state": "requested" }), "nothing was sent");
        reason
    }
}

fn carry(verifier: &Party, chain: &[String]) {
    fs::write(verifier.dir.join("trust-chain.json"), json!(chain).to_string()).expect("written");
}

/// The same statement under a policy that leaves the verifier no address for answers, signed by the same authority.
fn with_policy(statement: &str, authority: &Path, policy: &Value) -> String {
    let read = UnverifiedStatement::parse(statement).expect("a statement");
    let EntityStatement::Subordinate(mut said) = read.unverified().clone() else {
        unreachable!("about somebody below")
    };
    said.metadata_policy = Some(portage_federation::MetadataPolicy::from_value(policy).expect("a policy"));
    let key = KeyFolder::at(authority.join("keys")).signing_key("federation").expect("the authority's key");
    let keys = FederationKeys::of([portage_keys::Signer::verification_key(&key).clone()]);
    said.sign(&keys, &key).expect("signed")
}

#[tokio::test(flavor = "multi_thread")]
async fn w06_a_verifier_process_is_answered_on_its_chain_and_nobody_else_is() {
    let scene = Scene::new();
    let canada = scene.canada.serve();
    let others = [&scene.alberta, &scene.issuer, &scene.stall].map(Party::serve);
    let mut market = scene.vouch(scene.market.serve()).await;
    let wallet = scene.wallet("wallet", &scene.canada);
    scene.take_person(&wallet);

    // Vouched for, it is answered, and decides.
    let asked = Asked::by(&scene.market);
    assert!(asked.link.contains("client_id=openid_federation%3Ahttp"), "{}", asked.link);
    let review = wallet.does(&["review", &asked.link]).remove(0);
    assert_eq!(
        (&review["warnings"], &review["purpose"]["source"]),
        (&json!([]), &json!("vouched")),
        "{review}"
    );
    assert_eq!(review["verifier"]["name"]["en"], "Harbour Market");
    wallet.does(&["present", &asked.link, "--yes"]);
    let result = asked.result();
    assert_eq!(
        (&result["decision"], &result["claims"]["person"]),
        (&json!("accepted"), &json!({ "age_over_19": true }))
    );

    // A wallet that pins somebody else knows nobody in that chain; once it pins Canada, it only has nothing to show.
    let asked = Asked::by(&scene.market);
    let elsewhere = scene.wallet("elsewhere", &scene.alberta);
    assert_eq!(asked.is_refused(&elsewhere), "trust_chain_invalid");
    scene.pin(&elsewhere, &scene.canada);
    assert_eq!(asked.is_refused(&elsewhere), "query_not_satisfied", "the twin");

    // Another entity in the link than the one that signed.
    let swapped = |url: &str| url.replace(':', "%3A").replace('/', "%2F");
    let link = asked.link.replacen(&swapped(&scene.market.url()), &swapped(&scene.stall.url()), 1);
    assert_ne!(link, asked.link);
    assert_eq!(wallet.refuses(&[&["present", link.as_str()], &YES[..]].concat()), "request_invalid");
    assert_eq!(asked.result(), json!({ "state": "requested" }));
    wallet.does(&["present", &asked.link, "--yes"]);

    // The stall shows the market's chain for its own, and nobody vouches for it.
    drop(others);
    carry(&scene.stall, &scene.chain_of(&scene.market).await);
    let _others = [&scene.alberta, &scene.issuer, &scene.stall].map(Party::serve);
    assert_eq!(Asked::by(&scene.stall).is_refused(&wallet), "trust_chain_invalid");
    scene.canada.does(&[
        "register",
        &scene.stall.url(),
        "--yes",
        "--as",
        "verifier",
        "--name-en",
        "Dockside Stall",
    ]);
    let asked = Asked::by(&scene.stall);
    wallet.does(&[&["present", asked.link.as_str()], &YES[..]].concat());
    assert_ne!(asked.result()["state"], "requested", "the twin: it is vouched for, and was answered");

    // What the superior's policy leaves of its metadata counts. Nobody can be asked: only the chain that is carried speaks.
    let [own, said] = scene.chain_of(&scene.market).await;
    drop(canada);
    let (own_address, elsewhere) =
        (format!("{}/openid4vp/response", scene.market.url()), "https://elsewhere.example/response");
    for (operator, address, refused) in [
        ("subset_of", own_address.as_str(), None),
        // Nothing is left of where answers may go; and a demand that the market does not meet.
        ("subset_of", elsewhere, Some("request_invalid")),
        ("superset_of", elsewhere, Some("trust_chain_invalid")),
    ] {
        let policy = json!({ "openid_credential_verifier": { "response_uris": { operator: [address] } } });
        carry(&scene.market, &[own.clone(), with_policy(&said, &scene.canada.dir, &policy)]);
        drop(market);
        market = scene.market.serve();
        let asked = Asked::by(&scene.market);
        match refused {
            Some(reason) => assert_eq!(asked.is_refused(&wallet), reason, "{operator} {address}"),
            None => {
                wallet.does(&["present", &asked.link, "--yes"]);
                assert_ne!(asked.result()["state"], "requested", "the twin");
            }
        }
    }
}
