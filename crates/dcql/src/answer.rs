//! The verifier's re-check: an answer is judged by the query, never by what the wallet meant (OpenID4VP 1.0 §8.6).

use serde_json::Value;

use crate::{CredentialQuery, Query, matching::first_satisfied};

/// Whether processed claims satisfy one Credential Query's `claims`, `claim_sets` and `values` (the verifier's re-check); which claims were
/// satisfied, as indexes.
pub fn check_claims(query: &CredentialQuery, claims: &Value) -> Option<Vec<usize>> {
    first_satisfied(query, claims).map(|(option, _)| option)
}

/// Whether the entries of a `vp_token`, each the id of a Credential Query and its number of presentations, are an answer to the query:
/// exactly one presentation unless `multiple`, every query or every required set answered, nothing that was not asked.
pub fn check_answer(query: &Query, answered: &[(&str, usize)]) -> bool {
    let is_answered = |id: &str| answered.iter().any(|(other, _)| *other == id);
    let counts_fit = answered.iter().all(|(id, count)| {
        query.credential(id).is_some_and(|asked| *count == 1 || (asked.multiple && *count > 1))
    });
    let each_once = answered
        .iter()
        .enumerate()
        .all(|(index, (id, _))| answered.iter().position(|(other, _)| other == id) == Some(index));
    counts_fit && each_once && sets_fit(query, answered, is_answered)
}

fn sets_fit(query: &Query, answered: &[(&str, usize)], is_answered: impl Fn(&str) -> bool) -> bool {
    let Some(sets) = &query.credential_sets else {
        return query.credentials.iter().all(|asked| is_answered(&asked.id));
    };
    let whole = |option: &&Vec<String>| option.iter().all(|id| is_answered(id));
    let required = sets.iter().filter(|set| set.required).all(|set| set.options.iter().any(|o| whole(&o)));
    // What belongs to no option that was answered whole was not asked for.
    let asked = |id: &str| {
        let mut options = sets.iter().flat_map(|set| &set.options).filter(whole);
        options.any(|option| option.iter().any(|other| other == id))
    };
    required && answered.iter().all(|(id, _)| asked(id))
}
