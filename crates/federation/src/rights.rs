//! Who may do what: one claim of ours in a Subordinate Statement, named in its `crit`.
//!
//! A superior says in [`Rights`] what its subject may do. Nobody is believed for more than they hold: [`HeldRights::narrow`] goes down the
//! chain from the anchor and keeps what **every** link allows. Where a link has no such claim there is membership and no right.

use std::collections::BTreeSet;

use jiff::Timestamp;
use portage_did::{Did, DidError};
use portage_jose::NumericDate;
use serde_json::{Map, Value, json};

use crate::{Jurisdiction, Tier};

/// The name of the claim.
pub const RIGHTS_CLAIM: &str = "https://portage-identity.example/federation/rights";

/// What a superior says its subject may do. The wire form is described in `docs/decisions`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// `as`: in which roles.
    pub roles: BTreeSet<Role>,
    /// `issue.types`: the types it may issue, or let be issued.
    pub types: Vec<TypeName>,
    /// `jurisdiction`: for whom it acts.
    pub jurisdiction: Jurisdiction,
    /// `until`: the end of the right; `None`: as long as the statement lives.
    pub until: Option<Timestamp>,
    /// `tier`: what it is; believed when the jurisdiction that is left is of that tier ([`HeldRights::tier`]).
    pub tier: Option<Tier>,
    /// `identifiers`: the DIDs it signs credentials and requests with.
    pub identifiers: BTreeSet<String>,
    /// `retired_keys`: keys behind those DIDs that no longer count.
    pub retired_keys: Vec<RetiredKey>,
    /// Whether the subject is below whoever speaks, or beside it.
    pub relation: Relation,
}

/// What an entity may do in the federation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Issue credentials.
    Issuer,
    /// Ask for presentations.
    Verifier,
    /// Vouch for others.
    Authority,
}

/// Where the subject of a statement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// Below: it holds of the superior's rights what it is given.
    Below,
    /// Beside (`"recognises": true`): an authority of its own jurisdiction, whose word is taken for the types named here.
    Peer,
}

/// The name of a type in a right: the name itself, an address ending in `/*` for all names below it, or `*` for all.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeName(String);

/// A key that no longer counts, from a time on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetiredKey {
    /// `thumbprint`: RFC 7638, SHA-256.
    pub thumbprint: String,
    /// `at`: from when on.
    pub at: Timestamp,
    /// `reason`: why (§8.7.3).
    pub reason: RetiredReason,
}

/// Why a key no longer counts (§8.7.3). What is not known counts as the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetiredReason {
    /// `superseded`: what it signed before stays.
    Superseded,
    /// `compromised`, and everything else: when a thief signed, only the thief knows. Nothing of it counts.
    Compromised,
}

/// A type every credential of the W3C data model has: named in a right, it would mean all of them.
const EVERY_CREDENTIAL: [&str; 2] =
    ["VerifiableCredential", "https://www.w3.org/2018/credentials#VerifiableCredential"];

impl Role {
    /// `issuer`, `verifier`, `authority`.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Issuer => "issuer",
            Role::Verifier => "verifier",
            Role::Authority => "authority",
        }
    }

    /// Reads a name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Role::Issuer, Role::Verifier, Role::Authority].into_iter().find(|role| role.name() == name)
    }
}

impl RetiredReason {
    /// `superseded`, `compromised`.
    pub const fn name(self) -> &'static str {
        match self {
            RetiredReason::Superseded => "superseded",
            RetiredReason::Compromised => "compromised",
        }
    }

    /// Reads the member `reason`.
    pub(crate) fn from_member(members: &Map<String, Value>) -> Self {
        match members.get("reason").and_then(Value::as_str) {
            Some("superseded") => RetiredReason::Superseded,
            _ => RetiredReason::Compromised,
        }
    }
}

