//! Asking authorities for what they sign about a verifier's purposes: a service carries it in its requests, and asks again before it ends.

use jiff::Timestamp;
use portage_strict_json::{Limits, parse};
use url::Url;

use crate::{EntityId, EntityStatement, PurposeStatement, UnverifiedStatement};

/// The parameter of `federation_entity` that says where an authority gives out its purpose statements: asked with `sub`, as the fetch endpoint is.
pub const PURPOSES_ENDPOINT: &str = "https://portage-identity.example/federation/purposes_endpoint";
/// What stands there: a JSON array of purpose statements.
pub const PURPOSES_MEDIA_TYPE: &str = "application/json";
/// Most authorities that are asked.
const MAX_ASKED: usize = 8;
/// Most statements of one authority that are looked at.
const MAX_STATEMENTS: usize = 256;

/// Asks each authority for its configuration, which says where, and then for the statements about the verifier. Nothing of it is believed here:
/// whoever gets a request judges the statement in it.
#[derive(Debug, Clone)]
pub struct PurposesInquiry {
    subject: EntityId,
    now: Timestamp,
    asked: Vec<(EntityId, Asked)>,
    found: Vec<(PurposeStatement, String)>,
}

#[derive(Debug, Clone)]
enum Asked {
    Configuration(Url),
    Purposes(Url),
}

impl PurposesInquiry {
    /// About `subject`, asking these.
    pub fn new(subject: &EntityId, authorities: impl IntoIterator<Item = EntityId>, now: Timestamp) -> Self {
        let asked = authorities.into_iter().take(MAX_ASKED).filter_map(|id| {
            let url = id.configuration_url().ok()?;
            Some((id, Asked::Configuration(url)))
        });
        PurposesInquiry { subject: subject.clone(), now, asked: asked.collect(), found: Vec::new() }
    }

    /// The addresses wanted now. Empty: it has ended.
    pub fn wanted(&self) -> Vec<Url> {
        let url = |(_, asked): &(EntityId, Asked)| match asked {
            Asked::Configuration(url) | Asked::Purposes(url) => url.clone(),
        };
        self.asked.iter().map(url).collect()
    }

    /// One answer for each address of [`PurposesInquiry::wanted`], in order.
    pub fn supply(&mut self, answers: Vec<Option<Vec<u8>>>) {
        let asked = std::mem::take(&mut self.asked);
        for ((authority, asked), answer) in asked.into_iter().zip(answers) {
            let Some(bytes) = answer else { continue };
            match asked {
                Asked::Configuration(_) => {
                    let url =
                        String::from_utf8(bytes).ok().and_then(|text| self.endpoint(&authority, text.trim()));
                    self.asked.extend(url.map(|url| (authority, Asked::Purposes(url))));
                }
                Asked::Purposes(_) => self.found.extend(statements(&bytes, &authority, &self.subject)),
            }
        }
    }

    /// The statements about the verifier, each with what it says.
    pub fn into_found(self) -> Vec<(PurposeStatement, String)> {
        self.found
    }

    fn endpoint(&self, authority: &EntityId, configuration: &str) -> Option<Url> {
        let verified = UnverifiedStatement::parse(configuration).ok()?.verify_self_signed(self.now).ok()?;
        let EntityStatement::Configuration(own) = verified.into_statement() else { return None };
        let mut url = own.own_endpoint(PURPOSES_ENDPOINT).filter(|_| own.id == *authority)?;
        url.query_pairs_mut().append_pair("sub", self.subject.as_str());
        Some(url)
    }
}

fn statements(bytes: &[u8], by: &EntityId, about: &EntityId) -> Vec<(PurposeStatement, String)> {
    let listed = parse(bytes, Limits::METADATA).ok();
    let listed: Vec<String> =
        listed.and_then(|listed| serde_json::from_value(listed).ok()).unwrap_or_default();
    let read = |compact: String| {
        let said = PurposeStatement::unverified(&compact).ok()?;
        (said.issuer == *by && said.subject == *about).then_some((said, compact))
    };
    listed.into_iter().take(MAX_STATEMENTS).filter_map(read).collect()
}
