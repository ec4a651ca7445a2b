//! The second source: the statements of the authorities themselves, as `portage-federation` validated them.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use portage_catalog::{Purpose, PurposeId, Text};
use portage_federation::{
    CarriedTrustMark, EntityId, FederationKeys, HistoricalKeys, Logged, PathEntity, PurposeStatement,
    ResolvedEntity, Rights, Role, TrustMark, VouchedStatement,
};
use portage_keys::VerificationKey;
use portage_reason::Reason;
use serde_json::{Value, json};

use crate::{
    Authority, IssuerAuthorized, KnownEntity, KnownVerifier, MarkIssuer, MayAsk, ShownMark, Tier,
    VouchedPurpose,
    logs::{LogMemory, LogQuestion},
};

/// The chains at hand, found under every name their subjects go by: what a cache holds, whatever the time.
#[derive(Debug, Clone, Default)]
pub struct ResolvedChains {
    chains: Vec<ResolvedEntity>,
    by_name: BTreeMap<String, Vec<usize>>,
    pub(crate) logs: LogMemory,
    /// What authorities signed with before, and when they were asked; `None`: they did not say.
    former: BTreeMap<EntityId, (Timestamp, Option<HistoricalKeys>)>,
}

/// Most marks of one entity that are looked at.
const MAX_MARKS: usize = 16;
/// How long an authority is not asked again for its former keys.
const FORMER_KEYS_AGE: SignedDuration = SignedDuration::from_mins(10);

/// The chains at hand, at a time: what a question is put to.
///
/// Each answer rests on **one** chain end to end: a type that one chain allows and another type that another chain allows are not both
/// allowed by anybody (T-11). Of several chains that allow it the shortest is named.
#[derive(Debug, Clone, Copy)]
pub struct FederationAuthority<'c> {
    chains: &'c ResolvedChains,
    now: Timestamp,
}

/// The chain that a decision rests on, from the issuer to the anchor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainEvidence {
    /// The issuer first, the anchor last.
    pub links: Vec<ChainLink>,
    /// When the oldest statement was issued.
    pub issued_at: Timestamp,
    /// When the first statement ends.
    pub expires_at: Timestamp,
    /// How old the oldest statement was when the question was put.
    pub age_seconds: i64,
    /// The trust marks that the first of the chain shows: evidence, never a right.
    pub marks: Vec<ShownMark>,
}

/// One entity of the chain, as the one above it describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainLink {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: Option<Text>,
    /// Its tier.
    pub tier: Option<Tier>,
    /// What is left of its jurisdiction.
    pub jurisdiction: Option<String>,
    /// The roles that its superior grants.
    pub roles: Vec<&'static str>,
    /// The types that its superior grants.
    pub types: Vec<String>,
    /// The end of that grant, when it has one of its own.
    pub until: Option<Timestamp>,
    /// Whether its superior speaks of it as a peer and not as one below.
    pub recognised: bool,
    /// When the word of its superior ends.
    pub expires_at: Timestamp,
    /// Where in the log of its superior that grant stands.
    pub log: Option<LinkInLog>,
}

/// The entry of a public log that a link, or a purpose, rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkInLog {
    /// The log's name: its address without the scheme.
    pub origin: String,
    /// The number of the entry.
    pub entry: u64,
    /// How many entries the log had.
    pub size: u64,
    /// As of when.
    pub as_of: Timestamp,
}

impl ResolvedChains {
    /// Takes in a chain under every name its subject goes by.
    pub fn insert(&mut self, chain: ResolvedEntity) {
        let names = std::iter::once(chain.id().as_str()).chain(chain.identifiers()).map(str::to_owned);
        let names: Vec<_> = names.collect();
        self.insert_as(chain, names);
    }

    /// Takes in a chain under the entity's own identifier and the one name that was asked about. Nobody owns a DID that a superior writes into a
    /// statement: a chain that was not asked about somebody must not speak about them.
    pub(crate) fn insert_about(&mut self, chain: ResolvedEntity, asked: &str) {
        let names = [chain.id().as_str().to_owned(), asked.to_owned()];
        self.insert_as(chain, names);
    }

