//! What a rule reads, found in its expression: every path that starts at `context`.

use std::collections::BTreeSet;

use portage_catalog::{Language, Text, has_message, message};
use portage_dcql::{CredentialQuery, Step};
use serde_json::Value;

use crate::{
    Read,
    schema::{Asked, OF_THE_ANSWER, is_w3c, types_of},
    wrong,
};

/// A path below `context`, as long as it goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    path: Vec<String>,
    /// Whether only its existence is asked: `has`.
    is_asked_for: bool,
}

/// The places that a rule (Cedar's JSON policy format) reads. `context` by itself is one, whose path is empty.
pub(crate) fn places_of(rule: &Value) -> BTreeSet<Place> {
    let mut places = BTreeSet::new();
    collect(rule, &mut places);
    places
}

fn collect(node: &Value, places: &mut BTreeSet<Place>) {
    if let Some(place) = place_of(node) {
        places.insert(place);
        return;
    }
    match node {
        Value::Object(members) => members.values().for_each(|member| collect(member, places)),
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, places)),
        _ => {}
    }
}

/// The place of an expression that is one: `context`, or an attribute of such an expression, read or asked for.
fn place_of(node: &Value) -> Option<Place> {
    if node.get("Var").and_then(Value::as_str) == Some("context") {
        return Some(Place { path: Vec::new(), is_asked_for: false });
    }
    let has = node.get("has");
    let access = has.or_else(|| node.get("."))?;
    let mut path = place_of(access.get("left")?)?.path;
    match access.get("attr")? {
        Value::String(name) => path.push(name.clone()),
        Value::Array(names) => path.extend(names.iter().filter_map(Value::as_str).map(str::to_owned)),
        _ => return None,
    }
    Some(Place { path, is_asked_for: has.is_some() })
}

/// What is read at a place, in words.
///
/// # Errors
/// It reads a claim that the purpose does not ask, a credential that it does not ask for, or claims without naming them.
pub(crate) fn read_at(place: &Place, rule: &str, asked: &Asked<'_>) -> Result<Read, Text> {
    let at = if place.path.is_empty() { "context".to_owned() } else { place.path.join(".") };
    let refuse = |name, more: &[(&str, &str)]| {
        let values = [("rule", rule), ("at", at.as_str()), ("purpose", asked.purpose.0.as_str())];
        Err(wrong(name, &[&values[..], more].concat()))
    };
    let read = |name: Text, of| Ok(Read { at: at.clone(), name, of });
    let path: Vec<&str> = place.path.iter().map(String::as_str).collect();
    let (first, rest) = match path.as_slice() {
        [] => return refuse("whole", &[]),
        [first] if OF_THE_ANSWER.contains(first) => return read(words(first), None),
        [first, rest @ ..] => (*first, rest),
    };
    let Some(credential) = asked.query.credential(first) else {
        return refuse("no_query", &[("query", first)]);
    };
    let of_it = |claim: Option<&str>| Some((credential.id.clone(), claim.map(str::to_owned)));
    match rest {
        ["claims", claim, ..] if is_asked(credential, claim) => {
            read(label(credential, claim, asked), of_it(Some(claim)))
        }
        ["claims", ..] if rest.len() > 1 => refuse("not_asked", &[]),
        [] if place.is_asked_for => read(words("held"), of_it(None)),
        [] | ["claims"] => refuse("whole", &[]),
        _ => read(words(&rest.join("_")), of_it(None)),
    }
}

fn is_asked(query: &CredentialQuery, claim: &str) -> bool {
    let place = usize::from(is_w3c(query));
    let mut asked = query.claims.iter().flatten().filter_map(|claim| claim.path.get(place));
    asked.any(|step| *step == Step::Name(claim.to_owned()))
}

fn label(query: &CredentialQuery, claim: &str, asked: &Asked<'_>) -> Text {
    let known = types_of(query, asked.catalog).into_iter().find_map(|ty| ty.claim(claim));
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
