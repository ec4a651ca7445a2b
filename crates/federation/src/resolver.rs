//! From an entity to the anchors (§10.1), as a state machine without IO: says what to fetch, takes the bytes, gives the chains.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::{SignedDuration, Timestamp};
use portage_did::{LoopbackOrigins, address::may_contact};
use portage_reason::Reason;
use url::Url;

use crate::{
    ChainError, EntityConfiguration, EntityId, EntityStatement, Found, MAX_STATEMENTS, ResolvedEntity,
    TrustAnchors, TrustChain, UnverifiedStatement,
};

/// The most fetches for one entity (T-08).
pub const MAX_FETCHES: usize = 64;
/// The most `authority_hints` of one entity.
pub const MAX_HINTS: usize = 8;
/// How long one resolution may take.
pub const MAX_DURATION: SignedDuration = SignedDuration::from_secs(10);
/// The most chains that are tried.
const MAX_PATHS: usize = 64;

/// Explores the superiors of an entity, breadth first, towards the pinned anchors.
///
/// [`Resolver::wanted`] names what to fetch now: the statements of a path that reaches an anchor first, further superiors after. When it
/// is empty, [`Resolver::resolve`] validates every path found. Nothing is fetched twice, nothing that must not be contacted is named,
/// and after [`MAX_FETCHES`] or [`MAX_DURATION`] nothing more is wanted. What is fetched here only steers: every chain is then validated
/// by [`TrustChain::validate`].
#[derive(Debug, Clone)]
pub struct Resolver {
    subject: EntityId,
    anchors: TrustAnchors,
    loopback: LoopbackOrigins,
    started: Timestamp,
    now: Timestamp,
    configurations: BTreeMap<EntityId, Option<Configured>>,
    /// (issuer, subject) → the statement; `None`: it could not be had.
    statements: BTreeMap<(EntityId, EntityId), Option<String>>,
    wanted: Vec<(Wanted, Url)>,
    fetches: usize,
    unavailable: Vec<Url>,
    limit_reached: bool,
}

/// What an entity says of itself, as it was signed and as it was read.
#[derive(Debug, Clone)]
struct Configured {
    compact: String,
    configuration: EntityConfiguration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    Configuration(EntityId),
    Statement { issuer: EntityId, subject: EntityId },
}

/// What was found.
#[derive(Debug, Clone)]
pub struct Resolution {
    /// The entity along each chain that holds, the shortest first.
    pub chains: Vec<ResolvedEntity>,
    /// Why each of the other chains does not.
    pub refused: Vec<ChainError>,
    /// What could not be had, or is no statement of whom it was asked of.
    pub unavailable: Vec<Url>,
    /// Whether a limit ended the search before it was done.
    pub limit_reached: bool,
    /// How many fetches it took.
    pub fetches: usize,
}

impl Resolution {
    /// Why there is no chain: `trust_chain_invalid` when one was found and does not hold, or a limit was reached; `key_not_found` when something
    /// could not be had; `issuer_not_trusted` when nothing leads to an anchor.
    pub fn reason(&self) -> Option<Reason> {
        match (self.chains.is_empty(), self.refused.is_empty()) {
            (false, _) => None,
            (true, false) => Some(Reason::TrustChainInvalid),
            (true, true) if self.limit_reached => Some(Reason::TrustChainInvalid),
            (true, true) if !self.unavailable.is_empty() => Some(Reason::KeyNotFound),
            (true, true) => Some(Reason::IssuerNotTrusted),
        }
    }
}

impl Resolver {
    /// Begins with an entity, the anchors pinned here, and the loopback origins that may be contacted.
    pub fn begin(
        subject: EntityId,
        anchors: &TrustAnchors,
        loopback: &LoopbackOrigins,
        now: Timestamp,
    ) -> Self {
        let mut resolver = Resolver {
            subject,
            anchors: anchors.clone(),
            loopback: loopback.clone(),
            started: now,
            now,
            configurations: BTreeMap::new(),
            statements: BTreeMap::new(),
            wanted: Vec::new(),
            fetches: 0,
            unavailable: Vec::new(),
            limit_reached: false,
        };
        resolver.want();
        resolver
    }

    /// With statements that somebody brought along (the header `trust_chain`): they need not be fetched. A complete chain needs no fetch at
    /// all. What does not fit is passed over.
    #[must_use]
    pub fn with_carried<S: AsRef<str>>(mut self, statements: &[S]) -> Self {
        for compact in statements.iter().take(MAX_STATEMENTS).map(AsRef::as_ref) {
            let Ok(unverified) = UnverifiedStatement::parse(compact) else { continue };
            match unverified.unverified() {
                EntityStatement::Subordinate(statement) => {
                    let edge = (statement.issuer.clone(), statement.subject.clone());
                    self.statements.insert(edge, Some(compact.to_owned()));
                }
                EntityStatement::Configuration(own) => {
                    let id = own.id.clone();
                    let configured = self.read_configuration(&id, compact);
                    if configured.is_some() {
                        self.configurations.insert(id, configured);
                    }
                }
            }
        }
        self.want();
        self
    }