impl TypeName {
    /// Reads one.
    ///
    /// # Errors
    /// What is wrong.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() || text.trim() != text {
            return Err("the name of a type is empty or has spaces around it");
        }
        if EVERY_CREDENTIAL.contains(&text) {
            return Err("a name that every credential has; name the types");
        }
        let covers_some =
            text == "*" || text.strip_suffix("/*").is_some_and(|address| address.starts_with("https://"));
        if text.contains('*') && !covers_some {
            return Err("* stands alone, or after the / of an https address");
        }
        Ok(TypeName(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a type goes by this name.
    pub fn covers(&self, name: &str) -> bool {
        if EVERY_CREDENTIAL.contains(&name) || name.is_empty() {
            return false;
        }
        match self.0.strip_suffix('*') {
            None => self.0 == name,
            Some(address) => name.len() > address.len() && name.starts_with(address),
        }
    }
}

impl Rights {
    /// In no role, for no type.
    pub fn none_in(jurisdiction: Jurisdiction) -> Self {
        Rights {
            roles: BTreeSet::new(),
            types: Vec::new(),
            jurisdiction,
            until: None,
            tier: None,
            identifiers: BTreeSet::new(),
            retired_keys: Vec::new(),
            relation: Relation::Below,
        }
    }

    /// What a pinned anchor holds when nothing narrower is configured: every role and every type, in its jurisdiction.
    pub fn all_in(jurisdiction: Jurisdiction) -> Self {
        let tier = Some(jurisdiction.tier());
        Rights {
            roles: BTreeSet::from([Role::Issuer, Role::Verifier, Role::Authority]),
            types: vec![TypeName("*".to_owned())],
            tier,
            ..Self::none_in(jurisdiction)
        }
    }

    /// With these roles.
    #[must_use]
    pub fn acting_as(mut self, roles: impl IntoIterator<Item = Role>) -> Self {
        self.roles.extend(roles);
        self
    }

    /// With these types.
    ///
    /// # Errors
    /// What is wrong with one of the names.
    pub fn issuing<'n>(mut self, types: impl IntoIterator<Item = &'n str>) -> Result<Self, &'static str> {
        for name in types {
            self.types.push(TypeName::parse(name)?);
        }
        Ok(self)
    }

    /// With this DID.
    ///
    /// # Errors
    /// It is none.
    pub fn identified_by(mut self, did: &str) -> Result<Self, &'static str> {
        self.identifiers.insert(check_did(did)?);
        Ok(self)
    }

    /// Whether it speaks of a peer.
    pub fn is_recognition(&self) -> bool {
        self.relation == Relation::Peer
    }

    /// Reads the claim. Every member must be known: one that is not could narrow what is said.
    ///
    /// # Errors
    /// What is wrong.
    pub fn from_value(value: &Value) -> Result<Self, &'static str> {
        const MEMBERS: [&str; 8] =
            ["as", "issue", "jurisdiction", "until", "tier", "identifiers", "retired_keys", "recognises"];
        let members = value.as_object().ok_or("the rights are not an object")?;
        if members.keys().any(|name| !MEMBERS.contains(&name.as_str())) {
            return Err("a member of the rights that is not known");
        }
        let jurisdiction = members.get("jurisdiction").and_then(Value::as_str).map(Jurisdiction::parse);
        let jurisdiction = jurisdiction.and_then(Result::ok).ok_or("jurisdiction is not a code we know")?;
        let roles = strings(members, "as")?.into_iter().map(Role::from_name).collect::<Option<_>>();
        let tier = members.get("tier").map(|tier| serde_json::from_value(tier.clone())).transpose();
        Ok(Rights {
            roles: roles.ok_or("a role that is not known")?,
            types: read_types(members)?,
            jurisdiction,
            until: NumericDate::from_claim(members, "until")
                .map_err(|_| "until is no date")?
                .map(|date| date.0),
            tier: tier.map_err(|_| "a tier that is not known")?,
            identifiers: strings(members, "identifiers")?
                .into_iter()
                .map(check_did)
                .collect::<Result<_, _>>()?,
            retired_keys: read_retired(members)?,
            relation: match members.get("recognises") {
                None | Some(Value::Bool(false)) => Relation::Below,
                Some(Value::Bool(true)) => Relation::Peer,
                Some(_) => return Err("recognises is not a boolean"),
            },
        })
    }

    /// The claim.
    pub fn to_value(&self) -> Value {
        let mut members = Map::new();
        members.insert("as".into(), self.roles.iter().map(|role| role.name()).collect());
        if !self.types.is_empty() {
            members.insert(
                "issue".into(),
                json!({ "types": self.types.iter().map(TypeName::as_str).collect::<Vec<_>>() }),
            );
        }
        members.insert("jurisdiction".into(), (&self.jurisdiction).into());
        if let Some(until) = self.until {
            members.insert("until".into(), NumericDate(until).into());
        }
        if let Some(tier) = self.tier {
            members.insert("tier".into(), json!(tier));
        }
        if !self.identifiers.is_empty() {
            members.insert("identifiers".into(), json!(self.identifiers));
        }
        if !self.retired_keys.is_empty() {
            members
                .insert("retired_keys".into(), self.retired_keys.iter().map(RetiredKey::to_value).collect());
        }
        if self.relation == Relation::Peer {
            members.insert("recognises".into(), true.into());
        }
        Value::Object(members)
    }
}

