use jiff::ToSpan as _;

use super::*;
use crate::{
    CarriedTrustMark, EntityConfiguration, Jurisdiction, Rights, SubordinateStatement, TrustAnchor,
    TrustAnchors, TrustChain, TrustMarkOwner,
    tests::{id, key, keys, now},
};

const ANCHOR: &str = "https://canada.example";
const AUDITOR: &str = "https://auditor.example";
const CITY: &str = "https://city.example";
const OWNER: &str = "https://owner.example";
const AUDITED: &str = "https://mark.example/audited";
const OWNED: &str = "https://owner.example/mark";

/// Anchor 1, auditor 2, city 3, owner 4.
fn resolve(entity: &str, number: u8, marks: Vec<CarriedTrustMark>) -> ResolvedEntity {
    resolve_listing(entity, number, marks, &[AUDITOR])
}

fn resolve_listing(
    entity: &str,
    number: u8,
    marks: Vec<CarriedTrustMark>,
    issuers: &[&str],
) -> ResolvedEntity {
    let later = now() + 24.hours();
    let mut anchor = EntityConfiguration::new(id(ANCHOR), keys(1), now(), later);
    anchor.trust_mark_issuers = [AUDITED, OWNED]
        .map(|name| (name.to_owned(), issuers.iter().map(|issuer| id(issuer)).collect()))
        .into_iter()
        .collect();
    anchor.trust_mark_owners =
        [(OWNED.to_owned(), TrustMarkOwner { id: id(OWNER), keys: keys(4) })].into_iter().collect();
    let mut own = EntityConfiguration::new(id(entity), keys(number), now(), later);
    own.authority_hints = vec![id(ANCHOR)];
    own.trust_marks = marks;
    let about = SubordinateStatement::new(id(ANCHOR), id(entity), keys(number), now(), later);
    let pinned: TrustAnchors = [TrustAnchor {
        id: id(ANCHOR),
        keys: keys(1),
        name: None,
        rights: Rights::all_in(Jurisdiction::parse("CA").unwrap()),
        log: None,
    }]
    .into_iter()
    .collect();
    let chain = [
        own.sign(&key(number)).unwrap(),
        about.sign(&keys(1), &key(1)).unwrap(),
        anchor.sign(&key(1)).unwrap(),
    ];
    TrustChain::validate(&chain, &pinned, now()).unwrap()
}

fn mark(name: &str) -> TrustMark {
    TrustMark {
        issuer: id(AUDITOR),
        subject: id(CITY),
        trust_mark_type: name.to_owned(),
        issued_at: now(),
        expires_at: Some(now() + 1.hour()),
        delegation: None,
        name: None,
    }
}

fn delegation() -> TrustMarkDelegation {
    TrustMarkDelegation {
        owner: id(OWNER),
        issuer: id(AUDITOR),
        trust_mark_type: OWNED.to_owned(),
        issued_at: now(),
        expires_at: None,
    }
}

fn validate_at(signed: String, name: &str, now: Timestamp) -> Result<VerifiedTrustMark, TrustMarkError> {
    let carried = CarriedTrustMark { trust_mark_type: name.to_owned(), trust_mark: signed };
    TrustMark::validate(name, &resolve(CITY, 3, vec![carried]), &resolve(AUDITOR, 2, vec![]), now)
}

fn validate(mark: &TrustMark, name: &str) -> Result<VerifiedTrustMark, TrustMarkError> {
    validate_at(mark.sign(&keys(2), &key(2)).unwrap(), name, now())
}

#[test]
fn t10_a_mark_holds_for_its_subject_in_its_time_by_an_issuer_that_the_anchor_lists() {
    let sound = validate(&mark(AUDITED), AUDITED).unwrap();
    assert_eq!(sound.mark(), &mark(AUDITED));
    let signed = mark(AUDITED).sign(&keys(2), &key(2)).unwrap();
    assert_eq!(TrustMark::unverified_issuer(&signed), Some(id(AUDITOR)));

    let over = validate_at(signed.clone(), AUDITED, now() + 1.hour() + 60.seconds());
    assert_eq!(over.unwrap_err().reason(), Reason::TrustMarkInvalid);
    let ahead = TrustMark { issued_at: now() + 1.hour(), ..mark(AUDITED) };
    assert!(validate(&ahead, AUDITED).is_err());
    assert!(validate(&TrustMark { expires_at: None, ..mark(AUDITED) }, AUDITED).is_ok());
    for other in [
        TrustMark { subject: id(AUDITOR), ..mark(AUDITED) },
        TrustMark { issuer: id(OWNER), ..mark(AUDITED) },
        TrustMark { trust_mark_type: "https://mark.example/other".to_owned(), ..mark(AUDITED) },
    ] {
        assert!(validate(&other, AUDITED).is_err(), "{other:?}");
    }
    assert!(validate(&mark("https://mark.example/unknown"), "https://mark.example/unknown").is_err());
    let by_the_city = TrustMark { issuer: id(CITY), ..mark(AUDITED) };
    let carried = CarriedTrustMark {
        trust_mark_type: AUDITED.to_owned(),
        trust_mark: by_the_city.sign(&keys(3), &key(3)).unwrap(),
    };
    let city = resolve(CITY, 3, vec![carried]);
    assert_eq!(
        TrustMark::validate(AUDITED, &city, &city, now()),
        Err(TrustMarkError("the anchor does not let its issuer issue it"))
    );
    assert!(validate_at(mark(AUDITED).sign(&keys(3), &key(3)).unwrap(), AUDITED, now()).is_err());
}