    /// What to fetch now, by GET, with the limits of metadata; empty when the search is done. All of it can be fetched at once.
    pub fn wanted(&self) -> Vec<Url> {
        self.wanted.iter().map(|(_, url)| url.clone()).collect()
    }

    /// Takes one answer for each address of [`Resolver::wanted`], in order; `None`, or none at all, for one that could not be had.
    pub fn supply(&mut self, answers: Vec<Option<Vec<u8>>>, now: Timestamp) {
        self.now = self.now.max(now);
        let mut answers = answers.into_iter();
        for (wanted, url) in std::mem::take(&mut self.wanted) {
            let answer = answers.next().flatten().and_then(|bytes| String::from_utf8(bytes).ok());
            self.fetches += 1;
            if !self.learn(wanted, answer.as_deref().map(str::trim)) {
                self.unavailable.push(url);
            }
        }
        if now.duration_since(self.started) > MAX_DURATION {
            self.limit_reached = true;
        } else {
            self.want();
        }
    }

    /// Validates every path that was found, each as a chain by itself.
    pub fn resolve(&self, now: Timestamp) -> Resolution {
        let mut resolution = Resolution {
            chains: Vec::new(),
            refused: Vec::new(),
            unavailable: self.unavailable.clone(),
            limit_reached: self.limit_reached,
            fetches: self.fetches,
        };
        for path in self.paths(|issuer, subject| self.statement(issuer, subject).is_some()) {
            match TrustChain::validate(&self.chain(&path), &self.anchors, now) {
                Ok(entity) => resolution.chains.push(entity),
                Err(error) => resolution.refused.push(error),
            }
        }
        resolution
    }

    /// The chains that hold, each with its statements, the shortest first: for whoever carries them along (§4.3).
    pub fn found(&self, now: Timestamp) -> Vec<Found> {
        let known = |issuer: &EntityId, subject: &EntityId| self.statement(issuer, subject).is_some();
        let found = |path: Vec<EntityId>| {
            let statements: Vec<_> = self.chain(&path).into_iter().map(str::to_owned).collect();
            let resolved = TrustChain::validate(&statements, &self.anchors, now).ok()?;
            Some(Found { resolved, statements })
        };
        self.paths(known).into_iter().filter_map(found).collect()
    }

    /// The statements along a path, subject first. The anchor's configuration comes last where it is at hand: it says what its marks are worth.
    fn chain(&self, path: &[EntityId]) -> Vec<&str> {
        let own = path.first().and_then(|subject| self.configured(subject));
        let mut chain: Vec<_> = own.into_iter().map(|own| own.compact.as_str()).collect();
        chain.extend(path.windows(2).filter_map(|pair| match pair {
            [subject, issuer] => self.statement(issuer, subject),
            _ => None,
        }));
        if let (true, Some(anchor)) = (path.len() > 1, path.last().and_then(|anchor| self.configured(anchor)))
        {
            chain.push(&anchor.compact);
        }
        chain
    }

    fn configured(&self, id: &EntityId) -> Option<&Configured> {
        self.configurations.get(id)?.as_ref()
    }

    fn statement(&self, issuer: &EntityId, subject: &EntityId) -> Option<&str> {
        self.statements.get(&(issuer.clone(), subject.clone()))?.as_deref()
    }

    /// Keeps an answer; says whether it is one.
    fn learn(&mut self, wanted: Wanted, answer: Option<&str>) -> bool {
        match wanted {
            Wanted::Configuration(id) => {
                let configured = answer.and_then(|compact| self.read_configuration(&id, compact));
                self.configurations.insert(id, configured.clone());
                configured.is_some()
            }
            Wanted::Statement { issuer, subject } => {
                let about = answer.filter(|compact| {
                    let parsed = UnverifiedStatement::parse(compact);
                    parsed.is_ok_and(|parsed| {
                        *parsed.unverified().issuer() == issuer && *parsed.unverified().subject() == subject
                    })
                });
                let is_one = about.is_some();
                self.statements.insert((issuer, subject), about.map(str::to_owned));
                is_one
            }
        }
    }

    /// What an entity says of itself: signed by itself, an anchor's by a pinned key; with no more hints than are followed.
    fn read_configuration(&self, id: &EntityId, compact: &str) -> Option<Configured> {
        let unverified = UnverifiedStatement::parse(compact).ok()?;
        let verified = match self.anchors.anchor(id) {
            Some(anchor) => unverified.verify(&anchor.keys, self.now),
            None => unverified.verify_self_signed(self.now),
        };
        match verified.ok()?.into_statement() {
            EntityStatement::Configuration(configuration)
                if configuration.id == *id && configuration.authority_hints.len() <= MAX_HINTS =>
            {
                Some(Configured { compact: compact.to_owned(), configuration })
            }
            _ => None,
        }
    }