/// What is left to the subject of a chain when every link is taken together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRights {
    /// Anchor first; `None` from the first link on that gives nothing.
    links: Option<Vec<Rights>>,
    /// What is left of the jurisdiction.
    jurisdiction: Option<Jurisdiction>,
}

impl HeldRights {
    /// Goes down from what is pinned for the anchor, over what each superior says of the one below it.
    ///
    /// - Whoever is not the last must be an authority; roles, types and end dates are what every link has.
    /// - The jurisdiction of each is what lies within its superior's, too.
    /// - A peer is recognised by the anchor itself and by nobody below it: there the jurisdiction begins anew, and only there. Recognition is
    ///   not handed on.
    pub fn narrow<'r>(anchor: &'r Rights, below: impl IntoIterator<Item = Option<&'r Rights>>) -> Self {
        let nothing = HeldRights { links: None, jurisdiction: None };
        let mut jurisdiction = anchor.jurisdiction.clone();
        let mut links = vec![anchor.clone()];
        for (depth, rights) in below.into_iter().enumerate() {
            let Some(rights) = rights else { return nothing };
            if !links.iter().all(|superior| superior.roles.contains(&Role::Authority)) {
                return nothing;
            }
            jurisdiction = match rights.relation {
                Relation::Peer if depth == 0 => rights.jurisdiction.clone(),
                Relation::Peer => return nothing,
                Relation::Below => match jurisdiction.within(&rights.jurisdiction) {
                    Some(jurisdiction) => jurisdiction,
                    None => return nothing,
                },
            };
            links.push(rights.clone());
        }
        HeldRights { links: Some(links), jurisdiction: Some(jurisdiction) }
    }

    /// Whether there is any right at all.
    pub fn is_none(&self) -> bool {
        self.links.is_none()
    }

    /// In a role, at a time.
    pub fn may_act_as(&self, role: Role, now: Timestamp) -> bool {
        self.every_link(|link| link.roles.contains(&role) && link.until.is_none_or(|until| now < until))
    }

    /// The type that goes by these names, whatever the time.
    pub fn covers_type(&self, names: &[&str]) -> bool {
        self.every_link(|link| link.types.iter().any(|known| names.iter().any(|name| known.covers(name))))
    }

    /// What is left of the jurisdiction.
    pub fn jurisdiction(&self) -> Option<&Jurisdiction> {
        self.jurisdiction.as_ref()
    }

    /// The first end of all of them.
    pub fn until(&self) -> Option<Timestamp> {
        self.links.iter().flatten().filter_map(|link| link.until).min()
    }

    /// What the last superior says it is, where the jurisdiction that is left agrees; otherwise not a government. So a town can make
    /// nobody a province.
    pub fn tier(&self) -> Option<Tier> {
        let said = self.links.as_ref()?.last()?.tier?;
        let agrees = self.jurisdiction.as_ref().is_some_and(|jurisdiction| jurisdiction.tier() == said);
        Some(if agrees { said } else { Tier::Other })
    }

    /// The rights of each link, anchor first.
    pub fn links(&self) -> &[Rights] {
        self.links.as_deref().unwrap_or_default()
    }

    /// Whether whoever stands this many links below the anchor may vouch for others, at a time: every link down to it says so.
    pub fn may_vouch(&self, depth: usize, now: Timestamp) -> bool {
        let down_to = self.links().get(..=depth).unwrap_or_default();
        !down_to.is_empty()
            && down_to.iter().all(|link| {
                link.roles.contains(&Role::Authority) && link.until.is_none_or(|until| now < until)
            })
    }

    fn every_link(&self, holds: impl Fn(&Rights) -> bool) -> bool {
        self.links.as_ref().is_some_and(|links| links.iter().all(holds))
    }
}

