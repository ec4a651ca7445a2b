//! What a wallet holds against what is asked (§6.4).

use std::{collections::HashSet, fmt};

use serde_json::Value;

use crate::{
    ClaimQuery, CredentialQuery, CredentialSetQuery, Meta, Query, Step,
    path::{Located, locate},
};

/// What a wallet holds, as the matcher sees it.
#[derive(Clone)]
pub struct Candidate<'a> {
    /// The wallet's id for it.
    pub id: &'a str,
    /// Format identifier.
    pub format: &'a str,
    /// `vct` of an SD-JWT VC.
    pub vct: Option<&'a str>,
    /// Fully expanded types of a W3C credential (unexpandable ones as they are).
    pub types: &'a [String],
    /// mdoc `doctype`.
    pub doctype: Option<&'a str>,
    /// Whether it is bound to a key of the holder.
    pub holder_binding: bool,
    /// All claims: the processed payload with everything disclosed; for W3C formats the credential root.
    pub claims: &'a Value,
}

/// Shows no claim.
impl fmt::Debug for Candidate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate")
            .field("id", &self.id)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

/// What to disclose of one match.
#[derive(Debug, Clone, PartialEq)]
pub enum Disclose {
    /// Only these paths (concrete: names and indexes, no `All`).
    Paths(Vec<Vec<Step>>),
    /// Nothing that can be withheld (the query has no `claims`).
    Mandatory,
}

/// One credential that answers one Credential Query.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// [`Candidate::id`].
    pub candidate: String,
    /// What it must show.
    pub disclose: Disclose,
    /// Which of `claims` is shown, as indexes into the Credential Query's `claims` (all of them without `claim_sets`).
    pub claims: Vec<usize>,
}

/// How a query can be answered.
#[derive(Debug, Clone, PartialEq)]
pub struct MatchOutcome {
    /// For each Credential Query in order: its id and the credentials that answer it.
    pub matches: Vec<(String, Vec<Match>)>,
    /// The Credential Query ids to answer: first satisfiable option of each set (optional sets that can be satisfied included), or all; `None`
    /// when the query cannot be satisfied.
    pub answer: Option<Vec<String>>,
}

/// Matches a query against what a wallet holds (§6.4).
pub fn match_query(query: &Query, candidates: &[Candidate<'_>]) -> MatchOutcome {
    let matches: Vec<(String, Vec<Match>)> = query
        .credentials
        .iter()
        .map(|asked| {
            let found = candidates.iter().filter_map(|candidate| match_candidate(asked, candidate));
            (asked.id.clone(), found.collect())
        })
        .collect();
    let answer = choose(query, |id| matches.iter().any(|(other, found)| other == id && !found.is_empty()));
    MatchOutcome { matches, answer }
}

fn match_candidate(asked: &CredentialQuery, candidate: &Candidate<'_>) -> Option<Match> {
    let fits = asked.format == candidate.format
        && meta_fits(&asked.meta, candidate)
        && (candidate.holder_binding || !asked.holder_binding);
    if !fits {
        return None;
    }
    let (claims, located) = first_satisfied(asked, candidate.claims)?;
    let disclose = if asked.claims.is_none() {
        Disclose::Mandatory
    } else {
        let mut seen = HashSet::new();
        let paths = located.into_iter().map(|(path, _)| path);
        let paths = paths.filter(|path| seen.insert(path.clone())).collect();
        Disclose::Paths(paths)
    };
    Some(Match { candidate: candidate.id.to_owned(), disclose, claims })
}

fn meta_fits(meta: &Meta, candidate: &Candidate<'_>) -> bool {
    let vct = meta.vct_values.as_ref();
    let types = meta.type_values.as_ref();
    let doctype = meta.doctype_value.as_deref();
    vct.is_none_or(|values| values.iter().any(|value| candidate.vct == Some(value)))
        && types.is_none_or(|any| any.iter().any(|all| all.iter().all(|one| candidate.types.contains(one))))
        && doctype.is_none_or(|value| candidate.doctype == Some(value))
}

/// The first claim option that these claims satisfy, and the elements it selects.
pub(crate) fn first_satisfied<'v>(
    asked: &CredentialQuery,
    claims: &'v Value,
) -> Option<(Vec<usize>, Vec<Located<'v>>)> {
    asked.claim_options().into_iter().find_map(|option| {
        let mut located = Vec::new();
        for index in &option {
            located.extend(satisfy(asked.claims.as_ref()?.get(*index)?, claims)?);
        }
        Some((option, located))
    })
}

/// The elements a Claims Query selects; with `values`, those of them that equal one. None selected: not satisfied.
pub(crate) fn satisfy<'v>(asked: &ClaimQuery, claims: &'v Value) -> Option<Vec<Located<'v>>> {
    let mut located = locate(claims, &asked.path).ok()?;
    if let Some(values) = &asked.values {
        located.retain(|(_, element)| values.iter().any(|value| same_value(value, element)));
    }
    if located.is_empty() { None } else { Some(located) }
}

/// Type and value both equal; integers by what they say, not by how they were written.
pub(crate) fn same_value(asked: &Value, element: &Value) -> bool {
    match (asked, element) {
        (Value::Number(asked), Value::Number(element)) => {
            (asked.as_i64().is_some() && asked.as_i64() == element.as_i64())
                || (asked.as_u64().is_some() && asked.as_u64() == element.as_u64())
        }
        _ => asked == element,
    }
}

/// Which Credential Queries to answer, in their order.
fn choose(query: &Query, can_answer: impl Fn(&str) -> bool) -> Option<Vec<String>> {
    let ids = query.credentials.iter().map(|asked| asked.id.as_str());
    let Some(sets) = &query.credential_sets else {
        return ids.map(|id| can_answer(id).then(|| id.to_owned())).collect();
    };
    let mut chosen: Vec<&String> = Vec::new();
    for set in sets {
        match first_option(set, &can_answer) {
            Some(option) => chosen.extend(option),
            None if set.required => return None,
            None => {}
        }
    }
    Some(ids.filter(|id| chosen.iter().any(|other| other == id)).map(str::to_owned).collect())
}

fn first_option(set: &CredentialSetQuery, can_answer: impl Fn(&str) -> bool) -> Option<&Vec<String>> {
    set.options.iter().find(|option| option.iter().all(|id| can_answer(id)))
}
