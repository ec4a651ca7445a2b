//! Every rule of `specs/policies`: what it permits, what it forbids, in which words; and what the purposes ask beyond what is read.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot set its scene has failed")]

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, tz::TimeZone};
use portage_catalog::{Catalog, Purpose, PurposeId, lint_purpose};
use portage_policy::{Effect, Policies, Policy, PolicyDecision};
use portage_verification::{PolicyFacts, PolicyOutcome as Outcome, Presented, PurposePolicies as _};
use serde_json::{Map, Value, json};

/// 2025-12-31 in Vancouver, 2026-01-01 in UTC.
const NOW: &str = "2026-01-01T05:00:00Z";

/// Query id → type, claims and evidence.
type Answer = BTreeMap<&'static str, (&'static str, Value, Value)>;

fn credential(credential_type: &'static str, claims: Value) -> (&'static str, Value, Value) {
    let evidence = json!({
        "issuer": { "id": "did:web:city.example", "source": "federation", "tier": "municipal",
            "chain": { "age_seconds": 60, "links": [{ "jurisdiction": "CA-BC-5915022" }] } },
        "status": "valid", "status_age_seconds": 5, "holder_is_subject": "proved",
        "valid_from": "2025-01-01T00:00:00Z", "valid_until": null,
    });
    (credential_type, claims, evidence)
}

/// An answer that the purpose's policy permits.
fn permitted(purpose: &str) -> Answer {
    let subject = |claims: Value| json!({ "credentialSubject": claims });
    match purpose {
        "age-restricted-sale" => [("person", credential("person", json!({ "age_over_19": true })))].into(),
        "market-vendor-permit" => [
            ("person", credential("person", json!({ "age_over_19": true }))),
            (
                "licence",
                credential("business-licence", subject(json!({ "trade_name": "The Example Kitchen" }))),
            ),
            ("card", credential("operator-card", json!({}))),
        ]
        .into(),
        "liquor-service-shift" => {
            let claims = json!({ "certification_number": "SIR-000001" });
            [("certification", credential("serving-it-right", claims))].into()
        }
        "student-fare" => [("student", credential("student-card", json!({})))].into(),
        "accessible-space-check" => [("permit", credential("accessible-parking-permit", json!({})))].into(),
        "boat-rental" => {
            let claims = json!({ "card_class": "Motorized pleasure craft" });
            [("card", credential("operator-card", subject(claims)))].into()
        }
        "resident-rate" => {
            [("residency", credential("residency", json!({ "municipality": "Vancouver" })))].into()
        }
        "supplier-registration" => {
            let claims = json!({ "business_type": "Restaurant", "expiry_date": "2025-12-31" });
            [("licence", credential("business-licence", subject(claims)))].into()
        }
        "course-recognition" => {
            let badge = Catalog::bundled().credential_type("open-badge").unwrap().example.clone();
            [("badge", credential("open-badge", subject(json!({ "achievement": badge["achievement"] }))))]
                .into()
        }
        "sign-for-business" => {
            let claims = json!({ "identifier": "BC0000001", "role": "Director" });
            [("business", credential("digital-business-card", claims))].into()
        }
        other => panic!("no answer for {other}: every policy of the box is tried here"),
    }
}

fn policies() -> Policies {
    let vancouver = TimeZone::get("America/Vancouver").unwrap();
    Policies::compile(&Catalog::bundled(), &vancouver).unwrap()
}

fn decide(purpose: &str, answer: &Answer) -> PolicyDecision {
    let policies = policies();
    let policy = policies.of(&PurposeId(purpose.to_owned())).unwrap();
    let none = Map::new();
    let credentials = answer.iter().map(|(query, (credential_type, claims, evidence))| {
        let evidence = evidence.as_object().unwrap_or(&none);
        (*query, Presented { claims, evidence, credential_type: Some(*credential_type) })
    });
    policy.decide(&PolicyFacts {
        now: NOW.parse::<Timestamp>().unwrap(),
        session_bound: true,
        same_holder: true,
        credentials: credentials.collect(),
    })
}

fn ids(decision: &PolicyDecision) -> Vec<&str> {
    decision.rules().map(|rule| rule.id.as_str()).collect()
}

