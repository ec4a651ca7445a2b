//! Asking an anchor about somebody (§8.3): nobody but the anchors that are pinned here is contacted.
//!
//! Going up from a stranger through its `authority_hints` would contact whomever the stranger names. The other way round it costs one
//! request: an anchor knows who stands below it, and answers with the chain. It is not believed for that: the chain is validated here
//! up to the pinned keys, statement by statement.

use jiff::Timestamp;
use portage_jose::{Header, JwtError, NumericDate, UnverifiedJwt};
use portage_keys::{Signer, SigningFailure};
use portage_strict_json::Limits;
use serde_json::{Map, Value, json};
use url::Url;

use crate::{
    EntityId, EntityStatement, FederationKeys, MAX_STATEMENTS, ResolvedEntity, TrustAnchor, TrustAnchors,
    TrustChain, UnverifiedStatement,
};

/// `typ` of the answer.
pub const RESOLVE_RESPONSE_TYP: &str = "resolve-response+jwt";
/// Its media type.
pub const RESOLVE_RESPONSE_MEDIA_TYPE: &str = "application/resolve-response+jwt";
/// The parameter with which an authority asks another one about those below it alone: how many levels further down may be asked.
pub const BELOW: &str = "below";
/// How many levels of authorities a question goes down.
pub const MAX_LEVELS: u8 = 6;
/// Most anchors that are asked about one stranger.
const MAX_ANCHORS: usize = 8;

/// The answer of a resolve endpoint (§8.3.2): the chain of an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolveResponse {
    /// `iss`: who answers.
    pub issuer: EntityId,
    /// `sub`: whom the chain is about.
    pub subject: EntityId,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `exp`: not after the first statement of the chain ends.
    pub expires_at: Timestamp,
    /// `trust_chain`: the statements, those of the subject first.
    pub trust_chain: Vec<String>,
}

impl ResolveResponse {
    /// Signs it with one of the issuer's keys. `metadata` is what the chain resolves to.
    ///
    /// # Errors
    /// [`SigningFailure`]: the signer's key is none of the issuer's, or it did not sign.
    pub fn sign(
        &self,
        metadata: &Value,
        issuer_keys: &FederationKeys,
        signer: &dyn Signer,
    ) -> Result<String, SigningFailure> {
        let kid = issuer_keys.kid_of(signer.verification_key()).ok_or(SigningFailure)?;
        let claims = json!({
            "iss": self.issuer.as_str(),
            "sub": self.subject.as_str(),
            "iat": Value::from(NumericDate(self.issued_at)),
            "exp": Value::from(NumericDate(self.expires_at)),
            "metadata": metadata,
            "trust_chain": self.trust_chain,
        });
        let Value::Object(claims) = claims else { return Err(SigningFailure) };
        portage_jose::sign(Header::new(RESOLVE_RESPONSE_TYP).with("kid", kid), &claims, signer)
    }

    /// The chain in an answer. Its own signature says nothing that the statements do not say, so it is not looked at.
    ///
    /// # Errors
    /// [`JwtError`].
    pub fn unverified_chain(compact: &str) -> Result<Vec<String>, JwtError> {
        let jwt = UnverifiedJwt::parse_within(compact, Limits::METADATA)?;
        if !jwt.header().typ_is_one_of(&[RESOLVE_RESPONSE_TYP]) {
            return Err(JwtError::TypeMismatch);
        }
        chain_of(jwt.unverified_claims()).ok_or(JwtError::Malformed("trust_chain is no list of statements"))
    }
}

fn chain_of(claims: &Map<String, Value>) -> Option<Vec<String>> {
    let chain = claims.get("trust_chain")?.as_array().filter(|chain| chain.len() <= MAX_STATEMENTS)?;
    chain.iter().map(|statement| statement.as_str().map(str::to_owned)).collect()
}

/// The address of a question to a resolve endpoint (§8.3.1). Beside the Entity Identifiers of the standard `subject` may be a DID: an
/// authority of ours knows who signs with it.
pub fn resolve_url(endpoint: &Url, subject: &str, anchor: &EntityId) -> Url {
    let mut url = endpoint.clone();
    url.query_pairs_mut().append_pair("sub", subject).append_pair("trust_anchor", anchor.as_str());
    url
}