    /// Decides what is wanted next.
    fn want(&mut self) {
        self.wanted.clear();
        if self.anchors.is_empty() {
            return;
        }
        // What must not be contacted is known at once; another round decides what follows from that.
        while self.wanted.is_empty() && !self.limit_reached {
            let mut next = self.statements_wanted();
            if next.is_empty() {
                next = self.configurations_wanted();
            }
            if next.is_empty() {
                return;
            }
            for (wanted, url) in next {
                match url.filter(|url| may_contact(url, &self.loopback).is_ok()) {
                    Some(url) if self.fetches + self.wanted.len() < MAX_FETCHES => {
                        self.wanted.push((wanted, url))
                    }
                    Some(_) => self.limit_reached = true,
                    None => _ = self.learn(wanted, None),
                }
            }
        }
    }

    /// The statements still missing on paths that reach an anchor.
    fn statements_wanted(&self) -> Vec<(Wanted, Option<Url>)> {
        let possible = |issuer: &EntityId, subject: &EntityId| {
            !matches!(self.statements.get(&(issuer.clone(), subject.clone())), Some(None))
        };
        let mut edges = BTreeSet::new();
        let mut wanted = Vec::new();
        for path in self.paths(possible) {
            for pair in path.windows(2) {
                let [subject, issuer] = pair else { continue };
                let edge = (issuer.clone(), subject.clone());
                if self.statements.contains_key(&edge) || !edges.insert(edge) {
                    continue;
                }
                // An anchor of which nothing is known yet is asked for what it says of itself first.
                let Some(configured) = self.configured(issuer) else { continue };
                let url = fetch_url(&configured.configuration, subject);
                let (issuer, subject) = (issuer.clone(), subject.clone());
                wanted.push((Wanted::Statement { issuer, subject }, url));
            }
        }
        wanted
    }

    /// The superiors not looked at yet, nearest first.
    fn configurations_wanted(&self) -> Vec<(Wanted, Option<Url>)> {
        let mut seen = BTreeSet::from([&self.subject]);
        let mut level = vec![&self.subject];
        // A chain has a statement more than it has entities.
        for _ in 1..MAX_STATEMENTS {
            let unknown =
                level.iter().filter(|id| !self.configurations.contains_key(**id) && !self.needs_no_word(id));
            let wanted: Vec<_> = unknown
                .map(|id| (Wanted::Configuration((*id).clone()), id.configuration_url().ok()))
                .collect();
            if !wanted.is_empty() {
                return wanted;
            }
            let hints = level.iter().filter_map(|id| self.configured(id));
            let hints = hints.flat_map(|configured| &configured.configuration.authority_hints);
            level = hints.filter(|hint| seen.insert(*hint)).collect();
        }
        Vec::new()
    }

    /// An anchor whose statement about the one below was brought along need not be asked for what it says of itself.
    fn needs_no_word(&self, id: &EntityId) -> bool {
        self.anchors.anchor(id).is_some()
            && *id != self.subject
            && self.statements.iter().any(|((issuer, _), statement)| issuer == id && statement.is_some())
    }

    /// The paths from the subject to an anchor over the hints, shortest first, no entity twice, along edges for which `usable` holds.
    fn paths(&self, usable: impl Fn(&EntityId, &EntityId) -> bool) -> Vec<Vec<EntityId>> {
        const MAX_STEPS: usize = 4096;
        let reaches = self.reaching_an_anchor();
        let mut found = Vec::new();
        let mut open = VecDeque::from([vec![self.subject.clone()]]);
        let mut steps = 0;
        while let Some(path) = open.pop_front() {
            steps += 1;
            if steps > MAX_STEPS || found.len() >= MAX_PATHS {
                break;
            }
            let Some(last) = path.last() else { continue };
            if self.anchors.anchor(last).is_some() && self.configured(&self.subject).is_some() {
                found.push(path.clone());
            }
            let Some(configured) = self.configured(last).filter(|_| path.len() < MAX_STATEMENTS - 1) else {
                continue;
            };
            for hint in &configured.configuration.authority_hints {
                if reaches.contains(hint) && !path.contains(hint) && usable(hint, last) {
                    open.push_back(path.iter().chain([hint]).cloned().collect());
                }
            }
        }
        found
    }

    /// The entities from which the hints known so far lead to an anchor.
    fn reaching_an_anchor(&self) -> BTreeSet<EntityId> {
        let mut reaches: BTreeSet<_> = self.anchors.iter().map(|anchor| anchor.id.clone()).collect();
        loop {
            let known =
                self.configurations.iter().filter_map(|(id, configured)| Some((id, configured.as_ref()?)));
            let new: Vec<_> = known
                .filter(|(id, configured)| {
                    let hints = &configured.configuration.authority_hints;
                    !reaches.contains(*id) && hints.iter().any(|hint| reaches.contains(hint))
                })
                .map(|(id, _)| id.clone())
                .collect();
            if new.is_empty() {
                return reaches;
            }
            reaches.extend(new);
        }
    }
}

/// The fetch endpoint asked about a subject (§8.1.1).
fn fetch_url(issuer: &EntityConfiguration, subject: &EntityId) -> Option<Url> {
    let mut url = issuer.metadata.federation_endpoint("federation_fetch_endpoint")?;
    url.query_pairs_mut().append_pair("sub", subject.as_str());
    Some(url)
}

#[cfg(test)]
mod tests;
