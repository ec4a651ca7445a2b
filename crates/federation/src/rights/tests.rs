use super::*;

const LICENCE: &str = "https://types.example/business-licence";
const PERSON: &str = "https://types.example/person";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-06-01T00:00:00Z")
}

fn code(text: &str) -> Jurisdiction {
    Jurisdiction::parse(text).unwrap()
}

fn rights(jurisdiction: &str, roles: &[Role], types: &[&str]) -> Rights {
    Rights::none_in(code(jurisdiction))
        .acting_as(roles.iter().copied())
        .issuing(types.iter().copied())
        .unwrap()
}

const ALL: [Role; 3] = [Role::Issuer, Role::Verifier, Role::Authority];

fn may_issue(held: &HeldRights, name: &str) -> bool {
    held.may_act_as(Role::Issuer, now()) && held.covers_type(&[name])
}

#[test]
fn t09_the_right_to_issue_narrows_down_the_chain_and_is_never_widened() {
    let anchor = Rights::all_in(code("CA"));
    let province = rights("CA-BC", &ALL, &[LICENCE]);
    let city = rights("CA-BC-5915022", &[Role::Issuer], &[LICENCE]);
    let held = HeldRights::narrow(&anchor, [Some(&province), Some(&city)]);
    assert!(may_issue(&held, LICENCE));
    assert_eq!(held.jurisdiction(), Some(&code("CA-BC-5915022")));

    let greedy = Rights { types: vec![TypeName("*".to_owned())], jurisdiction: code("CA"), ..city.clone() };
    let held = HeldRights::narrow(&anchor, [Some(&province), Some(&greedy)]);
    assert!(may_issue(&held, LICENCE) && !may_issue(&held, PERSON), "what exceeds is not held");
    assert_eq!(held.jurisdiction(), Some(&code("CA-BC")));

    let elsewhere = Rights { jurisdiction: code("CA-AB-4806016"), ..city.clone() };
    assert!(HeldRights::narrow(&anchor, [Some(&province), Some(&elsewhere)]).is_none());
    let verifier = Rights { roles: BTreeSet::from([Role::Verifier]), ..city.clone() };
    assert!(!may_issue(&HeldRights::narrow(&anchor, [Some(&province), Some(&verifier)]), LICENCE));
}

#[test]
fn t09_without_the_claim_at_any_link_there_is_no_right() {
    let anchor = Rights::all_in(code("CA"));
    let province = rights("CA-BC", &ALL, &[LICENCE]);
    let city = rights("CA-BC-5915022", &[Role::Issuer], &[LICENCE]);
    assert!(may_issue(&HeldRights::narrow(&anchor, [Some(&province), Some(&city)]), LICENCE));
    for links in [[None, Some(&city)], [Some(&province), None]] {
        assert!(HeldRights::narrow(&anchor, links).is_none());
    }
    let no_authority = Rights { roles: BTreeSet::from([Role::Issuer]), ..province };
    assert!(
        HeldRights::narrow(&anchor, [Some(&no_authority), Some(&city)]).is_none(),
        "who may not vouch vouches for nobody"
    );
}

#[test]
fn t09_the_first_end_of_a_right_ends_it() {
    let anchor = Rights::all_in(code("CA"));
    let until = |text: &str| Rights { until: Some(at(text)), ..rights("CA-BC", &ALL, &[LICENCE]) };
    let (province, city) = (until("2026-12-31T00:00:00Z"), until("2030-01-01T00:00:00Z"));
    let held = HeldRights::narrow(&anchor, [Some(&province), Some(&city)]);
    assert_eq!(held.until(), Some(at("2026-12-31T00:00:00Z")));
    assert!(held.may_act_as(Role::Issuer, at("2026-12-30T00:00:00Z")));
    assert!(!held.may_act_as(Role::Issuer, at("2026-12-31T00:00:00Z")));
}

#[test]
fn t11_a_peer_is_recognised_by_the_anchor_alone_for_the_types_it_names() {
    let anchor = Rights::all_in(code("CA-BC"));
    let peer = Rights { relation: Relation::Peer, ..rights("CA-AB", &ALL, &[LICENCE]) };
    let town = rights("CA-AB-4806016", &[Role::Issuer], &[LICENCE, PERSON]);
    let held = HeldRights::narrow(&anchor, [Some(&peer), Some(&town)]);
    assert!(may_issue(&held, LICENCE) && !may_issue(&held, PERSON));
    assert_eq!(held.jurisdiction(), Some(&code("CA-AB-4806016")));

    let below = Rights { relation: Relation::Below, ..peer.clone() };
    assert!(
        HeldRights::narrow(&anchor, [Some(&below), Some(&town)]).is_none(),
        "Alberta is not below British Columbia"
    );
    let city = rights("CA-BC-5915022", &ALL, &[LICENCE]);
    assert!(
        HeldRights::narrow(&anchor, [Some(&city), Some(&peer), Some(&town)]).is_none(),
        "a city recognises nobody"
    );
    assert!(
        HeldRights::narrow(&anchor, [Some(&peer), Some(&peer), Some(&town)]).is_none(),
        "recognition is not handed on"
    );
}

