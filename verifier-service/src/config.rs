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
use portage_verifier::{Asking, Delivery};
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
    /// What is asked at the counter; empty: every purpose there is.
    pub(crate) counter_purposes: Vec<PurposeId>,
    /// How it asks.
    pub(crate) asking: Asking,
    /// The certificates of its key and the key, two files.
    pub(crate) certificates: Option<Certificates>,
}

/// The files of a key that is certified.
#[derive(Debug)]
pub(crate) struct Certificates {
    /// PEM, the leaf first, without the anchor.
    pub(crate) chain: PathBuf,
    /// PEM, PKCS#8.
    pub(crate) key: PathBuf,
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
    /// The host that its certificate names. Needs requests.certificates.
    #[serde(rename = "x509_san_dns")]
    #[value(skip)]
    X509SanDns,
    /// The digest of its certificate. Needs requests.certificates.
    #[serde(rename = "x509_hash")]
    #[value(skip)]
    X509Hash,
    /// The address that answers go to: nobody signs, and wallets know nothing else of whoever asks.
    #[serde(rename = "redirect_uri")]
    #[value(name = "redirect_uri")]
    RedirectUri,
}

impl RequestPrefix {
    fn name(self) -> &'static str {
        match self {
            RequestPrefix::DecentralizedIdentifier => "decentralized_identifier",
            RequestPrefix::OpenidFederation => "openid_federation",
            RequestPrefix::X509SanDns => "x509_san_dns",
            RequestPrefix::X509Hash => "x509_hash",
            RequestPrefix::RedirectUri => "redirect_uri",
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
    client_id_prefix: Option<RequestPrefix>,
    response_mode: Option<ResponseModeName>,
    delivery: DeliveryName,
    haip: bool,
    certificates: Option<PathBuf>,
    certificate_key: Option<PathBuf>,
}

/// `response_mode` in the file.
#[derive(Clone, Copy, Deserialize)]
enum ResponseModeName {
    #[serde(rename = "direct_post")]
    DirectPost,
    #[serde(rename = "direct_post.jwt")]
    DirectPostJwt,
}

/// `delivery` in the file.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum DeliveryName {
    #[default]
    Get,
    Post,
    Value,
}

impl Requests {
    /// The choices, if they go together. `haip` chooses where nothing else is said, and refuses what it does not allow.
    fn choose(self, dir: &Path) -> Result<(RequestPrefix, Asking, Option<Certificates>), String> {
        let (usual_prefix, usual_mode) = if self.haip {
            (RequestPrefix::X509Hash, ResponseMode::DirectPostJwt)
        } else {
            (RequestPrefix::default(), ResponseMode::default())
        };
        let prefix = self.client_id_prefix.unwrap_or(usual_prefix);
        let response_mode = self.response_mode.map_or(usual_mode, ResponseMode::from);
        let delivery = match self.delivery {
            DeliveryName::Get => Delivery::Get,
            DeliveryName::Post => Delivery::Post,
            DeliveryName::Value => Delivery::Value,
        };
        let asking = Asking { response_mode, delivery, haip: self.haip };
        check_choices(prefix, asking)?;
        let certificates = match (self.certificates, self.certificate_key) {
            (Some(chain), Some(key)) => Some(Certificates { chain: dir.join(chain), key: dir.join(key) }),
            (None, None) => None,
            _ => return Err("requests.certificates and requests.certificate_key go together".to_owned()),
        };
        let needs_certificates = matches!(prefix, RequestPrefix::X509Hash | RequestPrefix::X509SanDns);
        if needs_certificates && certificates.is_none() {
            return Err(format!(
                "requests.client_id_prefix: {} needs requests.certificates and requests.certificate_key",
                prefix.name()
            ));
        }
        Ok((prefix, asking, certificates.filter(|_| needs_certificates)))
    }
}

