//! Records of every shape: each message of the area is said of one, each sentence stands on what it names, and nothing else.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot set its scene has failed"
)]

use std::collections::BTreeSet;

use portage_catalog::{Catalog, Language};
use portage_explain::{Explanation, Listener};
use serde_json::{Value, json};

/// One way of telling a record.
#[derive(Clone, Copy, Debug)]
enum Way {
    Wallet,
    Service,
    Offer,
    Request,
    Transaction,
}

fn tell(way: Way, record: Value) -> Explanation {
    let catalog = Catalog::bundled();
    match way {
        Way::Wallet => Explanation::of_credential(record, &catalog, Listener::Person),
        Way::Service => Explanation::of_credential(record, &catalog, Listener::Service),
        Way::Offer => Explanation::of_offer(record, &catalog),
        Way::Request => Explanation::of_request(record, &catalog),
        Way::Transaction => Explanation::of_transaction(record, &catalog),
    }
}

fn text(en: &str, fr: &str) -> Value {
    json!({ "en": en, "fr": fr })
}

fn vct(id: &str) -> String {
    Catalog::bundled().credential_type(id).unwrap().vct.clone()
}

/// City, province, federal government: what a chain of the federation looks like in evidence.
fn links() -> Value {
    json!([
        { "id": "https://licences.vancouver.example", "name": text("Vancouver Licence Office", "Bureau des permis de Vancouver"), "tier": "municipal",
          "jurisdiction": "CA-BC-5915022", "roles": ["issuer", "verifier"], "types": ["business-licence"], "until": "2027-04-01T06:59:59Z",
          "log": { "entry": 12, "as_of": "2026-11-24T06:00:00Z" }, "expires_at": "2026-11-25T10:00:00Z" },
        { "id": "https://vancouver.example", "name": text("City of Vancouver", "Ville de Vancouver"), "tier": "municipal",
          "jurisdiction": "CA-BC-5915022", "roles": ["authority"], "types": ["business-licence", "https://vancouver.example/types/*"],
          "expires_at": "2026-11-25T10:00:00Z" },
        { "id": "https://bc.example", "name": text("Province of British Columbia", "Province de la Colombie-Britannique"), "tier": "provincial",
          "jurisdiction": "CA-BC", "roles": ["authority"], "types": ["*"], "until": "2030-01-01T08:00:00Z", "recognised": true,
          "expires_at": "2026-11-25T10:00:00Z" },
        { "id": "https://canada.example", "name": text("Government of Canada", "Gouvernement du Canada"), "tier": "federal",
          "jurisdiction": "CA", "roles": [], "types": ["*"], "expires_at": "2026-11-25T10:00:00Z" },
    ])
}

/// Marks of every kind: for good, until a day, and one that does not hold.
fn marks() -> Value {
    let issuer = json!({ "id": "https://bc.example", "name": text("Province of British Columbia", "Province de la Colombie-Britannique") });
    json!([
        { "type": "https://bc.example/marks/audited", "name": text("Audited", "Vérifié"), "issuer": issuer, "holds": true },
        { "type": "https://bc.example/marks/trained", "name": text("Trained staff", "Personnel formé"), "issuer": issuer, "holds": true,
          "until": "2027-04-01T06:59:59Z" },
        { "type": "https://bc.example/marks/old", "holds": false, "reason": "trust_mark_invalid" },
    ])
}

fn evidence() -> Value {
    json!({
        "types": [vct("business-licence")],
        "issuer": {
            "id": "did:web:licences.vancouver.example", "name": text("Vancouver Licence Office", "Bureau des permis de Vancouver"), "tier": "municipal",
            "source": "federation",
            "chain": { "links": links(), "issued_at": "2026-11-24T07:00:00Z", "expires_at": "2026-11-25T10:00:00Z", "age_seconds": 10800,
                "marks": marks() },
        },
        "verification_method": "did:web:licences.vancouver.example#key-1",
        "valid_from": "2026-01-01T00:00:00Z",
        "valid_until": "2026-12-31T23:59:59Z",
        "status": "valid", "status_age_seconds": 240,
        "schema_matched": true,
        "holder_is_subject": "proved", "issued_to": "this_wallet",
    })
}

/// The same with members changed, or taken away by null-and-`take`.
fn with(mut record: Value, changes: &[(&str, Value)]) -> Value {
    for (at, value) in changes {
        let (parent, name) = at.rsplit_once('/').unwrap();
        let parent = record.pointer_mut(parent).unwrap();
        match parent {
            Value::Array(items) => items[name.parse::<usize>().unwrap()] = value.clone(),
            parent => parent[name] = value.clone(),
        }
    }
    record
}

