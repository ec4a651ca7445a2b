//! One federal, thirteen provincial and territorial, three Indigenous and many municipal entities, drawn from a seed; random questions are
//! answered as an oracle answers them that knows neither chains nor statements: sets of places, sets of types, days.
//!
//! `PORTAGE_WORLD_TOWNS` and `PORTAGE_WORLD_QUESTIONS` make it smaller or larger than 3,700 and 10,000.
//!
//! What an entity says is signed once, when it is first needed, and verified whole for each anchor under which somebody asks about it.

#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{Timestamp, ToSpan as _};
use portage_federation::{
    EntityConfiguration, EntityId, FederationKeys, Jurisdiction, LogAddress, MemoryLog, Metadata,
    OPENID_CREDENTIAL_ISSUER, Relation, ResolvedEntity, Rights, Role, SubordinateStatement, TrustAnchor,
    TrustAnchors, TrustChain,
};
use portage_keys::{Algorithm, Signer as _, SigningKey};

const TYPES: [&str; 6] = ["licence", "permit", "card", "deed", "person", "badge"];
const PROVINCES: [(&str, u32); 13] = [
    ("NL", 10),
    ("PE", 11),
    ("NS", 12),
    ("NB", 13),
    ("QC", 24),
    ("ON", 35),
    ("MB", 46),
    ("SK", 47),
    ("AB", 48),
    ("BC", 59),
    ("YT", 60),
    ("NT", 61),
    ("NU", 62),
];
const NATIONS: usize = 3;
const PLACES: usize = 20;

/// A small generator: the same numbers for the same seed, everywhere.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn types(&mut self) -> BTreeSet<usize> {
        (0..TYPES.len()).filter(|_| !self.one_in(3)).collect()
    }
}

/// Where somebody acts, as the oracle sees it.
#[derive(Clone, Copy, PartialEq)]
enum Area {
    Canada,
    Province(usize),
    Place(usize, usize),
    Nation(usize),
}

impl Area {
    /// Every place in it: (province, place), nations behind the provinces.
    fn places(self) -> BTreeSet<(usize, usize)> {
        let of_province = |province: usize| (0..PLACES).map(move |place| (province, place));
        match self {
            Area::Canada => (0..PROVINCES.len()).flat_map(of_province).collect(),
            Area::Province(province) => of_province(province).collect(),
            Area::Place(province, place) => BTreeSet::from([(province, place)]),
            Area::Nation(nation) => BTreeSet::from([(1000 + nation, 0)]),
        }
    }

    fn code(self) -> Jurisdiction {
        let code = match self {
            Area::Canada => "CA".to_owned(),
            Area::Province(province) => format!("CA-{}", PROVINCES[province].0),
            Area::Place(province, place) => {
                let (name, number) = PROVINCES[province];
                format!("CA-{name}-{number}{:05}", 1000 + place)
            }
            Area::Nation(nation) => format!("nation:nation-{nation}"),
        };
        Jurisdiction::parse(&code).unwrap()
    }
}

/// What somebody says of somebody: the one truth that statements and oracle are both made from.
#[derive(Clone)]
struct Word {
    superior: usize,
    rights: Option<Granted>,
}

#[derive(Clone)]
struct Granted {
    issuer: bool,
    authority: bool,
    types: BTreeSet<usize>,
    area: Area,
    days: Option<i64>,
    peer: bool,
}

struct Entity {
    area: Area,
    words: Vec<Word>,
}

fn now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

/// Entity 0 is Canada, then the provinces, the nations, the towns.
fn world(towns: usize, seeded: &mut Seeded) -> Vec<Entity> {
    let full = |area, types, peer| Granted { issuer: true, authority: true, types, area, days: None, peer };
    let mut entities = vec![Entity { area: Area::Canada, words: Vec::new() }];
    for province in 0..PROVINCES.len() {
        let area = Area::Province(province);
        let below = full(area, seeded.types(), false);
        let mut words = vec![Word { superior: 0, rights: Some(below) }];
        // Some provinces recognise others; some claim to, with a place that is not theirs and without saying that it is a peer's.
        for other in 0..PROVINCES.len() {
            if other != province && seeded.one_in(4) {
                let peer = !seeded.one_in(5);
                words.push(Word { superior: 1 + other, rights: Some(full(area, seeded.types(), peer)) });
            }
        }
        entities.push(Entity { area, words });
    }
    for nation in 0..NATIONS {
        let area = Area::Nation(nation);
        let mut words = Vec::new();
        for superior in 0..=PROVINCES.len() {
            if seeded.one_in(3) {
                words.push(Word { superior, rights: Some(full(area, seeded.types(), !seeded.one_in(4))) });
            }
        }
        entities.push(Entity { area, words });
    }
    for _ in 0..towns {
        let superiors = 1 + seeded.below(2);
        let home = seeded.below(PROVINCES.len());
        let area = Area::Place(home, seeded.below(PLACES));
        let mut words: Vec<Word> = Vec::new();
        for at in 0..superiors {
            let elsewhere = at > 0 || seeded.one_in(10);
            let superior = if elsewhere { seeded.below(1 + PROVINCES.len() + NATIONS) } else { 1 + home };
            if words.iter().any(|word| word.superior == superior) {
                continue;
            }
            // Now and then a superior grants what is not its own to give.
            let said = match seeded.below(8) {
                0 => Area::Canada,
                1 => Area::Province(seeded.below(PROVINCES.len())),
                _ => area,
            };
            let granted = Granted {
                issuer: !seeded.one_in(6),
                authority: seeded.one_in(3),
                types: seeded.types(),
                area: said,
                days: seeded.one_in(3).then(|| i64::try_from(seeded.below(40)).unwrap() - 10),
                peer: seeded.one_in(12),
            };
            words.push(Word { superior, rights: (!seeded.one_in(10)).then_some(granted) });
        }
        entities.push(Entity { area, words });
    }
    entities
}

