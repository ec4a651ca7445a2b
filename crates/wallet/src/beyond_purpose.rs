//! Whether a request asks for more than the purpose it names is registered for.

use portage_dcql::{CredentialQuery, Query};

/// The ids of the Credential Queries that ask for a type, a format or a claim that the registered query does not ask for.
pub(crate) fn beyond(asked: &Query, registered: &Query) -> Vec<String> {
    let within =
        |query: &&CredentialQuery| registered.credentials.iter().any(|allowed| is_within(query, allowed));
    asked.credentials.iter().filter(|query| !within(query)).map(|query| query.id.clone()).collect()
}

fn is_within(asked: &CredentialQuery, allowed: &CredentialQuery) -> bool {
    let claims = |query: &CredentialQuery| query.claims.clone().unwrap_or_default();
    let allowed_claims = claims(allowed);
    asked.format == allowed.format
        && asked.meta == allowed.meta
        && claims(asked).iter().all(|claim| allowed_claims.iter().any(|allowed| allowed.path == claim.path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn query(vct: &str, claims: Value) -> Query {
        let query = json!({ "credentials": [{
            "id": "person", "format": "dc+sd-jwt", "meta": { "vct_values": [vct] }, "claims": claims,
        }] });
        Query::parse(&query).unwrap()
    }

    #[test]
    fn a_claim_or_a_type_that_is_not_registered_is_beyond_the_purpose() {
        let registered = query("person", json!([{ "path": ["age_over_19"] }, { "path": ["family_name"] }]));
        assert!(beyond(&registered, &registered).is_empty());
        assert!(beyond(&query("person", json!([{ "path": ["age_over_19"] }])), &registered).is_empty());
        for more in [
            query("person", json!([{ "path": ["age_over_19"] }, { "path": ["birthdate_dateint"] }])),
            query("student-card", json!([{ "path": ["age_over_19"] }])),
        ] {
            assert_eq!(beyond(&more, &registered), ["person"]);
        }
    }
}