fn without(record: &Value, at: &str) -> Value {
    let mut record = record.clone();
    let (parent, name) = at.rsplit_once('/').unwrap();
    match record.pointer_mut(parent).unwrap() {
        Value::Object(members) => drop(members.remove(&name.replace("~1", "/").replace("~0", "~"))),
        Value::Array(items) => drop(items.remove(name.parse().unwrap())),
        _ => {}
    }
    record
}

fn credential(evidence: Value) -> Value {
    json!({ "decision": "accepted", "reasons": [], "evidence": evidence })
}

fn request() -> Value {
    json!({
        "asker": {
            "client_id": "decentralized_identifier:did:web:market.example", "host": "market.example", "standing": "registered",
            "id": "did:web:market.example", "name": text("Harbour Market", "Marché du port"),
        },
        "purpose": { "text": text("To give you a stall.", "Pour vous donner un étal."), "law": text("A by-law.", "Un règlement."),
            "alternative": text("At the counter.", "Au comptoir."), "retention_days": 30, "contact": "mailto:market@example.com", "source": "registered" },
        "answers": [{
            "credential": "abc", "name": text("Person", "Personne"),
            "issuer": { "id": "did:web:bc.example", "name": text("Province of British Columbia", "Province de la Colombie-Britannique"), "source": "trust.json" },
            "learned": [text("Over 19", "Plus de 19 ans")], "withheld": [text("Date of birth", "Date de naissance"), text("Given names", "Prénoms")],
            "shown_whole": false, "in_issuers_words": false, "protected": false, "doubts": [],
        }],
        "missing": [], "beyond": [], "answered": false,
    })
}

fn transaction() -> Value {
    let asked =
        json!({ "types": [vct("business-licence")], "claims": [text("Trade name", "Nom commercial")] });
    let shown = json!({ "types": [vct("business-licence")], "claims": [text("Trade name", "Nom commercial")], "not_asked": [text("Address", "Adresse")], "whole": true });
    json!({
        "state": "decided", "decided_at": "2026-11-24T10:00:00Z", "delete_at": "2026-12-24T10:00:00Z", "device": "cross",
        "purpose": { "id": "market", "name": text("Market stall", "Étal de marché") },
        "decision": "accepted", "reasons": [], "asked": { "licence": asked }, "shown": { "licence": shown },
        "evidence": { "same_holder": "proved", "credentials": { "licence": evidence(), "others": [evidence(), evidence()] } },
    })
}

/// Every shape of record that the programs write.
fn records() -> Vec<(Way, Value)> {
    let all = evidence();
    let listed = |source: &str| {
        with(
            without(&all, "/issuer/chain"),
            &[("/issuer/source", json!(source)), ("/verification_method", json!("did:key:z6Mk#z6Mk"))],
        )
    };
    let mut records = Vec::new();
    for way in [Way::Wallet, Way::Service] {
        for evidence in [
            all.clone(),
            listed("trust.json"),
            listed("any"),
            with(
                all.clone(),
                &[
                    ("/verification_method", json!("x5c")),
                    ("/status", json!("none")),
                    ("/schema_matched", json!(false)),
                    ("/valid_until", Value::Null),
                    ("/holder_is_subject", json!("not_proved")),
                ],
            ),
            with(
                all.clone(),
                &[
                    ("/status", json!("not_checked")),
                    ("/issuer/chain/links/0/roles", json!([])),
                    ("/types", json!(["https://elsewhere.example/LibraryCard"])),
                ],
            ),
            without(&all, "/status_age_seconds"),
            without(
                &without(&all, "/issuer/chain/links/2/jurisdiction"),
                "/issuer/chain/links/3/jurisdiction",
            ),
        ] {
            records.push((way, credential(evidence)));
        }
        // Every form of a link, of an issuer and of an authority.
        for (member, position) in [("issuer", 0), ("authority", 1), ("recognised", 2)] {
            for (place, until) in [(true, true), (true, false), (false, true), (false, false)] {
                let at = format!("/issuer/chain/links/{position}");
                let mut changed = with(
                    all.clone(),
                    &[
                        (&format!("{at}/until"), json!("2027-04-01T06:59:59Z")),
                        (&format!("{at}/jurisdiction"), json!("CA-AB")),
                    ],
                );
                if member == "recognised" {
                    changed = with(changed, &[(&format!("{at}/recognised"), json!(true))]);
                }
                for name in
                    [(!place).then_some("jurisdiction"), (!until).then_some("until")].into_iter().flatten()
                {
                    changed = without(&changed, &format!("{at}/{name}"));
                }
                records.push((way, credential(changed)));
            }
        }
        for decision in ["rejected", "indeterminate"] {
            records.push((way, json!({ "arrived": "2026-11-03T10:00:00Z", "decision": decision, "reasons": ["revoked", "expired"], "evidence": all })));
        }
    }
    records.extend(requests());
    records.extend(transactions());
    let offered = json!({ "types": ["person"], "claims": [text("Given names", "Prénoms")] });
    let offer =
        json!({ "issuer": all["issuer"], "host": "licences.vancouver.example", "credentials": [offered] });
    records.push((Way::Offer, json!({ "offer": offer, "accepted": false })));
    records
}

