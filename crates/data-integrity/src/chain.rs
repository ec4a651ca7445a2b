//! Proof chains (Data Integrity 1.0 §4.3, §4.5): a proof that names others by `previousProof` signs them with the document.
//!
//! Which proofs stand before which is looked at before any signature: an `id` belongs to one proof, a proof that is named is there,
//! and none stands before itself. Each proof is then verified over the document and the proofs that it names; that those hold as well is
//! seen to by whoever verifies all of them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::ProofError;

/// The `id`s in `previousProof`: a text, or a list of at least one.
pub(crate) fn previous_proof(proof: &Map<String, Value>) -> Result<Vec<String>, ProofError> {
    const WHAT: ProofError = ProofError::Malformed("previousProof is no id and no list of ids");
    let ids = match proof.get("previousProof") {
        None => return Ok(Vec::new()),
        Some(Value::Array(ids)) if !ids.is_empty() => ids.as_slice(),
        Some(id @ Value::String(_)) => std::slice::from_ref(id),
        Some(_) => return Err(WHAT),
    };
    ids.iter().map(|id| id.as_str().map(str::to_owned).ok_or(WHAT)).collect()
}

/// One proof's place: its `id`, and the `id`s that it names.
pub(crate) struct Link<'p> {
    pub(crate) id: Option<&'p str>,
    pub(crate) previous: &'p [String],
}

/// Checks that the proofs of a document stand in an order.
pub(crate) fn check(links: &[Link<'_>]) -> Result<(), ProofError> {
    let mut ids = BTreeSet::new();
    if !links.iter().filter_map(|link| link.id).all(|id| ids.insert(id)) {
        return Err(ProofError::Malformed("two proofs with one id"));
    }
    if links.iter().flat_map(|link| link.previous).any(|id| !ids.contains(id.as_str())) {
        return Err(ProofError::PreviousProofMissing);
    }
    // Proofs whose every previous one is passed, until no more can be: what remains stands before itself.
    let mut passed: BTreeSet<&str> = BTreeSet::new();
    let mut waiting: Vec<&Link<'_>> = links.iter().collect();
    loop {
        let (ready, rest): (Vec<&Link<'_>>, Vec<&Link<'_>>) =
            waiting.iter().partition(|link| link.previous.iter().all(|id| passed.contains(id.as_str())));
        if rest.is_empty() {
            return Ok(());
        }
        if ready.is_empty() {
            return Err(ProofError::Malformed("a proof that stands before itself"));
        }
        passed.extend(ready.iter().filter_map(|link| link.id));
        waiting = rest;
    }
}

/// The proofs of the document that `previous` names, as they stand there and in the document's order (§4.5 step 3.2).
pub(crate) fn matching_proofs(
    document: &Map<String, Value>,
    previous: &[String],
) -> Result<Vec<Value>, ProofError> {
    let named = |proof: &&Value| {
        let id = proof.get("id").and_then(Value::as_str);
        id.is_some_and(|id| previous.iter().any(|previous| previous == id))
    };
    let matching: Vec<Value> = all_proofs(document).iter().filter(named).cloned().collect();
    let has = |id: &String| matching.iter().any(|proof| proof.get("id").and_then(Value::as_str) == Some(id));
    if previous.iter().all(has) { Ok(matching) } else { Err(ProofError::PreviousProofMissing) }
}

/// The proofs as they stand there, one or several.
pub(crate) fn all_proofs(document: &Map<String, Value>) -> &[Value] {
    match document.get("proof") {
        None => &[],
        Some(Value::Array(proofs)) => proofs,
        Some(proof) => std::slice::from_ref(proof),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn verdict(proofs: &[(&str, &[&str])]) -> Result<(), ProofError> {
        let previous: Vec<Vec<String>> =
            proofs.iter().map(|(_, ids)| ids.iter().map(|id| (*id).to_owned()).collect()).collect();
        let links: Vec<Link<'_>> = proofs
            .iter()
            .zip(&previous)
            .map(|((id, _), previous)| Link { id: (!id.is_empty()).then_some(*id), previous })
            .collect();
        check(&links)
    }

    #[test]
    fn sets_chains_and_trees_are_orders_whatever_comes_first() {
        for proofs in [
            &[("", &[][..])][..],
            &[("", &[]), ("", &[])],
            &[("a", &[]), ("b", &["a"]), ("c", &["b"])],
            &[("c", &["b"]), ("b", &["a"]), ("a", &[])],
            &[("a", &[]), ("b", &[]), ("c", &["a", "b"]), ("", &["c", "a"]), ("", &["c"])],
        ] {
            assert_eq!(verdict(proofs), Ok(()), "{proofs:?}");
        }
    }

    #[test]
    fn a_proof_that_is_named_and_not_there_is_missing() {
        for proofs in [&[("a", &["b"][..])][..], &[("a", &[]), ("b", &["a", "c"])], &[("", &["a"])]] {
            assert_eq!(verdict(proofs), Err(ProofError::PreviousProofMissing), "{proofs:?}");
        }
    }

    #[test]
    fn a_circle_or_an_id_twice_is_malformed() {
        for proofs in [
            &[("a", &["a"][..])][..],
            &[("a", &["b"]), ("b", &["a"])],
            &[("a", &[]), ("b", &["a", "d"]), ("c", &["b"]), ("d", &["c"])],
            &[("a", &[]), ("a", &[])],
            &[("a", &[]), ("b", &["a"]), ("a", &[])],
        ] {
            assert!(matches!(verdict(proofs), Err(ProofError::Malformed(_))), "{proofs:?}");
        }
    }

    #[test]
    fn previous_proof_is_an_id_or_a_list_of_ids() {
        let read = |value: Value| previous_proof(json!({ "previousProof": value }).as_object().unwrap());
        assert_eq!(previous_proof(&Map::new()), Ok(Vec::new()));
        assert_eq!(read(json!("a")), Ok(vec!["a".to_owned()]));
        assert_eq!(read(json!(["a", "b"])), Ok(vec!["a".to_owned(), "b".to_owned()]));
        for value in [json!(null), json!([]), json!(1), json!({ "id": "a" }), json!(["a", 1]), json!([["a"]])]
        {
            assert!(matches!(read(value), Err(ProofError::Malformed(_))));
        }
    }
}
