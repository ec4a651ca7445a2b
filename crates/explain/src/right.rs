//! By what right somebody issues, or asks: a list that names them, or a chain, link by link.

use portage_catalog::{CredentialType, has_message};
use serde_json::Value;

use crate::{
    reading::{Found, Reading, some_of},
    word::Word,
};

/// What the first of the chain does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Issues,
    Asks,
}

/// The right of the issuer whose object stands at `at`; `own` is the type it is about.
pub(crate) fn right_to_issue(reading: &mut Reading<'_>, at: &str, own: Option<&CredentialType>) {
    let source = format!("{at}/source");
    let Some(issuer) = reading.somebody(at) else { return };
    match reading.str_at(&source) {
        Some("trust.json") => {
            let key = reading.heard("explain.listed", "explain.listed_service");
            reading.say(key, vec![("issuer", issuer.clone())], &[&source]);
        }
        Some("any") => reading.say("explain.any", vec![("issuer", issuer.clone())], &[&source]),
        _ => {}
    }
    tier(reading, at, issuer);
    chain(reading, at, Role::Issues, own);
}

fn tier(reading: &mut Reading<'_>, at: &str, somebody: Found) {
    let place = format!("{at}/tier");
    let Some(key) = reading.str_at(&place).map(|tier| format!("tier.{tier}")).filter(|key| has_message(key))
    else {
        return;
    };
    let tier = Found::new(Word::message(key), place);
    reading.say("explain.tier", vec![("issuer", somebody), ("tier", tier)], &[]);
}

/// Each link of the chain at `at`, the anchor, and how old it all is.
pub(crate) fn chain(reading: &mut Reading<'_>, at: &str, role: Role, own: Option<&CredentialType>) {
    let links = format!("{at}/chain/links");
    let length = reading.length_at(&links);
    let named = |position: usize| {
        let of_link = format!("{links}/{position}");
        match (position, reading.somebody(at)) {
            (0, Some(subject)) => Some((subject, format!("{at}/id"))),
            _ => Some((reading.somebody(&of_link)?, format!("{of_link}/id"))),
        }
    };
    let everybody: Vec<_> = reading.told_apart((0..length).map(named).collect());
    for (position, subject) in everybody.iter().enumerate() {
        let Some(subject) = subject.clone() else { continue };
        match everybody.get(position + 1).cloned().flatten() {
            Some(superior) => {
                link(reading, &links, position, role, subject, superior.clone(), own);
                logged(reading, &format!("{links}/{position}/log"), superior);
            }
            None if position + 1 == length => anchor(reading, &links, position, subject),
            None => {}
        }
    }
    marks(reading, at);
    age(reading, at);
}

/// The trust marks of the first of the chain: somebody's word, and no right.
fn marks(reading: &mut Reading<'_>, at: &str) {
    let all = format!("{at}/chain/marks");
    for position in 0..reading.length_at(&all) {
        let mark = format!("{all}/{position}");
        let holds = format!("{mark}/holds");
        let Some(subject) = reading.somebody(at).or_else(|| reading.somebody(&format!("{at}/chain/links/0")))
        else {
            continue;
        };
        let name = reading.name(&format!("{mark}/name")).map(|found| match found.word {
            Word::Name(name) => Found { word: Word::Quoted(name), from: found.from },
            _ => found,
        });
        let Some(name) = name.or_else(|| reading.code(&format!("{mark}/type"))) else { continue };
        let mut values = vec![("subject", subject), ("mark", name)];
        let issuer = reading.somebody(&format!("{mark}/issuer"));
        match (reading.at(&holds).and_then(Value::as_bool), issuer) {
            (Some(true), Some(issuer)) => {
                values.push(("issuer", issuer));
                let until = reading.time(&format!("{mark}/until"), Word::LastDay);
                let key = if until.is_some() { "explain.mark_until" } else { "explain.mark" };
                values.extend(until.map(|until| ("until", until)));
                reading.say(key, values, &[&holds]);
            }
            (Some(false), _) => reading.say("explain.mark_invalid", values, &[&holds]),
            _ => {}
        }
    }
}

