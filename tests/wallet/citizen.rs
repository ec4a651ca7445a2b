//! A citizen at the command line.

use std::{
    ffi::OsString,
    io,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, tz::TimeZone};
use portage_catalog::{Format, Language};
use portage_clock::Clock;
use portage_keys::vault::KdfParams;
use portage_testkit::SeededEntropy;
use serde_json::{Value, json};
use tempfile::TempDir;
use wallet_cli::{Io, Person, Surroundings, run};
use zeroize::Zeroizing;

use crate::{
    federation_side, issuer_side,
    stage::{Running, Stage},
    verifier_side::{OTHER_PURPOSE, PURPOSE},
};

/// The passphrase of every wallet of these tests.
pub(crate) const PASSPHRASE: &str = "correct horse battery staple";

/// A wallet in a folder of its own.
pub(crate) struct Citizen {
    pub(crate) folder: TempDir,
    surroundings: Surroundings,
    later: Arc<AtomicI64>,
}

/// What a command answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: u8,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Answer {
    /// The last word on standard error.
    pub(crate) fn reason(&self) -> &str {
        self.err.split_whitespace().last().unwrap_or_default()
    }

    /// The JSON objects on standard output.
    pub(crate) fn objects(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
    }

    /// The one JSON object of a command that was done.
    pub(crate) fn object(&self) -> Value {
        assert_eq!(self.code, 0, "{self:?}");
        let mut objects = self.objects();
        assert_eq!(objects.len(), 1, "{self:?}");
        objects.remove(0)
    }
}

/// Somebody who says these answers, in this order, and hears the questions.
pub(crate) struct Scripted {
    answers: Vec<bool>,
    pub(crate) heard: Vec<String>,
    /// Whether standard output is in front of them.
    pub(crate) sees_output: bool,
}

impl Scripted {
    pub(crate) fn saying(answers: &[bool]) -> Self {
        Scripted { answers: answers.iter().rev().copied().collect(), heard: Vec::new(), sees_output: true }
    }
}

impl Person for Scripted {
    fn sees_output(&self) -> bool {
        self.sees_output
    }

    fn line(&mut self, prompt: &str) -> io::Result<String> {
        self.heard.push(prompt.to_owned());
        if !prompt.ends_with(']') {
            return Ok("493536".to_owned());
        }
        let yes = self.answers.pop().ok_or_else(|| io::Error::other("nobody answers"))?;
        Ok(if yes { "Y" } else { "" }.to_owned())
    }

    fn secret(&mut self, _prompt: &str) -> io::Result<Zeroizing<String>> {
        Ok(Zeroizing::new(PASSPHRASE.to_owned()))
    }
}

impl Citizen {
    /// One with a person credential, who was not heard of since.
    pub(crate) async fn with_person(stage: &Running) -> Self {
        Citizen::new(stage).await.holding_a_person(stage).await
    }

    /// The same, whose wallet knows the province's key and not the market.
    pub(crate) async fn of_the_province(stage: &Running) -> Self {
        let citizen = Citizen::new(stage).await;
        citizen.trust(&trust(stage, false)).await;
        citizen.holding_a_person(stage).await
    }

    async fn holding_a_person(self, stage: &Running) -> Self {
        self.accept(&issuer_side::offer(stage, "person", Format::DcSdJwt)).await;
        stage.take_seen();
        self
    }