#[test]
fn a_nation_is_within_no_province_and_answers_under_its_own_anchor_or_recognised() {
    let nation = rights("nation:haida", &ALL, &[LICENCE]);
    assert!(HeldRights::narrow(&Rights::all_in(code("CA")), [Some(&nation)]).is_none());
    let recognised = Rights { relation: Relation::Peer, ..nation.clone() };
    assert!(may_issue(&HeldRights::narrow(&Rights::all_in(code("CA")), [Some(&recognised)]), LICENCE));
    assert!(may_issue(&HeldRights::narrow(&Rights::all_in(code("nation:haida")), [Some(&nation)]), LICENCE));
}

#[test]
fn a_tier_is_believed_where_the_jurisdiction_agrees() {
    let anchor = Rights::all_in(code("CA"));
    let province = Rights { tier: Some(Tier::Provincial), ..rights("CA-BC", &ALL, &[]) };
    assert_eq!(HeldRights::narrow(&anchor, [Some(&province)]).tier(), Some(Tier::Provincial));
    let town = Rights { tier: Some(Tier::Municipal), ..rights("CA-BC-5915022", &ALL, &[]) };
    assert_eq!(HeldRights::narrow(&anchor, [Some(&province), Some(&town)]).tier(), Some(Tier::Municipal));
    let pretender = Rights { tier: Some(Tier::Federal), ..rights("CA", &ALL, &[]) };
    assert_eq!(
        HeldRights::narrow(&anchor, [Some(&province), Some(&town), Some(&pretender)]).tier(),
        Some(Tier::Other)
    );
}

#[test]
fn t13_a_retired_key_is_refused_from_its_time_and_a_compromised_one_for_all_it_signed() {
    let key = |reason| RetiredKey { thumbprint: "t".to_owned(), at: at("2026-03-01T00:00:00Z"), reason };
    let (before, after) = (Some(at("2026-02-01T00:00:00Z")), Some(at("2026-04-01T00:00:00Z")));
    let superseded = key(RetiredReason::Superseded);
    assert!(!superseded.refuses(before, now()));
    assert!(superseded.refuses(after, now()) && superseded.refuses(None, now()));
    let compromised = key(RetiredReason::Compromised);
    assert!(compromised.refuses(before, now()) && compromised.refuses(after, now()));
    assert!(!compromised.refuses(before, at("2026-02-15T00:00:00Z")), "its time has not come");
}

#[test]
fn names_of_types_are_exact_or_all_below_an_address() {
    let name = |text| TypeName::parse(text).unwrap();
    assert!(name(LICENCE).covers(LICENCE) && !name(LICENCE).covers(PERSON));
    assert!(name("https://types.example/*").covers(LICENCE));
    assert!(!name("https://types.example/*").covers("https://types.example.evil/x"));
    assert!(!name("https://types.example/*").covers("https://types.example/"));
    assert!(name("*").covers("business-licence") && !name("*").covers("VerifiableCredential"));
    for refused in ["", " a", "VerifiableCredential", "https://types.example*", "a*", "**", "a/*"] {
        assert!(TypeName::parse(refused).is_err(), "{refused}");
    }
}

#[test]
fn the_claim_reads_back_and_a_member_that_is_not_known_refuses_it() {
    let full = Rights {
        until: Some(at("2027-03-31T07:00:00Z")),
        tier: Some(Tier::Municipal),
        retired_keys: vec![RetiredKey {
            thumbprint: "t".to_owned(),
            at: now(),
            reason: RetiredReason::Superseded,
        }],
        relation: Relation::Peer,
        ..rights("CA-BC-5915022", &ALL, &[LICENCE]).identified_by("did:web:city.example").unwrap()
    };
    let claim = full.to_value();
    assert_eq!(Rights::from_value(&claim), Ok(full));
    for (member, value) in [
        ("other", json!(1)),
        ("as", json!(["king"])),
        ("as", json!("issuer")),
        ("jurisdiction", json!("British Columbia")),
        ("until", json!("2027-03-31")),
        ("tier", json!("royal")),
        ("identifiers", json!(["https://city.example"])),
        ("issue", json!({"types": ["VerifiableCredential"]})),
        ("issue", json!({"types": [], "except": []})),
        ("retired_keys", json!([{"thumbprint": "t"}])),
        ("recognises", json!("yes")),
    ] {
        let mut claim = claim.clone();
        claim[member] = value;
        assert!(Rights::from_value(&claim).is_err(), "{member}");
    }
}
