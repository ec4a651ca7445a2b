//! Asking the authorities of a chain for the keys they signed with before (§8.7): for marks and purposes that are older than a change of keys.

use jiff::Timestamp;
use portage_jose::UnverifiedJwt;
use portage_strict_json::Limits;
use serde_json::Value;
use url::Url;

use crate::{
    EntityId, EntityStatement, FederationKeys, HistoricalKeys, PathEntity, ResolvedEntity,
    UnverifiedStatement,
};

/// Most authorities that are asked at once.
const MAX_ASKED: usize = 8;

/// Asks authorities that a chain vouches for, and nobody else: each for its configuration, which says where, and then for the keys.
#[derive(Debug, Clone)]
pub struct FormerKeysInquiry {
    now: Timestamp,
    asked: Vec<(EntityId, FederationKeys, Asked)>,
    found: Vec<HistoricalKeys>,
}

#[derive(Debug, Clone)]
enum Asked {
    Configuration(Url),
    Keys(Url),
}

impl FormerKeysInquiry {
    /// Of these authorities, with the keys that a chain vouches for.
    pub fn new(of: impl IntoIterator<Item = (EntityId, FederationKeys)>, now: Timestamp) -> Self {
        let asked = of.into_iter().take(MAX_ASKED).filter_map(|(id, keys)| {
            let url = id.configuration_url().ok()?;
            Some((id, keys, Asked::Configuration(url)))
        });
        FormerKeysInquiry { now, asked: asked.collect(), found: Vec::new() }
    }

    /// The addresses wanted now. Empty: it has ended.
    pub fn wanted(&self) -> Vec<Url> {
        let url = |(_, _, asked): &(EntityId, FederationKeys, Asked)| match asked {
            Asked::Configuration(url) | Asked::Keys(url) => url.clone(),
        };
        self.asked.iter().map(url).collect()
    }

    /// One answer for each address of [`FormerKeysInquiry::wanted`], in order. What does not hold is left aside.
    pub fn supply(&mut self, answers: Vec<Option<Vec<u8>>>) {
        let asked = std::mem::take(&mut self.asked);
        for ((id, keys, asked), answer) in asked.into_iter().zip(answers) {
            let Some(text) = answer.and_then(|bytes| String::from_utf8(bytes).ok()) else { continue };
            match asked {
                Asked::Configuration(_) => {
                    let url = self.endpoint(&id, &keys, text.trim());
                    self.asked.extend(url.map(|url| (id, keys, Asked::Keys(url))));
                }
                Asked::Keys(_) => self.found.extend(HistoricalKeys::verify(text.trim(), &id, &keys)),
            }
        }
    }

    /// What the authorities signed with before, by their own current keys.
    pub fn into_found(self) -> Vec<HistoricalKeys> {
        self.found
    }

    fn endpoint(&self, id: &EntityId, keys: &FederationKeys, configuration: &str) -> Option<Url> {
        let verified = UnverifiedStatement::parse(configuration).ok()?.verify(keys, self.now).ok()?;
        let EntityStatement::Configuration(own) = verified.into_statement() else { return None };
        own.own_endpoint("federation_historical_keys_endpoint").filter(|_| own.id == *id)
    }
}

impl ResolvedEntity {
    /// Who above on this chain signed `token` (a mark, a purpose statement) with a key that the chain does not vouch for, and may have had it
    /// before. The token itself is looked at later.
    pub fn signed_before(&self, token: &str) -> Option<&PathEntity> {
        let jwt = UnverifiedJwt::parse_within(token, Limits::METADATA).ok()?;
        let issuer = jwt.unverified_claims().get("iss").and_then(Value::as_str)?;
        let above = self.path().iter().skip(1).find(|entity| entity.id.as_str() == issuer)?;
        above.keys.key(jwt.header().kid()?).is_none().then_some(above)
    }
}
