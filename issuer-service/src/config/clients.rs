use portage_issuer::ClientAuthentication;
use portage_jose::Jwk;
use portage_oid4vci::RegisteredClient;
use serde::Deserialize;
use serde_json::Value;

/// `[clients]`: which wallets may redeem a code.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Clients {
    authentication: Authentication,
    registered: Vec<Client>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Authentication {
    #[default]
    None,
    Optional,
    Required,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Client {
    client_id: String,
    jwk: Value,
}

impl Clients {
    /// The setting, if a mode and its clients come together.
    pub(super) fn authentication(self) -> Result<ClientAuthentication, String> {
        let mut clients: Vec<RegisteredClient> = Vec::new();
        for client in self.registered {
            let client = client.registered()?;
            if clients.iter().any(|known| known.id == client.id) {
                return Err("clients.registered: a client_id twice".to_owned());
            }
            clients.push(client);
        }
        match (self.authentication, clients.is_empty()) {
            (Authentication::None, true) => Ok(ClientAuthentication::None),
            (Authentication::None, false) => {
                Err("clients.authentication: \"optional\" or \"required\" where clients are registered"
                    .to_owned())
            }
            (_, true) => {
                Err("clients.registered: at least one where they are to prove who they are".to_owned())
            }
            (Authentication::Optional, false) => Ok(ClientAuthentication::Optional(clients)),
            (Authentication::Required, false) => Ok(ClientAuthentication::Required(clients)),
        }
    }
}

impl Client {
    fn registered(self) -> Result<RegisteredClient, String> {
        // RFC 6749 Appendix A.1, and no blank at an end, which nobody sees.
        let is_id = !self.client_id.is_empty()
            && self.client_id.len() <= 255
            && self.client_id.bytes().all(|byte| matches!(byte, b' '..=b'~'))
            && self.client_id.trim() == self.client_id;
        if !is_id {
            return Err("clients.registered: client_id: 1 to 255 printable characters of ASCII".to_owned());
        }
        let jwk = Jwk::from_value(&self.jwk)
            .map_err(|error| format!("clients.registered: jwk of {}: {error}", self.client_id))?;
        Ok(RegisteredClient { id: self.client_id, key: jwk.key().clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = r#"[[registered]]
client_id = "https://wallet.example"
jwk = { kty = "OKP", crv = "Ed25519", x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }
"#;

    fn read(text: &str) -> Result<ClientAuthentication, String> {
        toml::from_str::<Clients>(text).map_err(|error| error.message().to_owned())?.authentication()
    }

    #[test]
    fn t12_a_mode_and_its_clients_come_together() {
        assert_eq!(read(""), Ok(ClientAuthentication::None));
        assert_eq!(read("authentication = \"none\""), Ok(ClientAuthentication::None));
        for (mode, is_required) in [("optional", false), ("required", true)] {
            let mode = format!("authentication = \"{mode}\"\n");
            let clients = match read(&format!("{mode}{ONE}")).unwrap() {
                ClientAuthentication::Optional(clients) if !is_required => clients,
                ClientAuthentication::Required(clients) if is_required => clients,
                other => panic!("{other:?}"),
            };
            assert_eq!(clients[0].id, "https://wallet.example");
            assert!(read(&mode).unwrap_err().contains("clients.registered"));
        }
        assert!(read(ONE).unwrap_err().contains("clients.authentication"), "the mode was forgotten");
    }

    #[test]
    fn t12_a_client_that_would_not_do_is_named() {
        let good = format!("authentication = \"required\"\n{ONE}");
        assert!(read(&good).is_ok());
        assert!(read(&format!("{good}{ONE}")).unwrap_err().contains("twice"));
        for (from, to, name) in [
            ("https://wallet.example", "", "client_id"),
            ("https://wallet.example", " wallet", "client_id"),
            ("https://wallet.example", "portefeuille de Montréal", "client_id"),
            ("\"required\"", "\"require\"", "require"),
            ("\"OKP\"", "\"RSA\"", "https://wallet.example"),
            ("crv = ", "d = \"AA\", crv = ", "private key"),
            ("jwk = ", "jwks_uri = ", "jwks_uri"),
        ] {
            let error = read(&good.replace(from, to)).unwrap_err();
            assert!(error.contains(name), "{to}: {error}");
        }
    }
}