    /// Of two chains along one path the later one counts, whichever came in first: a right that was narrowed stays narrowed.
    fn insert_as(&mut self, chain: ResolvedEntity, names: impl IntoIterator<Item = String>) {
        chain.logged().for_each(|logged| self.logs.see(logged));
        self.logs.make_room(self.chains.iter().chain([&chain]));
        let along_the_same_path = |other: &ResolvedEntity| {
            other.path().iter().map(|entity| &entity.id).eq(chain.path().iter().map(|entity| &entity.id))
        };
        let same = self.chains.iter().position(along_the_same_path);
        let place = same.unwrap_or(self.chains.len());
        // No statement is older than the one whose place it takes, however long it lives.
        let goes_back = |other: &ResolvedEntity| {
            other.path().iter().zip(chain.path()).any(|(kept, new)| kept.issued_at > new.issued_at)
        };
        if self.chains.get(place).is_some_and(goes_back) {
            return;
        }
        for name in names {
            let known = self.by_name.entry(name).or_default();
            if !known.contains(&place) {
                let shorter = |&other: &usize| {
                    self.chains.get(other).is_some_and(|other| other.path().len() <= chain.path().len())
                };
                known.insert(known.partition_point(shorter), place);
            }
        }
        match self.chains.get_mut(place) {
            Some(older) => *older = chain,
            None => self.chains.push(chain),
        }
    }

    /// Makes room once there are `limit` chains: forgets them all, and what is remembered of logs not.
    pub(crate) fn make_room(&mut self, limit: usize) {
        if self.chains.len() >= limit {
            *self = Self { logs: std::mem::take(&mut self.logs), ..Self::default() };
            self.logs.make_room(std::iter::empty());
        }
    }

    /// What the logs under the chains of whoever goes by `name` have to show, and those that a purpose statement brought along.
    pub(crate) fn log_questions(
        &mut self,
        name: &str,
        brought: &[Logged],
        now: Timestamp,
    ) -> Vec<LogQuestion> {
        let Self { chains, by_name, logs, .. } = self;
        brought.iter().for_each(|logged| logs.see(logged));
        let places = by_name.get(name).into_iter().flatten();
        let of_chains = places.filter_map(|&place| chains.get(place)).flat_map(ResolvedEntity::logged);
        logs.questions(of_chains.chain(brought), now)
    }

    /// Where a purpose statement about whoever goes by `name` stands in a log, by each chain that bears it out.
    pub(crate) fn logged_by(&self, name: &str, statement: &str, now: Timestamp) -> Vec<Logged> {
        let at = self.at(now);
        at.chains_of(name).filter_map(|chain| Some(at.vouched(statement, chain).ok()?.logged)).collect()
    }

    /// The names under which whoever goes by `name` is known to its superiors: its identifier and its DIDs.
    pub(crate) fn other_names(&self, name: &str) -> Vec<String> {
        let places = self.by_name.get(name).into_iter().flatten();
        let chains = places.filter_map(|&place| self.chains.get(place)).filter(|chain| chain.goes_by(name));
        chains
            .flat_map(|chain| std::iter::once(chain.id().as_str()).chain(chain.identifiers()))
            .map(str::to_owned)
            .collect()
    }

    /// The authorities above whoever goes by `name` that signed one of its marks, or `token`, with a key that its chain does not vouch for, and that
    /// were not asked of late.
    pub(crate) fn former_keys_wanted(
        &self,
        name: &str,
        token: Option<&str>,
        now: Timestamp,
    ) -> Vec<(EntityId, FederationKeys)> {
        let mut wanted = BTreeMap::new();
        for chain in self.at(now).chains_of(name) {
            let marks = chain.trust_marks().iter().take(MAX_MARKS).map(|mark| mark.trust_mark.as_str());
            for above in marks.chain(token).filter_map(|token| chain.signed_before(token)) {
                let asked = self.former.get(&above.id).map(|(asked, _)| now.duration_since(*asked));
                if asked.is_none_or(|age| age > FORMER_KEYS_AGE) {
                    wanted.insert(above.id.clone(), above.keys.clone());
                }
            }
        }
        wanted.into_iter().collect()
    }

