//! What a purpose asks too much, and the smaller query that would serve.
//!
//! The rules read the types: which claim is computed from which (`derived`), which is personal, which names the last day, which formats can be
//! shown in part. What the service's own decision reads is not seen in the query: a policy says it, or whoever asks does (`reads`). What it reads
//! is not called too much, nor what the purpose says is shown to staff (`shown_to_staff`).

use serde_json::{Map, Value, json};

use crate::{
    Catalog, ClaimKind, CredentialType, Format, Language, message,
    purpose::{claim_named, types_asked},
};

/// One thing that a purpose asks, or says, too much or too little.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LintFinding {
    /// The rule: the key of its sentence below `lint` in the messages.
    pub rule: &'static str,
    /// The Credential Query it is about.
    pub query: Option<String>,
    /// The claim, or the member of the purpose, it is about.
    pub about: Option<String>,
    /// What serves instead.
    pub instead: Option<String>,
}

impl LintFinding {
    /// Why, for a person.
    pub fn why(&self, language: Language) -> String {
        let text = |part: &Option<String>| part.clone().unwrap_or_default();
        let (query, about, instead) = (text(&self.query), text(&self.about), text(&self.instead));
        let values = [("query", query.as_str()), ("about", about.as_str()), ("instead", instead.as_str())];
        message(&format!("lint.{}", self.rule), language, &values)
    }
}

/// What was found in a purpose.
#[derive(Debug, Clone)]
pub struct PurposeLint {
    /// In the order of the purpose. Empty: it asks the least.
    pub findings: Vec<LintFinding>,
    /// The query that would serve, where it is another one.
    pub smaller: Option<Value>,
}

/// Claims that name a person.
const NAMES: [&str; 4] = ["given_names", "family_name", "student_first_name", "student_last_name"];
/// Claims that tell where exactly somebody lives.
const STREET: [&str; 6] = ["street_address", "postal_code", "unit", "unit_type", "house", "street"];
/// Claims that tell the municipality, the first that a type has.
const MUNICIPALITY: [&str; 3] = ["municipality", "locality", "city"];
/// Longest retention, in days, of a yes or of the fact that somebody holds something.
const LONGEST_FOR_A_YES: u64 = 30;
/// Longest retention, in days.
const LONGEST: u64 = 730;

/// Looks at a purpose (the object of `specs/purposes/<id>.json`, sound or not). `reads` are the claims that the service's decision reads, as
/// `query.claim`, and credentials whose existence it reads, as `query`, all of them; `None` when nobody said. What the purpose itself says is
/// shown to staff is read beside them.
pub fn lint_purpose(purpose: &Value, reads: Option<&[String]>, catalog: &Catalog) -> PurposeLint {
    let days = purpose.get("retention_days").and_then(Value::as_u64).unwrap_or(0);
    let shown = purpose.get("shown_to_staff").and_then(Value::as_array).into_iter().flatten();
    let shown: Vec<&str> = shown.filter_map(Value::as_str).collect();
    let mut lint = Linter { reads, shown, days, findings: Vec::new() };
    let original = purpose.get("query").cloned().unwrap_or_default();
    let mut query = original.clone();
    lint.texts(purpose);
    if let Some(credentials) = query.get_mut("credentials").and_then(Value::as_array_mut) {
        for credential in credentials.iter_mut().filter_map(Value::as_object_mut) {
            lint.credential(credential, catalog);
        }
        lint.asked_twice(credentials);
        lint.not_needed(credentials);
    } else {
        lint.say("unknown_type", None, None, None);
    }
    lint.retention(&original, catalog);
    let smaller = (query != original).then_some(query);
    PurposeLint { findings: lint.findings, smaller }
}

struct Linter<'a> {
    reads: Option<&'a [String]>,
    /// What staff read with their own eyes.
    shown: Vec<&'a str>,
    /// How long the answer is kept.
    days: u64,
    findings: Vec<LintFinding>,
}

/// What becomes of a claim.
enum Fate {
    Stays,
    Goes,
    Becomes(String),
}

