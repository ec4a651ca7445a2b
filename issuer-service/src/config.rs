mod clients;

use std::{
    collections::BTreeMap,
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use jiff::SignedDuration;
use portage_catalog::{Language, Text};
use portage_data_integrity::Cryptosuite;
use portage_did::LoopbackOrigins;
use portage_federation::EntityId;
use portage_issuer::{ClientAuthentication, StatusPolicy, ToldStatuses};
use portage_keys::Algorithm;
use portage_letter::Office;
use portage_service::{FederationSection, check_url, replace_file};
use serde::Deserialize;
use url::Url;

use clients::Clients;

/// Name of the configuration file in the service's folder.
pub(crate) const FILE: &str = "issuer.toml";

/// `issuer.toml`, checked.
#[derive(Debug)]
pub(crate) struct Config {
    /// Where wallets reach the service: an origin, and the Credential Issuer Identifier.
    pub(crate) url: Url,
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// Its name.
    pub(crate) name: Text,
    /// Which kind of DID it signs with.
    pub(crate) did: DidMethod,
    /// The ids of the types it offers.
    pub(crate) types: Vec<String>,
    /// Days of validity by type, where the type's own number is not wanted.
    pub(crate) validity_days: BTreeMap<String, u32>,
    /// The algorithm of the JOSE formats.
    pub(crate) algorithm: Algorithm,
    /// The cryptosuite of `ldp_vc`.
    pub(crate) cryptosuite: Cryptosuite,
    /// The algorithm of the key that signs under it.
    pub(crate) cryptosuite_key: Algorithm,
    /// How lists are published.
    pub(crate) status: StatusPolicy,
    /// What is told of credentials beside revocation and suspension.
    pub(crate) told: ToldStatuses,
    /// Whether wallets may say what became of a credential.
    pub(crate) notification: bool,
    /// Which wallets may redeem a code.
    pub(crate) clients: ClientAuthentication,
    /// Folder of further types.
    pub(crate) types_folder: PathBuf,
    /// The origins that use http.
    pub(crate) loopback: LoopbackOrigins,
    /// The authorities above it.
    pub(crate) superiors: Vec<EntityId>,
    /// What stands on its letters.
    pub(crate) office: Office,
}

/// Which kind of DID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ValueEnum)]
pub(crate) enum DidMethod {
    /// The DID document stands at the service's address.
    #[serde(rename = "did:web")]
    #[value(name = "did:web")]
    Web,
    /// As did:web, with a log of every change since the beginning; keys can be changed.
    #[serde(rename = "did:webvh")]
    #[value(name = "did:webvh")]
    WebVh,
    /// The DID is the key itself: no document, no second key, no rotation.
    #[serde(rename = "did:key")]
    #[value(name = "did:key")]
    Key,
}

impl DidMethod {
    const fn name(self) -> &'static str {
        match self {
            DidMethod::Web => "did:web",
            DidMethod::WebVh => "did:webvh",
            DidMethod::Key => "did:key",
        }
    }
}

/// Why a configuration does not serve.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("{0} could not be read: {1}")]
    Unreadable(PathBuf, io::Error),
    #[error("{0}: {1}")]
    Invalid(PathBuf, String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    url: String,
    listen: SocketAddr,
    name: Text,
    #[serde(default = "did_web")]
    did: DidMethod,
    types: Vec<String>,
    #[serde(default)]
    validity_days: BTreeMap<String, u32>,
    #[serde(default)]
    signing: Signing,
    #[serde(default)]
    status: Status,
    #[serde(default)]
    notification: Notification,
    #[serde(default)]
    clients: Clients,
    #[serde(default)]
    network: Network,
    #[serde(default)]
    federation: FederationSection,
    #[serde(default)]
    office: OfficeSection,
}

/// What stands on letters, beside the name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct OfficeSection {
    address: Vec<String>,
    ask: Text,
    language: String,
}

impl Default for OfficeSection {
    fn default() -> Self {
        OfficeSection { address: Vec::new(), ask: Text::default(), language: "en".to_owned() }
    }
}

