use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use jiff::{SignedDuration, tz::TimeZone};
use portage_catalog::PurposeId;
use portage_did::LoopbackOrigins;
use portage_federation::EntityId;
use portage_oid4vp::ResponseMode;
use portage_service::{FederationSection, check_url};
use serde::Deserialize;
use url::Url;

/// Name of the configuration file in the service's folder.
pub(crate) const FILE: &str = "verifier.toml";

/// `verifier.toml`, checked.
#[derive(Debug)]
pub(crate) struct Config {
    /// Where people and wallets reach the service: an origin.
    pub(crate) url: Url,
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// Bearer token of the relying party's API.
    pub(crate) api_token: String,
    /// Loopback origins that use http.
    pub(crate) loopback: LoopbackOrigins,
    /// A status list is asked for at most this often.
    pub(crate) refetch: SignedDuration,
    /// `trust.json`.
    pub(crate) trust: PathBuf,
    /// Which day is today for a policy.
    pub(crate) time_zone: TimeZone,
    /// The authorities above it.
    pub(crate) superiors: Vec<EntityId>,
    /// What kind of name it asks under.
    pub(crate) client_id_prefix: RequestPrefix,
    /// How answers come.
    pub(crate) response_mode: ResponseMode,
    /// What is asked at the counter; empty: every purpose there is.
    pub(crate) counter_purposes: Vec<PurposeId>,
}

/// The Client Identifier Prefix of the service's requests (OpenID4VP 1.0 §5.9.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ValueEnum)]
pub(crate) enum RequestPrefix {
    /// Its did:web: wallets read its keys from the DID document.
    #[default]
    #[serde(rename = "decentralized_identifier")]
    #[value(name = "decentralized_identifier")]
    DecentralizedIdentifier,
    /// Its Entity Identifier: wallets take everything from its trust chain, and answer nobody without one.
    #[serde(rename = "openid_federation")]
    #[value(name = "openid_federation")]
    OpenidFederation,
}

