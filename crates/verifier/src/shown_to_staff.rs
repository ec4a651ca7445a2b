//! The claims that staff may read with their own eyes, and no other.

use portage_catalog::{ClaimKind, Purpose, Text};
use portage_dcql::{ClaimQuery, CredentialQuery, Step};
use serde_json::Value;

use crate::{
    Verdict, Verifier,
    create_request::askable_query,
    explain::{label, type_asked},
};

/// A claim on a screen of the service's staff. Its value does not print.
#[derive(Clone, PartialEq)]
pub struct ShownToStaff {
    /// What a person calls it.
    pub label: Text,
    /// Its kind, where the type is known.
    pub kind: Option<ClaimKind>,
    /// What was shown.
    pub value: Value,
}

impl std::fmt::Debug for ShownToStaff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ShownToStaff({:?})", self.label.en)
    }
}

impl<S> Verifier<S> {
    /// What of an accepted answer the purpose shows to staff (`shown_to_staff`, each as `query.claim`). Everything else stays in the
    /// machine.
    pub fn shown_to_staff(&self, purpose: &Purpose, verdict: &Verdict) -> Vec<ShownToStaff> {
        let (Verdict::Accepted { claims, .. }, Ok(query)) = (verdict, askable_query(purpose)) else {
            return Vec::new();
        };
        let mut shown = Vec::new();
        for named in &purpose.shown_to_staff {
            let Some((id, name)) = named.split_once('.') else { continue };
            let Some(query) = query.credentials.iter().find(|query| query.id == id) else { continue };
            let Some(claim) = query.claims.iter().flatten().find(|claim| names(claim, query) == Some(name))
            else {
                continue;
            };
            let answers = match claims.get(id) {
                Some(Value::Array(answers)) => answers.as_slice(),
                Some(answer) => std::slice::from_ref(answer),
                None => continue,
            };
            let known = type_asked(query, &self.catalog);
            let kind = known.and_then(|known| known.claim(name)).map(|claim| claim.kind);
            let values = answers.iter().filter_map(|answer| claim_of(answer, name, query));
            shown.extend(values.map(|value| ShownToStaff {
                label: label(claim, known),
                kind,
                value: value.clone(),
            }));
        }
        shown
    }
}

/// The claim that a path leads into, as `shown_to_staff` names it.
fn names<'q>(claim: &'q ClaimQuery, query: &CredentialQuery) -> Option<&'q str> {
    let mut steps = claim.path.iter().filter_map(|step| match step {
        Step::Name(name) => Some(name.as_str()),
        Step::Index(_) | Step::All => None,
    });
    if is_w3c(query) { steps.nth(1) } else { steps.next() }
}

fn claim_of<'a>(answer: &'a Value, name: &str, query: &CredentialQuery) -> Option<&'a Value> {
    let holder = if is_w3c(query) { answer.get("credentialSubject")? } else { answer };
    holder.get(name)
}

fn is_w3c(query: &CredentialQuery) -> bool {
    portage_catalog::Format::from_name(&query.format).is_some_and(portage_catalog::Format::is_w3c)
}