impl OfficeSection {
    fn read(self, name: &Text) -> Result<Office, String> {
        let language = Language::from_tag(&self.language).ok_or("office.language: en or fr")?;
        Ok(Office { name: name.clone(), address: self.address, ask: self.ask, language })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Signing {
    jose: String,
    data_integrity: String,
    curve: Curve,
}

/// The curve of the ECDSA cryptosuites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Curve {
    #[serde(rename = "P-256")]
    P256,
    #[serde(rename = "P-384")]
    P384,
}

impl Default for Signing {
    fn default() -> Self {
        Signing { jose: "EdDSA".to_owned(), data_integrity: "eddsa-rdfc-2022".to_owned(), curve: Curve::P256 }
    }
}

impl Signing {
    fn algorithm(&self) -> Result<Algorithm, String> {
        Algorithm::from_jose_name(&self.jose).ok_or("signing.jose: EdDSA, ES256 or ES384".to_owned())
    }

    /// The cryptosuite, and the algorithm of its key. A did:key has room for one key.
    fn cryptosuite(&self, did: DidMethod) -> Result<(Cryptosuite, Algorithm), String> {
        let suite = Cryptosuite::from_name(&self.data_integrity).ok_or_else(|| {
            format!("signing.data_integrity: one of {}", Cryptosuite::ALL.map(Cryptosuite::name).join(", "))
        })?;
        let key = match self.curve {
            _ if suite.takes(Algorithm::EdDsa) => Algorithm::EdDsa,
            Curve::P256 => Algorithm::Es256,
            Curve::P384 => Algorithm::Es384,
        };
        if did == DidMethod::Key && key != self.algorithm()? {
            return Err(
                "signing.data_integrity: with did = \"did:key\" a cryptosuite of the key of signing.jose"
                    .to_owned(),
            );
        }
        Ok((suite, key))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Status {
    publish_seconds: u32,
    ttl_seconds: u32,
    refresh: bool,
    messages: Vec<String>,
}

impl Default for Status {
    fn default() -> Self {
        Status { publish_seconds: 60, ttl_seconds: 60, refresh: false, messages: Vec::new() }
    }
}

impl Status {
    /// As many values as 1, 2, 4 or 8 bits have: those without a text of their own are not assigned.
    fn told(&self) -> Result<ToldStatuses, String> {
        const UNASSIGNED: &str = "not assigned / non attribué";
        if self.messages.is_empty() {
            return Ok(ToldStatuses { refresh: self.refresh, messages: None });
        }
        let wrong = || "status.messages: 2 to 256 texts, none of them empty".to_owned();
        let size = [2, 4, 16, 256].into_iter().find(|size| self.messages.len() <= *size);
        let mut texts = self.messages.clone();
        if texts.len() < 2 || texts.iter().any(|text| text.trim().is_empty()) {
            return Err(wrong());
        }
        texts.resize(size.ok_or_else(wrong)?, UNASSIGNED.to_owned());
        ToldStatuses::with_messages(self.refresh, texts).ok_or_else(wrong)
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Notification {
    enabled: bool,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Network {
    allow: Vec<String>,
}

fn did_web() -> DidMethod {
    DidMethod::Web
}

impl Config {
    /// Reads `issuer.toml` of the folder.
    pub(crate) fn read(dir: &Path) -> Result<Self, ConfigError> {
        let path = dir.join(FILE);
        let text =
            fs::read_to_string(&path).map_err(|source| ConfigError::Unreadable(path.clone(), source))?;
        Self::parse(dir, &text).map_err(|what| ConfigError::Invalid(path, what))
    }

    /// Reads the text of a configuration for this folder.
    pub(crate) fn parse(dir: &Path, text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        let loopback = LoopbackOrigins::parse(file.network.allow.iter().map(String::as_str))
            .map_err(|_| "network.allow: only loopback origins like http://localhost:8081".to_owned())?;
        let url = Url::parse(&file.url).map_err(|_| "url: not a URL".to_owned())?;
        check_url(&url, &loopback, "https://city.example")?;
        if file.types.is_empty() {
            return Err("types: at least one".to_owned());
        }
        if file.validity_days.values().any(|days| *days == 0) {
            return Err("validity_days: at least 1".to_owned());
        }
        if file.status.publish_seconds > 60 {
            return Err("status.publish_seconds: 60 at most".to_owned());
        }
        let (cryptosuite, cryptosuite_key) = file.signing.cryptosuite(file.did)?;
        Ok(Config {
            superiors: file.federation.superiors(&url)?,
            office: file.office.read(&file.name)?,
            url,
            listen: file.listen,
            name: file.name,
            did: file.did,
            types: file.types,
            validity_days: file.validity_days,
            algorithm: file.signing.algorithm()?,
            cryptosuite,
            cryptosuite_key,
            status: StatusPolicy {
                cadence: SignedDuration::from_secs(i64::from(file.status.publish_seconds)),
                ttl: SignedDuration::from_secs(i64::from(file.status.ttl_seconds.max(1))),
                ..StatusPolicy::DEFAULT
            },
            told: file.status.told()?,
            notification: file.notification.enabled,
            clients: file.clients.authentication()?,
            types_folder: dir.join("types"),
            loopback,
        })
    }
}

/// The text of `issuer.toml` with one type more; `None` where it cannot be had by adding a name to the list, or the type is there.
pub(crate) fn offering(dir: &Path, id: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Types {
        types: Vec<toml::Spanned<String>>,
    }
    let text = fs::read_to_string(dir.join(FILE)).ok()?;
    let types = toml::from_str::<Types>(&text).ok()?.types;
    if types.iter().any(|known| known.get_ref() == id) {
        return None;
    }
    // After the last one, so that comments and all the rest stay as they are.
    let (before, after) = text.split_at_checked(types.last()?.span().end)?;
    let text = format!("{before}, {}{after}", toml::Value::from(id));
    let config = Config::parse(dir, &text).ok()?;
    config.types.iter().any(|known| known == id).then_some(text)
}

/// Puts a new text in the place of `issuer.toml`, in one step.
pub(crate) fn write(dir: &Path, text: &str) -> io::Result<()> {
    replace_file(&dir.join(FILE), text)
}

/// Whom people ask, of an office for trying things out.
const DEMO_ASK: (&str, &str) = (
    "Call 555-0100 on weekdays from 9 to 5, or come to our counter.",
    "Composez le 555-0100 en semaine de 9 h à 17 h, ou venez à notre comptoir.",
);

/// What goes into a new configuration.
pub(crate) struct Template<'a> {
    pub(crate) url: &'a Url,
    pub(crate) listen: SocketAddr,
    pub(crate) name: &'a Text,
    pub(crate) types: &'a [String],
    pub(crate) superiors: &'a [EntityId],
    pub(crate) did: DidMethod,
    /// Signs every format.
    pub(crate) algorithm: Algorithm,
    pub(crate) demo: bool,
}

impl Template<'_> {
    /// The commented file that `init` writes.
    pub(crate) fn text(&self) -> String {
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let origin = self.url.as_str().trim_end_matches('/');
        let allow: Vec<String> =
            (self.url.scheme() == "http").then(|| origin.to_owned()).into_iter().collect();
        let (data_integrity, curve) = match self.algorithm {
            Algorithm::EdDsa => (Cryptosuite::EddsaRdfc2022, "P-256"),
            Algorithm::Es256 => (Cryptosuite::EcdsaRdfc2019, "P-256"),
            Algorithm::Es384 => (Cryptosuite::EcdsaRdfc2019, "P-384"),
        };
        let (publish_seconds, ttl_seconds) = if self.demo { (0, 1) } else { (60, 60) };
        let (address, ask_en, ask_fr) = if self.demo {
            (vec!["1 Example Street, Example BC  V0V 0V0".to_owned()], DEMO_ASK.0, DEMO_ASK.1)
        } else {
            (Vec::new(), "", "")
        };
        format!(
            r#"# Configuration of a Portage issuer.

# Where wallets reach the service. It is the Credential Issuer Identifier, and stands in the issuer's DID: neither can be changed once
# credentials are out.
url = {url}
# Where it listens. TLS is the business of the proxy in front of it.
listen = {listen}
# What people read.
name = {{ en = {en}, fr = {fr} }}
# "did:web": the DID document stands at the address. "did:webvh": so does the log of every change to it (did.jsonl in this folder), and
# `issuer key rotate` puts new keys in place. "did:key": the DID is the key itself, which then never changes.
# Not to be changed: each is another issuer.
did = {did}
# What it offers. `issuer type list` shows them; put types of your own into the folder types/ beside this file.
types = {types}

# Days a credential is valid when its record does not say, where the type's own number is not wanted:
# [validity_days]
# person = 365
[validity_days]

[signing]
# Of dc+sd-jwt, vc+sd-jwt, vc+jwt and the status lists: EdDSA (keys/key-1.jwk), ES256 (keys/key-2.jwk) or ES384 (keys/key-3.jwk).
jose = {jose}
# Of ldp_vc: eddsa-rdfc-2022 or eddsa-jcs-2022 (keys/key-1.jwk); ecdsa-rdfc-2019 or ecdsa-jcs-2019 (the key of the curve).
data_integrity = {data_integrity}
# Of the two ecdsa suites: P-256 (keys/key-2.jwk) or P-384 (keys/key-3.jwk).
curve = {curve}

[status]
# A changed status list is published after this many seconds at the latest; 0: at each change.
publish_seconds = {publish_seconds}
# How long others may keep their copy, in seconds.
ttl_seconds = {ttl_seconds}
# Whether W3C credentials can say later that a newer one is to be had (`issuer status REF refresh`). It refuses nothing.
refresh = false
# What can be told of a W3C credential later (`issuer status REF message --value 1`), value 0 first; it refuses nothing. 2, 4, 16 or 256 values are
# kept: how many, and what those in use mean, must not change once credentials are out.
# messages = ["Nothing to say / Rien à signaler", "Please see the counter / Veuillez passer au comptoir"]
messages = []

[notification]
# Whether wallets may tell what became of a credential. Off: the issuer does not learn what a person does with it.
enabled = false

[clients]
# Which wallets may redeem a code. "none": every wallet, and none says who it is. "required": the registered ones alone, which prove who they are
# with their key (private_key_jwt); the wallet of this version is not among them. "optional": both kinds. For each one that is registered:
# [[clients.registered]]
# client_id = "https://wallet.example"
# jwk = {{ kty = "EC", crv = "P-256", x = "…", y = "…" }}
authentication = "none"

[network]
# Exact loopback origins that use http, for trying things out on one machine. Empty: https everywhere.
allow = {allow}

[federation]
# The authorities that vouch for this issuer, by their addresses. It says so at /.well-known/openid-federation.
superiors = {superiors}

[office]
# What stands on letters (`issuer offer --letter`): the address, a line each; whom people ask, and how. No letter is made while `ask` is empty.
address = {address}
ask = {ask}
# The language of the front of a letter to somebody whose own is not known: "en" or "fr". The other one is on the back.
language = "en"
"#,
            url = quoted(origin),
            did = quoted(self.did.name()),
            listen = quoted(&self.listen.to_string()),
            en = quoted(&self.name.en),
            fr = quoted(&self.name.fr),
            jose = quoted(self.algorithm.jose_name()),
            data_integrity = quoted(data_integrity.name()),
            curve = quoted(curve),
            types = toml::Value::from(self.types.to_vec()),
            allow = toml::Value::from(allow),
            address = toml::Value::from(address),
            ask = format_args!("{{ en = {}, fr = {} }}", quoted(ask_en), quoted(ask_fr)),
            superiors = toml::Value::from(self.superiors.iter().map(ToString::to_string).collect::<Vec<_>>()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written_for(url: &str, demo: bool, algorithm: Algorithm) -> String {
        Template {
            url: &url.parse().unwrap(),
            listen: "127.0.0.1:8081".parse().unwrap(),
            name: &Text { en: "City \"of\" Portage".into(), fr: "Ville".into() },
            types: &["person".to_owned()],
            superiors: &[],
            did: DidMethod::Web,
            algorithm,
            demo,
        }
        .text()
    }

    fn written(url: &str, demo: bool) -> String {
        written_for(url, demo, Algorithm::EdDsa)
    }

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(Path::new("/srv/city"), text)
    }

    #[test]
    fn what_init_writes_reads_back() {
        let config = parse(&written("http://localhost:8081", true)).unwrap();
        assert_eq!(config.url.as_str(), "http://localhost:8081/");
        assert_eq!(config.name.en, "City \"of\" Portage");
        assert_eq!((config.algorithm, config.did), (Algorithm::EdDsa, DidMethod::Web));
        assert_eq!(config.status, StatusPolicy::DEMO);
        assert_eq!(config.clients, ClientAuthentication::None);
        assert_eq!(parse(&written("https://city.example", false)).unwrap().status, StatusPolicy::DEFAULT);
    }

    #[test]
    fn one_algorithm_signs_every_format() {
        for (algorithm, suite) in [
            (Algorithm::EdDsa, Cryptosuite::EddsaRdfc2022),
            (Algorithm::Es256, Cryptosuite::EcdsaRdfc2019),
            (Algorithm::Es384, Cryptosuite::EcdsaRdfc2019),
        ] {
            let text = written_for("https://city.example", false, algorithm);
            for text in [text.clone(), text.replace("did = \"did:web\"", "did = \"did:key\"")] {
                let config = parse(&text).unwrap();
                assert_eq!((config.algorithm, config.cryptosuite_key), (algorithm, algorithm));
                assert_eq!(config.cryptosuite, suite);
            }
        }
    }

    #[test]
    fn a_did_key_has_one_key_for_every_format() {
        let text = written_for("https://city.example", false, Algorithm::Es256);
        let other = text.replace("curve = \"P-256\"", "curve = \"P-384\"");
        let config = parse(&other).unwrap();
        assert_eq!((config.algorithm, config.cryptosuite_key), (Algorithm::Es256, Algorithm::Es384));
        let error = parse(&other.replace("did = \"did:web\"", "did = \"did:key\"")).unwrap_err();
        assert!(error.contains("signing.data_integrity"), "{error}");
    }

    #[test]
    fn a_type_more_leaves_the_rest_of_the_file_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        let text = written("https://city.example", false);
        fs::write(&path, &text).unwrap();
        let more = offering(dir.path(), "card").unwrap();
        assert_eq!(more, text.replace(r#"["person"]"#, r#"["person", "card"]"#));
        write(dir.path(), &more).unwrap();
        assert_eq!(Config::read(dir.path()).unwrap().types, ["person", "card"]);
        assert_eq!(offering(dir.path(), "card"), None, "it is there");

        let lines = text.replace(r#"["person"]"#, "[\n  \"person\", # ours\n  'other',\n]");
        fs::write(&path, &lines).unwrap();
        let more = offering(dir.path(), "card").unwrap();
        assert_eq!(more, lines.replace("'other',", r#"'other', "card","#));
    }

    #[test]
    fn a_setting_that_would_not_do_is_named() {
        let good = written("https://city.example", false);
        for (from, to, name) in [
            ("https://city.example", "http://city.example", "url"),
            ("https://city.example", "https://192.0.2.1", "url"),
            ("\"EdDSA\"", "\"RS256\"", "signing.jose"),
            ("eddsa-rdfc-2022\"\n", "ecdsa-sd-2023\"\n", "signing.data_integrity"),
            ("curve = \"P-256\"", "curve = \"P-521\"", "P-521"),
            ("publish_seconds = 60", "publish_seconds = 3600", "status.publish_seconds"),
            ("[\"person\"]", "[]", "types"),
            ("allow = []", "allow = [\"http://city.example:80\"]", "network.allow"),
            ("did = \"did:web\"", "did = \"did:ion\"", "did:ion"),
            ("superiors = []", "superiors = [\"province\"]", "federation.superiors"),
            ("superiors = []", "superiors = [\"https://city.example\"]", "federation.superiors"),
            ("ttl_seconds", "ttl_second", "ttl_second"),
            ("language = \"en\"", "language = \"de\"", "office.language"),
            ("authentication = \"none\"", "authentication = \"required\"", "clients.registered"),
        ] {
            assert!(good.contains(from), "{from}");
            let error = parse(&good.replace(from, to)).unwrap_err();
            assert!(error.contains(name), "{to}: {error}");
        }
    }
}