/// May `entity` issue `kind` under this anchor? Tries every way up, and knows of nothing but sets.
fn oracle(world: &[Entity], entity: usize, kind: usize, anchor: usize) -> bool {
    fn ways(
        world: &[Entity],
        entity: usize,
        anchor: usize,
        way: &mut Vec<Word>,
        seen: &mut Vec<usize>,
        found: &mut Vec<Vec<Word>>,
    ) {
        if entity == anchor {
            found.push(way.clone());
        }
        if way.len() == 3 {
            return;
        }
        for word in &world[entity].words {
            if !seen.contains(&word.superior) {
                way.push(word.clone());
                seen.push(word.superior);
                ways(world, word.superior, anchor, way, seen, found);
                seen.pop();
                way.pop();
            }
        }
    }
    let mut found = Vec::new();
    ways(world, entity, anchor, &mut Vec::new(), &mut vec![entity], &mut found);
    found.iter().any(|way| {
        let mut places = world[anchor].area.places();
        for (depth, word) in way.iter().rev().enumerate() {
            let Some(granted) = &word.rights else { return false };
            let is_last = depth + 1 == way.len();
            let in_time = granted.days.is_none_or(|days| days > 0);
            if !granted.issuer
                || !granted.types.contains(&kind)
                || !in_time
                || (!is_last && !granted.authority)
            {
                return false;
            }
            let said = granted.area.places();
            places = match (granted.peer, depth) {
                (true, 0) => said,
                (true, _) => return false,
                (false, _) => places.intersection(&said).copied().collect(),
            };
            if places.is_empty() {
                return false;
            }
        }
        true
    })
}

fn id(entity: usize) -> EntityId {
    EntityId::parse(&format!("https://e{entity}.example")).unwrap()
}

fn signing_key(entity: usize) -> SigningKey {
    let mut seed = [7; 32];
    seed[..8].copy_from_slice(&u64::try_from(entity).unwrap().to_le_bytes());
    SigningKey::from_secret_bytes(Algorithm::EdDsa, &seed).unwrap()
}

/// An entity with what it signs with, made once.
struct Signs {
    id: EntityId,
    key: SigningKey,
    keys: FederationKeys,
    log: MemoryLog,
}

impl Signs {
    fn new(entity: usize) -> Self {
        let (id, key) = (id(entity), signing_key(entity));
        let keys = FederationKeys::of([key.verification_key().clone()]);
        let log = MemoryLog::new(&id, signing_key(entity)).unwrap();
        Signs { id, key, keys, log }
    }
}

/// What the entities of a world say, as it was signed.
struct Said<'w> {
    world: &'w [Entity],
    who: HashMap<usize, Signs>,
    own: HashMap<usize, String>,
    of_others: HashMap<(usize, usize), String>,
}

impl<'w> Said<'w> {
    fn in_world(world: &'w [Entity]) -> Self {
        Said { world, who: HashMap::new(), own: HashMap::new(), of_others: HashMap::new() }
    }

    fn who(&mut self, entity: usize) -> &Signs {
        self.who.entry(entity).or_insert_with(|| Signs::new(entity))
    }

    /// Its Entity Configuration.
    fn of_itself(&mut self, entity: usize) -> String {
        if let Some(said) = self.own.get(&entity) {
            return said.clone();
        }
        let superiors = self.world[entity].words.iter().map(|word| id(word.superior)).collect();
        let who = self.who(entity);
        let mut own = EntityConfiguration::new(who.id.clone(), who.keys.clone(), now(), now() + 24.hours());
        own.authority_hints = superiors;
        own.metadata = Metadata::new().with(OPENID_CREDENTIAL_ISSUER, []);
        let own = own.sign(&who.key).unwrap();
        self.own.insert(entity, own.clone());
        own
    }

    /// The statement that a word becomes.
    fn of(&mut self, entity: usize, word: &Word) -> String {
        let place = (entity, word.superior);
        if let Some(said) = self.of_others.get(&place) {
            return said.clone();
        }
        let subject = self.who(entity);
        let (keys, log) = (subject.keys.clone(), subject.log.address().clone());
        let superior = self.who(word.superior);
        let said = signed(id(entity), keys, &log, superior, word);
        self.of_others.insert(place, said.clone());
        said
    }