/// What makes each rule say no: purpose, rule, what is changed (`query/claims/…` or `query/evidence/…`), to what.
const REFUSALS: &[(&str, &str, &str, &str)] = &[
    ("age-restricted-sale", "nineteen-or-older", "person/claims/age_over_19", "false"),
    ("market-vendor-permit", "nineteen-with-licence-and-card", "person/claims/age_over_19", "false"),
    (
        "market-vendor-permit",
        "nineteen-with-licence-and-card",
        "licence/claims/credentialSubject/trade_name",
        "\"\"",
    ),
    (
        "market-vendor-permit",
        "nineteen-with-licence-and-card",
        "card/evidence/holder_is_subject",
        "\"not_proved\"",
    ),
    ("market-vendor-permit", "licence-of-a-municipality", "licence/evidence/issuer/tier", "\"provincial\""),
    ("market-vendor-permit", "licence-of-a-municipality", "licence/evidence/issuer/tier", "null"),
    (
        "market-vendor-permit",
        "licence-of-this-city",
        "licence/evidence/issuer/chain/links/0/jurisdiction",
        "\"CA-BC-5931020\"",
    ),
    (
        "market-vendor-permit",
        "licence-of-this-city",
        "licence/evidence/issuer/chain/links/0/jurisdiction",
        "null",
    ),
    (
        "liquor-service-shift",
        "certified-server",
        "certification/evidence/holder_is_subject",
        "\"not_proved\"",
    ),
    ("student-fare", "student", "student/evidence/holder_is_subject", "\"not_proved\""),
    ("accessible-space-check", "permit-holder", "permit/evidence/holder_is_subject", "\"not_proved\""),
    ("boat-rental", "motorized-craft", "card/claims/credentialSubject/card_class", "\"Sail\""),
    ("resident-rate", "lives-here", "residency/claims/municipality", "\"Burnaby\""),
    (
        "supplier-registration",
        "licence-not-over",
        "licence/claims/credentialSubject/expiry_date",
        "\"2025-12-30\"",
    ),
    (
        "course-recognition",
        "badge-of-a-course",
        "badge/claims/credentialSubject/achievement/achievementType",
        "\"Award\"",
    ),
    ("sign-for-business", "may-bind-the-business", "business/claims/role", "\"Employee\""),
];

fn change(answer: &mut Answer, place: &str, value: Value) {
    let (query, rest) = place.split_once('/').unwrap();
    let (_, claims, evidence) = answer.get_mut(query).unwrap();
    let (part, rest) = rest.split_once('/').unwrap();
    let part = if part == "claims" { claims } else { evidence };
    *part.pointer_mut(&format!("/{rest}")).unwrap() = value;
}

#[test]
fn each_rule_permits_and_forbids_and_is_named() {
    let catalog = Catalog::bundled();
    let policies = policies();
    let mut tried: BTreeSet<(String, String)> = BTreeSet::new();
    for (purpose, rule, place, value) in REFUSALS {
        let mut answer = permitted(purpose);
        let decision = decide(purpose, &answer);
        assert_eq!(decision.outcome(), Outcome::Permitted, "{purpose} {:?}", ids(&decision));
        change(&mut answer, place, serde_json::from_str(value).unwrap());
        let decision = decide(purpose, &answer);
        assert_eq!(
            (decision.outcome(), ids(&decision)),
            (Outcome::Forbidden, vec![*rule]),
            "{purpose} {place}"
        );
        tried.insert(((*purpose).to_owned(), (*rule).to_owned()));
    }
    for purpose in catalog.purposes() {
        let policy = policies.of(&purpose.id).unwrap_or_else(|| panic!("{} has no policy", purpose.id));
        for rule in policy.rules() {
            assert!(tried.contains(&(purpose.id.0.clone(), rule.id.clone())), "{} {}", purpose.id, rule.id);
        }
    }
}

#[test]
fn a_licence_from_the_trust_list_needs_no_jurisdiction() {
    let mut answer = permitted("market-vendor-permit");
    let issuer = json!({ "id": "did:web:city.example", "source": "trust.json", "tier": "municipal" });
    change(&mut answer, "licence/evidence/issuer", issuer.clone());
    assert_eq!(decide("market-vendor-permit", &answer).outcome(), Outcome::Permitted);
    change(&mut answer, "licence/evidence/issuer/source", "federation".into());
    assert_eq!(decide("market-vendor-permit", &answer).outcome(), Outcome::Forbidden);
}

#[test]
fn what_is_missing_or_of_another_kind_permits_nothing() {
    for purpose in Catalog::bundled().purposes() {
        let purpose = purpose.id.0.as_str();
        let answer = permitted(purpose);
        assert_eq!(decide(purpose, &answer).outcome(), Outcome::Permitted, "{purpose}");
        for query in answer.keys() {
            let without: Answer = answer
                .iter()
                .filter(|(other, _)| *other != query)
                .map(|(id, one)| (*id, one.clone()))
                .collect();
            assert_eq!(decide(purpose, &without).outcome(), Outcome::Failed, "{purpose} without {query}");
        }
    }
    let mut answer = permitted("resident-rate");
    change(&mut answer, "residency/claims/municipality", json!(["Vancouver"]));
    assert_eq!(decide("resident-rate", &answer).outcome(), Outcome::Failed);
    let mut answer = permitted("supplier-registration");
    change(&mut answer, "licence/claims/credentialSubject/expiry_date", json!("some day"));
    assert_eq!(decide("supplier-registration", &answer).outcome(), Outcome::Failed);
}

