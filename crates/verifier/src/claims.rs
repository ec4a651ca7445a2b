use portage_dcql::{ClaimQuery, CredentialQuery, Step};
use serde_json::{Map, Value};

/// The claims that a Credential Query asked for, out of verified ones: a nested object with exactly the asked paths. `asked` are
/// indexes into `claims` of the query; nothing asked is `{}`.
///
/// Elements of arrays keep their order and lose their position: what was not asked leaves no gap to count.
pub(crate) fn asked_claims(query: &CredentialQuery, asked: &[usize], claims: &Map<String, Value>) -> Value {
    let queries = query.claims.as_deref().unwrap_or(&[]);
    let paths: Vec<&[Step]> = asked
        .iter()
        .filter_map(|index| queries.get(*index))
        .map(|ClaimQuery { path, .. }| path.as_slice())
        .collect();
    Value::Object(members(claims, &paths))
}

fn project(value: &Value, paths: &[&[Step]]) -> Value {
    if paths.iter().any(|path| path.is_empty()) {
        return value.clone();
    }
    match value {
        Value::Object(object) => Value::Object(members(object, paths)),
        Value::Array(elements) => Value::Array(
            elements
                .iter()
                .enumerate()
                .filter_map(|(index, element)| {
                    let below = below(paths, |step| {
                        matches!(step, Step::All) || matches!(step, Step::Index(at) if *at == index)
                    });
                    (!below.is_empty()).then(|| project(element, &below))
                })
                .collect(),
        ),
        // A path that goes on below a plain value selects nothing; the query check has refused it before.
        _ => Value::Null,
    }
}

fn members(object: &Map<String, Value>, paths: &[&[Step]]) -> Map<String, Value> {
    object
        .iter()
        .filter_map(|(name, value)| {
            let below = below(paths, |step| matches!(step, Step::Name(asked) if asked == name));
            (!below.is_empty()).then(|| (name.clone(), project(value, &below)))
        })
        .collect()
}

/// The rests of those paths whose first step fits.
fn below<'p>(paths: &[&'p [Step]], fits: impl Fn(&Step) -> bool) -> Vec<&'p [Step]> {
    paths
        .iter()
        .filter_map(|path| match path.split_first() {
            Some((first, rest)) if fits(first) => Some(rest),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use portage_dcql::Meta;
    use serde_json::json;

    use super::*;

    fn asked(paths: &[&[Step]], claims: Value) -> Value {
        let query = CredentialQuery {
            id: "q".into(),
            format: "dc+sd-jwt".into(),
            meta: Meta::default(),
            multiple: false,
            holder_binding: true,
            claims: Some(
                paths.iter().map(|path| ClaimQuery { id: None, path: path.to_vec(), values: None }).collect(),
            ),
            claim_sets: None,
            trusted_authorities: None,
        };
        let all: Vec<usize> = (0..paths.len()).collect();
        asked_claims(&query, &all, claims.as_object().unwrap())
    }

    fn name(text: &str) -> Step {
        Step::Name(text.into())
    }

    #[test]
    fn exactly_the_asked_paths_come_out_nested_and_merged() {
        let claims =
            json!({ "credentialSubject": { "trade_name": "A", "street": "B", "unit": 3 }, "issuer": "x" });
        let asked = asked(
            &[&[name("credentialSubject"), name("trade_name")], &[name("credentialSubject"), name("unit")]],
            claims,
        );
        assert_eq!(asked, json!({ "credentialSubject": { "trade_name": "A", "unit": 3 } }));
    }

    #[test]
    fn array_elements_keep_their_order() {
        let claims = json!({ "a": [{ "x": 1, "y": 2 }, { "x": 3 }], "b": [10, 11, 12] });
        let asked = asked(
            &[&[name("a"), Step::All, name("x")], &[name("b"), Step::Index(2)], &[name("b"), Step::Index(0)]],
            claims,
        );
        assert_eq!(asked, json!({ "a": [{ "x": 1 }, { "x": 3 }], "b": [10, 12] }));
    }

    #[test]
    fn nothing_asked_is_an_empty_object() {
        assert_eq!(asked(&[], json!({ "a": 1 })), json!({}));
    }
}