    /// The anchor, pinned.
    fn pinned(&mut self, anchor: usize) -> TrustAnchors {
        let rights = Rights::all_in(self.world[anchor].area.code());
        let who = self.who(anchor);
        let log = Some(who.log.address().clone());
        [TrustAnchor { id: who.id.clone(), keys: who.keys.clone(), name: None, rights, log }]
            .into_iter()
            .collect()
    }

    /// Every chain of an entity to an anchor, of the lengths that the oracle looks at, through signed statements.
    fn chains(&mut self, entity: usize, anchor: usize) -> Vec<ResolvedEntity> {
        let pinned = self.pinned(anchor);
        let mut open: Vec<(usize, Vec<(usize, &Word)>)> = vec![(entity, Vec::new())];
        let mut found = Vec::new();
        while let Some((at, way)) = open.pop() {
            if at == anchor {
                let mut statements = vec![self.of_itself(entity)];
                statements.extend(way.iter().map(|(subject, word)| self.of(*subject, word)));
                found.push(TrustChain::validate(&statements, &pinned, now()).unwrap());
            }
            if way.len() < 3 {
                let seen =
                    |other: usize| other == entity || way.iter().any(|(_, word)| word.superior == other);
                for word in self.world[at].words.iter().filter(|word| !seen(word.superior)) {
                    open.push((word.superior, way.iter().copied().chain([(at, word)]).collect()));
                }
            }
        }
        found
    }
}

fn signed(entity: EntityId, keys: FederationKeys, log: &LogAddress, superior: &Signs, word: &Word) -> String {
    let mut statement =
        SubordinateStatement::new(superior.id.clone(), entity, keys, now(), now() + 24.hours());
    if word.rights.as_ref().is_some_and(|granted| granted.authority) {
        statement.metadata = Metadata::new().with_log(log);
    }
    statement.rights = word.rights.as_ref().map(|granted| {
        let roles = [(granted.issuer, Role::Issuer), (granted.authority, Role::Authority)];
        let roles = roles.into_iter().filter_map(|(holds, role)| holds.then_some(role));
        let names = granted.types.iter().map(|&kind| TYPES[kind]);
        let rights = Rights::none_in(granted.area.code()).acting_as(roles).issuing(names).unwrap();
        let until = granted.days.map(|days| now() + (days * 24).hours());
        let relation = if granted.peer { Relation::Peer } else { Relation::Below };
        Rights { until, relation, ..rights }
    });
    if statement.rights.is_some() {
        superior.log.clone().publish(&mut statement).unwrap();
    }
    statement.sign(&superior.keys, &superior.key).unwrap()
}

fn size(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|size| size.parse().ok()).unwrap_or(usual)
}

/// An entity and an anchor with the types that were asked about them.
type Asked = ((usize, usize), Vec<usize>);

/// The answers, each held to the oracle's. An entity is resolved once under an anchor, as a wallet keeps it, and asked about each type.
fn answers(world: &[Entity], asked: &[Asked]) -> Vec<bool> {
    let mut said = Said::in_world(world);
    let mut answers = Vec::new();
    for ((entity, anchor), kinds) in asked {
        let found = said.chains(*entity, *anchor);
        for &kind in kinds {
            let answer = found.iter().any(|chain| chain.may_issue(&[TYPES[kind]], now()).is_ok());
            let expected = oracle(world, *entity, kind, *anchor);
            assert_eq!(answer, expected, "entity {entity}, type {}, anchor {anchor}", TYPES[kind]);
            answers.push(answer);
        }
    }
    answers
}

#[test]
fn random_questions_are_answered_as_the_oracle_answers_them() {
    let mut seeded = Seeded(0x5eed_cafe_f00d);
    let world = world(size("PORTAGE_WORLD_TOWNS", 3_700), &mut seeded);
    let authorities = 1 + PROVINCES.len() + NATIONS;
    let questions = size("PORTAGE_WORLD_QUESTIONS", 10_000);
    let mut asked: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for _ in 0..questions {
        let entity = 1 + seeded.below(world.len() - 1);
        let kind = seeded.below(TYPES.len());
        // Mostly an anchor that could say something, so that both answers come up.
        let above = world[entity].words.first().map_or(0, |word| word.superior);
        let anchor = [0, above, seeded.below(authorities)][seeded.below(3)];
        asked.entry((entity, anchor)).or_default().push(kind);
    }
    let asked: Vec<Asked> = asked.into_iter().collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let answers: Vec<bool> = std::thread::scope(|scope| {
        let parts = asked.chunks(asked.len().div_ceil(threads));
        let parts: Vec<_> = parts.map(|part| scope.spawn(|| answers(&world, part))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    let yes = answers.iter().filter(|answer| **answer).count();
    let no = answers.len() - yes;
    assert_eq!(answers.len(), questions);
    assert!(yes > 100 && no > 100, "{yes} yes, {no} no");
}
