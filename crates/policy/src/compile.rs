use std::collections::BTreeSet;

use cedar_policy::{PolicyId, PolicySet, Schema, ValidationMode, Validator};
use jiff::tz::TimeZone;
use miette::Diagnostic;
use portage_catalog::{Catalog, Purpose, Text, is_id};

use crate::{
    Effect, Policy, PolicyError, Rule,
    reads::{paths_of, read_at},
    schema::{context_of, json_of},
};

/// Most bytes of a policy.
const MAX_BYTES: usize = 64 << 10;
/// Most rules of a policy.
const MAX_RULES: usize = 64;
/// The annotations that a rule has, all of them.
const ANNOTATIONS: [&str; 3] = ["id", "en", "fr"];

impl Policy {
    /// Reads the policy `id` for a purpose: parses it, and holds it against what the purpose asks.
    ///
    /// # Errors
    /// [`PolicyError`]: where it is no Cedar, lacks a sentence, reads what is not asked, can never apply, or permits nothing.
    pub fn compile(
        id: &str,
        text: &str,
        purpose: &Purpose,
        catalog: &Catalog,
        time_zone: &TimeZone,
    ) -> Result<Self, PolicyError> {
        let refuse = |line, what: String| PolicyError { policy: id.to_owned(), line, what };
        if text.len() > MAX_BYTES {
            return Err(refuse(None, format!("has more than {MAX_BYTES} bytes")));
        }
        let context = context_of(purpose, catalog).map_err(|what| refuse(None, what))?;
        let schema = Schema::from_json_value(json_of(&context))
            .map_err(|error| refuse(None, format!("what the purpose asks makes no schema: {error}")))?;
        let parsed: PolicySet = text.parse().map_err(|errors: cedar_policy::ParseErrors| {
            refuse(line_of(&errors, text), errors.to_string())
        })?;
        if parsed.templates().next().is_some() {
            return Err(refuse(None, "a rule has a slot, which nothing would fill".to_owned()));
        }
        let rules = named(&parsed).map_err(|(position, what)| refuse(line_of_rule(text, position), what))?;
        if rules.is_empty() || rules.len() > MAX_RULES {
            return Err(refuse(None, format!("has {} rules: 1 to {MAX_RULES}", rules.len())));
        }
        let mut set = PolicySet::new();
        let mut read = Vec::new();
        for (rule, policy) in rules {
            let wrong = |what: String| refuse(None, format!("rule {}: {what}", rule.id));
            let json = policy.to_json().map_err(|error| wrong(error.to_string()))?;
            let paths = paths_of(&json);
            if paths.is_empty() {
                return Err(wrong("reads nothing: it would always apply".to_owned()));
            }
            let reads = paths.iter().map(|path| read_at(path, purpose, catalog)).collect::<Result<_, _>>();
            read.push(Rule { reads: reads.map_err(wrong)?, ..rule });
            set.add(policy).map_err(|error| refuse(None, error.to_string()))?;
        }
        if !read.iter().any(|rule| rule.effect == Effect::Permit) {
            return Err(refuse(None, "no rule permits anything".to_owned()));
        }
        let found = Validator::new(schema.clone()).validate(&set, ValidationMode::Strict);
        let errors = found.validation_errors().map(ToString::to_string);
        // What Cedar only warns of is a rule that can never apply, or a text that is not what it looks like.
        if let Some(first) = errors.chain(found.validation_warnings().map(ToString::to_string)).next() {
            return Err(refuse(None, first));
        }
        Ok(Policy {
            id: id.to_owned(),
            purpose: purpose.id.clone(),
            rules: read,
            set,
            schema,
            context,
            time_zone: time_zone.clone(),
        })
    }
}

/// The rules under the ids that they give themselves, in the order of the file.
fn named(parsed: &PolicySet) -> Result<Vec<(Rule, cedar_policy::Policy)>, (usize, String)> {
    // Cedar calls them policy0, policy1, …
    let number = |policy: &cedar_policy::Policy| {
        policy.id().to_string().trim_start_matches("policy").parse::<usize>().unwrap_or(usize::MAX)
    };
    let mut policies: Vec<_> = parsed.policies().collect();
    policies.sort_by_key(|policy| number(policy));
    let mut ids = BTreeSet::new();
    let mut rules = Vec::new();
    for (position, policy) in policies.into_iter().enumerate() {
        let wrong = |what: String| (position, what);
        if let Some((unknown, _)) = policy.annotations().find(|(name, _)| !ANNOTATIONS.contains(name)) {
            return Err(wrong(format!("@{unknown} is none of @id, @en and @fr")));
        }
        let annotation = |name: &str| policy.annotation(name).map(str::trim).filter(|text| !text.is_empty());
        let id = annotation("id").filter(|id| is_id(id));
        let id =
            id.ok_or_else(|| wrong("a rule has no @id of small letters, digits and hyphens".to_owned()))?;
        if !ids.insert(id.to_owned()) {
            return Err(wrong(format!("two rules have the id {id}")));
        }
        let (Some(en), Some(fr)) = (annotation("en"), annotation("fr")) else {
            return Err(wrong(format!("rule {id}: needs its sentence in English (@en) and in French (@fr)")));
        };
        let effect = match policy.effect() {
            cedar_policy::Effect::Permit => Effect::Permit,
            cedar_policy::Effect::Forbid => Effect::Forbid,
        };
        let text = Text { en: en.to_owned(), fr: fr.to_owned() };
        let rule = Rule { id: id.to_owned(), effect, text, reads: Vec::new() };
        rules.push((rule, policy.new_id(PolicyId::new(id))));
    }
    Ok(rules)
}

/// The line of the first mistake.
fn line_of(error: &dyn Diagnostic, text: &str) -> Option<usize> {
    let offset = error.labels()?.next()?.offset();
    Some(text.get(..offset)?.matches('\n').count() + 1)
}

/// The line on which the rule at this position has its effect.
fn line_of_rule(text: &str, position: usize) -> Option<usize> {
    let begins = |line: &&(usize, &str)| {
        let line = line.1.trim_start();
        line.starts_with("permit") || line.starts_with("forbid")
    };
    let lines: Vec<(usize, &str)> = text.lines().enumerate().collect();
    lines.iter().filter(begins).nth(position).map(|(line, _)| line + 1)
}

#[cfg(test)]
mod tests;