impl Linter<'_> {
    fn say(&mut self, rule: &'static str, query: Option<&str>, about: Option<&str>, instead: Option<&str>) {
        let text = |part: Option<&str>| part.map(str::to_owned);
        self.findings.push(LintFinding {
            rule,
            query: text(query),
            about: text(about),
            instead: text(instead),
        });
    }

    fn is_read(&self, query: &str, claim: &str) -> bool {
        let name = format!("{query}.{claim}");
        self.all_read().any(|read| read == name)
    }

    /// What is read by the decision, and by staff.
    fn all_read(&self) -> impl Iterator<Item = &str> {
        self.reads.into_iter().flatten().map(String::as_str).chain(self.shown.iter().copied())
    }

    /// People decide by these texts, in their language.
    fn texts(&mut self, purpose: &Value) {
        for member in ["name", "text", "law", "alternative"] {
            let has = |language: &str| {
                let text = purpose.get(member).and_then(|text| text.get(language)).and_then(Value::as_str);
                text.is_some_and(|text| !text.trim().is_empty())
            };
            if !has("en") || !has("fr") {
                self.say("text_missing", None, Some(member), None);
            }
        }
        if purpose.get("contact").and_then(Value::as_str).is_none_or(str::is_empty) {
            self.say("contact_missing", None, None, None);
        }
    }

    fn retention(&mut self, query: &Value, catalog: &Catalog) {
        let days = self.days;
        let credentials = query.get("credentials").and_then(Value::as_array).into_iter().flatten();
        let is_yes = |credential: &Value| {
            let known = credential.as_object().and_then(|credential| known_type(credential, catalog));
            known.is_some_and(|(ty, format)| {
                names_of(credential, format).iter().all(|name| is_boolean(ty, name))
            })
        };
        let longest = if credentials.clone().all(is_yes) { LONGEST_FOR_A_YES } else { LONGEST };
        if days > longest {
            self.say("retention_too_long", None, Some(&days.to_string()), Some(&longest.to_string()));
        }
    }

    fn credential(&mut self, credential: &mut Map<String, Value>, catalog: &Catalog) {
        let id = credential.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let Some((ty, format)) = known_type(credential, catalog) else {
            return self.say("unknown_type", Some(&id), None, None);
        };
        if credential.get("multiple") == Some(&Value::Bool(true)) {
            credential.remove("multiple");
            self.say("several", Some(&id), None, None);
        }
        if credential.get("require_cryptographic_holder_binding") == Some(&Value::Bool(false)) {
            credential.remove("require_cryptographic_holder_binding");
            self.say("anybodys", Some(&id), None, None);
        }
        self.claims(&id, credential, ty, format);
        self.shown_whole(&id, credential, ty, format);
    }

    fn claims(&mut self, id: &str, credential: &mut Map<String, Value>, ty: &CredentialType, format: Format) {
        let Some(claims) = credential.get("claims").and_then(Value::as_array).cloned() else { return };
        let asked = names_of(&Value::Object(credential.clone()), format);
        let mut kept: Vec<Value> = Vec::new();
        for mut claim in claims {
            let Some(name) = name_of(&claim, format) else { continue };
            let has_values = claim.get("values").is_some();
            match self.fate(id, &name, ty, has_values) {
                Fate::Stays => kept.push(claim),
                Fate::Goes => {}
                Fate::Becomes(instead) => {
                    let stands = instead != name && asked.contains(&instead);
                    let is_there = kept.iter().any(|other| name_of(other, format).as_ref() == Some(&instead));
                    if !stands && !is_there {
                        claim["path"] = path_of(&instead, format);
                        if is_boolean(ty, &instead) {
                            claim["values"] = json!([true]);
                        } else if let Some(claim) = claim.as_object_mut() {
                            claim.remove("values");
                        }
                        kept.push(claim);
                    }
                }
            }
        }
        keep(credential, kept);
    }

    /// The first rule that a claim meets.
    fn fate(&mut self, id: &str, name: &str, ty: &CredentialType, has_values: bool) -> Fate {
        if !self.is_read(id, name) {
            let found = self.unread(name, ty);
            if let Some((rule, fate)) = found {
                let instead = match &fate {
                    Fate::Becomes(instead) => Some(instead.as_str()),
                    _ => None,
                };
                self.say(rule, Some(id), Some(name), instead);
                return fate;
            }
        }
        if is_boolean(ty, name) && !has_values {
            self.say("values_missing", Some(id), Some(name), None);
            return Fate::Becomes(name.to_owned());
        }
        Fate::Stays
    }

    /// The rules for a claim that no decision is said to read.
    fn unread(&self, name: &str, ty: &CredentialType) -> Option<(&'static str, Fate)> {
        if let Some(derived) = ty.derived.iter().find(|derived| derived.from == name) {
            return Some(("derived_serves", Fate::Becomes(derived.claim.clone())));
        }
        if STREET.contains(&name) {
            let municipality = MUNICIPALITY.iter().find(|claim| ty.claim(claim).is_some());
            return Some(match municipality {
                Some(claim) => ("whole_address", Fate::Becomes((*claim).to_owned())),
                None => ("not_read", Fate::Goes),
            });
        }
        // What is kept for long has to be asked again one day; what is used up at once does not: whether it is in force is checked anyway.
        let is_last_day = ty.last_day.as_ref().is_some_and(|last_day| last_day.claim == name);
        if is_last_day && self.days <= LONGEST_FOR_A_YES {
            return Some(("last_day", Fate::Goes));
        }
        if ty.claim(name).is_some_and(|claim| claim.kind == ClaimKind::Binary) {
            return Some(("picture", Fate::Goes));
        }
        // A name that is not kept tells nobody anything later, and a decision of now does not rest on it.
        if NAMES.contains(&name) && self.days == 0 {
            return Some(("name", Fate::Goes));
        }
        if ty.protected {
            return Some(("protected", Fate::Goes));
        }
        if self.reads.is_some() && !is_boolean(ty, name) {
            return Some(("not_read", Fate::Goes));
        }
        None
    }

    /// A format that is only ever shown whole, where what is not asked is personal and another format would keep it back.
    fn shown_whole(
        &mut self,
        id: &str,
        credential: &mut Map<String, Value>,
        ty: &CredentialType,
        format: Format,
    ) {
        let asked = names_of(&Value::Object(credential.clone()), format);
        let tells_more = ty.claims.iter().any(|claim| claim.personal && !asked.contains(&claim.name));
        let selective = ty.formats.iter().find(|other| other.is_selective() && other.is_w3c());
        if let (false, true, Some(selective)) = (format.is_selective(), tells_more, selective) {
            self.say("shown_whole", Some(id), Some(format.name()), Some(selective.name()));
            credential.insert("format".to_owned(), selective.name().into());
        }
    }

    /// The same claim of two credentials that are both asked: the first will do.
    fn asked_twice(&mut self, credentials: &mut [Value]) {
        let mut seen: Vec<String> = Vec::new();
        for credential in credentials.iter_mut().filter_map(Value::as_object_mut) {
            let Some(format) = format_of(credential) else { continue };
            let id = credential.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
            let claims = credential.get("claims").and_then(Value::as_array).cloned().unwrap_or_default();
            let mut kept = Vec::new();
            let before = seen.clone();
            for claim in &claims {
                let name = name_of(claim, format).unwrap_or_default();
                if before.contains(&name) {
                    self.say("asked_twice", Some(&id), Some(&name), None);
                } else {
                    seen.push(name);
                    kept.push(claim.clone());
                }
            }
            if kept.len() < claims.len() {
                keep(credential, kept);
            }
        }
    }

    /// A credential of which nothing is said to be read.
    fn not_needed(&mut self, credentials: &mut Vec<Value>) {
        if self.reads.is_none() {
            return;
        }
        let read: Vec<String> = self.all_read().map(str::to_owned).collect();
        let is_needed = |credential: &Value| {
            let id = credential.get("id").and_then(Value::as_str).unwrap_or_default();
            read.iter()
                .any(|read| read == id || read.strip_prefix(id).is_some_and(|rest| rest.starts_with('.')))
        };
        let needless: Vec<String> = credentials
            .iter()
            .filter(|credential| !is_needed(credential))
            .filter_map(|credential| credential.get("id").and_then(Value::as_str).map(str::to_owned))
            .collect();
        for id in &needless {
            self.say("credential_not_needed", Some(id), None, None);
        }
        // A query of nothing would be none.
        if needless.len() < credentials.len() {
            credentials.retain(is_needed);
        }
    }
}

