use jiff::ToSpan as _;
use proptest::{prelude::*, test_runner::RngSeed};
use serde_json::json;

use super::*;
use crate::{
    Jurisdiction, Metadata, Rights, SubordinateStatement, TrustAnchor,
    tests::{id, key, keys, now},
};

/// Answers by address, and a count of what was asked for.
#[derive(Default)]
struct Web {
    answers: BTreeMap<String, String>,
    asked: Vec<String>,
}

fn number(name: &str) -> u8 {
    name.bytes().fold(7, |number: u8, byte| number.wrapping_mul(31).wrapping_add(byte))
}

fn address(name: &str) -> EntityId {
    id(&format!("https://{name}.example"))
}

fn later() -> Timestamp {
    now() + 24.hours()
}

impl Web {
    /// Each entity with its superiors; every superior says something of it.
    fn of(entities: &[(&str, &[&str])]) -> Self {
        let mut web = Web::default();
        for (name, superiors) in entities {
            web.publish(name, superiors);
            for superior in *superiors {
                let about = says(superior, name);
                web.answers.insert(
                    format!("https://{superior}.example/fetch?sub=https%3A%2F%2F{name}.example"),
                    about,
                );
            }
        }
        web
    }

    fn publish(&mut self, name: &str, superiors: &[&str]) {
        let url = address(name).configuration_url().unwrap();
        self.answers.insert(url.to_string(), configuration(name, superiors));
    }

    fn drive(&mut self, mut resolver: Resolver) -> Resolution {
        loop {
            let wanted = resolver.wanted();
            if wanted.is_empty() {
                return resolver.resolve(now());
            }
            let answers = wanted.iter().map(|url| {
                self.asked.push(url.to_string());
                self.answers.get(url.as_str()).map(|answer| answer.clone().into_bytes())
            });
            resolver.supply(answers.collect(), now());
        }
    }

    fn resolve(&mut self, subject: &str, anchors: &[&str]) -> Resolution {
        self.drive(Resolver::begin(address(subject), &pinned(anchors), &LoopbackOrigins::default(), now()))
    }
}

fn configuration(name: &str, superiors: &[&str]) -> String {
    let mut own = EntityConfiguration::new(address(name), keys(number(name)), now(), later());
    own.authority_hints = superiors.iter().map(|superior| address(superior)).collect();
    own.metadata = Metadata::new().with(
        "federation_entity",
        [("federation_fetch_endpoint", json!(format!("https://{name}.example/fetch")))],
    );
    own.sign(&key(number(name))).unwrap()
}

fn says(superior: &str, name: &str) -> String {
    let about =
        SubordinateStatement::new(address(superior), address(name), keys(number(name)), now(), later());
    about.sign(&keys(number(superior)), &key(number(superior))).unwrap()
}

fn pinned(anchors: &[&str]) -> TrustAnchors {
    let rights = Rights::all_in(Jurisdiction::parse("CA").unwrap());
    let pin = |name: &&str| TrustAnchor {
        id: address(name),
        keys: keys(number(name)),
        name: None,
        rights: rights.clone(),
        log: None,
    };
    anchors.iter().map(pin).collect()
}

fn paths(resolution: &Resolution) -> Vec<String> {
    let name =
        |id: &EntityId| id.as_str().trim_start_matches("https://").trim_end_matches(".example").to_owned();
    let path = |chain: &ResolvedEntity| {
        chain.path().iter().map(|entity| name(&entity.id)).collect::<Vec<_>>().join(" ")
    };
    resolution.chains.iter().map(path).collect()
}

#[test]
fn every_chain_to_an_anchor_is_found_the_shortest_first_and_nothing_is_fetched_twice() {
    let mut web = Web::of(&[
        ("city", &["province", "union"]),
        ("province", &["canada"]),
        ("union", &["province"]),
        ("canada", &[]),
    ]);
    let resolution = web.resolve("city", &["canada"]);
    assert_eq!(paths(&resolution), ["city province canada", "city union province canada"]);
    assert_eq!(resolution.reason(), None);
    assert_eq!((resolution.fetches, resolution.limit_reached), (8, false));
    let distinct: BTreeSet<_> = web.asked.iter().collect();
    assert_eq!(distinct.len(), web.asked.len());

    let resolution = web.resolve("city", &["province", "canada"]);
    assert_eq!(paths(&resolution)[0], "city province");
    assert_eq!(resolution.chains.len(), 4);
    assert_eq!(paths(&web.resolve("canada", &["canada"])), ["canada"]);
}

#[test]
fn what_leads_to_no_anchor_or_cannot_be_had_says_so() {
    let mut web = Web::of(&[("city", &["province"]), ("province", &[])]);
    let resolution = web.resolve("city", &["canada"]);
    assert_eq!(resolution.reason(), Some(Reason::IssuerNotTrusted));
    let resolution = web.resolve("city", &[]);
    assert_eq!((resolution.reason(), resolution.fetches), (Some(Reason::IssuerNotTrusted), 0));
    let resolution = web.resolve("town", &["province"]);
    assert_eq!(resolution.reason(), Some(Reason::KeyNotFound));
    assert_eq!(resolution.unavailable.len(), 1);

    let fetch = "https://province.example/fetch?sub=https%3A%2F%2Fcity.example";
    web.answers.insert(fetch.to_owned(), says("city", "province"));
    assert_eq!(web.resolve("city", &["province"]).reason(), Some(Reason::KeyNotFound), "about another");
    let about = SubordinateStatement::new(address("province"), address("city"), keys(1), now(), later());
    let forged = about.sign(&keys(number("province")), &key(number("province"))).unwrap();
    web.answers.insert(fetch.to_owned(), forged);
    let resolution = web.resolve("city", &["province"]);
    assert_eq!(resolution.reason(), Some(Reason::TrustChainInvalid));
    assert_eq!(resolution.refused.len(), 1);
}

