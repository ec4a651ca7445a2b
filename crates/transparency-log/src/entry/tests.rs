use portage_catalog::{Language, PurposeId};

use super::*;

fn thumbprint() -> String {
    base64url::encode(&sha256(b"a key"))
}

fn text(en: &str, fr: &str) -> Text {
    Text { en: en.to_owned(), fr: fr.to_owned() }
}

fn named(id: &str, en: &str, fr: &str) -> Named {
    Named { id: id.to_owned(), name: text(en, fr) }
}

fn entry(event: Event) -> LogEntry {
    LogEntry {
        at: "2026-11-24T10:00:00Z".parse().unwrap(),
        authority: Entity {
            id: "https://bc.example".to_owned(),
            name: text("the Province of British Columbia", "Province de la Colombie-Britannique"),
        },
        subject: Entity {
            id: "https://vancouver.example".to_owned(),
            name: text("the City of Vancouver", "Ville de Vancouver"),
        },
        event,
    }
}

fn licence() -> Named {
    named("https://bc.example/business-licence", "Business Licence", "Permis d’entreprise")
}

fn right(place: Option<Named>, until: Option<&str>) -> Event {
    Event::Right(Right {
        types: vec![licence()],
        place,
        until: until.map(|day| day.parse().unwrap()),
        ..Right::default()
    })
}

fn recognition(types: Option<Vec<Named>>, until: Option<&str>) -> Event {
    Event::Recognition(Recognition {
        types,
        until: until.map(|day| day.parse().unwrap()),
        ..Recognition::default()
    })
}

fn purpose() -> RegisteredPurpose {
    let catalog = Catalog::bundled();
    let purpose = catalog.purpose(&PurposeId("age-restricted-sale".to_owned())).unwrap();
    RegisteredPurpose::of(purpose, &catalog).unwrap()
}

fn reviewed() -> Named {
    named("https://bc.example/marks/privacy-reviewed", "Privacy reviewed", "Vie privée examinée")
}

fn key(change: KeyEvent) -> Event {
    Event::KeyChange(KeyChange { key: thumbprint(), change })
}