impl RequestPrefix {
    fn name(self) -> &'static str {
        match self {
            RequestPrefix::DecentralizedIdentifier => "decentralized_identifier",
            RequestPrefix::OpenidFederation => "openid_federation",
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
    api: Api,
    #[serde(default)]
    network: Network,
    #[serde(default)]
    trust: Trust,
    #[serde(default)]
    policies: Policies,
    #[serde(default)]
    federation: FederationSection,
    #[serde(default)]
    requests: Requests,
    #[serde(default)]
    counter: CounterSection,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CounterSection {
    purposes: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Requests {
    client_id_prefix: RequestPrefix,
    response_mode: ResponseModeName,
}

/// `response_mode` in the file.
#[derive(Clone, Copy, Default, Deserialize)]
enum ResponseModeName {
    #[default]
    #[serde(rename = "direct_post")]
    DirectPost,
    #[serde(rename = "direct_post.jwt")]
    DirectPostJwt,
}

impl From<ResponseModeName> for ResponseMode {
    fn from(name: ResponseModeName) -> Self {
        match name {
            ResponseModeName::DirectPost => ResponseMode::DirectPost,
            ResponseModeName::DirectPostJwt => ResponseMode::DirectPostJwt,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Api {
    token: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Network {
    allow: Vec<String>,
    refetch_seconds: u32,
}

impl Default for Network {
    fn default() -> Self {
        Network { allow: Vec::new(), refetch_seconds: 60 }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Trust {
    file: PathBuf,
}

impl Default for Trust {
    fn default() -> Self {
        Trust { file: PathBuf::from("trust.json") }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Policies {
    time_zone: String,
}

impl Default for Policies {
    fn default() -> Self {
        Policies { time_zone: DEFAULT_TIME_ZONE.to_owned() }
    }
}

/// Where nothing else is said, as for the types that are imported.
pub(crate) const DEFAULT_TIME_ZONE: &str = "America/Vancouver";

/// Shortest bearer token that is taken: 128 bits in base64url.
const MIN_TOKEN: usize = 22;

impl Config {
    /// Reads `verifier.toml` of the folder. Relative paths in it start at the folder.
    pub(crate) fn read(dir: &Path) -> Result<Self, ConfigError> {
        let path = dir.join(FILE);
        let text =
            fs::read_to_string(&path).map_err(|source| ConfigError::Unreadable(path.clone(), source))?;
        Self::parse(dir, &text).map_err(|what| ConfigError::Invalid(path, what))
    }

    /// Reads the text of a configuration for this folder; what is wrong with it, without quoting it.
    pub(crate) fn parse(dir: &Path, text: &str) -> Result<Self, String> {
        // The message, not the whole error: that one would quote the file, and the file holds the token.
        let file: File = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        let loopback = LoopbackOrigins::parse(file.network.allow.iter().map(String::as_str))
            .map_err(|_| "network.allow: only loopback origins like http://localhost:8081".to_owned())?;
        let url = Url::parse(&file.url).map_err(|_| "url: not a URL".to_owned())?;
        check_url(&url, &loopback, "https://market.example")?;
        if file.api.token.len() < MIN_TOKEN {
            return Err(format!("api.token: at least {MIN_TOKEN} characters"));
        }
        let time_zone = TimeZone::get(&file.policies.time_zone).map_err(|_| {
            "policies.time_zone: not the IANA name of a time zone, such as America/Vancouver".to_owned()
        })?;
        let superiors = file.federation.superiors(&url)?;
        let client_id_prefix = file.requests.client_id_prefix;
        if client_id_prefix == RequestPrefix::OpenidFederation && superiors.is_empty() {
            return Err("requests.client_id_prefix: openid_federation needs federation.superiors".to_owned());
        }
        let response_mode = ResponseMode::from(file.requests.response_mode);
        if client_id_prefix == RequestPrefix::OpenidFederation && response_mode == ResponseMode::DirectPostJwt
        {
            return Err("requests.response_mode: direct_post.jwt needs a key for each request, and under openid_federation wallets take \
                        keys from the trust chain alone"
                .to_owned());
        }
        Ok(Config {
            time_zone,
            superiors,
            client_id_prefix,
            response_mode,
            counter_purposes: file.counter.purposes.into_iter().map(PurposeId).collect(),
            url,
            listen: file.listen,
            api_token: file.api.token,
            loopback,
            refetch: SignedDuration::from_secs(i64::from(file.network.refetch_seconds)),
            trust: dir.join(file.trust.file),
        })
    }
}

/// The commented file that `init` writes.
pub(crate) struct Template<'a> {
    pub(crate) url: &'a Url,
    pub(crate) listen: SocketAddr,
    pub(crate) token: &'a str,
    pub(crate) allow: &'a [String],
    pub(crate) refetch_seconds: u32,
    pub(crate) superiors: &'a [EntityId],
    pub(crate) client_id_prefix: RequestPrefix,
}

impl Template<'_> {
    /// The text.
    pub(crate) fn text(&self) -> String {
        let text = |text: &str| toml::Value::from(text).to_string();
        let url = text(self.url.as_str().trim_end_matches('/'));
        let listen = text(&self.listen.to_string());
        let token = text(self.token);
        let allow = toml::Value::from(self.allow.to_vec()).to_string();
        let superiors: Vec<_> = self.superiors.iter().map(ToString::to_string).collect();
        let superiors = toml::Value::from(superiors).to_string();
        let refetch_seconds = self.refetch_seconds;
        let client_id_prefix = self.client_id_prefix.name();
        format!(
            r#"# Configuration of a Portage verifier. Keep this file to yourself: it holds the token of the API.

# Where people and wallets reach the service. Its DID is the did:web of this address.
url = {url}
# Where it listens. TLS is the business of the proxy in front of it.
listen = {listen}

[api]
# Bearer token of POST /api/requests and GET /api/requests/{{transaction}}.
token = {token}

[network]
# Exact loopback origins that are reached over http, for trying things out on one machine. Empty: https everywhere.
allow = {allow}
# A status list is asked for at most this often, in seconds.
refetch_seconds = {refetch_seconds}

[trust]
# Who may issue what. Absent or empty: nobody is trusted and nothing is accepted.
file = "trust.json"

[policies]
# Which day is today for a policy: an IANA time zone.
time_zone = "{DEFAULT_TIME_ZONE}"

[federation]
# The authorities that vouch for this verifier, by their addresses. It says so at /.well-known/openid-federation.
superiors = {superiors}

[requests]
# The name that requests are signed under: decentralized_identifier (the did:web), or openid_federation (wallets then take keys and
# addresses from the trust chain alone, and answer only while there is one).
client_id_prefix = "{client_id_prefix}"
# How wallets answer: direct_post, or direct_post.jwt (encrypted to a key of each request, so that the proxy in front of this service
# reads nothing of it; not with openid_federation).
response_mode = "direct_post"

[counter]
# What staff may ask at /counter, by the ids of purposes. Empty: every purpose there is.
purposes = []

# Credential types and purposes of your own: put them into the folders types/ and purposes/ beside this file,
# and the policies that your purposes name into policies/.
"#
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(Path::new("/srv/market"), text)
    }

    fn written(url: &str, allow: &[&str]) -> String {
        let allow: Vec<String> = allow.iter().map(|origin| (*origin).to_owned()).collect();
        let superiors = [EntityId::parse("https://registry.example").unwrap()];
        Template {
            url: &url.parse().unwrap(),
            listen: "127.0.0.1:8084".parse().unwrap(),
            token: TOKEN,
            allow: &allow,
            refetch_seconds: 60,
            superiors: &superiors,
            client_id_prefix: RequestPrefix::default(),
        }
        .text()
    }

    #[test]
    fn what_init_writes_reads_back() {
        let config = parse(&written("http://localhost:8084", &["http://localhost:8084"])).unwrap();
        assert_eq!(config.url.as_str(), "http://localhost:8084/");
        assert_eq!(config.api_token, TOKEN);
        assert_eq!(config.refetch, SignedDuration::from_secs(60));
        assert_eq!(config.trust, Path::new("/srv/market/trust.json"));
        assert!(config.loopback.contains(&config.url));
        assert_eq!(config.superiors, [EntityId::parse("https://registry.example").unwrap()]);
    }

    #[test]
    fn only_url_listen_and_token_are_needed() {
        let text = format!(
            "url = \"https://market.example\"\nlisten = \"127.0.0.1:1\"\n[api]\ntoken = \"{TOKEN}\"\n"
        );
        let config = parse(&text).unwrap();
        assert_eq!(config.loopback, LoopbackOrigins::default());
        assert_eq!(config.refetch, SignedDuration::from_secs(60));
    }

    #[test]
    fn http_needs_the_allow_list_and_did_web_needs_a_name() {
        assert!(parse(&written("https://market.example", &[])).is_ok());
        for (url, allow) in [
            ("http://localhost:8084", &[][..]),
            ("http://market.example", &[]),
            ("https://market.example/path", &[]),
            ("https://192.0.2.1", &[]),
            ("https://market.example", &["http://market.example:80"]),
        ] {
            assert!(parse(&written(url, allow)).is_err(), "{url} {allow:?}");
        }
    }

    #[test]
    fn a_name_of_the_federation_needs_a_superior() {
        let text = written("https://market.example", &[])
            .replace("decentralized_identifier\"", "openid_federation\"");
        assert_eq!(parse(&text).unwrap().client_id_prefix, RequestPrefix::OpenidFederation);
        let nobody = text.replace("[\"https://registry.example\"]", "[]");
        assert!(parse(&nobody).unwrap_err().starts_with("requests.client_id_prefix"));
    }

    #[test]
    fn encrypted_answers_need_a_key_of_each_request() {
        let text = written("https://market.example", &[]);
        assert_eq!(parse(&text).unwrap().response_mode, ResponseMode::DirectPost);
        let encrypted =
            text.replace("response_mode = \"direct_post\"", "response_mode = \"direct_post.jwt\"");
        assert_eq!(parse(&encrypted).unwrap().response_mode, ResponseMode::DirectPostJwt);
        let federated = encrypted.replace("decentralized_identifier\"", "openid_federation\"");
        assert!(parse(&federated).unwrap_err().starts_with("requests.response_mode"));
        assert!(parse(&text.replace("\"direct_post\"", "\"fragment\"")).is_err());
    }

    #[test]
    fn a_mistake_is_named_without_quoting_the_file() {
        let error = parse(&written("https://market.example", &[]).replace("listen", "listne")).unwrap_err();
        assert!(error.contains("listne"), "{error}");
        assert!(!error.contains(TOKEN), "{error}");
        let short = written("https://market.example", &[]).replace(TOKEN, "short");
        assert!(parse(&short).unwrap_err().starts_with("api.token"));
    }
}
