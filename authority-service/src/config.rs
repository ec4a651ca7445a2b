use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use jiff::SignedDuration;
use portage_authority::MarkType;
use portage_catalog::Text;
use portage_did::LoopbackOrigins;
use portage_federation::{EntityId, FederationKeys, Jurisdiction, Rights, Tier, TrustMarkOwner, TypeName};
use portage_service::check_url;
use serde::Deserialize;
use url::Url;

/// Name of the configuration file in the service's folder.
pub(crate) const FILE: &str = "authority.toml";

/// `authority.toml`, checked.
#[derive(Debug)]
pub(crate) struct Config {
    /// Where others reach the service: an origin.
    pub(crate) url: Url,
    /// The same as an Entity Identifier.
    pub(crate) id: EntityId,
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// Its name.
    pub(crate) name: Text,
    /// What it is.
    pub(crate) tier: Tier,
    /// What it holds by itself.
    pub(crate) own: Rights,
    /// Its superiors.
    pub(crate) superiors: Vec<EntityId>,
    /// The trust marks it knows.
    pub(crate) marks: Vec<MarkType>,
    /// How long a statement lives.
    pub(crate) statement_lifetime: SignedDuration,
    /// Loopback origins that use http.
    pub(crate) loopback: LoopbackOrigins,
    /// Folder of further types.
    pub(crate) types_folder: PathBuf,
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
    jurisdiction: String,
    tier: Option<Tier>,
    #[serde(default = "every_type")]
    types: Vec<String>,
    #[serde(default)]
    federation: Federation,
    #[serde(default)]
    network: Network,
    #[serde(default)]
    marks: Vec<MarkEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MarkEntry {
    #[serde(rename = "type")]
    id: String,
    name: Text,
    #[serde(default)]
    issuers: Vec<String>,
    owner: Option<OwnerEntry>,
    delegation: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnerEntry {
    id: String,
    jwks: serde_json::Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Federation {
    superiors: Vec<String>,
    statement_seconds: u32,
}

impl Default for Federation {
    fn default() -> Self {
        Federation { superiors: Vec::new(), statement_seconds: DAY }
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Network {
    allow: Vec<String>,
}

const DAY: u32 = 24 * 3600;
/// Longest life of a statement: so long may a suspension stay unknown.
const MAX_STATEMENT_SECONDS: u32 = 7 * DAY;
/// Shortest: less than clocks differ.
const MIN_STATEMENT_SECONDS: u32 = 60;

fn every_type() -> Vec<String> {
    vec!["*".to_owned()]
}

impl Config {
    /// Reads `authority.toml` of the folder.
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
            .map_err(|_| "network.allow: only loopback origins like http://localhost:8085".to_owned())?;
        let url = Url::parse(&file.url).map_err(|_| "url: not a URL".to_owned())?;
        check_url(&url, &loopback, "https://registry.bc.example")?;
        let id =
            EntityId::parse(url.as_str().trim_end_matches('/')).map_err(|error| format!("url: {error}"))?;
        if file.name.en.trim().is_empty() || file.name.fr.trim().is_empty() {
            return Err("name: must be there in English and in French".to_owned());
        }
        let jurisdiction =
            Jurisdiction::parse(&file.jurisdiction).map_err(|error| format!("jurisdiction: {error}"))?;
        let types = file.types.iter().map(|name| TypeName::parse(name)).collect::<Result<_, _>>();
        let tier = file.tier.unwrap_or(jurisdiction.tier());
        let own = Rights {
            types: types.map_err(|error| format!("types: {error}"))?,
            tier: Some(tier),
            ..Rights::all_in(jurisdiction)
        };
        let seconds = file.federation.statement_seconds;
        if !(MIN_STATEMENT_SECONDS..=MAX_STATEMENT_SECONDS).contains(&seconds) {
            return Err(format!(
                "federation.statement_seconds: {MIN_STATEMENT_SECONDS} to {MAX_STATEMENT_SECONDS}"
            ));
        }
        Ok(Config {
            superiors: read_superiors(&file.federation.superiors, &id)?,
            marks: file.marks.into_iter().map(read_mark).collect::<Result<_, _>>()?,
            url,
            id,
            listen: file.listen,
            name: file.name,
            tier,
            own,
            statement_lifetime: SignedDuration::from_secs(i64::from(seconds)),
            loopback,
            types_folder: dir.join("types"),
        })
    }
}

fn read_mark(entry: MarkEntry) -> Result<MarkType, String> {
    let refused = |what: String| format!("marks: {}: {what}", entry.id);
    if !entry.id.starts_with("https://") && !entry.id.starts_with("http://localhost") {
        return Err(refused("type is an https address that nobody else gives a meaning".to_owned()));
    }
    if entry.name.en.trim().is_empty() || entry.name.fr.trim().is_empty() {
        return Err(refused("name must be there in English and in French".to_owned()));
    }
    let entity = |text: &String| EntityId::parse(text).map_err(|error| refused(error.to_string()));
    let owner = match &entry.owner {
        None => None,
        Some(owner) => {
            let keys = FederationKeys::from_value(&owner.jwks).map_err(|what| refused(what.to_owned()))?;
            Some(TrustMarkOwner { id: entity(&owner.id)?, keys })
        }
    };
    let issuers = entry.issuers.iter().map(entity).collect::<Result<_, _>>()?;
    Ok(MarkType { issuers, owner, id: entry.id, name: entry.name, delegation: entry.delegation })
}

fn read_superiors(superiors: &[String], own: &EntityId) -> Result<Vec<EntityId>, String> {
    let read = |text: &String| {
        let id = EntityId::parse(text).map_err(|error| format!("federation.superiors: {error}"))?;
        if id == *own { Err("federation.superiors: nobody is above itself".to_owned()) } else { Ok(id) }
    };
    superiors.iter().map(read).collect()
}

/// What goes into a new configuration.
pub(crate) struct Template<'a> {
    pub(crate) url: &'a Url,
    pub(crate) listen: SocketAddr,
    pub(crate) name: &'a Text,
    pub(crate) jurisdiction: &'a Jurisdiction,
    pub(crate) tier: Tier,
    pub(crate) superiors: &'a [EntityId],
    pub(crate) allow: &'a [String],
    pub(crate) demo: bool,
}

impl Template<'_> {
    /// The commented file that `init` writes.
    pub(crate) fn text(&self) -> String {
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let superiors: Vec<_> = self.superiors.iter().map(|id| id.as_str().to_owned()).collect();
        format!(
            r#"# Configuration of a Portage authority.

# Where others reach the service. It is its Entity Identifier: it cannot be changed once somebody relies on it.
url = {url}
# Where it listens. TLS is the business of the proxy in front of it.
listen = {listen}
# What people read.
name = {{ en = {en}, fr = {fr} }}
# For whom it acts: CA, CA-BC, CA-BC-5915022 (a census subdivision), nation:haida.
jurisdiction = {jurisdiction}
# federal, provincial, territorial, indigenous, municipal or other.
tier = {tier}
# The types it lets others issue, when nobody is above it. With superiors, it holds what they say.
types = ["*"]

[federation]
# The authorities above it. Empty: others pin this one.
superiors = {superiors}
# How long a statement lives, in seconds: a suspension is known everywhere at the latest when it is over.
statement_seconds = {statement_seconds}

# A trust mark that this authority gives (authority mark), or whose issuers it lists for those who pin it (empty: anybody). It gives no right.
# [[marks]]
# type = "https://registry.example/marks/privacy-reviewed"
# name = {{ en = "Privacy reviewed", fr = "Vie privée examinée" }}
# issuers = ["https://registry.example"]

[network]
# Exact loopback origins that are reached over http, for trying things out on one machine. Empty: https everywhere.
allow = {allow}
"#,
            url = quoted(self.url.as_str().trim_end_matches('/')),
            listen = quoted(&self.listen.to_string()),
            en = quoted(&self.name.en),
            fr = quoted(&self.name.fr),
            jurisdiction = quoted(self.jurisdiction.as_str()),
            tier = toml::Value::try_from(self.tier).unwrap_or(toml::Value::from("other")),
            superiors = toml::Value::from(superiors),
            statement_seconds = if self.demo { MIN_STATEMENT_SECONDS } else { DAY },
            allow = toml::Value::from(self.allow.to_vec()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(url: &str, superiors: &[&str]) -> String {
        Template {
            url: &url.parse().unwrap(),
            listen: "127.0.0.1:8085".parse().unwrap(),
            name: &Text { en: "Province \"of\" Portage".into(), fr: "Province".into() },
            jurisdiction: &Jurisdiction::parse("CA-BC").unwrap(),
            tier: Tier::Provincial,
            superiors: &superiors.iter().map(|id| EntityId::parse(id).unwrap()).collect::<Vec<_>>(),
            allow: &["http://localhost:8085".to_owned()],
            demo: false,
        }
        .text()
    }

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(Path::new("/srv/province"), text)
    }

    #[test]
    fn what_init_writes_reads_back() {
        let config = parse(&written("http://localhost:8085", &["https://canada.example"])).unwrap();
        assert_eq!(config.id.as_str(), "http://localhost:8085");
        assert_eq!(config.superiors, [EntityId::parse("https://canada.example").unwrap()]);
        assert_eq!((config.tier, config.own.jurisdiction.as_str()), (Tier::Provincial, "CA-BC"));
        assert_eq!(config.own, Rights::all_in(Jurisdiction::parse("CA-BC").unwrap()));
        assert_eq!(config.statement_lifetime, SignedDuration::from_hours(24));
    }

    #[test]
    fn a_setting_that_would_not_do_is_named() {
        let good = written("https://registry.example", &["https://canada.example"]);
        assert!(parse(&good).is_ok());
        for (from, to, name) in [
            ("https://registry.example", "http://registry.example", "url"),
            ("https://registry.example", "https://192.0.2.1", "url"),
            ("\"CA-BC\"", "\"British Columbia\"", "jurisdiction"),
            ("\"provincial\"", "\"village\"", "village"),
            ("[\"*\"]", "[\"VerifiableCredential\"]", "types"),
            ("\"https://canada.example\"", "\"canada\"", "federation.superiors"),
            ("\"https://canada.example\"", "\"https://registry.example\"", "federation.superiors"),
            ("statement_seconds = 86400", "statement_seconds = 86400000", "federation.statement_seconds"),
            ("statement_seconds", "statement_second", "statement_second"),
            ("fr = \"Province\"", "fr = \" \"", "name"),
        ] {
            assert!(good.contains(from), "{from}");
            let error = parse(&good.replace(from, to)).unwrap_err();
            assert!(error.contains(name), "{to}: {error}");
        }
    }
}
