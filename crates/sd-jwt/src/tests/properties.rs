use portage_jose::Header;
use portage_keys::Signer as _;
use proptest::prelude::*;
use serde_json::{Map, Value};

use super::{Seeded, TYP, accepted, forged, issuer};
use crate::{ClaimPath, PathStep, SdJwtBuilder, UnverifiedSdJwt, issue, select};

fn claim_tree(name: &'static str) -> impl Strategy<Value = Map<String, Value>> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
    ];
    let members = move |inner: BoxedStrategy<Value>| {
        prop::collection::vec((name, inner), 0..4)
            .prop_map(|members| members.into_iter().collect::<Map<_, _>>())
    };
    let value = leaf.prop_recursive(4, 32, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            members(inner.boxed()).prop_map(Value::from),
        ]
    });
    members(value.boxed())
}

/// Every place in a tree, the root excepted.
fn places(value: &Value, path: &ClaimPath, found: &mut Vec<ClaimPath>) {
    let mut below = |step: PathStep, value: &Value| {
        let path: ClaimPath = path.iter().cloned().chain([step]).collect();
        found.push(path.clone());
        places(value, &path, found);
    };
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| below(PathStep::Name(name.clone()), value))
        }
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(index, value)| below(PathStep::Index(index), value))
        }
        _ => {}
    }
}

/// Takes away what is disclosable and was not selected, as a reader of the claims alone would say it.
fn expected(value: &Value, path: &ClaimPath, disclosable: &[ClaimPath], selected: &[ClaimPath]) -> Value {
    let shown = |step: PathStep, value: &Value| {
        let path: ClaimPath = path.iter().cloned().chain([step]).collect();
        let wanted = selected.iter().any(|other| other.iter().zip(&path).all(|(a, b)| a == b));
        let withheld = disclosable.contains(&path) && !wanted;
        (!withheld).then(|| expected(value, &path, disclosable, selected))
    };
    match value {
        Value::Object(members) => {
            let members = members.iter();
            members
                .filter_map(|(name, value)| Some((name.clone(), shown(PathStep::Name(name.clone()), value)?)))
                .collect()
        }
        Value::Array(elements) => {
            let elements = elements.iter().enumerate();
            elements.filter_map(|(index, value)| shown(PathStep::Index(index), value)).collect()
        }
        scalar => scalar.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_issued_is_shown_as_selected_and_no_more(
        claims in claim_tree("[a-c]|.{1,3}x"), picks in prop::collection::vec(any::<(bool, bool)>(), 64), decoys in 0_usize..3,
    ) {
        let whole = Value::Object(claims.clone());
        let mut all = Vec::new();
        places(&whole, &Vec::new(), &mut all);
        let pick = |which: fn(&(bool, bool)) -> bool| -> Vec<ClaimPath> {
            all.iter().zip(&picks).filter(|(_, pick)| which(pick)).map(|(path, _)| path.clone()).collect()
        };
        let (disclosable, selected) = (pick(|pick| pick.0), pick(|pick| pick.1));
        let builder = SdJwtBuilder { claims, disclosable: disclosable.clone(), decoys, decoys_at: vec![] };
        let text = issue(&builder, Header::new("dc+sd-jwt"), &issuer(), &Seeded::default()).expect("issued");
        let held = accepted(&text);
        prop_assert_eq!(Value::Object(held.claims().clone()), whole.clone());
        prop_assert_eq!(held.disclosures().len(), disclosable.len());
        let shown = accepted(select(&held, &selected).as_str());
        prop_assert_eq!(
            Value::Object(shown.claims().clone()),
            expected(&whole, &Vec::new(), &disclosable, &selected)
        );
    }

    #[test]
    fn nothing_makes_the_parser_panic(text in "[a-zA-Z0-9_.~=-]{0,200}|.{0,60}") {
        let _ = UnverifiedSdJwt::parse(&text);
    }

    #[test]
    fn nothing_makes_the_processing_panic(
        payload in claim_tree("_sd|_sd_alg|[.]{3}|a"), disclosures in prop::collection::vec("[A-Za-z0-9_-]{0,24}", 0..4),
    ) {
        let disclosures: Vec<&str> = disclosures.iter().map(String::as_str).collect();
        let text = forged(Value::Object(payload), &disclosures);
        if let Ok(parsed) = UnverifiedSdJwt::parse(&text) {
            let _ = parsed.verify(issuer().verification_key(), TYP);
        }
    }

    #[test]
    fn a_changed_byte_is_never_accepted_with_other_claims(position in any::<prop::sample::Index>(), byte in "[A-Za-z0-9_~.-]") {
        let claims = serde_json::json!({ "vct": "x", "a": "1", "b": ["2"] });
        let text = super::issued(claims.clone(), &[super::names(&["a"]), vec![PathStep::Name("b".into()), PathStep::All]]);
        let mut changed = text.clone().into_bytes();
        let position = position.index(changed.len());
        changed[position] = byte.as_bytes()[0];
        let changed = String::from_utf8(changed).expect("ASCII");
        if let Ok(verified) = super::verify(&changed) {
            // Only the last `~` may go, and then the rest would be a KB-JWT.
            prop_assert_eq!(changed, text);
            prop_assert_eq!(Value::Object(verified.claims().clone()), claims);
        }
    }
}
