//! What a request asks beyond the purpose it names, where that purpose is registered and the wallet knows its query.

use portage_catalog::{Catalog, Text};
use portage_dcql::{CredentialQuery, ExcessKind, Query, Step, asks_more_than};

/// One thing that is asked beyond the registered purpose: what it is, in the words of the catalogue where it has any. No value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beyond {
    /// The Credential Query of the request.
    pub query: String,
    /// The catalogue's id of the type asked, if it knows it; else the type as it stands.
    pub credential_type: Option<String>,
    /// The claims path pointer, where it is about a claim.
    pub path: Option<Vec<Step>>,
    /// What a person reads of the claim.
    pub claim: Option<Text>,
    /// In which way it is more.
    pub kind: ExcessKind,
}

impl Beyond {
    /// Where it stands in the request: the query, and the steps of the path, joined by dots.
    pub fn place(&self) -> String {
        let mut place = self.query.clone();
        for step in self.path.iter().flatten() {
            place.push('.');
            place.push_str(&one_step(step));
        }
        place
    }
}

/// What `request` asks beyond `registered`, claim by claim.
pub(crate) fn beyond(request: &Query, registered: &Query, catalog: &Catalog) -> Vec<Beyond> {
    let named = |excess: portage_dcql::Excess| {
        let query = request.credential(&excess.query);
        let credential_type = query.and_then(|query| type_asked(query, catalog));
        let definition = credential_type.as_deref().and_then(|id| catalog.credential_type(id));
        let claim = excess.path.as_deref().map(|path| {
            let known = path.iter().find_map(|step| match step {
                Step::Name(name) => definition.and_then(|definition| definition.claim(name)),
                Step::Index(_) | Step::All => None,
            });
            known.map_or_else(|| in_steps(path), |known| known.label.clone())
        });
        Beyond { query: excess.query, credential_type, path: excess.path, claim, kind: excess.kind }
    };
    asks_more_than(request, registered).into_iter().map(named).collect()
}

/// The catalogue's id of a type asked, if it knows it; else the type as it stands.
pub(crate) fn type_asked(query: &CredentialQuery, catalog: &Catalog) -> Option<String> {
    let vct = query.meta.vct_values.iter().flatten().next();
    let vc_type = query.meta.type_values.iter().flatten().flatten().next_back();
    let known = vct.and_then(|vct| catalog.by_vct(vct)).or_else(|| {
        let types = query.meta.type_values.iter().flatten().flatten();
        catalog.by_vc_types(types.map(String::as_str))
    });
    known.map(|known| known.id.clone()).or_else(|| vct.or(vc_type).cloned())
}

fn in_steps(path: &[Step]) -> Text {
    let steps = path.iter().map(one_step).collect::<Vec<_>>().join(" › ");
    Text { en: steps.clone(), fr: steps }
}

fn one_step(step: &Step) -> String {
    match step {
        Step::Name(name) => name.clone(),
        Step::Index(index) => index.to_string(),
        Step::All => "*".to_owned(),
    }
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
        let catalog = Catalog::bundled();
        let person = catalog.credential_type("person").unwrap().vct.clone();
        let registered = query(&person, json!([{ "path": ["age_over_19"] }, { "path": ["family_name"] }]));
        assert!(beyond(&registered, &registered, &catalog).is_empty());
        let less = query(&person, json!([{ "path": ["age_over_19"] }]));
        assert!(beyond(&less, &registered, &catalog).is_empty());
        let more = query(&person, json!([{ "path": ["age_over_19"] }, { "path": ["birthdate_dateint"] }]));
        let found = beyond(&more, &registered, &catalog);
        let [claim] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((claim.query.as_str(), claim.kind), ("person", ExcessKind::Claim));
        assert_eq!(claim.credential_type.as_deref(), Some("person"));
        assert_eq!(claim.claim.as_ref().map(|claim| claim.en.as_str()), Some("Date of birth"));
        let other = query("student-card", json!([{ "path": ["age_over_19"] }]));
        let kinds: Vec<ExcessKind> =
            beyond(&other, &registered, &catalog).iter().map(|beyond| beyond.kind).collect();
        assert_eq!(kinds, [ExcessKind::Type]);
    }
}