#[test]
fn t10_a_mark_by_somebody_above_rests_on_the_chain_of_its_subject_and_on_keys_in_their_life() {
    let anchored = |issuers: &[&str], mark: &TrustMark, number: u8| {
        let carried = CarriedTrustMark {
            trust_mark_type: AUDITED.to_owned(),
            trust_mark: mark.sign(&keys(number), &key(number)).unwrap(),
        };
        (resolve_listing(CITY, 3, vec![carried.clone()], issuers), carried)
    };
    let by_anchor = TrustMark { issuer: id(ANCHOR), ..mark(AUDITED) };
    let on = |issuers: &[&str], mark: &TrustMark, number, former: Option<&HistoricalKeys>| {
        let (chain, carried) = anchored(issuers, mark, number);
        TrustMark::validate_on(&carried, &chain, former, now())
            .map(|(mark, issuer)| (mark, issuer.id.clone()))
    };
    let (held, issuer) = on(&[ANCHOR], &by_anchor, 1, None).unwrap();
    assert_eq!((held.mark(), issuer), (&by_anchor, id(ANCHOR)));
    assert!(on(&[AUDITOR], &by_anchor, 1, None).is_err(), "the anchor lists another");
    let by_itself = TrustMark { issuer: id(CITY), ..mark(AUDITED) };
    assert!(on(&[], &by_itself, 3, None).is_err(), "nobody vouches for themselves");
    assert!(on(&[ANCHOR], &TrustMark { subject: id(AUDITOR), ..by_anchor.clone() }, 1, None).is_err());

    // Signed with a key that the anchor had before.
    let former = |reason| {
        let jwk = portage_jose::Jwk::from_key(key(9).verification_key().clone());
        let kid = jwk.thumbprint();
        HistoricalKeys {
            issuer: id(ANCHOR),
            issued_at: now(),
            keys: vec![crate::HistoricalKey {
                jwk: jwk.with_kid(kid),
                issued_at: None,
                expires_at: now() + 1.hour(),
                revoked: Some((now() + 1.hour(), reason)),
            }],
        }
    };
    assert!(on(&[ANCHOR], &by_anchor, 9, None).is_err(), "nobody knows the key");
    let superseded = former(crate::RetiredReason::Superseded);
    assert!(on(&[ANCHOR], &by_anchor, 9, Some(&superseded)).is_ok());
    let later = TrustMark { issued_at: now() + 2.hours(), expires_at: None, ..by_anchor.clone() };
    assert!(on(&[ANCHOR], &later, 9, Some(&superseded)).is_err(), "after its life");
    let (chain, carried) = anchored(&[ANCHOR], &by_anchor, 9);
    let stolen = former(crate::RetiredReason::Compromised);
    let after = |former| TrustMark::validate_on(&carried, &chain, Some(former), now() + 59.minutes());
    assert!(after(&superseded).is_ok() && after(&stolen).is_ok(), "its time has not come");
    let stolen = HistoricalKeys {
        keys: stolen
            .keys
            .iter()
            .cloned()
            .map(|key| crate::HistoricalKey {
                revoked: Some((now(), crate::RetiredReason::Compromised)),
                ..key
            })
            .collect(),
        ..stolen.clone()
    };
    assert!(after(&stolen).is_err(), "nothing that a stolen key signed counts");
}

#[test]
fn t10_the_answer_about_a_mark_is_its_issuers_and_about_that_mark() {
    let answer = |status| TrustMarkStatusResponse {
        issuer: id(AUDITOR),
        issued_at: now(),
        trust_mark: "a.b.c".to_owned(),
        status,
    };
    let said = |status| answer(status).sign(&keys(2), &key(2)).unwrap();
    for status in [MarkStatus::Active, MarkStatus::Expired, MarkStatus::Revoked, MarkStatus::Invalid] {
        assert_eq!(
            TrustMarkStatusResponse::verify(&said(status), "a.b.c", &id(AUDITOR), &keys(2)),
            Ok(status)
        );
    }
    let active = said(MarkStatus::Active);
    assert!(TrustMarkStatusResponse::verify(&active, "a.b.d", &id(AUDITOR), &keys(2)).is_err());
    assert!(TrustMarkStatusResponse::verify(&active, "a.b.c", &id(OWNER), &keys(2)).is_err());
    assert!(TrustMarkStatusResponse::verify(&active, "a.b.c", &id(AUDITOR), &keys(3)).is_err());
}

#[test]
fn t10_where_a_type_has_an_owner_the_owner_must_have_delegated_it() {
    let with = |delegation: &TrustMarkDelegation, number: u8| {
        let signed = delegation.sign(&keys(number), &key(number)).unwrap();
        validate(&TrustMark { delegation: Some(signed), ..mark(OWNED) }, OWNED)
    };
    assert!(with(&delegation(), 4).is_ok());
    assert!(validate(&mark(OWNED), OWNED).is_err(), "no delegation");
    assert!(with(&delegation(), 2).is_err(), "signed by the issuer itself");
    for other in [
        TrustMarkDelegation { issuer: id(CITY), ..delegation() },
        TrustMarkDelegation { owner: id(AUDITOR), ..delegation() },
        TrustMarkDelegation { trust_mark_type: AUDITED.to_owned(), ..delegation() },
        TrustMarkDelegation { expires_at: Some(now() - 1.hour()), ..delegation() },
    ] {
        assert!(with(&other, 4).is_err(), "{other:?}");
    }
    let stray = delegation().sign(&keys(4), &key(4)).unwrap();
    assert!(validate(&TrustMark { delegation: Some(stray), ..mark(AUDITED) }, AUDITED).is_err());
}