/// What goes together with what.
fn check_choices(prefix: RequestPrefix, asking: Asking) -> Result<(), String> {
    let Asking { response_mode, delivery, haip } = asking;
    let refused = if haip && prefix != RequestPrefix::X509Hash {
        "client_id_prefix: haip allows x509_hash alone"
    } else if haip && response_mode != ResponseMode::DirectPostJwt {
        "response_mode: haip allows direct_post.jwt alone"
    } else if haip && delivery == Delivery::Value {
        "delivery: haip allows get and post, no request by value"
    } else if prefix == RequestPrefix::OpenidFederation && response_mode == ResponseMode::DirectPostJwt {
        "response_mode: direct_post.jwt needs a key for each request, and under openid_federation wallets take keys from the trust chain alone"
    } else if prefix == RequestPrefix::RedirectUri && delivery == Delivery::Post {
        "delivery: a request under redirect_uri is not signed, and stands in the link"
    } else {
        return Ok(());
    };
    Err(format!("requests.{refused}"))
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
        let (client_id_prefix, asking, certificates) = file.requests.choose(dir)?;
        if client_id_prefix == RequestPrefix::OpenidFederation && superiors.is_empty() {
            return Err("requests.client_id_prefix: openid_federation needs federation.superiors".to_owned());
        }
        Ok(Config {
            time_zone,
            superiors,
            client_id_prefix,
            asking,
            certificates,
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
# How wallets get the request: get or post (from an address), or value (in the link).
delivery = "get"
# Names that a certificate bears out: client_id_prefix = "x509_san_dns" (the host) or "x509_hash" (the certificate), with these files:
# certificates = "certificates.pem"        # the leaf first, without the anchor
# certificate_key = "certificate-key.pem"  # its key, PKCS#8, of P-256
# haip = true                              # only what the High Assurance Interoperability Profile 1.0 allows

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
        assert_eq!(parse(&text).unwrap().asking, Asking::default());
        let encrypted =
            text.replace("response_mode = \"direct_post\"", "response_mode = \"direct_post.jwt\"");
        assert_eq!(parse(&encrypted).unwrap().asking.response_mode, ResponseMode::DirectPostJwt);
        let federated = encrypted.replace("decentralized_identifier\"", "openid_federation\"");
        assert!(parse(&federated).unwrap_err().starts_with("requests.response_mode"));
        assert!(parse(&text.replace("\"direct_post\"", "\"fragment\"")).is_err());
    }

    #[test]
    fn haip_chooses_what_it_demands_and_refuses_what_it_forbids() {
        let with = |requests: &str| {
            parse(&format!(
                "url = \"https://market.example\"\nlisten = \"127.0.0.1:1\"\n[api]\ntoken = \"{TOKEN}\"\n[requests]\n{requests}\n"
            ))
        };
        const FILES: &str = "certificates = \"c.pem\"\ncertificate_key = \"k.pem\"\n";
        let haip = with(&format!("haip = true\n{FILES}")).unwrap();
        assert_eq!(haip.client_id_prefix, RequestPrefix::X509Hash);
        let asking =
            Asking { response_mode: ResponseMode::DirectPostJwt, delivery: Delivery::Get, haip: true };
        assert_eq!(haip.asking, asking);
        assert_eq!(haip.certificates.unwrap().chain, Path::new("/srv/market/c.pem"));
        assert!(with(&format!("haip = true\ndelivery = \"post\"\n{FILES}")).is_ok());
        for (requests, what) in [
            ("client_id_prefix = \"x509_san_dns\"", "requests.client_id_prefix"),
            ("client_id_prefix = \"decentralized_identifier\"", "requests.client_id_prefix"),
            ("response_mode = \"direct_post\"", "requests.response_mode"),
            ("delivery = \"value\"", "requests.delivery"),
        ] {
            let refused = with(&format!("haip = true\n{requests}\n{FILES}")).unwrap_err();
            assert!(refused.starts_with(what), "{refused}");
            assert!(with(&format!("{requests}\n{FILES}")).is_ok(), "{requests}");
        }
        assert!(with("haip = true").unwrap_err().contains("requests.certificates"));
        assert!(with("certificates = \"c.pem\"").unwrap_err().contains("go together"));
        assert!(with("client_id_prefix = \"redirect_uri\"").is_ok());
        assert!(with("client_id_prefix = \"redirect_uri\"\ndelivery = \"post\"").is_err());
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
