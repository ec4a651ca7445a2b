use serde_json::Value;
use url::{Host, Url};

/// An Entity Identifier (§1.2): an https URL with a host, perhaps a port and a path, and nothing else. Compared as text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntityId(String);

/// The text is not an Entity Identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an Entity Identifier: an https address with a host, without query and fragment")]
pub struct NotAnEntityId;

/// What RFC 3986 calls a long URL: no identifier of a government is longer.
const MAX_LENGTH: usize = 2048;

impl EntityId {
    /// Reads one. http is read for `localhost` alone, so that a federation can run on one machine; whether such an address may be
    /// contacted is another question, which `did::may_contact` answers.
    ///
    /// # Errors
    /// [`NotAnEntityId`].
    pub fn parse(text: &str) -> Result<Self, NotAnEntityId> {
        let graphic = text.len() <= MAX_LENGTH && text.bytes().all(|byte| byte.is_ascii_graphic());
        let url = Url::parse(text).ok().filter(|_| graphic).ok_or(NotAnEntityId)?;
        let scheme = match url.scheme() {
            "https" => text.starts_with("https://"),
            "http" => text.starts_with("http://") && url.host() == Some(Host::Domain("localhost")),
            _ => false,
        };
        let bare = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if scheme && bare && url.host().is_some() {
            Ok(EntityId(text.to_owned()))
        } else {
            Err(NotAnEntityId)
        }
    }

    /// Reads a JSON string.
    pub(crate) fn from_value(value: &Value) -> Option<Self> {
        Self::parse(value.as_str()?).ok()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host, as naming constraints look at it: a domain name in small letters without the dot at its end; `None` for an IP address.
    pub fn domain(&self) -> Option<String> {
        match Url::parse(&self.0).ok()?.host()? {
            Host::Domain(name) => Some(name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()),
            Host::Ipv4(_) | Host::Ipv6(_) => None,
        }
    }

    /// Where its Entity Configuration stands (§9): `/.well-known/openid-federation` appended, a slash at the end left out.
    ///
    /// # Errors
    /// [`NotAnEntityId`]: cannot happen for an identifier that was read.
    pub fn configuration_url(&self) -> Result<Url, NotAnEntityId> {
        let base = self.0.strip_suffix('/').unwrap_or(&self.0);
        Url::parse(&format!("{base}{WELL_KNOWN}")).map_err(|_| NotAnEntityId)
    }
}

/// The path of an Entity Configuration below the identifier (§9).
pub const WELL_KNOWN: &str = "/.well-known/openid-federation";

impl std::fmt::Display for EntityId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for EntityId {
    type Err = NotAnEntityId;

    fn from_str(text: &str) -> Result<Self, NotAnEntityId> {
        Self::parse(text)
    }
}

impl From<&EntityId> for Value {
    fn from(id: &EntityId) -> Self {
        Value::from(id.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_identifier_is_an_address_and_nothing_beside_it() {
        for id in [
            "https://city.example",
            "https://city.example:8443/licences",
            "https://city.example/a/",
            "http://localhost:8080",
            "https://192.0.2.1",
        ] {
            assert_eq!(EntityId::parse(id).map(|id| id.as_str().to_owned()).as_deref(), Ok(id));
        }
        for id in [
            "http://city.example",
            "https://",
            "https:city.example",
            "HTTPS://city.example",
            "https://city.example?a",
            "https://city.example#a",
            "https://me@city.example",
            "https://city.example/a b",
            "did:web:city.example",
            "http://127.0.0.1:1",
            "",
        ] {
            assert_eq!(EntityId::parse(id), Err(NotAnEntityId), "{id}");
        }
    }

    #[test]
    fn the_configuration_stands_below_the_identifier() {
        let url = |id: &str| EntityId::parse(id).unwrap().configuration_url().unwrap().to_string();
        assert_eq!(url("https://city.example"), "https://city.example/.well-known/openid-federation");
        assert_eq!(url("https://city.example/a/"), "https://city.example/a/.well-known/openid-federation");
        assert_eq!(
            EntityId::parse("https://City.Example.").unwrap().domain().as_deref(),
            Some("city.example")
        );
        assert_eq!(EntityId::parse("https://192.0.2.1").unwrap().domain(), None);
    }
}