/// Every kind, in every form that has words of its own, with these words.
fn events() -> Vec<(Event, &'static str, &'static str)> {
    let vancouver = || Some(named("5915022", "Vancouver", "Vancouver"));
    let day = Some("2027-03-31");
    vec![
        (
            Event::Registration(Registration { roles: vec![Role::Issuer, Role::Verifier, Role::Authority] }),
            "On 2026-11-24, the Province of British Columbia registered the City of Vancouver as an issuer, a service that asks people and an authority.",
            "Le 2026-11-24, l’organisme suivant a été inscrit à titre d’émetteur, de service qui demande des renseignements et d’autorité : Ville de Vancouver. Autorité : Province de la Colombie-Britannique.",
        ),
        (
            right(vancouver(), day),
            "From 2026-11-24, the City of Vancouver may issue “Business Licence” for Vancouver until 2027-03-31.",
            "À partir du 2026-11-24 et jusqu’au 2027-03-31, l’organisme suivant peut délivrer « Permis d’entreprise » : Ville de Vancouver. Territoire : Vancouver.",
        ),
        (
            right(vancouver(), None),
            "From 2026-11-24, the City of Vancouver may issue “Business Licence” for Vancouver.",
            "À partir du 2026-11-24, l’organisme suivant peut délivrer « Permis d’entreprise » : Ville de Vancouver. Territoire : Vancouver.",
        ),
        (
            right(None, day),
            "From 2026-11-24, the City of Vancouver may issue “Business Licence” until 2027-03-31.",
            "À partir du 2026-11-24 et jusqu’au 2027-03-31, l’organisme suivant peut délivrer « Permis d’entreprise » : Ville de Vancouver.",
        ),
        (
            right(None, None),
            "From 2026-11-24, the City of Vancouver may issue “Business Licence”.",
            "À partir du 2026-11-24, l’organisme suivant peut délivrer « Permis d’entreprise » : Ville de Vancouver.",
        ),
        (
            Event::Right(Right::default()),
            "From 2026-11-24, the City of Vancouver may issue nothing.",
            "À partir du 2026-11-24, l’organisme suivant ne peut rien délivrer : Ville de Vancouver.",
        ),
        (
            Event::Purpose(RegisteredPurpose { until: Some("2027-03-31".parse().unwrap()), ..purpose() }),
            "From 2026-11-24, the City of Vancouver may ask people for “19 or older” (from their Person). What for: Proof of age for a sale. By what law: Age-Restricted Products Act, section 4 (example, not a real law). The last day is 2027-03-31.",
            "Service : Ville de Vancouver. À partir du 2026-11-24, il peut demander aux gens « 19 ans ou plus » (dans leur document Personne). Pourquoi : Preuve d’âge pour une vente. En vertu de quelle loi : Loi sur les produits réservés aux adultes, article 4 (exemple, pas une vraie loi). Le dernier jour est le 2027-03-31.",
        ),
        (
            Event::PurposeWithdrawn(PurposeWithdrawn { purpose: purpose().purpose }),
            "From 2026-11-24, the City of Vancouver may no longer ask people for: Proof of age for a sale.",
            "Service : Ville de Vancouver. À partir du 2026-11-24, il ne peut plus rien demander aux gens pour ceci : Preuve d’âge pour une vente.",
        ),
        (
            Event::Suspension(Suspension {
                why: text("The audit is not finished.", "La vérification n’est pas terminée."),
            }),
            "On 2026-11-24, the Province of British Columbia suspended the City of Vancouver. Why: The audit is not finished.",
            "Le 2026-11-24, l’organisme suivant a été suspendu : Ville de Vancouver. Autorité : Province de la Colombie-Britannique. Pourquoi : La vérification n’est pas terminée.",
        ),
        (
            Event::Reinstatement(Reinstatement {}),
            "On 2026-11-24, the Province of British Columbia ended the suspension of the City of Vancouver.",
            "Le 2026-11-24, la suspension de l’organisme suivant a pris fin : Ville de Vancouver. Autorité : Province de la Colombie-Britannique.",
        ),
        (
            recognition(None, None),
            "From 2026-11-24, the Province of British Columbia recognises what the City of Vancouver vouches for.",
            "",
        ),
        (
            recognition(None, day),
            "From 2026-11-24, the Province of British Columbia recognises what the City of Vancouver vouches for, until 2027-03-31.",
            "",
        ),
        (
            recognition(Some(vec![licence()]), None),
            "From 2026-11-24, the Province of British Columbia recognises “Business Licence” of the City of Vancouver.",
            "",
        ),
        (
            recognition(Some(vec![licence()]), day),
            "From 2026-11-24, the Province of British Columbia recognises “Business Licence” of the City of Vancouver, until 2027-03-31.",
            "",
        ),
        (key(KeyEvent::Added), "", ""),
        (
            Event::Mark(Mark { mark: reviewed(), until: "2027-03-31".parse().ok() }),
            "From 2026-11-24, the City of Vancouver has the mark “Privacy reviewed” of the Province of British Columbia, until 2027-03-31. A mark gives no right.",
            "À partir du 2026-11-24 et jusqu’au 2027-03-31, l’organisme suivant porte la marque « Vie privée examinée » : Ville de Vancouver. Marque émise par : Province de la Colombie-Britannique. Une marque ne donne aucun droit.",
        ),
        (Event::Mark(Mark { mark: reviewed(), until: None }), "", ""),
        (
            Event::MarkWithdrawn(Mark { mark: reviewed(), until: None }),
            "From 2026-11-24, the City of Vancouver no longer has the mark “Privacy reviewed”.",
            "À partir du 2026-11-24, l’organisme suivant ne porte plus la marque « Vie privée examinée » : Ville de Vancouver.",
        ),
        (key(KeyEvent::Retired), "", ""),
        (key(KeyEvent::Compromised), "", ""),
    ]
}

#[test]
fn every_event_is_said_in_both_languages() {
    for (event, en, fr) in events() {
        let entry = entry(event);
        for (language, expected) in [(Language::En, en), (Language::Fr, fr)] {
            let said = entry.sentence(language);
            if !expected.is_empty() {
                assert_eq!(said.replace('\u{a0}', " "), expected);
            }
            assert!(!said.contains(['{', '}']) && !said.contains("log."), "{said}");
            assert!(
                said.contains("2026-11-24") && said.contains("Vancouver") && said.ends_with('.'),
                "{said}"
            );
        }
    }
}

#[test]
fn two_of_the_same_name_are_told_apart_by_their_hosts() {
    let mut entry = entry(Event::Reinstatement(Reinstatement {}));
    entry.authority.name = entry.subject.name.clone();
    assert_eq!(
        entry.sentence(Language::En),
        "On 2026-11-24, the City of Vancouver (bc.example) ended the suspension of the City of Vancouver (vancouver.example)."
    );
    entry.authority.id = entry.subject.id.clone();
    assert!(!entry.sentence(Language::En).contains('('), "the twin: one and the same");
}

#[test]
fn every_event_reads_back_and_has_one_form() {
    let mut kinds = std::collections::BTreeSet::new();
    for (event, _, _) in events() {
        let entry = entry(event);
        let bytes = entry.to_bytes().unwrap();
        assert_eq!(ReadEntry::read(&bytes), ReadEntry::Known(Box::new(entry.clone())));
        kinds.insert(entry.event.to_members().0);
        // The same with a space is other bytes under another hash: not the form.
        let text = String::from_utf8(bytes).unwrap();
        let spaced = text.replacen(':', ": ", 1);
        assert!(ReadEntry::read(spaced.as_bytes()).known().is_none());
    }
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), {
        let mut all = Event::KINDS.to_vec();
        all.sort_unstable();
        all
    });
    let bytes = entry(right(None, None)).to_bytes().unwrap();
    assert!(bytes.starts_with(
        br#"{"at":"2026-11-24T10:00:00Z","authority":{"id":"https://bc.example","name":{"en":"#
    ));
}