    /// The anchors were asked about this name: chains of it that are over, and that nobody spoke for again, are forgotten. So whoever was
    /// removed is nobody once the last chain ends (T-13).
    pub(crate) fn forget_over(&mut self, name: &str, now: Timestamp) {
        let chains = &self.chains;
        let lives = |place: &usize| chains.get(*place).is_some_and(|chain| chain.is_current(now));
        if let Some(known) = self.by_name.get_mut(name) {
            known.retain(lives);
        }
    }

    /// Takes in what authorities signed with before; of those who did not say it, too, that they were asked.
    pub(crate) fn keep_former(&mut self, asked: &[EntityId], found: Vec<HistoricalKeys>, now: Timestamp) {
        self.former.extend(asked.iter().map(|id| (id.clone(), (now, None))));
        self.former.extend(found.into_iter().map(|keys| (keys.issuer.clone(), (now, Some(keys)))));
    }

    /// The chains, as they came in.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &ResolvedEntity> {
        self.chains.iter()
    }

    /// The authority that they make at a time.
    pub fn at(&self, now: Timestamp) -> FederationAuthority<'_> {
        FederationAuthority { chains: self, now }
    }
}

impl FromIterator<ResolvedEntity> for ResolvedChains {
    fn from_iter<I: IntoIterator<Item = ResolvedEntity>>(chains: I) -> Self {
        let mut known = ResolvedChains::default();
        chains.into_iter().for_each(|chain| known.insert(chain));
        known
    }
}

impl<'c> FederationAuthority<'c> {
    /// The chains of whoever goes by this name, the shortest first.
    fn chains_of<'n>(&self, name: &'n str) -> impl Iterator<Item = &'c ResolvedEntity> + use<'c, 'n> {
        let chains = self.chains;
        let places = chains.by_name.get(name).into_iter().flatten();
        // A later chain along the same path may no longer give it this name.
        places.filter_map(|&place| chains.chains.get(place)).filter(move |chain| chain.goes_by(name))
    }

    fn authorized(&self, issuer: &str, chain: &ResolvedEntity) -> IssuerAuthorized {
        IssuerAuthorized {
            id: issuer.to_owned(),
            name: chain.name(),
            tier: chain.rights().tier(),
            source: "federation",
            chain: Some(self.evidence(chain)),
        }
    }

    fn evidence(&self, chain: &ResolvedEntity) -> ChainEvidence {
        ChainEvidence {
            links: chain.path().iter().map(ChainLink::of).collect(),
            issued_at: chain.issued_at(),
            expires_at: chain.expires_at(),
            age_seconds: chain.age(self.now).as_secs(),
            marks: self.marks(chain),
        }
    }

    /// The shortest chain that lets an issuer issue a credential of all these types.
    pub(crate) fn issuing_chain(
        &self,
        issuer: &str,
        types: &[&[&str]],
    ) -> Result<&'c ResolvedEntity, Reason> {
        let mut refusal = Reason::IssuerNotTrusted;
        let nothing: &[&[&str]] = &[&[]];
        let types = if types.is_empty() { nothing } else { types };
        for chain in self.chains_of(issuer) {
            let allowed = types.iter().try_for_each(|names| chain.may_issue(names, self.now));
            match allowed.and_then(|()| self.chains.logs.check(chain.logged())) {
                Ok(()) => return Ok(chain),
                // A chain that holds says more than one that is over.
                Err(Reason::TrustChainInvalid) if refusal != Reason::IssuerNotTrusted => {}
                Err(reason) => refusal = reason,
            }
        }
        Err(refusal)
    }

    /// The shortest chain that lets a verifier ask; of several reasons against it, the one about a log.
    pub(crate) fn asking_chain(&self, verifier: &str) -> Result<&'c ResolvedEntity, Reason> {
        let may = |chain: &ResolvedEntity| {
            chain.may_verify(self.now).and_then(|()| self.chains.logs.check(chain.logged()))
        };
        first_or_log_trouble(self.chains_of(verifier).map(|chain| may(chain).map(|()| chain)))
    }

    fn vouched(&self, statement: &str, chain: &'c ResolvedEntity) -> Result<VouchedStatement<'c>, Reason> {
        PurposeStatement::verify_on(statement, chain, |id| self.former(id), self.now)
            .map_err(|error| error.reason())
    }

    pub(crate) fn former(&self, id: &EntityId) -> Option<&'c HistoricalKeys> {
        self.chains.former.get(id)?.1.as_ref()
    }

    /// The marks that the subject shows: by somebody above on the same chain, or by somebody of whom a chain to the same anchor is at hand.
    fn marks(&self, chain: &ResolvedEntity) -> Vec<ShownMark> {
        let shown = |carried: &CarriedTrustMark| {
            let issuer = TrustMark::unverified_issuer(&carried.trust_mark);
            let former = issuer.as_ref().and_then(|issuer| self.former(issuer));
            let on_chain = TrustMark::validate_on(carried, chain, former, self.now);
            let held = on_chain.map(|(mark, issuer)| (mark, issuer.name.clone())).or_else(|refused| {
                let others = issuer.iter().flat_map(|issuer| self.chains_of(issuer.as_str()));
                let mut others = others.filter(|other| other.anchor() == chain.anchor());
                let held = others.find_map(|other| {
                    let mark = TrustMark::validate(&carried.trust_mark_type, chain, other, self.now).ok()?;
                    Some((mark, other.name()))
                });
                held.ok_or(refused)
            });
            let Ok((mark, issuer_name)) = held else { return ShownMark::refused(carried) };
            let mark = mark.mark();
            ShownMark {
                mark_type: mark.trust_mark_type.clone(),
                name: mark.name.clone(),
                issuer: Some(MarkIssuer { id: mark.issuer.clone(), name: issuer_name }),
                until: mark.expires_at,
            }
        };
        chain.trust_marks().iter().take(MAX_MARKS).map(shown).collect()
    }

    fn known_verifier(&self, verifier: &str, chain: &ResolvedEntity) -> KnownVerifier {
        KnownVerifier {
            id: verifier.to_owned(),
            name: name_or_id(chain.name(), chain.id().as_str()),
            chain: Some(self.evidence(chain)),
        }
    }
}