    /// Without a wallet yet.
    pub(crate) fn without_wallet(stage: &Stage) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("passphrase"), format!("{PASSPHRASE}\nsecond line\n")).unwrap();
        let later = Arc::new(AtomicI64::new(0));
        let (start, seconds) = (stage.world.now, later.clone());
        let surroundings = Surroundings {
            clock: Clock::from_fn(move || start + SignedDuration::from_secs(seconds.load(Ordering::SeqCst))),
            since_start: {
                let seconds = later.clone();
                Arc::new(move || {
                    Duration::from_secs(u64::try_from(seconds.load(Ordering::SeqCst)).unwrap_or(0))
                })
            },
            zone: TimeZone::UTC,
            entropy: Arc::new(SeededEntropy::new(5)),
            kdf: KdfParams::MINIMUM,
            wallet_folder: Some(folder.path().join("wallet")),
            language: Language::En,
        };
        Citizen { folder, surroundings, later }
    }

    /// One with a person credential, whose wallet answers requests of HAIP 1.0 alone.
    pub(crate) async fn of_haip(stage: &Running) -> Self {
        Self::made(stage, &["init", "--haip", "--demo", "--allow"]).await.holding_a_person(stage).await
    }

    /// With a wallet that trusts the three issuers and the market.
    pub(crate) async fn new(stage: &Running) -> Self {
        Self::made(stage, &["init", "--demo", "--allow"]).await
    }

    async fn made(stage: &Running, init: &[&str]) -> Self {
        let citizen = Self::without_wallet(stage);
        let mut init = init.to_vec();
        let origins = origins(stage);
        init.extend(origins.iter().map(String::as_str));
        assert_eq!(citizen.run(&init).await.code, 0);
        citizen.trust(&trust(stage, true)).await;
        citizen
    }

    /// What the machine gives the citizen's programs.
    pub(crate) fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    /// Some seconds pass for the citizen.
    pub(crate) fn wait(&self, seconds: i64) {
        self.later.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Replaces the trust list.
    pub(crate) async fn trust(&self, list: &Value) {
        let file = self.path("trust.json");
        std::fs::write(&file, list.to_string()).unwrap();
        let answer = self.run(&["trust", "import", "--replace", &file]).await;
        assert_eq!(answer.code, 0, "{answer:?}");
    }

    /// A file in the citizen's folder.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// The bytes of the wallet's file.
    pub(crate) fn wallet_bytes(&self) -> Vec<u8> {
        std::fs::read(self.path("wallet/wallet.vault")).unwrap()
    }

    /// Runs a command with `--json` and nobody to ask.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Answer {
        let mut arguments = arguments.to_vec();
        arguments.push("--json");
        self.start(&arguments, None).await
    }

    /// Runs a command as a person sees it.
    pub(crate) async fn run_in_words(&self, arguments: &[&str], person: Option<&mut dyn Person>) -> Answer {
        self.start(arguments, person).await
    }

    async fn start(&self, arguments: &[&str], person: Option<&mut dyn Person>) -> Answer {
        let passphrase = self.path("passphrase");
        let all =
            ["wallet"].iter().chain(arguments).copied().chain(["--passphrase-file", passphrase.as_str()]);
        let all: Vec<OsString> = all.map(OsString::from).collect();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let person = person.map(|person| person as &mut dyn Person);
        let code = run(all, &self.surroundings, &mut Io { out: &mut out, err: &mut err, person }).await;
        Answer { code, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
    }

    /// Accepts an offer that must be accepted: the credential's id.
    pub(crate) async fn accept(&self, offer: &str) -> String {
        self.run(&["accept", offer, "--yes"]).await.object()["id"].as_str().unwrap().to_owned()
    }

    /// How many credentials there are.
    pub(crate) async fn count(&self) -> usize {
        self.run(&["list"]).await.objects().len()
    }
}

/// Every origin of a stage.
pub(crate) fn origins(stage: &Stage) -> Vec<String> {
    let world = &stage.world;
    let issuers = [&world.province, &world.city, &world.federal, &world.attacker];
    issuers.map(issuer_side::origin_of).into_iter().chain([stage.market.origin.clone()]).collect()
}

/// The trust list: the three issuers, the province, and the market if it is known.
pub(crate) fn trust(stage: &Stage, market_is_known: bool) -> Value {
    let mut list = stage.world.trust.to_json();
    list["anchors"] = json!([federation_side::anchor(stage)]);
    if market_is_known {
        let name = json!({ "en": "Harbour Market", "fr": "Marché du port" });
        list["verifiers"] =
            json!([{ "id": stage.market.did, "name": name, "purposes": [PURPOSE, OTHER_PURPOSE] }]);
    }
    list
}

/// The entry of an issuer in a trust list.
pub(crate) fn entry<'l>(list: &'l mut Value, did: &str) -> &'l mut Value {
    let issuers = list["issuers"].as_array_mut().unwrap();
    issuers.iter_mut().find(|issuer| issuer["id"] == did).unwrap()
}