fn requests() -> Vec<(Way, Value)> {
    let plain = request();
    let beyond = ["claim", "values", "format", "type", "claims_together", "issuers", "holder_binding", "multiple", "credentials_together", "too_complex"]
        .map(|kind| json!({ "types": ["person"], "kind": kind, "claim": text("Date of birth", "Date de naissance") }));
    let vouched = with(
        plain.clone(),
        &[
            ("/purpose/source", json!("vouched")),
            (
                "/purpose/authority",
                json!({ "id": "https://bc.example", "name": text("Province", "La province") }),
            ),
        ],
    );
    let mut found = vec![
        vouched,
        with(plain.clone(), &[("/purpose/source", json!("told"))]),
        with(plain.clone(), &[("/asker/client_id", json!("decentralized_identifier:did:key:z6Mk"))]),
        with(plain.clone(), &[("/purpose", Value::Null)]),
        plain.clone(),
        with(
            plain.clone(),
            &[
                ("/asker/standing", json!("not_registered")),
                ("/purpose/source", json!("told")),
                ("/purpose/retention_days", json!(0)),
                ("/answers/0/learned", json!([])),
                ("/answers/0/doubts", json!(["revoked", "suspended", "status_unavailable", "expired"])),
                ("/answers/0/shown_whole", json!(true)),
                ("/answers/0/in_issuers_words", json!(true)),
                ("/answers/0/protected", json!(true)),
            ],
        ),
        with(
            without(&without(&plain, "/asker/name"), "/answers"),
            &[
                ("/asker/client_id", json!("redirect_uri:https://market.example/x")),
                ("/asker/standing", json!("unknown")),
                ("/purpose", Value::Null),
                ("/missing", json!([{ "types": ["person"] }, { "types": ["permit"] }])),
            ],
        ),
        with(plain.clone(), &[("/beyond", json!(beyond))]),
    ];
    for (place, until) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut chain = json!({ "links": links(), "age_seconds": 3, "expires_at": "2026-11-25T10:00:00Z" });
        for name in [(!place).then_some("jurisdiction"), (!until).then_some("until")].into_iter().flatten() {
            chain = without(&chain, &format!("/links/0/{name}"));
        }
        found.push(with(plain.clone(), &[("/asker/chain", chain)]));
    }
    found.into_iter().map(|record| (Way::Request, record)).collect()
}

fn transactions() -> Vec<(Way, Value)> {
    let decided = transaction();
    let refused = with(
        without(&decided, "/shown"),
        &[
            ("/decision", json!("rejected")),
            ("/reasons", json!(["revoked"])),
            ("/evidence/credentials/licence", json!({ "decision": "rejected", "reasons": ["revoked"] })),
        ],
    );
    let found = [
        decided.clone(),
        refused.clone(),
        with(refused, &[("/decision", json!("indeterminate")), ("/reasons", json!(["status_unavailable"]))]),
        with(
            decided.clone(),
            &[
                ("/device", json!("same")),
                ("/evidence/same_holder", json!("not_proved")),
                ("/asked/licence/claims", json!([])),
                ("/shown/licence/claims", json!([])),
            ],
        ),
        policy(&decided, "permitted", "permit", true),
        policy(&decided, "forbidden", "permit", false),
        policy(&decided, "forbidden", "forbid", true),
        policy(&decided, "failed", "forbid", false),
        without(&decided, "/purpose"),
        with(without(&decided, "/purpose"), &[("/asked/licence/claims", json!([]))]),
        json!({ "state": "requested", "expires_at": "2026-11-24T10:05:00Z", "asked": decided["asked"] }),
        json!({ "state": "received" }),
        json!({ "state": "expired", "delete_at": "2026-11-25T10:05:00Z" }),
    ];
    found.into_iter().map(|record| (Way::Transaction, record)).collect()
}