#[test]
fn what_is_not_understood_is_kept_and_shown_as_unknown() {
    let known = String::from_utf8(entry(right(None, None)).to_bytes().unwrap()).unwrap();
    assert!(ReadEntry::read(known.as_bytes()).known().is_some());
    let kind = |bytes: &[u8]| match ReadEntry::read(bytes) {
        ReadEntry::Unknown { kind } => kind,
        ReadEntry::Known(entry) => panic!("read: {entry:?}"),
    };
    assert_eq!(
        kind(known.replace(r#""kind":"right""#, r#""kind":"treaty""#).as_bytes()).as_deref(),
        Some("treaty")
    );
    assert_eq!(kind(known.replace(r#""v":1"#, r#""v":2"#).as_bytes()).as_deref(), Some("right"));
    assert_eq!(
        kind(known.replace(r#""types":"#, r#""more":1,"types":"#).as_bytes()).as_deref(),
        Some("right")
    );
    assert_eq!(kind(known.replace("10:00:00Z", "11:00:00+01:00").as_bytes()).as_deref(), Some("right"));
    assert_eq!(kind(known.replace("10:00:00Z", "10:00:00.5Z").as_bytes()).as_deref(), Some("right"));
    assert_eq!(kind(br#"{"kind":"\u001b[31m"}"#), None);
    for bytes in [&b""[..], b"\xff", b"[]", b"{}", br#"{"kind":"right","kind":"right"}"#] {
        assert_eq!(kind(bytes), None);
    }
    let unknown = ReadEntry::Unknown { kind: Some("treaty".to_owned()) };
    assert!(unknown.sentence(7, Language::En).contains("treaty"));
    assert!(ReadEntry::Unknown { kind: None }.sentence(7, Language::Fr).contains('7'));
}

#[test]
fn what_is_not_fit_for_the_log_is_not_written() {
    assert!(entry(right(None, None)).to_bytes().is_ok());
    let with_name = |en: &str, fr: &str| {
        let mut entry = entry(right(None, None));
        entry.subject.name = text(en, fr);
        entry.to_bytes()
    };
    assert!(with_name("A", "B").is_ok());
    for (en, fr) in [
        ("", "B"),
        ("A", " "),
        ("A\nB", "B"),
        ("A\u{202e}", "B"),
        ("A", "\u{1b}[31m"),
        (&"A".repeat(201), "B"),
    ] {
        assert!(matches!(with_name(en, fr), Err(EntryError::Invalid(_))), "{en:?} {fr:?}");
    }
    let mut with_id = entry(right(None, None));
    with_id.subject.id = "https://a b.example".to_owned();
    assert!(with_id.to_bytes().is_err());
    let mut late = entry(right(None, None));
    late.at = "2026-11-24T10:00:00.5Z".parse().unwrap();
    assert!(late.to_bytes().is_err());
    for roles in [vec![], vec![Role::Issuer, Role::Issuer], vec![Role::Verifier, Role::Issuer]] {
        assert!(entry(Event::Registration(Registration { roles })).to_bytes().is_err());
    }
    let mut nothing = purpose();
    nothing.asks.clear();
    assert!(entry(Event::Purpose(nothing)).to_bytes().is_err());
    let digest =
        RegisteredPurpose { purpose_sha256: purpose_digest(&serde_json::json!({ "id": "a" })), ..purpose() };
    assert!(entry(Event::Purpose(digest)).to_bytes().is_ok());
    let digest = RegisteredPurpose { purpose_sha256: Some("abc".to_owned()), ..purpose() };
    assert!(entry(Event::Purpose(digest)).to_bytes().is_err());
    let types = vec![licence(); 201];
    assert!(entry(Event::Right(Right { types, ..Right::default() })).to_bytes().is_err());
    let long = Named { name: text(&"A".repeat(200), &"B".repeat(200)), ..licence() };
    let types = vec![long; 150];
    assert_eq!(
        entry(Event::Right(Right { types, ..Right::default() })).to_bytes(),
        Err(EntryError::TooLarge)
    );
}

#[test]
fn every_purpose_in_the_box_can_be_logged() {
    let catalog = Catalog::bundled();
    assert!(catalog.purposes().count() > 0);
    for purpose in catalog.purposes() {
        let registered = RegisteredPurpose::of(purpose, &catalog).unwrap();
        let entry = entry(Event::Purpose(registered));
        assert!(ReadEntry::read(&entry.to_bytes().unwrap()).known().is_some(), "{}", purpose.id);
    }
}
