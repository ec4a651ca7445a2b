//! What a rule reads, found in its expression: every path that starts at `context`.

use std::collections::BTreeSet;

use portage_catalog::{Catalog, Language, Purpose, Text, has_message, message};
use portage_dcql::{CredentialQuery, Query};
use serde_json::Value;

use crate::{
    Read,
    schema::{is_w3c, types_of},
};

/// The paths below `context` in a rule (Cedar's JSON policy format), as long as they go.
pub(crate) fn paths_of(rule: &Value) -> BTreeSet<Vec<String>> {
    let mut paths = BTreeSet::new();
    collect(rule, &mut paths);
    paths
}

fn collect(node: &Value, paths: &mut BTreeSet<Vec<String>>) {
    if let Some(path) = path_of(node).filter(|path| !path.is_empty()) {
        paths.insert(path);
        return;
    }
    match node {
        Value::Object(members) => members.values().for_each(|member| collect(member, paths)),
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, paths)),
        _ => {}
    }
}

/// The path of an expression that is one: `context`, or an attribute of such an expression, read or asked for.
fn path_of(node: &Value) -> Option<Vec<String>> {
    if node.get("Var").and_then(Value::as_str) == Some("context") {
        return Some(Vec::new());
    }
    let access = node.get(".").or_else(|| node.get("has"))?;
    let mut path = path_of(access.get("left")?)?;
    match access.get("attr")? {
        Value::String(name) => path.push(name.clone()),
        Value::Array(names) => path.extend(names.iter().filter_map(Value::as_str).map(str::to_owned)),
        _ => return None,
    }
    Some(path)
}

/// What is read at a path, in words.
///
/// # Errors
/// It reads a claim that the purpose does not ask, or a credential that it does not ask for.
pub(crate) fn read_at(path: &[String], purpose: &Purpose, catalog: &Catalog) -> Result<Read, String> {
    let at = path.join(".");
    let read = |name: Text, of| Ok(Read { at: at.clone(), name, of });
    let first = path.first().map(String::as_str).unwrap_or_default();
    if crate::schema::OF_THE_ANSWER.contains(&first) {
        return read(words(first), None);
    }
    let query = Query::parse(&purpose.query).map_err(|error| error.to_string())?;
    let Some(credential) = query.credential(first) else {
        return Err(format!("reads {at}, and the purpose {} has no query {first}", purpose.id));
    };
    let rest: Vec<&str> = path.iter().skip(1).map(String::as_str).collect();
    match rest.as_slice() {
        ["claims", claim, ..] => {
            if !is_asked(credential, claim) {
                return Err(format!("reads {at}, which the purpose {} does not ask", purpose.id));
            }
            let name = label(credential, claim, catalog);
            read(name, Some((credential.id.clone(), Some((*claim).to_owned()))))
        }
        ["claims"] => Err(format!("reads {at} whole: name the claim")),
        [_, ..] => read(words(&rest.join("_")), Some((credential.id.clone(), None))),
        [] => read(words("held"), Some((credential.id.clone(), None))),
    }
}

fn is_asked(query: &CredentialQuery, claim: &str) -> bool {
    let place = usize::from(is_w3c(query));
    let mut asked = query.claims.iter().flatten().filter_map(|claim| claim.path.get(place));
    asked.any(|step| *step == portage_dcql::Step::Name(claim.to_owned()))
}

fn label(query: &CredentialQuery, claim: &str, catalog: &Catalog) -> Text {
    let known = types_of(query, catalog).into_iter().find_map(|ty| ty.claim(claim));
    known.map_or_else(|| Text { en: claim.to_owned(), fr: claim.to_owned() }, |claim| claim.label.clone())
}

/// The words for what is no claim. What the schema does not have is refused by it afterwards, under its own name.
fn words(fact: &str) -> Text {
    let key = format!("policy.read.{fact}");
    if !has_message(&key) {
        return Text { en: fact.to_owned(), fr: fact.to_owned() };
    }
    Text { en: message(&key, Language::En, &[]), fr: message(&key, Language::Fr, &[]) }
}