/// With what a policy said, and the one rule that determined it.
fn policy(record: &Value, outcome: &str, effect: &str, applied: bool) -> Value {
    let rule = json!({
        "id": "of-this-city", "effect": effect, "applied": applied,
        "text": text("The licence must be of Vancouver.", "Le permis doit être de Vancouver."),
        "read": [
            { "at": "licence.claims.trade_name", "name": text("Trade name", "Nom commercial") },
            { "at": "today", "name": text("the day of the decision", "le jour de la décision") },
        ],
    });
    let said = json!({ "id": "market-vendor-permit", "outcome": outcome, "rules": [rule] });
    with(record.clone(), &[("/evidence/policy", said)])
}

#[test]
fn a_policy_is_told_rule_by_rule_with_what_each_read() {
    let told = tell(Way::Transaction, policy(&transaction(), "forbidden", "forbid", true));
    let rule = told.sentences().iter().find(|sentence| sentence.key() == "explain.rule_forbade").unwrap();
    assert_eq!(
        rule.text(Language::En),
        "This rule forbids it: “The licence must be of Vancouver.” It read: Trade name and the day of the decision."
    );
    assert_eq!(
        rule.text(Language::Fr),
        "Cette règle l’interdit\u{a0}: «\u{a0}Le permis doit être de Vancouver.\u{a0}» Elle a lu\u{a0}: Nom commercial et le jour de la décision."
    );
    assert!(rule.evidence().contains(&"/evidence/policy/rules/0/read".to_owned()), "{:?}", rule.evidence());
}

/// The keys of the area `explain` that are sentences, from the file itself.
fn keys_of_the_area() -> BTreeSet<String> {
    let file = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../specs/messages/en.json")).unwrap();
    let messages: Value = serde_json::from_slice(&file).unwrap();
    let area = messages["explain"].as_object().unwrap();
    // Words that stand inside sentences: they end with no full stop or colon.
    let sentences =
        area.iter().filter(|(_, text)| text.as_str().is_some_and(|text| text.ends_with(['.', ':'])));
    sentences.map(|(name, _)| format!("explain.{name}")).collect()
}

#[test]
fn every_message_of_the_area_is_said_of_some_evidence() {
    let records = records();
    let explained: Vec<_> = records.into_iter().map(|(way, record)| tell(way, record)).collect();
    let said: BTreeSet<String> =
        explained.iter().flat_map(|one| one.sentences()).map(|sentence| sentence.key().to_owned()).collect();
    let never: Vec<_> = keys_of_the_area().into_iter().filter(|key| !said.contains(key)).collect();
    assert!(never.is_empty(), "{never:#?}");
}

#[test]
fn each_sentence_names_what_it_rests_on_and_is_gone_without_it() {
    for (way, record) in records() {
        let explained = tell(way, record.clone());
        assert!(!explained.sentences().is_empty(), "{record}");
        for sentence in explained.sentences() {
            let said = sentence.text(Language::En);
            assert!(!sentence.evidence().is_empty(), "{said}");
            for at in sentence.evidence() {
                assert!(record.pointer(at).is_some(), "{said}: {at}");
                // Where the same sentence is said of several items, it is said once less.
                let times = |explained: &Explanation| {
                    explained.lines(Language::En).iter().filter(|line| **line == said).count()
                };
                let before = times(&explained);
                let after = times(&tell(way, without(&record, at)));
                assert!(after < before, "{said}\nstays without {at}");
            }
        }
    }
}

#[test]
fn both_languages_say_the_same_and_fill_every_placeholder() {
    for (way, record) in records() {
        let explained = tell(way, record);
        let (en, fr) = (explained.lines(Language::En), explained.lines(Language::Fr));
        assert_eq!(en.len(), fr.len());
        for (en, fr) in en.iter().zip(&fr) {
            assert!(!en.contains(['{', '}']) && !fr.contains(['{', '}']), "{en}\n{fr}");
            assert_ne!(en, fr);
        }
        let (en, fr) = (explained.to_json(Language::En), explained.to_json(Language::Fr));
        for (en, fr) in en.as_array().unwrap().iter().zip(fr.as_array().unwrap()) {
            assert_eq!((&en["key"], &en["evidence"]), (&fr["key"], &fr["evidence"]));
            assert_eq!((&en["lang"], &fr["lang"]), (&json!("en"), &json!("fr")));
        }
    }
}

