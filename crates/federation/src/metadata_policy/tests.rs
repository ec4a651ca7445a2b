use super::*;
use crate::tests::vectors;

const TYPE: &str = "openid_relying_party";

fn policy(parameters: &Value) -> Result<MetadataPolicy, PolicyError> {
    MetadataPolicy::from_value(&json!({ TYPE: parameters }))
}

fn metadata(parameters: &Value) -> Metadata {
    Metadata::from_value(&json!({ TYPE: parameters })).unwrap()
}

/// The parameters after the policies of superior and subordinate.
fn resolve(superior: &Value, subordinate: &Value, own: &Value) -> Result<Value, PolicyError> {
    let merged = policy(superior)?.merge(&policy(subordinate)?)?;
    Ok(merged.apply(metadata(own))?.to_value()[TYPE].clone())
}

/// Equal, arrays as sets: the order of a merge is not defined (§6.1.3), here one level deeper than [`same`] looks.
fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| alike(a, b)))
        }
        (a, b) => same(a, b),
    }
}

#[test]
fn t03_the_published_vectors_merge_resolve_and_fail_as_they_say() {
    let Some(file) = vectors("metadata-policy-vectors.json") else { return };
    let cases = file.as_array().unwrap();
    for case in cases {
        let n = &case["n"];
        let merged = policy(&case["TA"]).and_then(|ta| ta.merge(&policy(&case["INT"])?));
        match (&merged, case.get("merged")) {
            (Ok(merged), Some(expected)) => {
                assert!(
                    alike(&merged.to_value()[TYPE], expected),
                    "{n}: {} for {expected}",
                    merged.to_value()
                );
            }
            (Err(error), None) => assert!(matches!(error, PolicyError::Policy { .. }), "{n}: {error}"),
            (Ok(_), None) => panic!("{n}: merged, and should not: {case}"),
            (Err(error), Some(_)) => panic!("{n}: {error}: {case}"),
        }
        let Ok(merged) = merged else {
            assert_eq!(case["error"], "invalid_policy", "{n}");
            continue;
        };
        match (merged.apply(metadata(&case["metadata"])), case.get("resolved")) {
            (Ok(resolved), Some(expected)) => {
                assert!(
                    alike(&resolved.to_value()[TYPE], expected),
                    "{n}: {} for {expected}",
                    resolved.to_value()
                );
            }
            (Err(PolicyError::Metadata { .. }), None) => assert_eq!(case["error"], "invalid_metadata", "{n}"),
            (outcome, expected) => panic!("{n}: {outcome:?} for {expected:?}: {case}"),
        }
    }
    assert_eq!(cases.len(), 1312);
}

#[test]
fn the_example_of_the_specification_resolves_as_printed() {
    let example = |name: &str| vectors(&format!("examples/{name}.json"));
    let (Some(anchor), Some(intermediate), Some(merged), Some(own), Some(expected)) = (
        example("07-example-metadata-policy-of-a-trust-anchor-for-rps"),
        example("08-example-metadata-policy-and-metadata-values-of-an-intermedia"),
        example("09-example-merged-metadata-policy-for-rps"),
        example("10-example-entity-configuration-rp-metadata"),
        example("11-the-resulting-rp-resolved-metadata-for-the-trust-chain-subje"),
    ) else {
        return;
    };
    let of_type = |value: &Value| value.get(TYPE).unwrap_or(value).clone();
    let anchor = policy(&of_type(&anchor)).unwrap();
    let policy = anchor.merge(&policy(&of_type(&intermediate["metadata_policy"])).unwrap()).unwrap();
    assert!(alike(&policy.to_value()[TYPE], &of_type(&merged)), "{}", policy.to_value());
    let said = Metadata::from_value(&intermediate["metadata"]).unwrap();
    let own = metadata(&of_type(&own)).overridden_by(&said);
    let resolved = policy.apply(own).unwrap().to_value()[TYPE].clone();
    assert!(alike(&resolved, &of_type(&expected)), "{resolved}");
}

#[test]
fn t03_an_intermediate_restricts_and_never_widens() {
    let superior =
        json!({"grant_types": {"subset_of": ["authorization_code"]}, "alg": {"one_of": ["EdDSA", "ES256"]}});
    let own = json!({"grant_types": ["authorization_code", "implicit"], "alg": "ES256"});
    let narrower = json!({"grant_types": {"subset_of": ["authorization_code", "implicit"]}, "alg": {"one_of": ["ES256", "none"]}});
    assert_eq!(
        resolve(&superior, &narrower, &own),
        Ok(json!({"grant_types": ["authorization_code"], "alg": "ES256"})),
        "what the superior does not allow stays out, whatever the intermediate lists"
    );
    for contradiction in [
        json!({"alg": {"one_of": ["none"]}}),
        json!({"alg": {"value": "none"}}),
        json!({"grant_types": {"value": ["implicit"]}}),
        json!({"grant_types": {"add": ["implicit"]}}),
        json!({"grant_types": {"one_of": ["implicit"]}}),
        json!({"grant_types": {"superset_of": ["implicit"]}}),
    ] {
        let outcome = resolve(&superior, &contradiction, &own);
        assert!(matches!(outcome, Err(PolicyError::Policy { .. })), "{contradiction}: {outcome:?}");
    }
}

#[test]
fn scope_is_an_array_of_words_inside_and_text_outside() {
    let own = json!({"scope": "openid email phone"});
    let limited = json!({"scope": {"subset_of": ["openid", "email"], "superset_of": ["openid"]}});
    assert_eq!(resolve(&limited, &json!({}), &own), Ok(json!({"scope": "openid email"})));
    assert_eq!(
        resolve(&limited, &json!({"scope": {"default": "openid"}}), &json!({})),
        Ok(json!({"scope": "openid"}))
    );
    let outcome = resolve(&limited, &json!({}), &json!({"scope": "email"}));
    assert!(matches!(outcome, Err(PolicyError::Metadata { .. })));
}

#[test]
fn an_operator_of_a_shape_it_does_not_take_is_no_policy_and_an_unknown_one_is_ignored() {
    for operators in [
        json!([]),
        json!({"add": "a"}),
        json!({"one_of": {"a": 1}}),
        json!({"subset_of": [null]}),
        json!({"essential": "yes"}),
        json!({"default": null}),
    ] {
        assert!(policy(&json!({ "p": operators })).is_err(), "{operators}");
    }
    assert!(MetadataPolicy::from_value(&json!({ TYPE: [] })).is_err());
    let unknown = json!({"p": {"regexp": "^a"}});
    assert_eq!(resolve(&unknown, &json!({}), &json!({"p": "b"})), Ok(json!({"p": "b"})));
}

#[test]
fn a_policy_for_a_type_the_subject_does_not_have_does_nothing() {
    let policy = policy(&json!({"p": {"essential": true}})).unwrap();
    let other = Metadata::new().with("openid_provider", []);
    assert_eq!(policy.apply(other.clone()), Ok(other));
}
