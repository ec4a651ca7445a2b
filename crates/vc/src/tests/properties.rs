use proptest::prelude::*;
use serde_json::{Map, Value};

use super::{credential, object};
use crate::{Credential, Presentation, date, jose};

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z:,./]{0,8}".prop_map(Value::from),
        Just(Value::from(crate::CONTEXT_V2)),
        Just(Value::from("VerifiableCredential")),
        Just(Value::from("data:application/vc+jwt,a")),
    ];
    let name = prop_oneof![
        Just("@context"),
        Just("type"),
        Just("id"),
        Just("issuer"),
        Just("credentialSubject"),
        Just("validFrom"),
        Just("verifiableCredential"),
        Just("holder"),
        Just("name"),
        Just("@value"),
        Just("proof"),
    ];
    leaf.prop_recursive(4, 32, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..4).prop_map(|members| members
                .into_iter()
                .map(|(n, v)| (n.to_owned(), v))
                .collect::<Map<_, _>>()
                .into()),
        ]
    })
}

proptest! {
    #[test]
    fn nothing_makes_the_rules_panic(members in prop::collection::btree_map("[a-zA-Z@]{1,8}", any_json(), 0..4), value in any_json()) {
        let mut document = object(credential());
        document.extend(members);
        for name in ["@context", "type", "id", "issuer", "credentialSubject", "validFrom", "credentialStatus", "verifiableCredential"] {
            let mut changed = document.clone();
            changed.insert(name.to_owned(), value.clone());
            let _ = Presentation::parse(changed.clone());
            let _ = jose::credential_of_claims(&changed);
            let _ = jose::credential_of_sd_jwt(&document, &changed);
            if let Ok(parsed) = Credential::parse(changed) {
                let _ = (parsed.types(), parsed.statuses(), parsed.subject_id());
            }
        }
    }

    #[test]
    fn nothing_makes_the_dates_panic(text in ".{0,40}|[0-9T:.Z+-]{0,40}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}.{0,8}") {
        let _ = date::parse(&text);
    }

    #[test]
    fn every_second_that_can_be_written_reads_back(second in jiff::Timestamp::from_second(-62_135_596_800).expect("year 1").as_second()..=jiff::Timestamp::MAX.as_second()) {
        let instant = jiff::Timestamp::from_second(second).expect("an instant");
        prop_assert_eq!(date::parse(&date::write(instant)), Some(instant));
    }
}
