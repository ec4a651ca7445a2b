use super::*;

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