impl Authority for FederationAuthority<'_> {
    fn may_issue(&self, issuer: &str, types: &[&str]) -> Result<IssuerAuthorized, Reason> {
        self.may_issue_all(issuer, &[types])
    }

    fn may_issue_all(&self, issuer: &str, types: &[&[&str]]) -> Result<IssuerAuthorized, Reason> {
        self.issuing_chain(issuer, types).map(|chain| self.authorized(issuer, chain))
    }

    /// A verifier that the federation knows is [`MayAsk::NotRegistered`]: membership is no purpose.
    fn may_ask(&self, verifier: &str, _purpose: Option<&PurposeId>) -> MayAsk {
        match self.asking_chain(verifier) {
            Ok(chain) => MayAsk::NotRegistered(self.known_verifier(verifier, chain)),
            Err(_) => MayAsk::Unknown,
        }
    }

    fn check_logs(&self, verifier: &str) -> Result<(), Reason> {
        match self.asking_chain(verifier) {
            Err(Reason::LogProofInvalid) => Err(Reason::LogProofInvalid),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn vouched_purpose(&self, verifier: &str, statement: &str) -> Result<VouchedPurpose, Reason> {
        first_or_log_trouble(self.chains_of(verifier).map(|chain| {
            let vouched = self.vouched(statement, chain)?;
            self.chains.logs.check(chain.logged().chain([&vouched.logged]))?;
            let VouchedStatement { statement, authority, logged } = vouched;
            let known = self.known_verifier(verifier, chain);
            let chain = known.chain.clone().unwrap_or_else(|| self.evidence(chain));
            Ok(VouchedPurpose {
                verifier: known,
                authority: authority.id.to_string(),
                authority_name: name_or_id(authority.name.clone(), authority.id.as_str()),
                purpose: Purpose::from_value(&statement.purpose).map_err(|_| Reason::Malformed)?,
                until: statement.expires_at,
                log: LinkInLog::of(&logged),
                chain,
            })
        }))
    }

    fn entity(&self, id: &str, role: Role) -> Option<KnownEntity> {
        let mut own = self.chains_of(id).filter(|chain| chain.id().as_str() == id);
        own.find_map(|chain| {
            self.chains.logs.check(chain.logged()).ok()?;
            Some(KnownEntity {
                id: chain.id().to_string(),
                identifiers: chain.identifiers().map(str::to_owned).collect(),
                metadata: chain.metadata_as(role, self.now)?.clone(),
                chain: self.evidence(chain),
            })
        })
    }

    /// Any superior's word against a key counts, on whichever chain it stands.
    fn check_key(
        &self,
        issuer: &str,
        key: &VerificationKey,
        signed_at: Option<Timestamp>,
    ) -> Result<(), Reason> {
        self.chains_of(issuer).try_for_each(|chain| chain.check_key(key, signed_at, self.now))
    }
}

/// The first that holds. When none does: that a log does not hold says more than anything else.
fn first_or_log_trouble<T>(tried: impl Iterator<Item = Result<T, Reason>>) -> Result<T, Reason> {
    let mut refusal = Reason::PurposeNotRegistered;
    for outcome in tried {
        match outcome {
            Ok(found) => return Ok(found),
            Err(Reason::LogProofInvalid) => refusal = Reason::LogProofInvalid,
            Err(_) => {}
        }
    }
    Err(refusal)
}

fn name_or_id(name: Option<Text>, id: &str) -> Text {
    name.unwrap_or_else(|| Text { en: id.to_owned(), fr: String::new() })
}

impl ChainEvidence {
    /// For output.
    pub fn to_json(&self) -> Value {
        let mut chain = json!({
            "links": self.links.iter().map(ChainLink::to_json).collect::<Vec<_>>(),
            "issued_at": self.issued_at.to_string(),
            "expires_at": self.expires_at.to_string(),
            "age_seconds": self.age_seconds,
        });
        if !self.marks.is_empty() {
            chain["marks"] = self.marks.iter().map(ShownMark::to_json).collect();
        }
        chain
    }
}

impl LinkInLog {
    fn of(logged: &Logged) -> Self {
        LinkInLog {
            origin: logged.log.key.name().to_owned(),
            entry: logged.index,
            size: logged.checkpoint.size(),
            as_of: logged.as_of,
        }
    }

    /// For output.
    pub fn to_json(&self) -> Value {
        json!({ "origin": self.origin, "entry": self.entry, "size": self.size, "as_of": self.as_of.to_string() })
    }
}

impl ChainLink {
    fn of(entity: &PathEntity) -> Self {
        let granted = entity.granted.as_ref();
        let types = |rights: &Rights| rights.types.iter().map(|name| name.as_str().to_owned()).collect();
        ChainLink {
            id: entity.id.to_string(),
            name: entity.name.clone(),
            tier: entity.tier,
            jurisdiction: entity.jurisdiction.as_ref().map(ToString::to_string),
            roles: granted
                .map(|rights| rights.roles.iter().map(|role| role.name()).collect())
                .unwrap_or_default(),
            types: granted.map(types).unwrap_or_default(),
            until: granted.and_then(|rights| rights.until),
            recognised: granted.is_some_and(Rights::is_recognition),
            expires_at: entity.expires_at,
            log: entity.logged.as_ref().and_then(|logged| logged.as_ref().ok()).map(LinkInLog::of),
        }
    }

    fn to_json(&self) -> Value {
        let mut link = json!({ "id": self.id, "roles": self.roles, "types": self.types, "expires_at": self.expires_at.to_string() });
        if let Some(name) = &self.name {
            link["name"] = json!(name);
        }
        if let Some(tier) = self.tier {
            link["tier"] = json!(tier);
        }
        if let Some(jurisdiction) = &self.jurisdiction {
            link["jurisdiction"] = json!(jurisdiction);
        }
        if let Some(until) = self.until {
            link["until"] = json!(until.to_string());
        }
        if self.recognised {
            link["recognised"] = json!(true);
        }
        if let Some(log) = &self.log {
            link["log"] = log.to_json();
        }
        link
    }
}

#[cfg(test)]
pub(crate) mod tests;