/// Cedar passes over a rule that it cannot evaluate; we do not.
#[test]
fn a_rule_that_cannot_be_evaluated_permits_nothing() {
    let mut catalog = Catalog::bundled();
    let rule = |id: &str, effect: &str, when: &str| {
        format!(
            "@id(\"{id}\") @en(\"A.\") @fr(\"A.\") {effect} (principal, action, resource) when {{ {when} }};\n"
        )
    };
    let permits = rule("permits", "permit", "context.certification.holder_is_subject");
    let age = "context.certification has status_age_seconds && 9223372036854775807";
    for (sum, outcome) in [("- context", Outcome::Permitted), ("+ context", Outcome::Failed)] {
        let forbids =
            rule("too-much", "forbid", &format!("{age} {sum}.certification.status_age_seconds < 0"));
        catalog.add_policy("liquor-service-shift.cedar", format!("{permits}{forbids}").as_bytes()).unwrap();
        let policies = Policies::compile(&catalog, &TimeZone::UTC).unwrap();
        let policy = policies.of(&PurposeId("liquor-service-shift".into())).unwrap();
        let answer = permitted("liquor-service-shift");
        let (credential_type, claims, evidence) = &answer["certification"];
        let evidence = evidence.as_object().unwrap();
        let shown = Presented { claims, evidence, credential_type: Some(credential_type) };
        let decision = policy.decide(&PolicyFacts {
            now: NOW.parse().unwrap(),
            session_bound: false,
            same_holder: false,
            credentials: [("certification", shown)].into(),
        });
        assert_eq!(decision.outcome(), outcome);
        let told = if outcome == Outcome::Failed { "too-much" } else { "permits" };
        assert_eq!(ids(&decision), [told]);
    }
}

#[test]
fn a_purpose_without_a_policy_at_hand_gets_no_answer() {
    let facts = PolicyFacts {
        now: NOW.parse().unwrap(),
        session_bound: true,
        same_holder: true,
        credentials: BTreeMap::new(),
    };
    let policies = policies();
    let answer = |purpose: &str| policies.decide(&PurposeId(purpose.to_owned()), &facts);
    assert_eq!(answer("no-such-purpose"), None);
    assert_eq!(answer("student-fare").map(|answer| answer.outcome), Some(Outcome::Failed));
}

#[test]
fn a_decision_names_what_was_read_and_holds_none_of_it() {
    let answer = permitted("market-vendor-permit");
    let told = decide("market-vendor-permit", &answer).to_json().to_string();
    for name in
        ["nineteen-with-licence-and-card", "licence.claims.trade_name", "Nom commercial", "Trade name"]
    {
        assert!(told.contains(name), "{name}: {told}");
    }
    let printed = format!(
        "{:?}",
        Presented { claims: &answer["licence"].1, evidence: &Map::new(), credential_type: None }
    );
    assert!(!told.contains("Example Kitchen") && !printed.contains("Example Kitchen"));
}

#[test]
fn both_languages_have_the_sentence_of_every_rule_and_of_all_it_reads() {
    let policies = policies();
    for purpose in Catalog::bundled().purposes() {
        let policy = policies.of(&purpose.id).unwrap();
        assert!(policy.rules().iter().any(|rule| rule.effect == Effect::Permit));
        for rule in policy.rules() {
            for text in [&rule.text.en, &rule.text.fr] {
                assert!(
                    text.ends_with('.') && text.len() > 20 && !text.contains('\''),
                    "{}: {text}",
                    rule.id
                );
            }
            assert_ne!(rule.text.en, rule.text.fr);
            for read in &rule.reads {
                assert!(!read.name.en.is_empty() && read.name.en != read.name.fr, "{} {read:?}", rule.id);
            }
        }
    }
}

/// A claim that is asked is read by the policy, or shown to staff: anything else is asked too much.
#[test]
fn the_purposes_of_the_box_ask_what_their_policies_read() {
    let catalog = Catalog::bundled();
    let policies = policies();
    for purpose in catalog.purposes() {
        let reads = policies.of(&purpose.id).unwrap().reads();
        let lint = lint_purpose(&serde_json::to_value(purpose).unwrap(), Some(&reads), &catalog);
        assert!(lint.findings.is_empty(), "{}: {:?}", purpose.id, lint.findings);
    }
}