impl RetiredKey {
    fn from_value(value: &Value) -> Result<Self, &'static str> {
        let members = value.as_object().ok_or("a retired key is not an object")?;
        let thumbprint = members.get("thumbprint").and_then(Value::as_str).filter(|text| !text.is_empty());
        let at =
            NumericDate::from_claim(members, "at").ok().flatten().ok_or("a retired key without its time")?;
        let reason = RetiredReason::from_member(members);
        let thumbprint = thumbprint.ok_or("a retired key without its thumbprint")?.to_owned();
        Ok(RetiredKey { thumbprint, at: at.0, reason })
    }

    fn to_value(&self) -> Value {
        json!({ "thumbprint": self.thumbprint, "at": Value::from(NumericDate(self.at)), "reason": self.reason.name() })
    }

    /// Whether a signature made at `signed_at` (as far as the signer tells) no longer counts at `now`.
    pub fn refuses(&self, signed_at: Option<Timestamp>, now: Timestamp) -> bool {
        let signed_after = signed_at.is_none_or(|signed_at| signed_at >= self.at);
        now >= self.at && (self.reason == RetiredReason::Compromised || signed_after)
    }
}

fn read_types(members: &Map<String, Value>) -> Result<Vec<TypeName>, &'static str> {
    let Some(issue) = members.get("issue") else { return Ok(Vec::new()) };
    let issue = issue.as_object().ok_or("issue is not an object")?;
    if issue.keys().any(|name| name != "types") {
        return Err("a member of issue that is not known");
    }
    strings(issue, "types")?.into_iter().map(TypeName::parse).collect()
}

fn read_retired(members: &Map<String, Value>) -> Result<Vec<RetiredKey>, &'static str> {
    let Some(keys) = members.get("retired_keys") else { return Ok(Vec::new()) };
    keys.as_array().ok_or("retired_keys is not an array")?.iter().map(RetiredKey::from_value).collect()
}

fn strings<'m>(members: &'m Map<String, Value>, name: &str) -> Result<Vec<&'m str>, &'static str> {
    const WHAT: &str = "a member of the rights is not an array of strings";
    let Some(value) = members.get(name) else { return Ok(Vec::new()) };
    value.as_array().ok_or(WHAT)?.iter().map(|text| text.as_str().ok_or(WHAT)).collect()
}

fn check_did(did: &str) -> Result<String, &'static str> {
    match Did::parse(did) {
        Ok(did) => Ok(did.as_str().to_owned()),
        // A method we cannot resolve may still be named: its keys are then given by hand.
        Err(DidError::Unsupported) if !did.contains(['#', '?', '/']) => Ok(did.to_owned()),
        Err(_) => Err("an identifier that is no DID"),
    }
}

#[cfg(test)]
mod tests;