/// Puts the claims that are kept in the place of those asked; without any, the credential alone is asked for.
fn keep(credential: &mut Map<String, Value>, kept: Vec<Value>) {
    let ids: Vec<Value> = kept.iter().filter_map(|claim| claim.get("id").cloned()).collect();
    if let Some(sets) = credential.get_mut("claim_sets").and_then(Value::as_array_mut) {
        for set in sets.iter_mut().filter_map(Value::as_array_mut) {
            set.retain(|id| ids.contains(id));
        }
        sets.retain(|set| set.as_array().is_some_and(|set| !set.is_empty()));
        if sets.is_empty() {
            credential.remove("claim_sets");
        }
    }
    if kept.is_empty() {
        credential.remove("claims");
        credential.remove("claim_sets");
    } else {
        credential.insert("claims".to_owned(), Value::Array(kept));
    }
}

fn format_of(credential: &Map<String, Value>) -> Option<Format> {
    credential.get("format").and_then(Value::as_str).and_then(Format::from_name)
}

/// The first type asked, and the format it is asked in.
fn known_type<'c>(
    credential: &Map<String, Value>,
    catalog: &'c Catalog,
) -> Option<(&'c CredentialType, Format)> {
    let format = format_of(credential)?;
    let types = types_asked(&Value::Object(credential.clone()), format, catalog).ok()?;
    Some((types.first().copied()?, format))
}

fn names_of(credential: &Value, format: Format) -> Vec<String> {
    let claims = credential.get("claims").and_then(Value::as_array).into_iter().flatten();
    claims.filter_map(|claim| name_of(claim, format)).collect()
}

fn name_of(claim: &Value, format: Format) -> Option<String> {
    claim_named(claim.get("path")?.as_array()?, format).map(str::to_owned)
}

fn path_of(claim: &str, format: Format) -> Value {
    if format.is_w3c() { json!(["credentialSubject", claim]) } else { json!([claim]) }
}

fn is_boolean(ty: &CredentialType, name: &str) -> bool {
    ty.claim(name).is_some_and(|claim| claim.kind == ClaimKind::Boolean)
}

#[cfg(test)]
mod tests;
