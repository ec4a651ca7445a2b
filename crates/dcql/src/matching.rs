use serde_json::Value;

use crate::{ClaimQuery, CredentialQuery, DcqlError, Query, query::Step};

/// What a wallet holds, as the matcher sees it.
#[derive(Debug, Clone)]
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
    let _ = (query, candidates);
    todo!()
}

/// Selects by a claims path pointer (§7.1): the elements, or an error when the container is of the wrong type; empty is an error.
///
/// # Errors
/// [`DcqlError`].
pub fn select_path<'v>(value: &'v Value, path: &[Step]) -> Result<Vec<&'v Value>, DcqlError> {
    let _ = (value, path);
    todo!()
}

/// Whether processed claims satisfy one Credential Query's `claims`, `claim_sets` and `values` (the verifier's re-check); which claims were
/// satisfied, as indexes.
pub fn check_claims(query: &CredentialQuery, claims: &Value) -> Option<Vec<usize>> {
    let _ = (query, claims);
    let _: Option<&ClaimQuery> = None;
    todo!()
}