fn link(
    reading: &mut Reading<'_>,
    links: &str,
    position: usize,
    role: Role,
    subject: Found,
    superior: Found,
    own: Option<&CredentialType>,
) {
    let at = format!("{links}/{position}");
    let types = granted_types(reading, &format!("{at}/types"), own);
    let roles = format!("{at}/roles");
    let has_role = |role: &str| reading.strings_at(&roles).contains(&role);
    let recognised = format!("{at}/recognised");
    let is_peer = reading.at(&recognised).is_some_and(|peer| peer == true);
    let mut values = vec![("superior", superior), ("subject", subject)];
    let (base, also) = match (position, types) {
        (_, Some(types)) if is_peer => {
            values.push(("types", types));
            ("recognises", recognised.as_str())
        }
        (0, Some(types)) if role == Role::Issues && has_role("issuer") => {
            values.push(("types", types));
            ("lets_issue", roles.as_str())
        }
        (0, _) if role == Role::Asks && has_role("verifier") => ("lets_ask", roles.as_str()),
        (1.., Some(types)) if role == Role::Issues && has_role("authority") => {
            values.push(("types", types));
            ("lets_vouch", roles.as_str())
        }
        _ => {
            let id = format!("{at}/id");
            if reading.at(&id).is_some() {
                reading.say("explain.vouches", values, &[&id]);
            }
            return;
        }
    };
    let place = place(reading, links, position);
    let until = reading.time(&format!("{at}/until"), Word::LastDay);
    let suffix = match (&place, &until) {
        (None, None) => "",
        (Some(_), None) => "_for",
        (None, Some(_)) => "_until",
        (Some(_), Some(_)) => "_for_until",
    };
    values.extend(place.map(|place| ("place", place)));
    values.extend(until.map(|until| ("until", until)));
    reading.say(format!("explain.{base}{suffix}"), values, &[also]);
}

/// Where the link stands in the public log of whoever grants it.
fn logged(reading: &mut Reading<'_>, at: &str, superior: Found) {
    let entry = format!("{at}/entry");
    let number = reading.at(&entry).and_then(serde_json::Value::as_u64);
    let as_of = reading.time(&format!("{at}/as_of"), Word::Day);
    if let (Some(number), Some(as_of)) = (number, as_of) {
        let entry = Found::new(Word::Code(number.to_string()), entry);
        reading.say("explain.logged", vec![("superior", superior), ("entry", entry), ("as_of", as_of)], &[]);
    }
}

fn anchor(reading: &mut Reading<'_>, links: &str, position: usize, name: Found) {
    let mut values = vec![("authority", name)];
    let key = match place(reading, links, position) {
        None => reading.heard("explain.anchor", "explain.anchor_service"),
        Some(place) => {
            values.push(("place", place));
            reading.heard("explain.anchor_for", "explain.anchor_service_for")
        }
    };
    let id = format!("{links}/{position}/id");
    if reading.at(&id).is_some() {
        reading.say(key, values, &[&id]);
    }
}

/// How old the statements were, and until when they are good.
fn age(reading: &mut Reading<'_>, at: &str) {
    if let Some(age) = reading.seconds(&format!("{at}/chain/age_seconds")) {
        reading.say("explain.chain_age", vec![("age", age)], &[]);
    }
    if let Some(until) = reading.time(&format!("{at}/chain/expires_at"), Word::Minute) {
        reading.say("explain.chain_until", vec![("until", until)], &[]);
    }
}

/// The types granted, the one it is about first: the names of the catalogue, `*`, `https://…/*`, or as they stand.
fn granted_types(reading: &Reading<'_>, at: &str, own: Option<&CredentialType>) -> Option<Found> {
    let mut names = reading.strings_at(at);
    let is_own = |name: &&str| {
        let known = reading.known_type(&[name]);
        own.is_some_and(|own| known.is_some_and(|known| known.id == own.id))
    };
    names.sort_by_key(|name| !is_own(name));
    let word = |name: &&str| match (*name, name.strip_suffix("/*")) {
        ("*", _) => Word::message("explain.every_type"),
        (_, Some(folder)) => {
            Word::Message("explain.types_under".to_owned(), Some(("address", folder.to_owned())))
        }
        (name, None) => match reading.known_type(&[name]) {
            Some(known) => Word::Quoted(known.name.clone()),
            None => Word::Code(name.to_owned()),
        },
    };
    some_of(names.iter().map(word).collect()).map(|word| Found::new(word, at))
}

/// For where: a province by its name; what belongs to the subject itself; else the name of the highest in the chain whose place it is, else
/// the code.
fn place(reading: &Reading<'_>, links: &str, position: usize) -> Option<Found> {
    let at = format!("{links}/{position}/jurisdiction");
    let code = reading.str_at(&at)?;
    let key = format!("place.{}", code.to_ascii_lowercase().replace('-', "_"));
    if has_message(&key) {
        return Some(Found::new(Word::message(key), at));
    }
    let governed = |other: &usize| reading.str_at(&format!("{links}/{other}/jurisdiction")) == Some(code);
    let highest = (0..reading.length_at(links)).rev().find(governed);
    if highest == Some(position) {
        return Some(Found::new(Word::message("explain.own_place"), at));
    }
    let named = highest.and_then(|highest| reading.name(&format!("{links}/{highest}/name")));
    Some(match named {
        Some(Found { word, mut from }) => {
            from.push(at);
            Found { word, from }
        }
        None => Found::new(Word::Code(code.to_owned()), at),
    })
}