#[test]
fn a_chain_is_told_link_by_link() {
    let explained = tell(Way::Wallet, credential(evidence()));
    let lines = explained.lines(Language::En);
    for line in [
        "Vancouver Licence Office issued this: “Business Licence”.",
        "City of Vancouver lets Vancouver Licence Office issue “Business Licence” for City of Vancouver until 2027-03-31.",
        "Government of Canada recognises Province of British Columbia for British Columbia until 2030-01-01: every type.",
        "Your own trust list takes the word of Government of Canada for Canada.",
        "The oldest of these statements was 3 hours old when this was checked.",
        "Every check of your wallet holds now.",
    ] {
        assert!(lines.iter().any(|said| said == line), "{line}\nis not in {lines:#?}");
    }
    let french = explained.lines(Language::Fr);
    let line = "L’organisme suivant peut délivrer «\u{a0}Permis d’exploitation d’entreprise\u{a0}» jusqu’au 31 mars 2027\u{a0}: Bureau des permis de Vancouver. Territoire\u{a0}: Ville de Vancouver. Autorité qui l’habilite\u{a0}: Ville de Vancouver.";
    assert!(french.iter().any(|said| said == line), "{french:#?}");
}

#[test]
fn a_refusal_names_the_credential_that_was_refused() {
    let mut record = transaction();
    (record["decision"], record["reasons"]) = (json!("rejected"), json!(["revoked"]));
    record["evidence"]["credentials"]["licence"] = json!({ "decision": "rejected", "reasons": ["revoked"] });
    let told = tell(Way::Transaction, record);
    let said = |language: Language, line: &str| told.lines(language).iter().any(|said| said == line);
    assert!(said(
        Language::En,
        "“Business Licence” was not accepted. The issuer has withdrawn this credential."
    ));
    let line = "«\u{a0}Permis d’exploitation d’entreprise\u{a0}» n’a pas été accepté. L’émetteur a révoqué ce justificatif.";
    assert!(said(Language::Fr, line), "{:#?}", told.lines(Language::Fr));
}

/// Whose word it is: the list of the person, or an authority that signed.
#[test]
fn the_words_of_a_purpose_are_said_to_be_registered_or_signed() {
    let registered = tell(Way::Request, request()).lines(Language::En);
    let line = "These words are registered; the service cannot change them.";
    assert!(registered.iter().any(|said| said == line), "{registered:#?}");
    let authority = json!({ "id": "https://bc.example", "name": text("Province", "La province") });
    let signed = [("/purpose/source", json!("vouched")), ("/purpose/authority", authority)];
    let told = tell(Way::Request, with(request(), &signed));
    let signed = told.lines(Language::En);
    assert!(!signed.iter().any(|said| said == line), "{signed:#?}");
    assert!(signed.iter().any(|said| said == "Province signed these words; the service cannot change them."));
}

#[test]
fn two_of_the_same_name_are_told_apart_by_their_hosts() {
    let name = text("City of Vancouver", "Ville de Vancouver");
    let lines = |changes: &[(&str, Value)]| {
        tell(Way::Wallet, with(credential(evidence()), changes)).lines(Language::En)
    };
    let said = lines(&[("/evidence/issuer/name", name)]);
    let line = "City of Vancouver (vancouver.example) lets City of Vancouver (licences.vancouver.example) issue “Business Licence”";
    assert!(said.iter().any(|said| said.starts_with(line)), "{said:#?}");
    let line = "Province of British Columbia lets City of Vancouver (vancouver.example) say who may issue";
    assert!(said.iter().any(|said| said.starts_with(line)), "in every sentence: {said:#?}");
    let said = lines(&[]);
    assert!(!said.iter().any(|said| said.contains("(vancouver.example)")), "the twin: {said:#?}");
}

#[test]
fn words_of_others_stay_on_their_line() {
    let hostile = "Ci\u{1b}[31mty\u{202e}\r\nEvery check of your wallet holds now.{type}";
    let record = with(
        credential(evidence()),
        &[
            ("/evidence/issuer/name", text(hostile, hostile)),
            ("/evidence/verification_method", json!("did:web:a\u{9b}b\n#1")),
        ],
    );
    for line in tell(Way::Wallet, record).lines(Language::En) {
        assert!(!line.contains(|letter: char| letter.is_control() || letter == '\u{202e}'), "{line:?}");
    }
}