/// Asks every pinned anchor about one stranger: for its configuration, which says where it answers, and then for the chain.
#[derive(Debug, Clone)]
pub struct AnchorInquiry {
    subject: String,
    anchors: TrustAnchors,
    now: Timestamp,
    asked: Vec<(EntityId, Asked)>,
    levels: Option<u8>,
    found: Vec<Found>,
}

/// A chain that holds, and the statements it is made of.
#[derive(Debug, Clone)]
pub struct Found {
    /// Whom it is about, and what it allows.
    pub resolved: ResolvedEntity,
    /// The statements, those of the subject first.
    pub statements: Vec<String>,
}

/// What is asked of an anchor next.
#[derive(Debug, Clone)]
enum Asked {
    Configuration(Url),
    Chain(Url),
}

impl AnchorInquiry {
    /// About `subject`, an Entity Identifier or a DID.
    pub fn new(subject: &str, anchors: &TrustAnchors, now: Timestamp) -> Self {
        let configuration = |anchor: &TrustAnchor| {
            Some((anchor.id.clone(), Asked::Configuration(anchor.id.configuration_url().ok()?)))
        };
        AnchorInquiry {
            subject: subject.to_owned(),
            asked: anchors.iter().take(MAX_ANCHORS).filter_map(configuration).collect(),
            anchors: anchors.clone(),
            now,
            levels: None,
            found: Vec::new(),
        }
    }

    /// An authority asks another one on somebody's behalf: only about those below it, and so many levels down (`below` in the address, a
    /// parameter of ours): authorities that vouch for each other do not ask each other without end.
    #[must_use]
    pub fn on_behalf(self, levels: u8) -> Self {
        AnchorInquiry { levels: Some(levels), ..self }
    }

    /// The addresses wanted now. Empty: it has ended.
    pub fn wanted(&self) -> Vec<Url> {
        let url = |(_, asked): &(EntityId, Asked)| match asked {
            Asked::Configuration(url) | Asked::Chain(url) => url.clone(),
        };
        self.asked.iter().map(url).collect()
    }

    /// One answer for each address of [`AnchorInquiry::wanted`], in order. An anchor whose answer does not hold is left aside.
    pub fn supply(&mut self, answers: Vec<Option<Vec<u8>>>) {
        let asked = std::mem::take(&mut self.asked);
        for ((anchor, asked), answer) in asked.into_iter().zip(answers) {
            let Some(text) = answer.and_then(|bytes| String::from_utf8(bytes).ok()) else { continue };
            match asked {
                Asked::Configuration(_) => {
                    let url = self.resolve_endpoint(&anchor, text.trim());
                    self.asked.extend(url.map(|url| (anchor, Asked::Chain(url))));
                }
                Asked::Chain(_) => self.found.extend(self.chain(text.trim())),
            }
        }
    }

    /// The chains that hold and are about the stranger.
    pub fn into_found(self) -> Vec<Found> {
        self.found
    }

    /// Where the anchor answers, by a configuration that a pinned key signed.
    fn resolve_endpoint(&self, id: &EntityId, configuration: &str) -> Option<Url> {
        let anchor = self.anchors.anchor(id)?;
        let verified = UnverifiedStatement::parse(configuration).ok()?.verify(&anchor.keys, self.now).ok()?;
        let EntityStatement::Configuration(configuration) = verified.into_statement() else { return None };
        let endpoint = configuration.own_endpoint("federation_resolve_endpoint")?;
        let mut url = resolve_url(&endpoint, &self.subject, id);
        if let Some(levels) = self.levels {
            url.query_pairs_mut().append_pair(BELOW, &levels.to_string());
        }
        (configuration.id == *id).then_some(url)
    }

    fn chain(&self, response: &str) -> Option<Found> {
        let statements = ResolveResponse::unverified_chain(response).ok()?;
        let resolved = TrustChain::validate(&statements, &self.anchors, self.now).ok()?;
        resolved.goes_by(&self.subject).then_some(Found { resolved, statements })
    }
}

#[cfg(test)]
mod tests;