/// The examples of `specs/lint` that bring a policy say the same with `reads`, and the smaller query is still one for the policy.
#[test]
fn the_policies_of_the_lint_examples_read_what_the_examples_say() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../specs/lint");
    let catalog = Catalog::bundled();
    let mut tried = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let Ok(example) = serde_json::from_slice::<Value>(&std::fs::read(&path).unwrap()) else { continue };
        let Some(policy) = example["policy"].as_str() else { continue };
        let mut purpose = Purpose::from_value(&example["purpose"]).unwrap();
        assert!(purpose.policy.is_some(), "{}: the purpose names no policy", path.display());
        let compile =
            |purpose: &Purpose| Policy::compile("example", policy, purpose, &catalog, &TimeZone::UTC);
        let reads = compile(&purpose).unwrap().reads();
        assert_eq!(json!(reads), example["reads"], "{}", path.display());
        if let Some(smaller) = lint_purpose(&example["purpose"], Some(&reads), &catalog).smaller {
            purpose.query = smaller;
            assert_eq!(compile(&purpose).unwrap().reads(), reads, "{}", path.display());
        }
        tried += 1;
    }
    assert!(tried >= 6, "{tried}");
}

/// What need not be there may be missing, and may not be something else: a rule that forbids would not see it.
#[test]
fn an_optional_value_of_another_kind_fails_and_is_not_left_out() {
    let rule = |id: &str, effect: &str, when: &str| {
        format!(
            "@id(\"{id}\") @en(\"A.\") @fr(\"A.\") {effect} (principal, action, resource) when {{ context.licence{when} }};\n"
        )
    };
    let rules = [
        rule("held", "permit", ".holder_is_subject"),
        rule(
            "kind",
            "forbid",
            ".claims has business_type && context.licence.claims.business_type == \"Casino\"",
        ),
        rule("over", "forbid", " has valid_until && context.licence.valid_until < context.now"),
    ];
    let mut catalog = Catalog::bundled();
    let purpose = catalog.purpose(&PurposeId("supplier-registration".into())).unwrap();
    let mut purpose = serde_json::to_value(purpose).unwrap();
    (purpose["id"], purpose["policy"]) = ("either".into(), "either".into());
    purpose["shown_to_staff"] = json!([]);
    let licence = &mut purpose["query"]["credentials"][0];
    licence["claims"] = json!([
        { "id": "kind", "path": ["credentialSubject", "business_type"] },
        { "id": "number", "path": ["credentialSubject", "licence_number"] },
    ]);
    licence["claim_sets"] = json!([["kind"], ["number"]]);
    catalog.add_policy("either.cedar", rules.concat().as_bytes()).unwrap();
    catalog.add_purpose("either.json", purpose.to_string().as_bytes()).unwrap();
    let policies = Policies::compile(&catalog, &TimeZone::UTC).unwrap();
    let decide = |kind: Option<Value>, until: Value| {
        let mut subject = Map::new();
        subject.extend(kind.map(|kind| ("business_type".to_owned(), kind)));
        let claims = json!({ "credentialSubject": subject });
        let evidence = json!({ "issuer": { "id": "did:web:city.example", "source": "federation" },
            "holder_is_subject": "proved", "valid_until": until });
        let evidence = evidence.as_object().unwrap();
        let licence = Presented { claims: &claims, evidence, credential_type: Some("business-licence") };
        let facts = PolicyFacts {
            now: NOW.parse().unwrap(),
            session_bound: false,
            same_holder: false,
            credentials: [("licence", licence)].into(),
        };
        policies.decide(&PurposeId("either".into()), &facts).unwrap().outcome
    };
    assert_eq!(decide(None, Value::Null), Outcome::Permitted);
    assert_eq!(decide(Some("Restaurant".into()), "2027-01-01T00:00:00Z".into()), Outcome::Permitted);
    assert_eq!(decide(Some("Casino".into()), Value::Null), Outcome::Forbidden);
    assert_eq!(decide(None, "2025-01-01T00:00:00Z".into()), Outcome::Forbidden);
    for kind in [json!(["Casino"]), json!(3), json!({ "is": "Casino" }), Value::Null] {
        assert_eq!(decide(Some(kind.clone()), Value::Null), Outcome::Failed, "{kind}");
    }
    for until in [json!("some day"), json!(0), json!(["2025-01-01T00:00:00Z"])] {
        assert_eq!(decide(None, until.clone()), Outcome::Failed, "{until}");
    }
}
