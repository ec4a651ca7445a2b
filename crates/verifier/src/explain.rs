//! What became of a request, as a record that `portage_explain` tells in sentences.

use jiff::Timestamp;
use portage_catalog::{Catalog, CredentialType, Format, Purpose, Text};
use portage_dcql::{ClaimQuery, CredentialQuery, Query, Step};
use portage_explain::Explanation;
use serde_json::{Map, Value, json};

use crate::{
    Decided, Device, Session, Verdict, Verifier,
    create_request::askable_query,
    one_time::Kind,
    ports::{SessionStore, StoreFailure},
};

impl<S: SessionStore> Verifier<S> {
    /// Explains a transaction from what the store keeps of it: decision, reasons, what was asked and shown by name, the evidence.
    ///
    /// For whoever runs the service. It tells no claim's value, needs no response code and uses none up, and counts as no fetch: the result is deleted
    /// when it would have been. `None`: there is no such transaction, or it is deleted.
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub async fn explain(
        &self,
        transaction: &str,
        now: Timestamp,
    ) -> Result<Option<Explanation>, StoreFailure> {
        let name = self.secret.hash(Kind::Transaction, transaction);
        let session = self.store.by_transaction(name).await?;
        Ok(session.and_then(|session| self.explain_session(&session.at(now), now)))
    }

    /// Explains a session as it stands; `None` where it is to be deleted by now.
    pub fn explain_session(&self, session: &Session, now: Timestamp) -> Option<Explanation> {
        let (purpose, delete_at) = match session {
            Session::Requested(requested) => (&requested.purpose, None),
            Session::Received(received) => (&received.purpose, None),
            Session::Decided(decided) => (&decided.purpose, Some(decided.delete_at)),
            Session::Expired(expired) => (&expired.purpose, Some(expired.delete_at)),
        };
        if delete_at.is_some_and(|at| at <= now) {
            return None;
        }
        let mut record = Map::from_iter([("state".to_owned(), json!(session.name()))]);
        if let Some(at) = delete_at {
            record.insert("delete_at".to_owned(), json!(at.to_string()));
        }
        if let Session::Requested(requested) = session {
            record.insert("expires_at".to_owned(), json!(requested.expires_at.to_string()));
        }
        let purpose = self.catalog.purpose(purpose);
        if let Some(purpose) = purpose {
            let told = json!({ "id": purpose.id, "name": purpose.name });
            record.insert("purpose".to_owned(), told);
        }
        let query = purpose.and_then(query_of);
        if let Some(query) = &query {
            record.insert("asked".to_owned(), asked(query, &self.catalog));
        }
        if let Session::Decided(decided) = session {
            record.extend(decided_record(decided, query.as_ref(), &self.catalog));
        }
        Some(Explanation::of_transaction(Value::Object(record), &self.catalog))
    }
}

fn query_of(purpose: &Purpose) -> Option<Query> {
    askable_query(purpose).ok()
}

/// The verdict without its claims' values.
fn decided_record(decided: &Decided, query: Option<&Query>, catalog: &Catalog) -> Map<String, Value> {
    let verdict = &decided.verdict;
    let device = match decided.device {
        Device::Same => "same",
        Device::Cross => "cross",
    };
    let mut record = Map::from_iter([
        ("decided_at".to_owned(), json!(decided.decided_at.to_string())),
        ("decision".to_owned(), json!(verdict.decision())),
        ("reasons".to_owned(), json!(verdict.reasons())),
        ("device".to_owned(), json!(device)),
        ("evidence".to_owned(), Value::Object(verdict.evidence().clone())),
    ]);
    if let (Verdict::Accepted { claims, .. }, Some(query)) = (verdict, query) {
        record.insert("shown".to_owned(), shown(query, claims, catalog));
    }
    record
}

/// Query id → the types and the claims asked.
fn asked(query: &Query, catalog: &Catalog) -> Value {
    let one = |query: &CredentialQuery| {
        let known = type_asked(query, catalog);
        let labels: Vec<Text> = query.claims.iter().flatten().map(|claim| label(claim, known)).collect();
        (query.id.clone(), json!({ "types": names_asked(query), "claims": labels }))
    };
    Value::Object(query.credentials.iter().map(one).collect())
}

/// Query id → what is kept of the answer, by name, and what the type has beside it.
fn shown(query: &Query, claims: &Map<String, Value>, catalog: &Catalog) -> Value {
    let one = |query: &CredentialQuery| {
        let answer = claims.get(&query.id)?;
        let answers = match answer {
            Value::Array(answers) => answers.as_slice(),
            answer => std::slice::from_ref(answer),
        };
        let known = type_asked(query, catalog);
        let is_there = |claim: &&ClaimQuery| answers.iter().any(|answer| leads(&claim.path, answer));
        let labels: Vec<Text> =
            query.claims.iter().flatten().filter(is_there).map(|claim| label(claim, known)).collect();
        let asked: Vec<Text> = query.claims.iter().flatten().map(|claim| label(claim, known)).collect();
        let others = known.into_iter().flat_map(|known| &known.claims).map(|claim| &claim.label);
        let not_asked: Vec<&Text> = others.filter(|label| !asked.contains(label)).collect();
        let whole = Format::from_name(&query.format).is_some_and(|format| !format.is_selective());
        let told = json!({
            "types": names_asked(query),
            "claims": labels,
            "not_asked": not_asked,
            "whole": whole,
        });
        Some((query.id.clone(), told))
    };
    Value::Object(query.credentials.iter().filter_map(one).collect())
}

/// Whether a claims path leads to something.
fn leads(path: &[Step], value: &Value) -> bool {
    let Some((step, rest)) = path.split_first() else { return true };
    match (step, value) {
        (Step::Name(name), Value::Object(members)) => members.get(name).is_some_and(|at| leads(rest, at)),
        // Of an array the asked elements alone are kept: their places are not those of the credential.
        (Step::Index(_) | Step::All, Value::Array(items)) => items.iter().any(|item| leads(rest, item)),
        _ => false,
    }
}

fn names_asked(query: &CredentialQuery) -> Vec<&String> {
    let vct = query.meta.vct_values.iter().flatten();
    vct.chain(query.meta.type_values.iter().flatten().flatten()).collect()
}

pub(crate) fn type_asked<'c>(query: &CredentialQuery, catalog: &'c Catalog) -> Option<&'c CredentialType> {
    let names = names_asked(query);
    let by_vct = names.iter().find_map(|name| catalog.by_vct(name));
    by_vct.or_else(|| catalog.by_vc_types(names.iter().map(|name| name.as_str())))
}

/// What a person calls a claim: the catalogue's label, else the steps of its path.
pub(crate) fn label(claim: &ClaimQuery, known: Option<&CredentialType>) -> Text {
    let named = claim.path.iter().find_map(|step| match step {
        Step::Name(name) => known.and_then(|known| known.claim(name)),
        Step::Index(_) | Step::All => None,
    });
    named.map_or_else(
        || {
            let step = |step: &Step| match step {
                Step::Name(name) => name.clone(),
                Step::Index(index) => index.to_string(),
                Step::All => "*".to_owned(),
            };
            let steps = claim.path.iter().map(step).collect::<Vec<_>>().join(" › ");
            Text { en: steps.clone(), fr: steps }
        },
        |known| known.label.clone(),
    )
}