#[test]
fn t07_a_carried_chain_needs_no_fetch_and_an_anchor_of_another_key_is_none() {
    let carried =
        [configuration("city", &["province"]), says("province", "city"), says("canada", "province")];
    let province = configuration("province", &["canada"]);
    let mut web = Web::default();
    let begin = || Resolver::begin(address("city"), &pinned(&["canada"]), &LoopbackOrigins::default(), now());
    let mut whole: Vec<_> = carried.to_vec();
    whole.push(province);
    assert_eq!(paths(&web.drive(begin().with_carried(&whole))), ["city province canada"]);
    assert!(web.asked.is_empty());

    let forged = SubordinateStatement::new(
        address("canada"),
        address("province"),
        keys(number("province")),
        now(),
        later(),
    );
    whole[2] = forged.sign(&keys(99), &key(99)).unwrap();
    let resolution = web.drive(begin().with_carried(&whole));
    assert_eq!(resolution.reason(), Some(Reason::TrustChainInvalid));
}

#[test]
fn t08_loops_thousands_of_hints_and_large_statements_end_within_the_limits() {
    let mut web = Web::of(&[("a", &["b"]), ("b", &["c", "canada"]), ("c", &["a", "b"]), ("canada", &[])]);
    let resolution = web.resolve("a", &["canada"]);
    assert_eq!(paths(&resolution), ["a b canada"], "a loop is no way");

    let names: Vec<String> = (0..1000).map(|number| format!("h{number}")).collect();
    let hints: Vec<&str> = names.iter().map(String::as_str).collect();
    web.publish("greedy", &hints);
    let resolution = web.resolve("greedy", &["canada"]);
    assert_eq!((resolution.fetches, resolution.reason()), (1, Some(Reason::KeyNotFound)));
    web.publish("eight", &hints[..8]);
    assert_eq!(web.resolve("eight", &["canada"]).fetches, 9);

    // A tree of eight superiors each, without end.
    for (at, name) in names.iter().enumerate() {
        let above: Vec<_> = (1..=8).map(|n| format!("h{}", at * 8 + n)).collect();
        web.publish(name, &above.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let resolution = web.resolve("h0", &["canada"]);
    assert!(resolution.fetches <= MAX_FETCHES && resolution.limit_reached);
    assert_eq!(resolution.reason(), Some(Reason::TrustChainInvalid));

    let mut large = configuration("b", &["canada"]);
    large.push_str(&"A".repeat(300 << 10));
    web.answers.insert(address("b").configuration_url().unwrap().to_string(), large);
    assert!(web.resolve("a", &["canada"]).chains.is_empty());
}

#[test]
fn t08_after_ten_seconds_nothing_more_is_wanted() {
    let web = Web::of(&[("city", &["canada"]), ("canada", &[])]);
    let run = |elapsed: i64| {
        let mut resolver =
            Resolver::begin(address("city"), &pinned(&["canada"]), &LoopbackOrigins::default(), now());
        let answer = web.answers.get(resolver.wanted()[0].as_str()).cloned();
        resolver.supply(vec![answer.map(String::into_bytes)], now() + elapsed.seconds());
        resolver.wanted().len()
    };
    assert_eq!((run(10), run(11)), (1, 0));
}

#[test]
fn t08_addresses_that_must_not_be_contacted_are_not_named() {
    let mut web = Web::of(&[("canada", &[])]);
    let mut own = EntityConfiguration::new(address("city"), keys(number("city")), now(), later());
    own.authority_hints = vec![
        id("http://localhost:8080"),
        id("https://127.0.0.1"),
        id("https://169.254.169.254"),
        id("https://10.0.0.1"),
    ];
    let url = address("city").configuration_url().unwrap().to_string();
    web.answers.insert(url.clone(), own.sign(&key(number("city"))).unwrap());
    web.resolve("city", &["canada"]);
    assert_eq!(web.asked, [url]);

    let loopback = LoopbackOrigins::parse(["http://localhost:8080"]).unwrap();
    web.asked.clear();
    web.drive(Resolver::begin(address("city"), &pinned(&["canada"]), &loopback, now()));
    assert_eq!(web.asked.last().unwrap(), "http://localhost:8080/.well-known/openid-federation");
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_answers_end_the_search(answers in prop::collection::vec(prop::option::of(prop::collection::vec(any::<u8>(), 0..40)), 0..5)) {
        let mut resolver = Resolver::begin(address("city"), &pinned(&["canada"]), &LoopbackOrigins::default(), now());
        for _ in 0..MAX_FETCHES {
            resolver.supply(answers.clone(), now());
        }
        prop_assert!(resolver.wanted().is_empty());
        prop_assert!(resolver.resolve(now()).chains.is_empty());
    }
}
