use portage_catalog::Text;

use super::*;
use crate::entry::{Entity, KeyChange, Named, PurposeWithdrawn, Right, Suspension};

fn named(id: &str) -> Named {
    Named { id: id.to_owned(), name: Text { en: id.to_owned(), fr: id.to_owned() } }
}

fn entry(day: u8, subject: &str, event: Event) -> ReadEntry {
    let entity = |id: &str| Entity { id: format!("https://{id}.example"), name: named(id).name };
    ReadEntry::Known(Box::new(LogEntry {
        at: format!("2026-11-{day:02}T10:00:00Z").parse().unwrap(),
        authority: entity("province"),
        subject: entity(subject),
        event,
    }))
}

fn purpose(id: &str, claims: &[&str]) -> Event {
    let claims = claims.iter().map(|claim| named(claim)).collect();
    Event::Purpose(RegisteredPurpose {
        purpose: named(id),
        text: named("text").name,
        law: named("law").name,
        asks: vec![Ask { credential_type: named("person"), claims }],
        until: None,
        purpose_sha256: None,
        statement_sha256: None,
    })
}

fn told(entries: &[ReadEntry], since: &str) -> Vec<(String, Vec<(u64, String)>)> {
    let changes = diff_since(entries, since.parse().unwrap(), Language::En);
    changes.into_iter().map(|service| (service.name, service.changes)).collect()
}

#[test]
fn what_each_service_became_allowed_to_ask_is_told_by_service() {
    let log = [
        entry(1, "shop", purpose("sale", &["age_over_19"])),
        entry(2, "bank", purpose("account", &["name"])),
        entry(3, "city", Event::Right(Right::default())),
        ReadEntry::Unknown { kind: None },
        entry(10, "shop", purpose("sale", &["age_over_19", "birth_date"])),
        entry(11, "shop", purpose("sale", &["birth_date"])),
        entry(12, "bank", Event::PurposeWithdrawn(PurposeWithdrawn { purpose: named("account") })),
        entry(13, "shop", Event::Suspension(Suspension { why: named("because").name })),
        entry(14, "city", Event::Suspension(Suspension { why: named("because").name })),
    ];
    assert_eq!(told(&log, "2026-12-01T00:00:00Z"), []);
    let since = told(&log, "2026-11-05T00:00:00Z");
    let [(bank, of_bank), (shop, of_shop)] = since.as_slice() else { panic!("{since:?}") };
    assert_eq!((bank.as_str(), shop.as_str()), ("bank", "shop"));
    assert_eq!(*of_bank, [(6, "From 2026-11-12, bank may no longer ask people for: account.".to_owned())]);
    let [also, no_more, suspended] = of_shop.as_slice() else { panic!("{of_shop:?}") };
    assert_eq!(
        *also,
        (4, "From 2026-11-10, shop may also ask people for “birth_date” (from their person). What for: sale. By what law: law.".to_owned())
    );
    assert_eq!(
        *no_more,
        (
            5,
            "From 2026-11-11, shop asks people for no more than before. What for: sale. By what law: law."
                .to_owned()
        )
    );
    assert!(suspended.1.contains("suspended shop"));
    // All of it, from the beginning.
    let all = told(&log, "2026-01-01T00:00:00Z");
    assert!(
        all[1].1[0]
            .1
            .starts_with("From 2026-11-01, shop may ask people for “age_over_19” (from their person).")
    );
}

#[test]
fn an_entry_that_is_dated_back_is_told_all_the_same() {
    let log = [entry(10, "shop", purpose("sale", &["a"])), entry(1, "bank", purpose("account", &["name"]))];
    let names: Vec<_> = told(&log, "2026-11-05T00:00:00Z").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["bank", "shop"]);
}

#[test]
fn t13_keys_that_no_longer_count_are_told_and_every_change_of_the_authoritys_own() {
    let key = |change| Event::KeyChange(KeyChange { key: "thumbprint".to_owned(), change });
    let log = [
        entry(1, "shop", key(KeyEvent::Added)),
        entry(2, "shop", key(KeyEvent::Compromised)),
        entry(3, "province", key(KeyEvent::Added)),
        entry(4, "province", key(KeyEvent::Retired)),
    ];
    let told = told(&log, "2026-11-01T00:00:00Z");
    let places: Vec<_> = told
        .iter()
        .map(|(who, said)| (who.as_str(), said.iter().map(|(place, _)| *place).collect()))
        .collect();
    assert_eq!(places, [("province", vec![2, 3]), ("shop", vec![1])]);
}
