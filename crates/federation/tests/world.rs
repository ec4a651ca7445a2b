//! One federal, thirteen provincial and territorial, three Indigenous and many municipal entities, drawn from a seed; random questions are
//! answered as an oracle answers them that knows neither chains nor statements: sets of places, sets of types, days.
//!
//! `PORTAGE_WORLD_TOWNS` and `PORTAGE_WORLD_QUESTIONS` make it larger (3,700 and 10,000).

#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

use std::collections::BTreeSet;

use jiff::{Timestamp, ToSpan as _};
use portage_federation::{
    EntityConfiguration, EntityId, FederationKeys, Jurisdiction, MemoryLog, Metadata,
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

fn key(entity: usize) -> SigningKey {
    let mut seed = [7; 32];
    seed[..8].copy_from_slice(&u64::try_from(entity).unwrap().to_le_bytes());
    SigningKey::from_secret_bytes(Algorithm::EdDsa, &seed).unwrap()
}

fn keys(entity: usize) -> FederationKeys {
    FederationKeys::of([key(entity).verification_key().clone()])
}

fn log(entity: usize) -> MemoryLog {
    MemoryLog::new(&id(entity), key(entity)).unwrap()
}

fn signed(entity: usize, word: &Word) -> String {
    let mut statement =
        SubordinateStatement::new(id(word.superior), id(entity), keys(entity), now(), now() + 24.hours());
    if word.rights.as_ref().is_some_and(|granted| granted.authority) {
        statement.metadata = Metadata::new().with_log(log(entity).address());
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
        log(word.superior).publish(&mut statement).unwrap();
    }
    statement.sign(&keys(word.superior), &key(word.superior)).unwrap()
}

/// Every chain of an entity to an anchor, of the lengths that the oracle looks at, through signed statements.
fn chains(world: &[Entity], entity: usize, anchor: usize, pinned: &TrustAnchors) -> Vec<ResolvedEntity> {
    let mut own = EntityConfiguration::new(id(entity), keys(entity), now(), now() + 24.hours());
    own.authority_hints = world[entity].words.iter().map(|word| id(word.superior)).collect();
    own.metadata = Metadata::new().with(OPENID_CREDENTIAL_ISSUER, []);
    let own = own.sign(&key(entity)).unwrap();
    let mut open: Vec<(usize, Vec<(usize, &Word)>)> = vec![(entity, Vec::new())];
    let mut found = Vec::new();
    while let Some((at, way)) = open.pop() {
        if at == anchor {
            let said = way.iter().map(|(subject, word)| signed(*subject, word));
            let statements: Vec<_> = std::iter::once(own.clone()).chain(said).collect();
            found.push(TrustChain::validate(&statements, pinned, now()).unwrap());
        }
        if way.len() < 3 {
            let seen = |other: usize| other == entity || way.iter().any(|(_, word)| word.superior == other);
            for word in world[at].words.iter().filter(|word| !seen(word.superior)) {
                open.push((word.superior, way.iter().copied().chain([(at, word)]).collect()));
            }
        }
    }
    found
}

fn size(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|size| size.parse().ok()).unwrap_or(usual)
}

#[test]
fn random_questions_are_answered_as_the_oracle_answers_them() {
    let mut seeded = Seeded(0x5eed_cafe_f00d);
    let world = world(size("PORTAGE_WORLD_TOWNS", 300), &mut seeded);
    let authorities = 1 + PROVINCES.len() + NATIONS;
    let (mut yes, mut no) = (0, 0);
    for _ in 0..size("PORTAGE_WORLD_QUESTIONS", 1000) {
        let entity = 1 + seeded.below(world.len() - 1);
        let kind = seeded.below(TYPES.len());
        // Mostly an anchor that could say something, so that both answers come up.
        let above = world[entity].words.first().map_or(0, |word| word.superior);
        let anchor = [0, above, seeded.below(authorities)][seeded.below(3)];
        let rights = Rights::all_in(world[anchor].area.code());
        let log = Some(log(anchor).address().clone());
        let pinned = TrustAnchor { id: id(anchor), keys: keys(anchor), name: None, rights, log };
        let pinned: TrustAnchors = [pinned].into_iter().collect();
        let found = chains(&world, entity, anchor, &pinned);
        let answer = found.iter().any(|chain| chain.may_issue(&[TYPES[kind]], now()).is_ok());
        let expected = oracle(&world, entity, kind, anchor);
        assert_eq!(answer, expected, "entity {entity}, type {}, anchor {anchor}", TYPES[kind]);
        if answer { yes += 1 } else { no += 1 }
    }
    assert!(yes > 100 && no > 100, "{yes} yes, {no} no");
}
